"""What a watcher remembers of one canary between two runs, besides its `canary.core.judging.state.State`.

- The **believed** verdict is what the watcher goes by. A look that failed (UNREACHABLE, MISSING) is a **suspicion**
  first, and believed when enough tries, over enough time, have come to the same kind of thing
  (`canary.core.watching.agenda`).
- What is **standing** at a moment is the believed verdict with its time judged anew (`canary.core.judging.anew`): a
  canary expires whether anybody looked or not.
- A status that a person **acknowledged** is no longer counted, until another comes.
- A **transition** is a change of the standing status, or of what it stands for (a second withdrawal). Each is kept for
  ever.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from canary.core.judging.findings import EXIT_CODES, Status
from canary.core.judging.verdict import Verdict
from canary.core.watching.followed import Followed


class Suspicion(msgspec.Struct, frozen=True):
    """Looks that failed, and are not believed yet.

    Attributes:
        since: when the first of them was made (UTC).
        tries: how many there were, all without a better one between.
        verdict: what the last one came to; the last of the others, where some came to MISSING and some did not.
    """

    since: datetime
    tries: int
    verdict: Verdict


class Acknowledged(msgspec.Struct, frozen=True):
    """A status that a person has read.

    Attributes:
        status: the status.
        at: when (UTC).
        note: what the person wrote; may be empty.
    """

    status: Status
    at: datetime
    note: str


def counted(stands: Status | None, recorded: Status | None, read: Acknowledged | None) -> int:
    """Returns a canary's share in the exit code of a list: a status that was acknowledged does not count.

    Args:
        stands: the status that stands now; None before the first look, which is UNKNOWN, 3.
        recorded: the status that stood when it was last recorded.
        read: the status that a person has read.
    """
    if stands is None:
        return EXIT_CODES[Status.UNKNOWN]
    return 0 if read is not None and read.status is stands is recorded else EXIT_CODES[stands]


class Telling(msgspec.Struct, frozen=True):
    """What was told of a canary, so that nothing is told twice; `canary.core.watching.telling` reads and writes it.

    Attributes:
        told: the status that was told last; None where nothing ever was.
        told_since: since when that status stood when it was told.
        reminded_at: when it was told last, the first time included.
        good: looks in a row that were good, since a bad status was told.
        changed_at: when the standing status changed for the worse or the better, the newest last; as many as flapping
            is judged by.
        flapping: what was told since it was told that the status is flapping; empty while it is not.
        ahead_of: the expiry that warnings were given ahead of.
        ahead: how many days ahead warnings were given of that expiry.
    """

    told: Status | None = None
    told_since: datetime | None = None
    reminded_at: datetime | None = None
    good: int = 0
    changed_at: tuple[datetime, ...] = ()
    flapping: tuple[Status, ...] = ()
    ahead_of: datetime | None = None
    ahead: tuple[int, ...] = ()


class Watched(msgspec.Struct, frozen=True):
    """One canary of the list, with what is remembered of it.

    Attributes:
        followed: the canary.
        next_at: when it is looked at next (UTC).
        believed: the verdict that the watcher goes by; None before the first look.
        status: the status that stood when it was last recorded; None before the first look.
        status_since: since when it stands, for what it stands for now; where time proves it, since that moment.
        suspicion: failed looks that are not believed yet.
        acknowledged: the status that a person has read, if that still stands.
        telling: what was told.
        muted_until: nothing is told before this; None where it is not muted.
        checked_at: when it was last looked at.
        succeeded_at: when a look last brought the log, or that it is unchanged.
        took: seconds that the last look took.
        checks: how many looks there were.
        alerts: how many alerts there were.
        revision: how often the row was written; the memory counts it, and never writes a row over one that is newer
            than what it was read from.
    """

    followed: Followed
    next_at: datetime
    believed: Verdict | None = None
    status: Status | None = None
    status_since: datetime | None = None
    suspicion: Suspicion | None = None
    acknowledged: Acknowledged | None = None
    telling: Telling = Telling()
    muted_until: datetime | None = None
    checked_at: datetime | None = None
    succeeded_at: datetime | None = None
    took: float = 0.0
    checks: int = 0
    alerts: int = 0
    revision: int = 0


class Check(msgspec.Struct, frozen=True):
    """One look, for the history.

    Attributes:
        at: when (UTC).
        status: what the look itself came to, believed or not.
        took: seconds that it took.
        detail: the weightiest finding, in one sentence; empty where all was well.
    """

    at: datetime
    status: Status
    took: float
    detail: str


class Sighting(msgspec.Struct, frozen=True):
    """What was seen when a look failed, for a person who wants to know later. Bounded; nothing in it is trusted.

    Attributes:
        at: when (UTC).
        what: what was asked for: a path of the canary.
        error: what went wrong, in words; empty where an answer came.
        http_status: the answer's status; None where none came.
        headers: the answer's headers, as they came.
        body: the first bytes of the answer.
        certificate: the host's certificate (DER); empty where there was none to be had.
    """

    at: datetime
    what: str
    error: str
    http_status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    certificate: bytes = b""


class Transition(msgspec.Struct, frozen=True):
    """A change of the standing status, or of what it stands for: then both are the same.

    Attributes:
        at: when it was found (UTC).
        before: the status before; None at the first look.
        after: the status since.
        verdict: the standing verdict since.
    """

    at: datetime
    before: Status | None
    after: Status
    verdict: Verdict
