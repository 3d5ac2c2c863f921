"""The options of `canary verify`. The work is in `canary.cli.verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.commands.options import format_option, json_option
from canary.cli.commands.worker import worker
from canary.limits import FETCH_SECONDS


@click.command()
@click.argument("location")
@click.option("--pin", metavar="sha256:…", help="The fingerprint of roster 1, confirmed over another channel.")
@click.option("--trust-first-use", is_flag=True, help="Take roster 1 as it is seen now for the pin; needs --state.")
@click.option("--at", metavar="TIME", help="Judge as of a past moment, like 2026-11-03T14:30:00Z; keeps no state.")
@click.option("--state", "state_file", type=click.Path(path_type=Path), metavar="FILE", help="Remember what was seen.")
@click.option("--ack", is_flag=True, help="Acknowledge what the last look found; needs --state.")
@click.option("--trust-clock", is_flag=True, help="This machine's clock is right, though an earlier look was later.")
@click.option(
    "--roster", type=click.Path(path_type=Path), metavar="FILE", help="Check one entry's file under this roster."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=3_600.0),
    default=FETCH_SECONDS,
    show_default=True,
    metavar="S",
    help="Seconds for the whole look.",
)
@click.option("--allow-http", is_flag=True, help="Take http:// for another host than this machine.")
@click.option("--ca-file", type=click.Path(path_type=Path), metavar="FILE", help="Certificates to trust for TLS.")
@click.option(
    "--tsa-root",
    "tsa_roots",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Trust this root of a timestamp authority too; once for each.",
)
@click.option(
    "--bitcoin-headers",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Your own block headers, for OpenTimestamps proofs: a file or a folder.",
)
@format_option
@json_option
@click.pass_obj
def verify(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Check the canary at LOCATION: its URL, a folder with a copy of its site, or one entry's file.

    Exit code: 0 OK, DUE or RETIRED; 1 OVERDUE, CHANGED or UNREACHABLE; 2 INVALID, WITHDRAWN, EXPIRED or MISSING;
    3 UNKNOWN, and whenever the tool itself fails.
    """
    return worker("canary.cli.verify", "verify")(app, **options)
