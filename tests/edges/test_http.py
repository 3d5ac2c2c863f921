from __future__ import annotations

import datetime as dt
import errno
import gzip
import os
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from canary.core.judging.fetched import ElsewhereError, Fetched, Source
from canary.edges.web.http import HttpSource
from canary.errors import CanaryError, FetchError
from canary.limits import CA_FILE_BYTES
from tests.loopback import (
    Fault,
    Loopback,
    Wire,
    answer,
    drip,
    endless,
    redirects,
    says,
    says_and_resets,
    tunnels,
    tunnels_to,
)
from tests.outside import heard, wait_for_the_end_of_all_looks

SHORT = 0.6
"""Seconds for a look that is meant to run into its deadline."""

LONG = 5.0
"""Seconds in which anything here is over, however busy the machine is."""

CHUNKED = {"Transfer-Encoding": "chunked"}


def packed(body: bytes) -> bytes:
    """gzip without the time of day, which would make a test's id another one every second."""
    return gzip.compress(body, mtime=0)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    wait_for_the_end_of_all_looks(LONG)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback({"/checkpoint": b"the checkpoint"}) as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def tls(cert: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(context)
    return context


def fetch(server: Loopback, path: str = "checkpoint", *, limit: int = 1_000, seconds: float = LONG) -> Fetched:
    with HttpSource(server.url, seconds=seconds) as source:
        return source.get(path, limit=limit)


def refusal(source: Source, path: str = "checkpoint", *, limit: int = 1_000) -> str:
    """The message of a fetch that fails: one line, no library's innards, no control characters."""
    started = time.monotonic()
    with pytest.raises(FetchError) as caught:
        source.get(path, limit=limit)
    assert time.monotonic() - started < LONG
    told = str(caught.value)
    assert told.isascii()
    assert told.isprintable()
    assert len(told) < 300
    assert not any(word in told for word in ("urllib3", "HTTPConnection", "object at", "Errno", "Traceback"))
    return told


def refused_by(server: Loopback, fault: Fault, *, limit: int = 1_000, seconds: float = LONG) -> str:
    server.faults["/checkpoint"] = fault
    with HttpSource(server.url, seconds=seconds) as source:
        return refusal(source, limit=limit)


# --- honest answers -------------------------------------------------------------------------------------


def test_a_file_comes_with_its_etag(server: Loopback) -> None:
    found = fetch(server)
    assert (found.status, found.body) == (200, b"the checkpoint")
    assert found.etag


def test_the_same_file_is_not_sent_twice(server: Loopback) -> None:
    with HttpSource(server.url) as source:
        etag = source.get("checkpoint", limit=100).etag
        assert source.get("checkpoint", limit=100, etag=etag) == Fetched(304, b"", etag)
        assert source.get("checkpoint", limit=100, etag='"another"').status == 200
    assert server.connections == 1


def test_an_unchanged_answer_without_etag_keeps_the_one_asked_with(server: Loopback) -> None:
    server.faults["/checkpoint"] = says(answer(304))
    with HttpSource(server.url) as source:
        assert source.get("checkpoint", limit=100, etag='"mine"') == Fetched(304, b"", '"mine"')


def test_what_is_asked(server: Loopback) -> None:
    with HttpSource(server.url) as source:
        source.get("checkpoint", limit=100)
        source.get("checkpoint", limit=100, fresh=True)
    plain, fresh = (asked.headers for asked in server.asked)
    assert plain == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": "warrant-canary",
        "accept": "*/*",
        "accept-encoding": "identity",
    }
    assert fresh == plain | {"cache-control": "no-cache", "pragma": "no-cache"}


def test_paths_lie_below_the_base(server: Loopback) -> None:
    server.files = {"/canary/tile/entries/000.p/5": b"tile", "/canary/keys/a%2Bb": b"key"}
    with HttpSource(f"{server.url}/canary") as source:
        assert source.get("tile/entries/000.p/5", limit=100).body == b"tile"
        assert source.get("keys/a+b", limit=100).body == b"key"
        assert source.describe() == f"{server.url}/canary/"


