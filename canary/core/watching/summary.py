"""A canary of the list in short: what a list, an exit code or a metric tells, without reading its verdict.

What time alone decides is kept apart from what stays true of a verdict, so that the status that stands at a moment
follows from a few small values; it is the one that `canary.core.judging.anew` finds.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from canary.core.documents.schedule import Window
from canary.core.judging.anew import BY_TIME
from canary.core.judging.findings import Cause, Code, Status
from canary.core.judging.freshness import time_code
from canary.core.judging.verdict import Verdict
from canary.core.watching.followed import Followed
from canary.core.watching.watched import Acknowledged, Watched, counted


class Lasting(msgspec.Struct, frozen=True):
    """A verdict without what time does to it.

    Attributes:
        cause: the first row of the table of statuses that applies whatever the time.
        window: when the next release is due; None where none is promised, and time decides nothing.
        expires: when the newest release goes stale (UTC); None likewise.
    """

    cause: Cause
    window: Window | None = None
    expires: datetime | None = None

    @classmethod
    def of(cls, verdict: Verdict) -> Lasting:
        """Returns what stays true of `verdict`."""
        promise = verdict.promise
        if promise is None or any(each.code is Code.RETIRED for each in verdict.findings):
            return cls(verdict.cause)
        causes = [each.cause for each in verdict.findings if each.cause is not None and each.code not in BY_TIME]
        cause = min(causes, default=Cause.FINE)
        if promise.next is None or promise.expires is None:
            return cls(min(cause, Cause.RETIRED))
        return cls(cause, promise.next, promise.expires)

    def status(self, now: datetime) -> Status:
        """Returns the status that stands at `now`."""
        code = None if self.window is None else time_code(self.window, self.expires, now)
        found = None if code is None else code.cause
        return self.cause.status if found is None else min(self.cause, found).status


class Summary(msgspec.Struct, frozen=True):
    """One canary of the list, in short; every attribute as in `canary.core.watching.watched.Watched`, but for two.

    Attributes:
        followed: the canary.
        next_at: when it is looked at next (UTC).
        lasting: what stays true of the verdict that the watcher goes by; None before the first look.
        status: the status that stood when it was last recorded; None before the first look.
        status_since: since when it stands.
        suspected: how many looks in a row failed and are not believed yet.
        acknowledged: the status that a person has read, if that still stands.
        muted_until: nothing is told before this; None where it is not muted.
        checked_at: when it was last looked at.
        succeeded_at: when a look last brought the log, or that it is unchanged.
        took: seconds that the last look took.
        checks: how many looks there were.
        alerts: how many alerts there were.
    """

    followed: Followed
    next_at: datetime
    lasting: Lasting | None
    status: Status | None
    status_since: datetime | None
    suspected: int
    acknowledged: Acknowledged | None
    muted_until: datetime | None
    checked_at: datetime | None
    succeeded_at: datetime | None
    took: float
    checks: int
    alerts: int

    @classmethod
    def of(cls, watched: Watched) -> Summary:
        """Returns a row in short."""
        return cls(
            followed=watched.followed,
            next_at=watched.next_at,
            lasting=None if watched.believed is None else Lasting.of(watched.believed),
            status=watched.status,
            status_since=watched.status_since,
            suspected=watched.suspicion.tries if watched.suspicion else 0,
            acknowledged=watched.acknowledged,
            muted_until=watched.muted_until,
            checked_at=watched.checked_at,
            succeeded_at=watched.succeeded_at,
            took=watched.took,
            checks=watched.checks,
            alerts=watched.alerts,
        )

    def standing(self, now: datetime) -> Status | None:
        """Returns the status that stands at `now`; None before the first look."""
        return None if self.lasting is None else self.lasting.status(now)

    def counted_exit_code(self, now: datetime) -> int:
        """Returns the canary's share in the exit code of a list (`canary.core.watching.watched.counted`)."""
        return counted(self.standing(now), self.status, self.acknowledged)
