"""The publisher's timestamps on disk: `evidence/<entry sha256>/<0…9>.tsr|.ots`, and whose each is.

Beside each token that was fetched lies `<N>.tsr.from` with the address of the authority, and beside each proof that was
begun `<N>.ots.promised` with the time of that. They are written first: killed in between, the next run finds no
timestamp of that number and takes the number again; it never asks an authority for a token that is there. These files
are the publisher's own, and do not go onto the site.

A token is never replaced. A proof is, by a fuller one, in one step.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from canary.core.text.times import format_time, parse_time
from canary.edges.disk.files import check_folder, check_inside, lies_in, make_folder, read_inside, write_file
from canary.errors import MalformedError, WorkspaceError
from canary.limits import AUTHORITY_URL_CHARACTERS, EVIDENCE_BYTES

FOLDER = "evidence"
_ENTRY_FOLDER = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[0-9]\.(?:tsr|ots)")
_FROM = ".from"
_PROMISED = ".promised"
_NOTE_BYTES = 4 * AUTHORITY_URL_CHARACTERS + 1


class EvidenceFolder:
    """The ports `canary.flows.issue.stamping.Drawer` and `canary.flows.issue.proving.ProofDrawer`, on disk.

    Args:
        root: the workspace.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def evidence(self, entry_sha256: str) -> Sequence[tuple[str, bytes]]:
        """Returns the timestamps over an entry, by file name.

        Raises:
            WorkspaceError: one cannot be read, or a link leads out of the workspace.
        """
        folder = self._entry_folder(entry_sha256)
        if not folder.is_dir():
            return []
        files = sorted(file for file in folder.iterdir() if _FILE.fullmatch(file.name))
        return [(file.name, read_inside(self._root, file, limit=EVIDENCE_BYTES)) for file in files]

    def evidence_sources(self, entry_sha256: str) -> Mapping[str, str]:
        """Returns for each timestamp over an entry, by file name, the address of the authority, where it is known.

        Raises:
            WorkspaceError: what says so cannot be read.
        """
        found: dict[str, str] = {}
        for name, _ in self.evidence(entry_sha256):
            source = _beside(self._entry_folder(entry_sha256) / name, _FROM)
            if source.exists():
                data = read_inside(self._root, source, limit=_NOTE_BYTES)
                found[name] = data.decode("utf-8", "replace").removesuffix("\n")
        return found

    def promised(self, entry_sha256: str) -> Mapping[str, datetime]:
        """Returns for each proof over an entry, by file name, when it was begun (UTC), where that is known.

        Raises:
            WorkspaceError: what says so cannot be read. A time that is misspelt is not known.
        """
        found: dict[str, datetime] = {}
        for name, _ in self.evidence(entry_sha256):
            note = _beside(self._entry_folder(entry_sha256) / name, _PROMISED)
            if note.exists():
                text = read_inside(self._root, note, limit=_NOTE_BYTES).decode("ascii", "replace")
                with contextlib.suppress(MalformedError):
                    found[name] = parse_time(text.removesuffix("\n"))
        return found

    def keep_evidence(self, entry_sha256: str, name: str, data: bytes, source: str) -> None:
        """Keeps a timestamp over an entry, and whose it is.

        Args:
            entry_sha256: the entry's hash, 64 hexadecimal digits.
            name: the file's name, `0.tsr`.
            data: its bytes.
            source: the authority's address.

        Raises:
            WorkspaceError: one is called so already, a link leads out of the workspace, or it cannot be written.
        """
        self._keep(entry_sha256, name, data, _FROM, source)

    def begin_proof(self, entry_sha256: str, name: str, data: bytes, promised: datetime) -> None:
        """Keeps a new proof over an entry, and when it was begun.

        Args:
            entry_sha256: the entry's hash, 64 hexadecimal digits.
            name: the file's name, `0.ots`.
            data: its bytes.
            promised: when calendars promised what is in it (UTC).

        Raises:
            WorkspaceError: one is called so already, a link leads out of the workspace, or it cannot be written.
        """
        self._keep(entry_sha256, name, data, _PROMISED, format_time(promised))

    def replace_proof(self, entry_sha256: str, name: str, data: bytes) -> None:
        """Puts a fuller proof in the place of one that is kept: after a crash it is the old one or the new one.

        Raises:
            WorkspaceError: a link leads out of the workspace, or it cannot be written.
        """
        file = self._entry_folder(entry_sha256) / name
        check_inside(self._root, file)
        write_file(file, data)

    def folders(self) -> list[Path]:
        """Returns every folder of timestamps, and the one that they lie in: what a killed command may have changed."""
        folder = self._root / FOLDER
        if not (folder.is_dir() and lies_in(self._root, folder)):
            return []
        inner = (each for each in sorted(folder.iterdir()) if _ENTRY_FOLDER.fullmatch(each.name))
        return [folder, *(each for each in inner if each.is_dir() and lies_in(self._root, each))]

    def _keep(self, entry_sha256: str, name: str, data: bytes, ending: str, note: str) -> None:
        folder = self._entry_folder(entry_sha256)
        make_folder(folder)
        write_file(_beside(folder / name, ending), f"{note}\n".encode())
        write_file(folder / name, data, replace=False)

    def _entry_folder(self, entry_sha256: str) -> Path:
        if not _ENTRY_FOLDER.fullmatch(entry_sha256):
            raise WorkspaceError(f"{entry_sha256} is no entry's hash")
        folder = self._root / FOLDER / entry_sha256
        for each in (folder.parent, folder):
            check_folder(self._root, each)
        return folder


def _beside(file: Path, ending: str) -> Path:
    """Returns the file that says whose a timestamp is, or since when it is there."""
    return file.with_name(f"{file.name}{ending}")
