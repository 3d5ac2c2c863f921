"""What stops a watcher's memory is told in words, and changes nothing that is stored."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from canary.edges.memory.watch_store import SqliteWatchStore, open_watch_store
from canary.edges.memory.watch_store_file import StoreFile
from canary.errors import StateError, StoreError
from tests.remembered import DAY, NOW, STATE, everything, filled, fresh


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


def test_what_is_no_database_is_told(path: Path) -> None:
    path.write_bytes(b"<html>" * 1000)
    with pytest.raises(StoreError, match="memory is damaged") as caught:
        open_watch_store(path)
    assert caught.value.hint == "Move memory, memory-wal and memory-shm away, and put a backup in their place."
    assert path.read_bytes() == b"<html>" * 1000


@pytest.mark.parametrize("kind", ["folder", "pipe", "file/below", "loop", "dangling"])
def test_what_is_no_file_is_told(tmp_path: Path, kind: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(StoreError, match=f"{kind}|file cannot be made") as caught:
        open_watch_store(tmp_path / kind)
    assert caught.value.hint


def _use(path: Path, to: Path) -> None:
    """Does with a memory what a watcher does."""
    with open_watch_store(path) as store:
        rows = store.watched()
        store.summaries()
        store.due(NOW + DAY)
        store.outbox(NOW)
        store.failures()
        for each in rows:
            name = each.followed.name
            store.state(name)
            store.checks(name, limit=9)
            store.transitions(name, limit=9)
            store.sightings(name)
            store.claim([name], holder="run", now=NOW + DAY, until=NOW + 2 * DAY)
            store.record([everything(each, at=NOW + DAY, occasion="2")])
        store.compact(NOW + 400 * DAY)
        store.backup(str(to))


def _fault(path: Path, to: Path) -> StoreError | None:
    try:
        _use(path, to)
    except StoreError as error:
        return error
    return None


def test_whatever_byte_is_damaged_nothing_else_than_a_store_error_comes_of_it(tmp_path: Path) -> None:
    with open_watch_store(tmp_path / "sound") as store:
        store.add_many([fresh(f"canary-{number}") for number in range(12)])
        store.record([everything(each) for each in store.watched()])
    sound = (tmp_path / "sound").read_bytes()
    chance = random.Random(5)  # noqa: S311  the same damage every time
    told = 0
    for number in range(150):
        data = bytearray(sound)
        for _ in range(chance.choice((1, 4, 200))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path = tmp_path / f"damaged-{number}"
        path.write_bytes(data[: chance.choice((len(data), len(data), chance.randrange(len(data))))])
        error = _fault(path, tmp_path / f"copy-{number}")
        if error is not None:
            assert path.name in error.what
            assert error.hint
            told += 1
    assert told > 50


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE verdicts SET believed = CAST(replace(believed, 'judged_at', 'judged-at') AS BLOB)",
        "UPDATE verdicts SET believed = substr(believed, 2)",
        "UPDATE verdicts SET believed = 'text'",
        "UPDATE canaries SET status = 'FINE'",
        "UPDATE canaries SET next_at = 'soon'",
        "UPDATE canaries SET next_at = 9000000000000000000",
        "UPDATE canaries SET name = CAST(x'ff' AS TEXT)",
        "UPDATE canaries SET telling = '{}'",
        "UPDATE canaries SET telling = CAST('{}' AS BLOB)",
        "UPDATE canaries SET telling = CAST('{' AS BLOB)",
        "UPDATE canaries SET suspected_since = 1",
    ],
)
def test_a_row_that_is_not_as_it_was_written_is_told(path: Path, statement: str) -> None:
    sql(filled(path), statement)
    with open_watch_store(path) as store, pytest.raises(StoreError, match="memory is damaged") as caught:
        store.watched()
    assert "put a backup in their place" in caught.value.hint


@pytest.mark.parametrize("table", ["verdicts SET believed", "transitions SET verdict", "alerts SET verdict"])
def test_a_verdict_that_a_newer_version_stored_is_told_as_that(path: Path, table: str) -> None:
    column = table.rsplit(" ", 1)[1]
    sql(filled(path), f"UPDATE {table} = CAST(replace({column}, '\"WITHDRAWN\"', '\"TOMORROWS\"') AS BLOB)")
    with open_watch_store(path) as store, pytest.raises(StoreError, match="'TOMORROWS' is not known here") as caught:
        assert (store.watched(), store.transitions("one", limit=1), store.outbox(NOW)) is None
    assert caught.value.hint == "Install the version of warrant-canary that wrote it."


def test_a_state_that_is_not_as_it_was_written_is_told(path: Path) -> None:
    sql(filled(path), "UPDATE states SET state = CAST(replace(state, 'example.net', 'example.com') AS BLOB)")
    with (
        open_watch_store(path) as store,
        pytest.raises(StoreError, match=r"what .*memory holds cannot be read: the state of one: .* damaged") as caught,
    ):
        store.state("one")
    assert "from a backup" in caught.value.hint


@pytest.mark.parametrize("value", ["'text'", "''", "5", "1.5"])
def test_a_state_of_another_type_is_told(path: Path, value: str) -> None:
    with open_watch_store(path) as store:
        store.add(fresh("acme"), STATE)
    sql(path, f"UPDATE states SET state = {value}")  # noqa: S608  # a row of a table
    with open_watch_store(path) as store, pytest.raises(StateError, match="the state of acme is damaged"):
        store.state("acme")


def test_a_number_that_cannot_be_counted_up_is_told(path: Path) -> None:
    with open_watch_store(path) as store:
        store.add(fresh("acme"), None)
    sql(path, "UPDATE canaries SET revision = 9223372036854775807")
    with open_watch_store(path) as store:
        (row,) = store.watched()
        with pytest.raises(StoreError, match="memory is damaged"):
            store.update(row)


def test_somebody_who_writes_too_long_is_told_and_nothing_is_lost(path: Path) -> None:
    with open_watch_store(path, seconds=0.05) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        store.add(fresh(), None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"another run has been at work on .*memory for 0.05 seconds") as caught:
            store.record([everything(fresh())])
        assert caught.value.hint == "Wait for it to end."
        assert store.watched() == [fresh()]
        other.execute("ROLLBACK")
        assert store.record([everything(fresh())]) == []


def test_a_full_disk_leaves_what_was_there(path: Path) -> None:
    file = StoreFile(path, seconds=1)
    store = SqliteWatchStore(file)
    store.add(fresh(), None)
    store.record([everything(fresh())])
    before = store.watched()
    with file.reading() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages + 1}")
    more = [fresh(f"canary-{number}") for number in range(500)]
    with pytest.raises(StoreError, match="memory cannot be written: there is no room") as caught:
        store.add_many(more)
    assert caught.value.hint == "Make room, then run the same again."
    assert store.watched() == before
    with file.reading() as db:
        db.execute("PRAGMA max_page_count = 100000")
    assert store.add_many(more) == []
    file.close()


_FILLING = """
import resource, sys
from pathlib import Path
from canary.edges.memory.watch_store import open_watch_store
from canary.errors import StateError, StoreError
from tests.remembered import everything, fresh

