"""What changed from one release, or one roster, to another. Design, section 6, step 6 and the row CHANGED."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from canary.core.findings import Code, Finding
from canary.core.history import History
from canary.core.release import Release, Statement
from canary.core.roster import Roster, material
from canary.core.schedule import Schedule, render_days
from canary.core.wording import word_diff

_PERIODS_BEFORE_FINAL = 2


def statement_changes(before: Release, after: Release, stood_before: Iterable[str]) -> list[Finding]:
    """Returns what became of the statements from one release to another.

    Args:
        before: the earlier release.
        after: the later one.
        stood_before: ids of statements that stood in any release before `after`.
    """
    known = set(stood_before)
    findings = [_withdrawn(statement, after) for statement in before.statements if not after.statement(statement.id)]
    for statement in after.statements:
        old = before.statement(statement.id)
        if old is None:
            code, word = (Code.REINSTATED, "is back") if statement.id in known else (Code.ADDED, "is new")
            findings.append(Finding(code, f"the statement {statement.label} {word}: {_line(statement)}", after.entry))
        elif old.version != statement.version:
            diff = word_diff(old.words, statement.words)
            message = f"the statement {statement.id} was reworded from v{old.version} to v{statement.version}: {diff}"
            findings.append(Finding(Code.REWORDED, message, after.entry))
    return findings


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
        ages = [f"{age.days} days" if age is not None else "none" for age in (before.anchor_age, after.anchor_age)]
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
    releases = history.releases()
    earlier = [release for release in releases if release.entry <= acknowledged]
    later = [release for release in releases if release.entry > acknowledged]
    findings = _along([*earlier[-1:], *later], releases)
    if later and later[-1].final:
        findings += _hidden_by_final(releases)
    return findings + _roster_changes_since(history, acknowledged)


def changes_from_pin(history: History) -> tuple[list[Finding], int]:
    """Returns what changed since the last release of an earlier period, and older changes as remarks.

    Returns:
        The findings, and the number of the entry that the newest release was compared with (the whole log's
        length where there was none).
    """
    releases = history.releases()
    newest = releases[-1]
    base = next((each for each in reversed(releases) if each.period < newest.period), None)
    if base is None:
        compared: list[Finding] = []
        acknowledged = len(history.admitted)
    else:
        stood = {each.id for release in releases if release.entry <= base.entry for each in release.statements}
        compared = statement_changes(base, newest, stood)
        compared += roster_changes(history.admitted[base.entry - 1].roster, history.admitted[-1].roster)
        acknowledged = base.entry
    if newest.final:
        compared += _hidden_by_final(releases)
    told = {(finding.code, finding.message) for finding in compared}
    every = _along(releases, releases) + _roster_changes_since(history, 1)
    older = [each for each in every if (each.code, each.message) not in told]
    return compared + [replace(each, remark=True) for each in older], acknowledged


def _along(releases: list[Release], everything: list[Release]) -> list[Finding]:
    """Returns the changes from each release to the next one."""
    findings: list[Finding] = []
    stood = {
        each.id
        for release in everything
        if releases and release.entry < releases[0].entry
        for each in release.statements
    }
    for before, after in pairwise(releases):
        stood.update(each.id for each in before.statements)
        findings += statement_changes(before, after, stood)
    return findings


def _hidden_by_final(releases: list[Release]) -> list[Finding]:
    """Returns the statements of the last two periods that a final release does not affirm."""
    final, earlier = releases[-1], releases[:-1]
    periods = sorted({release.period for release in earlier})[-_PERIODS_BEFORE_FINAL:]
    lost = {
        statement.id: statement
        for release in earlier
        if release.period in periods
        for statement in release.statements
        if not final.statement(statement.id)
    }
    return [_withdrawn(statement, final) for statement in lost.values()]


def _roster_changes_since(history: History, entry: int) -> list[Finding]:
    """Returns the changes from each roster to the next one, from the one in force at `entry` on."""
    if entry < 1:
        return []
    rosters = [each.roster for each in history.admitted[entry - 1 :]]
    return [
        finding
        for before, after in pairwise(rosters)
        if before is not after
        for finding in roster_changes(before, after)
    ]


def _longer(before: Schedule, after: Schedule) -> bool:
    if before.cadence.unit is after.cadence.unit:
        rarer = after.cadence.count > before.cadence.count
    else:
        rarer = after.shortest_distance() > before.shortest_distance()
    return rarer or after.window > before.window or after.window + after.grace > before.window + before.grace


def _withdrawn(statement: Statement, release: Release) -> Finding:
    return Finding(
        Code.WITHDRAWN,
        f"the statement {statement.id} is gone from release {release.number}; it said: {_line(statement)}",
        release.entry,
    )


def _line(statement: Statement) -> str:
    return " ".join(statement.words.split())
