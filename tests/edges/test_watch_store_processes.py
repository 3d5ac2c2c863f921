"""Several processes on one memory, and processes that are killed."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

from canary.edges.memory.watch_store import open_watch_store
from tests.memory_processes import barrier, claim_and_look, event, keep_writing, open_and_add, rounds_in, running
from tests.remembered import fresh

KILLS = 40


def begun(path: Path, canaries: int) -> Path:
    with open_watch_store(path) as store:
        store.add_many([fresh(f"canary-{number:02}") for number in range(canaries)])
    return path


def test_killed_at_any_moment_it_holds_whole_rounds_and_forgets_none(tmp_path: Path) -> None:
    path = begun(tmp_path / "memory", 20)
    chance = random.Random(1)  # noqa: S311  the same pauses every time
    stored = [0]
    for number in range(KILLS):
        ready = event()
        with running(keep_writing, path, ready) as process:
            assert ready.wait(30)
            if number % 4 == 0:
                # The first round is stored when the second one begins.
                ready.clear()
                assert ready.wait(30)
            time.sleep(chance.random() * 0.03)
            process.kill()
            process.join()
        stored.append(rounds_in(path))
    assert stored == sorted(stored)
    assert stored[-1] >= KILLS / 4


def test_while_one_writes_whole_copies_are_made(tmp_path: Path) -> None:
    path = begun(tmp_path / "memory", 20)
    ready = event()
    with running(keep_writing, path, ready) as process:
        assert ready.wait(30)
        with open_watch_store(path) as store:
            for number in range(8):
                store.backup(str(tmp_path / f"copy-{number}"))
                ready.clear()
                assert ready.wait(30)
        assert process.is_alive()
    stored = [rounds_in(tmp_path / f"copy-{number}") for number in range(8)]
    assert stored == sorted(stored)
    assert stored[-1] > stored[0]


def test_two_that_begin_at_once_make_one_memory(tmp_path: Path) -> None:
    for number in range(6):
        path, together = tmp_path / f"folder-{number}" / "memory", barrier(3)
        with contextlib.ExitStack() as stack:
            started = [stack.enter_context(running(open_and_add, path, name, together)) for name in ("a", "b", "c")]
            for each in started:
                each.join(30)
            assert [each.exitcode for each in started] == [0, 0, 0]
        with open_watch_store(path) as store:
            assert [each.followed.name for each in store.watched()] == ["a", "b", "c"]


def test_runs_at_once_never_look_at_the_same_canary_at_the_same_time(tmp_path: Path) -> None:
    path, folder, together = begun(tmp_path / "memory", 12), tmp_path / "looking", barrier(3)
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        holders = ("first", "second", "third")
        started = [stack.enter_context(running(claim_and_look, path, folder, each, together)) for each in holders]
        for each in started:
            each.join(60)
        assert [each.exitcode for each in started] == [0, 0, 0]
    looks = sum(each.stat().st_size for each in folder.glob("*.count"))
    with open_watch_store(path) as store:
        assert sum(each.checks for each in store.watched()) == looks >= 12
