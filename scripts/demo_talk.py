"""How the demo speaks: paragraphs, headings, commands with what they answered. Colours on a terminal only."""

from __future__ import annotations

import shutil
import sys
import textwrap

import click

_WIDEST = 96
_COLUMNS_OF_CANARY = 100
"""Where `canary` wraps its lines when it does not write to a terminal."""


def heading(text: str) -> None:
    """Prints a heading."""
    click.echo()
    click.secho(text, bold=True)
    click.echo()


def say(text: str) -> None:
    """Prints a paragraph and an empty line."""
    click.echo(_filled(" ".join(text.split())))
    click.echo()


def shout(text: str) -> None:
    """Prints a paragraph that nobody should miss."""
    click.secho(_filled(" ".join(text.split()), first="!!! ", others="!!! "), fg="yellow", bold=True)
    click.echo()


def show_command(command: str, output: str, *starts: str) -> None:
    """Prints a command as a person would type it, and its answer.

    Args:
        command: the command.
        output: what it printed.
        starts: how the lines begin that are worth showing; none to show them all.
    """
    click.echo("    " + click.style(f"$ {command}", bold=True))
    for line in unwrapped(output, starts):
        if not starts or line.strip().startswith(starts):
            show_line(line)
    click.echo()


def show_line(line: str) -> None:
    """Prints one line that a command answered."""
    indent = " " * (len(line) - len(line.lstrip()))
    click.echo(_filled(line.strip(), first=f"    {indent}", others=f"      {indent}"))


def show_case(done: str, status: str, exit_code: int, finding: str, message: str) -> None:
    """Prints what was done to a canary, and what a watcher is told.

    Args:
        done: what was done.
        status: the one word of the verdict.
        exit_code: what `canary verify` left with.
        finding: the code of the finding that decided.
        message: what that finding says.
    """
    click.echo(_filled(" ".join(done.split()), first="  * ", others="    "))
    word = click.style(status, fg=("green", "yellow", "red", "magenta")[exit_code], bold=True)
    # Measured without its colour, which takes no room on the screen.
    code = "" if finding == status else f" ({finding})"
    told = _filled(f"{status}, exit code {exit_code}{code}: {message}", first="    => ", others="       ")
    click.echo(told.replace(status, word, 1))
    click.echo()


def unwrapped(output: str, starts: tuple[str, ...] = ()) -> list[str]:
    """Returns what `canary` printed, with the lines joined that it broke only because they were long.

    Args:
        output: what it printed.
        starts: how lines begin that are never the rest of the line before.
    """
    lines: list[str] = []
    last = ""
    for line in output.splitlines():
        indent, words = len(line) - len(line.lstrip()), line.split()
        same = bool(last) and len(last) - len(last.lstrip()) == indent
        new = bool(starts) and line.strip().startswith(starts)
        if same and not new and words and len(last) + 1 + len(words[0]) > _COLUMNS_OF_CANARY:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
        last = line
    return lines


def _filled(text: str, *, first: str = "", others: str = "") -> str:
    width = min(shutil.get_terminal_size().columns, _WIDEST) if sys.stdout.isatty() else _WIDEST
    return textwrap.fill(
        text,
        width=width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
