"""What the entries of a log leave behind for the next one to be judged by.

It is a summary that grows with the canary's statements, signers and anchors, and with nothing else of its age. It
follows from the entries; a watcher's state keeps it beside them, so that a look need not read them all again.
"""

from __future__ import annotations

import msgspec

from canary.core.documents.release import Release, Statement
from canary.core.documents.roster import Roster, material
from canary.core.signed.outcome import Outcome
from canary.core.signed.tally import Tally
from canary.core.text.strict import digest


class Wording(msgspec.Struct, frozen=True):
    """The words that an id and a version of a statement stand for, for ever.

    Attributes:
        sha256: SHA-256 of the words in UTF-8, 64 hexadecimal digits.
        entry: the first entry that says them.
    """

    sha256: str
    entry: int


class Standing(msgspec.Struct):
    """The summary of a log. Entries are counted from 1.

    Attributes:
        rosters: the entries that are rosters, in order.
        release: the entry of the newest release; None where there is none.
        wordings: by statement id and version, both in the order in which they came.
        keys: the key material that each signer's name has carried, in any roster.
        anchors: the first release with each anchor, by what makes two anchors the same.
        changes: the releases that say other statements, in other wordings or another order, than the one before.
        unchecked: the entries with a signature that could not be checked when they were admitted.
    """

    rosters: list[int] = []
    release: int | None = None
    wordings: dict[str, dict[int, Wording]] = {}
    keys: dict[str, bytes] = {}
    anchors: dict[str, int] = {}
    changes: list[int] = []
    unchecked: list[int] = []

    def copy(self) -> Standing:
        """Returns a summary that can grow without this one growing."""
        wordings = {name: dict(versions) for name, versions in self.wordings.items()}
        return Standing(
            list(self.rosters),
            self.release,
            wordings,
            dict(self.keys),
            dict(self.anchors),
            list(self.changes),
            list(self.unchecked),
        )

    def take(self, content: Roster | Release, tally: Tally, before: Release | None) -> None:
        """Takes in the entry that comes next.

        Args:
            content: what it says.
            tally: its signatures.
            before: the newest release so far.
        """
        if any(each.outcome is Outcome.UNCHECKED for each in tally.checked):
            self.unchecked.append(content.entry)
        if isinstance(content, Roster):
            self.rosters.append(content.entry)
            self.keys.update({signer.name: material(signer.key) for signer in content.signers})
            return
        self.release = content.entry
        if before is not None and [each.label for each in before.statements] != [
            each.label for each in content.statements
        ]:
            self.changes.append(content.entry)
        for anchor in content.anchors:
            # Imported here: most logs have no anchors.
            from canary.core.dating.anchors import anchor_identity  # noqa: PLC0415

            self.anchors.setdefault(anchor_identity(anchor), content.entry)
        for statement in content.statements:
            versions = self.wordings.setdefault(statement.id, {})
            if statement.version not in versions:
                versions[statement.version] = Wording(digest(statement.words.encode()), content.entry)

    def contradicts(self, statement: Statement) -> bool:
        """Tells whether the statement's id and version were signed before with other words."""
        known = self.wordings.get(statement.id, {}).get(statement.version)
        return known is not None and known.sha256 != digest(statement.words.encode())

    def is_signed(self, statement_id: str, version: int) -> bool:
        """Tells whether words were ever signed under that id and version."""
        return version in self.wordings.get(statement_id, {})

    def highest_version(self, statement_id: str) -> int:
        """Returns the highest version of a statement that was ever signed, 0 if none was."""
        # No version goes down, so the last one that came is the highest.
        return next(reversed(self.wordings.get(statement_id, {})), 0)

    def stood_before(self, statement_id: str, entry: int) -> bool:
        """Tells whether a statement of that id stood in any release before an entry."""
        first = next(iter(self.wordings.get(statement_id, {}).values()), None)
        return first is not None and first.entry < entry

    def roster_before(self, entry: int) -> int | None:
        """Returns the newest roster's entry before an entry; None where there is none."""
        return next((number for number in reversed(self.rosters) if number < entry), None)
