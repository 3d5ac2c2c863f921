from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from canary.core.judging.findings import Code, Finding, Status
from canary.core.judging.verdict import Verdict
from canary.core.watching.agenda import Patience, believe, by_time, counted_exit_code
from canary.core.watching.alerts import Alert, AlertKind
from canary.core.watching.telling import TellingPolicy, tell
from canary.core.watching.watched import Acknowledged, Transition, Watched
from tests.simulator import noon
from tests.watcher import EXPIRES, listed, verdict

NOW = noon("2025-03-01")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OVER = datetime(2025, 5, 15, tzinfo=UTC)
REWORDED = Finding(Code.REWORDED, "keys was reworded", 3)
ANOTHER = Finding(Code.REWORDED, "taps was reworded", 4)
FORK = Finding(Code.TEXT_FORK, "two texts", 3, sticky=True)
OTHER_FORK = Finding(Code.TEXT_FORK, "two other texts", 5, sticky=True)
AT_ONCE = Patience(1, timedelta(0))
CHANGE, REMINDER, RECOVERY, AHEAD = AlertKind.CHANGE, AlertKind.REMINDER, AlertKind.RECOVERY, AlertKind.AHEAD


class Desk:
    """Whoever is told about one canary. Every failure is believed at once, so that the tables stay short."""

    def __init__(self, begins: datetime = NOW, policy: TellingPolicy | None = None) -> None:
        self.now = begins
        self.row = listed(begins)
        self.policy = policy or TellingPolicy()
        self.alerts: list[Alert] = []
        self.transitions: list[Transition] = []

    def look(
        self,
        *codes: Code | Finding,
        after: timedelta = HOUR,
        patience: Patience = AT_ONCE,
        found: Verdict | None = None,
        network_broken: bool = False,
    ) -> list[tuple[AlertKind, Status | None]]:
        """Looks, and returns what is told."""
        self.now += after
        seen = found or verdict(self.now, *codes)
        after_it = believe(self.row, seen, now=self.now, jitter=0.0, patience=patience, network_broken=network_broken)
        return self._tell(after_it)

    def wait(self, until: datetime) -> list[tuple[AlertKind, Status | None]]:
        """Lets time pass without a look, and returns what is told."""
        self.now = until
        return self._tell(by_time(self.row, until))

    def acknowledge(self) -> None:
        assert self.row.status
        self.row = replace(self.row, acknowledged=Acknowledged(self.row.status, self.now, "read"))

    def mute(self, until: datetime) -> None:
        self.row = replace(self.row, muted_until=until)

    def _tell(self, after: Watched) -> list[tuple[AlertKind, Status | None]]:
        self.row, transition, alerts = tell(self.row, after, now=self.now, policy=self.policy)
        self.alerts += alerts
        self.transitions += [transition] if transition else []
        return [(each.kind, each.after) for each in alerts]


def watching(begins: datetime = NOW) -> Desk:
    """Returns a desk at whose first look nothing but time spoke against the canary."""
    desk = Desk(begins)
    desk.look()
    return desk


# --- changes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (Code.UNREACHABLE, Status.UNREACHABLE),
        (Code.MISSING, Status.MISSING),
        (REWORDED, Status.CHANGED),
        (Code.WITHDRAWN, Status.WITHDRAWN),
        (FORK, Status.INVALID),
        (Code.NEWER_FORMAT, Status.UNKNOWN),
        (Finding(Code.RETIRED, "the last one"), Status.RETIRED),
    ],
)
def test_a_status_is_told_once(found: Code | Finding, status: Status) -> None:
    desk = watching()
    assert desk.look(found) == [(CHANGE, status)]
    assert [desk.look(found) for _ in range(3)] == [[], [], []]
    (alert,) = desk.alerts
    assert (alert.before, alert.since, alert.name, alert.tags) == (Status.OK, NOW + 2 * HOUR, "example", ("prod",))
    assert alert.verdict
    assert alert.verdict.status is status
    assert [each.after for each in desk.transitions] == [Status.OK, status]


