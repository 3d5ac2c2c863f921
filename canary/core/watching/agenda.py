"""When a watcher looks at a canary, and what it believes of what it sees.

**When.** After a look, the next one is due a little before the canary's interval has passed (by 5 to 15 in a hundred),
so that looks spread out, and that a run started every interval finds it due. It is due earlier:

- when the window for the next release opens, when it is over, and when the newest release expires: what time alone
  changes is not told before a look for a newer release;
- after a day at the latest, while the next release is due, overdue, or the newest one has expired;
- after a failure that is not believed yet: the waits double, and together are as long as patience lasts;
- after as long as patience lasts, while a good status has followed a bad one and that is not told yet.

A moment is counted from the look, never from when it was due: a machine that slept looks once. A `next_at` further
ahead than the interval, or a look that is still to come, was written by a clock that was wrong, and the canary is due.

**What is believed.** UNKNOWN, INVALID and everything else that is not a failure (`canary.core.watching.suspecting`) at
once: none of it comes from a bad line, and none makes a canary look better than it is. A failure when three looks in a
row, over half an hour, have failed; as MISSING only if all of them came to that. Where nothing was ever fetched the
status is UNKNOWN from the first look on. Meanwhile what was believed before stands, with its time judged anew: no
failure puts off an expiry. One that is believed stands until a look brings the log again, or comes to the other kind
for as long.

**This watcher's own network** looks broken when more than a tenth of the hosts that were looked at within the hour, and
at least three, are suddenly unreachable. Then no failure of that run is counted. It goes on looking so until those
that failed have answered or are no longer sudden, whatever else answers meanwhile: one host's trouble is told once.
What no look has come to anything of yet counts as suddenly unreachable only while nothing at all can be reached: so a
list that is taken in while the network is down is one alert, and names that are wrong are told one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from canary.core.judging.anew import judged_anew
from canary.core.judging.findings import EXIT_CODES, Cause, Code, Status
from canary.core.judging.verdict import Verdict
from canary.core.text.times import midnight
from canary.core.watching.suspecting import believed_of, brought_log, failure_of
from canary.core.watching.watched import Suspicion, Watched, counted

_SOONER_BY = 0.05
_SPREAD = 0.1
_SPREAD_OF_RETRIES = 0.2
_SHORTEST_STEP = timedelta(minutes=1)
_DOUBLINGS = 12
_SPREAD_OF_OPENING = timedelta(minutes=15)
_WHILE_LATE = timedelta(days=1)
_BY_TIME = {Code.DUE, Code.OVERDUE, Code.EXPIRED}
_PROVED = {Cause.WITHDRAWN, Cause.CHANGED, Cause.OVERDUE, Cause.EXPIRED}

_NETWORK_SHARE = 10
_NETWORK_LEAST = 3
_SUDDENLY = timedelta(hours=1)
_SUDDEN_FOR = timedelta(days=1)


class Patience(msgspec.Struct, frozen=True):
    """When a failure is believed.

    Attributes:
        tries: looks in a row that failed; at least 1.
        over: the time from the first of them to the last.
    """

    tries: int = 3
    over: timedelta = timedelta(minutes=30)

    @property
    def step(self) -> timedelta:
        """The wait after the first look that failed."""
        return max(self.over / max((1 << self.tries - 1) - 1, 1), _SHORTEST_STEP)

    def is_over(self, suspicion: Suspicion, now: datetime) -> bool:
        """Tells whether a suspicion has lasted."""
        return suspicion.tries >= self.tries and now - suspicion.since >= self.over

    def wait(self, suspicion: Suspicion, now: datetime) -> timedelta:
        """Returns how long to wait before the next look at what is suspected."""
        if suspicion.tries < self.tries:
            return self.step * (1 << min(suspicion.tries - 1, _DOUBLINGS))
        return max(suspicion.since + self.over - now, self.step)


# --- what is believed -----------------------------------------------------------------------------------


def believe(
    watched: Watched,
    verdict: Verdict,
    *,
    now: datetime,
    jitter: float,
    patience: Patience,
    network_broken: bool = False,
) -> Watched:
    """Returns a row after one look.

    Args:
        watched: the row before.
        verdict: what the look came to.
        now: when it was made.
        jitter: from 0 to 1, another number for each look.
        patience: when a failure is believed.
        network_broken: whether this watcher's own network looks broken: a failure is not counted then.
    """
    believed, suspicion = _weighed(watched, verdict, now, patience, network_broken=network_broken)
    after = replace(
        watched,
        believed=believed,
        suspicion=suspicion,
        checked_at=now,
        succeeded_at=now if brought_log(verdict) else watched.succeeded_at,
        checks=watched.checks + 1,
    )
    after = _recorded(watched, after, now)
    retry = network_broken and failure_of(verdict) is not None
    return replace(after, next_at=now + _wait(after, now, jitter, patience, retry=retry))


def by_time(watched: Watched, now: datetime) -> Watched:
    """Returns a row at a moment at which nobody looks: time alone changes what stands."""
    return _recorded(watched, watched, now)


def standing(watched: Watched, now: datetime) -> Verdict | None:
    """Returns what stands: the believed verdict with its time judged anew; None before the first look.

    Time never runs backwards here: where the clock is behind the look, the look's own moment counts.
    """
    if watched.believed is None:
        return None
    return judged_anew(watched.believed, max(now, watched.believed.judged_at))


def counted_exit_code(watched: Watched, now: datetime) -> int:
    """Returns a canary's share in the exit code of a list (`canary.core.watching.watched.counted`)."""
    verdict = standing(watched, now)
    return counted(None if verdict is None else verdict.status, watched.status, watched.acknowledged)


