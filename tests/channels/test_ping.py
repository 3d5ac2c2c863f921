from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from canary.edges.channels.ping import ping
from canary.errors import FetchError
from tests.channels.sending import LONG, SHORT
from tests.loopback import Fault, Loopback, answer, drip, endless, redirects, says

TOKEN = "5d0f-token-of-the-ping"


def test_the_ping_is_a_get(tls: Callable[[str], ssl.SSLContext], ca_file: Path) -> None:
    with Loopback({f"/{TOKEN}": b"OK"}, tls=tls("127.0.0.1")) as server:
        ping(f"{server.url}/{TOKEN}", seconds=LONG, ca_file=ca_file)
    (asked,) = server.asked
    assert (asked.method, asked.target, asked.body) == ("GET", f"/{TOKEN}", b"")


def test_the_answers_body_does_not_matter() -> None:
    with Loopback(faults={f"/{TOKEN}": endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 16_384)}) as server:
        ping(f"{server.url}/{TOKEN}", seconds=LONG)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (says(answer(404)), "answered with status 404"),
        (says(answer(500)), "answered with status 500"),
        (redirects("/"), "answered with status 302"),
        (drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10**5), "did not answer within 0.6 s"),
    ],
)
def test_what_is_no_success_is_told_without_the_address(fault: Fault, words: str) -> None:
    with Loopback({"/": b""}, faults={f"/{TOKEN}": fault}) as server, pytest.raises(FetchError, match=words) as caught:
        ping(f"{server.url}/{TOKEN}", seconds=SHORT)
    assert TOKEN not in f"{caught.value} {caught.value.hint}"
    assert len(server.asked) == 1


@pytest.mark.parametrize("url", [f"http://192.0.2.1/{TOKEN}", f"https://a:{TOKEN}@example.net/", TOKEN])
def test_an_address_that_cannot_be_is_told_without_it(url: str) -> None:
    with pytest.raises(FetchError, match="The address of the ping") as caught:
        ping(url, seconds=SHORT)
    assert TOKEN not in f"{caught.value} {caught.value.hint}"
