from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from canary.core.log.history import History
from canary.flows.issue.due import Due, Level, interrupted, what_is_due
from tests.publisher import Desk, midnight, noon

SECOND = timedelta(seconds=1)


def due(history: History, now: datetime, *, ahead: int = 7, critical: int = 3) -> Due:
    return what_is_due(history, now=now, ahead=timedelta(days=ahead), critical=timedelta(days=critical))


@pytest.fixture(scope="module")
def released() -> History:
    """A release of February: the next window is 1 to 14 May, stale on 29 May."""
    return Desk().begin().release(noon("2026-02-03")).history


@pytest.mark.parametrize(
    ("now", "level"),
    [
        (noon("2026-02-03"), 0),
        (midnight("2026-04-24") - SECOND, 0),
        (midnight("2026-04-24"), 1),
        (midnight("2026-05-01") - SECOND, 1),
        (midnight("2026-05-01"), 1),
        (midnight("2026-05-12"), 1),
        (midnight("2026-05-12") + SECOND, 2),
        (midnight("2026-05-15") - SECOND, 2),
        (midnight("2026-05-15"), 2),
        (midnight("2026-05-29") - SECOND, 2),
        (midnight("2026-05-29"), 2),
        (noon("2030-01-01"), 2),
    ],
)
def test_the_level_around_each_boundary(released: History, now: datetime, level: int) -> None:
    found = due(released, now)
    assert found.level == level
    assert found.window is not None
    assert (found.window.opens, found.window.last) == (date(2026, 5, 1), date(2026, 5, 14))
    assert found.deadline == midnight("2026-05-29")


@pytest.mark.parametrize(("ahead", "level"), [(0, 0), (1, 0), (2, 1), (30, 1)])
def test_ahead_is_counted_to_the_opening(released: History, ahead: int, level: int) -> None:
    assert due(released, midnight("2026-04-29"), ahead=ahead).level == level


@pytest.mark.parametrize(("critical", "level"), [(0, 1), (5, 1), (6, 2), (14, 2)])
def test_critical_is_counted_to_the_windows_end(released: History, critical: int, level: int) -> None:
    assert due(released, midnight("2026-05-10"), critical=critical).level == level


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (noon("2026-03-01"), "the next window, 2026-05-01 to 2026-05-14, opens in 60 days"),
        (noon("2026-04-28"), "the window of 2026-05-01 to 2026-05-14 opens in 2 days"),
        (noon("2026-04-29"), "the window of 2026-05-01 to 2026-05-14 opens in 1 day"),
        (noon("2026-04-30"), "the window of 2026-05-01 to 2026-05-14 opens in less than a day"),
        (noon("2026-05-02"), "the window of 2026-05-01 to 2026-05-14 is open; 12 days until it is over"),
        (noon("2026-05-14"), "the window of 2026-05-01 to 2026-05-14 is open; less than a day until it is over"),
        (noon("2026-05-15"), "the window of 2026-05-01 to 2026-05-14 is over; 13 days until the canary is stale"),
        (noon("2026-05-29"), "the canary is stale: nothing came for the window of 2026-05-01 to 2026-05-14"),
    ],
)
def test_the_sentence(released: History, now: datetime, message: str) -> None:
    assert due(released, now).message == message


def test_without_a_roster_nothing_can_be_told() -> None:
    found = due(History(), noon("2026-02-03"))
    assert (found.level, found.window, found.deadline) == (Level.CANNOT_TELL, None, None)


def test_a_roster_without_a_release_counts_as_window_0() -> None:
    history = Desk().begin().history
    assert [due(history, noon(day)).level for day in ("2026-01-24", "2026-01-25", "2026-02-13", "2026-03-02")] == [
        0,
        1,
        2,
        2,
    ]
    window = due(history, noon("2026-01-24")).window
    assert window is not None
    assert window.opens == date(2026, 2, 1)


def test_after_the_last_release_nothing_is_due() -> None:
    history = Desk().begin().release(noon("2026-02-03"), final=True).history
    found = due(history, noon("2036-01-01"))
    assert (found.level, found.window, found.deadline) == (Level.NOTHING_TO_DO, None, None)


def test_a_late_release_settles_its_own_window_and_not_the_next() -> None:
    history = Desk().begin().release(noon("2026-02-03")).release(noon("2026-07-30")).history
    window = due(history, noon("2026-07-31")).window
    assert window is not None
    assert window.opens == date(2026, 8, 1)


def test_until_a_newer_release_stands_its_own_promise_counts_and_not_the_new_grid() -> None:
    desk = Desk().begin().release(noon("2026-02-03"))
    desk.schedule(start=date(2026, 4, 1), every="1 month", window="7 days", grace="7 days")
    desk.sign(desk.roster(noon("2026-02-10")), "legal", "security")
    window = due(desk.history, noon("2026-04-02")).window
    assert window is not None
    assert window.opens == date(2026, 5, 1)


def test_publishing_that_was_interrupted_is_always_something_to_do(released: History) -> None:
    nothing, pressing = due(released, noon("2026-02-03")), due(released, noon("2026-05-16"))
    assert (interrupted(nothing).level, interrupted(pressing).level) == (Level.DUE, Level.PRESSING)
    told = "publishing was interrupted, and the site is not that of the log: run canary publish"
    assert interrupted(nothing).message == f"{told}; {nothing.message}"
