"""A watcher's command line held against a server that misbehaves, in three settings.

    stand.server.faults["/canary/checkpoint"] = says(answer(503))
    looked = stand.look(Setting.FRESH)
    assert (looked.status, looked.code) == ("UNREACHABLE", 1)

The settings are what design section 6 tells apart where nothing could be fetched: nothing was ever seen, what was seen
is still fresh, and what was seen has expired. Each state was made at the very moment of the look that follows, so that
a look that learns nothing leaves the file as it was, byte for byte.
"""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import trustme

from canary.cli.app import App
from canary.cli.main import run
from tests.loopback import Loopback
from tests.publisher import Publisher, Ran, command, noon, tree

BASE = "/canary"
CHECKPOINT, BUNDLE, FRONT = (f"{BASE}/{path}" for path in ("checkpoint", "tile/entries/000.p/2", "canary.txt"))

EXIT_CODES = {"OK": 0, "UNREACHABLE": 1, "INVALID": 2, "EXPIRED": 2, "MISSING": 2, "UNKNOWN": 3}

TIMEOUT = 2.0
"""Seconds that a look gets which is meant to run into its deadline."""

PATIENCE = 60.0
"""Seconds that any other look gets, so that what ends it is seen to be something else."""

MARGIN = 10.0
"""Seconds that a busy machine may take for the rest of a look: several times what a slow one does."""

LONGEST_MESSAGE = 600
"""Characters in one finding's message; a server's words in it are cut."""

INNARDS = ("urllib3", "requests", "http.client", "HTTPConnection", "object at", "Errno", "Traceback", "Error(")


class Setting(StrEnum):
    """What the watcher has seen before."""

    NOTHING = "never seen"
    FRESH = "seen and fresh"
    STALE = "seen and expired"


MOMENTS = {Setting.NOTHING: "2026-02-10", Setting.FRESH: "2026-02-10", Setting.STALE: "2026-06-10"}

Statuses = tuple[str, str, str]
"""The status in each setting, in their order."""

UNHEARD: Statuses = ("UNKNOWN", "UNREACHABLE", "EXPIRED")
"""Nothing authoritative came back."""

GONE: Statuses = ("MISSING", "MISSING", "EXPIRED")
"""The host says that the canary is not there."""

HEARD: Statuses = ("OK", "OK", "EXPIRED")
"""The canary came back, whole."""

BESIDE: Statuses = ("UNREACHABLE", "UNREACHABLE", "EXPIRED")
"""The log came back and holds, and something beside it could not be read."""

REFUSED: Statuses = ("INVALID", "INVALID", "INVALID")
"""What came back is proved to be wrong."""


@dataclass(frozen=True)
class Looked:
    """What one look came to."""

    ran: Ran
    seconds: float
    state_changed: bool

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.ran.out)
        return found

    @property
    def status(self) -> str:
        return str(self.document["status"])

    def finding(self, code: str) -> dict[str, Any]:
        """Returns the one finding with that code."""
        (found,) = (each for each in self.document["findings"] if each["code"] == code)
        return dict(found)


@dataclass
class Stand:
    """One server with the site of one canary on it, and a watcher.

    Attributes:
        site: the site's files, by path.
        newer: the files of the same site one release later.
        pin: the pin.
        states: the bytes of the state in each setting that has one.
        folder: where files can be laid.
        stack: ends what a row begins.
        patch: puts back what a row replaces.
        authority: who signs the servers' certificates, and is trusted.
        server: the server that is looked at.
        url: where the watcher looks, if not at `server`.
        options: more words for the command line.
        others: servers that must not be asked anything.
    """

    site: dict[str, bytes]
    newer: dict[str, bytes]
    pin: str
    states: dict[Setting, bytes]
    folder: Path
    stack: ExitStack
    patch: pytest.MonkeyPatch
    authority: trustme.CA
    server: Loopback
    url: str = ""
    options: list[str] = field(default_factory=list)
    others: list[Loopback] = field(default_factory=list)

    def look(self, setting: Setting, *, timeout: float = PATIENCE, runs: Callable[..., Ran] = command) -> Looked:
        """Runs `canary verify` once."""
        now = noon(MOMENTS[setting])
        state = self.folder / f"{setting.name}.json"
        given = ["--pin", self.pin, "--timeout", f"{timeout:g}", "--json", *self.options]
        before = self.states.get(setting)
        if before is not None:
            state.write_bytes(before)
            given += ["--state", str(state)]
        url = self.url or self.server.url + BASE
        started = time.monotonic()
        ran = runs(App(clock=lambda: now), "verify", url, *given)
        seconds = time.monotonic() - started
        changed = before is not None and state.read_bytes() != before
        return Looked(ran, seconds, changed)


