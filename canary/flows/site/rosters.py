"""What the pages show of the rosters: who may sign from each one on, what it changed, and who signed that change."""

from __future__ import annotations

import msgspec

from canary.core.documents.roster import Roster
from canary.core.judging.changes import describe_schedule
from canary.core.log.admitted import Admitted
from canary.core.log.history import History
from canary.flows.site.paths import (
    ENTRY,
    LOG_KEY,
    TEXT,
    File,
    in_folder,
    keys_folder,
    roster_folder,
    vkey_name,
)
from canary.flows.site.proofs import detached_signatures
from canary.flows.site.signers import SignerRow, signer_rows
from canary.flows.site.views import Stamps, sentences, stamps


class RosterRow(msgspec.Struct, frozen=True):
    """A roster.

    Attributes:
        roster: the roster.
        schedule: its schedule, in words.
        text_hash: SHA-256 of its text, in hexadecimal digits.
        changes: what it changed, in sentences; empty for roster 1.
        signers: its signers, and whether they signed it.
        leaving: the signers of the roster before who are not in it, and whether they signed it.
        files: its text, the entry, and the timestamps over it.
        log_key: the file of the log's key.
    """

    roster: Roster
    schedule: str
    text_hash: str
    changes: tuple[str, ...]
    signers: tuple[SignerRow, ...]
    leaving: tuple[SignerRow, ...]
    files: tuple[File, ...]
    log_key: File


def roster_rows(history: History, evidence: Stamps) -> list[RosterRow]:
    """Returns every roster, newest first."""
    rows: list[RosterRow] = []
    before: Roster | None = None
    for admitted in history.admitted:
        roster = admitted.entry.content
        if isinstance(roster, Roster):
            rows.append(_row(admitted, roster, before, stamps(admitted, evidence)))
            before = roster
    return rows[::-1]


def _row(admitted: Admitted, roster: Roster, before: Roster | None, evidence: tuple[File, ...]) -> RosterRow:
    folder = roster_folder(roster.number)
    stay = {signer.name for signer in roster.signers}
    leaving = [] if before is None else [(each, before) for each in before.signers if each.name not in stay]
    everyone = [*(each for each, _ in leaving), *roster.signers]
    detached = frozenset(name for name, _ in detached_signatures(admitted, everyone))
    checked = admitted.tally.checked
    return RosterRow(
        roster=roster,
        schedule=describe_schedule(roster),
        text_hash=admitted.entry.text_hash,
        changes=_changes(before, roster) if before else (),
        signers=signer_rows([(each, roster) for each in roster.signers], checked, detached, folder),
        leaving=signer_rows(leaving, checked, detached, folder),
        files=(in_folder(folder, TEXT), in_folder(folder, ENTRY), *evidence),
        log_key=in_folder(keys_folder(roster.number), vkey_name(LOG_KEY)),
    )


def _changes(before: Roster, after: Roster) -> tuple[str, ...]:
    """Returns everything that a roster changed: what watchers are told, and what else its readers may ask about."""
    told = list(sentences(before, after))
    if before.organisation != after.organisation:
        told.append(f"The organisation was called {before.organisation} before.")
    if before.schedule != after.schedule:
        start = after.schedule.start.isoformat()
        told.append(f"The schedule was {describe_schedule(before)}; the new one begins on {start}.")
    if before.log != after.log:
        told.append("The log has another key.")
    if (before.witnesses, before.witness_quorum) != (after.witnesses, after.witness_quorum):
        told.append("The witnesses, or how many of them are asked for, changed.")
    return tuple(told) or ("Nothing but its number and its date.",)
