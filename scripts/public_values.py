"""Public blocks and rounds: facts that anybody can look up, for the tests and the demo, which ask no network.

One of each is carried here. More lie beside the project, in `../shared/data/time`, with what is known of them; they are
no part of it, and may be absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from canary.core.dating.anchors import BITCOIN, DRAND, check_anchor
from canary.core.documents.release import Anchor

FOLDER: Final = Path(__file__).parents[2] / "shared" / "data" / "time"

CARRIED_ROUND: Final = Anchor(
    DRAND,
    "31799517 b7a6d29a93f17085866bf67bed95be9c3b46fd74e7cab12bbf91340f27d99ecc83bc5d46ff4b2b4c6f28aa975bf69fcc",
)
"""The drand quicknet round of 2026-08-31T18:45:15Z, as the League of Entropy published it."""

CARRIED_BLOCK: Final = Anchor(
    BITCOIN,
    "968566 0000003874fd1f0f0ea2296a90502e569622d8e3bc1f8d201d650000000000000000000001c20b8594f85b5e"
    "3d92e4a66ac4f2864913fcd8b44c4a3bbf7da256378081ec2fa1b66ac51e02177b22a039",
)
"""Block 968,566 of the Bitcoin chain, whose header says 2026-09-25T16:28:31Z."""

T = TypeVar("T")


class PublicBlock(msgspec.Struct, frozen=True):
    """A block of the Bitcoin chain."""

    height: int
    header: str
    hash: str
    time: int
    difficulty: float


class PublicRound(msgspec.Struct, frozen=True):
    """A round of a drand chain."""

    chain: str
    round: int
    signature: str
    time: int


class _Rounds(msgspec.Struct, frozen=True):
    rounds: list[PublicRound]


def bitcoin_blocks() -> list[PublicBlock]:
    """Returns the blocks that lie beside the project, oldest first; none where they are not there."""
    return _read("bitcoin_headers.json", list[PublicBlock]) or []


def drand_rounds() -> list[PublicRound]:
    """Returns the rounds of quicknet that lie beside the project, oldest first; none where they are not there."""
    found = _read("drand_rounds.json", _Rounds)
    return [each for each in found.rounds if each.chain == "quicknet"] if found else []


def newest_anchors() -> tuple[Anchor, Anchor]:
    """Returns the newest round and the newest block at hand that prove a time to this version of canary."""
    rounds = [Anchor(DRAND, f"{each.round} {each.signature}") for each in drand_rounds()]
    blocks = [Anchor(BITCOIN, f"{each.height} {each.header}") for each in bitcoin_blocks()]
    return _newest([CARRIED_ROUND, *rounds]), _newest([CARRIED_BLOCK, *blocks])


def _newest(anchors: Sequence[Anchor]) -> Anchor:
    return max(anchors, key=lambda anchor: check_anchor(anchor).bound or datetime.min.replace(tzinfo=UTC))


def _read(name: str, kind: type[T]) -> T | None:
    path = FOLDER / name
    return msgspec.json.decode(path.read_bytes(), type=kind) if path.is_file() else None
