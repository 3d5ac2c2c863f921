"""The options of `canary publish`. The work is in `canary.cli.publish`."""

from __future__ import annotations

from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.options import key_dir_option, workspace_option
from canary.cli.commands.worker import worker


@click.command()
@key_dir_option
@workspace_option
@click.pass_obj
def publish(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Publish the open draft once enough have signed it; run it again to finish or to rebuild the site."""
    return worker("canary.cli.publish", "publish")(app, **options)
