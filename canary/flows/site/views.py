"""What the pages show of a log, worked out before any page is written, so that the templates decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from canary.core.admitted import Admitted
from canary.core.changes import roster_changes
from canary.core.findings import Finding
from canary.core.history import History
from canary.core.kinds import Kind, fingerprint_of
from canary.core.layout import attachment_path, evidence_folder, release_folder
from canary.core.outcome import Outcome
from canary.core.release import Attachment, Release, Statement
from canary.core.roster import Roster, RosterSigner
from canary.core.statements import statement_changes
from canary.core.strict import digest
from canary.flows.site.paths import (
    ENTRY,
    LOG_KEY,
    TEXT,
    File,
    armored_name,
    keys_folder,
    relative,
    release_page,
    roster_folder,
    vkey_name,
)
from canary.flows.site.proofs import detached_signatures

_GROUP = 4


class SignerRow(msgspec.Struct, frozen=True):
    """What one signer of a roster did about a release.

    Attributes:
        name: the short name.
        kind: the kind of the key, in words.
        fingerprint: of an OpenPGP certificate, in groups of four as gpg prints it; empty for other kinds.
        keys: the files of the key.
        signed: whether the signature counts.
        note: why a signature that is there does not count; empty otherwise.
        signature: the detached OpenPGP signature, if there is one.
    """

    name: str
    kind: str
    fingerprint: str
    keys: tuple[File, ...]
    signed: bool
    note: str
    signature: File | None


class StatementRow(msgspec.Struct, frozen=True):
    """A statement, and the first release from which on this wording has stood in every one."""

    statement: Statement
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
        text: the signed text, decoded.
        text_file: the file of the signed text.
        entry_file: the file of the whole entry.
        text_hash: SHA-256 of the signed text.
        entry_hash: SHA-256 of the whole entry, which the timestamps are over.
        threshold: how many had to sign.
        signed: how many did, and count.
        signers: everyone in the roster, in its order.
        statements: its statements.
        before: the release before it.
        after: the release after it.
        changes: what became different since the release before.
        attachments: its attachments.
        evidence: the timestamps over it.
        commands: what to type, in the release's folder, to check it by hand.
        keyring_commands: the same with `gpg --verify`, for a reader who takes the keys into a keyring.
    """

    release: Release
    roster: Roster
    page: str
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
    after: Release | None
    changes: tuple[Finding, ...]
    attachments: tuple[AttachmentRow, ...]
    evidence: tuple[File, ...]
    commands: tuple[str, ...]
    keyring_commands: tuple[str, ...]


class RosterRow(msgspec.Struct, frozen=True):
    """A roster and its files."""

    roster: Roster
    files: tuple[File, ...]
    keys: tuple[File, ...]


def editions(history: History, evidence: Mapping[str, Sequence[tuple[str, bytes]]]) -> list[Edition]:
    """Returns every release, oldest first.

    Args:
        history: the log.
        evidence: the timestamps (name, bytes) by the SHA-256 of the entry that they are over.
    """
    found = [
        (admitted, admitted.entry.content)
        for admitted in history.admitted
        if isinstance(admitted.entry.content, Release)
    ]
    around: list[tuple[Admitted, Release] | None] = [None, *found, None]
    made: list[Edition] = []
    stood: set[str] = set()
    since: dict[str, StatementRow] = {}
    for place, (admitted, release) in enumerate(found):
        before, after = around[place], around[place + 2]
        # Only what stood in the release before goes on standing: a statement that comes back begins anew.
        since = {each.id: _standing(each, since.get(each.id), release) for each in release.statements}
        made.append(
            _edition(
                admitted,
                release,
                before=before,
                after=after,
                stood=stood,
                statements=tuple(since.values()),
                evidence=_stamps(admitted, evidence),
            )
        )
        stood.update(since)
    return made


def roster_rows(history: History, evidence: Mapping[str, Sequence[tuple[str, bytes]]]) -> list[RosterRow]:
    """Returns every roster, newest first; arguments as for `editions`."""
    found = [
        (admitted, admitted.entry.content)
        for admitted in history.admitted
        if isinstance(admitted.entry.content, Roster)
    ]
    rows: list[RosterRow] = []
    older: list[Roster] = []
    for admitted, roster in found:
        folder = roster_folder(roster.number)
        signers = (*older[-1].signers, *roster.signers) if older else roster.signers
        names = [TEXT, ENTRY, *(armored_name(name) for name, _ in detached_signatures(admitted, signers))]
        files = [*(_in(folder, name) for name in names), *_stamps(admitted, evidence)]
        keys = [file for signer in roster.signers for file in _keys(roster, signer)]
        keys.append(_in(keys_folder(roster.number), vkey_name(LOG_KEY)))
        rows.append(RosterRow(roster, tuple(files), tuple(keys)))
        older.append(roster)
    return rows[::-1]


