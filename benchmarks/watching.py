"""A watcher's whole run over many canaries: fetch, verify, store, against programs that only fetch.

Each contender is a process of its own (`benchmarks.contender`), and so is the server; all of them share the machine's
cores. They take turns, and the quickest run of each counts.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.contender import Taken
from benchmarks.followed_sites import Sites
from benchmarks.https_sites import serving
from benchmarks.measuring import KIB_IN_A_MB, Row

_COUNT = 2_000
_ROUNDS = 3
_BARE = 1 / 0.85
"""The most time that a run may take, against a bare loop of requests with one TLS context."""
_STOCK = 1 / 5
"""The same, against stock `requests.get`."""
_PEAK_MB = 200
_SECONDS = 600


def watching() -> Iterator[Row]:
    """Measures a run over canaries that are unchanged, and over canaries that nobody has looked at."""
    contenders = ["run", "bare", "stock"]
    if importlib.util.find_spec("pycurl"):
        contenders.append("pycurl")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sites = Sites(folder, _COUNT)
        with serving(folder) as server:
            for kind, words in (
                ("unchanged", "unchanged canaries"),
                ("first", "canaries looked at for the first time"),
            ):
                sites.remember(folder / f"{kind}.db", server.port, seen=kind == "unchanged")
                yield from _rows(words, _take_turns(contenders, kind, folder, server.port))


def _take_turns(contenders: Sequence[str], kind: str, folder: Path, port: int) -> dict[str, Taken]:
    best: dict[str, Taken] = {}
    for _ in range(_ROUNDS):
        for name in contenders:
            for left in folder.glob("memory.db*"):
                left.unlink()
            memory = shutil.copy(folder / f"{kind}.db", folder / "memory.db")
            command = [sys.executable, "-m", "benchmarks.contender"]
            command += [name, kind, str(folder), str(port), str(_COUNT), str(memory)]
            done = subprocess.run(command, check=False, capture_output=True, timeout=_SECONDS)  # noqa: S603  # our own list
            if done.returncode != 0:
                raise SystemExit(f"{name} failed: {done.stderr.decode()}")
            taken = msgspec.json.decode(done.stdout, type=Taken)
            if name not in best or taken.seconds < best[name].seconds:
                best[name] = taken
    return best


def _rows(words: str, best: dict[str, Taken]) -> Iterator[Row]:
    run = best["run"]
    spent = f"{run.cpu / _COUNT * 1000:.2f} ms of processor time each"
    what = f"watch run, {_COUNT:,} {words}"
    yield Row(what, run.seconds / best["bare"].seconds, _BARE, f"{_rate(run)}, {spent}; {_told('bare', best)}")
    yield Row(what, run.seconds / best["stock"].seconds, _STOCK, f"stock requests.get; {_told('stock', best)}")
    if "pycurl" in best:
        yield Row(what, run.seconds / best["pycurl"].seconds, None, f"pycurl's multi; {_told('pycurl', best)}")
    else:
        yield Row(what, float("nan"), None, "pycurl's multi, which is not installed here")
    yield Row(f"peak memory of it, MB, {words}", run.peak / KIB_IN_A_MB, _PEAK_MB, "the bound of the whole process")


def _told(name: str, best: dict[str, Taken]) -> str:
    words = {"bare": "a bare loop of requests, one TLS context", "stock": "as many threads", "pycurl": "one thread"}
    taken = best[name]
    return f"{words[name]} ({_rate(taken)}, {taken.cpu / _COUNT * 1000:.2f} ms of processor time each)"


def _rate(taken: Taken) -> str:
    return f"{_COUNT / taken.seconds:.0f} a second"
