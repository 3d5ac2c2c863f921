"""`canary watch import` and `export`: the list on its way in and out.

The JSON document of `import`, stable within `format` 1: `format`: 1. `added`: how many were taken. `refused`: a list of
`number` (the line, or the number of the table) and `why`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from msgspec.structs import replace

from canary.cli.app import App
from canary.cli.formats import FORMAT, failures_in, print_json
from canary.cli.talk import say, say_next
from canary.cli.watch.desk import Desk, open_desk
from canary.cli.watch.overview import many
from canary.core.foreign.pinned import Pinned
from canary.core.watching.followed import Followed
from canary.core.watching.watched import Watched
from canary.edges.disk.files import read_file
from canary.errors import CanaryError, StateError
from canary.formats.settings.watch_list import (
    Listing,
    Refused,
    parse_json_lines,
    parse_toml,
    render_json_lines,
    render_toml,
)
from canary.library import is_url, open_foreign, open_source
from canary.limits import LIST_BYTES, TOML_LIST_BYTES

_SHOWN = 50
_TO_MEND = 1


def import_list(app: App, *, file: Path, as_json: bool, config: Path | None) -> int:
    """Does what `canary watch import` says. Returns the exit code: 1 where something was refused."""
    with failures_in("json" if as_json else "text"), open_desk(app, config, make=True) as desk:
        listing = _read(desk, file)
        refused = list(listing.refused)
        rows: list[tuple[int, Followed]] = []
        for number, followed in listing.rows:
            followed = _whole(followed, file)  # noqa: PLW2901  # the same canary, its paths made whole
            if why := fault_of(followed):
                refused.append(Refused(number, why))
            else:
                rows.append((number, followed))
        there = set(desk.store.add_many([Watched(each, each.added_at) for _, each in rows], listing.pinned))
        refused += [
            Refused(number, f"{each.name} is in the list already") for number, each in rows if each.name in there
        ]
        refused.sort(key=lambda each: each.number)
        added = len(rows) - len(there)
        if as_json:
            print_json(
                {
                    "format": FORMAT,
                    "added": added,
                    "refused": [{"number": each.number, "why": each.why} for each in refused],
                }
            )
        else:
            _tell(desk, file, added, refused)
    return _TO_MEND if refused else 0


def export(app: App, *, output: str, tags: tuple[str, ...], config: Path | None) -> None:
    """Does what `canary watch export` says."""
    with open_desk(app, config) as desk:
        rows = [each.followed for each in desk.listed(tags)]
        pinned = {each.name: _pinned(desk, each.name) for each in rows if each.format is not None}
        render = render_json_lines if output == "jsonl" else render_toml
        click.echo(render(rows, pinned), nl=False)


def _pinned(desk: Desk, name: str) -> Pinned:
    pinned = desk.store.pinned(name)
    if pinned is None:
        raise StateError(f"nothing is pinned of {name}", hint="Remove it and add it anew, or bring back a backup.")
    return pinned


def _read(desk: Desk, file: Path) -> Listing:
    lines = file.suffix in (".jsonl", ".ndjson", ".json")
    parse, limit = (parse_json_lines, LIST_BYTES) if lines else (parse_toml, TOML_LIST_BYTES)
    return parse(read_file(file, limit=limit), every=desk.settings.every, added_at=desk.app.clock())


def _whole(followed: Followed, file: Path) -> Followed:
    """Returns the canary with whole paths: those in a file are relative to its folder."""
    folder = file.absolute().parent
    location = followed.location if is_url(followed.location) else str(folder / followed.location)
    return replace(followed, location=location, ca_file=str(folder / followed.ca_file) if followed.ca_file else "")


def fault_of(followed: Followed) -> str:
    """Returns why a location cannot be looked at by any means; empty where it can. Nothing is asked."""
    opened = open_source if followed.format is None else open_foreign
    try:
        with opened(
            followed.location,
            seconds=1,
            allow_http=followed.allow_http,
            ca_file=Path(followed.ca_file) if followed.ca_file else None,
            proxy=followed.proxy or None,
        ):
            return ""
    except CanaryError as error:
        return error.what


def _tell(desk: Desk, file: Path, added: int, refused: list[Refused]) -> None:
    for line in _refusals(file, refused):
        click.echo(line, err=True)
    say(f"New in the list: {many(added, 'canary', 'canaries')}; refused: {len(refused)}.")
    say_next(f"{desk.typed('canary watch run')} looks at them.")


def _refusals(file: Path, refused: list[Refused]) -> Iterator[str]:
    for each in refused[:_SHOWN]:
        yield f"{file}, {each.number}: {each.why}"
    if len(refused) > _SHOWN:
        yield f"and {len(refused) - _SHOWN} more (all of them: --json)"
