from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from canary.core.dating.anchor_bitcoin import BitcoinHeader, parse_bitcoin
from canary.core.dating.anchor_drand import DrandRound, parse_drand
from canary.core.dating.anchors import BITCOIN, DRAND, check_anchor
from canary.core.documents.release import Anchor
from canary.errors import CanaryError, FetchError
from canary.flows.issue.anchor_gathering import BLOCKS_APART, BLOCKS_BELOW, Gathered, gather
from tests.public_values import bitcoin_blocks, drand_rounds
from tests.simulator import EXAMPLE_ANCHOR


@dataclass
class Relay:
    """A relay that tells what it is given."""

    name: str
    told: DrandRound | CanaryError

    def latest(self) -> DrandRound:
        if isinstance(self.told, CanaryError):
            raise self.told
        return self.told


@dataclass
class Chain:
    """Someone who knows a chain: its tip, and some blocks."""

    name: str
    height: int | CanaryError
    blocks: dict[int, BitcoinHeader | CanaryError] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def tip(self) -> int:
        if isinstance(self.height, CanaryError):
            raise self.height
        return self.height

    def block(self, height: int) -> BitcoinHeader:
        self.asked.append(height)
        found = self.blocks.get(height, FetchError(f"{self.name} answered with status 404"))
        if isinstance(found, CanaryError):
            raise found
        return found


def one_after_the_other(questions: Sequence[Callable[[], Any]], /) -> Sequence[Any]:
    answers: list[Any] = []
    for question in questions:
        try:
            answers.append(question())
        except CanaryError as error:
            answers.append(error)
    return answers


def gathered(*sources: Relay | Chain) -> Gathered:
    relays = [each for each in sources if isinstance(each, Relay)]
    return gather(relays, [each for each in sources if isinstance(each, Chain)], one_after_the_other)


AWAY = FetchError("the host did not answer within 10 s")
EXAMPLE = parse_drand(EXAMPLE_ANCHOR.value)


def real_chain() -> dict[int, BitcoinHeader | CanaryError]:
    """Returns six blocks in a row of the real chain, 800000 to 800005."""
    found = [parse_bitcoin(f"{each.height} {each.header}") for each in bitcoin_blocks()]
    return {each.height: each for each in found if 800_000 <= each.height <= 800_005}


def wrong(block: BitcoinHeader | CanaryError) -> BitcoinHeader:
    assert isinstance(block, BitcoinHeader)
    return BitcoinHeader(block.height, block.header[:-1] + b"\0")


def anchor_of(block: BitcoinHeader | CanaryError) -> Anchor:
    assert isinstance(block, BitcoinHeader)
    return Anchor(BITCOIN, block.render())


# --- drand ----------------------------------------------------------------------------------------------


def test_nobody_is_asked_where_nobody_is_named() -> None:
    assert gathered() == Gathered((), ())


def test_one_relay_is_enough_and_the_others_are_told_of() -> None:
    found = gathered(Relay("one.example", AWAY), Relay("two.example", EXAMPLE))
    assert found.anchors == (EXAMPLE_ANCHOR,)
    assert found.told == ("drand: one.example: the host did not answer within 10 s",)


def test_a_relay_that_lags_does_not_win() -> None:
    rounds = [DrandRound(each.round, bytes.fromhex(each.signature)) for each in drand_rounds()]
    for order in (rounds, rounds[::-1]):
        found = gathered(*(Relay(f"{number}.example", each) for number, each in enumerate(order)))
        assert found == Gathered((Anchor(DRAND, rounds[-1].render()),), ())


def test_a_round_that_is_not_verified_is_never_used() -> None:
    later = DrandRound(EXAMPLE.round + 1, EXAMPLE.signature)
    found = gathered(Relay("liar.example", later), Relay("honest.example", EXAMPLE))
    assert found.anchors == (EXAMPLE_ANCHOR,)
    assert found.told == (f"drand: liar.example: the signature of drand round {later.round} is wrong",)
    assert gathered(Relay("liar.example", later)).anchors == ()


# --- Bitcoin --------------------------------------------------------------------------------------------


def test_a_block_below_the_newest_is_taken_where_two_agree() -> None:
    chain = real_chain()
    one, two = Chain("one.example", 800_005, chain), Chain("two.example", 800_005, chain)
    assert gathered(one, two) == Gathered((anchor_of(chain[800_005 - BLOCKS_BELOW]),), ())
    assert one.asked == two.asked == [800_002]


def test_drand_stands_before_bitcoin() -> None:
    chain = real_chain()
    found = gathered(Chain("one.example", 800_005, chain), Relay("two.example", EXAMPLE))
    assert [each.kind for each in found.anchors] == [DRAND, BITCOIN]


