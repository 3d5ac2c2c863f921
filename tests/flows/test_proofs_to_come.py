from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.dating.evidence import OTS, evidence_names
from canary.core.dating.ots_calendars import CalendarAnswer, Promise
from canary.errors import FetchError
from canary.flows.issue.proofs_to_come import ProofStage, ask_for_proofs, has_open_promises, proof_stage
from canary.formats.times.ots_proof import open_promises, read_proof
from tests import ots_proofs as ots
from tests.calendar_simulator import nobody_knows

ENTRY = b"an entry with its signatures\n"
HASH = ots.sha256(ENTRY)
NONCE = bytes(range(16))
URI = "https://alice.example"


@dataclass
class Scripted:
    """Calendars that say what they are told to, from memory."""

    says: Callable[[Promise], bytes | None]
    uris: tuple[str, ...] = (URI,)
    asked: list[Promise] = field(default_factory=list)

    def submit(self, commitment: bytes) -> tuple[CalendarAnswer, ...]:
        return self.fetch([Promise(uri, commitment) for uri in self.uris])

    def fetch(self, promises: Sequence[Promise]) -> tuple[CalendarAnswer, ...]:
        self.asked += promises
        bodies = [(promise, self.says(promise)) for promise in promises]
        return tuple(
            CalendarAnswer(promise, body, None if body is not None else FetchError("is silent"))
            for promise, body in bodies
        )


def promises(promise: Promise) -> bytes:
    return ots.append(promise.calendar.encode()) + ots.promise(promise.calendar)


def silent(_: Promise) -> None:
    """Says nothing."""


def test_an_entry_without_proof_gets_one_under_the_first_free_name() -> None:
    for stored, name in (
        ({}, "0.ots"),
        ({"0.tsr": b"a token"}, "0.ots"),
        ({"0.ots": b"no proof"}, "1.ots"),
        ({"0.ots": ots.proof(b"another entry", ots.promise(URI))}, "1.ots"),
        ({"0.ots": b"no proof", "1.ots": b"nor this"}, "2.ots"),
    ):
        changes = ask_for_proofs(ENTRY, stored, Scripted(promises), NONCE, nobody_knows)
        assert list(changes.files) == [name]
        assert proof_stage(ENTRY, changes.files) is ProofStage.PROMISED
        assert [each.source for each in changes.failures] == [key for key in stored if key.endswith(OTS)]
        assert changes.promised == (URI,)


def test_nothing_is_written_where_no_calendar_promised_or_no_room_is_left() -> None:
    changes = ask_for_proofs(ENTRY, {}, Scripted(silent), NONCE, nobody_knows)
    assert (changes.files, changes.promised) == ({}, ())
    assert [(each.source, each.reason) for each in changes.failures] == [(URI, "is silent")]
    full = dict.fromkeys(evidence_names(OTS), b"no proof")
    calendars = Scripted(promises)
    changes = ask_for_proofs(ENTRY, full, calendars, NONCE, nobody_knows)
    assert (changes.files, calendars.asked) == ({}, [])
    assert changes.failures[-1].source == "9.ots"
    assert "the last one that there is room for" in changes.failures[-1].reason


def test_a_proof_that_rests_on_another_notary_alone_does_not_keep_one_from_being_begun() -> None:
    stored = {"0.ots": ots.proof(ENTRY, ots.block(900, ots.LITECOIN))}
    assert proof_stage(ENTRY, stored) is ProofStage.NONE
    changes = ask_for_proofs(ENTRY, stored, Scripted(promises), NONCE, nobody_knows)
    assert (list(changes.files), changes.failures) == (["1.ots"], ())


@pytest.mark.parametrize("beside", [b"", ots.FORK + ots.promise(URI)])
def test_a_first_answer_that_names_a_block_already_is_a_lie(beside: bytes) -> None:
    calendars = Scripted(lambda promise: beside + ots.way(promise.commitment, 900).tree)
    changes = ask_for_proofs(ENTRY, {}, calendars, NONCE, nobody_knows)
    assert changes.files == {}
    assert [each.reason for each in changes.failures] == ["gave no promise: it is no promise"]


def test_every_stored_proof_is_completed_and_none_is_begun() -> None:
    stored = {
        "0.ots": ots.proof(ENTRY, ots.promise(URI)),
        "1.ots": ots.proof(ENTRY, ots.append(b"x") + ots.promise(URI)),
        "2.ots": ots.proof(ENTRY, ots.block(7)),
        "3.ots": b"no proof",
    }
    calendars = Scripted(lambda promise: ots.way(promise.commitment, 900).tree)
    changes = ask_for_proofs(ENTRY, stored, calendars, NONCE, nobody_knows)
    assert [each.commitment for each in calendars.asked] == [HASH, HASH + b"x"]
    assert sorted(changes.files) == ["0.ots", "1.ots"]
    assert not has_open_promises(ENTRY, changes.files)
    for name, data in changes.files.items():
        assert set(read_proof(stored[name], HASH)) < set(read_proof(data, HASH))


