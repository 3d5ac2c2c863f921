"""OpenTimestamps proofs over an entry, from the publisher's side: begun when it is published, completed hours later.

A calendar's promise is no proof; the proof comes when a Bitcoin block holds the calendar's commitment, and has to be
fetched then. So this runs when an entry is published, and again until nothing is open. What is stored is only ever
added to, and only by what was read back as a whole proof over the entry; a calendar that says nonsense costs nothing
but its own promise. Nor can one fill the file that it shares with the others: an answer has at most four attestations,
and names at most two blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from canary.core.dating.evidence import OTS, evidence_names
from canary.core.dating.ots_calendars import Calendars
from canary.core.text.strict import sha256
from canary.errors import BadAnswerError, MalformedError
from canary.flows.issue.failures import Failure
from canary.formats.times.bitcoin_headers import HeaderSource
from canary.formats.times.opentimestamps import ProofChecker
from canary.formats.times.ots_proof import (
    Attested,
    Notary,
    OtsUnreadableError,
    add_answer,
    begin_proof,
    check_installed,
    commitment,
    open_promises,
    read_answer,
    read_proof,
)

ANSWER_ATTESTATIONS = 4
"""Attestations in one calendar's answer; an honest one has one, or a block beside its promise."""

ANSWER_BLOCKS = 2
"""Different blocks in one calendar's answer; an honest one has one."""


class ProofStage(StrEnum):
    """How far the proofs over an entry have come, by their own account."""

    NONE = "none"
    PROMISED = "promised"
    BLOCK = "block"


class ProofChanges(msgspec.Struct, frozen=True):
    """What to do with an entry's `.ots` files, and what to say of it.

    Attributes:
        files: the files to write whole, each in the place of what was there, by name.
        promised: the addresses of the calendars that promised a block just now.
        failures: the calendars that gave nothing, and the files that are no proofs over the entry, by name.
    """

    files: dict[str, bytes]
    promised: tuple[str, ...]
    failures: tuple[Failure, ...]


def proof_stage(entry: bytes, stored: Mapping[str, bytes]) -> ProofStage:
    """Tells how far an entry's proofs have come; asks nobody.

    Args:
        entry: the whole entry.
        stored: its evidence, by name.

    Raises:
        OtsNotInstalledError: the package that reads proofs is not installed.
    """
    check_installed()
    leaves = [each for data in _readable(entry, stored)[0].values() for each in read_proof(data, sha256(entry))]
    return _stage(leaves)


def has_open_promises(entry: bytes, stored: Mapping[str, bytes]) -> bool:
    """Tells whether a calendar has promised a block that is not in the entry's proofs yet; asks nobody.

    Args:
        entry: the whole entry.
        stored: its evidence, by name.

    Raises:
        OtsNotInstalledError: the package that reads proofs is not installed.
    """
    check_installed()
    return any(open_promises(data, sha256(entry)) for data in _readable(entry, stored)[0].values())


def ask_for_proofs(
    entry: bytes, stored: Mapping[str, bytes], calendars: Calendars, nonce: bytes, headers: HeaderSource
) -> ProofChanges:
    """Asks calendars for a first proof of an entry, or for what is missing in those that are stored.

    Args:
        entry: the whole entry, as published.
        stored: its evidence, by name; what is no `.ots` file is left alone.
        calendars: the calendars on the publisher's list.
        nonce: 16 random bytes, never used before.
        headers: the publisher's own source of headers. A block that a calendar names and that it has otherwise is
            refused; one that it does not know is taken, for watchers to judge.

    Raises:
        OtsNotInstalledError: the package that reads proofs is not installed.
    """
    check_installed()
    proofs, failures = _readable(entry, stored)
    if proof_stage(entry, proofs) is ProofStage.NONE:
        changes = _begun(entry, stored, calendars, nonce)
    else:
        changes = _completed(entry, proofs, calendars, ProofChecker(headers))
    files = {name: data for name, data in changes.files.items() if data != stored.get(name)}
    return ProofChanges(files, changes.promised, (*failures, *changes.failures))


def _stage(leaves: Sequence[Attested]) -> ProofStage:
    notaries = {each.notary for each in leaves}
    if Notary.BITCOIN in notaries:
        return ProofStage.BLOCK
    return ProofStage.PROMISED if Notary.CALENDAR in notaries else ProofStage.NONE