def test_a_bad_first_look_is_told_and_a_good_one_is_not() -> None:
    assert Desk().look() == []
    desk = Desk()
    assert desk.look(REWORDED) == [(CHANGE, Status.CHANGED)]
    assert desk.alerts[0].before is None


def test_ok_and_due_are_not_told() -> None:
    desk = watching(noon("2025-04-30"))
    assert desk.look(after=DAY) == []
    assert desk.row.status is Status.DUE
    assert desk.look(found=verdict(noon("2025-05-02"), release=2, expires=noon("2025-08-29"))) == []
    assert [each.after for each in desk.transitions] == [Status.OK, Status.DUE]


def test_a_first_look_that_fails_is_told_when_it_was_tried_often_enough() -> None:
    desk, told = Desk(), []
    for _ in range(5):
        never = verdict(desk.now, Code.NEVER_FETCHED, stored=False)
        told.append(desk.look(found=never, after=desk.row.next_at - desk.now, patience=Patience()))
    assert told == [[], [], [(CHANGE, Status.UNKNOWN)], [], []]
    assert [each.after for each in desk.transitions] == [Status.UNKNOWN]


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [(REWORDED, ANOTHER, Status.CHANGED), (FORK, OTHER_FORK, Status.INVALID)],
)
@pytest.mark.parametrize("read", [False, True])
def test_a_second_change_is_told_while_the_first_stands(
    first: Finding, second: Finding, status: Status, *, read: bool
) -> None:
    desk = watching()
    desk.look(first)
    if read:
        desk.acknowledge()
    assert desk.look(first, second) == [(CHANGE, status)]
    assert desk.look(first, second) == []
    assert [each.after for each in desk.transitions] == [Status.OK, status, status]


def test_from_one_trouble_to_another_both_are_told() -> None:
    desk = watching()
    assert desk.look(Code.UNREACHABLE) == [(CHANGE, Status.UNREACHABLE)]
    assert desk.look(REWORDED) == [(CHANGE, Status.CHANGED)]
    assert desk.look(FORK, REWORDED) == [(CHANGE, Status.INVALID)]
    assert [each.before for each in desk.alerts] == [Status.OK, Status.UNREACHABLE, Status.CHANGED]


def test_an_expiry_is_told_although_nobody_looked() -> None:
    desk = watching()
    assert desk.wait(EXPIRES + 5 * DAY) == [(CHANGE, Status.EXPIRED)]
    assert desk.alerts[0].since == EXPIRES


# --- reminders ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "reminded"),
    [
        (Code.MISSING, True),
        (Code.WITHDRAWN, True),
        (FORK, True),
        (REWORDED, False),
        (Code.UNREACHABLE, False),
        (Code.NEWER_FORMAT, False),
        (Finding(Code.RETIRED, "the last one"), False),
    ],
)
def test_alarms_are_told_again_daily_and_nothing_else(found: Code | Finding, *, reminded: bool) -> None:
    desk = watching()
    desk.look(found)
    told = [alert for _ in range(12) for alert in desk.look(found, after=6 * HOUR)]
    assert told == ([(REMINDER, desk.row.status)] * 3 if reminded else [])


def test_reminders_come_without_a_look_and_once_after_a_long_sleep() -> None:
    desk = watching()
    desk.look(Code.WITHDRAWN)
    assert desk.wait(desk.now + 10 * DAY) == [(REMINDER, Status.WITHDRAWN)]
    assert desk.wait(desk.now + HOUR) == []


def test_reminders_end_when_it_is_acknowledged() -> None:
    desk = watching()
    desk.look(Code.WITHDRAWN)
    desk.acknowledge()
    assert [desk.look(Code.WITHDRAWN, after=DAY) for _ in range(3)] == [[], [], []]


def test_a_clock_that_went_back_stops_no_reminder() -> None:
    desk = watching()
    desk.look(Code.WITHDRAWN)
    assert desk.wait(desk.now - 365 * DAY) == [(REMINDER, Status.WITHDRAWN)]
    assert desk.wait(desk.now + HOUR) == []


