"""When signers are reminded, whom, and in which words."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary.core.documents.release import Release
from canary.core.documents.schedule import Window
from canary.core.text.days import day_in_words, days_in_words
from canary.flows.issue.due import what_is_due
from canary.flows.issue.quorum import Board, open_board
from canary.flows.issue.reminding import (
    Reminder,
    awaited,
    occasions,
    reminder_message,
    reminders,
    trial_message,
)
from tests.publisher import CANARY, Desk, line_of, midnight, no_openpgp, noon

SIGNERS = ("legal", "security", "director")
MAY = Window(date(2026, 5, 1), date(2026, 5, 14))


def released() -> Desk:
    """A canary whose next window is that of May 2026."""
    desk = Desk().begin()
    return desk.release(noon("2026-02-03"))


def board(desk: Desk, moment: datetime, *signed: str, correction: bool = False) -> Board:
    text = desk.draft(moment, correction=correction).render()
    return open_board(desk.history, text, {name: line_of(name, text) for name in signed}, no_openpgp)


# --- occasions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "last", "told"),
    [
        (
            "2027-02-01",
            "2027-02-14",
            (
                "2027-01-31 14 days, 2027-02-01 open, 2027-02-07 7 days, 2027-02-11 3 days, 2027-02-13 1 day, "
                "2027-02-15 overdue"
            ),
        ),
        (  # one of a single day: all but the last come before it opens
            "2027-03-01",
            "2027-03-01",
            (
                "2027-02-15 14 days, 2027-02-22 7 days, 2027-02-26 3 days, 2027-02-28 1 day, 2027-03-01 open, "
                "2027-03-02 overdue"
            ),
        ),
        (
            "2027-01-01",
            "2027-01-31",
            (
                "2027-01-01 open, 2027-01-17 14 days, 2027-01-24 7 days, 2027-01-28 3 days, 2027-01-30 1 day, "
                "2027-02-01 overdue"
            ),
        ),
    ],
)
def test_the_occasions_of_a_window(opens: str, last: str, told: str) -> None:
    found = occasions(Window(date.fromisoformat(opens), date.fromisoformat(last)))
    assert ", ".join(f"{each.begins:%Y-%m-%d} {each.name}" for each in found) == told
    assert {each.begins.time() for each in found} == {noon("2027-01-01").time().replace(hour=0)}


@pytest.mark.parametrize(
    ("moment", "occasion"),
    [
        ("2026-04-29T23:59:59", None),
        ("2026-04-30T00:00:00", "14 days"),
        ("2026-04-30T23:59:59", "14 days"),
        ("2026-05-01T00:00:00", "open"),
        ("2026-05-06T23:59:59", "open"),
        ("2026-05-07T00:00:00", "7 days"),
        ("2026-05-11T00:00:00", "3 days"),
        ("2026-05-13T00:00:00", "1 day"),
        ("2026-05-14T23:59:59", "1 day"),
        ("2026-05-15T00:00:00", "overdue"),
        ("2029-01-01T00:00:00", "overdue"),
    ],
)
def test_who_was_never_told_is_told_of_the_newest_occasion(moment: str, occasion: str | None) -> None:
    now = datetime.fromisoformat(f"{moment}+00:00")
    found = reminders(released().history, MAY, ("legal",), {}, now=now)
    assert found == (() if occasion is None else (Reminder("legal", occasion),))


def test_nobody_is_told_of_an_occasion_twice_nor_of_an_earlier_one() -> None:
    history, told = released().history, {"legal": "7 days", "security": "open", "director": "1 day"}
    found = reminders(history, MAY, SIGNERS, told, now=noon("2026-05-08"))
    assert found == (Reminder("security", "7 days"),)
    assert reminders(history, MAY, SIGNERS, {"legal": "no such"}, now=noon("2026-05-08"))[0].signer == "legal"


def test_occasions_that_had_come_when_the_newest_release_was_issued_are_nobodys() -> None:
    desk = Desk(every="1 month").begin(noon("2026-02-09"))
    waited = desk.history.roster
    assert waited is not None
    first = waited.schedule.window_at(waited.schedule.start)
    # Roster 1 came when the window had been open for a week: the opening is no news.
    assert reminders(desk.history, first, SIGNERS, {}, now=noon("2026-02-10")) == ()
    assert len(reminders(desk.history, first, SIGNERS, {}, now=noon("2026-02-11"))) == 3


def test_overdue_counts_even_where_the_roster_came_after_it() -> None:
    desk = Desk().begin(noon("2026-02-20"))
    roster = desk.history.roster
    assert roster is not None
    first = roster.schedule.window_at(roster.schedule.start)
    found = reminders(desk.history, first, ("legal",), {}, now=noon("2026-02-21"))
    assert found == (Reminder("legal", "overdue"),)


@settings(deadline=None)
@given(
    hours=st.lists(st.integers(0, 24 * 60), min_size=1, max_size=12),
    length=st.integers(1, 31),
)
def test_however_runs_fall_each_occasion_is_told_at_most_once_and_the_last_is_never_lost(
    hours: list[int], length: int
) -> None:
    history = released().history
    window = Window(date(2026, 5, 1), date(2026, 5, 1) + timedelta(days=length - 1))
    told: dict[str, str] = {}
    heard: list[str] = []
    for hour in sorted(hours):
        now = midnight("2026-04-10") + timedelta(hours=hour)
        for each in reminders(history, window, ("legal",), told, now=now):
            heard.append(each.occasion)
            told[each.signer] = each.occasion
        come = [each.name for each in occasions(window) if each.begins <= now]
        assert told.get("legal") == (come[-1] if come else None)
    assert len(heard) == len(set(heard))


# --- whose move it is -----------------------------------------------------------------------------------


def test_everybody_is_awaited_while_nothing_is_drafted_for_the_window() -> None:
    desk = released()
    nothing = awaited(desk.history, None, MAY, in_log=False)
    assert (nothing.signers, nothing.publishing) == (SIGNERS, False)
    correction = board(desk, noon("2026-04-30"), "legal", "security", correction=True)
    assert correction.met
    assert awaited(desk.history, correction, MAY, in_log=False) == nothing


def test_who_has_signed_is_not_awaited_any_more() -> None:
    desk = released()
    found = awaited(desk.history, board(desk, noon("2026-05-02"), "security"), MAY, in_log=False)
    assert (found.signers, found.publishing) == (("legal", "director"), False)


def test_everybody_is_told_where_enough_have_signed_and_nobody_publishes() -> None:
    desk = released()
    signed = awaited(desk.history, board(desk, noon("2026-05-02"), "security", "legal"), MAY, in_log=False)
    in_log = awaited(desk.history, None, MAY, in_log=True)
    assert signed == in_log
    assert (signed.signers, signed.publishing) == (SIGNERS, True)


def test_a_roster_that_is_drafted_is_no_release() -> None:
    desk = released()
    desk.people("legal", "security", threshold=2)
    text = desk.roster(noon("2026-05-02")).render()
    lines = {name: line_of(name, text) for name in ("legal", "security")}
    drafted = open_board(desk.history, text, lines, no_openpgp)
    assert drafted.met
    assert awaited(desk.history, drafted, MAY, in_log=False).signers == SIGNERS


# --- words ----------------------------------------------------------------------------------------------


def message(moment: str, *, publishing: bool = False) -> str:
    history = released().history
    now = noon(moment)
    due = what_is_due(history, now=now, ahead=timedelta(7), critical=timedelta(3))
    found = reminder_message(CANARY, due, Reminder("legal", "7 days"), publishing=publishing, now=now)
    assert found.exit_code == due.level
    return found.text


def test_the_whole_text_of_a_reminder() -> None:
    assert message("2026-05-07") == (
        "The release for the window of 1 to 14 May 2026 is due.\n"
        "The window is open, and it is over at the end of 14 May 2026; 7 days left.\n"
        "\n"
        "  canary  example.net/canary\n"
        "  signer  legal\n"
        "\n"
        "In the canary's folder, once the window is open and somebody has drafted it (canary draft):\n"
        "  canary sign --as legal\n"
        "\n"
        "If you have signed it already, your signature has not come to the machine that sends this: pass on the file\n"
        "draft/legal.sig as you always do.\n"
        "\n"
        "The days are counted in UTC. A program sent this: no answer to it is read.\n"
    )


@pytest.mark.parametrize(
    ("moment", "lines"),
    [
        (
            "2026-04-30",
            (
                "The release for the window of 1 to 14 May 2026 is due.\n"
                "The window opens on 1 May 2026, and it is over at the end of 14 May 2026; 14 days left.\n"
            ),
        ),
        (
            "2026-05-14",
            (
                "The release for the window of 1 to 14 May 2026 is due.\n"
                "The window is open, and it is over at the end of 14 May 2026; less than a day left.\n"
            ),
        ),
        (
            "2026-05-15",
            (
                "The release for the window of 1 to 14 May 2026 is overdue.\n"
                "The window is over. From 2026-05-29T00:00:00Z on, the canary is stale; 13 days left.\n"
            ),
        ),
        (
            "2026-05-29",
            (
                "The release for the window of 1 to 14 May 2026 is overdue.\n"
                "Nothing came until 2026-05-29T00:00:00Z, and the canary is stale: watchers are alarmed.\n"
            ),
        ),
    ],
)
def test_how_it_stands_is_told_as_of_now(moment: str, lines: str) -> None:
    assert message(moment).startswith(lines)


def test_where_only_publishing_is_lacking_that_is_what_is_told() -> None:
    text = message("2026-05-07", publishing=True)
    assert "Enough have signed, and it is not published yet." in text
    assert "canary sign" not in text


def test_the_event_says_the_same_for_programs() -> None:
    now = noon("2026-05-07")
    due = what_is_due(released().history, now=now, ahead=timedelta(7), critical=timedelta(3))
    found = reminder_message(CANARY, due, Reminder("legal", "7 days"), publishing=False, now=now)
    event = json.loads(found.event)
    assert event == {
        "format": "canary-reminder/v1",
        "id": found.id,
        "at": "2026-05-07T12:00:00Z",
        "canary": CANARY,
        "signer": "legal",
        "occasion": "7 days",
        "window": {"opens": "2026-05-01", "last": "2026-05-14"},
        "deadline": "2026-05-29T00:00:00Z",
        "publishing": False,
        "subject": "example.net/canary: the release for the window of 1 to 14 May 2026 is due",
        "text": found.text,
    }
    assert found.subject == event["subject"]


def test_a_reminder_that_comes_again_has_the_same_id_and_another_has_another() -> None:
    due = what_is_due(released().history, now=noon("2026-05-07"), ahead=timedelta(7), critical=timedelta(3))
    ids = [
        reminder_message(CANARY, due, Reminder(signer, occasion), publishing=False, now=noon(day)).id
        for signer, occasion, day in (
            ("legal", "7 days", "2026-05-07"),
            ("legal", "7 days", "2026-05-08"),
            ("legal", "3 days", "2026-05-07"),
            ("security", "7 days", "2026-05-07"),
        )
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert all(len(each) == 32 for each in ids)


def test_no_word_of_a_statement_is_in_it() -> None:
    desk = released()
    release = desk.history.last_release
    assert isinstance(release, Release)
    words = {word for each in release.statements for word in (*each.words.split(), each.id) if len(word) > 4}
    told = message("2026-05-07") + message("2026-06-01") + message("2026-05-07", publishing=True)
    assert words - {"every", "never"}
    assert {word for word in words if word in told} == set()


def test_a_test_says_that_nothing_is_due() -> None:
    one, other = (trial_message(CANARY, "legal", now=noon(day)) for day in ("2026-05-07", "2026-05-08"))
    assert one.text.startswith("Somebody tests whether reminders reach you. Nothing is due")
    assert one.subject == "example.net/canary: a test of the reminders"
    assert json.loads(one.event)["window"] is None
    assert one.id != other.id


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2027-02-01", "2027-02-14", "1 to 14 February 2027"),
        ("2027-02-28", "2027-03-13", "28 February to 13 March 2027"),
        ("2026-12-25", "2027-01-07", "25 December 2026 to 7 January 2027"),
        ("2027-02-01", "2027-02-01", "1 February 2027"),
    ],
)
def test_days_in_words(first: str, last: str, words: str) -> None:
    assert days_in_words(date.fromisoformat(first), date.fromisoformat(last)) == words
    assert words.endswith(day_in_words(date.fromisoformat(last))) or first[:7] == last[:7]
