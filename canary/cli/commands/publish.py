"""The options of `canary publish`. The work is in `canary.cli.publish`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.looking import reaching_options
from canary.cli.commands.options import key_dir_option, workspace_option
from canary.cli.commands.worker import worker


@click.command()
@key_dir_option
@click.option(
    "--to",
    multiple=True,
    metavar="PLACE",
    help="Copy the site there: a folder, or s3://bucket/prefix; once for each.",
)
@click.option(
    "--check", multiple=True, metavar="URL", help="Then look there as a watcher does, with the pin; once for each."
)
@click.option(
    "--state",
    "state_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What --check remembers.  [default: a file in the platform's folder for your data]",
)
@reaching_options
@workspace_option
@click.pass_obj
def publish(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Publish the open draft once enough have signed it; run it again to finish or to rebuild the site.

    With --to and --check it does these alone where there is nothing new, and writes receipts/N.txt, for the signers.

    Exit code: with --check the worst of what a watcher sees there (see canary verify), and at least 1 where the site
    there is not the one here.
    """
    return worker("canary.cli.publish", "publish")(app, **options)
