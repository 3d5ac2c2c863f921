"""Reading the log that one look brought: its entries, its root, its checkpoint's signature.

The entries are replayed in order (`canary.core.log.history`), until one does not hold. Entries that are byte for byte
the first stored ones were verified before, and are only hashed. For each further entry, in this order:

1. If the newest release before it is final: AFTER-FINAL.
2. It is parsed (`canary.core.signed.entry`): NEWER-FORMAT, MALFORMED.
3. Entry 1, where there is a pin, has that hash of its text: PIN-MISMATCH.
4. It is not issued more than ten minutes after now: FUTURE-ISSUED. With a state, now is here the latest moment at which
   this canary was ever judged, if that is later. As of a past moment this is not checked; instead, an entry that does
   not hold is no fault if it, or the last one that holds, was issued after that moment: the reading ends there.
5. The rules of `canary.core.log.history`.

The checkpoint must be signed by the log key of the newest roster known, by number, among the entries that hold and the
stored ones. But a log that is shorter than the stored one, and the same as far as it goes, is signed by the log key of
its own newest roster.

Then one thing at most is found wrong, the first of these; if none is, the log **holds**:

1. The entries do not hash to the root, and the checkpoint is signed: ROOT-MISMATCH.
2. They do not and it is not, or there are no entries: INCONSISTENT.
3. An entry does not hold: what it breaks. But NEWER-FORMAT and NOT-CHECKED become CHECKPOINT-UNSIGNED if the checkpoint
   is not signed, unless the entry begins with `warrant-canary/roster/`: such a one may name the log key.
4. The checkpoint is not signed: CHECKPOINT-UNSIGNED.
5. Its origin is not the canary's id: OTHER-CANARY.

What is found under 3 and 5 is sticky if the checkpoint is signed; FUTURE-ISSUED, NOT-CHECKED, NEWER-FORMAT and
PIN-MISMATCH never are, since they depend on the watcher's own clock, tools, version or pin. Its proof is the checkpoint
and the first entry that does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

import msgspec

from canary.core.documents.roster import Roster
from canary.core.judging.findings import Code, Finding
from canary.core.judging.front import front_findings
from canary.core.judging.observation import Seen
from canary.core.log.checkpoint import Checkpoint, SignedCheckpoint, parse_signed_checkpoint
from canary.core.log.history import History, RejectedError
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.signed.entry import NewerFormatError, parse_entry
from canary.core.signed.outcome import OpenPGPVerifier
from canary.core.text.strict import hash_field
from canary.core.text.times import format_time
from canary.errors import MalformedError
from canary.limits import FUTURE_TOLERANCE

_NEVER_PROVED = {Code.FUTURE_ISSUED, Code.NOT_CHECKED, Code.NEWER_FORMAT, Code.PIN_MISMATCH}
"""Rejections that depend on the watcher's own clock, tools, version or pin: no signature proves them."""

_ROSTER = b"warrant-canary/roster/"
_UNSIGNED = Finding(Code.CHECKPOINT_UNSIGNED, "the checkpoint is not signed by the log key of the newest roster")


class Reading(msgspec.Struct, frozen=True):
    """What a fetched log says.

    Attributes:
        checkpoint: the checkpoint it came with.
        history: the entries that hold, from the first one on.
        common: how many entries are the same, byte for byte, as the stored ones.
        fingerprint: SHA-256 of the text of roster 1 as it was served, if it is one.
        findings: what is wrong; may be empty.
        holds: whether all of the log holds, under a checkpoint that the log key signed.
        signed: whether the log key of the newest roster known signed the checkpoint.
        rooted: whether the entries hash to the root in the checkpoint.
    """

    checkpoint: Checkpoint
    history: History
    common: int
    fingerprint: str | None
    findings: list[Finding]
    holds: bool
    signed: bool
    rooted: bool


class Limits(msgspec.Struct, frozen=True):
    """What the moment of judging says about a log.

    Attributes:
        now: an entry issued more than ten minutes after this is refused. None if the log is judged as of a past
            moment.
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

    Raises:
        MalformedError: the checkpoint is none; whoever looked has seen to that.
    """
    checkpoint = parse_signed_checkpoint(seen.checkpoint)
    common = _common_prefix(stored, seen.entries)
    history = _prefix(stored, common)
    rejected = _replay(history, seen.entries[common:], pin=pin, limits=limits, verifier=verifier)
    older = common == len(seen.entries) < len(stored.admitted)
    signed = signed_by(checkpoint, history.roster if older else newest_roster(history, stored))
    rooted = root_hash(leaf_hash(entry) for entry in seen.entries) == checkpoint.checkpoint.root
    findings = _log_findings(checkpoint, seen.entries, history, rejected, signed=signed, rooted=rooted)
    holds = not findings
    if holds and limits.until is None:
        findings = front_findings(seen, history, stored, verifier)
    return Reading(
        checkpoint.checkpoint,
        history,
        common,
        _fingerprint(seen.entries, history),
        findings,
        holds=holds,
        signed=signed,
        rooted=rooted,
    )


