"""What a pass came to, for people, scripts and monitoring systems.

The JSON document of `canary watch run`, stable within `format` 1:

- `format`: 1. `memory`: the path of the memory. `exit_code`. `judged_at`.
- `looked`, `unreachable`, `alerts`: how many canaries were looked at in this pass, how many of them could not be
  reached, and how many alerts were decided.
- `network_broken_since`: since when this machine's own network looks broken, or null. `clock_behind`: an earlier look
  that the clock is behind, so that nothing was looked at, or null.
- `canaries` and `undelivered`: as `canary watch list --json` has them.

As JSON lines: a line for each of `canaries`, and a last one with everything else.

As one line for a monitoring system: how many canaries there are and how they stand, the worst by name; the performance
data are `ok`, `warning`, `critical`, `unknown` (how many), `days_to_expiry` (of the canary that expires first, of those
that are not acknowledged), and for each canary of a list of up to 50 its whole days, as `NAME days`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import click

from canary.cli.formats import FORMAT, json_text, nagios_line
from canary.cli.talk import say
from canary.cli.watch.desk import Desk
from canary.cli.watch.listing import row_document
from canary.cli.watch.overview import COLOURS, Overview, many, undelivered
from canary.core.text.times import format_time
from canary.core.watching.summary import Summary
from canary.errors import CanaryError

_NAMED = 5
_SHOWN = 20
_WITH_DAYS = 50
_LABELS = {0: "ok", 1: "warning", 2: "critical", 3: "unknown"}


class Report(NamedTuple):
    """How a pass is told.

    Attributes:
        output: `text`, `json`, `jsonl`, `nagios` or `prometheus`.
        file: where it is written, whole or not at all; None to print it.
        quiet: whether nothing is printed while there is nothing new.
    """

    output: str
    file: Path | None
    quiet: bool


def check_report(desk: Desk, report: Report) -> None:
    """Checks, before anything is done for it, that a report can be written where it is to be.

    Raises:
        CanaryError: it cannot.
    """
    file = report.file
    if file is None:
        return
    # Imported here: most runs print.
    from canary.edges.disk.files import is_regular  # noqa: PLC0415
    from canary.edges.disk.watch_config_file import usual_config  # noqa: PLC0415

    if os.path.lexists(file) and not is_regular(file):
        # It would not be written to, but replaced: /dev/null too, by whoever may.
        raise CanaryError(f"{file} is no regular file, and would be replaced by one", hint="Name another file.")
    memory = os.path.realpath(desk.settings.memory)
    own = {os.path.realpath(desk.config or usual_config()), *(f"{memory}{end}" for end in ("", "-wal", "-shm"))}
    if os.path.realpath(file) in own:
        raise CanaryError(f"{file} is the watcher's own file, and would be lost", hint="Name another file.")


def print_report(desk: Desk, report: Report, overview: Overview) -> None:
    """Prints what a pass came to, or writes it into a file.

    Raises:
        CanaryError: the file cannot be written.
    """
    if report.output == "text" and report.file is None:
        if not report.quiet or overview.came.alerts or overview.hindrances():
            _tell(desk, overview)
        return
    text = _RENDERED[report.output](desk, overview)
    if report.file is None:
        click.echo(text, nl=False)
        return
    # Imported here: most runs print.
    from canary.edges.disk.files import PRIVATE_MODE, PUBLIC_MODE, write_file  # noqa: PLC0415

    # The collector that reads metrics is another user; what else there is says who is watched.
    write_file(report.file, text.encode(), mode=PUBLIC_MODE if report.output == "prometheus" else PRIVATE_MODE)


def _tell(desk: Desk, overview: Overview) -> None:
    came, now = overview.came, overview.now
    bad = [each for each in overview.worst_first() if each.counted_exit_code(now)]
    listed = many(len(overview.rows), "canary", "canaries")
    say(f"Looked at {came.looked} of {listed}; {many(came.alerts, 'alert', 'alerts')}.")
    for row in bad[:_SHOWN]:
        status = row.standing(now) or "NOT LOOKED AT"
        word = click.style(f"{status:<13}", fg=COLOURS[row.counted_exit_code(now)])
        click.echo(f"  {word} {row.followed.name}")
    if len(bad) > _SHOWN:
        click.echo(f"  and {len(bad) - _SHOWN} more")
    for hindrance in overview.hindrances():
        say(f"Take note: {hindrance}.")
    counts = overview.counts()
    say(", ".join(f"{count} {_LABELS[code]}" for code, count in counts.items() if count) + ".")
    if bad:
        click.echo(f"\nNext: {desk.typed(f'canary watch show {bad[0].followed.name}')}")


def _json(desk: Desk, overview: Overview) -> str:
    rows = [row_document(each, overview.now) for each in overview.rows]
    return json_text(_document(desk, overview) | {"canaries": rows}, indent=2) + "\n"


def _json_lines(desk: Desk, overview: Overview) -> str:
    documents = [*(row_document(each, overview.now) for each in overview.rows), _document(desk, overview)]
    return "".join(json_text(each) + "\n" for each in documents)


def _document(desk: Desk, overview: Overview) -> dict[str, Any]:
    came = overview.came
    return {
        "format": FORMAT,
        "memory": desk.settings.memory,
        "exit_code": overview.exit_code,
        "judged_at": format_time(overview.now),
        "looked": came.looked,
        "unreachable": came.unreachable,
        "alerts": came.alerts,
        "network_broken_since": format_time(came.network_since) if came.network_since else None,
        "clock_behind": format_time(came.clock_behind) if came.clock_behind else None,
        "undelivered": undelivered(overview.failures),
    }


def _nagios(desk: Desk, overview: Overview) -> str:
    del desk
    counts = overview.counts()
    told = ", ".join(f"{count} {_LABELS[code]}" for code, count in counts.items() if count)
    bad = [each for each in overview.worst_first() if each.counted_exit_code(overview.now)]
    named = [f"{each.followed.name} {each.standing(overview.now) or 'not looked at'}" for each in bad[:_NAMED]]
    if len(bad) > _NAMED:
        named.append(f"and {len(bad) - _NAMED} more")
    message = "; ".join([f"{many(len(overview.rows), 'canary', 'canaries')}: {told}", *overview.hindrances(), *named])
    data = {_LABELS[code]: str(counts[code]) for code in (0, 1, 2, 3)}
    days = {each.followed.name: left for each in overview.rows if (left := _days(each, overview)) is not None}
    counted = [days[each.followed.name] for each in overview.rows if each.followed.name in days and _counts(each)]
    if counted:
        data["days_to_expiry"] = str(min(counted))
    if len(overview.rows) <= _WITH_DAYS:
        data |= {f"'{name} days'": str(left) for name, left in days.items()}
    return nagios_line(overview.exit_code, message, data) + "\n"


def _counts(row: Summary) -> bool:
    return row.acknowledged is None


def _days(row: Summary, overview: Overview) -> int | None:
    if row.lasting is None or row.lasting.expires is None:
        return None
    return (row.lasting.expires - overview.now).days


def _prometheus(desk: Desk, overview: Overview) -> str:
    del desk
    # Imported here: it takes long, and no other format needs it.
    from canary.cli.watch.metrics import metrics  # noqa: PLC0415

    return metrics(overview)


_RENDERED = {"json": _json, "jsonl": _json_lines, "nagios": _nagios, "prometheus": _prometheus}
