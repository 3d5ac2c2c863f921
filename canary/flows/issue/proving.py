"""OpenTimestamps proofs over entries: which are missing, asking calendars for them, and keeping what comes.

Each entry wants one proof. It is *missing* until a calendar has promised a Bitcoin block for it; then it *waits*, which
is as it should be for some hours. A promise that is open for longer than two days is told, and counts as missing again.
With a block in it the proof is there, whether the block is the right one or not: that is for every watcher to find out
from a source of their own. What other calendars promised beside it is fetched too, for as long as a promise may take:
one of them may have lied.

A calendar that is dead, or lies, stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from canary.core.dating.evidence import OTS, evidence_names
from canary.core.dating.ots_calendars import Calendars
from canary.core.documents.layout import evidence_folder
from canary.core.signed.entry import Entry
from canary.core.text.strict import digest
from canary.flows.issue.failures import Failure
from canary.flows.issue.proofs_to_come import (
    ProofChanges,
    ProofStage,
    ask_for_proofs,
    has_open_promises,
    proof_stage,
)
from canary.formats.times.bitcoin_headers import HeaderSource
from canary.formats.times.ots_proof import OtsNotInstalledError, check_installed
from canary.limits import BLOCK_AWAITED


class ProofDrawer(Protocol):
    """The port to the proofs that are kept."""

    def evidence(self, entry_sha256: str) -> Sequence[tuple[str, bytes]]:
        """Returns the timestamps over an entry, by file name."""

    def promised(self, entry_sha256: str) -> Mapping[str, datetime]:
        """Returns for each proof over an entry, by file name, when it was begun, where that is known."""

    def begin_proof(self, entry_sha256: str, name: str, data: bytes, promised: datetime) -> None:
        """Keeps a new proof over an entry, and when it was begun."""

    def replace_proof(self, entry_sha256: str, name: str, data: bytes) -> None:
        """Puts a fuller proof in the place of one that is kept, in one step."""


class Proving(msgspec.Struct, frozen=True):
    """What asking takes.

    Attributes:
        drawer: where proofs are kept.
        calendars: the calendars in `canary.toml`.
        nonce: makes 16 random bytes.
        headers: the publisher's own source of block headers.
        now: the clock here.
    """

    drawer: ProofDrawer
    calendars: Calendars
    nonce: Callable[[], bytes]
    headers: HeaderSource
    now: datetime


class Overdue(msgspec.Struct, frozen=True):
    """An entry whose promised block does not come.

    Attributes:
        entry: its number.
        folder: the folder of its evidence in the workspace.
        since: when the block was promised.
    """

    entry: int
    folder: str
    since: datetime


class Proved(msgspec.Struct, frozen=True):
    """What asking came to.

    Attributes:
        promised: the addresses of the calendars that promised a block just now.
        completed: how many files have more in them since just now.
        failures: who gave nothing, and files that are no proofs.
        waiting: how many entries wait for their block, as they should.
        overdue: those that have waited for too long.
        missing: how many proofs are missing, the overdue ones among them.
        not_installed: why proofs cannot be read here at all; None where they can.
    """

    promised: tuple[str, ...] = ()
    completed: int = 0
    failures: tuple[Failure, ...] = ()
    waiting: int = 0
    overdue: tuple[Overdue, ...] = ()
    missing: int = 0
    not_installed: OtsNotInstalledError | None = None


class _Account(msgspec.Struct, frozen=True):
    """What there is for one entry.

    Attributes:
        entry: the entry.
        stored: its evidence, by name.
        stage: how far its proofs have come.
        since: when the first of them was begun; when it was issued, where nobody knows.
    """

    entry: Entry
    stored: dict[str, bytes]
    stage: ProofStage
    since: datetime

    def wants_asking(self, now: datetime) -> bool:
        if self.stage is not ProofStage.BLOCK:
            return True
        return not self._late(now) and has_open_promises(self.entry.data, self.stored)

    def overdue(self, now: datetime) -> bool:
        return self.stage is ProofStage.PROMISED and self._late(now)

    def missing(self, now: datetime) -> bool:
        return self.stage is ProofStage.NONE or self.overdue(now)

    def _late(self, now: datetime) -> bool:
        return now - self.since >= BLOCK_AWAITED


def missing_proofs(proving: Proving, entries: Sequence[Entry]) -> int:
    """Returns how many entries lack a proof, or have waited too long for its block; asks nobody.

    Where proofs cannot be read, it is how many have no file for one.

    Args:
        proving: what asking takes.
        entries: the entries.
    """
    try:
        return sum(_account(proving.drawer, entry).missing(proving.now) for entry in entries)
    except OtsNotInstalledError:
        return sum(not any(name.endswith(OTS) for name in _stored(proving.drawer, entry)) for entry in entries)


def prove(proving: Proving, entries: Sequence[Entry]) -> Proved:
    """Asks for the proofs that are missing over some entries, the newest first, and keeps what comes.

    Args:
        proving: what that takes.
        entries: the entries, in the order of the log.

    Raises:
        WorkspaceError: what is kept cannot be read, or a proof cannot be written. What was kept before stays.
    """
    try:
        check_installed()
    except OtsNotInstalledError as error:
        return Proved(missing=missing_proofs(proving, entries), not_installed=error)
    promised: list[str] = []
    failures: list[Failure] = []
    accounts: list[_Account] = []
    completed = 0
    for entry in reversed(entries):
        account = _account(proving.drawer, entry)
        if account.wants_asking(proving.now):
            changes = ask_for_proofs(entry.data, account.stored, proving.calendars, proving.nonce(), proving.headers)
            completed += _keep(proving, account, changes)
            promised += changes.promised
            failures += (_placed(failure, entry) for failure in changes.failures)
            account = _account(proving.drawer, entry)
        accounts.append(account)
    overdue = [each for each in accounts if each.overdue(proving.now)]
    return Proved(
        promised=tuple(dict.fromkeys(promised)),
        completed=completed,
        failures=tuple(failures),
        waiting=sum(each.stage is ProofStage.PROMISED for each in accounts) - len(overdue),
        overdue=tuple(
            Overdue(each.entry.content.entry, evidence_folder(digest(each.entry.data)), each.since) for each in overdue
        ),
        missing=sum(each.missing(proving.now) for each in accounts),
    )


def _keep(proving: Proving, account: _Account, changes: ProofChanges) -> int:
    """Keeps what came, and returns how many files have more in them."""
    hashed = digest(account.entry.data)
    for name, data in changes.files.items():
        if name in account.stored:
            proving.drawer.replace_proof(hashed, name, data)
        else:
            proving.drawer.begin_proof(hashed, name, data, proving.now)
    return len(set(changes.files) & set(account.stored))


def _placed(failure: Failure, entry: Entry) -> Failure:
    """Returns a failure of a file with the file's path in the workspace."""
    if failure.source not in evidence_names(OTS):
        return failure
    return Failure(f"{evidence_folder(digest(entry.data))}/{failure.source}", failure.error)


def _account(drawer: ProofDrawer, entry: Entry) -> _Account:
    stored = _stored(drawer, entry)
    begun = [moment for name, moment in drawer.promised(digest(entry.data)).items() if name in stored]
    since = min(begun, default=entry.content.issued)
    return _Account(entry, stored, proof_stage(entry.data, stored), since)


def _stored(drawer: ProofDrawer, entry: Entry) -> dict[str, bytes]:
    return dict(drawer.evidence(digest(entry.data)))
