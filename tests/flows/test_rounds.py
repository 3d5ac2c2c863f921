"""Rounds beside one another: what one run is looking at, another leaves alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from canary.core.agenda import Patience
from canary.core.alerts import Alert, AlertKind, Delivery
from canary.core.findings import Status
from canary.core.telling import TellingPolicy
from canary.core.watched import Watched
from canary.edges.watch_store import SqliteWatchStore, open_watch_store
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

    def round(self, holder: str = "this run") -> Came:
        def looks(due: Sequence[Watched]) -> Iterator[Looked]:
            for each in due:
                self.looks += 1
                yield Looked(each, self.now, 0.1, verdict(self.now), None, None)

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
