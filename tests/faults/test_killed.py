"""Runs of the watcher that are killed at any instant, while those who are told of it fail: nothing is lost."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from canary.cli.app import App
from canary.core.judging.findings import EXIT_CODES, Status
from canary.core.watching.alerts import AlertKind
from canary.edges.memory.watch_store import open_watch_store
from canary.edges.memory.watch_store_values import to_time
from tests.faults.killed_watching import watching
from tests.faults.killed_world import MOMENTS, World, all_stories
from tests.loopback import Loopback
from tests.mailbox import Mailbox
from tests.publisher import command, done

KILLS = (8, 7, 7, 7, 7, 7, 7)
"""How many runs are killed in each chapter: fifty in all."""

_TOLD = {status for status, code in EXIT_CODES.items() if code} | {Status.RETIRED}
_LATER = timedelta(minutes=40)
"""The claims of a dead run are over by then, and so is the patience with a failure."""


class _Watcher:
    """The watcher, run after run, each a while after the one before.

    Attributes:
        now: when the last run began, or the next one will not be before.
        left_behind: how many dead runs have left claims on canaries, and holds on deliveries.
    """

    def __init__(self, world: World, config: Path, chance: random.Random) -> None:
        self._world = world
        self._config = config
        self._memory = config.parent / "watch.db"
        self._chance = chance
        self._seconds = 0.4
        self._stored: list[tuple[object, ...]] = []
        self.now = MOMENTS[0]
        self.left_behind: Counter[str] = Counter()

    def die(self) -> None:
        """Runs until a run was killed at some instant."""
        for _ in range(20):
            later = self._chance.choice([timedelta(minutes=6), timedelta(minutes=20), _LATER, timedelta(hours=2)])
            if self._run(later, self._chance.random() * self._seconds) == -signal.SIGKILL:
                self._count_left_behind()
                return
        raise AssertionError("every run has ended before it could be killed")

    def live(self, later: timedelta = _LATER) -> None:
        """Runs, and ends by itself."""
        assert self._run(later, None) in EXIT_CODES.values()

    def _run(self, later: timedelta, seconds: float | None) -> int | None:
        """Runs after a while, and kills the run after so many seconds; returns the exit code."""
        self.now += later
        self._world.be_moody()
        with watching(self._config, self.now) as process:
            since = time.monotonic()
            process.join(seconds)
            process.kill()
            process.join()
            code = process.exitcode
        if code != -signal.SIGKILL:
            self._seconds = time.monotonic() - since
        self._check()
        return code

    def _check(self) -> None:
        """Checks what holds whenever a run has died."""
        with closing(sqlite3.connect(self._memory)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
            stored = db.execute("SELECT id, canary, at, before, after FROM transitions ORDER BY id").fetchall()
            assert stored[: len(self._stored)] == self._stored
            self._stored = stored
            settled = db.execute("SELECT channel, alert FROM deliveries WHERE settled_at IS NOT NULL").fetchall()
        for channel, alert in settled:
            assert alert in self._world.taken()[channel]

    def _count_left_behind(self) -> None:
        with closing(sqlite3.connect(self._memory)) as db:
            for what, question in _LEFT_BEHIND.items():
                self.left_behind[what] += bool(db.execute(question, [to_time(self.now)]).fetchone()[0])


_LEFT_BEHIND = {
    "claims": "SELECT count(*) FROM claims WHERE made_at >= ?",
    "holds": "SELECT count(*) FROM deliveries WHERE settled_at IS NULL AND held_by IS NOT NULL AND held_at >= ?",
}


def test_killed_fifty_times_while_the_mail_server_fails_it_loses_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311  the same chances every time
    with Loopback({}) as web, Mailbox() as mailbox:
        world = World(web, mailbox, chance)
        config = world.begin(tmp_path)
        done(command(App(clock=lambda: MOMENTS[0]), "watch", "import", tmp_path / "list.jsonl", "--config", config))
        watcher = _Watcher(world, config, chance)
        for chapter, kills in enumerate(KILLS):
            assert watcher.now <= MOMENTS[chapter]
            watcher.now = MOMENTS[chapter]
            world.turn(chapter)
            for _ in range(kills):
                watcher.die()
            watcher.live()
            watcher.live()
        world.be_well()
        ended = watcher.now
        for _ in range(3):
            watcher.live(timedelta(hours=7))
        memory = config.parent / "watch.db"
        _check_nothing_is_lost(memory, world)
        _check_repeats(world)
        with open_watch_store(memory, make=False) as store:
            assert [
                row.followed.name for row in store.watched() if row.checked_at is None or row.checked_at < ended
            ] == []
        assert watcher.left_behind["claims"]
        assert watcher.left_behind["holds"]


def _check_nothing_is_lost(memory: Path, world: World) -> None:
    with closing(sqlite3.connect(memory)) as db:
        assert db.execute("SELECT count(*) FROM claims").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM deliveries WHERE settled_at IS NULL OR failed").fetchone() == (0,)
        transitions = db.execute(
            "SELECT name, after, at FROM transitions JOIN canaries ON canaries.id = canary ORDER BY transitions.id"
        ).fetchall()
        alerts = db.execute("SELECT name, after, at, kind, id FROM alerts").fetchall()
    for name, story in all_stories():
        assert (name, [after for called, after, _ in transitions if called == name]) == (name, list(story.seen))
    # An alert is decided in one transaction with its transition, at the same moment.
    changes = [each[:3] for each in alerts if each[3] == AlertKind.CHANGE]
    assert sorted(changes) == sorted(each for each in transitions if each[1] in _TOLD)
    recovered = [name for name, _, _, kind, _ in alerts if kind == AlertKind.RECOVERY]
    assert sorted(recovered) == [name for name, story in all_stories() if story.recovers]
    for taken in world.taken().values():
        assert taken == {identity for *_, identity in alerts}


def _check_repeats(world: World) -> None:
    """Checks that what came twice is known by its id, and nothing else is."""
    messages = [mail.message for mail in world.mailbox.mails]
    told = {(str(each["X-Canary-Alert-Id"]), str(each["Subject"]), str(each["Date"])) for each in messages}
    assert len(told) == len({identity for identity, *_ in told}) == len({(subject, at) for _, subject, at in told})
