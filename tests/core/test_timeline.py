from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from canary.core.dating.anchors import AnchorOutcome, CheckedAnchor, check_anchor
from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.core.dating.timeline import Event, Footing, Timeline, not_proved, proved, timeline
from canary.core.dating.timing import Timing
from canary.core.documents.release import Anchor
from canary.core.signed.outcome import Outcome
from canary.core.signed.tally import CheckedSignature, Tally
from tests.simulator import EXAMPLE_ANCHOR, Publisher
from tests.strategies import anchors

SIM = Publisher(openpgp=["legal"])
SIM.roster(), SIM.release()
ROSTER, RELEASE = SIM.rosters[-1], SIM.releases[-1]
ISSUED = RELEASE.issued
MINUTE = timedelta(minutes=1)
GOOD = Tally(2, (CheckedSignature("security", Outcome.GOOD), CheckedSignature("director", Outcome.GOOD)), ("legal",))


def evidence(outcome: EvidenceOutcome, name: str = "0.tsr", *, after: timedelta = MINUTE) -> CheckedEvidence:
    moment = ISSUED + after
    bound = moment + MINUTE if outcome is EvidenceOutcome.PROVED else None
    by = "Some Authority" if name.endswith(".tsr") else "Bitcoin block 900"
    return CheckedEvidence(name, "0" * 64, outcome, moment, bound, by, "some words")


def anchor(outcome: AnchorOutcome, kind: str, value: str = "7 00", *, before: timedelta = MINUTE) -> CheckedAnchor:
    moment = ISSUED - before
    bound = moment - MINUTE if outcome is AnchorOutcome.PROVED else None
    return CheckedAnchor(Anchor(kind, value), outcome, f"{kind} {value}", moment, bound, "some words")


def told(timing: Timing, tally: Tally = GOOD) -> Timeline:
    return timeline(RELEASE, ROSTER, tally, timing)


def only(*events: Event, footing: Footing) -> list[str]:
    return [event.what for event in events if event.footing is footing]


def test_events_stand_in_order_of_time_and_at_what_they_prove() -> None:
    late = CheckedSignature("legal", Outcome.GOOD, signed_at=ISSUED + 3 * MINUTE)
    timing = Timing(
        "0" * 64,
        (anchor(AnchorOutcome.PROVED, "drand-quicknet"),),
        (evidence(EvidenceOutcome.PROVED, after=9 * MINUTE),),
    )
    line = told(timing, Tally(2, (*GOOD.checked, late), ()))
    assert RELEASE.next is not None
    assert RELEASE.expires is not None
    opens = datetime(*RELEASE.next.opens.timetuple()[:3], tzinfo=UTC)
    assert [(event.moment, event.footing) for event in line.events] == [
        (ISSUED - 2 * MINUTE, Footing.PROVED),
        (ISSUED, Footing.CLAIM),
        (ISSUED + 3 * MINUTE, Footing.CLAIM),
        (ISSUED + 10 * MINUTE, Footing.PROVED),
        (opens, Footing.SCHEDULE),
        (RELEASE.next.over, Footing.SCHEDULE),
        (RELEASE.expires, Footing.SCHEDULE),
    ]
    assert line.timeless == ()
    assert line.silent == ("security", "director")


def test_each_proof_says_what_it_rests_on() -> None:
    timing = Timing(
        "0" * 64,
        (anchor(AnchorOutcome.PROVED, "drand-quicknet"), anchor(AnchorOutcome.PROVED, "bitcoin")),
        (evidence(EvidenceOutcome.PROVED), evidence(EvidenceOutcome.PROVED, "0.ots")),
    )
    rests = [event.rests_on for event in told(timing).events if event.footing is Footing.PROVED]
    assert len(rests) == 4
    for words, expected in zip(
        sorted(rests),
        ("a threshold network", "some words, which is on your list", "the cost of mining", "the cost of mining"),
        strict=True,
    ):
        assert words.startswith(expected)
    assert not any(event.rests_on for event in told(timing).events if event.footing is not Footing.PROVED)


def test_a_real_round_is_told_of() -> None:
    timing = Timing("0" * 64, (check_anchor(EXAMPLE_ANCHOR),))
    (event,) = [each for each in told(timing).events if each.footing is Footing.PROVED]
    assert event.moment == datetime(2026, 8, 31, 18, 45, 15, tzinfo=UTC)
    assert "Not signed before this: the text quotes drand round 31799517" in event.what


