"""Rounds of drand's quicknet as anchors: `drand-quicknet ROUND SIGNATURE`.

Quicknet (`CHAIN_HASH`) signs one number every three seconds, by a threshold of the independent members of the League of
Entropy. Nobody can know a round's signature before enough of them have made it; that is what the proof rests on.

The signature is BLS over BLS12-381 with signatures in G1 (48 bytes compressed, 96 lower-case hexadecimal digits) and
keys in G2, over SHA-256 of the round as eight bytes, big-endian (drand's scheme `bls-unchained-g1-rfc9380`): hashed to
the curve as RFC 9380 has it, with the suite's own name as the domain. The chain's public key and genesis are what its
members publish as the chain's info (`/52db9ba7…/info`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from canary.core.text.strict import is_hex, parse_number, sha256
from canary.errors import MalformedError

CHAIN_HASH = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
"""What the chain is called: the hash of its constants."""

GENESIS = datetime(2023, 8, 23, 15, 9, 27, tzinfo=UTC)
"""The time of round 1: 1692803367 seconds after 1970."""

PERIOD = timedelta(seconds=3)

_PUBLIC_KEY = bytes.fromhex(
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e"
    "17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
_DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_SIGNATURE_DIGITS = 96
_ROUND_BYTES = 8
_MOST_ROUNDS = 10_000_000_000
"""Three seconds each: some 950 years, so that the time of every round is one that a calendar has."""


class DrandRound(msgspec.Struct, frozen=True):
    """A round, not verified.

    Attributes:
        round: its number, counted from 1.
        signature: 48 bytes.
    """

    round: int
    signature: bytes

    @property
    def moment(self) -> datetime:
        """When the round came to be (UTC)."""
        return GENESIS + (self.round - 1) * PERIOD

    @property
    def identity(self) -> str:
        """What makes two anchors the same round."""
        return f"drand-quicknet {self.round}"

    def render(self) -> str:
        """Returns the anchor's value."""
        return f"{self.round} {self.signature.hex()}"


def parse_drand(value: str) -> DrandRound:
    """Reads the value of an anchor.

    Raises:
        MalformedError: it is not a round and 96 lower-case hexadecimal digits.
    """
    number, _, digits = value.partition(" ")
    if not is_hex(digits, _SIGNATURE_DIGITS):
        raise MalformedError(f"a drand round has a number and a signature of {_SIGNATURE_DIGITS} lower-case hex digits")
    return DrandRound(parse_number(number, least=1, most=_MOST_ROUNDS), bytes.fromhex(digits))


def verify_drand(drand: DrandRound) -> bool:
    """Tells whether the signature is quicknet's over that round."""
    # Imported here: parsing a round, to show it, needs no pairings.
    from py_arkworks_bls12381 import GT, G1Point, G2Point  # noqa: PLC0415

    try:
        signature = G1Point.from_compressed_bytes(drand.signature)
    except ValueError:
        return False
    message = G1Point.hash_to_curve(sha256(drand.round.to_bytes(_ROUND_BYTES, "big")), _DOMAIN)
    key = G2Point.from_compressed_bytes(_PUBLIC_KEY)
    return bool(GT.pairing_check([signature, -message], [G2Point(), key]))
