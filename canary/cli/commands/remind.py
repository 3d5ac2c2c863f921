"""The options of `canary remind`. The work is in `canary.cli.remind`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.options import workspace_option
from canary.cli.commands.worker import worker


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Who is reminded how.  [default: remind.toml in the canary's folder]",
)
@click.option(
    "--state",
    "state_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write down who was told.  [default: a file in the platform's folder for your data]",
)
@click.option("--test", "trial", is_flag=True, help="Tell every signer that this is a test, and nothing else.")
@click.option("--quiet", is_flag=True, help="Print nothing when nobody is reminded.")
@workspace_option
@click.pass_obj
def remind(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Remind the signers who have not signed that a release is due, once for each occasion; made for cron.

    The occasions: 14, 7, 3 and 1 days before the last day of the window, its first day, and the day after its last.

    Exit code: that of canary status; 3 also when somebody could not be told.
    """
    return worker("canary.cli.remind", "remind")(app, **options)
