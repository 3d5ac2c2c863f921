"""The options of `canary timestamp`. The work is in `canary.cli.timestamp`."""

from __future__ import annotations

from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.options import workspace_option
from canary.cli.commands.worker import worker


@click.command()
@workspace_option
@click.pass_obj
def timestamp(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Fetch the timestamps that are missing, and put them onto the site; made for cron.

    Exit code: 0 none is missing (any more), or a Bitcoin block was promised less than two days ago; 1 some are missing
    still, or canary.toml names neither authority nor calendar; 3 cannot tell.
    """
    return worker("canary.cli.timestamp", "timestamp")(app, **options)
