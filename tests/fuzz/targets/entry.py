"""Whole entries: the note, its text by its first line, and whether one is admitted as the first or the second of a log.

What is admitted is checked once more by a reading of the rules that shares no code with the product's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Final

from msgspec.structs import replace

from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.log import history
from canary.core.log.admitted import Admitted
from canary.core.log.history import History, RejectedError
from canary.core.signed.entry import Entry, NewerFormatError, parse_entry, parse_text
from canary.core.signed.note import Note, SignatureLine, parse_note
from canary.errors import MalformedError
from tests.fuzz.harness import Scramble, Target, attempt, check_message
from tests.fuzz.memory import remembering
from tests.fuzz.mutation import mutate_lines, repair
from tests.fuzz.oracle import quorum_signed
from tests.fuzz.pretended_gpg import SelfTellingGpg
from tests.simulator import CANARY, Publisher, private_key, public_key

GPG: Final = SelfTellingGpg()
NAMES: Final = ("legal", "security")


@cache
def publisher() -> Publisher:
    """Returns the publisher whose roster 1 the second entries are judged by."""
    sim = Publisher(NAMES, openpgp=("security",), cadence="4 weeks")
    sim.gpg = GPG
    sim.roster()
    return sim


@cache
def _after_roster() -> History:
    log = History()
    log.append(publisher().entries[0], GPG)
    return log


def check(data: bytes) -> None:
    entry = attempt(parse_entry, data)
    if entry is not None:
        _check_entry(entry, data)
    log = History() if entry is None or entry.content.entry == 1 else _after_roster().copy()
    before = list(log.admitted)
    admitted = _admitted(log, data)
    if admitted is None:
        assert log.admitted == before, "what was rejected changed the history"
        return
    assert entry is not None, "an entry was admitted that does not parse"
    assert log.admitted == [*before, admitted]
    _check_admitted(admitted, before)


def _check_entry(entry: Entry, data: bytes) -> None:
    assert entry.data == data
    assert Note(entry.text, entry.signatures).render() == data
    assert entry.content.render() == entry.text
    assert parse_text(entry.text) == entry.content
    assert entry.text_hash == hashlib.sha256(entry.text).hexdigest()


def _admitted(log: History, data: bytes) -> Admitted | None:
    try:
        return log.append(data, GPG)
    except (RejectedError, NewerFormatError) as error:
        check_message(str(error))
        return None


def _check_admitted(admitted: Admitted, before: list[Admitted]) -> None:
    content = admitted.entry.content
    assert content.entry == len(before) + 1
    assert content.previous == (before[-1].entry.text_hash if before else None)
    assert isinstance(content, Roster) or before, "a log began with a release"
    assert quorum_signed(admitted.entry, before[-1].roster if before else None)
    assert set(admitted.tally.signed).isdisjoint(admitted.tally.missing)
    assert len(set(admitted.tally.signed)) == len(admitted.tally.signed) >= admitted.tally.threshold
    if isinstance(content, Release):
        assert content.canary == CANARY
        assert admitted.roster == before[-1].roster


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    changed = mutate_lines(data, limit, random, scramble)
    if random.random() < 0.6:
        changed = repair(changed)
    if random.random() < 0.5:
        changed = _signed_again(changed, random)
    return changed[:limit]


def _signed_again(data: bytes, random: Random) -> bytes:
    """Signs a changed text with some of the keys that the roster knows, as a quorum that misbehaves would."""
    text, _, _ = data.rpartition(b"\n\n")
    text += b"\n"
    signers = [signer for signer in publisher().rosters[0].signers if random.random() < 0.9]
    issued = publisher().rosters[0].issued
    try:
        content = parse_text(text)
        issued = content.issued
        if isinstance(content, Roster):
            signers += [signer for signer in content.signers if signer not in signers]
        others = [line for line in parse_note(data).signatures if random.random() < 0.1]
    except (MalformedError, NewerFormatError):
        others = []
    lines = [*others]
    for signer in signers:
        if signer.certificate:
            signature = GPG.sign(signer.key.data[-20:], text, issued)
        else:
            signature = private_key(_seed_of(signer.key.data[1:])).sign(text)
        lines.append(SignatureLine(signer.key.name, signer.key.key_id, signature))
    try:
        return Note(text, tuple(lines)).render()
    except UnicodeEncodeError:
        return data


def _seed_of(public: bytes) -> str:
    return next((name for name in (*NAMES, "director") if public_key(name) == public), "mallory")


def seeds() -> Mapping[str, bytes]:
    sim = publisher().fork_at(1)
    made = {"roster": sim.entries[0], "release": sim.release()}
    other = publisher().fork_at(1)
    made["second-roster"] = other.roster(add=("director",), remove=("security",), threshold=1)
    sparse = publisher().fork_at(1)
    made["below-threshold"] = sparse.release(signed_by=("legal",), final=True)
    newer = publisher().fork_at(1)
    made["newer-format"] = newer.release(edit=lambda text: text.replace("/v1", "/v2", 1))
    foreign = replace(parse_note(made["release"]), signatures=parse_note(made["roster"]).signatures)
    made["spliced-signatures"] = foreign.render()
    return made


def prepare() -> None:
    """Lets the history take the entry that was parsed already: parsing is what most of the time goes to."""
    parse = remembering(parse_entry)
    history.parse_entry = parse  # type: ignore[attr-defined]  # its name in that module
    globals()["parse_entry"] = parse


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=2_048, prepare=prepare)
