"""The public blocks and rounds that lie beside the project; a test that asks for them is skipped where they do not."""

from __future__ import annotations

from typing import TypeVar

import pytest

from scripts import public_values
from scripts.public_values import FOLDER, PublicBlock, PublicRound

T = TypeVar("T")


def bitcoin_blocks() -> list[PublicBlock]:
    """Returns the blocks, oldest first; skips the test where they are not there."""
    return _there(public_values.bitcoin_blocks())


def drand_rounds() -> list[PublicRound]:
    """Returns the rounds of quicknet, oldest first; skips the test where they are not there."""
    return _there(public_values.drand_rounds())


def _there(found: list[T]) -> list[T]:
    if not found:
        pytest.skip(f"nothing is in {FOLDER}: the public values are not part of the project")
    return found
