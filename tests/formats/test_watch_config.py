from __future__ import annotations

import re
from datetime import time, timedelta
from pathlib import Path

import pytest

from canary.core.watching.agenda import Patience
from canary.core.watching.telling import TellingPolicy
from canary.core.watching.watch_settings import (
    Apprise,
    ChannelSettings,
    Command,
    Level,
    Quiet,
    Route,
    Secret,
    Security,
    Smtp,
    Stream,
    WatchSettings,
    Webhook,
)
from canary.errors import MalformedError
from canary.formats.settings.watch_config import parse_watch_config

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "examples" / "watch.toml").read_text("utf-8")
MAIL = """\
[channels.mail]
kind = "smtp"
host = "mail.example.net"
from = "canary@example.net"
to = ["security@example.net"]
"""
HOOK = '[channels.hook]\nkind = "webhook"\n'
PAGER = '[channels.pager]\nkind = "command"\n'


def parse(text: str | bytes, *, folder: str = "/etc/canary", home: str = "/home/op") -> WatchSettings:
    data = text if isinstance(text, bytes) else text.encode()
    return parse_watch_config(data, what="watch.toml", memory="/data/watch.db", folder=folder, home=home)


def fault(text: str | bytes) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        parse(text)
    return caught.value


# --- what is read ---------------------------------------------------------------------------------------


def test_an_empty_file_is_the_defaults() -> None:
    assert parse("") == WatchSettings("/data/watch.db")
    assert parse("# nothing\n[channels]\n[watch]\n") == parse("")


def test_the_example_is_what_it_says() -> None:
    settings = parse(EXAMPLE)
    quiet = Quiet(time(22), time(7), "Europe/Berlin")
    mail = Smtp(
        "mail.example.net",
        587,
        Security.STARTTLS,
        "canary@example.net",
        ("security@example.net", "legal@example.net"),
        user="canary",
        password=Secret(file="/etc/canary/mail-password"),
    )
    assert settings == WatchSettings(
        "/var/lib/canary/watch.db",
        channels=(
            ChannelSettings("mail", mail, quiet=quiet),
            ChannelSettings(
                "hook", Webhook("https://hooks.example.net/canary", Secret(file="/etc/canary/hook-secret"))
            ),
            ChannelSettings("pager", Command(("/usr/local/bin/page", "--now")), digest=False),
            ChannelSettings("chat", Apprise(Secret(file="/etc/canary/chat-urls"))),
            ChannelSettings("out", Stream()),
        ),
        routes=(
            Route(("mail", "out")),
            Route(("hook", "chat"), least=Level.WARNING),
            Route(("pager",), tags=("vital",), least=Level.CRITICAL),
        ),
    )


def sections(text: str) -> dict[str, str]:
    """Returns the lines under each header of a table, several tables of one name together."""
    found: dict[str, str] = {}
    for header, body in re.findall(r"^\[+([a-z.]+)\]+[^\n]*\n((?:(?!\[).*\n)*)", text, re.MULTILINE):
        found[header] = found.get(header, "") + body
    return found


@pytest.mark.parametrize(
    "table",
    [
        "watch",
        "patience",
        "telling",
        *(f"channels.{each}" for each in ("mail", "hook", "pager", "chat", "out")),
        "routes",
    ],
)
def test_the_example_has_every_key_that_there_is(table: str) -> None:
    unknown = re.sub(rf"(?m)^(\[+{re.escape(table)}\]+.*)$", r"\1" + "\nno_such_key = 1", EXAMPLE)
    keys = fault(unknown).hint.removeprefix("There are: ").removesuffix(".").split(", ")
    shown = set(re.findall(r"^(?:# )?([a-z_]+) = ", sections(EXAMPLE)[table], re.MULTILINE))
    common = {"timeout", "digest", "quiet"} if table.startswith("channels.") and table != "channels.mail" else set()
    assert len(keys) > 1
    assert set(keys) == shown | common


COMMENTED = re.findall(r"^# ([a-z_]+ = .*)$", EXAMPLE, re.MULTILINE)


