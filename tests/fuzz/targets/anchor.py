"""Anchors: a file of them, each by itself, and that nothing is proved but by the two public values known here.

Nobody can make another round, or another block, so whatever else is proved is a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Final

from canary.core.dating.anchor_bitcoin import BitcoinHeader, parse_bitcoin
from canary.core.dating.anchor_drand import DrandRound, parse_drand
from canary.core.dating.anchors import BITCOIN, DRAND, AnchorOutcome, CheckedAnchor, anchor_identity, check_anchor
from canary.core.documents.release import Anchor, parse_anchor
from canary.flows.issue.anchoring import describe_anchor, parse_anchor_file
from tests.fuzz.harness import Scramble, Target, attempt, check_message
from tests.fuzz.mutation import mutate_lines
from tests.simulator import EXAMPLE_ANCHOR, EXAMPLE_BLOCK

ROUND: Final = parse_drand(EXAMPLE_ANCHOR.value)
BLOCK: Final = parse_bitcoin(EXAMPLE_BLOCK.value)
_NOON: Final = datetime(2026, 9, 1, 12, tzinfo=UTC)
_MOST_LINES: Final = 4
"""Lines that are looked at one by one: each can cost a pairing."""


def check(data: bytes) -> None:
    taken = attempt(parse_anchor_file, data)
    lines = [line.decode(errors="surrogateescape") for line in data.split(b"\n")]
    if taken is not None:
        assert [anchor.kind for anchor in taken] == [line.removeprefix("anchor: ").split(" ")[0] for line in lines[:-1]]
        assert all(check_anchor(anchor).outcome in (AnchorOutcome.PROVED, AnchorOutcome.CLAIMED) for anchor in taken)
    for line in lines[:_MOST_LINES]:
        anchor = attempt(lambda each: parse_anchor(each.decode(errors="surrogateescape")), _encoded(line))
        if anchor is not None:
            _check_anchor(anchor)
        for kind in (DRAND, BITCOIN):
            _check_anchor(Anchor(kind, line.removeprefix(f"{kind} ")))


def _encoded(line: str) -> bytes:
    return line.removeprefix("anchor: ").encode(errors="surrogateescape")


def _check_anchor(anchor: Anchor) -> None:
    checked = check_anchor(anchor)
    check_message(checked.words)
    assert checked.anchor == anchor
    assert checked.identity == anchor_identity(anchor)
    assert (checked.bound is not None) == (checked.outcome is AnchorOutcome.PROVED)
    assert describe_anchor(checked, _NOON)
    if checked.outcome is AnchorOutcome.PROVED:
        _check_proved(checked)
    if anchor.kind == BITCOIN and checked.moment is not None:
        block = parse_bitcoin(anchor.value)
        assert block.render() == anchor.value
        other = BitcoinHeader((block.height + 1) % 9_999_999, block.header)
        assert check_anchor(Anchor(BITCOIN, other.render())).identity == checked.identity
    if anchor.kind == DRAND and checked.moment is not None:
        assert parse_drand(anchor.value).render() == anchor.value


def _check_proved(checked: CheckedAnchor) -> None:
    if checked.anchor.kind == DRAND:
        assert parse_drand(checked.anchor.value) == ROUND, "a round that nobody signed"
        assert checked.bound == ROUND.moment
    else:
        assert parse_bitcoin(checked.anchor.value).header == BLOCK.header, "a block that nobody found"
        assert checked.bound == BLOCK.bound


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    changed = mutate_lines(data, limit, random, scramble)
    if random.random() < 0.3:
        return changed
    # In lines that have the form of an anchor, digits that nobody computed.
    lines = changed.split(b"\n")
    place = random.randrange(len(lines))
    number = str(random.choice((ROUND.round, BLOCK.height, 1, 10_000_000, random.randrange(10**11)))).encode()
    size, start = random.choice(((48, ROUND.signature), (80, BLOCK.header)))
    digits = scramble(start, size).ljust(size, b"\0").hex().encode()
    kind = random.choice((DRAND, BITCOIN)).encode()
    lines[place] = b" ".join((kind, number, digits))
    return b"\n".join(lines)[:limit]


def seeds() -> Mapping[str, bytes]:
    lines = {
        "a-round": _line(EXAMPLE_ANCHOR),
        "a-block": _line(EXAMPLE_BLOCK),
        "a-headline": 'headline 2026-09-01 Example Times "Something happened"\n',
        "all-of-them": f"anchor: {_line(EXAMPLE_ANCHOR)}{_line(EXAMPLE_BLOCK)}headline x\n",
        "wrong-round": _line(Anchor(DRAND, DrandRound(ROUND.round + 1, ROUND.signature).render())),
        "an-easy-block": _line(Anchor(BITCOIN, BitcoinHeader(1, BLOCK.header[:72] + b"\xff\xff\x00\x1d1234").render())),
        "a-changed-block": _line(Anchor(BITCOIN, BitcoinHeader(1, BLOCK.header[:-1] + b"\0").render())),
        "another-kind": "comet 1P\n",
    }
    return {name: text.encode() for name, text in lines.items()}


def _line(anchor: Anchor) -> str:
    return f"{anchor.kind} {anchor.value}\n"


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=1_024)
