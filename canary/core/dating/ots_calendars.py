"""OpenTimestamps calendars: what they are asked, what they answer, and the port through which that is done.

A calendar takes a commitment and promises that a Bitcoin block will hold it; some hours later it tells the way from the
commitment to that block. A promise is a claim of the calendar's, and counts as none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from canary.core.dating.anchor_source import parse_service_url
from canary.core.judging.fetched import shown
from canary.errors import FetchError, MalformedError
from canary.limits import CALENDARS

_WHAT = "calendars"

DEFAULT_CALENDARS: Final = (
    "https://alice.btc.calendar.opentimestamps.org",
    "https://bob.btc.calendar.opentimestamps.org",
    "https://finney.calendar.eternitywall.com",
    "https://btc.calendar.catallaxy.com",
)
"""The public calendars, by the addresses that stand in their own promises, and not by those of the pools before them:
a promise is only followed up at an address that is on the list."""


class Promise(msgspec.Struct, frozen=True):
    """A promise of a calendar's that stands in a proof.

    Attributes:
        calendar: its address, by the proof's account; nothing may be fetched there for that alone.
        commitment: what it promised a block for.
    """

    calendar: str
    commitment: bytes


class CalendarAnswer(msgspec.Struct, frozen=True):
    """What came back from a calendar.

    Attributes:
        promise: what was asked, and where.
        body: the answer's bytes, not read yet; None where there is none.
        fault: why there is none; None where the calendar has no block for it yet, which is no fault.
    """

    promise: Promise
    body: bytes | None
    fault: FetchError | None = None


class Calendars(Protocol):
    """The port to the calendars on the publisher's list."""

    def submit(self, commitment: bytes) -> tuple[CalendarAnswer, ...]:
        """Asks every calendar on the list for a promise, and returns what each of them said.

        Args:
            commitment: 32 bytes; what it is made from cannot be told from it.
        """

    def fetch(self, promises: Sequence[Promise]) -> tuple[CalendarAnswer, ...]:
        """Asks what became of promises, and returns what came of each; one that is not of the list is not followed."""


def checked_calendars(calendars: Sequence[str]) -> tuple[str, ...]:
    """Returns a list of calendars, each without the slash at its end.

    Raises:
        MalformedError: an address is none that a calendar can have, or stands twice, or there are more than ten.
    """
    plain = tuple(_checked(calendar) for calendar in calendars)
    if len(set(plain)) != len(plain):
        raise MalformedError("an address stands twice", what=_WHAT, hint="One promise of each is all that it can give.")
    if len(plain) > CALENDARS:
        raise MalformedError(f"at most {CALENDARS} are asked", what=_WHAT, hint="Three are enough.")
    return plain


def _checked(calendar: str) -> str:
    try:
        return parse_service_url(calendar)
    except MalformedError as error:
        hint = "It looks like https://alice.btc.calendar.opentimestamps.org."
        raise MalformedError(f"{shown(calendar)} cannot be used: {error.rule}", what=_WHAT, hint=hint) from error
