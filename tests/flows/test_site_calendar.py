"""`calendar.ics`, read back as a calendar program reads it (RFC 5545)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar, Event

from tests.simulator import CANARY, Publisher, noon
from tests.site_pages import HOSTILE
from tests.site_scenes import SCENES, long_log, site_of


def publisher() -> Publisher:
    sim = Publisher(start=date(2026, 2, 1))
    sim.roster()
    return sim


def events(sim: Publisher) -> dict[str, Event]:
    """Returns the events of a canary's calendar by UID, after holding the file to the rules of every calendar."""
    data = site_of(sim)["calendar.ics"]
    assert data.endswith(b"END:VCALENDAR\r\n")
    # RFC 5545, section 3.1: lines end with CRLF, and have at most 75 octets.
    lines = data.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert all(len(line) <= 75 for line in lines)
    calendar = Calendar.from_ical(data)
    assert (calendar["VERSION"], calendar["PRODID"]) == ("2.0", "-//warrant-canary//calendar//EN")
    assert "METHOD" not in calendar
    found = {}
    for event in calendar.walk("VEVENT"):
        assert isinstance(event, Event)
        assert event.errors == []
        uid = str(event["UID"])
        assert uid not in found
        found[uid] = event
    return found


def uid(kind: str, name: str) -> str:
    return f"{kind}-{name}@{CANARY}"


def when(event: Event, name: str) -> date:
    found = event.decoded(name)
    assert isinstance(found, date)
    return found


def alarms(event: Event) -> list[tuple[str, timedelta]]:
    found = []
    for alarm in event.walk("VALARM"):
        # Section 3.6.6: a display alarm has these three.
        assert alarm["ACTION"] == "DISPLAY"
        assert str(alarm["DESCRIPTION"])
        before = alarm.decoded("TRIGGER")
        assert isinstance(before, timedelta)
        found.append((str(alarm["TRIGGER"].params["RELATED"]), before))
    return found


def newer(before: Event, after: Event) -> bool:
    """Tells whether a calendar that has `before` takes `after` for it: the same UID, and a later revision."""
    assert before["UID"] == after["UID"]
    return (after["SEQUENCE"], when(after, "DTSTAMP")) > (before["SEQUENCE"], when(before, "DTSTAMP"))


def test_the_next_window_and_its_deadline() -> None:
    sim = publisher()
    sim.release()
    found = events(sim)
    window, deadline = found[uid("window", "2026-02-01")], found[uid("deadline", "2026-02-01")]
    assert (when(window, "DTSTART"), when(window, "DTEND")) == (date(2026, 5, 1), date(2026, 5, 15))
    assert str(window["SUMMARY"]) == "Warrant canary of Example Networks: a release is due"
    assert when(deadline, "DTSTART") == datetime(2026, 5, 29, tzinfo=UTC)
    assert when(window, "DTSTAMP") == noon("2026-02-02")
    days = timedelta(days=1)
    assert alarms(window) == [("START", -14 * days), *(("END", -left * days) for left in (7, 3, 1))]
    assert alarms(deadline) == [("START", -7 * days), ("START", -days)]


def test_a_release_updates_the_window_that_it_came_in_and_cancels_its_deadline() -> None:
    sim = publisher()
    sim.release()
    before = events(sim)
    sim.release()
    after = events(sim)
    window, deadline = uid("window", "2026-02-01"), uid("deadline", "2026-02-01")
    assert set(before) < set(after)
    for name in (window, deadline):
        assert newer(before[name], after[name])
        assert alarms(after[name]) == []
    assert str(after[window]["SUMMARY"]) == "Warrant canary of Example Networks: release 2 came"
    assert (after[window]["STATUS"], after[deadline]["STATUS"]) == ("CONFIRMED", "CANCELLED")
    for name in set(before) - {window, deadline}:
        assert before[name].to_ical() == after[name].to_ical()


