"""The port through which foreign OpenPGP formats have gpg look at bytes: gpg is an outside program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from canary.core.signed.outcome import Outcome


class Question(msgspec.Struct, frozen=True):
    """Something signed.

    Attributes:
        signature: a detached signature, armored or binary, with one packet or several; or a whole cleartext block.
        text: what a detached signature is over; None for a cleartext block.
    """

    signature: bytes
    text: bytes | None


class Check(msgspec.Struct, frozen=True):
    """What gpg found of one signature, at the time that the signature states.

    Attributes:
        outcome: GOOD, WEAK_DIGEST, EXPIRED_KEY, REVOKED_KEY, OUTSIDE_TIME (made before its key), BAD, NO_KEY or
            UNCHECKED. Expired and revoked come before weak: no later rule may take such a one for good.
        key: the primary key's fingerprint where the certificates have it; otherwise the signing key's fingerprint or
            key id, as the signature names it; lower-case hexadecimal digits; may be empty.
        signed_at: when it says it was made (UTC); None where gpg does not tell.
        valid_until: from when on the key or the signature counts as expired (UTC); None where nothing says one.
        detail: a few plain words for people.
    """

    outcome: Outcome
    key: str = ""
    signed_at: datetime | None = None
    valid_until: datetime | None = None
    detail: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What gpg found of one question.

    Attributes:
        checks: one for each signature packet, in order; none where gpg found none.
        text: of a cleartext block what gpg put out, if that is one text; whether it is verified, the checks say. None
            for a detached signature.
    """

    checks: tuple[Check, ...]
    text: bytes | None = None


class ForeignVerifier(Protocol):
    """Looks at foreign OpenPGP bytes with gpg."""

    def check(self, certificates: Sequence[bytes], questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Checks signatures by pinned certificates, and by no others.

        Args:
            certificates: the certificates, binary; may be none, and then every outcome is NO_KEY at best.
            questions: all that is signed of one edition: they share one bound in time.

        Returns:
            An answer to each question. Never raises for any bytes.
        """

    def certificates_in(self, data: bytes) -> Mapping[str, bytes]:
        """Returns the version 4 certificates in a file, by their primary fingerprints (40 hexadecimal digits, lower).

        Each is binary, with all its self-signatures, so that old signatures can be judged at their time, and without
        other people's signatures and photographs.

        Args:
            data: certificates, armored (with text or a page around them, perhaps) or binary.

        Raises:
            MalformedError: it is too much, or a certificate in it is.
            GpgError: gpg is missing, broke, or took too long.
        """
