"""The port through which a watcher tells: e-mail, a webhook, a command, anything that takes a message."""

from __future__ import annotations

from typing import Protocol

from canary.core.watching.message import Message


class Channel(Protocol):
    """One way to tell a person or a program."""

    def send(self, message: Message) -> None:
        """Hands a message on; once it returns, the message has been taken.

        Raises:
            DeliveryError: it was not taken: for now, or for good.
        """
