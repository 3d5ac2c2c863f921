"""The options of `canary print`. The work is in `canary.cli.print_paper`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.options import workspace_option
from canary.cli.commands.worker import worker


@click.command("print")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--release", type=click.IntRange(min=1), metavar="N", help="Release N of the log, not the open draft.")
@click.option("--roster", type=click.IntRange(min=1), metavar="N", help="Roster N of the log, not the open draft.")
@workspace_option
@click.pass_obj
def print_paper(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Write the open draft to FILE as a page for paper: the exact text, its hash, the signers, and lines to sign on.

    FILE ends with .html, or with .pdf where WeasyPrint is installed, and is not there yet.
    """
    return worker("canary.cli.print_paper", "print_paper")(app, **options)
