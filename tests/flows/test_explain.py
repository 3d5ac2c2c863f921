"""One release explained, by its number: what is fetched for it, and what only holds of the newest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from canary.core.dating.evidence import EvidenceOutcome
from canary.core.documents.layout import evidence_folder
from canary.core.judging.findings import Code, Status
from canary.core.judging.question import Question
from canary.core.text.strict import digest
from canary.flows.watch.explain import Explanation, explain_site
from tests.simulator import CHECKERS, EXAMPLE_ANCHOR, MemorySource, Publisher, noon

LOOKED = noon("2025-05-20")


@pytest.fixture
def sim() -> Publisher:
    """Two releases, each with a timestamp of its own."""
    sim = Publisher()
    sim.roster()
    sim.release()
    sim.stamp(after=timedelta(minutes=5))
    sim.release()
    sim.stamp(after=timedelta(minutes=7))
    return sim


def explained(
    sim: Publisher, number: int | None = None, *, site: MemorySource | None = None, at: str | None = None
) -> Explanation:
    question = Question(now=noon(at) if at else LOOKED, pin=sim.pin, as_of_now=at is None)
    return explain_site(site or sim.site(), question, sim.gpg, CHECKERS, number)


def asked(site: MemorySource, entry: bytes) -> list[str]:
    """Returns what was asked for in the folder of an entry's evidence."""
    folder = evidence_folder(digest(entry))
    return [each.path.removeprefix(f"{folder}/") for each in site.asked if each.path.startswith(folder)]


def test_the_newest_is_explained_with_what_the_look_brought(sim: Publisher) -> None:
    site = sim.site()
    found = explained(sim, site=site)
    assert (found.verdict.status, found.releases) == (Status.OK, 2)
    assert found.examined is not None
    assert (found.examined.release.number, found.examined.looked) == (2, True)
    assert found.examined.timing.not_after == found.verdict.not_after
    assert digest(found.examined.evidence["0.tsr"]) == found.examined.timing.evidence[0].sha256
    # Its evidence is asked for once, and the other's not at all.
    assert asked(site, sim.entries[2]) == ["0.tsr", "1.tsr", "0.ots"]
    assert asked(site, sim.entries[1]) == []


def test_an_older_one_with_what_lies_beside_that(sim: Publisher) -> None:
    site = sim.site()
    found = explained(sim, 1, site=site)
    assert found.examined is not None
    issued = sim.releases[0].issued
    assert found.examined.release == sim.releases[0]
    assert found.examined.timing.not_after == issued + timedelta(minutes=5)
    assert found.verdict.not_after == sim.releases[1].issued + timedelta(minutes=7)
    assert [each.code for each in found.examined.findings] == [Code.NO_LOWER_BOUND, Code.SIGNED_BETWEEN]
    assert asked(site, sim.entries[1]) == ["0.tsr", "1.tsr", "0.ots"]


def test_an_older_ones_proofs_are_judged_by_the_same_rules(sim: Publisher) -> None:
    sim.rewind(2)
    sim.stamp(EvidenceOutcome.BAD)
    sim.release()
    sim.stamp()
    found = explained(sim, 1)
    assert found.examined is not None
    assert found.examined.timing.upper is None
    assert Code.EVIDENCE_REJECTED in {each.code for each in found.examined.findings}


def test_an_anchor_that_came_later_is_not_stale_in_the_release_that_had_it_first() -> None:
    sim = Publisher(start=noon("2026-09-01").date())
    sim.roster()
    for day in ("2026-09-02", "2026-12-02"):
        sim.release(at=noon(day), anchors=(EXAMPLE_ANCHOR,))
    question = Question(now=noon("2026-12-10"), pin=sim.pin)
    codes = []
    for number in (1, 2):
        found = explain_site(sim.site(), question, sim.gpg, CHECKERS, number)
        assert found.examined is not None
        codes.append(Code.STALE_ANCHOR in {each.code for each in found.examined.findings})
    assert codes == [False, True]


@pytest.mark.parametrize("number", [3, 99])
def test_one_that_is_not_there_is_not_explained(sim: Publisher, number: int) -> None:
    found = explained(sim, number)
    assert (found.verdict.status, found.releases, found.examined) == (Status.OK, 2, None)


def test_as_of_a_past_moment_the_newest_one_of_then(sim: Publisher) -> None:
    found = explained(sim, at="2025-03-01")
    assert (found.releases, found.examined and found.examined.release.number) == (1, 1)
    assert explained(sim, 2, at="2025-03-01").examined is None


def test_of_a_log_that_does_not_hold_only_what_does_and_without_timestamps(sim: Publisher) -> None:
    sim.release(signed_by=["legal"])
    site = sim.site()
    for number, expected in ((None, 2), (1, 1), (3, None)):
        found = explained(sim, number, site=site)
        assert (found.verdict.status, found.releases) == (Status.INVALID, 2)
        assert (found.examined.release.number if found.examined else None) == expected
        assert not (found.examined and (found.examined.looked or found.examined.evidence))
    assert not any(each.path.startswith("evidence/") for each in site.asked)


@pytest.mark.parametrize("site", [MemorySource({}), MemorySource({"checkpoint": b"<html>"})])
def test_where_nothing_came_back_there_is_nothing_to_explain(sim: Publisher, site: MemorySource) -> None:
    found = explained(sim, site=site)
    assert (found.releases, found.examined) == (0, None)
    assert found.verdict.exit_code != 0
