"""What became of each pinned sentence of a page: found, moved, reworded or gone.

The rules by which a sentence counts as there, or another one as its new wording, are those of profiles
(`canary.core.foreign.statements`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from canary.core.foreign.lines import cut
from canary.core.foreign.pinned import PinnedStatement
from canary.core.foreign.profile import StatementRule
from canary.core.foreign.statements import read_statements
from canary.core.text.wording import word_diff


class Fate(StrEnum):
    """What became of a sentence."""

    FOUND = "found"
    """It is there, in its place among the others."""

    MOVED = "moved"
    """It is there, in another place among the others; its words say the same."""

    REWORDED = "reworded"
    """It is not there, and a similar one is."""

    GONE = "gone"
    """It is not there, and none like it."""


class Match(msgspec.Struct, frozen=True):
    """What became of one pinned sentence.

    Attributes:
        statement: the sentence as it was pinned.
        fate: what became of it.
        words: its new words where it is reworded; otherwise empty.
        difference: the difference, as `canary.core.text.wording.word_diff` shows it; otherwise empty.
    """

    statement: PinnedStatement
    fate: Fate
    words: str = ""
    difference: str = ""


def match_sentences(pinned: Sequence[PinnedStatement], text: str) -> tuple[Match, ...]:
    """Returns what became of each pinned sentence, in the order in which they are pinned.

    Args:
        pinned: the sentences, with different ids, in the order of the page when they were pinned.
        text: the page's text now.
    """
    lines = cut(text)
    found, _ = read_statements(lines, StatementRule(), tuple(pinned))
    now = {each.id: each.words for each in found}
    unchanged = [each for each in pinned if now.get(each.id) == each.words]
    moved = _out_of_order([lines.whole.find(each.words) for each in unchanged])
    fates = {each.id: Fate.MOVED if place in moved else Fate.FOUND for place, each in enumerate(unchanged)}
    return tuple(_match(each, fates.get(each.id), now.get(each.id)) for each in pinned)


def _match(statement: PinnedStatement, fate: Fate | None, words: str | None) -> Match:
    if fate is not None:
        return Match(statement, fate)
    if words is None:
        return Match(statement, Fate.GONE)
    return Match(statement, Fate.REWORDED, words, word_diff(statement.words, words))


def _out_of_order(places: Sequence[int]) -> set[int]:
    """Returns the indices of as few places as possible without which the rest goes up (patience sorting)."""
    ends: list[int] = []
    lasts: list[int] = []
    before: list[int] = []
    for index, place in enumerate(places):
        length = bisect_left(ends, place)
        before.append(lasts[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        lasts[length : length + 1] = [index]
    kept, index = set(), lasts[-1] if lasts else -1
    while index >= 0:
        kept.add(index)
        index = before[index]
    return set(range(len(places))) - kept
