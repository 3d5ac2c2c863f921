"""The options of `canary sign`. The work is in `canary.cli.sign`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.options import key_dir_option, workspace_option
from canary.cli.commands.worker import worker


@click.command()
@click.option("--as", "name", required=True, metavar="NAME", help="Who you are, as the roster names you.")
@click.option("--affirm", multiple=True, metavar="ID@vN", help="For scripts: affirm a statement; once for each.")
@click.option("--text", "text_hash", metavar="sha256:…", help="For scripts: the exact draft that is signed.")
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="A file whose first line is the passphrase.")
@key_dir_option
@workspace_option
@click.pass_obj
def sign(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Affirm the open draft, statement by statement, and sign it."""
    return worker("canary.cli.sign", "sign")(app, **options)
