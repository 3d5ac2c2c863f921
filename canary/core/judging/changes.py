"""What changed since a watcher last looked, or since an earlier release.

**With a state**, everything after the last acknowledged entry A is told (A is the log's length at the first look, and
moves to the length of the stored log when a person acknowledges):

- what became of the statements (`canary.core.documents.statements`) from each release to the next one, for all releases after A,
  beginning with the last release up to A;
- if the newest release is after A and final, also what it leaves out of the last two periods (below);
- what changed from each roster to the next one, beginning with the one in force at entry A.

**From a pin alone**, the newest release is compared with one other, its **base**, and what happened before is told as
remarks:

- The base is the newest release before it whose `period` lies at least the **promised cadence** before that of the
  newest one. If there is none, it is the oldest release whose `period` is earlier. In the first period there is no
  base. The promised cadence is the longest of the shortest distances (`canary.core.documents.schedule`) of the newest roster and of
  every earlier one that still counts: one whose cadence, added once to the date of its successor's `issued`, leads
  behind the date of the newest entry's `issued`. So neither a quick correction nor a grid that moves hides anything.
- What became of the statements from the base to the newest release; and if that is final, also what it leaves out.
- What changed from each roster to the next one, beginning with the one in force at the base.
- As remarks: what became of the statements from each release to the next, and of rosters from each to the next, that
  is not among these.
- If a log was taken in and there is no state yet, those that are no remarks and cause a status become sticky.

**Leaving out of the last two periods.** A final release affirms, in the newest version, every statement of each
earlier release that has one of the two newest periods among the earlier releases, or whose period lies fewer than
twice the promised cadence before its own. Each that it does not affirm so is WITHDRAWN: a rewording at the end counts
as leaving out, since nobody will ever tell what it was to mean.

**From one roster to the next:** another set of signers, by name and key: SIGNERS-CHANGED. Another threshold:
THRESHOLD-CHANGED. A longer cadence (a month is 365.25/12 days, a week 7), window, or window and grace together:
SCHEDULE-LENGTHENED. Another `anchor-age`: ANCHOR-RULE-CHANGED. Each is a finding of the later roster's entry.

Of each code at most 50 changes of statements are told one by one, the rest as one finding of no entry; and at most the
newest 50 remarks of statements, and of rosters.
"""  # noqa: E501  an example or a row stands on one line

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice, pairwise

from msgspec.structs import replace

from canary.core.documents.release import Release
from canary.core.documents.roster import Roster, material
from canary.core.documents.schedule import Cadence, Schedule, Unit, render_days
from canary.core.documents.statements import Change, StoodBefore, Told, compare, not_affirmed_by_final
from canary.core.judging.findings import Code, Finding
from canary.core.log.history import History
from canary.limits import CHANGES_TOLD

_DAYS_IN_A_MONTH = 365.25 / 12
_DAYS_IN_A_WEEK = 7.0
_PERIODS_BEFORE_FINAL = 2


def roster_changes(before: Roster, after: Roster) -> list[Finding]:
    """Returns what a watcher must know of a change of roster."""
    findings: list[Finding] = []
    old = {(signer.name, material(signer.key)) for signer in before.signers}
    new = {(signer.name, material(signer.key)) for signer in after.signers}
    if old != new:
        joined = ", ".join(sorted(name for name, _ in new - old)) or "nobody"
        left = ", ".join(sorted(name for name, _ in old - new)) or "nobody"
        message = f"the signers changed by roster {after.number}: joined {joined}; left {left}"
        findings.append(Finding(Code.SIGNERS_CHANGED, message, after.entry))
    if before.threshold != after.threshold:
        message = f"the threshold went from {before.threshold} to {after.threshold} of {len(after.signers)}"
        findings.append(Finding(Code.THRESHOLD_CHANGED, message, after.entry))
    if _longer(before.schedule, after.schedule):
        message = f"the schedule got longer: {describe_schedule(before)} became {describe_schedule(after)}"
        findings.append(Finding(Code.SCHEDULE_LENGTHENED, message, after.entry))
    if before.anchor_age != after.anchor_age:
        ages = [render_days(age) if age is not None else "none" for age in (before.anchor_age, after.anchor_age)]
        message = f"the rule for the age of anchors went from {ages[0]} to {ages[1]}"
        findings.append(Finding(Code.ANCHOR_RULE_CHANGED, message, after.entry))
    return findings


def describe_schedule(roster: Roster) -> str:
    """Returns a roster's schedule in words."""
    schedule = roster.schedule
    return (
        f"every {schedule.cadence.render()}, a window of {render_days(schedule.window)} and "
        f"{render_days(schedule.grace)} of grace"
    )


