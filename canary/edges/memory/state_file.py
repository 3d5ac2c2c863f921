"""A watcher's state on disk: one file for each canary, written whole or not at all, by one run at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from canary.core.judging.state import State
from canary.edges.disk.files import PRIVATE_MODE, read_file, sweep, what_to_do, write_file
from canary.errors import MalformedError, WorkspaceError
from canary.formats.state_json import DAMAGED_HINT, parse_state, render_state
from canary.limits import STATE_BYTES

_TRY_AGAIN_SECONDS = 0.1


@contextlib.contextmanager
def held(path: Path, *, seconds: float) -> Iterator[None]:
    """Holds a state file from before it is read until after it is written, and clears away what a killed run left.

    Two runs at once would otherwise both begin from the same state, and the later one would forget what the other
    had found. The lock is a file beside the state, because the state itself is replaced.

    Args:
        path: the state file.
        seconds: how long to wait for another run.

    Raises:
        WorkspaceError: another run holds it all that time, or the lock cannot be made.
    """
    lock = path.with_name(f".{path.name}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_MODE)
    except OSError as error:
        raise WorkspaceError(f"{lock} cannot be made: {error.strerror}", hint=what_to_do(error)) from error
    try:
        _lock(descriptor, path, time.monotonic() + seconds)
        # Nobody misses a look because of a rest that cannot be removed: another user's, in a folder that many share.
        with contextlib.suppress(WorkspaceError):
            sweep(path.parent, path.name)
        yield
    finally:
        os.close(descriptor)


def read_state(path: Path) -> State | None:
    """Returns the state in a file; None where there is no file yet.

    Raises:
        MalformedError: it is damaged.
        WorkspaceError: it cannot be read.
    """
    # A link to nothing is no first look: what it led to may lie on a disk that is not there just now.
    if not os.path.lexists(path):
        return None
    try:
        return parse_state(read_file(path, limit=STATE_BYTES))
    except MalformedError as error:
        raise error.within(str(path)) from error
    except WorkspaceError as error:
        raise WorkspaceError(error.what, hint=DAMAGED_HINT) from error


def write_state(path: Path, state: State) -> None:
    """Writes a state, durably. Which canaries somebody watches is nobody else's business, so only they can read it.

    Raises:
        WorkspaceError: it could not be written, or would have more bytes than are read; the old state is still there.
    """
    data = render_state(state)
    if len(data) > STATE_BYTES:
        raise WorkspaceError(
            f"{path} is not written: the state would have {len(data):,} bytes, and at most {STATE_BYTES:,} are read",
            hint="What was found is told here, and the old state stands. Ask the publisher to begin a smaller log.",
        )
    write_file(path, data, mode=PRIVATE_MODE)


def _lock(descriptor: int, path: Path, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise WorkspaceError(
                    f"another run has been at work on {path} all this time", hint="Wait for it to end."
                ) from error
            time.sleep(_TRY_AGAIN_SECONDS)
        else:
            return
