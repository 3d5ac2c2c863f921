"""Ed25519 (RFC 8032) for foreign formats: raw keys, raw signatures, and no key that would verify anything."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from canary.core.signed.kinds import check_ed25519
from canary.errors import MalformedError

KEY_BYTES = 32
SIGNATURE_BYTES = 64


def check_key(public: bytes) -> None:
    """Checks that a raw public key may sign at all.

    Raises:
        MalformedError: a wrong length, a non-canonical encoding, or a point of small order.
    """
    check_ed25519(public.hex()[: 2 * KEY_BYTES], public)


def is_right_by(key: str, signature: bytes, text: bytes) -> bool:
    """Tells whether a signature is by a key over a text (RFC 8032, section 5.1.7).

    Args:
        key: 64 hexadecimal digits; a key that `check_key` refuses has signed nothing.
        signature: the signature; one of any other length than 64 bytes is wrong.
        text: the bytes.
    """
    try:
        public = bytes.fromhex(key)
        check_key(public)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError, MalformedError):
        return False
    return True


def public_of(seed: bytes) -> bytes:
    """Returns the raw public key of a private key of 32 bytes (RFC 8032, section 5.1.5)."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
