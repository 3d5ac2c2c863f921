"""What a run keeps in memory, and who may read what it writes."""

from __future__ import annotations

import stat
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from canary.cli.watch.looking import Looking
from canary.core.judging.findings import Code
from canary.core.watching.followed import Followed
from canary.core.watching.recorded import Recorded
from canary.core.watching.watched import Watched
from canary.edges.memory.watch_store import SqliteWatchStore
from canary.library import evidence_checkers
from canary.limits import LARGE_LOOK_BYTES
from tests.watch_desk import FIRST_LOOK, WatchDesk


def looking(room: threading.Semaphore, seconds: float) -> Looking:
    return Looking(
        state_of=lambda _: None,
        checkers=lambda _: evidence_checkers(),
        clock=lambda: FIRST_LOOK,
        seconds=seconds,
        threads=1,
        per_host=1,
        room=room,
    )


def followed(desk: WatchDesk) -> Watched:
    return Watched(Followed("acme", desk.server.url, desk.sim.pin, (), timedelta(hours=6), FIRST_LOOK), FIRST_LOOK)


def test_a_look_that_takes_much_waits_for_a_place_and_gives_it_back(
    desk: WatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("canary.cli.watch.looking.LARGE_LOOK_BYTES", 100)
    room = threading.BoundedSemaphore(1)
    for _ in range(2):
        assert looking(room, 30).look(followed(desk)).verdict.exit_code == 0
    room.acquire()
    verdict = looking(room, 0.2).look(followed(desk)).verdict
    assert Code.UNREACHABLE in {each.code for each in verdict.findings}
    assert any("so large that it had to wait" in each.message for each in verdict.findings)


def test_an_ordinary_look_needs_no_place(desk: WatchDesk) -> None:
    room = threading.Semaphore(0)
    assert sum(map(len, desk.files.values())) < LARGE_LOOK_BYTES
    assert looking(room, 30).look(followed(desk)).verdict.exit_code == 0


def test_logs_that_are_large_are_stored_soon(desk: WatchDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two", "three"):
        desk.added(name=name)
    desk.sim.release()
    desk.serve()
    stored: list[int] = []

    def record(_: SqliteWatchStore, recorded: Sequence[Recorded]) -> list[str]:
        stored.append(len(recorded))
        return []

    monkeypatch.setattr("canary.flows.watch.rounds.BATCH_BYTES", 1)
    monkeypatch.setattr(SqliteWatchStore, "record", record)
    assert "Looked at 3" in desk.watch("run", at="2025-05-03").out
    assert stored == [1, 1, 1]


@pytest.mark.parametrize(("output", "mode"), [("prometheus", 0o644), ("json", 0o600), ("nagios", 0o600)])
def test_only_metrics_are_for_other_users_too(desk: WatchDesk, tmp_path: Path, output: str, mode: int) -> None:
    desk.added()
    file = tmp_path / "result"
    assert desk.watch("run", "--format", output, "--output", file).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == mode
