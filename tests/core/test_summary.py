from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from msgspec.structs import replace

from canary.core.judging.anew import judged_anew
from canary.core.judging.findings import Code, Finding, Status
from canary.core.judging.verdict import Verdict
from canary.core.watching.summary import Lasting
from tests.remembered import OK, SUBJECT, WITHDRAWN
from tests.strategies import moments, verdicts


@given(verdicts, moments)
def test_in_short_a_verdict_comes_to_the_status_that_it_comes_to_judged_anew(verdict: Verdict, now: datetime) -> None:
    assert Lasting.of(verdict).status(now) is judged_anew(verdict, now).status


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC), Status.OK),
        (datetime(2027, 2, 1, tzinfo=UTC), Status.DUE),
        (datetime(2027, 2, 15, tzinfo=UTC), Status.OVERDUE),
        (datetime(2027, 3, 1, tzinfo=UTC), Status.EXPIRED),
    ],
)
def test_time_alone_moves_it_on(now: datetime, status: Status) -> None:
    assert Lasting.of(OK).status(now) is status


def test_what_weighs_more_than_time_stays() -> None:
    expired = datetime(2027, 3, 1, tzinfo=UTC)
    retired = replace(OK, findings=(Finding(Code.RETIRED, "it ended", 7),))
    final = replace(OK, subject=replace(SUBJECT, next=None, expires=None))
    found = [Lasting.of(each).status(expired) for each in (WITHDRAWN, retired, final)]
    assert found == [Status.WITHDRAWN, Status.RETIRED, Status.RETIRED]
