"""The options of `canary verify`. The work is in `canary.cli.verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.looking import at_option, pin_option, reaching_options
from canary.cli.commands.options import format_option, json_option
from canary.cli.commands.worker import worker


@click.command()
@click.argument("location")
@pin_option
@click.option("--trust-first-use", is_flag=True, help="Take roster 1 as it is seen now for the pin; needs --state.")
@at_option
@click.option("--state", "state_file", type=click.Path(path_type=Path), metavar="FILE", help="Remember what was seen.")
@click.option("--ack", is_flag=True, help="Acknowledge what the last look found; needs --state.")
@click.option("--trust-clock", is_flag=True, help="This machine's clock is right, though an earlier look was later.")
@click.option(
    "--roster", type=click.Path(path_type=Path), metavar="FILE", help="Check one entry's file under this roster."
)
@reaching_options
@format_option
@json_option
@click.pass_obj
def verify(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Check the canary at LOCATION: its URL, a folder with a copy of its site, or one entry's file.

    Exit code: 0 OK, DUE or RETIRED; 1 OVERDUE, CHANGED or UNREACHABLE; 2 INVALID, WITHDRAWN, EXPIRED or MISSING;
    3 UNKNOWN, and whenever the tool itself fails.
    """
    return worker("canary.cli.verify", "verify")(app, **options)
