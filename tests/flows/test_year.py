"""A year of a canary's life, seen by a watcher that looks every six hours: what it tells, and nothing else.

The README shows the same list as the example.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from canary.core.judging.findings import Status
from canary.core.text.times import midnight
from canary.core.watching.agenda import is_due
from canary.core.watching.alerts import AlertKind
from canary.flows.watch.message import message_of
from tests.simulator import Publisher, noon
from tests.watcher import Event, Watcher, in_words

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
HEADING = "### What a watcher tells in a year"
REWORDED = "Nobody but Example Networks and its carriers has ever installed equipment in its network."


@cache
def year() -> Watcher:
    """Returns a watcher at the end of it."""
    sim = Publisher(cadence="2 months")
    sim.roster()
    sim.release(at=noon("2025-02-02"))
    sim.stamp()
    watcher = Watcher(sim, begins=noon("2025-02-03"))
    watcher.live(
        until=noon("2026-03-01"),
        events=[
            (noon("2025-03-10"), watcher.hiccups),
            published(sim, "2025-04-04"),
            published(sim, "2025-06-27"),
            published(sim, "2025-08-04", reword={"taps": REWORDED}),
            acknowledged(watcher, "2025-08-05"),
            (noon("2025-08-20"), lambda: sim.roster(at=noon("2025-08-20"), replacing={"legal": "legal-2"})),
            acknowledged(watcher, "2025-08-21"),
            (noon("2025-09-08"), watcher.goes_down),
            (noon("2025-09-15"), watcher.comes_back),
            published(sim, "2025-10-03", without=["gag"]),
            acknowledged(watcher, "2025-10-06"),
            published(sim, "2025-12-02"),
            published(sim, "2026-02-03", final=True),
            (noon("2026-02-10"), watcher.goes_down),
        ],
    )
    return watcher


def published(
    sim: Publisher,
    day: str,
    *,
    reword: dict[str, str] | None = None,
    without: tuple[str, ...] | list[str] = (),
    final: bool = False,
) -> Event:
    def publish() -> None:
        sim.release(at=noon(day), reword=reword, without=without, final=final)
        sim.stamp()

    return noon(day), publish


def acknowledged(watcher: Watcher, day: str) -> Event:
    return noon(day), lambda: watcher.acknowledge(noon(day))


def test_the_alerts_of_a_year_are_those_that_a_person_wants() -> None:
    told = [(f"{each.at:%Y-%m-%d}", in_words(each)[0]) for each in year().alerts]
    assert told == [
        ("2025-06-15", "OVERDUE"),
        ("2025-06-22", "OVERDUE, expires soon"),
        ("2025-06-26", "OVERDUE, expires soon"),
        ("2025-06-27", "OK again"),
        ("2025-08-04", "CHANGED"),
        ("2025-08-20", "CHANGED"),
        ("2025-09-08", "UNREACHABLE"),
        ("2025-09-15", "OK again"),
        ("2025-10-03", "WITHDRAWN"),
        ("2025-10-04", "WITHDRAWN, reminder"),
        ("2025-10-05", "WITHDRAWN, reminder"),
        ("2026-02-03", "RETIRED"),
    ]


def test_the_readme_shows_these_alerts() -> None:
    table = [line for line in section(README, HEADING).splitlines() if re.match(r"\| \d{4}-", line)]
    assert table == ["| " + " | ".join((f"{each.at:%Y-%m-%d}", *in_words(each))) + " |" for each in year().alerts]


def test_the_readme_shows_what_an_alert_says() -> None:
    (alert,) = (each for each in year().alerts if f"{each.at:%Y-%m-%d}" == "2025-08-04")
    shown = section(README, "### What an alert says").split("```text\n")[1].split("```")[0]
    assert shown == message_of([alert], now=alert.at).text


def section(text: str, heading: str) -> str:
    return text.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]


def test_a_year_has_these_transitions_told_or_not() -> None:
    statuses = [each.after for each in year().transitions]
    assert statuses == [
        *(Status.OK, Status.DUE, Status.OK),
        *(Status.DUE, Status.OVERDUE, Status.OK),
        *(Status.DUE, Status.CHANGED, Status.OK, Status.CHANGED, Status.OK),
        *(Status.UNREACHABLE, Status.OK),
        *(Status.DUE, Status.WITHDRAWN, Status.OK),
        *(Status.DUE, Status.OK),
        *(Status.DUE, Status.RETIRED),
    ]
    assert all(before.after is after.before for before, after in pairwise(year().transitions))


def test_no_two_alerts_of_a_year_have_one_id_and_all_are_counted() -> None:
    ids = {each.id for each in year().alerts}
    assert len(ids) == len(year().alerts) == year().row.alerts


def test_a_watcher_is_never_longer_away_than_its_interval_and_is_there_when_a_window_is_over() -> None:
    looks = year().looks
    assert max(later - earlier for earlier, later in pairwise(looks)) <= timedelta(hours=6)
    assert midnight(date(2025, 6, 15)) in looks


def test_a_clock_that_moved_back_a_year_is_told_once_and_nothing_goes_unwatched() -> None:
    sim = Publisher()
    sim.roster(at=noon("2025-01-20"))
    sim.release(at=noon("2025-02-02"))
    watcher = Watcher(sim, begins=noon("2025-02-03"))
    watcher.live(until=noon("2025-03-01"))
    back = noon("2024-03-01")
    assert is_due(watcher.row, back)
    watcher.row = replace(watcher.row, next_at=back)
    watcher.live(until=back + timedelta(days=3))
    assert [(each.kind, each.after) for each in watcher.alerts] == [(AlertKind.CHANGE, Status.UNKNOWN)]
    right = noon("2025-03-02")
    assert is_due(watcher.row, right)
    watcher.row = replace(watcher.row, next_at=right)
    watcher.live(until=right + timedelta(days=1))
    assert [(each.kind, each.after) for each in watcher.alerts[1:]] == [(AlertKind.RECOVERY, Status.OK)]


@pytest.mark.parametrize("hours", [1, 24, 7 * 24])
def test_whatever_the_interval_nothing_is_lost_that_a_person_can_wait_for(hours: int) -> None:
    sim = Publisher(cadence="2 months")
    sim.roster()
    sim.release(at=noon("2025-02-02"))
    sim.stamp()
    watcher = Watcher(sim, begins=noon("2025-02-03"), every=timedelta(hours=hours))
    watcher.live(until=noon("2025-07-20"), events=[published(sim, "2025-04-04", without=["gag"])])
    withdrawn = watcher.alerts[0]
    assert (withdrawn.after, watcher.row.status) == (Status.WITHDRAWN, Status.WITHDRAWN)
    assert withdrawn.at - noon("2025-04-04") <= timedelta(days=1)
