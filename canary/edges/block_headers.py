"""Block headers from the publisher's own sources, those that anchors are fetched from (`canary.core.anchor_source`)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from canary.core.anchor_bitcoin import BitcoinHeader
from canary.core.anchor_source import ChainPlace
from canary.edges.anchor_sources import ask_all, open_chains
from canary.formats.bitcoin_headers import HeaderSource
from canary.limits import ANCHOR_SECONDS

_REQUESTS = 2
"""Requests that a block takes: for its hash, and for its header."""


def agreed_headers(places: Sequence[ChainPlace], *, outside: Path, left: Callable[[], float]) -> HeaderSource:
    """Returns a source that knows a block where every place that answers tells the same one.

    Args:
        places: where and how to ask; all are asked at once.
        outside: the workspace, which no file with a password may lie in; a place that breaks this knows nothing.
        left: the seconds that are left for asking, 0 or less when none are.
    """

    @functools.cache
    def header(height: int) -> BitcoinHeader | None:
        seconds = min(ANCHOR_SECONDS, left() / _REQUESTS)
        if seconds <= 0:
            return None
        questions = [functools.partial(_block, place, height, outside, seconds) for place in places]
        told = {each for each in ask_all(questions) if isinstance(each, BitcoinHeader)}
        return told.pop() if len(told) == 1 else None

    return header


def _block(place: ChainPlace, height: int, outside: Path, seconds: float) -> BitcoinHeader:
    """Returns a place's block of a height.

    Raises:
        CanaryError: it tells none.
    """
    (chain,) = open_chains([place], outside=outside, seconds=seconds)
    return chain.block(height)
