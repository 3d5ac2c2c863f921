"""A folder that a site is served from: another disk, a web root. Every write is whole or not there.

The folder itself is what its name leads to, links followed; below it no link is followed out of it.
"""

from __future__ import annotations

import os
from pathlib import Path

from canary.core.judging.fetched import segments
from canary.edges.disk.files import (
    check_folder,
    is_regular,
    lies_in,
    make_folder,
    read_inside,
    settle,
    sweep,
    write_file,
)
from canary.errors import WorkspaceError
from canary.limits import ATTACHMENT_BYTES, CHECKPOINT_BYTES


class UploadFolder:
    """The folder.

    Args:
        folder: its path; it is there.
        workspace: the workspace, which it lies outside of.

    Raises:
        WorkspaceError: it is not there, or lies in the workspace.
    """

    def __init__(self, folder: Path, workspace: Path) -> None:
        self._named = folder
        self._root = Path(os.path.realpath(folder))
        if lies_in(workspace, self._root):
            raise WorkspaceError(f"{folder} lies in the workspace", hint="Name a folder outside of it.")
        if not self._root.is_dir():
            # Not made: where a disk is not mounted, the site would go to another one, and nobody would notice.
            hint = f"Make it (mkdir -p {folder}), or mount its disk."
            raise WorkspaceError(f"there is no folder {folder}", hint=hint)
        self._folders: set[Path] = set()

    def describe(self) -> str:
        """Returns the folder as it was named."""
        return str(self._named)

    def get(self, path: str) -> bytes | None:
        """Returns a small file that is there; None where none is.

        Raises:
            WorkspaceError: it cannot be read, or leads out of the folder.
        """
        file = self._file(path)
        return read_inside(self._root, file, limit=CHECKPOINT_BYTES) if os.path.lexists(file) else None

    def holds(self, path: str) -> bool:
        """Tells whether something is called that there."""
        return os.path.lexists(self._file(path))

    def put(self, path: str, data: bytes) -> bool:
        """Writes a file, durably, unless it is there with these bytes. Returns whether it was written.

        Raises:
            WorkspaceError: it cannot be written, or a link on the way leads out of the folder.
        """
        file = self._file(path)
        check_folder(self._root, file.parent)
        self._folders.update(each for each in file.parents if each.is_relative_to(self._root))
        if self._is_there(file, data):
            return False
        if file.is_dir() and not file.is_symlink():
            raise WorkspaceError(f"{file} is a folder, and a file belongs there", hint="Move it away.")
        make_folder(file.parent)
        sweep(file.parent, file.name)
        write_file(file, data)
        return True

    def settle(self) -> None:
        """Makes durable what is there: a run that was killed may have given a file its name and no more.

        Raises:
            WorkspaceError: that failed.
        """
        for folder in self._folders:
            settle(folder)

    def _is_there(self, file: Path, data: bytes) -> bool:
        if not is_regular(file) or file.lstat().st_size != len(data):
            return False
        return read_inside(self._root, file, limit=ATTACHMENT_BYTES) == data

    def _file(self, path: str) -> Path:
        return self._root.joinpath(*segments(path))
