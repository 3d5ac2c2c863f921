from __future__ import annotations

import importlib.util
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.signed.note import Note, SignatureLine
from canary.core.signed.profile import check_text, parse_entry_note
from canary.core.text import codepoints
from canary.core.text.characters import allowed
from canary.errors import MalformedError
from canary.limits import ENTRY_BYTES, TEXT_BYTES
from tests import strategies

GENERATOR = Path(__file__).parents[2] / "scripts" / "make_codepoints.py"
LINE = SignatureLine("a", b"\x00\x01\x02\x03", b"signature")


def fault(text: str | bytes) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        check_text(text if isinstance(text, bytes) else text.encode())
    return caught.value


@given(strategies.texts)
def test_lines_of_allowed_characters_in_form_c_pass(text: bytes) -> None:
    assert check_text(text).encode() == text


@pytest.mark.parametrize(
    "character",
    [
        *("\x00", "\t", "\r", "\x7f", "\x85", "\x9f"),  # control
        *("\u00ad", "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\U000e0041"),  # format, bidi, tags
        *("\u00a0", "\u1680", "\u2003", "\u2028", "\u2029", "\u3000"),  # spaces and line ends
        *("\u034f", "\u115f", "\u17b4", "\u180b", "\u3164", "\ufe0f", "\uffa0", "\U000e0100"),  # ignorable
        *("\u2800", "\ue000", "\uffff", "\U0010ffff"),  # looks blank, private, noncharacters
        *("\U0001f6dc", "\u0378", "\U0001fae8"),  # not assigned in Unicode 14
    ],
)
def test_a_character_that_hides_or_moves_is_refused(character: str) -> None:
    error = fault(f"one\ntwo{character}x\n")
    assert (f"U+{ord(character):04X}" in error.rule, error.line) == (True, 2)


@pytest.mark.parametrize("character", [" x", "é", "ß", "א", "م", "漢", "한", "€", "—", "…", "\U0001f426", "\U0001fae0"])
def test_what_people_write_is_allowed(character: str) -> None:
    assert check_text(f"{character}\n".encode())


def test_the_table_is_sorted_without_overlap_and_holds_every_printable_ascii_character() -> None:
    flat = [point for run in codepoints.ALLOWED for point in run]
    assert flat == sorted(flat)
    assert all(
        last + 1 < first for (_, last), (first, _) in zip(codepoints.ALLOWED, codepoints.ALLOWED[1:], strict=False)
    )
    assert [point for point in range(0x80) if allowed(chr(point))] == list(range(0x20, 0x7F))


@given(st.integers(0, sys.maxunicode))
def test_no_allowed_character_has_a_category_that_is_refused(point: int) -> None:
    if allowed(chr(point)) and point != 0x20:
        assert unicodedata.category(chr(point)) not in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="the table is made by a Python with Unicode 14")
def test_the_table_is_what_the_script_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_codepoints", GENERATOR)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.module() == Path(codepoints.__file__).read_text()


@pytest.mark.parametrize("text", ["e\u0301\n", "\u212b\n", "\u1100\u1161\n", "a\u0323\u0307\u0301\u0323\n"])
def test_a_text_in_another_normal_form_is_refused(text: str) -> None:
    assert "Normalization Form C" in fault(text).rule
    assert check_text(unicodedata.normalize("NFC", text).encode())


def test_a_blank_at_the_end_of_a_line_is_refused() -> None:
    error = fault("one\ntwo \nthree\n")
    assert ("blank" in error.rule, error.line) == (True, 2)


def test_a_text_has_at_most_32_kib() -> None:
    assert check_text(b"x" * (TEXT_BYTES - 1) + b"\n")
    assert "32,768 bytes" in fault(b"x" * TEXT_BYTES + b"\n").rule


def test_an_entry_has_at_most_as_many_bytes_as_the_log_can_frame() -> None:
    line = SignatureLine("a", b"\x00\x01\x02\x03", bytes(1024))
    most = (ENTRY_BYTES - TEXT_BYTES - 1) // (len(line.render().encode()) + 1)
    text = b"x" * (TEXT_BYTES - 1) + b"\n"
    assert parse_entry_note(Note(text, (line,) * most).render()).text == text
    with pytest.raises(MalformedError, match="65,535"):
        parse_entry_note(Note(text, (line,) * (most + 1)).render())


@pytest.mark.parametrize("name", ["exämple.net/legal", "example.net/\x7flegal"])
def test_the_keys_of_an_entry_are_named_in_printable_ascii(name: str) -> None:
    with pytest.raises(MalformedError, match="ASCII"):
        parse_entry_note(Note(b"x\n", (SignatureLine(name, LINE.key_id, LINE.signature),)).render())


def test_the_profile_holds_for_the_text_of_an_entry() -> None:
    with pytest.raises(MalformedError, match=r"U\+200B"):
        parse_entry_note(Note("a\u200bb\n".encode(), (LINE,)).render())


@given(strategies.mutated(strategies.texts) | st.binary())
def test_any_bytes_pass_or_are_malformed_and_nothing_else(data: bytes) -> None:
    try:
        text = check_text(data)
    except MalformedError:
        return
    assert text.encode() == data
