"""Dates in English prose, strictly: what can be understood in two ways, or contradicts itself, is no date.

Read are `December 8, 2020`, `January 5th, 2015`, `8 December 2020`, `8th of Dec. 2020`, `2020-12-08`, and dates of mail
(RFC 5322, section 3.3) like `Tue, 08 Dec 2020 16:46:42 +0000`. A weekday may stand in front, and must be the right one.
A time may follow; it is a moment only with its zone, `Z`, `UTC`, `GMT` or `+01:00`, and otherwise the day alone counts.
`03/04/2020` is read where the profile says which number is the month, or where it makes no difference.

Every text here is one of single spaces, as `canary.core.foreign.words` makes it. Years run from 1970 to 2999.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

import msgspec

from canary.core.text.times import FIRST_YEAR, LAST_YEAR

_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_MONTHS = {name[:3]: number for number, name in enumerate(_MONTH_NAMES, 1)}
_MONTHS |= {name: number for number, name in enumerate(_MONTH_NAMES, 1)} | {"sept": 9}
_WEEKDAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS = {name[:3]: number for number, name in enumerate(_WEEKDAY_NAMES)}
_WEEKDAYS |= {name: number for number, name in enumerate(_WEEKDAY_NAMES)}

MONTH = r"(?P<month>[A-Za-z]{3,9})\.?"
DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?P<year>[0-9]{4})(?![0-9])"
_WEEKDAY = r"(?:(?P<weekday>[A-Za-z]{3,9}),? )?"
_CLOCK = (
    r"(?:(?:T|,? (?:at )?)(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]{1,9})?)?(?![0-9:])"
    r"(?: ?(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})(?![A-Za-z0-9]))?)?"
)
_SPELLINGS = tuple(
    re.compile(each + _CLOCK)
    for each in (
        rf"{_WEEKDAY}{MONTH} {DAY},? {YEAR}",
        rf"{_WEEKDAY}{DAY} (?:of )?{MONTH},? {YEAR}",
        r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?![0-9-])",
    )
)
_NUMERIC = re.compile(rf"(?P<one>[0-9]{{1,2}})/(?P<two>[0-9]{{1,2}})/{YEAR}")
_NOON = 12


class NumericDates(StrEnum):
    """What the first number of `03/04/2020` is."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class Dated(msgspec.Struct, frozen=True):
    """A date that was read.

    Attributes:
        day: the day; of a moment the one in UTC.
        moment: the moment (UTC); None where no time, or no zone, stands beside the day.
    """

    day: date
    moment: datetime | None = None

    def when(self) -> datetime:
        """Returns the moment, noon (UTC) of a day without one."""
        if self.moment is not None:
            return self.moment
        return datetime(self.day.year, self.day.month, self.day.day, _NOON, tzinfo=UTC)


def read_date(text: str, at: int, numeric: NumericDates | None = None) -> tuple[Dated, int] | None:
    """Returns the date that begins at a place in a text, and where it ends; None where none does.

    Args:
        text: words with single spaces.
        at: the place.
        numeric: how dates in numbers are meant; None where nobody says.
    """
    for spelling in _SPELLINGS:
        if (found := spelling.match(text, at)) and (dated := _dated(found)):
            return dated, found.end()
    found = _NUMERIC.match(text, at)
    day = _numeric_day(int(found["one"]), int(found["two"]), int(found["year"]), numeric) if found else None
    return (Dated(day), found.end()) if found and day else None


def day_of(year: int, month: int, day: int) -> date | None:
    """Returns a day; None where the calendar, or the range of years, does not have it."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def month_number(name: str) -> int | None:
    """Returns the number of a month from its English name, whole or cut to three letters; None where it is none."""
    return _MONTHS.get(name.lower())


def _numeric_day(one: int, two: int, year: int, numeric: NumericDates | None) -> date | None:
    day_first, month_first = day_of(year, two, one), day_of(year, one, two)
    if numeric is not None:
        return day_first if numeric is NumericDates.DAY_FIRST else month_first
    if day_first and month_first:
        return day_first if day_first == month_first else None
    return day_first or month_first


def _dated(found: re.Match[str]) -> Dated | None:
    parts = found.groupdict()
    name = parts["month"]
    month = int(name) if name.isdecimal() else month_number(name)
    day = day_of(int(parts["year"]), month, int(parts["day"])) if month else None
    if day is None:
        return None
    weekday = parts.get("weekday")
    if weekday and _WEEKDAYS.get(weekday.lower()) != day.weekday():
        return None
    if parts["zone"] is None:
        return Dated(day)
    moment = _moment(day, parts)
    return None if moment is None else Dated(moment.date(), moment)


def _moment(day: date, parts: dict[str, str]) -> datetime | None:
    zone = parts["zone"]
    offset = timedelta(0)
    if zone[0] in "+-":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
    try:
        local = datetime(
            *(day.year, day.month, day.day, int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0)),
            tzinfo=timezone(offset),
        )
    except ValueError:
        return None
    moment = local.astimezone(UTC)
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None
