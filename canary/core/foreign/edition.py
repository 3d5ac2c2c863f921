"""One edition of a foreign canary: what is signed, by whom, and what is to be said of how it was signed.

Nothing in it depends on what a profile makes of the text, or on the moment of judging.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from canary.core.outcome import Outcome


class Remark(StrEnum):
    """What a format, or the way in which an edition was published, leaves unproved or has damaged."""

    NOT_SIGNED = "nothing is signed"
    OUTSIDE_TEXT = "text stands outside of the signed block, and was not read"
    MORE_BLOCKS = "there is more than one signed block; none was read"
    DAMAGED_BLOCK = "a signed block is damaged, by the page's markup perhaps"
    FIELDS_NOT_BOUND = "each field is signed by itself, so that old fields can be put beside new ones"
    NO_TIME = "the signatures have no time of their own"
    NO_SEQUENCE = "nothing says which edition comes after which"
    DAMAGED_ENCODING = "the page holds characters that were damaged on their way"
    UNTRUSTED_COMMENT = "a comment beside the signature is not signed, and was not read"


class Signed(msgspec.Struct, frozen=True):
    """One signature over an edition.

    Attributes:
        signer: the pinned signer's name, or its key where it has none; empty where the key is not pinned.
        key: the fingerprint, key or key id that the signature names, in lower-case hexadecimal digits; may be empty.
        outcome: what checking it came to.
        signed_at: the time that the signature itself states (UTC); None where there is none.
        detail: a few plain words for people.
        file: the file that it was found in.
    """

    signer: str
    key: str
    outcome: Outcome
    signed_at: datetime | None = None
    detail: str = ""
    file: str = ""


class Edition(msgspec.Struct, frozen=True):
    """One edition.

    Attributes:
        name: the file or address that it came from.
        sha256: SHA-256 of the bytes as they came, 64 hexadecimal digits.
        text: what is signed, decoded as UTF-8 (what is not UTF-8 replaced), line ends as LF; of a page the text that a
            reader sees; of CanaryTail one line `name: value` for each signed field, in the order of the document.
        signatures: the signatures, in the order of their files.
        remarks: what is to be said of all this.
    """

    name: str
    sha256: str
    text: str
    signatures: tuple[Signed, ...] = ()
    remarks: tuple[tuple[Remark, str], ...] = ()

    def signers(self) -> tuple[str, ...]:
        """Returns the pinned signers with a good signature, each once, in order."""
        return tuple(
            dict.fromkeys(each.signer for each in self.signatures if each.signer and each.outcome is Outcome.GOOD)
        )
