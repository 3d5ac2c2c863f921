"""The receipts in the workspace: `receipts/0007.txt` is that of entry 7."""

from __future__ import annotations

import os
from pathlib import Path

from canary.edges.disk.files import make_folder, settle, sweep, write_file
from canary.edges.disk.shared_files import SharedFiles
from canary.limits import RECEIPT_BYTES

FOLDER = "receipts"


class Receipts:
    """The receipts of one workspace.

    Args:
        root: the workspace.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = SharedFiles(root)

    def name(self, entry: int) -> str:
        """Returns where the receipt of an entry lies in the workspace."""
        return f"{FOLDER}/{entry:04d}.txt"

    def read(self, entry: int) -> str:
        """Returns the receipt of an entry; empty where there is none.

        Raises:
            WorkspaceError: it cannot be read, or leads out of the workspace.
        """
        path = self._root / self.name(entry)
        self._files.check_folder(FOLDER)
        if not os.path.lexists(path):
            return ""
        return self._files.read_text(path, limit=RECEIPT_BYTES, hint="Move it away; a new one is written then.")

    def write(self, entry: int, text: str) -> None:
        """Writes the receipt of an entry, unless it says so already; clears away what a killed run left of it.

        Raises:
            WorkspaceError: it cannot be written.
        """
        path = self._root / self.name(entry)
        self._files.check_folder(FOLDER)
        make_folder(path.parent)
        sweep(path.parent, path.name)
        if self.read(entry) != text:
            write_file(path, text.encode())
        else:
            # A run that was killed may have given it its name and no more.
            settle(path.parent)
