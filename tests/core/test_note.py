from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import canary.core.signed.note
from canary.core.log.checkpoint import log_verifiers
from canary.core.log.cosignature import cosigners
from canary.core.signed.kinds import ED25519_TYPE, ed25519_vkey
from canary.core.signed.note import Note, SignatureLine, Verify, parse_note, parse_signature_line, verify_note
from canary.core.signed.vkey import VKey, parse_vkey
from canary.core.text.strict import encode_base64
from canary.errors import CanaryError, MalformedError
from canary.limits import SIGNATURE_LINES
from tests import strategies
from tests.simulator import private_key, public_key, worked_example

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "notes" / "notes.json"
TEXT = b"If it is not signed, it is not said.\n"


def key(name: str) -> VKey:
    return ed25519_vkey(name, public_key(name))


def signature(name: str, text: bytes = TEXT) -> SignatureLine:
    return SignatureLine(name, key(name).key_id, private_key(name).sign(text))


def fault(data: bytes) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        parse_note(data)
    return caught.value


# --- the grammar ----------------------------------------------------------------------------------------


def test_the_example_of_the_specification_is_a_note_of_two_right_signatures() -> None:
    note = parse_note(worked_example(canary.core.signed.note, "If it is not signed, it is not said."))
    keys = [ed25519_vkey(f"example.net/{name}", public_key(name)) for name in ("legal", "security")]
    assert note.text == TEXT
    assert verify_note(note, log_verifiers(keys)) == {"example.net/legal", "example.net/security"}


@given(strategies.notes)
def test_a_note_is_read_as_it_was_written(note: Note) -> None:
    assert parse_note(note.render()) == note


@given(strategies.mutated(strategies.notes.map(Note.render)) | st.binary())
def test_whatever_is_read_as_a_note_is_written_again_byte_for_byte(data: bytes) -> None:
    try:
        note = parse_note(data)
    except CanaryError:
        return
    assert note.render() == data


def test_the_last_blank_line_parts_text_and_signatures() -> None:
    note = parse_note(b"one\n\ntwo\n\n" + signature("a").render().encode() + b"\n")
    assert note.text == b"one\n\ntwo\n"


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029"])
def test_what_other_programs_take_for_a_line_end_parts_no_lines(end: str) -> None:
    line = signature("a").render().encode() + b"\n"
    assert parse_note(f"one{end}two\n\n".encode() + line).text == f"one{end}two\n".encode()
    assert "no blank line" in fault(f"one{end}{end}".encode() + line).rule


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x0c", "\x1c"])
def test_a_control_character_at_a_line_end_is_refused(end: str) -> None:
    assert "control character" in fault(f"one{end}\n\n{signature('a').render()}\n".encode()).rule


@pytest.mark.parametrize(
    ("data", "line", "rule"),
    [
        (b"", 1, "does not end in a newline"),
        (b"text", 1, "does not end in a newline"),
        (b"text\n", None, "no blank line"),
        (b"text\n\n", 3, "no signature stands"),
        (b"text\n\n\n", 4, "no signature stands"),
        (b"text\n\nno signature\n", 3, "em dash"),
        ("text\n\n—a AAAAAAA=\n".encode(), 3, "em dash"),
        ("text\n\n— a\n".encode(), 3, "a name, a space and a signature"),
        ("text\n\n— a \n".encode(), 3, "longer than its four-byte key id"),
        ("text\n\n— a AAAAAA==\n".encode(), 3, "longer than its four-byte key id"),
        ("text\n\n— a AAAAAAA\n".encode(), 3, "base64"),
        ("text\n\n— a AAAAAAB=\n".encode(), 3, "canonical"),
        ("text\n\n— a AAAAAAA= \n".encode(), 3, "base64"),
        ("text\n\n—  AAAAAAA=\n".encode(), 3, "neither a space nor a plus"),
        ("text\n\n— a+b AAAAAAA=\n".encode(), 3, "neither a space nor a plus"),
        ("text\n\n— a\u00a0b AAAAAAA=\n".encode(), 3, "neither a space nor a plus"),
        (b"one\ntwo\x00\n\nx\n", 2, "U+0000"),
        (b"one\ntwo\t\n\nx\n", 2, "U+0009"),
        (b"one\n\xff\n\nx\n", 2, "UTF-8"),
        (b"one\n\xed\xa0\x80\n\nx\n", 2, "UTF-8"),
    ],
)
def test_a_malformed_note_is_told_with_its_line_and_rule(data: bytes, line: int | None, rule: str) -> None:
    error = fault(data)
    assert rule in error.rule
    assert error.line == line


