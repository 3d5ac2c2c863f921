"""Every call of Python's that changes a file or a folder, noted in order; and death at one of them.

    recorder = Recorder(folder, point=None)     # in a process of its own
    recorder.plant()
    ...                                          # whatever changes the folder
    recorder.calls                               # what changed it, and what made it last

`os.<name>` is replaced for every name that changes a disk, and `open` by one whose writes go through a raw file that
is noted too, so a buffered write counts when it reaches the system. An audit hook ends the process where something
else than these changes the disk; `tests.cli.crashes.disk` replays the calls, and what it comes to must be what is
really there. Between the two nothing escapes.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import signal
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NoReturn

import canary

When = Literal["before", "torn", "after"]

ESCAPED = 78
"""What a process exits with that changed the disk past these calls."""

_NAMES = (
    *("open", "write", "fsync", "fdatasync", "fchmod", "chmod", "ftruncate", "truncate", "utime", "mkfifo", "mknod"),
    *("rename", "replace", "link", "symlink", "unlink", "remove", "rmdir", "mkdir", "chown", "fchown", "lchown"),
    *("pwrite", "writev", "pwritev", "sendfile", "copy_file_range", "splice", "setxattr", "removexattr"),
)
_MODELLED = frozenset(
    {"open", "write", "fsync", "fchmod", "rename", "replace", "link", "symlink", "unlink", "rmdir", "mkdir"}
)
"""Those that canary uses, and that `disk` can replay; any other fails until it can."""

_AUDITED = frozenset(
    f"os.{name}"
    for name in ("rename", "link", "symlink", "remove", "rmdir", "mkdir", "chmod", "chown", "truncate", "utime")
) | {"os.setxattr", "os.removexattr", "mmap.__new__"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_SOURCE = str(Path(str(canary.__file__)).parent)


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        name: the function's.
        path: what it changes, relative to the folder; for a rename or a link the new name.
        line: the line of canary's that it was made from.
        other: the old name of what is renamed or linked; what a symbolic link says.
        data: what is written.
        mode: the file's mode afterwards, where the call settles it.
        failed: whether it changed nothing.
    """

    name: str
    path: str
    line: str
    other: str = ""
    data: bytes = b""
    mode: int = 0
    failed: bool = False


@dataclass(frozen=True)
class Point:
    """Where to die: before or after a call, counted from 0, or with half of what it writes written."""

    at: int
    when: When


