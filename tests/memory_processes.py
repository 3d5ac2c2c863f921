"""Processes that work on one watcher's memory at once, each a function; and what must hold of it whenever one dies.

They are forked from a server that has imported everything already, so that a test can start many of them.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from canary.edges.memory.watch_store import open_watch_store
from tests.remembered import HOUR, NOW, STATE, everything, fresh

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.memory_processes"])


@contextlib.contextmanager
def running(work: Callable[..., None], *arguments: object) -> Iterator[ForkServerProcess]:
    """Runs a function in a process of its own, and ends it."""
    process = _CONTEXT.Process(target=work, args=arguments, daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


def event() -> Any:  # noqa: ANN401  multiprocessing gives its types no public name
    """Returns what one process waits for and another one sets."""
    return _CONTEXT.Event()


def barrier(parties: int) -> Any:  # noqa: ANN401  likewise
    """Returns what so many processes wait at for each other."""
    return _CONTEXT.Barrier(parties)


def keep_writing(path: Path, begun: Any) -> None:  # noqa: ANN401  likewise
    """Looks at every canary of the list again and again; each round is one transaction and leaves its number."""
    with open_watch_store(path) as store:
        while True:
            rows = store.watched()
            number = rows[0].checks + 1
            found = [everything(each, at=NOW + number * HOUR, occasion=str(number)) for each in rows]
            begun.set()
            store.record([replace(each, state=replace(STATE, acknowledged=number)) for each in found])


def rounds_in(path: Path) -> int:
    """Returns how many rounds are stored; each of them must be there whole."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    with open_watch_store(path) as store:
        rows = store.watched()
        (number,) = {each.checks for each in rows}
        for each in rows:
            name, state = each.followed.name, store.state(each.followed.name)
            assert each.revision == number
            assert (0 if state is None else state.acknowledged) == number
            assert len(store.transitions(name, limit=number + 1)) == number
            assert len(store.checks(name, limit=number + 1)) == number
            assert len(store.sightings(name)) == min(number, 20)
        assert len(store.outbox(NOW + (number + 1) * HOUR)) == 2 * number * len(rows)
    return number


def open_and_add(path: Path, name: str, together: Any) -> None:  # noqa: ANN401  likewise
    """Opens a memory at the same moment as others do, and adds a canary."""
    together.wait()
    with open_watch_store(path) as store:
        store.add(fresh(name), None)


def claim_and_look(path: Path, folder: Path, holder: str, together: Any) -> None:  # noqa: ANN401  likewise
    """Looks at what it can claim, many times; while it looks, nobody else may look at the same canary."""
    with open_watch_store(path) as store:
        together.wait()
        for _ in range(25):
            claimed = store.claim(store.due(NOW), holder=holder, now=NOW, until=NOW + HOUR)
            looking = [folder / each.followed.name for each in claimed]
            for each in looking:
                os.close(os.open(each, os.O_CREAT | os.O_EXCL))
            looked = [everything(each, at=NOW - timedelta(days=1), occasion=str(each.checks)) for each in claimed]
            assert store.record(looked) == []
            with (folder / f"{holder}.count").open("a", encoding="utf-8") as counted:
                counted.write("x" * len(looked))
            for each in looking:
                each.unlink()
            store.release(holder)
