"""One session with a mail server, over smtplib: connect, encrypt, log in, send."""

from __future__ import annotations

import contextlib
import email.policy
import smtplib
import socket
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from typing import BinaryIO

from canary.core.judging.fetched import shown
from canary.core.watching.watch_settings import Security, Smtp
from canary.edges.web.http_connections import Deadline
from canary.edges.web.http_exchange import in_words
from canary.errors import DeliveryError

Refused = Mapping[str, tuple[int, bytes]]
"""What the server answered to the recipients that it refused."""

_READY = 220
_CLOSING = 421

_ANSWER_BYTES = 262_144
"""Bytes in all answers of one session together: an honest one has some 100 for each recipient."""

_LINE_BYTES = 8_192
"""Bytes in one line of an answer, as smtplib has it."""

_MYSELF = "[127.0.0.1]"
"""What this machine calls itself (RFC 5321, section 4.1.3). Its name is nobody's business, and asking can hang."""


def deliver(
    written: EmailMessage,
    to: tuple[str, ...],
    *,
    smtp: Smtp,
    password: str | None,
    tls: ssl.SSLContext,
    deadline: Deadline,
) -> Refused:
    """Sends one e-mail.

    Args:
        written: the e-mail.
        to: who of the recipients it goes to.
        smtp: the server, and whom to log in as.
        password: that user's password (ASCII); None for no login.
        tls: whom to trust.
        deadline: when the session is cut.

    Returns:
        Who was refused; the e-mail was sent to the others, if there are any.

    Raises:
        DeliveryError: the server took nothing.
        TimeoutError: the time is up.
    """
    session = _Session(smtp, password, tls, deadline)
    try:
        return session.run(written, to)
    except (OSError, ValueError) as error:  # every error of smtplib is an OSError
        raise session.told(error) from error
    finally:
        session.close()


def for_now(code: int) -> bool:
    """Tells whether an answer is a temporary one: 4xx, and what is no answer of SMTP at all."""
    return code not in range(500, 600)


def answer(code: int, words: bytes | str) -> str:
    """Returns a server's answer, fit for a message."""
    return f"{code} {shown(words.decode('utf-8', 'replace') if isinstance(words, bytes) else words)}"


