"""Whatever happens to a canary, in whatever order: what holds of the alerts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from canary.core.judging.findings import EXIT_CODES, Code, Finding, Status
from canary.core.judging.verdict import Verdict
from canary.core.watching.agenda import Patience, believe, by_time, counted_exit_code, is_due
from canary.core.watching.alerts import Alert, AlertKind
from canary.core.watching.suspecting import failure_of
from canary.core.watching.telling import TellingPolicy, tell
from canary.core.watching.watched import Acknowledged, Transition, Watched
from tests.simulator import noon
from tests.watcher import listed, verdict

BEGINS = noon("2025-04-25")
POLICY = TellingPolicy()
PATIENCE = Patience()
FAILURES = (Code.UNREACHABLE, Code.MISSING, Code.NOT_A_CANARY, Code.STALE_COPY, Code.ATTACHMENT_MISSING)
JUNK = (Code.BAD_SIGNATURE, Code.NEWER_FORMAT, Code.NOT_CHECKED)
RANKS_BEFORE_EXPIRED = {Status.EXPIRED, Status.INVALID, Status.WITHDRAWN, Status.UNKNOWN}


relaxed = settings(deadline=None, max_examples=100)


class Step(msgspec.Struct, frozen=True):
    """What happens next.

    Attributes:
        after: how long after the step before.
        kind: `look`, `wait`, `ack` or `mute`.
        failure: what a look failed with.
        junk: what a host shows that no signature proves.
        news: what is proved from now on until it is read: 0 nothing, otherwise one more change of some kind.
        release: whether a newer release has come.
    """

    after: timedelta
    kind: str
    failure: Code | None = None
    junk: Code | None = None
    news: Code | None = None
    release: bool = False


AFTER = st.one_of(
    st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(2, 40).map(lambda hours: timedelta(hours=hours)),
    st.integers(2, 20).map(lambda days: timedelta(days=days)),
)
LOOKS = st.builds(
    Step,
    after=AFTER,
    kind=st.just("look"),
    failure=st.none() | st.none() | st.sampled_from(FAILURES),
    junk=st.sampled_from((None, None, None, None, *JUNK)),
    news=st.sampled_from((None, None, None, None, None, Code.REWORDED, Code.WITHDRAWN, Code.TEXT_FORK)),
    release=st.sampled_from((False, False, False, False, False, True)),
)
OTHERS = st.builds(Step, after=AFTER, kind=st.sampled_from(("wait", "wait", "ack", "mute")))
STORIES = st.lists(st.one_of(LOOKS, LOOKS, LOOKS, OTHERS), max_size=40)


@dataclass
class Moment:
    """What was so after one step."""

    now: datetime
    before: Watched
    after: Watched
    transition: Transition | None
    alerts: tuple[Alert, ...]
    looked: Verdict | None
    failing: list[tuple[datetime, Code]]


@dataclass
class World:
    """A canary, and a watcher of it. What is proved stays in sight until it is read, as the state has it."""

    row: Watched = field(default_factory=lambda: listed(BEGINS))
    now: datetime = BEGINS
    expires: datetime = field(default_factory=lambda: noon("2025-05-29"))
    release: int = 1
    open: list[Finding] = field(default_factory=list)
    number: int = 1
    failing: list[tuple[datetime, Code]] = field(default_factory=list)

    def happen(self, step: Step) -> Moment | None:
        """Does one step; returns what was so after it, where the rules were asked."""
        self.now += step.after
        if step.kind == "ack":
            if self.row.status is not None:
                self.row = replace(self.row, acknowledged=Acknowledged(self.row.status, self.now, ""))
                self.open = []
            return None
        if step.kind == "mute":
            self.row = replace(self.row, muted_until=self.now + timedelta(days=3))
            return None
        looked = self._look(step) if step.kind == "look" else None
        before = self.row
        after = self._after(looked)
        self.row, transition, alerts = tell(before, after, now=self.now, policy=POLICY)
        return Moment(self.now, before, self.row, transition, alerts, looked, list(self.failing))

    def _after(self, looked: Verdict | None) -> Watched:
        if looked is None:
            return by_time(self.row, self.now)
        return believe(self.row, looked, now=self.now, jitter=0.5, patience=PATIENCE)

    def _look(self, step: Step) -> Verdict:
        if step.news is not None:
            self.number += 1
            self.open.append(Finding(step.news, f"change {self.number}", self.number, sticky=True))
        if step.release:
            self.release += 1
            self.expires = max(self.expires, self.now) + timedelta(days=30)
        if step.failure is None:
            self.failing = []
        else:
            self.failing.append((self.now, step.failure))
        codes = [each for each in (step.failure, step.junk) if each is not None]
        return verdict(self.now, *self.open, *codes, release=self.release, expires=self.expires)


def live(story: list[Step]) -> list[Moment]:
    world = World()
    return [moment for step in story if (moment := world.happen(step)) is not None]


def alerts_of(story: list[Step]) -> list[Alert]:
    return [alert for moment in live(story) for alert in moment.alerts]


def is_bad(status: Status | None) -> bool:
    return status is not None and EXIT_CODES[status] != 0


@relaxed
@given(STORIES)
def test_no_two_alerts_have_one_id_and_all_are_counted(story: list[Step]) -> None:
    moments, alerts = live(story), alerts_of(story)
    assert len({each.id for each in alerts}) == len(alerts)
    assert not moments or moments[-1].after.alerts == len(alerts)


@relaxed
@given(STORIES)
def test_every_bad_status_is_told_unless_muted_read_or_flapping(story: list[Step]) -> None:
    told: set[tuple[Status | None, datetime | None]] = set()
    changes: list[datetime] = []
    for each in live(story):
        told |= {(alert.after, alert.since) for alert in each.alerts if alert.kind is AlertKind.CHANGE}
        if each.transition and each.before.status and (is_bad(each.before.status) or is_bad(each.after.status)):
            changes.append(each.now)
        flapping = sum(each.now - change <= timedelta(days=1) for change in changes) >= 4
        silent = each.after.muted_until is not None or each.after.acknowledged is not None or flapping
        if is_bad(each.after.status) and not silent:
            assert (each.after.status, each.after.status_since) in told
        if each.transition and not is_bad(each.after.status):
            assert not [alert for alert in each.alerts if alert.kind is AlertKind.CHANGE]


@relaxed
@given(STORIES)
def test_nothing_is_told_twice_in_a_row_but_as_a_reminder(story: list[Step]) -> None:
    last: tuple[Status | None, datetime | None] | None = None
    for alert in alerts_of(story):
        if alert.kind is AlertKind.CHANGE:
            assert (alert.after, alert.since) != last
            last = alert.after, alert.since
        elif alert.kind is AlertKind.REMINDER:
            assert (alert.after, alert.since) == last
        elif alert.kind is AlertKind.RECOVERY:
            assert last is not None
            assert is_bad(last[0])
            last = alert.after, alert.since


@relaxed
@given(STORIES)
def test_reminders_keep_their_distance_and_are_of_alarms_that_nobody_has_read(story: list[Step]) -> None:
    told_at = BEGINS
    for each in live(story):
        for alert in each.alerts:
            if alert.kind is AlertKind.REMINDER:
                assert each.now - told_at >= POLICY.reminder
                assert (alert.exit_code, each.after.acknowledged) == (2, None)
            if alert.kind is not AlertKind.AHEAD:
                told_at = each.now


@relaxed
@given(STORIES)
def test_each_day_ahead_of_an_expiry_is_told_once_at_most(story: list[Step]) -> None:
    told = [alert.words for alert in alerts_of(story) if alert.kind is AlertKind.AHEAD]
    assert len(set(told)) == len(told)
    for moment in live(story):
        assert sum(alert.kind is AlertKind.AHEAD for alert in moment.alerts) <= 1


@relaxed
@given(STORIES)
def test_no_failure_is_believed_before_it_has_lasted(story: list[Step]) -> None:
    for each in live(story):
        if each.looked is None or not each.transition or each.after.status not in (Status.UNREACHABLE, Status.MISSING):
            continue
        known = each.before.believed is not None and failure_of(each.before.believed) is not None
        tries = [moment for moment, _ in each.failing]
        assert known or (len(tries) >= 3 and tries[-1] - tries[0] >= PATIENCE.over)
        if each.after.status is Status.MISSING and not known:
            assert {code for _, code in each.failing} == {Code.MISSING}


@relaxed
@given(STORIES)
def test_an_expiry_is_believed_at_once_whatever_the_looks_come_to(story: list[Step]) -> None:
    world = World()
    for step in story:
        moment = world.happen(step)
        believed = moment.after.believed if moment else None
        if moment and believed and believed.subject and believed.subject.expires:
            if moment.now >= believed.subject.expires:
                assert moment.after.status in RANKS_BEFORE_EXPIRED
            else:
                assert moment.after.status is not Status.EXPIRED


@relaxed
@given(STORIES)
def test_what_is_proved_stands_at_once_and_until_it_is_read(story: list[Step]) -> None:
    world = World()
    for step in story:
        moment = world.happen(step)
        if moment and moment.looked and any(each.code is Code.TEXT_FORK for each in world.open):
            assert moment.after.status is Status.INVALID


@relaxed
@given(STORIES)
def test_the_next_look_is_never_further_away_than_the_interval(story: list[Step]) -> None:
    for each in live(story):
        if each.looked is not None:
            assert timedelta(0) < each.after.next_at - each.now <= each.after.followed.every
            assert is_due(each.after, each.after.next_at)
            assert not is_due(each.after, each.now)


@relaxed
@given(STORIES)
def test_transitions_are_a_chain(story: list[Step]) -> None:
    status = None
    for each in live(story):
        if each.transition:
            assert each.transition.before is status
            status = each.transition.after
        assert each.after.status is status
        if each.after.believed is not None:
            read = each.after.acknowledged is not None
            assert counted_exit_code(each.after, each.now) == (0 if read else EXIT_CODES[status or Status.UNKNOWN])


@relaxed
@given(STORIES)
def test_deciding_again_from_the_same_row_decides_the_same(story: list[Step]) -> None:
    for each in live(story):
        stored = msgspec.json.decode(msgspec.json.encode(each.before.telling), type=type(each.before.telling))
        assert stored == each.before.telling
        again = replace(each.before, telling=stored)
        if each.looked is None:
            after = by_time(again, each.now)
        else:
            after = believe(again, each.looked, now=each.now, jitter=0.5, patience=PATIENCE)
        assert tell(again, after, now=each.now, policy=POLICY) == (each.after, each.transition, each.alerts)


@relaxed
@given(STORIES, st.integers(1, 3600))
def test_a_run_that_was_killed_before_it_stored_decides_the_same_alerts_later(story: list[Step], seconds: int) -> None:
    for each in live(story):
        if each.looked is None:
            continue
        now = each.now + timedelta(seconds=seconds)
        looked = replace(each.looked, judged_at=now)
        after = believe(each.before, looked, now=now, jitter=0.5, patience=PATIENCE)
        later = tell(each.before, after, now=now, policy=POLICY)[2]
        if [(alert.kind, alert.after) for alert in later] == [(alert.kind, alert.after) for alert in each.alerts]:
            assert [alert.id for alert in later] == [alert.id for alert in each.alerts]
