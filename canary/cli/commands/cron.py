"""The options of `canary cron`. The work is in `canary.cli.cron`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.worker import worker


@click.command()
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="The watcher's configuration.")
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Also remind the signers of the canary in FOLDER.",
)
@click.option("--systemd", is_flag=True, help="Print units of systemd in the place of lines of a crontab.")
@click.pass_obj
def cron(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Print what makes this machine run the watcher by itself: lines of a crontab.

    Nothing is installed.
    """
    return worker("canary.cli.cron", "cron")(app, **options)
