"""Times and dates as they stand in a text: UTC, one spelling each.

A **time** is `2026-11-03T14:30:00Z`: whole seconds, hours 00 to 23, minutes and seconds 00 to 59, always UTC and
always with the capital letters. A **date** is `2026-11-03`. A **range of days** is two dates with a slash between,
`2026-07-01/2026-09-30`, both of them in it, the second not before the first. The calendar is the Gregorian one, and a
day that it does not have is malformed. Years run from 1970 to 2999, so that no arithmetic leaves what programs hold.

The date of a time is its date in UTC, and midnight of a date is the time at which that date begins.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from canary.errors import MalformedError

FIRST_YEAR = 1970
LAST_YEAR = 2999


def parse_time(text: str) -> datetime:
    """Returns the aware UTC time that `text` spells.

    Raises:
        MalformedError: it is not `YYYY-MM-DDTHH:MM:SSZ`, or its year lies outside 1970 to 2999.
    """
    rule = f"a time is written like 2026-11-03T14:30:00Z, in UTC, not {text[:40]!a}"
    if not text.isascii() or not text.endswith("Z"):
        raise MalformedError(rule)
    try:
        time = datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    except ValueError as error:
        raise MalformedError(rule) from error
    if format_time(time) != text:
        raise MalformedError(rule)
    _check_year(time.year)
    return time


def format_time(time: datetime) -> str:
    """Returns `time`, which must be aware, in UTC to the whole second."""
    return f"{time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def minute_before(time: datetime) -> datetime:
    """Returns the whole minute that `time` lies in, or is: what a lower bound is told as."""
    return time.replace(second=0, microsecond=0)


def minute_after(time: datetime) -> datetime:
    """Returns the first whole minute that is not before `time`: what an upper bound is told as.

    In the last minute of the year 9999, after which there is none, that is the time itself.
    """
    minute = minute_before(time)
    if minute == time or minute == minute_before(datetime.max.replace(tzinfo=UTC)):
        return time
    return minute + timedelta(minutes=1)


def parse_date(text: str) -> date:
    """Returns the date that `text` spells.

    Raises:
        MalformedError: it is not `YYYY-MM-DD`, or its year lies outside 1970 to 2999.
    """
    rule = f"a date is written like 2026-11-03, not {text[:40]!a}"
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise MalformedError(rule) from error
    if day.isoformat() != text:
        raise MalformedError(rule)
    _check_year(day.year)
    return day


def parse_date_range(text: str) -> tuple[date, date]:
    """Returns the first and the last day of `2026-07-01/2026-09-30`.

    Raises:
        MalformedError: it is not two dates with a slash between, or the last comes before the first.
    """
    first, slash, last = text.partition("/")
    if not slash:
        raise MalformedError(f"a range of days is written like 2026-07-01/2026-09-30, not {text[:40]!a}")
    days = parse_date(first), parse_date(last)
    if days[1] < days[0]:
        raise MalformedError(f"the last day of {text} comes before its first")
    return days


def format_date_range(days: tuple[date, date]) -> str:
    """Returns the two days with a slash between them."""
    return f"{days[0].isoformat()}/{days[1].isoformat()}"


def midnight(day: date) -> datetime:
    """Returns the moment at which `day` begins, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise MalformedError(f"the year {year} lies outside {FIRST_YEAR} to {LAST_YEAR}")
