"""Notes that are none: bytes that no reader may take for an entry."""

from __future__ import annotations

from msgspec.structs import replace

from canary.core.signed.note import Note, SignatureLine
from tests.badinput.row import Row, entry, malformed, newer, release, row, signatures, swap, text

PAGE = b"<!DOCTYPE html>\n<html><body>Please sign in to the hotel's network.</body></html>\n"
HEADER = "warrant-canary/release/v1"


def character(name: str, new: str, told: str) -> Row:
    """Returns the row of a character that stands in line 12, within a statement."""
    return row(name, release(swap("its encryption keys", f"its {new}encryption keys")), malformed(told, line=12))


def many(note: Note) -> Note:
    """Adds signatures by strangers until there are a hundred and one."""
    first = note.signatures[0]
    strangers = [replace(first, name=f"example.net/stranger-{i}") for i in range(101 - len(note.signatures))]
    return replace(note, signatures=(*note.signatures, *strangers))


def filled(text: bytes) -> bytes:
    """Lengthens the last statement until the text has one byte too many."""
    return text[:-1] + b"x" * (32_769 - len(text)) + b"\n"


def first_line(name: str, line: str, told: str) -> Row:
    """Returns the row of another first signature line, which is line 20 of the entry."""

    def change(data: bytes) -> bytes:
        lines = data.decode().split("\n")
        lines[19] = line
        return "\n".join(lines).encode()

    return row(name, entry(change), malformed(told, line=20))


def header(name: str, line: str, told: str) -> Row:
    """Returns the row of a first line that no version of the format has."""
    return row(name, release(swap(HEADER, line)), malformed(told, line=1))


def later(name: str, line: str) -> Row:
    """Returns the row of a first line that a later version may have."""
    return row(name, release(swap(HEADER, line)), newer(f"the format '{line}', which this version of canary"))


BEGINS = "an entry begins with warrant-canary/roster/v1 or warrant-canary/release/v1"

