"""Alerts: what a watcher tells a person, as values. Decided first, then stored, then delivered.

An alert's id is made from what is stored and not from the clock, so that the same decision, made again after a crash,
is the same alert; whoever receives alerts drops one that came before.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from canary.core.judging.findings import EXIT_CODES, Status
from canary.core.judging.verdict import Verdict
from canary.core.text.strict import digest
from canary.core.text.times import format_time

_ID_DIGITS = 32


class AlertKind(StrEnum):
    """Why a person is told."""

    CHANGE = "change"
    """The standing status is another one."""

    REMINDER = "reminder"
    """A status that was told still stands, and nobody has acknowledged it."""

    RECOVERY = "recovery"
    """What was told is over."""

    AHEAD = "ahead"
    """The newest release expires soon."""

    NETWORK = "network"
    """So much is unreachable at once that the watcher's own network looks broken."""

    CLOCK = "clock"
    """The watcher's clock is behind what it was before, so that nothing can be judged by it."""

    TEST = "test"
    """A person asked for it."""


_ABOUT_THIS_WATCHER = {
    AlertKind.NETWORK: EXIT_CODES[Status.UNREACHABLE],
    AlertKind.CLOCK: EXIT_CODES[Status.UNKNOWN],
}


class Alert(msgspec.Struct, frozen=True):
    """One thing to tell.

    Attributes:
        id: what makes it the same when it comes again, 32 hexadecimal digits.
        kind: why.
        at: when it was decided (UTC).
        name: which canary of the list; empty where it is about none.
        tags: what that canary is filed under.
        location: where that canary lies.
        before: the status that was told before.
        after: the status now; for a warning ahead the one that stands.
        since: since when `after` stands.
        verdict: the standing verdict; None where there is none.
        words: what to say besides, in one sentence; empty for nothing.
    """

    id: str
    kind: AlertKind
    at: datetime
    name: str = ""
    tags: tuple[str, ...] = ()
    location: str = ""
    before: Status | None = None
    after: Status | None = None
    since: datetime | None = None
    verdict: Verdict | None = None
    words: str = ""

    @property
    def exit_code(self) -> int:
        """How bad it is, as the monitoring plugins count: 0, 1, 2, 3. A warning ahead is a warning whatever stands."""
        if self.kind is AlertKind.AHEAD:
            return EXIT_CODES[Status.OVERDUE]
        if self.after is None:
            return _ABOUT_THIS_WATCHER.get(self.kind, 0)
        return EXIT_CODES[self.after]


def alert_id(kind: AlertKind, name: str, occasion: str, moment: datetime) -> str:
    """Returns the id of an alert.

    Args:
        kind: why a person is told.
        name: which canary.
        occasion: what tells this alert from others of the kind: its number, the status.
        moment: when that began; for a canary of the list, since when it is followed.
    """
    return digest("\n".join((kind, name, occasion, format_time(moment))).encode())[:_ID_DIGITS]


class Delivery(msgspec.Struct, frozen=True):
    """An alert on its way through one channel.

    Attributes:
        alert: the alert.
        channel: the channel's name in the configuration.
        due_at: when to try, or to try again (UTC).
        tries: how many there were.
        error: what the last one came to, in words; empty before the first.
        failed: whether it failed for good, and nobody has dismissed that yet.
    """

    alert: Alert
    channel: str
    due_at: datetime
    tries: int = 0
    error: str = ""
    failed: bool = False
