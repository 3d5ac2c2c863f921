"""The options that every look at a canary has: what it is held against, how it is reached, whom the watcher trusts."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import click

from canary.limits import FETCH_SECONDS

F = TypeVar("F", bound=Callable[..., Any])

pin_option = click.option(
    "--pin", metavar="sha256:…", help="The fingerprint of roster 1, confirmed over another channel."
)
at_option = click.option(
    "--at", metavar="TIME", help="Judge as of a past moment, like 2026-11-03T14:30:00Z; keeps no state."
)

_OPTIONS = (
    click.option(
        "--timeout",
        type=click.FloatRange(min=0.1, max=3_600.0),
        default=FETCH_SECONDS,
        show_default=True,
        metavar="S",
        help="Seconds for the whole look.",
    ),
    click.option("--allow-http", is_flag=True, help="Take http:// for another host than this machine."),
    click.option("--ca-file", type=click.Path(path_type=Path), metavar="FILE", help="Certificates to trust for TLS."),
    click.option(
        "--proxy", metavar="URL", help="Go through this proxy: socks5h://127.0.0.1:9050 (Tor), or http://host:port."
    ),
    click.option(
        "--tsa-root",
        "tsa_roots",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Trust this root of a timestamp authority too; once for each.",
    ),
    click.option(
        "--bitcoin-headers",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Your own block headers, for OpenTimestamps proofs: a file or a folder.",
    ),
    click.option(
        "--bitcoin-source",
        "bitcoin_sources",
        multiple=True,
        metavar="PLACE",
        help="Ask about blocks, for OpenTimestamps proofs: 'esplora URL', 'core-rest URL' or 'core-rpc URL FILE'; once "
        "for each, and all must agree. Nobody is asked by default.",
    ),
)


def reaching_options(command: F) -> F:
    """Adds the options that say how a canary is reached, and whose word on its timestamps counts."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)
