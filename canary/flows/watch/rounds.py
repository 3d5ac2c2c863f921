"""One round of a watcher: look at what is due, decide, store, and only then tell.

1. A clock that is more than ten minutes behind an earlier look ends the round: nothing that is seen by it can be
   judged. One alert a day says so, until the clock is right or a person says that it is.
2. What is due is claimed, so that no other run looks at the same canary.
3. Everything that time alone changes about what is not due is stored: a canary expires whether anybody looks or not.
4. What each look came to is stored in batches, with the alerts that follow from it, each batch whole or not at all.
   What a person changed during its look is left out, and looked at once more.
5. Looks that could not reach anything are held back to the end: if there are suddenly too many of them, it is this
   watcher's own network that looks broken. Then one alert says so, and no canary is suspected for it.

A run whose looks break off, because a process that looks has ended, stores what came before that, and fails then.
A run that is killed between two of these leaves a store that is whole; its claims run out, and the next run goes on.
Delivering is a matter of its own (`canary.flows.watch.delivering`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from canary.core.judging.findings import Code, Severity, Status
from canary.core.judging.verdict import Verdict
from canary.core.text.times import format_time
from canary.core.watching.agenda import Patience, believe, by_time, count_unreachable, is_due, network_suspect
from canary.core.watching.alerts import Alert, AlertKind, Delivery, alert_id
from canary.core.watching.followed import Followed
from canary.core.watching.recorded import Recorded, Remembered
from canary.core.watching.telling import TellingPolicy, tell
from canary.core.watching.watched import Check, Sighting, Watched
from canary.errors import CanaryError
from canary.flows.watch.store import WatchStore
from canary.limits import BATCH_BYTES, CLAIM, FUTURE_TOLERANCE, HELD_BYTES, WATCH_BATCH, WATCH_BATCH_AFTER

NETWORK_NOTE = "network broken since"
"""The note that says since when this watcher's own network looks broken; empty while it does not."""

COMPLETED_NOTE = "last completed run"
"""The note that says when a run came to its end."""


class Looked(msgspec.Struct, frozen=True):
    """One look at a canary of the list.

    Attributes:
        watched: the canary, as it was before.
        at: when it was looked at (UTC).
        took: seconds that the look took.
        verdict: what it came to.
        state: the state to keep; None to leave the one that is kept.
        sighting: what was seen, where it failed.
    """

    watched: Watched
    at: datetime
    took: float
    verdict: Verdict
    state: Remembered | None
    sighting: Sighting | None


Looks = Callable[[Sequence[Watched]], Iterator[Looked]]
"""The port that looks at many canaries, and returns each look when it is done, in any order."""

Routing = Callable[[Alert], tuple[Delivery, ...]]
"""Tells through which channels an alert goes, and when."""


class Round(msgspec.Struct, frozen=True):
    """What a round takes.

    Attributes:
        store: the watcher's memory.
        looks: looks at canaries.
        routing: sends an alert on its way.
        policy: what is told.
        patience: when a failure is believed.
        clock: the watcher's clock, aware.
        jitter: returns a number from 0 to 1, another one at each call, so that looks do not come in droves.
        holder: what this run is called among those that share the store.
        trust_clock: whether a person says that the clock is right though it is behind an earlier look.
        progress: is told how many of how many looks are done.
    """

    store: WatchStore
    looks: Looks
    routing: Routing
    policy: TellingPolicy
    patience: Patience
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    holder: str
    trust_clock: bool = False
    progress: Callable[[int, int], None] = lambda _, __: None


class Came(msgspec.Struct, frozen=True):
    """What a round came to.

    Attributes:
        looked: how many canaries were looked at.
        unreachable: how many of them could not be reached.
        alerts: how many alerts were decided.
        network_since: since when this watcher's own network looks broken; None while it does not.
        clock_behind: the latest earlier look, where the clock is behind that and nothing was looked at; else None.
    """

    looked: int = 0
    unreachable: int = 0
    alerts: int = 0
    network_since: datetime | None = None
    clock_behind: datetime | None = None


def run_round(taken: Round, *, tags: Sequence[str] = ()) -> Came:
    """Does one round.

    Args:
        taken: what it takes.
        tags: only canaries that are filed under one of these; none for all.

    Raises:
        StoreError: the memory cannot be read or written. What was stored stays.
        CanaryError: the looks broke off. What came before that is stored.
    """
    listed = taken.store.watched()
    latest = max((each.checked_at for each in listed if each.checked_at is not None), default=None)
    if latest is not None and taken.clock() < latest - FUTURE_TOLERANCE and not taken.trust_clock:
        return Came(alerts=_tell_clock(taken, latest), clock_behind=latest)
    try:
        came = _look_at_what_is_due(taken, listed, tags)
    finally:
        taken.store.release(taken.holder)
    return came


