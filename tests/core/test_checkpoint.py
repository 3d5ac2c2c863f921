from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import canary.core.log.checkpoint
from canary.core.log.checkpoint import Checkpoint, log_verifiers, parse_checkpoint, parse_signed_checkpoint
from canary.core.log.merkle import EMPTY_ROOT, leaf_hash, root_hash
from canary.core.log.tiles import parse_bundle
from canary.core.signed.kinds import ed25519_vkey
from canary.core.signed.note import SignatureLine, parse_note, verify_note
from canary.core.signed.vkey import VKey, parse_vkey
from canary.core.text.strict import encode_base64
from canary.errors import CanaryError, MalformedError
from canary.formats.native import log_size
from canary.limits import CHECKPOINT_BYTES, LOG_ENTRIES, MAX_NUMBER
from tests import strategies
from tests.simulator import CANARY, Publisher, private_key, public_key, worked_example

EXAMPLE = worked_example(canary.core.log.checkpoint, CANARY)
GOLDEN = Path(__file__).parents[3] / "shared" / "data" / "log" / "tessera-log"
GOLDEN_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
LOG_KEY = ed25519_vkey(CANARY, public_key("log"))
ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def publisher() -> Publisher:
    sim = Publisher()
    sim.roster(), sim.release()
    return sim


def signed(text: str, *keys: VKey) -> bytes:
    lines = [SignatureLine(key.name, key.key_id, private_key("log").sign(text.encode())) for key in keys or (LOG_KEY,)]
    return (text + "\n" + "".join(line.render() + "\n" for line in lines)).encode()


def fault(text: str) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        parse_signed_checkpoint(signed(text))
    assert caught.value.source == "checkpoint"
    return caught.value


def test_the_example_of_the_specification_is_the_checkpoint_of_a_log_of_two_entries() -> None:
    sim = publisher()
    found = parse_signed_checkpoint(EXAMPLE)
    assert sim.checkpoint() == EXAMPLE
    assert found.signed_by(LOG_KEY)
    assert found.checkpoint == Checkpoint(CANARY, 2, root_hash(leaf_hash(entry) for entry in sim.entries))


@given(strategies.checkpoints)
def test_a_checkpoint_is_read_as_it_was_written(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(checkpoint.render()) == checkpoint


@given(strategies.mutated(strategies.checkpoints.map(Checkpoint.render)) | st.binary())
def test_whatever_is_read_as_a_checkpoint_is_written_again_byte_for_byte(data: bytes) -> None:
    try:
        checkpoint = parse_checkpoint(data)
    except CanaryError:
        return
    assert checkpoint.render() == data


@given(strategies.mutated(st.just(EXAMPLE)) | st.binary())
def test_any_bytes_are_a_signed_checkpoint_or_malformed(data: bytes) -> None:
    try:
        found = parse_signed_checkpoint(data)
    except MalformedError:
        return
    assert found.note.render() == data
    assert found.checkpoint.render() == found.note.text


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        (f"{CANARY}\n2\n", None, "an origin, a size and a root hash"),
        (f"\n2\n{ROOT}\n", 1, "the origin is empty"),
        (f"{CANARY}\n02\n{ROOT}\n", 2, "leading zeros"),
        (f"{CANARY}\n-1\n{ROOT}\n", 2, "plain digits"),
        (f"{CANARY}\n{MAX_NUMBER + 1}\n{ROOT}\n", 2, "outside"),
        (f"{CANARY}\n2\n{ROOT[:-1]}\n", 3, "base64"),
        (f"{CANARY}\n2\n{ROOT[:40]}\n", 3, "32 bytes"),
        (f"{CANARY}\n2\n{ROOT}\none\n\ntwo\n", None, "an extension line is empty"),
    ],
)
def test_a_broken_rule_is_told_with_its_line(text: str, line: int | None, rule: str) -> None:
    error = fault(text)
    assert rule in error.rule
    assert error.line == line


def test_a_body_that_is_no_note_or_too_large_is_told_as_a_checkpoint() -> None:
    for data in (b"", b"<html>", b"<!doctype html>\n<p>\n\n</p>\n", EXAMPLE + b"x" * CHECKPOINT_BYTES):
        with pytest.raises(MalformedError, match="checkpoint"):
            parse_signed_checkpoint(data)


