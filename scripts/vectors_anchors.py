"""Vectors of what anchors prove: a real round of drand's quicknet, told truly and otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from canary.core.documents.release import Anchor
from scripts.vectors_format import Case, Expected, expect
from scripts.vectors_scene import KEYS, OK_1, look, one
from tests.simulator import EXAMPLE_ANCHOR, Publisher

DAY_AFTER = datetime(2026, 9, 1, 12, tzinfo=UTC)
"""Some seventeen hours after the round of `EXAMPLE_ANCHOR`."""

LOOKED = "2026-09-10"
_HEADLINE = Anchor("headline", '2026-08-31 Example Times "It rains"')
_LATER_KIND = Anchor("of-a-later-kind", "x")


def anchors() -> Iterator[Case]:
    """Returns every case."""
    told = bounded("OK", "SIGNED-BETWEEN 2")
    yield _case("proved", "a round that the network could not sign before", told, EXAMPLE_ANCHOR)
    yield _case("rule-kept", "the same, where the roster asks for one", told, EXAMPLE_ANCHOR, age=3)
    wrong = Anchor(EXAMPLE_ANCHOR.kind, EXAMPLE_ANCHOR.value[:-1] + "d")
    yield _case("wrong", "the same with one digit changed", expect("OK", "BAD-ANCHOR 2", release=OK_1), wrong)
    claims = expect("OK", "ANCHOR-CLAIM 2", "ANCHOR-CLAIM 2", release=OK_1)
    yield _case("claims", "what nothing here can check", claims, _HEADLINE, _LATER_KIND)
    unknown = expect("OK", "ANCHOR-CLAIM 2", "ANCHOR-RULE-UNPROVED 2", release=OK_1)
    yield _case("rule-unknown", "a kind that is not known may keep the rule", unknown, _LATER_KIND, age=3)
    none = expect("INVALID", "ANCHOR-RULE-BROKEN 2", release=OK_1)
    yield _case("rule-broken", "the roster asks for an anchor, and there is none", none, age=3)
    old = bounded("INVALID", "STALE-ANCHOR 2", "ANCHOR-RULE-BROKEN 2", "SIGNED-BETWEEN 2")
    late = datetime(2026, 9, 5, 12, tzinfo=UTC)
    yield _case("rule-too-old", "an anchor older than the roster allows", old, EXAMPLE_ANCHOR, age=3, issued=late)
    early = datetime(2026, 8, 31, 12, tzinfo=UTC)
    backdated = bounded("INVALID", "ISSUED-OUTSIDE 2", "SIGNED-BETWEEN 2")
    yield _case("backdated", "issued before what it quotes", backdated, EXAMPLE_ANCHOR, issued=early)
    sim = _begun(EXAMPLE_ANCHOR)
    sim.release(anchors=(EXAMPLE_ANCHOR,), correction=True)
    again = replace(
        expect("OK", "STALE-ANCHOR 3", "SIGNED-BETWEEN 3", "NO-UPPER-BOUND 3", release=(2, 3)), bounds=False
    )
    yield one("repeated", "the anchor of an earlier release once more", sim, look(sim, LOOKED, again))


def bounded(status: str, *findings: str) -> Expected:
    """Returns what a look comes to where an anchor gives the lower bound, and nothing the upper one."""
    return replace(expect(status, *findings, "NO-UPPER-BOUND 2", release=OK_1), bounds=False)


def _case(
    name: str,
    about: str,
    expected: Expected,
    *given: Anchor,
    age: int | None = None,
    issued: datetime = DAY_AFTER,
) -> Case:
    sim = _begun(*given, age=age, issued=issued)
    return one(name, about, sim, look(sim, LOOKED, expected))


def _begun(*given: Anchor, age: int | None = None, issued: datetime = DAY_AFTER) -> Publisher:
    sim = Publisher(("legal",), threshold=1, start=date(2026, 8, 25), anchor_age=age)
    sim.roster()
    sim.release(at=issued, statements=(KEYS,), anchors=given)
    return sim
