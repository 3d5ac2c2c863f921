"""What a watcher's memory costs: storing what looks came to, and finding what is due in a long list."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec.structs import astuple, replace

from benchmarks.measuring import Row, milliseconds, quickest_calls
from canary.core.watching.recorded import Recorded
from canary.edges.memory.watch_store import SqliteWatchStore, open_watch_store
from canary.edges.memory.watch_store_history import check_row
from canary.edges.memory.watch_store_rows import canary_row, verdicts_of
from tests.remembered import DAY, HOUR, NOW, check, fresh, looked_at

_MANY, _FEW, _DUE, _BATCH, _ROUNDS = 10_000, 1_000, 100, 200, 5
_Value = TypeVar("_Value")
_PROMISED = 10_000
"""Verdicts a second."""


def storing() -> Iterator[Row]:
    """Measures storing verdicts, and finding what is due."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _verdicts(folder)
        paths = {size: folder / f"list-{size}" for size in (_FEW, _MANY)}
        for size, path in paths.items():
            with open_watch_store(path) as store:
                store.add_many([looked_at(fresh(_name(number)), at=NOW) for number in range(size - _DUE)])
                store.add_many([looked_at(fresh(f"due-{number}"), at=NOW - DAY) for number in range(_DUE)])
        yield from _finding(paths)


def _verdicts(folder: Path) -> Iterator[Row]:
    """Measures a run over a long list, whose looks are stored as they come in."""
    canaries = [fresh(_name(number)) for number in range(_MANY)]
    rounds = [
        [Recorded(replace(looked_at(each, at=at), revision=number), check=check(at=at)) for each in canaries]
        for number, at in ((number, NOW + number * HOUR) for number in range(_ROUNDS))
    ]
    with (
        open_watch_store(folder / "memory") as store,
        closing(sqlite3.connect(folder / "bare", isolation_level=None)) as bare,
    ):
        store.add_many(canaries)
        calls = {"store": _stored(store, rounds), "bare": _bare(bare, rounds[0])}
        taken = quickest_calls(calls, rounds=_ROUNDS)
    what = f"storing {_MANY:,} looks and verdicts, {_BATCH} in a transaction"
    note = f"bare executemany of the same bytes ({_rate(taken['bare'])})"
    yield Row(what, taken["store"] / taken["bare"], 4.0, note)
    yield Row("the same", taken["store"] * _PROMISED / _MANY, 1.0, f"{_PROMISED:,} a second ({_rate(taken['store'])})")


def _stored(store: SqliteWatchStore, rounds: Sequence[Sequence[Recorded]]) -> Callable[[], None]:
    left = iter(rounds)

    def call() -> None:
        for batch in _batches(next(left)):
            if store.record(batch):
                raise SystemExit("looks of the sample were left out")

    return call


def _bare(db: sqlite3.Connection, recorded: Sequence[Recorded]) -> Callable[[], None]:
    """Returns what stores the bytes of these in tables without an index, in one statement for each batch and table."""
    rows = [
        (number, *astuple(canary_row(each.watched)), *verdicts_of(each.watched)) for number, each in enumerate(recorded)
    ]
    looks = [(number, *astuple(check_row(each.check))) for number, each in enumerate(recorded) if each.check]
    for setting in ("journal_mode = WAL", "synchronous = FULL"):
        db.execute(f"PRAGMA {setting}")
    for table, row in (("canaries", rows[0]), ("checks", looks[0])):
        key = " PRIMARY KEY" if table == "canaries" else ""
        db.execute(f"CREATE TABLE {table} (c0 INTEGER{key}, {', '.join(f'c{n}' for n in range(1, len(row)))})")

    def call() -> None:
        for batch in _batches(list(zip(rows, looks, strict=True))):
            db.execute("BEGIN IMMEDIATE")
            for table, values in zip(("canaries", "checks"), zip(*batch, strict=True), strict=True):
                marks = ", ".join("?" * len(values[0]))
                db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)  # noqa: S608  # our own words
            db.execute("COMMIT")

    return call


def _finding(paths: Mapping[int, Path]) -> Iterator[Row]:
    """Measures what a run and a list begin with, in a short list and in a long one."""
    with open_watch_store(paths[_FEW]) as few, open_watch_store(paths[_MANY]) as many:
        taken = quickest_calls({"few": partial(few.due, NOW), "many": partial(many.due, NOW)})
        note = f"{_FEW:,} ({milliseconds(taken['few'])})"
        yield Row(f"finding {_DUE} due of {_MANY:,} canaries", taken["many"] / taken["few"], 3.0, note)
        short = quickest_calls({"few": few.summaries, "many": many.summaries})
        whole = quickest_calls({"few": few.watched, "many": many.watched})
    for what, found in (("reading a list in short", short), ("reading it with all verdicts", whole)):
        note = f"{_FEW:,} ({milliseconds(found['few'])}, and {milliseconds(found['many'])})"
        yield Row(f"{what}, {_MANY:,} canaries", found["many"] / found["few"], None, note)


def _batches(several: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    for first in range(0, len(several), _BATCH):
        yield several[first : first + _BATCH]


def _name(number: int) -> str:
    return f"canary-{number:05}.example/canary"


def _rate(seconds: float) -> str:
    return f"{_MANY / seconds:,.0f} a second"
