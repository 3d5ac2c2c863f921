"""`remind.toml`, and the record of who was reminded."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary.core.documents.schedule import Window
from canary.core.watching.watch_settings import Command, Secret, Security, Smtp
from canary.errors import MalformedError
from canary.formats.reminded_json import Reminded, parse_reminded, render_reminded
from canary.formats.settings.remind_config import RemindSettings, parse_remind_config

MAIL = """\
[signers]
legal = "jo@example.net"
security = "sam@example.net"

[mail]
host = "mail.example.net"
from = "canary@example.net"
"""


def parsed(text: str) -> RemindSettings:
    return parse_remind_config(text.encode(), what="remind.toml", folder="/srv/acme", home="/home/op")


def test_mail_with_everything_left_out_that_can_be() -> None:
    assert parsed(MAIL) == RemindSettings(
        Smtp("mail.example.net", 587, Security.STARTTLS, "canary@example.net", (), html=False),
        {"legal": "jo@example.net", "security": "sam@example.net"},
        30,
    )


def test_mail_with_everything() -> None:
    text = (
        MAIL + 'port = 2525\nsecurity = "tls"\nuser = "me"\npassword_file = "~/secret"\nca_file = "ca"\ntimeout = "5s"'
    )
    found = parsed(text)
    assert found.seconds == 5
    assert found.how == Smtp(
        "mail.example.net",
        2525,
        Security.TLS,
        "canary@example.net",
        (),
        "me",
        Secret(file="/home/op/secret"),
        "/srv/acme/ca",
        html=False,
    )


def test_a_command_needs_no_addresses() -> None:
    assert parsed("[command]\nrun = ['~/tell', '-v']\ntimeout = '2m'") == RemindSettings(
        Command(("/home/op/tell", "-v")), {}, 120
    )


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "command: there is neither [mail] nor [command]"),
        (MAIL + "[command]\nrun = ['/a']", 8, "command: [mail] is there too, and one of them is enough"),
        (MAIL + "to = ['a@example.net']", 8, "mail.to: there is no such key"),
        (MAIL + "kind = 'smtp'", 8, "mail.kind: there is no such key"),
        (MAIL + "password = 'x'", 8, "mail.password: a secret does not belong into this file"),
        (MAIL + "user = 'x'", 5, "mail.password_file: it is missing; user is there, and a login takes both"),
        (MAIL.replace("jo@", "Jo <jo@"), 2, "signers.legal: an address is written like name@example.net"),
        (MAIL.replace("legal", "Legal"), 2, "signers.Legal: a signer's name is"),
        (MAIL.replace("legal", "log"), 2, "signers.log: a signer's name is"),
        (MAIL + "[remind]", 8, "remind: there is no such key"),
        ("[command]\nrun = ['tell']", 2, "command.run: the program needs its whole path"),
        ("[command]\nrun = ['/a']\ntimeout = '0s'", 3, "command.timeout"),
    ],
)
def test_each_fault_names_its_line_and_what_it_takes(text: str, line: int, told: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parsed(text)
    assert told in caught.value.what
    assert (caught.value.line or 1) == line


def test_no_more_signers_than_a_roster_can_have() -> None:
    lines = "\n".join(f'signer-{number} = "s@example.net"' for number in range(101))
    with pytest.raises(MalformedError, match="there are at most 100 signers"):
        parsed(f"[signers]\n{lines}\n[mail]\nhost = 'a'\nfrom = 'a@b'")


@settings(deadline=None)
@given(st.text(max_size=200) | st.text("[]signersmailcommand=\"'\n .@", max_size=80).map(lambda text: MAIL + text))
def test_whatever_stands_in_it_it_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(MalformedError):
        parsed(text)


# --- the record -----------------------------------------------------------------------------------------

TOLD = Reminded("example.net/canary", Window(date(2027, 2, 1), date(2027, 2, 14)), {"legal": "7 days"})


def test_the_record_as_it_is_documented() -> None:
    assert b" ".join(render_reminded(TOLD).split()) == (
        b'{ "version": 1, "canary": "example.net/canary", "window": "2027-02-01/2027-02-14", "told": { '
        b'"legal": "7 days" } }'
    )


@settings(deadline=None)
@given(
    st.builds(
        Reminded,
        st.text(),
        st.builds(
            lambda day, length: Window(day, day + timedelta(days=length)),
            st.dates(date(1970, 1, 1), date(2990, 1, 1)),
            st.integers(0, 365),
        ),
        st.dictionaries(st.text(), st.text(), max_size=5),
    )
)
def test_what_was_written_is_read_again(reminded: Reminded) -> None:
    assert parse_reminded(render_reminded(reminded)) == reminded


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"{}",
        b"[" * 10_000,
        render_reminded(TOLD).replace(b'"version": 1', b'"version": 2'),
        render_reminded(TOLD).replace(b'"told"', b'"more": 1, "told"'),
        render_reminded(TOLD).replace(b"2027-02-14", b"2027-01-14"),
        render_reminded(TOLD).replace(b"2027-02-01/", b""),
        render_reminded(TOLD).replace(b"7 days", b"7 days\xff"),
    ],
)
def test_a_damaged_record_is_refused_and_says_what_then(data: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_reminded(data)
    assert caught.value.hint.startswith("Move it away")
