"""`canary watch test-alert`: a test through every channel, delivered at once and not kept."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

import click

from canary.cli.app import App
from canary.cli.talk import say
from canary.cli.watch.channels import exposed_secrets, open_channels
from canary.core.judging.fetched import shown
from canary.core.watching.alerts import Alert, AlertKind, alert_id
from canary.edges.disk.watch_config_file import read_watch_config
from canary.errors import CanaryError, DeliveryError
from canary.flows.watch.message import message_of

_FAILED = 2


def test_alert(app: App, *, channel: str | None, config: Path | None) -> int:
    """Does what `canary watch test-alert` says. Returns the exit code: 2 where a channel did not take it."""
    settings = read_watch_config(config)
    channels = open_channels(settings, clock=app.clock, output=sys.stdout)
    if channel is not None and channel not in channels:
        raise CanaryError(
            f"no channel is called {shown(channel)}", hint=f"The channels are: {', '.join(sorted(channels))}."
        )
    for exposed in exposed_secrets(settings):
        click.echo(f"Take note: {exposed}", err=True)
    now = app.clock()
    occasion = uuid.uuid4().hex
    words = "Somebody asked for this test. Nothing is wrong, and nothing is to be done."
    alert = Alert(alert_id(AlertKind.TEST, "", occasion, now), AlertKind.TEST, now, words=words)
    message = message_of([alert], now=now)
    failed = False
    for name in sorted(channels) if channel is None else [channel]:
        try:
            channels[name].send(message)
        except DeliveryError as error:
            failed = True
            click.echo(f"{name}: {error.what}", err=True)
            if error.hint:
                click.echo(f"What to do: {error.hint}", err=True)
        else:
            click.echo(f"{name}: taken.")
    say("A channel that took it may still lose it: see whether it has arrived.")
    return _FAILED if failed else 0
