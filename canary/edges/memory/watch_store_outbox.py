"""The outbox in a watcher's memory: alerts, and where each of their deliveries stands.

An alert that comes again under its id adds nothing but channels that it did not go to before. A delivery is **waiting**
until it is **settled**: done, or failed for good; of those that failed for good a person is told until one dismisses
them. A run can **hold** what it is delivering until a moment, so that no other run delivers the same meanwhile. A hold
or an alert that was made later than now comes from a clock that was wrong: the one is over, the other is due, and so
is a delivery that is to wait for longer than any does. One that has failed since waits for its next try all the same.
What is about a canary that is muted waits for the end of that (`canary.core.watching.answered`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import astuple

from canary.core.judging.findings import Status
from canary.core.watching.alerts import Alert, AlertKind, Delivery
from canary.core.watching.answered import NEVER_WAITS, is_taken_back
from canary.core.watching.watched import Watched
from canary.edges.memory.watch_store_values import (
    columns,
    decoded,
    marks,
    row_of,
    tags_of,
    time_of,
    time_or_none,
    to_tags,
    to_text,
    to_time,
    to_time_or_none,
    to_verdict,
    verdict_or_none,
)
from canary.limits import ALERTS_KEPT, DELAY_LONGEST


class AlertRow(msgspec.Struct, array_like=True, frozen=True):
    """A row of `alerts` without its canary."""

    id: str
    kind: AlertKind
    at: int
    name: str
    tags: str
    location: str
    before: Status | None
    after: Status | None
    since: int | None
    verdict: bytes | None
    words: str


class DeliveryRow(msgspec.Struct, array_like=True, frozen=True):
    """What a row of `deliveries` has besides its alert's id."""

    channel: str
    due_at: int
    tries: int
    error: str
    failed: int


_NO_LIMIT = -1
"""What SQLite takes for none (sqlite.org/lang_select.html)."""

_ADD_ALERT = (
    f"INSERT INTO alerts (canary, {columns(AlertRow)}) VALUES ({marks(AlertRow, before=1)}) ON CONFLICT (id) DO NOTHING"
)
_ADD_DELIVERY = (
    f"INSERT INTO deliveries (alert, {columns(DeliveryRow)}) VALUES ({marks(DeliveryRow, before=1)})"
    " ON CONFLICT (alert, channel) DO NOTHING"
)
_FOUND = ", ".join(
    [
        *(f"alerts.{each}" for each in AlertRow.__struct_fields__),
        *(f"deliveries.{each}" for each in DeliveryRow.__struct_fields__),
    ]
)
_NEVER_WAITS = ", ".join(f"'{each}'" for each in sorted(NEVER_WAITS))
_DUE = (
    f"SELECT {_FOUND} FROM deliveries JOIN alerts ON alerts.id = deliveries.alert"
    " WHERE settled_at IS NULL AND (due_at <= :now OR due_at > :latest OR (alerts.at > :now AND tries = 0))"
    " AND (held_by IS NULL OR held_by = :holder OR held_at > :now OR held_until <= :now)"
    f" AND (after IN ({_NEVER_WAITS}) OR NOT EXISTS"
    " (SELECT 1 FROM canaries WHERE canaries.id = alerts.canary AND muted_until > :now))"
    " ORDER BY due_at, alerts.at, deliveries.rowid LIMIT :limit"
)
_WAITING_OF_CANARY = (
    f"SELECT {_FOUND} FROM deliveries JOIN alerts ON alerts.id = deliveries.alert"
    " WHERE settled_at IS NULL AND alerts.canary = ?"
)
_FAILED = (
    f"SELECT {_FOUND} FROM deliveries JOIN alerts ON alerts.id = deliveries.alert"
    " WHERE deliveries.rowid IN (SELECT rowid FROM deliveries WHERE failed"
    " UNION SELECT rowid FROM deliveries WHERE settled_at IS NULL AND error <> '')"
    " ORDER BY alerts.at, deliveries.rowid"
)


def add_alerts(db: sqlite3.Connection, canary: int | None, alerts: Iterable[tuple[Alert, Sequence[Delivery]]]) -> int:
    """Adds alerts with their deliveries, but for what is there already; returns how many of the alerts are new.

    Args:
        db: the memory, in a transaction.
        canary: which canary they are about; None for none of the list.
        alerts: each with where it goes.
    """
    new = 0
    for alert, deliveries in alerts:
        new += db.execute(_ADD_ALERT, (canary, *astuple(alert_row(alert)))).rowcount
        db.executemany(_ADD_DELIVERY, [(alert.id, *astuple(delivery_row(each))) for each in deliveries])
    return new


