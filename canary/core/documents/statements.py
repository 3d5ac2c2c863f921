"""What became of the statements from one release to another.

- In the earlier and not in the later, by id: WITHDRAWN.
- In the later and not in the earlier: REINSTATED if any release before the earlier one had the id, otherwise ADDED.
- In both, with another version: REWORDED. The same version with other words is FORGED, and does not come this far.

Each is a finding of the later release's entry. The same change is told once.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

import msgspec

from canary.core.documents.release import Release, Statement
from canary.core.judging.findings import Code, Finding
from canary.core.log.standing import Standing
from canary.core.text.wording import LEGEND, SAID, word_diff
from canary.limits import CHANGES_TOLD


class Change(msgspec.Struct, frozen=True):
    """What became of one statement.

    Attributes:
        code: WITHDRAWN, REWORDED, REINSTATED or ADDED.
        before: the statement as it stood; None if it did not.
        after: the statement as it stands; None if it does not. A withdrawal has one where a final release says it in
            other words.
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
            return f"the statement {self.after.id} was reworded {versions} {LEGEND}: {diff}"
        if self.before is not None and self.after is not None:
            label, words = self.before.label, _line(self.before)
            return f"release {self.release}, the last one, does not affirm {label} as it stood{SAID}: {words}"
        if self.before is not None:
            words = _line(self.before)
            return f"the statement {self.before.id} is gone from release {self.release}{SAID}: {words}"
        if self.after is None:
            raise TypeError("a change is of a statement before or after it")
        word = "is back" if self.code is Code.REINSTATED else "is new"
        return f"the statement {self.after.label} {word}: {_line(self.after)}"


class Told(msgspec.Struct):
    """Changes as they are told: the first of each kind in words, the rest as a number.

    A log of hostile releases can hold millions of changes; every kind of them is found, and few are put in words.
    """

    _shown: dict[Code, list[Change]] = msgspec.field(default_factory=dict)
    _others: dict[Code, int] = msgspec.field(default_factory=dict)

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

    def withdrew(self, statement: Statement) -> bool:
        """Tells whether it is told already that a statement is gone."""
        return any(each.before == statement for each in self._shown.get(Code.WITHDRAWN, []))

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


def not_affirmed_by_final(final: Release, counting: Iterable[Release]) -> Iterator[Change]:
    """Returns the statements that a final release must affirm and leaves out.

    It must affirm them in their newest wording: nobody will ever tell what a rewording at the end was to mean, so it
    counts as leaving out.

    Args:
        final: the final release.
        counting: the releases that count, those of the last two periods, oldest first.
    """
    expected = {statement.id: statement for release in counting for statement in release.statements}
    for statement in expected.values():
        stands = final.statement(statement.id)
        if stands is None or stands.version != statement.version:
            yield Change(Code.WITHDRAWN, statement, stands, final.number, final.entry)


class StoodBefore(msgspec.Struct, frozen=True):
    """The ids of the statements that stood in any release before an entry."""

    standing: Standing
    entry: int

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.standing.stood_before(name, self.entry)


def _line(statement: Statement) -> str:
    return " ".join(statement.words.split())
