"""OpenTimestamps proofs and block headers made by hand, byte by byte, honest or hostile; no package is asked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from canary.core.dating.anchor_bitcoin import BitcoinHeader

MAGIC = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94"
SHA256 = b"\x08"
FORK = b"\xff"
BITCOIN = bytes.fromhex("0588960d73d71901")
LITECOIN = bytes.fromhex("06869a0d73d71b45")
CALENDAR = bytes.fromhex("83dfe30d2ef90c8e")
STRANGER = bytes.fromhex("0102030405060708")


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def number(value: int) -> bytes:
    """Returns a number in LEB128."""
    low = bytes([value & 0x7F | (0x80 if value > 0x7F else 0)])
    return low + (number(value >> 7) if value > 0x7F else b"")


def append(data: bytes) -> bytes:
    return b"\xf0" + number(len(data)) + data


def prepend(data: bytes) -> bytes:
    return b"\xf1" + number(len(data)) + data


def attestation(notary: bytes, payload: bytes) -> bytes:
    return b"\x00" + notary + number(len(payload)) + payload


def block(height: int, notary: bytes = BITCOIN) -> bytes:
    return attestation(notary, number(height))


def promise(uri: str) -> bytes:
    return attestation(CALENDAR, number(len(uri)) + uri.encode())


def forks(*branches: bytes) -> bytes:
    """Returns a tree that goes each of several ways."""
    return b"".join(FORK + each for each in branches[:-1]) + branches[-1]


def proof(entry: bytes, tree: bytes) -> bytes:
    """Returns a `.ots` file over an entry."""
    return MAGIC + b"\x01" + SHA256 + sha256(entry) + tree


@dataclass(frozen=True)
class Way:
    """A way from a message to a block: the operations, and the Merkle root that they come to."""

    tree: bytes
    root: bytes


def way(message: bytes, height: int, salt: bytes = b"salt") -> Way:
    """Returns a way to the block of a height, through one append and one hash."""
    return Way(append(salt) + SHA256 + block(height), sha256(message + salt))


def header(height: int, root: bytes, moment: datetime) -> BitcoinHeader:
    """Returns a header that nobody found: the work is missing."""
    time = int(moment.timestamp()).to_bytes(4, "little")
    return BitcoinHeader(height, b"\x02\0\0\0" + bytes(32) + root + time + bytes.fromhex("58616186") + bytes(4))
