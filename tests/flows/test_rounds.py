"""Rounds beside one another: what one run is looking at, another leaves alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from canary.core.judging.findings import Code, Finding, Status
from canary.core.watching.agenda import Patience
from canary.core.watching.alerts import Alert, AlertKind, Delivery
from canary.core.watching.telling import TellingPolicy
from canary.core.watching.watched import Watched
from canary.edges.memory.watch_store import SqliteWatchStore, open_watch_store
from canary.errors import CanaryError
from canary.flows.watch.rounds import Came, Looked, Round, run_round
from canary.limits import CLAIM
from tests.watcher import EXPIRES, listed, verdict

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BEGINS = EXPIRES - 40 * DAY


class Desk:
    """One canary, a clock that a test turns, and every alert."""

    def __init__(self, store: SqliteWatchStore) -> None:
        self.store = store
        self.now: datetime = BEGINS
        self.alerts: list[Alert] = []
        self.looks = 0
        self.shows: tuple[Finding, ...] = ()
        self.meanwhile: Callable[[Watched], object] = lambda _: None

    def round(self, holder: str = "this run") -> Came:
        def looks(due: Sequence[Watched]) -> Iterator[Looked]:
            for each in due:
                self.looks += 1
                self.meanwhile(each)
                yield Looked(each, self.now, 0.1, verdict(self.now, *self.shows), None, None)

        def routing(alert: Alert) -> tuple[Delivery, ...]:
            self.alerts.append(alert)
            return ()

        return run_round(
            Round(
                store=self.store,
                looks=looks,
                routing=routing,
                policy=TellingPolicy(),
                patience=Patience(),
                clock=lambda: self.now,
                jitter=lambda: 0.5,
                holder=holder,
            )
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_watch_store(tmp_path / "watch.db") as store:
        made = Desk(store)
        store.add(listed(BEGINS), None)
        made.round()
        assert (made.looks, made.alerts) == (1, [])
        yield made


def test_what_another_run_is_looking_at_is_not_told_to_have_expired_before_it_has_looked(desk: Desk) -> None:
    (row,) = desk.store.watched()
    desk.now = EXPIRES + MINUTE
    name = row.followed.name
    assert desk.store.claim([name], holder="another run", now=desk.now, until=desk.now + CLAIM)
    assert desk.round() == Came()
    assert desk.store.find(name) == row
    # The other run has died.
    desk.now += CLAIM
    desk.round()
    assert desk.looks == 2
    assert [(each.kind, each.after) for each in desk.alerts] == [(AlertKind.CHANGE, Status.EXPIRED)]


GONE = Finding(Code.WITHDRAWN, "gag is gone", 3, sticky=True)


def test_what_a_person_changes_during_its_look_is_looked_at_once_more_in_the_same_run(desk: Desk) -> None:
    def mute(watched: Watched) -> None:
        desk.meanwhile = lambda _: None
        desk.store.update(replace(watched, muted_until=None))

    desk.now += DAY
    desk.shows, desk.meanwhile = (GONE,), mute
    assert desk.round().alerts == 1
    assert desk.looks == 3
    (row,) = desk.store.watched()
    assert (row.status, row.checks) == (Status.WITHDRAWN, 2)


def test_an_alert_that_was_not_stored_is_not_counted(desk: Desk) -> None:
    desk.now += DAY
    desk.shows = (GONE,)
    desk.meanwhile = desk.store.update
    assert desk.round() == Came(looked=1)
    (row,) = desk.store.watched()
    assert (row.status, desk.store.due(desk.now)) == (Status.OK, [row.followed.name])


def test_what_is_removed_during_its_look_is_not_looked_at_again(desk: Desk) -> None:
    desk.now += DAY
    desk.meanwhile = lambda watched: desk.store.remove(watched.followed.name)
    assert desk.round() == Came(looked=1)
    assert (desk.looks, desk.store.watched()) == (2, [])


def test_what_came_before_the_looks_broke_off_is_stored_and_told(desk: Desk) -> None:
    (row,) = desk.store.watched()
    desk.now += DAY
    other = replace(listed(BEGINS), followed=replace(row.followed, name="other"), next_at=desk.now)
    desk.store.add(other, None)

    def breaks(watched: Watched) -> None:
        if watched.followed.name == "other":
            raise CanaryError("one of the processes that look has ended before its work did")

    desk.shows, desk.meanwhile = (GONE,), breaks
    with pytest.raises(CanaryError, match="has ended before its work did"):
        desk.round()
    stored = desk.store.find(row.followed.name)
    assert stored is not None
    assert (stored.status, stored.checks) == (Status.WITHDRAWN, 2)
    assert [each.after for each in desk.alerts] == [Status.WITHDRAWN]
    assert desk.store.due(desk.now) == ["other"]
