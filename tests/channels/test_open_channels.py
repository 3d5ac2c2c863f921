from __future__ import annotations

import io
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from canary.cli.watch.channels import exposed_secrets, open_channels, send_ping
from canary.core.watching.watch_settings import (
    Apprise,
    ChannelSettings,
    Command,
    Secret,
    Security,
    Smtp,
    Stream,
    WatchSettings,
    Webhook,
)
from canary.errors import CanaryError, FetchError
from tests.channels.sending import LONG, MESSAGE, SHORT, failure
from tests.loopback import Loopback, answer
from tests.mailbox import Mailbox

SENDER, RECIPIENT = "canary@example.org", "ops@example.net"
NOW = datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC)


def settings(*channels: ChannelSettings, ping: Secret | str = "") -> WatchSettings:
    return WatchSettings("watch.db", channels=channels, ping=ping)


@pytest.mark.filterwarnings("ignore:'imghdr'")  # something below apprise imports it
def test_every_kind_of_channel_takes_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_KEY", "key")
    code = "import os, sys; assert 'HOOK_KEY' not in os.environ; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"
    output = io.StringIO()
    with (
        Mailbox() as mailbox,
        Loopback(services={path: lambda _: answer(200) for path in ("/hook", "/chat")}) as server,
    ):
        (tmp_path / "urls").write_text(f"json://127.0.0.1:{server.port}/chat", "utf-8")
        opened = open_channels(
            settings(
                ChannelSettings("mail", Smtp(mailbox.host, mailbox.port, Security.NONE, SENDER, (RECIPIENT,))),
                ChannelSettings("hook", Webhook(f"{server.url}/hook", Secret(environment="HOOK_KEY"))),
                ChannelSettings("pager", Command((sys.executable, "-c", code, str(tmp_path / "got")))),
                ChannelSettings("out", Stream()),
                ChannelSettings("chat", Apprise(Secret(file=str(tmp_path / "urls")))),
            ),
            clock=lambda: NOW,
            output=output,
        )
        assert list(opened) == ["mail", "hook", "pager", "out", "chat"]
        for channel in opened.values():
            channel.send(MESSAGE)
    assert len(mailbox.mails) == 1
    assert [each.target for each in server.asked] == ["/hook", "/chat"]
    assert server.asked[0].headers["canary-timestamp"] == str(int(NOW.timestamp()))
    assert (tmp_path / "got").read_bytes() == MESSAGE.event
    assert output.getvalue() == MESSAGE.text


def test_what_is_amiss_is_told_when_it_is_sent_and_not_before(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    missing = Secret(file=nowhere)
    opened = open_channels(
        settings(
            ChannelSettings(
                "mail",
                Smtp("127.0.0.1", 1, Security.TLS, SENDER, (RECIPIENT,), user="a", password=missing),
                seconds=SHORT,
            ),
            ChannelSettings("roots", Smtp("127.0.0.1", 1, Security.TLS, SENDER, (RECIPIENT,), ca_file=nowhere)),
            ChannelSettings("hook", Webhook("https://127.0.0.1:1/", missing)),
            ChannelSettings("pager", Command((nowhere,))),
            ChannelSettings("chat", Apprise(missing)),
        ),
        clock=lambda: NOW,
        output=io.StringIO(),
    )
    errors = [failure(channel) for channel in opened.values()]
    assert [error.temporary for error in errors] == [True] * 5
    assert all(nowhere in error.what for error in errors)


def test_nothing_is_imported_for_a_channel_that_is_not_there() -> None:
    code = (
        "import sys, io\n"
        "from canary.cli.watch.channels import open_channels\n"
        "from canary.core.watching.watch_settings import *\n"
        "open_channels(WatchSettings('x'), clock=lambda: None, output=sys.stdout)\n"
        "print(sorted({'smtplib', 'requests', 'subprocess', 'apprise'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_the_ping_goes_where_the_settings_say(tmp_path: Path) -> None:
    with Loopback({"/one": b"", "/two": b""}) as server:
        send_ping(settings(), seconds=LONG)
        assert server.asked == []
        send_ping(settings(ping=f"{server.url}/one"), seconds=LONG)
        (tmp_path / "ping").write_text(f"{server.url}/two\n", "utf-8")
        send_ping(settings(ping=Secret(file=str(tmp_path / "ping"))), seconds=LONG)
        with pytest.raises(FetchError, match="status 404"):
            send_ping(settings(ping=f"{server.url}/three"), seconds=LONG)
    assert [each.target for each in server.asked] == ["/one", "/two", "/three"]
    with pytest.raises(CanaryError, match="cannot be read"):
        send_ping(settings(ping=Secret(file=str(tmp_path / "nowhere"))), seconds=LONG)


def test_secrets_that_everybody_can_read_are_told_once_each(tmp_path: Path) -> None:
    for name, mode in (("open", 0o644), ("closed", 0o600), ("also open", 0o604)):
        (tmp_path / name).write_text("x", "utf-8")
        (tmp_path / name).chmod(mode)
    found = exposed_secrets(
        settings(
            ChannelSettings("hook", Webhook("https://127.0.0.1:1/", Secret(file=str(tmp_path / "open")))),
            ChannelSettings("second", Webhook("https://127.0.0.1:1/", Secret(file=str(tmp_path / "open")))),
            ChannelSettings("third", Webhook("https://127.0.0.1:1/", Secret(file=str(tmp_path / "closed")))),
            ping=Secret(file=str(tmp_path / "also open")),
        )
    )
    assert len(found) == 2
    assert str(tmp_path / "open") in found[0]
    assert str(tmp_path / "also open") in found[1]