@pytest.mark.parametrize("path", ["", "/", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", "a\\b", "a\nb", "ä"])
def test_paths_that_lead_elsewhere_are_not_asked_for(server: Loopback, path: str) -> None:
    with HttpSource(server.url) as source:
        assert "no path within a canary" in refusal(source, path)
    assert server.asked == []


@pytest.mark.parametrize("status", [204, 401, 403, 404, 410, 429, 451, 500, 503, 599])
def test_a_status_is_an_answer(server: Loopback, status: int) -> None:
    server.faults["/checkpoint"] = says(answer(status, b"" if status == 204 else b"sorry"))
    assert fetch(server) == Fetched(status, b"", None)


def test_the_page_of_an_error_is_not_read(server: Loopback) -> None:
    for path, head in {
        "large": answer(404, b"x" * 10**6),
        "packed": answer(503, b"?", {"Content-Encoding": "br"}),
    }.items():
        server.faults[f"/{path}"] = says(head)
    server.faults["/endless"] = endless(answer(404, b"", CHUNKED), b"4\r\nabcd\r\n")
    with HttpSource(server.url) as source:
        found = [source.get(path, limit=10) for path in ("large", "packed", "endless")]
    assert found == [Fetched(404, b"", None), Fetched(503, b"", None), Fetched(404, b"", None)]


def test_a_page_with_200_is_returned_as_it_is(server: Loopback) -> None:
    server.faults["/checkpoint"] = says(answer(200, b"<html>Log in to the Wi-Fi</html>"))
    assert fetch(server) == Fetched(200, b"<html>Log in to the Wi-Fi</html>", None)


@pytest.mark.parametrize("status", [100, 102, 103, 199])
def test_an_interim_answer_is_not_the_answer(server: Loopback, status: int) -> None:
    interim = b"HTTP/1.1 %d Wait\r\nLink: </style.css>\r\n\r\n" % status
    server.faults["/checkpoint"] = says(interim + interim + answer(200, b"at last"))
    assert fetch(server).body == b"at last"


def test_another_protocol_is_an_answer(server: Loopback) -> None:
    server.faults["/checkpoint"] = says(b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n" + answer(200, b"not this"))
    assert fetch(server) == Fetched(101, b"", None)


@pytest.mark.parametrize("etag", ["x" * 201, "\xe4", "a\x07b", "", " "])
def test_an_etag_that_is_not_worth_keeping_is_dropped(server: Loopback, etag: str) -> None:
    server.faults["/checkpoint"] = says(answer(200, b"body", {"ETag": etag}))
    with HttpSource(server.url) as source:
        assert source.get("checkpoint", limit=100, etag=etag) == Fetched(200, b"body", None)
    assert "if-none-match" not in server.asked[0].headers


def test_nothing_changed_is_no_answer_to_a_plain_question(server: Loopback) -> None:
    assert "without having been asked" in refused_by(server, says(answer(304)))


def test_a_kept_connection_that_was_closed_meanwhile_is_no_fault(server: Loopback) -> None:
    def once(wire: Wire) -> None:
        server.faults.clear()
        wire.reset()

    with HttpSource(server.url) as source:
        assert source.get("checkpoint", limit=100).status == 200
        server.faults["/checkpoint"] = once
        assert source.get("checkpoint", limit=100).status == 200
    assert server.connections == 2


def test_a_new_connection_that_is_closed_is_a_fault(server: Loopback) -> None:
    assert "closed without an answer" in refused_by(server, says(b""))
    assert server.connections == 1


# --- bytes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [13, 14, 15])
@pytest.mark.parametrize("headers", [{}, CHUNKED, {"Content-Encoding": "gzip"}, {"Content-Encoding": "Deflate"}])
def test_the_limit_is_exact(server: Loopback, headers: dict[str, str], limit: int) -> None:
    body = b"the checkpoint"
    wire = {"": body, "gzip": packed(body), "Deflate": zlib.compress(body)}[headers.get("Content-Encoding", "")]
    if headers == CHUNKED:
        wire = b"1\r\nt\r\nd\r\nhe checkpoint\r\n0\r\n\r\n"
    fault = says(answer(200, wire, headers))
    if limit < len(body):
        assert f"larger than the {limit} bytes" in refused_by(server, fault, limit=limit)
    else:
        server.faults["/checkpoint"] = fault
        assert fetch(server, limit=limit).body == body


def test_a_body_without_length_ends_with_the_connection(server: Loopback) -> None:
    server.faults["/checkpoint"] = says(b"HTTP/1.0 200 OK\r\n\r\nold but honest")
    assert fetch(server).body == b"old but honest"


@pytest.mark.parametrize(
    "fault",
    [
        says(answer(200, b"", {"Content-Length": "1001"})),
        says(answer(200, b"", {"Content-Length": "9" * 4_000})),
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4_096),
        endless(answer(200, b"", CHUNKED), b"400\r\n" + b"x" * 0x400 + b"\r\n"),
        endless(answer(200, b"ffffffffffff\r\n", CHUNKED), b"x" * 4_096),
        endless(answer(200, b"-1\r\n", CHUNKED), b"x" * 4_096),
        says(answer(200, packed(bytes(10**8)), {"Content-Encoding": "gzip"})),
        says(answer(200, zlib.compress(bytes(10**6)), {"Content-Encoding": "deflate"})),
        endless(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08" + bytes(6), b"long name"),
    ],
    ids=["length", "absurd length", "endless", "chunks", "huge chunk", "chunk of -1", "bomb", "deflate", "gzip name"],
)
def test_a_body_over_the_limit_is_refused(server: Loopback, fault: Fault) -> None:
    assert "larger than the 1000 bytes it may have" in refused_by(server, fault)


def test_a_length_over_the_limit_is_enough(server: Loopback) -> None:
    def announces(wire: Wire) -> None:
        wire.send(answer(200, b"", {"Content-Length": "1001"}))
        wire.hang()

    assert "larger than" in refused_by(server, announces)


def test_a_bomb_is_not_unpacked(server: Loopback) -> None:
    fault = says(answer(200, packed(bytes(10**8)), {"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        assert "larger than" in refused_by(server, fault, limit=100_000)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"not compressed at all"),
        ("gzip", packed(b"whole")[:-3]),
        ("gzip", packed(b"whole") + b"and more"),
        ("gzip", packed(b"whole")[:-8] + bytes(8)),
        ("deflate", b"\0" * 20),
        ("br", b"\x0b\x02\x80hello\x03"),
        ("gzip, gzip", packed(packed(b"twice"))),
        ("\x1b[2J" * 100, b"terminal"),
    ],
)
def test_compressed_junk_is_refused(server: Loopback, coding: str, body: bytes) -> None:
    assert "compressed" in refused_by(server, says(answer(200, body, {"Content-Encoding": coding})))


def test_an_empty_body_that_claims_to_be_compressed_is_empty(server: Loopback) -> None:
    server.faults["/checkpoint"] = says(answer(200, b"", {"Content-Encoding": "gzip"}))
    assert fetch(server).body == b""


# --- junk -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "what came back is not HTTP"),
        (b"\0" * 100, "what came back is not HTTP"),
        (b"HTTP/1.1 banana\r\n\r\n", "what came back is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n", "what came back is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", "the answer has headers that are too long"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "the answer is not valid HTTP"),
        (answer(200, b"half", {"Content-Length": "8"}), "the answer broke off"),
        (answer(200, b"zz\r\nabc", CHUNKED), "the answer broke off"),
        (answer(200, b"8\r\nabc", CHUNKED), "the answer broke off"),
        (answer(200, b"", CHUNKED), "the answer broke off"),
    ],
)
def test_what_is_not_http_is_said_plainly(server: Loopback, data: bytes, words: str) -> None:
    assert refused_by(server, says(data)) == f"127.0.0.1:{server.port}: {words}"


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\nConte", answer(200, b"half", {"Content-Length": "8"})])
def test_a_reset_is_said_plainly(server: Loopback, data: bytes) -> None:
    assert "the connection broke off" in refused_by(server, says_and_resets(data))


@pytest.mark.parametrize(
    "fault",
    [
        endless(b"", b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n"),
        endless(b"", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"),
        endless(answer(200, b"5\r\nhello\r\n0\r\n", CHUNKED), b"X: y\r\n"),
        endless(answer(200, b"5\r\nhello\r\n0\r\n", CHUNKED), b"y" * 100),
        endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        endless(b"HTTP/1.1 200 OK\r\nX: y\r\n", b" folded\r\n"),
    ],
    ids=["interim answers", "hints", "trailers", "a trailer", "headers", "lines of a header"],
)
def test_what_stands_around_a_body_has_an_end_too(server: Loopback, fault: Fault) -> None:
    words = refused_by(server, fault, seconds=60.0)
    assert "not HTTP" in words or "too long" in words


@pytest.mark.parametrize(
    "headers",
    [
        {"Transfer-Encoding": "gzip, chunked", "Content-Length": "5"},
        {"Transfer-Encoding": "chunked, chunked"},
        {"Transfer-Encoding": "chunked\r\nTransfer-Encoding: gzip"},
        {"Content-Length": "5\r\nContent-Length: 4"},
        *(
            {"Content-Length": length}
            for length in ("5, 4", "+5", "-5", "0_5", "x", "", "٥".encode().decode("latin-1"))
        ),
    ],
    ids=str,
)
def test_an_end_that_cannot_be_told_is_refused(server: Loopback, headers: dict[str, str]) -> None:
    assert "not valid HTTP" in refused_by(server, says(answer(200, b"hello", headers)))


def test_the_same_length_twice_is_one(server: Loopback) -> None:
    def goes_on(wire: Wire) -> None:
        wire.send(answer(200, b"hello", {"Content-Length": "5, 5"}))
        wire.hang()

    server.faults["/checkpoint"] = goes_on
    assert fetch(server).body == b"hello"


def test_no_other_answer_follows_one_with_two_ends(server: Loopback) -> None:
    two = answer(200, b"5\r\nhello\r\n0\r\n\r\n", CHUNKED | {"Content-Length": "3"})
    server.services["/checkpoint"] = lambda _: two
    server.files = {"/next": b"next"}
    with HttpSource(server.url) as source:
        assert source.get("checkpoint", limit=100).body == b"hello"
        assert source.get("next", limit=100).body == b"next"
    assert server.connections == 2


def test_a_path_of_two_slashes_is_no_host(server: Loopback) -> None:
    server.files = {"//a/b/checkpoint": b"there"}
    with HttpSource(f"{server.url.rstrip('/')}//a/b") as source:
        assert source.get("checkpoint", limit=100).body == b"there"


def test_a_closed_port_is_said_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with HttpSource(f"http://127.0.0.1:{port}") as source:
        assert refusal(source) == f"127.0.0.1:{port}: connection refused"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "the name does not resolve"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "the connection broke off"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "the connection failed (Network is unreachable)"),
        (OSError(), "the connection failed"),
    ],
)
def test_a_connection_that_cannot_be_made_is_said_plainly(
    monkeypatch: pytest.MonkeyPatch, scheme: str, fault: OSError, words: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with HttpSource(f"{scheme}://example.net/canary", allow_http=True) as source:
        assert refusal(source) == f"example.net: {words}"


# --- the deadline ---------------------------------------------------------------------------------------


def hangs(wire: Wire) -> None:
    wire.hang()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "fault",
    [
        hangs,
        drip(HEAD + b"X: " + b"x" * 100),
        drip(b"HTTP/1.1 100 Continue\r\nX: " + b"x" * 100),
        drip(HEAD + b"\r\nbody"),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 100),
        drip(HEAD + b"Location: " + b"x" * 100),
    ],
    ids=["silent", "headers", "continue", "body", "chunks", "redirect"],
)
def test_a_server_that_drips_is_left_at_the_deadline(server: Loopback, fault: Fault) -> None:
    assert refused_by(server, fault, seconds=SHORT) == f"127.0.0.1:{server.port} did not answer within 0.6 s"


