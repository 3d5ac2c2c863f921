"""How often an anchor is checked: a pairing costs as much as fifteen signatures, and a history can be long."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace

from canary.core.dating import anchor_drand
from canary.core.dating.anchor_drand import DrandRound, parse_drand, verify_drand
from canary.core.dating.anchors import DRAND, AnchorOutcome
from canary.core.documents.release import Anchor
from canary.core.judging.findings import Code
from canary.core.judging.question import Judgement
from canary.core.judging.state import State
from tests.simulator import EXAMPLE_ANCHOR, EXAMPLE_BLOCK, Publisher

START = 31_800_000


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rounds whose signature was checked, in order."""
    rounds: list[int] = []

    def counted(drand: DrandRound) -> bool:
        rounds.append(drand.round)
        return verify_drand(drand)

    monkeypatch.setattr(anchor_drand, "verify_drand", counted)
    return rounds


def made_up(number: int) -> Anchor:
    """A round that nobody signed: what is counted is the checking, whatever it comes to."""
    return Anchor(DRAND, DrandRound(START + number, bytes([0x80, number]) * 24).render())


def begun() -> Publisher:
    sim = Publisher(start=date(2026, 9, 1), cadence="4 weeks", window=7, grace=7)
    sim.roster()
    return sim


def history(releases: int) -> Publisher:
    sim = begun()
    for number in range(releases):
        sim.release(anchors=(made_up(number),))
    return sim


def soon(sim: Publisher) -> datetime:
    """A moment at which the newest release is fresh, so that nobody looks a second time past the caches."""
    return sim.releases[-1].issued + timedelta(days=1)


def codes(judgement: Judgement) -> set[Code]:
    return {finding.code for finding in judgement.verdict.findings}


def state_of(judgement: Judgement) -> State:
    assert judgement.state is not None
    return judgement.state


def test_of_a_long_history_only_the_newest_releases_anchors_are_checked(checked: list[int]) -> None:
    sim = history(12)
    sim.verdict(soon(sim))
    assert checked == [START + 11]


def test_an_anchor_that_was_seen_is_not_checked_again_whether_it_holds_or_not(checked: list[int]) -> None:
    sim = history(3)
    sim.release(anchors=(EXAMPLE_ANCHOR, made_up(9), EXAMPLE_ANCHOR))
    first = sim.verdict(soon(sim))
    assert checked == [parse_drand(EXAMPLE_ANCHOR.value).round, START + 9]
    checked.clear()
    for etag in (first.state.etag if first.state else None, None):
        again = sim.verdict(soon(sim), state=replace(state_of(first), etag=etag))
        assert checked == []
        assert codes(again) == codes(first) >= {Code.BAD_ANCHOR}
        assert again.verdict.not_before == first.verdict.not_before is not None


def test_of_a_new_release_only_new_anchors_are_checked(checked: list[int]) -> None:
    sim = history(3)
    sim.release(anchors=(EXAMPLE_ANCHOR,))
    state = sim.watched(soon(sim))
    checked.clear()
    sim.release(anchors=(EXAMPLE_ANCHOR, made_up(20)))
    told = sim.verdict(soon(sim), state=state)
    assert checked == [START + 20]
    assert Code.STALE_ANCHOR in codes(told)
    assert told.verdict.not_before == parse_drand(EXAMPLE_ANCHOR.value).moment


def test_a_repeat_is_found_by_its_hash_and_not_by_what_is_remembered_of_the_check(checked: list[int]) -> None:
    """The first release with the anchor is long past, and no state knows what it came to."""
    sim = begun()
    height, _, header = EXAMPLE_BLOCK.value.partition(" ")
    sim.release(anchors=(EXAMPLE_BLOCK,))
    for number in range(4):
        sim.release(anchors=(made_up(number),))
    sim.release(anchors=(Anchor(EXAMPLE_BLOCK.kind, f"{int(height) + 7} {header}"),))
    told = sim.verdict(soon(sim))
    (stale,) = [finding for finding in told.verdict.findings if finding.code is Code.STALE_ANCHOR]
    assert "was used before, in entry 2" in stale.message
    assert checked == []


def test_a_claim_is_judged_anew_at_every_look() -> None:
    sim = begun()
    sim.release(anchors=(EXAMPLE_BLOCK, Anchor("comet", "1P")))
    with pytest.MonkeyPatch.context() as older:
        older.setattr("canary.core.dating.anchor_bitcoin.FLOORS", ())
        state = sim.watched(soon(sim))
    assert state.timing is not None
    assert [each.outcome for each in state.timing.anchors] == [AnchorOutcome.CLAIMED, AnchorOutcome.UNKNOWN]
    timing = state_of(sim.verdict(soon(sim), state=state)).timing
    assert timing is not None
    assert [each.outcome for each in timing.anchors] == [AnchorOutcome.PROVED, AnchorOutcome.UNKNOWN]
