"""Reading and writing single files so that a crash leaves the old state or the new one.

A write goes to a new file beside the target, which is synced, renamed over it, and then the folder is synced. A
read is bounded, takes regular files only, and never follows a link out of the folder it is told to stay in.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from pathlib import Path

from canary.errors import WorkspaceError

PUBLIC_MODE = 0o644
PRIVATE_MODE = 0o600
FOLDER_MODE = 0o777
PRIVATE_FOLDER_MODE = 0o700
_REST = re.compile(r"\.(?P<name>.+)\.[a-z0-9_]{8}\.part")
"""What `write_file` calls a file that is not yet whole."""


def read_inside(root: Path, path: Path, *, limit: int) -> bytes:
    """Returns the bytes of a regular file below `root`.

    Args:
        root: the folder that no link may lead out of.
        path: the file.
        limit: the most bytes it may have.

    Raises:
        WorkspaceError: it is missing, no regular file, too large, unreadable, or leads out of `root`.
    """
    if not path.resolve().is_relative_to(root.resolve()):
        raise WorkspaceError(f"{path} leads out of {root}", hint="Replace the link by the file itself.")
    return read_file(path, limit=limit)


def read_file(path: Path, *, limit: int) -> bytes:
    """Returns the bytes of a regular file.

    Args:
        path: the file.
        limit: the most bytes it may have.

    Raises:
        WorkspaceError: it is missing, no regular file, too large or unreadable.
    """
    try:
        # Non-blocking, so that a named pipe cannot hold the program before it is found to be one.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise WorkspaceError(f"{path} is no regular file")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(limit + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > limit:
        raise WorkspaceError(f"{path} has more than {limit:,} bytes")
    return data


def write_file(path: Path, data: bytes, *, mode: int = PUBLIC_MODE, replace: bool = True) -> None:
    """Writes a file whole or not at all.

    Args:
        path: the file; its folder exists.
        data: its bytes.
        mode: its permissions.
        replace: False to refuse where the file is there already.

    Raises:
        WorkspaceError: it could not be written; what was there before is still there.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            if replace:
                temporary.replace(path)
            else:
                # A hard link, unlike a rename, fails where something is already called that.
                os.link(temporary, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
        sync_folder(path.parent)
    except FileExistsError as error:
        raise WorkspaceError(f"{path} is there already", hint="Nothing was overwritten.") from error
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be written: {error.strerror}") from error


def sweep(folder: Path, name: str | None = None) -> None:
    """Removes what `write_file` left in a folder when it was killed: half a file, or a whole one under no name.

    Args:
        folder: the folder; it need not be there.
        name: the file that was being written; None for every one.

    Raises:
        WorkspaceError: the folder cannot be read, or something could not be removed.
    """
    if not folder.is_dir():
        return
    try:
        files = list(folder.iterdir())
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be read: {error.strerror}") from error
    for file in files:
        match = _REST.fullmatch(file.name)
        if match and name in (None, match["name"]) and is_regular(file):
            remove(file)


def is_regular(path: Path) -> bool:
    """Tells whether a regular file is called that; a link to one is none."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def make_folder(path: Path, *, mode: int = FOLDER_MODE) -> None:
    """Makes a folder and those above it, synced; does nothing where it is there.

    Args:
        path: the folder.
        mode: its permissions, less what the process's umask takes away; not those of the folders above it.

    Raises:
        WorkspaceError: it could not be made.
    """
    missing = [each for each in (path, *path.parents) if not each.exists()]
    there = missing[-1].parent if missing else path
    try:
        # It may be what a killed run made last, and its name not synced yet; who may not open the folder above it
        # did not make it.
        with contextlib.suppress(PermissionError):
            sync_folder(there.parent)
        for each in reversed(missing):
            each.mkdir(mode=mode if each == path else FOLDER_MODE, exist_ok=True)
            sync_folder(each.parent)
        path.mkdir(exist_ok=True)  # an error where it is a file
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be made: {error.strerror}") from error


def rename(source: Path, target: Path) -> None:
    """Renames a file, synced.

    Raises:
        WorkspaceError: it could not be renamed.
    """
    try:
        source.rename(target)
        sync_folder(target.parent)
        sync_folder(source.parent)
    except OSError as error:
        raise WorkspaceError(f"{source} cannot be renamed to {target}: {error.strerror}") from error


def remove(path: Path) -> None:
    """Removes a file, synced; does nothing where it is gone.

    Raises:
        WorkspaceError: it could not be removed.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        if path.parent.is_dir():
            sync_folder(path.parent)
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be removed: {error.strerror}") from error


def sync_folder(path: Path) -> None:
    """Makes what happened to the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
