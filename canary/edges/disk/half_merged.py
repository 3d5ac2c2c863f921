"""Files that are half merged: what git leaves in them where two people changed the same lines.

A statement with git's marks in it would be a text like any other, and would be drafted and signed.
"""

from __future__ import annotations

from pathlib import Path

from canary.errors import WorkspaceError

_OURS = b"<<<<<<< "
_THEIRS = b">>>>>>> "


class HalfMergedError(WorkspaceError):
    """A file with both texts of a conflict in it."""


def refuse_half_merged(path: Path, data: bytes) -> None:
    """Refuses a file that has the marks of an unresolved conflict in it.

    Args:
        path: the file, for the message.
        data: its bytes.

    Raises:
        HalfMergedError: a line begins with git's first mark, and a later one with its last.
    """
    begun = 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.startswith(_OURS):
            begun = begun or number
        elif begun and line.startswith(_THEIRS):
            raise HalfMergedError(
                f"{path}, line {begun}: half merged, with git's marks of a conflict in it",
                hint="Keep one of the two texts (git checkout --ours or --theirs, and the file), then go on.",
            )