def test_the_connection_is_cut_at_the_deadline(server: Loopback) -> None:
    left = threading.Event()

    def watched(wire: Wire) -> None:
        try:
            drip(HEAD + b"\r\nbody")(wire)
        finally:
            left.set()

    server.faults["/checkpoint"] = watched
    with HttpSource(server.url, seconds=SHORT) as source:
        refusal(source)
        assert left.wait(LONG)  # before the source is closed
        assert "did not answer within 0.6 s" in refusal(source)
    assert server.connections == 1


@pytest.mark.parametrize("fault", [hangs, drip(b"\x16\x03\x03\x40\x00" + b"\x02" * 100)], ids=["silent", "drip"])
def test_a_tls_handshake_that_drips_is_left_at_the_deadline(server: Loopback, fault: Fault) -> None:
    server.on_connect = fault
    with HttpSource(f"https://127.0.0.1:{server.port}", seconds=SHORT) as source:
        assert "did not answer within 0.6 s" in refusal(source)


@pytest.fixture
def swallower() -> Iterator[int]:
    """A port whose queue is full, so that the next connection is neither accepted nor refused."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_a_connection_that_is_never_made_is_left_at_the_deadline(swallower: int) -> None:
    with HttpSource(f"http://127.0.0.1:{swallower}", seconds=SHORT) as source:
        assert "did not answer within 0.6 s" in refusal(source)


def test_an_address_that_swallows_packets_leaves_time_for_the_next(
    server: Loopback, swallower: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def two(host: str, port: int, **options: int) -> list[tuple[object, ...]]:
        return [*real(host, swallower, **options), *real(host, port, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    assert fetch(server, seconds=2.0).status == 200


def test_a_resolver_that_hangs_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    awake = threading.Event()

    def hung(*_: object, **__: object) -> list[tuple[object, ...]]:
        awake.wait(LONG)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 9))]

    monkeypatch.setattr(socket, "getaddrinfo", hung)
    with HttpSource("https://example.net", seconds=SHORT) as source:
        assert refusal(source) == "example.net did not answer within 0.6 s"
    awake.set()


def test_the_deadline_is_that_of_the_whole_look(server: Loopback) -> None:
    def slow(wire: Wire) -> None:
        wire.pause(0.6)
        wire.send(answer(200, b"slow"))

    server.faults["/checkpoint"] = slow
    with HttpSource(server.url, seconds=1.0) as source:
        assert source.get("checkpoint", limit=100).body == b"slow"
        assert "did not answer within 1 s" in refusal(source)


def test_nothing_is_fetched_after_close(server: Loopback) -> None:
    source = HttpSource(server.url)
    source.get("checkpoint", limit=100)
    source.close()
    refusal(source)
    assert len(server.asked) == 1


# --- redirects ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_within_the_host_are_followed(server: Loopback, status: int) -> None:
    server.faults["/checkpoint"] = redirects("/elsewhere/checkpoint?v=2", status)
    server.files = {"/elsewhere/checkpoint?v=2": b"moved"}
    assert fetch(server).body == b"moved"


def test_the_body_of_a_redirect_is_not_read(server: Loopback) -> None:
    server.faults["/old"] = endless(answer(302, b"", {"Location": "checkpoint", **CHUNKED}), b"4\r\nabcd\r\n")
    assert fetch(server, "old").body == b"the checkpoint"


def test_a_redirect_without_a_place_is_a_status(server: Loopback) -> None:
    server.faults["/checkpoint"] = says(answer(302, b"where?"))
    assert fetch(server) == Fetched(302, b"", None)


def test_three_redirects_are_followed_and_no_more(server: Loopback) -> None:
    for step in range(5):
        server.faults[f"/{step}"] = redirects(f"/{step + 1}")
    server.files = {"/5": b"at last"}
    assert fetch(server, "2").body == b"at last"
    with HttpSource(server.url) as source:
        assert "redirected more than 3 times" in refusal(source, "1")


@pytest.mark.parametrize("location", ["", "checkpoint", "/checkpoint#again"])
def test_a_circle_of_redirects_ends(server: Loopback, location: str) -> None:
    assert "redirected more than 3 times" in refused_by(server, redirects(location))


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1:{port}/checkpoint",
        "http://127.0.0.1:1/checkpoint",
        "http://localhost:{port}/checkpoint",
        "//example.org/checkpoint",
        "http://127.0.0.1:{port}@example.org/",
        "http://user:secret@127.0.0.1:{port}/checkpoint",
        "http://[::1/",
        "http://127.0.0.1:99999/",
        "ftp://127.0.0.1:{port}/checkpoint",
        "javascript:alert(1)",
        "/\\example.org/",
        "/check point",
        "/\xe4",
        "http://example.org/\x1b[2J" + "x" * 9_000,
    ],
)
def test_redirects_elsewhere_are_refused(server: Loopback, location: str) -> None:
    assert "redirects elsewhere, to '" in refused_by(server, redirects(location.format(port=server.port)))
    assert len(server.asked) == 1


# --- TLS ------------------------------------------------------------------------------------------------


def test_tls_with_a_trusted_certificate(authority: trustme.CA, ca_file: Path) -> None:
    with Loopback({"/checkpoint": b"safe"}, tls=tls(authority.issue_cert("127.0.0.1"))) as server:
        with HttpSource(server.url, ca_file=ca_file) as source:
            assert source.get("checkpoint", limit=100).body == b"safe"
            assert source.get("checkpoint", limit=100).body == b"safe"
        assert server.connections == 1


def test_no_connection_changes_the_context_that_others_use_meanwhile(
    authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: list[str] = []
    real = ssl.SSLContext.set_alpn_protocols

    def set_alpn_protocols(context: ssl.SSLContext, protocols: Iterable[str]) -> None:
        changes.extend(protocols)
        real(context, protocols)

    monkeypatch.setattr(ssl.SSLContext, "set_alpn_protocols", set_alpn_protocols)
    certificate = tls(authority.issue_cert("127.0.0.1"))
    certificate.set_alpn_protocols(["http/1.1"])
    changes.clear()
    with Loopback({"/checkpoint": b"safe"}, tls=certificate) as server:
        for _ in range(2):
            with HttpSource(server.url, ca_file=ca_file) as source:
                assert source.get("checkpoint", limit=100).body == b"safe"
    assert changes == ["http/1.1"]  # when it was made


def test_no_redirect_leaves_tls(authority: trustme.CA, ca_file: Path) -> None:
    with Loopback(tls=tls(authority.issue_cert("127.0.0.1"))) as server:
        server.faults["/checkpoint"] = redirects(f"http://127.0.0.1:{server.port}/checkpoint")
        with HttpSource(server.url, ca_file=ca_file) as source:
            assert "redirects elsewhere" in refusal(source)


LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
FAR_AHEAD = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("certificate", "host", "words"),
    [
        (lambda ca: ca.issue_cert("example.org"), "localhost", "not valid for this host name"),
        (lambda ca: ca.issue_cert("example.org"), "127.0.0.1", "not valid for this address"),
        (lambda ca: ca.issue_cert("127.0.0.1", not_after=LONG_AGO), "127.0.0.1", "has expired"),
        (lambda ca: ca.issue_cert("127.0.0.1", not_before=FAR_AHEAD), "127.0.0.1", "is not valid yet"),
        (lambda _: trustme.CA().issue_cert("127.0.0.1"), "127.0.0.1", "not trusted here"),
    ],
)
def test_certificates_that_do_not_hold(
    authority: trustme.CA,
    ca_file: Path,
    certificate: Callable[[trustme.CA], trustme.LeafCert],
    host: str,
    words: str,
) -> None:
    with (
        Loopback(tls=tls(certificate(authority))) as server,
        HttpSource(f"https://{host}:{server.port}", ca_file=ca_file) as source,
    ):
        told = refusal(source)
    assert told.startswith(f"{host}:{server.port}: the certificate ")
    assert words in told


def test_a_certificate_signed_by_itself(tmp_path: Path, ca_file: Path) -> None:
    stranger = trustme.CA()
    pem = tmp_path / "stranger.pem"
    stranger.private_key_pem.write_to_path(str(pem))
    stranger.cert_pem.write_to_path(str(pem), append=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with Loopback(tls=context) as server, HttpSource(server.url, ca_file=ca_file) as source:
        assert "the certificate is signed by itself" in refusal(source)


def test_the_shipped_authorities_do_not_trust_a_stranger(authority: trustme.CA) -> None:
    with Loopback(tls=tls(authority.issue_cert("127.0.0.1"))) as server, HttpSource(server.url) as source:
        assert "not trusted here" in refusal(source)


def test_old_tls_is_refused(authority: trustme.CA, ca_file: Path) -> None:
    context = tls(authority.issue_cert("127.0.0.1"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Loopback(tls=context) as server, HttpSource(server.url, ca_file=ca_file) as source:
        assert "TLS failed (" in refusal(source)


def test_a_server_without_tls(server: Loopback) -> None:
    server.on_connect = says(answer(400, b"This is plain HTTP"))
    with HttpSource(f"https://127.0.0.1:{server.port}") as source:
        assert "TLS failed (" in refusal(source)


def test_a_server_that_ends_the_handshake(server: Loopback) -> None:
    def leaves(wire: Wire) -> None:
        wire.sock.recv(1)
        wire.sock.shutdown(socket.SHUT_WR)
        while wire.sock.recv(4096):
            pass

    server.on_connect = leaves
    with HttpSource(f"https://127.0.0.1:{server.port}") as source:
        assert "closed in the middle of TLS" in refusal(source)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_must_hold_certificates(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    with pytest.raises(CanaryError, match=r"ca\.pem cannot be used"):
        HttpSource("https://example.net", ca_file=tmp_path / "ca.pem")


# --- the environment and proxies ------------------------------------------------------------------------


@pytest.fixture
def hostile_environment(monkeypatch: pytest.MonkeyPatch, ca_file: Path, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(ca_file))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def test_a_ca_file_that_has_no_end_is_not_waited_for(tmp_path: Path) -> None:
    pipe, large = tmp_path / "pipe", tmp_path / "large"
    os.mkfifo(pipe)
    large.touch()
    os.truncate(large, CA_FILE_BYTES + 1)
    for path in (pipe, Path("/dev/zero"), tmp_path, large):
        with pytest.raises(CanaryError, match=f"{path} cannot be used as certificates to trust: it (is no|has more)"):
            HttpSource("https://example.net/", ca_file=path)


@pytest.mark.usefixtures("hostile_environment")
def test_the_environment_has_no_say(server: Loopback, authority: trustme.CA, ca_file: Path, tmp_path: Path) -> None:
    assert fetch(server).status == 200
    assert "authorization" not in server.asked[0].headers
    with Loopback({"/checkpoint": b"safe"}, tls=tls(authority.issue_cert("127.0.0.1"))) as secure:
        with HttpSource(secure.url, ca_file=ca_file) as source:
            assert source.get("checkpoint", limit=100).status == 200
        with HttpSource(secure.url) as source:
            assert "not trusted here" in refusal(source)
    assert not (tmp_path / "keys.log").exists()


def test_tls_through_a_proxy(authority: trustme.CA, ca_file: Path) -> None:
    with (
        Loopback({"/checkpoint": b"safe"}, tls=tls(authority.issue_cert("127.0.0.1"))) as server,
        Loopback(on_connect=tunnels) as proxy,
        HttpSource(server.url, ca_file=ca_file, proxy=proxy.url) as source,
    ):
        assert source.get("checkpoint", limit=100).body == b"safe"
        assert source.get("checkpoint", limit=100).body == b"safe"
        assert (server.connections, proxy.connections) == (1, 1)


def test_http_through_a_proxy(server: Loopback) -> None:
    address = "http://example.net/canary/checkpoint"
    server.files = {address: b"by proxy"}
    with HttpSource("http://example.net/canary", allow_http=True, proxy=server.url) as source:
        assert source.get("checkpoint", limit=100).body == b"by proxy"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (says(answer(407, b"", {"Proxy-Authenticate": "Basic"})), "the proxy refused, with status 407"),
        (says(b"HTTP/1.1 407 \x1b[2J\r\n\r\n"), "the proxy refused, with status 407"),
        (says(b"220 smtp ready\r\n"), "what came back is not HTTP"),
        (drip(HEAD + b"X: " + b"x" * 100), "did not answer within 0.6 s"),
    ],
)
def test_proxies_that_do_not_proxy(server: Loopback, fault: Fault, words: str) -> None:
    server.on_connect = fault
    with HttpSource("https://example.net", proxy=server.url, seconds=SHORT) as source:
        assert words in refusal(source)


def test_a_proxy_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with HttpSource("https://example.net", proxy=f"http://127.0.0.1:{port}") as source:
        assert refusal(source) == "example.net, through the proxy: connection refused"


@pytest.mark.parametrize("proxy", ["127.0.0.1:8080", "socks5://127.0.0.1:9050", "http://me:secret@host:80", ""])
def test_other_proxies_are_refused(proxy: str) -> None:
    with pytest.raises(CanaryError, match=r"^the proxy: ") as caught:
        HttpSource("https://example.net", proxy=proxy)
    assert "secret" not in str(caught.value) + caught.value.hint


# --- addresses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("example.net/canary", "does not start with https://"),
        ("ftp://example.net/", "does not start with https://"),
        ("file:///etc/passwd", "does not start with https://"),
        ("https://", "names no host"),
        ("https:///canary", "names no host"),
        ("https://me:secret@example.net/", "user name or password"),
        ("https://example.net/?a=b", "query or a fragment"),
        ("https://example.net/#", "query or a fragment"),
        ("https://example.net:x/", "cannot be"),
        ("https://example.net:99999/", "cannot be"),
        ("https://[::1/", "cannot be"),
        (f"https://{'a' * 64}.net/", "cannot be"),
        ("https://exa mple.net/", "characters that no address has"),
        ("https://example.net/\r\nX: y", "characters that no address has"),
        ("https://example.net\\@example.org/", "characters that no address has"),
        ("https://exämple.net/", "characters that no address has"),
        ("https://*.example.net/", "malformed"),
        ("http://example.net/", "not encrypted"),
        ("http://127.0.0.1.example.net/", "not encrypted"),
        ("http://10.0.0.1/", "not encrypted"),
    ],
)
def test_addresses_that_are_refused(address: str, words: str) -> None:
    with pytest.raises(CanaryError) as caught:
        HttpSource(address)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("address", ["http://127.0.0.1", "http://127.1.2.3:80/x", "http://[::1]/", "http://LOCALHOST/"])
def test_http_is_for_this_machine(address: str) -> None:
    HttpSource(address).close()
    with pytest.raises(CanaryError, match="not encrypted"):
        HttpSource(address, proxy="http://127.0.0.1:9")


def test_http_where_it_is_asked_for() -> None:
    HttpSource("http://example.net", allow_http=True).close()


# --- nothing goes past a proxy --------------------------------------------------------------------------


def test_a_proxy_is_all_that_is_asked(authority: trustme.CA, ca_file: Path) -> None:
    with (
        Loopback({"/checkpoint": b"safe"}, tls=tls(authority.issue_cert("canary.example"))) as server,
        Loopback(on_connect=tunnels_to(server)) as proxy,
        HttpSource("https://canary.example", ca_file=ca_file, proxy=proxy.url) as source,
        heard() as events,
    ):
        assert source.get("checkpoint", limit=100).body == b"safe"
    assert events == [("resolve", "127.0.0.1"), ("connect", "127.0.0.1")]


@pytest.mark.parametrize("proxied", [False, True])
def test_a_certificate_is_checked_through_a_proxy(authority: trustme.CA, ca_file: Path, *, proxied: bool) -> None:
    with (
        Loopback(tls=tls(authority.issue_cert("elsewhere.example"))) as server,
        Loopback(on_connect=tunnels) as proxy,
        HttpSource(server.url, ca_file=ca_file, proxy=proxy.url if proxied else None) as source,
    ):
        assert "the certificate is not valid for this address" in refusal(source)
        assert (server.asked, proxy.connections) == ([], int(proxied))


# --- where a redirect came from -------------------------------------------------------------------------


def test_who_redirects_is_told_with_where_to(server: Loopback) -> None:
    server.faults["/a/checkpoint"] = redirects("//example.org/b/checkpoint")
    with HttpSource(f"{server.url}/a") as source, pytest.raises(ElsewhereError) as caught:
        source.get("checkpoint", limit=100)
    error = caught.value
    assert (error.path, error.target, error.public) == ("checkpoint", "http://example.org/b/checkpoint", False)


def test_a_name_that_must_be_public_leads_to_no_private_address(server: Loopback) -> None:
    with HttpSource(f"http://localhost:{server.port}", public_only=True) as source, heard() as events:
        assert refusal(source) == f"localhost:{server.port}: the name leads into a private network"
    assert {kind for kind, _ in events} == {"resolve"}
    assert server.connections == 0


def test_a_proxy_may_be_on_this_machine_though_the_host_must_be_public(server: Loopback) -> None:
    server.files = {"http://canary.example/checkpoint": b"by proxy"}
    with HttpSource("http://canary.example", allow_http=True, proxy=server.url, public_only=True) as source:
        assert source.get("checkpoint", limit=100).body == b"by proxy"


def test_authorities_are_read_again_once_their_file_has_changed(
    authority: trustme.CA, ca_file: Path, server: Loopback
) -> None:
    server.tls = tls(authority.issue_cert("127.0.0.1"))
    trustme.CA().cert_pem.write_to_path(str(ca_file))
    with HttpSource(server.url, seconds=LONG, ca_file=ca_file) as source:
        assert "certificate" in refusal(source)
    authority.cert_pem.write_to_path(str(ca_file))
    with HttpSource(server.url, seconds=LONG, ca_file=ca_file) as source:
        assert source.get("checkpoint", limit=1_000).status == 200
