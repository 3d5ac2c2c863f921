"""How single values stand in a watcher's memory, and how rows come back checked: a file can be damaged.

A row is a struct with the columns of its table in its fields; SQL takes the names from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from canary.core.judging.fetched import shown
from canary.core.judging.verdict import Verdict
from canary.errors import MalformedError
from canary.formats.verdict_json import parse_verdict, render_verdict

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_Value = TypeVar("_Value")
_Row = TypeVar("_Row", bound=msgspec.Struct)


def columns(row: type[msgspec.Struct]) -> str:
    """Returns the names of a row's columns as SQL lists them."""
    return ", ".join(row.__struct_fields__)


def marks(row: type[msgspec.Struct], *, before: int = 0) -> str:
    """Returns a question mark for each column of a row, and for as many others in front of them."""
    return ", ".join("?" * (before + len(row.__struct_fields__)))


def row_of(kind: type[_Row], found: Sequence[object]) -> _Row:
    """Returns what SQLite found as a row.

    Raises:
        msgspec.ValidationError: a column holds another type than it was made for.
    """
    return msgspec.convert(found, kind)


def decoded(read: Callable[[Sequence[object]], _Value], found: Iterable[Sequence[object]]) -> list[_Value]:
    """Returns what rows of the memory stand for.

    Args:
        read: takes the columns of one row.
        found: the rows.

    Raises:
        MalformedError: one is not as it was written.
    """
    try:
        return [read(row) for row in found]
    except (msgspec.MsgspecError, ValueError, OverflowError) as error:
        # The message may quote the file, which may hold anything.
        raise MalformedError(f"it is not as it was written ({shown(str(error))})", what="a row") from error


def to_time(moment: datetime) -> int:
    """Returns a moment as it is stored."""
    return to_length(moment - _EPOCH)


def to_time_or_none(moment: datetime | None) -> int | None:
    """Returns a moment as it is stored, if there is one."""
    return None if moment is None else to_time(moment)


def to_length(length: timedelta) -> int:
    """Returns a length of time as it is stored."""
    return length // _MICROSECOND


def to_tags(tags: Sequence[str]) -> str:
    """Returns tags as they are stored: each with a blank on both sides, which no tag has in it."""
    return f" {' '.join(tags)} "


def to_text(text: str) -> str:
    """Returns text as it is stored: without the half characters that an operating system's message may have in it."""
    return text.encode("utf-8", "replace").decode("utf-8")


def to_verdict(verdict: Verdict | None) -> bytes | None:
    """Returns a verdict as it is stored, if there is one."""
    return None if verdict is None else render_verdict(verdict)


def time_of(stored: int) -> datetime:
    """Returns the moment that is stored."""
    return _EPOCH + timedelta(microseconds=stored)


def time_or_none(stored: int | None) -> datetime | None:
    """Returns the moment that is stored, if there is one."""
    return None if stored is None else time_of(stored)


def length_of(stored: int) -> timedelta:
    """Returns the length of time that is stored."""
    return timedelta(microseconds=stored)


def tags_of(stored: str) -> tuple[str, ...]:
    """Returns the tags that are stored."""
    return tuple(stored.split())


def verdict_or_none(stored: bytes | None) -> Verdict | None:
    """Returns the verdict that is stored, if there is one.

    Raises:
        MalformedError: it is not as it was written.
    """
    return None if stored is None else parse_verdict(stored)
