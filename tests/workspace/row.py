"""One way in which a workspace can be wrong, one command in it, and what is said.

    check(publisher, Row("a lost entry", spoil, "publish", 3, "0001.txt is missing"))

Whatever a command refuses, it says in one message with one piece of advice, with its exit code, without a traceback and
in bounded time, and nothing on the disk has changed afterwards: not in the workspace, nor beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from tests.publisher import Publisher, Ran, tree

ATTACHED = b"%PDF a report"
LONGEST_SECONDS = 30.0
"""More than any command takes on a busy machine."""

Spoil = Callable[[Publisher], object]


def sign(publisher: Publisher, name: str = "director") -> Ran:
    """Signs what was drafted, whatever the draft has become since."""
    affirmed = ("--affirm", "keys@v1", "--affirm", "taps@v1", "--affirm", "tell@v1")
    return publisher.sign_with(name, *affirmed, "--text", (publisher.folder / "text-hash").read_text("utf-8"))


COMMANDS: Mapping[str, Callable[[Publisher], Ran]] = {
    "status": lambda publisher: publisher.canary("status"),
    "draft": lambda publisher: publisher.canary("draft", "--replace"),
    "sign": sign,
    "unsign": lambda publisher: publisher.canary("unsign", "--as", "legal"),
    "merge": lambda publisher: publisher.canary("merge", publisher.folder / "director.sig"),
    "publish": lambda publisher: publisher.publish(),
    "roster": lambda publisher: publisher.canary("roster", "--replace"),
    "key list": lambda publisher: publisher.canary("key", "list"),
    "key new": lambda publisher: publisher.new_key("fourth"),
}
"""The commands, each as it would succeed in a workspace that nobody has spoilt."""


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        name: what is wrong, in words.
        spoil: makes it so.
        command: which command runs then.
        code: its exit code.
        words: a part of what it says.
    """

    name: str
    spoil: Spoil
    command: str
    code: int
    words: str


def rows(name: str, spoil: Spoil, words: str, **codes: int) -> list[Row]:
    """Returns a row for each command, by its name with `_` for a blank, and its exit code."""
    return [Row(name, spoil, command.replace("_", " "), code, words) for command, code in codes.items()]


def each_row(*table: Row) -> pytest.MarkDecorator:
    """Parametrizes a test with every row."""
    names = [f"{row.name}, {row.command}" for row in table]
    assert len(set(names)) == len(names)
    return pytest.mark.parametrize("row", table, ids=names)


def check(publisher: Publisher, row: Row) -> Ran:
    """Spoils a workspace, runs the command, and holds what it says and does to the row."""
    row.spoil(publisher)
    return refused(publisher, COMMANDS[row.command], row.code, row.words)


def refused(publisher: Publisher, command: Callable[[Publisher], Ran], code: int, words: str) -> Ran:
    """Runs a command that cannot do its work, and holds what it says and does."""
    before = tree(publisher.folder)
    started = time.monotonic()
    ran = command(publisher)
    assert time.monotonic() - started < LONGEST_SECONDS
    assert ran.code == code, ran
    assert words in ran.said, ran
    assert "Traceback" not in ran.said
    if ran.err:
        what, advice, end = ran.err.split("\n")
        assert (what.startswith("canary: "), advice.startswith("What to do: "), end) == (True, True, ""), ran
    else:
        # `canary status` tells of a broken draft beside the deadline, which it must not hide.
        assert "\nNext: " in ran.out
    assert tree(publisher.folder) == before
    return ran
