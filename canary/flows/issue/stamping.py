"""Timestamps over entries from RFC 3161 authorities: which are missing, asking for them, and keeping what is sound.

Each authority of `canary.toml` owes one token over each entry. Tokens over an entry are numbered without a gap, since
watchers read `0.tsr`, `1.tsr` … until one is missing: a new token takes the next free number, whoever it is from, and
the address of its authority is kept beside it. So a run that is repeated asks for what is missing and for nothing
else, whatever became of the order in `canary.toml`; and no token is ever replaced.

A token is kept if it is over the entry, its signature and its certificates hold, and its time agrees with the clock
here. One whose root is not on the shipped list is kept too, and said: watchers need that root (`--tsa-root`).

An authority that is dead, or lies, stops nothing. It is asked once a run, and then left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from canary.core.entry import Entry
from canary.core.evidence import TSR, CheckedEvidence, EvidenceChecker, EvidenceOutcome, evidence_names
from canary.core.strict import digest
from canary.core.times import format_time
from canary.errors import BadAnswerError, CanaryError
from canary.flows.issue.failures import Failure
from canary.limits import FUTURE_TOLERANCE

Ask = Callable[[str, bytes], bytes]
"""Asks the authority at an address for a token over an entry; raises CanaryError where there is none."""


class Drawer(Protocol):
    """The port to the timestamps that are kept."""

    def evidence(self, entry_sha256: str) -> Sequence[tuple[str, bytes]]:
        """Returns the timestamps over an entry, by file name."""

    def evidence_sources(self, entry_sha256: str) -> Mapping[str, str]:
        """Returns for each timestamp over an entry, by file name, the address of the authority, where it is known."""

    def keep_evidence(self, entry_sha256: str, name: str, data: bytes, source: str) -> None:
        """Keeps a timestamp over an entry, and whose it is."""


class Wanted(msgspec.Struct, frozen=True):
    """A token that is missing.

    Attributes:
        entry: what it should be over.
        authority: the address of the authority that owes it.
    """

    entry: Entry
    authority: str


class Kept(msgspec.Struct, frozen=True):
    """A token that was fetched and kept.

    Attributes:
        wanted: what was missing.
        checked: what a watcher with the shipped list of roots sees in it.
    """

    wanted: Wanted
    checked: CheckedEvidence


class Stamped(msgspec.Struct, frozen=True):
    """What asking came to.

    Attributes:
        kept: what came.
        failures: who gave nothing, one for each authority.
        missing: how many tokens are missing still.
    """

    kept: tuple[Kept, ...]
    failures: tuple[Failure, ...]
    missing: int


class Stamping(msgspec.Struct, frozen=True):
    """What asking takes.

    Attributes:
        drawer: where timestamps are kept.
        authorities: the addresses in `canary.toml`.
        ask: asks one of them.
        check: the watcher's check, under the shipped list of roots.
        now: the clock here; None where it tells a past time on purpose.
    """

    drawer: Drawer
    authorities: Sequence[str]
    ask: Ask
    check: EvidenceChecker
    now: datetime | None


def missing_tokens(drawer: Drawer, entries: Sequence[Entry], authorities: Sequence[str]) -> list[Wanted]:
    """Returns what is missing over some entries, the newest first; an entry that has ten tokens has enough.

    Args:
        drawer: where timestamps are kept.
        entries: the entries, in the order of the log.
        authorities: the addresses in `canary.toml`.
    """
    found: list[Wanted] = []
    for entry in reversed(entries):
        hashed = digest(entry.data)
        sources = set(drawer.evidence_sources(hashed).values())
        owed = [each for each in authorities if each not in sources]
        found += [Wanted(entry, each) for each in owed[: len(_free_names(drawer, hashed))]]
    return found


def stamp(stamping: Stamping, entries: Sequence[Entry]) -> Stamped:
    """Asks for the tokens that are missing over some entries, and keeps those that are sound.

    Args:
        stamping: what that takes.
        entries: the entries, in the order of the log.

    Raises:
        WorkspaceError: what is kept cannot be read, or a token cannot be written. What was kept before stays.
    """
    kept: list[Kept] = []
    failures: dict[str, Failure] = {}
    wanted = missing_tokens(stamping.drawer, entries, stamping.authorities)
    for each in wanted:
        if each.authority in failures:
            continue
        hashed = digest(each.entry.data)
        name = _free_names(stamping.drawer, hashed)[0]
        try:
            data = stamping.ask(each.authority, each.entry.data)
            checked = _sound(stamping, name, data, each.entry)
        except CanaryError as error:
            failures[each.authority] = Failure(each.authority, error)
            continue
        stamping.drawer.keep_evidence(hashed, name, data, each.authority)
        kept.append(Kept(each, checked))
    return Stamped(tuple(kept), tuple(failures.values()), len(wanted) - len(kept))


def _sound(stamping: Stamping, name: str, data: bytes, entry: Entry) -> CheckedEvidence:
    """Returns what a watcher sees in a token; raises BadAnswerError where that is nothing to keep."""
    checked = stamping.check(name, data, entry.data)
    if checked.outcome not in (EvidenceOutcome.PROVED, EvidenceOutcome.CLAIMED) or checked.moment is None:
        raise BadAnswerError(f"its token is not kept: {checked.words}")
    if checked.moment < entry.content.issued - FUTURE_TOLERANCE:
        raise BadAnswerError(
            f"its token is not kept: it says {format_time(checked.moment)}, which is before the entry was issued"
        )
    if stamping.now is not None and abs(checked.moment - stamping.now) > FUTURE_TOLERANCE:
        raise BadAnswerError(
            f"its token is not kept: it says {format_time(checked.moment)}, and the clock here says "
            f"{format_time(stamping.now)}"
        )
    return checked


def _free_names(drawer: Drawer, entry_sha256: str) -> list[str]:
    """Returns what further tokens over an entry may be called, in order."""
    taken = {name for name, _ in drawer.evidence(entry_sha256)}
    return [name for name in evidence_names(TSR) if name not in taken]
