"""Output for monitoring systems: one line as the Monitoring Plugins' guidelines have it, and JSON."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from canary.errors import CanaryError

_WORDS = {0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN"}

format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "nagios"]),
    default="text",
    show_default=True,
    help="How to print the result.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="The same as --format json.")


def nagios_line(exit_code: int, message: str, performance: Mapping[str, str]) -> str:
    """Returns the one line: the service, its state, what it says, and performance data behind a bar.

    Args:
        exit_code: 0 to 3.
        message: one sentence; a bar in it would begin the performance data, so it becomes a slash.
        performance: values by label.
    """
    flat = " ".join(message.replace("|", "/").split())
    data = " ".join(f"{label}={value}" for label, value in performance.items())
    return f"CANARY {_WORDS[exit_code]} - {flat}" + (f" | {data}" if data else "")


def print_json(document: Mapping[str, Any]) -> None:
    """Prints a document, indented, in the order of its keys."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@contextlib.contextmanager
def failures_in(output: str) -> Iterator[None]:
    """Tells a failure of the tool itself in the format that was asked for, so that no monitor is left without a line.

    Args:
        output: `text`, `json` or `nagios`.
    """
    try:
        yield
    except CanaryError as error:
        if output == "text":
            raise
        if output == "nagios":
            click.echo(nagios_line(error.exit_code, error.what, {}))
        else:
            print_json({"status": "UNKNOWN", "exit_code": error.exit_code, "error": error.what, "advice": error.hint})
        raise SystemExit(error.exit_code) from error
