"""Lengths of time in days, weeks, months and years, as profiles and prose spell them: `14 days`, `four weeks`."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec
from dateutil.relativedelta import relativedelta

from canary.errors import MalformedError

_ONES = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_NUMBERS = {word: number for number, word in enumerate(_ONES, 1)} | {"a": 1, "an": 1, "thirty": 30, "ninety": 90}
NUMBER = r"(?P<number>[0-9]{1,9}(?![0-9])|[A-Za-z]{1,9})"
_SPAN = re.compile(NUMBER + r"[ -](?P<unit>day|week|month|year)s?(?![A-Za-z])")
_MOST_DAYS = 3_660
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_MOST_MONTHS = 120


class Span(msgspec.Struct, frozen=True):
    """A length of time: so many months, and then so many days."""

    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """Returns the day so much later; a month without such a day gives its last."""
        return day + relativedelta(months=self.months) + timedelta(days=self.days)

    def after_end(self, day: date) -> date:
        """Returns the end, so much later, of what ended with `day`: the end of June plus a month is that of July."""
        return self.after(day + timedelta(days=1)) - timedelta(days=1)


def read_number(word: str) -> int | None:
    """Returns a whole number from its digits or its English word; None where it is neither."""
    return int(word) if word.isdecimal() and word.isascii() else _NUMBERS.get(word.lower())


def read_span(text: str, at: int) -> tuple[Span, int] | None:
    """Returns the length of time that begins at a place in a text, and where it ends; None where none does."""
    found = _SPAN.match(text, at)
    number = read_number(found["number"]) if found else None
    if found is None or number is None:
        return None
    span = Span(months=number * _MONTHS.get(found["unit"], 0), days=number * _DAYS.get(found["unit"], 0))
    within = span.months <= _MOST_MONTHS and span.days <= _MOST_DAYS and number > 0
    return (span, found.end()) if within else None


def parse_span(text: str) -> Span:
    """Returns the length of time that a profile spells.

    Raises:
        MalformedError: it spells none, or one of more than 10 years.
    """
    found = read_span(text, 0)
    if found is None or found[1] != len(text):
        raise MalformedError(f'a length of time is written like "14 days", "4 weeks", "3 months", not {text[:40]!a}')
    return found[0]


def parse_days(text: str) -> int:
    """Returns a number of days from `14 days`, `2 weeks` or `0 days`.

    Raises:
        MalformedError: another spelling, or one in months, which are of different lengths.
    """
    if text == "0 days":
        return 0
    span = parse_span(text)
    if span.months:
        raise MalformedError(f'this is counted in days or weeks, like "14 days", not {text[:40]!a}')
    return span.days
