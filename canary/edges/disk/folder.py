"""A canary's site in a folder on disk: a downloaded copy, or the one that is about to be published.

The folder may have come from anywhere, so it is not trusted to hold plain files: nothing is read through a link
that leaves it, and a pipe or a device in the place of a file is refused instead of waited for.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from canary.core.judging.fetched import Fetched, segments, shown
from canary.core.text.strict import digest
from canary.errors import FetchError

_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
"""Not through a link that appeared after the path was resolved; and opening a pipe returns at once."""


class FolderSource:
    """A `canary.core.judging.fetched.Source` over a folder.

    Args:
        root: the folder that stands for the canary's base. It may be a link (the publisher's `public` is one);
            it is resolved here, once, so that a site that is swapped meanwhile is still read as one copy.

    Raises:
        FetchError: there is no such folder.
    """

    def __init__(self, root: Path) -> None:
        self._given = root
        self._root = Path(os.path.realpath(root))
        self._check_root()

    def describe(self) -> str:
        """Returns the location in words, for messages."""
        return f"the folder {self._given}"

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        """Reads one file; see `canary.core.judging.fetched.Source.get`.

        The ETag is strong: the SHA-256 of the body.

        Raises:
            FetchError: the file is over `limit` bytes, may not be read, is not a regular file or lies behind a
                link that leaves the folder; the path leads out of the folder; or the folder is gone.
        """
        del fresh  # no cache lies between a program and its disk
        body = self._read(path, limit)
        if body is None:
            return Fetched(404, b"", None)
        own = f'"{digest(body)}"'
        return Fetched(304, b"", own) if etag == own else Fetched(200, body, own)

    def _read(self, path: str, limit: int) -> bytes | None:
        """Returns the bytes of the file; None where there is no such file."""
        try:
            target = os.path.realpath(self._root.joinpath(*segments(path)))
            if not Path(target).is_relative_to(self._root):
                raise FetchError(f"{self._named(path)} leads out of the folder, to {shown(target)}")
            body = _read_regular(target, limit)
        except (FileNotFoundError, NotADirectoryError):
            # A disk that is no longer mounted must not look like a canary that was taken down.
            self._check_root()
            return None
        except OSError as error:
            raise FetchError(f"{self._named(path)}: {_reason(error)}") from error
        if len(body) > limit:
            raise FetchError(f"{self._named(path)} is larger than the {limit} bytes it may have")
        return body

    def _check_root(self) -> None:
        """Raises FetchError unless the folder is there."""
        try:
            is_folder = stat.S_ISDIR(self._root.stat().st_mode)
        except FileNotFoundError:
            raise FetchError(f"{self.describe()} does not exist") from None
        except OSError as error:
            raise FetchError(f"{self.describe()}: {_reason(error)}") from error
        if not is_folder:
            raise FetchError(f"{self._given} is not a folder")

    def _named(self, path: str) -> str:
        """Returns the file's name for messages."""
        return f"{path} in {self.describe()}"


def _read_regular(target: str, limit: int) -> bytes:
    """Returns at most `limit` + 1 bytes of a regular file.

    Raises:
        OSError: it cannot be opened or read, or is something else than a file (EISDIR).
    """
    descriptor = os.open(target, _OPEN_FLAGS)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            # Not `limit` alone: a read sets aside the memory that it is asked for.
            return file.read(min(limit, max(found.st_size, 4096)) + 1)
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    """Returns in a few words why the system would not open or read a file."""
    if error.errno in (errno.EISDIR, errno.ENXIO):
        return "not a regular file"
    if error.errno == errno.ELOOP:
        return "a link that leads in a circle"
    return os.strerror(error.errno) if error.errno is not None else "cannot be read"
