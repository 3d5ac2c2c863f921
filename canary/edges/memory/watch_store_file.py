"""The file under a watcher's memory: opened, written in whole transactions, copied; every fault told in words.

WAL, so that readers and one writer do not wait for each other; synchronous=FULL, so that what was stored survives a
power cut; 0600 in a folder that is made 0700, because what somebody watches is nobody else's business.
"""

from __future__ import annotations

import contextlib
import glob
import os
import sqlite3
import stat
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from canary.edges.disk.files import PRIVATE_FOLDER_MODE, PRIVATE_MODE, make_folder, sync_folder, what_to_do
from canary.edges.memory.watch_store_schema import STEPS, Step, bring_up_to_date
from canary.errors import MalformedError, RefusedError, StoreError, WorkspaceError
from canary.limits import PART_KEPT

_TRY_AGAIN_SECONDS = 0.05
_SETTINGS = (
    "synchronous = FULL",
    # KiB: the list of 10,000 canaries fits in it.
    "cache_size = -32768",
    # What the file itself brings along may not run functions, and a cell that cannot be is not read.
    "trusted_schema = OFF",
    "cell_size_check = ON",
)
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FORBIDDEN = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_PRIMARY_CODE = 0xFF
"""The bits of an error's code that say what kind it is; those above say more."""


class StoreFile:
    """An open memory. Threads may share it; each transaction waits for the one before.

    Args:
        path: the file.
        seconds: how long to wait for another process that is writing.
        make: whether to make it, and its folder, where it is missing.
        steps: the way from each version of the tables to the next.

    Raises:
        StoreError: it is missing, cannot be opened or made, is damaged, is something else, or was written by a newer
            version.
    """

    def __init__(self, path: Path, *, seconds: float, make: bool = True, steps: Sequence[Step] = STEPS) -> None:
        self.path = path
        self._seconds = seconds
        self._lock = threading.RLock()
        _begin(path, make=make)
        with self._told():
            self._db = _connect(path, seconds)
            try:
                _use_wal(self._db, path, time.monotonic() + seconds)
                bring_up_to_date(self._db, path, steps)
                self._db.execute("PRAGMA foreign_keys = ON")
            except BaseException:
                self._db.close()
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Gives the connection to read with; each statement sees one state of the memory.

        Raises:
            StoreError: the memory cannot be read, or a row is not as it was written.
        """
        with self._lock, self._told():
            yield self._db

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Gives the connection inside a transaction that is stored at the end, or not at all if anything is raised.

        Raises:
            StoreError: the memory cannot be written; it is as it was before.
        """
        with self._lock, self._told():
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                # It has not begun, or a full disk has undone it already.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def backup(self, to: Path) -> None:
        """Writes a checked copy of the memory as it is at one moment, while others read and write.

        Args:
            to: a file that is not there yet.

        Raises:
            RefusedError: it is there.
            StoreError: it cannot be written, or the memory is damaged; nothing is called that then.
        """
        if os.path.lexists(to):
            raise RefusedError(f"{to} is there already", hint="Nothing was overwritten: name another file.")
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{to.name}.", suffix=".part", dir=to.parent)
            os.close(descriptor)
            _clear_parts(to, Path(name))
            try:
                with self._lock, _told(to, self._seconds):
                    self._copy(Path(name))
                _sync(Path(name))
                # A hard link, unlike a rename, fails where something is already called that.
                os.link(name, to)
            finally:
                for rest in ("", "-journal", "-wal", "-shm"):
                    Path(f"{name}{rest}").unlink(missing_ok=True)
            sync_folder(to.parent)
        except FileExistsError as error:
            raise RefusedError(f"{to} is there already", hint="Nothing was overwritten: name another file.") from error
        except OSError as error:
            raise StoreError(f"{to} cannot be written: {error.strerror}", hint=what_to_do(error)) from error

    def close(self) -> None:
        """Closes the file; what is stored stays stored."""
        with self._lock, self._told():
            self._db.close()

    def _copy(self, to: Path) -> None:
        with contextlib.closing(_connect(to, self._seconds)) as copy:
            self._db.backup(copy)
            # So that the copy is one file, whole without others beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise _damaged(self.path, found)

    def _told(self) -> contextlib.AbstractContextManager[None]:
        return _told(self.path, self._seconds)


