"""The history in a watcher's memory: looks, transitions, and what was seen when a look failed.

How it is thinned (`thin`): every look of the last 7 days stays, then the last one of each day (UTC) for a year, then
the last one of each month. Transitions stay for ever. Of what was seen at failed looks the newest 20 of each canary
stay.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import IntEnum

import msgspec
from msgspec.structs import astuple

from canary.core.judging.findings import Status
from canary.core.text.times import midnight
from canary.core.watching.recorded import Recorded
from canary.core.watching.watched import Check, Sighting, Transition
from canary.edges.memory.watch_store_values import columns, decoded, marks, row_of, time_of, to_text, to_time
from canary.formats.verdict_json import parse_verdict, render_verdict
from canary.limits import DAILY_LOOKS_KEPT, LOOKS_KEPT, SIGHTING_BYTES, SIGHTINGS


class Kept(IntEnum):
    """Why a look is still in the history."""

    NEW = 0
    """It is one of the last few days'."""

    OF_ITS_DAY = 1
    """It was the last of its day."""

    OF_ITS_MONTH = 2
    """It was the last of its month."""


class CheckRow(msgspec.Struct, array_like=True, frozen=True):
    """A row of `checks` without its id and canary."""

    at: int
    status: Status
    took: float
    detail: str


class TransitionRow(msgspec.Struct, array_like=True, frozen=True):
    """A row of `transitions` without its id and canary."""

    at: int
    before: Status | None
    after: Status
    verdict: bytes


class SightingRow(msgspec.Struct, array_like=True, frozen=True):
    """A row of `sightings` without its id and canary."""

    at: int
    what: str
    error: str
    http_status: int | None
    headers: bytes
    body: bytes
    certificate: bytes


_ADD_CHECK = f"INSERT INTO checks (canary, {columns(CheckRow)}) VALUES ({marks(CheckRow, before=1)})"
_ADD_TRANSITION = (
    f"INSERT INTO transitions (canary, {columns(TransitionRow)}) VALUES ({marks(TransitionRow, before=1)})"
)
_ADD_SIGHTING = f"INSERT INTO sightings (canary, {columns(SightingRow)}) VALUES ({marks(SightingRow, before=1)})"
_DROP_SIGHTINGS = (
    "DELETE FROM sightings WHERE id IN (SELECT id FROM sightings WHERE canary = ? ORDER BY id DESC LIMIT -1 OFFSET ?)"
)

_decode_headers = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode
_SPAN = {Kept.OF_ITS_DAY: "%Y-%m-%d", Kept.OF_ITS_MONTH: "%Y-%m"}
"""What two looks have in common of which only the later one stays (`strftime`)."""


def add(db: sqlite3.Connection, canary: int, recorded: Recorded) -> None:
    """Adds what belongs to the history of a canary: the look, what was seen, the transition."""
    if recorded.check is not None:
        db.execute(_ADD_CHECK, (canary, *astuple(check_row(recorded.check))))
    if recorded.transition is not None:
        db.execute(_ADD_TRANSITION, (canary, *astuple(transition_row(recorded.transition))))
    if recorded.sighting is not None:
        db.execute(_ADD_SIGHTING, (canary, *astuple(sighting_row(recorded.sighting))))
        db.execute(_DROP_SIGHTINGS, (canary, SIGHTINGS))


def checks(db: sqlite3.Connection, name: str, limit: int) -> list[Check]:
    """Returns the latest looks at a canary, the newest first."""
    return decoded(check_of, _newest(db, CheckRow, "checks", name, limit))


def transitions(db: sqlite3.Connection, name: str, limit: int) -> list[Transition]:
    """Returns the latest transitions of a canary, the newest first."""
    return decoded(transition_of, _newest(db, TransitionRow, "transitions", name, limit))


def sightings(db: sqlite3.Connection, name: str) -> list[Sighting]:
    """Returns what was seen at failed looks, the newest first."""
    return decoded(sighting_of, _newest(db, SightingRow, "sightings", name, SIGHTINGS))


def thin(db: sqlite3.Connection, now: datetime) -> int:
    """Thins the looks by the rule of this module; returns how many went."""
    day = (now - LOOKS_KEPT).astimezone(UTC).date()
    month = (now - DAILY_LOOKS_KEPT).astimezone(UTC).date().replace(day=1)
    gone = _keep_last(db, Kept.NEW, Kept.OF_ITS_DAY, before=midnight(day))
    return gone + _keep_last(db, Kept.OF_ITS_DAY, Kept.OF_ITS_MONTH, before=midnight(month))


def _keep_last(db: sqlite3.Connection, of: Kept, to: Kept, *, before: datetime) -> int:
    """Keeps the last look of each span, of those that are over; each is sorted out once, so that this stays quick."""
    which = "kept = :of AND at < :before"
    bound = {"of": of, "to": to, "before": to_time(before), "span": _SPAN[to]}
    gone = db.execute(
        "DELETE FROM checks WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER"
        " (PARTITION BY canary, strftime(:span, at / 1000000, 'unixepoch') ORDER BY at DESC, id DESC) AS place"
        f" FROM checks WHERE {which}) WHERE place > 1)",
        bound,
    ).rowcount
    db.execute(f"UPDATE checks SET kept = :to WHERE {which}", bound)
    return gone


def _newest(
    db: sqlite3.Connection, row: type[msgspec.Struct], table: str, name: str, limit: int
) -> Iterable[Sequence[object]]:
    # In the order in which they came: a clock can be wrong.
    return db.execute(
        f"SELECT {columns(row)} FROM {table} WHERE canary = (SELECT id FROM canaries WHERE name = ?)"
        " ORDER BY id DESC LIMIT ?",
        (name, limit),
    )


def check_row(check: Check) -> CheckRow:
    """Returns the row of a look."""
    return CheckRow(to_time(check.at), check.status, check.took, to_text(check.detail))


def check_of(found: Sequence[object]) -> Check:
    """Reads the row of a look."""
    row = row_of(CheckRow, found)
    return Check(time_of(row.at), row.status, row.took, row.detail)


def transition_row(transition: Transition) -> TransitionRow:
    """Returns the row of a transition."""
    return TransitionRow(
        to_time(transition.at), transition.before, transition.after, render_verdict(transition.verdict)
    )


def transition_of(found: Sequence[object]) -> Transition:
    """Reads the row of a transition."""
    row = row_of(TransitionRow, found)
    return Transition(time_of(row.at), row.before, row.after, parse_verdict(row.verdict))


def sighting_row(sighting: Sighting) -> SightingRow:
    """Returns the row of what was seen at a failed look."""
    headers = [(to_text(name), to_text(value)) for name, value in sighting.headers]
    return SightingRow(
        to_time(sighting.at),
        to_text(sighting.what),
        to_text(sighting.error),
        sighting.http_status,
        msgspec.json.encode(headers),
        sighting.body[:SIGHTING_BYTES],
        sighting.certificate,
    )


def sighting_of(found: Sequence[object]) -> Sighting:
    """Reads the row of what was seen at a failed look."""
    row = row_of(SightingRow, found)
    headers = _decode_headers(row.headers)
    return Sighting(time_of(row.at), row.what, row.error, row.http_status, headers, row.body, row.certificate)
