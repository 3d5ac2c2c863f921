"""The options of `canary spec`. The work is in `canary.cli.spec`."""

from __future__ import annotations

from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.worker import worker


@click.command()
@click.pass_obj
def spec(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Print the specification of the formats and of their verification.

    One page of Markdown, from which a verifier can be written. It is put together from this very program.
    """
    return worker("canary.cli.spec", "spec")(app, **options)
