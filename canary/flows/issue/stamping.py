"""Timestamps over entries from RFC 3161 authorities: which are missing, asking for them, and keeping what is sound.

Each authority of `canary.toml` owes one token over each entry. Tokens over an entry are numbered without a gap, since
watchers read `0.tsr`, `1.tsr` … until one is missing: a new token takes the next free number, whoever it is from, and
the address of its authority is kept beside it. So a run that is repeated asks for what is missing and for nothing
else, whatever became of the order in `canary.toml`; and no token is ever replaced.

A token is kept if it is over the entry, its signature and its certificates hold, its root is on the shipped list or is
named in `canary.toml`, and its time agrees with the clock here. Under any other root it is the answer of nobody known:
whoever is on the way to an `http://` address can make one. It is refused, and what is missing stays missing; so does
what a token that lies there and proves nothing stands for. Where the root is named and not shipped, that is said:
watchers need it too (`--tsa-root`).

An authority that is dead, or lies, stops nothing. It is asked once a run, and then left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from canary.core.dating.evidence import TSR, CheckedEvidence, EvidenceChecker, EvidenceOutcome, evidence_names
from canary.core.signed.entry import Entry
from canary.core.text.strict import digest
from canary.core.text.times import format_time
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
        trust: the publisher's own check, under the shipped list and the roots that `canary.toml` names.
        now: the clock here; None where it tells a past time on purpose.
    """

    drawer: Drawer
    authorities: Sequence[str]
    ask: Ask
    check: EvidenceChecker
    trust: EvidenceChecker
    now: datetime | None


def missing_tokens(stamping: Stamping, entries: Sequence[Entry]) -> list[Wanted]:
    """Returns what is missing over some entries, the newest first; an entry that has ten tokens has enough.

    A token that is kept settles what its authority owes if it is proved for the publisher.

    Args:
        stamping: what asking takes; nobody is asked.
        entries: the entries, in the order of the log.
    """
    found: list[Wanted] = []
    for entry in reversed(entries):
        hashed = digest(entry.data)
        settled = _settled(stamping, entry, hashed)
        owed = [each for each in stamping.authorities if each not in settled]
        found += [Wanted(entry, each) for each in owed[: len(_free_names(stamping.drawer, hashed))]]
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
    wanted = missing_tokens(stamping, entries)
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


def _settled(stamping: Stamping, entry: Entry, entry_sha256: str) -> set[str]:
    """Returns the authorities in `canary.toml` of which a token over an entry is kept that is proved."""
    sources = stamping.drawer.evidence_sources(entry_sha256)
    return {
        sources[name]
        for name, data in stamping.drawer.evidence(entry_sha256)
        if sources.get(name) in stamping.authorities
        and stamping.trust(name, data, entry.data).outcome is EvidenceOutcome.PROVED
    }


def _sound(stamping: Stamping, name: str, data: bytes, entry: Entry) -> CheckedEvidence:
    """Returns what a watcher sees in a token; raises BadAnswerError where that is nothing to keep."""
    checked = stamping.check(name, data, entry.data)
    if checked.outcome not in (EvidenceOutcome.PROVED, EvidenceOutcome.CLAIMED) or checked.moment is None:
        raise BadAnswerError(f"its token is not kept: {checked.words}")
    if (
        checked.outcome is EvidenceOutcome.CLAIMED
        and stamping.trust(name, data, entry.data).outcome is not EvidenceOutcome.PROVED
    ):
        raise BadAnswerError(
            f"its token is not kept: {checked.words}; somebody on the way may have answered in its place, or, if you "
            'trust that root, name its file in canary.toml under [timestamps]: roots = ["FILE.pem"]'
        )
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