def _weighed(
    watched: Watched, verdict: Verdict, now: datetime, patience: Patience, *, network_broken: bool
) -> tuple[Verdict | None, Suspicion | None]:
    """Returns what is believed after a look, and what is suspected."""
    before, suspicion = watched.believed, watched.suspicion
    kind = failure_of(verdict)
    if kind is None:
        return verdict, None
    if network_broken:
        return None if before is None else believed_of(verdict, before, None), suspicion
    believed_kind = None if before is None else failure_of(before)
    if kind is believed_kind and (suspicion is None or failure_of(suspicion.verdict) is not kind):
        return believed_of(verdict, before, verdict), None
    suspicion = _suspected(suspicion, verdict, now)
    if patience.is_over(suspicion, now):
        return believed_of(verdict, before, suspicion.verdict), None
    return believed_of(verdict, before, None), suspicion


def _suspected(before: Suspicion | None, verdict: Verdict, now: datetime) -> Suspicion:
    if before is None or now < before.since:
        return Suspicion(now, 1, verdict)
    # A host that says "gone" at one look and nothing at the next is not gone for sure.
    milder = failure_of(verdict) is Cause.MISSING and failure_of(before.verdict) is not Cause.MISSING
    return Suspicion(before.since, before.tries + 1, before.verdict if milder else verdict)


def _recorded(before: Watched, after: Watched, now: datetime) -> Watched:
    """Returns a row with the status that stands, and since when."""
    verdict = standing(after, now)
    if verdict is None:
        return after
    status = verdict.status
    if _hides_unread(before, verdict):
        return replace(after, status=status, status_since=now, acknowledged=None)
    is_same = after.believed is before.believed or not _is_another(standing(before, now), verdict)
    if status is before.status and is_same:
        return after
    return replace(after, status=status, status_since=_began(verdict, now), acknowledged=None)


def _hides_unread(before: Watched, after: Verdict) -> bool:
    """Tells whether under a status that a person has read there is now what would be told if it stood alone.

    Otherwise a changed attachment that was read, and stays changed, would hide a withdrawal and an expiry for ever.
    """
    read = before.acknowledged
    if read is None or read.status is not after.status:
        return False
    known = standing(before, read.at)
    return known is None or not _weighty(after) <= _weighty(known)


def _weighty(verdict: Verdict) -> set[tuple[Code, int | None, str]]:
    """Returns what no host can make come and go, and what only a person can end or an alarm stands for."""
    return {each.key for each in verdict.findings if each.cause is Cause.EXPIRED or (each.cause and each.sticky)}


def _is_another(before: Verdict | None, after: Verdict) -> bool:
    """Tells whether the same status stands for something else than before: another withdrawal, another expiry."""
    return before is not None and not _marks(after, after.status) <= _marks(before, after.status)


def _marks(verdict: Verdict, status: Status) -> set[tuple[Code, int | None, str]]:
    """Returns what a status stands for. A failure is the same failure whatever its words; junk is junk."""
    return {
        (each.code, None, "") if status is Status.UNKNOWN else each.key
        for each in verdict.findings
        if each.cause is not None
        and each.cause.status is status
        and (status is Status.UNKNOWN or each.sticky or each.cause in _PROVED)
    }


def _began(verdict: Verdict, now: datetime) -> datetime:
    """Returns since when a status stands that is new: for one that time proves, since that moment."""
    moments = _moments(verdict)
    moment = moments.get(next((each.code for each in verdict.deciding()), Code.NEVER_FETCHED))
    return now if moment is None else min(moment, now)


