"""What a row of the table of bad input is: a hostile canary made from an honest one, and what a watcher is told of it.

Everything a row changes is signed again with the signers' and the log's own keys, as if they were stolen, so that
the fault that gives the row its name is the only one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple

from canary.core.judging.findings import Code, Status
from canary.core.judging.state import State
from canary.core.signed.note import Note, parse_note
from tests.simulator import Edit, MemorySource, Publisher, noon

ALL: Final = ("legal", "security", "director")
FIRST: Final = noon("2025-02-10")
"""In the first window; release 1 stands, and whoever is said to have been there before looked then."""

SECOND: Final = noon("2025-05-10")
"""In the second window: the moment of the look."""


class Ending(NamedTuple):
    """The status of a verdict, and the exit code of the command."""

    status: Status
    exit_code: int


INVALID: Final = Ending(Status.INVALID, 2)
WITHDRAWN: Final = Ending(Status.WITHDRAWN, 2)
MISSING: Final = Ending(Status.MISSING, 2)
CHANGED: Final = Ending(Status.CHANGED, 1)
UNREACHABLE: Final = Ending(Status.UNREACHABLE, 1)
UNKNOWN: Final = Ending(Status.UNKNOWN, 3)


class Kept(Enum):
    """What a look adds to the state of whoever was there before, but for the moment of the look."""

    NOTHING = "nothing"
    PROOF = "the finding, with its proof"
    SINCE = "since when an older copy is served"
    LOG = "the log, which holds"
    BOTH = "the log, which holds, and a finding with its proof"


@dataclass(frozen=True)
class Told:
    """The one finding that decides.

    Attributes:
        code: the finding's code; None where the tool itself gives up.
        ending: status and exit code.
        words: words of its message.
        entry: the entry it names; None where it is about none.
        line: the line it names; None where the fault has none.
        kept: what is kept of it.
        also: lesser findings that weigh something too.
    """

    code: Code | None
    ending: Ending
    words: str
    entry: int | None = None
    line: int | None = None
    kept: Kept = Kept.NOTHING
    also: tuple[Code, ...] = ()


@dataclass(frozen=True)
class Given:
    """What a watcher comes across.

    Attributes:
        files: the site.
        pin: SHA-256 of roster 1, as the watcher knows it.
        state: the state of a watcher who was there before.
        entry: the entry that is bad, for who has only its file.
        roster: the roster that judges it.
        now: the moment of the look.
    """

    files: dict[str, bytes]
    pin: str
    state: State
    entry: bytes
    roster: bytes
    now: datetime = SECOND


Build = Callable[[], Given]


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        name: the case.
        build: makes it.
        first: what who looks for the first time is told; None where there is no such case.
        again: what who was there before is told.
        alone: what who has only the entry's file is told.
    """

    name: str
    build: Build
    first: Told | None
    again: Told | None
    alone: Told | None = None


def row(name: str, build: Build, told: Told) -> Row:
    """Returns a row of which everyone is told the same."""
    return Row(name, build, told, told)


def invalid(code: Code, words: str, *, entry: int | None = 3, line: int | None = None) -> Told:
    """Returns the finding of an entry that the log key signed over: it is proved, and its proof is kept."""
    return Told(code, INVALID, words, entry, line, Kept.PROOF)


def malformed(words: str, *, line: int | None, entry: int = 3) -> Told:
    """Returns the finding of an entry that breaks its grammar."""
    return invalid(Code.MALFORMED, words, entry=entry, line=line)


def newer(words: str, *, entry: int = 3) -> Told:
    """Returns the finding of an entry of a later format."""
    return Told(Code.NEWER_FORMAT, UNKNOWN, words, entry)


def line_in(message: str) -> int | None:
    """Returns the number of the line that a message names, if it names one."""
    match = re.search(r", line ([0-9]+): ", message)
    return int(match[1]) if match else None


# --- the honest canary that rows begin with -------------------------------------------------------------


def begun(**settings: object) -> Publisher:
    """Returns a publisher with roster 1 and release 1."""
    sim = Publisher(**settings)  # type: ignore[arg-type]  # rows name them
    sim.roster(), sim.release()
    return sim


def given(
    sim: Publisher,
    *,
    honest: int = 2,
    site: MemorySource | None = None,
    seen: datetime = FIRST,
    now: datetime = SECOND,
) -> Given:
    """Returns what a publisher shows.

    Args:
        sim: the publisher.
        honest: how many of its entries whoever was there before saw.
        site: the site; by default the one of the publisher's whole log.
        seen: when that was.
        now: the moment of the look.
    """
    entry = sim.entries[honest] if len(sim.entries) > honest else b""
    files = (site or sim.site()).files
    return Given(files, sim.pin, sim.fork_at(honest).watched(seen), entry, sim.entries[0], now)


def serving(path: str, change: Callable[[bytes], bytes]) -> Build:
    """Returns an honest canary of two releases of which one file is served changed."""

    def build() -> Given:
        sim = begun()
        sim.release()
        site = sim.site()
        site.files[path] = change(site.files[path])
        return given(sim, site=site)

    return build


# --- one entry that is bad ------------------------------------------------------------------------------


def swap(old: str, new: str) -> Edit:
    """Returns the edit that replaces words which stand in the text once."""

    def edit(text: str) -> str:
        if text.count(old) != 1:
            raise LookupError(f"{old!r} stands {text.count(old)} times in the text")
        return text.replace(old, new)

    return edit


def release(change: Edit) -> Build:
    """Returns a canary whose release 2, entry 3, says something else; everyone signed that."""

    def build() -> Given:
        sim = begun()
        sim.release(edit=change)
        return given(sim)

    return build


def roster(change: Edit) -> Build:
    """Returns a canary whose roster 2, entry 3, says something else; everyone signed that."""

    def build() -> Given:
        sim = begun()
        sim.roster(edit=change)
        return given(sim)

    return build


def text(change: Callable[[bytes], bytes]) -> Build:
    """Returns a canary whose release 2 is made of other bytes, which everyone signed."""

    def build() -> Given:
        sim = begun()
        honest = parse_note(sim.release())
        at = sim.releases[-1].issued
        sim.rewind(2)
        sim.append_raw(sim.sign_text(change(honest.text), ALL, at=at))
        return given(sim)

    return build


def entry(change: Callable[[bytes], bytes]) -> Build:
    """Returns a canary whose entry 3 is the signed release 2, changed as a whole."""

    def build() -> Given:
        sim = begun()
        honest = sim.release()
        sim.rewind(2)
        sim.append_raw(change(honest))
        return given(sim)

    return build


def signatures(change: Callable[[Note], Note]) -> Build:
    """Returns a canary whose entry 3 has other signature lines."""
    return entry(lambda data: change(parse_note(data)).render())
