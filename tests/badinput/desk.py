"""The publisher's side of the table: what arrives in a workspace, and which commands refuse it with which exit code.

The workspace has an open draft that `legal` and `security` have signed; `director` may still sign it. A command that
does not stand beside a file reads nothing of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Spoil = Callable[[Path], object]

PAGE = b"<!DOCTYPE html>\n<html></html>\n"
STATUS, SIGN, PUBLISH, MERGE, ROSTER, KEYS, DRAFT = "status", "sign", "publish", "merge", "roster", "key list", "draft"


@dataclass(frozen=True)
class Arrival:
    """One row.

    Attributes:
        file: the file, in the workspace.
        name: the case.
        spoil: makes the file what it is.
        words: what is told, the file's name aside.
        codes: the exit code of each command that reads the file.
    """

    file: str
    name: str
    spoil: Spoil
    words: str
    codes: dict[str, int]


def of(change: Callable[[bytes], bytes]) -> Spoil:
    """Returns the spoiling of a file's bytes."""
    return lambda file: file.write_bytes(change(file.read_bytes()))


def to(data: bytes) -> Spoil:
    """Returns the spoiling that puts other bytes in the place of a file's."""
    return of(lambda _: data)


def like(name: str) -> Spoil:
    """Returns the spoiling that copies the file of that name, beside it."""
    return lambda file: file.write_bytes(file.with_name(name).read_bytes())


def armored(lines: bytes) -> bytes:
    """Returns lines in the armor of a certificate."""
    return b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + lines + b"\n-----END PGP PUBLIC KEY BLOCK-----\n"


def huge(file: Path) -> None:
    """Makes a file a gibibyte long, which takes no room on disk."""
    os.truncate(file, 1 << 30)


def instead(make: Callable[[Path], object]) -> Spoil:
    """Returns the spoiling that puts something that is no file in the file's place."""

    def spoil(file: Path) -> None:
        file.unlink()
        make(file)

    return spoil


def leading_out(file: Path) -> None:
    """Puts a link in the place of a file, to one that is outside the workspace and what it should be."""
    workspace = next(folder for folder in file.parents if (folder / "canary.toml").exists())
    outside = workspace.with_name(f"elsewhere-{file.name}")
    file.rename(outside)
    file.symlink_to(outside)


def place(file: str, codes: dict[str, int], *rows: tuple[str, Spoil, str]) -> list[Arrival]:
    """Returns the rows of one file."""
    return [Arrival(file, name, spoil, words, codes) for name, spoil, words in rows]


def crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def swap(old: bytes, new: bytes) -> Spoil:
    """Returns the spoiling that replaces some bytes, once."""
    return of(lambda data: data.replace(old, new, 1))


RETURN = "line 1: the control character U+000D (a carriage return, as Windows ends lines) is not allowed"
BEGINS = "line 1: an entry begins with warrant-canary/roster/v1 or warrant-canary/release/v1"
NO_FILE = ("a named pipe", instead(os.mkfifo), "is no regular file")
LINK = ("a link that leads out", leading_out, "leads out of")

OF_DRAFT = {STATUS: 1, SIGN: 3, PUBLISH: 3, MERGE: 3}
OF_LOG = {STATUS: 3, SIGN: 2, PUBLISH: 2, MERGE: 2, DRAFT: 2, ROSTER: 2}
UNREADABLE_LOG = dict.fromkeys(OF_LOG, 3)
OF_CONFIG = {STATUS: 3, SIGN: 3, ROSTER: 3, KEYS: 3}
OF_KEYS = {ROSTER: 3, KEYS: 3}
OF_WORDS = {SIGN: 3, DRAFT: 3}