def test_a_hundred_signature_lines_are_read_and_no_more() -> None:
    line = signature("a").render().encode() + b"\n"
    assert len(parse_note(TEXT + b"\n" + line * SIGNATURE_LINES).signatures) == 100
    error = fault(TEXT + b"\n" + line * (SIGNATURE_LINES + 1))
    assert ("more than 100" in error.rule, error.line) == (True, 103)


def test_a_signature_line_without_a_number_is_still_told_by_its_rule() -> None:
    with pytest.raises(MalformedError) as caught:
        parse_signature_line("x")
    assert caught.value.line is None


# --- checking -------------------------------------------------------------------------------------------


def test_right_signatures_are_named_and_unknown_ones_ignored() -> None:
    note = Note(TEXT, (signature("stranger"), signature("b"), signature("a")))
    assert verify_note(note, log_verifiers([key("a"), key("b")])) == {"a", "b"}
    assert verify_note(note, log_verifiers([key("nobody")])) == set()


def test_one_wrong_signature_of_a_known_key_rejects_the_note() -> None:
    note = Note(TEXT, (signature("a"), signature("b", b"another text\n")))
    with pytest.raises(MalformedError, match="the signature of b is wrong"):
        verify_note(note, log_verifiers([key("a"), key("b")]))
    assert verify_note(note, log_verifiers([key("a")])) == {"a"}


def test_a_known_name_under_another_key_id_is_an_unknown_key() -> None:
    line = SignatureLine("a", key("b").key_id, private_key("b").sign(TEXT))
    assert verify_note(Note(TEXT, (line,)), log_verifiers([key("a")])) == set()


def test_what_repeats_a_key_is_dropped_unread() -> None:
    calls: list[bytes] = []

    def counting(_text: bytes, signed: bytes) -> bool:
        calls.append(signed)
        return True

    wrong = SignatureLine("a", key("a").key_id, b"wrong")
    note = Note(TEXT, (signature("a"), wrong, wrong))
    assert verify_note(note, {("a", key("a").key_id): counting}) == {"a"}
    assert calls == [signature("a").signature]


@pytest.mark.parametrize("length", [1, 63, 65, 1000])
def test_an_ed25519_signature_of_another_length_is_wrong_and_nothing_worse(length: int) -> None:
    note = Note(TEXT, (SignatureLine("a", key("a").key_id, bytes(length)),))
    with pytest.raises(MalformedError, match="is wrong"):
        verify_note(note, log_verifiers([key("a")]))


# --- vectors from elsewhere -----------------------------------------------------------------------------


def elsewhere() -> list[dict[str, Any]]:
    return json.loads(VECTORS.read_text()) if VECTORS.is_file() else []


@pytest.mark.skipif(not VECTORS.is_file(), reason=f"the signed notes with known verdicts are not here: {VECTORS}")
@pytest.mark.parametrize("vector", elsewhere(), ids=lambda vector: vector["id"])
def test_every_signed_note_from_elsewhere_gets_its_known_verdict(vector: dict[str, Any]) -> None:
    keys = [parse_vkey(each) for each in vector["vkeys"]]
    logs = [each for each in keys if each.data.startswith(ED25519_TYPE)]
    verifiers: dict[tuple[str, bytes], Verify] = {
        **log_verifiers(logs),
        **cosigners(each for each in keys if each not in logs),
    }
    try:
        verified = verify_note(parse_note(vector["note"].encode()), verifiers)
    except MalformedError:
        verified = set()
    # Where a note verifies, every key that the vector names has signed it.
    assert verified == ({each.name for each in keys} if vector["verifies"] else set())


def test_the_base64_of_a_signature_line_holds_key_id_and_signature() -> None:
    line = signature("a")
    assert line.render() == f"— a {encode_base64(key('a').key_id + line.signature)}"
