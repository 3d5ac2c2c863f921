"""A program with all that it starts, ended with the work that it was started for, and with this process."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator

_running: set[int] = set()


@contextlib.contextmanager
def ended_with_us(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Ends a program and what it started, also what it left behind, when the context is left.

    A run that is told to stop does not wait long for threads, and what still waits for a program then never goes on. So
    it is ended at the latest when the interpreter ends.

    Args:
        process: the program, started in a session of its own.
    """
    _running.add(process.pid)
    try:
        yield
    finally:
        _end(process.pid)
        process.wait()
        _running.discard(process.pid)


def _end(group: int) -> None:
    # None of it is there any more; or, on some systems, what there is has ended.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _end_all() -> None:
    for each in list(_running):
        _end(each)


atexit.register(_end_all)
