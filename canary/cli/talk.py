"""Asking and telling: what a person at a terminal is asked, and how every command ends."""

from __future__ import annotations

import sys
import termios
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from canary.edges.disk.files import read_file
from canary.errors import CanaryError, MalformedError, RefusedError

T = TypeVar("T")
_PASSPHRASE_BYTES = 1_024
_MOST_COLUMNS = 100


def at_terminal() -> bool:
    """Tells whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def forget_what_was_typed() -> None:
    """Discards what was typed before the next question is asked: nobody answers what they have not yet been shown."""
    if sys.stdin.isatty():
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def say(text: str = "") -> None:
    """Prints a paragraph, wrapped to the terminal."""
    width = _width()
    for line in text.split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        click.echo(
            textwrap.fill(
                line,
                width=width,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
                replace_whitespace=False,
            )
        )


def _width() -> int:
    if not sys.stdout.isatty():
        return _MOST_COLUMNS
    # Imported here: it costs a cron job, which has no terminal, more than its verdict does.
    import shutil  # noqa: PLC0415

    return min(shutil.get_terminal_size().columns, _MOST_COLUMNS)


def say_next(text: str) -> None:
    """Prints the line that every publisher's command ends with."""
    click.echo(f"\nNext: {text}")


def ask(
    option: str,
    question: str,
    given: str | None,
    parse: Callable[[str], T],
    *,
    default: str | None = None,
    why: str = "",
) -> T:
    """Returns what was given on the command line, or asks for it.

    Args:
        option: the option that it can be given with.
        question: what a person is asked.
        given: what was given.
        parse: reads an answer.
        default: what Enter means.
        why: what a person should know before answering.

    Raises:
        CanaryError: it was not given and nobody can be asked, or it cannot be.
    """
    if given is not None:
        return _parsed(option, given, parse)
    if not at_terminal():
        if default is not None:
            return parse(default)
        raise RefusedError(f"{option} is missing", hint=f"Give it: {option} … ({question})")
    if why:
        say(f"\n{why}")
    while True:
        answer = click.prompt(question, default=default)
        try:
            return parse(answer)
        except MalformedError as error:
            click.echo(f"  That cannot be: {error.rule}.")


def new_passphrase(file: Path | None, *, what: str) -> bytes:
    """Returns a passphrase from a file, or asks for it twice.

    Raises:
        CanaryError: nobody can be asked, the file cannot be read, or the passphrase is empty.
    """
    if file is not None:
        return passphrase_from(file)
    if not at_terminal():
        raise RefusedError(
            f"{what} needs a passphrase, and nobody can be asked",
            hint="Give --passphrase-file FILE, or --unencrypted to go without.",
        )
    typed = click.prompt(f"Passphrase for {what}", hide_input=True, confirmation_prompt="The same again")
    return str(typed).encode()


def passphrase_from(file: Path) -> bytes:
    """Returns the first line of a file.

    Raises:
        CanaryError: it cannot be read, or is empty.
    """
    passphrase = read_file(file, limit=_PASSPHRASE_BYTES).split(b"\n")[0]
    if not passphrase:
        raise CanaryError(f"{file} holds no passphrase in its first line", hint="Write it there, or name another file.")
    return passphrase


def ask_passphrase(whose: str) -> bytes:
    """Asks for the passphrase of an existing key.

    Raises:
        RefusedError: nobody can be asked.
    """
    if not at_terminal():
        raise RefusedError(
            f"the key of {whose} needs a passphrase, and nobody can be asked", hint="Give --passphrase-file FILE."
        )
    return str(click.prompt(f"Passphrase of {whose}", hide_input=True)).encode()


def _parsed(option: str, given: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(given)
    except MalformedError as error:
        raise MalformedError(error.rule, what=option) from error
