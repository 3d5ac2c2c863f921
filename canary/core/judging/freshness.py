"""What time alone says of a release, and whether a watcher's clock can be believed.

The newest release of the log that is judged, or the newest edition of a foreign canary, is, by its own `next` and
`expires`:

- RETIRED, if it is final; no other row applies then, ever;
- EXPIRED, from `expires` on, reachable or not;
- OVERDUE, from midnight after the last day of `next` on;
- DUE, from midnight at which the opening day of `next` begins;
- fresh before that, which is no finding.

CLOCK-BACKWARDS: now is more than ten minutes before the latest moment at which this canary was judged before. Until
the clock is right again, or a person says that it is, the verdict is UNKNOWN at best.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from canary.core.documents.release import Release
from canary.core.documents.schedule import Window
from canary.core.judging.findings import Code, Finding
from canary.core.text.times import format_time, midnight
from canary.limits import FUTURE_TOLERANCE


class Promise(msgspec.Struct, frozen=True):
    """What a release says of the next one.

    Attributes:
        name: what it is called in a message: `release 4`.
        entry: its number in the log; None for a foreign canary, which has no log.
        next: the window of the next one; None if it is the last.
        expires: when it goes stale (UTC); None if it is the last.
        following: what the next one is called in a message: `release`.
    """

    name: str
    entry: int | None
    next: Window | None
    expires: datetime | None
    following: str = "release"

    @classmethod
    def of(cls, release: Release) -> Promise:
        """Returns what a release promises."""
        return cls(f"release {release.number}", release.entry, release.next, release.expires)


def time_code(window: Window | None, expires: datetime | None, now: datetime) -> Code | None:
    """Returns what time alone says of a release at `now`; None where it is fresh.

    Args:
        window: when the next one is due; None if it is the last.
        expires: when it goes stale; None likewise.
        now: the watcher's clock, aware.
    """
    if window is None or expires is None:
        return Code.RETIRED
    if now >= expires:
        return Code.EXPIRED
    if now < midnight(window.opens):
        return None
    return Code.OVERDUE if now >= window.over else Code.DUE


def time_findings(promise: Promise, now: datetime) -> list[Finding]:
    """Returns how fresh the newest release is at `now`, by its own `next` and `expires`."""
    code = time_code(promise.next, promise.expires, now)
    return [] if code is None else [Finding(code, _in_words(code, promise, now), promise.entry)]


def _in_words(code: Code, promise: Promise, now: datetime) -> str:
    if promise.next is None or promise.expires is None:
        return f"{promise.name} says that it is the last one"
    if code is Code.EXPIRED:
        return f"{promise.name} expired {_ago(now, promise.expires)} ({format_time(promise.expires)})"
    window = f"{promise.next.opens} to {promise.next.last}"
    if code is Code.OVERDUE:
        left = _ago(promise.expires, now, suffix="left")
        return f"no {promise.following} came in the window of {window}; {left} until it expires"
    return f"the window for the next {promise.following} is open ({window})"


def clock_findings(now: datetime, high_water: datetime | None) -> list[Finding]:
    """Returns a finding where the watcher's clock went back behind an earlier look, by more than ten minutes."""
    if high_water is None or now >= high_water - FUTURE_TOLERANCE:
        return []
    message = f"this machine's clock says {format_time(now)}, and at the last look it was {format_time(high_water)}"
    return [Finding(Code.CLOCK_BACKWARDS, message)]


def _ago(later: datetime, earlier: datetime, suffix: str = "ago") -> str:
    days = (later - earlier).days
    if days < 1:
        return f"less than a day {suffix}"
    return f"1 day {suffix}" if days == 1 else f"{days} days {suffix}"