def test_one_calendars_false_block_does_not_end_the_wait_for_another() -> None:
    other = "https://bob.example"
    tree = ots.forks(ots.append(b"a") + ots.promise(URI), ots.append(b"b") + ots.promise(other))
    stored = {"0.ots": ots.proof(ENTRY, tree)}
    calendars = Scripted(lambda promise: ots.block(900) if promise.calendar == URI else None)
    changes = ask_for_proofs(ENTRY, stored, calendars, NONCE, nobody_knows)
    assert proof_stage(ENTRY, changes.files) is ProofStage.BLOCK
    assert open_promises(changes.files["0.ots"], HASH) == (Promise(other, HASH + b"b"),)


def test_an_answer_for_which_there_is_no_room_changes_nothing() -> None:
    filling = ots.forks(*(ots.append(bytes([number]) * 4000) + ots.promise(URI) for number in range(16)))
    stored = {"0.ots": ots.proof(ENTRY, filling)}
    calendars = Scripted(lambda promise: ots.SHA256 + ots.append(b"a" * 3000) + ots.block(len(promise.commitment)))
    changes = ask_for_proofs(ENTRY, stored, calendars, NONCE, nobody_knows)
    assert changes.files == {}
    assert "more than 65,536 bytes" in changes.failures[0].reason


def test_a_hash_that_this_machine_lacks_leaves_the_proof_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str, *_: bytes) -> None:
        raise ValueError(f"unsupported hash type {name}")

    stored = {"0.ots": ots.proof(ENTRY, ots.promise(URI))}
    calendars = Scripted(lambda _: b"\x03" + ots.block(900))
    monkeypatch.setattr(hashlib, "new", without)
    changes = ask_for_proofs(ENTRY, stored, calendars, NONCE, nobody_knows)
    assert changes.files == {}
    assert "ripemd160" in changes.failures[0].reason


@given(st.binary(max_size=200), st.binary(max_size=200) | st.none())
def test_no_answer_and_no_file_makes_it_fail_or_lose_what_is_stored(stored: bytes, said: bytes | None) -> None:
    proof = ots.proof(ENTRY, ots.promise(URI))
    for files in ({}, {"0.ots": stored}, {"0.ots": proof, "1.ots": stored}):
        changes = ask_for_proofs(ENTRY, files, Scripted(lambda _: said), NONCE, nobody_knows)
        for name, data in changes.files.items():
            leaves = set(read_proof(data, HASH))
            assert leaves > set(read_proof(files[name], HASH)) if name in files else leaves


LIAR = "https://liar.example"


@pytest.mark.parametrize(
    "too_much",
    [
        ots.forks(*(ots.append(bytes([number])) + ots.promise(LIAR) for number in range(5))),
        ots.forks(*(ots.append(bytes([number])) + ots.promise(LIAR) for number in range(62))),
    ],
    ids=["5 promises", "62 promises"],
)
def test_a_calendar_that_promises_too_much_takes_no_room_from_the_others(too_much: bytes) -> None:
    calendars = Scripted(lambda asked: too_much if asked.calendar == LIAR else promises(asked), (LIAR, URI))
    changes = ask_for_proofs(ENTRY, {}, calendars, NONCE, nobody_knows)
    assert changes.promised == (URI,)
    (failure,) = changes.failures
    assert (failure.source, "at most 4 and 2 are taken" in failure.reason) == (LIAR, True)
    assert {each.name for each in read_proof(changes.files["0.ots"], HASH)} == {URI}


def test_a_calendar_that_names_many_blocks_spoils_nothing() -> None:
    begun = ask_for_proofs(ENTRY, {}, Scripted(promises, (LIAR, URI)), NONCE, nobody_knows).files

    def answer(blocks: int) -> Callable[[Promise], bytes]:
        made_up = ots.forks(*(ots.block(800_000 + number) for number in range(blocks))) if blocks else b""
        return lambda asked: made_up if asked.calendar == LIAR else ots.way(asked.commitment, 900_001).tree

    changes = ask_for_proofs(ENTRY, begun, Scripted(answer(3)), NONCE, nobody_knows)
    assert [each.source for each in changes.failures] == [LIAR]
    assert {each.height for each in read_proof(changes.files["0.ots"], HASH)} == {0, 900_001}
    assert not ask_for_proofs(ENTRY, begun, Scripted(answer(2)), NONCE, nobody_knows).failures