def newest_roster(history: History, stored: History) -> Roster | None:
    """Returns the newest roster known, from what was served or from what is stored.

    A log key that a stored roster has replaced speaks for nothing any more, whatever is served.
    """
    known = [each.roster for each in (history, stored) if each.roster is not None]
    return max(known, key=lambda roster: roster.number, default=None)


def signed_by(checkpoint: SignedCheckpoint, roster: Roster | None) -> bool:
    """Tells whether a roster's log key signed a checkpoint."""
    if roster is None:
        return False
    try:
        return checkpoint.signed_by(roster.log)
    except MalformedError:
        return False


def _log_findings(
    checkpoint: SignedCheckpoint,
    entries: Sequence[bytes],
    history: History,
    rejected: Finding | None,
    *,
    signed: bool,
    rooted: bool,
) -> list[Finding]:
    if not rooted and signed:
        message = (
            "what is served is not what was published: its entries do not hash to the root that the log key signed"
        )
        return [Finding(Code.ROOT_MISMATCH, message)]
    if not rooted or not entries:
        what = "its entries do not hash to the root in its checkpoint" if entries else "its log is empty"
        return [Finding(Code.INCONSISTENT, f"{what}; the site may be between two uploads")]
    if rejected is not None:
        return [_weighed(rejected, entries[len(history.admitted)], signed=signed)]
    if not signed:
        return [_UNSIGNED]
    canary = history.roster.canary if history.roster else ""
    if checkpoint.checkpoint.origin != canary:
        origin = checkpoint.checkpoint.origin[:80]
        return [Finding(Code.OTHER_CANARY, f"the checkpoint is of {origin!r}, not of {canary}", sticky=True)]
    return []


def _weighed(rejected: Finding, entry: bytes, *, signed: bool) -> Finding:
    """Returns why an entry does not hold, as far as the checkpoint over it can be believed."""
    undecided = rejected.code in (Code.NEWER_FORMAT, Code.NOT_CHECKED)
    # A roster that cannot be read, or not be checked, may be the very one that names the log key.
    if undecided and not signed and not entry.startswith(_ROSTER):
        return _UNSIGNED
    sticky = signed and rejected.code not in _NEVER_PROVED
    return Finding(rejected.code, rejected.message, rejected.entry, sticky=sticky)


def _replay(
    history: History, entries: Sequence[bytes], *, pin: str | None, limits: Limits, verifier: OpenPGPVerifier
) -> Finding | None:
    """Admits entries to `history` until one does not hold; returns why."""
    for data in entries:
        number = history.next_entry
        release = history.last_release
        if release is not None and release.final:
            return Finding(Code.AFTER_FINAL, f"entry {number} follows release {release.number}, the last one", number)
        issued: datetime | None = None
        try:
            entry = parse_entry(data)
            issued = entry.content.issued
            if number == 1 and pin is not None and entry.text_hash != pin:
                first = f"roster 1, of {entry.content.canary}," if isinstance(entry.content, Roster) else "entry 1"
                message = f"{first} is {hash_field(entry.text_hash)}, and the pin is {hash_field(pin)}"
                return Finding(Code.PIN_MISMATCH, message, number)
            if limits.now is not None and issued > limits.now + FUTURE_TOLERANCE:
                message = f"entry {number} was issued {format_time(issued)}, which is yet to come"
                return Finding(Code.FUTURE_ISSUED, message, number)
            history.append_entry(entry, verifier)
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


def _common_prefix(stored: History, entries: Sequence[bytes]) -> int:
    pairs = zip(stored.admitted, entries, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].data == pair[1], pairs))


def _prefix(stored: History, length: int) -> History:
    if length == len(stored.admitted):
        return stored.copy()
    history = History()
    for admitted in stored.admitted[:length]:
        history.append_verified(admitted.entry, admitted.tally)
    return history


def _fingerprint(entries: Sequence[bytes], history: History) -> str | None:
    if not entries:
        return None
    try:
        holds = history.admitted and history.admitted[0].data == entries[0]
        entry = history.admitted[0].entry if holds else parse_entry(entries[0])
    except (MalformedError, NewerFormatError):
        return None
    return entry.text_hash if isinstance(entry.content, Roster) else None