ARRIVALS = [
    *place(
        "draft/text.txt",
        OF_DRAFT,
        ("empty", to(b""), "line 1: the last line does not end in a newline"),
        ("an error page", to(PAGE), BEGINS),
        ("not UTF-8", swap(b"never", b"n\xe9ver"), "line 12: not UTF-8"),
        ("CRLF", of(crlf), RETURN),
        ("a byte order mark", of(lambda data: b"\xef\xbb\xbf" + data), "line 1: the character U+FEFF is not allowed"),
        ("a tab", swap(b"never", b"\tnever"), "line 12: the control character U+0009 (a tab) is not allowed"),
        ("a trailing blank", swap(b"anyone.", b"anyone. "), "line 12: a line ends in a blank"),
        ("bidi", swap(b"never", "\u202enever".encode()), "line 12: the character U+202E is not allowed"),
        ("zero-width", swap(b"never", "\u200bnever".encode()), "line 12: the character U+200B is not allowed"),
        ("unassigned", swap(b"never", "\u0378never".encode()), "line 12: the character U+0378 is not allowed"),
        ("a field twice", swap(b"\nentry: 2", b"\nentry: 2\nentry: 2"), "line 4: here stands 'entry: 2' instead of"),
        ("a field missing", swap(b"\nentry: 2", b""), "line 3: here stands 'previous: "),
        ("a leading zero", swap(b"\nentry: 2", b"\nentry: 02"), "line 3: a number is written in plain digits"),
        ("past 2^53", swap(b"\nentry: 2", b"\nentry: 9007199254740992"), "line 3: 9007199254740992 lies outside"),
        ("another zone", swap(b":00:00Z\nnext", b":00:00+00:00\nnext"), "line 7: a time is written like"),
        ("a text of one byte too many", of(lambda data: data.ljust(32_769, b"x")), "has more than 32,768 bytes"),
        ("a gibibyte", huge, "has more than 32,768 bytes"),
        NO_FILE,
        LINK,
    ),
    *place(
        "draft/text.txt",
        {STATUS: 1, SIGN: 2, PUBLISH: 2, MERGE: 2},
        ("another number", swap(b"release: 1", b"release: 2"), "entry 2: it calls itself release 2 instead of 1"),
        ("another canary", swap(b"example.net", b"example.org"), "entry 2: it belongs to example.org/canary"),
        ("an expiry of its own", swap(b"expires: 2026", b"expires: 2029"), "entry 2: it expires 2029-"),
        ("an earlier time", swap(b"issued: 2026-02-03", b"issued: 2026-01-03"), "entry 2: issued 2026-01-03T12"),
    ),
    *place(
        "draft/legal.sig",
        OF_DRAFT,
        ("empty", to(b""), "a signature line starts with an em dash and a space"),
        ("an error page", to(PAGE), "a signature line starts with an em dash and a space"),
        ("not UTF-8", to(b"\xff\n"), "is not UTF-8"),
        ("CRLF", of(crlf), "this is not standard base64 with padding"),
        ("two lines", of(lambda data: data * 2), "this is not standard base64 with padding"),
        ("no base64", swap(b"\n", b"!\n"), "this is not standard base64 with padding"),
        ("another's line", like("security.sig"), "it holds a line"),
        ("five thousand bytes", of(lambda data: data.ljust(5_000, b"A")), "has more than 4,096 bytes"),
        NO_FILE,
        LINK,
    ),
    *place(
        "keys/legal.vkey",
        OF_KEYS,
        ("empty", to(b""), "a vkey is written NAME+KEYID+BASE64"),
        ("an error page", to(PAGE), "a vkey is written NAME+KEYID+BASE64"),
        ("not UTF-8", to(b"\xff\n"), "is not UTF-8"),
        ("CRLF", of(crlf), "this is not standard base64 with padding"),
        ("another's key", like("security.vkey"), "the key in it is"),
        ("another key id", of(lambda data: data.replace(data.split(b"+")[1], b"00000000")), "the key id of"),
        ("a private key", to(b"-----BEGIN PRIVATE KEY-----\nMC4CAQ\n"), "a vkey is written NAME+KEYID+BASE64"),
        ("a hundred thousand bytes", of(lambda data: data.ljust(100_000, b"A")), "has more than 65,536 bytes"),
        NO_FILE,
        LINK,
    ),
    *place(
        "keys/board.asc",
        OF_KEYS,
        ("empty", to(b""), "it is neither ASCII armor nor binary"),
        ("an error page", to(PAGE), "it is neither ASCII armor nor binary"),
        ("not UTF-8", to(b"\x99\xff\n"), "is not UTF-8"),
        ("armor around nothing", to(armored(b"=twTO")), "it is neither ASCII armor nor binary"),
        ("armor around junk", to(armored(b"AAAA")), "it does not begin with a public key"),
        ("a hundred thousand bytes", to(b"A" * 100_000), "has more than 65,536 bytes"),
    ),
    *place(
        "canary.toml",
        OF_CONFIG,
        ("empty", to(b""), "Object missing required field `canary`"),
        ("an error page", to(PAGE), "Invalid statement (at line 1, column 1)"),
        ("not UTF-8", swap(b"Example", b"Ex\xe4mple"), "is not UTF-8"),
        ("zeros", to(bytes(100)), "Invalid statement (at line 1, column 1)"),
        ("a field twice", swap(b"threshold = 2", b"threshold = 2\nthreshold = 2"), "Cannot overwrite a value"),
        ("a field missing", swap(b"threshold = 2", b""), "missing required field `threshold`"),
        ("an unknown field", swap(b"threshold = 2", b"threshold = 2\nquorum = 2"), "unknown field `quorum`"),
        ("a number in words", swap(b"threshold = 2", b'threshold = "two"'), "Expected `int`, got `str`"),
        ("a number out of its bounds", swap(b"threshold = 2", b"threshold = 4"), "it lies between 1 and the number of"),
        ("a number of ten thousand digits", swap(b"threshold = 2", b"threshold = " + b"2" * 10_000), "integer string"),
        ("brackets in brackets", swap(b"threshold = 2", b"threshold = " + b"[" * 30_000), "recursion"),
        ("another name twice", swap(b'"legal"', b'"security"'), "a name stands twice"),
        ("a hundred thousand bytes", of(lambda data: data.ljust(100_000, b"\n")), "has more than 65,536 bytes"),
        LINK,
    ),
    *place(
        "statements/keys/v1.txt",
        OF_WORDS,
        ("empty", to(b""), "line 1: the last line does not end in a newline"),
        ("not UTF-8", swap(b"never", b"n\xe9ver"), "line 1: not UTF-8"),
        ("CRLF", of(crlf), RETURN),
        ("a byte order mark", of(lambda data: b"\xef\xbb\xbf" + data), "line 1: the character U+FEFF is not allowed"),
        ("a trailing blank", swap(b"\n", b" \n"), "line 1: a line ends in a blank"),
        ("zero-width", swap(b"never", "\u200bnever".encode()), "line 1: the character U+200B is not allowed"),
        ("forty thousand bytes", of(lambda data: data.rjust(40_000, b"x")), "has more than 32,768 bytes"),
        NO_FILE,
        LINK,
    ),
    *place(
        "statements/keys/v1.txt",
        {SIGN: 2},
        ("other words", swap(b"never", b"hardly ever"), "the draft words keys@v1 otherwise than"),
    ),
    *place(
        "log/0001.txt",
        OF_LOG,
        ("empty", to(b""), "entry 1: text, line 1: the last line does not end in a newline"),
        ("an error page", to(PAGE), "entry 1: text: no blank line parts the text from its signatures"),
        ("not UTF-8", swap(b"Example", b"Ex\xe4mple"), "entry 1: text, line 7: not UTF-8"),
        ("CRLF", of(crlf), f"entry 1: text, {RETURN}"),
        (
            "a signature lost",
            of(lambda data: b"".join(data.splitlines(keepends=True)[:-1])),
            "entry 1: every signer of",
        ),
        ("another word", swap(b"Example Networks", b"Example Neighbours"), "entry 1: not over this text, or not by"),
        ("text after the signatures", of(lambda data: data + b"\n"), "no signature stands after the last blank line"),
    ),
    *place(
        "log/0001.txt",
        UNREADABLE_LOG,
        ("one byte too many", of(lambda data: data.ljust(65_536, b"\n")), "has more than 65,535 bytes"),
        ("a later format", swap(b"roster/v1", b"roster/v2"), "of the format 'warrant-canary/roster/v2', which this"),
        NO_FILE,
        LINK,
    ),
]

MERGED: list[tuple[str, bytes, str]] = [
    ("empty", b"", "line 1: a signature line starts with an em dash and a space"),
    ("an error page", PAGE, "line 1: a signature line starts with an em dash and a space"),
    ("not UTF-8", b"\xff\n", "not UTF-8"),
    ("no base64", "— example.net/canary/legal !!!!\n".encode(), "line 1: this is not standard base64 with padding"),
    ("a blank line between", "\n— x AAAAAAAA\n".encode(), "line 1: a signature line starts with an em dash"),
    ("too many bytes", b"x" * 65_536, "has more than 65,535 bytes"),
]
"""Files that `canary merge` is given and that hold no signatures."""
