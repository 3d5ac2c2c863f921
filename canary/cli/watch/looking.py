"""Looking at the canaries of a list, many at once: wires the edges to the watcher's round."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from canary.core.evidence import Checkers
from canary.core.fetched import Answer, Fetched, Source
from canary.core.findings import Code, Finding, Status
from canary.core.judge import judge
from canary.core.observation import Unreachable
from canary.core.question import Judgement, Question
from canary.core.state import State
from canary.core.verdict import Verdict
from canary.core.watched import Sighting, Watched
from canary.edges.host_pool import by_host
from canary.errors import CanaryError, MalformedError
from canary.flows.watch.rounds import Looked
from canary.flows.watch.verify import verify_site
from canary.library import LazyGpg, is_url, open_source
from canary.limits import SIGHTING_BYTES

_WORTH_KEEPING = {Status.UNREACHABLE, Status.MISSING, Status.UNKNOWN}
"""What a look came to where a person may want to see what was answered."""


class Looking(msgspec.Struct, frozen=True):
    """What looking takes.

    Attributes:
        state_of: returns what is stored of a canary; from any thread.
        checkers: the ports that check evidence.
        clock: the watcher's clock, aware.
        seconds: what each look may take.
        threads: how many looks are made at once.
        per_host: how many of them at one host.
    """

    state_of: Callable[[str], State | None]
    checkers: Checkers
    clock: Callable[[], datetime]
    seconds: float
    threads: int
    per_host: int

    def __call__(self, due: Sequence[Watched]) -> Iterator[Looked]:
        """Looks at canaries; see `canary.flows.watch.rounds.Looks`."""
        return by_host(due, _host, self.look, threads=self.threads, per_host=self.per_host)

    def look(self, watched: Watched) -> Looked:
        """Looks at one canary; whatever goes wrong with it is what the look came to."""
        began, now = time.monotonic(), self.clock()
        seen: list[_Remembering] = []
        try:
            state = self.state_of(watched.followed.name)
            judgement = self._judged(watched, state, now, seen)
        except MalformedError as error:
            judgement = _not_judged(now, error)
        status = judgement.verdict.status
        sighting = seen[-1].sighting(now) if seen and status in _WORTH_KEEPING else None
        if sighting is None and status in _WORTH_KEEPING:
            sighting = Sighting(now, watched.followed.location, "; ".join(f.told for f in judgement.verdict.deciding()))
        return Looked(watched, now, time.monotonic() - began, judgement, sighting)

    def _judged(
        self, watched: Watched, state: State | None, now: datetime, seen: list[_Remembering]
    ) -> Judgement:
        followed = watched.followed
        question = Question(now=now, pin=followed.pin, trust_first_use=followed.first_use, state=state)
        ca_file = Path(followed.ca_file) if followed.ca_file else None
        with LazyGpg() as verifier:
            try:
                with open_source(
                    followed.location,
                    seconds=self.seconds,
                    allow_http=followed.allow_http,
                    ca_file=ca_file,
                    proxy=followed.proxy or None,
                    remember=True,
                ) as source:
                    remembering = _Remembering(source)
                    seen.append(remembering)
                    return verify_site(remembering, question, verifier, self.checkers)
            except CanaryError as error:
                # A folder that is gone, or an address that cannot be used any more: what is stored is judged by time.
                return judge(Unreachable(error.what), question, verifier)


class _Remembering:
    """A source that remembers what it was asked for last, and what went wrong."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._path = ""
        self._error = ""
        self._status: int | None = None
        self._body = b""

    def describe(self) -> str:
        return self._source.describe()

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        self._path, self._error, self._status, self._body = path, "", None, b""
        try:
            answer = self._source.get(path, limit=limit, etag=etag, fresh=fresh)
        except CanaryError as error:
            self._error = error.what
            raise
        self._status, self._body = answer.status, answer.body[:SIGHTING_BYTES]
        return answer

    def sighting(self, now: datetime) -> Sighting:
        """Returns what was seen last."""
        answer: Answer | None = getattr(self._source, "last_answer", None)
        if answer is None:
            return Sighting(now, self._path, self._error, self._status, (), self._body)
        return Sighting(
            now, self._path, self._error, answer.status, answer.headers, answer.body, answer.certificate
        )


def _not_judged(now: datetime, error: MalformedError) -> Judgement:
    """Returns the judgement where what is stored is damaged: nobody is told that all is well, nothing is replaced."""
    finding = Finding(Code.NOT_CHECKED, f"what is remembered of this canary cannot be read: {error.what}")
    return Judgement(Verdict(now, (finding,)), None, doubtful=False)


def _host(watched: Watched) -> str:
    location = watched.followed.location
    return (urlsplit(location).hostname or "") if is_url(location) else ""