class _Session:
    def __init__(self, smtp: Smtp, password: str | None, tls: ssl.SSLContext, deadline: Deadline) -> None:
        self._smtp = smtp
        self._password = password
        self._tls = tls
        self._deadline = deadline
        self._name = f"{smtp.host}:{smtp.port}"
        self._host = smtp.host.strip("[]")
        self._client = _Client(self._host, deadline, tls if smtp.security is Security.TLS else None)
        self._trusted = False
        """Whether it is the server that speaks, and not whoever is on the way."""

    def run(self, written: EmailMessage, to: tuple[str, ...]) -> Refused:
        client = self._client
        code, words = client.connect(self._host, self._smtp.port)
        self._trusted = self._smtp.security is not Security.STARTTLS
        if code != _READY:
            raise smtplib.SMTPConnectError(code, words)
        client.ehlo_or_helo_if_needed()
        if self._smtp.security is Security.STARTTLS:
            self._encrypt()
        if self._password is not None:
            self._log_in(self._password)
        refused = self._send(written, to)
        # Its answer is not waited for: the e-mail has been taken, and one that is told as failed comes again.
        with contextlib.suppress(OSError):
            client.putcmd("QUIT")
        return refused

    def close(self) -> None:
        self._client.close()

    def told(self, error: OSError | ValueError) -> Exception:
        """Returns what went wrong, as an error of a delivery or of time."""
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return TimeoutError()
        if isinstance(error, smtplib.SMTPResponseException):
            return self._failed(f"answered {answer(error.smtp_code, error.smtp_error)}", code=error.smtp_code)
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return self._failed("closed the connection")
        words, hint = in_words([error]) or ("what came back is not SMTP", "")
        return DeliveryError(f"{self._name}: {words}", hint=hint, temporary=True)

    def _encrypt(self) -> None:
        if not self._client.has_extn("starttls"):
            raise self._failed(
                "does not offer STARTTLS, so nothing was sent",
                hint='If it speaks TLS from the first byte (port 465, as a rule), set security to "tls".',
            )
        self._client.starttls(context=self._tls)
        self._trusted = True
        self._client.ehlo_or_helo_if_needed()

    def _log_in(self, password: str) -> None:
        if not self._client.has_extn("auth"):
            raise self._failed("offers no login", hint="Take user and password out, or ask for another port.")
        try:
            self._client.login(self._smtp.user, password)
        except smtplib.SMTPAuthenticationError as error:
            # Not its words, nor "from": what a server says of a password may hold it.
            hint = "Check the user and the password." if not for_now(error.smtp_code) else ""
            raise self._failed(f"refused the login ({error.smtp_code})", hint=hint, code=error.smtp_code) from None
        except UnicodeEncodeError:
            raise self._failed("cannot be given a user or a password beyond ASCII") from None
        except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
            raise
        except (smtplib.SMTPException, ValueError):
            raise self._failed("offers no login that is known here", hint="PLAIN, LOGIN and CRAM-MD5 are.") from None

    def _send(self, written: EmailMessage, to: tuple[str, ...]) -> Refused:
        # Not send_message: it puts a character before every line that begins with "From ".
        policy = email.policy.SMTP
        options: tuple[str, ...] = ()
        if not "".join((self._smtp.sender, *to)).isascii():
            if not self._client.has_extn("smtputf8"):
                raise self._failed("takes no addresses beyond ASCII (SMTPUTF8)", hint="Use other addresses.")
            policy, options = email.policy.SMTPUTF8, ("SMTPUTF8", "BODY=8BITMIME")
        try:
            return self._client.sendmail(self._smtp.sender, list(to), written.as_bytes(policy=policy), options)
        except smtplib.SMTPRecipientsRefused as error:
            for code, words in error.recipients.values():
                if code == _CLOSING:
                    raise self._failed(f"answered {answer(code, words)}", code=code) from error
            return error.recipients

    def _failed(self, what: str, *, hint: str = "", code: int = 0) -> DeliveryError:
        return DeliveryError(f"{self._name} {what}", hint=hint, temporary=for_now(code) or not self._trusted)


class _Client(smtplib.SMTP):
    """smtplib's client, with the project's sockets, and with answers that are bounded."""

    def __init__(self, host: str, deadline: Deadline, tls: ssl.SSLContext | None) -> None:
        super().__init__(local_hostname=_MYSELF)
        self._host = host  # against which STARTTLS checks the certificate; smtplib sets it only if it connects at once
        self._deadline = deadline
        self._from_the_first_byte = tls
        self._left = _ANSWER_BYTES

    def _get_socket(self, host: str, port: int, _: float) -> socket.socket:
        """Returns the connection; smtplib's own SMTP_SSL encrypts here too."""
        sock = self._deadline.connect(host, port)
        if self._from_the_first_byte is None:
            return sock
        try:
            return self._from_the_first_byte.wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise

    def getreply(self) -> tuple[int, bytes]:
        """Returns an answer of the server, as the base class reads it: line by line, without a bound on the lines."""
        if self.file is None and self.sock is not None:
            self.file = _Answers(self.sock.makefile("rb"), self)
        return super().getreply()

    def count(self, length: int) -> None:
        """Counts bytes that came; raises DeliveryError once there are too many."""
        self._left -= length
        if self._left < 0 or length > _LINE_BYTES:
            raise DeliveryError(f"{self._host}: the mail server's answers are too long", temporary=True)


class _Answers:
    """What smtplib reads its answers from."""

    def __init__(self, stream: BinaryIO, client: _Client) -> None:
        self._stream = stream
        self._client = client

    def readline(self, most: int) -> bytes:
        line = self._stream.readline(most)
        self._client.count(len(line))
        return line

    def close(self) -> None:
        self._stream.close()
