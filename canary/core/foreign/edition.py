"""One edition of a foreign canary: what is signed, by whom, and what is to be said of how it was signed.

Nothing in it depends on what a profile makes of the text, or on the moment of judging.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from canary import limits
from canary.core.foreign.splices import FieldSignature
from canary.core.signed.outcome import Outcome


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
    OTHER_TEXT = "a signed copy beside the text is of another text"
    MARKUP_REMOVED = "a signed block was read without the page's markup in it"
    PANIC = "the panic key was used, which says that the canary is dead"
    OTHER_KEYS = "the document names other keys or another threshold than those that are pinned"


class Signed(msgspec.Struct, frozen=True):
    """One signature over an edition.

    Attributes:
        signer: the pinned signer's name, or its key where it has none; empty where the key is not pinned.
        key: the fingerprint, key or key id that the signature names, in lower-case hexadecimal digits; may be empty.
        outcome: what checking it came to.
        signed_at: the time that the signature itself states (UTC); None where there is none.
        detail: a few plain words for people.
        file: the file that it was found in.
        valid_until: the moment from which on the key, or the signature, counts as expired, by the pinned certificate
            (UTC); None where nothing says one. The outcome itself is the one at `signed_at`.
        absent: whether the file holds no signature that can be read: an error page of the host, say. Its outcome is
            UNCHECKED, and no better tool would find more.
    """

    signer: str
    key: str
    outcome: Outcome
    signed_at: datetime | None = None
    detail: str = ""
    file: str = ""
    valid_until: datetime | None = None
    absent: bool = False

    def as_of(self, now: datetime) -> Outcome:
        """Returns the outcome as of a moment: FUTURE before `signed_at`, EXPIRED_KEY from `valid_until` on.

        Args:
            now: the moment; aware. Two honest clocks may differ by `limits.FUTURE_TOLERANCE`.
        """
        if not self.outcome.is_right or self.outcome in (Outcome.EXPIRED_KEY, Outcome.REVOKED_KEY):
            return self.outcome
        if self.signed_at is not None and self.signed_at > now + limits.FUTURE_TOLERANCE:
            return Outcome.FUTURE
        if self.valid_until is not None and self.valid_until <= now:
            return Outcome.EXPIRED_KEY
        return self.outcome

    def counts(self, weak_digests_until: datetime | None = None) -> bool:
        """Tells whether it counts towards a threshold: by a pinned key, and good when it was made.

        Args:
            weak_digests_until: the moment before which a signature over a weak digest counts too (aware); None where
                none does. Its signed time can be trusted that far: no second text is known to be found for a text
                under SHA-1, only pairs made by one hand.
        """
        weak = (
            self.outcome is Outcome.WEAK_DIGEST
            and weak_digests_until is not None
            and self.signed_at is not None
            and self.signed_at < weak_digests_until
        )
        return bool(self.signer) and (self.outcome is Outcome.GOOD or weak)


class Edition(msgspec.Struct, frozen=True):
    """One edition.

    Attributes:
        name: the file or address that it came from.
        sha256: SHA-256 of the bytes as they came, 64 hexadecimal digits.
        text: what is signed, decoded as UTF-8 (what is not UTF-8 replaced), line ends as LF; of a page the text that a
            reader sees; of CanaryTail one line `name: value` for each signed field, in the order of the document.
        signatures: the signatures, in the order of their files.
        remarks: what is to be said of all this.
        fields: the fields that are signed each by itself, under each pinned key whose signatures are all right; empty
            for formats that sign the whole.
    """

    name: str
    sha256: str
    text: str
    signatures: tuple[Signed, ...] = ()
    remarks: tuple[tuple[Remark, str], ...] = ()
    fields: tuple[FieldSignature, ...] = ()

    def signers(self, weak_digests_until: datetime | None = None) -> tuple[str, ...]:
        """Returns the pinned signers with a signature that counts, each once, in order.

        Args:
            weak_digests_until: as `Signed.counts` has it.
        """
        return tuple(dict.fromkeys(each.signer for each in self.signatures if each.counts(weak_digests_until)))
