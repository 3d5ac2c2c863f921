"""One round of a watcher: look at what is due, decide, store, and only then tell.

1. Everything that time alone changes is stored first: a canary expires whether anybody looks or not.
2. What is due is claimed, so that no other run looks at the same canary, and looked at.
3. What each look came to is stored in batches, with the alerts that follow from it, each batch whole or not at all.
4. Looks that could not reach anything are held back to the end: if there are suddenly too many of them, it is this
   watcher's own network that looks broken. Then one alert says so, and no canary is suspected for it.

A run that is killed between two of these leaves a store that is whole; its claims run out, and the next run goes on.
Delivering is a matter of its own (`canary.flows.watch.delivering`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from canary.core.agenda import Patience, believe, by_time, network_suspect
from canary.core.alerts import Alert, AlertKind, Delivery, alert_id
from canary.core.findings import Severity, Status
from canary.core.question import Judgement
from canary.core.telling import TellingPolicy, tell
from canary.core.verdict import Verdict
from canary.core.watched import Check, Sighting, Watched
from canary.flows.watch.store import Recorded, WatchStore
from canary.limits import CLAIM, WATCH_BATCH, WATCH_BATCH_AFTER

NETWORK_NOTE = "network told broken"
COMPLETED_NOTE = "last completed run"


class Looked(msgspec.Struct, frozen=True):
    """One look at a canary of the list.

    Attributes:
        watched: the canary, as it was before.
        at: when it was looked at (UTC).
        took: seconds that the look took.
        judgement: what it came to.
        sighting: what was seen, where it failed.
    """

    watched: Watched
    at: datetime
    took: float
    judgement: Judgement
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
    progress: Callable[[int, int], None] = lambda _, __: None


class Came(msgspec.Struct, frozen=True):
    """What a round came to.

    Attributes:
        looked: how many canaries were looked at.
        unreachable: how many of them could not be reached.
        network: whether this watcher's own network looks broken.
        alerts: how many alerts were decided.
    """

    looked: int
    unreachable: int
    network: bool
    alerts: int


def run_round(taken: Round, *, tags: Sequence[str] = ()) -> Came:
    """Does one round.

    Args:
        taken: what it takes.
        tags: only canaries that are filed under one of these; none for all.

    Raises:
        StoreError: the memory cannot be read or written. What was stored stays.
    """
    due = _claimed(taken, tags)
    try:
        alerts = _pass_time(taken, tags, {each.followed.name for each in due})
        held: list[Looked] = []
        batch = _Batch(taken)
        for number, looked in enumerate(taken.looks(due), 1):
            taken.progress(number, len(due))
            if _unreached(looked):
                held.append(looked)
            else:
                batch.add(looked)
        network = network_suspect(len(held), len(due))
        for looked in held:
            if network:
                batch.put_off(looked)
            else:
                batch.add(looked)
        batch.flush()
        alerts += batch.alerts + _tell_network(taken, network=network, unreachable=len(held), looked=len(due))
    finally:
        taken.store.release(taken.holder)
    return Came(len(due), len(held), network, alerts)


def _claimed(taken: Round, tags: Sequence[str]) -> list[Watched]:
    now = taken.clock()
    due = taken.store.due(now, tags=tags)
    names = [each.followed.name for each in due]
    return taken.store.claim(names, holder=taken.holder, now=now, until=now + CLAIM)


def _pass_time(taken: Round, tags: Sequence[str], due: set[str]) -> int:
    """Stores what time alone has changed where nobody looks now; returns how many alerts came of it."""
    recorded: list[Recorded] = []
    for watched in taken.store.watched(tags=tags):
        if watched.followed.name in due or watched.believed is None:
            continue
        now = taken.clock()
        found = _decided(taken, watched, by_time(watched, now), now)
        if found.watched != watched or found.transition is not None or found.alerts:
            recorded.append(found)
    taken.store.record(recorded)
    return sum(len(each.alerts) for each in recorded)


def _decided(taken: Round, before: Watched, after: Watched, now: datetime) -> Recorded:
    after, transition, alerts = tell(before, after, now=now, policy=taken.policy)
    sent = tuple((alert, taken.routing(alert)) for alert in alerts)
    return Recorded(replace(after, alerts=after.alerts + len(alerts)), transition=transition, alerts=sent)


class _Batch:
    """Looks on their way into the store."""

    def __init__(self, taken: Round) -> None:
        self._taken = taken
        self._waiting: list[Recorded] = []
        self._since = taken.clock()
        self.alerts = 0

    def add(self, looked: Looked) -> None:
        """Takes in what a look came to."""
        taken, now = self._taken, looked.at
        verdict = looked.judgement.verdict
        after = believe(looked.watched, verdict, now=now, jitter=taken.jitter(), patience=taken.patience)
        found = _decided(taken, looked.watched, replace(after, took=looked.took), now)
        self.alerts += len(found.alerts)
        self._store(replace(found, state=looked.judgement.state, check=_check(looked), sighting=looked.sighting))

    def put_off(self, looked: Looked) -> None:
        """Takes in a look that failed for this watcher's own reasons: it is made again soon, and says nothing."""
        taken, before = self._taken, looked.watched
        after = replace(by_time(before, looked.at), next_at=looked.at + taken.patience.step, checked_at=looked.at)
        found = _decided(taken, before, replace(after, took=looked.took, checks=before.checks + 1), looked.at)
        self.alerts += len(found.alerts)
        self._store(replace(found, check=_check(looked), sighting=looked.sighting))

    def flush(self) -> None:
        """Stores what is waiting."""
        self._taken.store.record(self._waiting)
        self._waiting = []
        self._since = self._taken.clock()

    def _store(self, recorded: Recorded) -> None:
        self._waiting.append(recorded)
        if len(self._waiting) >= WATCH_BATCH or abs(self._taken.clock() - self._since) >= WATCH_BATCH_AFTER:
            self.flush()


def _check(looked: Looked) -> Check:
    return Check(looked.at, looked.judgement.verdict.status, looked.took, _detail(looked.judgement.verdict))


def _detail(verdict: Verdict) -> str:
    return next((each.told for each in verdict.deciding() if each.severity is not Severity.OK), "")


def _unreached(looked: Looked) -> bool:
    """Tells whether a look brought nothing that counts: it says as much about this network as about the canary."""
    verdict = looked.judgement.verdict
    return looked.sighting is not None and any(
        each.cause is not None and each.cause.status is Status.UNREACHABLE for each in verdict.findings
    )


def _tell_network(taken: Round, *, network: bool, unreachable: int, looked: int) -> int:
    """Tells once that the network looks broken, and forgets it when it does not any more."""
    told = taken.store.note(NETWORK_NOTE)
    if not network:
        if told and looked > unreachable:
            taken.store.set_note(NETWORK_NOTE, "")
        return 0
    if told:
        return 0
    now = taken.clock()
    words = (
        f"{unreachable} of the {looked} canaries that were looked at could not be reached, all of a sudden: this "
        "machine's own network looks broken. No canary is suspected for it."
    )
    kind = AlertKind.NETWORK
    alert = Alert(alert_id(kind, "", "broken", now), kind, now, words=words)
    taken.store.add_alerts([(alert, taken.routing(alert))])
    taken.store.set_note(NETWORK_NOTE, now.isoformat())
    return 1


def worst(codes: Sequence[int]) -> int:
    """Returns the exit code of many: CRITICAL before UNKNOWN before WARNING before OK; 3 where there are none."""
    return next((code for code in (2, 3, 1, 0) if code in codes), 3)
