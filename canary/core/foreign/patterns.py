"""Patterns of a profile: words as they stand in a text, with placeholders in braces. They are no regular expressions.

    The date of issue of this canary is {date}.
    We plan to publish the next of these canary statements in the {window}.

White space and typographic quotes make no difference; everything else does. The placeholders:

- `{date}`: a date (`canary.core.foreign.dates`).
- `{window}`, `{days}`: a promise (`canary.core.foreign.promises`); `{length}`: `4 weeks`, `fourteen days`.
- `{number}`: a whole number in digits or as a word; `{hash}`: 64 hexadecimal digits.
- `{word}`: what stands up to the next blank, an address for example; `{words}`: what stands up to the first place at
  which the words after it do. At most 200 characters.

A pattern begins with words, at least three letters or digits of them, and words stand between two placeholders. So
where a pattern can stand is found by searching for its first words, each placeholder has one way to be read, and
nothing is ever tried twice: reading takes time in proportion to the length of the text, whatever the pattern and
whatever the text. Only the first 10,000 places are tried at which a pattern's first words stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from canary.core.documents.schedule import Window
from canary.core.foreign.dates import Dated, NumericDates, read_date
from canary.core.foreign.promises import DayOfYear, read_days_of_year, read_window
from canary.core.foreign.spans import NUMBER, Span, read_number, read_span
from canary.core.foreign.words import normalised
from canary.errors import MalformedError
from canary.limits import PATTERN_PLACES, PATTERN_WORDS_CHARACTERS

_HOLE = re.compile(r"\{([^{}]*)\}")
_NUMBER = re.compile(NUMBER + r"(?![A-Za-z0-9])")
_HASH = re.compile(r"[0-9A-Fa-f]{64}(?![0-9A-Za-z])")
_WORD = re.compile(rf"[^ ]{{1,{PATTERN_WORDS_CHARACTERS}}}(?= |$)")
_LEAST_ANCHOR = 3


class Hole(StrEnum):
    """A placeholder."""

    DATE = "date"
    WINDOW = "window"
    DAYS = "days"
    LENGTH = "length"
    NUMBER = "number"
    HASH = "hash"
    WORD = "word"
    WORDS = "words"


class Pattern(msgspec.Struct, frozen=True):
    """A pattern.

    Attributes:
        text: how it is written, white space normalised.
        parts: its words and its placeholders in turn, the words first.
    """

    text: str
    parts: tuple[str | Hole, ...]

    def holes(self) -> tuple[Hole, ...]:
        """Returns its placeholders in order."""
        return tuple(part for part in self.parts if isinstance(part, Hole))


Value = Dated | Window | tuple[DayOfYear, ...] | Span | int | str
"""What a placeholder was read as."""


class Found(msgspec.Struct, frozen=True):
    """A place at which a pattern stands.

    Attributes:
        start: where it begins.
        end: where it ends.
        values: what its placeholders were read as, in order.
    """

    start: int
    end: int
    values: tuple[Value, ...]

    def dates(self) -> tuple[Dated, ...]:
        """Returns the dates among the values."""
        return tuple(each for each in self.values if isinstance(each, Dated))


def parse_pattern(text: str) -> Pattern:
    """Returns the pattern that a text spells.

    Raises:
        MalformedError: a placeholder that there is not, a stray brace, too few words in front, or two placeholders with
            nothing between.
    """
    words = normalised(text)
    parts: list[str | Hole] = []
    for place, piece in enumerate(_HOLE.split(words)):
        if place % 2:
            if piece not in set(Hole):
                raise MalformedError(f"there is no {{{piece[:40]}}}", hint=f"There are: {', '.join(_braced())}.")
            parts.append(Hole(piece))
        elif "{" in piece or "}" in piece:
            raise MalformedError("a brace that is no placeholder's stands there", hint="Braces hold placeholders only.")
        elif piece:
            parts.append(piece)
    first = parts[0] if parts else ""
    if isinstance(first, Hole) or sum(each.isalnum() for each in first) < _LEAST_ANCHOR:
        raise MalformedError(f"a pattern begins with words, at least {_LEAST_ANCHOR} letters or digits of them")
    for place, part in enumerate(parts):
        _check_followed(part, parts[place + 1] if place + 1 < len(parts) else "")
    return Pattern(words, tuple(parts))


def _check_followed(part: str | Hole, following: str | Hole) -> None:
    if isinstance(part, Hole) and isinstance(following, Hole):
        raise MalformedError(f"words have to stand between {{{part}}} and {{{following}}}")
    if part is Hole.WORDS and not following:
        raise MalformedError("words have to follow {words}: they say where it ends")


def _braced() -> Iterator[str]:
    return (f"{{{each}}}" for each in Hole)


def find_all(
    pattern: Pattern, text: str, numeric: NumericDates | None = None, *, most: int = PATTERN_PLACES
) -> Iterator[Found]:
    """Returns the places at which a pattern stands in a text, in order; none of them overlap.

    Args:
        pattern: the pattern.
        text: words with single spaces.
        numeric: how dates in numbers are meant.
        most: at how many places it is tried.
    """
    anchor = str(pattern.parts[0])
    place = text.find(anchor)
    for _ in range(most):
        if place < 0:
            return
        found = _stands_at(pattern, text, place, numeric)
        if found:
            yield found
        place = text.find(anchor, found.end if found else place + 1)


def _stands_at(pattern: Pattern, text: str, start: int, numeric: NumericDates | None) -> Found | None:
    if not _is_edge(text, start):
        return None
    at = start
    values: list[Value] = []
    for place, part in enumerate(pattern.parts):
        if not isinstance(part, Hole):
            if not text.startswith(part, at):
                return None
            at += len(part)
            continue
        if part is Hole.WORDS:
            read: tuple[Value, int] | None = _read_words(text, at, str(pattern.parts[place + 1]))
        elif part is Hole.DATE:
            read = read_date(text, at, numeric)
        else:
            read = _READERS[part](text, at)
        if read is None:
            return None
        values.append(read[0])
        at = read[1]
    return Found(start, at, tuple(values)) if _is_edge(text, at) else None


def _is_edge(text: str, at: int) -> bool:
    """Tells whether no word lies across a place."""
    return at in (0, len(text)) or not (text[at - 1].isalnum() and text[at].isalnum())


def _read_words(text: str, at: int, following: str) -> tuple[str, int] | None:
    end = text.find(following, at, at + PATTERN_WORDS_CHARACTERS + len(following))
    return (text[at:end], end) if end > at else None


def _read_number(text: str, at: int) -> tuple[int, int] | None:
    found = _NUMBER.match(text, at)
    number = read_number(found["number"]) if found else None
    return (number, found.end()) if found and number is not None else None


def _read_hash(text: str, at: int) -> tuple[str, int] | None:
    found = _HASH.match(text, at)
    return (found[0].lower(), found.end()) if found else None


def _read_word(text: str, at: int) -> tuple[str, int] | None:
    found = _WORD.match(text, at)
    return (found[0], found.end()) if found else None


_READERS: dict[Hole, Callable[[str, int], tuple[Value, int] | None]] = {
    Hole.WINDOW: read_window,
    Hole.DAYS: read_days_of_year,
    Hole.LENGTH: read_span,
    Hole.NUMBER: _read_number,
    Hole.HASH: _read_hash,
    Hole.WORD: _read_word,
}
