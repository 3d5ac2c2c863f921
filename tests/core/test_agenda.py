from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from canary.core.judging.findings import Code, Finding, Status
from canary.core.watching.agenda import (
    Patience,
    believe,
    by_time,
    count_unreachable,
    counted_exit_code,
    is_due,
    network_suspect,
    standing,
)
from canary.core.watching.watched import Acknowledged, Watched
from tests.simulator import noon
from tests.watcher import EXPIRES, OPENS, listed, verdict

NOW = noon("2025-03-01")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OVER = datetime(2025, 5, 15, tzinfo=UTC)
PATIENCE = Patience()
PROVED_FORK = Finding(Code.TEXT_FORK, "two texts", 3, sticky=True)
REWORDED = Finding(Code.REWORDED, "keys was reworded", 3)


def looked(
    row: Watched,
    now: datetime,
    *codes: Code | Finding,
    jitter: float = 0.0,
    stored: bool = True,
    network_broken: bool = False,
) -> Watched:
    """Returns a row after one look that came to `codes`."""
    found = verdict(now, *codes, stored=stored)
    return believe(row, found, now=now, jitter=jitter, patience=PATIENCE, network_broken=network_broken)


def good(now: datetime = NOW) -> Watched:
    """Returns a canary that was looked at, and all was well."""
    return looked(listed(now), now)


def tried(row: Watched, codes: Sequence[Code], now: datetime = NOW, *, stored: bool = True) -> Watched:
    """Returns a row after looks that each came when they were due."""
    for code in codes:
        row = looked(row, now, code, stored=stored)
        now = row.next_at
    return row


# --- when to look ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 0.95), (0.5, 0.9), (1.0, 0.85)])
def test_the_next_look_is_a_little_before_the_interval_has_passed(jitter: float, wait: float) -> None:
    assert looked(good(), NOW, jitter=jitter).next_at == NOW + timedelta(hours=6) * wait


@pytest.mark.parametrize(
    ("now", "next_at"),
    [
        (datetime(2025, 4, 30, 22, tzinfo=UTC), datetime(2025, 5, 1, tzinfo=UTC)),
        (datetime(2025, 5, 14, 22, tzinfo=UTC), OVER),
        (datetime(2025, 5, 28, 22, tzinfo=UTC), EXPIRES),
    ],
)
@pytest.mark.parametrize("every", [timedelta(hours=6), timedelta(days=30)])
def test_a_look_is_due_when_time_changes_what_stands(now: datetime, next_at: datetime, every: timedelta) -> None:
    assert looked(listed(now, every=every), now).next_at == next_at


def test_looks_for_a_window_that_opens_spread_out() -> None:
    now = datetime(2025, 4, 30, 22, tzinfo=UTC)
    opening = datetime(OPENS.year, OPENS.month, OPENS.day, tzinfo=UTC)
    assert looked(listed(now), now, jitter=1.0).next_at == opening + 15 * MINUTE
    late = datetime(2025, 5, 14, 22, tzinfo=UTC)
    assert looked(listed(late), late, jitter=1.0).next_at == OVER


@pytest.mark.parametrize(
    ("now", "most"),
    [
        (NOW, 28.5 * DAY),
        (noon("2025-05-02"), DAY),
        (noon("2025-05-20"), DAY),
        (noon("2025-06-20"), DAY),
    ],
)
def test_a_rare_look_comes_daily_while_a_release_is_waited_for(now: datetime, most: timedelta) -> None:
    assert looked(listed(now, every=30 * DAY), now).next_at == now + most


def test_a_failure_is_tried_again_with_doubling_waits_and_believed_after_half_an_hour() -> None:
    row, waits, statuses = good(), [], []
    now = noon("2025-03-02")
    for _ in range(4):
        row = looked(row, now, Code.UNREACHABLE)
        waits.append(row.next_at - now)
        statuses.append(row.status)
        now = row.next_at
    assert waits == [10 * MINUTE, 20 * MINUTE, 5.7 * HOUR, 5.7 * HOUR]
    assert statuses == [Status.OK, Status.OK, Status.UNREACHABLE, Status.UNREACHABLE]


