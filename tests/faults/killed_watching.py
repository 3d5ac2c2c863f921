"""Runs of `canary watch` in processes of their own, forked from a server that has imported everything already.

So a kill falls on the run itself, wherever it is, and not on the imports before it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from unittest import mock

from canary.cli.app import App
from canary.cli.main import run
from canary.flows.watch import rounds

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "tests.faults.killed_watching",
        "canary.cli.commands.watch",
        "canary.cli.watch.running",
        "canary.edges.channels.channel_smtp",
        "canary.edges.channels.channel_webhook",
        "canary.edges.web.http",
    ]
)

_BATCH = 4
"""Looks in one transaction: of so few that a short list is stored in several, with places to die between them."""


@contextlib.contextmanager
def watching(config: Path, moment: datetime) -> Iterator[ForkServerProcess]:
    """Begins `canary watch run` at a moment, and yields the process once it is about to do something."""
    begun = _CONTEXT.Event()
    process = _CONTEXT.Process(target=_watch, args=(config, moment, begun), daemon=True)
    process.start()
    try:
        assert begun.wait(30)
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


def _watch(config: Path, moment: datetime, begun: Any) -> None:  # noqa: ANN401  multiprocessing has no public name
    since = time.monotonic()
    app = App(clock=lambda: moment + timedelta(seconds=time.monotonic() - since))
    nobody = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nobody, stream.fileno())
    with mock.patch.object(rounds, "WATCH_BATCH", _BATCH):
        begun.set()
        sys.exit(run(["watch", "run", "--config", str(config)], app))
