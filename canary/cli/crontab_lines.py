r"""Lines of a crontab: commands as cron takes them (POSIX, crontab; cron of Paul Vixie and its kin, and BusyBox's).

Cron hands the rest of a line to `/bin/sh`. A `%` in it ends the command, but for `\%`, which becomes `%`; some crons
know neither, and hand on both characters. So it is written outside of quotes, where the shell makes the same of it.
What they do with another backslash differs, so a word with one is refused, and so is one with a line break.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from canary.core.judging.fetched import shown
from canary.errors import CanaryError

_LONGEST = 998
"""Characters in one command: cron refuses a crontab with a longer one."""


def cron_line(when: str, words: Sequence[str]) -> str:
    """Returns a line that runs a command.

    Args:
        when: the five fields of its times.
        words: the program and its arguments.

    Raises:
        CanaryError: cron cannot be told so.
    """
    return _line(when, _command(words))


def cron_line_told_if_bad(when: str, words: Sequence[str]) -> str:
    """Returns a line that runs a command, and prints what it said only where its exit code is not 0.

    Raises:
        CanaryError: cron cannot be told so.
    """
    return _line(when, f'said=$({_command(words)}) || echo "$said"')


def _line(when: str, command: str) -> str:
    if len(command.encode()) > _LONGEST:
        raise CanaryError("the command is too long for cron", hint="Name shorter paths, for example through a link.")
    return f"{when} {command}"


def _command(words: Sequence[str]) -> str:
    return " ".join(_word(each) for each in words)


def _word(word: str) -> str:
    if "\\" in word or not word.isprintable():
        raise CanaryError(
            f"{shown(word)} has a backslash or an unprintable character, and cron would read something else",
            hint="Name another path, for example through a link, or use --systemd.",
        )
    return r"\%".join(shlex.quote(part) if part else "" for part in word.split("%")) or "''"
