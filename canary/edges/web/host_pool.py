"""Many pieces of work against many hosts at once, on threads, with few of them at any one host."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from canary.limits import STOPPING_SECONDS

_ENDING_SECONDS = 0.05
"""Seconds between two looks at whether a worker has ended."""

J = TypeVar("J")
R = TypeVar("R")


def by_host(
    jobs: Sequence[J], host_of: Callable[[J], str], work: Callable[[J], R], *, threads: int, per_host: int
) -> Iterator[R]:
    """Does the work for every job, and yields what came of each in the order in which they end.

    Whoever stops taking results stops the rest: no new job is begun then, and those that are under way are waited for,
    but not for long. And whoever takes results slowly slows the work down, so that they never pile up.

    Args:
        jobs: the jobs; they are begun in this order, as far as their hosts allow.
        host_of: tells a job's host.
        work: does one job; whatever it raises is raised here.
        threads: how many jobs are done at once.
        per_host: how many of them at one host.
    """
    waiting = _Waiting(jobs, host_of, per_host)
    ended: queue.Queue[Future[R]] = queue.Queue(maxsize=2 * threads)

    def run() -> None:
        while (job := waiting.take()) is not None:
            result: Future[R] = Future()
            try:
                result.set_result(work(job[0]))
            except BaseException as error:  # noqa: BLE001  # it is for the thread that waits, whatever it is
                result.set_exception(error)
            waiting.done(job[0])
            ended.put(result)

    workers = [threading.Thread(target=run, name="canary-look", daemon=True) for _ in range(min(threads, len(jobs)))]
    for worker in workers:
        worker.start()
    try:
        for _ in jobs:
            yield ended.get().result()
    finally:
        waiting.stop()
        until = time.monotonic() + STOPPING_SECONDS
        for worker in workers:
            while worker.is_alive() and time.monotonic() < until:
                # Nobody takes results any more, and a worker may be waiting for room for its own.
                with contextlib.suppress(queue.Empty):
                    ended.get_nowait()
                worker.join(_ENDING_SECONDS)


class _Waiting(Generic[J]):
    """The jobs that nobody has begun, host by host."""

    def __init__(self, jobs: Sequence[J], host_of: Callable[[J], str], per_host: int) -> None:
        self._host_of = host_of
        self._per_host = per_host
        self._changed = threading.Condition()
        self._jobs: dict[str, deque[J]] = {}
        for job in jobs:
            self._jobs.setdefault(host_of(job), deque()).append(job)
        self._running: Counter[str] = Counter()
        self._ready = deque(self._jobs)
        """Hosts with jobs that nobody has begun, and with a free place; each once."""
        self._left = len(jobs)

    def take(self) -> tuple[J] | None:
        """Returns a job to begin; None when there are no more. Waits while every host has enough of them."""
        with self._changed:
            while not self._ready and self._left:
                self._changed.wait()
            if not self._left:
                return None
            self._left -= 1
            host = self._ready.popleft()
            job = self._jobs[host].popleft()
            self._running[host] += 1
            if self._jobs[host] and self._running[host] < self._per_host:
                self._ready.append(host)
            return (job,)

    def done(self, job: J) -> None:
        """Frees a place at a job's host."""
        host = self._host_of(job)
        with self._changed:
            # A host that was full does not stand among the ready ones.
            if self._jobs[host] and self._running[host] == self._per_host:
                self._ready.append(host)
            self._running[host] -= 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Lets no more jobs begin."""
        with self._changed:
            self._left = 0
            self._changed.notify_all()
