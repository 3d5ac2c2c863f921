"""Reading and writing single files so that a crash leaves the old state or the new one.

A write goes to a new file beside the target, which is synced, renamed over it, and then the folder is synced. A
read is bounded, takes regular files only, and never follows a link out of the folder it is told to stay in.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path

from canary.errors import WorkspaceError

PUBLIC_MODE = 0o644
PRIVATE_MODE = 0o600
FOLDER_MODE = 0o777
PRIVATE_FOLDER_MODE = 0o700
_READ_BYTES = 65_536
"""Bytes of one read."""

_REST = re.compile(r"\.(?P<name>.+)\.[a-z0-9_]{8}\.part")
"""What `write_file` calls a file that is not yet whole."""


_WHAT_TO_DO = {
    errno.ENOSPC: "Make room on the disk, then run the same again.",
    errno.EDQUOT: "Make room in your quota, then run the same again.",
    errno.EROFS: "This file system is read-only: work where it can be written, or mount it so.",
    errno.EACCES: "Run this as the user whom it belongs to, or let them change who may do that (chmod).",
    errno.EPERM: "Run this as the user whom it belongs to, or let them change who may do that (chmod).",
    errno.ENOENT: "Check the path; what is lost comes back from version control or a backup.",
    errno.EISDIR: "Move the folder away.",
    errno.ENOTDIR: "Move away what is in the folder's place.",
    errno.EEXIST: "Move away what is in its place.",
    errno.ELOOP: "Replace the link by the file itself.",
}


def what_to_do(error: OSError) -> str:
    """Returns what to do about an error of the operating system, as a sentence."""
    return _WHAT_TO_DO.get(error.errno or 0, "Look after the disk and the folder, then run the same again.")


def lies_in(root: Path, path: Path) -> bool:
    """Tells whether a path, with every link on the way followed, leads to `root` or below; a circle leads nowhere."""
    # Not Path.resolve: it answers a circle of links with a RuntimeError.
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def read_inside(root: Path, path: Path, *, limit: int) -> bytes:
    """Returns the bytes of a regular file below `root`.

    Args:
        root: the folder that no link may lead out of.
        path: the file.
        limit: the most bytes it may have.

    Raises:
        WorkspaceError: it is missing, no regular file, too large, unreadable, or leads out of `root`.
    """
    check_inside(root, path)
    return read_file(path, limit=limit)


def check_inside(root: Path, path: Path, *, what: str = "file") -> None:
    """Checks that no link leads out of a folder.

    Args:
        root: the folder.
        path: what lies in it, by its name.
        what: `file` or `folder`.

    Raises:
        WorkspaceError: a link on the way to it leads out.
    """
    if not lies_in(root, path):
        raise WorkspaceError(f"{path} leads out of {root}", hint=f"Replace the link by the {what} itself.")


def check_folder(root: Path, folder: Path) -> None:
    """Checks that a folder is one of the workspace's own, or not there.

    Args:
        root: the workspace.
        folder: the folder.

    Raises:
        WorkspaceError: a link on the way to it leads out, or it is no folder.
    """
    check_inside(root, folder, what="folder")
    if os.path.lexists(folder) and not folder.is_dir():
        raise WorkspaceError(f"{folder} is no folder", hint="Move it away; bring the folder back where there was one.")


def read_file(path: Path, *, limit: int, own: bool = False) -> bytes:
    """Returns the bytes of a regular file.

    Args:
        path: the file.
        limit: the most bytes it may have.
        own: whether it has to belong to the user who runs this.

    Raises:
        WorkspaceError: it is missing, no regular file, somebody else's, too large or unreadable.
    """
    try:
        # Non-blocking, so that a named pipe cannot hold the program before it is found to be one.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise _no_file(path)
            if own and found.st_uid != os.geteuid():
                raise WorkspaceError(f"{path} is another user's file", hint="Name a file of your own.")
            data = _read_up_to(descriptor, limit + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno == errno.ENXIO:  # what opening a socket comes to
            raise _no_file(path) from error
        raise WorkspaceError(f"{path} cannot be read: {error.strerror}", hint=what_to_do(error)) from error
    if len(data) > limit:
        raise WorkspaceError(f"{path} has more than {limit:,} bytes", hint="Bring back the file that belongs there.")
    return data


def _no_file(path: Path) -> WorkspaceError:
    return WorkspaceError(f"{path} is no regular file", hint="Move it away, and put the file in its place.")


def _read_up_to(descriptor: int, most: int) -> bytes:
    """Returns at most `most` bytes; in pieces, because a read sets aside the memory that it is asked for."""
    pieces: list[bytes] = []
    while most and (piece := os.read(descriptor, min(most, _READ_BYTES))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


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
        temporary = _laid_down(path, data, mode)
        try:
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
        raise _not_written(path, error) from error


def write_files(files: Mapping[Path, bytes], *, first: Callable[[], None] | None = None) -> None:
    """Writes several files, and gives none of them its name before all of them are on the disk.

    So a full disk leaves everything as it was.

    Args:
        files: the bytes of each, those of one folder beside each other; their folders exist.
        first: what else has to happen before the first gets its name.

    Raises:
        WorkspaceError: one could not be written.
    """
    laid_down: dict[Path, Path] = {}
    path = Path()
    try:
        try:
            for path, data in files.items():
                laid_down[path] = _laid_down(path, data, PUBLIC_MODE)
            if first is not None:
                first()
            for folder, beside in groupby(laid_down.items(), key=lambda each: each[0].parent):
                for path, temporary in beside:
                    temporary.replace(path)
                # What comes later may name what came before, so that has its name for good first.
                sync_folder(folder)
        finally:
            for temporary in laid_down.values():
                with contextlib.suppress(FileNotFoundError):
                    temporary.unlink()
    except OSError as error:
        raise _not_written(path, error) from error


def _laid_down(path: Path, data: bytes, mode: int) -> Path:
    """Returns a synced file with these bytes beside the place where it belongs."""
    import tempfile  # noqa: PLC0415  # what only reads a canary needs none

    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _not_written(path: Path, error: OSError) -> WorkspaceError:
    return WorkspaceError(f"{path} cannot be written: {error.strerror}", hint=what_to_do(error))


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
        raise WorkspaceError(f"{path} cannot be made: {error.strerror}", hint=what_to_do(error)) from error


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
        what = f"{source} cannot be renamed to {target}: {error.strerror}"
        raise WorkspaceError(what, hint=what_to_do(error)) from error


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
        raise WorkspaceError(f"{path} cannot be removed: {error.strerror}", hint=what_to_do(error)) from error


def settle(folder: Path) -> None:
    """Makes durable what a killed run did to the names in a folder: whoever goes on builds on it.

    Raises:
        WorkspaceError: that failed.
    """
    try:
        sync_folder(folder)
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be synced: {error.strerror}", hint=what_to_do(error)) from error


def sync_folder(path: Path) -> None:
    """Makes what happened to the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
