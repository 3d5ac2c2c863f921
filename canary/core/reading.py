"""Reading the log that one look brought back: root, replay, log key. Design section 6, steps 2 to 4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from canary.core.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from canary.core.entry import NewerFormatError, parse_entry
from canary.core.findings import Code, Finding
from canary.core.history import History, RejectedError
from canary.core.merkle import leaf_hash, root_hash
from canary.core.observation import Seen
from canary.core.outcome import OpenPGPVerifier
from canary.core.roster import Roster
from canary.core.strict import hash_field
from canary.core.times import format_time
from canary.errors import MalformedError
from canary.limits import FUTURE_TOLERANCE

_NEVER_PROVED = {Code.FUTURE_ISSUED, Code.NOT_CHECKED, Code.PIN_MISMATCH}
"""Rejections that depend on the watcher's own clock, tools or pin: no signature proves them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a fetched log says.

    Attributes:
        history: the entries that hold, from the first one on.
        common: how many entries are the same, byte for byte, as the stored ones.
        fingerprint: SHA-256 of the text of roster 1 as it was served, if it is one.
        findings: what is wrong; may be empty.
        holds: whether all of the log holds, under a checkpoint that the log key signed.
        signed: whether the log key of the newest known roster signed the checkpoint.
    """

    history: History
    common: int
    fingerprint: str | None
    findings: list[Finding]
    holds: bool
    signed: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What the moment of judging says about a log.

    Attributes:
        now: the watcher's clock; an entry issued more than ten minutes after it is refused. None if the log is
            judged as of a past moment.
        until: judged as of this moment: what stands behind the first entry issued after it is not judged.
    """

    now: datetime | None = None
    until: datetime | None = None


def read_log(seen: Seen, *, stored: History, pin: str | None, limits: Limits, verifier: OpenPGPVerifier) -> Reading:
    """Reads a fetched log as far as it holds.

    Args:
        seen: what was fetched.
        stored: the history of the entries that were verified earlier; a prefix equal to it is only hashed.
        pin: SHA-256 of roster 1's text; None to take any roster 1.
        limits: the moment of judging.
        verifier: the port to OpenPGP.
    """
    try:
        checkpoint = parse_signed_checkpoint(seen.checkpoint)
    except MalformedError as error:
        return Reading(stored, 0, None, [Finding(Code.NOT_A_CANARY, error.what)], holds=False, signed=False)
    if seen.entries is None:
        signed = _signed(checkpoint, stored.roster)
        finding = _mismatch(seen.detail, signed=signed)
        return Reading(stored, 0, None, [finding], holds=False, signed=signed)
    common = _common_prefix(stored, seen.entries)
    history = _prefix(stored, common)
    rejected = _replay(history, seen.entries[common:], pin=pin, limits=limits, verifier=verifier)
    signed = _signed(checkpoint, history.roster or stored.roster)
    findings = _log_findings(checkpoint, seen.entries, history, rejected, signed=signed)
    holds = not findings
    if holds and limits.until is None:
        findings = _front_findings(seen, history)
    return Reading(history, common, _fingerprint(seen.entries), findings, holds=holds, signed=signed)


def _log_findings(
    checkpoint: SignedCheckpoint,
    entries: Sequence[bytes],
    history: History,
    rejected: Finding | None,
    *,
    signed: bool,
) -> list[Finding]:
    if root_hash(leaf_hash(entry) for entry in entries) != checkpoint.checkpoint.root:
        return [_mismatch("the entries do not hash to the root in the checkpoint", signed=signed)]
    unsigned = Finding(Code.CHECKPOINT_UNSIGNED, "the checkpoint is not signed by the log key of the newest roster")
    if rejected is not None:
        if rejected.code is Code.NEWER_FORMAT and not signed:
            return [unsigned]
        sticky = signed and rejected.code not in _NEVER_PROVED and rejected.code is not Code.NEWER_FORMAT
        return [Finding(rejected.code, rejected.message, rejected.entry, sticky=sticky)]
    if not signed:
        return [unsigned]
    canary = history.roster.canary if history.roster else ""
    if checkpoint.checkpoint.origin != canary:
        origin = checkpoint.checkpoint.origin[:80]
        return [Finding(Code.OTHER_CANARY, f"the checkpoint is of {origin!r}, not of {canary}")]
    return []


