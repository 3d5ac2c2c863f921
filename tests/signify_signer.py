"""Signs as signify and minisign do, with keys of its own; nothing of it is shared with what reads such files."""

from __future__ import annotations

import base64
import hashlib

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from canary.core.foreign.pinned import Format, Pinned, PinnedSigner


class SignifySigner(msgspec.Struct, frozen=True):
    """One key."""

    number: bytes
    key: Ed25519PrivateKey

    @classmethod
    def make(cls, seed: int) -> SignifySigner:
        """Returns the key that belongs to a number, always the same."""
        return cls(bytes([seed]) * 8, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def key_file(self) -> bytes:
        return b"untrusted comment: some public key\n" + _base64(b"Ed" + self.number + self.public)

    def detached(self, text: bytes) -> bytes:
        """Signs as `signify -S`."""
        return b"untrusted comment: verify with some.pub\n" + _base64(b"Ed" + self.number + self.key.sign(text))

    def embedded(self, text: bytes) -> bytes:
        """Signs as `signify -S -e`."""
        return self.detached(text) + text

    def minisign(self, text: bytes, *, trusted: bytes = b"timestamp:1795537377\tfile:x", old: bool = False) -> bytes:
        """Signs as `minisign -S`, with `old` as `minisign -S -l`."""
        signature = self.key.sign(text if old else hashlib.blake2b(text, digest_size=64).digest())
        head = b"untrusted comment: signature from minisign secret key\n"
        first = _base64((b"Ed" if old else b"ED") + self.number + signature)
        return head + first + b"trusted comment: " + trusted + b"\n" + _base64(self.key.sign(signature + trusted))

    def pinned_signer(self, name: str = "") -> PinnedSigner:
        return PinnedSigner(name, self.public.hex(), key_id=self.number.hex())


def pinned(*signers: PinnedSigner, threshold: int = 1) -> Pinned:
    """Returns what is pinned of a canary with these signers."""
    return Pinned(Format.SIGNIFY, "kicksecure", "", signers, threshold, ())


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data) + b"\n"
