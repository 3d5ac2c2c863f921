"""The canaries of a watcher's list as rows of its memory, and back.

A canary is a short row in `canaries` and its verdicts in `verdicts`, so that what tells it in short reads no verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from canary.core.documents.schedule import Window
from canary.core.foreign.pinned import Format
from canary.core.judging.findings import Cause, Status
from canary.core.watching.followed import Followed
from canary.core.watching.summary import Lasting, Summary
from canary.core.watching.watched import Acknowledged, Suspicion, Telling, Watched
from canary.edges.memory.watch_store_values import (
    length_of,
    row_of,
    tags_of,
    time_of,
    time_or_none,
    to_length,
    to_tags,
    to_text,
    to_time,
    to_time_or_none,
    to_verdict,
)
from canary.errors import MalformedError
from canary.formats.verdict_json import parse_verdict, render_verdict
from canary.limits import LONGEST_INTERVAL, SHORTEST_INTERVAL


class CanaryRow(msgspec.Struct, array_like=True, frozen=True):
    """A row of `canaries` without its id; the last look's verdict in short, and no verdict."""

    name: str
    location: str
    pin: str | None
    tags: str
    every: int
    added_at: int
    proxy: str
    allow_http: int
    ca_file: str
    first_use: int
    next_at: int
    status: Status | None
    status_since: int | None
    suspected_since: int | None
    suspected_tries: int
    acknowledged: Status | None
    acknowledged_at: int | None
    acknowledged_note: str
    muted_until: int | None
    checked_at: int | None
    succeeded_at: int | None
    took: float
    checks: int
    alerts: int
    lasting: Cause | None
    window_opens: str | None
    window_last: str | None
    expires: int | None
    telling: bytes
    revision: int
    format: Format | None


_decode_telling = msgspec.json.Decoder(Telling).decode


def canary_row(watched: Watched) -> CanaryRow:
    """Returns the row of a canary."""
    followed, suspicion, acknowledged = watched.followed, watched.suspicion, watched.acknowledged
    lasting = None if watched.believed is None else Lasting.of(watched.believed)
    window = None if lasting is None else lasting.window
    return CanaryRow(
        name=followed.name,
        location=followed.location,
        pin=followed.pin,
        tags=to_tags(followed.tags),
        every=to_length(followed.every),
        added_at=to_time(followed.added_at),
        proxy=followed.proxy,
        allow_http=int(followed.allow_http),
        ca_file=followed.ca_file,
        first_use=int(followed.first_use),
        next_at=to_time(watched.next_at),
        status=watched.status,
        status_since=to_time_or_none(watched.status_since),
        suspected_since=None if suspicion is None else to_time(suspicion.since),
        suspected_tries=0 if suspicion is None else suspicion.tries,
        acknowledged=None if acknowledged is None else acknowledged.status,
        acknowledged_at=None if acknowledged is None else to_time(acknowledged.at),
        acknowledged_note="" if acknowledged is None else to_text(acknowledged.note),
        muted_until=to_time_or_none(watched.muted_until),
        checked_at=to_time_or_none(watched.checked_at),
        succeeded_at=to_time_or_none(watched.succeeded_at),
        took=watched.took,
        checks=watched.checks,
        alerts=watched.alerts,
        lasting=None if lasting is None else lasting.cause,
        window_opens=None if window is None else window.opens.isoformat(),
        window_last=None if window is None else window.last.isoformat(),
        expires=None if lasting is None else to_time_or_none(lasting.expires),
        telling=msgspec.json.encode(watched.telling),
        revision=watched.revision,
        format=followed.format,
    )


def verdicts_of(watched: Watched) -> tuple[bytes | None, bytes | None]:
    """Returns the verdicts of a canary as they are stored: the believed one, and the one that is not believed yet."""
    suspicion = watched.suspicion
    return to_verdict(watched.believed), None if suspicion is None else render_verdict(suspicion.verdict)


def watched_of(found: Sequence[object]) -> Watched:
    """Reads a canary's row with its two verdicts behind it."""
    *of_canary, believed, suspected = found
    row = row_of(CanaryRow, of_canary)
    telling = _decode_telling(row.telling)
    if msgspec.json.encode(telling) != row.telling:
        raise MalformedError("what was told is not as it was written", what="a row")
    suspicion = None
    if row.suspected_since is not None:
        verdict = parse_verdict(_blob(suspected))
        suspicion = Suspicion(time_of(row.suspected_since), row.suspected_tries, verdict)
    return Watched(
        followed=_followed(row),
        next_at=time_of(row.next_at),
        believed=None if believed is None else parse_verdict(_blob(believed)),
        status=row.status,
        status_since=time_or_none(row.status_since),
        suspicion=suspicion,
        acknowledged=_acknowledged(row),
        telling=telling,
        muted_until=time_or_none(row.muted_until),
        checked_at=time_or_none(row.checked_at),
        succeeded_at=time_or_none(row.succeeded_at),
        took=row.took,
        checks=row.checks,
        alerts=row.alerts,
        revision=row.revision,
    )


def summary_of(found: Sequence[object]) -> Summary:
    """Reads a canary's row in short."""
    row = row_of(CanaryRow, found)
    lasting = None
    if row.lasting is not None:
        window = None
        if row.window_opens is not None and row.window_last is not None:
            window = Window(date.fromisoformat(row.window_opens), date.fromisoformat(row.window_last))
        lasting = Lasting(row.lasting, window, time_or_none(row.expires))
    return Summary(
        followed=_followed(row),
        next_at=time_of(row.next_at),
        lasting=lasting,
        status=row.status,
        status_since=time_or_none(row.status_since),
        suspected=row.suspected_tries,
        acknowledged=_acknowledged(row),
        muted_until=time_or_none(row.muted_until),
        checked_at=time_or_none(row.checked_at),
        succeeded_at=time_or_none(row.succeeded_at),
        took=row.took,
        checks=row.checks,
        alerts=row.alerts,
    )


def _followed(row: CanaryRow) -> Followed:
    every = length_of(row.every)
    if not SHORTEST_INTERVAL <= every <= LONGEST_INTERVAL:
        raise MalformedError("an interval is out of bounds", what="a row")
    return Followed(
        name=row.name,
        location=row.location,
        pin=row.pin,
        tags=tags_of(row.tags),
        every=every,
        added_at=time_of(row.added_at),
        proxy=row.proxy,
        allow_http=bool(row.allow_http),
        ca_file=row.ca_file,
        first_use=bool(row.first_use),
        format=row.format,
    )


def _blob(found: object) -> bytes:
    if not isinstance(found, bytes):
        raise MalformedError("a verdict is missing", what="a row")
    return found


def _acknowledged(row: CanaryRow) -> Acknowledged | None:
    if row.acknowledged is None or row.acknowledged_at is None:
        return None
    return Acknowledged(row.acknowledged, time_of(row.acknowledged_at), row.acknowledged_note)
