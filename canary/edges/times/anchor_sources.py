"""The sources of anchors that a publisher has configured, opened together and asked all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from canary.core.dating.anchor_source import BlockSource, ChainPlace, RoundSource
from canary.edges.times.bitcoin_chain import open_chain
from canary.edges.times.drand_relays import DrandRelay
from canary.errors import CanaryError
from canary.limits import ANCHOR_SECONDS

T = TypeVar("T")


def open_relays(urls: Sequence[str], *, seconds: float = ANCHOR_SECONDS) -> list[RoundSource]:
    """Returns drand's relays at these addresses; each request may take `seconds`."""
    return [DrandRelay(url, seconds=seconds) for url in urls]


def open_chains(places: Sequence[ChainPlace], *, outside: Path, seconds: float = ANCHOR_SECONDS) -> list[BlockSource]:
    """Returns those who know the Bitcoin chain at these places; each request may take `seconds`.

    Raises:
        CanaryError: a file with user and password is in the wrong place; `outside` is the workspace.
    """
    return [open_chain(place, seconds=seconds, outside=outside) for place in places]


def ask_all(questions: Sequence[Callable[[], T]]) -> list[T | CanaryError]:
    """Asks everyone at once, and returns each one's answer, or why there is none, in the order of the questions."""
    if not questions:
        return []

    def asked(question: Callable[[], T]) -> T | CanaryError:
        try:
            return question()
        except CanaryError as error:
            return error

    with ThreadPoolExecutor(max_workers=len(questions), thread_name_prefix="canary-anchor") as pool:
        return list(pool.map(asked, questions))
