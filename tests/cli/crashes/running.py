"""Runs a command in a process of its own, which can be told to die."""

from __future__ import annotations

import os
import signal
import traceback
from dataclasses import dataclass

import msgspec

from tests.cli.crashes.calls import Call, Point, Recorder
from tests.cli.crashes.commands import Command
from tests.publisher import Publisher, Ran


@dataclass(frozen=True)
class Run:
    """What a run did.

    Attributes:
        calls: its calls that change the disk.
        ran: what it printed and came to; None for one that died.
    """

    calls: list[Call]
    ran: Ran | None


def run(publisher: Publisher, command: Command, point: Point | None = None) -> Run:
    """Runs a command, and waits until it is over or dead.

    Args:
        publisher: where.
        command: the command.
        point: where it kills itself, with SIGKILL, so that nothing is tidied up; None to let it live.

    Raises:
        AssertionError: it failed, or it lived where it should have died.
    """
    listen, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            recorder = Recorder(publisher.folder, point, last_words=lambda calls: _tell(tell, Run(calls, None)))
            recorder.plant()
            ran = command.run(publisher)
            _tell(tell, Run(recorder.calls, ran))
            os._exit(0)
        except BaseException:  # noqa: BLE001  # nothing may run on in two processes
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(tell)
    with os.fdopen(listen, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code == (0 if point is None else -signal.SIGKILL), f"it ended with {code}, told to die at {point}"
    return msgspec.json.decode(told, type=Run)


def _tell(pipe: int, told: Run) -> None:
    data = memoryview(msgspec.json.encode(told))
    while data:
        data = data[os.write(pipe, data) :]
