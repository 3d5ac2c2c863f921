"""The options of `canary init`. The work is in `canary.cli.init`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.worker import worker


@click.command()
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--id", "canary_id", help="The URL it will live at, without https://, like example.net/canary.")
@click.option("--organisation", help="Who speaks.")
@click.option("--every", help="How often a release is due, like '3 months' or '4 weeks'.")
@click.option("--start", help="The day the first window opens, like 2026-02-01 (UTC).")
@click.option("--window", help="How long a window is open.  [default: 14 days, less for short cadences]")
@click.option("--grace", help="How long after that the canary counts as alive.  [default: as the window]")
@click.option("--signer", "signers", multiple=True, help="A signer's short name; once for each signer.")
@click.option("--threshold", help="How many signers must sign.  [default: all but one, at least two]")
@click.option(
    "--authority",
    "authorities",
    multiple=True,
    metavar="URL",
    help="A timestamp authority to ask (RFC 3161); once for each.  [default: four public ones]",
)
@click.option(
    "--calendar",
    "calendars",
    multiple=True,
    metavar="URL",
    help="An OpenTimestamps calendar to ask; once for each.  [default: four public ones, where the extra is installed]",
)
@click.option("--no-timestamps", is_flag=True, help="Ask no timestamp authority and no calendar.")
@click.option("--no-anchors", is_flag=True, help="Name no public services that anchors are fetched from.")
@click.option("--key-dir", type=click.Path(path_type=Path), envvar="CANARY_KEY_DIR", help="Where private keys lie.")
@click.pass_obj
def init(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Begin a new canary in DIR (by default in this folder). Asks for what is not given."""
    return worker("canary.cli.init", "init")(app, **options)
