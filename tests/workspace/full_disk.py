"""A disk that fills up in the middle of a command.

    disk = FullDisk(room=5)
    with disk.installed():
        publisher.publish()

Every call that takes room (a file made, written or synced, a folder, a link) is counted, and once there is no room any
more all of them fail with ENOSPC, as on a real disk; what only renames or removes goes on working.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

_TAKING_ROOM = ("mkdir", "symlink", "link", "fsync")


class FullDisk:
    """Counts the calls that take room below a folder, and fails them after a number of them.

    Args:
        folder: where it is; elsewhere there is room.
        room: how many calls succeed; None for all.
    """

    def __init__(self, folder: Path, room: int | None = None) -> None:
        self.calls = 0
        self._folder = str(folder)
        self._room = room

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Takes the place of the system's calls."""
        with pytest.MonkeyPatch.context() as patch:
            for name in _TAKING_ROOM:
                patch.setattr(os, name, self._counted(getattr(os, name)))
            patch.setattr(os, "open", self._open(os.open))
            patch.setattr(io, "open", self._file(io.open))
            yield

    def _take(self, where: object) -> None:
        if isinstance(where, int):
            if stat.S_ISDIR(os.fstat(where).st_mode):
                return  # a name that was renamed takes no more room
            where = Path(f"/proc/self/fd/{where}").readlink()
        if not str(where).startswith(self._folder):
            return
        if self._room is not None and self.calls >= self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(where))
        self.calls += 1

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # whatever os takes
            # Of a link it is the new name that takes room; a folder that is there takes none.
            where = arguments[1] if call.__name__ in ("symlink", "link") else arguments[0]
            if call.__name__ != "mkdir" or not Path(where).exists():
                self._take(where)
            return call(*arguments, **options)

        return counted

    def _open(self, call: Callable[..., int]) -> Callable[..., int]:
        def opened(path: Any, flags: int, *arguments: Any, **options: Any) -> int:  # noqa: ANN401  # likewise
            if flags & os.O_CREAT:
                self._take(path)
            return call(path, flags, *arguments, **options)

        return opened

    def _file(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # likewise
            found = call(file, mode, *arguments, **options)
            if "r" not in mode or "+" in mode:
                write = found.write

                def written(data: bytes) -> int:
                    self._take(file)
                    return int(write(data))

                return _Written(found, written)
            return found

        return opened


class _Written:
    """A file whose writes are counted."""

    def __init__(self, file: Any, write: Callable[[bytes], int]) -> None:  # noqa: ANN401  # any file
        self._file = file
        self.write = write

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # all the rest of it
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
