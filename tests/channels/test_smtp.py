from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest
import trustme
from msgspec.structs import replace

from canary.core.watching.watch_settings import Secret, Security, Smtp
from canary.edges.channels.channel_smtp import SmtpChannel
from tests.channels.sending import LONG, MESSAGE, SHORT, failure, told
from tests.mailbox import Failing, Mailbox

PASSWORD = "correct horse battery"
WORD = "=?utf-8?q?a=40b.example=0ABcc:_c?=@example.net"
SENDER = "canary@watcher.example.org"


def to(mailbox: Mailbox, *recipients: str, **settings: object) -> SmtpChannel:
    seconds = settings.pop("seconds", LONG)
    assert isinstance(seconds, float)
    smtp = Smtp(mailbox.host, mailbox.port, Security.NONE, SENDER, recipients or ("ops@example.net",))
    return SmtpChannel(replace(smtp, **settings), seconds=seconds)


@pytest.fixture
def password(tmp_path: Path) -> Secret:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n", "utf-8")
    return Secret(file=str(path))


def test_an_email_arrives_as_it_was_meant() -> None:
    with Mailbox() as mailbox:
        to(mailbox, "ops@example.net", "legal@example.net").send(MESSAGE)
    (mail,) = mailbox.mails
    assert (mail.sender, mail.recipients) == (SENDER, ("ops@example.net", "legal@example.net"))
    message = mail.message
    assert message["Subject"] == MESSAGE.subject
    assert message["From"] == SENDER
    assert message["To"] == "ops@example.net, legal@example.net"
    assert message["Date"].datetime == MESSAGE.at
    assert message["Date"].datetime.tzinfo == UTC
    assert message["Message-ID"] == f"<{MESSAGE.id}@watcher.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Canary-Alert-Id"] == MESSAGE.id
    assert message.get_content_type() == "multipart/alternative"
    assert mail.part("plain").replace("\r\n", "\n") == MESSAGE.text
    assert mail.part("html").replace("\r\n", "\n") == MESSAGE.html
    assert mail.data.isascii()
    assert max(map(len, mail.data.split(b"\r\n"))) <= 998


def test_the_html_part_can_be_left_out() -> None:
    with Mailbox() as mailbox:
        to(mailbox, html=False).send(MESSAGE)
    assert mailbox.mails[0].message.get_content_type() == "text/plain"


def test_a_repeat_has_the_same_message_id() -> None:
    with Mailbox() as mailbox:
        to(mailbox).send(MESSAGE)
        to(mailbox).send(MESSAGE)
    first, second = (mail.message["Message-ID"] for mail in mailbox.mails)
    assert first == second


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_login_over_tls(
    security: Security, tls: Callable[[str], ssl.SSLContext], ca_file: Path, password: Secret
) -> None:
    implicit = security is Security.TLS
    with Mailbox(tls("127.0.0.1"), from_the_first_byte=implicit, users={"canary": PASSWORD}) as mailbox:
        channel = to(mailbox, security=security, ca_file=str(ca_file), user="canary", password=password)
        channel.send(MESSAGE)
        assert len(mailbox.mails) == 1
        mailbox.users["canary"] = "another one"
        error = failure(channel)
    assert not error.temporary
    assert "refused the login (535)" in error.what
    assert PASSWORD not in told(error)
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.parametrize(
    ("name", "trusted", "words"),
    [
        ("mail.example.net", True, "not valid for this address"),
        ("127.0.0.1", False, "an authority that is not trusted"),
    ],
)
def test_the_certificate_is_verified(  # noqa: PLR0917  # fixtures are passed by name
    security: Security,
    name: str,
    trusted: bool,  # noqa: FBT001  # a parameter of the test
    words: str,
    tls: Callable[[str], ssl.SSLContext],
    ca_file: Path,
    tmp_path: Path,
) -> None:
    if not trusted:
        ca_file = tmp_path / "stranger.pem"
        trustme.CA().cert_pem.write_to_path(str(ca_file))
    with Mailbox(tls(name), from_the_first_byte=security is Security.TLS) as mailbox:
        error = failure(to(mailbox, security=security, ca_file=str(ca_file)))
    assert error.temporary
    assert words in error.what
    assert mailbox.mails == []


def test_what_offers_no_tls_gets_nothing() -> None:
    with Mailbox() as mailbox:
        error = failure(to(mailbox, security=Security.STARTTLS))
    assert error.temporary
    assert "does not offer STARTTLS" in error.what
    assert mailbox.mails == []


def test_a_password_is_not_sent_unencrypted_to_another_machine(password: Secret) -> None:
    smtp = Smtp("192.0.2.1", 25, Security.NONE, SENDER, ("ops@example.net",), user="canary", password=password)
    error = failure(SmtpChannel(smtp, seconds=SHORT))
    assert "not sent to 192.0.2.1:25 unencrypted" in error.what


