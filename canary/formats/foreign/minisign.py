"""What minisign adds to a signature: the hash instead of the text, and a trusted comment that is signed too."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import BLAKE2b, Hash

from canary.core.text.printable import printable
from canary.formats.foreign import ed25519
from canary.formats.foreign.signify_files import Trusted

_DIGEST_BYTES = 64
_SHOWN_CHARACTERS = 200


def prehash(text: bytes) -> bytes:
    """Returns the BLAKE2b-512 hash of a text, unkeyed (RFC 7693), which minisign signs instead of the text."""
    hashing = Hash(BLAKE2b(_DIGEST_BYTES))
    hashing.update(text)
    return hashing.finalize()


def is_trusted(key: str, signature: bytes, trusted: Trusted) -> bool:
    """Tells whether a trusted comment is signed, together with the signature that it stands beside.

    Args:
        key: the Ed25519 key, 64 hexadecimal digits.
        signature: the 64 bytes that sign the text.
        trusted: the comment.
    """
    return ed25519.is_right_by(key, trusted.signature, signature + trusted.comment)


def shown(trusted: Trusted) -> str:
    """Returns a trusted comment for people.

    minisign writes a time and a file's name there, if nobody gives it other words: by custom, and by the signer's own
    clock; so it is shown, and nothing is read out of it.
    """
    words = printable(trusted.comment.decode("utf-8", "replace"), most=_SHOWN_CHARACTERS)
    return f"its trusted comment says: {words}"
