"""Units of systemd that run a command at fixed times: a service and its timer.

In a command (systemd.service, "Command lines") a word in double quotes has C's escapes, `%` begins a specifier and `$`
a variable in quotes too, and both are doubled to stand for themselves. The program's own path knows no variables, and
may have neither quotes nor backslashes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from canary.core.judging.fetched import shown
from canary.errors import CanaryError

_REFUSED_IN_PROGRAM = {'"', "'", "\\"}
_PLAIN = re.compile(r"[A-Za-z0-9/._@:=,+-]+")


class Job(msgspec.Struct, frozen=True):
    """A command at fixed times.

    Attributes:
        name: what its units are called, without their ends.
        what: what it does, in words.
        when: its times, as `OnCalendar=` takes them.
        words: the program, by its whole path, and its arguments.
        fine: exit codes besides 0 after which it counts as done.
    """

    name: str
    what: str
    when: str
    words: Sequence[str]
    fine: tuple[int, ...] = ()


def service(job: Job) -> str:
    """Returns the text of a job's service.

    Raises:
        CanaryError: systemd cannot be told so.
    """
    fine = f"SuccessExitStatus={' '.join(map(str, job.fine))}\n" if job.fine else ""
    return (
        f"[Unit]\nDescription={job.what}\n\n"
        f"[Service]\nType=oneshot\nExecStart={exec_line(job.words)}\n{fine}TimeoutStartSec=1h\n"
    )


def timer(job: Job) -> str:
    """Returns the text of a job's timer. A run that was missed is made up for once."""
    return (
        f"[Unit]\nDescription={job.what}\n\n"
        f"[Timer]\nOnCalendar={job.when}\nPersistent=true\nRandomizedDelaySec=1min\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def exec_line(words: Sequence[str]) -> str:
    """Returns a command as `ExecStart=` takes it.

    Raises:
        CanaryError: a word is empty or has an unprintable character, or the program's path a quote or a backslash.
    """
    program, *arguments = words
    if _REFUSED_IN_PROGRAM & set(program):
        raise _not_told(program)
    return " ".join([_word(program), *(_word(each.replace("$", "$$")) for each in arguments)])


def _word(word: str) -> str:
    if not word or not word.isprintable():
        raise CanaryError(
            f"{shown(word)} cannot stand in a unit", hint="Name another path, for example through a link."
        )
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _not_told(word: str) -> CanaryError:
    return CanaryError(f"{shown(word)} cannot stand in a unit", hint="Name another path, for example through a link.")
