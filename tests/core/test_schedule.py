from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from canary.core.documents.release import Release
from canary.core.documents.schedule import Cadence, Schedule, Unit, Window, parse_cadence, parse_days, render_days
from canary.core.log.history import replay, schedule_fault
from canary.core.text.times import midnight
from canary.errors import MalformedError
from tests import strategies
from tests.simulator import Publisher, noon

CADENCES = ["1 month", "3 months", "6 months", "12 months", "4 weeks"]
STARTS = ["2023-11-01", "2023-12-29", "2023-12-31", "2024-02-29", "2024-08-31", "2025-01-29", "2025-01-30"]

# --- an independent computation -------------------------------------------------------------------------


def naive_opening(start: date, cadence: str, k: int) -> date:
    """Adds k cadences to a date by counting days, or calendar months from the start."""
    count, unit = cadence.split(" ")
    if unit.startswith("week"):
        return date.fromordinal(start.toordinal() + 7 * int(count) * k)
    years, month = divmod(start.month - 1 + int(count) * k, 12)
    last = calendar.monthrange(start.year + years, month + 1)[1]
    return date(start.year + years, month + 1, min(start.day, last))


def naive_dates(start: date, cadence: str, window: int, grace: int, issued: date) -> tuple[date, date, date, datetime]:
    """Returns period, the first and the last day of next, and expires, by walking from window to window."""
    k = 0
    while naive_opening(start, cadence, k + 1) <= issued:
        k += 1
    opens = naive_opening(start, cadence, k + 1)
    last = date.fromordinal(opens.toordinal() + window - 1)
    expires = date.fromordinal(last.toordinal() + 1 + grace)
    return naive_opening(start, cadence, k), opens, last, datetime(expires.year, expires.month, expires.day, tzinfo=UTC)


def dates_of(release: Release) -> tuple[date, date | None, date | None, datetime | None]:
    opens, last = (release.next.opens, release.next.last) if release.next else (None, None)
    return release.period, opens, last, release.expires


def a_release() -> Release:
    sim = Publisher()
    sim.roster(), sim.release()
    return sim.releases[0]


RELEASE = a_release()


def schedule(start: str, cadence: str, *, window: int = 14, grace: int = 14) -> Schedule:
    return Schedule(date.fromisoformat(start), parse_cadence(cadence), timedelta(days=window), timedelta(days=grace))


# --- the grid -------------------------------------------------------------------------------------------