@pytest.mark.parametrize(
    ("patience", "waits"),
    [
        (Patience(1, timedelta(0)), []),
        (Patience(2, 30 * MINUTE), [30 * MINUTE]),
        (Patience(4, 70 * MINUTE), [10 * MINUTE, 20 * MINUTE, 40 * MINUTE]),
        (Patience(3, timedelta(0)), [MINUTE, 2 * MINUTE]),
    ],
)
def test_patience_is_what_it_is_set_to(patience: Patience, waits: list[timedelta]) -> None:
    row, now, seen = good(), NOW, []
    while row.status is Status.OK:
        row = believe(row, verdict(now, Code.UNREACHABLE), now=now, jitter=0.0, patience=patience)
        if row.suspicion is not None:
            seen.append(row.next_at - now)
        now = row.next_at
    assert (row.status, seen) == (Status.UNREACHABLE, waits)


def test_many_tries_never_wait_longer_than_the_interval_nor_less_than_a_minute() -> None:
    row, now, patience = good(), NOW, Patience(100, timedelta(days=2))
    while row.status is Status.OK:
        row = believe(row, verdict(now, Code.UNREACHABLE), now=now, jitter=1.0, patience=patience)
        assert MINUTE <= row.next_at - now <= timedelta(hours=6)
        now = row.next_at
    assert row.status is Status.UNREACHABLE


def test_tries_that_came_too_fast_do_not_shorten_patience() -> None:
    row = good()
    for minute in range(5):
        row = looked(row, NOW + minute * MINUTE, Code.UNREACHABLE)
    assert row.status is Status.OK
    assert row.next_at == NOW + 30 * MINUTE
    assert looked(row, row.next_at, Code.UNREACHABLE).status is Status.UNREACHABLE


def test_a_machine_that_slept_looks_once() -> None:
    row = good()
    woken = NOW + timedelta(days=40)
    assert is_due(row, woken)
    assert not is_due(looked(row, woken), woken)


@pytest.mark.parametrize("ahead", [timedelta(days=365), timedelta(days=20), timedelta(hours=7)])
def test_a_clock_that_was_ahead_keeps_nothing_from_being_looked_at(ahead: timedelta) -> None:
    row = good(NOW + ahead)
    assert is_due(row, NOW)
    assert not is_due(good(NOW), NOW)


def test_a_canary_that_was_just_taken_in_is_due() -> None:
    assert is_due(listed(NOW), NOW)


def test_recovery_is_made_sure_of_soon() -> None:
    row = tried(good(), [Code.UNREACHABLE] * 3)
    told = replace(row, telling=replace(row.telling, told=Status.UNREACHABLE))
    assert looked(told, noon("2025-03-03")).next_at == noon("2025-03-03") + 30 * MINUTE


# --- what is believed -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ([Code.UNREACHABLE], Status.OK),
        ([Code.UNREACHABLE] * 2, Status.OK),
        ([Code.UNREACHABLE] * 3, Status.UNREACHABLE),
        ([Code.NOT_A_CANARY, Code.INCONSISTENT, Code.STALE_COPY], Status.UNREACHABLE),
        ([Code.ATTACHMENT_MISSING] * 3, Status.UNREACHABLE),
        ([Code.MISSING] * 2, Status.OK),
        ([Code.MISSING] * 3, Status.MISSING),
        ([Code.MISSING, Code.UNREACHABLE, Code.MISSING], Status.UNREACHABLE),
        ([Code.UNREACHABLE, Code.MISSING, Code.MISSING], Status.UNREACHABLE),
        ([Code.UNREACHABLE, *[Code.MISSING] * 5], Status.MISSING),
        ([Code.MISSING, Code.MISSING, Code.UNREACHABLE], Status.UNREACHABLE),
        ([*[Code.MISSING] * 3, Code.UNREACHABLE, Code.UNREACHABLE], Status.MISSING),
        ([*[Code.MISSING] * 3, *[Code.UNREACHABLE] * 3], Status.UNREACHABLE),
        ([*[Code.MISSING] * 3, Code.UNREACHABLE, *[Code.MISSING] * 3], Status.MISSING),
        ([*[Code.UNREACHABLE] * 3, Code.MISSING, Code.UNREACHABLE, Code.MISSING, Code.MISSING], Status.UNREACHABLE),
    ],
)
def test_failures_are_believed_when_they_last(codes: list[Code], status: Status) -> None:
    assert tried(good(), codes, noon("2025-03-02")).status is status


