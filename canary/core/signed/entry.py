"""Entries: what the log holds. An entry is a signed note in our profile; its text is a roster or a release.

1. The first line, up to the first U+000A, is looked at before anything else, even the size, since a later format may
   have another profile. If the whole of it is `warrant-canary/`, 1 to 32 of `a-z` and `-`, `/v`, and a number of 1 to 6
   digits without a leading zero, and that number is not 1 or the word is none of `roster`, `release` and `hint`, the
   entry is of a **newer format**: it may be perfectly right, and it cannot be judged.
2. The entry is a note (`canary.core.signed.note`) in our profile (`canary.core.signed.profile`).
3. Its text begins with the header of a roster (`canary.core.documents.roster`) or of a release
   (`canary.core.documents.release`), and follows that grammar to its end.

Whatever breaks a rule of 2 or 3 is **malformed**. The **hash of a text** is the SHA-256 of its bytes, signature lines
aside: what `previous` and a pin name. The leaf of the log is the whole entry.
"""

from __future__ import annotations

import re
from typing import TypeAlias

import msgspec

from canary.core.documents.release import HEADER as RELEASE_HEADER
from canary.core.documents.release import Release, parse_release
from canary.core.documents.roster import HEADER as ROSTER_HEADER
from canary.core.documents.roster import Roster, RosterSigner, parse_roster
from canary.core.signed.note import SignatureLine
from canary.core.signed.profile import check_text, parse_entry_note
from canary.core.text.strict import digest
from canary.errors import CanaryError, MalformedError

Text: TypeAlias = Roster | Release

_HEADER = re.compile(rb"warrant-canary/([a-z-]{1,32})/v([1-9][0-9]{0,5})")
_KNOWN_VERSION = b"1"


class NewerFormatError(CanaryError):
    """A text of a version that this program does not know; it may be perfectly right."""

    def __init__(self, header: str) -> None:
        super().__init__(
            f"this text is of the format {header!r}, which this version of canary does not know",
            hint="Install a newer version of warrant-canary.",
        )
        self.header = header


class Entry(msgspec.Struct, frozen=True):
    """An entry, parsed and not verified.

    Attributes:
        data: the whole entry, the leaf of the log.
        text: the bytes that are signed.
        content: the same, parsed.
        signatures: the signature lines.
        text_hash: SHA-256 of `text`, 64 hexadecimal digits: what `previous` and a pin name.
    """

    data: bytes
    text: bytes
    content: Text
    signatures: tuple[SignatureLine, ...]
    text_hash: str


def parse_entry(data: bytes) -> Entry:
    """Reads an entry.

    Raises:
        NewerFormatError: its first line names a version, or a kind, of a later format.
        MalformedError: any rule of the note, the profile or the text's grammar is broken.
    """
    # A later format may have another profile, so its name is looked at before anything else.
    _refuse_newer(data)
    note = parse_entry_note(data)
    return Entry(data, note.text, parse_text(note.text), note.signatures, digest(note.text))


def parse_text(text: bytes) -> Text:
    """Reads the text of a roster or of a release, by its first line.

    Raises:
        NewerFormatError: its first line names a version, or a kind, of a later format.
        MalformedError: it is neither, or breaks a rule.
    """
    _refuse_newer(text)
    header = text.partition(b"\n")[0]
    if header == ROSTER_HEADER.encode():
        return parse_roster(text)
    if header == RELEASE_HEADER.encode():
        return parse_release(text)
    # What a person sees may be the right line, with a character in it that nobody sees.
    check_text(text)
    raise MalformedError(f"an entry begins with {ROSTER_HEADER} or {RELEASE_HEADER}", line=1)


def who_may_sign(before: Roster | None, content: Text) -> tuple[RosterSigner, ...]:
    """Returns the signers of a text in the order of its entry: for a roster the old keys, then the new ones.

    A signer of both rosters comes with the certificate of the new one, which the signature is made to meet.

    Args:
        before: the roster in force before it; None where there is none.
        content: the text.
    """
    if not isinstance(content, Roster):
        return before.signers if before else ()
    after = {signer.name: signer for signer in content.signers}
    old = {signer.name: after.get(signer.name, signer) for signer in (before.signers if before else ())}
    return tuple({**old, **after}.values())


def _refuse_newer(data: bytes) -> None:
    header = data.partition(b"\n")[0]
    match = _HEADER.fullmatch(header)
    if match and (match[2] != _KNOWN_VERSION or match[1] not in (b"roster", b"release", b"hint")):
        raise NewerFormatError(header.decode("ascii"))
