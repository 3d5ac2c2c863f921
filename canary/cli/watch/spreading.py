"""Looking at a long list on more than one processor: which process looks at what, and what comes back.

Such a process (`canary.cli.watch.looking_process`) reads the watcher's memory, and writes nothing there: what it finds
goes back to the run that started it, which decides and stores.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import Self

import msgspec

from canary.cli.app import App
from canary.cli.watch.desk import Desk
from canary.cli.watch.looking import Looking, host_of
from canary.core.judging.verdict import Verdict
from canary.core.watching.recorded import Remembered
from canary.core.watching.watch_settings import WatchSettings
from canary.core.watching.watched import Sighting, Watched
from canary.edges.memory.watch_store import open_watch_store
from canary.edges.share_processes import Processes
from canary.flows.watch.rounds import Looked
from canary.limits import LARGE_LOOKS, LOOK_PROCESSES, LOOKS_A_PROCESS

_PROCESS = "canary.cli.watch.looking_process"


class _Order(msgspec.Struct, frozen=True):
    """What one process is to do: as in `Looking`, and of the configuration the rest."""

    settings: WatchSettings
    threads: int
    large: int
    trust_clock: bool
    due: list[Watched]


class _Sent(msgspec.Struct, frozen=True):
    """A look without the canary, which who asked for it has: its name stands for it."""

    name: str
    at: datetime
    took: float
    verdict: Verdict
    state: Remembered | None
    sighting: Sighting | None


class Spread:
    """Looks at canaries, in this process or, where many are due, in several (`canary.flows.watch.rounds.Looks`).

    A context manager; it starts those processes when it is entered, so that they are ready once it is clear what is to
    be looked at.

    Args:
        desk: the configuration and the memory.
        trust_clock: whether a person says that the clock is right though it is behind an earlier look.
        tags: only canaries that are filed under one of these are looked at; none for all.
    """

    def __init__(self, desk: Desk, *, trust_clock: bool, tags: Sequence[str] = ()) -> None:
        self._desk = desk
        self._trust_clock = trust_clock
        self._tags = tags
        self._processes: Processes | None = None

    def __enter__(self) -> Self:
        count = self._worth(len(self._desk.store.due(self._desk.app.clock(), tags=self._tags)))
        if count > 1:
            # Where no process can be started, this one looks at everything, and takes longer.
            with contextlib.suppress(OSError):
                self._processes = Processes(_PROCESS, count)
        return self

    def __exit__(self, *_: object) -> None:
        if self._processes is not None:
            self._processes.close()
        self._processes = None

    def __call__(self, due: Sequence[Watched]) -> Iterator[Looked]:
        """Looks at canaries."""
        processes = self._processes
        count = 1 if processes is None else min(self._worth(len(due)), processes.count)
        if count > 1 and processes is not None:
            # Each takes one order; what has to be looked at again is little.
            self._processes = None
            return self._in_processes(due, processes, count)
        threads = self._desk.settings.threads
        return _looking(self._desk, threads, LARGE_LOOKS, trust_clock=self._trust_clock)(due)

    def _worth(self, due: int) -> int:
        """Returns how many processes are worth starting for so many looks."""
        # Another clock than the machine's is only here.
        is_only_here = self._desk.app.clock is not App().clock
        return 1 if is_only_here else min(due // LOOKS_A_PROCESS, LOOK_PROCESSES, _processors())

    def _in_processes(self, due: Sequence[Watched], processes: Processes, count: int) -> Iterator[Looked]:
        settings, watched = self._desk.settings, {each.followed.name: each for each in due}
        threads, large = -(-settings.threads // count), max(1, LARGE_LOOKS // count)
        orders = [_Order(settings, threads, large, self._trust_clock, part) for part in parts(due, count) if part]
        with processes:
            for sent in processes.work(orders):
                yield Looked(watched[sent.name], sent.at, sent.took, sent.verdict, sent.state, sent.sighting)


def parts(due: Sequence[Watched], count: int) -> list[list[Watched]]:
    """Shares canaries out evenly, all of one host to one process: so no host is asked more at once than it may be."""
    hosts = [host_of(each) for each in due]
    shared: list[list[Watched]] = [[] for _ in range(count)]
    sizes, part_of = [0] * count, dict[str, int]()
    for host, size in Counter(hosts).most_common():
        part_of[host] = sizes.index(min(sizes))
        sizes[part_of[host]] += size
    for each, host in zip(due, hosts, strict=True):
        shared[part_of[host]].append(each)
    return shared


def repositories_of(settings: WatchSettings) -> Path:
    """Returns where repositories are kept: beside the memory."""
    memory = Path(settings.memory)
    return memory.with_name(f"{memory.name}.repositories")


def _processors() -> int:
    """Returns how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _looking(desk: Desk, threads: int, large: int, *, trust_clock: bool) -> Looking:
    return Looking(
        state_of=desk.store.state,
        checkers=desk.checkers,
        clock=desk.app.clock,
        seconds=desk.settings.seconds,
        threads=threads,
        per_host=desk.settings.per_host,
        trust_clock=trust_clock,
        room=BoundedSemaphore(large),
        foreign_state_of=desk.store.foreign_state,
        pinned_of=desk.store.pinned,
        repositories=repositories_of(desk.settings),
        block_time=desk.block_time,
    )


def looks(order: _Order) -> Iterator[_Sent]:
    """Does the work of one process.

    Raises:
        StoreError: the watcher's memory cannot be read.
    """
    with open_watch_store(Path(order.settings.memory), make=False) as store:
        desk = Desk(App(), order.settings, store, None)
        for each in _looking(desk, order.threads, order.large, trust_clock=order.trust_clock)(order.due):
            name = each.watched.followed.name
            yield _Sent(name, each.at, each.took, each.verdict, each.state, each.sighting)