def test_what_was_acknowledged_before_it_was_told_is_not_told() -> None:
    desk = watching()
    desk.mute(NOW + 10 * DAY)
    assert desk.look(Code.WITHDRAWN) == []
    desk.acknowledge()
    assert desk.wait(NOW + 11 * DAY) == []


# --- recovery -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", [Code.UNREACHABLE, Code.MISSING, Code.BAD_SIGNATURE, Code.NEWER_FORMAT])
@pytest.mark.parametrize("read", [False, True])
def test_recovery_is_told_once_after_good_looks(found: Code, *, read: bool) -> None:
    desk = watching()
    desk.look(found)
    if read:
        desk.acknowledge()
    assert [desk.look(), desk.look(), desk.look()] == [[], [(RECOVERY, Status.OK)], []]
    assert desk.alerts[-1].before is desk.alerts[0].after


@pytest.mark.parametrize(
    ("failure", "network_broken"),
    [(Code.UNREACHABLE, False), (Code.ATTACHMENT_MISSING, False), (Code.UNREACHABLE, True)],
)
def test_neither_time_nor_a_look_that_failed_recovers_anything(failure: Code, *, network_broken: bool) -> None:
    desk = watching()
    desk.look(Code.MISSING)
    desk.look()
    assert desk.wait(desk.now + HOUR) == []
    assert desk.look(failure, patience=Patience(), network_broken=network_broken) == []
    assert desk.row.status is Status.OK
    assert desk.look() == [(RECOVERY, Status.OK)]


@pytest.mark.parametrize("found", [REWORDED, Finding(Code.WITHDRAWN, "gone", 3), FORK])
def test_what_a_person_has_ended_by_reading_is_not_told_as_over(found: Finding) -> None:
    desk = watching()
    desk.look(found)
    desk.acknowledge()
    assert [desk.look(), desk.look(), desk.look()] == [[], [], []]
    assert desk.look(Code.UNREACHABLE) == [(CHANGE, Status.UNREACHABLE)]


def test_what_comes_up_behind_what_was_read_is_told() -> None:
    desk = watching(noon("2025-05-16"))
    assert desk.row.status is Status.OVERDUE
    desk.look(FORK)
    desk.acknowledge()
    assert desk.look() == [(CHANGE, Status.OVERDUE)]


def test_an_ending_is_told_in_the_place_of_a_recovery() -> None:
    desk = watching()
    desk.look(Code.MISSING)
    final = Finding(Code.RETIRED, "the last one")
    assert [desk.look(final), desk.look(final), desk.look(final)] == [[(CHANGE, Status.RETIRED)], [], []]


# --- ahead ----------------------------------------------------------------------------------------------


def test_lateness_counts_down_once_each() -> None:
    desk, told = watching(noon("2025-05-10")), []
    for day in range(20):
        told += [(f"{desk.now:%m-%d}", *each) for each in desk.wait(noon("2025-05-10") + day * DAY)]
    assert told == [
        ("05-15", CHANGE, Status.OVERDUE),
        ("05-22", AHEAD, Status.OVERDUE),
        ("05-26", AHEAD, Status.OVERDUE),
        ("05-28", AHEAD, Status.OVERDUE),
        ("05-29", CHANGE, Status.EXPIRED),
    ]
    assert [each.words.split(" (")[0] for each in desk.alerts[1:4]] == [
        "release 1 expires in 7 days",
        "release 1 expires in 3 days",
        "release 1 expires in 1 day",
    ]
    assert {each.exit_code for each in desk.alerts[:4]} == {1}


def test_after_a_long_sleep_only_the_nearest_is_told() -> None:
    desk = watching(noon("2025-05-15"))
    assert [(each.kind, each.after) for each in desk.alerts] == [(CHANGE, Status.OVERDUE)]
    assert desk.wait(EXPIRES - 2 * DAY) == [(AHEAD, Status.OVERDUE)]
    assert desk.wait(EXPIRES - 2 * DAY + HOUR) == []
    desk = watching()
    assert desk.wait(EXPIRES - HOUR) == [(CHANGE, Status.OVERDUE)]


