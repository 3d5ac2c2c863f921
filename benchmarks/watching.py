"""A watcher's whole run over many canaries: fetch, verify, store, against programs that only fetch.

Each contender is a process of its own (`benchmarks.contender`), and so is the server; all of them share the machine's
cores. They take turns, and the quickest run of each counts. What reaches the server is counted: every canary takes a
new connection of each contender, and is asked for the same files.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.canaries import RESOLVER
from benchmarks.contender import Taken
from benchmarks.followed_sites import Sites
from benchmarks.https_sites import Served, Server, serving
from benchmarks.measuring import KIB_IN_A_MB, Row, peak_of_all_kib

_COUNT = 2_000
_ROUNDS = 5
_BARE, _STOCK = 0.85, 5.0
"""The least that a run may reach of a bare loop's rate, and of stock `requests.get`'s."""
_STOCK_COUNT = {"unchanged": 400, "first": 100}
"""Stock `requests.get` reads all authorities for every connection, so that two thousand canaries take it minutes."""
_SECONDS = 600
_PEAK_MB = 200
_WORDS = {
    "run": "`canary watch run`",
    "bare": "a bare loop of requests with one TLS context",
    "stock": "stock requests.get",
    "pycurl": "pycurl's multi",
}
_KINDS = {"unchanged": "unchanged canaries", "first": "canaries seen for the first time"}


class _Best(msgspec.Struct):
    """The quickest run of one contender: how many canaries it asked after, what that took, and what the server did."""

    count: int
    taken: Taken
    served: Served

    @property
    def rate(self) -> float:
        """Canaries a second."""
        return self.count / self.taken.seconds

    def __str__(self) -> str:
        return f"{self.rate:.0f} a second, {self.taken.cpu / self.count * 1000:.2f} ms of processor time each"


def watching() -> Iterator[Row]:
    """Measures a run over canaries that are unchanged, and over canaries that nobody has looked at."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sites = Sites(folder, _COUNT)
        with serving(folder) as server:
            for kind in _KINDS:
                sites.remember(folder / f"{kind}.db", server.port, seen=kind == "unchanged")
                yield from _rows(kind, _take_turns(kind, folder, server))
                yield _memory(kind, folder)


def _take_turns(kind: str, folder: Path, server: Server) -> dict[str, _Best]:
    contenders = ["run", "bare", "stock", *(["pycurl"] if importlib.util.find_spec("pycurl") else [])]
    best: dict[str, _Best] = {}
    for _ in range(_ROUNDS):
        for name in contenders:
            found = _one(name, kind, folder, server)
            if name not in best or found.rate > best[name].rate:
                best[name] = found
    return best


def _one(name: str, kind: str, folder: Path, server: Server) -> _Best:
    count = _STOCK_COUNT[kind] if name == "stock" else _COUNT
    for left in folder.glob("memory.db*"):
        left.unlink()
    memory = shutil.copy(folder / f"{kind}.db", folder / "memory.db")
    command = [sys.executable, "-m", "benchmarks.contender", name, kind]
    command += [str(folder), str(server.port), str(count), str(memory)]
    server.served()
    done = subprocess.run(command, check=False, capture_output=True, timeout=_SECONDS, env=_environment(folder))  # noqa: S603  # our own list
    if done.returncode != 0:
        raise SystemExit(f"{name} failed: {done.stderr.decode()}")
    served = server.served()
    if name in ("run", "bare") and served.connections != count:
        raise SystemExit(f"{name} made {served.connections} connections to {count} hosts")
    if kind == "unchanged" and served.unchanged != count:
        raise SystemExit(f"{name} found {served.unchanged} of {count} canaries unchanged")
    return _Best(count, msgspec.json.decode(done.stdout, type=Taken), served)


def _rows(kind: str, best: dict[str, _Best]) -> Iterator[Row]:
    run, bare = best["run"], best["bare"]
    what = f"{_WORDS['run']}, {_COUNT:,} {_KINDS[kind]} ({run})"
    for name, bound in (("bare", _BARE), ("stock", _STOCK), ("pycurl", None)):
        if name in best:
            words = f"{_WORDS[name]} ({best[name]})"
            yield Row(what, run.rate / best[name].rate, bound, words, at_least=True)
            what = "the same"
        else:
            yield Row(what, float("nan"), None, f"{_WORDS[name]}, which is not installed here")
    share = bare.served.cpu / bare.taken.seconds
    yield Row("the server meanwhile", share, None, f"one core ({bare.served.requests / _COUNT:.0f} requests each)")


def _memory(kind: str, folder: Path) -> Row:
    config = folder / "watch.toml"
    config.write_text(f'[watch]\nmemory = "{folder / f"{kind}.db"}"\n')
    canary = str(Path(sys.executable).with_name("canary"))
    command = [canary, "watch", "run", "--config", str(config)]
    peak = peak_of_all_kib(command, _environment(folder)) / KIB_IN_A_MB
    return Row("peak memory of its processes together", peak / _PEAK_MB, 1.0, f"{_PEAK_MB} MB ({peak:.0f} MB)")


def _environment(folder: Path) -> dict[str, str]:
    path = os.pathsep.join([str(folder / RESOLVER), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path}
