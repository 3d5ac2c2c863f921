"""What is kept of an answer for a person to look at: bounded, whatever the server sends, and with its certificate."""

from __future__ import annotations

import datetime as dt
import gzip
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from canary.core.judging.fetched import Answer, ElsewhereError, Fetched
from canary.edges.web.http import HttpSource
from canary.errors import FetchError
from canary.limits import SIGHTING_BYTES
from tests.loopback import Fault, Loopback, Wire, answer, drip, endless, redirects, says, tunnels
from tests.socks_server import SocksProxy, socks_url

LONG = 5.0


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


def looked(server: Loopback, fault: Fault | None = None) -> tuple[Fetched | FetchError, list[Answer | None]]:
    """What one look came to, and all that was told of its answers."""
    if fault is not None:
        server.faults["/checkpoint"] = fault
    told: list[Answer | None] = []
    with HttpSource(server.url, seconds=LONG, seen=told.append) as source:
        try:
            return source.get("checkpoint", limit=100_000), told
        except FetchError as error:
            return error, told


def last(told: list[Answer | None]) -> Answer:
    assert told
    assert told[0] is None
    assert told[-1] is not None
    return told[-1]


# --- bounded --------------------------------------------------------------------------------------------


def test_a_good_answer(server: Loopback) -> None:
    found, told = looked(server)
    kept = last(told)
    assert isinstance(found, Fetched)
    assert (kept.url, kept.status, kept.body) == (f"{server.url}/checkpoint", 200, b"the checkpoint")
    assert ("Content-Length", "14") in kept.headers
    assert kept.certificate == b""


def test_an_error_with_its_page(server: Loopback) -> None:
    found, told = looked(server, says(answer(503, b"<p>Back soon", {"Retry-After": "60"})))
    assert found == Fetched(503, b"", None)
    assert (last(told).status, last(told).body) == (503, b"<p>Back soon")
    assert ("Retry-After", "60") in last(told).headers


def test_an_error_with_its_page_in_chunks(server: Loopback) -> None:
    _, told = looked(
        server, says(b"HTTP/1.1 503 Whatever\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n<p>Back soon\n\r\n0\r\n\r\n")
    )
    assert (last(told).status, last(told).body) == (503, b"<p>Back soon\n")


