"""Block headers of the Bitcoin chain as anchors: `bitcoin HEIGHT HEADER`.

The header is its 80 bytes in 160 lower-case hexadecimal digits: version, hash of the block before, Merkle root, time,
compact target (`bits`) and nonce, little-endian (Bitcoin's block header, "developer reference: block headers"). It is
checked offline for the work in it: its double SHA-256 is a number no greater than the target in the header itself, and
that target is at least as hard as the floor for the header's date (`canary.core.dating.difficulty`).

The proof is economic. Whoever wants a header with a date of their own choice must find one: as much work as a block,
which pays hundreds of thousands of dollars to those who do it honestly. The height is a claim. Two hours are taken off
the header's time, because the chain's rules let it be that far ahead.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime

import msgspec

from canary.core.dating.difficulty import ENDS, FLOORS
from canary.core.text.strict import is_hex, parse_number, sha256
from canary.errors import MalformedError
from canary.limits import BLOCK_AHEAD

HEADER_BYTES = 80
_HEADER_DIGITS = 2 * HEADER_BYTES
_MOST_HEIGHT = 10_000_000
_TIME = slice(68, 72)
_BITS = slice(72, 76)
_LARGEST_TARGET = 0xFFFF << 208
"""The target of difficulty 1, and the easiest that the chain allows."""

_SIGN_BIT = 0x800000
_MANTISSA_BYTES = 3
_MOST_SIZE = 32


class BitcoinHeader(msgspec.Struct, frozen=True):
    """A header, not verified.

    Attributes:
        height: the block's height, by the anchor's own account.
        header: 80 bytes.
    """

    height: int
    header: bytes

    @property
    def hash(self) -> str:
        """The block's hash, as it is written: 64 hexadecimal digits, the last byte first."""
        return sha256(sha256(self.header))[::-1].hex()

    @property
    def identity(self) -> str:
        """What makes two anchors the same block, whatever the height says."""
        return f"bitcoin {self.hash}"

    @property
    def moment(self) -> datetime:
        """The header's own time (UTC)."""
        return datetime.fromtimestamp(int.from_bytes(self.header[_TIME], "little"), UTC)

    @property
    def bound(self) -> datetime:
        """What the header does not come before: its time less two hours."""
        return self.moment - BLOCK_AHEAD

    @property
    def merkle_root(self) -> bytes:
        """The Merkle root of its transactions, 32 bytes in the order of the header."""
        return self.header[36:68]

    @property
    def target(self) -> int:
        """The target that the compact field stands for; 0 where it stands for none."""
        bits = int.from_bytes(self.header[_BITS], "little")
        size, mantissa = bits >> 24, bits & 0xFFFFFF
        if mantissa & _SIGN_BIT or size > _MOST_SIZE:
            return 0
        shift = 8 * (size - _MANTISSA_BYTES)
        return mantissa << shift if shift >= 0 else mantissa >> -shift

    @property
    def difficulty(self) -> int:
        """How many times harder than the easiest block it was to find; 0 where the target is none."""
        return _LARGEST_TARGET // self.target if self.target else 0

    def render(self) -> str:
        """Returns the anchor's value."""
        return f"{self.height} {self.header.hex()}"


def parse_bitcoin(value: str) -> BitcoinHeader:
    """Reads the value of an anchor.

    Raises:
        MalformedError: it is not a height and 160 lower-case hexadecimal digits.
    """
    height, _, digits = value.partition(" ")
    if not is_hex(digits, _HEADER_DIGITS):
        raise MalformedError(f"a block has a height and a header of {_HEADER_DIGITS} lower-case hex digits")
    return BitcoinHeader(parse_number(height, most=_MOST_HEIGHT), bytes.fromhex(digits))


def work_fault(block: BitcoinHeader) -> str | None:
    """Returns why a header does not show the work that it claims, without a full stop; None if it does."""
    target = block.target
    if not 0 < target <= _LARGEST_TARGET:
        return "this header's target is one that no block can have"
    if int(block.hash, 16) > target:
        return "this header does not hold the work that it claims: it is no block of the chain"
    return None


def after_the_table(block: BitcoinHeader) -> bool:
    """Tells whether a header is dated after the last day that this version's table of floors knows."""
    return block.moment.date() >= ENDS


def without_floor(block: BitcoinHeader) -> str | None:
    """Returns why a header that holds its work proves nothing all the same; None if it is proof."""
    day = block.moment.date()
    row = bisect_right([begins for begins, _ in FLOORS], day) - 1
    if row < 0 or after_the_table(block):
        return f"this version does not know how much work a block of {day} takes, so its date is a claim"
    if block.difficulty < FLOORS[row][1]:
        return f"this header holds less work than a block of {day} takes, so its date is a claim"
    return None
