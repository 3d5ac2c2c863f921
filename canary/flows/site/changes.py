"""What became of the statements from one release to another, as the pages show it: reworded words are marked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from canary.core.documents.release import Statement
from canary.core.documents.statements import Change
from canary.core.judging.findings import Code
from canary.core.text.wording import Passage, compare_words

_CALLED: Final = {
    Code.ADDED: "added",
    Code.REWORDED: "reworded",
    Code.WITHDRAWN: "withdrawn",
    Code.REINSTATED: "reinstated",
}


class ChangeRow(msgspec.Struct, frozen=True):
    """What became of one statement.

    Attributes:
        kind: `added`, `reworded`, `withdrawn` or `reinstated`.
        id: the statement's id.
        before: the statement as it stood; None if it did not.
        after: the statement as it stands; None if it does not. A withdrawal has one where a last release, which must
            affirm everything as it stood, says it in other words.
        passages: what was reworded, word by word; empty where nothing was.
    """

    kind: str
    id: str
    before: Statement | None
    after: Statement | None
    passages: tuple[Passage, ...]


def change_rows(changes: Iterable[Change]) -> tuple[ChangeRow, ...]:
    """Returns a row for each change, none of them twice."""
    return tuple(_row(change) for change in dict.fromkeys(changes))


def _row(change: Change) -> ChangeRow:
    before, after = change.before, change.after
    stands = after or before
    if stands is None:
        raise TypeError("a change is of a statement before or after it")
    marked = compare_words(before.words, after.words) if before is not None and after is not None else ()
    return ChangeRow(_CALLED[change.code], stands.id, before, after, marked)
