"""Progress of long work: a bar on a terminal, nothing in a pipe."""

from __future__ import annotations

import contextlib
import sys
from types import TracebackType
from typing import Any, Self

import click

_WORTH_SHOWING = 10


class Progress:
    """A bar on standard error; a context manager.

    Args:
        label: what is being done.
    """

    def __init__(self, label: str) -> None:
        self._label = label
        self._is_shown = sys.stderr.isatty()
        self._stack = contextlib.ExitStack()
        self._bar: Any = None
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def show(self, done: int, of: int) -> None:
        """Shows that `done` pieces of `of` are done."""
        if of < _WORTH_SHOWING or not self._is_shown:
            return
        if self._bar is None:
            bar = click.progressbar(length=of, label=self._label, file=sys.stderr, show_pos=True)
            self._bar = self._stack.enter_context(bar)
        self._bar.update(done - self._done)
        self._done = done
