"""A folder that is filled once, and never over what lies there already."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from canary.edges.disk.files import make_folder, write_files
from canary.errors import WorkspaceError


def check_new(folder: Path) -> None:
    """Checks that a folder is not there yet, or is empty.

    Raises:
        WorkspaceError: it is neither, or it cannot be told.
    """
    hint = "Name a folder that is not there yet, or an empty one."
    if not os.path.lexists(folder):
        return
    try:
        with os.scandir(folder) as found:
            empty = next(found, None) is None
    except NotADirectoryError as error:
        raise WorkspaceError(f"{folder} is no folder", hint=hint) from error
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be read: {error.strerror}", hint=hint) from error
    if not empty:
        raise WorkspaceError(f"{folder} is not empty, and nothing in it is overwritten", hint=hint)


def fill_new(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes files into a folder that is made for them: all of them, or none.

    Args:
        folder: the folder, new or empty.
        files: the bytes of each, by its plain name.

    Raises:
        WorkspaceError: it is no such folder, or something could not be written.
    """
    check_new(folder)
    make_folder(folder)
    write_files({folder / name: data for name, data in files.items()})
