"""The process's standard streams, which whoever starts it may have closed, or pointed at a full disk."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Output(io.FileIO):
    """Standard output or error, whose faults say which of the two it was."""

    def __init__(self, descriptor: int, words: str) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._words = words

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = self._words
            raise


def set_up() -> None:
    """Makes every standard stream one that is there, and whose faults can be told.

    In the place of a closed one comes one that holds nothing and cannot be written. Otherwise the next file that is
    opened, a state for example, would get the number of the closed one, and whatever is printed.
    """
    if sys.stdin is None:
        sys.stdin = open(_nothing(), encoding="utf-8", closefd=False)  # noqa: SIM115  # as long as the process
    sys.stdout = _output(sys.stdout, "standard output")
    sys.stderr = _output(sys.stderr, "standard error")


def _output(given: TextIO | None, words: str) -> TextIO:
    descriptor = _nothing() if given is None else given.fileno()
    encoding = "utf-8" if given is None else given.encoding
    # A verdict is not lost because a terminal or a cron job cannot write one of a publisher's characters.
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(descriptor, words)), encoding, errors="backslashreplace", line_buffering=True
    )


def _nothing() -> int:
    """Returns the lowest number that is free: that of the stream which is closed."""
    return os.open(os.devnull, os.O_RDONLY)


def fault_in_writing(stream: TextIO) -> OSError | None:
    """Returns why what was printed could not be written; None if it was.

    After a fault the stream goes nowhere, so that what is still unwritten does not trip the interpreter up on its way
    out.
    """
    try:
        stream.flush()
    except OSError as error:
        discard(stream)
        return error
    return None


def discard(stream: TextIO) -> None:
    """Lets a stream go nowhere from now on."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