def test_one_good_look_ends_a_suspicion() -> None:
    row = tried(good(), [Code.UNREACHABLE] * 2)
    row = looked(row, row.next_at)
    assert (row.suspicion, row.status) == (None, Status.OK)
    assert tried(row, [Code.UNREACHABLE] * 2, row.next_at).status is Status.OK


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (PROVED_FORK, Status.INVALID),
        (Code.BAD_SIGNATURE, Status.INVALID),
        (Code.WITHDRAWN, Status.WITHDRAWN),
        (REWORDED, Status.CHANGED),
        (Code.NOT_CHECKED, Status.UNKNOWN),
        (Code.NEWER_FORMAT, Status.UNKNOWN),
        (Code.CLOCK_BACKWARDS, Status.UNKNOWN),
        (Code.NO_PIN, Status.UNKNOWN),
        (Code.NO_RELEASE, Status.UNKNOWN),
    ],
)
@pytest.mark.parametrize("beside", [(), (Code.ATTACHMENT_MISSING,), (Code.UNREACHABLE,)])
def test_what_is_no_failure_is_believed_at_once(
    found: Code | Finding, status: Status, beside: tuple[Code, ...]
) -> None:
    assert looked(good(), NOW + HOUR, found, *beside).status is status


@pytest.mark.parametrize(
    ("found", "stands"),
    [
        (Code.BAD_SIGNATURE, Status.INVALID),
        (Code.NEWER_FORMAT, Status.UNKNOWN),
        # The state keeps these, and a look finds them again whether it reached the host or not.
        (PROVED_FORK, Status.OK),
        (REWORDED, Status.OK),
        (Code.CLOCK_BACKWARDS, Status.OK),
        (Code.CLOCK_BEHIND, Status.OK),
    ],
)
def test_a_look_that_failed_denies_nothing_that_was_seen_at_the_host(found: Code | Finding, stands: Status) -> None:
    row = looked(good(), NOW + HOUR, found)
    assert looked(row, NOW + 2 * HOUR, Code.UNREACHABLE).status is stands
    assert looked(row, NOW + 2 * HOUR).status is Status.OK
    assert looked(row, NOW + 2 * HOUR, Code.ATTACHMENT_MISSING).status is Status.OK


def test_what_was_seen_at_the_host_is_told_once_with_its_day() -> None:
    row = looked(good(), NOW + HOUR, Code.BAD_SIGNATURE)
    row = looked(row, NOW + DAY, Code.UNREACHABLE)
    row = looked(row, NOW + 2 * DAY, Code.UNREACHABLE)
    assert row.believed
    assert [each.found for each in row.believed.findings] == [NOW + HOUR]
    row = looked(row, NOW + 2 * DAY, Code.INCONSISTENT, Code.BAD_SIGNATURE)
    assert row.believed
    assert [each.found for each in row.believed.deciding()] == [None]


@pytest.mark.parametrize("code", [Code.UNREACHABLE, Code.MISSING])
def test_no_failure_puts_off_an_expiry_believed_or_not(code: Code) -> None:
    row = good(EXPIRES - 10 * MINUTE)
    for minutes in (-5, 0, 5, 60):
        now = EXPIRES + minutes * MINUTE
        row = looked(row, now, code)
        assert (row.status is Status.EXPIRED) is (now >= EXPIRES)
    assert row.status_since == EXPIRES


def test_time_alone_changes_what_stands_and_since_when() -> None:
    row = good()
    assert [by_time(row, now).status for now in (OVER - MINUTE, OVER, EXPIRES)] == [
        Status.DUE,
        Status.OVERDUE,
        Status.EXPIRED,
    ]
    assert by_time(row, noon("2025-06-10")).status_since == EXPIRES
    assert by_time(row, NOW + HOUR) == row


def test_time_never_runs_backwards_for_what_stands() -> None:
    row = good(EXPIRES)
    assert by_time(row, NOW) == row
    assert counted_exit_code(row, NOW) == 2


def test_a_suspicion_from_a_clock_that_was_ahead_begins_anew() -> None:
    row = looked(good(NOW + 365 * DAY), NOW + 365 * DAY, Code.UNREACHABLE)
    assert tried(row, [Code.UNREACHABLE] * 2, NOW).suspicion is not None
    assert tried(row, [Code.UNREACHABLE] * 3, NOW).suspicion is None


@pytest.mark.parametrize("code", [Code.NEVER_FETCHED, Code.MISSING])
def test_where_nothing_was_ever_fetched_the_status_is_unknown_and_looks_are_repeated(code: Code) -> None:
    row = looked(listed(NOW), NOW, code, stored=False)
    assert (row.status, row.next_at, row.succeeded_at) == (Status.UNKNOWN, NOW + 10 * MINUTE, None)
    assert counted_exit_code(row, NOW) == 3
    row = tried(row, [code] * 2, row.next_at, stored=False)
    assert row.suspicion is None
    assert row.status is (Status.MISSING if code is Code.MISSING else Status.UNKNOWN)


