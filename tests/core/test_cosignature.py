from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from canary.core.log import cosignature
from canary.core.log.checkpoint import Checkpoint, log_verifiers, parse_signed_checkpoint
from canary.core.log.cosignature import (
    ED25519_COSIGNATURE_TYPE,
    MLDSA44_COSIGNATURE_TYPE,
    cosigners,
    moment_of,
)
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.log.proofs import parse_log_proof, verify_consistency, verify_inclusion
from canary.core.log.tiles import log_files, parse_bundle
from canary.core.signed.kinds import ed25519_vkey
from canary.core.signed.note import Note, SignatureLine, Verify, parse_note, verify_note
from canary.core.signed.vkey import VKey, parse_vkey
from canary.core.text.strict import decode_base64
from canary.errors import MalformedError
from tests.simulator import private_key, public_key

MINI = Path(__file__).parents[3] / "shared" / "data" / "log" / "mini-log"
WITNESS = "witness.example/w1"
ED25519 = VKey.make(WITNESS, ED25519_COSIGNATURE_TYPE + public_key("witness"))
TEXT = Checkpoint("example.net/canary", 2, bytes(32)).render()
MOMENT = 1_760_000_000


def line(key: VKey, signature: bytes, moment: int = MOMENT) -> SignatureLine:
    return SignatureLine(key.name, key.key_id, moment.to_bytes(8, "big") + signature)


def ed25519_line(text: bytes = TEXT, moment: int = MOMENT, *, header: bytes = b"cosignature/v1") -> SignatureLine:
    message = header + b"\ntime " + str(moment).encode() + b"\n" + text
    return line(ED25519, private_key("witness").sign(message), moment)


def verified(*lines: SignatureLine, keys: tuple[VKey, ...] = (ED25519,)) -> set[str]:
    return verify_note(Note(TEXT, lines), cosigners(keys))


def test_an_ed25519_cosignature_is_over_its_moment_and_the_checkpoint() -> None:
    assert verified(ed25519_line()) == {WITNESS}
    assert verified(ed25519_line(TEXT, 0)) == {WITNESS}
    assert moment_of(ed25519_line().signature) == MOMENT


@pytest.mark.parametrize(
    "wrong",
    [
        line(ED25519, ed25519_line().signature[8:], MOMENT + 1),
        line(ED25519, private_key("witness").sign(TEXT)),
        ed25519_line(TEXT.replace(b"\n2\n", b"\n3\n")),
        ed25519_line(header=b"cosignature/v2"),
        SignatureLine(WITNESS, ED25519.key_id, ed25519_line().signature[8:]),
        SignatureLine(WITNESS, ED25519.key_id, b"\0" * 8),
        SignatureLine(WITNESS, ED25519.key_id, b"\x80" + ed25519_line().signature[1:]),
    ],
)
def test_a_witness_line_that_is_wrong_rejects_the_note(wrong: SignatureLine) -> None:
    with pytest.raises(MalformedError, match="is wrong"):
        verified(wrong)


def test_a_witness_that_nobody_knows_is_ignored() -> None:
    assert verified(ed25519_line(), keys=()) == set()


@pytest.mark.parametrize(
    "data",
    [
        b"\x04" + bytes(32),  # small order
        b"\x04" + bytes(31),
        b"\x06" + bytes(1_311),
        b"\x01" + public_key("witness"),  # a log's key, which cosigns nothing
    ],
)
def test_what_is_no_witness_key_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        cosigners([VKey.make(WITNESS, data)])


# --- ML-DSA ---------------------------------------------------------------------------------------------


def ml_dsa() -> tuple[MLDSA44PrivateKey, VKey]:
    private = MLDSA44PrivateKey.generate()
    return private, VKey.make("witness.example/pq", MLDSA44_COSIGNATURE_TYPE + private.public_key().public_bytes_raw())


def test_an_ml_dsa_cosignature_is_over_name_moment_origin_size_and_root() -> None:
    private, key = ml_dsa()
    origin, moment = b"example.net/canary", MOMENT.to_bytes(8, "big")
    message = (
        b"subtree/v1\n\0\x12witness.example/pq" + moment + b"\x12" + origin + bytes(8) + b"\0" * 7 + b"\2" + bytes(32)
    )
    assert verified(line(key, private.sign(message)), keys=(key,)) == {"witness.example/pq"}
    with pytest.raises(MalformedError, match="is wrong"):
        verified(line(key, private.sign(message), MOMENT + 1), keys=(key,))


def test_a_text_that_is_no_checkpoint_or_names_too_much_is_not_cosigned() -> None:
    private, key = ml_dsa()
    for text in (b"no checkpoint\n", Checkpoint("x" * 256, 2, bytes(32)).render()):
        with pytest.raises(MalformedError, match="is wrong"):
            verify_note(Note(text, (line(key, private.sign(text)),)), cosigners([key]))


