"""A channel to a mail server (SMTP, RFC 5321), which sends e-mail on.

The certificate and the host name are verified, and nothing is sent over a connection that the settings want encrypted
and that is not. The whole of it, from DNS to the last answer, is bounded in time, and the answers in bytes.

What the server says with 5xx is for good (RFC 5321, section 4.2.1), a refused password (RFC 4954) among it; whatever
else happens is temporary, and so is all that is said before TLS stands, since whoever is on the way can say it. Where
some of the recipients are refused, the message goes to the others, and the failure is told: as temporary if it is for
any of them, and then the next try of this process goes only to those that have not taken it.
"""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

from canary.core.judging.fetched import shown
from canary.core.judging.origin import Origin
from canary.core.watching.message import Message
from canary.core.watching.watch_settings import Security, Smtp
from canary.edges.channels.mail import mail
from canary.edges.channels.secrets import kept_for_later, read_one_line
from canary.edges.channels.smtp_session import Refused, answer, deliver, for_now
from canary.edges.channels.taken_before import TakenBefore
from canary.edges.web.http_connections import Deadline, tls_context
from canary.edges.web.timed_work import in_time
from canary.errors import CanaryError, DeliveryError


class SmtpChannel:
    """Sends to some addresses through one server.

    Args:
        smtp: where to, and how.
        seconds: what one message may take.
    """

    def __init__(self, smtp: Smtp, *, seconds: float) -> None:
        self._smtp = smtp
        self._seconds = seconds
        self._taken = TakenBefore()
        self._name = f"{smtp.host}:{smtp.port}"

    def send(self, message: Message) -> None:
        """Sends one e-mail.

        Raises:
            DeliveryError: not every recipient took it.
        """
        taken = self._taken.by(message.id)
        left = tuple(address for address in self._smtp.to if address not in taken)
        with kept_for_later():
            refused = self._sent(mail(message, self._smtp), left)
        if not refused:
            self._taken.forget(message.id)
            return
        for address in left:
            if address not in refused:
                self._taken.add(message.id, address)
        raise self._told(refused)

    def _sent(self, written: EmailMessage, to: tuple[str, ...]) -> Refused:
        password = self._password()
        tls = tls_context(Path(self._smtp.ca_file) if self._smtp.ca_file else None)
        deadline = Deadline(self._seconds)
        try:
            return in_time(
                deadline,
                lambda: deliver(written, to, smtp=self._smtp, password=password, tls=tls, deadline=deadline),
            )
        except TimeoutError:
            what = f"{self._name} did not take the e-mail within {round(self._seconds, 1):g} s"
            raise DeliveryError(what, temporary=True) from None
        finally:
            deadline.cut()

    def _password(self) -> str | None:
        if self._smtp.password is None:
            return None
        if self._smtp.security is Security.NONE and not Origin("smtp", self._smtp.host, self._smtp.port).is_loopback:
            hint = 'Set security to "starttls" or "tls".'
            raise CanaryError(f"A password is not sent to {self._name} unencrypted", hint=hint)
        return read_one_line(self._smtp.password)

    def _told(self, refused: Refused) -> DeliveryError:
        temporary = any(for_now(code) for code, _ in refused.values())
        told = "; ".join(f"{shown(address)}: {answer(code, words)}" for address, (code, words) in refused.items())
        others = "; the others have it" if len(refused) < len(self._smtp.to) else ""
        return DeliveryError(
            f"{self._name} refused {len(refused)} of {len(self._smtp.to)} recipients ({told}){others}",
            hint="" if temporary else "Check the addresses.",
            temporary=temporary,
        )
