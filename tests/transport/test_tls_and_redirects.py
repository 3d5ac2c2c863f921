"""Certificates that do not hold, and redirects that lead elsewhere."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import warnings
from collections.abc import Callable

import trustme

from tests.loopback import Fault, Loopback, Wire, answer, endless, redirects, says
from tests.transport.stand import (
    BASE,
    BESIDE,
    BUNDLE,
    CHECKPOINT,
    FRONT,
    HEARD,
    UNHEARD,
    Row,
    Setting,
    Stand,
    at,
    check,
    each_row,
)

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
FAR_AHEAD = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def secure(
    certificate: Callable[[trustme.CA], trustme.LeafCert], *, host: str = "127.0.0.1", trusted: bool = True
) -> Callable[[Stand], None]:
    """A server with a certificate, reached under a name."""

    def arrange(stand: Stand) -> None:
        serve(stand, context_of(certificate(stand.authority)), host=host, trusted=trusted)

    return arrange


def serve(stand: Stand, context: ssl.SSLContext, *, host: str = "127.0.0.1", trusted: bool = True) -> None:
    stand.server = stand.stack.enter_context(Loopback(dict(stand.site), tls=context))
    stand.url = f"https://{host}:{stand.server.port}{BASE}"
    if trusted:
        file = stand.folder / "authority.pem"
        stand.authority.cert_pem.write_to_path(str(file))
        stand.options += ["--ca-file", str(file)]


def issued(**options: object) -> Callable[[trustme.CA], trustme.LeafCert]:
    return lambda authority: authority.issue_cert("127.0.0.1", **options)  # type: ignore[arg-type]  # as trustme has them


def signed_by_itself(stand: Stand) -> None:
    stranger = trustme.CA()
    pem = stand.folder / "stranger.pem"
    stranger.private_key_pem.write_to_path(str(pem))
    stranger.cert_pem.write_to_path(str(pem), append=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    serve(stand, context)


def old_protocol(stand: Stand) -> None:
    context = context_of(stand.authority.issue_cert("127.0.0.1"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    serve(stand, context)


def plainly(fault: Fault) -> Callable[[Stand], None]:
    """A server that does not speak TLS where it is expected to."""

    def arrange(stand: Stand) -> None:
        stand.server.on_connect = fault
        stand.url = f"https://127.0.0.1:{stand.server.port}{BASE}"

    return arrange


def closes_politely(wire: Wire) -> None:
    wire.sock.recv(1)
    wire.sock.shutdown(socket.SHUT_WR)
    while wire.sock.recv(4_096):
        pass


def resets(wire: Wire) -> None:
    wire.sock.recv(1)
    wire.reset()


@each_row(
    Row("a certificate that holds", secure(issued()), code="", statuses=HEARD, learns=True),
    Row(
        "of another host",
        secure(lambda ca: ca.issue_cert("example.org"), host="localhost"),
        words="not valid for this host name",
    ),
    Row("of another address", secure(lambda ca: ca.issue_cert("10.0.0.1")), words="not valid for this address"),
    Row("of a name, for an address", secure(lambda ca: ca.issue_cert("localhost")), words="not valid for this address"),
    Row(
        "of every name but this",
        secure(lambda ca: ca.issue_cert("*.localhost"), host="localhost"),
        words="not valid for this host",
    ),
    Row("expired", secure(issued(not_after=LONG_AGO)), words="the certificate has expired"),
    Row("not valid yet", secure(issued(not_before=FAR_AHEAD)), words="the certificate is not valid yet"),
    Row("signed by itself", signed_by_itself, words="the certificate is signed by itself, not by an authority"),
    Row("of a stranger's authority", secure(lambda _: trustme.CA().issue_cert("127.0.0.1")), words="not trusted here"),
    Row("of an authority that is not on the list", secure(issued(), trusted=False), words="not trusted here"),
    Row("TLS 1.1", old_protocol, words="TLS failed ("),
    Row("no TLS", plainly(says(answer(400, b"This is plain HTTP"))), words="TLS failed ("),
    Row("a handshake that is closed", plainly(closes_politely), words="the connection was closed in the middle of TLS"),
    Row("a handshake that is reset", plainly(resets), words="the connection broke off"),
    Row("empty records", plainly(endless(b"", b"\x16\x03\x03\x00\x00")), words="TLS failed ("),
    Row("a handshake without end", plainly(endless(b"", b"x" * 4_096)), words="TLS failed ("),
)
def test_certificates_and_handshakes(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)
    if row.statuses is UNHEARD:
        assert stand.server.asked == []


def elsewhere(location: str, status: int = 302) -> Callable[[Stand], None]:
    """A redirect; `{port}` is the server's own, and `{other}` that of another server with the whole site."""

    def arrange(stand: Stand) -> None:
        other = stand.stack.enter_context(Loopback(dict(stand.site)))
        stand.others.append(other)
        stand.server.faults[CHECKPOINT] = redirects(location.format(port=stand.server.port, other=other.port), status)

    return arrange


