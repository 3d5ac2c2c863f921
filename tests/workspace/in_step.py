"""A process that runs one command after another, each when it is told to: two of them run commands at once.

    python -m tests.workspace.in_step

It reads lines of JSON: the folder of a publisher, its clock, and a command of `tests.workspace.row.COMMANDS`. It
answers each with a line when it is ready, waits for another line, runs the command, and prints what came of it as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Self

from tests.publisher import Publisher, Ran
from tests.workspace.row import COMMANDS


class InStep:
    """Such a process, as a test has it; a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(timeout=30) == 0
        self._process.stdout.close()

    def prepare(self, publisher: Publisher, command: str) -> None:
        """Has everything ready but the command itself."""
        self._write(json.dumps([str(publisher.folder), publisher.now.isoformat(), command]))
        assert self._read() == "ready"

    def go(self) -> None:
        """Lets it run."""
        self._write("go")

    def ran(self) -> Ran:
        """Returns what came of it."""
        return Ran(**json.loads(self._read()))

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().removesuffix("\n")


def main() -> None:
    # Nothing here can tell whether a disk has synced.
    os.fsync = lambda fd: None  # noqa: ARG005  # the name that it has there
    for line in sys.stdin:
        folder, now, command = json.loads(line)
        publisher = Publisher(Path(folder), now=datetime.fromisoformat(now))
        print("ready", flush=True)  # noqa: T201  # what the other side waits for
        sys.stdin.readline()
        print(json.dumps(asdict(COMMANDS[command](publisher))), flush=True)  # noqa: T201  # likewise


if __name__ == "__main__":
    main()
