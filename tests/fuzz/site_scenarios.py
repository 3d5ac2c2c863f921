"""The honest canaries whose sites a fuzzed host tampers with, and what else their keys have signed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Final

from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.judging.question import Question
from canary.core.judging.state import State
from canary.core.signed.entry import Entry, parse_entry
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import digest
from canary.core.text.times import midnight
from canary.flows.watch.verify import verify_site
from tests.fuzz.pretended_gpg import SelfTellingGpg
from tests.fuzz.site_evidence import CHECKERS, bounds, pool, stamps
from tests.simulator import EXAMPLE_BLOCK, Publisher

GPG: Final = SelfTellingGpg()
STRANGER: Final = "mallory"
LOG_SEEDS: Final = ("log", "log'", "log''")
"""What every log key follows from that some roster of some scenario names."""

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, eq=False)
class Scenario:
    """One honest canary.

    Attributes:
        sim: its publisher.
        log: its entries, parsed.
        sites: its site's files as they were at each size of the log, from 1 on.
        pool: entries that a hostile log may hold: signed by the quorum, by too few, by nobody, or no entry at all.
        evidence: files that a host may put beside an entry.
        moments: times to judge at.
        states: states of watchers who looked at the honest site at some size.
    """

    sim: Publisher
    log: tuple[Entry, ...]
    sites: tuple[Mapping[str, bytes], ...]
    pool: tuple[bytes, ...]
    evidence: tuple[bytes, ...]
    moments: tuple[datetime, ...]
    states: tuple[State, ...]

    @cached_property
    def pin(self) -> str:
        """SHA-256 of roster 1's text."""
        return hashlib.sha256(self.log[0].text).hexdigest()

    @cached_property
    def bounds(self) -> Mapping[str, frozenset[datetime]]:
        """The upper bounds that there are tokens for, by the hash of the text."""
        return {entry.text_hash: bounds(entry.data) for entry in self.log}

    @cached_property
    def stamps(self) -> Mapping[str, frozenset[str]]:
        """The hashes of the honest tokens over each entry, by the entry's own hash."""
        return {digest(entry.data): frozenset(map(digest, stamps(entry.data))) for entry in self.log}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Everyone whose key may sign something, a stranger last."""
        everyone = {signer.name: None for roster in self.sim.rosters for signer in roster.signers}
        return (*everyone, STRANGER)


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Returns the canaries: a plain one, one that changes its keys, and one that ends."""
    return (_plain(), _rotating(), _ending())


def _plain() -> Scenario:
    sim = _publisher()
    sim.roster()
    _stamped(sim, sim.release(attachments={"a.txt": b"attached"}))
    _stamped(sim, sim.release(attachments={"a.txt": b"attached", "b.txt": b"more"}))
    return _scenario(sim)


def _rotating() -> Scenario:
    sim = _publisher()
    sim.roster()
    sim.release(anchors=(EXAMPLE_BLOCK,))
    sim.roster(replacing={"security": "security-2"}, new_log_key=True)
    _stamped(sim, sim.release())
    return _scenario(sim)


def _ending() -> Scenario:
    sim = _publisher(openpgp=("security",))
    sim.roster()
    sim.release()
    sim.release(final=True)
    return _scenario(sim)


def _publisher(*, openpgp: tuple[str, ...] = ()) -> Publisher:
    sim = Publisher(("legal", "security"), cadence="4 weeks", window=7, grace=7, openpgp=openpgp)
    sim.gpg = GPG
    return sim


def _stamped(sim: Publisher, entry: bytes) -> None:
    """Puts what an honest authority has stamped beside the newest entry."""
    sim.put_evidence("0.tsr", stamps(entry)[0])


