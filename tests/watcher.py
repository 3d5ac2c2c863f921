"""A watcher of one canary with a memory that is a variable: the rules of when to look and what to tell, run by a clock.

    watcher = Watcher(sim)
    watcher.live(until=noon("2026-02-05"), events=[(noon("2025-04-04"), sim.release)])
    assert watcher.alerts == []

It looks when the agenda says so, through the real verifier, at a simulated publisher. What happens in the world happens
before the first look that is not earlier.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from canary.core.judging.anew import judged_anew
from canary.core.judging.findings import Code, Finding
from canary.core.judging.question import Judgement, Question
from canary.core.judging.state import State
from canary.core.judging.verdict import Subject, Verdict
from canary.core.watching.agenda import Patience, believe
from canary.core.watching.alerts import Alert, AlertKind
from canary.core.watching.followed import Followed
from canary.core.watching.telling import TellingPolicy, tell
from canary.core.watching.watched import Acknowledged, Transition, Watched
from canary.errors import FetchError
from canary.flows.watch.verify import verify_site
from tests.simulator import CANARY, CHECKERS, MemorySource, Publisher, noon

Event = tuple[datetime, Callable[[], object]]
"""Something that happens in the world, and when."""


@dataclass
class Watcher:
    """A watcher of one canary.

    Attributes:
        sim: the publisher.
        begins: when the canary is taken into the list.
        patience: when a failure is believed.
        policy: what is told.
        jitter: the source of jitter.
        down: why the host cannot be reached; None while it can.
        hiccup: whether the host cannot be reached by the next look, and only by that.
        row: what is remembered.
        state: the state that is kept.
        transitions: every transition.
        alerts: every alert.
        looks: when it looked.
    """

    sim: Publisher
    begins: datetime
    every: timedelta = timedelta(hours=6)
    patience: Patience = field(default_factory=Patience)
    policy: TellingPolicy = field(default_factory=TellingPolicy)
    jitter: Callable[[], float] = field(default_factory=lambda: random.Random(5).random)  # noqa: S311  no secret
    down: FetchError | None = None
    hiccup: bool = False
    state: State | None = None
    transitions: list[Transition] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    looks: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        location = "https://example.net/canary/"
        self.row = Watched(Followed("example", location, self.sim.pin, (), self.every, self.begins), self.begins)
        self._site = MemorySource({})
        self._size = 0

    def live(self, *, until: datetime, events: Sequence[Event] = ()) -> None:
        """Looks whenever the agenda says so, until a moment."""
        waiting = sorted(events, key=lambda event: event[0])
        while self.row.next_at < until:
            now = self.row.next_at
            while waiting and waiting[0][0] <= now:
                waiting.pop(0)[1]()
            self.look(now)

    def look(self, now: datetime) -> None:
        """Looks once."""
        judgement = self._judge(now)
        after = believe(self.row, judgement.verdict, now=now, jitter=self.jitter(), patience=self.patience)
        self.row, transition, alerts = tell(self.row, after, now=now, policy=self.policy)
        self.state = judgement.state
        self.transitions += [transition] if transition else []
        self.alerts += alerts
        self.looks.append(now)

    def acknowledge(self, at: datetime) -> None:
        """Does what a person does who has read what stands."""
        assert self.row.status
        assert self.state
        self.row = replace(self.row, acknowledged=Acknowledged(self.row.status, at, "read"))
        self.state = self.state.acknowledge()

    def goes_down(self) -> None:
        """Lets nobody reach the host any more."""
        self.down = FetchError("example.net: connection refused")

    def hiccups(self) -> None:
        """Lets one look fail."""
        self.hiccup = True

    def comes_back(self) -> None:
        """Lets the host be reached again."""
        self.down = None

    def _judge(self, now: datetime) -> Judgement:
        if len(self.sim.entries) != self._size:
            self._site, self._size = self.sim.site(), len(self.sim.entries)
        self._site.down = FetchError("503 Service Unavailable") if self.hiccup else self.down
        self.hiccup = False
        self._site.asked.clear()
        question = Question(now=now, pin=self.sim.pin, state=self.state)
        return verify_site(self._site, question, self.sim.gpg, CHECKERS)


def in_words(alert: Alert) -> tuple[str, str]:
    """Returns an alert in short: what it is called, and what it says."""
    assert alert.after
    assert alert.verdict
    finding = next(iter(alert.verdict.deciding()), None)
    says = alert.words or (finding.message if finding else f"{alert.before} is over")
    called = {
        AlertKind.CHANGE: f"{alert.after}",
        AlertKind.REMINDER: f"{alert.after}, reminder",
        AlertKind.RECOVERY: f"{alert.after} again",
        AlertKind.AHEAD: f"{alert.after}, expires soon",
    }[alert.kind]
    return called, says


# --- looks without a publisher --------------------------------------------------------------------------

OPENS, LAST, EXPIRES = date(2025, 5, 1), date(2025, 5, 14), datetime(2025, 5, 29, tzinfo=UTC)
"""What the release that `verdict` speaks of says of the next one."""


def verdict(
    now: datetime, *codes: Code | Finding, release: int = 1, stored: bool = True, expires: datetime | None = EXPIRES
) -> Verdict:
    """Returns what a look came to, with what time alone says of it.

    Args:
        now: when it was made.
        codes: what was found.
        release: the number of the newest release.
        stored: whether the log was ever taken in.
        expires: when that release goes stale; None if it is the last one.
    """
    findings = tuple(each if isinstance(each, Finding) else Finding(each, f"{each.spelling} it is") for each in codes)
    subject = Subject(
        release=release,
        entry=release + 1,
        text_sha256="0" * 64,
        period=date(2025, 2, 1),
        issued=noon("2025-02-02"),
        next=(OPENS, LAST) if expires else None,
        expires=expires,
        signers=("legal", "security"),
        threshold=2,
        roster_signers=3,
        statements=("keys@v1",),
    )
    found = Verdict(now, findings, CANARY, log_size=release + 1 if stored else 0, subject=subject if stored else None)
    return judged_anew(found, now)


def listed(now: datetime, *, every: timedelta = timedelta(hours=6)) -> Watched:
    """Returns a canary that was never looked at."""
    return Watched(Followed("example", "https://example.net/canary/", "0" * 64, ("prod",), every, now), now)
