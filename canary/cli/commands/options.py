"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

workspace_option = click.option(
    "--workspace",
    # Not file_okay=False: that would be a usage error, which a monitoring system is told nothing of.
    type=click.Path(path_type=Path),
    default=Path(),
    show_default="this folder",
    help="The canary's folder.",
)
key_dir_option = click.option(
    "--key-dir",
    type=click.Path(path_type=Path),
    envvar="CANARY_KEY_DIR",
    help="Where private keys lie.  [default: the platform's folder for your data]",
)
replace_option = click.option(
    "--replace", is_flag=True, help="Put this draft in the place of the open one, whose signatures are then gone."
)
format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "nagios"]),
    default="text",
    show_default=True,
    help="How to print the result.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
