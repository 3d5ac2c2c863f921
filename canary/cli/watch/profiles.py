"""`canary watch profile test`: what a profile reads in files, and from where. No signature is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from canary.cli.app import App
from canary.cli.talk import say, say_next
from canary.cli.watch.overview import minute
from canary.core.foreign.edition import Edition
from canary.core.foreign.profile import Profile
from canary.core.foreign.read import Read
from canary.core.foreign.reading import read_edition
from canary.core.foreign.series import names_to_try, read_name
from canary.core.judging.fetched import shown
from canary.core.text.printable import printable
from canary.core.text.strict import digest
from canary.edges.disk.files import read_file
from canary.edges.disk.foreign_profiles import read_profile
from canary.formats.settings.foreign_profile import parse_profile
from canary.limits import FOREIGN_TEXT_CHARACTERS

_SHOWN = 400
_FILE_BYTES = 4 * FOREIGN_TEXT_CHARACTERS
"""Bytes of one file: a character of UTF-8 has at most four."""

_FRAME, _SIGNATURE = "-----BEGIN PGP SIGNED MESSAGE-----", "-----BEGIN PGP SIGNATURE-----"
_ESCAPE = "- "


def test_profile(app: App, *, named: str, files: tuple[Path, ...]) -> int:
    """Does what `canary watch profile test` says. Returns the exit code: 1 where something was not found."""
    profile = parse_profile(read_profile(named), what=named)
    click.echo(f"{printable(profile.about, most=_SHOWN)}\n")
    missing = False
    for file in files:
        text = read_file(file, limit=_FILE_BYTES).decode("utf-8", errors="replace").replace("\r\n", "\n")
        inside = _within_frame(text)
        edition = Edition(file.name, digest(text.encode()), text if inside is None else inside)
        read = read_edition(edition, profile)
        click.echo(f"{shown(str(file))}" + ("" if inside is None else ", inside of its signed block"))
        for name, value in _rows(read, profile, edition.name, app.clock().date()):
            click.echo(f"  {name:<11}  {printable(value, most=_SHOWN)}")
        missing = missing or bool(read.missing)
    say("\nNothing was verified: no signature was looked at, and whoever can write a file can make it say anything.")
    if missing:
        say_next(f"mend {named} where it says that something was not found, and test it again.")
    return int(missing)


def _within_frame(text: str) -> str | None:
    """Returns what stands inside of the first clearsigned frame (RFC 9580, section 7); None where there is none.

    It is cut for reading alone: only gpg says what is signed.
    """
    lines = text.split("\n")
    stripped = [each.rstrip() for each in lines]
    if _FRAME not in stripped or _SIGNATURE not in stripped:
        return None
    begin, end = stripped.index(_FRAME), stripped.index(_SIGNATURE)
    if "" not in stripped[begin:end]:
        return None
    begin = stripped.index("", begin)
    return "\n".join(each.removeprefix(_ESCAPE) for each in lines[begin + 1 : end])


def _rows(read: Read, profile: Profile, name: str, today: date) -> Iterator[tuple[str, str]]:
    if read.issued is None:
        yield "issued", "not found; signatures, which are not looked at here, may say"
    else:
        yield "issued", f"{minute(read.issued)} UTC, from {read.issued_from}"
    if read.period is not None:
        yield "period", f"{read.period[0]} to {read.period[1]}, from the text"
    if read.due is None:
        yield "next", "not found, or counted from the date of issue"
    else:
        yield "next", f"{read.opens} to {read.due}, from {read.due_from}"
    if read.expires is not None:
        yield "ends", f"{minute(read.expires)} UTC, from the text"
    if read.number is not None:
        yield "number", str(read.number)
    template = profile.series.template
    named = read_name(template, name) if template else None
    if template is not None and named is not None and (names := names_to_try(template, named, today)):
        yield "then", f"one of {', '.join(names)}"
    for statement in read.statements:
        yield f"statement {statement.id}", statement.words
    for quote in read.quotes:
        yield f"quote {quote.kind}", quote.words + (f" (beside it: {quote.says})" if quote.says else "")
    for each in read.missing:
        yield "not found", each