def test_of_a_host_that_closes_its_page_and_its_certificate_are_kept_too(authority: trustme.CA, ca_file: Path) -> None:
    cert = authority.issue_cert("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(context)
    told: list[Answer | None] = []
    with Loopback({}, tls=context) as server:
        server.faults["/checkpoint"] = says(answer(503, b"<p>Back soon", {"Connection": "close"}))
        with HttpSource(f"https://localhost:{server.port}", seconds=LONG, ca_file=ca_file, seen=told.append) as source:
            assert source.get("checkpoint", limit=100).status == 503
    assert last(told).body == b"<p>Back soon"
    assert last(told).certificate == ssl.PEM_cert_to_DER_cert(cert.cert_chain_pems[0].bytes().decode())


def test_a_compressed_page_is_kept_as_it_came(server: Loopback) -> None:
    page = gzip.compress(b"<p>Back soon", mtime=0)
    _, told = looked(server, says(answer(503, page, {"Content-Encoding": "gzip"})))
    assert last(told).body == page


@pytest.mark.parametrize("status", [200, 500])
def test_of_a_long_body_the_beginning_is_kept(server: Loopback, status: int) -> None:
    _, told = looked(server, says(answer(status, b"x" * 90_000)))
    body = last(told).body
    assert 0 < len(body) <= SIGHTING_BYTES
    assert body == b"x" * len(body)


@pytest.mark.parametrize(
    "fault",
    [
        endless(b"HTTP/1.1 500 Whatever\r\n\r\n", b"x" * 65_536),
        says(b"HTTP/1.1 500 Whatever\r\nContent-Length: 99\r\n\r\n"),
        drip(b"HTTP/1.1 500 Whatever\r\nContent-Length: 99\r\n\r\nxxx", every=0.001),
        lambda wire: (wire.send(b"HTTP/1.1 500 Whatever\r\nContent-Length: 99\r\n\r\n"), wire.hang()),
        says(b"HTTP/1.1 500 Whatever\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n"),
        lambda wire: (
            wire.send(b"HTTP/1.1 500 Whatever\r\nTransfer-Encoding: chunked\r\n\r\n"),
            drip(b"0", every=0.2)(wire),
        ),
        lambda wire: (
            wire.send(b"HTTP/1.1 500 Whatever\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"),
            drip(b"X: ", every=0.2)(wire),
        ),
    ],
    ids=[
        "endless",
        "broken off",
        "drip",
        "hang",
        "not chunked",
        "a chunk's length without end",
        "a trailer without end",
    ],
)
def test_a_status_is_not_lost_for_its_page(server: Loopback, fault: Fault) -> None:
    started = time.monotonic()
    found, told = looked(server, fault)
    assert time.monotonic() - started < LONG
    assert found == Fetched(500, b"", None)
    assert last(told).status == 500
    assert len(last(told).body) <= SIGHTING_BYTES


def test_a_body_that_breaks_off_is_kept_with_its_headers(server: Loopback) -> None:
    found, told = looked(server, says(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nX-From: here\r\n\r\nhalf"))
    assert isinstance(found, FetchError)
    assert (last(told).status, last(told).body) == (200, b"half")
    assert ("X-From", "here") in last(told).headers


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 500000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n7a120\r\n", b"Connection: close\r\n\r\n"],
    ids=["announced", "chunked", "not announced"],
)
def test_of_a_page_that_is_too_large_the_beginning_is_kept(server: Loopback, head: bytes) -> None:
    """As of a host's own page in the place of a small file."""
    page = b"<!doctype html>" + b"x" * 499_985
    found, told = looked(server, says(b"HTTP/1.1 200 OK\r\n" + head + page))
    assert isinstance(found, FetchError)
    assert "larger than the 100000 bytes" in found.what
    body = last(told).body
    assert 15 < len(body) <= SIGHTING_BYTES
    assert page.startswith(body)


def test_a_redirect_elsewhere_is_kept(server: Loopback) -> None:
    found, told = looked(server, redirects("https://login.example/"))
    assert isinstance(found, ElsewhereError)
    assert last(told).status == 302
    assert ("Location", "https://login.example/") in last(told).headers


def test_many_long_headers_are_cut(server: Loopback) -> None:
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"v" * 60_000) for number in range(98))
    found, told = looked(server, says(b"HTTP/1.1 404 Whatever\r\n" + lines + b"Content-Length: 0\r\n\r\n"))
    kept = last(told)
    assert found == Fetched(404, b"", None)
    assert kept.headers[0] == ("X-0", "v" * 1_000)
    assert 15_000 < sum(len(name) + len(value) for name, value in kept.headers) <= 16_384


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"X-%d: v\r\n" % number for number in range(10_000)),
        b"X: " + b"v" * 1_000_000 + b"\r\n",
        b"X" * 1_000_000 + b": v\r\n",
    ],
    ids=["10,000 headers", "a value of 1 MB", "a name of 1 MB"],
)
def test_headers_beyond_any_measure_are_no_answer(server: Loopback, head: bytes) -> None:
    found, told = looked(server, says(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n"))
    assert isinstance(found, FetchError)
    assert told == [None]


@given(
    name=st.binary(max_size=20).map(lambda raw: raw.translate(None, b"\r\n")),
    value=st.binary(max_size=40).map(lambda raw: raw.translate(None, b"\r\n")),
)
@settings(max_examples=40, deadline=None)
def test_any_bytes_in_a_header_are_kept_as_text_that_can_be_stored(name: bytes, value: bytes) -> None:
    with Loopback() as server:
        found, told = looked(server, says(answer(404, b"gone")[:-8] + b"\r\n" + name + b": " + value + b"\r\n\r\ngone"))
        if isinstance(found, FetchError):
            return
        for header in last(told).headers:
            assert all(isinstance(part, str) and part.encode("utf-8") is not None for part in header)


# --- certificates ---------------------------------------------------------------------------------------


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def der(certificate: trustme.LeafCert) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.cert_chain_pems[0].bytes().decode())


LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

BAD: list[Callable[[trustme.CA], trustme.LeafCert]] = [
    lambda authority: authority.issue_cert("127.0.0.1", not_after=LONG_AGO),
    lambda authority: authority.issue_cert("elsewhere.example"),
    lambda _: trustme.CA().issue_cert("127.0.0.1"),
]


@pytest.mark.parametrize(("status", "files"), [(404, {}), (200, {"/checkpoint": b"the checkpoint"})])
def test_a_certificate_that_holds_is_kept(
    authority: trustme.CA, ca_file: Path, status: int, files: dict[str, bytes]
) -> None:
    certificate = authority.issue_cert("127.0.0.1")
    told: list[Answer | None] = []
    with (
        Loopback(files, tls=serving(certificate)) as server,
        HttpSource(server.url, ca_file=ca_file, seen=told.append) as source,
    ):
        assert source.get("checkpoint", limit=100).status == status
    assert (last(told).status, last(told).certificate) == (status, der(certificate))


@pytest.mark.parametrize("make", BAD, ids=["expired", "wrong host", "unknown authority"])
@pytest.mark.parametrize("way", ["direct", "http", "socks"])
def test_a_certificate_that_does_not_hold_is_kept_and_nothing_is_asked(
    authority: trustme.CA, ca_file: Path, make: Callable[[trustme.CA], trustme.LeafCert], way: str
) -> None:
    certificate = make(authority)
    told: list[Answer | None] = []
    names = SocksProxy()
    with (
        Loopback({"/checkpoint": b"false"}, tls=serving(certificate)) as server,
        Loopback(on_connect=tunnels) as tunnel,
        Loopback(on_connect=names) as socks,
    ):
        names.places["127.0.0.1"] = server.port
        proxy = {"direct": None, "http": tunnel.url, "socks": socks_url(socks)}[way]
        with (
            HttpSource(server.url, ca_file=ca_file, proxy=proxy, seconds=LONG, seen=told.append) as source,
            pytest.raises(FetchError, match=r"^127\.0\.0\.1:\d+: the certificate "),
        ):
            source.get("checkpoint", limit=100)
        assert server.asked == []
        assert server.connections == 2
    kept = last(told)
    assert kept == Answer(f"https://127.0.0.1:{server.port}/checkpoint", None, (), b"", der(certificate))
    assert x509.load_der_x509_certificate(kept.certificate)


def test_who_is_not_told_has_nothing_asked_twice(ca_file: Path) -> None:
    with (
        Loopback(tls=serving(trustme.CA().issue_cert("127.0.0.1"))) as server,
        HttpSource(server.url, ca_file=ca_file) as source,
    ):
        with pytest.raises(FetchError, match="not trusted here"):
            source.get("checkpoint", limit=100)
        assert server.connections == 1


def test_another_failure_of_tls_has_nothing_asked_twice(ca_file: Path) -> None:
    told: list[Answer | None] = []
    with (
        Loopback(on_connect=says(b"HTTP/1.1 400 Whatever\r\n\r\n")) as server,
        HttpSource(f"https://127.0.0.1:{server.port}", ca_file=ca_file, seen=told.append) as source,
    ):
        with pytest.raises(FetchError, match="TLS failed"):
            source.get("checkpoint", limit=100)
        assert (server.connections, told) == (1, [None])


@pytest.mark.parametrize(
    "then",
    [Wire.hang, Wire.reset, drip(b"\x16\x03\x03\x40\x00\x02"), says(b"nothing of the kind")],
    ids=["hang", "reset", "drip", "junk"],
)
def test_a_host_that_shows_its_certificate_once(ca_file: Path, then: Fault) -> None:
    """What the first failure was is told all the same, and the deadline is for both."""
    told: list[Answer | None] = []
    context = serving(trustme.CA().issue_cert("127.0.0.1"))

    def once(wire: Wire) -> None:
        if host.connections > 1:
            then(wire)
        else:
            context.wrap_socket(wire.sock, server_side=True).close()

    with (
        Loopback(on_connect=once) as host,
        HttpSource(f"https://127.0.0.1:{host.port}", ca_file=ca_file, seconds=1.0, seen=told.append) as source,
    ):
        started = time.monotonic()
        with pytest.raises(FetchError, match="not trusted here"):
            source.get("checkpoint", limit=100)
        assert time.monotonic() - started < LONG
        assert (host.connections, told) == (2, [None])
