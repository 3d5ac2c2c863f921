"""When a release is due. All dates are UTC.

A **cadence** is spelled `3 months` or `4 weeks` (`1 month`, `1 week`), from 1 to 24 months or 104 weeks. A **length** is
spelled `14 days` (`1 day`, `0 days`), at most 366. Window and grace are lengths.

Window k, for k = 0, 1, 2 and so on, opens on `start` + k·cadence. Months are counted from `start` each time, and
clipped to the month's length: windows from January 31 open on February 28 or 29, March 31, April 30 and so on. A
window's last day is its opening day + window - 1, and belongs to it.

- `period` is the opening day of the newest window that opened on or before the date of `issued`: lateness does not
  shift the grid. Before window 0 there is none, and so no release.
- `next` is the window after that one: its opening day and its last day.
- `expires` is midnight after the last day of `next`, plus the grace.

    start 2026-02-01, cadence 3 months, window 14 days, grace 14 days, issued 2026-11-03T14:30:00Z
    period 2026-11-01, next 2027-02-01/2027-02-14, expires 2027-03-01T00:00:00Z

A window has at least one day, and window plus grace are at most the **shortest distance** of two openings, so one
release's time is over before the next one's warning begins. That distance is the cadence where it is counted in weeks,
and otherwise the least number of days from one opening to the next among windows 0 to 48. A roster whose schedule
breaks this is malformed.
"""  # noqa: E501  an example or a row stands on one line

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

import msgspec
from dateutil.relativedelta import relativedelta

from canary.core.text.strict import parse_number
from canary.core.text.times import midnight
from canary.errors import MalformedError

MAX_MONTHS = 24
MAX_WEEKS = 104
MAX_DAYS = 366
_MONTHS_IN_A_LEAP_CYCLE = 48
_AMOUNT = re.compile(r"([0-9]+) (month|week|day)(s?)")


class Unit(StrEnum):
    """What a cadence is counted in."""

    MONTH = "month"
    WEEK = "week"


class Cadence(msgspec.Struct, frozen=True):
    """How often a release is due: `count` times `unit`."""

    count: int
    unit: Unit

    def render(self) -> str:
        """Returns the cadence's one spelling."""
        return _render_amount(self.count, self.unit)

    def after(self, start: date, times: int) -> date:
        """Returns `start` plus `times` cadences."""
        if self.unit is Unit.WEEK:
            return start + timedelta(weeks=self.count * times)
        return start + relativedelta(months=self.count * times)

    def times_since(self, start: date, day: date) -> int:
        """Returns the largest k for which `after(start, k)` is not later than `day`; `day` is not before start."""
        if self.unit is Unit.WEEK:
            return (day - start).days // (7 * self.count)
        months = (day.year - start.year) * 12 + day.month - start.month
        times = months // self.count
        return times if self.after(start, times) <= day else times - 1


class Window(msgspec.Struct, frozen=True):
    """The days in which one release is due, the last one included."""

    opens: date
    last: date

    @property
    def over(self) -> datetime:
        """The moment at which the window is over: midnight after its last day."""
        return midnight(self.last + timedelta(days=1))


class Schedule(msgspec.Struct, frozen=True):
    """The grid of windows that a roster sets.

    Attributes:
        start: the opening day of window 0.
        cadence: the distance from one opening to the next.
        window: how long a window is open, in whole days, at least one.
        grace: how long after a window a release may still come before the canary is stale, in whole days.
    """

    start: date
    cadence: Cadence
    window: timedelta
    grace: timedelta

    def opening(self, k: int) -> date:
        """Returns the opening day of window k."""
        return self.cadence.after(self.start, k)

    def window_at(self, opens: date) -> Window:
        """Returns the window that opens on `opens`."""
        return Window(opens, opens + self.window - timedelta(days=1))

    def newest_opened(self, day: date) -> date | None:
        """Returns the opening day of the newest window opened on or before `day`, None before window 0."""
        if day < self.start:
            return None
        return self.opening(self.cadence.times_since(self.start, day))

    def following(self, period: date) -> Window:
        """Returns the window after the one that opens on `period`."""
        return self.window_at(self.opening(self.cadence.times_since(self.start, period) + 1))

    def expiry(self, window: Window) -> datetime:
        """Returns the moment at which a canary waiting for `window` is stale."""
        return window.over + self.grace

    def shortest_distance(self) -> timedelta:
        """Returns the shortest distance between two openings of this grid."""
        return _shortest_distance(self.start, self.cadence)

    def same_grid(self, other: Schedule) -> bool:
        """Tells whether both have their windows on the same days for the same reason."""
        return (self.start, self.cadence) == (other.start, other.cadence)

    def check(self) -> None:
        """Checks that a window and its grace end before the next window opens.

        Raises:
            MalformedError: the window has no day, or window and grace are longer than a cadence.
        """
        if self.window < timedelta(days=1):
            raise MalformedError("a window has at least 1 day")
        shortest = self.shortest_distance()
        if self.window + self.grace > shortest:
            raise MalformedError(
                f"window and grace are {(self.window + self.grace).days} days together, and two windows can "
                f"open only {shortest.days} days apart"
            )


@lru_cache(maxsize=64)
def _shortest_distance(start: date, cadence: Cadence) -> timedelta:
    if cadence.unit is Unit.WEEK:
        return timedelta(weeks=cadence.count)
    openings = [cadence.after(start, times) for times in range(_MONTHS_IN_A_LEAP_CYCLE + 1)]
    return min(later - earlier for earlier, later in pairwise(openings))


def parse_cadence(text: str) -> Cadence:
    """Reads `3 months` or `4 weeks`.

    Raises:
        MalformedError: another spelling, zero, or more than 24 months or 104 weeks.
    """
    count, unit = _parse_amount(text, "a cadence is written like '3 months' or '4 weeks'")
    if unit not in set(Unit):
        raise MalformedError(f"a cadence is counted in months or weeks, not {text[:40]!a}")
    most = MAX_MONTHS if unit == Unit.MONTH else MAX_WEEKS
    if not 1 <= count <= most:
        raise MalformedError(f"a cadence is 1 to {most} {unit}s, not {count}")
    return Cadence(count, Unit(unit))


def parse_days(text: str) -> timedelta:
    """Reads `14 days`.

    Raises:
        MalformedError: another spelling, or more than 366 days.
    """
    count, unit = _parse_amount(text, "a length is written like '14 days'")
    if unit != "day" or count > MAX_DAYS:
        raise MalformedError(f"a length is 0 to {MAX_DAYS} days, not {text[:40]!a}")
    return timedelta(days=count)


def render_days(length: timedelta) -> str:
    """Returns the one spelling of a length in whole days."""
    return _render_amount(length.days, "day")


def _parse_amount(text: str, rule: str) -> tuple[int, str]:
    match = _AMOUNT.fullmatch(text)
    if not match:
        raise MalformedError(f"{rule}, not {text[:40]!a}")
    count, unit = parse_number(match[1]), match[2]
    if _render_amount(count, unit) != text:
        raise MalformedError(f"{rule}, and one is written without the s: {text[:40]!a}")
    return count, unit


def _render_amount(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
