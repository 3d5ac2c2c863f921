"""Taking in what a look brought back: steps 1 to 4 of the order of verification (`canary.core.judging.judge`).

What comes out is the log that is to be judged, what was found on the way, and what of it stays; nothing that is stored
is changed.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from canary.core.documents.release import Release
from canary.core.judging.findings import Cause, Code, Finding
from canary.core.judging.observation import (
    AttachmentState,
    Gone,
    Incomplete,
    NotACanary,
    Observation,
    Seen,
    SeenAttachment,
    Unchanged,
    Unreachable,
)
from canary.core.judging.question import Question
from canary.core.judging.reading import Limits, Reading, read_log
from canary.core.judging.release_findings import attachment_finding
from canary.core.judging.state import State, Sticky, with_more
from canary.core.log.admitted import Admitted
from canary.core.log.forks import Fork, fork_of_checkpoint, fork_of_log
from canary.core.log.history import History, RejectedError
from canary.core.signed.outcome import OpenPGPVerifier
from canary.limits import ROLLBACK_AFTER

_EMPTY = {
    Unreachable: Code.UNREACHABLE,
    Gone: Code.MISSING,
    NotACanary: Code.NOT_A_CANARY,
    Incomplete: Code.INCONSISTENT,
}
_CACHE_CAN_CAUSE = {Cause.INVALID, Cause.MISSING}


class Taking:
    """One look while it is taken in.

    Call `take` once, then `take_attachments` if `release_to_complete` names a release.

    Args:
        question: the pin, the state and the moment.
        verifier: the port to OpenPGP.

    Attributes:
        question: the same.
        state: the stored state; None where none is read.
        pin: the stored pin, the given one, or None.
        fingerprint: SHA-256 of roster 1's text as it was seen.
        history: the log that is to be judged.
        accepted: the log that was taken in as a whole.
        extended: whether further entries of a log that does not hold were taken in.
        verified: the entries of the log that came back, as far as they hold.
        looked: whether the look brought a log, or that it is unchanged.
        findings: what was found in the look.
        beside: what was found beside the log.
        sticky: the findings that stay, those of earlier looks among them.
        stale_since: since when only an older copy is served.
        intact: SHA-256 of the attachments that were found intact.
    """

    def __init__(self, question: Question, verifier: OpenPGPVerifier) -> None:
        # Step 1. The stored pin, the given one, or none; without state `--at` begins from nothing.
        self.question = question
        self.state = question.state if question.as_of_now else None
        self.pin = self.state.pin if self.state else question.pin
        self.fingerprint = self.state.pin if self.state else None
        self._verifier = verifier
        self._stored, self.findings = _stored_history(self.state, verifier)
        self.history = self._stored
        self.accepted: Seen | None = None
        self.extended = False
        self.verified: Sequence[Admitted] = ()
        self.looked = False
        self.beside: list[Finding] = []
        self.sticky: list[Sticky] = list(self.state.sticky) if self.state else []
        self.stale_since = self.state.stale_since if self.state else None
        self.intact: set[str] = set(self.state.attachments) if self.state else set()

    @property
    def takes_log(self) -> bool:
        """Whether the log that came back, or the part of it that holds, is taken for the canary's."""
        return self.accepted is not None or self.extended

    # --- step 2 ----------------------------------------------------------------------------------------

    def take(self, seen: Observation) -> None:
        """Takes in what a look brought back."""
        if isinstance(seen, Unchanged):
            self.looked = True
            self.stale_since = None
        elif isinstance(seen, Seen):
            self.looked = True
            self._read(seen)
        else:
            self._came_back_empty(seen)

    def release_to_complete(self) -> Release | None:
        """Returns the newest release of a log that was taken in and holds: what lies beside it is looked at next."""
        return self.history.last_release if self.accepted is not None else None

    def take_attachments(self, attachments: Sequence[SeenAttachment]) -> None:
        """Takes in what lies beside the newest release."""
        for each in attachments:
            if each.state is AttachmentState.INTACT:
                self.intact.add(each.sha256)
            else:
                self.beside.append(attachment_finding(each))

    def _came_back_empty(self, seen: Unreachable | Gone | NotACanary | Incomplete) -> None:
        never = self.state is None and (self.pin is None or not isinstance(seen, Gone))
        retired = self.history.last_release is not None and self.history.last_release.final
        # A canary that ended by itself may be taken down, and where nothing was ever fetched "gone" says little.
        self.findings.append(Finding(_EMPTY[type(seen)], seen.detail, remark=never or retired))
        if never:
            self._never_fetched(seen.detail)
        if isinstance(seen, Incomplete) and self.state is not None:
            self._record(fork_of_checkpoint(self.state, self._stored, seen.checkpoint))

    def _never_fetched(self, why: str) -> None:
        self.findings.append(Finding(Code.NEVER_FETCHED, f"this canary has never been fetched from here: {why}"))

    # --- steps 3 and 4 ---------------------------------------------------------------------------------

    def _read(self, seen: Seen) -> None:
        """Reads a log that came back, as far as it holds."""
        reading = read_log(seen, stored=self._stored, pin=self.pin, limits=self._limits(), verifier=self._verifier)
        self.verified = reading.history.admitted
        self.fingerprint = reading.fingerprint or self.fingerprint
        forked = self.state is not None and self._record(fork_of_log(self.state, self._stored, seen, reading))
        if reading.holds and not forked:
            self._take_log(seen, reading)
            return
        never = self.state is None and all(each.cause is Cause.UNREACHABLE for each in reading.findings)
        self.findings += [replace(each, remark=never) for each in self._confirmed(reading.findings, seen)]
        if forked:
            return
        if self.state is None:
            # Shown, never stored: the part of the log that does hold.
            self.history = reading.history
            if never:
                self._never_fetched(reading.findings[0].message)
        elif self._goes_on(reading):
            # What enough signers signed counts, whatever follows it.
            self.history, self.extended = reading.history, True
        if reading.signed:
            refused = seen.entries[len(reading.history.admitted) :][:1]
            self._keep(reading.findings, (seen.checkpoint, *refused))

    def _limits(self) -> Limits:
        if not self.question.as_of_now:
            return Limits(until=self.question.now)
        # Where this clock went back, an entry is no forgery for being as new as an earlier look.
        high_water = self.state.high_water if self.state else self.question.now
        return Limits(now=max(self.question.now, high_water))

    def _goes_on(self, reading: Reading) -> bool:
        known = len(self._stored.admitted)
        return reading.signed and reading.rooted and reading.common == known < len(reading.history.admitted)

    def _take_log(self, seen: Seen, reading: Reading) -> None:
        if self.state is not None and len(reading.history.admitted) < len(self.state.entries):
            self._older_copy(len(reading.history.admitted), len(self.state.entries))
            return
        self.accepted = seen
        self.stale_since = None
        self.history = reading.history
        self.beside += self._confirmed(reading.findings, seen)

    def _older_copy(self, size: int, known: int) -> None:
        """Records a copy that is shorter than what is stored; step 4, last part."""
        self.stale_since = self.stale_since or self.question.now
        message = f"an older copy is served: {size} entries, and {known} were there before"
        if self.question.now - self.stale_since >= ROLLBACK_AFTER:
            since = f"{self.stale_since:%Y-%m-%d %H:%M} UTC"
            self.findings.append(Finding(Code.ROLLBACK, f"{message}; it has been so since {since}"))
        else:
            self.findings.append(Finding(Code.STALE_COPY, message))

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
        self.findings.append(finding)
        self._keep([finding], proof)
        return True

    def _keep(self, findings: Sequence[Finding], proof: tuple[bytes, ...]) -> None:
        """Makes findings stick, with their proof."""
        self.sticky = with_more(self.sticky, findings, now=self.question.now, proof=proof)


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
