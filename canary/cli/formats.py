"""Output for monitoring systems: one line as the Monitoring Plugins' guidelines have it, and JSON.

Where the tool itself fails, every command's JSON document is `format`, `status` (`UNKNOWN`), `exit_code`, `error` and
`advice`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from canary.errors import CanaryError

FORMAT = 1
"""The version of the JSON documents; within it keys are added and never change their meaning."""

UNKNOWN = CanaryError.exit_code
_FOR_FAILURES = ("nagios", "jsonl", "json")
_BEYOND_ASCII = re.compile(r"[^\n -~]+")
_WORDS = {0: "OK", 1: "WARNING", 2: "CRITICAL", UNKNOWN: "UNKNOWN"}


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


def json_text(document: Mapping[str, Any], *, indent: int | None = None) -> str:
    """Returns a document as JSON, in the order of its keys, with every character escaped that a terminal could obey.

    JSON itself escapes no more than the characters below U+0020 (RFC 8259, section 7). Strangers' headers hold others
    that begin an escape sequence (U+009B), and texts that turn the direction of writing around.

    Args:
        document: the document.
        indent: spaces of one step; None for one line.
    """
    # Imported here: most commands print none.
    import json  # noqa: PLC0415

    import msgspec  # noqa: PLC0415

    def escaped(found: re.Match[str]) -> str:
        return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in found[0])

    # Whatever is found stands in a string: outside of those there are line ends and printable ASCII alone.
    text = _BEYOND_ASCII.sub(escaped, json.dumps(document, ensure_ascii=False))
    if indent is None:
        return text
    try:
        # The standard library indents in Python, and a long list takes it as long as all the rest.
        return msgspec.json.format(text, indent=indent)
    except msgspec.DecodeError:
        # Halves of characters (surrogates), even escaped, are no JSON to msgspec.
        return _BEYOND_ASCII.sub(escaped, json.dumps(document, indent=indent, ensure_ascii=False))


def print_json(document: Mapping[str, Any]) -> None:
    """Prints a document, indented."""
    click.echo(json_text(document, indent=2))


def print_json_line(document: Mapping[str, Any]) -> None:
    """Prints a document on one line."""
    click.echo(json_text(document))


@contextlib.contextmanager
def failures_in(output: str) -> Iterator[None]:
    """Tells a failure of the tool itself in the format that was asked for, so that no monitor is left without a line.

    Whatever failed, the exit code is 3: the other codes say something about a canary, and nothing is known of it.

    Args:
        output: the format; a failure has none of its own but in `json`, `jsonl` and `nagios`.

    Raises:
        CanaryError: the same failure, with the exit code 3, where another format was asked for.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except (CanaryError, OSError) as error:
        told = CanaryError(in_words(error)) if isinstance(error, OSError) else CanaryError(error.what, hint=error.hint)
        if output not in _FOR_FAILURES:
            raise told from error
        print_failure(output, told.what, told.hint, UNKNOWN)
        raise click.exceptions.Exit(UNKNOWN) from error


def print_failure(output: str, what: str, advice: str, exit_code: int) -> None:
    """Prints a failure of the tool itself as one line for a monitor, or as a JSON document.

    Args:
        output: `json`, `jsonl` or `nagios`.
        what: what happened.
        advice: what to do.
        exit_code: 0 to 3.
    """
    document = {"format": FORMAT, "status": "UNKNOWN", "exit_code": exit_code, "error": what, "advice": advice}
    if output == "nagios":
        click.echo(nagios_line(exit_code, what, {}))
    elif output == "jsonl":
        print_json_line(document)
    else:
        print_json(document)


def asked_for(arguments: Sequence[str]) -> str:
    """Returns the format that a command line asks for, even one that cannot be understood otherwise."""
    joined = " ".join(arguments)
    for output in _FOR_FAILURES:
        if any(f"--format{sign}{output}" in joined for sign in (" ", "=")):
            return output
    return "json" if "--json" in arguments else "text"


def in_words(error: OSError) -> str:
    """Returns an error of the operating system in words."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"
