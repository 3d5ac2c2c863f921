"""A mail server on 127.0.0.1 for the demo, which keeps what it takes. Nothing outside this machine can reach it."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import socket
from collections.abc import Awaitable, Iterator
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """What has come.

    Attributes:
        port: where the server listens.
        mails: the e-mails, in the order in which they came.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Takes an e-mail."""
        content = envelope.content
        if not isinstance(content, bytes):
            return "451 4.3.0 Send bytes"
        self.mails.append(email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default))
        return "250 OK"


class _Server(Controller):
    """A server on a port that nobody else can have taken meanwhile."""

    def __init__(self, mailbox: Mailbox, listener: socket.socket) -> None:
        # With a name of its own, or it would look this machine's name up.
        super().__init__(mailbox, "127.0.0.1", mailbox.port, server_hostname="mail.example.net")
        self._listener = listener

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listener)


@contextlib.contextmanager
def receiving() -> Iterator[Mailbox]:
    """Runs a mail server on a free port, and yields its mailbox."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        mailbox = Mailbox(listener.getsockname()[1])
        server = _Server(mailbox, listener)
        server.start()
        try:
            yield mailbox
        finally:
            server.stop()
