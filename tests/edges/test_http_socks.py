"""Looks through a SOCKS proxy on this machine: what goes out, and what comes of a proxy that misbehaves."""

from __future__ import annotations

import socket
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from canary.edges.web.http import HttpSource
from canary.errors import CanaryError, FetchError
from tests.loopback import Fault, Loopback, Wire, drip, says, says_and_resets
from tests.outside import heard, wait_for_the_end_of_all_looks
from tests.socks_server import ANY_PORT, CONNECTED, NO_PASSWORD, VERSION, SocksProxy, Wanted, socks_url

ONION = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"
SHORT = 0.6
LONG = 5.0


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


def tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def refused_by(on_connect: Fault, *, url: str = f"http://{ONION}", seconds: float = LONG) -> str:
    """The message of a look through a proxy that does not get there; nothing but the proxy is asked meanwhile."""
    with (
        Loopback(on_connect=on_connect) as proxy,
        HttpSource(url, seconds=seconds, allow_http=True, proxy=socks_url(proxy)) as source,
        heard() as events,
    ):
        started = time.monotonic()
        with pytest.raises(FetchError) as caught:
            source.get("checkpoint", limit=100)
        assert time.monotonic() - started < LONG
    assert set(events) == {("resolve", "127.0.0.1"), ("connect", "127.0.0.1")}
    told = caught.value.what
    assert told.isascii()
    assert told.isprintable()
    assert not any(word in told for word in ("urllib3", "socks.", "Socket error", "object at", "Errno", "0x"))
    return told


# --- what goes out --------------------------------------------------------------------------------------


def test_an_onion_service_is_asked_of_the_proxy_alone(server: Loopback) -> None:
    names = SocksProxy({ONION: server.port})
    with (
        Loopback(on_connect=names) as proxy,
        HttpSource(f"http://{ONION}/", allow_http=True, proxy=socks_url(proxy)) as source,
        heard() as events,
    ):
        assert source.get("checkpoint", limit=100).body == b"the checkpoint"
        assert source.get("missing", limit=100).status == 404
    assert names.asked == [Wanted("name", ONION, 80)]
    assert events == [("resolve", "127.0.0.1"), ("connect", "127.0.0.1")]
    assert [asked.target for asked in server.asked] == ["/checkpoint", "/missing"]
    assert server.asked[0].headers["host"] == ONION


def test_tls_is_the_hosts_own_through_the_proxy(authority: trustme.CA, ca_file: Path) -> None:
    names = SocksProxy()
    with (
        Loopback({"/checkpoint": b"safe"}, tls=tls(authority, "canary.example")) as server,
        Loopback(on_connect=names) as proxy,
        HttpSource("https://canary.example", ca_file=ca_file, proxy=socks_url(proxy)) as source,
        heard() as events,
    ):
        names.places["canary.example"] = server.port
        assert source.get("checkpoint", limit=100).body == b"safe"
        assert source.get("checkpoint", limit=100).body == b"safe"
        assert (server.connections, proxy.connections) == (1, 1)
    assert names.asked == [Wanted("name", "canary.example", 443)]
    assert ("resolve", "canary.example") not in events


def test_a_certificate_of_another_host_does_not_hold(authority: trustme.CA, ca_file: Path) -> None:
    names = SocksProxy()
    with (
        Loopback({"/checkpoint": b"false"}, tls=tls(authority, "elsewhere.example")) as server,
        Loopback(on_connect=names) as proxy,
        HttpSource("https://canary.example", ca_file=ca_file, proxy=socks_url(proxy)) as source,
    ):
        names.places["canary.example"] = server.port
        with pytest.raises(FetchError, match=r"^canary\.example: the certificate is not valid for this host name$"):
            source.get("checkpoint", limit=100)
        assert server.asked == []


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ("192.0.2.7", Wanted("v4", "192.0.2.7", 8080)),
        ("[2001:db8::7]", Wanted("v6", "2001:db8::7", 8080)),
        ("127.0.0.1", Wanted("v4", "127.0.0.1", 8080)),
        ("localhost", Wanted("name", "localhost", 8080)),
        ("a" * 63 + "." + "b" * 63, Wanted("name", "a" * 63 + "." + "b" * 63, 8080)),
    ],
)
def test_any_kind_of_host(server: Loopback, host: str, wanted: Wanted) -> None:
    names = SocksProxy({wanted.host: server.port})
    with (
        Loopback(on_connect=names) as proxy,
        HttpSource(f"http://{host}:8080", allow_http=True, proxy=socks_url(proxy)) as source,
    ):
        assert source.get("checkpoint", limit=100).body == b"the checkpoint"
    assert names.asked == [wanted]


def test_a_name_that_the_library_would_spoil_is_not_asked() -> None:
    host = ".".join(["a" * 63, "b" * 60, "net"])
    assert len(host) == 128
    names = SocksProxy()
    with (
        Loopback(on_connect=names) as proxy,
        HttpSource(f"https://{host}", proxy=socks_url(proxy)) as source,
        pytest.raises(FetchError, match="more than 127 characters"),
    ):
        source.get("checkpoint", limit=100)
    assert proxy.connections == 0


