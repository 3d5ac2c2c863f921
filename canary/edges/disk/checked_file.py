"""Where the publisher's own looks at the published site are remembered: a state for each canary and address."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from canary.core.text.strict import digest
from canary.edges.disk.files import PRIVATE_FOLDER_MODE, make_folder

_DIGITS = 16


def usual_checked_file(canary_id: str, url: str) -> Path:
    """Returns the state file of looks at an address when nobody names another; makes its folder.

    Raises:
        WorkspaceError: the folder could not be made.
    """
    from platformdirs import user_data_path  # noqa: PLC0415  # where another file is named, it is not needed

    folder = user_data_path("warrant-canary") / "checked" / quote(canary_id, safe="")
    make_folder(folder, mode=PRIVATE_FOLDER_MODE)
    return folder / f"{digest(url.encode())[:_DIGITS]}.json"
