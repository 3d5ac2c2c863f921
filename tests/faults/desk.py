"""A watcher's desk: a list, a memory, a clock that only a test turns, and a real webhook that takes every alert.

    desk.follow(desk.serve(site(publisher())))
    desk.host.faults["/checkpoint"] = says(answer(404))
    assert desk.run().exit_code == 0   # one look that failed is not believed
    desk.passes(2)                     # two more, whenever they are due
    assert desk.told == ["change MISSING"]

Every command is the real command line, with the clock passed in; every server is a real one on 127.0.0.1. What the
commands printed is kept, and `desk.close` holds all of it to what must never be printed.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from canary.cli.app import App
from canary.core.documents.layout import CHECKPOINT, FRONT
from tests.loopback import Asked, Loopback, answer
from tests.publisher import Ran, command
from tests.simulator import Publisher, noon

NOW = noon("2025-02-10")
"""Release 1 was issued eight days ago, and the window for the next one opens in May."""

EXPIRES = noon("2025-05-29") - timedelta(hours=12)
"""When release 1 goes stale."""

EVERY = timedelta(hours=6)
NAME = "acme"
SECRET = "correct-horse-battery-staple"
"""The webhook's key, and every other secret of a desk."""

NEVER_PRINTED = (SECRET, "Traceback", "object at 0x", "urllib3", "sqlite3.", "fault of canary itself")

CHECKPOINT_PATH = f"/{CHECKPOINT}"
FRONT_PATH = f"/{FRONT}"


@cache
def publisher() -> Publisher:
    """Returns a publisher of a roster and one release, which nobody changes."""
    made = Publisher(("legal", "security"))
    made.roster()
    made.release()
    return made


@cache
def later() -> Publisher:
    """Returns the same publisher with a correction of that release, a day younger."""
    made = publisher().fork_at(2)
    made.release(correction=True)
    return made


def site(of: Publisher) -> dict[str, bytes]:
    """Returns a publisher's site by the paths at which it is served."""
    return {f"/{path}": content for path, content in of.site().files.items()}


@dataclass(frozen=True)
class Pass:
    """What one `canary watch run --json` said.

    Attributes:
        ran: the command.
        document: its JSON document.
    """

    ran: Ran
    document: dict[str, Any]

    @property
    def exit_code(self) -> int:
        """The exit code."""
        return self.ran.code

    def status(self, name: str = NAME) -> str | None:
        """Returns how a canary stands."""
        (row,) = (each for each in self.document["canaries"] if each["name"] == name)
        return None if row["status"] is None else str(row["status"])


