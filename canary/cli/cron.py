"""`canary cron`: prints what makes a machine run the watcher, and remind a publisher's signers, by itself.

Nothing is installed: what is printed is read by a person first. Two runs at once need no lock, since the watcher's
memory takes both.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from canary.cli.app import App
from canary.cli.crontab_lines import cron_line, cron_line_told_if_bad
from canary.cli.systemd_units import Job, service, timer
from canary.edges.watch_config_file import read_watch_config
from canary.edges.workspace import Workspace
from canary.flows.issue.config import parse_config

_EVERY_TEN_MINUTES = "*/10 * * * *"
_DAILY, _DAILY_LATER = "0 8 * * *", "30 8 * * *"


def cron(app: App, *, config: Path | None, workspace: Path | None, systemd: bool) -> None:
    """Does what `canary cron` says."""
    del app
    read_watch_config(config)  # a job with a configuration that cannot be read would fail in the night
    stamped = workspace is not None and _asks_for_timestamps(workspace)
    program = _program()
    watch = [*program, "watch", "run", *([] if config is None else ["--config", str(config.absolute())])]
    at = [] if workspace is None else ["--workspace", str(workspace.absolute())]
    status, timestamp = [*program, "status", *at], [*program, "timestamp", *at]
    publisher = [] if workspace is None else [status, timestamp] if stamped else [status]
    for line in _units(watch, publisher) if systemd else _crontab(watch, publisher):
        click.echo(line)


def _program() -> list[str]:
    """Returns how this very program is started, from any folder: cron looks in few of them."""
    started = Path(sys.argv[0])
    return [str(started.absolute())] if started.name == "canary" else [sys.executable, "-m", "canary"]


def _asks_for_timestamps(workspace: Path) -> bool:
    table = parse_config(Workspace.open(workspace).config()).timestamps
    return bool(table.authorities or table.calendars)


def _crontab(watch: list[str], publisher: list[list[str]]) -> Iterator[str]:
    yield "# Put these lines into your crontab: crontab -e"
    yield "# What a job prints is mailed: to whom MAILTO names, or else to the user whose crontab it is. Try it once."
    yield "#MAILTO=you@example.net"
    yield ""
    yield "# Watcher: looks at what is due, and tells what changed. Prints nothing while nothing is new."
    yield cron_line(_EVERY_TEN_MINUTES, [*watch, "--quiet"])
    lines = (
        (
            "# Publisher: reminds the signers. Prints nothing while there is nothing to do.",
            cron_line_told_if_bad,
            _DAILY,
        ),
        ("# Publisher: fetches the timestamps that are missing, and says when to upload.", cron_line, _DAILY_LATER),
    )
    for words, (comment, line, when) in zip(publisher, lines, strict=False):
        yield ""
        yield comment
        yield line(when, words)


def _units(watch: list[str], publisher: list[list[str]]) -> Iterator[str]:
    jobs = [Job("canary-watch", "Look at the canaries that are due", "*:0/10", watch, fine=(1, 2))]
    told = (
        ("canary-status", "Remind the signers of the canary", "08:00"),
        ("canary-timestamp", "Fetch the timestamps of the canary that are missing", "08:30"),
    )
    jobs += [Job(*each, words) for words, each in zip(publisher, told, strict=False)]
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
