"""The verification of a canary: bytes, prior state and a moment in, a verdict and the next state out.

1. **Pin and state.** The pin is the SHA-256 of roster 1's text: the stored one if there is a state, else the given one,
   or none. `now` is the watcher's clock. Judging *as of* a past moment (`now` is that moment) neither reads nor leaves
   a state.
2. **The look** (`canary.flows.watch.look`) is taken in. If it was unchanged, the stored log is judged as it is. If it
   brought MISSING, UNREACHABLE, NOT-A-CANARY or INCONSISTENT, that is a finding, and the stored log is judged. The
   finding is a remark where the stored log's newest release is final (a canary that ended may be taken down), and where
   there is no state; in the latter case NEVER-FETCHED is found too. But MISSING without a state and with a pin is
   MISSING, and no remark: who has a pin knows that there was a canary. INCONSISTENT with a checkpoint is looked at for
   a fork (`canary.core.log.forks`).
3. **The log** is read (`canary.core.judging.reading`): its root, its entries, its checkpoint's signature.
4. **Taking it in.** With a state, forks are looked for first (`canary.core.log.forks`). A fork is a finding beside what was
   found in reading (and of `canary.txt`, where the log holds), and nothing of the log is taken in. Without a fork:
   - The log holds, and is not shorter than the stored one: it is **taken in**, and becomes the canary's log. What lies
     beside it is compared (`canary.core.judging.front`, and attachments: changed is ATTACHMENT-CHANGED, gone or unreadable
     ATTACHMENT-MISSING).
   - It holds, and is shorter than the stored one: an older copy. STALE-COPY; but ROLLBACK if one has been served for a
     day or more, counted from the first look that found one. A look that was unchanged or took a log in ends that. What
     lies beside an older copy is not looked at, and the stored log is judged.
   - It does not hold: what was found in reading are findings. With a state the stored log is judged; but if the log key
     signed the checkpoint, the root is right, and all stored entries are the first of the log, then the further entries
     that hold are taken in, as if the log ended behind them. Without a state the entries that hold are judged and never
     stored, and where every finding in reading causes UNREACHABLE, NEVER-FETCHED is found too.
5. **Times.** What bounds the moment at which the newest release was signed is told (`canary.core.dating.timing`), by its
   anchors (`canary.core.dating.anchors`) and by the evidence beside it (`canary.core.dating.evidence`), which is looked for until an
   upper bound is known (`canary.core.dating.bounding`), and only where the look was unchanged or brought a log, and nothing
   so far causes INVALID or *could not be judged*. WITNESSES-NOT-CHECKED, if the roster's `witness-quorum` is not 0.
   NOT-COUNTED for each signature of a signer that does not count.
6. **Changes**, by the log that is judged (`canary.core.judging.changes`); as of a moment, the log is first cut before the first
   entry issued after it. If that log has entries and no release, or was cut to nothing, NO-RELEASE is found, unless
   something else found so far, or open from earlier looks, causes INVALID or *could not be judged*.
7. **Time and clock** (`canary.core.judging.freshness`).
8. **Sticky findings** of earlier looks that nobody has acknowledged are found again, unless the same was found now.
9. **The pin once more.** Without one, and where first use is trusted and a log was taken in and nothing causes INVALID
   or *could not be judged*: roster 1 becomes the pin, and the canary is on first use. It stays so until the same pin is
   given at some look, and as long TRUSTED-FIRST-USE is found. Without any pin NO-PIN is found; and WOULD-BE, if the
   status without it would be another than UNKNOWN.
10. **The verdict** (`canary.core.judging.verdict`) and the **next state** (`canary.core.judging.state`) are stored together, or neither.
"""  # noqa: E501  an example or a row stands on one line

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from canary.core.dating.bounding import Bounding
from canary.core.dating.evidence import Checkers
from canary.core.dating.timing import Timing, timing_findings
from canary.core.documents.release import Release
from canary.core.judging.changes import changes_from_pin, changes_since
from canary.core.judging.findings import EXIT_CODES, Cause, Code, Finding, Status
from canary.core.judging.freshness import Promise, clock_findings, time_findings
from canary.core.judging.observation import (
    Observation,
    SeenAttachment,
    SeenEvidence,
    SoughtEvidence,
)
from canary.core.judging.question import Judged, Judgement, Question
from canary.core.judging.release_findings import not_checked_yet, uncounted
from canary.core.judging.state import State, with_more
from canary.core.judging.taking import Taking
from canary.core.judging.verdict import Subject, Verdict, in_order
from canary.core.log.admitted import Admitted
from canary.core.log.history import History
from canary.core.log.standing import Standing
from canary.core.signed.outcome import OpenPGPVerifier
from canary.core.text.strict import hash_field

