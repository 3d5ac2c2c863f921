"""Work with a network that ends when its time is up, whatever the other side does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

T = TypeVar("T")

_UNWIND_SECONDS = 0.25
"""Seconds that the work gets to end after its sockets were cut; one that hangs in the resolver cannot."""


class Limit(Protocol):
    """A time that ends, and what can be done then."""

    def left(self) -> float:
        """Returns the seconds that are left, more than 0; raises TimeoutError when none are."""

    def cut(self) -> None:
        """Ends what still waits."""


def in_time(limit: Limit, work: Callable[[], T]) -> T:
    """Does some work on a thread of its own, which is cut off at the limit, and returns what it returns.

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

    worker = threading.Thread(target=run, name="canary-fetch", daemon=True)
    try:
        left = limit.left()
        worker.start()
        return answer.result(timeout=left)
    finally:
        if worker.is_alive() and not answer.done():
            limit.cut()
            worker.join(_UNWIND_SECONDS)
