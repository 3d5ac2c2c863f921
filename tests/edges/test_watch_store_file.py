"""The file under a watcher's memory: who may read it, how it gets from version to version, and copies of it."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from canary.edges.memory.watch_store import SqliteWatchStore, open_watch_store
from canary.edges.memory.watch_store_file import StoreFile
from canary.edges.memory.watch_store_schema import STEPS, Step
from canary.errors import RefusedError, StoreError
from canary.flows.watch.store import WatchStore
from tests.remembered import FULL, NOW, STATE, everything, filled, fresh


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteWatchStore]:
    with open_watch_store(path) as opened:
        yield opened


def sql(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """Runs statements on a file of its own; returns what the last one found."""
    found: list[tuple[object, ...]] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            found = db.execute(statement).fetchall()
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- made and opened ------------------------------------------------------------------------------------


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with open_watch_store(tmp_path / "folder" / "memory") as store:
            store.add(fresh(), None)
            files = list((tmp_path / "folder").iterdir())
            assert {each.name for each in files} == {"memory", "memory-wal", "memory-shm"}
            assert {mode(each) for each in files} == {0o600}
    finally:
        os.umask(before)
    assert mode(tmp_path / "folder") == 0o700


def test_it_is_kept_as_it_is_promised(store: WatchStore, path: Path) -> None:
    store.set_note("key", "value")
    pragmas = ("journal_mode", "user_version", "application_id", "quick_check", "foreign_key_check")
    found = {each: sql(path, f"PRAGMA {each}") for each in pragmas}
    assert found == {
        "journal_mode": [("wal",)],
        "user_version": [(len(STEPS),)],
        "application_id": [(0x636E7279,)],
        "quick_check": [("ok",)],
        "foreign_key_check": [],
    }


def test_each_connection_is_synced_in_full_and_keeps_foreign_keys(path: Path) -> None:
    file = StoreFile(path, seconds=1)
    with file.reading() as db:
        found = [db.execute(f"PRAGMA {each}").fetchone()[0] for each in ("synchronous", "foreign_keys")]
    file.close()
    assert found == [2, 1]


def test_where_there_must_be_a_list_none_is_made(path: Path) -> None:
    with pytest.raises(StoreError, match="memory is missing: there is no list yet") as caught:
        open_watch_store(path, make=False)
    assert "canary watch add" in caught.value.hint
    assert list(path.parent.iterdir()) == []


def test_an_empty_file_is_a_memory_that_was_not_begun(path: Path) -> None:
    path.touch()
    with open_watch_store(path) as store:
        store.add(fresh(), None)
        assert len(store.watched()) == 1


def test_it_may_be_reached_through_a_link(tmp_path: Path) -> None:
    with open_watch_store(tmp_path / "real.db") as store:
        store.add(fresh(), None)
    (tmp_path / "link.db").symlink_to("real.db")
    with open_watch_store(tmp_path / "link.db") as store:
        assert len(store.watched()) == 1


@pytest.mark.parametrize("name", ["a b", "per%20cent", "what?mode=memory", "ümlaut", "hash#"])
def test_any_name_is_the_file_s_own(tmp_path: Path, name: str) -> None:
    with open_watch_store(tmp_path / name) as store:
        store.add(fresh(), None)
    assert [each.name for each in tmp_path.iterdir()] == [name]


def write_and_break(file: StoreFile) -> None:
    with file.writing() as db:
        db.execute("INSERT INTO notes VALUES ('key', 'value')")
        raise ZeroDivisionError


def test_a_program_s_fault_undoes_what_was_written(path: Path) -> None:
    file = StoreFile(path, seconds=1)
    with pytest.raises(ZeroDivisionError):
        write_and_break(file)
    with file.reading() as db:
        assert db.execute("SELECT * FROM notes").fetchall() == []
    file.close()


# --- versions -------------------------------------------------------------------------------------------


def schema(path: Path) -> list[tuple[object, ...]]:
    return sql(path, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")


@pytest.mark.parametrize("version", range(len(STEPS) + 1))
def test_from_every_older_version_it_becomes_what_a_new_one_is(tmp_path: Path, version: int) -> None:
    StoreFile(tmp_path / "old", seconds=1, steps=STEPS[:version]).close()
    assert sql(tmp_path / "old", "PRAGMA user_version") == [(version,)]
    for name in ("old", "new"):
        with open_watch_store(tmp_path / name) as store:
            store.add(FULL, STATE)
            assert store.watched() == [FULL]
    assert schema(tmp_path / "old") == schema(tmp_path / "new")
    assert sql(tmp_path / "old", "PRAGMA user_version") == [(len(STEPS),)]


def test_what_an_older_version_holds_is_there_afterwards(tmp_path: Path) -> None:
    """Version 1 knew canaries of this project's own alone, in the same columns but one."""
    new, old = filled(tmp_path / "new"), tmp_path / "old"
    native = replace(FULL, followed=replace(FULL.followed, format=None))
    with open_watch_store(new) as store:
        store.add(native, STATE)
    StoreFile(old, seconds=1, steps=STEPS[:1]).close()
    tables = [str(name) for (name,) in sql(old, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    with closing(sqlite3.connect(old, isolation_level=None)) as db:
        db.execute("ATTACH ? AS new", (str(new),))
        for table in tables:
            columns = ", ".join(str(row[1]) for row in db.execute(f"PRAGMA main.table_info({table})"))
            db.execute(f"DELETE FROM main.{table}")  # noqa: S608  # the names are ours
            db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")  # noqa: S608  # as above
    before = rows(old, tables)
    with open_watch_store(old) as store, open_watch_store(new) as same:
        assert store.watched() == same.watched()
        assert native in store.watched()
        assert {each.followed.format for each in store.watched()} == {None}
        for each in store.watched():
            assert store.state(each.followed.name) == same.state(each.followed.name)
            assert store.pinned(each.followed.name) is None
    assert rows(old, tables) == before
    assert all(before[table] for table in ("alerts", "checks", "deliveries", "notes", "sightings", "transitions"))


_COLUMNS_OF_VERSION_1 = 31


def rows(path: Path, tables: list[str]) -> dict[str, list[tuple[object, ...]]]:
    """Returns what each table holds; of canaries not their format, which version 1 did not know."""
    found = {each: sql(path, f"SELECT * FROM {each}") for each in tables}  # noqa: S608  # the names are ours
    return found | {"canaries": [row[:_COLUMNS_OF_VERSION_1] for row in found["canaries"]]}


def further(db: sqlite3.Connection) -> None:
    """A step that makes a table anew, as SQLite has to do it, and fills it from the one before."""
    db.execute("CREATE TABLE notes_anew (key TEXT PRIMARY KEY, value TEXT NOT NULL, at INTEGER NOT NULL)")
    db.execute("INSERT INTO notes_anew SELECT key, value, 7 FROM notes")
    db.execute("DROP TABLE notes")
    db.execute("ALTER TABLE notes_anew RENAME TO notes")


def broken(db: sqlite3.Connection) -> None:
    further(db)
    db.execute("SELECT * FROM missing")


def orphans(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM canaries")


def test_a_step_takes_what_is_stored_along(path: Path) -> None:
    filled(path)
    StoreFile(path, seconds=1, steps=(*STEPS, further)).close()
    assert sql(path, "SELECT * FROM notes") == [("key", "value", 7)]
    assert sql(path, "PRAGMA user_version") == [(len(STEPS) + 1,)]


@pytest.mark.parametrize(("step", "words"), [(broken, "no such table: missing"), (orphans, "belong to nothing")])
def test_a_step_that_fails_leaves_the_version_before(path: Path, step: Step, words: str) -> None:
    before = schema(filled(path))
    with pytest.raises(StoreError, match=words):
        StoreFile(path, seconds=1, steps=(*STEPS, step))
    assert schema(path) == before
    with open_watch_store(path) as store:
        assert store.note("key") == "value"
        assert store.state("one") == STATE


def test_the_steps_before_one_that_fails_stay_taken(path: Path) -> None:
    filled(path)
    with pytest.raises(StoreError, match="missing"):
        StoreFile(path, seconds=1, steps=(*STEPS, further, broken))
    assert sql(path, "PRAGMA user_version") == [(len(STEPS) + 1,)]
    assert sql(path, "SELECT at FROM notes") == [(7,)]


def test_what_a_newer_version_wrote_is_left_alone(path: Path) -> None:
    StoreFile(filled(path), seconds=1, steps=(*STEPS, further)).close()
    before = path.read_bytes()
    known = len(STEPS)
    with pytest.raises(
        StoreError, match=f"memory is of version {known + 1}, and this warrant-canary knows versions up to {known}"
    ) as caught:
        open_watch_store(path)
    assert caught.value.hint == "Install the version of warrant-canary that wrote it, or a newer one."
    assert path.read_bytes() == before


def test_somebody_else_s_database_is_left_alone(path: Path) -> None:
    sql(path, "CREATE TABLE places (url TEXT)", "PRAGMA user_version = 1")
    with pytest.raises(StoreError, match="memory is a database, and not a watcher's memory"):
        open_watch_store(path)
    assert [name for _, name, *_ in schema(path)] == ["places"]


# --- copies ---------------------------------------------------------------------------------------------


def test_a_copy_is_one_file_that_holds_everything(store: WatchStore, tmp_path: Path) -> None:
    store.add(fresh(), None)
    store.record([everything(fresh())])
    (tmp_path / "copies").mkdir()
    to = tmp_path / "copies" / "copy.db"
    store.backup(str(to))
    store.set_note("key", "later")
    assert [each.name for each in to.parent.iterdir()] == ["copy.db"]
    assert mode(to) == 0o600
    assert sql(to, "PRAGMA journal_mode") == [("delete",)]
    with open_watch_store(to) as copy:
        assert (copy.watched(), copy.outbox(NOW), copy.state("one")) == (store.watched(), store.outbox(NOW), STATE)
        assert copy.note("key") is None


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_a_copy_takes_nobody_s_place(store: WatchStore, tmp_path: Path, there: str) -> None:
    (tmp_path / "file").write_text("words", "utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(RefusedError, match=f"{there} is there already"):
        store.backup(str(tmp_path / there))
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "file").read_text("utf-8") == "words"


def test_a_copy_clears_away_what_one_that_was_killed_has_left(store: WatchStore, tmp_path: Path) -> None:
    old, young, other = (
        tmp_path / name for name in (".copy.1234.part", ".copy.5678.part-journal", ".copies.1234.part")
    )
    for each in (old, young, other):
        each.touch()
    for each in (old, other):
        os.utime(each, (0, 0))
    store.backup(str(tmp_path / "copy"))
    assert {each.name for each in tmp_path.glob(".*")} == {young.name, other.name}


def test_who_comes_first_keeps_the_name(store: WatchStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = StoreFile._copy  # noqa: SLF001  the moment between the look and the name

    def slow(file: StoreFile, to: Path) -> None:
        copied(file, to)
        (tmp_path / "copy").write_text("another's", "utf-8")

    monkeypatch.setattr(StoreFile, "_copy", slow)
    with pytest.raises(RefusedError, match="copy is there already"):
        store.backup(str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_text("utf-8") == "another's"
    assert not list(tmp_path.glob("*.part*"))


def test_a_copy_that_cannot_be_written_is_told(store: WatchStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="missing/copy cannot be written: No such file") as caught:
        store.backup(str(tmp_path / "missing" / "copy"))
    assert caught.value.hint


def test_a_copy_of_a_damaged_memory_gets_no_name(path: Path, tmp_path: Path) -> None:
    with open_watch_store(path) as store:
        store.add_many([fresh(f"canary-{number}") for number in range(300)])
    data = bytearray(path.read_bytes())
    # The last page but the header's own: rows of the list, or an index over them.
    data[-3000:-100] = bytes(2900)
    path.write_bytes(data)
    with open_watch_store(path) as store, pytest.raises(StoreError, match=r"memory is damaged \(") as caught:
        store.backup(str(tmp_path / "copy"))
    assert "put a backup in their place" in caught.value.hint
    assert not (tmp_path / "copy").exists()
    assert not list(tmp_path.glob("*.part*"))


def test_a_copy_takes_the_damaged_one_s_place(path: Path, tmp_path: Path) -> None:
    """As the message says."""
    with open_watch_store(path) as store:
        store.add(fresh(), STATE)
        store.backup(str(tmp_path / "copy"))
        store.add(fresh("two"), None)
    path.write_bytes(b"junk" * 100)
    for each in tmp_path.glob("memory*"):
        each.unlink()
    (tmp_path / "copy").rename(path)
    with open_watch_store(path) as store:
        assert store.watched() == [fresh()]
        assert store.add_many([fresh("two")]) == []
