"""The profile layer: what our own texts keep beyond C2SP signed-note, so that two readers never disagree.

- An entry is at most 65,535 bytes, its text at most 32,768.
- Every character of the text is in the frozen table of `canary.core.text.codepoints`, or ends a line (U+000A).
- No line of the text ends in U+0020, and each line is in Unicode Normalization Form C.
- The names on all signature lines are printable ASCII.

Only code points that Unicode 14 assigns pass, so the normalisation of every later Unicode is the same (Unicode's
normalization stability policy).
"""

from __future__ import annotations

from canary.core.signed.note import Note, decode_lines, parse_note
from canary.errors import MalformedError
from canary.limits import ENTRY_BYTES, TEXT_BYTES


def parse_entry_note(data: bytes) -> Note:
    """Reads an entry: a note in our profile.

    Raises:
        MalformedError: a rule of the note format or of the profile is broken.
    """
    if len(data) > ENTRY_BYTES:
        raise MalformedError(f"an entry has at most {ENTRY_BYTES:,} bytes; this has {len(data):,}")
    note = parse_note(data)
    check_text(note.text)
    for number, line in enumerate(note.signatures, start=note.text.count(b"\n") + 2):
        if not (line.name.isascii() and line.name.isprintable()):
            raise MalformedError(f"a key's name is ASCII, not {line.name[:80]!a}", line=number)
    return note


def check_text(text: bytes) -> str:
    """Returns the characters of a text that keeps the profile.

    Raises:
        MalformedError: the rule that is broken, and its line.
    """
    if len(text) > TEXT_BYTES:
        raise MalformedError(f"a text has at most {TEXT_BYTES:,} bytes; this has {len(text):,}")
    characters = decode_lines(text)
    if text.isascii() and " \n" not in characters and "\x7f" not in characters:
        return characters  # decode_lines has refused every other control character
    for number, line in enumerate(characters.split("\n"), start=1):
        check_line(line, number=number)
    return characters


def check_line(line: str, *, number: int | None = None) -> None:
    """Checks one line, without its line end.

    Raises:
        MalformedError: a code point outside the table, a blank at the end, or not in Form C.
    """
    if line.endswith(" "):
        raise MalformedError("a line ends in a blank", line=number)
    if line.isascii() and line.isprintable():
        return
    # Imported here: the table is large, and most texts are plain ASCII.
    from canary.core.text.characters import check_characters  # noqa: PLC0415

    check_characters(line, number=number)
