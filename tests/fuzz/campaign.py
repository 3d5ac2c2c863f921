"""Runs fuzz targets one after the other and says how often each was executed: `make fuzz`.

    python -m tests.fuzz.campaign [--seconds N | --runs N] [--logs FOLDER] [TARGET ...]

What is found lies in `build/fuzz/found/`; run it again with `python -m tests.fuzz.run TARGET FILE`. What was learned
lies in `build/fuzz/corpus/` and is gone on from. The exit code is 1 when anything was found.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.fuzz.harness import NAMES, SEEDS

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / "build" / "fuzz"
SECONDS_FOR_ONE_INPUT: Final = 20
MEGABYTES: Final = 2_048
_EXECUTED = re.compile(rb"^stat::number_of_executed_units: +(\d+)", re.MULTILINE)
_PROGRESS = re.compile(rb"^#(\d+)\t", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """One target's run."""

    name: str
    executions: int
    seconds: float
    exit_code: int
    found: tuple[Path, ...]
    log: Path

    @property
    def fine(self) -> bool:
        """Whether the run came to its end and found nothing."""
        return self.exit_code == 0 and not self.found

    def row(self) -> str:
        """Returns the run as a line of the table."""
        rate = self.executions / self.seconds if self.seconds else 0.0
        result = "nothing found" if self.fine else f"exit code {self.exit_code}, {len(self.found)} found: {self.log}"
        return f"{self.name:<12}{self.executions:>14,}{self.seconds:>10,.0f}{rate:>12,.0f}  {result}"


def run(name: str, *, seconds: int | None, runs: int | None, logs: Path) -> Ran:
    """Fuzzes one target in a process of its own."""
    corpus, found = BUILD / "corpus" / name, BUILD / "found" / name
    for folder in (corpus, found, logs):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(found.iterdir())
    command = [
        *(sys.executable, "-m", "tests.fuzz.run", name),
        *(f"-artifact_prefix={found}/", f"-timeout={SECONDS_FOR_ONE_INPUT}", f"-rss_limit_mb={MEGABYTES}"),
        *("-print_final_stats=1", "-verbosity=1"),
        *([] if seconds is None else [f"-max_total_time={seconds}"]),
        *([] if runs is None else [f"-runs={runs}"]),
        *(str(corpus), str(SEEDS / name)),
    ]
    log = logs / f"{name}.log"
    started = time.monotonic()
    with log.open("wb") as out:
        exit_code = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    taken = time.monotonic() - started
    return Ran(name, executions_in(log.read_bytes()), taken, exit_code, tuple(sorted({*found.iterdir()} - before)), log)


def executions_in(log: bytes) -> int:
    """Returns how many inputs a run tried, by libFuzzer's closing count or, where it broke off, its last progress."""
    closing = _EXECUTED.search(log)
    if closing:
        return int(closing[1])
    return max((int(count) for count in _PROGRESS.findall(log)), default=0)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Fuzz the core.")
    parser.add_argument("--seconds", type=int, help="for each target")
    parser.add_argument("--runs", type=int, help="for each target")
    parser.add_argument("--logs", type=Path, default=BUILD / "logs")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(NAMES)}; all by default")
    told = parser.parse_args(arguments)
    unknown = set(told.targets) - set(NAMES)
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if find_spec("atheris") is None:
        parser.error("atheris is not installed; `make fuzz` installs it")
    seconds = 60 if told.seconds is None and told.runs is None else told.seconds
    ran = []
    for name in told.targets or NAMES:
        sys.stderr.write(f"fuzzing {name}\n")
        ran.append(run(name, seconds=seconds, runs=told.runs, logs=told.logs))
    sys.stdout.write(f"{'target':<12}{'executions':>14}{'seconds':>10}{'per second':>12}\n")
    for each in ran:
        sys.stdout.write(each.row() + "\n")
        for path in each.found:
            sys.stdout.write(f"  python -m tests.fuzz.run {each.name} {path}\n")
    return 0 if all(each.fine for each in ran) else 1


if __name__ == "__main__":
    sys.exit(main())