@dataclass(frozen=True)
class Row:
    """One way in which a look can go wrong, and what is said of it.

    Attributes:
        name: what happens, in words.
        arrange: makes it happen.
        code: the finding that names it; empty where there is nothing to tell.
        words: a part of the finding's message.
        statuses: the status in each setting.
        learns: whether the state may change all the same.
    """

    name: str
    arrange: Callable[[Stand], None]
    code: str = "UNREACHABLE"
    words: str = ""
    statuses: Statuses = UNHEARD
    learns: bool = False


def each_row(*rows: Row) -> pytest.MarkDecorator:
    """Parametrizes a test with every row in every setting."""
    names = [row.name for row in rows]
    assert len(set(names)) == len(names)
    return pytest.mark.parametrize(
        ("row", "setting"),
        [pytest.param(row, setting, id=f"{row.name}, {setting}") for row in rows for setting in Setting],
    )


def check(stand: Stand, row: Row, setting: Setting) -> Looked:
    """Looks once, holds what comes of it to the row, and returns it."""
    row.arrange(stand)
    looked = stand.look(setting)
    hold(row, setting, looked)
    # What ended it was not the deadline, though that was far off.
    assert looked.seconds < PATIENCE * 0.9
    assert [other.asked for other in stand.others] == [[]] * len(stand.others)
    return looked


def check_at_once(stand: Stand, row: Row) -> None:
    """Looks in every setting at the same time, each with a thread of its own: nothing but the deadline ends it."""
    row.arrange(stand)
    streams = {name: PerThread() for name in ("stdout", "stderr")}

    def runs(app: App, *arguments: object) -> Ran:
        code = run([str(each) for each in arguments], app=app)
        return Ran(code, *(stream.mine.getvalue() for stream in streams.values()))

    with ThreadPoolExecutor(len(Setting)) as pool, pytest.MonkeyPatch.context() as patch:
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        looks = {each: pool.submit(stand.look, each, timeout=TIMEOUT, runs=runs) for each in Setting}
        found = {setting: look.result(timeout=60) for setting, look in looks.items()}
    for setting, looked in found.items():
        hold(row, setting, looked)
        assert TIMEOUT * 0.9 < looked.seconds < TIMEOUT + MARGIN


class PerThread(io.TextIOBase):
    """A stream that keeps what each thread writes apart."""

    def __init__(self) -> None:
        self._of = threading.local()

    @property
    def mine(self) -> io.StringIO:
        """What this thread wrote."""
        if not hasattr(self._of, "stream"):
            self._of.stream = io.StringIO()
        found: io.StringIO = self._of.stream
        return found

    def write(self, text: str) -> int:
        return self.mine.write(text)


def hold(row: Row, setting: Setting, looked: Looked) -> None:
    """Holds a look to its row."""
    expected = row.statuses[list(Setting).index(setting)]
    assert (looked.status, looked.ran.code) == (expected, EXIT_CODES[expected]), looked.ran.out
    assert looked.ran.err == ""
    if row.code:
        finding = looked.finding(row.code)
        assert row.words in finding["message"]
        assert finding["advice"] or finding["severity"] == "notice"
    for finding in looked.document["findings"]:
        told = finding["message"]
        assert told.isprintable()
        assert len(told) < LONGEST_MESSAGE
        assert not any(word in told for word in INNARDS), told
    if not row.learns:
        assert not looked.state_changed


def at(path: str, fault: Callable[..., None]) -> Callable[[Stand], None]:
    """Returns how to make a fault happen at a path of the server."""

    def arrange(stand: Stand) -> None:
        stand.server.faults[path] = fault

    return arrange


def served(publisher: Publisher) -> dict[str, bytes]:
    """Returns a published site by the paths at which it is served."""
    return {
        f"{BASE}/{path}": content
        for path, (_, content) in tree(publisher.public.resolve()).items()
        if (publisher.public / path).is_file()
    }