def test_extension_lines_are_read_and_signed() -> None:
    found = parse_signed_checkpoint(signed(f"{CANARY}\n0\n{ROOT}\none\n— two three\n"))
    assert found.checkpoint.extensions == ("one", "— two three")
    assert found.signed_by(LOG_KEY)


def test_two_checkpoints_contradict_each_other_if_no_log_can_have_both() -> None:
    one, other = (Checkpoint(CANARY, 2, bytes([n]) * 32) for n in range(2))
    assert one.contradicts(other)
    assert not one.contradicts(one)
    assert not one.contradicts(replace(other, size=3))


# --- who signed it --------------------------------------------------------------------------------------


def test_the_log_key_must_have_signed() -> None:
    found = parse_signed_checkpoint(EXAMPLE)
    assert not found.signed_by(ed25519_vkey(CANARY, public_key("another")))
    assert not found.signed_by(ed25519_vkey("example.org/canary", public_key("log")))


def test_a_wrong_signature_of_the_log_key_rejects_the_checkpoint() -> None:
    found = parse_signed_checkpoint(EXAMPLE)
    wrong = replace(found.note, text=found.note.text.replace(b"\n2\n", b"\n3\n"))
    with pytest.raises(MalformedError, match="is wrong"):
        replace(found, note=wrong).signed_by(LOG_KEY)


def test_lines_of_witnesses_of_any_kind_are_left_alone() -> None:
    line = SignatureLine("wé.example/1", b"\x01\x02\x03\x04", bytes(2432))
    found = parse_signed_checkpoint(EXAMPLE + line.render().encode() + b"\n")
    assert found.signed_by(LOG_KEY)
    assert len(found.note.signatures) == 2


def test_two_log_keys_may_sign_while_the_key_rotates() -> None:
    text = publisher().checkpoint().partition(b"\n\n")[0] + b"\n"
    old, new = ed25519_vkey(CANARY, public_key("log")), ed25519_vkey(CANARY, public_key("log'"))
    lines = [
        SignatureLine(key.name, key.key_id, private_key(seed).sign(text)) for key, seed in ((old, "log"), (new, "log'"))
    ]
    found = parse_signed_checkpoint(text + b"\n" + "".join(line.render() + "\n" for line in lines).encode())
    assert (found.signed_by(old), found.signed_by(new)) == (True, True)


def test_a_checkpoint_counts_no_more_entries_than_are_read() -> None:
    assert log_size(EXAMPLE) == 2
    assert log_size(signed(f"{CANARY}\n{LOG_ENTRIES}\n{ROOT}\n")) == LOG_ENTRIES
    with pytest.raises(MalformedError, match="at most 16,384"):
        log_size(signed(f"{CANARY}\n{LOG_ENTRIES + 1}\n{ROOT}\n"))


# --- a log from elsewhere -------------------------------------------------------------------------------


@pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"the golden log is not here: {GOLDEN}")
@pytest.mark.parametrize("size", range(16))
def test_every_checkpoint_of_the_golden_log_holds(size: int) -> None:
    found = parse_signed_checkpoint((GOLDEN / f"checkpoint.{size}").read_bytes())
    data = (GOLDEN / "tile" / "entries" / "000.p" / str(size)).read_bytes() if size else b""
    entries = parse_bundle(data, size)
    assert verify_note(parse_note(found.note.render()), log_verifiers([parse_vkey(GOLDEN_KEY)]))
    made_again = Checkpoint("example.com/log/testdata", size, root_hash(leaf_hash(entry) for entry in entries))
    assert made_again.render() == found.note.text
    assert (found.checkpoint.root == EMPTY_ROOT) == (size == 0)


@pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"the golden log is not here: {GOLDEN}")
def test_the_golden_log_serves_its_last_checkpoint_and_knows_its_own_tree() -> None:
    newest = parse_signed_checkpoint((GOLDEN / "checkpoint").read_bytes())
    last = (
        parse_signed_checkpoint((GOLDEN / "checkpoint.15").read_bytes())
        if (GOLDEN / "checkpoint.15").exists()
        else newest
    )
    tree = json.loads((GOLDEN / ".state" / "treeState").read_text())
    assert newest.signed_by(parse_vkey(GOLDEN_KEY))
    assert newest.checkpoint == last.checkpoint
    assert (newest.checkpoint.size, encode_base64(newest.checkpoint.root)) == (tree["size"], tree["root"])