def test_the_example_of_the_specification_holds() -> None:
    grid = schedule("2026-02-01", "3 months")
    period = grid.newest_opened(date(2026, 11, 3))
    assert period == date(2026, 11, 1)
    assert grid.following(period) == Window(date(2027, 2, 1), date(2027, 2, 14))
    assert grid.expiry(grid.following(period)) == datetime(2027, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("cadence", CADENCES)
@pytest.mark.parametrize("start", STARTS)
def test_every_opening_over_two_leap_years_is_the_one_that_is_counted_naively(start: str, cadence: str) -> None:
    grid, first = schedule(start, cadence), date.fromisoformat(start)
    openings = [grid.opening(k) for k in range(60)]
    assert openings == [naive_opening(first, cadence, k) for k in range(60)]
    assert openings == sorted(set(openings))


def test_windows_from_the_31st_open_on_the_last_day_of_shorter_months_and_return_to_the_31st() -> None:
    grid = schedule("2024-01-31", "1 month", window=7, grace=7)
    assert [grid.opening(k).isoformat() for k in range(5)] == [
        "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31",
    ]  # fmt: skip
    assert grid.opening(13) == date(2025, 2, 28)


@pytest.mark.parametrize("cadence", CADENCES)
@pytest.mark.parametrize("start", STARTS)
def test_the_dates_of_a_release_of_any_day_are_those_that_are_counted_naively(start: str, cadence: str) -> None:
    grid, first = schedule(start, cadence, window=10, grace=5), date.fromisoformat(start)
    for day in range(0, 800, 3):
        issued = first + timedelta(days=day)
        period, opens, last, expires = naive_dates(first, cadence, 10, 5, issued)
        assert grid.newest_opened(issued) == period
        assert grid.following(period) == Window(opens, last)
        assert grid.expiry(Window(opens, last)) == expires


@given(strategies.schedules(starts=st.dates(date(1970, 1, 1), date(2400, 1, 1))), st.integers(0, 40_000))
@example(schedule("2024-01-31", "1 month", window=7, grace=7), 28)
@example(schedule("2024-01-31", "1 month", window=7, grace=7), 29)
def test_a_period_is_the_newest_opening_and_its_next_is_the_one_after(grid: Schedule, day: int) -> None:
    issued = grid.start + timedelta(days=day)
    period = grid.newest_opened(issued)
    assert period is not None
    assert grid.newest_opened(period) == period <= issued
    following = grid.following(period)
    assert following.opens > issued
    assert grid.newest_opened(following.opens) == following.opens
    assert grid.newest_opened(following.opens - timedelta(days=1)) == period
    assert following.over == midnight(following.last) + timedelta(days=1)
    assert grid.expiry(following) <= midnight(grid.following(following.opens).opens)


def test_nothing_opened_before_the_start() -> None:
    grid = schedule("2024-01-31", "1 month")
    assert grid.newest_opened(date(2024, 1, 30)) is None
    assert grid.newest_opened(date(2024, 1, 31)) == date(2024, 1, 31)


def test_two_schedules_have_one_grid_if_they_start_and_count_alike() -> None:
    grid = schedule("2024-01-31", "1 month")
    assert grid.same_grid(replace(grid, window=timedelta(days=1), grace=timedelta(0)))
    assert not grid.same_grid(replace(grid, start=date(2024, 2, 29)))
    assert not grid.same_grid(replace(grid, cadence=Cadence(4, Unit.WEEK)))


# --- releases in a log ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cadence", CADENCES)
@pytest.mark.parametrize("start", ["2023-11-01", "2023-12-29", "2023-12-31"])
def test_late_releases_and_corrections_keep_the_grid(start: str, cadence: str) -> None:
    first = date.fromisoformat(start)
    sim = Publisher(start=first, cadence=cadence, window=10, grace=5)
    sim.roster()
    sim.release()
    for late in (0, 9, 14, 20, 29, 0):
        following = sim.releases[-1].next
        assert following
        sim.release(at=midnight(following.opens + timedelta(days=late)))
        sim.release(correction=True)
    assert len(replay(sim.entries, sim.gpg).releases()) == 13
    for release in sim.releases:
        assert dates_of(release) == naive_dates(first, cadence, 10, 5, release.issued.date())


def test_a_correction_has_the_same_next_as_what_it_corrects() -> None:
    sim = Publisher()
    sim.roster(), sim.release(at=noon("2025-02-03")), sim.release(at=noon("2025-04-30"))
    assert dates_of(sim.releases[0]) == dates_of(sim.releases[1])


def test_a_release_that_is_a_whole_period_late_belongs_to_the_newest_window() -> None:
    sim = Publisher()
    sim.roster(), sim.release(at=noon("2025-02-03")), sim.release(at=noon("2025-08-20"))
    assert (sim.releases[1].period, sim.releases[1].next) == (
        date(2025, 8, 1),
        Window(date(2025, 11, 1), date(2025, 11, 14)),
    )


@pytest.mark.parametrize("moment", ["2025-04-30T23:59:59+00:00", "2025-05-01T00:00:00+00:00"])
def test_a_window_opens_at_midnight_utc(moment: str) -> None:
    sim = Publisher()
    sim.roster(), sim.release(at=datetime.fromisoformat(moment))
    assert sim.releases[0].period == date(2025, 2 if "04" in moment[5:7] else 5, 1)
    assert schedule_fault(sim.releases[0], sim.rosters[0].schedule) is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (replace(RELEASE, issued=noon("2025-01-31")), "before the first window"),
        (replace(RELEASE, period=date(2025, 2, 2)), "its period is 2025-02-02 instead of 2025-02-01"),
        (replace(RELEASE, issued=noon("2025-05-01")), "its period is 2025-02-01 instead of 2025-05-01"),
        (
            replace(RELEASE, next=Window(date(2025, 5, 1), date(2025, 5, 15))),
            "2025-05-15 instead of 2025-05-01/2025-05-14",
        ),
        (replace(RELEASE, next=Window(date(2025, 8, 1), date(2025, 8, 14))), "instead of 2025-05-01/2025-05-14"),
        (replace(RELEASE, expires=midnight(date(2025, 5, 30))), "instead of 2025-05-29T00:00:00Z"),
        (replace(RELEASE, expires=RELEASE.issued), "instead of 2025-05-29T00:00:00Z"),
        (replace(RELEASE, next=None, expires=None, period=date(2025, 5, 1)), "its period is"),
    ],
)
def test_dates_that_are_not_the_schedules_own_are_a_fault(change: Release, fault: str) -> None:
    grid = schedule("2025-02-01", "3 months")
    assert schedule_fault(RELEASE, grid) is None
    assert fault in (schedule_fault(change, grid) or "")


