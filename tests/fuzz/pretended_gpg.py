"""OpenPGP for fuzzing: a verifier that answers from the bytes alone, with no program behind it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Final

from canary.core.signed.outcome import OpenPGPCheck, Outcome
from tests.simulator import PretendGpg

_OUTCOMES: Final = tuple(Outcome)
_TIME_BYTES: Final = 5
_HEAD: Final = 1 + _TIME_BYTES


class SelfTellingGpg(PretendGpg):
    """A signature says what it comes to and when it was made, under a hash over both, the key and the text.

    The same bytes get the same answer in every process, so a finding can be run again from its input alone.
    """

    def sign(self, fingerprint: bytes, text: bytes, at: datetime) -> bytes:
        head = bytes([_OUTCOMES.index(self.makes)]) + int((at + self.late).timestamp()).to_bytes(_TIME_BYTES, "big")
        return head + self._seal(head, fingerprint, text)

    def __call__(self, *, certificate: bytes, fingerprint: bytes, text: bytes, signature: bytes) -> OpenPGPCheck:
        if self.missing or not certificate:
            return OpenPGPCheck(Outcome.UNCHECKED, detail="gpg is not installed")
        head = signature[:_HEAD]
        if signature[_HEAD:] != self._seal(head, fingerprint, text):
            return OpenPGPCheck(Outcome.BAD)
        signed_at = datetime.fromtimestamp(int.from_bytes(head[1:], "big"), UTC)
        return OpenPGPCheck(_OUTCOMES[head[0]], signed_at)

    def _seal(self, head: bytes, fingerprint: bytes, text: bytes) -> bytes:
        return hashlib.sha256(head + fingerprint + text).digest()