def broken_since(store: WatchStore) -> datetime | None:
    """Returns since when this watcher's own network looks broken; None while it does not."""
    noted = store.note(NETWORK_NOTE)
    return datetime.fromisoformat(noted) if noted else None


def worst(codes: Sequence[int]) -> int:
    """Returns the exit code of many: CRITICAL before UNKNOWN before WARNING before OK; 3 where there are none."""
    return next((code for code in (2, 3, 1, 0) if code in codes), 3)


def _look_at_what_is_due(taken: Round, listed: Sequence[Watched], tags: Sequence[str]) -> Came:
    due = _claimed(taken, taken.store.due(taken.clock(), tags=tags))
    claimed_at = taken.clock()
    names = {each.followed.name for each in due}
    # What is due and is not this run's, another run is looking at: it may find a newer release.
    others = [each for each in listed if each.followed.name not in names and not is_due(each, claimed_at)]
    alerts = _pass_time(taken, [each for each in others if _is_under(each, tags)])
    batch, held = _Batch(taken), _Held()
    answered: set[str] = set()
    failure: CanaryError | None = None
    try:
        for number, looked in enumerate(_looks(taken, due, batch), 1):
            taken.progress(min(number, len(due)), len(due))
            if abs(taken.clock() - claimed_at) > CLAIM / 3:
                batch.flush()
                _claimed(taken, sorted(names - answered))
                claimed_at = taken.clock()
            if _is_unreached(looked):
                held.add(looked)
            else:
                answered.add(looked.watched.followed.name)
                batch.add(looked, network_broken=False)
    except CanaryError as error:
        failure = error
    failed = {each.watched.followed.name for each in held.looks}
    before, counts = broken_since(taken.store), (0, 0)
    if failed or before is not None:
        counts = count_unreachable(listed, failed=failed, answered=answered, now=taken.clock(), broken_since=before)
    since = _network(taken, before, suspect=network_suspect(*counts), failed=bool(failed))
    for looked in held.looks:
        batch.add(looked, network_broken=since is not None)
    batch.flush()
    if since is not None:
        alerts += _tell_network(taken, since, *counts)
    if failure is not None:
        raise failure
    return Came(len(due), len(held.looks), alerts + batch.alerts, since)


def _looks(taken: Round, due: Sequence[Watched], batch: _Batch) -> Iterator[Looked]:
    """Looks at canaries, and once more at those that a person changed meanwhile: what they came to was not stored."""
    yield from taken.looks(due)
    batch.flush()
    if batch.left_out:
        yield from taken.looks(_claimed(taken, batch.left_out))


def _claimed(taken: Round, names: Sequence[str]) -> list[Watched]:
    """Claims canaries, or claims them for longer."""
    now = taken.clock()
    return taken.store.claim(names, holder=taken.holder, now=now, until=now + CLAIM)


def _is_under(watched: Watched, tags: Sequence[str]) -> bool:
    return not tags or not set(tags).isdisjoint(watched.followed.tags)


def _pass_time(taken: Round, rows: Sequence[Watched]) -> int:
    """Stores what time alone has changed where nobody looks now; returns how many alerts came of it."""
    recorded: list[Recorded] = []
    for watched in rows:
        if watched.believed is None:
            continue
        now = taken.clock()
        found = _decided(taken, watched, by_time(watched, now), now)
        if found.watched != watched or found.transition is not None or found.alerts:
            recorded.append(found)
    left_out: set[str] = set()
    for start in range(0, len(recorded), WATCH_BATCH):
        left_out.update(taken.store.record(recorded[start : start + WATCH_BATCH]))
    return _count_alerts(recorded, left_out)


def _count_alerts(recorded: Sequence[Recorded], left_out: Collection[str]) -> int:
    return sum(len(each.alerts) for each in recorded if each.watched.followed.name not in left_out)


def _decided(taken: Round, before: Watched, after: Watched, now: datetime) -> Recorded:
    after, transition, alerts = tell(before, after, now=now, policy=taken.policy)
    return Recorded(after, transition=transition, alerts=tuple((alert, taken.routing(alert)) for alert in alerts))