def test_a_key_that_the_library_here_cannot_use_is_an_unknown_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Without:
        @staticmethod
        def from_public_bytes(_: bytes) -> mldsa.MLDSA44PublicKey:
            raise UnsupportedAlgorithm("no ML-DSA here")

    _, key = ml_dsa()
    monkeypatch.setattr(cosignature, "MLDSA44PublicKey", Without)
    assert verified(line(key, b"whatever"), ed25519_line(), keys=(key,)) == set()


# --- a cosigned log from elsewhere ----------------------------------------------------------------------


def keys() -> dict[str, VKey]:
    rows = (row.split(" ", 1) for row in (MINI / "KEYS").read_text().splitlines())
    return {name: parse_vkey(key) for name, key in rows if not key.startswith("PRIVATE")}


def entries(size: int) -> tuple[bytes, ...]:
    return parse_bundle((MINI / "tile" / "entries" / "000.p" / str(size)).read_bytes(), size)


needs_the_log = pytest.mark.skipif(not MINI.is_dir(), reason=f"the cosigned log is not here: {MINI}")


@needs_the_log
def test_the_checkpoint_of_the_cosigned_log_verifies_under_log_and_witness() -> None:
    signed = parse_signed_checkpoint((MINI / "checkpoint").read_bytes())
    known = keys()
    witnesses = cosigners([known["WITNESS"], known["MLDSA"]])
    verifiers: dict[tuple[str, bytes], Verify] = {**log_verifiers([known["LOG"]]), **witnesses}
    assert verify_note(signed.note, verifiers) == {"canary.example/log", WITNESS}
    assert moment_of(signed.note.signatures[1].signature) == MOMENT


@needs_the_log
def test_the_cosigned_log_is_made_again_file_by_file() -> None:
    files = {str(path.relative_to(MINI)): path.read_bytes() for path in (MINI / "tile").rglob("*") if path.is_file()}
    leaves = [leaf_hash(entry) for entry in entries(5)]
    assert log_files(entries(5), leaves, sizes=[3, 5]) == files
    for name, size in {"checkpoint.3": 3, "checkpoint": 5}.items():
        body = parse_note((MINI / name).read_bytes()).text
        assert Checkpoint("canary.example/log", size, root_hash(leaves[:size])).render() == body


@needs_the_log
def test_the_log_proof_of_an_entry_holds() -> None:
    proof = parse_log_proof((MINI / "entry2.tlog-proof").read_bytes())
    entry, checkpoint = (MINI / "entry2").read_bytes(), parse_signed_checkpoint(proof.checkpoint).checkpoint
    assert entry == entries(5)[2]
    for data, holds in ((entry, True), (entry + b"\n", False)):
        assert holds == verify_inclusion(
            leaf=leaf_hash(data), index=proof.index, size=checkpoint.size, hashes=proof.hashes, root=checkpoint.root
        )


@needs_the_log
def test_two_checkpoints_of_the_cosigned_log_contradict_each_other() -> None:
    log = keys()["LOG"]
    one, other = (parse_signed_checkpoint((MINI / name).read_bytes()) for name in ("checkpoint", "fork-checkpoint"))
    assert (one.signed_by(log), other.signed_by(log)) == (True, True)
    assert one.checkpoint.contradicts(other.checkpoint)


@needs_the_log
@pytest.mark.parametrize(
    ("name", "stored", "expected"),
    [
        ("0-3", None, "first"),
        ("3-5", "checkpoint.3", "grown"),
        ("5-5", "checkpoint", "same"),
        ("5-5fork", "checkpoint", "contradicts"),
        ("5-3rollback", "checkpoint", "smaller"),
        ("badsig", "checkpoint", "bad signature"),
        ("unknown", None, "unknown log"),
    ],
)
def test_what_is_handed_to_a_witness_is_what_its_name_says(name: str, stored: str | None, expected: str) -> None:
    head, _, body = (MINI / f"add-checkpoint.{name}").read_text().partition("\n\n")
    old, *hashes = head.split("\n")
    before = parse_signed_checkpoint((MINI / stored).read_bytes()).checkpoint if stored else None
    assert old == f"old {before.size if before else 0}"
    assert _said(body.encode(), before, [decode_base64(each) for each in hashes]) == expected


def _said(body: bytes, before: Checkpoint | None, hashes: list[bytes]) -> str:
    signed, log = parse_signed_checkpoint(body), keys()["LOG"]
    after = signed.checkpoint
    try:
        # The log's own key signed one of another origin too: a right signature names no log.
        if not signed.signed_by(log) or after.origin != log.name:
            return "unknown log"
    except MalformedError:
        return "bad signature"
    if before is None:
        return "first"
    if after.size < before.size:
        return "smaller"
    if after.contradicts(before):
        return "contradicts"
    grown = verify_consistency(
        old=before.size, new=after.size, old_root=before.root, new_root=after.root, hashes=hashes
    )
    return "same" if after == before and grown else "grown" if grown else "not consistent"


def test_a_log_key_and_a_witness_key_of_the_same_bytes_are_two_keys() -> None:
    assert ed25519_vkey(WITNESS, public_key("witness")).key_id != ED25519.key_id