def test_without_grace_it_is_told_while_the_window_is_open() -> None:
    opens, expires = noon("2025-05-02"), noon("2025-05-14")
    desk = Desk(opens)
    desk.look(found=verdict(opens + HOUR, expires=expires))
    assert desk.alerts[0].kind is AHEAD
    assert (desk.row.status, desk.alerts[0].exit_code) == (Status.DUE, 1)


def test_before_the_window_opens_nothing_is_told_ahead() -> None:
    april = noon("2025-04-20")
    desk = Desk(april)
    assert desk.look(found=verdict(april + HOUR, expires=noon("2025-05-03"))) == []


def test_a_newer_release_counts_down_anew() -> None:
    desk = watching(noon("2025-05-23"))
    assert desk.row.telling.ahead == (14, 7)
    desk.look(found=verdict(desk.now, release=2, expires=EXPIRES + 10 * DAY))
    told = desk.wait(EXPIRES + 4 * DAY)
    assert told == [(AHEAD, Status.OVERDUE)]
    assert desk.alerts[-1].words.startswith("release 2 expires in 6 days")


def test_lateness_that_was_read_is_not_counted_down_and_the_expiry_is_told() -> None:
    desk = watching(noon("2025-05-16"))
    desk.acknowledge()
    assert desk.wait(EXPIRES - DAY) == []
    assert desk.wait(EXPIRES) == [(CHANGE, Status.EXPIRED)]


def test_an_alarm_is_not_counted_down_as_well() -> None:
    desk = watching(noon("2025-05-16"))
    desk.look(FORK)
    told = desk.wait(EXPIRES - 5 * DAY)
    assert told == [(REMINDER, Status.INVALID)]


# --- muted ----------------------------------------------------------------------------------------------


def test_nothing_is_told_while_muted_and_what_stands_afterwards_once() -> None:
    desk = watching()
    desk.mute(NOW + 3 * DAY)
    assert desk.look(Code.UNREACHABLE) == []
    assert desk.look(REWORDED) == []
    assert desk.look(REWORDED, ANOTHER, after=DAY) == []
    assert desk.look(REWORDED, ANOTHER, after=2 * DAY) == [(CHANGE, Status.CHANGED)]
    assert desk.row.muted_until is None
    assert desk.look(REWORDED, ANOTHER) == []
    assert [each.after for each in desk.transitions] == [
        Status.OK,
        Status.UNREACHABLE,
        Status.CHANGED,
        Status.CHANGED,
    ]


def test_trouble_that_came_and_went_while_muted_is_never_told() -> None:
    desk = watching()
    desk.mute(NOW + 3 * DAY)
    desk.look(Code.MISSING), desk.look(), desk.look()
    assert desk.look(after=4 * DAY) == []


def test_a_recovery_while_muted_is_told_afterwards() -> None:
    desk = watching()
    desk.look(Code.MISSING)
    desk.mute(NOW + 3 * DAY)
    assert [desk.look(), desk.look(), desk.look()] == [[], [], []]
    assert desk.wait(NOW + 4 * DAY) == [(RECOVERY, Status.OK)]


def test_an_alarm_that_was_told_before_it_was_muted_is_a_reminder_afterwards() -> None:
    desk = watching()
    desk.look(Code.MISSING)
    desk.mute(NOW + 3 * DAY)
    assert desk.look(Code.MISSING, after=2 * DAY) == []
    assert desk.look(Code.MISSING, after=2 * DAY) == [(REMINDER, Status.MISSING)]


# --- flapping -------------------------------------------------------------------------------------------


