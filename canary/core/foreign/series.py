"""Where the next edition of a series comes.

- `fixed`: at the one address, in the place of the one before.
- `template`: beside the one before, under the next name, as `canary-{n:03}-{year}.txt`.
- `index`: behind a link on a page, whose name a template describes.
- `git`: in a repository, as the newest file whose name a template describes.

In a template `{n}` is the edition's number, `{n:03}` with at least three digits, `{year}` four digits, `{month}` and
`{day}` two. All else stands as it is. The name is the whole last part of a path: nothing in it leads anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

import msgspec

from canary.core.foreign.dates import day_of
from canary.errors import MalformedError

_HOLE = re.compile(r"\{([^{}]*)\}")
_NUMBER = re.compile(r"n(?::0(?P<width>[1-9]))?")
_FIXED_WIDTHS = {"year": 4, "month": 2, "day": 2}
_LITERAL = re.compile(r"[A-Za-z0-9._~-]+")
_MOST_DIGITS = 9
_MOST_YEARS = 20


class SeriesKind(StrEnum):
    """Where editions come."""

    FIXED = "fixed"
    TEMPLATE = "template"
    INDEX = "index"
    GIT = "git"


class Template(msgspec.Struct, frozen=True):
    """What the names of a series look like.

    Attributes:
        text: how it is written.
        parts: words, and the placeholders with the digits that each has at least.
    """

    text: str
    parts: tuple[str | tuple[str, int], ...]


class Series(msgspec.Struct, frozen=True):
    """Where the next edition comes.

    Attributes:
        kind: in which way.
        template: what its name looks like; None where it never changes.
        folder: where in a repository the editions lie, segments joined by `/`; empty for its root, and without one.
    """

    kind: SeriesKind = SeriesKind.FIXED
    template: Template | None = None
    folder: str = ""


class Named(msgspec.Struct, frozen=True, order=True):
    """What the name of an edition says.

    Attributes:
        number: its number; 0 where the name has none.
        year: its year; 0 where the name has none.
        month: its month, likewise.
        day: its day, likewise.
    """

    number: int = 0
    year: int = 0
    month: int = 0
    day: int = 0


def parse_template(text: str) -> Template:
    """Returns the template that a text spells.

    Raises:
        MalformedError: a placeholder that there is not or that stands twice, none at all, a character that no name has,
            or digits after `{n}`, so that nobody knows where the number ends.
    """
    parts: list[str | tuple[str, int]] = []
    for place, piece in enumerate(_HOLE.split(text)):
        if place % 2:
            parts.append(_parse_hole(piece))
        elif piece and not _LITERAL.fullmatch(piece):
            raise MalformedError("a name is made of letters, digits and . _ ~ - beside its placeholders")
        elif piece:
            parts.append(piece)
    names = [part[0] for part in parts if isinstance(part, tuple)]
    if not names or len(names) != len(set(names)):
        raise MalformedError("a name has a placeholder, {n}, {n:03}, {year}, {month} or {day}, and each of them once")
    for part, following in zip(parts, [*parts[1:], "."], strict=True):
        if isinstance(part, tuple) and part[0] == "n" and (isinstance(following, tuple) or following[0].isdigit()):
            raise MalformedError("something else than a digit has to follow {n}")
    return Template(text, tuple(parts))


def _parse_hole(text: str) -> tuple[str, int]:
    if text in _FIXED_WIDTHS:
        return text, _FIXED_WIDTHS[text]
    if found := _NUMBER.fullmatch(text):
        return "n", int(found["width"] or 1)
    raise MalformedError(f"there is no {{{text[:40]}}}", hint="There are: {n}, {n:03}, {year}, {month}, {day}.")


def read_name(template: Template, name: str) -> Named | None:
    """Returns what a name says; None where it is none of the series."""
    at = 0
    values: dict[str, int] = {}
    for part in template.parts:
        if isinstance(part, str):
            if not name.startswith(part, at):
                return None
            at += len(part)
            continue
        end = at + part[1]
        while part[0] == "n" and end < len(name) and _is_digit(name[end]):
            end += 1
        digits = name[at:end]
        if not part[1] <= len(digits) <= _MOST_DIGITS or not all(map(_is_digit, digits)):
            return None
        if part[0] == "n" and digits != f"{int(digits):0{part[1]}}":
            return None
        values[part[0]] = int(digits)
        at = end
    if at != len(name) or not _is_day(values):
        return None
    return Named(values.get("n", 0), values.get("year", 0), values.get("month", 0), values.get("day", 0))


def names_to_try(template: Template, last: Named, today: date) -> tuple[str, ...]:
    """Returns the names that the edition after the last one can have; that there is none of them is ordinary.

    Args:
        template: what names look like.
        last: what the last edition's name says.
        today: the day (UTC).

    Returns:
        The next number, for each year from that of the last edition to the one after today's, the last 20 of them: an
        edition that was missed is found, and one that is dated in another time zone too. Nothing where names have no
        number, or where they have a month or a day, which nobody can guess.
    """
    holes = {part[0] for part in template.parts if isinstance(part, tuple)}
    if "n" not in holes or holes & {"month", "day"}:
        return ()
    if "year" not in holes:
        return (_render(template, last.number + 1, 0),)
    years = range(last.year, max(last.year, today.year) + 2)[-_MOST_YEARS:]
    return tuple(_render(template, last.number + 1, year) for year in years)


def newest_link(template: Template, links: Iterable[str]) -> str | None:
    """Returns the link to the newest edition: of the largest number, or else the latest date; None where none is one.

    Args:
        template: what names look like.
        links: links as they stand on a page; the last part of each path is compared.
    """
    newest: tuple[Named, str] | None = None
    for link in links:
        if "?" in link or "#" in link:
            continue
        named = read_name(template, link.rpartition("/")[2])
        if named is not None and (newest is None or named > newest[0]):
            newest = named, link
    return newest[1] if newest else None


def _render(template: Template, number: int, year: int) -> str:
    values = {"n": number, "year": year}
    return "".join(part if isinstance(part, str) else f"{values[part[0]]:0{part[1]}}" for part in template.parts)


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def _is_day(values: dict[str, int]) -> bool:
    """Tells whether the calendar has the day, as far as one is named."""
    return day_of(values.get("year", 2000), values.get("month", 1), values.get("day", 1)) is not None
