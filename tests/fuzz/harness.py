"""What every fuzz target is, and what all of them hold.

A target takes any bytes, hands them to the product and raises AssertionError where an invariant does not hold. It is a
plain function: atheris is imported by `tests.fuzz.run` alone, so `make test` needs none of it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, TypeAlias, TypeVar

from canary.core.signed.entry import NewerFormatError
from canary.errors import CanaryError, MalformedError

SEEDS: Final = Path(__file__).parent / "seeds"

NAMES: Final = (
    *("tile", "checkpoint", "note", "headers", "state", "release", "roster", "entry"),
    *("ots", "anchor", "token", "site"),
)
"""Every target, the fastest first."""

MESSAGE_CHARACTERS: Final = 1_000
"""An error is one sentence: no stranger's text makes it fill a screen."""

T = TypeVar("T")
Scramble: TypeAlias = Callable[[bytes, int], bytes]
"""Changes bytes anyhow, within a length: libFuzzer's own mutation, or a test's."""

Mutation: TypeAlias = Callable[[bytes, int, Random, Scramble], bytes]
"""Changes an input of a target with knowledge of its structure, within a length."""


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Target:
    """One part of the product that takes a stranger's bytes.

    Attributes:
        check: hands the bytes over; AssertionError, or any other exception, is a finding.
        seeds: makes the inputs to begin with, by file name.
        mutate: changes an input.
        max_bytes: the longest input.
        prepare: called once before a campaign, never by the test-suite: what makes a long run faster.
    """

    check: Callable[[bytes], None]
    seeds: Callable[[], Mapping[str, bytes]]
    mutate: Mutation
    max_bytes: int
    prepare: Callable[[], None] = _nothing


def load(name: str) -> Target:
    """Returns the target of that name."""
    target = importlib.import_module(f"tests.fuzz.targets.{name}").TARGET
    assert isinstance(target, Target)
    return target


def attempt(
    parse: Callable[[bytes], T],
    data: bytes,
    *,
    refusals: tuple[type[CanaryError], ...] = (MalformedError, NewerFormatError),
) -> T | None:
    """Returns what `parse` makes of the bytes; None where it refuses them as it should."""
    try:
        return parse(data)
    except refusals as error:
        check_message(str(error))
        return None


def check_message(message: str) -> None:
    """Checks that a message is fit for a terminal, whatever a stranger wrote."""
    assert message.isprintable(), f"a message with control characters: {message[:200]!r}"
    assert len(message) <= MESSAGE_CHARACTERS, f"a message of {len(message)} characters: {message[:200]!r}"