@dataclass
class Desk:
    """The desk; `close` ends what it began.

    Attributes:
        folder: where its files lie.
        stack: ends what a test begins.
        patch: puts back what a test replaces.
        hook: the webhook's server; it answers 200 unless `hook.services["/hook"]` is replaced.
        host: the server of the canary that is served.
        now: the clock.
        events: what the webhook took, the oldest first.
        printed: everything that commands printed.
        up: ends the canary's server.
    """

    folder: Path
    stack: ExitStack
    patch: pytest.MonkeyPatch
    hook: Loopback = field(default_factory=Loopback)
    host: Loopback = field(default_factory=Loopback)
    now: datetime = NOW
    events: list[dict[str, Any]] = field(default_factory=list)
    printed: list[Ran] = field(default_factory=list)
    up: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.stack.enter_context(self.up)
        self.stack.enter_context(self.hook)
        self.hook.services["/hook"] = self.take
        (self.folder / "key").write_text(SECRET)
        (self.folder / "key").chmod(0o600)
        self.configure()

    def close(self) -> None:
        """Ends every server, and checks what must hold whatever the fault was."""
        self.stack.close()
        for ran in self.printed:
            assert not any(each in ran.out + ran.err for each in NEVER_PRINTED), ran
        assert SECRET not in json.dumps(self.events)
        for file in self.folder.glob("watch.db*"):
            assert file.is_dir() or SECRET.encode() not in file.read_bytes()
        for thread in threading.enumerate():
            if thread.name == "canary-fetch":
                thread.join(5)
                assert not thread.is_alive()

    # --- the files -------------------------------------------------------------------------------------

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.folder / "watch.toml"

    @property
    def memory(self) -> Path:
        """The watcher's memory."""
        return self.folder / "watch.db"

    def configure(self, more: str = "", *, watch: str = "", memory: Path | None = None) -> None:
        """Writes the configuration.

        Args:
            more: text behind the webhook's table.
            watch: keys of the table [watch], besides the memory.
            memory: another memory.
        """
        self.config.write_text(
            f'[watch]\nmemory = "{memory or self.memory}"\n{watch}\n[channels.hook]\nkind = "webhook"\n'
            f'url = "{self.hook.url}/hook"\nsecret_file = "key"\ndigest = false\n{more}'
        )

    # --- the world -------------------------------------------------------------------------------------

    def take(self, asked: Asked) -> bytes:
        """Takes an alert, as the webhook's server does."""
        self.events.append(json.loads(asked.body))
        return answer(200)

    def serve(self, files: dict[str, bytes], *, tls: ssl.SSLContext | None = None) -> str:
        """Begins to serve a site; returns its address."""
        self.host = self.up.enter_context(Loopback(dict(files), tls=tls))
        return self.host.url

    def goes_down(self) -> None:
        """Ends the canary's server: nothing listens at its port any more."""
        self.up.close()

    def mend(self) -> None:
        """Puts right whatever is wrong with the canary's host and with what was replaced."""
        self.goes_down()
        self.patch.undo()
        self.host.faults.clear()
        self.up.enter_context(self.host)

    # --- the commands ----------------------------------------------------------------------------------

    def canary(self, *arguments: object) -> Ran:
        """Runs `canary watch ARGUMENTS…` with this desk's configuration and clock."""
        ran = command(App(clock=lambda: self.now), "watch", *arguments, "--config", self.config)
        self.printed.append(ran)
        return ran

    def follow(self, url: str, *options: object, name: str = NAME) -> Ran:
        """Takes a canary into the list."""
        return self.canary("add", url, "--pin", f"sha256:{publisher().pin}", "--name", name, *options)

    def run(self, *options: object) -> Pass:
        """Runs one pass now."""
        ran = self.canary("run", "--json", *options)
        return Pass(ran, json.loads(ran.out))

    def passes(self, number: int, *options: object, name: str = NAME) -> list[Pass]:
        """Runs so many passes, each when the canary is due: the clock is turned to that moment."""
        made = []
        for _ in range(number):
            (row,) = (each for each in self.listed()["canaries"] if each["name"] == name)
            # It is told to the second, and is a fraction of one later.
            self.now = datetime.fromisoformat(row["next_at"]) + timedelta(seconds=1)
            made.append(self.run(*options))
        return made

    def listed(self) -> dict[str, Any]:
        """Returns what `canary watch list --json` says."""
        found: dict[str, Any] = json.loads(self.canary("list", "--json").out)
        return found

    def shown(self, name: str = NAME) -> dict[str, Any]:
        """Returns what `canary watch show NAME --json` says."""
        found: dict[str, Any] = json.loads(self.canary("show", name, "--json").out)
        return found

    @property
    def told(self) -> list[str]:
        """What the webhook was told, in short: `change MISSING`, `recovery OK`, `network`."""
        alerts = [alert for event in self.events for alert in event["alerts"]]
        return [" ".join(filter(None, (alert["kind"], alert["after"]))) for alert in alerts]


Arrange = Callable[[Desk], None]
"""Makes something happen."""


def on(path: str, fault: Callable[..., None]) -> Arrange:
    """Returns how to make a fault happen at a path of the canary's host."""

    def arrange(desk: Desk) -> None:
        desk.host.faults[path] = fault

    return arrange