def _moments(verdict: Verdict) -> dict[Code, datetime]:
    """Returns when time alone changes what stands."""
    promise = verdict.promise
    if promise is None or promise.next is None or promise.expires is None:
        return {}
    return {
        Code.DUE: midnight(promise.next.opens),
        Code.OVERDUE: promise.next.over,
        Code.EXPIRED: promise.expires,
    }


# --- when to look ---------------------------------------------------------------------------------------


def is_due(watched: Watched, now: datetime) -> bool:
    """Tells whether a canary is to be looked at by now."""
    return not now < watched.next_at <= now + watched.followed.every or (
        watched.checked_at is not None and watched.checked_at > now
    )


def _wait(watched: Watched, now: datetime, jitter: float, patience: Patience, *, retry: bool) -> timedelta:
    """Returns how long after a look the next one is made."""
    every = watched.followed.every
    wait = every * (1 - _SOONER_BY - _SPREAD * jitter)
    verdict = standing(watched, now)
    if verdict is None or retry:
        return min(wait, patience.step * (1 + _SPREAD_OF_RETRIES * jitter))
    if watched.suspicion is not None:
        return min(wait, patience.wait(watched.suspicion, now) * (1 + _SPREAD_OF_RETRIES * jitter))
    if _is_recovering(watched, verdict):
        return min(wait, max(patience.over, patience.step))
    if any(each.code in _BY_TIME for each in verdict.findings):
        wait = min(wait, _WHILE_LATE)
    moments = _moments(verdict)
    if Code.DUE in moments:
        # What time alone tells of the others is told at once, so the look has to come at once as well.
        moments[Code.DUE] += _SPREAD_OF_OPENING * jitter
    return min([wait, *(each - now for each in moments.values() if each > now)])


def _is_recovering(watched: Watched, verdict: Verdict) -> bool:
    told = watched.telling.told
    return told is not None and EXIT_CODES[told] != 0 and verdict.exit_code == 0


# --- this watcher's own network -------------------------------------------------------------------------


def network_suspect(unreachable: int, looked: int) -> bool:
    """Tells whether it is this watcher's own network that looks broken.

    Args:
        unreachable: how many hosts were suddenly unreachable.
        looked: how many were looked at, those included.
    """
    return unreachable >= _NETWORK_LEAST and unreachable * _NETWORK_SHARE > looked


def count_unreachable(
    rows: Iterable[Watched],
    *,
    failed: Collection[str],
    answered: Collection[str],
    now: datetime,
    broken_since: datetime | None = None,
) -> tuple[int, int]:
    """Returns how many hosts were suddenly unreachable, of how many that were looked at within the hour.

    A host counts once, however many canaries lie there, and where it answers for one of them it can be reached. Not
    only those of one run count: a run that repeats the looks that failed sees failures only, and one of many small
    runs too few of them. While the network looks broken all count that were looked at since, and in the hour before,
    but for what is due and was left out of this run: of that nothing is known. What failed for longer than a day, while
    others answered, is no longer sudden. What no look has come to anything of yet is, while nothing at all answers.

    Args:
        rows: the whole list, as it was before the run.
        failed: the names of those that the run could not reach.
        answered: the names of the others that it looked at.
        now: the watcher's clock.
        broken_since: since when the network looks broken; None while it does not.
    """
    listed = list(rows)
    moments = [each.succeeded_at for each in listed if each.succeeded_at is not None]
    answered_at = now if answered else max(moments, default=now)
    looked, reached, gone, new = set[str](), set[str](), set[str](), set[str]()
    for each in listed:
        name, host = each.followed.name, _host(each)
        if name in answered:
            looked.add(host)
            reached.add(host)
        elif name in failed or _lately(each, now, broken_since):
            looked.add(host)
            if name not in failed and each.checked_at == each.succeeded_at:
                reached.add(host)
            elif each.believed is None:
                new.add(host)
            elif _is_sudden(each, answered_at):
                gone.add(host)
    return len((gone if reached else gone | new) - reached), len(looked)


def _host(watched: Watched) -> str:
    location = watched.followed.location
    return urlsplit(location).netloc or location


def _lately(watched: Watched, now: datetime, broken_since: datetime | None) -> bool:
    if watched.checked_at is None:
        return False
    if broken_since is not None and not is_due(watched, now) and watched.checked_at >= broken_since - _SUDDENLY:
        return True
    return abs(now - watched.checked_at) <= _SUDDENLY


def _is_sudden(watched: Watched, answered_at: datetime) -> bool:
    """Tells whether a failure here says as much about this network as about the canary."""
    if watched.succeeded_at is None or watched.believed is None or failure_of(watched.believed) is not None:
        return False
    return answered_at - watched.succeeded_at <= watched.followed.every + _SUDDEN_FOR
