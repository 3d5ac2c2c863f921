"""A real mail server on 127.0.0.1 that keeps what it is sent, or fails as a test needs.

    with Mailbox() as mailbox:
        ...  # something sends to mailbox.host, mailbox.port
        assert mailbox.mails[0].message["Subject"] == "..."

Enter it again, and it listens on the same port with what it has received before: a server that was down.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import Enum
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

_STOP_SECONDS = 5.0


class Failing(Enum):
    """What happens in the place of taking an e-mail."""

    TEMPORARY = "451 4.3.0 Try again later"
    """The server says that it cannot, for now."""

    PERMANENT = "550 5.7.1 Not wanted here"
    """The server says that it never will."""

    CLOSING = "421 4.3.2 Closing"
    """The server says that it goes down, and hangs up."""

    DROP = "drop"
    """The connection ends when the sender is named."""

    TAKE_AND_DROP = "take and drop"
    """The e-mail is taken, and the connection ends before the server says so."""

    HANG = "hang"
    """No answer comes once the sender is named."""


@dataclass(frozen=True)
class Mail:
    """An e-mail that came: the envelope's sender and recipients, and the bytes."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.data, _class=EmailMessage, policy=email.policy.default)

    def part(self, kind: str) -> str:
        """Returns the text of the part that is `plain` or `html`."""
        part = self.message.get_body((kind,))
        assert isinstance(part, EmailMessage)
        return str(part.get_content())


@dataclass
class Mailbox:
    """The server; a context manager.

    Attributes:
        tls: a server's context, for STARTTLS.
        from_the_first_byte: whether TLS begins at once, with `tls`.
        users: passwords by user; with any, everybody has to log in.
        failing: what happens in the place of taking an e-mail; None to take it. It can be changed at any time.
        refused: what is answered to recipients that are refused.
        smtputf8: whether addresses beyond ASCII are taken.
        mails: what came so far.
        sessions: how many connections came so far.
        port: the port; 0 until it listens for the first time.
    """

    tls: ssl.SSLContext | None = None
    from_the_first_byte: bool = False
    users: dict[str, str] = field(default_factory=dict)
    failing: Failing | None = None
    refused: dict[str, str] = field(default_factory=dict)
    smtputf8: bool = True
    mails: list[Mail] = field(default_factory=list)
    sessions: int = 0
    port: int = 0
    host: str = "127.0.0.1"

    def __enter__(self) -> Self:
        listener = socket.create_server((self.host, self.port))
        self.port = listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._open: list[SMTP] = []
        self._stopped = asyncio.Event()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listener, ready), name="mailbox", daemon=True)
        self._thread.start()
        assert ready.wait(_STOP_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(_STOP_SECONDS)
        assert not self._thread.is_alive()

    def _run(self, listener: socket.socket, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve(listener, ready))
        finally:
            self._loop.close()

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        tls = self.tls if self.from_the_first_byte else None
        server = await self._loop.create_server(self._session, sock=listener, ssl=tls)
        ready.set()
        await self._stopped.wait()
        server.close()
        for session in self._open:
            _abort(session)
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await server.wait_closed()

    def _session(self) -> SMTP:
        self.sessions += 1
        starttls = self.tls is not None and not self.from_the_first_byte
        made = SMTP(
            _Hooks(self),
            hostname="mail.example.net",  # it would ask for this machine's name otherwise
            enable_SMTPUTF8=self.smtputf8,
            tls_context=self.tls if starttls else None,
            require_starttls=starttls,
            auth_require_tls=starttls or not self.users,  # which keeps AUTH from being offered
            authenticator=self._authenticated,
            loop=self._loop,
        )
        self._open.append(made)
        return made

    def _authenticated(self, _: SMTP, __: Session, ___: Envelope, mechanism: str, data: object) -> AuthResult:
        assert mechanism in ("PLAIN", "LOGIN")
        assert isinstance(data, LoginPassword)
        right = self.users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=right, handled=False)


class _Hooks:
    """What aiosmtpd asks for each command."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._mailbox.users and not session.authenticated:
            return "530 5.7.0 Log in first"
        match self._mailbox.failing:
            case Failing.TEMPORARY | Failing.PERMANENT as failing:
                return str(failing.value)
            case Failing.CLOSING as failing:
                asyncio.get_running_loop().call_later(0.05, _abort, server)
                return str(failing.value)
            case Failing.DROP:
                _abort(server)
            case Failing.HANG:
                await asyncio.Event().wait()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._mailbox.refused:
            return self._mailbox.refused[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes)
        self._mailbox.mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        if self._mailbox.failing is Failing.TAKE_AND_DROP:
            _abort(server)
        return "250 OK"


def _abort(session: SMTP) -> None:
    if isinstance(session.transport, asyncio.Transport):
        session.transport.abort()
