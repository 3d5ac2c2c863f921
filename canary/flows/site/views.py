"""What the pages show of a release, worked out before any page is written, so that the templates decide nothing.

Nothing here looks ahead: what a release's own page shows follows from the log up to that release and from the
timestamps over it, so the next release leaves the page as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from canary.core.documents.layout import attachment_path, evidence_folder, release_folder
from canary.core.documents.release import Attachment, Release, Statement
from canary.core.documents.roster import Roster
from canary.core.documents.statements import Change, StoodBefore, compare
from canary.core.judging.changes import roster_changes
from canary.core.judging.findings import Code
from canary.core.log.admitted import Admitted
from canary.core.log.history import History
from canary.core.text.strict import digest
from canary.flows.site.changes import ChangeRow, change_rows
from canary.flows.site.paths import ENTRY, TEXT, File, in_folder, paper_page, release_page
from canary.flows.site.proofs import detached_signatures
from canary.flows.site.signers import SignerRow, signer_rows

Stamps = Mapping[str, Sequence[tuple[str, bytes]]]
"""The timestamps (name, bytes) by the SHA-256 of the entry that they are over."""


class StatementRow(msgspec.Struct, frozen=True):
    """A statement as a release makes it.

    Attributes:
        statement: the statement.
        stands_since: the first release from which on it has stood in every one, in whichever words.
        since: the same in these words.
    """

    statement: Statement
    stands_since: Release
    since: Release


class AttachmentRow(msgspec.Struct, frozen=True):
    """An attachment, and where it lies."""

    attachment: Attachment
    path: str


class Edition(msgspec.Struct, frozen=True):
    """One release with everything that a page shows beside it.

    Attributes:
        release: the release.
        roster: the roster that judges it.
        page: where its own page lies.
        paper: where the page lies that is made for paper.
        text: the signed text, decoded.
        text_file: the signed text.
        entry_file: the same with its signature lines.
        text_hash: SHA-256 of the text, in hexadecimal digits.
        entry_hash: the same of the whole entry.
        threshold: how many have to sign.
        signed: how many did, and count.
        signers: everyone in the roster, in its order.
        statements: its statements.
        before: the release before it.
        changes: what became of the statements since then; in the first release all of them are added.
        roster_changes: what became different of who signs and when, in sentences.
        attachments: its attachments.
        evidence: the timestamps over it.
    """

    release: Release
    roster: Roster
    page: str
    paper: str
    text: str
    text_file: File
    entry_file: File
    text_hash: str
    entry_hash: str
    threshold: int
    signed: int
    signers: tuple[SignerRow, ...]
    statements: tuple[StatementRow, ...]
    before: Release | None
    changes: tuple[ChangeRow, ...]
    roster_changes: tuple[str, ...]
    attachments: tuple[AttachmentRow, ...]
    evidence: tuple[File, ...]


def editions(history: History, evidence: Stamps) -> list[Edition]:
    """Returns every release, oldest first."""
    made: list[Edition] = []
    since: dict[str, StatementRow] = {}
    before: tuple[Roster, Release] | None = None
    for admitted in history.admitted:
        release = admitted.entry.content
        if not isinstance(release, Release):
            continue
        # Only what stood in the release before goes on standing: a statement that comes back begins anew.
        since = {each.id: _standing(each, since.get(each.id), release) for each in release.statements}
        if before is None:
            changes = change_rows(_added(each, release) for each in release.statements)
        else:
            changes = change_rows(compare(before[1], release, StoodBefore(history.standing, release.entry)))
        made.append(
            _edition(
                admitted,
                release,
                before=before,
                changes=changes,
                statements=tuple(since.values()),
                evidence=stamps(admitted, evidence),
            )
        )
        before = admitted.roster, release
    return made


def stamps(admitted: Admitted, evidence: Stamps) -> tuple[File, ...]:
    """Returns the timestamps over an entry."""
    entry = digest(admitted.entry.data)
    return tuple(in_folder(evidence_folder(entry), name) for name, _ in evidence.get(entry, ()))


def sentences(before: Roster, after: Roster) -> tuple[str, ...]:
    """Returns what a watcher must know of a change of roster, in sentences."""
    found = (finding.message for finding in roster_changes(before, after))
    return tuple(f"{message[:1].upper()}{message[1:]}." for message in found)


def _edition(
    admitted: Admitted,
    release: Release,
    *,
    before: tuple[Roster, Release] | None,
    changes: tuple[ChangeRow, ...],
    statements: tuple[StatementRow, ...],
    evidence: tuple[File, ...],
) -> Edition:
    folder, roster = release_folder(release.number), admitted.roster
    detached = frozenset(name for name, _ in detached_signatures(admitted, roster.signers))
    signers = signer_rows([(each, roster) for each in roster.signers], admitted.tally.checked, detached, folder)
    return Edition(
        release=release,
        roster=roster,
        page=release_page(release.number),
        paper=paper_page(release.number),
        text=admitted.entry.text.decode(),
        text_file=in_folder(folder, TEXT),
        entry_file=in_folder(folder, ENTRY),
        text_hash=admitted.entry.text_hash,
        entry_hash=digest(admitted.entry.data),
        threshold=admitted.tally.threshold,
        signed=len(admitted.tally.signed),
        signers=signers,
        statements=statements,
        before=before[1] if before else None,
        changes=changes,
        roster_changes=sentences(before[0], roster) if before else (),
        attachments=tuple(
            AttachmentRow(each, attachment_path(release.number, each.name)) for each in release.attachments
        ),
        evidence=evidence,
    )


def _added(statement: Statement, release: Release) -> Change:
    return Change(Code.ADDED, None, statement, release.number, release.entry)


def _standing(statement: Statement, before: StatementRow | None, release: Release) -> StatementRow:
    if before is None:
        return StatementRow(statement, release, release)
    return before if before.statement == statement else StatementRow(statement, before.stands_since, release)
