"""The options of `canary explain`. The work is in `canary.cli.explain`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.looking import at_option, pin_option, reaching_options
from canary.cli.commands.worker import worker


@click.command()
@click.argument("location")
@click.option("--release", type=click.IntRange(min=1), metavar="N", help="Which release.  [default: the newest]")
@pin_option
@at_option
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write the files that the commands take into this folder, new or empty.",
)
@reaching_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@click.pass_obj
def explain(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Tell when a release of the canary at LOCATION was signed, what proves it, and how to check that with other tools.

    LOCATION is a URL, or a folder with a copy of a site. The exit code is that of canary verify.
    """
    return worker("canary.cli.explain", "explain")(app, **options)
