"""The files that prove what the pages say: keys, texts, entries, detached signatures, attachments, timestamps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from canary.core.documents.layout import attachment_path, evidence_folder, release_folder
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster, RosterSigner
from canary.core.log.admitted import Admitted
from canary.core.log.history import History
from canary.core.signed.kinds import Kind
from canary.core.text.names import check_attachment_name
from canary.core.text.strict import digest
from canary.errors import IntegrityError
from canary.flows.site.armor import Armor, armor
from canary.flows.site.paths import (
    ENTRY,
    LOG_KEY,
    TEXT,
    armored_name,
    keys_folder,
    roster_folder,
    vkey_name,
)


def key_files(roster: Roster, folder: str) -> dict[str, bytes]:
    """Returns the keys of a roster: a vkey for each signer and for the log, and the OpenPGP certificates."""
    files = {f"{folder}/{vkey_name(LOG_KEY)}": f"{roster.log.render()}\n".encode()}
    for signer in roster.signers:
        files[f"{folder}/{vkey_name(signer.name)}"] = f"{signer.key.render()}\n".encode()
        if signer.kind is Kind.OPENPGP:
            files[f"{folder}/{armored_name(signer.name)}"] = armor(Armor.CERTIFICATE, signer.certificate)
    return files


def entry_files(history: History) -> dict[str, bytes]:
    """Returns for each entry: the whole of it, its text, its OpenPGP signatures; for each roster also its keys."""
    files: dict[str, bytes] = {}
    before: Roster | None = None
    for admitted in history.admitted:
        content = admitted.entry.content
        if isinstance(content, Roster):
            folder = roster_folder(content.number)
            # A later roster is signed by keys of the roster before it too, and some of them may leave with it.
            signers = (*before.signers, *content.signers) if before else content.signers
            files |= key_files(content, keys_folder(content.number))
            before = content
        else:
            folder, signers = release_folder(content.number), admitted.roster.signers
        files[f"{folder}/{ENTRY}"] = admitted.entry.data
        files[f"{folder}/{TEXT}"] = admitted.entry.text
        for name, signature in detached_signatures(admitted, signers):
            files[f"{folder}/{armored_name(name)}"] = armor(Armor.SIGNATURE, signature)
    return files


def detached_signatures(admitted: Admitted, signers: Sequence[RosterSigner]) -> Iterator[tuple[str, bytes]]:
    """Returns the OpenPGP signatures on an entry, each with its signer's short name.

    Left out are those that do not count: nobody should have to ask why gpg finds fault with one. Who leaves with
    a roster is not in that entry's tally, so such a signature stays.
    """
    uncounted = {each.name for each in admitted.tally.uncounted}
    known = {(signer.key.name, signer.key.key_id): signer for signer in signers if signer.kind is Kind.OPENPGP}
    for line in admitted.entry.signatures:
        # A key is taken out with its first line: a repeat is no other signature (C2SP signed-note).
        signer = known.pop((line.name, line.key_id), None)
        if signer is not None and signer.name not in uncounted:
            yield signer.name, line.signature


def attachment_files(releases: Sequence[Release], attachments: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the attachments of every release.

    Args:
        releases: the releases.
        attachments: the files by their SHA-256, in hexadecimal digits.

    Raises:
        IntegrityError: a file is missing, or is not the one that was signed.
    """
    files: dict[str, bytes] = {}
    for release in releases:
        for each in release.attachments:
            data = attachments.get(each.sha256)
            if data is None:
                raise IntegrityError(
                    f"the attachment {each.name} of release {release.number} is missing",
                    hint=f"Put back the file whose SHA-256 is {each.sha256}; every watcher asks for it.",
                )
            if (digest(data), len(data)) != (each.sha256, each.size):
                raise IntegrityError(
                    f"the attachment {each.name} of release {release.number} is not the file that was signed",
                    hint=f"Put back the file of {each.size:,} bytes whose SHA-256 is {each.sha256}.",
                )
            files[attachment_path(release.number, each.name)] = data
    return files


def evidence_files(history: History, evidence: Mapping[str, Sequence[tuple[str, bytes]]]) -> dict[str, bytes]:
    """Returns the timestamps over the log's entries; those over anything else are left out.

    Args:
        history: the log.
        evidence: file names and files by the SHA-256 of the entry that they are over.

    Raises:
        MalformedError: a file is not called plainly, like `0.tsr`.
    """
    return {
        f"{evidence_folder(entry)}/{check_attachment_name(name)}": data
        for entry in (digest(admitted.entry.data) for admitted in history.admitted)
        for name, data in evidence.get(entry, ())
    }