@pytest.mark.parametrize("line", sorted(set(COMMENTED)))
def test_what_stands_in_a_comment_of_the_example_can_be_used(line: str) -> None:
    key = line.partition(" ")[0]
    rival = key.replace("_environment", "_file")
    # Whichever of the two names a secret, the other is taken out.
    text = EXAMPLE if rival == key else re.sub(rf"(?m)^{rival} = .*$", "", EXAMPLE)
    assert parse(text.replace(f"# {line}", line, 1)) != parse(EXAMPLE)


def test_every_value_of_the_first_tables() -> None:
    settings = parse("""\
[watch]
memory = "memory.db"
every = "45m"
threads = 1
timeout = "5s"
tsa_roots = ["roots.pem", "~/more.pem", "/etc/roots.pem"]
bitcoin_headers = "~/headers"
bitcoin_sources = ["esplora https://blocks.example/api", "core-rpc http://127.0.0.1:8332 ~/.cookie"]
ping = "http://127.0.0.1:8000/ping?id=1"
[patience]
tries = 1
over = "0s"
[telling]
reminder = "12h"
recovery_after = 1
ahead = [1, 30]
flapping_changes = 2
flapping_within = "1h"
""")
    assert settings == WatchSettings(
        "/etc/canary/memory.db",
        every=timedelta(minutes=45),
        threads=1,
        per_host=1,
        seconds=5,
        patience=Patience(1, timedelta(0)),
        telling=TellingPolicy(timedelta(hours=12), 1, (30, 1), 2, timedelta(hours=1)),
        tsa_roots=("/etc/canary/roots.pem", "/home/op/more.pem", "/etc/roots.pem"),
        bitcoin_headers="/home/op/headers",
        bitcoin_sources=("esplora https://blocks.example/api", "core-rpc http://127.0.0.1:8332 ~/.cookie"),
        ping="http://127.0.0.1:8000/ping?id=1",
    )


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('[watch]\nping_file = "~/ping"', Secret(file="/home/op/ping")),
        ('[watch]\nping_environment = "CANARY_PING"', Secret(environment="CANARY_PING")),
    ],
)
def test_an_address_that_is_kept_elsewhere(text: str, secret: Secret) -> None:
    assert parse(text).ping == secret


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_usual_port_of_a_mail_server(security: str, port: int) -> None:
    (channel,) = parse(f'{MAIL}security = "{security}"').channels
    assert isinstance(channel.how, Smtp)
    assert channel.how.port == port


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "LOCALHOST"])
def test_a_password_may_go_unencrypted_to_this_machine(host: str) -> None:
    text = MAIL.replace("mail.example.net", host) + 'security = "none"\nuser = "a"\npassword_environment = "P"'
    (channel,) = parse(text).channels
    assert isinstance(channel.how, Smtp)
    assert (channel.how.host, channel.how.password) == (host, Secret(environment="P"))


def test_open_http_is_for_this_machine_or_where_it_is_allowed() -> None:
    assert parse(f'{HOOK}url = "http://[::1]:8080/x"').channels[0].how == Webhook("http://[::1]:8080/x")
    allowed = parse(f'{HOOK}url = "http://10.0.0.1/x"\nallow_http = true').channels[0].how
    assert allowed == Webhook("http://10.0.0.1/x", allow_http=True)


def test_arguments_of_a_command_may_repeat() -> None:
    assert parse(f'{PAGER}run = ["~/bin/page", "-v", "-v"]').channels[0].how == Command(
        ("/home/op/bin/page", "-v", "-v")
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[watch]\nmemory = "watch.db"', "watch.memory"),
        ('[watch]\nmemory = "~/watch.db"', "watch.memory"),
        (f'{MAIL}ca_file = "ca.pem"', "channels.mail.ca_file"),
        (f'{PAGER}run = ["~/page"]', "channels.pager.run"),
    ],
)
def test_where_no_folder_is_known_a_whole_path_is_needed(text: str, key: str) -> None:
    with pytest.raises(MalformedError, match=f"{key}: a whole path is needed here"):
        parse(text, folder="", home="")
