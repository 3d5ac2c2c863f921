"""The options of `canary key` and its commands. The work is in `canary.cli.key`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.options import key_dir_option, workspace_option
from canary.cli.commands.worker import worker


@click.group()
def key() -> None:
    """Make, take in and list signers' keys."""


@key.command()
@click.argument("name")
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="A file whose first line is the passphrase.")
@click.option("--unencrypted", is_flag=True, help="Write the private key without a passphrase.")
@key_dir_option
@workspace_option
@click.pass_obj
def new(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Make an Ed25519 key for the signer NAME."""
    return worker("canary.cli.key", "new")(app, **options)


@key.command()
@click.argument("name")
@click.argument("fingerprint")
@workspace_option
@click.pass_obj
def openpgp(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Take in the OpenPGP key with that FINGERPRINT for the signer NAME, from your own keyring."""
    return worker("canary.cli.key", "openpgp")(app, **options)


@key.command("log")
@key_dir_option
@workspace_option
@click.pass_obj
def log_key(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Make a new log key, where the old one is lost or was stolen; the next roster names it."""
    return worker("canary.cli.key", "log_key")(app, **options)


@key.command("list")
@workspace_option
@click.pass_obj
def list_keys(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """List the public keys in keys/, and which of them the published roster has."""
    return worker("canary.cli.key", "list_keys")(app, **options)
