"""What `canary watch show` tells of a canary in another format: what is pinned, and the newest edition.

In the JSON document:

- `pinned`: `format`, `profile`, `threshold`, `signers` (a list of `name`, `key` in hexadecimal digits, `required`), and
  `statements` (a list of `id`, `words`), as they were when the canary was added.
- `edition`, null before one was accepted: `name`, `issued` (or null), `number` (or null), `signatures` (a list of
  `signer`, `key`, `outcome`, `signed_at` or null, `file`, `detail`), and `remarks`, a sentence each.
- `editions`, the newest first: a list of `name`, `number` (or null), `issued` (or null), `seen_at`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import click

from canary.cli.talk import say
from canary.cli.watch.desk import Desk
from canary.cli.watch.foreign_found import FORMATS, key_in_groups, shown_name, tell_row, tell_signature
from canary.core.foreign.edition import Edition
from canary.core.foreign.pinned import Pinned, PinnedStatement
from canary.core.foreign.read import Read
from canary.core.foreign.reading import read_edition
from canary.core.foreign.state import ForeignState
from canary.core.text.printable import printable, sentence
from canary.core.text.times import format_time
from canary.formats.settings.foreign_profile import parse_profile

_SHOWN = 400
_SHOWN_EDITIONS = 10


class ForeignKnown(NamedTuple):
    """What is known of a canary in another format.

    Attributes:
        pinned: what is pinned.
        state: what is kept of it; None where nothing was taken in yet.
        read: what the profile reads in the newest edition; None without one.
    """

    pinned: Pinned
    state: ForeignState | None
    read: Read | None

    @property
    def edition(self) -> Edition | None:
        """The newest edition."""
        return self.state.newest if self.state else None

    @property
    def statements(self) -> tuple[PinnedStatement, ...]:
        """The statements of the newest edition."""
        return self.read.statements if self.read else ()


def foreign_known(desk: Desk, name: str) -> ForeignKnown | None:
    """Returns what is known of a canary in another format; None for a native one.

    Raises:
        StoreError: what is kept of it cannot be read.
    """
    pinned = desk.store.pinned(name)
    if pinned is None:
        return None
    state = desk.store.foreign_state(name)
    read = None
    if state is not None and state.newest is not None:
        profile = parse_profile(pinned.profile_text.encode(), what=pinned.profile)
        read = read_edition(state.newest, profile, pinned.statements)
    return ForeignKnown(pinned, state, read)


def document_of(known: ForeignKnown) -> Mapping[str, Any]:
    """Returns what the module describes."""
    pinned, edition = known.pinned, known.edition
    return {
        "pinned": {
            "format": pinned.format.value,
            "profile": pinned.profile,
            "threshold": pinned.threshold,
            "signers": [{"name": each.name, "key": each.key, "required": each.required} for each in pinned.signers],
            "statements": [{"id": each.id, "words": each.words} for each in pinned.statements],
        },
        "edition": None if edition is None else _edition(edition, known.read),
        "editions": [
            {
                "name": each.name,
                "number": each.number,
                "issued": _time(each.issued),
                "seen_at": format_time(each.seen_at),
            }
            for each in reversed(known.state.editions if known.state else ())
        ],
    }


def _edition(edition: Edition, read: Read | None) -> dict[str, Any]:
    return {
        "name": edition.name,
        "issued": _time(read.issued) if read else None,
        "number": read.number if read else None,
        "signatures": [
            {
                "signer": each.signer,
                "key": each.key,
                "outcome": each.outcome.value,
                "signed_at": _time(each.signed_at),
                "file": each.file,
                "detail": each.detail,
            }
            for each in edition.signatures
        ],
        "remarks": list(_remarks(edition)),
    }


def _time(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None


def tell_foreign(known: ForeignKnown, now: datetime) -> None:
    """Tells what is pinned, and the newest edition."""
    pinned = known.pinned
    click.echo("\nWhat is pinned\n")
    tell_row("format", f"{FORMATS[pinned.format]} ({pinned.format})")
    for signer in pinned.signers:
        named = f"{shown_name(signer)}: " if signer.name else ""
        tell_row("signer", named + key_in_groups(signer) + (", required" if signer.required else ""))
    if pinned.signers:
        tell_row("threshold", f"{pinned.threshold} of {len(pinned.signers)}")
    tell_row("profile", f"{pinned.profile}, as it was when the canary was added")
    now_there = {each.id: each.words for each in known.statements}
    for each in pinned.statements:
        tell_row(printable(each.id, most=_SHOWN), printable(each.words, most=_SHOWN) + _fate(each, now_there, known))
    edition = known.edition
    if edition is None:
        return
    click.echo("\nThe newest edition\n")
    tell_row("file", edition.name)
    if known.read is not None and known.read.issued is not None:
        tell_row("issued", f"{format_time(known.read.issued)}, from {known.read.issued_from}")
    for signed in edition.signatures:
        tell_signature(signed, now)
    added = [each for each in known.statements if each.id not in {one.id for one in pinned.statements}]
    for each in added:
        tell_row(printable(each.id, most=_SHOWN), f"{printable(each.words, most=_SHOWN)} (came later)")
    for remark in _remarks(edition):
        say(f"  {remark}")
    _tell_editions(known)


def _fate(statement: PinnedStatement, now_there: Mapping[str, str], known: ForeignKnown) -> str:
    if known.edition is None or now_there.get(statement.id) == statement.words:
        return ""
    return " (reworded since)" if statement.id in now_there else " (no longer there)"


def _tell_editions(known: ForeignKnown) -> None:
    editions = known.state.editions[::-1] if known.state else ()
    if not editions:
        return
    click.echo("\nThe editions that were accepted\n")
    for each in editions[:_SHOWN_EDITIONS]:
        issued = f"issued {each.issued:%Y-%m-%d}" if each.issued else "without a date of issue"
        say(f"  {each.name}  {issued}, seen {each.seen_at:%Y-%m-%d}")
    if len(editions) > _SHOWN_EDITIONS:
        click.echo(f"  and {len(editions) - _SHOWN_EDITIONS} earlier ones (all of them: --json)")


def _remarks(edition: Edition) -> Iterator[str]:
    for remark, words in dict.fromkeys(edition.remarks):
        yield sentence(f"{remark}" + (f" ({printable(words, most=_SHOWN)})" if words else ""))
