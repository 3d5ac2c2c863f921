"""A channel to a text stream: standard output, which cron mails and a service manager keeps."""

from __future__ import annotations

from typing import TextIO

from canary.core.watching.message import Message
from canary.errors import DeliveryError


class StreamChannel:
    """Writes to one stream.

    Args:
        stream: the stream; it stays open.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def send(self, message: Message) -> None:
        """Writes the plain text.

        Raises:
            DeliveryError: the stream is closed, broken or full, for now.
        """
        try:
            self._stream.write(message.text)
            self._stream.flush()
        except (OSError, ValueError) as error:  # ValueError: closed, or a character that its encoding has not
            why = getattr(error, "strerror", None) or "it is closed, or cannot show the text"
            raise DeliveryError(
                f"The output cannot be written: {why}",
                hint="Look at where the watcher's output goes.",
                temporary=True,
            ) from error