def _begin(path: Path, *, make: bool) -> None:
    """Makes the file where there is none, for its owner alone, before anything is in it.

    A file that is there is not opened: closing it again would take away the locks of whoever in this process has it
    open (how POSIX locks work; sqlite.org/howtocorrupt.html, section 2.2).
    """
    try:
        if not _is_there(path):
            if not make:
                raise StoreError(f"{path} is missing: there is no list yet", hint="Begin one with 'canary watch add'.")
            make_folder(path.parent, mode=PRIVATE_FOLDER_MODE)
            # Another run may be first.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_MODE))
            sync_folder(path.parent)
        if not stat.S_ISREG(path.stat().st_mode):
            raise StoreError(f"{path} is no regular file", hint="Name another file.")
    except WorkspaceError as error:
        raise StoreError(error.what, hint=error.hint) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error.strerror}", hint=what_to_do(error)) from error


def _is_there(path: Path) -> bool:
    """Tells whether something is called that, be it a link to nothing.

    Raises:
        OSError: that cannot be seen; it is not taken for missing then.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _connect(path: Path, seconds: float) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=seconds,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for setting in _SETTINGS:
            db.execute(f"PRAGMA {setting}")
    except BaseException:
        db.close()
        raise
    return db


def _use_wal(db: sqlite3.Connection, path: Path, until: float) -> None:
    """Turns the write-ahead log on, which a file remembers. While another run does the same, SQLite does not wait."""
    while True:
        try:
            mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY_CODE not in _LOCKED or time.monotonic() >= until:
                raise
            time.sleep(_TRY_AGAIN_SECONDS)
        else:
            break
    if mode != "wal":
        raise StoreError(
            f"{path} lies where SQLite cannot write ahead", hint="Keep it on a disk of this machine, not on a share."
        )


@contextlib.contextmanager
def _told(path: Path, seconds: float) -> Iterator[None]:
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        raise _in_words(error, path, seconds) from error
    except MalformedError as error:
        if error.hint:
            raise StoreError(f"what {path} holds cannot be read: {error}", hint=error.hint) from error
        raise _damaged(path, str(error)) from error
    # Of a damaged file not even SQLite's own message need be text, and a number may be too large to be counted up.
    except (UnicodeDecodeError, OverflowError) as error:
        raise _damaged(path, str(error)) from error


def _in_words(error: sqlite3.Error, path: Path, seconds: float) -> StoreError:
    # An error that is not SQLite's own, such as text that is no UTF-8, has no code.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & _PRIMARY_CODE
    if code in _DAMAGED:
        return _damaged(path, str(error))
    if code in _LOCKED:
        return StoreError(f"another run has been at work on {path} for {seconds:g} seconds", hint="Wait for it to end.")
    # SQLite has another error for a disk without room even for the index of the log at the file's side.
    if code == sqlite3.SQLITE_FULL or error.sqlite_errorcode == sqlite3.SQLITE_IOERR_SHMSIZE:
        return StoreError(f"{path} cannot be written: there is no room", hint="Make room, then run the same again.")
    if code in _FORBIDDEN:
        return StoreError(
            f"{path} cannot be written: {error}",
            hint="Run this as the user whom it belongs to, where file and folder can be written.",
        )
    return StoreError(
        f"{path} cannot be read or written: {error}",
        hint="Look after the disk and the room on it, then run the same again.",
    )


def _damaged(path: Path, why: str) -> StoreError:
    return StoreError(
        f"{path} is damaged ({why})",
        hint=f"Move {path.name}, {path.name}-wal and {path.name}-shm away, and put a backup in their place.",
    )


def _clear_parts(to: Path, newest: Path) -> None:
    """Removes what copies under the same name have left that were killed; one that is at work is younger than that."""
    now = newest.stat().st_mtime
    for left in to.parent.glob(f".{glob.escape(to.name)}.*.part*"):
        with contextlib.suppress(OSError):
            if now - left.lstat().st_mtime > PART_KEPT.total_seconds():
                left.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
