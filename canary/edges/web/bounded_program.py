"""Becomes another program, held by the system to a size of memory and of each file, and to a time.

    python -I -S bounded_program.py MEMORY FILE SECONDS PROGRAM ARGUMENT…

What the program starts is held to the sizes too. The bounds stand where whoever started it is killed; and they are set
before the program runs, which another process could not do in time. Run by its path, with nothing imported that takes
long.
"""

from __future__ import annotations

import os
import resource
import signal
import sys


def become(memory: int, file: int, seconds: int, command: list[str]) -> None:
    """Becomes the program.

    Args:
        memory: the bytes of address space that each process may have (setrlimit(2), RLIMIT_AS).
        file: the bytes that each file may have (RLIMIT_FSIZE).
        seconds: after which it is ended (alarm(2)).
        command: its path and its arguments.

    Raises:
        OSError: it cannot be run.
    """
    for which, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, file)):
        _, hard = resource.getrlimit(which)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (bound, bound))
    signal.alarm(seconds)
    os.execv(command[0], command)  # noqa: S606  # it is a list, and no shell is wanted


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