def _edition(
    admitted: Admitted,
    release: Release,
    *,
    before: tuple[Admitted, Release] | None,
    after: tuple[Admitted, Release] | None,
    stood: set[str],
    statements: tuple[StatementRow, ...],
    evidence: tuple[File, ...],
) -> Edition:
    folder = release_folder(release.number)
    signers = _signer_rows(admitted, release)
    changes: list[Finding] = []
    if before:
        changes = statement_changes(before[1], release, stood) + roster_changes(before[0].roster, admitted.roster)
    return Edition(
        release=release,
        roster=admitted.roster,
        page=release_page(release.number),
        text=admitted.entry.text.decode(),
        text_file=_in(folder, TEXT),
        entry_file=_in(folder, ENTRY),
        text_hash=admitted.entry.text_hash,
        entry_hash=digest(admitted.entry.data),
        threshold=admitted.tally.threshold,
        signed=len(admitted.tally.signed),
        signers=signers,
        statements=statements,
        before=before[1] if before else None,
        after=after[1] if after else None,
        changes=tuple(changes),
        attachments=tuple(
            AttachmentRow(each, attachment_path(release.number, each.name)) for each in release.attachments
        ),
        evidence=evidence,
        commands=_commands(admitted.roster, release, signers),
        keyring_commands=_keyring_commands(admitted.roster, release, signers),
    )


def _standing(statement: Statement, before: StatementRow | None, release: Release) -> StatementRow:
    same = before is not None and before.statement == statement
    return before if before and same else StatementRow(statement, release)


def _signer_rows(admitted: Admitted, release: Release) -> tuple[SignerRow, ...]:
    notes = {
        each.name: f"{each.outcome}: {each.detail}" if each.detail else str(each.outcome)
        for each in admitted.tally.checked
        if each.outcome is not Outcome.GOOD
    }
    detached = {name for name, _ in detached_signatures(admitted, admitted.roster.signers)}
    folder = release_folder(release.number)
    return tuple(
        SignerRow(
            name=signer.name,
            kind=signer.kind.value,
            fingerprint=_fingerprint(signer),
            keys=_keys(admitted.roster, signer),
            signed=signer.name in admitted.tally.signed,
            note=notes.get(signer.name, ""),
            signature=_in(folder, armored_name(signer.name)) if signer.name in detached else None,
        )
        for signer in admitted.roster.signers
    )


def _keys(roster: Roster, signer: RosterSigner) -> tuple[File, ...]:
    names = [vkey_name(signer.name)]
    if signer.kind is Kind.OPENPGP:
        names.append(armored_name(signer.name))
    return tuple(_in(keys_folder(roster.number), name) for name in names)


def _fingerprint(signer: RosterSigner) -> str:
    if signer.kind is not Kind.OPENPGP:
        return ""
    digits = fingerprint_of(signer.key).hex().upper()
    return " ".join(digits[i : i + _GROUP] for i in range(0, len(digits), _GROUP))


def _commands(roster: Roster, release: Release, signers: Sequence[SignerRow]) -> tuple[str, ...]:
    """Returns what to type in the release's folder.

    gpgv and not `gpg --keyring`: from GnuPG 2.4.1 on, a fresh installation ignores --keyring (use-keyboxd), puts
    imported keys among the reader's own and would also take a signature by any other key that lies there. gpgv
    knows the one certificate that it is given, and starts no agent.
    """
    lines = [f"sha256sum {TEXT}"]
    for signer, certificate in _openpgp(roster, release, signers):
        lines += [
            f"gpg --show-keys --fingerprint {certificate}",
            f"gpg --yes --output {signer.name}.gpg --dearmor {certificate}",
            f"gpgv --keyring ./{signer.name}.gpg {armored_name(signer.name)} {TEXT}",
        ]
    return tuple(lines)


def _keyring_commands(roster: Roster, release: Release, signers: Sequence[SignerRow]) -> tuple[str, ...]:
    """Returns what to type in the release's folder to check it with one's own keyring."""
    lines: list[str] = []
    for signer, certificate in _openpgp(roster, release, signers):
        lines += [f"gpg --import {certificate}", f"gpg --verify {armored_name(signer.name)} {TEXT}"]
    return tuple(lines)


def _openpgp(roster: Roster, release: Release, signers: Sequence[SignerRow]) -> list[tuple[SignerRow, str]]:
    """Returns the OpenPGP signers of a release, each with the way from its folder to the certificate."""
    folder = keys_folder(roster.number)
    return [
        (signer, relative(f"{folder}/{armored_name(signer.name)}", page=release_page(release.number)))
        for signer in signers
        if signer.signature is not None
    ]


def _stamps(admitted: Admitted, evidence: Mapping[str, Sequence[tuple[str, bytes]]]) -> tuple[File, ...]:
    entry = digest(admitted.entry.data)
    return tuple(_in(evidence_folder(entry), name) for name, _ in evidence.get(entry, ()))


def _in(folder: str, name: str) -> File:
    return File(name, f"{folder}/{name}")
