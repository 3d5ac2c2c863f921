"""The options of `canary watch add` for canaries in other formats. The work is in `canary.cli.watch.adding_foreign`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--profile", metavar="P", help="How dates and statements are read: a name, or a file *.toml."),
    click.option(
        "--certificate",
        "certificates",
        multiple=True,
        metavar="FILE",
        help="A signer's key, from a file or https://…: an OpenPGP certificate, or a key of signify or minisign.",
    ),
    click.option(
        "--signer",
        "signers",
        multiple=True,
        metavar="NAME=FINGERPRINT",
        help="Pin this key and no other, once for each; NAME as in canary.txt.sig.NAME.",
    ),
    click.option("--threshold", type=int, metavar="N", help="How many must have signed.  [default: all that did]"),
    click.option("--required", multiple=True, metavar="NAME", help="A signer who must be among them."),
    click.option("--page", is_flag=True, help="Follow it as a page without signatures, whatever it is."),
    click.option("--sentence", "sentences", multiple=True, metavar="TEXT", help="A sentence that has to stay."),
    click.option("--all-sentences", is_flag=True, help="Pin every sentence that looks like a statement."),
)


def foreign_options(command: F) -> F:
    """Adds the options."""
    for each in reversed(_OPTIONS):
        command = each(command)
    return command