def from_tls_to_http(stand: Stand) -> None:
    plain = stand.server
    stand.others.append(plain)
    secure(issued())(stand)
    stand.server.faults[CHECKPOINT] = redirects(f"http://127.0.0.1:{plain.port}{CHECKPOINT}")


def from_http_to_tls(stand: Stand) -> None:
    plain = stand.server
    secure(issued())(stand)
    stand.others.append(stand.server)
    plain.faults[CHECKPOINT] = redirects(f"https://127.0.0.1:{stand.server.port}{CHECKPOINT}")
    stand.server, stand.url = plain, ""


def steps(number: int) -> Callable[[Stand], None]:
    """So many redirects on the way to the checkpoint."""

    def arrange(stand: Stand) -> None:
        stand.server.files = stand.site | {f"/{number}": stand.site[CHECKPOINT]}
        stand.server.faults[CHECKPOINT] = redirects("/1")
        for step in range(1, number):
            stand.server.faults[f"/{step}"] = redirects(f"/{step + 1}")

    return arrange


def circle_of_two(stand: Stand) -> None:
    stand.server.faults |= {CHECKPOINT: redirects("/other"), "/other": redirects(CHECKPOINT)}


def to_a_page(stand: Stand) -> None:
    stand.server.faults |= {CHECKPOINT: redirects("/login"), "/login": says(answer(200, b"<html>Log in</html>"))}


ELSEWHERE = "redirects elsewhere, to '"


@each_row(
    *(
        Row(f"{status} to another port", elsewhere("http://127.0.0.1:{other}" + CHECKPOINT, status), words=ELSEWHERE)
        for status in (301, 302, 303, 307, 308)
    ),
    Row("to another name of the same host", elsewhere("http://localhost:{port}" + CHECKPOINT), words=ELSEWHERE),
    Row("to another host", elsewhere("https://example.org" + CHECKPOINT), words=ELSEWHERE),
    Row("to another host, without a scheme", elsewhere("//127.0.0.1:{other}" + CHECKPOINT), words=ELSEWHERE),
    Row("with credentials", elsewhere("http://me:secret@127.0.0.1:{port}" + CHECKPOINT), words=ELSEWHERE),
    Row("a host that looks like this one", elsewhere("http://127.0.0.1:{port}@localhost:{other}/"), words=ELSEWHERE),
    Row("a backslash", elsewhere("/\\127.0.0.1:{other}/"), words=ELSEWHERE),
    Row("another scheme", elsewhere("ftp://127.0.0.1:{other}/"), words=ELSEWHERE),
    Row("a file", elsewhere("file:///etc/passwd"), words=ELSEWHERE),
    Row("a control sequence", elsewhere("http://example.org/\x1b[2J" + "x" * 9_000), words=ELSEWHERE),
    Row("a port that cannot be", elsewhere("http://127.0.0.1:99999/"), words=ELSEWHERE),
    Row("from https to http", from_tls_to_http, words=ELSEWHERE),
    Row("from http to https", from_http_to_tls, words=ELSEWHERE),
    Row("to itself", elsewhere(CHECKPOINT), words="redirected more than 3 times"),
    Row("to nowhere new", elsewhere("#top"), words="redirected more than 3 times"),
    Row("in a circle of two", circle_of_two, words="redirected more than 3 times"),
    Row("four steps", steps(4), words="redirected more than 3 times"),
    Row("three steps on the same host", steps(3), code="", statuses=HEARD, learns=True),
    Row("to a page", to_a_page, "NOT-A-CANARY", "serves as checkpoint is none"),
    Row("a bundle that redirects elsewhere", at(BUNDLE, redirects("https://example.org/")), words=ELSEWHERE),
    Row(
        "a canary.txt that redirects elsewhere",
        at(FRONT, redirects("https://example.org/")),
        words=ELSEWHERE,
        statuses=BESIDE,
    ),
)
def test_redirects(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)


def test_the_body_of_a_redirect_is_not_read(stand: Stand) -> None:
    head = answer(302, b"", {"Location": "/there", "Transfer-Encoding": "chunked"})
    stand.server.faults[CHECKPOINT] = endless(head, b"400\r\n" + b"x" * 0x400 + b"\r\n")
    stand.server.files = stand.site | {"/there": stand.site[CHECKPOINT]}
    assert stand.look(Setting.FRESH).status == "OK"
    assert stand.server.sent < 16 * 1024 * 1024
