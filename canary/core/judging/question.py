"""What is asked of the rules about one look at a canary, and what they answer."""

from __future__ import annotations

from datetime import datetime

import msgspec

from canary.core.dating.timing import Timing
from canary.core.judging.observation import SeenEvidence
from canary.core.judging.state import State
from canary.core.judging.verdict import Verdict
from canary.core.log.history import History


class Question(msgspec.Struct, frozen=True):
    """What a look is judged by.

    Attributes:
        now: the watcher's clock, aware; with `as_of_now` False the moment to judge as of.
        pin: SHA-256 of roster 1's text, 64 hexadecimal digits; None without one. A stored pin goes before it.
        trust_first_use: take the first look's roster 1 as the pin.
        state: what is stored of this canary.
        as_of_now: False to judge as of a past moment: the log is cut, no state comes back.
    """

    now: datetime
    pin: str | None = None
    trust_first_use: bool = False
    state: State | None = None
    as_of_now: bool = True


class Judged(msgspec.Struct, frozen=True):
    """What a verdict was reached on, for whoever wants to show it.

    Attributes:
        history: the log that was judged, as far as it holds; cut, where it was judged as of a past moment.
        timing: what is known of when its newest release was signed; None where there is none.
        evidence: the evidence beside that release, as it was looked at; None where none was looked for, because its
            bound is known, or because the canary does not hold.
    """

    history: History
    timing: Timing | None
    evidence: tuple[SeenEvidence, ...] | None


class Judgement(msgspec.Struct, frozen=True):
    """What a look came to.

    Attributes:
        verdict: the verdict.
        state: the state to store with it; None: there is nothing to store.
        doubtful: whether a cache between here and the host could be to blame, so that a second look past every
            cache decides (step 3).
        judged: what was judged.
    """

    verdict: Verdict
    state: State | None
    doubtful: bool
    judged: Judged
