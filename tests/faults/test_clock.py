"""A clock that jumps, and a machine that slept."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.faults.desk import EVERY, NOW, Desk

YEAR = timedelta(days=365)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def asked(desk: Desk) -> int:
    """Returns how many requests the host has got since this was last asked."""
    number = len(desk.host.asked)
    desk.host.asked.clear()
    return number


def test_a_clock_that_went_back_a_year_looks_at_nothing_and_is_told_once(followed: Desk) -> None:
    asked(followed)
    followed.now -= YEAR
    made = followed.run()
    assert (made.exit_code, made.document["looked"], asked(followed)) == (3, 0, 0)
    assert made.document["clock_behind"] == "2025-02-10T12:00:00Z"
    assert followed.told == ["clock"]
    followed.now += EVERY
    assert followed.run().exit_code == 3
    assert followed.told == ["clock"]
    (event,) = followed.events
    assert event["subject"].startswith("CLOCK: ")
    assert "clock says 2024-02-11T12:00:00Z, and at an earlier look it was 2025-02-10T12:00:00Z" in json.dumps(event)


@pytest.mark.parametrize("output", ["text", "json", "jsonl", "nagios", "prometheus"])
def test_a_clock_that_went_back_is_told_in_every_format(followed: Desk, output: str) -> None:
    followed.now -= YEAR
    ran = followed.canary("run", "--format", output)
    assert ran.code == 3
    words = {"json": '"clock_behind": "2025', "jsonl": '"clock_behind": "2025', "prometheus": "canary_clock_behind 1.0"}
    assert words.get(output, "this machine's clock says 2024-02-11T12:00:00Z") in ran.said


def test_the_clock_set_right_again_goes_on_as_if_nothing_had_been(followed: Desk) -> None:
    followed.now -= YEAR
    followed.run()
    followed.now += YEAR + EVERY
    made = followed.run()
    assert (made.exit_code, made.document["looked"], made.status()) == (0, 1, "OK")
    assert made.document["clock_behind"] is None
    assert followed.told == ["clock"]


@pytest.mark.parametrize(("minutes", "is_behind"), [(9, False), (11, True)])
def test_a_few_minutes_are_no_clock_that_went_back(followed: Desk, minutes: int, *, is_behind: bool) -> None:
    followed.now -= timedelta(minutes=minutes)
    made = followed.run()
    assert (made.document["clock_behind"] is not None, made.exit_code) == (is_behind, 3 if is_behind else 0)


def test_a_clock_that_was_ahead_is_trusted_again_where_a_person_says_so(followed: Desk) -> None:
    followed.now += YEAR
    assert followed.run().status() == "EXPIRED"
    followed.now = NOW + EVERY
    behind = followed.run()
    assert (behind.exit_code, behind.document["looked"]) == (3, 0)
    assert followed.told == ["change EXPIRED", "clock"]
    trusted = followed.run("--trust-clock")
    assert (trusted.exit_code, trusted.document["looked"], trusted.status()) == (0, 1, "OK")
    followed.passes(2)
    assert followed.told == ["change EXPIRED", "clock", "recovery OK"]


def test_what_expired_meanwhile_counts_though_the_clock_went_back(followed: Desk) -> None:
    followed.now += YEAR
    assert followed.run().exit_code == 2
    followed.now -= EVERY
    assert followed.run().exit_code == 2


def test_a_machine_that_slept_for_weeks_looks_once(followed: Desk) -> None:
    asked(followed)
    followed.now += 3 * WEEK
    assert followed.run().document["looked"] == 1
    assert followed.run().document["looked"] == 0
    assert [each["at"] for each in followed.shown()["looks"]] == ["2025-03-03T12:00:00Z", "2025-02-10T12:00:00Z"]
    assert followed.told == []


def test_a_machine_that_slept_through_an_expiry_tells_that_and_nothing_of_what_came_before(followed: Desk) -> None:
    followed.now += 30 * WEEK
    assert (followed.run().exit_code, followed.told) == (2, ["change EXPIRED"])
    followed.now += HOUR
    assert followed.run().exit_code == 2
    assert followed.told == ["change EXPIRED"]
