"""OpenTimestamps proofs, read anew and by no package: what the leaves of a tree are said to attest.

Recursion is left out, so that depth costs nothing here; what the product refuses for being too large is read all the
same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

BITCOIN: Final = bytes.fromhex("0588960d73d71901")
CALENDAR: Final = bytes.fromhex("83dfe30d2ef90c8e")

Leaf = tuple[bytes, bytes, bytes]
"""The notary's tag, what it says, and what the operations came to."""

_MOST_BYTES: Final = 4_096
"""What an operation may come to."""

_FORK: Final = 0xFF
_ATTESTATION: Final = 0x00
_WITH_OPERAND: Final[dict[int, Callable[[bytes, bytes], bytes]]] = {
    0xF0: lambda message, operand: message + operand,
    0xF1: lambda message, operand: operand + message,
}
_PLAIN: Final[dict[int, Callable[[bytes], bytes]]] = {
    0x02: lambda message: hashlib.sha1(message).digest(),  # noqa: S324  # an operation that proofs have
    0x03: lambda message: hashlib.new("ripemd160", message).digest(),
    0x08: lambda message: hashlib.sha256(message).digest(),
    0xF3: lambda message: message.hex().encode(),
}


class NotReadError(ValueError):
    """The bytes are no tree, or one with an operation that is not read here."""


class Tree:
    """A tree, walked from its first byte on.

    Attributes:
        leaves: its attestations.
        places: where an operation, a fork or an attestation begins.
    """

    def __init__(self, data: bytes, message: bytes) -> None:
        self.leaves: list[Leaf] = []
        self.places: list[int] = []
        self._data = data
        self._place = 0
        forked: list[bytes] = []
        while True:
            self.places.append(self._place)
            kind = self._take(1)[0]
            if kind == _FORK:
                forked.append(message)
            elif kind == _ATTESTATION:
                self.leaves.append((self._take(8), self._operand(), message))
                if not forked:
                    break
                message = forked.pop()
            else:
                message = self._applied(kind, message)
        if self._place != len(data):
            raise NotReadError("something follows")

    def _applied(self, kind: int, message: bytes) -> bytes:
        if kind in _WITH_OPERAND:
            result = _WITH_OPERAND[kind](message, self._operand())
        elif kind in _PLAIN:
            result = _PLAIN[kind](message)
        else:
            raise NotReadError("an operation that is not read here")
        if len(result) > _MOST_BYTES:
            raise NotReadError("more bytes than an operation may come to")
        return result

    def _operand(self) -> bytes:
        return self._take(self.number())

    def number(self) -> int:
        """Returns the next number, in LEB128."""
        value = shift = 0
        while True:
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def _take(self, length: int) -> bytes:
        piece = self._data[self._place : self._place + length]
        if len(piece) != length:
            raise NotReadError("it ends too early")
        self._place += length
        return piece


def height_of(payload: bytes) -> int:
    """Returns the height that an attestation of a Bitcoin block holds."""
    value = 0
    for place, byte in enumerate(payload):
        value |= (byte & 0x7F) << 7 * place
    return value