def _scenario(sim: Publisher) -> Scenario:
    sizes = range(1, len(sim.entries) + 1)
    log = tuple(parse_entry(data) for data in sim.entries)
    return Scenario(
        sim=sim,
        log=log,
        sites=tuple(sim.site(size).files for size in sizes),
        pool=_pool(sim),
        evidence=pool(sim.entries),
        moments=_moments(log),
        states=tuple(_watched(sim, log, size) for size in sizes if isinstance(log[size - 1].content, Release)),
    )


def _watched(sim: Publisher, log: tuple[Entry, ...], size: int) -> State:
    question = Question(now=log[size - 1].content.issued + _HOUR, pin=sim.pin)
    state = verify_site(sim.site(size), question, GPG, CHECKERS).state
    assert state is not None
    return state.acknowledge()


def _moments(log: tuple[Entry, ...]) -> tuple[datetime, ...]:
    content = log[-1].content
    assert isinstance(content, Release)
    moments = [content.issued + _HOUR, content.issued - timedelta(days=1), content.issued + timedelta(days=400)]
    if content.next is not None and content.expires is not None:
        moments += [midnight(content.next.opens) + _HOUR, content.next.over + _HOUR, content.expires + _HOUR]
    return tuple(moments)


def _pool(sim: Publisher) -> tuple[bytes, ...]:
    made = [b"", b"<!doctype html>\n", sim.entries[0][:-1]]
    for size in range(1, len(sim.entries) + 1):
        if size > 1 and _is_final(sim.entries[size - 1]):
            continue
        made.append(sim.fork_at(size).release(announcements="Another text of the same release."))
        made.append(sim.fork_at(size).release(signed_by=("legal",)))
        made.append(sim.fork_at(size).release(without=("taps",)))
        made.append(sim.fork_at(size).release(without=("taps",), final=True))
        made.append(sim.fork_at(size).release(correction=True))
        made.append(sim.fork_at(size).release(edit=lambda text: text.replace("/v1", "/v2", 1)))
        made.append(sim.fork_at(size).roster(new_log_key=True, threshold=1))
    last = sim.fork_at(len(sim.entries)) if not _is_final(sim.entries[-1]) else sim.fork_at(len(sim.entries) - 1)
    made.append(last.release(reword={"keys": "Example Networks has hardly ever handed its keys to anyone."}))
    made.append(last.release(final=True))
    made.append(last.release(edit=lambda text: text.replace("handed", "lost")))
    return (*made, *_changed_rosters(sim), *_weakly_signed(sim))


def _changed_rosters(sim: Publisher) -> list[bytes]:
    """Returns rosters that change what a watcher must be told of, or that may not be changed so."""
    size = len(sim.entries) - 1
    content = parse_entry(sim.entries[size - 1]).content
    assert isinstance(content, Release | Roster)
    day = content.issued.date()
    return [
        sim.fork_at(size).roster(cadence="5 weeks", start=day + timedelta(days=20)),
        sim.fork_at(size).roster(cadence="1 week", window=1, grace=0, start=day + timedelta(days=400)),
        sim.fork_at(size).roster(window=10, grace=9, anchor_age=timedelta(days=3)),
        sim.fork_at(size).roster(add=("director",), remove=("legal",), threshold=2),
        sim.fork_at(size).roster(add=("director",), threshold=3, signed_by=("legal", "security", "security-2")),
    ]


def _weakly_signed(sim: Publisher) -> list[bytes]:
    """Returns releases whose OpenPGP signatures do not count, or could not be checked."""
    made = []
    for outcome in (Outcome.EXPIRED_KEY, Outcome.WEAK_DIGEST, Outcome.UNCHECKED, Outcome.NO_KEY):
        GPG.makes = outcome
        made.append(sim.fork_at(len(sim.entries) - 1).release())
    GPG.makes, GPG.late = Outcome.GOOD, timedelta(days=61)
    made.append(sim.fork_at(len(sim.entries) - 1).release())
    GPG.late = timedelta(0)
    return made


def _is_final(entry: bytes) -> bool:
    content = parse_entry(entry).content
    return isinstance(content, Release) and content.final
