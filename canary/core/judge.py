"""The verification of a canary: bytes, prior state and a moment in, a verdict and the next state out.

1. **Pin and state.** The pin is the SHA-256 of roster 1's text: the stored one if there is a state, else the given one,
   or none. `now` is the watcher's clock. Judging *as of* a past moment (`now` is that moment) neither reads nor leaves
   a state.
2. **The look** (`canary.flows.watch.look`) is taken in. If it was unchanged, the stored log is judged as it is. If it
   brought MISSING, UNREACHABLE, NOT-A-CANARY or INCONSISTENT, that is a finding, and the stored log is judged. The
   finding is a remark where the stored log's newest release is final (a canary that ended may be taken down), and where
   there is no state; in the latter case NEVER-FETCHED is found too. But MISSING without a state and with a pin is
   MISSING, and no remark: who has a pin knows that there was a canary. INCONSISTENT with a checkpoint is looked at for
   a fork (`canary.core.forks`).
3. **The log** is read (`canary.core.reading`): its root, its entries, its checkpoint's signature.
4. **Taking it in.** With a state, forks are looked for first (`canary.core.forks`). A fork is a finding beside what was
   found in reading (and of `canary.txt`, where the log holds), and nothing of the log is taken in. Without a fork:
   - The log holds, and is not shorter than the stored one: it is **taken in**, and becomes the canary's log. What lies
     beside it is compared (`canary.core.front`, and attachments: changed is ATTACHMENT-CHANGED, gone or unreadable
     ATTACHMENT-MISSING).
   - It holds, and is shorter than the stored one: an older copy. STALE-COPY; but ROLLBACK if one has been served for a
     day or more, counted from the first look that found one. A look that was unchanged or took a log in ends that. What
     lies beside an older copy is not looked at, and the stored log is judged.
   - It does not hold: what was found in reading are findings. With a state the stored log is judged; but if the log key
     signed the checkpoint, the root is right, and all stored entries are the first of the log, then the further entries
     that hold are taken in, as if the log ended behind them. Without a state the entries that hold are judged and never
     stored, and where every finding in reading causes UNREACHABLE, NEVER-FETCHED is found too.
5. **Times.** What bounds the moment at which the newest release was signed is told (`canary.core.timing`), by its
   anchors (`canary.core.anchors`) and by the evidence beside it (`canary.core.evidence`), which is looked for until an
   upper bound is known (`canary.core.bounding`), and only where the look was unchanged or brought a log, and nothing
   so far causes INVALID or *could not be judged*. WITNESSES-NOT-CHECKED, if the roster's `witness-quorum` is not 0.
   NOT-COUNTED for each signature of a signer that does not count.
6. **Changes**, by the log that is judged (`canary.core.changes`); as of a moment, the log is first cut before the first
   entry issued after it. If that log has entries and no release, or was cut to nothing, NO-RELEASE is found, unless
   something else found so far, or open from earlier looks, causes INVALID or *could not be judged*.
7. **Time and clock** (`canary.core.freshness`).
8. **Sticky findings** of earlier looks that nobody has acknowledged are found again, unless the same was found now.
9. **The pin once more.** Without one, and where first use is trusted and a log was taken in and nothing causes INVALID
   or *could not be judged*: roster 1 becomes the pin, and the canary is on first use. It stays so until the same pin is
   given at some look, and as long TRUSTED-FIRST-USE is found. Without any pin NO-PIN is found; and WOULD-BE, if the
   status without it would be another than UNKNOWN.
10. **The verdict** (`canary.core.verdict`) and the **next state** (`canary.core.state`) are stored together, or neither.
"""  # noqa: E501  an example or a row stands on one line

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from canary.core.admitted import Admitted
from canary.core.bounding import Bounding
from canary.core.changes import changes_from_pin, changes_since
from canary.core.evidence import Checkers
from canary.core.findings import EXIT_CODES, Cause, Code, Finding, Status
from canary.core.forks import Fork, fork_of_checkpoint, fork_of_log
from canary.core.freshness import clock_findings, time_findings
from canary.core.history import History, RejectedError
from canary.core.observation import (
    AttachmentState,
    Gone,
    Incomplete,
    NotACanary,
    Observation,
    Seen,
    SeenAttachment,
    SeenEvidence,
    SoughtEvidence,
    Unchanged,
    Unreachable,
)
from canary.core.outcome import OpenPGPVerifier
from canary.core.question import Judged, Judgement, Question
from canary.core.reading import Limits, Reading, read_log
from canary.core.release import Release
from canary.core.release_findings import attachment_finding, not_checked_yet, uncounted
from canary.core.standing import Standing
from canary.core.state import State, Sticky, with_one_more
from canary.core.strict import hash_field
from canary.core.timing import Timing, timing_findings
from canary.core.verdict import Subject, Verdict, in_order
from canary.limits import ROLLBACK_AFTER

