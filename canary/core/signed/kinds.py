"""The kinds of key that may sign: one class each, so that a new kind touches no grammar.

| kind | vkey material, in hexadecimal or as ASCII | signature |
| --- | --- | --- |
| Ed25519 | `01`, then 32 bytes (C2SP signed-note) | 64 bytes (RFC 8032) |
| OpenPGP | `ff`, `warrant-canary/openpgp`, `00`, then the 20-byte v4 primary fingerprint | one v4 signature packet, at most 1,024 bytes |

A signer's or log's key of any other type or length makes its roster malformed.

An Ed25519 signature is checked as in RFC 8032, section 5.1.7, without the cofactor: S is below the group's order, and
the encoding of [S]B - [k]A is the first half of the signature, byte for byte. A signature of another length is wrong.

Two sorts of Ed25519 keys are refused. In a non-canonical encoding, y (the 255 low bits, little-endian) is 2^255-19 or
more: such a key has two names. A key of small order verifies anything. These are the keys whose y is 0, 1, 2^255-20,
or one of

    05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826
    7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7

(as numbers, so the most significant digit stands first), whatever the sign bit is.

Signatures of OpenPGP keys are checked as `canary.edges.openpgp.openpgp_verifier` says.
"""  # noqa: E501  an example or a row stands on one line

from __future__ import annotations

from enum import Enum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from canary.core.signed.vkey import VKey
from canary.errors import MalformedError
from canary.limits import OPENPGP_SIGNATURE_BYTES

ED25519_TYPE: Final = b"\x01"
OPENPGP_TYPE: Final = b"\xffwarrant-canary/openpgp\x00"
FINGERPRINT_BYTES: Final = 20
ED25519_KEY_BYTES: Final = 32
ED25519_SIGNATURE_BYTES: Final = 64

_FIELD_PRIME: Final = 2**255 - 19
_SIGN_BIT: Final = 1 << 255

_ORDER_EIGHT: Final = (
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
)
"""The y coordinates of the points of order eight; a test derives them from the curve's equation."""

SMALL_ORDER_Y: Final = frozenset({0, 1, _FIELD_PRIME - 1, *_ORDER_EIGHT})


class Kind(Enum):
    """A kind of signing key."""

    ED25519 = "Ed25519"
    OPENPGP = "OpenPGP"

    @property
    def largest_signature(self) -> int:
        """Bytes in the largest signature of this kind."""
        return ED25519_SIGNATURE_BYTES if self is Kind.ED25519 else OPENPGP_SIGNATURE_BYTES


def kind_of(key: VKey) -> Kind:
    """Returns the kind of a key that may sign.

    Raises:
        MalformedError: an unknown type, a wrong length, or an Ed25519 key of small order or in a
            non-canonical encoding.
    """
    if key.data.startswith(OPENPGP_TYPE):
        if len(key.data) != len(OPENPGP_TYPE) + FINGERPRINT_BYTES:
            raise MalformedError(f"the OpenPGP key {key.name} is not named by a 20-byte fingerprint")
        return Kind.OPENPGP
    if key.data.startswith(ED25519_TYPE):
        check_ed25519(key.name, key.data[len(ED25519_TYPE) :])
        return Kind.ED25519
    raise MalformedError(f"the key {key.name} is of the unknown type 0x{key.data[0]:02x}")


def ed25519_vkey(name: str, public: bytes) -> VKey:
    """Returns the vkey of a raw Ed25519 public key."""
    return VKey.make(name, ED25519_TYPE + public)


def openpgp_vkey(name: str, fingerprint: bytes) -> VKey:
    """Returns the vkey of an OpenPGP certificate, by its 20-byte primary fingerprint."""
    return VKey.make(name, OPENPGP_TYPE + fingerprint)


def fingerprint_of(key: VKey) -> bytes:
    """Returns the 20-byte primary fingerprint of an OpenPGP vkey."""
    return key.data[len(OPENPGP_TYPE) :]


def verify_ed25519(key: VKey, text: bytes, signature: bytes) -> bool:
    """Tells whether `signature` is an Ed25519 signature of `key` over `text` (RFC 8032, section 5.1.7)."""
    try:
        Ed25519PublicKey.from_public_bytes(key.data[len(ED25519_TYPE) :]).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def check_ed25519(name: str, public: bytes) -> None:
    """Checks that a raw Ed25519 public key may sign at all.

    Args:
        name: the key's name, for the error.
        public: the key.

    Raises:
        MalformedError: a wrong length, a non-canonical encoding, or a point of small order.
    """
    if len(public) != ED25519_KEY_BYTES:
        raise MalformedError(f"the Ed25519 key {name} has {len(public)} bytes instead of {ED25519_KEY_BYTES}")
    encoded = int.from_bytes(public, "little")
    y = encoded & (_SIGN_BIT - 1)
    if y >= _FIELD_PRIME:
        raise MalformedError(f"the Ed25519 key {name} is in a non-canonical encoding")
    if y in SMALL_ORDER_Y:
        raise MalformedError(f"the Ed25519 key {name} is of small order: it would verify anything")
