"""Work on several processes of this program, each of which does its share and sends what comes of it.

In one process Python does one thing at a time, however many threads there are. A process gets its order on standard
input, and answers on standard output; what goes through these pipes is pickled, since this program is at both ends. It
ends when its input does, so that none outlives who started it, however that ended.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, Self

from canary.errors import CanaryError
from canary.limits import STOPPING_SECONDS

_RESULT, _DONE, _FAILED, _ENDED = "result", "done", "failed", "ended"
_AHEAD = 64
"""Results that may wait to be taken; whoever takes them slowly slows the work down."""

_DRAINING_SECONDS = 0.01
_HINT = "If that happens again, look for what ended it: too little memory, for example."

_START = (
    "import runpy, sys\n"
    "module, sys.path[:] = sys.argv[1], sys.argv[2:]\n"
    "runpy.run_module(module, run_name='__main__', alter_sys=True)\n"
)
"""Runs a module that is found where this process finds it: both ends have to be of one version."""


class Processes:
    """Processes that wait for their orders: each takes some time to start. A context manager, which ends them.

    Args:
        module: what each process runs; it calls `serve`.
        count: how many.
    """

    def __init__(self, module: str, count: int) -> None:
        self._came: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=_AHEAD)
        self._shares: list[_Share] = []
        try:
            for _ in range(count):
                self._shares.append(_Share(module))
        except OSError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._shares)

    @property
    def ids(self) -> tuple[int, ...]:
        """What the system calls each."""
        return tuple(share.id for share in self._shares)

    def work(self, orders: Sequence[Any]) -> Iterator[Any]:
        """Gives an order to each of as many processes, and yields what they send in the order in which it comes.

        Args:
            orders: no more of them than there are processes that have had none.

        Raises:
            CanaryError: what the work in a process raises; or, once the others are done, that a process ended before
                its work did.
        """
        for share, order in zip(self._shares[: len(orders)], orders, strict=True):
            share.begin(order, self._came)
        unfinished = running = len(orders)
        while running:
            kind, value = self._came.get()
            if kind == _RESULT:
                yield value
            elif kind == _FAILED:
                raise value
            elif kind == _DONE:
                unfinished -= 1
            else:
                running -= 1
        if unfinished:
            raise CanaryError("one of the processes that look has ended before its work did", hint=_HINT)

    def close(self) -> None:
        """Ends the processes, whatever they are at; they get some seconds to tidy up."""
        until = time.monotonic() + 2 * STOPPING_SECONDS
        for share in self._shares:
            share.stop()
        for share in self._shares:
            share.end(until, self._came)
        self._shares = []


class _Share:
    """One process, with a thread that takes in what it sends once it has an order."""

    def __init__(self, module: str) -> None:
        # -P: nothing of the folder that somebody happens to be in is run. A session of its own: Ctrl-C is for who
        # started it, and that ends it in an orderly way. Where errors are shown to nobody, the process needs a place
        # for them all the same, or its results would have that number.
        command = [sys.executable, "-P", "-c", _START, module, *filter(None, sys.path)]
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if sys.stderr is None else None,
            start_new_session=True,
        )
        self._thread: threading.Thread | None = None
        self._has_order = False

    @property
    def id(self) -> int:
        """What the system calls the process."""
        return self._process.pid

    def begin(self, order: object, came: queue.Queue[tuple[str, Any]]) -> None:
        """Gives it its order."""
        self._thread = threading.Thread(target=self._take_in, args=(order, came), name="canary-share", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Tells the process to end."""
        if self._thread is not None and not self._has_order:
            # It has begun nothing, and as long as the thread writes to it its input cannot be closed.
            self._process.kill()
        with contextlib.suppress(OSError):
            self._pipe(self._process.stdin).close()

    def end(self, until: float, came: queue.Queue[tuple[str, Any]]) -> None:
        """Waits for the end of the process and of its thread; after `until` the process is killed."""
        while self._process.poll() is None or (self._thread is not None and self._thread.is_alive()):
            if time.monotonic() >= until:
                self._process.kill()
            # Nobody takes results any more, and the thread may be waiting for room for its own.
            with contextlib.suppress(queue.Empty):
                came.get_nowait()
            time.sleep(_DRAINING_SECONDS)
        self._pipe(self._process.stdout).close()

    def _take_in(self, order: object, came: queue.Queue[tuple[str, Any]]) -> None:
        try:
            # A process that is gone, or is told to end.
            with contextlib.suppress(OSError, EOFError, ValueError, pickle.UnpicklingError):
                pickle.dump(order, self._pipe(self._process.stdin))
                self._pipe(self._process.stdin).flush()
                self._has_order = True
                while True:
                    came.put(pickle.load(self._pipe(self._process.stdout)))  # noqa: S301  # from our own process
        finally:
            came.put((_ENDED, None))

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise TypeError("a process without pipes")
        return pipe


def serve(work: Callable[[Any], Iterator[Any]]) -> None:
    """Does the work of a process of `Processes`; returns when it is done, or nobody wants it any more.

    Args:
        work: takes the order, and yields results.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What anything prints must not stand among the results.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # Gone is who started it, or does not want it any more: what is under way is tidied up.
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError), results:
        try:
            order = pickle.load(sys.stdin.buffer)  # noqa: S301  # from who started it
        except (EOFError, pickle.UnpicklingError):
            return  # there was nothing to do after all, or whoever says what to do is gone
        threading.Thread(target=_end_with_input, name="canary-input", daemon=True).start()
        try:
            for result in work(order):
                _send(results, _RESULT, result)
            ending: tuple[str, Any] = (_DONE, None)
        except CanaryError as error:
            ending = (_FAILED, error)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the input ends as soon as that has arrived
        _send(results, *ending)


def _send(results: IO[bytes], kind: str, value: object) -> None:
    pickle.dump((kind, value), results, protocol=pickle.HIGHEST_PROTOCOL)
    results.flush()


def _end_with_input() -> None:
    """Ends the process, as Ctrl-C does, when its input ends."""
    with contextlib.suppress(OSError):
        # Without the buffer around it: the interpreter does not end while another thread holds that.
        while os.read(sys.stdin.fileno(), 1):
            pass
    os.kill(os.getpid(), signal.SIGINT)
