"""What waits and is not sent any more, once a person has acknowledged or muted a canary."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from canary.core.judging.findings import Status
from canary.core.watching.alerts import Alert, AlertKind
from canary.core.watching.answered import is_taken_back
from canary.core.watching.watched import Acknowledged, Watched
from tests.remembered import DAY, HOUR, NOW, alert, fresh, looked_at

LATE = replace(looked_at(fresh()), status=Status.OVERDUE, status_since=NOW)
READ = replace(LATE, acknowledged=Acknowledged(Status.OVERDUE, NOW + HOUR, "read"))
MUTED = replace(LATE, muted_until=NOW + DAY)


def told(kind: AlertKind, after: Status = Status.OVERDUE) -> Alert:
    return replace(alert(), kind=kind, after=after, since=NOW)


@pytest.mark.parametrize("watched", [READ, MUTED], ids=["acknowledged", "muted"])
@pytest.mark.parametrize("after", Status)
def test_no_reminder_comes_after_an_answer(watched: Watched, after: Status) -> None:
    assert is_taken_back(told(AlertKind.REMINDER, after), watched)


@pytest.mark.parametrize("kind", [AlertKind.CHANGE, AlertKind.AHEAD])
def test_what_was_read_is_not_told_any_more(kind: AlertKind) -> None:
    assert is_taken_back(told(kind), READ)
    assert not is_taken_back(told(kind), MUTED)


def test_another_occurrence_is_told() -> None:
    assert not is_taken_back(replace(told(AlertKind.CHANGE), since=NOW - DAY), READ)
    assert not is_taken_back(told(AlertKind.CHANGE, Status.MISSING), READ)


@pytest.mark.parametrize("kind", [AlertKind.RECOVERY, AlertKind.NETWORK, AlertKind.CLOCK, AlertKind.TEST])
def test_nothing_else_is_taken_back(kind: AlertKind) -> None:
    assert not any(is_taken_back(told(kind), watched) for watched in (READ, MUTED))


@pytest.mark.parametrize("status", [Status.INVALID, Status.WITHDRAWN])
def test_what_concerns_everybody_is_told_whatever_one_person_has_read(status: Status) -> None:
    read = replace(READ, status=status, acknowledged=Acknowledged(status, NOW + HOUR, ""))
    assert not is_taken_back(told(AlertKind.CHANGE, status), read)
