"""A watcher at a command line: a folder of its own with a configuration, a clock, and a site to look at.

    with WatchDesk(tmp_path) as desk:
        desk.added()
        desk.sim.release(without=["keys"])
        desk.serve()
        assert desk.watch("run", at="2025-05-03").code == 2

The site is a simulated publisher's, served by a real web server on this machine.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from canary.cli.app import App
from canary.edges.memory.watch_store import SqliteWatchStore, open_watch_store
from tests.loopback import Loopback
from tests.publisher import Ran, command
from tests.simulator import Publisher, noon

FIRST_LOOK = noon("2025-02-03")
"""A day after the first release, while all is well."""


class WatchDesk:
    """The watcher; a context manager.

    Args:
        folder: an empty folder.
        config: what else the configuration says.

    Attributes:
        sim: the publisher.
        server: the web server.
        files: what is on it, by absolute path.
        now: the watcher's clock.
    """

    def __init__(self, folder: Path, config: str = "") -> None:
        self.folder = folder
        self.config = folder / "watch.toml"
        self.memory = folder / "memory" / "watch.db"
        self.config.write_text(f'[watch]\nmemory = "{self.memory}"\n{config}')
        self.now = FIRST_LOOK
        self.sim = Publisher()
        self.sim.roster(at=noon("2025-01-20"))
        self.sim.release()
        self.files: dict[str, bytes] = {}
        self.server = Loopback(self.files)
        self.serve()

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    def serve(self) -> None:
        """Puts what the publisher has written on the web server."""
        self.files.clear()
        self.files |= {f"/{path}": body for path, body in self.sim.site().files.items()}

    def watch(self, *arguments: object, at: str | datetime | None = None) -> Ran:
        """Runs `canary watch ARGUMENTS…`; `at` sets the clock, on a day at noon."""
        if at is not None:
            self.now = noon(at) if isinstance(at, str) else at
        return command(App(clock=lambda: self.now), "watch", *arguments, "--config", self.config)

    def add(self, *arguments: object) -> Ran:
        """Takes the site into the list."""
        return self.watch("add", self.server.url, *arguments)

    def added(self, *arguments: object, name: str = "acme") -> Self:
        """Takes the site into the list under its pin, and checks that it went well."""
        ran = self.add("--pin", f"sha256:{self.sim.pin}", "--name", name, *arguments)
        assert ran.code == 0, ran.said
        return self

    def json(self, *arguments: object, at: str | datetime | None = None) -> Any:  # noqa: ANN401  # a document
        """Runs a command with `--json`, and returns the document."""
        return json.loads(self.watch(*arguments, "--json", at=at).out)

    def row(self, name: str = "acme") -> dict[str, Any]:
        """Returns a canary as the list has it."""
        rows = [each for each in self.json("list")["canaries"] if each["name"] == name]
        assert len(rows) == 1
        return dict(rows[0])

    def store(self) -> SqliteWatchStore:
        """Opens the memory; to be closed."""
        return open_watch_store(self.memory, make=False)