def _front_findings(seen: Seen, history: History) -> list[Finding]:
    """Compares `canary.txt`, which people read, with the newest release of the log."""
    newest = history.newest
    if seen.front is None:
        return [Finding(Code.MISSING, "canary.txt is not there")] if newest else []
    if newest is not None and seen.front == newest.entry.data:
        return []
    if any(seen.front == each.entry.data for each in history.admitted):
        return [Finding(Code.INCONSISTENT, "canary.txt is an older release than the newest one in the log")]
    return [Finding(Code.NOT_IN_LOG, "canary.txt is not in the log: do not rely on what it says")]


def _replay(
    history: History, entries: Sequence[bytes], *, pin: str | None, limits: Limits, verifier: OpenPGPVerifier
) -> Finding | None:
    """Admits entries to `history` until one does not hold; returns why."""
    for data in entries:
        number = history.next_entry
        issued: datetime | None = None
        try:
            entry = parse_entry(data)
            issued = entry.content.issued
            if number == 1 and pin is not None and entry.text_hash != pin:
                message = f"roster 1 is {hash_field(entry.text_hash)}, and the pin is {hash_field(pin)}"
                return Finding(Code.PIN_MISMATCH, message, number)
            if limits.now is not None and issued > limits.now + FUTURE_TOLERANCE:
                message = f"entry {number} was issued {format_time(issued)}, which is yet to come"
                return Finding(Code.FUTURE_ISSUED, message, number)
            history.append(data, verifier)
        except (RejectedError, NewerFormatError, MalformedError) as error:
            if _beyond(history, issued, limits.until):
                return None
            return _rejection(error, number)
    return None


def _rejection(error: RejectedError | NewerFormatError | MalformedError, number: int) -> Finding:
    if isinstance(error, RejectedError):
        return Finding(error.code, error.what, number)
    if isinstance(error, NewerFormatError):
        return Finding(Code.NEWER_FORMAT, f"entry {number}: {error.what}", number)
    return Finding(Code.MALFORMED, f"entry {number}: {error.what}", number)


def _beyond(history: History, issued: datetime | None, until: datetime | None) -> bool:
    """Tells whether the entry that was refused, or the last one that holds, was issued after `until`."""
    if until is None:
        return False
    last = history.last
    return (issued is not None and issued > until) or (last is not None and last.content.issued > until)


def _mismatch(detail: str, *, signed: bool) -> Finding:
    if signed:
        return Finding(Code.ROOT_MISMATCH, f"{detail}, which the log key signed")
    return Finding(Code.INCONSISTENT, f"{detail}; the site may be between two uploads")


def _signed(checkpoint: SignedCheckpoint, roster: Roster | None) -> bool:
    if roster is None:
        return False
    try:
        return checkpoint.signed_by(roster.log)
    except MalformedError:
        return False


def _common_prefix(stored: History, entries: Sequence[bytes]) -> int:
    pairs = zip(stored.admitted, entries, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].entry.data == pair[1], pairs))


def _prefix(stored: History, length: int) -> History:
    if length == len(stored.admitted):
        return stored.copy()
    history = History()
    for admitted in stored.admitted[:length]:
        history.append_verified(admitted.entry.data, admitted.tally)
    return history


def _fingerprint(entries: Sequence[bytes]) -> str | None:
    if not entries:
        return None
    try:
        entry = parse_entry(entries[0])
    except (MalformedError, NewerFormatError):
        return None
    return entry.text_hash if isinstance(entry.content, Roster) else None
