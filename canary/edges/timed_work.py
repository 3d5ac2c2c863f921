"""Work with a network that ends when its time is up, whatever the other side does."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")

_UNWIND_SECONDS = 0.25
"""Seconds that the work gets to end after its sockets were cut; one that hangs in the resolver cannot."""

_IDLE_SECONDS = 5.0
"""Seconds that a thread without work waits for some more: to start one for each piece costs more than most pieces."""


_WORKING, _IDLE = "canary-fetch", "canary-idle"
"""What a thread is called."""


class Limit(Protocol):
    """A time that ends, and what can be done then."""

    def left(self) -> float:
        """Returns the seconds that are left, more than 0; raises TimeoutError when none are."""

    def cut(self) -> None:
        """Ends what still waits."""


def in_time(limit: Limit, work: Callable[[], T]) -> T:
    """Does some work on another thread, which is cut off at the limit, and returns what it returns.

    Raises:
        TimeoutError: it did not end in time.
        Exception: what the work raises.
    """
    left = limit.left()
    piece = _Piece(work)
    try:
        _give(piece)
        if not piece.is_done(left):
            raise TimeoutError
    finally:
        if not piece.is_done(0):
            limit.cut()
            piece.is_done(_UNWIND_SECONDS)
    return piece.result()


class _Piece(Generic[T]):
    """A piece of work, and what came of it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._came: list[T] = []
        self._error: BaseException | None = None
        # A bare lock, held until the work is done: a future takes longer than the rest of handing it over.
        self._busy = threading.Lock()
        self._busy.acquire()

    def run(self) -> None:
        """Does the work."""
        try:
            self._came.append(self._work())
        except BaseException as error:  # noqa: BLE001  # it is for the thread that waits, whatever it is
            self._error = error
        finally:
            self._busy.release()

    def is_done(self, seconds: float) -> bool:
        """Waits so long for the end of the work; tells whether it has come."""
        if self._busy.acquire(timeout=min(seconds, threading.TIMEOUT_MAX)):
            self._busy.release()
            return True
        return False

    def result(self) -> T:
        """Returns what came of work that is done, or raises its error."""
        if self._error is not None:
            try:
                raise self._error
            finally:
                # The error's traceback leads here: neither is to keep the other in memory.
                self._error = None
        return self._came[0]


class _Worker:
    """A thread that does one piece of work after the other, and ends when there has been none for a while."""

    def __init__(self) -> None:
        self._given: queue.SimpleQueue[_Piece[Any]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=_IDLE, daemon=True)
        self._thread.start()

    def give(self, piece: _Piece[Any]) -> None:
        """Hands it a piece of work; it must have none."""
        self._given.put(piece)

    def _run(self) -> None:
        while (piece := self._next()) is not None:
            self._thread.name = _WORKING
            piece.run()
            del piece  # or what came of it would be kept until the next one
            self._thread.name = _IDLE
            _idle.append(self)

    def _next(self) -> _Piece[Any] | None:
        try:
            return self._given.get(timeout=_IDLE_SECONDS)
        except queue.Empty:
            pass
        try:
            _idle.remove(self)
        except ValueError:
            # Somebody has just taken it out, to give it work.
            return self._given.get()
        return None


_idle: deque[_Worker] = deque()
"""Threads without work, the one that was last at work at the end."""


def _give(piece: _Piece[Any]) -> None:
    """Has a piece of work done by a thread that has none, or by a new one."""
    try:
        worker = _idle.pop()
    except IndexError:
        worker = _Worker()
    worker.give(piece)