def test_a_correction_promises_the_same_again() -> None:
    sim = publisher()
    sim.release()
    before = events(sim)
    sim.release(correction=True)
    assert {name: event.to_ical() for name, event in events(sim).items()} == {
        name: event.to_ical() for name, event in before.items()
    }


def test_a_correction_under_a_longer_grace_moves_the_deadline_of_the_same_event() -> None:
    sim = publisher()
    sim.release()
    before = events(sim)
    sim.roster(grace=20)
    sim.release(correction=True)
    after = events(sim)
    assert set(before) == set(after)
    deadline = uid("deadline", "2026-02-01")
    assert newer(before[deadline], after[deadline])
    assert when(after[deadline], "DTSTART") == datetime(2026, 6, 4, tzinfo=UTC)
    assert after[deadline]["SEQUENCE"] == 1


def test_before_the_first_release_the_roster_promises_and_a_later_one_revises() -> None:
    sim = publisher()
    before = events(sim)
    assert set(before) == {uid("window", "first"), uid("deadline", "first")}
    assert when(before[uid("window", "first")], "DTSTART") == date(2026, 2, 1)
    sim.roster(start=date(2026, 3, 1))
    after = events(sim)
    assert set(after) == set(before)
    assert all(newer(before[name], after[name]) for name in before)
    assert when(after[uid("window", "first")], "DTSTART") == date(2026, 3, 1)
    sim.roster()
    sim.release()
    released = events(sim)
    assert all(newer(after[name], released[name]) for name in after)
    assert "release 1 came" in str(released[uid("window", "first")]["SUMMARY"])


def test_the_last_release_cancels_what_its_period_promised() -> None:
    sim = publisher()
    sim.release()
    before = events(sim)
    sim.release(correction=True, final=True)
    after = events(sim)
    assert set(after) == set(before)
    for kind in ("window", "deadline"):
        name = uid(kind, "2026-02-01")
        assert newer(before[name], after[name])
        assert after[name]["STATUS"] == "CANCELLED"
        assert alarms(after[name]) == []


def test_a_last_release_in_its_own_window_promises_nothing() -> None:
    sim = publisher()
    sim.release()
    sim.release(final=True)
    found = events(sim)
    assert len(found) == 4
    assert found[uid("window", "2026-02-01")]["STATUS"] == "CONFIRMED"
    assert all(alarms(event) == [] for event in found.values())


def test_a_short_window_has_no_reminder_before_it_opens_but_one() -> None:
    sim = Publisher(start=date(2026, 2, 1), cadence="1 week", window=3, grace=2)
    sim.roster()
    days = timedelta(days=1)
    assert alarms(events(sim)[uid("window", "first")]) == [("START", -14 * days), ("END", -3 * days), ("END", -days)]


def test_a_long_log_has_a_short_calendar() -> None:
    sim = long_log(40, statements=1)
    found = events(sim)
    assert len(found) == 24
    assert found[uid("window", sim.releases[-1].period.isoformat())]["SEQUENCE"] == 0


@pytest.mark.parametrize("scene", sorted(set(SCENES) - {"long-log"}))
def test_every_calendar_keeps_to_the_rules(scene: str) -> None:
    for event in events(SCENES[scene]()).values():
        assert {"UID", "DTSTAMP", "DTSTART", "SEQUENCE", "SUMMARY", "STATUS"} <= set(event)


def test_an_organisation_cannot_add_a_line() -> None:
    sim = Publisher(organisation=f"A; B, C\\n {HOSTILE} END:VCALENDAR", start=date(2026, 2, 1))
    sim.roster()
    data = site_of(sim)["calendar.ics"]
    assert len(re.findall(rb"^END:VCALENDAR", data, re.MULTILINE)) == 1
    for event in events(sim).values():
        assert str(event["SUMMARY"]).startswith(f"Warrant canary of A; B, C\\n {HOSTILE} END:VCALENDAR: ")
