"""Public blocks and rounds with what is known of them; they lie beside the project, and are no part of it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "time"
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
    """Returns the blocks, oldest first; skips the test where they are not there."""
    return _read("bitcoin_headers.json", list[PublicBlock])


def drand_rounds() -> list[PublicRound]:
    """Returns the rounds of quicknet, oldest first; skips the test where they are not there."""
    return [each for each in _read("drand_rounds.json", _Rounds).rounds if each.chain == "quicknet"]


def _read(name: str, kind: type[T]) -> T:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"{path} is not there: the public values are not part of the project")
    return msgspec.json.decode(path.read_bytes(), type=kind)