def test_where_one_answers_one_is_enough() -> None:
    chain = real_chain()
    found = gathered(Chain("one.example", AWAY), Chain("two.example", 800_004, chain))
    assert found.anchors == (anchor_of(chain[800_001]),)
    assert found.told == ("bitcoin: one.example: the host did not answer within 10 s",)


def test_sources_that_disagree_are_told_of_and_neither_is_used() -> None:
    chain = real_chain()
    forked = chain | {800_002: chain[800_001]}
    found = gathered(Chain("one.example", 800_005, chain), Chain("two.example", 800_005, forked))
    assert found.anchors == ()
    (told,) = found.told
    assert "the sources disagree about block 800002, so none is used" in told
    assert "one.example: " in told
    assert "two.example: " in told


def test_a_block_without_its_work_is_never_used() -> None:
    chain = real_chain()
    bad = chain | {800_002: wrong(chain[800_002])}
    found = gathered(Chain("liar.example", 800_005, bad), Chain("honest.example", 800_005, chain))
    assert found.anchors == (anchor_of(chain[800_002]),)
    assert "bitcoin: liar.example: this header does not hold the work" in found.told[0]
    assert gathered(Chain("liar.example", 800_005, bad)).anchors == ()


def test_a_block_before_the_table_is_never_used() -> None:
    old = next(each for each in bitcoin_blocks() if each.time < 1_600_000_000)
    block = parse_bitcoin(f"{old.height} {old.header}")
    found = gathered(Chain("old.example", old.height + BLOCKS_BELOW, {old.height: block}))
    assert found.anchors == ()
    assert "does not know how much work" in found.told[0]


def test_one_that_claims_to_be_ahead_leads_nobody_on() -> None:
    chain = real_chain()
    ahead = Chain("ahead.example", 10_000_000, chain)
    found = gathered(ahead, Chain("one.example", 800_005, chain), Chain("two.example", 800_005, chain))
    assert found.anchors == (anchor_of(chain[800_002]),)
    assert [each.split(",")[0] for each in found.told] == [
        "bitcoin: ahead.example tells of 10000000 as its newest block"
    ]
    assert ahead.asked == []


def test_one_that_lags_holds_nobody_back() -> None:
    chain = real_chain()
    behind = Chain("behind.example", 1, chain)
    found = gathered(behind, Chain("one.example", 800_005, chain), Chain("two.example", 800_004, chain))
    assert found.anchors == (anchor_of(chain[800_001]),)
    assert [each.split(",")[0] for each in found.told] == ["bitcoin: behind.example tells of 1 as its newest block"]
    assert behind.asked == []


def old_block() -> BitcoinHeader:
    """A block weeks before the others, whose work is known here."""
    return min(
        (
            block
            for block in (parse_bitcoin(f"{each.height} {each.header}") for each in bitcoin_blocks())
            if check_anchor(anchor_of(block)).bound is not None
        ),
        key=lambda block: block.moment,
    )


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_sources_one_that_lies_cannot_make_the_anchor_weeks_older(*, turned: bool) -> None:
    chain, old = real_chain(), old_block()
    assert old.height < 800_000 - 1_000
    sources = [
        Chain("honest.example", 800_005, chain),
        Chain("liar.example", old.height + BLOCKS_BELOW, {old.height: old}),
    ]
    found = gathered(*(sources[::-1] if turned else sources))
    assert found.anchors == (anchor_of(chain[800_002]),)
    (told,) = found.told
    assert told.startswith("bitcoin: liar.example tells of")
    assert told.endswith("so it is left out")


def test_nor_by_an_old_block_that_it_gives_a_height_beyond_the_chain() -> None:
    chain, old = real_chain(), old_block()
    liar = Chain("liar.example", 10_000_003, {10_000_000: BitcoinHeader(10_000_000, old.header)})
    found = gathered(liar, Chain("honest.example", 800_005, chain))
    assert found.anchors == (anchor_of(chain[800_002]),)
    assert found.told[0].startswith("bitcoin: liar.example tells of 10000003")


@pytest.mark.parametrize(("lag", "height"), [(0, 800_002), (1, 800_001), (BLOCKS_APART - 4, 800_000)])
def test_one_that_is_a_few_blocks_behind_is_asked_for_what_it_has(lag: int, height: int) -> None:
    chain = real_chain()
    found = gathered(Chain("one.example", 800_005, chain), Chain("two.example", 800_005 - lag, chain))
    assert found == Gathered((anchor_of(chain[height]),), ())


def test_a_chain_that_has_just_begun_has_no_block_below_its_first() -> None:
    source = Chain("young.example", 1)
    assert gathered(source).anchors == ()
    assert source.asked == [0]
