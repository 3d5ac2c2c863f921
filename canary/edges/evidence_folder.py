"""The publisher's timestamps on disk: `evidence/<entry sha256>/<0…9>.tsr|.ots`, and whose each is.

Beside each token that was fetched lies `<N>.tsr.from` with the address of the authority. It is written first: killed in
between, the next run finds no token of that number and takes the number again; it never asks an authority for a token
that is there. These files are the publisher's own, and do not go onto the site.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from canary.edges.files import check_folder, lies_in, make_folder, read_inside, write_file
from canary.errors import WorkspaceError
from canary.limits import AUTHORITY_URL_CHARACTERS, EVIDENCE_BYTES

FOLDER = "evidence"
_ENTRY_FOLDER = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[0-9]\.(?:tsr|ots)")
_SOURCE_BYTES = 4 * AUTHORITY_URL_CHARACTERS + 1


class EvidenceFolder:
    """The port `canary.flows.issue.stamping.Drawer`, on disk.

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
            source = _source(self._entry_folder(entry_sha256) / name)
            if source.exists():
                data = read_inside(self._root, source, limit=_SOURCE_BYTES)
                found[name] = data.decode("utf-8", "replace").removesuffix("\n")
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
        folder = self._entry_folder(entry_sha256)
        make_folder(folder)
        write_file(_source(folder / name), f"{source}\n".encode())
        write_file(folder / name, data, replace=False)

    def folders(self) -> list[Path]:
        """Returns every folder of timestamps, and the one that they lie in: what a killed command may have changed."""
        folder = self._root / FOLDER
        if not (folder.is_dir() and lies_in(self._root, folder)):
            return []
        inner = (each for each in sorted(folder.iterdir()) if _ENTRY_FOLDER.fullmatch(each.name))
        return [folder, *(each for each in inner if each.is_dir() and lies_in(self._root, each))]

    def _entry_folder(self, entry_sha256: str) -> Path:
        if not _ENTRY_FOLDER.fullmatch(entry_sha256):
            raise WorkspaceError(f"{entry_sha256} is no entry's hash")
        folder = self._root / FOLDER / entry_sha256
        for each in (folder.parent, folder):
            check_folder(self._root, each)
        return folder


def _source(file: Path) -> Path:
    """Returns the file that says whose a timestamp is."""
    return file.with_name(f"{file.name}.from")
