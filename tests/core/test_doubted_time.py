"""Evidence that something speaks against, proof that comes late, and a roster's rule that nothing proved keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from canary.core.dating.anchors import BITCOIN
from canary.core.dating.evidence import EvidenceOutcome
from canary.core.documents.layout import evidence_folder
from canary.core.documents.release import Anchor
from canary.core.judging.findings import Code, Status
from canary.core.judging.question import Judgement
from canary.core.judging.state import State
from canary.core.text.strict import digest
from tests.simulator import EXAMPLE_BLOCK, Publisher, noon

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NOW = noon("2025-02-28")


def released(*, anchor_age: int | None = None, anchors: tuple[Anchor, ...] = ()) -> Publisher:
    sim = Publisher(anchor_age=anchor_age)
    sim.roster()
    sim.release(anchors=anchors)
    return sim


def codes(judgement: Judgement) -> set[Code]:
    return {finding.code for finding in judgement.verdict.findings}


def stored(judgement: Judgement) -> State:
    assert judgement.state is not None
    return judgement.state


# --- timestamps against each other ----------------------------------------------------------------------


@pytest.mark.parametrize("names", [("0.tsr", "1.tsr"), ("1.tsr", "0.tsr")], ids=["honest first", "liar first"])
def test_one_timestamp_from_before_the_date_does_not_make_a_canary_invalid(names: tuple[str, str]) -> None:
    sim = released()
    sim.stamp(after=5 * MINUTE, name=names[0], by="Honest")
    sim.stamp(after=-3 * DAY, name=names[1], by="Liar")
    found = sim.verdict(NOW)
    assert found.verdict.status is Status.OK
    assert Code.TIMES_CONTRADICT in codes(found)
    assert found.verdict.not_after == sim.releases[-1].issued + 5 * MINUTE
    (window,) = [each.message for each in found.verdict.findings if each.code is Code.SIGNED_BETWEEN]
    assert window.endswith("proved by Honest Authority")


def test_where_every_timestamp_is_from_before_the_date_the_date_is_false() -> None:
    sim = released()
    sim.stamp(after=-3 * DAY, name="0.tsr", by="One")
    sim.stamp(after=-2 * DAY, name="1.tsr", by="Other")
    found = sim.verdict(NOW)
    assert found.verdict.status is Status.INVALID
    assert Code.ISSUED_OUTSIDE in codes(found)
    assert Code.TIMES_CONTRADICT not in codes(found)


# --- the watcher's clock --------------------------------------------------------------------------------


def test_a_timestamp_that_the_clock_has_not_come_to_bounds_nothing_and_counts_once_it_has() -> None:
    sim = released()
    sim.stamp(after=60 * DAY, by="One")
    early = sim.verdict(NOW)
    assert early.verdict.not_after is None
    assert Code.EVIDENCE_AHEAD in codes(early)
    assert early.verdict.exit_code == 0
    later = sim.verdict(NOW + 60 * DAY, state=stored(early))
    assert later.verdict.not_after is not None
    assert Code.EVIDENCE_AHEAD not in codes(later)


def test_two_authorities_that_are_ahead_make_the_clock_the_one_that_is_wrong() -> None:
    sim = released()
    for number, by in enumerate(("One", "Other")):
        sim.stamp(after=60 * DAY, name=f"{number}.tsr", by=by)
    assert sim.verdict(NOW).verdict.status is Status.UNKNOWN
    # The same authority twice is one witness.
    alone = released()
    for number in range(2):
        alone.stamp(after=60 * DAY, name=f"{number}.tsr", by="One")
    assert alone.verdict(NOW).verdict.status is Status.OK


def test_as_of_a_past_moment_what_came_after_it_is_not_looked_at() -> None:
    sim = released()
    sim.stamp(after=10 * DAY)
    moment = sim.releases[-1].issued + 5 * DAY
    found = sim.verdict(moment, as_of_now=False)
    assert found.verdict.not_after is None
    assert codes(found) & {Code.EVIDENCE_AHEAD, Code.CLOCK_BEHIND, Code.SIGNED_BETWEEN} == set()


# --- proof that comes late ------------------------------------------------------------------------------


def test_a_late_timestamp_is_told_and_gives_way_to_an_earlier_one_and_never_the_other_way_round() -> None:
    sim = released()
    sim.stamp(after=20 * DAY)
    late = sim.verdict(NOW)
    assert Code.PROVED_LATE in codes(late)
    assert late.verdict.exit_code == 0
    sim.stamp(after=5 * MINUTE)
    better = sim.verdict(NOW, state=stored(late))
    assert Code.PROVED_LATE not in codes(better)
    assert better.verdict.not_after == sim.releases[-1].issued + 5 * MINUTE
    sim.stamp(after=19 * DAY)
    again = sim.verdict(NOW, state=stored(better))
    assert again.verdict.not_after == better.verdict.not_after


def test_a_late_bound_is_not_taken_back_by_junk_in_its_place() -> None:
    sim = released()
    sim.stamp(after=20 * DAY)
    late = sim.verdict(NOW)
    sim.stamp(EvidenceOutcome.BAD, after=20 * DAY)
    assert sim.verdict(NOW, state=stored(late)).verdict.not_after == late.verdict.not_after


def test_where_the_bound_is_soon_after_the_date_nothing_more_is_asked_for() -> None:
    sim = released()
    sim.stamp(after=13 * DAY)
    first = sim.verdict(NOW)
    site = sim.site()
    sim.verdict(NOW, state=stored(first), site=site)
    folder = evidence_folder(digest(sim.entries[-1]))
    assert [each for each in site.asked if each.path.startswith(folder)] == []


# --- the roster's rule ----------------------------------------------------------------------------------


def easy_block(year: int) -> Anchor:
    """A block of the least difficulty, dated in a year; its work is pretended."""
    header = bytearray(bytes.fromhex(EXAMPLE_BLOCK.value.split(" ")[1]))
    header[68:72] = int(noon(f"{year}-01-01").timestamp()).to_bytes(4, "little")
    header[72:76] = bytes.fromhex("ffff001d")
    return Anchor(BITCOIN, f"1 {header.hex()}")


@pytest.mark.parametrize("year", [2025, 2100], ids=["below the floor", "of after the release"])
def test_a_block_that_costs_nothing_does_not_keep_the_rule(year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("canary.core.dating.anchor_bitcoin.work_fault", lambda _: None)
    found = released(anchor_age=366, anchors=(easy_block(year),)).verdict(NOW)
    assert found.verdict.status is Status.INVALID
    assert Code.ANCHOR_RULE_BROKEN in codes(found)


def test_a_headline_does_not_keep_the_rule() -> None:
    found = released(anchor_age=3, anchors=(Anchor("headline", '2025-02-01 Times "Rain"'),)).verdict(NOW)
    assert found.verdict.status is Status.INVALID


def test_a_broken_rule_stays_until_it_is_read_though_a_correction_keeps_it_open() -> None:
    sim = released(anchor_age=3)
    broken = sim.verdict(NOW)
    assert broken.verdict.status is Status.INVALID
    sim.release(anchors=(Anchor("of-a-later-version", "1"),), correction=True)
    assert sim.verdict(NOW, state=stored(broken)).verdict.status is Status.INVALID
    read = stored(broken).acknowledge()
    after = sim.verdict(NOW, state=read)
    assert after.verdict.status is Status.OK
    assert Code.ANCHOR_RULE_UNPROVED in codes(after)
