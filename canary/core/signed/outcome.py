"""What checking one signature can come to. These stay apart: "bad" is never "could not check"."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec


class Outcome(StrEnum):
    """The result of checking one signature by one key."""

    GOOD = "good"
    """Cryptographically right, by the pinned key, at a time when the key could sign."""

    BAD = "bad"
    """By its own account from this key, and cryptographically wrong, or not a signature in the kind's form."""

    WEAK_DIGEST = "weak digest"
    """Right, over a digest that can be forged (SHA-1 and weaker)."""

    EXPIRED_KEY = "expired key"
    """Right, made when the key had expired."""

    REVOKED_KEY = "revoked key"
    """Right, by a key whose certificate carries a revocation."""

    OUTSIDE_TIME = "outside its time"
    """Right, dated outside the days that the entry allows it."""

    FUTURE = "future"
    """Right, dated after the moment it is judged at."""

    NO_KEY = "no key"
    """By a key that is not the pinned one."""

    UNCHECKED = "could not check"
    """Nothing is known: the tool that checks it is missing or broke."""

    @property
    def is_right(self) -> bool:
        """Whether the signature is cryptographically right, so that what it states is what its signer said."""
        return self not in (Outcome.BAD, Outcome.NO_KEY, Outcome.UNCHECKED)


class OpenPGPCheck(msgspec.Struct, frozen=True):
    """What gpg found of one detached signature, judged at the signature's own creation time.

    Attributes:
        outcome: one of GOOD, BAD, WEAK_DIGEST, EXPIRED_KEY, REVOKED_KEY, OUTSIDE_TIME, NO_KEY, UNCHECKED.
        signed_at: the creation time that the signature states (UTC); None where it could not be read.
        detail: a few plain words for people: the rule that was broken, or why nothing could be checked.
    """

    outcome: Outcome
    signed_at: datetime | None = None
    detail: str = ""


class OpenPGPVerifier(Protocol):
    """The port through which the rules have an OpenPGP signature checked (gpg is an outside program)."""

    def __call__(self, *, certificate: bytes, fingerprint: bytes, text: bytes, signature: bytes) -> OpenPGPCheck:
        """Checks one native signature.

        Args:
            certificate: the minimal certificate, binary; the only key that may be used.
            fingerprint: its 20-byte version 4 primary fingerprint.
            text: the signed bytes.
            signature: the bytes of one dearmored signature packet.

        Returns:
            The outcome at the signature's own creation time. Never raises for any bytes.
        """
