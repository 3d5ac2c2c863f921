from __future__ import annotations

import socket
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from canary.edges.web.web_request import request
from canary.errors import CanaryError, FetchError
from tests.loopback import Loopback, answer, drip, endless, redirects, says

SHORT = 0.6
LONG = 5.0


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback({"/a": b"one", "/a?b=c": b"two"}) as running:
        yield running


def test_the_status_and_the_body_come_back(server: Loopback) -> None:
    assert request(f"{server.url}/a", limit=3, seconds=LONG) == (200, b"one")
    assert request(f"{server.url}/a?b=c", limit=3, seconds=LONG) == (200, b"two")
    assert request(f"{server.url}/b", limit=3, seconds=LONG) == (404, b"")
    server.faults["/b"] = says(answer(503, b"x" * 100))
    assert request(f"{server.url}/b", limit=3, seconds=LONG) == (503, b"")


def test_a_body_is_posted(server: Loopback) -> None:
    server.faults["/post"] = says(answer(200, b"thanks"))
    headers = {"Content-Type": "text/x-test", "Accept": "text/x-answer"}
    body = b"x" * 100_000
    got = request(f"{server.url}/post", method="POST", body=body, headers=headers, limit=10, seconds=LONG)
    assert got == (200, b"thanks")
    assert server.asked[-1].body == body
    sent = server.asked[-1].headers
    assert (sent["content-type"], sent["accept"], sent["user-agent"]) == (
        "text/x-test",
        "text/x-answer",
        "warrant-canary",
    )


def test_the_bytes_are_bounded(server: Loopback) -> None:
    with pytest.raises(FetchError, match="larger than the 2 bytes"):
        request(f"{server.url}/a", limit=2, seconds=LONG)
    server.faults["/a"] = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1_000)
    with pytest.raises(FetchError, match="larger than the 5000 bytes"):
        request(f"{server.url}/a", limit=5_000, seconds=LONG)


@pytest.mark.parametrize(
    "fault", [lambda wire: wire.hang(), drip(answer(200, b"never seen")), drip(answer(200, b"x" * 1_000_000))]
)
def test_the_time_is_bounded(server: Loopback, fault: object) -> None:
    server.faults["/a"] = fault  # type: ignore[assignment]  # a lambda and two faults
    began = time.monotonic()
    with pytest.raises(FetchError, match=r"did not answer within 0\.6 s"):
        request(f"{server.url}/a", limit=10_000, seconds=SHORT)
    assert time.monotonic() - began < LONG


def test_no_redirect_is_followed(server: Loopback) -> None:
    server.faults["/here"] = redirects("/a")
    assert request(f"{server.url}/here", limit=100, seconds=LONG) == (302, b"")
    assert [each.target for each in server.asked] == ["/here"]


def test_what_is_not_encrypted_is_for_this_machine() -> None:
    with pytest.raises(CanaryError, match="not encrypted") as caught:
        request("http://192.0.2.1/a", limit=1, seconds=LONG)
    assert "tunnel" in caught.value.hint
    with pytest.raises(CanaryError, match="The address of the service"):
        request("ftp://example.net/", limit=1, seconds=LONG)


def test_a_closed_port_is_said_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchError, match=f"127.0.0.1:{port}: connection refused"):
        request(f"http://127.0.0.1:{port}/", limit=1, seconds=LONG)


def test_a_header_that_holds_a_secret_stands_in_no_message(server: Loopback) -> None:
    server.faults["/a"] = says(b"junk")
    with pytest.raises(FetchError) as caught:
        request(f"{server.url}/a", headers={"Authorization": "Basic c2VjcmV0"}, limit=1, seconds=LONG)
    assert "c2VjcmV0" not in f"{caught.value.what} {caught.value.hint}"
    assert server.asked[-1].headers["authorization"] == "Basic c2VjcmV0"


def test_an_error_keeps_nothing_of_what_had_arrived(server: Loopback) -> None:
    limit = 4 * 1024 * 1024
    server.faults["/a"] = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 16_384)
    tracemalloc.start()
    try:
        with pytest.raises(FetchError) as caught:
            request(f"{server.url}/a", limit=limit, seconds=LONG)
        assert tracemalloc.get_traced_memory()[1] > limit
        assert tracemalloc.get_traced_memory()[0] < limit // 2, caught.value
    finally:
        tracemalloc.stop()
