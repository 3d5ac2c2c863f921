"""`canary watch run`: one pass over the list, for cron, or one after another until it is stopped."""

from __future__ import annotations

import random
import sys
import time
import uuid
from datetime import datetime
from pathlib import Path

import click

from canary.cli.app import App
from canary.cli.formats import failures_in
from canary.cli.watch.channels import open_channels, send_ping
from canary.cli.watch.desk import Desk, open_desk
from canary.cli.watch.overview import Overview
from canary.cli.watch.progress import Progress
from canary.cli.watch.reports import Report, check_report, print_report
from canary.cli.watch.spreading import Spread
from canary.core.watching.alerts import Alert, Delivery
from canary.core.watching.routing import deliveries
from canary.errors import CanaryError
from canary.flows.watch.delivering import Outlet, deliver
from canary.flows.watch.rounds import COMPLETED_NOTE, Came, Round, run_round
from canary.limits import COMPACT_EVERY, PING_SECONDS, ROUND_EVERY, TELL_EVERY

_COMPACTED_NOTE = "last compaction"


def run(
    app: App,
    *,
    tags: tuple[str, ...],
    output: str,
    as_json: bool,
    file: Path | None,
    quiet: bool,
    daemon: bool,
    trust_clock: bool,
    timeout: float | None,
    config: Path | None,
) -> int:
    """Does what `canary watch run` says. Returns the exit code."""
    output = "json" if as_json else output
    if file is not None and output == "text":
        hint = "Give --format json, jsonl, nagios or prometheus as well."
        raise CanaryError("--output needs another format than text, which is for people and is printed", hint=hint)
    with failures_in(output), open_desk(app, config) as opened:
        desk = opened if timeout is None else opened.with_seconds(timeout)
        report = Report(output, file, quiet=quiet)
        check_report(desk, report)
        overview = _Pass(desk, tags, trust_clock=trust_clock, output=output).once()
        print_report(desk, report, overview)
        if not daemon:
            return overview.exit_code
        _go_on(desk, tags, report)
    return 0


def _go_on(desk: Desk, tags: tuple[str, ...], report: Report) -> None:
    """Does one pass after another until the process is told to stop."""
    while True:
        try:
            time.sleep(ROUND_EVERY.total_seconds())
            print_report(desk, report, _Pass(desk, tags, trust_clock=False, output=report.output).once())
        except KeyboardInterrupt:
            return
        except CanaryError as error:
            # A disk that is full for an hour must not end it; meanwhile the dead man's ping does not come.
            click.echo(f"canary: this pass came to nothing: {error.what}", err=True)


class _Pass:
    """One pass: what is on its way is delivered, the list is looked at, and what that brought is delivered."""

    def __init__(self, desk: Desk, tags: tuple[str, ...], *, trust_clock: bool, output: str) -> None:
        self._desk = desk
        self._tags = tags
        self._trust_clock = trust_clock
        self._clock = desk.app.clock
        self._holder = uuid.uuid4().hex
        self._delivered_at = self._clock()
        configured = {each.name: each for each in desk.settings.channels}
        # Alerts on standard output stand beside the text of a run, and would break any other format.
        stream = sys.stdout if output == "text" else sys.stderr
        self._outlets = {
            name: Outlet(channel, digest=configured[name].digest, quiet=configured[name].quiet)
            for name, channel in open_channels(desk.settings, clock=self._clock, output=stream).items()
        }

    def once(self) -> Overview:
        """Does the pass; returns how everything stands after it."""
        try:
            return self._done()
        finally:
            # Of a pass that is stopped while it delivers, so that the next one need not wait for it.
            self._desk.store.release(self._holder)

    def _done(self) -> Overview:
        desk = self._desk
        desk.check_list(self._tags)
        desk.checkers(None)  # what cannot be used is told now, and not as a failure of every canary
        self._deliver()
        with Spread(desk, trust_clock=self._trust_clock, tags=self._tags) as looks, Progress("Looking") as progress:
            came = run_round(self._round(looks, progress), tags=self._tags)
        self._deliver()
        self._compact()
        if came.clock_behind is None:
            desk.store.set_note(COMPLETED_NOTE, self._clock().isoformat())
            self._ping(came)
        return Overview(desk.listed(self._tags), self._clock(), came, desk.store.failures())

    def _round(self, looks: Spread, progress: Progress) -> Round:
        desk, settings = self._desk, self._desk.settings

        def tell_of(done: int, of: int) -> None:
            progress.show(done, of)
            # A long list with hosts that hang takes hours, and nobody is to wait that long for an alert.
            if abs(self._clock() - self._delivered_at) > TELL_EVERY:
                self._deliver()

        return Round(
            store=desk.store,
            looks=looks,
            routing=self._route,
            policy=settings.telling,
            patience=settings.patience,
            clock=self._clock,
            jitter=random.random,
            holder=self._holder,
            trust_clock=self._trust_clock,
            progress=tell_of,
        )

    def _route(self, alert: Alert) -> tuple[Delivery, ...]:
        return deliveries(alert, self._desk.settings, self._clock())

    def _deliver(self) -> None:
        deliver(self._desk.store, self._outlets, clock=self._clock, holder=self._holder, program=self._desk.program)
        self._delivered_at = self._clock()

    def _compact(self) -> None:
        store, now = self._desk.store, self._clock()
        noted = store.note(_COMPACTED_NOTE)
        if noted is None or abs(now - datetime.fromisoformat(noted)) >= COMPACT_EVERY:
            store.compact(now)
            store.set_note(_COMPACTED_NOTE, now.isoformat())

    def _ping(self, came: Came) -> None:
        """Tells somebody else that this watcher is alive, unless it sees nothing, or looks at a part of the list."""
        if came.network_since is not None or self._tags:
            return
        try:
            send_ping(self._desk.settings, seconds=PING_SECONDS)
        except CanaryError as error:
            click.echo(f"canary: the ping after the run did not get through: {error.what}", err=True)
