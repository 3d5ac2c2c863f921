"""ASCII armor of OpenPGP data (RFC 9580, section 6.2), for people who check by hand with gpg.

The CRC-24 checksum stands at the end. RFC 9580, section 6.1, would leave it out except for programs that need it,
and gpg 2.2 is one: where the base64 ends without padding, it takes the last line for more base64 and reads nothing.
"""

from __future__ import annotations

from enum import Enum

from canary.core.text.strict import encode_base64

_COLUMNS = 64
_CRC_START = 0xB704CE
_CRC_POLYNOMIAL = 0x1864CFB
_CRC_BITS = 24


class Armor(Enum):
    """What is armored, as the armor's first line calls it."""

    CERTIFICATE = "PUBLIC KEY BLOCK"
    SIGNATURE = "SIGNATURE"


def armor(kind: Armor, data: bytes) -> bytes:
    """Returns binary OpenPGP data in ASCII armor, without armor headers.

    Args:
        kind: what it is.
        data: the packets.
    """
    encoded = encode_base64(data)
    lines = [
        f"-----BEGIN PGP {kind.value}-----",
        "",
        *(encoded[i : i + _COLUMNS] for i in range(0, len(encoded), _COLUMNS)),
        f"={encode_base64(crc24(data))}",
        f"-----END PGP {kind.value}-----",
    ]
    return ("\n".join(lines) + "\n").encode("ascii")


def crc24(data: bytes) -> bytes:
    """Returns the checksum of RFC 9580, section 6.1: three bytes, big-endian."""
    crc = _CRC_START
    for byte in data:
        crc ^= byte << (_CRC_BITS - 8)
        for _ in range(8):
            crc <<= 1
            if crc >> _CRC_BITS:
                crc ^= _CRC_POLYNOMIAL
    return crc.to_bytes(_CRC_BITS // 8, "big")
