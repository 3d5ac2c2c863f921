"""The judging of a foreign canary: editions, what is pinned, prior state and a moment in; a verdict and a state out.

The verdict is of the same kind as a native one's, with the same codes where they mean the same, so that telling,
believing and alerting are the same. In this order:

1. **State.** What is kept under another pin is not used, but for its high-water mark.
2. **The look.** Unreachable, Gone and NotACanary are UNREACHABLE, MISSING and NOT-A-CANARY; what is kept is judged.
   Where nothing is kept NEVER-FETCHED is found too, and MISSING stays MISSING. `beyond` is UNREACHABLE as well.
3. **Each new edition**, the oldest first, is accepted, or is not:
   - Enough pinned signers, the required ones among them, have a signature that counts (`canary.core.foreign.support`):
     it goes on. One that does not count is NOT-COUNTED, and shown; a bad one among enough good ones too.
   - Too few, and some could not be checked that would decide it: NOT-CHECKED.
   - Too few, and a pinned signer's signature is bad: BAD-SIGNATURE and BELOW-THRESHOLD, at once. But where the text has
     a later number or date than the newest, and bad is only what stood in that very file beside the newest, it is
     INCONSISTENT for an hour: a new text and its signatures are uploaded one after the other.
   - Too few, and nothing bad: where an edition is kept, INCONSISTENT for a day (a text is often there before its
     signatures), and BELOW-THRESHOLD from then on (`unproved_since`); where none is kept, BELOW-THRESHOLD at once.
   - A page that has none of its pinned sentences, though one was kept: NOT-A-CANARY for a day, and from then on what it
     looks like: WITHDRAWN.
   - The panic key was used: PANIC, which causes WITHDRAWN, whatever else holds, however few signed; it sticks, since it
     takes the panic key or a signer to do that, and is a remark once it was acknowledged.
   - Issued after now (more than a day for a date without a time, else `limits.FUTURE_TOLERANCE`): FUTURE-ISSUED.
   - Older than the newest: STALE-COPY where it is what is served, and ROLLBACK once that has lasted a day. Not
     accepted. Where only an older name is served than the newest it is the same. Older is a lower number; with the same
     or none, an earlier issue, or where neither is known a period that ends earlier. A number that only a name says,
     which no signature covers, decides after the issue. A signed text that was accepted before and was followed by
     another is older too, if nothing in it says when it was issued, or if only its name is new.
   - The same number, or the same name and date of issue, of a signed format, with other text: EDITED, which causes
     CHANGED and sticks; it is accepted, an older one in its own place. (A page is edited all the time.)
   - One that is not accepted for its signatures, while a newer one is: what was found of it is a remark.
   - A number more than one above the newest's: EDITION-GAP, which causes CHANGED, and sticks where more than the names
     say so; accepted.
   - Fields that do not fit what was seen (`canary.core.foreign.splices`): SPLICED, which causes INVALID and sticks,
     with words for each field; not accepted.
4. **Statements** of each accepted edition against the acknowledged ones, and those that were added since: WITHDRAWN,
   REWORDED (with a word diff), ADDED (a notice). They stick where the format is signed, and never for a page, which a
   host can fake. Those of the newest one are found at every look, until they are acknowledged.
5. **What is not proved**, each once: NOT-SIGNED (a page; integrity is `unknown` at best then), FIELDS-NOT-BOUND,
   NO-SEQUENCE, NO-SIGNED-TIME, OTHER-TEXT and the other remarks of the edition; NOT-READ for each thing that the
   profile did not find, and SCHEDULE-ASSUMED where the next edition is expected by the profile's interval alone;
   NO-SCHEDULE where nothing says when.
6. **Freshness quotes**: STALE-QUOTE (a warning of the time axis) for each that stood in an earlier edition;
   QUOTE-CLAIM (a notice) for what was not checked. A block hash that a source of headers knows gives `not_before`.
7. **Time**: `next` and `expires` of the newest accepted edition (`promise_of` says how they follow from what was read).
   Where it has none, those of the newest one before it that had go on counting: whoever drops the date from a text, or
   makes it unreadable, does not make it last for ever.
   CLOCK-BACKWARDS as for native ones.
8. **Sticky findings** of earlier looks that nobody has acknowledged are found again.
9. **State** and verdict are stored together, or neither.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import replace

from canary.core.foreign.accepting import Accepting
from canary.core.foreign.changes import Base, statement_findings
from canary.core.foreign.edition import Edition
from canary.core.foreign.observation import ForeignObservation, SeenEditions
from canary.core.foreign.pinned import Format, Pinned
from canary.core.foreign.profile import Profile
from canary.core.foreign.promise import ForeignPromise, promise_of
from canary.core.foreign.read import Read
from canary.core.foreign.reading import read_edition
from canary.core.foreign.state import ForeignState
from canary.core.foreign.support import signature_findings, support_of
from canary.core.foreign.told import told
from canary.core.foreign.unproved import (
    BlockTime,
    claim_findings,
    panic_findings,
    quote_findings,
    reading_findings,
    remark_findings,
)
from canary.core.judging.findings import Cause, Code, Finding
from canary.core.judging.freshness import clock_findings, time_findings
from canary.core.judging.observation import Gone, NotACanary, Unreachable
from canary.core.judging.verdict import EditionSubject, Verdict, in_order
from canary.core.text.strict import digest, hash_field
from canary.limits import FOREIGN_MESSAGE_CHARACTERS

_EMPTY = {Unreachable: Code.UNREACHABLE, Gone: Code.MISSING, NotACanary: Code.NOT_A_CANARY}


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
    return _Judging(question).judge(seen)


def acknowledged(state: ForeignState, profile: Profile) -> ForeignState:
    """Returns the state after a person has read what the last look found. Proofs are kept.

    An edition without any statement is not one to compare with: nothing could ever be missed in it, and what says
    nothing would be OK. So WITHDRAWN is found again then, until a statement is back.

    Args:
        state: the state.
        profile: how the newest edition is read.
    """
    read = tuple(replace(each, acknowledged=True) for each in state.sticky if each.proof)
    if state.newest is None:
        return replace(state, sticky=read)
    statements = read_edition(state.newest, profile, Base(state.acknowledged, state.added).known).statements
    if not statements:
        return replace(state, sticky=read)
    return replace(state, acknowledged=statements, added=(), sticky=read)


class _Judging:
    """One look, while it is judged."""

    def __init__(self, question: ForeignQuestion) -> None:
        self._question = question
        # Step 1. Of what is kept under another pin only the clock's high-water mark is used.
        stored = question.state
        self._high_water = stored.high_water if stored else None
        self._stored = stored if stored is not None and stored.pin == question.pin else None
        kept = self._stored or _empty(question)
        self._state = replace(kept, first_use=kept.first_use and question.first_use)
        self._findings: list[Finding] = []
        self._not_before: datetime | None = None

    def judge(self, seen: ForeignObservation) -> ForeignJudgement:
        """Returns the verdict and the next state."""
        # Steps 2 and 3.
        if isinstance(seen, SeenEditions):
            self._take(seen)
        else:
            self._findings.append(told(_EMPTY[type(seen)], seen.detail))
        newest = self._state.newest
        subject = None if newest is None else self._judge_edition(newest)
        if newest is None:
            self._nothing_kept()
        self._findings += clock_findings(self._question.now, self._high_water)
        self._open_ones()
        if self._state.first_use:
            pin = hash_field(self._question.pin)
            self._findings.append(told(Code.TRUSTED_FIRST_USE, f"what is pinned was trusted as first seen: {pin}"))
        return ForeignJudgement(self._verdict(subject), self._next_state())

    # --- steps 2 and 3 -------------------------------------------------------------------------------------

    def _take(self, seen: SeenEditions) -> None:
        question = self._question
        accepting = Accepting(self._state, question.pinned, question.profile, question.now)
        accepting.take(seen)
        self._state = accepting.state
        self._findings += accepting.findings
        if seen.beyond:
            self._findings.append(told(Code.UNREACHABLE, seen.beyond))

    def _nothing_kept(self) -> None:
        """Tells that nothing was ever had, where nothing that came back is judged as the canary's."""
        if any(each.cause not in (None, Cause.UNREACHABLE) for each in self._findings):
            return
        why = next((each.message for each in self._findings if each.cause is Cause.UNREACHABLE), "there is no edition")
        self._findings = [
            replace(each, remark=each.cause is Cause.UNREACHABLE or each.remark) for each in self._findings
        ]
        self._findings.append(told(Code.NEVER_FETCHED, f"this canary has never been fetched from here: {why}"))

    # --- steps 4 to 7 --------------------------------------------------------------------------------------

    def _judge_edition(self, newest: Edition) -> EditionSubject:
        question, state = self._question, self._state
        base = Base(state.acknowledged, state.added)
        read = read_edition(newest, question.profile, base.known)
        own = promise_of(read, question.profile, state.editions[-1].seen_at)
        promise = own or state.promise
        signed = question.pinned.format is not Format.PAGE
        self._findings += signature_findings(newest, question.now, read.issued_in_text)
        self._findings += statement_findings(base, read.statements, sticky=signed)
        self._findings += remark_findings(newest, read)
        self._findings += reading_findings(read, promise, own=own is not None)
        self._findings += quote_findings(newest, read.quotes, state.quotes, state.editions)
        claims, self._not_before = claim_findings(read.quotes, question.block_time)
        self._findings += claims
        subject = self._subject(newest, read, promise)
        of_time = Verdict(question.now, (), edition=subject).promise
        self._findings += [] if of_time is None else time_findings(of_time, question.now)
        return subject

    def _subject(self, newest: Edition, read: Read, promise: ForeignPromise | None) -> EditionSubject:
        pinned = self._question.pinned
        support = support_of(newest, pinned, self._question.now, read.issued_in_text)
        return EditionSubject(
            name=newest.name,
            format=pinned.format,
            text_sha256=digest(newest.text.encode()),
            number=read.number,
            issued=read.issued,
            next=(promise.window.opens, promise.window.last) if promise else None,
            expires=promise.expires if promise else None,
            signers=support.signers,
            claimed_times=support.claimed_times,
            threshold=support.threshold,
            pinned_signers=support.pinned,
            statements=tuple((each.id, each.words[:FOREIGN_MESSAGE_CHARACTERS]) for each in read.statements),
        )

    # --- steps 8 and 9 -------------------------------------------------------------------------------------

    def _open_ones(self) -> None:
        """Step 8. What earlier looks found, and nobody has acknowledged."""
        known = {each.key for each in self._findings}
        open_ones = [each for each in self._state.sticky if not each.acknowledged and each.key not in known]
        self._findings += [each.finding() for each in open_ones]
        newest = self._state.newest
        if newest is not None and all(each.code is not Code.PANIC for each in self._findings):
            self._findings += [replace(each, sticky=False, remark=True) for each in panic_findings(newest)]

    def _verdict(self, subject: EditionSubject | None) -> Verdict:
        return Verdict(
            judged_at=self._question.now,
            findings=in_order(self._findings),
            pin=self._question.pin,
            edition=subject,
            not_before=self._not_before,
        )

    def _next_state(self) -> ForeignState | None:
        state, now = self._state, self._question.now
        if self._stored is None and state.newest is None and not state.sticky:
            return None
        return replace(state, high_water=max(self._high_water or now, now))


def _empty(question: ForeignQuestion) -> ForeignState:
    return ForeignState(
        pin=question.pin,
        first_use=question.first_use,
        newest=None,
        files=(),
        editions=(),
        quotes=(),
        fields=(),
        acknowledged=question.pinned.statements,
        high_water=question.now,
    )
