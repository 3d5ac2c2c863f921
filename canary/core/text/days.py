"""Days and times in words, for people, in English and in UTC: `3 November 2026, 14:30 UTC`. Nothing parses them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""Not `strftime`, which follows the locale of the machine."""

_SHORT: Final = 3


def day_in_words(day: date) -> str:
    """Returns `3 November 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """Returns `3 Nov 2026`, for where there is little room."""
    return f"{day.day} {_MONTHS[day.month - 1][:_SHORT]} {day.year}"


def days_in_words(first: date, last: date) -> str:
    """Returns `1 to 14 February 2027`; what the two days have in common stands once, and a single day by itself.

    Args:
        first: the first day.
        last: the last day, which belongs to them; not before `first`.
    """
    whole = day_in_words(last)
    if first == last:
        return whole
    if first.year != last.year:
        return f"{day_in_words(first)} to {whole}"
    if first.month != last.month:
        return f"{first.day} {_MONTHS[first.month - 1]} to {whole}"
    return f"{first.day} to {whole}"


def moment_in_words(time: datetime) -> str:
    """Returns `3 November 2026, 14:30 UTC`; seconds stand only where there are any."""
    return f"{day_in_words(time.astimezone(UTC).date())}, {clock_in_words(time)}"


def clock_in_words(time: datetime) -> str:
    """Returns `14:30 UTC`, with seconds only where there are any."""
    utc = time.astimezone(UTC)
    return f"{utc:%H:%M:%S} UTC" if utc.second else f"{utc:%H:%M} UTC"


def last_good_day(expires: datetime) -> date:
    """Returns the last day on which nothing has expired yet: `expires` is always midnight (core.schedule)."""
    return (expires - timedelta(seconds=1)).date()
