"""The options of `canary status`. The work is in `canary.cli.status`."""

from __future__ import annotations

from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.options import format_option, json_option, workspace_option
from canary.cli.commands.worker import worker

MOST_DAYS = 3_660
"""Ten years: no cadence is longer."""


@click.command()
@click.option(
    "--ahead",
    type=click.IntRange(0, MOST_DAYS),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Exit 1 this long before a window opens.",
)
@click.option(
    "--critical",
    type=click.IntRange(0, MOST_DAYS),
    default=3,
    show_default=True,
    metavar="DAYS",
    help="Exit 2 when fewer days are left until the window is over.",
)
@format_option
@json_option
@workspace_option
@click.pass_obj
def status(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Show what is due and who has signed.

    Exit code: 0 nothing to do; 1 the window is open, or opens soon, and nothing is published for it, or something
    was left half done; 2 the window is over, or nearly; 3 cannot tell.
    """
    return worker("canary.cli.status", "status")(app, **options)