with open_watch_store(Path(sys.argv[1])) as store:
    store.add_many([fresh(f"canary-{number}") for number in range(100)])
    size = max(each.stat().st_size for each in Path(sys.argv[1]).parent.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, size + 20_000))
    try:
        store.record([everything(each) for each in store.watched()])
    except StoreError as error:
        print(error.what)
    print(sum(each.checks for each in store.watched()))
"""


def test_a_file_that_may_not_grow_leaves_what_was_there(path: Path) -> None:
    command = [sys.executable, "-c", _FILLING, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    what, checks = done.stdout.splitlines()
    assert f"{path} cannot be" in what
    assert checks == "0"
    with open_watch_store(path) as store:
        assert store.watched() == sorted(
            (fresh(f"canary-{number}") for number in range(100)), key=lambda each: each.followed.name
        )


_WRITING = """
import os, sys
from pathlib import Path
from canary.edges.memory.watch_store import open_watch_store
from canary.errors import StateError, StoreError
from tests.remembered import everything, fresh

path, room = Path(sys.argv[1]), int(sys.argv[2])
if os.getuid() == 0 and not room:
    os.setgid(65534)
    os.setuid(65534)
try:
    with open_watch_store(path) as store:
        store.add_many([fresh(f"canary-{number}") for number in range(room)])
        store.record([everything(each) for each in store.watched() if each.checks == 0])
        store.set_note("key", "stored")
        print("stored")
