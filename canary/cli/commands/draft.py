"""The options of `canary draft`. The work is in `canary.cli.draft`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.options import replace_option, workspace_option
from canary.cli.commands.worker import worker


@click.command()
@click.option("--without", multiple=True, metavar="ID", help="Leave this statement out; once for each.")
@click.option("--add", multiple=True, metavar="ID", help="Take this statement in; once for each.")
@click.option("--covers", metavar="A/B", help="What the attached report covers, like 2026-07-01/2026-09-30.")
@click.option("--attach", multiple=True, type=click.Path(path_type=Path), help="Publish this file beside the release.")
@click.option("--announce", type=click.Path(path_type=Path), help="A text file that is no statement, for the end.")
@click.option(
    "--anchor",
    "anchor_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Take anchors from this file instead of fetching them; once for each.",
)
@click.option("--no-anchors", is_flag=True, help="Fetch no anchors.")
@click.option("--correction", is_flag=True, help="Replace the release that is published for this window.")
@click.option("--final", is_flag=True, help="The last release of this canary; nothing can follow it.")
@replace_option
@workspace_option
@click.pass_obj
def draft(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Draft the next release from the last one's statements in their newest wordings."""
    return worker("canary.cli.draft", "draft")(app, **options)