def test_a_proxy_with_several_addresses(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `localhost` has: nobody listens at the first, and the second takes the look there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    with Loopback(on_connect=SocksProxy({ONION: server.port})) as proxy:
        real = socket.getaddrinfo

        def two(host: str, port: int, *others: int, **options: int) -> list[object]:
            if host != "localhost":
                return [*real(host, port, *others, **options)]
            return [*real("127.0.0.1", closed, **options), *real("127.0.0.1", port, **options)]

        monkeypatch.setattr(socket, "getaddrinfo", two)
        url = f"socks5h://localhost:{proxy.port}"
        with HttpSource(f"http://{ONION}", allow_http=True, proxy=url) as source:
            assert source.get("checkpoint", limit=100).status == 200


# --- proxies that do not proxy --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "the proxy failed"),
        (2, "the proxy does not allow this connection"),
        (3, "the proxy does not reach the network"),
        (4, "the proxy does not reach the host, or does not know the name"),
        (5, "the host refused the proxy's connection"),
        (6, "the host did not answer the proxy in time"),
        (7, "the proxy does not make connections"),
        (8, "the proxy does not take this kind of address"),
        (9, "the proxy refused, with code 9"),
        (0xF0, "the proxy refused, with code 240"),
        (0xFF, "the proxy refused, with code 255"),
    ],
)
def test_refusals(code: int, words: str) -> None:
    names = SocksProxy(refuses=code)
    assert refused_by(names) == f"{ONION}, through the proxy: {words}"
    assert len(names.asked) == 1


NOT_SOCKS = f"{ONION}, through the proxy: what the proxy answers is not SOCKS 5, or it broke off"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x05",
        b"\x04\x5a\0\0\0\0\0\0",
        b"HTTP/1.0 200 Connected\r\n\r\n",
        b"\x05\x01",
        b"\x05\x80",
        NO_PASSWORD,
        NO_PASSWORD + VERSION,
        NO_PASSWORD + b"\x04\0\0" + ANY_PORT,
        NO_PASSWORD + b"\x05\0\0\x02",
        NO_PASSWORD + b"\x05\0\0\x03\xffshort",
        NO_PASSWORD + b"\x05\0\0" + ANY_PORT[:-1],
        b"\x1b[2J" * 1_000,
    ],
)
def test_what_is_not_socks(answer: bytes) -> None:
    def babbles(wire: Wire) -> None:
        wire.send(answer)
        wire.sock.shutdown(socket.SHUT_WR)
        while wire.sock.recv(4_096):
            pass

    assert refused_by(babbles) == NOT_SOCKS


@pytest.mark.parametrize("answer", [b"\x05\x02", b"\x05\xff"])
def test_a_proxy_that_wants_a_password(answer: bytes) -> None:
    assert "the proxy wants a user name and password" in refused_by(says(answer))


def connects_and(fault: Fault) -> Fault:
    def connected(wire: Wire) -> None:
        wire.send(CONNECTED)
        fault(wire)

    return SocksProxy(instead=connected)


PLAIN, SECURE = f"http://{ONION}", "https://canary.example"
LONG_ANSWER = b"\x05\0\0\x03\xff" + b"a" * 300


@pytest.mark.parametrize(
    ("fault", "url"),
    [
        (Wire.hang, PLAIN),
        (drip(NO_PASSWORD + LONG_ANSWER), PLAIN),
        (SocksProxy(instead=Wire.hang), PLAIN),
        (SocksProxy(instead=drip(LONG_ANSWER)), SECURE),
        (connects_and(Wire.hang), PLAIN),
        (connects_and(Wire.hang), SECURE),
        (connects_and(drip(b"HTTP/1.1 200 OK\r\nX: ")), PLAIN),
        (connects_and(drip(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")), SECURE),
    ],
    ids=[
        *("hang", "drip", "hang when asked", "drip when asked"),
        *("hang behind it", "hang behind it, TLS", "drip behind it", "drip behind it, TLS"),
    ],
)
def test_the_deadline_holds(fault: Fault, url: str) -> None:
    assert "did not answer within 0.6 s" in refused_by(fault, url=url, seconds=SHORT)


def test_a_proxy_that_resets() -> None:
    assert refused_by(says_and_resets(b"\x05")) == f"{ONION}, through the proxy: the connection broke off"


def test_a_proxy_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (
        HttpSource(f"https://{ONION}", proxy=f"socks5h://127.0.0.1:{port}") as source,
        pytest.raises(FetchError) as caught,
    ):
        source.get("checkpoint", limit=100)
    assert caught.value.what == f"{ONION}, through the proxy: connection refused"


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    with pytest.raises(CanaryError, match="PySocks, which is not installed") as caught:
        HttpSource("https://example.net", proxy="socks5h://127.0.0.1:9050")
    assert caught.value.hint == "Run: pip install 'warrant-canary[socks]'"
    HttpSource("https://example.net", proxy="http://127.0.0.1:9050").close()


# --- onion services -------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [f"https://{ONION}/", f"http://{ONION}", f"https://www.{ONION.upper()}.:8080/canary"])
def test_an_onion_service_is_never_looked_for_without_a_proxy(url: str) -> None:
    with heard() as events, pytest.raises(CanaryError, match="an onion service, which only Tor reaches") as caught:
        HttpSource(url, allow_http=True)
    assert "--proxy socks5h://127.0.0.1:9050" in caught.value.hint
    assert events == []


def test_http_to_an_onion_service_is_asked_for() -> None:
    with pytest.raises(CanaryError, match="not encrypted") as caught:
        HttpSource(f"http://{ONION}/", proxy="socks5h://127.0.0.1:9050")
    assert "--allow-http" in caught.value.hint
    assert "safe for an onion service" in caught.value.hint
    with pytest.raises(CanaryError) as caught:
        HttpSource("http://onion.example/", proxy="socks5h://127.0.0.1:9050")
    assert "onion service" not in caught.value.hint