@pytest.mark.parametrize(
    ("checked", "footing", "timed", "words"),
    [
        (anchor(AnchorOutcome.CLAIMED, "bitcoin"), Footing.CLAIM, True, "which proves nothing here: some words"),
        (anchor(AnchorOutcome.CLAIMED, "headline", "x"), Footing.UNCHECKED, False, "no program can check: x"),
        (anchor(AnchorOutcome.UNKNOWN, "ether", "y"), Footing.UNCHECKED, False, "does not know and cannot check: y"),
        (anchor(AnchorOutcome.BAD, "bitcoin"), Footing.WRONG, False, "not what it says it is: some words"),
    ],
)
def test_an_anchor_that_proves_nothing_is_shown_as_that(
    checked: CheckedAnchor,
    footing: Footing,
    words: str,
    *,
    timed: bool,
) -> None:
    line = told(Timing("0" * 64, (checked,)))
    place = line.events if timed else line.timeless
    assert any(words in what for what in only(*place, footing=footing))
    assert only(*line.events, *line.timeless, footing=Footing.PROVED) == []


@pytest.mark.parametrize(
    ("checked", "footing", "timed", "words"),
    [
        (evidence(EvidenceOutcome.CLAIMED), Footing.CLAIM, True, "says Some Authority: some words"),
        (evidence(EvidenceOutcome.CLAIMED, "0.ots"), Footing.UNCHECKED, False, "proves nothing here"),
        (evidence(EvidenceOutcome.PENDING, "0.ots"), Footing.UNCHECKED, False, "only promised yet"),
        (evidence(EvidenceOutcome.UNCHECKED), Footing.UNCHECKED, False, "could not be checked"),
        (evidence(EvidenceOutcome.BAD), Footing.WRONG, False, "counts for nothing"),
    ],
)
def test_evidence_that_proves_nothing_is_shown_as_that(
    checked: CheckedEvidence,
    footing: Footing,
    words: str,
    *,
    timed: bool,
) -> None:
    line = told(Timing("0" * 64, (), (checked,)))
    place = line.events if timed else line.timeless
    assert any(words in what for what in only(*place, footing=footing))
    assert only(*line.events, *line.timeless, footing=Footing.PROVED) == []


def test_a_signature_that_does_not_count_says_so() -> None:
    expired = CheckedSignature("legal", Outcome.EXPIRED_KEY, "long ago", ISSUED)
    events = told(Timing("0" * 64, ()), Tally(2, (*GOOD.checked, expired), ())).events
    assert any("does not count (expired key: long ago)" in what for what in only(*events, footing=Footing.CLAIM))


def test_a_final_release_promises_nothing() -> None:
    final = replace(RELEASE, next=None, expires=None)
    events = timeline(final, ROSTER, GOOD, Timing("0" * 64, ())).events
    assert [event.footing for event in events] == [Footing.CLAIM]


def test_what_is_too_long_to_read_is_cut() -> None:
    line = told(Timing("0" * 64, (anchor(AnchorOutcome.UNKNOWN, "ether", "y" * 30_000),)))
    assert len(line.timeless[0].what) < 500


@pytest.mark.parametrize(
    ("before", "after", "is_proved", "is_not"),
    [
        (None, None, "Nothing proves when", "the dates that it and its signatures state"),
        (MINUTE, None, "Not signed before", "that it was not signed later than it says"),
        (None, MINUTE, "Signed no later than", "that it was not signed earlier than it says"),
        (MINUTE, MINUTE, "Signed between", "at which moment in between"),
        (-60 * MINUTE, MINUTE, "Not signed before", "that it was not signed later than it says"),
    ],
)
def test_what_is_proved_and_what_is_not(
    before: timedelta | None, after: timedelta | None, is_proved: str, is_not: str
) -> None:
    timing = Timing(
        "0" * 64,
        () if before is None else (anchor(AnchorOutcome.PROVED, "drand-quicknet", before=before),),
        () if after is None else (evidence(EvidenceOutcome.PROVED, after=after),),
    )
    assert is_proved in proved(timing)
    assert is_not in not_proved(timing)
    assert "what it says is true" in not_proved(timing)
    assert not (proved(timing) + not_proved(timing)).endswith(".")


@given(st.lists(anchors, max_size=4), st.lists(st.sampled_from(EvidenceOutcome), max_size=4))
def test_nothing_is_left_out_and_the_order_holds(values: list[Anchor], outcomes: list[EvidenceOutcome]) -> None:
    checked = tuple(map(check_anchor, values))
    line = told(Timing("0" * 64, checked, tuple(map(evidence, outcomes))))
    assert len(line.events) + len(line.timeless) == len(values) + len(outcomes) + 4
    for one, other in pairwise(line.events):
        assert one.moment is not None
        assert other.moment is not None
        assert one.moment <= other.moment
    bounds = sum(each.outcome is AnchorOutcome.PROVED for each in checked) + outcomes.count(EvidenceOutcome.PROVED)
    assert len(only(*line.events, *line.timeless, footing=Footing.PROVED)) == bounds
    for event in (*line.events, *line.timeless):
        assert event.what
        assert not event.what.endswith("\n")