class Recorder:
    """Notes the calls that change a folder, and ends the process at one of them.

    Args:
        folder: the folder. What happens elsewhere is made and not noted; only gpg's homes, in the folder for temporary
            files, may change past these calls.
        point: where to die; None to live.
        last_words: is given the calls so far before the process dies.
    """

    def __init__(self, folder: Path, point: Point | None, last_words: Callable[[list[Call]], object]) -> None:
        self.calls: list[Call] = []
        self._folder = os.path.realpath(folder)
        self._point = point
        self._last_words = last_words
        self._paths: dict[int, str] = {}
        self._within = 0
        self._homes = os.path.realpath(tempfile.gettempdir()) + os.sep
        self._real = {name: getattr(os, name) for name in _NAMES if hasattr(os, name)}
        self._real_open = io.open

    def plant(self) -> None:
        """Replaces the calls, for the rest of this process's life."""
        sys.addaudithook(self._audit)
        for name in self._real:
            setattr(os, name, partial(self._called, name))
        io.open = self._open
        builtins.open = self._open

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._within or str(arguments[:1]).startswith(f"('{self._homes}"):
            return
        if event in _AUDITED or (event == "open" and _creates(*arguments)):
            self._within += 1
            os.write(2, f"past every noted call: {event} {arguments}\n{''.join(traceback.format_stack())}".encode())
            os._exit(ESCAPED)

    def _called(self, name: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # whatever os takes
        path = self._path(name, arguments, options)
        real = self._real[name]
        if path is None:
            with self._noted():
                result = real(*arguments, **options)
            if name == "open":
                self._paths[result] = self._absolute(arguments[0], options.get("dir_fd"))
            return result
        assert name in _MODELLED, f"{name} is not modelled"
        other = ""
        if name in {"rename", "replace", "link"}:
            other = self._relative(self._absolute(arguments[0], None))
        elif name == "symlink":
            other = os.fspath(arguments[0])
        return self.noted(name, path, lambda: real(*arguments, **options), other=other)

    def noted(self, name: str, path: str, call: Callable[[], Any], *, other: str = "", data: bytes = b"") -> Any:  # noqa: ANN401  # what the call returns
        """Makes a call, unless it is the one to die before."""
        number = len(self.calls)
        here = self._point is not None and self._point.at == number and self._point.when
        if here == "before":
            self._die()
        line = _line()
        try:
            with self._noted():
                result = call()
        except OSError:
            self.calls.append(Call(name, path, line, failed=True))
            if here == "after":
                self._die()
            raise
        mode = 0
        if name == "open":
            self._paths[result] = f"{self._folder}/{path}"
            mode = os.fstat(result).st_mode
        elif name in {"fchmod", "mkdir", "symlink"}:
            mode = os.lstat(f"{self._folder}/{path}").st_mode
        self.calls.append(Call(name, path, line, other, data, mode))
        if here == "after":
            self._die()
        return result

    def written(self, descriptor: int, data: bytes, write: Callable[[bytes], int]) -> int:
        """Writes to a file, or half of it."""
        path = self._relative(self._paths[descriptor])
        if self._point == Point(len(self.calls), "torn"):
            half = data[: len(data) // 2]
            self.noted("write", path, lambda: write(half), data=half)
            self._die()
        count = self.noted("write", path, lambda: write(data), data=data)
        assert count == len(data)
        return len(data)

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        self._within += 1
        try:
            yield
        finally:
            self._within -= 1

    def _die(self) -> NoReturn:
        self._within += 1
        self._last_words(self.calls)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")

    def _open(self, file: Any, mode: str = "r", buffering: int = -1, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # as open has it
        if options.get("opener") is not None:  # it opens through os.open
            with self._noted():
                return self._real_open(file, mode, buffering, *arguments, **options)
        if not set(mode) & set("wax+"):
            return self._real_open(file, mode, buffering, *arguments, **options)
        if isinstance(file, int):
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return self._real_open(file, mode, buffering, *arguments, **options)
            descriptor = file
        else:
            kind = {"w": os.O_TRUNC, "x": os.O_EXCL, "a": os.O_APPEND}[mode.strip("bt")]
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | kind, 0o666)
        assert mode in {"wb", "xb", "ab"}, f"files opened as {mode} are not modelled"
        raw = _Raw(self, descriptor, closefd=options.get("closefd", True))
        return io.BufferedWriter(raw)

    def _path(self, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> str | None:
        """Returns what a call changes, relative to the folder; None where that is nothing, or elsewhere."""
        if name == "open" and not arguments[1] & (os.O_CREAT | os.O_TRUNC):
            return None
        changed = arguments[1] if name in {"rename", "replace", "link", "symlink"} else arguments[0]
        if isinstance(changed, int):
            if name == "write" and not stat.S_ISREG(os.fstat(changed).st_mode):
                return None
            path = self._paths.get(changed, "")
        else:
            path = self._absolute(changed, options.get("dir_fd"))
        inside = path == self._folder or path.startswith(self._folder + os.sep)
        return self._relative(path) if inside else None

    def _absolute(self, path: Any, folder: int | None) -> str:  # noqa: ANN401  # whatever os takes
        joined = Path(Path.cwd() if folder is None else self._paths[folder], path)
        # The name itself may be a link, which is then what the call is about; what leads to it is resolved.
        return f"{os.path.realpath(joined.parent)}/{joined.name}"

    def _relative(self, path: str) -> str:
        return path[len(self._folder) + 1 :]


class _Raw(io.FileIO):
    """A file below a buffer: what reaches it reaches the system."""

    def __init__(self, recorder: Recorder, descriptor: int, *, closefd: bool) -> None:
        self._recorder = recorder
        super().__init__(descriptor, "wb", closefd=closefd)

    def write(self, data: Any) -> int:  # noqa: ANN401  # any buffer
        return self._recorder.written(self.fileno(), bytes(data), super().write)


def _line() -> str:
    """Returns the line of canary's that is at work."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # traceback reads every file, and takes a thousand times as long
    while frame is not None and not frame.f_code.co_filename.startswith(_SOURCE):
        frame = frame.f_back
    return "" if frame is None else f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _creates(path: object, mode: object, flags: int) -> bool:
    """Tells whether opening may change the disk: opening a descriptor, or what swallows everything, does not."""
    del mode
    return bool(flags & _WRITES) and not isinstance(path, int) and path != os.devnull
