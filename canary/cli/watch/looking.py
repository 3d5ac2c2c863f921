"""Looking at the canaries of a list, many at once: wires the edges to the watcher's round."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import msgspec

from canary.core.dating.evidence import Checkers
from canary.core.documents.layout import HINT, evidence_folder
from canary.core.judging.fetched import Answer, Fetched, Source
from canary.core.judging.findings import Code, Finding, Status
from canary.core.judging.judge import judge
from canary.core.judging.observation import Unreachable
from canary.core.judging.question import Judgement, Question
from canary.core.judging.state import State
from canary.core.judging.verdict import Verdict
from canary.core.watching.recorded import Remembered
from canary.core.watching.watched import Sighting, Watched
from canary.edges.web.host_pool import by_host
from canary.errors import CanaryError, FetchError, StateError
from canary.flows.watch.rounds import Looked
from canary.flows.watch.verify import verify_site
from canary.library import LazyGpg, is_url, open_source
from canary.limits import LARGE_LOOK_BYTES, LARGE_LOOKS, SIGHTING_BYTES

if TYPE_CHECKING:
    from canary.core.foreign.judge import ForeignJudgement
    from canary.core.foreign.pinned import Pinned
    from canary.core.foreign.state import ForeignState

_EVIDENCE = evidence_folder("")
_GOOD = {200, 304}
_ORDINARY = {*_GOOD, 404, 410, 451}
"""Answers that a canary in another format has all the time: most of what may lie beside an edition does not."""

_WORTH_KEEPING = {Status.UNREACHABLE, Status.MISSING, Status.UNKNOWN}
"""What a look came to where a person may want to see what was answered."""


class Looking(msgspec.Struct, frozen=True):
    """What looking takes.

    Attributes:
        state_of: returns what is stored of a native canary; from any thread.
        checkers: returns the ports that check evidence in one look, given the proxy that it goes through.
        clock: the watcher's clock, aware.
        seconds: what each look may take.
        threads: how many looks are made at once.
        per_host: how many of them at one host.
        trust_clock: whether a person says that the clock is right though it is behind an earlier look.
        room: as many places as looks may be at once that have taken much into memory.
        foreign_state_of: returns what is stored of a canary in another format; from any thread.
        pinned_of: returns what is pinned of a canary in another format; from any thread.
        repositories: where repositories are kept from one look to the next; None to keep none.
        block_time: returns when a block was mined, from its hash, None where it is not known; from any thread. None
            where nothing knows blocks.
    """

    state_of: Callable[[str], State | None]
    checkers: Callable[[str | None], Checkers]
    clock: Callable[[], datetime]
    seconds: float
    threads: int
    per_host: int
    trust_clock: bool = False
    room: threading.Semaphore = msgspec.field(default_factory=lambda: threading.BoundedSemaphore(LARGE_LOOKS))
    foreign_state_of: Callable[[str], ForeignState | None] = lambda _: None
    pinned_of: Callable[[str], Pinned | None] = lambda _: None
    repositories: Path | None = None
    block_time: Callable[[str], datetime | None] | None = None

    def __call__(self, due: Sequence[Watched]) -> Iterator[Looked]:
        """Looks at canaries; see `canary.flows.watch.rounds.Looks`."""
        return by_host(due, host_of, self.look, threads=self.threads, per_host=self.per_host)

    def look(self, watched: Watched) -> Looked:
        """Looks at one canary; whatever goes wrong with it is what the look came to.

        Raises:
            StoreError: the watcher's memory cannot be read.
        """
        began, now = time.monotonic(), self.clock()
        seen = _Seen(is_foreign=watched.followed.format is not None)
        stored: Remembered | None
        judgement: Judgement | ForeignJudgement
        try:
            if watched.followed.format is None:
                state = self.state_of(watched.followed.name)
                stored = state
                if state is not None and self.trust_clock:
                    state = state.trust_clock(now)
                judgement = self._judged(watched, state, now, seen)
            else:
                foreign = self.foreign_state_of(watched.followed.name)
                stored = foreign
                if foreign is not None and self.trust_clock:
                    foreign = foreign.trust_clock(now)
                judgement = self._judged_foreign(watched, foreign, now, seen)
        except StateError as error:
            # Nobody is told that all is well, and nothing is replaced.
            finding = Finding(Code.NOT_CHECKED, error.what)
            return Looked(watched, now, time.monotonic() - began, Verdict(now, (finding,)), None, None)
        verdict = judgement.verdict
        # The memory knows when a canary was looked at, and need not keep the same state again for it.
        is_news = stored is None or judgement.state != stored.judged_at(now)
        sighting = seen.sighting(now, watched, verdict) if verdict.status in _WORTH_KEEPING else None
        kept = judgement.state if is_news else None
        return Looked(watched, now, time.monotonic() - began, verdict, kept, sighting)

    def _judged(self, watched: Watched, state: State | None, now: datetime, seen: _Seen) -> Judgement:
        followed = watched.followed
        question = Question(now=now, pin=followed.pin, trust_first_use=followed.first_use, state=state)
        with LazyGpg() as verifier, _Room(self.room, self.seconds) as room:
            try:
                with open_source(
                    followed.location,
                    seconds=self.seconds,
                    allow_http=followed.allow_http,
                    ca_file=Path(followed.ca_file) if followed.ca_file else None,
                    proxy=followed.proxy or None,
                    seen=seen.answered,
                ) as source:
                    noted = _Noted(source, seen, room)
                    return verify_site(noted, question, verifier, self.checkers(followed.proxy or None))
            except CanaryError as error:
                # A folder that is gone, or an address that cannot be used any more: what is stored is judged by time.
                return judge(Unreachable(error.what), question, verifier)

    def _judged_foreign(
        self, watched: Watched, state: ForeignState | None, now: datetime, seen: _Seen
    ) -> ForeignJudgement:
        # Imported here: many lists have no canary in another format.
        from canary.cli.watch.looking_foreign import judged_foreign, question_of  # noqa: PLC0415

        followed = watched.followed
        question = question_of(followed, self.pinned_of(followed.name), state, now, self.block_time)
        with _Room(self.room, self.seconds) as room:
            return judged_foreign(
                followed,
                question,
                seconds=self.seconds,
                seen=seen.answered,
                repositories=self.repositories,
                noted=lambda source: _Noted(source, seen, room),
            )


class _Seen:
    """What a person may want to see of one look that failed.

    That is what failed first, or else what was answered last, in another format first: the edition itself.
    """

    def __init__(self, *, is_foreign: bool = False) -> None:
        self._is_foreign = is_foreign
        self._is_noted = False
        self._path = ""
        self._error = ""
        self._kept: Answer | None = None
        self._has_failed = False
        self._answers: list[Answer | None] = []

    def answered(self, answer: Answer | None) -> None:
        """Takes in an answer as it came, or that another is waited for."""
        self._answers.append(answer)

    def ended(self, path: str, *, status: int | None = None, error: str = "") -> None:
        """Takes in what came of asking for a file; timestamps that are not there are not what a look fails by."""
        answers, self._answers = self._answers, []
        if not self._has_failed and (error or self._is_worth_noting(path, status)):
            # At a host's root the answer that counts may have been followed by one about the hint.
            kept = answers[-1:] if error else [each for each in answers if _counts(each, status)]
            self._path, self._error, self._kept = path, error, kept[-1] if kept else None
            self._has_failed = status not in (_ORDINARY if self._is_foreign else _GOOD)
            self._is_noted = True

    def _is_worth_noting(self, path: str, status: int | None) -> bool:
        if self._is_foreign:
            return not self._is_noted or status not in _ORDINARY
        return not path.startswith(_EVIDENCE)

    def sighting(self, now: datetime, watched: Watched, verdict: Verdict) -> Sighting:
        """Returns what is kept of it."""
        error = self._error or "; ".join(each.told for each in verdict.deciding())
        if self._kept is None:
            return Sighting(now, self._path or watched.followed.location, error)
        kept = self._kept
        return Sighting(now, kept.url, error, kept.status, kept.headers, kept.body[:SIGHTING_BYTES], kept.certificate)


def _counts(answer: Answer | None, status: int | None) -> bool:
    return answer is not None and answer.status == status and not answer.url.endswith(f"/{HINT}")


class _Room:
    """What one look has taken into memory: beyond some, it waits for a place. A context manager.

    Otherwise as many hosts at once as there are threads could fill the memory, each with a log of the greatest length.

    Args:
        places: the places, shared by all looks.
        seconds: how long to wait for one.
    """

    def __init__(self, places: threading.Semaphore, seconds: float) -> None:
        self._places = places
        self._seconds = seconds
        self._taken = 0
        self._has_place = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._has_place:
            self._places.release()

    def take(self, count: int) -> None:
        """Takes in that so many bytes more are in memory.

        Raises:
            FetchError: no place was free in time.
        """
        self._taken += count
        if self._taken <= LARGE_LOOK_BYTES or self._has_place:
            return
        if not self._places.acquire(timeout=self._seconds):
            raise FetchError("it is so large that it had to wait for others, and they took all of its time")
        self._has_place = True


class _Noted:
    """A source of which it is noted what it was asked for, and what came of it."""

    def __init__(self, source: Source, seen: _Seen, room: _Room) -> None:
        self._source = source
        self._seen = seen
        self._room = room

    def describe(self) -> str:
        return self._source.describe()

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        try:
            found = self._source.get(path, limit=limit, etag=etag, fresh=fresh)
        except CanaryError as error:
            self._seen.ended(path, error=error.what)
            raise
        self._room.take(len(found.body))
        self._seen.ended(path, status=found.status)
        return found


def host_of(watched: Watched) -> str:
    """Returns the host that a canary lies on; empty for a folder."""
    location = watched.followed.location
    return (urlsplit(location).hostname or "") if is_url(location) else ""
