"""A message to send, and what comes of sending it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from canary.core.watching.message import Message
from canary.errors import DeliveryError
from canary.flows.watch.channel import Channel

LONG = 10.0
"""Seconds that nothing here should need."""

SHORT = 0.6
"""Seconds for what is meant to be late."""

MESSAGE = Message(
    id="0123456789abcdef" * 2,
    at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
    subject="CRITICAL: example.net — withdrawn",
    text="One statement is gone.\n.\n..\nWas nicht mehr da ist: „Schlüssel“\nFrom here on, trailing \t \n",
    html="<!DOCTYPE html><html><body><p>One statement is gone: „Schlüssel“</p></body></html>\n",
    event=b'{"id": "0123456789abcdef", "text": "\xc3\xa9"}',
    exit_code=2,
)


def failure(channel: Channel, message: Message = MESSAGE) -> DeliveryError:
    """Sends what is not taken, and returns why."""
    with pytest.raises(DeliveryError) as caught:
        channel.send(message)
    return caught.value


def told(error: DeliveryError) -> str:
    """Returns all that a person is told of a failure."""
    return f"{error.what} {error.hint} {error!r}"
