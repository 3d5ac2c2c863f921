"""The options of `canary roster`. The work is in `canary.cli.roster`."""

from __future__ import annotations

from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.options import replace_option, workspace_option
from canary.cli.commands.worker import worker


@click.command()
@replace_option
@workspace_option
@click.pass_obj
def roster(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Draft the next roster from canary.toml and keys/. It is signed and published like a release."""
    return worker("canary.cli.roster", "roster")(app, **options)
