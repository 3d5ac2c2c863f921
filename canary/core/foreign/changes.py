"""What became of a foreign canary's statements, against those that a person has acknowledged.

- One that was acknowledged, or was added since, and is not there: WITHDRAWN.
- One that is there with other words: REWORDED, with the difference.
- One that was not acknowledged: ADDED.

What an edition that was accepted added is kept: whoever leaves it out later withdraws it. Of each code as many are
told as `limits.CHANGES_TOLD`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from canary.core.foreign.pinned import PinnedStatement
from canary.core.foreign.told import told
from canary.core.judging.findings import Code, Finding
from canary.core.text.wording import LEGEND, SAID, word_diff
from canary.limits import CHANGES_TOLD, FOREIGN_STATEMENTS, FOREIGN_TEXT_CHARACTERS

Statements = tuple[PinnedStatement, ...]


class Base(msgspec.Struct, frozen=True):
    """What an edition's statements are compared with.

    Attributes:
        acknowledged: what a person has acknowledged.
        added: what stood in an edition that was accepted since.
    """

    acknowledged: Statements
    added: Statements

    @property
    def known(self) -> Statements:
        """All of them: what is looked for in a text whose statements have no ids of their own."""
        return (*self.acknowledged, *self.added)

    def with_more(self, statements: Statements) -> Base:
        """Returns the base after an edition with these statements was accepted."""
        ids = {each.id for each in self.known}
        added, room = list(self.added), FOREIGN_TEXT_CHARACTERS - sum(len(each.words) for each in self.added)
        for each in statements:
            if each.id not in ids and len(added) < FOREIGN_STATEMENTS and len(each.words) <= room:
                added.append(each)
                room -= len(each.words)
        return msgspec.structs.replace(self, added=tuple(added))


def statement_findings(base: Base, now: Statements, *, sticky: bool) -> list[Finding]:
    """Returns what became of the statements.

    Args:
        base: what they are compared with.
        now: the statements of the edition.
        sticky: whether signatures prove it, so that WITHDRAWN and REWORDED stay until they are acknowledged.
    """
    found: list[Finding] = []
    counted: Counter[Code] = Counter()
    for code, message in _changes(base, now):
        counted[code] += 1
        if counted[code] <= CHANGES_TOLD:
            found.append(told(code, message, sticky=sticky and code is not Code.ADDED))
    more = {code: number - CHANGES_TOLD for code, number in counted.items() if number > CHANGES_TOLD}
    return [*found, *(told(code, f"{number} more statements likewise") for code, number in more.items())]


def _changes(base: Base, now: Sequence[PinnedStatement]) -> Iterator[tuple[Code, str]]:
    there = {each.id: each for each in now}
    for each in base.known:
        after = there.get(each.id)
        if after is None:
            yield Code.WITHDRAWN, f"the statement {each.id} is gone{SAID}: {each.words}"
        elif after.words != each.words:
            difference = word_diff(each.words, after.words)
            yield Code.REWORDED, f"the statement {each.id} was reworded {LEGEND}: {difference}"
    acknowledged = {each.id for each in base.acknowledged}
    for each in now:
        if each.id not in acknowledged:
            yield Code.ADDED, f"the statement {each.id} is new: {each.words}"