_CERTAIN = {Code.UNREACHABLE, Code.NEVER_FETCHED}
"""What a second look past the caches cannot change."""

_LATE = {Code.OVERDUE, Code.EXPIRED}


def judge(
    seen: Observation, question: Question, verifier: OpenPGPVerifier, attachments: Sequence[SeenAttachment] = ()
) -> Judgement:
    """Judges one look. `Taking` and `Judging` do the same in steps, and tell what to look for beside the log."""
    taking = Taking(question, verifier)
    taking.take(seen)
    taking.take_attachments(attachments)
    return Judging(taking).conclude()


class Judging:
    """One look that was taken in, while it is judged: gathers findings, and never changes what is stored.

    Call `take_evidence` if `evidence_to_look_for` names any, then `conclude`.

    Args:
        taken: the look.
        checkers: the ports that check evidence; what there is no checker for could not be checked.
    """

    def __init__(self, taken: Taking, checkers: Checkers | None = None) -> None:
        self._taken = taken
        self._question = taken.question
        self._state = taken.state
        self._pin = taken.pin
        self._findings = list(taken.findings)
        self._sticky = list(taken.sticky)
        self._timing = taken.state.timing if taken.state else None
        self._told: Timing | None = None
        self._bounding = Bounding(
            self._timing, checkers or {}, now=taken.question.now, as_of_now=taken.question.as_of_now
        )
        self._evidence: tuple[SeenEvidence, ...] | None = None

    def evidence_to_look_for(self) -> SoughtEvidence | None:
        """Returns what evidence is looked for next; None where nothing is: the upper bound is known, or no log is."""
        newest = self._cut().newest if self._taken.looked and not self._blocked() else None
        return None if newest is None else self._bounding.sought(newest)

    def take_evidence(self, seen: Sequence[SeenEvidence]) -> None:
        """Takes in the evidence beside the newest release, where it was looked for."""
        self._evidence = tuple(seen)
        self._bounding.take(seen)

    # --- steps 5 to 10 ---------------------------------------------------------------------------------

    def conclude(self) -> Judgement:
        """Judges what holds, and returns the verdict with the next state."""
        self._findings += self._taken.beside
        history = self._cut()
        newest = history.newest
        if newest is None:
            self._no_release(history)
        else:
            self._judge_release(newest, history)
        doubtful = any(self._is_doubtful(each) for each in self._findings)
        # Step 7. Only the clock of the watcher itself.
        self._findings += clock_findings(self._question.now, self._state.high_water if self._state else None)
        # Step 8. What earlier looks found, and nobody has acknowledged.
        told = {finding.key for finding in self._findings}
        open_ones = [each for each in self._sticky if not each.acknowledged and each.key not in told]
        self._findings += [each.finding() for each in open_ones]
        self._first_use_or_no_pin()
        judged = Judged(history, self._told, self._evidence)
        return Judgement(self._verdict(history), self._next_state(), doubtful=doubtful, judged=judged)

    def _is_doubtful(self, finding: Finding) -> bool:
        if finding.code in _LATE:
            return self._taken.looked
        # What is only a remark at a first look can be a cache's doing as well.
        weighs = finding.code.cause in (Cause.INVALID, Cause.MISSING, Cause.UNREACHABLE)
        return weighs and finding.code not in _CERTAIN

    def _cut(self) -> History:
        """Returns the history as of the moment it is judged at."""
        if self._question.as_of_now:
            return self._taken.history
        cut = History()
        for admitted in self._taken.history.admitted:
            if admitted.entry.content.issued > self._question.now:
                break
            cut.append_verified(admitted.entry, admitted.tally)
        return cut

    def _no_release(self, history: History) -> None:
        if self._taken.history.admitted and not self._blocked():
            message = "there is a roster, and no release yet" if history.admitted else "it did not exist yet"
            self._findings.append(Finding(Code.NO_RELEASE, message))

    def _judge_release(self, newest: Admitted, history: History) -> None:
        release = newest.entry.content
        if not isinstance(release, Release):
            raise TypeError("the newest release is no release")
        # Step 5. What bounds the moment of signing.
        timing = self._bounding.timing(newest, release)
        self._told = timing
        if self._question.as_of_now:
            self._timing = replace(timing, issued=None, now=None)
        found = timing_findings(newest, release, timing, history.standing)
        self._findings += found
        # What the signed text itself proves to be false stays until it is read, though a correction follows.
        self._sticky = with_more(self._sticky, [each for each in found if each.sticky], now=self._question.now)
        self._findings += not_checked_yet(newest, release)
        self._findings += uncounted(newest, release)
        # Step 6. Against what was acknowledged, or from the pin alone.
        if self._state is not None:
            self._findings += changes_since(history, self._state.acknowledged)
        else:
            changes = changes_from_pin(history)
            self._findings += changes
            # A first look's changes stay until they are read, as later ones do.
            weighing = [replace(each, sticky=True) for each in changes if each.cause is not None]
            self._sticky = with_more(self._sticky, weighing, now=self._question.now)
        self._findings += time_findings(Promise.of(release), self._question.now)

    def _blocked(self) -> bool:
        open_ones = [each.code.cause for each in self._sticky if not each.acknowledged]
        causes = [*(each.cause for each in self._findings), *open_ones]
        return any(cause in (Cause.INVALID, Cause.UNDECIDED) for cause in causes)

    def _first_use_or_no_pin(self) -> None:
        """Step 9. The pin once more."""
        taken = self._pin is None and self._question.trust_first_use and not self._blocked()
        if taken and self._taken.accepted:
            self._pin = self._taken.fingerprint
        if self._pin is not None:
            if self._is_first_use():
                message = f"roster 1 was trusted as it was first seen: {hash_field(self._pin)}"
                self._findings.append(Finding(Code.TRUSTED_FIRST_USE, message))
            return
        would_be = min((each.cause for each in self._findings if each.cause is not None), default=Cause.FINE)
        self._findings.append(Finding(Code.NO_PIN, "no pin was given, so anyone could have made this canary"))
        if would_be.status is not Status.UNKNOWN:
            code = EXIT_CODES[would_be.status]
            message = f"with the pin of this roster 1 it would be {would_be.status} (exit code {code})"
            self._findings.append(Finding(Code.WOULD_BE, message))

    def _is_first_use(self) -> bool:
        """Tells whether the pin was taken from a first look, and nobody has given the same one since."""
        before = self._state.first_use if self._state else self._question.trust_first_use
        return before and self._question.pin is None

    def _verdict(self, history: History) -> Verdict:
        roster = history.roster
        return Verdict(
            judged_at=self._question.now,
            findings=in_order(self._findings),
            canary=roster.canary if roster else self._state.canary if self._state else None,
            organisation=roster.organisation if roster else None,
            fingerprint=self._taken.fingerprint,
            pin=self._pin,
            log_size=len(history.admitted),
            subject=_subject(history.newest),
            not_before=self._told.not_before if self._told else None,
            not_after=self._told.not_after if self._told else None,
        )

    def _next_state(self) -> State | None:
        """Step 10. The state to store with the verdict."""
        question, accepted = self._question, self._taken.accepted
        state = self._state or self._first_state()
        if state is None or not question.as_of_now:
            return None
        state = replace(
            state,
            first_use=self._is_first_use(),
            high_water=max(state.high_water, question.now),
            stale_since=self._taken.stale_since,
            sticky=tuple(self._sticky),
            timing=self._timing,
        )
        if accepted is None and not self._taken.extended:
            # Rejected bytes change nothing but what is known about them.
            return state
        state = replace(
            state,
            entries=tuple(self._taken.history.admitted),
            standing=self._taken.history.standing,
            attachments=tuple(sorted(self._taken.intact)),
        )
        if accepted is None:
            return replace(state, etag=None)
        # Without its tag the next look is not conditional, and so finds again what is wrong beside the log.
        return replace(state, checkpoint=accepted.checkpoint, etag=None if self._taken.beside else accepted.etag)

    def _first_state(self) -> State | None:
        """Returns the state to begin with, once a whole log holds under a pin."""
        roster = self._taken.history.roster
        if self._taken.accepted is None or self._pin is None or roster is None:
            return None
        return State(
            canary=roster.canary,
            pin=self._pin,
            first_use=False,
            entries=(),
            standing=Standing(),
            checkpoint=b"",
            etag=None,
            acknowledged=len(self._taken.history.admitted),
            high_water=self._question.now,
        )


def _subject(newest: Admitted | None) -> Subject | None:
    if newest is None or not isinstance(newest.entry.content, Release):
        return None
    return Subject.of(newest.entry.content, newest.entry.text_hash, newest.tally, newest.roster)
