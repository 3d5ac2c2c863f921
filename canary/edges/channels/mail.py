"""A message as an e-mail (RFC 5322): plain text, and the same as HTML."""

from __future__ import annotations

import email.policy
from email.errors import MessageError
from email.message import EmailMessage

from canary.core.watching.message import Message
from canary.core.watching.watch_settings import Smtp
from canary.errors import CanaryError

_ENCODING = "quoted-printable"
"""Seven bits and short lines, which every server on the way passes on as they are."""

_ENCODED_WORD = "=?"
"""What an encoded word begins with (RFC 2047). EmailMessage decodes one that stands in what it is given, and with some
versions of Python writes a line break that was in it, so that a publisher's name could begin another header."""


def mail(message: Message, smtp: Smtp) -> EmailMessage:
    """Returns the e-mail that a message is sent as.

    Its Message-ID is made from the message's id, so it is the same when the message comes again, and its Date is when
    the alert was decided. It says that no person wrote it (RFC 3834), so that nobody's absence is answered to it.

    Raises:
        CanaryError: an address is none, or something has a line break where it would begin another header.
    """
    written = EmailMessage(policy=email.policy.SMTP)
    try:
        # EmailMessage refuses a line break within a header, but not one at its end.
        if not all(each.isprintable() for each in (message.id, message.subject, smtp.sender, *smtp.to)):
            raise ValueError
        if any(_ENCODED_WORD in each for each in (message.id, smtp.sender, *smtp.to)):
            raise ValueError
        written["From"] = smtp.sender
        written["To"] = ", ".join(smtp.to)
        written["Subject"] = message.subject.replace(_ENCODED_WORD, "= ?")
        written["Date"] = message.at
        written["Message-ID"] = f"<{message.id}@{_domain(smtp.sender)}>"
        written["Auto-Submitted"] = "auto-generated"
        written["X-Canary-Alert-Id"] = message.id
        written.set_content(message.text, cte=_ENCODING)
        if smtp.html:
            written.add_alternative(message.html, subtype="html", cte=_ENCODING)
    except (MessageError, ValueError) as error:
        raise CanaryError(
            "The e-mail cannot be written: an address, or the subject, holds what no header may hold",
            hint="Check the sender and the recipients of the channel.",
        ) from error
    _check_addresses(written, smtp)
    return written


def _domain(sender: str) -> str:
    """Returns the sender's domain in ASCII (RFC 5890)."""
    return sender.rpartition("@")[2].encode("idna").decode()


def _check_addresses(written: EmailMessage, smtp: Smtp) -> None:
    """Checks that the headers name exactly the addresses of the settings."""
    for header, given in (("From", (smtp.sender,)), ("To", smtp.to)):
        found = tuple(each.addr_spec for each in written[header].addresses)
        if found != given or any("@" not in each for each in given):
            raise CanaryError(
                f"The e-mail cannot be written: {header} is not a list of addresses like name@example.net",
                hint="Check the sender and the recipients of the channel.",
            )
