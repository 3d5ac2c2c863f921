"""Gathering anchors from the sources that a publisher has configured. Pure: the sources are ports.

What a source says is checked before it is used, as every watcher will check it.

drand: a round authenticates itself, so one relay that answers is enough; the newest round wins, so that a relay that
lags does not.

Bitcoin: a block `BLOCKS_BELOW` the newest one that two sources know (or one, where only one answers). A block at the
very end of the chain can be replaced by another one within minutes, and whoever looked the anchor up later would not
find it; three blocks below, that is all but unheard of, and costs half an hour of age. Every source that answers must
tell the same block; if not, there is no such anchor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from canary.core.anchor_bitcoin import BitcoinHeader, after_the_table
from canary.core.anchor_source import BlockSource, RoundSource
from canary.core.anchors import BITCOIN, DRAND, AnchorOutcome, check_anchor
from canary.core.release import Anchor
from canary.errors import CanaryError

BLOCKS_BELOW = 3
"""How far below the newest block an anchor is taken."""

_AGREE = 2


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
    # The newest height that two know: one that lies can then neither hold the others back nor lead them on.
    heights = sorted((tip for _, tip in known), reverse=True)
    height = max(0, heights[:_AGREE][-1] - BLOCKS_BELOW)
    asked = [chain for chain, tip in known if tip >= height]
    answers = ask_all([lambda chain=chain: chain.block(height) for chain in asked])  # type: ignore[misc]  # bound at once
    blocks: list[tuple[BlockSource, BitcoinHeader]] = []
    for chain, answer in zip(asked, answers, strict=True):
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
    return Anchor(BITCOIN, blocks[0][1].render())


def _block_fault(block: BitcoinHeader) -> str:
    checked = check_anchor(Anchor(BITCOIN, block.render()))
    if checked.outcome is AnchorOutcome.PROVED:
        return ""
    # What this version's table does not reach is not the block's fault; it is told of as the claim that it is.
    return "" if checked.outcome is AnchorOutcome.CLAIMED and after_the_table(block) else checked.words


def _failed(kind: str, name: str, error: CanaryError) -> str:
    told = error.what if name in error.what else f"{name}: {error.what}"
    return f"{kind}: {told}"
