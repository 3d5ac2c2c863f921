"""The judging of a foreign canary: editions, what is pinned, prior state and a moment in; a verdict and a state out.

The verdict is of the same kind as a native one's, with the same codes where they mean the same, so that telling,
believing and alerting are the same. In this order:

1. **State.** What is kept under another pin is not used, but for its high-water mark.
2. **The look.** Unreachable, Gone and NotACanary are UNREACHABLE, MISSING and NOT-A-CANARY; what is kept is judged.
   Where nothing is kept NEVER-FETCHED is found too, and MISSING stays MISSING. `beyond` is UNREACHABLE as well.
3. **Each new edition**, the oldest first, is accepted, or is not:
   - Enough pinned signers, the required ones among them, have a signature that counts: it goes on. A signature that
     does not count is NOT-COUNTED, and shown; a bad one among enough good ones too.
   - Too few, and some could not be checked that would decide it: NOT-CHECKED.
   - Too few, and a pinned signer's signature is bad: BAD-SIGNATURE and BELOW-THRESHOLD, at once.
   - Too few, and nothing bad: where an edition is kept, INCONSISTENT for a day (a text is often there before its
     signatures), and BELOW-THRESHOLD from then on (`unproved_since`); where none is kept, BELOW-THRESHOLD at once.
   - A page that has none of its pinned sentences, though one was kept: NOT-A-CANARY for a day, and from then on what it
     looks like: WITHDRAWN.
   - The panic key was used: PANIC, which causes WITHDRAWN, whatever else holds.
   - Issued after now (more than a day for a date without a time, else `limits.FUTURE_TOLERANCE`): FUTURE-ISSUED.
   - Older than the newest (a lower number; or the same or none, and an earlier issue): STALE-COPY, and ROLLBACK once
     it has lasted a day. Not accepted.
   - The same number, or the same name and date of issue, of a signed format, with other text: EDITED, which causes
     CHANGED and sticks; it is accepted. (A page is edited all the time.)
   - A number more than one above the newest's: EDITION-GAP, which causes CHANGED and sticks; accepted.
   - Fields that do not fit what was seen (`canary.core.foreign.splices`): SPLICED, which causes INVALID and sticks,
     with words for each field; not accepted.
4. **Statements** of the newest accepted edition against the acknowledged ones: WITHDRAWN, REWORDED (with a word diff),
   ADDED (a notice). They stick where the format is signed, and never for a page, which a host can fake.
5. **What is not proved**, each once: NOT-SIGNED (a page; integrity is `unknown` at best then), FIELDS-NOT-BOUND,
   NO-SEQUENCE, NO-SIGNED-TIME, OTHER-TEXT and the other remarks of the edition; NOT-READ for each thing that the
   profile did not find, and SCHEDULE-ASSUMED where the next edition is expected by the profile's interval alone;
   NO-SCHEDULE where nothing says when.
6. **Freshness quotes**: STALE-QUOTE (a warning of the time axis) for each that stood in an earlier edition;
   QUOTE-CLAIM (a notice) for what was not checked. A block hash that a source of headers knows gives `not_before`.
7. **Time**: `next` and `expires` of the newest accepted edition (`promise_of` says how they follow from what was read).
   CLOCK-BACKWARDS as for native ones.
8. **Sticky findings** of earlier looks that nobody has acknowledged are found again.
9. **State** and verdict are stored together, or neither.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from canary.core.foreign.observation import ForeignObservation
from canary.core.foreign.pinned import Pinned
from canary.core.foreign.profile import Profile
from canary.core.foreign.state import ForeignState
from canary.core.judging.verdict import Verdict

BlockTime = Callable[[str], datetime | None]
"""Returns when the block with a hash (64 hexadecimal digits) was mined, by headers that prove it; None if unknown."""


class ForeignQuestion(msgspec.Struct, frozen=True):
    """What a look is judged by.

    Attributes:
        now: the watcher's clock, aware.
        pinned: what is pinned.
        pin: the hash of that, 64 hexadecimal digits.
        first_use: whether it was taken from the first look instead of given.
        profile: `pinned.profile_text`, parsed.
        state: what is stored of this canary.
        block_time: knows blocks; None where nothing does.
    """

    now: datetime
    pinned: Pinned
    pin: str
    first_use: bool
    profile: Profile
    state: ForeignState | None = None
    block_time: BlockTime | None = None


class ForeignJudgement(msgspec.Struct, frozen=True):
    """What a look came to.

    Attributes:
        verdict: the verdict.
        state: the state to store with it; None: there is nothing to store.
    """

    verdict: Verdict
    state: ForeignState | None


def judge_foreign(seen: ForeignObservation, question: ForeignQuestion) -> ForeignJudgement:
    """Judges one look at a foreign canary."""
    raise NotImplementedError


def acknowledged(state: ForeignState, profile: Profile, pinned: Pinned) -> ForeignState:
    """Returns the state after a person has read what the last look found. Proofs are kept."""
    raise NotImplementedError
