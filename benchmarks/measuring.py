"""How things are measured: interleaved, many times, and the quickest run of each counts.

Other work on the machine only ever makes a run slower, so the quickest run is the one that tells most of the program.
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KIB_IN_A_MB = 1000 / 1.024
_SAMPLED_EVERY = 0.05
"""Seconds."""

_MEASURE_CHILD = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        value: the figure.
        bound: the most it may be; None where it is only shown.
        note: what it is a ratio of, and other figures beside it.
        at_least: whether the bound is the least instead.
    """

    what: str
    value: float
    bound: float | None
    note: str
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """`ok`, `OVER` or `UNDER`, or nothing where there is no bound."""
        if self.bound is None:
            return ""
        if self.at_least:
            return "ok" if self.value >= self.bound else "UNDER"
        return "ok" if self.value <= self.bound else "OVER"


def quickest_processes(commands: Mapping[str, Sequence[str]], *, rounds: int = 40) -> dict[str, float]:
    """Returns the quickest wall time of each whole process, in seconds.

    Args:
        commands: argument lists, by name. Each must leave with the same exit code every time.
        rounds: how often each is run.
    """
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)  # noqa: S603  # our own lists
            best[name] = min(best.get(name, float("inf")), time.perf_counter() - began)
    return best


def quickest_calls(calls: Mapping[str, Callable[[], object]], *, rounds: int = 5) -> dict[str, float]:
    """Returns the quickest wall time of each call, in seconds, interleaved like the processes."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            best[name] = min(best.get(name, float("inf")), time.perf_counter() - began)
    return best


def peak_kib(command: Sequence[str]) -> int:
    """Returns the peak memory of a whole process that leaves with exit code 0, in KiB.

    A small process in between starts it: what counts as a child's peak holds its parent's until then.
    """
    child = [sys.executable, "-c", _MEASURE_CHILD, *command]
    done = subprocess.run(child, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)  # noqa: S603  # our own list
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} left with {done.returncode}: {done.stderr}")
    return int(done.stdout)


def peak_of_all_kib(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Returns the most memory that a process and those it starts have together, in KiB; by samples, on Linux alone.

    What they share counts for each of them.
    """
    peak = 0
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment) as process:  # noqa: S603  # our own list
        while process.poll() is None:
            peak = max(peak, sum(map(_resident, _with_children(process.pid))))
            time.sleep(_SAMPLED_EVERY)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} left with {process.returncode}")
    return peak


def _with_children(process: int) -> list[int]:
    found = [process]
    # Processes and threads may end at any moment.
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with contextlib.suppress(OSError):
                for child in (thread / "children").read_text().split():
                    found += _with_children(int(child))
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize() // 1024
    except OSError:
        return 0


def milliseconds(seconds: float) -> str:
    """Returns a time for people."""
    return f"{seconds * 1000:.1f} ms"