def due(db: sqlite3.Connection, now: datetime, holder: str = "", limit: int | None = None) -> list[Delivery]:
    """Returns the deliveries that are due and that no other run holds, the oldest first; with a limit so many."""
    asked = {
        "now": to_time(now),
        "latest": to_time(now + DELAY_LONGEST),
        "holder": holder,
        "limit": _NO_LIMIT if limit is None else limit,
    }
    return decoded(delivery_of, db.execute(_DUE, asked))


def hold(
    db: sqlite3.Connection, deliveries: Sequence[Delivery], *, holder: str, now: datetime, until: datetime
) -> None:
    """Holds deliveries for one run."""
    db.executemany(
        "UPDATE deliveries SET held_by = ?, held_at = ?, held_until = ? WHERE alert = ? AND channel = ?",
        [(holder, to_time(now), to_time(until), each.alert.id, each.channel) for each in deliveries],
    )


def let_go(db: sqlite3.Connection, holder: str) -> None:
    """Gives up what one run holds."""
    db.execute("UPDATE deliveries SET held_by = NULL WHERE settled_at IS NULL AND held_by = ?", (holder,))


def settle(db: sqlite3.Connection, deliveries: Sequence[Delivery], at: datetime, *, failed: bool) -> None:
    """Marks deliveries as done, or as failed for good."""
    db.executemany(
        "UPDATE deliveries SET settled_at = ?, failed = ?, tries = ?, error = ? WHERE alert = ? AND channel = ?",
        [
            (to_time(at), int(failed), each.tries, to_text(each.error), each.alert.id, each.channel)
            for each in deliveries
        ],
    )


def postpone(db: sqlite3.Connection, deliveries: Sequence[Delivery]) -> None:
    """Stores deliveries that failed for now."""
    db.executemany(
        "UPDATE deliveries SET due_at = ?, tries = ?, error = ?, held_by = NULL WHERE alert = ? AND channel = ?",
        [(to_time(each.due_at), each.tries, to_text(each.error), each.alert.id, each.channel) for each in deliveries],
    )


def take_back(db: sqlite3.Connection, canary: int, watched: Watched) -> int:
    """Drops what waits about a canary and is not to be sent any more, as a person has said; returns how much."""
    waiting = decoded(delivery_of, db.execute(_WAITING_OF_CANARY, (canary,)))
    taken = [(each.alert.id, each.channel) for each in waiting if is_taken_back(each.alert, watched)]
    db.executemany("DELETE FROM deliveries WHERE alert = ? AND channel = ?", taken)
    return len(taken)


def failures(db: sqlite3.Connection) -> list[Delivery]:
    """Returns the deliveries that failed for good and are not dismissed, and those that failed for now."""
    return decoded(delivery_of, db.execute(_FAILED))


def dismiss(db: sqlite3.Connection, channel: str) -> int:
    """Forgets what failed for good in one channel; returns how many deliveries that were."""
    return db.execute("UPDATE deliveries SET failed = 0 WHERE failed AND channel = ?", (to_text(channel),)).rowcount


def drop_settled(db: sqlite3.Connection, now: datetime) -> int:
    """Drops old alerts of which nothing is on its way and nothing is to be told; returns how many."""
    return db.execute(
        "DELETE FROM alerts WHERE at < ? AND NOT EXISTS"
        " (SELECT 1 FROM deliveries WHERE alert = alerts.id AND (settled_at IS NULL OR failed))",
        (to_time(now - ALERTS_KEPT),),
    ).rowcount


def alert_row(alert: Alert) -> AlertRow:
    """Returns the row of an alert."""
    return AlertRow(
        id=alert.id,
        kind=alert.kind,
        at=to_time(alert.at),
        name=alert.name,
        tags=to_tags(alert.tags),
        location=alert.location,
        before=alert.before,
        after=alert.after,
        since=to_time_or_none(alert.since),
        verdict=to_verdict(alert.verdict),
        words=to_text(alert.words),
    )


def delivery_row(delivery: Delivery) -> DeliveryRow:
    """Returns the row of a delivery."""
    return DeliveryRow(
        delivery.channel, to_time(delivery.due_at), delivery.tries, to_text(delivery.error), int(delivery.failed)
    )


def delivery_of(found: Sequence[object]) -> Delivery:
    """Reads the row of an alert with the one of its delivery behind it."""
    width = len(AlertRow.__struct_fields__)
    alert, row = row_of(AlertRow, found[:width]), row_of(DeliveryRow, found[width:])
    return Delivery(
        Alert(
            id=alert.id,
            kind=alert.kind,
            at=time_of(alert.at),
            name=alert.name,
            tags=tags_of(alert.tags),
            location=alert.location,
            before=alert.before,
            after=alert.after,
            since=time_or_none(alert.since),
            verdict=verdict_or_none(alert.verdict),
            words=alert.words,
        ),
        row.channel,
        time_of(row.due_at),
        row.tries,
        row.error,
        failed=bool(row.failed),
    )