ROWS = (
    # malformed
    row("no bytes at all", entry(lambda _: b""), malformed("the last line does not end in a newline", line=1)),
    row("an error page", entry(lambda _: PAGE), malformed("no blank line parts the text", line=None)),
    row("zeros", entry(lambda _: bytes(1_000)), malformed("the control character U+0000", line=1)),
    row("no blank line", entry(lambda data: data.replace(b"\n\n", b"\n")), malformed("no blank line", line=None)),
    row(
        "no signature", signatures(lambda note: replace(note, signatures=())), malformed("no signature stands", line=20)
    ),
    row("no newline at the end", entry(lambda data: data[:-1]), malformed("the last line does not end", line=22)),
    row("cut in the middle", entry(lambda data: data[:400]), malformed("the last line does not end", line=15)),
    first_line(
        "a hyphen for the dash", "- example.net/canary/legal AAAAAAAA", "a signature line starts with an em dash"
    ),
    first_line(
        "no space behind the dash", "—example.net/canary/legal AAAAAAAA", "a signature line starts with an em dash"
    ),
    first_line("no signature behind the name", "— example.net/canary/legal", "a name, a space and a signature"),
    first_line("no name", "—  AAAAAAAA", "a key's name is not empty"),
    first_line("a plus in the name", "— legal+1 AAAAAAAA", "neither a space nor a plus"),
    first_line("a name that is not ASCII", "— lègal AAAAAAAA", "a key's name is ASCII"),
    first_line("two spaces before the signature", "— legal  AAAAAAAA", "this is not standard base64"),
    first_line("no base64", "— legal AAAA!AAA", "this is not standard base64 with padding"),
    first_line("base64 for web addresses", "— legal AAAA-_AA", "this is not standard base64 with padding"),
    first_line("base64 with stray bits", "— legal AAAAAAAB" + "AB==", "not in its one canonical spelling"),
    first_line("base64 with a line end's blank", "— legal AAAAAAAA ", "this is not standard base64"),
    first_line("a key id and nothing else", "— legal AAAAAA==", "longer than its four-byte key id"),
    # oversized
    row(
        "a text of one byte too many",
        text(filled),
        malformed("a text has at most 32,768 bytes; this has 32,769", line=None),
    ),
    # characters
    row("not UTF-8", text(lambda data: data.replace(b"never", b"n\xe9ver", 1)), malformed("not UTF-8", line=12)),
    row(
        "UTF-8 longer than it need be",
        text(lambda data: data.replace(b"/", b"\xc0\xaf", 1)),
        malformed("UTF-8", line=1),
    ),
    row(
        "half of a surrogate pair",
        text(lambda data: data.replace(b"its", b"\xed\xa0\x80", 1)),
        malformed("UTF-8", line=12),
    ),
    row("UTF-16", entry(lambda data: data.decode().encode("utf-16")), malformed("not UTF-8", line=1)),
    row("CRLF", text(lambda data: data.replace(b"\n", b"\r\n")), malformed("the control character U+000D", line=1)),
    row("one CRLF", release(swap("[taps v1]\n", "[taps v1]\r\n")), malformed("the control character U+000D", line=14)),
    character("a tab", "\t", "the control character U+0009"),
    character("an escape sequence", "\x1b[8m", "the control character U+001B"),
    character("delete", "\x7f", "the character U+007F is not allowed"),
    character("a control character above ASCII", "\x85", "the character U+0085 is not allowed"),
    character("bidi", "\u202e", "U+202E is not allowed (RIGHT-TO-LEFT OVERRIDE)"),
    character("a bidi isolate", "\u2066", "U+2066 is not allowed (LEFT-TO-RIGHT ISOLATE)"),
    character("a bidi mark", "\u200f", "U+200F is not allowed (RIGHT-TO-LEFT MARK)"),
    character("a zero-width space", "\u200b", "U+200B is not allowed (ZERO WIDTH SPACE)"),
    character("a zero-width joiner", "\u200d", "U+200D is not allowed (ZERO WIDTH JOINER)"),
    character("a soft hyphen", "\u00ad", "U+00AD is not allowed (SOFT HYPHEN)"),
    character("a no-break space", "\u00a0", "U+00A0 is not allowed (NO-BREAK SPACE)"),
    character("a blank of Braille", "\u2800", "U+2800 is not allowed"),
    character("a line separator", "\u2028", "U+2028 is not allowed (LINE SEPARATOR)"),
    character("a variation selector", "\ufe0f", "U+FE0F is not allowed (VARIATION SELECTOR-16)"),
    character("a tag that nobody sees", "\U000e0041", "U+E0041 is not allowed (TAG LATIN CAPITAL LETTER A)"),
    character("an unassigned code point", "\u0378", "U+0378 is not allowed (no name)"),
    character("a code point that came after Unicode 14", "\U0001fae8", "U+1FAE8 is not allowed"),
    character("a code point of private use", "\ue000", "U+E000 is not allowed"),
    character("a code point that is no character", "\uffff", "U+FFFF is not allowed"),
    character("not in Form C", "re\u0301", "a line is not in Unicode Normalization Form C"),
    character("ten thousand marks on one letter", "a" + "\u0323\u0301" * 5_000, "Unicode Normalization Form C"),
    row("a byte order mark", release(lambda words: f"\ufeff{words}"), malformed("U+FEFF is not allowed", line=1)),
    row("a trailing blank", release(swap("to anyone.", "to anyone. ")), malformed("a line ends in a blank", line=12)),
    row(
        "a trailing blank in a field", release(swap("release: 2", "release: 2 ")), malformed("a line ends in a", line=5)
    ),
    row(
        "blanks on an empty line",
        release(swap("\n\n[taps", "\n \n[taps")),
        malformed("a line ends in a blank", line=13),
    ),
    # signatures, and what follows them
    row("a hundred and one signatures", signatures(many), malformed("more than 100 signature lines", line=120)),
    row("text after the signatures", entry(lambda data: data + b"And they have.\n"), malformed("em dash", line=23)),
    row(
        "text between the signatures",
        entry(lambda data: data.replace("\n—".encode(), "\nx\n—".encode(), 2)),
        malformed("em dash", line=20),
    ),
    row(
        "a paragraph after the signatures",
        entry(lambda data: data + b"\nAnd they have.\n"),
        malformed("em dash", line=24),
    ),
    row(
        "a blank line after the signatures",
        entry(lambda data: data + b"\n"),
        malformed("no signature stands after", line=24),
    ),
    row(
        "signatures in two blocks",
        signatures(lambda note: Note(note.render(), (SignatureLine("stranger", b"1234", bytes(64)),))),
        malformed("a line of words does not start with", line=20),
    ),
    # unknown versions and kinds
    later("a later version", "warrant-canary/release/v2"),
    later("a much later version", "warrant-canary/release/v999999"),
    later("an unknown kind", "warrant-canary/letter/v1"),
    later("a later roster", "warrant-canary/roster/v2"),
    header("version 0", "warrant-canary/release/v0", BEGINS),
    header("a version with a leading zero", "warrant-canary/release/v01", BEGINS),
    header("a version without end", f"warrant-canary/release/v{'9' * 5_000}", BEGINS),
    header("no version", "warrant-canary/release", BEGINS),
    header("a kind in capitals", "warrant-canary/RELEASE/v1", BEGINS),
    header("a hint for an entry", "warrant-canary/hint/v1", BEGINS),
    header("another format", "canarytail/release/v1", BEGINS),
)
