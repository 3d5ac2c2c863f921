"""Days in words, for people: `3 November 2026`, `1 to 14 February 2027`. Not for any text that is parsed."""

from __future__ import annotations

from datetime import date
from typing import Final

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""Not `strftime`, which follows the locale of the machine."""


def day_in_words(day: date) -> str:
    """Returns `3 November 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


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
