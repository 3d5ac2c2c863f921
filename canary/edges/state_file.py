"""A watcher's state on disk: one file for each canary, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from canary.core.state import State
from canary.edges.files import PRIVATE_MODE, read_file, write_file
from canary.errors import MalformedError
from canary.formats.state_json import parse_state, render_state
from canary.limits import STATE_BYTES


def read_state(path: Path) -> State | None:
    """Returns the state in a file; None where there is no file yet.

    Raises:
        MalformedError: it is damaged.
        WorkspaceError: it cannot be read.
    """
    if not path.exists():
        return None
    try:
        return parse_state(read_file(path, limit=STATE_BYTES))
    except MalformedError as error:
        raise MalformedError(error.rule, what=str(path), hint=error.hint) from error


def write_state(path: Path, state: State) -> None:
    """Writes a state, durably. Which canaries somebody watches is nobody else's business, so only they can read it.

    Raises:
        WorkspaceError: it could not be written; the old state is still there.
    """
    write_file(path, render_state(state), mode=PRIVATE_MODE)