def changes_since(history: History, acknowledged: int) -> list[Finding]:
    """Returns every change after entry `acknowledged`, none of which a later entry can hide."""
    later: list[Release] = []
    base: list[Release] = []
    for release in history.releases_back():
        if release.entry <= acknowledged:
            base = [release]
            break
        later.append(release)
    told = Told()
    told.add(_along([*base, *later[::-1]], history))
    if later and later[0].final:
        missing = _not_affirmed(history)
        told.add(change for change in missing if change.before is None or not told.withdrew(change.before))
    return told.findings() + _roster_changes_since(history, acknowledged)


def changes_from_pin(history: History) -> list[Finding]:
    """Returns what changed since the last release of an earlier period, and older changes as remarks."""
    base = compared_with(history)
    told = Told()
    told.add(changes_of_newest(history))
    rosters = [] if base is None else _roster_changes_since(history, base.entry)
    older = [change.finding() for change in _newest_changes(history) if change not in told]
    older += [each for each in _roster_changes_since(history, 1) if each not in rosters][-CHANGES_TOLD:]
    return told.findings() + rosters + [replace(each, remark=True) for each in older]


def changes_of_newest(history: History) -> Iterator[Change]:
    """Returns what became of the statements in the newest release, as a first look compares it; some may come twice."""
    base = compared_with(history)
    newest = next(history.releases_back())
    if base is not None:
        yield from compare(base, newest, StoodBefore(history.standing, base.entry + 1))
    if newest.final:
        yield from _not_affirmed(history)


def compared_with(history: History) -> Release | None:
    """Returns the release that the newest one is compared with: the last of an earlier period.

    Periods of two grids that lie closer together than the cadence that was promised are no two periods, or a
    roster that moves the grid by a day would hide in a day what was withdrawn. None in the first period.
    """
    earlier = history.releases_back()
    newest = next(earlier)
    distance = longest_cadence(history)
    oldest = newest
    for release in earlier:
        if newest.period - release.period >= distance:
            return release
        oldest = release
    return oldest if oldest.period < newest.period else None


def longest_cadence(history: History) -> timedelta:
    """Returns the longest cadence that counts at the newest entry, as the shortest distance of its windows.

    A roster's cadence goes on counting for one cadence after the roster was replaced.
    """
    rosters = history.rosters_from(1)
    now = history.admitted[-1].entry.content.issued.date()
    counting = [rosters[-1]]
    for roster, successor in pairwise(rosters):
        if roster.schedule.cadence.after(successor.issued.date(), 1) > now:
            counting.append(roster)
    return max(roster.schedule.shortest_distance() for roster in counting)


def _along(releases: list[Release], history: History) -> Iterator[Change]:
    """Returns the changes from each of `releases`, which are consecutive, to the next one."""
    for before, after in pairwise(releases):
        yield from compare(before, after, StoodBefore(history.standing, after.entry))


def _newest_changes(history: History) -> list[Change]:
    """Returns the newest changes in the log, as many as are told, the oldest of them first."""
    found: list[Change] = []
    for entry in reversed(history.standing.changes):
        after, before = islice(history.releases_back(entry), 2)
        found[:0] = list(compare(before, after, StoodBefore(history.standing, after.entry)))
        if len(found) >= CHANGES_TOLD:
            break
    return found[-CHANGES_TOLD:]


def _not_affirmed(history: History) -> Iterator[Change]:
    """Returns what the final release, which is the newest, leaves out of the last two periods."""
    reach = 2 * longest_cadence(history)
    releases = history.releases_back()
    final = next(releases)
    periods: list[date] = []
    counting: list[Release] = []
    for release in releases:
        if release.period not in periods:
            periods.append(release.period)
        # However the grid was moved, a short time ago is a short time ago. Periods never go back along a log.
        if len(periods) > _PERIODS_BEFORE_FINAL and final.period - release.period >= reach:
            break
        counting.append(release)
    yield from not_affirmed_by_final(final, counting[::-1])


def _roster_changes_since(history: History, entry: int) -> list[Finding]:
    """Returns the changes from each roster to the next one, from the one in force at `entry` on."""
    if entry < 1:
        return []
    return [
        finding for before, after in pairwise(history.rosters_from(entry)) for finding in roster_changes(before, after)
    ]


def _longer(before: Schedule, after: Schedule) -> bool:
    return (
        _days(after.cadence) > _days(before.cadence)
        or after.window > before.window
        or after.window + after.grace > before.window + before.grace
    )


def _days(cadence: Cadence) -> float:
    """Returns a cadence in days, on average."""
    return cadence.count * (_DAYS_IN_A_MONTH if cadence.unit is Unit.MONTH else _DAYS_IN_A_WEEK)
