"""The list in a watcher's memory: its canaries, their states, and which run is looking at which."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import astuple, replace

from canary.core.watching.summary import Summary
from canary.core.watching.watched import Watched
from canary.edges.memory.watch_store_rows import CanaryRow, canary_row, summary_of, verdicts_of, watched_of
from canary.edges.memory.watch_store_values import columns, decoded, marks, time_or_none, to_tags, to_text, to_time
from canary.errors import StateError
from canary.formats.state_json import DAMAGED_HINT

_SHORT = f"SELECT {columns(CanaryRow)} FROM canaries"
_WHOLE = f"SELECT {columns(CanaryRow)}, believed, suspected FROM canaries JOIN verdicts ON canary = id"
_UNCLAIMED = (
    "NOT EXISTS (SELECT 1 FROM claims"
    " WHERE claims.canary = canaries.id AND holder <> :holder AND made_at <= :now AND until > :now)"
)
# What was looked at later than now is due as well: the clock was wrong then, or is now. And so is what is not to be
# looked at for longer than its interval: a person changed or acknowledged it while the clock was wrong.
_DUE_BY = ("next_at <= :now", "checked_at > :now", "next_at - every > :now")
_IS_DUE = f"({' OR '.join(_DUE_BY)})"
# The same as a union, because SQLite would read the whole list for the "or".
_AMONG_DUE = f"id IN ({' UNION '.join(f'SELECT id FROM canaries WHERE {each}' for each in _DUE_BY)})"
_INSERT = f"INSERT INTO canaries ({columns(CanaryRow)}) VALUES ({marks(CanaryRow)}) ON CONFLICT (name) DO NOTHING"
_UPDATE = (
    f"UPDATE canaries SET ({columns(CanaryRow)}) = ({marks(CanaryRow)})"
    " WHERE name = ? AND revision = ? AND added_at = ? RETURNING id"
)
_KEEP_VERDICTS = "INSERT OR REPLACE INTO verdicts (canary, believed, suspected) VALUES (?, ?, ?)"


def insert(db: sqlite3.Connection, watched: Watched) -> int | None:
    """Takes a canary into the list; returns its id, or None where one of that name is there already."""
    done = db.execute(_INSERT, astuple(canary_row(watched)))
    canary = done.lastrowid
    if done.rowcount == 0 or canary is None:
        return None
    db.execute(_KEEP_VERDICTS, (canary, *verdicts_of(watched)))
    return canary


def overwrite(db: sqlite3.Connection, watched: Watched) -> int | None:
    """Writes a row over the one that it was read from; returns its id.

    Returns:
        None where that one is no longer there: it was written since, or removed, or removed and added again.
    """
    row = canary_row(watched)
    written = astuple(replace(row, revision=row.revision + 1))
    found = db.execute(_UPDATE, (*written, row.name, row.revision, row.added_at)).fetchone()
    if found is None:
        return None
    canary = int(found[0])
    db.execute(_KEEP_VERDICTS, (canary, *verdicts_of(watched)))
    return canary


def keep_state(db: sqlite3.Connection, canary: int, state: bytes) -> None:
    """Keeps the state of a canary in the place of the one before."""
    db.execute("INSERT OR REPLACE INTO states (canary, state) VALUES (?, ?)", (canary, state))


def keep_pinned(db: sqlite3.Connection, canary: int, pinned: bytes) -> None:
    """Keeps what is pinned of a canary in another format."""
    db.execute("INSERT INTO pinned (canary, pinned) VALUES (?, ?)", (canary, pinned))


def pinned(db: sqlite3.Connection, name: str) -> bytes | None:
    """Returns what is pinned of a canary; None where nothing is.

    Raises:
        StateError: what is there is nothing of the kind.
    """
    found = db.execute("SELECT pinned FROM pinned JOIN canaries ON id = canary WHERE name = ?", (to_text(name),))
    row = found.fetchone()
    if row is not None and not isinstance(row[0], bytes):
        raise StateError(f"what is pinned of {name} is damaged: it is no document", hint=DAMAGED_HINT)
    return None if row is None else row[0]


def state(db: sqlite3.Connection, name: str) -> tuple[bytes, datetime | None] | None:
    """Returns the state of a canary, and when it was looked at last; None where there is no state.

    Raises:
        StateError: what is there is no state at all.
    """
    found = db.execute(
        "SELECT state, checked_at FROM states JOIN canaries ON id = canary WHERE name = ?", (to_text(name),)
    ).fetchone()
    if found is None:
        return None
    if not isinstance(found[0], bytes):
        raise StateError(f"the state of {name} is damaged: it is no document", hint=DAMAGED_HINT)
    return found[0], time_or_none(found[1])


def whole(db: sqlite3.Connection, tags: Sequence[str]) -> list[Watched]:
    """Returns the list, by name."""
    return decoded(watched_of, db.execute(f"{_WHOLE} WHERE {_filed(tags)} ORDER BY name", _sought(tags)))


def short(db: sqlite3.Connection, tags: Sequence[str]) -> list[Summary]:
    """Returns the list in short, by name."""
    return decoded(summary_of, db.execute(f"{_SHORT} WHERE {_filed(tags)} ORDER BY name", _sought(tags)))


def is_empty(db: sqlite3.Connection, tags: Sequence[str]) -> bool:
    """Tells whether there is nothing in the list."""
    return db.execute(f"SELECT 1 FROM canaries WHERE {_filed(tags)} LIMIT 1", _sought(tags)).fetchone() is None


def find(db: sqlite3.Connection, name: str) -> Watched | None:
    """Returns one canary; None where there is none of that name."""
    return next(iter(decoded(watched_of, db.execute(f"{_WHOLE} WHERE name = ?", (to_text(name),)))), None)


def due(db: sqlite3.Connection, now: datetime, tags: Sequence[str]) -> list[str]:
    """Returns the names of what is due and not claimed, the longest overdue first."""
    bound = {"now": to_time(now), "holder": "", **_sought(tags)}
    which = f"{_AMONG_DUE} AND {_UNCLAIMED} AND {_filed(tags)}"
    found = db.execute(f"SELECT name FROM canaries WHERE {which} ORDER BY next_at, name", bound)
    return [str(name) for (name,) in found]


def claim(
    db: sqlite3.Connection, names: Sequence[str], *, holder: str, now: datetime, until: datetime
) -> list[Watched]:
    """Claims what is due and not claimed by another run, and returns it as it is now."""
    claimed: list[Watched] = []
    for name in names:
        bound = {"name": name, "now": to_time(now), "holder": holder, "until": to_time(until)}
        found = decoded(watched_of, db.execute(f"{_WHOLE} WHERE name = :name AND {_IS_DUE} AND {_UNCLAIMED}", bound))
        if found:
            db.execute(
                "INSERT OR REPLACE INTO claims (canary, holder, made_at, until)"
                " SELECT id, :holder, :now, :until FROM canaries WHERE name = :name",
                bound,
            )
            claimed += found
    return claimed


def release(db: sqlite3.Connection, holder: str) -> None:
    """Gives up the claims of one run."""
    db.execute("DELETE FROM claims WHERE holder = ?", (holder,))


def remove(db: sqlite3.Connection, name: str) -> bool:
    """Takes a canary from the list, with all that belongs to it; returns whether it was there."""
    return db.execute("DELETE FROM canaries WHERE name = ?", (name,)).rowcount > 0


def _filed(tags: Sequence[str]) -> str:
    """Returns the condition that a canary is filed under one of `tags`; under none of them for an empty list."""
    return "(" + " OR ".join(f"instr(tags, :tag{number})" for number in range(len(tags))) + ")" if tags else "true"


def _sought(tags: Sequence[str]) -> Mapping[str, str]:
    return {f"tag{number}": to_tags([to_text(tag)]) for number, tag in enumerate(tags)}
