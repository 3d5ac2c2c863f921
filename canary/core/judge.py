"""The verification of a canary: bytes, prior state and a moment in, a verdict and the next state out.

The steps are those of the design, section 6, under the same numbers:

1. The pin and the stored state. Without a pin everything is checked, and the verdict is UNKNOWN with what it
   would have been as a finding.
2. The checkpoint: a body that is none is no canary (UNREACHABLE).
3. The entries and the root over them. A mismatch is INVALID only under a valid log-key signature; the flow has
   by then looked a second time past every cache.
4. The replay from the pinned roster (`canary.core.history`), then the log key's signature, then the comparison
   with what is stored: forks, older copies.
5. Times: what bounds the moment of signing.
6. Statements and rosters: what changed (`canary.core.changes`).
7. The clock (`canary.core.freshness`).
8. The next state, returned with the verdict, or none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from canary.core.changes import changes_from_pin, changes_since
from canary.core.checkpoint import parse_signed_checkpoint
from canary.core.findings import EXIT_CODES, Cause, Code, Finding, Status
from canary.core.freshness import clock_findings, time_findings
from canary.core.history import Admitted, History, RejectedError
from canary.core.observation import (
    AttachmentState,
    Gone,
    Incomplete,
    NotACanary,
    Observation,
    Seen,
    Unchanged,
    Unreachable,
)
from canary.core.outcome import OpenPGPVerifier, Outcome
from canary.core.reading import Limits, Reading, read_log
from canary.core.release import Release
from canary.core.state import State, Sticky, StoredEntry
from canary.core.strict import hash_field
from canary.core.verdict import Subject, Verdict, in_order
from canary.limits import ROLLBACK_AFTER

_BESIDE_THE_LOG = {
    Code.MISSING,
    Code.INCONSISTENT,
    Code.NOT_IN_LOG,
    Code.ATTACHMENT_CHANGED,
    Code.ATTACHMENT_MISSING,
}
"""What can be wrong beside a log that holds; the log is stored all the same."""

_EMPTY = {
    Unreachable: Code.UNREACHABLE,
    Gone: Code.MISSING,
    NotACanary: Code.NOT_A_CANARY,
    Incomplete: Code.INCONSISTENT,
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a look is judged by.

    Attributes:
        now: the watcher's clock, aware; with `at`, the moment to judge as of.
        pin: SHA-256 of roster 1's text, 64 hexadecimal digits; None without one.
        trust_first_use: take the first look's roster 1 as the pin.
        state: what is stored of this canary.
        as_of_now: False to judge as of a past moment: the log is cut, no state comes back.
    """

    now: datetime
    pin: str | None = None
    trust_first_use: bool = False
    state: State | None = None
    as_of_now: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a look came to.

    Attributes:
        verdict: the verdict.
        state: the state to store with it; None: there is nothing to store.
        doubtful: whether a cache between here and the host could be to blame, so that a second look past every
            cache decides (step 3).
    """

    verdict: Verdict
    state: State | None
    doubtful: bool


def judge(seen: Observation, question: Question, verifier: OpenPGPVerifier) -> Judgement:
    """Judges one look.

    Args:
        seen: what the look brought back.
        question: the pin, the state and the moment.
        verifier: the port to OpenPGP.
    """
    state = question.state
    # Step 1. The stored pin, the given one, or none.
    pin = state.pin if state else question.pin
    stored, rejected = _stored_history(state, verifier)
    look = _Look(question, pin, stored, rejected)
    if isinstance(seen, Seen):
        look.read(seen, verifier)
    elif isinstance(seen, Unchanged):
        look.came_back_unchanged()
    else:
        look.came_back_empty(seen)
    return look.conclude()


def _stored_history(state: State | None, verifier: OpenPGPVerifier) -> tuple[History, list[Finding]]:
    """Returns the history of the stored entries; only what could not be checked then is checked now."""
    history = History()
    for stored in state.entries if state else ():
        try:
            if any(each.outcome is Outcome.UNCHECKED for each in stored.tally.checked):
                history.append(stored.data, verifier)
            else:
                history.append_verified(stored.data, stored.tally)
        except RejectedError as error:
            return history, [Finding(error.code, error.what, error.entry)]
    return history, []


class _Look:
    """One look while it is judged: gathers findings, never changes what is stored."""

    def __init__(self, question: Question, pin: str | None, stored: History, rejected: list[Finding]) -> None:
        self._question = question
        self._state = question.state
        self._pin = pin
        self._stored = stored
        self._history = stored
        self._fingerprint = pin if question.state else None
        self._findings = rejected
        self._sticky = list(question.state.sticky) if question.state else []
        self._stale_since = question.state.stale_since if question.state else None
        self._accepted: Seen | None = None
        self._acknowledged: int | None = None

    # --- steps 2 to 4 ----------------------------------------------------------------------------------

    def came_back_empty(self, seen: Unreachable | Gone | NotACanary | Incomplete) -> None:
        """Records a look that brought no canary back."""
        code = _EMPTY[type(seen)]
        never = self._state is None and (self._pin is None or not isinstance(seen, Gone))
        retired = self._history.last_release is not None and self._history.last_release.final
        # A canary that ended by itself may be taken down, and where nothing was ever fetched "gone" says little.
        self._findings.append(Finding(code, seen.detail, remark=never or retired))
        if never:
            self._never_fetched()

    def came_back_unchanged(self) -> None:
        """Records that the stored checkpoint is still the newest."""
        self._stale_since = None

    def read(self, seen: Seen, verifier: OpenPGPVerifier) -> None:
        """Reads what came back, as far as it holds."""
        now = self._question.now
        limits = Limits(now=now) if self._question.as_of_now else Limits(until=now)
        reading = read_log(seen, stored=self._stored, pin=self._pin, limits=limits, verifier=verifier)
        self._fingerprint = reading.fingerprint or self._fingerprint
        self._findings += reading.findings
        forked = self._compare(seen, reading)
        if reading.holds and not forked:
            if not self._older_copy(reading):
                self._accept(seen, reading)
            return
        if self._state is None:
            # Shown, never stored: the part of the log that does hold.
            self._history = reading.history
            if all(each.cause is Cause.UNREACHABLE for each in reading.findings):
                self._never_fetched()
        if reading.signed:
            self._keep(reading.findings, (seen.checkpoint,))

    def _never_fetched(self) -> None:
        self._findings.append(Finding(Code.NEVER_FETCHED, "this canary has never been fetched from here"))

    def _compare(self, seen: Seen, reading: Reading) -> bool:
        """Compares with the stored log and records a fork; step 4, last part."""
        state, index = self._state, reading.common
        if state is None:
            return False
        # Not the state's own entries: one that was stored half checked may since have been found wrong.
        if seen.entries is None or index == min(len(self._stored.admitted), len(seen.entries)):
            return self._another_root(state, seen, reading)
        replayed = len(reading.history.admitted) > index
        stored_entry = self._stored.admitted[index].entry
        if replayed and reading.history.admitted[index].entry.text != stored_entry.text:
            finding = Finding(
                Code.TEXT_FORK,
                f"two different texts of entry {index + 1} carry enough signatures",
                index + 1,
                sticky=True,
            )
        elif reading.signed and all(each.code is not Code.ROOT_MISMATCH for each in reading.findings):
            finding = Finding(
                Code.LOG_FORK,
                f"the log key signed two logs that differ from entry {index + 1} on",
                index + 1,
                sticky=True,
            )
        else:
            return self._another_root(state, seen, reading)
        self._findings.append(finding)
        proof = (state.checkpoint, seen.checkpoint, stored_entry.data, seen.entries[index])
        self._keep([finding], proof)
        return True

    def _another_root(self, state: State, seen: Seen, reading: Reading) -> bool:
        """Records a fork that two checkpoints prove by themselves, whatever entries are served."""
        if not reading.signed:
            return False
        known, served = (parse_signed_checkpoint(data).checkpoint for data in (state.checkpoint, seen.checkpoint))
        if not served.contradicts(known):
            return False
        message = f"the log key signed two roots over the same number of entries, {known.size}"
        finding = Finding(Code.LOG_FORK, message, sticky=True)
        self._findings.append(finding)
        self._keep([finding], (state.checkpoint, seen.checkpoint))
        return True

    def _older_copy(self, reading: Reading) -> bool:
        """Records a copy that is shorter than what is stored; step 4, last part."""
        if self._state is None or len(reading.history.admitted) >= len(self._state.entries):
            return False
        since = self._state.stale_since or self._question.now
        self._stale_since = since
        size, known = len(reading.history.admitted), len(self._state.entries)
        message = f"an older copy is served: {size} entries, and {known} were there before"
        if self._question.now - since >= ROLLBACK_AFTER:
            self._findings.append(Finding(Code.ROLLBACK, f"{message}; it has been so since {since:%Y-%m-%d %H:%M} UTC"))
        else:
            self._findings.append(Finding(Code.STALE_COPY, message))
        return True

    def _accept(self, seen: Seen, reading: Reading) -> None:
        self._accepted = seen
        self._stale_since = None
        self._history = reading.history
        for attachment in seen.attachments:
            if attachment.state is AttachmentState.CHANGED:
                message = f"the attachment {attachment.name} is not the one that was signed"
                self._findings.append(Finding(Code.ATTACHMENT_CHANGED, message))
            elif attachment.state is AttachmentState.GONE:
                message = f"the attachment {attachment.name} is not there"
                self._findings.append(Finding(Code.ATTACHMENT_MISSING, message))

    def _keep(self, findings: list[Finding], proof: tuple[bytes, ...]) -> None:
        """Makes findings sticky, with their proof, once each."""
        known = {(sticky.code, sticky.entry) for sticky in self._sticky}
        for finding in findings:
            if finding.sticky and (finding.code, finding.entry) not in known:
                kept = Sticky(finding.code, finding.message, finding.entry, self._question.now, proof)
                self._sticky.append(kept)

    # --- steps 5 to 8 ----------------------------------------------------------------------------------

    def conclude(self) -> Judgement:
        """Judges what holds, and returns the verdict with the next state."""
        question, history = self._question, self._cut()
        doubtful = any(each.code is not Code.UNREACHABLE and each.cause is not None for each in self._findings)
        newest = history.newest
        high_water = self._state.high_water if self._state and question.as_of_now else None
        if newest is None:
            self._no_release(history)
        else:
            self._judge_release(newest, history, max(question.now, high_water or question.now))
        # Step 7. Only the clock of the watcher itself.
        self._findings += clock_findings(question.now, high_water)
        told = {(finding.code, finding.entry) for finding in self._findings}
        self._findings += [each.finding() for each in self._sticky if (each.code, each.entry) not in told]
        self._first_use_or_no_pin()
        return Judgement(self._verdict(history), self._next_state(), doubtful=doubtful)

    def _cut(self) -> History:
        """Returns the history as of the moment it is judged at."""
        if self._question.as_of_now:
            return self._history
        cut = History()
        for admitted in self._history.admitted:
            if admitted.entry.content.issued > self._question.now:
                break
            cut.append_verified(admitted.entry.data, admitted.tally)
        return cut

    def _no_release(self, history: History) -> None:
        if self._history.admitted and not self._blocked():
            message = "there is a roster, and no release yet" if history.admitted else "it did not exist yet"
            self._findings.append(Finding(Code.NO_RELEASE, message))

    def _judge_release(self, newest: Admitted, history: History, now: datetime) -> None:
        release = newest.entry.content
        if not isinstance(release, Release):
            raise TypeError("the newest release is no release")
        # Step 5. No anchor and no timestamp is checked yet, so nothing bounds the moment of signing.
        if release.anchors:
            kinds = ", ".join(anchor.kind for anchor in release.anchors)
            message = f"the release carries anchors that this version does not check ({kinds})"
            self._findings.append(Finding(Code.ANCHOR_NOT_CHECKED, message, release.entry))
        self._findings.append(
            Finding(Code.NO_LOWER_BOUND, "nothing proves that it was not signed earlier", release.entry)
        )
        self._findings.append(
            Finding(Code.NO_UPPER_BOUND, "nothing proves that it was not signed later", release.entry)
        )
        for each in newest.tally.uncounted:
            detail = f" ({each.detail})" if each.detail else ""
            message = f"the signature of {each.name} does not count: {each.outcome}{detail}"
            self._findings.append(Finding(Code.NOT_COUNTED, message, release.entry))
        # Step 6. Against what was acknowledged, or from the pin alone.
        if self._state is not None and self._question.as_of_now:
            self._findings += changes_since(history, self._state.acknowledged)
        else:
            changes, compared = changes_from_pin(history)
            self._findings += changes
            changed = any(each.cause in (Cause.WITHDRAWN, Cause.CHANGED) for each in changes)
            self._acknowledged = compared if changed else len(history.admitted)
        self._findings += time_findings(release, now)

    def _blocked(self) -> bool:
        return any(each.cause in (Cause.INVALID, Cause.UNDECIDED) for each in self._findings)

    def _first_use_or_no_pin(self) -> None:
        taken = self._pin is None and self._question.trust_first_use and not self._blocked()
        if self._pin is None and taken and self._accepted:
            self._pin = self._fingerprint
        first_use = self._state.first_use if self._state else taken
        if self._pin is not None:
            if first_use:
                message = f"roster 1 was trusted as it was first seen: {hash_field(self._pin)}"
                self._findings.append(Finding(Code.TRUSTED_FIRST_USE, message))
            return
        would_be = min((each.cause for each in self._findings if each.cause is not None), default=Cause.FINE)
        self._findings.append(Finding(Code.NO_PIN, "no pin was given, so anyone could have made this canary"))
        if would_be.status is not Status.UNKNOWN:
            code = EXIT_CODES[would_be.status]
            message = f"with the pin of this roster 1 it would be {would_be.status} (exit code {code})"
            self._findings.append(Finding(Code.WOULD_BE, message))

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
        )

    def _next_state(self) -> State | None:
        """Step 8: the state to store with the verdict."""
        question, accepted = self._question, self._accepted
        state = self._state or self._first_state()
        if state is None or not question.as_of_now:
            return None
        state = replace(
            state,
            high_water=max(state.high_water, question.now),
            stale_since=self._stale_since,
            sticky=tuple(self._sticky),
        )
        if accepted is None:
            # Rejected bytes change nothing but what is known about them.
            return state
        # Without its tag the next look is not conditional, and so finds again what is wrong beside the log.
        clean = not any(each.code in _BESIDE_THE_LOG for each in self._findings)
        return replace(
            state,
            entries=tuple(StoredEntry(each.entry.data, each.tally) for each in self._history.admitted),
            checkpoint=accepted.checkpoint,
            etag=accepted.etag if clean else None,
            attachments=_intact(accepted, state),
        )

    def _first_state(self) -> State | None:
        """Returns the state to begin with, once a whole log holds under a pin."""
        roster = self._history.roster
        if self._accepted is None or self._pin is None or roster is None:
            return None
        return State(
            canary=roster.canary,
            pin=self._pin,
            first_use=self._question.pin is None,
            entries=(),
            checkpoint=b"",
            etag=None,
            acknowledged=len(self._history.admitted) if self._acknowledged is None else self._acknowledged,
            high_water=self._question.now,
        )


def _intact(seen: Seen, state: State) -> tuple[str, ...]:
    found = {each.sha256 for each in seen.attachments if each.state is AttachmentState.INTACT}
    return tuple(sorted(found | set(state.attachments)))


def _subject(newest: Admitted | None) -> Subject | None:
    if newest is None or not isinstance(newest.entry.content, Release):
        return None
    return Subject.of(newest.entry.content, newest.entry.text_hash, newest.tally.signed, newest.roster)
