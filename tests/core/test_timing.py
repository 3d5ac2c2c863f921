"""The window in words; what findings it comes with is in `test_judge`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from canary.core.dating.anchors import check_anchor
from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.core.dating.timing import Timing, window_in_words
from scripts.public_values import CARRIED_BLOCK, CARRIED_ROUND


def stamped(*moments: datetime) -> tuple[CheckedEvidence, ...]:
    proved = EvidenceOutcome.PROVED
    return tuple(CheckedEvidence(f"{n}.tsr", "", proved, each, each, "A", "") for n, each in enumerate(moments))


@pytest.mark.parametrize(
    ("seconds", "told"), [((0, 0), "16:41"), ((0, 1), "16:42"), ((59, 0), "16:42")], ids=["whole", "part", "second"]
)
def test_the_bounds_are_told_in_whole_minutes_that_lie_outwards(seconds: tuple[int, int], told: str) -> None:
    moment = datetime(2026, 9, 25, 16, 41, *seconds, tzinfo=UTC)
    block = check_anchor(CARRIED_BLOCK)
    both = window_in_words(Timing("", (check_anchor(CARRIED_ROUND), block), stamped(moment)))
    # The block's own bound is 14:28:31.
    assert both == f"signed between 2026-09-25 14:28 and 2026-09-25 {told} UTC, proved by {block.words}, and by A"
    assert (
        window_in_words(Timing("", (), stamped(moment))) == f"signed no later than 2026-09-25 {told} UTC, proved by A"
    )


def test_the_latest_anchor_and_the_earliest_timestamp_bound_it() -> None:
    early, late = datetime(2026, 9, 25, 17, tzinfo=UTC), datetime(2026, 9, 25, 18, tzinfo=UTC)
    timing = Timing("", (check_anchor(CARRIED_BLOCK), check_anchor(CARRIED_ROUND)), stamped(late, early))
    assert (timing.not_before, timing.not_after) == (check_anchor(CARRIED_BLOCK).bound, early)


def test_where_nothing_is_proved_there_are_no_words() -> None:
    assert window_in_words(Timing("", ())) == ""
