"""The tables of a watcher's memory, and the steps from each version of them to the next.

`PRAGMA user_version` counts the steps that a file has been through. A step is one transaction: a file is of the version
before or of the one after. A step that was once released is never changed; a change is a further step.

Times are whole microseconds since 1970 in UTC, lengths whole microseconds, days `YYYY-MM-DD`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from canary.errors import StoreError

Step = Callable[[sqlite3.Connection], object]

APPLICATION_ID = 0x63_6E_72_79
"""`cnry`: `PRAGMA application_id` tells a watcher's memory from other people's databases."""

_FIRST_TABLES = (
    # What a list needs is in rows of its own, short ones: reading 10,000 of them touches no verdict.
    """CREATE TABLE canaries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        location TEXT NOT NULL,
        pin TEXT,
        tags TEXT NOT NULL,
        every INTEGER NOT NULL,
        added_at INTEGER NOT NULL,
        proxy TEXT NOT NULL,
        allow_http INTEGER NOT NULL,
        ca_file TEXT NOT NULL,
        first_use INTEGER NOT NULL,
        next_at INTEGER NOT NULL,
        status TEXT,
        status_since INTEGER,
        suspected_since INTEGER,
        suspected_tries INTEGER NOT NULL,
        acknowledged TEXT,
        acknowledged_at INTEGER,
        acknowledged_note TEXT NOT NULL,
        muted_until INTEGER,
        checked_at INTEGER,
        succeeded_at INTEGER,
        took REAL NOT NULL,
        checks INTEGER NOT NULL,
        alerts INTEGER NOT NULL,
        lasting INTEGER,
        window_opens TEXT,
        window_last TEXT,
        expires INTEGER,
        telling BLOB NOT NULL,
        revision INTEGER NOT NULL
    )""",
    "CREATE INDEX canaries_by_next ON canaries (next_at)",
    "CREATE INDEX canaries_by_checked ON canaries (checked_at)",
    "CREATE INDEX canaries_by_earliest ON canaries (next_at - every)",
    """CREATE TABLE verdicts (
        canary INTEGER PRIMARY KEY REFERENCES canaries ON DELETE CASCADE,
        believed BLOB,
        suspected BLOB
    )""",
    """CREATE TABLE states (
        canary INTEGER PRIMARY KEY REFERENCES canaries ON DELETE CASCADE,
        state BLOB NOT NULL
    )""",
    """CREATE TABLE claims (
        canary INTEGER PRIMARY KEY REFERENCES canaries ON DELETE CASCADE,
        holder TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        until INTEGER NOT NULL
    )""",
    """CREATE TABLE checks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        canary INTEGER NOT NULL REFERENCES canaries ON DELETE CASCADE,
        at INTEGER NOT NULL,
        status TEXT NOT NULL,
        took REAL NOT NULL,
        detail TEXT NOT NULL,
        kept INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX checks_by_canary ON checks (canary)",
    "CREATE INDEX checks_by_kept ON checks (kept, at)",
    """CREATE TABLE transitions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        canary INTEGER NOT NULL REFERENCES canaries ON DELETE CASCADE,
        at INTEGER NOT NULL,
        before TEXT,
        after TEXT NOT NULL,
        verdict BLOB NOT NULL
    )""",
    "CREATE INDEX transitions_by_canary ON transitions (canary)",
    """CREATE TABLE sightings (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        canary INTEGER NOT NULL REFERENCES canaries ON DELETE CASCADE,
        at INTEGER NOT NULL,
        what TEXT NOT NULL,
        error TEXT NOT NULL,
        http_status INTEGER,
        headers BLOB NOT NULL,
        body BLOB NOT NULL,
        certificate BLOB NOT NULL
    )""",
    "CREATE INDEX sightings_by_canary ON sightings (canary)",
    """CREATE TABLE alerts (
        id TEXT PRIMARY KEY,
        canary INTEGER REFERENCES canaries ON DELETE CASCADE,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        name TEXT NOT NULL,
        tags TEXT NOT NULL,
        location TEXT NOT NULL,
        before TEXT,
        after TEXT,
        since INTEGER,
        verdict BLOB,
        words TEXT NOT NULL
    )""",
    "CREATE INDEX alerts_by_canary ON alerts (canary)",
    "CREATE INDEX alerts_by_time ON alerts (at)",
    """CREATE TABLE deliveries (
        alert TEXT NOT NULL REFERENCES alerts ON DELETE CASCADE,
        channel TEXT NOT NULL,
        due_at INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        error TEXT NOT NULL,
        settled_at INTEGER,
        failed INTEGER NOT NULL DEFAULT 0,
        held_by TEXT,
        held_at INTEGER,
        held_until INTEGER,
        PRIMARY KEY (alert, channel)
    )""",
    # Only what somebody has still to do something about; the rest is a year's worth of rows.
    "CREATE INDEX deliveries_waiting ON deliveries (due_at) WHERE settled_at IS NULL",
    "CREATE INDEX deliveries_failed ON deliveries (channel) WHERE failed",
    "CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
)


def _first(db: sqlite3.Connection) -> None:
    for statement in _FIRST_TABLES:
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _other_formats(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE canaries ADD COLUMN format TEXT")
    db.execute(
        """CREATE TABLE pinned (
        canary INTEGER PRIMARY KEY REFERENCES canaries ON DELETE CASCADE,
        pinned BLOB NOT NULL
    )"""
    )


STEPS: tuple[Step, ...] = (_first, _other_formats)
"""Step n leads from version n to version n + 1."""


def bring_up_to_date(db: sqlite3.Connection, path: Path, steps: Sequence[Step] = STEPS) -> None:
    """Brings a memory to the newest version of its tables; makes them in an empty file.

    Args:
        db: a connection outside of a transaction, with foreign keys off: a step may make a table anew.
        path: the file, for messages.
        steps: the way there.

    Raises:
        StoreError: the file is no watcher's memory, or was written by a newer version.
        sqlite3.Error: a step failed; the file is as it was before that step.
    """
    # In this order: another run may be making the tables just now, and names itself in the same transaction.
    if (
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        and _value(db, "application_id") != APPLICATION_ID
    ):
        raise StoreError(f"{path} is a database, and not a watcher's memory", hint="Name another file.")
    while (version := _value(db, "user_version")) < len(steps):
        db.execute("BEGIN IMMEDIATE")
        try:
            # Another run may have taken the step while this one waited.
            if _value(db, "user_version") == version:
                _take(db, steps[version], version + 1)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    if version > len(steps):
        raise StoreError(
            f"{path} is of version {version}, and this warrant-canary knows versions up to {len(steps)}",
            hint="Install the version of warrant-canary that wrote it, or a newer one.",
        )


def _take(db: sqlite3.Connection, step: Step, version: int) -> None:
    step(db)
    if db.execute("PRAGMA foreign_key_check").fetchone():
        raise sqlite3.IntegrityError(f"step {version} leaves rows that belong to nothing")
    db.execute(f"PRAGMA user_version = {version}")


def _value(db: sqlite3.Connection, pragma: str) -> int:
    return int(db.execute(f"PRAGMA {pragma}").fetchone()[0])
