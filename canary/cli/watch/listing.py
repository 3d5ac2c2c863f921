"""`canary watch list`.

The JSON document, stable within `format` 1:

- `format`: 1. `memory`: the path of the memory. `exit_code`: what `canary watch run` would exit with.
- `canaries`: a list of `name`, `location`, `other_format` (null for a native one), `tags`, `pin` (`sha256:…` or null),
  `every`, `status` (null before the first look), `since`, `exit_code` (0 where the status is acknowledged), `suspected`
  (looks in a row that failed and are not believed yet), `acknowledged` (null, or `status`, `at`, `note`), and times, or
  null: `muted_until`, `expires`, `looked_at`, `succeeded_at`, `next_at`.
- `undelivered`: alerts that are not delivered, each with `channel`, `name`, `tries`, `error`, `again_at` (null: it was
  refused for good, see `canary watch dismiss`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from canary.cli.app import App
from canary.cli.formats import FORMAT, failures_in, print_json
from canary.cli.watch.channels import exposed_secrets
from canary.cli.watch.desk import Desk, open_desk
from canary.cli.watch.overview import COLOURS, Overview, many, minute, undelivered
from canary.core.text.strict import hash_field
from canary.core.text.times import format_time
from canary.core.watching.alerts import Delivery
from canary.core.watching.followed import format_interval
from canary.core.watching.summary import Summary
from canary.flows.watch.rounds import Came, broken_since


def list_canaries(app: App, *, tags: tuple[str, ...], as_json: bool, config: Path | None) -> None:
    """Does what `canary watch list` says."""
    with failures_in("json" if as_json else "text"), open_desk(app, config) as desk:
        came = Came(network_since=broken_since(desk.store))
        overview = Overview(desk.listed(tags), app.clock(), came, desk.store.failures())
        if as_json:
            print_json(_document(desk, overview))
        else:
            _tell(desk, overview)


def _document(desk: Desk, overview: Overview) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "memory": desk.settings.memory,
        "exit_code": overview.exit_code,
        "canaries": [row_document(each, overview.now) for each in overview.rows],
        "undelivered": undelivered(overview.failures),
    }


def row_document(row: Summary, now: datetime) -> dict[str, Any]:
    """Returns one canary of the list, as the module describes it."""
    followed, read, status = row.followed, row.acknowledged, row.standing(now)
    return {
        "name": followed.name,
        "location": followed.location,
        "other_format": followed.format.value if followed.format else None,
        "tags": list(followed.tags),
        "pin": hash_field(followed.pin) if followed.pin else None,
        "every": format_interval(followed.every),
        "status": status.value if status else None,
        "since": _time(row.status_since),
        "exit_code": row.counted_exit_code(now),
        "suspected": row.suspected,
        "acknowledged": {"status": read.status.value, "at": format_time(read.at), "note": read.note} if read else None,
        "muted_until": _time(row.muted_until),
        "expires": _time(row.lasting.expires if row.lasting else None),
        "looked_at": _time(row.checked_at),
        "succeeded_at": _time(row.succeeded_at),
        "next_at": format_time(row.next_at),
    }


def _time(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None


def _tell(desk: Desk, overview: Overview) -> None:
    now = overview.now
    width = max(len(each.followed.name) for each in overview.rows)
    lines = []
    for row in overview.worst_first():
        status, code = row.standing(now) or "NOT LOOKED AT", row.counted_exit_code(now)
        word = click.style(f"{status:<13}", fg=COLOURS[code])
        lines.append(f"{word} {row.followed.name:<{width}}  {'; '.join(_remarks(row, code, now))}".rstrip())
    # At once: what click does for each line it prints takes longer than the line.
    click.echo("\n".join(lines))
    click.echo()
    click.echo(f"{many(len(overview.rows), 'canary', 'canaries')} in {desk.settings.memory}.")
    for hindrance in overview.hindrances():
        click.echo(f"Take note: {hindrance}.")
    for exposed in exposed_secrets(desk.settings):
        click.echo(f"Take note: {exposed}")
    for line in _undelivered(desk, overview.failures):
        click.echo(line)


def _undelivered(desk: Desk, failures: Sequence[Delivery]) -> Iterator[str]:
    for channel, group in groupby(sorted(failures, key=lambda each: each.channel), lambda each: each.channel):
        deliveries = list(group)
        last = max(deliveries, key=lambda each: each.tries)
        yield f"  {channel}: {many(len(deliveries), 'alert', 'alerts')}, the last error: {last.error}"
        if any(each.failed for each in deliveries):
            yield f"    Refused for good; mend the channel, then: {desk.typed(f'canary watch dismiss {channel}')}"


def _remarks(row: Summary, code: int, now: datetime) -> Iterator[str]:
    """Yields what a person may want to know of one canary beside its status."""
    if row.status_since and code:
        yield f"since {minute(row.status_since)}"
    if row.lasting and row.lasting.expires:
        yield f"expires {row.lasting.expires:%Y-%m-%d}"
    if row.suspected:
        yield f"{row.suspected} {'look' if row.suspected == 1 else 'looks'} failed, repeated at {minute(row.next_at)}"
    if row.acknowledged:
        yield f"acknowledged {minute(row.acknowledged.at)}"
    if row.muted_until and row.muted_until > now:
        yield f"muted until {minute(row.muted_until)}"
    if row.followed.format:
        yield f"format: {row.followed.format}"
    if row.followed.tags:
        yield f"tags: {', '.join(row.followed.tags)}"
