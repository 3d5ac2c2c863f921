"""The characters of a page from its bytes, and whether they were damaged on their way.

Bytes that are UTF-8 are read as UTF-8, whatever the page declares: nothing else comes out as valid UTF-8 by chance.
Other bytes of HTML are read as a browser does that was told nothing by the server (the WHATWG's encoding sniffing), and
other bytes of plain text as windows-1252, unless a byte order mark says UTF-16.

Damage is told, never mended: a sentence that was damaged is not the sentence that was pinned, and one that was not is
found whatever stands elsewhere on the page.
"""

from __future__ import annotations

import codecs
import re
from itertools import islice

from canary.core.text.printable import printable

_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_PRESCAN_BYTES = 1_024
"""Where browsers look for a declared encoding (HTML, section 13.2.3.2)."""

_UTF8_NAMES = (b"utf-8", b"utf8", b"unicode-1-1-utf-8", b"unicode11utf8", b"unicode20utf8", b"x-unicode20utf8")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_HIGH = "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122"
_SUSPECT = re.compile(f"[\u00c2-\u00f4][{_HIGH}]{{1,3}}")
"""What the two to four bytes of one character look like when each is shown as a character of windows-1252."""

_LOST = re.compile("[\ufffd\u0080-\u009f]")
_EXAMPLES = 3
_SHOWN_CHARACTERS = 60


def first_characters(data: bytes) -> bytes:
    """Returns how a page begins, as UTF-8 without a byte order mark."""
    if data.startswith(_UTF16_MARKS):
        return data[: 2 * _PRESCAN_BYTES].decode("utf-16", "replace").encode("utf-8", "replace")
    return data[: 2 * _PRESCAN_BYTES].removeprefix(codecs.BOM_UTF8)


def as_utf8(data: bytes) -> str | None:
    """Returns what bytes hold as UTF-8, without a byte order mark; None where they are not UTF-8."""
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def as_plain_text(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Returns what bytes of plain text hold, and what is to be said of it."""
    text = as_utf8(data)
    if text is not None:
        return text, ()
    if data.startswith(_UTF16_MARKS):
        return data.decode("utf-16", "replace"), ()
    return data.decode("cp1252", "replace"), ("it is not UTF-8, and was read as windows-1252",)


def declared_wrongly(data: bytes) -> tuple[str, ...]:
    """Returns what is to be said of HTML that is UTF-8, and holds more than ASCII, if it declares something else."""
    found = _DECLARED.search(data, 0, _PRESCAN_BYTES)
    if data.isascii() or found is None or found[1].lower() in _UTF8_NAMES:
        return ()
    return (f"it declares {found[1].decode('ascii')}, and is UTF-8",)


def declares_encoding(data: bytes) -> bool:
    """Tells whether HTML says what encoding it is in."""
    return data.startswith(_UTF16_MARKS) or _DECLARED.search(data, 0, _PRESCAN_BYTES) is not None


def damaged(text: str) -> tuple[str, ...]:
    """Returns what is to be said of a text whose characters were decoded wrongly before it was published."""
    suspects = (each[0] for each in _SUSPECT.finditer(text))
    twice = list(islice((each for each in suspects if _is_one_character(each)), _EXAMPLES))
    found = []
    if twice:
        shown = printable(", ".join(dict.fromkeys(twice)), most=_SHOWN_CHARACTERS)
        found.append(f"characters stand in it byte by byte, such as {shown}")
    if _LOST.search(text):
        found.append("some of its characters are lost")
    return tuple(found)


def _is_one_character(suspect: str) -> bool:
    data = b"".join(_byte(each) for each in suspect)
    return any(as_utf8(data[:length]) is not None for length in range(2, len(data) + 1))


def _byte(character: str) -> bytes:
    # windows-1252 leaves five bytes open, and browsers show them as control characters.
    return bytes([ord(character)]) if ord(character) <= 0xFF else character.encode("cp1252", "replace")  # noqa: PLR2004
