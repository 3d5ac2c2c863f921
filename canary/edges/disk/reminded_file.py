"""Which signers were reminded of what, on disk: one file a canary, outside of the workspace."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from canary.edges.disk.files import PRIVATE_FOLDER_MODE, PRIVATE_MODE, make_folder, read_file, settle, write_file
from canary.errors import MalformedError
from canary.formats.reminded_json import Reminded, parse_reminded, render_reminded
from canary.limits import REMINDED_BYTES


def usual_reminded_file(canary_id: str) -> Path:
    """Returns where it lies when nobody names another place; makes the folder.

    Raises:
        WorkspaceError: the folder could not be made.
    """
    from platformdirs import user_data_path  # noqa: PLC0415  # where another file is named, it is not needed

    folder = user_data_path("warrant-canary") / "reminded"
    make_folder(folder, mode=PRIVATE_FOLDER_MODE)
    return folder / f"{quote(canary_id, safe='')}.json"


def read_reminded(path: Path) -> Reminded | None:
    """Returns what was told; None where nothing was yet.

    Raises:
        MalformedError: the file is damaged, or something else.
        WorkspaceError: it cannot be read, or what a killed run wrote cannot be made durable.
    """
    # A link to nothing is no beginning: what it led to may lie on a disk that is not there just now.
    if not os.path.lexists(path):
        return None
    settle(path.parent)
    try:
        return parse_reminded(read_file(path, limit=REMINDED_BYTES))
    except MalformedError as error:
        raise error.within(str(path)) from error


def write_reminded(path: Path, reminded: Reminded) -> None:
    """Writes what was told, durably.

    Raises:
        WorkspaceError: it could not be written; the old file is still there.
    """
    write_file(path, render_reminded(reminded), mode=PRIVATE_MODE)