def flapping() -> Desk:
    """Returns a desk that was told of flapping a moment ago."""
    desk = watching()
    told = [desk.look(code) if code else desk.look() for code in (Code.MISSING, None, Code.MISSING, None, Code.MISSING)]
    assert told == [[(CHANGE, Status.MISSING)], [], [(CHANGE, Status.MISSING)], [], [(CHANGE, Status.MISSING)]]
    assert "flapping" in desk.alerts[-1].words
    assert not any("flapping" in each.words for each in desk.alerts[:-1])
    return desk


def test_flapping_is_told_once_and_nothing_more_until_it_is_still() -> None:
    desk = flapping()
    for _ in range(20):
        assert [desk.look(), desk.look(), desk.look(), desk.look(Code.MISSING), desk.look(Code.UNREACHABLE)] == [[]] * 5


def test_flapping_that_ends_well_is_told_as_over() -> None:
    desk = flapping()
    told = [desk.look(after=6 * HOUR) for _ in range(6)]
    assert [each for each in told if each] == [[(RECOVERY, Status.OK)]]
    assert desk.look(Code.MISSING, after=2 * DAY) == [(CHANGE, Status.MISSING)]


def test_flapping_that_ends_badly_is_told_as_what_stands_and_then_daily() -> None:
    desk = flapping()
    desk.look(), desk.look(Code.MISSING)
    told = [desk.look(Code.MISSING, after=6 * HOUR) for _ in range(9)]
    assert [each for each in told if each] == [[(CHANGE, Status.MISSING)], [(REMINDER, Status.MISSING)]]


def test_flapping_is_told_anew_when_it_comes_back() -> None:
    desk = flapping()
    desk.look(Code.MISSING, after=2 * DAY)
    for code in (None, Code.MISSING, None, Code.MISSING):
        desk.look(*([code] if code else []))
    assert [bool(each.words) for each in desk.alerts].count(True) == 2


def test_flapping_stops_reminders() -> None:
    desk = Desk(policy=TellingPolicy(reminder=2 * HOUR))
    for code in (None, Code.MISSING, None, Code.MISSING, None, Code.MISSING):
        desk.look(*([code] if code else []))
    assert [desk.look(Code.MISSING, after=3 * HOUR) for _ in range(4)] == [[]] * 4


def test_what_is_proved_is_told_as_itself_although_it_is_the_change_that_makes_it_flap() -> None:
    desk = watching()
    for code in (Code.MISSING, None, Code.MISSING, None, FORK):
        desk.look(*([code] if code else []))
    assert (desk.alerts[-1].after, desk.alerts[-1].words) == (Status.INVALID, "")


@pytest.mark.parametrize(
    "found", [FORK, Code.BAD_SIGNATURE, Finding(Code.WITHDRAWN, "gone", 3), REWORDED], ids=lambda found: str(found)[:24]
)
def test_flapping_hides_nothing_that_is_proved_or_worse(found: Code | Finding) -> None:
    desk = flapping()
    told = desk.look(found)
    assert [kind for kind, _ in told] == [CHANGE]
    assert not desk.alerts[-1].words


def test_flapping_hides_no_expiry() -> None:
    desk = watching(EXPIRES - 6 * HOUR)
    for code in (Code.MISSING, None, Code.MISSING, None):
        desk.look(*([code] if code else []))
    assert (CHANGE, Status.EXPIRED) in desk.look(Code.UNREACHABLE)


def test_a_host_that_comes_and_goes_while_a_release_is_late_is_told_as_flapping() -> None:
    desk = watching(noon("2025-05-16"))
    told = [len(desk.look(*codes, after=HOUR / 4)) for codes in [(Code.MISSING,), (Code.MISSING,), (), ()] * 20]
    assert sum(told) == sum(told[:12])
    assert [each.words[:8] for each in desk.alerts].count("it is fl") == 1


def test_a_second_proof_is_told_while_flapping() -> None:
    desk = flapping()
    assert [desk.look(FORK), desk.look(FORK), desk.look(FORK, OTHER_FORK)] == [
        [(CHANGE, Status.INVALID)],
        [],
        [(CHANGE, Status.INVALID)],
    ]