def test_what_was_invalid_at_the_first_look_stays_so_while_the_host_is_gone() -> None:
    row = looked(listed(NOW), NOW, Code.PIN_MISMATCH, stored=False)
    assert tried(row, [Code.NEVER_FETCHED] * 4, NOW + HOUR, stored=False).status is Status.INVALID


def test_what_has_retired_may_be_taken_down() -> None:
    gone = Finding(Code.MISSING, "404", remark=True)
    final = verdict(NOW, Finding(Code.RETIRED, "the last one"), gone, expires=None)
    row = believe(listed(NOW), final, now=NOW, jitter=0.0, patience=PATIENCE)
    assert (row.status, row.suspicion, row.succeeded_at) == (Status.RETIRED, None, None)
    assert by_time(row, noon("2027-01-01")).status is Status.RETIRED


def test_a_row_tells_when_it_was_looked_at_and_when_that_brought_the_log() -> None:
    for failure in (Code.UNREACHABLE, Code.MISSING, Code.NOT_A_CANARY, Code.INCONSISTENT, Code.STALE_COPY):
        row = looked(good(), NOW + HOUR, failure)
        assert (row.checks, row.checked_at, row.succeeded_at) == (2, NOW + HOUR, NOW)
    row = looked(row, NOW + 2 * HOUR, Code.ATTACHMENT_MISSING)
    assert (row.checks, row.checked_at, row.succeeded_at) == (3, NOW + 2 * HOUR, NOW + 2 * HOUR)


# --- one status, another occurrence ---------------------------------------------------------------------

ANOTHER = Finding(Code.REWORDED, "taps was reworded", 4)


@pytest.mark.parametrize(
    ("first", "second", "another"),
    [
        ([REWORDED], [REWORDED], False),
        ([REWORDED], [REWORDED, ANOTHER], True),
        ([REWORDED, ANOTHER], [REWORDED], False),
        ([REWORDED], [ANOTHER], True),
        ([Code.WITHDRAWN], [Code.WITHDRAWN, REWORDED], False),
        ([Code.BAD_SIGNATURE], [Code.MALFORMED], False),
        ([Code.BAD_SIGNATURE], [PROVED_FORK], True),
        ([Code.NOT_CHECKED], [Code.NEWER_FORMAT], True),
    ],
)
def test_another_change_under_the_same_status_is_another_occurrence(
    first: list[Code | Finding], second: list[Code | Finding], *, another: bool
) -> None:
    row = looked(good(), NOW + HOUR, *first)
    assert row.status
    row = replace(row, acknowledged=Acknowledged(row.status, NOW, ""))
    after = looked(row, NOW + 2 * HOUR, *second)
    assert after.status is row.status
    assert (after.status_since == NOW + 2 * HOUR) is another
    assert (after.acknowledged is None) is another


def test_another_release_that_expires_is_another_expiry() -> None:
    row = by_time(good(), noon("2025-06-10"))
    later = noon("2025-12-01")
    again = verdict(later, release=2, expires=noon("2025-11-01"))
    after = believe(row, again, now=later, jitter=0.0, patience=PATIENCE)
    assert (row.status_since, after.status, after.status_since) == (EXPIRES, Status.EXPIRED, noon("2025-11-01"))


# --- the exit code --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "code"),
    [((), 0), ((REWORDED,), 1), ((Code.WITHDRAWN,), 2), ((Code.NEWER_FORMAT,), 3)],
)
def test_what_stands_counts_until_it_is_acknowledged(found: tuple[Code | Finding, ...], code: int) -> None:
    row = looked(good(), NOW + HOUR, *found)
    assert counted_exit_code(row, NOW + HOUR) == code
    assert row.status
    read = replace(row, acknowledged=Acknowledged(row.status, NOW, ""))
    assert counted_exit_code(read, NOW + HOUR) == 0
    assert counted_exit_code(read, EXPIRES) == (0 if code == 2 else 2)


def test_what_was_never_looked_at_is_unknown() -> None:
    assert counted_exit_code(listed(NOW), NOW) == 3
    assert standing(listed(NOW), NOW) is None


# --- this watcher's own network -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unreachable", "looked_at", "suspect"),
    [(0, 0, False), (2, 2, False), (3, 3, True), (3, 29, True), (3, 30, False), (10, 100, False), (11, 100, True)],
)
def test_more_than_a_tenth_and_at_least_three_are_suspicious(
    unreachable: int, looked_at: int, *, suspect: bool
) -> None:
    assert network_suspect(unreachable, looked_at) is suspect