def _readable(entry: bytes, stored: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[Failure]]:
    """Returns the stored proofs that are over the entry, and what is wrong with the others."""
    proofs: dict[str, bytes] = {}
    failures: list[Failure] = []
    for name, data in stored.items():
        if name.endswith(OTS):
            try:
                read_proof(data, sha256(entry))
                proofs[name] = data
            except (MalformedError, OtsUnreadableError) as error:
                failures.append(Failure(name, error))
    return proofs, failures


def _begun(entry: bytes, stored: Mapping[str, bytes], calendars: Calendars, nonce: bytes) -> ProofChanges:
    """Asks for a first proof."""
    name = next((each for each in evidence_names(OTS) if each not in stored), None)
    if name is None:
        full = MalformedError("it is the last one that there is room for, and none of them is a proof over this entry")
        return ProofChanges({}, (), (Failure(evidence_names(OTS)[-1], full),))
    proof, promised, failures = b"", [], []
    for answer in calendars.submit(commitment(sha256(entry), nonce)):
        calendar = answer.promise.calendar
        if answer.fault is not None:
            failures.append(Failure(calendar, answer.fault))
        elif answer.body is not None:
            try:
                proof = _with_promise(proof, entry, nonce, answer.promise.commitment, answer.body)
                promised.append(calendar)
            except (MalformedError, OtsUnreadableError) as error:
                failures.append(Failure(calendar, BadAnswerError(f"gave no promise: {_why(error)}")))
    return ProofChanges({name: proof} if proof else {}, tuple(promised), tuple(failures))


def _with_promise(proof: bytes, entry: bytes, nonce: bytes, committed: bytes, answer: bytes) -> bytes:
    """Returns a proof with one more calendar's promise; raises MalformedError where the answer is none."""
    hashed = sha256(entry)
    alone = begin_proof(hashed, nonce, answer)
    leaves = read_proof(alone, hashed)
    _check_few(leaves)
    if _stage(leaves) is not ProofStage.PROMISED:
        # Nobody can have a block for a number that was made a second ago.
        raise MalformedError("it is no promise")
    return add_answer(proof, hashed, committed, answer) if proof else alone


def _completed(entry: bytes, proofs: Mapping[str, bytes], calendars: Calendars, checker: ProofChecker) -> ProofChanges:
    """Asks for what is missing in proofs."""
    files, failures = dict(proofs), []
    for name, data in proofs.items():
        promises = open_promises(data, sha256(entry))
        for answer in calendars.fetch(promises) if promises else ():
            calendar = answer.promise.calendar
            if answer.fault is not None:
                failures.append(Failure(calendar, answer.fault))
            elif answer.body is not None:
                try:
                    files[name] = _with_block(files[name], entry, answer.promise.commitment, answer.body, checker)
                except (MalformedError, OtsUnreadableError) as error:
                    failures.append(Failure(calendar, BadAnswerError(f"gave no proof: {_why(error)}")))
    return ProofChanges(files, (), tuple(failures))


def _with_block(proof: bytes, entry: bytes, committed: bytes, answer: bytes, checker: ProofChecker) -> bytes:
    """Returns a proof with the way to a block added; raises MalformedError where the answer does not lead to one."""
    leaves = read_answer(answer, committed)
    _check_few(leaves)
    if _stage(leaves) is not ProofStage.BLOCK:
        # Another promise in the place of the proof: kept, they would fill the file before the proof comes.
        raise MalformedError("it leads to no Bitcoin block yet")
    refutation = checker.refutation(leaves)
    if refutation:
        raise MalformedError(refutation)
    return add_answer(proof, sha256(entry), committed, answer)


def _check_few(leaves: Sequence[Attested]) -> None:
    """Raises MalformedError for an answer that would take the room of other calendars' answers."""
    blocks = {each.height for each in leaves if each.notary is Notary.BITCOIN}
    if len(leaves) > ANSWER_ATTESTATIONS or len(blocks) > ANSWER_BLOCKS:
        raise MalformedError(
            f"it has {len(leaves)} attestations and {len(blocks)} blocks, and at most {ANSWER_ATTESTATIONS} and "
            f"{ANSWER_BLOCKS} are taken"
        )


def _why(error: MalformedError | OtsUnreadableError) -> str:
    return error.rule if isinstance(error, MalformedError) else error.what