def test_a_window_that_opens_and_closes_is_no_flapping() -> None:
    desk = watching()
    for number, day in enumerate(("2025-05-02", "2025-05-03"), start=2):
        desk.look(found=verdict(noon(day), release=number, expires=noon("2025-06-29")))
    assert desk.row.telling.changed_at == ()


# --- ids ------------------------------------------------------------------------------------------------


def test_what_is_decided_twice_from_one_row_has_one_id_however_late_the_second_time() -> None:
    desk = watching()
    row = desk.row
    first = desk.look(Code.WITHDRAWN)
    before, desk.row = desk.alerts[-1].id, row
    assert desk.look(Code.WITHDRAWN, after=9 * HOUR) == first
    assert desk.alerts[-1].id == before


def test_a_canary_that_is_taken_in_again_has_other_ids() -> None:
    ids = set()
    for begins in (NOW, NOW + DAY):
        desk = watching(begins)
        desk.look(Code.WITHDRAWN)
        ids.add(desk.alerts[-1].id)
    assert len(ids) == 2


def test_alerts_are_counted() -> None:
    desk = watching(noon("2025-05-16"))
    desk.look(FORK), desk.wait(EXPIRES - 5 * DAY)
    assert desk.row.alerts == len(desk.alerts) == len({each.id for each in desk.alerts}) == 3


# --- what comes under a status that was read ------------------------------------------------------------

SWAPPED = Finding(Code.ATTACHMENT_CHANGED, "letter.pdf is another file")


def read_as_invalid() -> Desk:
    """Returns a desk whose canary is INVALID for something that a person has read, and that stays."""
    desk = Desk()
    desk.look()
    assert desk.look(SWAPPED) == [(CHANGE, Status.INVALID)]
    desk.acknowledge()
    assert desk.look(SWAPPED) == []
    assert counted_exit_code(desk.row, desk.now) == 0
    return desk


@pytest.mark.parametrize(
    "more",
    [Finding(Code.WITHDRAWN, "gag is gone", 4, sticky=True), Finding(Code.REWORDED, "keys", 4, sticky=True), FORK],
)
def test_what_signatures_prove_is_told_under_a_status_that_was_read(more: Finding) -> None:
    desk = read_as_invalid()
    assert desk.look(SWAPPED, more) == [(CHANGE, Status.INVALID)]
    assert counted_exit_code(desk.row, desk.now) == 2
    assert desk.alerts[-1].verdict is not None
    assert more in desk.alerts[-1].verdict.findings
    desk.acknowledge()
    assert desk.look(SWAPPED, more) == []
    assert counted_exit_code(desk.row, desk.now) == 0


def test_an_expiry_is_told_under_a_status_that_was_read() -> None:
    desk = read_as_invalid()
    assert desk.wait(EXPIRES + HOUR) == [(CHANGE, Status.INVALID)]
    assert counted_exit_code(desk.row, desk.now) == 2
    desk.acknowledge()
    assert desk.look(SWAPPED, Code.EXPIRED) == []
    assert desk.wait(desk.now + DAY) == []
    assert counted_exit_code(desk.row, desk.now) == 0


def test_a_change_under_a_lateness_that_was_read_is_told() -> None:
    desk = Desk()
    desk.look()
    assert desk.wait(OVER + HOUR) == [(CHANGE, Status.OVERDUE)]
    desk.acknowledge()
    change = Finding(Code.SIGNERS_CHANGED, "a signer left", 4, sticky=True)
    assert (CHANGE, Status.OVERDUE) in desk.look(change)
    assert counted_exit_code(desk.row, desk.now) == 1


def test_what_a_host_can_fake_under_a_status_that_was_read_is_not_told_again() -> None:
    desk = read_as_invalid()
    assert desk.look(SWAPPED, Code.BAD_SIGNATURE) == []
    assert desk.look(Code.BAD_SIGNATURE) == []
    assert counted_exit_code(desk.row, desk.now) == 0
