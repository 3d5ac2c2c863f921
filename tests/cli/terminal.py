"""A person at a terminal: a real pseudo-terminal with a command at work in it."""

from __future__ import annotations

import sys
from typing import Any

import pexpect

from tests.publisher import Publisher

_SECONDS = 30
_PROGRAM = """
import signal
import sys
from datetime import datetime
from canary.cli.app import App
from canary.cli.main import end_tidily, run
# Where the tests run in the background or under nohup, these are ignored, and would be here too.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
end_tidily()
now = datetime.fromisoformat(sys.argv[1])
sys.exit(run(sys.argv[2:], App(clock=lambda: now, past=True)))
"""
"""The command line with a clock that stands where the publisher's stands."""


class Terminal:
    """One program at a terminal of 80 columns."""

    def __init__(self, program: str, *arguments: object) -> None:
        self._child: pexpect.spawn[Any] = pexpect.spawn(
            program, [str(each) for each in arguments], encoding="utf-8", timeout=_SECONDS, dimensions=(24, 80)
        )
        # Pauses for programs that are slow to turn their echo off; these are asked only once they have.
        self._child.delaybeforesend = None
        self._child.delayafterclose = 0.01

    def until(self, words: str) -> str:
        """Returns what is printed before `words`, as one line."""
        self._child.expect_exact(words)
        return " ".join((self._child.before or "").split())

    def types(self, line: str) -> None:
        """Types a line."""
        self._child.sendline(line)

    def presses(self, control: str) -> None:
        """Presses Control and a letter."""
        self._child.sendcontrol(control)

    def is_sent(self, number: int) -> None:
        """Sends the program a signal, as closing the terminal does."""
        self._child.kill(number)

    def ends(self) -> tuple[int, str]:
        """Returns the exit code, and what is printed up to the end, as one line."""
        self._child.expect(pexpect.EOF)
        rest = " ".join((self._child.before or "").split())
        self._child.close()
        assert self._child.exitstatus is not None
        return self._child.exitstatus, rest


def at_terminal(publisher: Publisher, *arguments: object) -> Terminal:
    """Begins a command."""
    return Terminal(sys.executable, "-c", _PROGRAM, publisher.now.isoformat(), *arguments)


def signing(publisher: Publisher, name: str, *arguments: object) -> Terminal:
    """Begins the ceremony."""
    return at_terminal(
        publisher, "sign", "--as", name, *arguments, "--workspace", publisher.root, "--key-dir", publisher.keys
    )
