"""A channel to a program on this machine: the event as JSON on its standard input.

The program is started without a shell, as the leader of a process group of its own. Exit code 0 says that it has taken
the message. Everything else is temporary, because a script that fails, or is missing, is mended by the person whose
alert it is, who then wants the alert. What it prints goes nowhere, but for the last line of its standard error, which
is told with the failure.

When its time is up, the whole group gets SIGTERM and, at most a second later, SIGKILL. What a program leaves
running behind it when it has ended is left alone.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Collection, Iterator
from typing import IO

from canary.core.judging.fetched import shown
from canary.core.watching.message import Message
from canary.core.watching.watch_settings import Command
from canary.errors import DeliveryError

_READ_BYTES = 65_536
_TAIL_BYTES = 4_096
"""Bytes of standard error that are kept, the last ones."""

_REST_BYTES = 1_048_576
"""Bytes of standard error that are read after the end: what the pipe still held, whoever goes on writing to it."""

_LOOK_SECONDS = 0.05
"""Seconds between two looks at whether the program has ended; another process may hold its pipes open after it."""

_GRACE_SECONDS = 1.0
"""Seconds from SIGTERM to SIGKILL."""

_EX_TEMPFAIL = 75
"""The exit code of sysexits.h that says "try again later"."""


class CommandChannel:
    """Starts one program for each message.

    Args:
        command: the program and its arguments.
        seconds: what one message may take.
        hidden: environment variables that the program does not get: they hold other channels' secrets.
    """

    def __init__(self, command: Command, *, seconds: float, hidden: Collection[str] = ()) -> None:
        self._run = command.run
        self._seconds = seconds
        self._hidden = frozenset(hidden)

    def send(self, message: Message) -> None:
        """Runs the program, and waits until it has ended.

        Raises:
            DeliveryError: it did not take the message, for now.
        """
        environment = {name: value for name, value in os.environ.items() if name not in self._hidden}
        try:
            process = subprocess.Popen(  # noqa: S603  # an argument list that a person has configured
                self._run,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            raise DeliveryError(
                f"{self._name} cannot be started: {error.strerror}",
                hint="Check its path, its first line and its permissions.",
                temporary=True,
            ) from error
        with _ended(process):
            last = self._fed(process, message.event)
        self._judge(process.returncode, last)

    @property
    def _name(self) -> str:
        return shown(self._run[0])

    def _fed(self, process: subprocess.Popen[bytes], event: bytes) -> str:
        """Gives the program its input until it has ended, and returns the last line of its standard error."""
        ends = time.monotonic() + self._seconds
        pipes = _Pipes(process, event)
        with contextlib.closing(pipes):
            while process.poll() is None:
                left = ends - time.monotonic()
                if left <= 0:
                    raise DeliveryError(
                        f"{self._name} did not end within {round(self._seconds, 1):g} s",
                        hint="Run it by hand to see what it waits for.",
                        temporary=True,
                    )
                pipes.serve(min(left, _LOOK_SECONDS))
            return pipes.last_line()

    def _judge(self, code: int, last: str) -> None:
        if code == 0:
            return
        words = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        raise DeliveryError(
            f"{self._name} {words}" + (f": {shown(last)}" if last else ""),
            hint="" if code == _EX_TEMPFAIL else "Run it by hand, with a JSON document on its standard input.",
            temporary=True,
        )


class _Pipes:
    """The program's standard input, and the tail of its standard error."""

    def __init__(self, process: subprocess.Popen[bytes], event: bytes) -> None:
        self._waiting = selectors.DefaultSelector()
        self._to_send = memoryview(event)
        self._tail = b""
        self._stderr = process.stderr
        for stream, what in ((process.stdin, selectors.EVENT_WRITE), (process.stderr, selectors.EVENT_READ)):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                self._waiting.register(stream, what)

    def close(self) -> None:
        self._waiting.close()

    def serve(self, seconds: float) -> None:
        """Passes on what can be passed on, or waits."""
        for key, _ in self._waiting.select(seconds):
            stream: IO[bytes] = key.fileobj  # type: ignore[assignment]  # they were registered above
            goes_on = self._read() if stream is self._stderr else self._write(stream)
            if not goes_on:
                self._waiting.unregister(stream)
                stream.close()

    def last_line(self) -> str:
        """Returns the last line that was printed, with what is still in the pipe."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(_REST_BYTES // _READ_BYTES):
                if not self._read():
                    break
        lines = self._tail.decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _read(self) -> bool:
        if self._stderr is None or self._stderr.closed:
            return False
        data = os.read(self._stderr.fileno(), _READ_BYTES)
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        return bool(data)

    def _write(self, stream: IO[bytes]) -> bool:
        try:
            self._to_send = self._to_send[os.write(stream.fileno(), self._to_send) :]
        except BrokenPipeError:
            return False  # it may take the message without having read all of it
        return bool(self._to_send)


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Ends the program's whole group where it has not ended by itself, and closes its pipes."""
    try:
        yield
    finally:
        if process.returncode is None:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_GRACE_SECONDS)
        for stream in (process.stdin, process.stderr):
            if stream is not None:
                stream.close()