def of_list(count: int, row: Watched) -> list[Watched]:
    return [
        replace(row, followed=replace(row.followed, name=f"c{number}", location=f"https://c{number}.example/"))
        for number in range(count)
    ]


def names(rows: Sequence[Watched]) -> set[str]:
    return {each.followed.name for each in rows}


def test_a_run_in_which_everything_fails_is_sudden() -> None:
    rows = of_list(5, good())
    assert count_unreachable(rows, failed=names(rows), answered=(), now=NOW + 6 * HOUR) == (5, 5)


def test_a_run_that_repeats_three_failed_looks_is_held_against_the_looks_that_held() -> None:
    down = of_list(3, looked(good(), NOW + HOUR, Code.UNREACHABLE))
    up = of_list(60, good(NOW + HOUR))[3:]
    counted = count_unreachable([*down, *up], failed=names(down), answered=(), now=NOW + HOUR + 10 * MINUTE)
    assert counted == (3, 60)


def test_what_failed_within_the_hour_counts_with_a_run_that_comes_after_it() -> None:
    now = NOW + 6 * HOUR
    rows = [*of_list(4, looked(good(), now, Code.UNREACHABLE)), *of_list(6, good())[4:]]
    failed = names(rows[4:])
    assert count_unreachable(rows, failed=failed, answered=(), now=now + 5 * MINUTE) == (6, 6)
    assert count_unreachable(rows, failed=failed, answered=(), now=now + 2 * HOUR) == (2, 2)


def test_a_broken_network_is_seen_over_many_small_runs() -> None:
    rows = of_list(20, good())
    for number in range(6):
        now = NOW + 6 * HOUR + number * 10 * MINUTE
        failed = names(rows[: 2 * (number + 1)])
        unreachable, looked_at = count_unreachable(rows, failed=failed, answered=(), now=now)
        broken = network_suspect(unreachable, looked_at)
        rows = [
            looked(each, now, Code.UNREACHABLE, network_broken=broken) if each.followed.name in failed else each
            for each in rows
        ]
    assert {each.status for each in rows} == {Status.OK}


def test_what_fails_for_a_day_while_others_answer_is_no_longer_sudden() -> None:
    rows = of_list(5, good())
    failed, answered = names(rows[:4]), names(rows[4:])
    for days, unreachable in ((0.5, 4), (1.2, 4), (1.3, 0)):
        assert count_unreachable(rows, failed=failed, answered=answered, now=NOW + days * DAY) == (unreachable, 5)
    assert count_unreachable(rows, failed=names(rows), answered=(), now=NOW + 3 * DAY) == (5, 5)


def test_one_host_counts_once_and_is_reached_where_it_answers_for_any_of_its_canaries() -> None:
    rows = [
        replace(each, followed=replace(each.followed, location="https://c.example/x")) for each in of_list(5, good())
    ]
    now = NOW + 6 * HOUR
    assert count_unreachable(rows, failed=names(rows), answered=(), now=now) == (1, 1)
    assert count_unreachable(rows, failed=names(rows[1:]), answered=names(rows[:1]), now=now) == (0, 1)


def test_what_is_believed_to_be_down_already_is_not_sudden() -> None:
    down = of_list(3, tried(good(), [Code.UNREACHABLE] * 3))
    assert count_unreachable(down, failed=names(down), answered=(), now=NOW + HOUR) == (0, 3)


def test_a_failure_in_a_broken_network_does_not_count() -> None:
    row, now = tried(good(), [Code.UNREACHABLE] * 2), NOW + HOUR
    broken = looked(row, now, Code.UNREACHABLE, network_broken=True)
    assert (broken.status, broken.suspicion, broken.next_at) == (Status.OK, row.suspicion, now + 10 * MINUTE)
    assert looked(listed(NOW), NOW, Code.NEVER_FETCHED, stored=False, network_broken=True).status is None
    assert looked(row, now, Code.UNREACHABLE).status is Status.UNREACHABLE


def test_a_broken_network_hides_nothing_that_is_proved() -> None:
    assert looked(good(), NOW, PROVED_FORK, Code.INCONSISTENT, network_broken=True).status is Status.INVALID
    assert looked(good(), EXPIRES, Code.UNREACHABLE, network_broken=True).status is Status.EXPIRED
