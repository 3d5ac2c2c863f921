"""Small spellings that every text uses: numbers, SHA-256 hashes, base64. One spelling each.

- A **number** is written in the digits 0 to 9, without sign and without leading zeros; zero is `0`. It is at most
  2^53-1, which every JSON reader holds exactly.
- A **hash** is `sha256:` and 64 hexadecimal digits in lower case.
- **base64** is the standard alphabet with padding (RFC 4648, section 4), without line ends. The bits that the last
  character does not need are zero. So no two spellings are of the same bytes: decode, encode again, compare.

Anything else is malformed, and so is everywhere a value that does not come out again in the very same characters.
"""

from __future__ import annotations

import binascii
import re

from cryptography.hazmat.primitives.hashes import SHA256, Hash

from canary.errors import MalformedError
from canary.limits import MAX_NUMBER

_PLAIN = re.compile(r"0|[1-9][0-9]*")
_SHOWN_DIGITS = 40
_HASH_PREFIX = "sha256:"
_DIGEST_HEX_DIGITS = 64
_HEX_DIGITS = frozenset("0123456789abcdef")
_SHA256 = SHA256()


def parse_number(text: str, *, least: int = 0, most: int = MAX_NUMBER) -> int:
    """Returns the decimal number that `text` spells, without sign and leading zeros.

    Raises:
        MalformedError: another spelling, or a number outside `least` to `most`.
    """
    if not _PLAIN.fullmatch(text):
        raise MalformedError(f"a number is written in plain digits without leading zeros, not {text[:40]!a}")
    if len(text) > len(str(MAX_NUMBER)) or not least <= int(text) <= most:
        shown = text if len(text) <= _SHOWN_DIGITS else f"{text[:_SHOWN_DIGITS]}…"
        raise MalformedError(f"{shown} lies outside {least} to {most}")
    return int(text)


def sha256(data: bytes) -> bytes:
    """Returns the SHA-256 of `data`, 32 bytes (FIPS 180-4)."""
    # Not hashlib: it would load a second libcrypto beside the one that checks the signatures, at every start.
    hashing = Hash(_SHA256)
    hashing.update(data)
    return hashing.finalize()


def digest(data: bytes) -> str:
    """Returns the SHA-256 of `data` as 64 lower-case hexadecimal digits."""
    return sha256(data).hex()


def hash_field(hexadecimal: str) -> str:
    """Returns a digest as it stands in a text, `sha256:…`."""
    return _HASH_PREFIX + hexadecimal


def parse_hash(text: str) -> str:
    """Returns the 64 hexadecimal digits of `sha256:…`.

    Raises:
        MalformedError: anything else, capital digits included.
    """
    hexadecimal = text.removeprefix(_HASH_PREFIX)
    if hexadecimal == text or not is_hex(hexadecimal, _DIGEST_HEX_DIGITS):
        raise MalformedError(f"a hash is written as sha256: and 64 lower-case hex digits, not {text[:80]!a}")
    return hexadecimal


def is_hex(text: str, digits: int) -> bool:
    """Tells whether `text` is that many hexadecimal digits in lower case."""
    return len(text) == digits and _HEX_DIGITS.issuperset(text)


def encode_base64(data: bytes) -> str:
    """Returns `data` in standard base64 with padding (RFC 4648, section 4)."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Returns the bytes of standard base64 with padding.

    Raises:
        MalformedError: another alphabet, missing padding, or stray bits, so that no two spellings are equal.
    """
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise MalformedError("this is not standard base64 with padding") from error
    if encode_base64(data) != text:
        raise MalformedError("this base64 is not in its one canonical spelling")
    return data
