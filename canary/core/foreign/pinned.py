"""What a watcher pins of a foreign canary when it begins to follow it. A server can choose nothing of it afterwards.

The format, the keys and how many of them must have signed, the profile (how dates and statements are read, and where
the next edition comes), and the statements themselves.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Format(StrEnum):
    """How an edition is signed."""

    DETACHED = "openpgp-detached"
    """A text, and a file for each OpenPGP signature over it."""

    CLEARSIGNED = "openpgp-clearsigned"
    """A text inside an OpenPGP cleartext signature (RFC 9580, section 7), alone or within a page."""

    SIGNIFY = "signify"
    """Ed25519 as OpenBSD's signify and as minisign write it, detached or embedded."""

    CANARYTAIL = "canarytail"
    """CanaryTail's JSON, version 0.1."""

    PAGE = "page"
    """Unsigned text or HTML."""


class PinnedSigner(msgspec.Struct, frozen=True):
    """A key whose signature counts.

    Attributes:
        name: what the signer is called here, and in the endings of detached signatures (`X.sig.NAME`); may be empty.
        key: an OpenPGP version 4 primary fingerprint, 40 hexadecimal digits in lower case; an Ed25519 public key, 64.
        certificate: the OpenPGP certificate, binary; empty for other kinds.
        key_id: signify's or minisign's key number, 16 hexadecimal digits as the file has them; empty for other kinds.
        required: whether the threshold does not help where this one has not signed (CanaryTail).
    """

    name: str
    key: str
    certificate: bytes = b""
    key_id: str = ""
    required: bool = False


class PinnedStatement(msgspec.Struct, frozen=True):
    """A statement as it stood when it was pinned.

    Attributes:
        id: what it is called here: its number or code in the text, or `s1`, `s2` and so on.
        words: its words, with whitespace normalised (`canary.core.foreign.words`).
    """

    id: str
    words: str


class Pinned(msgspec.Struct, frozen=True):
    """Everything that is pinned.

    Attributes:
        format: how editions are signed.
        profile: the name of the profile, one that ships or the path of a file.
        profile_text: the profile itself (TOML), as it was when the canary was added.
        signers: whose signatures count.
        threshold: how many of them must have signed; 0 for a page.
        statements: the statements; a page's are the sentences that a person chose.
        panic_key: CanaryTail's panic key, base64 as it stands; empty for other formats.
    """

    format: Format
    profile: str
    profile_text: str
    signers: tuple[PinnedSigner, ...]
    threshold: int
    statements: tuple[PinnedStatement, ...]
    panic_key: str = ""
