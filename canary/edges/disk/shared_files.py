"""Reading the workspace's files, which several people edit and version control carries from one to the other.

Every read is bounded, follows no link out of the workspace, and refuses a file that is half merged.
"""

from __future__ import annotations

from pathlib import Path

from canary.edges.disk.files import check_folder, read_inside
from canary.edges.disk.half_merged import refuse_half_merged
from canary.errors import WorkspaceError


class SharedFiles:
    """The files of one workspace.

    Args:
        root: the folder that no link may lead out of.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def listed(self, folder: str) -> list[Path]:
        """Returns what lies in a folder, sorted; hidden files are not ours. Nothing, where there is no such folder.

        Raises:
            WorkspaceError: a link leads out of the workspace, or it is no folder.
        """
        self.check_folder(folder)
        path = self._root / folder
        if not path.is_dir():
            return []
        return sorted(file for file in path.iterdir() if not file.name.startswith("."))

    def check_folder(self, folder: str) -> None:
        """Checks that a folder is the workspace's own, or not there.

        Raises:
            WorkspaceError: a link leads out of the workspace, or it is no folder.
        """
        check_folder(self._root, self._root / folder)

    def read(self, path: Path, *, limit: int, hint: str = "") -> bytes:
        """Returns a file's bytes.

        Args:
            path: the file.
            limit: the most bytes it may have.
            hint: what to do, where nothing better is known.

        Raises:
            WorkspaceError: it is missing, no regular file, too large, unreadable, or leads out of the workspace.
        """
        try:
            return read_inside(self._root, path, limit=limit)
        except WorkspaceError as error:
            raise WorkspaceError(error.what, hint=error.hint or hint) from error

    def read_lines(self, path: Path, *, limit: int, hint: str) -> bytes:
        """Returns the bytes of a file of lines; see `read`.

        Raises:
            WorkspaceError: it cannot be read, or is half merged.
        """
        data = self.read(path, limit=limit, hint=hint)
        refuse_half_merged(path, data)
        return data

    def read_text(self, path: Path, *, limit: int, hint: str) -> str:
        """Returns the text of a file; see `read`.

        Raises:
            WorkspaceError: it cannot be read, is half merged, or is not UTF-8.
        """
        try:
            return self.read_lines(path, limit=limit, hint=hint).decode("utf-8")
        except UnicodeDecodeError as error:
            raise WorkspaceError(f"{path} is not UTF-8", hint=hint) from error
