"""Reading the site that is published in the workspace, file by file, for bringing it elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from canary.edges.disk.files import lies_in, read_inside
from canary.edges.publishing.site_folder import PUBLIC
from canary.errors import WorkspaceError
from canary.limits import ATTACHMENT_BYTES


class BuiltSite:
    """The site in `public/`, as it is when this is made.

    Args:
        workspace: the workspace.

    Raises:
        WorkspaceError: there is no site, or it leads out of the workspace.
    """

    def __init__(self, workspace: Path) -> None:
        self._root = Path(os.path.realpath(workspace / PUBLIC))
        if not lies_in(workspace, self._root) or not self._root.is_dir():
            raise WorkspaceError(f"there is no site in {workspace / PUBLIC}", hint="Run canary publish.")

    def paths(self) -> list[str]:
        """Returns every file of the site; a link is none."""
        found: list[str] = []
        for folder, _, names in os.walk(self._root):
            files = (Path(folder, name) for name in names)
            found += [str(file.relative_to(self._root)) for file in files if not file.is_symlink()]
        return found

    def read(self, path: str) -> bytes:
        """Returns a file's bytes.

        Raises:
            WorkspaceError: it cannot be read.
        """
        return read_inside(self._root, self._root / path, limit=ATTACHMENT_BYTES)