def test_a_password_is_sent_unencrypted_to_this_machine(password: Secret) -> None:
    with Mailbox(users={"canary": PASSWORD}) as mailbox:
        to(mailbox, user="canary", password=password).send(MESSAGE)
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines\n", "schlüssel".encode(), b"\xff\n", None])
def test_a_password_that_cannot_be_used_is_mended_later(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    with Mailbox(users={"canary": PASSWORD}) as mailbox:
        channel = to(mailbox, user="canary", password=Secret(file=str(path)))
        error = failure(channel)
        assert error.temporary
        path.write_text(PASSWORD, "utf-8")
        channel.send(MESSAGE)
    assert len(mailbox.mails) == 1


def test_a_login_that_is_not_offered(password: Secret) -> None:
    with Mailbox() as mailbox:
        error = failure(to(mailbox, user="canary", password=password))
    assert error.temporary
    assert "offers no login" in error.what


@pytest.mark.parametrize(
    ("failing", "temporary", "words"),
    [
        (Failing.TEMPORARY, True, "answered 451 '4.3.0 Try again later'"),
        (Failing.PERMANENT, False, "answered 550 '5.7.1 Not wanted here'"),
        (Failing.CLOSING, True, "answered 421"),
        (Failing.DROP, True, "closed the connection"),
        (Failing.TAKE_AND_DROP, True, "closed the connection"),
        (Failing.HANG, True, "did not take the e-mail within 0.6 s"),
    ],
)
def test_what_the_server_does_in_the_place_of_taking_it(failing: Failing, temporary: bool, words: str) -> None:  # noqa: FBT001
    with Mailbox(failing=failing) as mailbox:
        channel = to(mailbox, seconds=SHORT if failing is Failing.HANG else LONG)
        error = failure(channel)
        assert (error.temporary, words in error.what) == (temporary, True), error.what
        mailbox.failing = None
        channel.send(MESSAGE)
    assert len(mailbox.mails) == (2 if failing is Failing.TAKE_AND_DROP else 1)


def test_a_server_that_is_down_and_comes_back() -> None:
    mailbox = Mailbox()
    with mailbox:
        pass
    channel = to(mailbox)
    error = failure(channel)
    assert error.temporary
    assert "connection refused" in error.what
    with mailbox:
        channel.send(MESSAGE)
    assert len(mailbox.mails) == 1


def test_a_host_that_does_not_resolve() -> None:
    smtp = Smtp("a" * 64 + ".invalid", 25, Security.NONE, SENDER, ("ops@example.net",))
    error = failure(SmtpChannel(smtp, seconds=LONG))
    assert error.temporary
    assert "host name is not a valid one" in error.what


# --- recipients -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "temporary"), [("450 Greylisted", True), ("550 Unknown", False)])
def test_all_recipients_refused(answer: str, temporary: bool) -> None:  # noqa: FBT001
    with Mailbox(refused={"ops@example.net": answer}) as mailbox:
        error = failure(to(mailbox))
    assert error.temporary is temporary
    assert "ops@example.net" in error.what
    assert mailbox.mails == []


def test_who_took_it_does_not_get_it_again() -> None:
    with Mailbox(refused={"b@example.net": "450 Greylisted"}) as mailbox:
        channel = to(mailbox, "a@example.net", "b@example.net")
        error = failure(channel)
        assert error.temporary
        assert "refused 1 of 2 recipients ('b@example.net': 450 'Greylisted'); the others have it" in error.what
        assert failure(channel).temporary
        mailbox.refused.clear()
        channel.send(MESSAGE)
        assert [mail.recipients for mail in mailbox.mails] == [("a@example.net",), ("b@example.net",)]
        channel.send(MESSAGE)
        assert mailbox.mails[-1].recipients == ("a@example.net", "b@example.net")


def test_a_recipient_refused_for_good_is_told_and_the_others_have_it() -> None:
    with Mailbox(refused={"b@example.net": "550 Unknown"}) as mailbox:
        error = failure(to(mailbox, "a@example.net", "b@example.net"))
    assert not error.temporary
    assert "the others have it" in error.what
    assert [mail.recipients for mail in mailbox.mails] == [("a@example.net",)]


def test_the_server_goes_down_between_two_recipients() -> None:
    with Mailbox(refused={"b@example.net": "421 Closing"}) as mailbox:
        channel = to(mailbox, "a@example.net", "b@example.net", "c@example.net")
        assert failure(channel).temporary
        mailbox.refused.clear()
        channel.send(MESSAGE)
    assert [mail.recipients for mail in mailbox.mails] == [("a@example.net", "b@example.net", "c@example.net")]


# --- hostile words --------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028"])
def test_no_subject_begins_another_header(end: str) -> None:
    with Mailbox() as mailbox:
        error = failure(to(mailbox), replace(MESSAGE, subject=f"A{end}Bcc: all@example.net"))
    assert "cannot be written" in error.what
    assert mailbox.mails == []


@pytest.mark.parametrize(
    "address", ["", "x", "a@example.net, b@example.net", "a@example.net\nBcc: b@example.net", "a@example.net\n", WORD]
)
def test_what_is_no_address_is_not_sent_to(address: str) -> None:
    with Mailbox() as mailbox:
        assert "cannot be written" in failure(to(mailbox, address)).what
        assert "cannot be written" in failure(to(mailbox, sender=address)).what
    assert mailbox.mails == []


def test_addresses_beyond_ascii_go_where_they_are_taken() -> None:
    with Mailbox() as mailbox:
        to(mailbox, "jürgen@example.net").send(MESSAGE)
        assert mailbox.mails[0].recipients == ("jürgen@example.net",)
    with Mailbox(smtputf8=False) as mailbox:
        error = failure(to(mailbox, "jürgen@example.net"))
        assert "SMTPUTF8" in error.what
        to(mailbox, "ops@example.net").send(MESSAGE)
        assert len(mailbox.mails) == 1
