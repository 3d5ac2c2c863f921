from __future__ import annotations

import email
import email.policy
import string
from email.message import EmailMessage

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from canary.core.watching.watch_settings import Security, Smtp
from canary.edges.channels.mail import mail
from canary.errors import CanaryError
from tests.channels.sending import MESSAGE

SMTP = Smtp("127.0.0.1", 25, Security.NONE, "canary@example.org", ("ops@example.net",))
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Canary-Alert-Id", "MIME-Version"),
    "Content-Type",
}
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=150)

PIECES = [
    "=?",
    "utf-8",
    "?q?",
    "?b?",
    "?=",
    "?",
    "=",
    "=0A",
    "=0D",
    "Cg==",
    "_",
    " ",
    "a",
    "é",
    "€",
    "<",
    "@",
    ":",
    "\n",
]
ENCODED = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
"""Encoded words (RFC 2047), whole and broken."""


def read(written: EmailMessage) -> EmailMessage:
    return email.message_from_bytes(written.as_bytes(), _class=EmailMessage, policy=email.policy.default)


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


@given(ANY | ENCODED)
@example("\n")
@example("A\r\n")
@example("=?utf-8?q?=0ABcc:_all=40example.net?=")
def test_a_subject_is_one_header_or_refused(subject: str) -> None:
    try:
        written = mail(replace(MESSAGE, subject=subject), SMTP)
    except CanaryError:
        assert not subject.isprintable()
        return
    message = read(written)
    assert set(message.keys()) == HEADERS
    assert len(message.keys()) == len(HEADERS)
    if subject == subject.strip():
        assert message["Subject"] == subject.replace("=?", "= ?")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=2_000))
def test_the_text_comes_through_as_it_is(text: str) -> None:
    message = read(mail(replace(MESSAGE, text=text, html=text), SMTP))
    assert set(message.keys()) == HEADERS
    expected = text.removesuffix("\n")
    assert content(message, "plain").removesuffix("\n") == expected
    assert content(message, "html").removesuffix("\n") == expected


@given(st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=60))
def test_a_long_domain_leaves_the_message_id_whole(label: str) -> None:
    domain = ".".join([label] * 4)
    written = mail(MESSAGE, replace(SMTP, sender=f"canary@{domain}"))
    assert f"Message-ID: <{MESSAGE.id}@{domain}>".encode() in written.as_bytes().replace(b"\r\n ", b" ")
