"""A channel to an HTTP server: the event as JSON, signed.

The request is a POST of `Message.event` with these headers:

- `Content-Type: application/json`
- `Canary-Alert-Id`: the message's id, the same when it comes again.
- `Canary-Timestamp`: when it was sent, in seconds since 1970 (UTC).
- `Canary-Signature`: `v1=` and, in hexadecimal, HMAC-SHA256 (RFC 2104) with the shared key over the timestamp, a full
  stop and the body's bytes. Only with a key.

A status from 200 to 299 says that it was taken. 408, 425, 429, 5xx and whatever a network can do are temporary. Any
other status, redirects among them, is for good.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from canary.core.watching.message import Message
from canary.core.watching.watch_settings import Webhook
from canary.edges.channels.secrets import kept_for_later, read_one_line
from canary.edges.web.web_notice import tell
from canary.errors import DeliveryError

_TRY_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


class WebhookChannel:
    """Sends to one address.

    Args:
        webhook: where to, and how.
        seconds: what one message may take.
        clock: returns now, aware, for the receiver to tell an old request.
    """

    def __init__(self, webhook: Webhook, *, seconds: float, clock: Callable[[], datetime]) -> None:
        self._webhook = webhook
        self._seconds = seconds
        self._clock = clock

    def send(self, message: Message) -> None:
        """Posts the event.

        Raises:
            DeliveryError: it was not taken.
        """
        with kept_for_later():
            status = tell(
                self._webhook.url,
                what="the webhook",
                method="POST",
                body=message.event,
                headers=self._headers(message),
                seconds=self._seconds,
                allow_http=self._webhook.allow_http,
                ca_file=Path(self._webhook.ca_file) if self._webhook.ca_file else None,
            )
        if status in range(200, 300):
            return
        raise DeliveryError(
            f"{urlsplit(self._webhook.url).netloc} answered with status {status}",
            hint="Compare the webhook's address and key with what the server expects.",
            temporary=status in _TRY_AGAIN or status in range(500, 600),
        )

    def _headers(self, message: Message) -> dict[str, str]:
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Canary-Alert-Id": message.id,
            "Canary-Timestamp": timestamp,
        }
        if self._webhook.secret is not None:
            key = read_one_line(self._webhook.secret).encode()
            headers["Canary-Signature"] = f"v1={signature(key, timestamp, message.event)}"
        return headers


def signature(key: bytes, timestamp: str, body: bytes) -> str:
    """Returns what a request is signed with, in hexadecimal."""
    return hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