_EMPTY = {
    Unreachable: Code.UNREACHABLE,
    Gone: Code.MISSING,
    NotACanary: Code.NOT_A_CANARY,
    Incomplete: Code.INCONSISTENT,
}
_CERTAIN = {Code.UNREACHABLE, Code.NEVER_FETCHED}
"""What a second look past the caches cannot change."""

_CACHE_CAN_CAUSE = {Cause.INVALID, Cause.MISSING}
_LATE = {Code.OVERDUE, Code.EXPIRED}


def judge(
    seen: Observation, question: Question, verifier: OpenPGPVerifier, attachments: Sequence[SeenAttachment] = ()
) -> Judgement:
    """Judges one look. See `Judging` for the same in steps, which tells what to look for beside the log."""
    judging = Judging(question, verifier)
    judging.take(seen)
    judging.take_attachments(attachments)
    return judging.conclude()


class Judging:
    """One look while it is judged: gathers findings, and never changes what is stored.

    Call `take` once, then `take_attachments` if `release_to_complete` names a release, then `conclude`.

    Args:
        question: the pin, the state and the moment.
        verifier: the port to OpenPGP.
        checkers: the ports that check evidence; what there is no checker for could not be checked.
    """

    def __init__(self, question: Question, verifier: OpenPGPVerifier, checkers: Checkers | None = None) -> None:
        # Step 1. The stored pin, the given one, or none; without state `--at` begins from nothing.
        self._question = question
        self._verifier = verifier
        self._state = question.state if question.as_of_now else None
        self._pin = self._state.pin if self._state else question.pin
        self._stored, self._findings = _stored_history(self._state, verifier)
        self._history = self._stored
        self._fingerprint = self._state.pin if self._state else None
        self._sticky = list(self._state.sticky) if self._state else []
        self._stale_since = self._state.stale_since if self._state else None
        self._accepted: Seen | None = None
        self._extended = False
        self._beside: list[Finding] = []
        self._intact: set[str] = set(self._state.attachments) if self._state else set()
        self._looked = False
        self._verified: list[Admitted] = []
        self._timing = self._state.timing if self._state else None
        self._told: Timing | None = None
        self._bounding = Bounding(self._timing, checkers or {})
        self._evidence: tuple[SeenEvidence, ...] | None = None

    @property
    def verified(self) -> list[Admitted]:
        """The entries of the log that was taken in, as far as they hold."""
        return self._verified

    @property
    def takes_log(self) -> bool:
        """Whether the log that was taken in, or the part of it that holds, is taken for the canary's."""
        return self._accepted is not None or self._extended

    # --- steps 2 to 4 ----------------------------------------------------------------------------------

    def take(self, seen: Observation) -> None:
        """Takes in what a look brought back."""
        if isinstance(seen, Unchanged):
            self._looked = True
            self._stale_since = None
        elif isinstance(seen, Seen):
            self._looked = True
            self._read(seen)
        else:
            self._came_back_empty(seen)

    def release_to_complete(self) -> Release | None:
        """Returns the newest release of a log that was taken in and holds: what lies beside it is looked at next."""
        return self._history.last_release if self._accepted is not None else None

    def take_attachments(self, attachments: Sequence[SeenAttachment]) -> None:
        """Takes in what lies beside the newest release."""
        for each in attachments:
            if each.state is AttachmentState.INTACT:
                self._intact.add(each.sha256)
            else:
                self._beside.append(attachment_finding(each))

    def evidence_to_look_for(self) -> SoughtEvidence | None:
        """Returns what evidence is looked for next; None where nothing is: the upper bound is known, or no log is."""
        newest = self._cut().newest if self._looked and not self._blocked() else None
        return None if newest is None else self._bounding.sought(newest)

    def take_evidence(self, seen: Sequence[SeenEvidence]) -> None:
        """Takes in the evidence beside the newest release, where it was looked for."""
        self._evidence = tuple(seen)
        self._bounding.take(seen)

    def _came_back_empty(self, seen: Unreachable | Gone | NotACanary | Incomplete) -> None:
        never = self._state is None and (self._pin is None or not isinstance(seen, Gone))
        retired = self._history.last_release is not None and self._history.last_release.final
        # A canary that ended by itself may be taken down, and where nothing was ever fetched "gone" says little.
        self._findings.append(Finding(_EMPTY[type(seen)], seen.detail, remark=never or retired))
        if never:
            self._never_fetched(seen.detail)
        if isinstance(seen, Incomplete) and self._state is not None:
            self._record(fork_of_checkpoint(self._state, self._stored, seen.checkpoint))

    def _never_fetched(self, why: str) -> None:
        self._findings.append(Finding(Code.NEVER_FETCHED, f"this canary has never been fetched from here: {why}"))

    def _read(self, seen: Seen) -> None:
        """Reads a log that came back, as far as it holds."""
        reading = read_log(seen, stored=self._stored, pin=self._pin, limits=self._limits(), verifier=self._verifier)
        self._verified = reading.history.admitted
        self._fingerprint = reading.fingerprint or self._fingerprint
        forked = self._state is not None and self._record(fork_of_log(self._state, self._stored, seen, reading))
        if reading.holds and not forked:
            self._take_log(seen, reading)
            return
        never = self._state is None and all(each.cause is Cause.UNREACHABLE for each in reading.findings)
        self._findings += [replace(each, remark=never) for each in self._confirmed(reading.findings, seen)]
        if forked:
            return
        if self._state is None:
            # Shown, never stored: the part of the log that does hold.
            self._history = reading.history
            if never:
                self._never_fetched(reading.findings[0].message)
        elif self._goes_on(reading):
            # What enough signers signed counts, whatever follows it.
            self._history, self._extended = reading.history, True
        if reading.signed:
            refused = seen.entries[len(reading.history.admitted) :][:1]
            self._keep(reading.findings, (seen.checkpoint, *refused))

    def _limits(self) -> Limits:
        if not self._question.as_of_now:
            return Limits(until=self._question.now)
        # Where this clock went back, an entry is no forgery for being as new as an earlier look.
        high_water = self._state.high_water if self._state else self._question.now
        return Limits(now=max(self._question.now, high_water))

    def _goes_on(self, reading: Reading) -> bool:
        known = len(self._stored.admitted)
        return reading.signed and reading.rooted and reading.common == known < len(reading.history.admitted)

    def _take_log(self, seen: Seen, reading: Reading) -> None:
        if self._state is not None and len(reading.history.admitted) < len(self._state.entries):
            self._older_copy(len(reading.history.admitted), len(self._state.entries))
            return
        self._accepted = seen
        self._stale_since = None
        self._history = reading.history
        self._beside += self._confirmed(reading.findings, seen)

    def _older_copy(self, size: int, known: int) -> None:
        """Records a copy that is shorter than what is stored; step 4, last part."""
        self._stale_since = self._stale_since or self._question.now
        message = f"an older copy is served: {size} entries, and {known} were there before"
        if self._question.now - self._stale_since >= ROLLBACK_AFTER:
            since = f"{self._stale_since:%Y-%m-%d %H:%M} UTC"
            self._findings.append(Finding(Code.ROLLBACK, f"{message}; it has been so since {since}"))
        else:
            self._findings.append(Finding(Code.STALE_COPY, message))

    def _confirmed(self, findings: Sequence[Finding], seen: Seen) -> list[Finding]:
        """Returns findings as far as a second look past the caches did not fail to confirm them."""
        if not seen.unconfirmed:
            return list(findings)
        return [
            Finding(Code.INCONSISTENT, f"{each.message} (a second look to confirm it failed: {seen.unconfirmed})")
            if each.cause in _CACHE_CAN_CAUSE and not each.sticky
            else each
            for each in findings
        ]

    def _record(self, fork: Fork | None) -> bool:
        if fork is None:
            return False
        finding, proof = fork
        self._findings.append(finding)
        self._keep([finding], proof)
        return True

    def _keep(self, findings: Sequence[Finding], proof: tuple[bytes, ...] = ()) -> None:
        """Makes findings sticky, with their proof, once each."""
        known = {sticky.key for sticky in self._sticky}
        for each in findings:
            if each.sticky and each.key not in known:
                self._sticky = with_one_more(
                    self._sticky, Sticky(each.code, each.message, each.entry, self._question.now, proof)
                )

    # --- steps 5 to 8 ----------------------------------------------------------------------------------

    def conclude(self) -> Judgement:
        """Judges what holds, and returns the verdict with the next state."""
        self._findings += self._beside
        history = self._cut()
        newest = history.newest
        if newest is None:
            self._no_release(history)
        else:
            self._judge_release(newest, history)
        doubtful = any(self._is_doubtful(each) for each in self._findings)
        # Step 7. Only the clock of the watcher itself.
        self._findings += clock_findings(self._question.now, self._state.high_water if self._state else None)
        told = {finding.key for finding in self._findings}
        open_ones = [each for each in self._sticky if not each.acknowledged and each.key not in told]
        self._findings += [each.finding() for each in open_ones]
        self._first_use_or_no_pin()
        judged = Judged(history, self._told, self._evidence)
        return Judgement(self._verdict(history), self._next_state(), doubtful=doubtful, judged=judged)

    def _is_doubtful(self, finding: Finding) -> bool:
        if finding.code in _LATE:
            return self._looked
        # What is only a remark at a first look can be a cache's doing as well.
        weighs = finding.code.cause in (Cause.INVALID, Cause.MISSING, Cause.UNREACHABLE)
        return weighs and finding.code not in _CERTAIN

    def _cut(self) -> History:
        """Returns the history as of the moment it is judged at."""
        if self._question.as_of_now:
            return self._history
        cut = History()
        for admitted in self._history.admitted:
            if admitted.entry.content.issued > self._question.now:
                break
            cut.append_verified(admitted.entry, admitted.tally)
        return cut

    def _no_release(self, history: History) -> None:
        if self._history.admitted and not self._blocked():
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
            self._timing = timing
        self._findings += timing_findings(newest, release, timing, history.standing)
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
            self._keep(weighing)
        self._findings += time_findings(release, self._question.now)

    def _blocked(self) -> bool:
        open_ones = [each.code.cause for each in self._sticky if not each.acknowledged]
        causes = [*(each.cause for each in self._findings), *open_ones]
        return any(cause in (Cause.INVALID, Cause.UNDECIDED) for cause in causes)

    def _first_use_or_no_pin(self) -> None:
        taken = self._pin is None and self._question.trust_first_use and not self._blocked()
        if taken and self._accepted:
            self._pin = self._fingerprint
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
            fingerprint=self._fingerprint,
            pin=self._pin,
            log_size=len(history.admitted),
            subject=_subject(history.newest),
            not_before=self._told.not_before if self._told else None,
            not_after=self._told.not_after if self._told else None,
        )

    def _next_state(self) -> State | None:
        """Step 8: the state to store with the verdict."""
        question, accepted = self._question, self._accepted
        state = self._state or self._first_state()
        if state is None or not question.as_of_now:
            return None
        state = replace(
            state,
            first_use=self._is_first_use(),
            high_water=max(state.high_water, question.now),
            stale_since=self._stale_since,
            sticky=tuple(self._sticky),
            timing=self._timing,
        )
        if accepted is None and not self._extended:
            # Rejected bytes change nothing but what is known about them.
            return state
        state = replace(
            state,
            entries=tuple(self._history.admitted),
            standing=self._history.standing,
            attachments=tuple(sorted(self._intact)),
        )
        if accepted is None:
            return replace(state, etag=None)
        # Without its tag the next look is not conditional, and so finds again what is wrong beside the log.
        return replace(state, checkpoint=accepted.checkpoint, etag=None if self._beside else accepted.etag)

    def _first_state(self) -> State | None:
        """Returns the state to begin with, once a whole log holds under a pin."""
        roster = self._history.roster
        if self._accepted is None or self._pin is None or roster is None:
            return None
        return State(
            canary=roster.canary,
            pin=self._pin,
            first_use=False,
            entries=(),
            standing=Standing(),
            checkpoint=b"",
            etag=None,
            acknowledged=len(self._history.admitted),
            high_water=self._question.now,
        )


def _stored_history(state: State | None, verifier: OpenPGPVerifier) -> tuple[History, list[Finding]]:
    """Returns the history of the stored entries; only what could not be checked then is checked now."""
    if state is None:
        return History(), []
    if not state.standing.unchecked:
        return History.resume(state.entries, state.standing), []
    history = History()
    for number, stored in enumerate(state.entries, start=1):
        try:
            if number in state.standing.unchecked:
                history.append_entry(stored.entry, verifier)
            else:
                history.append_verified(stored.entry, stored.tally)
        except RejectedError as error:
            return history, [Finding(error.code, error.what, error.entry)]
    return history, []


def _subject(newest: Admitted | None) -> Subject | None:
    if newest is None or not isinstance(newest.entry.content, Release):
        return None
    return Subject.of(newest.entry.content, newest.entry.text_hash, newest.tally, newest.roster)
