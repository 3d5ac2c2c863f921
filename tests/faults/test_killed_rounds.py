"""Rounds over a real memory, in any order, killed before or after any of their writes: what holds all the same."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from canary.core.judging.findings import EXIT_CODES, Code, Finding, Status
from canary.core.watching.agenda import Patience, is_due, standing
from canary.core.watching.alerts import Alert, AlertKind, Delivery
from canary.core.watching.telling import TellingPolicy
from canary.core.watching.watched import Acknowledged, Sighting, Watched
from canary.edges.memory.watch_store import SqliteWatchStore, open_watch_store
from canary.flows.watch.rounds import Came, Looked, Round, broken_since, run_round
from canary.limits import CLAIM
from tests.remembered import STATE
from tests.simulator import noon
from tests.watcher import listed, verdict

BEGINS = noon("2025-04-25")
EVERY = timedelta(hours=6)
NAMES = ("a", "b", "c", "d", "e")
POLICY = TellingPolicy()
WRITES = ("claim", "record", "release", "set_note", "add_alerts")

SHOWN: dict[str, Code | None] = {
    "well": None,
    "unreachable": Code.UNREACHABLE,
    "missing": Code.MISSING,
    "forged": Code.BAD_SIGNATURE,
    "newer": Code.NEWER_FORMAT,
    "withdrawn": Code.WITHDRAWN,
    "reworded": Code.REWORDED,
}
"""What a host may show, and what a look at it finds."""


_PROVED = {Code.WITHDRAWN, Code.REWORDED}
"""What signatures prove, and what stands until a person has read it."""

_FAILURES = {Code.UNREACHABLE, Code.MISSING}

LATER = st.sampled_from([timedelta(minutes=10), timedelta(minutes=40), EVERY, timedelta(days=2)])
TAGS = st.sampled_from([(), (), ("prod",)])
SHOWS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(sorted(SHOWN)), max_size=2)


class KilledError(BaseException):
    """The process is gone; nothing that is caught brings it back."""


class Mortal:
    """A memory whose run dies at one of its writes, and does nothing after that.

    Args:
        store: the memory.
        at: how many writes are made before the one to die at; None to live.
        stored: whether that one is still stored.
    """

    def __init__(self, store: SqliteWatchStore, at: int | None, *, stored: bool) -> None:
        self._store = store
        self._left = at
        self._stored = stored
        self.dead = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the memory has
        method = getattr(self._store, name)
        return method if name not in WRITES else lambda *given, **options: self._written(method, given, options)

    def _written(self, method: Callable[..., Any], given: tuple[Any, ...], options: dict[str, Any]) -> Any:  # noqa: ANN401  # likewise
        if self.dead:
            raise KilledError
        if self._left == 0:
            self.dead = True
            if self._stored:
                method(*given, **options)
            raise KilledError
        self._left = None if self._left is None else self._left - 1
        return method(*given, **options)


class Rounds(RuleBasedStateMachine):
    """Five canaries, what their hosts show, a person, and a watcher that dies now and then."""

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")  # noqa: S108  # a folder of its own is made in it
        self._folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        self._store = open_watch_store(self._folder / "watch.db")
        self._now = BEGINS
        self._runs = 0
        self._broken: set[datetime] = set()
        self._shows = dict.fromkeys(NAMES, "well")
        self._proved: dict[str, list[Finding]] = {name: [] for name in NAMES}

    def teardown(self) -> None:
        self._store.close()
        shutil.rmtree(self._folder)

    @initialize()
    def begin(self) -> None:
        rows = [listed(BEGINS, every=EVERY) for _ in NAMES]
        followed = [
            replace(
                row.followed,
                name=name,
                location=f"https://{name}.example/",
                tags=("prod",) if name < "c" else (),
            )
            for name, row in zip(NAMES, rows, strict=True)
        ]
        self._store.add_many([replace(row, followed=each) for row, each in zip(rows, followed, strict=True)])

    # --- what happens ----------------------------------------------------------------------------------

    @rule(shows=st.sampled_from(["well", "unreachable"]))
    def lose_the_network(self, shows: str) -> None:
        """Every host, or none, can be reached."""
        self._shows = dict.fromkeys(NAMES, shows)

    @rule(later=LATER, tags=TAGS, shows=SHOWS)
    def live(self, later: timedelta, tags: tuple[str, ...], shows: dict[str, str]) -> None:
        """Some hosts show something else, and the watcher runs."""
        self._now += later
        self._show(shows)
        came = self._run(tags, None, stored=True)
        assert came is not None
        for row in self._store.watched(tags=tags):
            if is_due(row, self._now):
                continue  # a run that has died still claims it
            stands = standing(row, self._now)
            assert row.status is (None if stands is None else stands.status)

    @rule(later=LATER, tags=TAGS, shows=SHOWS, dies=st.integers(0, 5), stored=st.booleans())
    def die(self, later: timedelta, tags: tuple[str, ...], shows: dict[str, str], dies: int, *, stored: bool) -> None:
        """The same, and the run dies at one of its writes, if it makes so many."""
        self._now += later
        self._show(shows)
        self._run(tags, dies, stored=stored)

    @rule(name=st.sampled_from(NAMES))
    def acknowledge(self, name: str) -> None:
        """A person has read what stands."""
        row = self._row(name)
        if row.status is not None:
            self._store.update(replace(row, acknowledged=Acknowledged(row.status, self._now, "read")))
            self._proved[name] = []

    @rule(name=st.sampled_from(NAMES), days=st.sampled_from([1, 7]))
    def mute(self, name: str, days: int) -> None:
        """A person wants to hear nothing."""
        self._store.update(replace(self._row(name), muted_until=self._now + timedelta(days=days)))

    @rule()
    def set_the_clock_back(self) -> None:
        """For one run the clock is a day behind; nothing is judged by it."""
        before, now = self._store.watched(), self._now
        if any(row.checked_at is not None and row.checked_at > now - timedelta(days=1, minutes=-10) for row in before):
            self._now -= timedelta(days=1)
            came = self._run((), None, stored=True)
            assert came is not None
            assert (came.looked, came.clock_behind is None) == (0, False)
            assert self._store.watched() == before
            self._now = now

    @rule()
    def recover(self) -> None:
        """Once the claims of the dead are over, a run that lives looks at everything."""
        self._now += max(CLAIM, EVERY)
        came = self._run((), None, stored=True)
        assert came is not None
        assert came.looked == len(NAMES)
        assert {row.checked_at for row in self._store.watched()} == {self._now}
        assert self._rows("SELECT * FROM claims") == []

    # --- what holds ------------------------------------------------------------------------------------

    @invariant()
    def every_alert_is_stored_and_counted(self) -> None:
        """Two with one id would be one."""
        counts = dict(self._rows("SELECT name, count(*) FROM alerts WHERE canary IS NOT NULL GROUP BY name"))
        assert counts == {row.followed.name: row.alerts for row in self._store.watched() if row.alerts}

    @invariant()
    def the_history_leads_to_what_stands(self) -> None:
        for row in self._store.watched():
            history = self._store.transitions(row.followed.name, limit=1_000)[::-1]
            assert [each.before for each in history] == [None, *(each.after for each in history)][: len(history)]
            assert row.status is (history[-1].after if history else None)

    @invariant()
    def a_broken_network_is_told_once(self) -> None:
        told = self._rows("SELECT id FROM alerts WHERE kind = 'network'")
        assert len(told) <= len(self._broken)

    @invariant()
    def the_memory_is_sound(self) -> None:
        assert self._rows("PRAGMA integrity_check") == [("ok",)]
        assert self._rows("PRAGMA foreign_key_check") == []

    # --- a run -----------------------------------------------------------------------------------------

    def _show(self, shows: dict[str, str]) -> None:
        self._shows |= shows
        for name, shown in shows.items():
            code = SHOWN[shown]
            if code in _PROVED:
                self._proved[name].append(Finding(code, f"change of {name}", len(self._proved[name]), sticky=True))

    def _run(self, tags: tuple[str, ...], dies: int | None, *, stored: bool) -> Came | None:
        """Runs, and checks what came of it; returns None for a run that has died."""
        self._runs += 1
        rows = {row.followed.name: row for row in self._store.watched()}
        changes, alerts = self._changes(), self._alerts()
        mortal = Mortal(self._store, dies, stored=stored)
        came = None
        try:
            came = run_round(
                Round(
                    store=mortal,
                    looks=self._looks,
                    routing=lambda alert: (Delivery(alert, "mail", self._now),),
                    policy=POLICY,
                    patience=Patience(),
                    clock=lambda: self._now,
                    jitter=lambda: 0.5,
                    holder=f"run {self._runs}",
                ),
                tags=tags,
            )
        except KilledError:
            assert mortal.dead
        self._broken |= {each for each in (broken_since(self._store),) if each is not None}
        new = [alert for identity, alert in self._alerts().items() if identity not in alerts]
        assert came is None or came.alerts == len(new)
        for name, before in rows.items():
            after = self._row(name)
            changed = (before.status, before.status_since) != (after.status, after.status_since)
            assert self._changes()[name] - changes[name] == changed
            self._check_told(before, after, [alert for alert in new if alert.name == name], changed=changed)
        assert [alert.kind for alert in new if not alert.name] in ([], [AlertKind.NETWORK], [AlertKind.CLOCK])
        return came

    def _check_told(self, before: Watched, after: Watched, alerts: Sequence[Alert], *, changed: bool) -> None:
        """Checks that every alert has a reason, and what must be told is."""
        told = before.telling
        muted = before.muted_until is not None and self._now < before.muted_until
        assert not (muted and alerts)
        for alert in alerts:
            match alert.kind:
                case AlertKind.CHANGE:
                    assert changed or (told.told, told.told_since) != (before.status, before.status_since)
                case AlertKind.REMINDER:
                    assert not changed
                    assert after.acknowledged is None
                    assert told.reminded_at is not None
                    assert self._now >= told.reminded_at + POLICY.reminder
                case AlertKind.RECOVERY:
                    assert told.told is not None
                    assert EXIT_CODES[told.told] != 0
                    assert after.status is not None
                    assert EXIT_CODES[after.status] == 0
                case AlertKind.AHEAD:
                    assert (told.ahead_of, told.ahead) != (after.telling.ahead_of, after.telling.ahead)
                case _:
                    raise AssertionError(alert)
        assert len({alert.kind for alert in alerts}) == len(alerts) <= 2
        if changed and not muted and after.status in {Status.WITHDRAWN, Status.EXPIRED}:
            # Signatures or time prove it, so that not even flapping keeps the first of them from being told.
            kinds = [alert.kind for alert in alerts]
            assert AlertKind.CHANGE in kinds or after.status in told.flapping

    def _looks(self, due: Sequence[Watched]) -> Iterator[Looked]:
        for row in due:
            name = row.followed.name
            code = SHOWN[self._shows[name]]
            shown = [] if code is None or code in _PROVED else [code]
            found = verdict(self._now, *self._proved[name], *shown)
            failed = code in _FAILURES
            sighting = Sighting(self._now, "checkpoint", "refused") if failed else None
            yield Looked(row, self._now, 0.1, found, None if failed else STATE, sighting)

    def _row(self, name: str) -> Watched:
        row = self._store.find(name)
        assert row is not None
        return row

    def _changes(self) -> dict[str, int]:
        """Returns how many transitions of each canary are stored."""
        return {name: len(self._store.transitions(name, limit=1_000)) for name in NAMES}

    def _alerts(self) -> dict[str, Alert]:
        return {each.alert.id: each.alert for each in self._store.outbox(self._now + timedelta(days=2))}

    def _rows(self, question: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._folder / "watch.db")) as db:
            return db.execute(question).fetchall()


Rounds.TestCase.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRounds = Rounds.TestCase
