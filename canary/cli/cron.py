"""`canary cron`: prints what makes a machine run the watcher, and remind a publisher's signers, by itself.

Nothing is installed: what is printed is read by a person first. Two runs at once need no lock, since the watcher's
memory takes both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from canary.cli.app import App
from canary.cli.crontab_lines import cron_line, cron_line_told_if_bad
from canary.cli.systemd_units import Job, service, timer
from canary.edges.disk.remind_config_file import FILE as REMIND_CONFIG
from canary.edges.disk.remind_config_file import read_remind_config
from canary.edges.disk.watch_config_file import read_watch_config
from canary.edges.disk.workspace import Workspace
from canary.flows.issue.config import parse_config

_EVERY_TEN_MINUTES = "*/10 * * * *"


class _Daily(NamedTuple):
    """One of the publisher's jobs, once a day.

    Attributes:
        command: the command of canary.
        hour: when, in the crontab's own spelling.
        clock: the same as a time of day.
        comment: what is said of it in a crontab.
        line: how it stands in a crontab.
        what: what it does, for systemd.
        options: what else stands on its command line.
        fine: exit codes besides 0 that are no failures of it.
    """

    command: str
    hour: str
    clock: str
    comment: str
    line: Callable[[str, Sequence[str]], str]
    what: str
    options: tuple[str, ...] = ()
    fine: tuple[int, ...] = ()

    def job(self, program: Sequence[str], workspace: Path) -> list[str]:
        """Returns the command line."""
        return [*program, self.command, *self.options, "--workspace", str(workspace.absolute())]


_Work = tuple[_Daily, Sequence[str]]
"""A job with its command line."""

_STATUS = _Daily(
    "status",
    "0 8 * * *",
    "08:00",
    "# Publisher: says what is due. Prints nothing while there is nothing to do.",
    cron_line_told_if_bad,
    "Say what is due of the canary",
)
_REMIND = _Daily(
    "remind",
    "15 8 * * *",
    "08:15",
    "# Publisher: reminds the signers who have not signed. Prints nothing when it reminds nobody.",
    cron_line,
    "Remind the signers of the canary",
    options=("--quiet",),
    fine=(1, 2),
)
_TIMESTAMP = _Daily(
    "timestamp",
    "30 8 * * *",
    "08:30",
    "# Publisher: fetches the timestamps that are missing, and says when to upload.",
    cron_line,
    "Fetch the timestamps of the canary that are missing",
)


def cron(app: App, *, config: Path | None, workspace: Path | None, systemd: bool) -> None:
    """Does what `canary cron` says."""
    del app
    read_watch_config(config)  # a job with a configuration that cannot be read would fail in the night
    program = _program()
    watch = [*program, "watch", "run", *([] if config is None else ["--config", str(config.absolute())])]
    jobs = [] if workspace is None else [(each, each.job(program, workspace)) for each in _publishers(workspace)]
    for line in _units(watch, jobs) if systemd else _crontab(watch, jobs):
        click.echo(line)


def _publishers(workspace: Path) -> Iterator[_Daily]:
    """Returns the jobs that there is something for to do."""
    opened = Workspace.open(workspace)
    table = parse_config(opened.config()).timestamps
    yield _STATUS
    if (opened.root / REMIND_CONFIG).exists():
        read_remind_config(None, opened.root)  # likewise
        yield _REMIND
    if table.authorities or table.calendars:
        yield _TIMESTAMP


def _program() -> list[str]:
    """Returns how this very program is started, from any folder: cron looks in few of them."""
    started = Path(sys.argv[0])
    return [str(started.absolute())] if started.name == "canary" else [sys.executable, "-m", "canary"]


def _crontab(watch: Sequence[str], publisher: Sequence[_Work]) -> Iterator[str]:
    yield "# Put these lines into your crontab: crontab -e"
    yield "# What a job prints is mailed: to whom MAILTO names, or else to the user whose crontab it is. Try it once."
    yield "#MAILTO=you@example.net"
    yield ""
    yield "# Watcher: looks at what is due, and tells what changed. Prints nothing while nothing is new."
    yield cron_line(_EVERY_TEN_MINUTES, [*watch, "--quiet"])
    for daily, words in publisher:
        yield ""
        yield daily.comment
        yield daily.line(daily.hour, words)


def _units(watch: Sequence[str], publisher: Sequence[_Work]) -> Iterator[str]:
    jobs = [Job("canary-watch", "Look at the canaries that are due", "*:0/10", watch, fine=(1, 2))]
    jobs += [
        Job(f"canary-{daily.command}", daily.what, daily.clock, words, fine=daily.fine) for daily, words in publisher
    ]
    yield "# Put each unit into a file of its name in ~/.config/systemd/user/, then:"
    yield "#   systemctl --user daemon-reload"
    yield f"#   systemctl --user enable --now {' '.join(f'{job.name}.timer' for job in jobs)}"
    yield "#   loginctl enable-linger        (so that it runs while you are not logged in)"
    yield "# systemd mails nothing. A job that fails, or has something to say, is a failed unit: add OnFailure= with a"
    yield "# unit that tells you. The watcher's own alerts go through its channels, so 1 and 2 are no failures of it."
    for job in jobs:
        for end, text in (("service", service(job)), ("timer", timer(job))):
            yield ""
            yield f"# --- {job.name}.{end}"
            yield text.rstrip("\n")
