from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from canary.core.watching.watch_settings import Secret, Webhook
from canary.edges.channels.channel_webhook import WebhookChannel
from tests.channels.sending import LONG, MESSAGE, SHORT, failure, told
from tests.loopback import Fault, Loopback, answer, drip, endless, redirects, says, says_and_resets

TOKEN = "T0KEN-of-the-webhook"
PATH = f"/{TOKEN}"
KEY = "a key that two know"
SIGNATURE = "v1=b05126e7249b8f42b6c88f45e550f2c03ebbdd90b0d1ad72b2b4942e9be2a9e1"
"""printf '1772600768.{"id": "0123456789abcdef", "text": "é"}' | openssl dgst -sha256 -hmac 'a key that two know'"""

NOW = datetime(2026, 3, 4, 5, 6, 8, 999_999, tzinfo=UTC)


def to(server: Loopback, *, seconds: float = LONG, secret: Secret | None = None, ca_file: str = "") -> WebhookChannel:
    return WebhookChannel(Webhook(server.url + PATH, secret, ca_file), seconds=seconds, clock=lambda: NOW)


def test_the_event_is_posted_and_signed(
    tls: Callable[[str], ssl.SSLContext], ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_KEY", KEY)
    with Loopback(services={PATH: lambda _: answer(204)}, tls=tls("127.0.0.1")) as server:
        to(server, secret=Secret(environment="HOOK_KEY"), ca_file=str(ca_file)).send(MESSAGE)
    (asked,) = server.asked
    assert (asked.method, asked.target, asked.body) == ("POST", PATH, MESSAGE.event)
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["canary-alert-id"] == MESSAGE.id
    assert asked.headers["canary-timestamp"] == str(int(NOW.timestamp()))
    assert asked.headers["canary-signature"] == SIGNATURE


def test_without_a_key_nothing_is_signed() -> None:
    with Loopback(services={PATH: lambda _: answer(200)}) as server:
        to(server).send(MESSAGE)
    assert "canary-signature" not in server.asked[0].headers


def test_500_and_then_200() -> None:
    answers = iter([answer(500), answer(200)])
    with Loopback(services={PATH: lambda _: next(answers)}) as server:
        channel = to(server)
        error = failure(channel)
        assert error.temporary
        assert "answered with status 500" in error.what
        channel.send(MESSAGE)
    assert [each.body for each in server.asked] == [MESSAGE.event] * 2


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_a_status_that_passes(status: int) -> None:
    with Loopback(services={PATH: lambda _: answer(status)}) as server:
        assert failure(to(server)).temporary


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422])
def test_a_status_that_stays(status: int) -> None:
    with Loopback(services={PATH: lambda _: answer(status, b"", {"Location": "/elsewhere"})}) as server:
        error = failure(to(server))
    assert not error.temporary
    assert f"status {status}" in error.what
    assert TOKEN not in told(error)
    assert len(server.asked) == 1


def test_no_redirect_is_followed() -> None:
    with Loopback({"/other": b""}, faults={PATH: redirects("/other", 307)}) as server:
        assert not failure(to(server)).temporary
    assert [each.target for each in server.asked] == [PATH]


BOMB = zlib.compress(bytes(10_000_000))


@pytest.mark.parametrize(
    "fault",
    [
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 16_384),
        drip(answer(200, b"x" * 10_000)[:60] + b"x" * 10_000, every=0.001),
        says(answer(200, BOMB, {"Content-Encoding": "deflate"})),
        says(answer(200, b"x", {"Content-Encoding": "br"})),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"),
        says_and_resets(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
    ],
)
def test_what_comes_after_the_status_does_not_matter(fault: Fault) -> None:
    with Loopback(faults={PATH: fault}) as server:
        to(server).send(MESSAGE)
        assert server.sent < 100_000_000


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10**5), "did not answer within 0.6 s"),
        (lambda wire: wire.hang(), "did not answer within 0.6 s"),
        (says(b""), "closed without an answer"),
        (says(b"junk\r\n"), "not HTTP"),
    ],
)
def test_no_status_is_temporary(fault: Fault, words: str) -> None:
    with Loopback(faults={PATH: fault}) as server:
        began = time.monotonic()
        error = failure(to(server, seconds=SHORT))
        assert time.monotonic() - began < LONG
    assert error.temporary
    assert words in error.what
    assert TOKEN not in told(error)


def test_a_stranger_gets_nothing(tls: Callable[[str], ssl.SSLContext], tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "stranger.pem"))
    with Loopback(tls=tls("127.0.0.1")) as server:
        error = failure(to(server, ca_file=str(tmp_path / "stranger.pem")))
    assert error.temporary
    assert "not trusted here" in error.what
    assert server.asked == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"http://192.0.2.1/{TOKEN}", "(192.0.2.1) is not encrypted"),
        (f"https://user:{TOKEN}@example.net/", "holds a user name or password"),
        (f"ftp://example.net/{TOKEN}", "does not start with https://"),
        (f"https://example.net:99999/{TOKEN}", "names a host or a port that cannot be"),
        (f"https://exa mple/{TOKEN}", "characters that no address has"),
        (f"https://.example/{TOKEN}", "names a host or a port that cannot be"),
    ],
)
def test_an_address_that_cannot_be_is_mended_later_and_not_shown(url: str, words: str) -> None:
    error = failure(WebhookChannel(Webhook(url), seconds=SHORT, clock=lambda: NOW))
    assert error.temporary
    assert words in error.what
    assert TOKEN not in told(error)


def test_a_key_that_is_missing_is_mended_later(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with Loopback(services={PATH: lambda _: answer(200)}) as server:
        channel = to(server, secret=Secret(file=str(path)))
        assert failure(channel).temporary
        assert server.asked == []
        path.write_text(KEY, "utf-8")
        channel.send(MESSAGE)
    assert server.asked[0].headers["canary-signature"] == SIGNATURE
