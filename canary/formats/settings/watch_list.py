"""A watcher's list on its way in or out: TOML with a table `[[canary]]` for each, or JSON lines.

| key | what it is |
| --- | --- |
| `location` | the canary's URL, or a folder; required |
| `pin` | `sha256:…` of roster 1, or of what is pinned |
| `pinned` | of a canary in another format, what is pinned of it (`canary.formats.foreign.pinned_json`), as one text |
| `trust_first_use` | true: without a pin, the first look's roster 1 is taken for it |
| `name` | what to call it; without one, after its location |
| `tags` | a list of tags |
| `every` | how often to look, like `6h` |
| `proxy`, `allow_http`, `ca_file` | as the options of `canary watch add` |

Each canary is read by itself: what cannot be read is refused with its line, and the others are taken.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from canary.core.judging.fetched import shown
from canary.core.judging.proxy import kept_proxy
from canary.core.text.printable import printable
from canary.core.text.strict import hash_field, parse_hash
from canary.core.watching.followed import Followed, check_name, check_place, check_tags, format_interval, parse_interval
from canary.errors import MalformedError
from canary.formats.settings.toml_lines import deep_line
from canary.limits import FOREIGN_PINNED_BYTES, LIST_REFUSED, TAGS

if TYPE_CHECKING:
    from canary.core.foreign.pinned import Pinned

_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/~-")
_LONGEST_NAME = 128
_LINE = re.compile(rb"[^\n]*\n?")
_WHY_CHARACTERS = 500

_Text = Annotated[str, msgspec.Meta(max_length=4_096)]


class _Row(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    location: _Text
    pin: _Text = ""
    pinned: Annotated[str, msgspec.Meta(max_length=FOREIGN_PINNED_BYTES)] = ""
    trust_first_use: bool = False
    name: _Text = ""
    tags: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=TAGS)] = ()
    every: _Text = ""
    proxy: _Text = ""
    allow_http: bool = False
    ca_file: _Text = ""


class Refused(msgspec.Struct, frozen=True):
    """One canary of a file that was not taken.

    Attributes:
        number: which one: the line of JSON lines, or the number of the table, counted from 1.
        why: a sentence.
    """

    number: int
    why: str


class Listing(msgspec.Struct, frozen=True):
    """What a file holds.

    Attributes:
        rows: the canaries, each with its number.
        refused: what could not be read.
        pinned: what is pinned of those in other formats, by name.
    """

    rows: tuple[tuple[int, Followed], ...]
    refused: tuple[Refused, ...]
    pinned: Mapping[str, Pinned]


def parse_json_lines(data: bytes, *, every: timedelta, added_at: datetime) -> Listing:
    """Reads JSON lines; empty lines are passed over.

    Args:
        data: the file.
        every: how often a canary is looked at that says nothing of it.
        added_at: since when they are followed.

    Raises:
        MalformedError: so much of it is refused that it is no list.
    """
    # Found one by one: a list of the lines of a file of line ends would be many times its size.
    lines = ((number, found[0]) for number, found in enumerate(_LINE.finditer(data), 1))
    return _listing(((number, _json(line)) for number, line in lines if line.strip()), every, added_at)


def parse_toml(data: bytes, *, every: timedelta, added_at: datetime) -> Listing:
    """Reads TOML; see `parse_json_lines`.

    Raises:
        MalformedError: it is no TOML, something else than `[[canary]]` stands in it, or so much of it is refused that
            it is no list.
    """
    try:
        text = data.decode()
        if (deep := deep_line(text)) is not None:
            raise MalformedError("keys lie too deep in keys", what="the list", line=deep)
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: no UTF-8, no TOML, or a number without end
        raise MalformedError(
            f"it is no TOML: {printable(str(error), most=_WHY_CHARACTERS)}", what="the list"
        ) from error
    tables = found.pop("canary", [])
    if found or not isinstance(tables, list):
        other = shown(next(iter(found), "canary"))
        raise MalformedError(f"it holds {other}, and a list holds tables called [[canary]] alone", what="the list")
    return _listing(((number, table) for number, table in enumerate(tables, 1)), every, added_at)


def render_json_lines(rows: Sequence[Followed], pinned: Mapping[str, Pinned]) -> str:
    """Returns canaries as JSON lines that `parse_json_lines` reads.

    Args:
        rows: the canaries.
        pinned: what is pinned of those in other formats, by name.
    """
    return "".join(msgspec.json.encode(_row(each, pinned)).decode() + "\n" for each in rows)


def render_toml(rows: Sequence[Followed], pinned: Mapping[str, Pinned]) -> str:
    """Returns canaries as TOML that `parse_toml` reads; see `render_json_lines`."""
    # Imported here: a run writes none.
    import tomli_w  # noqa: PLC0415

    return tomli_w.dumps({"canary": [msgspec.to_builtins(_row(each, pinned), builtin_types=()) for each in rows]})


def name_for(location: str) -> str:
    """Returns a name for a canary that has never been seen: its location, in the characters that a name may have."""
    _, _, without = location.rpartition("://")
    kept = "".join(each if each in _NAME_CHARACTERS else "-" for each in without).strip("/._~-")
    return check_name(kept[:_LONGEST_NAME] or "canary")


def _json(line: bytes) -> Any:  # noqa: ANN401  # whatever stands there
    try:
        return json.loads(line, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        return error
    except MalformedError as error:
        return error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedError("a key stands twice")
    return found


def _listing(tables: Iterator[tuple[int, Any]], every: timedelta, added_at: datetime) -> Listing:
    rows: list[tuple[int, Followed]] = []
    refused: list[Refused] = []
    pinned: dict[str, Pinned] = {}
    seen: dict[str, int] = {}
    for number, table in tables:
        try:
            followed, of_another_format = _followed(table, every, added_at)
            if (first := seen.setdefault(followed.name, number)) != number:
                raise MalformedError(f"{followed.name} stands there already, as number {first}")
        except MalformedError as error:
            refused.append(Refused(number, printable(error.rule, most=_WHY_CHARACTERS)))
            if len(refused) > LIST_REFUSED:
                raise MalformedError(
                    f"more than {LIST_REFUSED:,} of its canaries cannot be read, number {number} among them: "
                    f"{refused[-1].why}",
                    what="the list",
                    hint="Nothing was taken. Check that it is the right file: JSON lines end in .jsonl, TOML in .toml.",
                ) from error
        else:
            rows.append((number, followed))
            if of_another_format is not None:
                pinned[followed.name] = of_another_format
    return Listing(tuple(rows), tuple(refused), pinned)


def _followed(
    table: Any,  # noqa: ANN401  # whatever stands there
    every: timedelta,
    added_at: datetime,
) -> tuple[Followed, Pinned | None]:
    if isinstance(table, MalformedError):
        raise table
    if isinstance(table, Exception):
        raise MalformedError(f"it is no JSON: {table}")
    try:
        row = msgspec.convert(table, _Row)
    except UnicodeEncodeError:
        raise MalformedError("it holds half characters (surrogates), which are no text") from None
    except msgspec.ValidationError as error:
        raise MalformedError(f"{error}; the keys are {', '.join(_Row.__struct_fields__)}") from error
    if not row.location:
        raise MalformedError("location is empty")
    if not row.pin and not row.trust_first_use:
        raise MalformedError("it has no pin; give one, or trust_first_use")
    pinned = _of("pinned", _pinned, row.pinned) if row.pinned else None
    followed = Followed(
        name=_of("name", check_name, row.name) if row.name else name_for(row.location),
        location=_of("location", check_place, row.location),
        pin=_of("pin", parse_hash, row.pin) if row.pin else None,
        tags=check_tags(row.tags),
        every=_of("every", parse_interval, row.every) if row.every else every,
        added_at=added_at,
        proxy=_of("proxy", kept_proxy, row.proxy),
        allow_http=row.allow_http,
        ca_file=_of("ca_file", check_place, row.ca_file),
        first_use=row.trust_first_use and not row.pin,
        format=pinned.format if pinned else None,
    )
    _check_pin(followed, pinned)
    return followed, pinned


def _pinned(text: str) -> Pinned:
    # Imported here: many lists have no canary in another format.
    from canary.formats.foreign.pinned_json import parse_pinned  # noqa: PLC0415
    from canary.formats.settings.foreign_profile import parse_profile  # noqa: PLC0415

    try:
        pinned = parse_pinned(text.encode())
        # No look could be judged by one that cannot be read.
        parse_profile(pinned.profile_text.encode(), what=pinned.profile)
    except UnicodeEncodeError:
        raise MalformedError("it holds half characters (surrogates), which are no text") from None
    return pinned


def _check_pin(followed: Followed, pinned: Pinned | None) -> None:
    if pinned is None:
        return
    from canary.formats.foreign.pinned_json import pin_of  # noqa: PLC0415  # as above

    pin = pin_of(pinned)
    if followed.pin != pin:
        raise MalformedError(f"pinned: its pin would be {hash_field(pin)}, and the row says another, or none")


def _of(key: str, parse: Any, value: str) -> Any:  # noqa: ANN401  # the parsers differ
    try:
        return parse(value)
    except MalformedError as error:
        raise MalformedError(f"{key}: {error.rule}") from error


def _row(followed: Followed, pinned: Mapping[str, Pinned]) -> _Row:
    return _Row(
        location=followed.location,
        pin=hash_field(followed.pin) if followed.pin else "",
        pinned=_rendered(pinned[followed.name]) if followed.name in pinned else "",
        trust_first_use=followed.first_use and followed.pin is None,
        name=followed.name,
        tags=followed.tags,
        every=format_interval(followed.every),
        proxy=followed.proxy,
        allow_http=followed.allow_http,
        ca_file=followed.ca_file,
    )


def _rendered(pinned: Pinned) -> str:
    from canary.formats.foreign.pinned_json import render_pinned  # noqa: PLC0415  # as above

    return render_pinned(pinned).decode()
