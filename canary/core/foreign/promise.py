"""When the next edition of a foreign canary is due, and when the newest one goes stale.

- **A promise** (or a period, or the profile's interval): the window is the promised one; it is stale at the midnight
  that ends the profile's `grace`, counted from the window's last day.
- **An end of its own**, which the edition states: it is stale then, and the window ends no later than the last day
  before that. Where only the profile's interval would stand against it, or nothing, the window is the profile's
  `lead` before that day.
- **Neither**: nothing follows.
- **Too far ahead**, of the date of issue, or where there is none of the moment at which the edition was seen: nothing
  follows. Of a report on a period that is where the period ends more than a cadence later, of anything else where it
  goes stale later than the profile's `most` and `grace` after it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from canary.core.documents.schedule import Window
from canary.core.foreign.profile import Profile
from canary.core.foreign.read import From, Read
from canary.core.text.times import midnight

_MOMENT = timedelta(microseconds=1)


class ForeignPromise(msgspec.Struct, frozen=True):
    """What an edition says of the next one.

    Attributes:
        window: the days on which the next one is due.
        expires: when this one goes stale (UTC).
        assumed: whether only the profile's interval says so.
    """

    window: Window
    expires: datetime
    assumed: bool


def promise_of(read: Read, profile: Profile, seen_at: datetime) -> ForeignPromise | None:
    """Returns when the next edition is due and this one goes stale; None where nothing says so.

    Args:
        read: what was read in the newest edition.
        profile: how; its `next` has the grace and the lead.
        seen_at: when the edition was first seen, aware.
    """
    promise = _promise(read, profile)
    return None if promise is None or _is_too_far(promise, read, profile, read.issued or seen_at) else promise


def _promise(read: Read, profile: Profile) -> ForeignPromise | None:
    promised = _promised(read)
    assumed = read.due_from is From.PROFILE
    try:
        if read.expires is not None:
            last = (read.expires - _MOMENT).date()
            if promised is None or assumed:
                window = Window(last - timedelta(days=profile.next.lead), last)
            else:
                window = Window(min(promised.opens, last), min(promised.last, last))
            return ForeignPromise(window, read.expires, assumed=False)
        if promised is None:
            return None
        return ForeignPromise(promised, _after(promised.last, profile.next.grace), assumed)
    except OverflowError:
        # A date at the end of the calendar promises nothing that anyone will see.
        return None


def _is_too_far(promise: ForeignPromise, read: Read, profile: Profile, since: datetime) -> bool:
    if profile.period is not None and read.period is not None and read.expires is None:
        return read.period[1] > profile.period.cadence.after(since.date())
    if read.expires is None and read.due_from is From.PROFILE:
        return False
    return promise.expires - since > timedelta(days=profile.next.most + profile.next.grace + 2)


def _promised(read: Read) -> Window | None:
    if read.due is None:
        return None
    return Window(read.due if read.opens is None else min(read.opens, read.due), read.due)


def _after(last: date, grace: int) -> datetime:
    return midnight(last + timedelta(days=1 + grace))
