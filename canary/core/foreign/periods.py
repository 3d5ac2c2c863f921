"""The period that a report says it covers: "covers the period from January 1, 2021, to June 30, 2021", "H1 2021".

A copyright year, the date of an example and the day on which a page was changed are no period. Where a text names two
different periods in the same way, neither is taken; what it says in a whole sentence goes before what a title says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from canary.core.foreign.dates import read_date
from canary.core.foreign.words import normalised
from canary.core.text.times import FIRST_YEAR, LAST_YEAR
from canary.limits import FOREIGN_TEXT_CHARACTERS

Period = tuple[date, date]

_COVERS = re.compile(
    r"\b(?:covers?|covering|for|during) the (?:reporting )?period (?:of |from |between )?", re.IGNORECASE
)
_UNTIL = re.compile(r",? ?(?:to|through|until|and|-) ?")
_PART = re.compile(
    r"\b(?:(?:(?P<half>H[12])|(?P<quarter>Q[1-4])),? (?P<year>[0-9]{4})|(?P<before>[0-9]{4}),? (?P<part>H[12]|Q[1-4])|"
    r"(?:the )?(?P<word>first|second|third|fourth) (?P<unit>half|quarter) of (?P<of>[0-9]{4}))(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_HALF_MONTHS, _QUARTER_MONTHS = 6, 3
_LONGEST = timedelta(days=366)


def period_of(text: str) -> Period | None:
    """Returns the first and the last day that a report covers; None where it says none, or two.

    Args:
        text: the report's text.
    """
    words = normalised(text[:FOREIGN_TEXT_CHARACTERS])
    for found in (set(_in_sentences(words)), set(_in_titles(words))):
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _in_sentences(words: str) -> Iterator[Period]:
    for each in _COVERS.finditer(words):
        first = read_date(words, each.end())
        until = _UNTIL.match(words, first[1]) if first else None
        last = read_date(words, until.end()) if until else None
        if first and last and timedelta() < last[0].day - first[0].day <= _LONGEST:
            yield first[0].day, last[0].day


def _in_titles(words: str) -> Iterator[Period]:
    for each in _PART.finditer(words):
        year = int(each["year"] or each["before"] or each["of"])
        short = (each["half"] or each["quarter"] or each["part"] or "").upper()
        halves = short.startswith("H") or (each["unit"] or "").lower() == "half"
        number = int(short[1]) if short else _WORDS[each["word"].lower()]
        months = _HALF_MONTHS if halves else _QUARTER_MONTHS
        if FIRST_YEAR <= year <= LAST_YEAR and number * months <= 12:  # noqa: PLR2004  # months of a year
            after = number * months + 1
            end = date(year + after // 13, (after - 1) % 12 + 1, 1) - timedelta(days=1)
            yield date(year, (number - 1) * months + 1, 1), end
