"""What a watcher tells of a canary, and what it does not, so that nobody is woken twice for one thing.

An **occurrence** is a status with the moment since which it stands. A second withdrawal while the first stands is
another occurrence of the same status. Each is a transition, which is kept, and at most one alert:

- **CHANGE**: a status whose exit code is not 0 is told once, and RETIRED too, which is no alarm. OK and DUE are not
  told. Nothing is told of UNKNOWN while it only means that the first looks failed and they are still repeated.
- **REMINDER**: as often as the policy says, of a status whose exit code is 2, until it is acknowledged or over.
  Warnings (1) are told once: what gets worse becomes another status, and what expires is told ahead. UNKNOWN (3) is
  told once: it asks for something to be mended here, and stays in the exit code of every run meanwhile.
- **RECOVERY**: when a status that was told has been over for as many looks as the policy says, each of which brought
  the log. Not where a person ended it: a change or a proof that was acknowledged is over by that.
- **AHEAD**: some days before the newest release expires, once each, and only the nearest of those that have come. Not
  before the window for the next release is open, when nobody could have done anything; not while an alarm stands or
  lateness is acknowledged. OVERDUE names the days that are left, and takes the place of one that is due with it.

**Muted**: nothing is told until then; what stands afterwards is told once. **Acknowledged**: what was read is not told
any more; another occurrence is, and it is another one too when under a status that was read something comes that no
host can fake: a withdrawal, a change, an expiry. What was decided before either and still waits is the matter of
`canary.core.watching.answered`.

**Flapping**: the status went from good (exit code 0) to bad or back, or from bad to bad, as often as the policy says
within its time. The next bad one is told as flapping, and until the status has been still for that time no reminder
and no recovery is told, and of changes only each that signatures or time alone prove, or that is worse than what was
told last: once, however often it comes and goes.

An alert's id is made from the name, since when the canary is followed, and the number of alerts before. So what is
decided twice from one row, because a run was killed before it stored, is the same alert, and no two have one id.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from canary.core.judging.findings import EXIT_CODES, Cause, Code, Status
from canary.core.judging.verdict import Verdict
from canary.core.text.times import format_time
from canary.core.watching.agenda import standing
from canary.core.watching.alerts import Alert, AlertKind, alert_id
from canary.core.watching.watched import Telling, Transition, Watched
from canary.limits import FUTURE_TOLERANCE

_ALARM = 2
_WORST_FIRST = (2, 3, 1, 0)
_BY_TIME_OR_CHANGE = {Cause.EXPIRED, Cause.OVERDUE, Cause.WITHDRAWN, Cause.CHANGED, Cause.RETIRED}
_ENDED_BY_READING = {Cause.WITHDRAWN, Cause.CHANGED}
_WAITED_FOR = {Code.DUE, Code.OVERDUE}


class TellingPolicy(msgspec.Struct, frozen=True):
    """What is told, and how often.

    Attributes:
        reminder: the time from one reminder to the next.
        recovery_after: looks in a row that are good before it is told that something is over; at least 1.
        ahead: how many days before an expiry it is told.
        flapping_changes: so many changes of the status ...
        flapping_within: ... within this time are flapping.
    """

    reminder: timedelta = timedelta(days=1)
    recovery_after: int = 2
    ahead: tuple[int, ...] = (14, 7, 3, 1)
    flapping_changes: int = 4
    flapping_within: timedelta = timedelta(days=1)


def tell(
    before: Watched, after: Watched, *, now: datetime, policy: TellingPolicy
) -> tuple[Watched, Transition | None, tuple[Alert, ...]]:
    """Decides what is told after a look, or at a moment without one.

    Args:
        before: the row before it, as it is stored.
        after: the row after it (`canary.core.watching.agenda.believe` or `by_time`).
        now: the watcher's clock.
        policy: what is told, and how often.

    Returns:
        The row to store, with what was told and the number of alerts; the transition, if the status is another one;
        and the alerts, which are to be stored together with the row.
    """
    verdict = standing(after, now)
    if verdict is None or after.status is None:
        return after, None, ()
    transition = None
    if _occurrence(before) != _occurrence(after):
        transition = Transition(now, before.status, after.status, verdict)
    told = _Told(before, after, verdict, now, policy, changed=transition is not None)
    told.decide()
    return told.row(), transition, tuple(told.alerts)


def _occurrence(watched: Watched) -> tuple[Status | None, datetime | None]:
    return watched.status, watched.status_since


class _Told:
    """One decision, while it is made."""

    def __init__(
        self,
        before: Watched,
        after: Watched,
        verdict: Verdict,
        now: datetime,
        policy: TellingPolicy,
        *,
        changed: bool,
    ) -> None:
        self._before = before
        self._after = after
        self._verdict = verdict
        self._status = verdict.status
        self._now = now
        self._policy = policy
        self._changed = changed
        self._telling = _counted(before, after, now, policy, self._status, changed=changed)
        self._flaps = self._is_flapping()
        self.alerts: list[Alert] = []

    def row(self) -> Watched:
        """Returns the row to store."""
        after = self._after
        muted_until = after.muted_until if self._is_muted() else None
        return replace(after, telling=self._telling, muted_until=muted_until, alerts=after.alerts + len(self.alerts))

    def decide(self) -> None:
        """Decides what is told."""
        if not self._flaps and self._telling.flapping:
            self._telling = replace(self._telling, flapping=())
        if EXIT_CODES[self._status] == 0 and _ended_by_reading(self._before, self._after):
            self._telling = replace(self._telling, told=self._status, told_since=self._after.status_since)
        if self._is_muted():
            return
        if EXIT_CODES[self._status] == 0 and self._status is not Status.RETIRED:
            self._tell_recovery()
        elif self._is_untold():
            self._tell_change()
        else:
            self._remind()
        self._tell_ahead()

    # --- each kind -------------------------------------------------------------------------------------

    def _tell_recovery(self) -> None:
        telling = self._telling
        bad = telling.told is not None and EXIT_CODES[telling.told] != 0
        if bad and not self._flaps and telling.good >= self._policy.recovery_after:
            self._add(AlertKind.RECOVERY)

    def _tell_change(self) -> None:
        told = self._telling.flapping
        if not self._flaps:
            self._add(AlertKind.CHANGE)
        elif told or self._is_proved():
            if self._is_told_while_flapping():
                self._add(AlertKind.CHANGE)
                self._telling = replace(self._telling, flapping=(*told, self._status) if told else ())
        else:
            changes = self._telling.changed_at
            self._add(
                AlertKind.CHANGE,
                f"it is flapping: its status has changed {len(changes)} times since {format_time(changes[0])}; no more "
                "is told of that until it is still",
            )
            self._telling = replace(self._telling, flapping=(self._status,))

    def _remind(self) -> None:
        telling = self._telling
        due = EXIT_CODES[self._status] == _ALARM and telling.told is self._status
        if due and self._after.acknowledged is None and not self._flaps and self._is_time(telling.reminded_at):
            self._add(AlertKind.REMINDER)

    def _tell_ahead(self) -> None:
        promise = self._verdict.promise
        waited_for = any(each.code in _WAITED_FOR for each in self._verdict.findings)
        if promise is None or promise.expires is None or not waited_for or self._verdict.exit_code == _ALARM:
            return
        expires = promise.expires
        given = self._telling.ahead if self._telling.ahead_of == expires else ()
        due = [days for days in self._policy.ahead if self._now >= expires - timedelta(days=days)]
        nearest = min(due, default=None)
        if nearest is None or nearest in given:
            return
        late = self._status is Status.OVERDUE
        named = late and any(each.kind is AlertKind.CHANGE for each in self.alerts)
        if not named and not (late and self._after.acknowledged is not None):
            self._warn_ahead(promise.name, expires)
        self._telling = replace(self._telling, ahead_of=expires, ahead=tuple(sorted({*given, *due}, reverse=True)))

    def _warn_ahead(self, name: str, expires: datetime) -> None:
        left = expires - self._now
        days = left.days + (left % timedelta(days=1) > timedelta(0))
        when = "1 day" if days == 1 else f"{days} days"
        words = f"{name} expires in {when} ({format_time(expires)}), and no newer one has come"
        self._add(AlertKind.AHEAD, words)

    def _add(self, kind: AlertKind, words: str = "") -> None:
        followed, after, telling = self._after.followed, self._after, self._telling
        number = after.alerts + len(self.alerts) + 1
        self.alerts.append(
            Alert(
                alert_id(kind, followed.name, f"{number} {self._status}", followed.added_at),
                kind,
                self._now,
                name=followed.name,
                tags=followed.tags,
                location=followed.location,
                before=telling.told or self._before.status,
                after=self._status,
                since=after.status_since,
                verdict=self._verdict,
                words=words,
            )
        )
        if kind is not AlertKind.AHEAD:
            self._telling = replace(telling, told=self._status, told_since=after.status_since, reminded_at=self._now)

    # --- what is so ------------------------------------------------------------------------------------

    def _is_muted(self) -> bool:
        until = self._after.muted_until
        return until is not None and self._now < until

    def _is_untold(self) -> bool:
        if self._after.acknowledged is not None or self._is_still_tried():
            return False
        return (self._telling.told, self._telling.told_since) != _occurrence(self._after)

    def _is_still_tried(self) -> bool:
        """Tells whether nothing was ever fetched, and the first looks are still repeated."""
        never = all(each.code is Code.NEVER_FETCHED for each in self._verdict.deciding())
        return self._status is Status.UNKNOWN and never and self._after.suspicion is not None

    def _is_flapping(self) -> bool:
        changes, within = self._telling.changed_at, self._policy.flapping_within
        lately = [each for each in changes if timedelta(0) <= self._now - each <= within]
        return len(lately) >= self._policy.flapping_changes

    def _is_told_while_flapping(self) -> bool:
        came_back = self._status in self._telling.flapping
        more = self._changed and self._status is self._before.status
        return (more or not came_back) and (self._is_proved() or self._is_worse())

    def _is_proved(self) -> bool:
        """Tells whether signatures or time alone prove the status, so that no host can make it come and go."""
        return any(each.sticky or each.cause in _BY_TIME_OR_CHANGE for each in self._verdict.deciding())

    def _is_worse(self) -> bool:
        told = self._telling.told
        return told is not None and EXIT_CODES[told] != 0 and _rank(self._status) < _rank(told)

    def _is_time(self, reminded_at: datetime | None) -> bool:
        """Tells whether a reminder is due. A clock that went back does not keep it from coming."""
        if reminded_at is None:
            return True
        return not reminded_at - FUTURE_TOLERANCE <= self._now < reminded_at + self._policy.reminder


def _counted(
    before: Watched, after: Watched, now: datetime, policy: TellingPolicy, status: Status, *, changed: bool
) -> Telling:
    """Returns what was told, with one more change or one more good look counted."""
    telling, bad = after.telling, EXIT_CODES[status] != 0
    if changed and before.status is not None and (bad or EXIT_CODES[before.status] != 0):
        changes = (*telling.changed_at, now)[-policy.flapping_changes :]
        telling = replace(telling, changed_at=changes)
    if bad or telling.told is None or EXIT_CODES[telling.told] == 0:
        return replace(telling, good=0)
    looked = after.checks != before.checks and after.succeeded_at == after.checked_at and after.suspicion is None
    return replace(telling, good=telling.good + looked)


def _ended_by_reading(before: Watched, after: Watched) -> bool:
    """Tells whether a person has read what stood, and that has ended it."""
    if before.acknowledged is None or before.believed is None or _occurrence(before) == _occurrence(after):
        return False
    stood = [each for each in before.believed.findings if each.cause is not None and each.cause.status is before.status]
    return bool(stood) and all(each.sticky or each.cause in _ENDED_BY_READING for each in stood)


def _rank(status: Status) -> tuple[int, int]:
    """Returns how bad a status is, the worst first."""
    return _WORST_FIRST.index(EXIT_CODES[status]), list(Status).index(status)
