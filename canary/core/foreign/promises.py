"""When the next edition is promised, as people write it, in days.

- A **window**: `first week of March 2015`, `first two weeks of August 2015`, `first fourteen days of September 2026`,
  `last week of May 2021`, `first half of June 2021`, `June 2021`, `first quarter of 2021`, `Q3 2021`, `H1 2021`. A week
  is seven days, counted from the first or the last of the month; the first half of a month has fifteen.
- **Days of the year**: `January 1st, April 1st`, `February * May * August`. A month alone means its first day.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date, timedelta

from canary.core.documents.schedule import Window
from canary.core.foreign.dates import DAY, MONTH, YEAR, day_of, month_number
from canary.core.foreign.spans import NUMBER, read_number

_OF_MONTH = re.compile(
    rf"(?P<side>first|last|second) (?:{NUMBER} )?(?P<unit>day|week|half)s? of {MONTH},? {YEAR}", re.IGNORECASE
)
_MONTH = re.compile(rf"{MONTH},? {YEAR}")
_OF_YEAR = re.compile(rf"(?P<which>first|second|third|fourth) (?P<unit>quarter|half) of {YEAR}", re.IGNORECASE)
_SHORT = re.compile(rf"(?P<unit>[QH])(?P<which>[1-4]),? {YEAR}")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_MONTHS_OF = {"quarter": 3, "half": 6, "q": 3, "h": 6}
_DAYS_OF = {"day": 1, "week": 7, "half": 15}

_DAY_OF_YEAR = re.compile(rf"{MONTH}(?: {DAY}(?![0-9]))?")
_BETWEEN = re.compile(r",? and (?:\* |- )?|[,;]? (?:\* |- )|[,;] ")
_DAYS_IN_ONE_YEAR = 24
_LEAP_YEAR = 2000

DayOfYear = tuple[int, int]
"""A month, and a day in it."""


def read_window(text: str, at: int) -> tuple[Window, int] | None:
    """Returns the window whose words begin at a place in a text, and where they end; None where none do.

    Args:
        text: words with single spaces.
        at: the place.
    """
    for spelling, window in ((_OF_MONTH, _of_month), (_OF_YEAR, _of_year), (_SHORT, _of_year), (_MONTH, _whole_month)):
        if (found := spelling.match(text, at)) and (read := window(found)):
            return read, found.end()
    return None


def read_days_of_year(text: str, at: int) -> tuple[tuple[DayOfYear, ...], int] | None:
    """Returns the days of the year that are listed from a place on, and where the list ends; None where there is none.

    Args:
        text: words with single spaces.
        at: the place.
    """
    days: list[DayOfYear] = []
    end = at
    while len(days) < _DAYS_IN_ONE_YEAR and (found := _DAY_OF_YEAR.match(text, at)):
        month = month_number(found["month"])
        if month is None or day_of(_LEAP_YEAR, month, int(found["day"] or 1)) is None:
            break
        days.append((month, int(found["day"] or 1)))
        end = found.end()
        if not (between := _BETWEEN.match(text, end)):
            break
        at = between.end()
    return (tuple(days), end) if days else None


def next_of(days: Sequence[DayOfYear], after: date, length: int) -> Window:
    """Returns the first window after a day among those that open on the same days of every year.

    Args:
        days: the days of the year, at least one; February 29 is the 28th of a year without it.
        after: the day; a window that opens on it is not after it.
        length: how many days a window is open, at least one.
    """
    openings = [
        date(year, month, min(day, calendar.monthrange(year, month)[1]))
        for year in (after.year, after.year + 1)
        for month, day in days
    ]
    opens = min(each for each in openings if each > after)
    return Window(opens, opens + timedelta(days=length - 1))


def _of_month(found: re.Match[str]) -> Window | None:
    whole = _whole_month(found)
    count = read_number(found["number"]) if found["number"] else 1
    side, unit = found["side"].lower(), found["unit"].lower()
    if whole is None or count is None or (unit == "half" and found["number"]):
        return None
    if side == "second":
        middle = whole.opens + timedelta(days=_DAYS_OF["half"])
        return Window(middle, whole.last) if unit == "half" else None
    days = timedelta(days=count * _DAYS_OF[unit] - 1) if count <= whole.last.day else timedelta.max
    if not timedelta(0) <= days <= whole.last - whole.opens:
        return None
    if side == "first":
        return Window(whole.opens, whole.opens + days)
    return None if unit == "half" else Window(whole.last - days, whole.last)


def _whole_month(found: re.Match[str]) -> Window | None:
    month = month_number(found["month"])
    opens = day_of(int(found["year"]), month, 1) if month else None
    return Window(opens, _end_of(opens.year, opens.month)) if opens else None


def _of_year(found: re.Match[str]) -> Window | None:
    which = found["which"].lower()
    months = _MONTHS_OF[found["unit"].lower()]
    last = (_ORDINALS[which] if which in _ORDINALS else int(which)) * months
    opens = day_of(int(found["year"]), last - months + 1, 1) if last <= 12 else None  # noqa: PLR2004  # a year's
    return Window(opens, _end_of(opens.year, last)) if opens else None


def _end_of(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
