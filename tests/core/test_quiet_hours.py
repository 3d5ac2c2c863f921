from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from canary.core.watching.quiet_hours import after_quiet, check_quiet, is_quiet
from canary.core.watching.watch_settings import Quiet
from canary.errors import MalformedError

NIGHT = Quiet(time(22), time(7), "Europe/Berlin")
NOON = Quiet(time(12), time(13, 30), "UTC")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


@pytest.mark.parametrize(
    ("quiet", "moment", "then"),
    [
        (NOON, "2026-01-05T11:59", "2026-01-05T11:59"),
        (NOON, "2026-01-05T12:00", "2026-01-05T13:30"),
        (NOON, "2026-01-05T13:29", "2026-01-05T13:30"),
        (NOON, "2026-01-05T13:30", "2026-01-05T13:30"),
        # over midnight, an hour ahead of UTC
        (NIGHT, "2026-01-05T20:59", "2026-01-05T20:59"),
        (NIGHT, "2026-01-05T21:00", "2026-01-06T06:00"),
        (NIGHT, "2026-01-05T23:30", "2026-01-06T06:00"),
        (NIGHT, "2026-01-06T05:59", "2026-01-06T06:00"),
        (NIGHT, "2026-01-06T06:00", "2026-01-06T06:00"),
        # the night in which the clock is put forward is an hour shorter, the other one longer
        (NIGHT, "2026-03-28T21:00", "2026-03-29T05:00"),
        (NIGHT, "2026-10-24T20:00", "2026-10-25T06:00"),
        # an end that is left out comes as much later as the clock is put forward: 03:30
        (Quiet(time(22), time(2, 30), "Europe/Berlin"), "2026-03-28T22:00", "2026-03-29T01:30"),
        # an end that comes twice: the first one, and for whoever is in the second hour the second
        (Quiet(time(22), time(2, 30), "Europe/Berlin"), "2026-10-24T22:00", "2026-10-25T00:30"),
        (Quiet(time(22), time(2, 30), "Europe/Berlin"), "2026-10-25T01:10", "2026-10-25T01:30"),
        # a beginning that comes twice begins twice
        (Quiet(time(2), time(2, 30), "Europe/Berlin"), "2026-10-25T00:40", "2026-10-25T00:40"),
        (Quiet(time(2), time(2, 30), "Europe/Berlin"), "2026-10-25T01:00", "2026-10-25T01:30"),
        # half an hour of summer time
        (Quiet(time(22), time(2, 15), "Australia/Lord_Howe"), "2026-10-03T12:00", "2026-10-03T15:45"),
        (Quiet(time(18), time(8), "America/Los_Angeles"), "2026-07-05T02:00", "2026-07-05T15:00"),
    ],
)
def test_what_is_quiet_waits_until_it_is_over(quiet: Quiet, moment: str, then: str) -> None:
    assert after_quiet(at(moment), check_quiet(quiet)) == at(then)
    assert is_quiet(at(moment), quiet) is (moment != then)


@pytest.mark.parametrize(
    ("begins", "ends"), [(time(7), time(7)), (time(0), time(0)), (time(7), time(3, 1)), (time(0), time(23, 59))]
)
def test_quiet_hours_that_are_empty_or_too_long_are_refused(begins: time, ends: time) -> None:
    with pytest.raises(MalformedError, match="at most 20 hours"):
        check_quiet(Quiet(begins, ends, "UTC"))


def test_the_longest_quiet_hours() -> None:
    assert check_quiet(Quiet(time(7), time(3), "UTC")) == Quiet(time(7), time(3), "UTC")


_CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
_MOMENTS = st.integers(
    int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2037, 1, 1, tzinfo=UTC).timestamp())
).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@st.composite
def _quiets(draw: st.DrawFn) -> Quiet:
    begins, minutes = draw(_CLOCKS), draw(st.integers(1, 20 * 60))
    ends = datetime.combine(datetime(2026, 1, 1, tzinfo=UTC), begins) + timedelta(minutes=minutes)
    return check_quiet(Quiet(begins, ends.time(), draw(st.sampled_from(sorted(available_timezones())))))


@given(_quiets(), _MOMENTS)
@example(Quiet(time(6, 30), time(2, 30), "Europe/Berlin"), at("2026-03-28T12:00"))
@example(Quiet(time(6, 30), time(2, 30), "Antarctica/Troll"), at("2026-03-28T12:00"))
def test_the_end_is_never_quiet_never_earlier_and_never_more_than_a_day_away(quiet: Quiet, moment: datetime) -> None:
    then = after_quiet(moment, quiet)
    assert not is_quiet(then, quiet)
    assert timedelta(0) <= then - moment <= timedelta(hours=26)
    assert then == moment or is_quiet(moment, quiet)


@given(_quiets(), _MOMENTS, st.integers(1, 120))
def test_whoever_comes_later_in_the_same_quiet_hours_waits_for_the_same_end(
    quiet: Quiet, moment: datetime, minutes: int
) -> None:
    then, later = after_quiet(moment, quiet), moment + timedelta(minutes=minutes)
    if later <= then:
        assert after_quiet(later, quiet) == then
