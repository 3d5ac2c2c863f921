"""The options of `canary unsign`, `canary merge`. The work is in `canary.cli.collect`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.options import workspace_option
from canary.cli.commands.worker import worker


@click.command()
@click.option("--as", "name", required=True, metavar="NAME", help="Whose signature to take back.")
@workspace_option
@click.pass_obj
def unsign(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Take a signature back, as long as the draft is not published."""
    return worker("canary.cli.collect", "unsign")(app, **options)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@workspace_option
@click.pass_obj
def merge(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Take in signature files (draft/NAME.sig) that others made on their own machines."""
    return worker("canary.cli.collect", "merge")(app, **options)
