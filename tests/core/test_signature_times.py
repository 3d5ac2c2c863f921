"""What OpenPGP signatures say of their own time: carried, told as a claim, and held against what is proved."""

from __future__ import annotations

from datetime import timedelta

import pytest

from canary.core.judging.findings import Code, Severity, Status
from canary.core.judging.verdict import Verdict
from canary.core.signed.outcome import Outcome
from canary.core.signed.tally import CheckedSignature, Tally
from canary.formats.state_json import parse_state, render_state
from tests.simulator import EXAMPLE_ANCHOR, Publisher, noon

ISSUED = noon("2026-09-01")
"""The day after the anchor's round."""

LOOKED = noon("2026-09-10")
MINUTES = timedelta(minutes=1)


def released(late: timedelta, *, signed_by: tuple[str, ...] = ("legal", "security")) -> Publisher:
    sim = Publisher(openpgp=["legal"], start=ISSUED.date())
    sim.roster()
    sim.gpg.late = late
    sim.release(at=ISSUED, anchors=(EXAMPLE_ANCHOR,), signed_by=signed_by)
    return sim


def outside(verdict: Verdict) -> list[str]:
    return [each.message for each in verdict.findings if each.code is Code.SIGNATURE_OUTSIDE]


def test_the_verdict_carries_the_times_of_signatures_that_count() -> None:
    verdict = released(MINUTES).verdict(LOOKED).verdict
    assert verdict.subject is not None
    assert verdict.subject.claimed_times == (("legal", ISSUED + MINUTES),)
    assert outside(verdict) == []


def test_a_stored_state_keeps_them() -> None:
    sim = released(MINUTES)
    state = parse_state(render_state(sim.watched(LOOKED)))
    verdict = sim.verdict(noon("2026-09-11"), state=state).verdict
    assert verdict.subject is not None
    assert verdict.subject.claimed_times == (("legal", ISSUED + MINUTES),)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Outcome.GOOD, True),
        (Outcome.WEAK_DIGEST, True),
        (Outcome.EXPIRED_KEY, True),
        (Outcome.REVOKED_KEY, True),
        (Outcome.OUTSIDE_TIME, True),
        (Outcome.NO_KEY, False),
        (Outcome.UNCHECKED, False),
    ],
)
def test_only_a_signature_that_is_right_says_anything_of_its_time(outcome: Outcome, told: bool) -> None:  # noqa: FBT001  # a row of the table
    sim = Publisher(openpgp=["legal"])
    sim.roster()
    sim.gpg.makes = outcome
    sim.release()
    tally = sim.verdict(noon("2025-02-10")).state.entries[1].tally  # type: ignore[union-attr]  # two others signed
    (checked,) = [each for each in tally.checked if each.name == "legal"]
    assert (checked.outcome, checked.signed_at is not None) == (outcome, told)
    assert dict(tally.claimed_times).keys() == ({"legal"} if outcome is Outcome.GOOD else set())


def test_one_outside_the_time_that_it_may_have_keeps_it() -> None:
    tally = released(timedelta(days=61), signed_by=("legal", "security", "director")).watched(noon("2026-12-01"))
    (checked,) = [each for each in tally.entries[1].tally.checked if each.name == "legal"]
    assert checked == CheckedSignature(
        "legal", Outcome.OUTSIDE_TIME, "made 2026-11-01 12:00 UTC", ISSUED + timedelta(days=61)
    )


def test_an_ed25519_signature_has_none() -> None:
    good = Tally(1, (CheckedSignature("legal", Outcome.GOOD),), ())
    assert (good.signed, good.claimed_times) == (("legal",), ())


@pytest.mark.parametrize(("minutes", "found"), [(15, False), (16, True)])
def test_one_later_than_a_timestamp_over_it_is_told_and_counts_all_the_same(minutes: int, *, found: bool) -> None:
    sim = released(minutes * MINUTES)
    sim.stamp(after=5 * MINUTES)
    verdict = sim.verdict(LOOKED).verdict
    expected = "the signature of legal says that it was made 2026-09-01T12:16:00Z, and it was there by 2026-09-01 12:05"
    assert outside(verdict) == ([f"{expected} already"] if found else [])
    assert verdict.status is Status.OK
    assert {each.severity for each in verdict.findings if each.code is Code.SIGNATURE_OUTSIDE} <= {Severity.NOTICE}


@pytest.mark.parametrize(("late", "found"), [(timedelta(0), False), (timedelta(hours=-18), True)])
def test_one_earlier_than_an_anchor_in_its_own_text_is_told(late: timedelta, *, found: bool) -> None:
    verdict = released(late).verdict(LOOKED).verdict
    expected = "made 2026-08-31T18:00:00Z, and the text was not there before 2026-08-31 18:45"
    assert outside(verdict) == ([f"the signature of legal says that it was {expected}"] if found else [])
    assert verdict.status is Status.OK
