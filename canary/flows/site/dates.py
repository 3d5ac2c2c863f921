"""Dates for people, in English and in UTC. Not `strftime`, which follows the locale of the machine that renders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SHORT = 3


def day(value: date) -> str:
    """Returns `3 November 2026`."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def short_day(value: date) -> str:
    """Returns `3 Nov 2026`, for where there is little room."""
    return f"{value.day} {_MONTHS[value.month - 1][:_SHORT]} {value.year}"


def moment(time: datetime) -> str:
    """Returns `3 November 2026, 14:30 UTC`; seconds stand only where there are any."""
    return f"{day(time.astimezone(UTC).date())}, {clock(time)}"


def clock(time: datetime) -> str:
    """Returns `14:30 UTC`, with seconds only where there are any."""
    utc = time.astimezone(UTC)
    return f"{utc:%H:%M:%S} UTC" if utc.second else f"{utc:%H:%M} UTC"


def last_good_day(expires: datetime) -> date:
    """Returns the last day on which nothing has expired yet: `expires` is always midnight (core.schedule)."""
    return (expires - timedelta(seconds=1)).date()
