"""Gathering anchors from the sources that a publisher has configured. Pure: the sources are ports.

What a source says is checked before it is used, as every watcher will check it.

drand: a round authenticates itself, so one relay that answers is enough; the newest round wins, so that a relay that
lags does not.

Bitcoin: a block `BLOCKS_BELOW` the newest one that two sources know (or one, where only one answers). A block at the
very end of the chain can be replaced by another one within minutes, and whoever looked the anchor up later would not
find it; three blocks below, that is all but unheard of, and costs half an hour of age. Every source that is asked must
tell the same block; if not, there is no such anchor.

Honest sources are a few blocks apart. Whoever is more than `BLOCKS_APART` away from the two is left out, and named.
Where no two are that near to each other, each is asked for its own block, and the newest that holds its work wins: a
source that lags, or says so, cannot make the anchor older, and a block later than the newest would cost it the work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Protocol

import msgspec

from canary.core.dating.anchor_bitcoin import BitcoinHeader, after_the_table
from canary.core.dating.anchor_source import BlockSource, RoundSource
from canary.core.dating.anchors import BITCOIN, DRAND, AnchorOutcome, check_anchor
from canary.core.documents.release import Anchor
from canary.errors import CanaryError

BLOCKS_BELOW = 3
"""How far below the newest block an anchor is taken."""

_AGREE = 2

BLOCKS_APART = 6
"""How far apart the newest blocks of honest sources are at most: an hour."""


class AskAll(Protocol):
    """The port through which many sources are asked at once."""

    def __call__(self, questions: Sequence[Callable[[], Any]], /) -> Sequence[Any]:
        """Returns each one's answer, or the `CanaryError` that stood in its way, in the order of the questions."""


class Gathered(msgspec.Struct, frozen=True):
    """What the sources gave.

    Attributes:
        anchors: what can be used, drand before Bitcoin.
        told: what went wrong, each in a sentence without a full stop.
    """

    anchors: tuple[Anchor, ...]
    told: tuple[str, ...]


def gather(relays: Sequence[RoundSource], chains: Sequence[BlockSource], ask_all: AskAll) -> Gathered:
    """Asks every source, and returns the newest round and a block.

    Args:
        relays: drand's relays.
        chains: those who know the Bitcoin chain.
        ask_all: how they are asked.
    """
    told: list[str] = []
    # Both kinds in one go, because somebody waits.
    answers = ask_all([*(relay.latest for relay in relays), *(chain.tip for chain in chains)])
    round_anchor = _newest_round(relays, answers[: len(relays)], told)
    block_anchor = _agreed_block(chains, answers[len(relays) :], ask_all, told)
    return Gathered(tuple(each for each in (round_anchor, block_anchor) if each is not None), tuple(told))


def _newest_round(relays: Sequence[RoundSource], answers: Sequence[Any], told: list[str]) -> Anchor | None:
    rounds = []
    for relay, answer in zip(relays, answers, strict=True):
        if isinstance(answer, CanaryError):
            told.append(_failed("drand", relay.name, answer))
            continue
        checked = check_anchor(Anchor(DRAND, answer.render()))
        if checked.outcome is AnchorOutcome.PROVED:
            rounds.append(answer)
        else:
            told.append(f"drand: {relay.name}: {checked.words}")
    if not rounds:
        return None
    return Anchor(DRAND, max(rounds, key=lambda each: each.round).render())


def _agreed_block(
    chains: Sequence[BlockSource], tips: Sequence[Any], ask_all: AskAll, told: list[str]
) -> Anchor | None:
    known: list[tuple[BlockSource, int]] = []
    for chain, tip in zip(chains, tips, strict=True):
        if isinstance(tip, CanaryError):
            told.append(_failed("bitcoin", chain.name, tip))
        else:
            known.append((chain, tip))
    if not known:
        return None
    groups = _groups(known)
    heights = [max(0, [tip for _, tip in group][:_AGREE][-1] - BLOCKS_BELOW) for group in groups]
    asked = [(chain, height) for group, height in zip(groups, heights, strict=True) for chain, _ in group]
    answers = iter(ask_all([partial(chain.block, height) for chain, height in asked]))
    found = [
        (group, _told_block([(chain, next(answers)) for chain, _ in group], height, told))
        for group, height in zip(groups, heights, strict=True)
    ]
    usable = [(group, block) for group, block in found if block is not None]
    if not usable:
        return None
    used, block = max(usable, key=lambda each: each[1].moment)
    told += [
        f"bitcoin: {chain.name} tells of {tip} as its newest block, which is more than {BLOCKS_APART} blocks away from "
        f"the one that is used ({block.height}), so it is left out"
        for chain, tip in known
        if (chain, tip) not in used and abs(tip - max(height for _, height in used)) > BLOCKS_APART
    ]
    return Anchor(BITCOIN, block.render())


_Known = list[tuple[BlockSource, int]]


def _groups(known: _Known) -> list[_Known]:
    """Returns the sources to ask for one block together: the newest that are near each other, or else each alone."""
    falling = sorted(known, key=lambda each: each[1], reverse=True)
    for (_, higher), (_, lower) in pairwise(falling):
        if higher - lower <= BLOCKS_APART:
            return [[each for each in falling if lower - BLOCKS_BELOW <= each[1] <= lower + BLOCKS_APART]]
    return [[each] for each in falling]


def _told_block(answers: Sequence[tuple[BlockSource, Any]], height: int, told: list[str]) -> BitcoinHeader | None:
    """Returns the block of a height that all who gave one agree on."""
    blocks: list[tuple[BlockSource, BitcoinHeader]] = []
    for chain, answer in answers:
        if isinstance(answer, CanaryError):
            told.append(_failed("bitcoin", chain.name, answer))
        elif fault := _block_fault(answer):
            told.append(f"bitcoin: {chain.name}: {fault}")
        else:
            blocks.append((chain, answer))
    if not blocks:
        return None
    if len({block.hash for _, block in blocks}) > 1:
        named = ", ".join(f"{chain.name}: {block.hash}" for chain, block in blocks)
        told.append(f"bitcoin: the sources disagree about block {height}, so none is used ({named})")
        return None
    return blocks[0][1]


def _block_fault(block: BitcoinHeader) -> str:
    checked = check_anchor(Anchor(BITCOIN, block.render()))
    if checked.outcome is AnchorOutcome.PROVED:
        return ""
    # What this version's table does not reach is not the block's fault; it is told of as the claim that it is.
    return "" if checked.outcome is AnchorOutcome.CLAIMED and after_the_table(block) else checked.words


def _failed(kind: str, name: str, error: CanaryError) -> str:
    told = error.what if name in error.what else f"{name}: {error.what}"
    return f"{kind}: {told}"
