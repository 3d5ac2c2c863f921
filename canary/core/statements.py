"""What became of the statements from one release to another.

- In the earlier and not in the later, by id: WITHDRAWN.
- In the later and not in the earlier: REINSTATED if any release before the earlier one had the id, otherwise ADDED.
- In both, with another version: REWORDED. The same version with other words is FORGED, and does not come this far.

Each is a finding of the later release's entry. The same change is told once.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from canary.core.findings import Code, Finding
from canary.core.release import Release, Statement
from canary.core.wording import word_diff
from canary.limits import CHANGES_TOLD

_PERIODS_BEFORE_FINAL = 2


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one statement.

    Attributes:
        code: WITHDRAWN, REWORDED, REINSTATED or ADDED.
        before: the statement as it stood; None if it did not.
        after: the statement as it stands; None if it does not.
        release: the number of the release that changed it.
        entry: the number of that release in the log.
    """

    code: Code
    before: Statement | None
    after: Statement | None
    release: int
    entry: int

    def finding(self) -> Finding:
        """Returns the change in words. A rewording is compared word by word, which costs time."""
        return Finding(self.code, self._message(), self.entry)

    def _message(self) -> str:
        if self.before is not None and self.after is not None and self.code is Code.REWORDED:
            diff = word_diff(self.before.words, self.after.words)
            versions = f"from v{self.before.version} to v{self.after.version}"
            return f"the statement {self.after.id} was reworded {versions} ([-removed-], {{+added+}}): {diff}"
        if self.before is not None:
            words = _line(self.before)
            return f"the statement {self.before.id} is gone from release {self.release}; it said: {words}"
        if self.after is None:
            raise TypeError("a change is of a statement before or after it")
        word = "is back" if self.code is Code.REINSTATED else "is new"
        return f"the statement {self.after.label} {word}: {_line(self.after)}"


@dataclass(slots=True)
class Told:
    """Changes as they are told: the first of each kind in words, the rest as a number.

    A log of hostile releases can hold millions of changes; every kind of them is found, and few are put in words.
    """

    _shown: dict[Code, list[Change]] = field(default_factory=dict)
    _others: dict[Code, int] = field(default_factory=dict)

    def add(self, changes: Iterable[Change]) -> None:
        """Takes changes in, none of them twice."""
        for change in changes:
            shown = self._shown.setdefault(change.code, [])
            if change in shown:
                continue
            if len(shown) < CHANGES_TOLD:
                shown.append(change)
            else:
                self._others[change.code] = self._others.get(change.code, 0) + 1

    def findings(self) -> list[Finding]:
        """Returns the changes as findings."""
        found = [change.finding() for shown in self._shown.values() for change in shown]
        for code, number in self._others.items():
            found.append(Finding(code, f"{number} more statements likewise"))
        return found

    def __contains__(self, change: Change) -> bool:
        """Tells whether a change is told, or counted among those that are not."""
        return change.code in self._others or change in self._shown.get(change.code, [])


def compare(before: Release, after: Release, stood_before: Container[str]) -> Iterator[Change]:
    """Returns what became of the statements from one release to another.

    Args:
        before: the earlier release.
        after: the later one.
        stood_before: ids of statements that stood in any release before `after`.
    """
    old = {statement.id: statement for statement in before.statements}
    new = {statement.id: statement for statement in after.statements}
    for statement in before.statements:
        if statement.id not in new:
            yield Change(Code.WITHDRAWN, statement, None, after.number, after.entry)
    for statement in after.statements:
        earlier = old.get(statement.id)
        if earlier is None:
            code = Code.REINSTATED if statement.id in stood_before else Code.ADDED
            yield Change(code, None, statement, after.number, after.entry)
        elif earlier.version != statement.version:
            yield Change(Code.REWORDED, earlier, statement, after.number, after.entry)


def statement_changes(before: Release, after: Release, stood_before: Container[str]) -> list[Finding]:
    """Returns what became of the statements from one release to another, as findings; see `compare`."""
    told = Told()
    told.add(compare(before, after, stood_before))
    return told.findings()


def along(releases: list[Release], everything: list[Release]) -> Iterator[Change]:
    """Returns the changes from each of `releases` to the next one.

    Args:
        releases: consecutive releases.
        everything: every release of the log, to know which statements ever stood.
    """
    first = releases[0].entry if releases else 0
    stood = {each.id for release in everything if release.entry < first for each in release.statements}
    for before, after in pairwise(releases):
        stood.update(each.id for each in before.statements)
        yield from compare(before, after, stood)


def not_affirmed_by_final(releases: list[Release], reach: int) -> Iterator[Change]:
    """Returns the statements of the last two periods that a final release, the last of `releases`, leaves out.

    A final release must affirm them in their newest wording: nobody will ever tell what a rewording at the end
    was to mean, so it counts as leaving out.

    Args:
        releases: every release, oldest first.
        reach: releases whose period opened fewer than this many days before the final one's count as well,
            however the grid was moved.
    """
    final, earlier = releases[-1], releases[:-1]
    periods = sorted({release.period for release in earlier})[-_PERIODS_BEFORE_FINAL:]
    expected = {
        statement.id: statement
        for release in earlier
        if release.period in periods or (final.period - release.period).days < reach
        for statement in release.statements
    }
    affirmed = {(statement.id, statement.version) for statement in final.statements}
    for statement in expected.values():
        if (statement.id, statement.version) not in affirmed:
            yield Change(Code.WITHDRAWN, statement, None, final.number, final.entry)


def _line(statement: Statement) -> str:
    return " ".join(statement.words.split())
