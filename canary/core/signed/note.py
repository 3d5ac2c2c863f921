"""The note layer: C2SP signed-note (c2sp.org/signed-note), and nothing that is only ours.

A note is a text that ends in a newline, a blank line, and one or more signature lines:

    If it is not signed, it is not said.

    — example.net/legal u8ZYQ0OYN9p0dSgilsKDu0nkAtCCBnpKTPLCAvwH+PNXXqctMM7SoTtfmqYguSuGHZkeUhg9wyQvCZA3Ay6dbeHJ9g4=
    — example.net/security zSV8ASpQUT9v2rffz95ccOadJ5qk3TBJkufBYxi32Y5B3PtCIW12fVgiS99tXbRqsswBd8QWouAInrO7Rd1qnBD+RwQ=

The whole is UTF-8 without any character below U+0020 but U+000A, and ends in U+000A. A line ends at U+000A and
nowhere else. The *last* two newlines in a row part text and signatures: the text ends with the first of them, which
belongs to it, and the signature lines begin behind the second. There are 1 to 100 of them.

A signature line is an em dash (U+2014), a space, the key's name, a space, and base64 (`canary.core.text.strict`) of the
four-byte key id and the signature, which is at least one byte long. A name is not empty, and holds neither `+` nor a
character with the Unicode property White_Space.

A **known key** is one that the reader was given, by name and key id; a line is of a known key if both are the same.
Lines are read in order:

- a line of a name and key id that stood on an earlier line of this note is dropped, unread;
- a line of a key that is not known is ignored;
- a line of a known key whose signature is wrong rejects the whole note;
- every other line counts for its key. A note that no known key signed is a note all the same.

Our own texts keep a stricter layer above this one, the profile (`canary.core.signed.profile`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from canary.core.signed.vkey import KEY_ID_BYTES, check_key_name
from canary.core.text.strict import decode_base64, encode_base64
from canary.errors import MalformedError
from canary.limits import SIGNATURE_LINES

Verify: TypeAlias = Callable[[bytes, bytes], bool]
"""Tells whether a signature, its second argument, is a known key's over a text, its first."""

SIGNATURE_PREFIX = "— "
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_CONTROL_BYTES = bytes(range(0x20)).replace(b"\n", b"")
_WHAT_IT_IS = {"\t": " (a tab)", "\r": " (a carriage return, as Windows ends lines)"}


class SignatureLine(msgspec.Struct, frozen=True):
    """One signature line.

    Attributes:
        name: the key's name.
        key_id: four bytes.
        signature: the signature, in the form of the key's kind.
    """

    name: str
    key_id: bytes
    signature: bytes

    def render(self) -> str:
        """Returns the line's one spelling, without its line end."""
        return f"{SIGNATURE_PREFIX}{self.name} {encode_base64(self.key_id + self.signature)}"


class Note(msgspec.Struct, frozen=True):
    """A text with its signature lines, none of them checked.

    Attributes:
        text: the signed bytes; they end in a newline.
        signatures: the lines, in order.
    """

    text: bytes
    signatures: tuple[SignatureLine, ...]

    def render(self) -> bytes:
        """Returns the note's bytes."""
        lines = "".join(line.render() + "\n" for line in self.signatures)
        return self.text + b"\n" + lines.encode()


def parse_note(data: bytes) -> Note:
    """Reads a note.

    Raises:
        MalformedError: which rule of the format is broken, and on which line.
    """
    decoded = decode_lines(data)
    end = decoded.rfind("\n\n")
    if end < 0:
        raise MalformedError("no blank line parts the text from its signatures")
    text = decoded[: end + 1]
    block = decoded[end + 2 :]
    first = text.count("\n") + 2
    if not block:
        raise MalformedError("no signature stands after the last blank line", line=first)
    lines = block.split("\n")[:-1]
    if len(lines) > SIGNATURE_LINES:
        raise MalformedError(f"more than {SIGNATURE_LINES} signature lines", line=first + SIGNATURE_LINES)
    signatures = tuple(parse_signature_line(line, number=first + i) for i, line in enumerate(lines))
    return Note(text.encode(), signatures)


def parse_signature_line(line: str, *, number: int | None = None) -> SignatureLine:
    """Reads one signature line, without its line end.

    Args:
        line: the line.
        number: its number, counted from 1, for the error.

    Raises:
        MalformedError: it is no signature line.
    """
    if not line.startswith(SIGNATURE_PREFIX):
        raise MalformedError("a signature line starts with an em dash and a space", line=number)
    name, space, encoded = line.removeprefix(SIGNATURE_PREFIX).partition(" ")
    try:
        check_key_name(name)
        if not space:
            raise MalformedError("a signature line has a name, a space and a signature")
        blob = decode_base64(encoded)
        if len(blob) <= KEY_ID_BYTES:
            raise MalformedError("a signature is longer than its four-byte key id")
    except MalformedError as error:
        raise MalformedError(error.rule, line=number) from error
    return SignatureLine(name, blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])


def decode_lines(data: bytes) -> str:
    """Returns bytes as lines of UTF-8 without any control character but the line end.

    Raises:
        MalformedError: not UTF-8, a control character below U+0020, or no line end at the end.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise MalformedError("not UTF-8", line=line) from error
    # No byte of a longer UTF-8 sequence is below U+0080, so the bytes tell, and sooner.
    control = _CONTROL.search(text) if len(data.translate(None, _CONTROL_BYTES)) != len(data) else None
    if control:
        line = text.count("\n", 0, control.start()) + 1
        raise MalformedError(f"the control character {_named(control.group())} is not allowed", line=line)
    if not text.endswith("\n"):
        raise MalformedError("the last line does not end in a newline", line=text.count("\n") + 1)
    return text


def _named(control: str) -> str:
    return f"U+{ord(control):04X}{_WHAT_IT_IS.get(control, '')}"


def verify_note(note: Note, verifiers: Mapping[tuple[str, bytes], Verify]) -> set[str]:
    """Checks a note as C2SP signed-note says.

    Args:
        note: the note.
        verifiers: for (name, key id) of each known key, a function of text and signature.

    Returns:
        The names of the known keys whose signature is right; may be empty.

    Raises:
        MalformedError: a known key's signature is wrong; the whole note is rejected.
    """
    seen: set[tuple[str, bytes]] = set()
    verified: set[str] = set()
    for line in note.signatures:
        key = line.name, line.key_id
        if key in seen:
            continue
        seen.add(key)
        verify = verifiers.get(key)
        if verify is None:
            continue
        if not verify(note.text, line.signature):
            raise MalformedError(f"the signature of {line.name} is wrong")
        verified.add(line.name)
    return verified
