"""The channels of a watcher, made from its settings.

Making one touches nothing: what is amiss is told when it sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TextIO, assert_never

from canary.core.watching.watch_settings import (
    Apprise,
    ChannelSettings,
    Command,
    Secret,
    Smtp,
    Stream,
    WatchSettings,
    Webhook,
)
from canary.edges.channels.secrets import exposed, read_one_line
from canary.flows.watch.channel import Channel


def open_channels(settings: WatchSettings, *, clock: Callable[[], datetime], output: TextIO) -> dict[str, Channel]:
    """Returns the channels by their names, in the order of the settings.

    Args:
        settings: the configuration.
        clock: returns now, aware; webhooks say when they were sent.
        output: what the channels to standard output write to.
    """
    hidden = frozenset(each.environment for each in _secrets(settings) if each.environment)
    return {each.name: _opened(each, clock, output, hidden) for each in settings.channels}


def send_ping(settings: WatchSettings, *, seconds: float) -> None:
    """Tells the dead man's switch that a run has been completed, if the settings name one.

    Raises:
        FetchError: it was not taken.
        CanaryError: its address cannot be read.
    """
    url = read_one_line(settings.ping) if isinstance(settings.ping, Secret) else settings.ping
    if url:
        from canary.edges.channels.ping import ping  # noqa: PLC0415  # most watchers have none

        ping(url, seconds=seconds)


def exposed_secrets(settings: WatchSettings) -> tuple[str, ...]:
    """Returns a warning for each file with a secret that every user of this machine can read."""
    return tuple(dict.fromkeys(words for each in _secrets(settings) if (words := exposed(each))))


def _opened(channel: ChannelSettings, clock: Callable[[], datetime], output: TextIO, hidden: frozenset[str]) -> Channel:
    """Imports what this kind of channel needs, and no other."""
    match channel.how:
        case Smtp() as smtp:
            from canary.edges.channels.channel_smtp import SmtpChannel  # noqa: PLC0415

            return SmtpChannel(smtp, seconds=channel.seconds)
        case Webhook() as webhook:
            from canary.edges.channels.channel_webhook import WebhookChannel  # noqa: PLC0415

            return WebhookChannel(webhook, seconds=channel.seconds, clock=clock)
        case Command() as command:
            from canary.edges.channels.channel_command import CommandChannel  # noqa: PLC0415

            return CommandChannel(command, seconds=channel.seconds, hidden=hidden)
        case Stream():
            from canary.edges.channels.channel_stream import StreamChannel  # noqa: PLC0415

            return StreamChannel(output)
        case Apprise() as apprise:
            from canary.edges.channels.channel_apprise import AppriseChannel  # noqa: PLC0415

            return AppriseChannel(apprise, seconds=channel.seconds)
        case _:
            assert_never(channel.how)


def _secrets(settings: WatchSettings) -> Iterator[Secret]:
    for channel in settings.channels:
        match channel.how:
            case Smtp(password=Secret() as secret) | Webhook(secret=Secret() as secret) | Apprise(urls=secret):
                yield secret
    if isinstance(settings.ping, Secret):
        yield settings.ping
