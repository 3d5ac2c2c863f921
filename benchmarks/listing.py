"""What a long list costs each command that has nothing to do but to read it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from benchmarks.measuring import KIB_IN_A_MB, Row, milliseconds, peak_kib, quickest_processes
from canary.edges.memory.watch_store import open_watch_store
from tests.remembered import OK, SUBJECT, fresh, looked_at

_FEW, _MANY = 1_000, 10_000
_PEAK_MB = 200
_COMMANDS = {
    "list": ("`canary watch list`", ["list"]),
    "json": ("`canary watch list --json`", ["list", "--json"]),
    "run": ("`canary watch run` with nothing due", ["run"]),
}


def listing() -> Iterator[Row]:
    """Measures whole commands with a list of ten thousand, against the same with a list of a thousand."""
    with tempfile.TemporaryDirectory() as name:
        commands = {(size, which): command for size in (_FEW, _MANY) for which, command in _commands(Path(name), size)}
        taken = quickest_processes(
            {f"{size} {which}": command for (size, which), command in commands.items()}, rounds=5
        )
        for which, (words, _) in _COMMANDS.items():
            few, many = taken[f"{_FEW} {which}"], taken[f"{_MANY} {which}"]
            note = f"{_FEW:,} ({milliseconds(few)})"
            yield Row(f"{words}, {_MANY:,} canaries ({milliseconds(many)})", many / few, 3.0, note)
            peak = peak_kib(commands[_MANY, which]) / KIB_IN_A_MB
            yield Row("its peak memory", peak / _PEAK_MB, 1.0, f"{_PEAK_MB} MB ({peak:.0f} MB)")


def _commands(folder: Path, size: int) -> Iterator[tuple[str, list[str]]]:
    """Makes a list of canaries that were all looked at just now; yields the commands that read it."""
    memory, config = folder / f"{size}.db", folder / f"{size}.toml"
    config.write_text(f'[watch]\nmemory = "{memory}"\n')
    now = datetime.now(UTC)
    opens = (now + timedelta(days=40)).date()
    expires = now.replace(microsecond=0) + timedelta(days=60)
    subject = replace(SUBJECT, next=(opens, opens + timedelta(days=13)), expires=expires)
    verdict = replace(OK, judged_at=now, subject=subject)
    with open_watch_store(memory) as store:
        store.add_many([looked_at(fresh(f"canary-{number:05}"), verdict, at=now) for number in range(size)])
    canary = str(Path(sys.executable).with_name("canary"))
    for which, (_, arguments) in _COMMANDS.items():
        yield which, [canary, "watch", *arguments, "--config", str(config)]
