"""Work with a network that ends when its time is up, whatever the other side does."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Protocol, TypeVar

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
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001 (it is for the thread that waits, whatever it is)
            answer.set_exception(error)

    left = limit.left()
    try:
        _give(run)
        return answer.result(timeout=left)
    finally:
        if not answer.done():
            limit.cut()
            wait((answer,), timeout=_UNWIND_SECONDS)


def in_time_here(limit: Limit, work: Callable[[], T]) -> T:
    """Does some work on this thread, which is cut at the limit, and returns what it returns.

    No other thread takes part, so nothing in the work may wait for what the limit cannot cut; `in_time` is for that.

    Raises:
        TimeoutError: it did not end in time.
        Exception: what the work raises.
    """
    _watchdog.begin(limit)
    try:
        result = work()
    except Exception:
        limit.left()  # or it is the error of work that was cut
        raise
    finally:
        _watchdog.end(limit)
    limit.left()  # or it is what arrived before the cut, taken for the whole
    return result


class _Watchdog:
    """One thread that cuts every limit that is over; it ends when it wakes and there are none."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: dict[Limit, float] = {}
        self._wakes = 0.0
        self._runs = False

    def begin(self, limit: Limit) -> None:
        """Has a limit cut when it is over."""
        ends = time.monotonic() + limit.left()
        with self._changed:
            self._watched[limit] = ends
            if not self._runs:
                threading.Thread(target=self._run, name="canary-watchdog", daemon=True).start()
                self._runs = True
            elif ends < self._wakes:
                self._changed.notify()

    def end(self, limit: Limit) -> None:
        """Has nothing cut any more."""
        with self._changed:
            self._watched.pop(limit, None)

    def _run(self) -> None:
        with self._changed:
            while self._watched:
                now = time.monotonic()
                for limit in [each for each, ends in self._watched.items() if ends <= now]:
                    del self._watched[limit]
                    limit.cut()
                self._wakes = min(self._watched.values(), default=now)
                self._changed.wait(self._wakes - now)
            self._runs = False


_watchdog = _Watchdog()


class _Worker:
    """A thread that does one piece of work after the other, and ends when there has been none for a while."""

    def __init__(self) -> None:
        self._given: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=_IDLE, daemon=True)
        self._thread.start()

    def give(self, work: Callable[[], None]) -> None:
        """Hands it a piece of work; it must have none."""
        self._given.put(work)

    def _run(self) -> None:
        while (work := self._next()) is not None:
            self._thread.name = _WORKING
            work()
            del work  # or what came of it would be kept until the next one
            self._thread.name = _IDLE
            _idle.append(self)

    def _next(self) -> Callable[[], None] | None:
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


def _give(work: Callable[[], None]) -> None:
    """Has a piece of work done by a thread that has none, or by a new one."""
    try:
        worker = _idle.pop()
    except IndexError:
        worker = _Worker()
    worker.give(work)
