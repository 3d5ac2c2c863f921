"""OpenTimestamps proofs over an entry, from the publisher's side: begun when it is published, completed hours later.

A calendar's promise is no proof; the proof comes when a Bitcoin block holds the calendar's commitment, and has to be
fetched then. So this runs when an entry is published, and again until nothing is open. What is stored is only ever
added to, and only by what was read back as a whole proof over the entry; a calendar that says nonsense costs nothing
but its own promise.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from canary.core.evidence import OTS, evidence_names
from canary.core.ots_calendars import CalendarAnswer, Calendars
from canary.core.strict import sha256
from canary.errors import CanaryError, MalformedError
from canary.formats.ots_proof import (
    Notary,
    OtsUnreadableError,
    add_answer,
    begin_proof,
    check_installed,
    commitment,
    open_promises,
    reaches_a_block,
    read_proof,
)

_SHOWN_CHARACTERS = 80
"""Characters of an address that are put in words; it may come from a file."""


class ProofChanges(msgspec.Struct, frozen=True):
    """What to do with an entry's `.ots` files, and what to say of it.

    Attributes:
        files: the files to write whole, each in the place of what was there, by name.
        told: what came of each calendar and each file, one line each, for people; no full stops.
        pending: whether calendars' promises are open still, so that this has to run again.
    """

    files: dict[str, bytes]
    told: tuple[str, ...]
    pending: bool


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


def ask_for_proofs(entry: bytes, stored: Mapping[str, bytes], calendars: Calendars, nonce: bytes) -> ProofChanges:
    """Asks calendars for a first proof of an entry, or for what is missing in those that are stored.

    Args:
        entry: the whole entry, as published.
        stored: its evidence, by name; what is no `.ots` file is left alone.
        calendars: the calendars on the publisher's list.
        nonce: 16 random bytes, never used before.

    Raises:
        OtsNotInstalledError: the package that reads proofs is not installed.
    """
    check_installed()
    proofs, told = _readable(entry, stored)
    asked = _completed(entry, proofs, calendars) if proofs else _begun(entry, stored, calendars, nonce)
    files = {name: data for name, data in asked.files.items() if data != stored.get(name)}
    pending = has_open_promises(entry, {**proofs, **files})
    return ProofChanges(files, (*told, *asked.told), pending)


class _Asked(msgspec.Struct, frozen=True):
    files: dict[str, bytes]
    told: list[str]


def _readable(entry: bytes, stored: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[str]]:
    """Returns the stored proofs that are over the entry, and what is to be said of the others."""
    proofs, told = {}, []
    for name, data in stored.items():
        if name.endswith(OTS):
            try:
                read_proof(data, sha256(entry))
                proofs[name] = data
            except (MalformedError, OtsUnreadableError) as error:
                told.append(f"{name} was left alone: {_why(error)}")
    return proofs, told


def _begun(entry: bytes, stored: Mapping[str, bytes], calendars: Calendars, nonce: bytes) -> _Asked:
    """Asks for a first proof."""
    name = next((each for each in evidence_names(OTS) if each not in stored), None)
    if name is None:
        return _Asked({}, ["there is no room for another proof"])
    proof, told = b"", []
    for answer in calendars.submit(commitment(sha256(entry), nonce)):
        calendar = answer.promise.calendar
        try:
            proof = _with_promise(proof, entry, nonce, answer) if answer.body is not None else proof
            told.append(f"{calendar} {answer.fault or 'promised a Bitcoin block'}")
        except (MalformedError, OtsUnreadableError) as error:
            told.append(f"{calendar} gave no promise: {_why(error)}")
    return _Asked({name: proof} if proof else {}, told)


def _with_promise(proof: bytes, entry: bytes, nonce: bytes, answer: CalendarAnswer) -> bytes:
    """Returns a proof with one more calendar's promise; raises MalformedError where the answer is none."""
    hashed, body = sha256(entry), answer.body or b""
    alone = begin_proof(hashed, nonce, body)
    if all(each.notary is Notary.OTHER for each in read_proof(alone, hashed)):
        raise MalformedError("it names no calendar and no block")
    return add_answer(proof, hashed, answer.promise.commitment, body) if proof else alone


def _completed(entry: bytes, proofs: Mapping[str, bytes], calendars: Calendars) -> _Asked:
    """Asks for what is missing in proofs."""
    files, told = dict(proofs), []
    for name, data in proofs.items():
        promises = open_promises(data, sha256(entry))
        for answer in calendars.fetch(promises) if promises else ():
            calendar = answer.promise.calendar[:_SHOWN_CHARACTERS]
            try:
                files[name] = _with_block(files[name], entry, answer) if answer.body is not None else files[name]
                told.append(f"{name}: {calendar} {answer.fault or 'has a Bitcoin block for it'}")
            except (MalformedError, OtsUnreadableError) as error:
                told.append(f"{name}: {calendar} gave no proof: {_why(error)}")
    return _Asked(files, told)


def _with_block(proof: bytes, entry: bytes, answer: CalendarAnswer) -> bytes:
    """Returns a proof with the way to a block added; raises MalformedError where the answer does not lead to one."""
    committed, body = answer.promise.commitment, answer.body or b""
    if not reaches_a_block(body, committed):
        # Another promise in the place of the proof: kept, they would fill the file before the proof comes.
        raise MalformedError("it leads to no Bitcoin block yet")
    return add_answer(proof, sha256(entry), committed, body)


def _why(error: CanaryError) -> str:
    return error.rule if isinstance(error, MalformedError) else error.what