class _Batch:
    """Looks on their way into the store."""

    def __init__(self, taken: Round) -> None:
        self._taken = taken
        self._waiting: list[Recorded] = []
        self._bytes = 0
        self._since = taken.clock()
        self.alerts = 0
        self.left_out: list[str] = []

    def add(self, looked: Looked, *, network_broken: bool) -> None:
        """Takes in what a look came to."""
        taken = self._taken
        after = believe(
            looked.watched,
            looked.verdict,
            now=looked.at,
            jitter=taken.jitter(),
            patience=taken.patience,
            network_broken=network_broken,
        )
        after = replace(after, followed=_pinned(looked), took=looked.took)
        found = _decided(taken, looked.watched, after, looked.at)
        self._waiting.append(replace(found, state=looked.state, check=_check(looked), sighting=looked.sighting))
        self._bytes += looked.state.size if looked.state else 0
        is_full = len(self._waiting) >= WATCH_BATCH or self._bytes >= BATCH_BYTES
        if is_full or abs(taken.clock() - self._since) >= WATCH_BATCH_AFTER:
            self.flush()

    def flush(self) -> None:
        """Stores what is waiting."""
        if self._waiting:
            left_out = self._taken.store.record(self._waiting)
            self.alerts += _count_alerts(self._waiting, left_out)
            self.left_out += left_out
        self._waiting = []
        self._bytes = 0
        self._since = self._taken.clock()


class _Held:
    """Looks that could not reach anything, with no more of what was answered than memory has room for."""

    def __init__(self) -> None:
        self.looks: list[Looked] = []
        self._bytes = 0

    def add(self, looked: Looked) -> None:
        """Holds one look back."""
        sighting = looked.sighting
        if sighting is not None:
            if self._bytes + len(sighting.body) > HELD_BYTES:
                sighting = replace(sighting, body=b"")
            self._bytes += len(sighting.body)
        self.looks.append(replace(looked, sighting=sighting))


def _pinned(looked: Looked) -> Followed:
    """Returns the canary with the pin that its first look was trusted with, if this was that look."""
    followed = looked.watched.followed
    if followed.pin is None and looked.state is not None:
        return replace(followed, pin=looked.state.pin)
    return followed


def _check(looked: Looked) -> Check:
    return Check(looked.at, looked.verdict.status, looked.took, _detail(looked.verdict))


def _detail(verdict: Verdict) -> str:
    return next((each.told for each in verdict.deciding() if each.severity is not Severity.OK), "")


def _is_unreached(looked: Looked) -> bool:
    """Tells whether a look brought nothing that counts: it says as much about this network as about the canary."""
    if looked.sighting is None:
        return False
    found = looked.verdict.findings
    # Where nothing was ever fetched, why is a remark.
    never = any(each.code is Code.NEVER_FETCHED for each in found)
    causes = (each.code.cause if never else each.cause for each in found)
    return any(cause is not None and cause.status is Status.UNREACHABLE for cause in causes)


# --- about this watcher itself --------------------------------------------------------------------------


def _network(taken: Round, since: datetime | None, *, suspect: bool, failed: bool) -> datetime | None:
    """Returns since when the network looks broken, which is noted; None while it does not."""
    if suspect and failed and since is None:
        since = taken.clock()
        taken.store.set_note(NETWORK_NOTE, since.isoformat())
    elif since is not None and not suspect:
        taken.store.set_note(NETWORK_NOTE, "")
        since = None
    return since


def _tell_network(taken: Round, since: datetime, unreachable: int, looked: int) -> int:
    """Tells once that the network looks broken. A run that was killed before it could is made up for by the next."""
    words = (
        f"{unreachable} of the {looked} hosts that were asked within an hour could not be reached, all of a "
        "sudden: this machine's own network looks broken. No canary is suspected for it."
    )
    return _tell_of_itself(taken, AlertKind.NETWORK, format_time(since), since, words)


def _tell_clock(taken: Round, latest: datetime) -> int:
    """Tells once a day that the clock went back."""
    now = taken.clock()
    words = (
        f"this machine's clock says {format_time(now)}, and at an earlier look it was {format_time(latest)}. Nothing "
        "is looked at until it is set right; if the earlier time was the wrong one, run once with --trust-clock."
    )
    return _tell_of_itself(taken, AlertKind.CLOCK, now.date().isoformat(), latest, words)


def _tell_of_itself(taken: Round, kind: AlertKind, occasion: str, moment: datetime, words: str) -> int:
    """Stores an alert about this watcher, if it is not stored already; returns how many are new."""
    alert = Alert(alert_id(kind, "", occasion, moment), kind, taken.clock(), words=words)
    return taken.store.add_alerts([(alert, taken.routing(alert))])