except StoreError as error:
    print(error.what, error.hint, sep="\\n")
"""


def written(path: Path, *, room: int = 0, mounted: str = "", after: str = "") -> list[str]:
    """Writes to a memory as another user; or, with so many canaries, as the same one and with mounts of its own."""
    words = [sys.executable, "-c", _WRITING, str(path), str(room)]
    if mounted:
        words = ["unshare", "--map-root-user", "--mount", "sh", "-ec", f'{mounted}\n"$@"\n{after}', "sh", *words]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def apart() -> Iterator[Path]:
    """A folder that another user can walk into."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield filled(folder / "folder" / "memory")
        (folder / "folder").chmod(0o755)


@pytest.mark.parametrize(
    ("file", "folder", "words"),
    [
        (0o444, 0o777, "cannot be written: attempt to write a readonly database"),
        (0o666, 0o555, "cannot be written: attempt to write a readonly database"),
        (0o000, 0o777, "cannot be written: unable to open database file"),
        (0o666, 0o000, "cannot be opened: Permission denied"),
    ],
)
def test_where_nothing_may_be_written_that_is_told(apart: Path, file: int, folder: int, words: str) -> None:
    apart.chmod(file)
    apart.parent.chmod(folder)
    what, advice = written(apart)
    apart.parent.chmod(0o755)
    apart.chmod(0o600)
    assert what == f"{apart} {words}"
    assert "Run this as the user whom it belongs to" in advice
    with open_watch_store(apart) as store:
        assert (store.note("key"), store.state("one")) == ("value", STATE)


def test_where_no_file_can_be_made_that_is_told(apart: Path) -> None:
    apart.parent.chmod(0o555)
    what, advice = written(apart.with_name("other.db"))
    assert what == f"{apart.with_name('other.db')} cannot be opened: Permission denied"
    assert "Run this as the user whom it belongs to" in advice


def can_mount() -> bool:
    words = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(words, capture_output=True, check=False).returncode == 0


needs_mount = pytest.mark.skipif(not can_mount(), reason="nothing can be mounted here: no real disk is filled")


@needs_mount
def test_a_disk_that_is_mounted_read_only(apart: Path) -> None:
    folder = apart.parent
    what, advice = written(
        apart, room=1, mounted=f"mount --bind '{folder}' '{folder}'; mount -o remount,ro,bind '{folder}'"
    )
    assert what.startswith(f"{apart} cannot be written: ")
    assert "where file and folder can be written" in advice


@needs_mount
@pytest.mark.parametrize("kibibytes", [200, 400, 1600])
def test_a_real_disk_that_is_full(apart: Path, kibibytes: int) -> None:
    """What would be stored takes more than 2 MB with the log at its side; what is left behind is copied out."""
    disk, left = apart.parent.parent / "disk", apart.parent.parent / "left"
    disk.mkdir()
    left.mkdir()
    mounted = f"""
mount -t tmpfs -o size={kibibytes}k none '{disk}'
cp '{apart}' '{disk}'
mount --bind '{disk}' '{apart.parent}'
"""
    what, advice = written(apart, room=1000, mounted=mounted, after=f"cp '{disk}'/* '{left}'")
    assert (what, advice) == (f"{apart} cannot be written: there is no room", "Make room, then run the same again.")
    with open_watch_store(left / apart.name) as store:
        assert store.note("key") == "value"
        # The canaries are one transaction, and what was found about them is another.
        assert {each.checks for each in store.watched()} in ({1}, {0, 1})
        assert len(store.watched()) in (1, 1001)


def test_an_interval_that_no_canary_can_have_is_damage(path: Path) -> None:
    with open_watch_store(path) as store:
        store.add(fresh("acme"), None)
    sql(path, "UPDATE canaries SET every = -9223372036854775808")
    with open_watch_store(path) as store, pytest.raises(StoreError, match="damaged"):
        store.watched()