# --- spelling and limits --------------------------------------------------------------------------------


@given(strategies.cadences, st.integers(0, 366))
def test_a_cadence_and_a_length_have_one_spelling(cadence: Cadence, days: int) -> None:
    assert parse_cadence(cadence.render()) == cadence
    assert parse_days(render_days(timedelta(days=days))) == timedelta(days=days)


@pytest.mark.parametrize("text", ["1 months", "01 month", "3 month", "0 months", "25 months", "105 weeks", "3  months"])
def test_another_spelling_of_a_cadence_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_cadence(text)


@pytest.mark.parametrize(
    "text", ["quarterly", "3 months ", "90 days", "1 year", "3months", "٣ months", "-1 months", ""]
)
def test_what_is_no_cadence_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="a cadence"):
        parse_cadence(text)


@pytest.mark.parametrize("text", ["1 days", "2 day", "0 day", "367 days", "2 weeks", "14", "1.5 days", "", "-1 days"])
def test_another_spelling_of_a_length_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="a length"):
        parse_days(text)


@pytest.mark.parametrize(
    ("start", "cadence", "shortest"),
    [
        ("2023-01-31", "1 month", 28),
        ("2023-01-28", "1 month", 28),
        ("2023-12-01", "3 months", 90),
        ("2023-11-30", "3 months", 90),
        ("2024-02-29", "12 months", 365),
        ("2024-01-31", "4 weeks", 28),
    ],
)
def test_window_and_grace_fit_between_the_two_closest_openings(start: str, cadence: str, shortest: int) -> None:
    grid = schedule(start, cadence)
    openings = [naive_opening(date.fromisoformat(start), cadence, k) for k in range(100)]
    assert min((b - a).days for a, b in pairwise(openings)) == shortest
    assert grid.shortest_distance() == timedelta(days=shortest)
    replace(grid, window=timedelta(days=shortest), grace=timedelta(0)).check()
    with pytest.raises(MalformedError, match=f"open only {shortest} days apart"):
        replace(grid, window=timedelta(days=shortest - 14), grace=timedelta(days=15)).check()


def test_a_schedule_at_the_end_of_time_can_still_be_counted() -> None:
    last = Schedule(date(2999, 12, 31), Cadence(24, Unit.MONTH), timedelta(days=366), timedelta(days=366))
    last_weekly = replace(last, cadence=Cadence(104, Unit.WEEK))
    for grid in (last, last_weekly):
        following = grid.following(grid.start)
        assert grid.expiry(following) > midnight(date(3001, 12, 1))
