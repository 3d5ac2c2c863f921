"""The ways in which a canary's host can fail, one row each: what a look comes to, and what is kept of it."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import trustme

from tests.faults.desk import CHECKPOINT_PATH, Arrange, Desk, later, on, site
from tests.loopback import Loopback, Wire, answer, endless, redirects, says

PAGE = b"<!DOCTYPE html><title>Sign in</title><p>Sign in to the hotel's network</p>"
HTML = {"Content-Type": "text/html", "Set-Cookie": "visitor=7"}
BOMB = gzip.compress(bytes(16_000_000), mtime=0)
NAMED = "localhost"
EXPIRED = "a certificate that has expired"
GZIP = {"Content-Encoding": "gzip"}


@dataclass(frozen=True)
class Row:
    """One fault.

    Attributes:
        name: what happens, in words.
        arrange: makes it happen.
        status: what a look comes to, and what is told once that has lasted.
        error: a part of what is kept in words.
        http_status: the answer's status that is kept; None where there was none.
        body: what the body that is kept begins with.
        keeps_headers: whether the answer's headers are kept.
        has_certificate: whether the host's certificate is kept.
        timeout: seconds for a look that only its deadline ends; else it has a minute, and ends for another reason.
        host: what the host is called.
    """

    name: str
    arrange: Arrange
    status: str
    error: str
    http_status: int | None = None
    body: bytes = b""
    keeps_headers: bool = False
    has_certificate: bool = False
    timeout: float = 60
    host: str = "127.0.0.1"


# --- what arranges --------------------------------------------------------------------------------------


def unresolved(desk: Desk) -> None:
    """Lets the host's name be resolved no more."""

    real = socket.getaddrinfo

    def resolved(host: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # as the real one has them
        if host == NAMED:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *arguments, **options)

    desk.patch.setattr(socket, "getaddrinfo", resolved)


def shows(certificate: Callable[[trustme.CA], ssl.SSLContext]) -> Arrange:
    """Puts another certificate in the place of the host's."""

    def arrange(desk: Desk) -> None:
        desk.host.tls = certificate(AUTHORITY)

    return arrange


def drips(wire: Wire) -> None:
    """Answers at once, and sends the body a byte at a time."""
    wire.send(answer(200, b"", {"Content-Length": "1000"}))
    while True:
        wire.send(b"x")
        wire.pause(0.02)


def sends_elsewhere(desk: Desk) -> None:
    """Redirects to another server, which has the very same site."""
    other = desk.stack.enter_context(Loopback(desk.host.files))
    desk.host.faults[CHECKPOINT_PATH] = redirects(f"{other.url}{CHECKPOINT_PATH}")


def is_half_uploaded(desk: Desk) -> None:
    """Puts the checkpoint of a longer log there, which should come last."""
    desk.host.faults[CHECKPOINT_PATH] = says(answer(200, site(later())[CHECKPOINT_PATH]))


# --- TLS ------------------------------------------------------------------------------------------------

AUTHORITY = trustme.CA()
"""Trusted by the watcher, through --ca-file."""

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Returns a server's context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def right(authority: trustme.CA) -> ssl.SSLContext:
    """A certificate that holds."""
    return context_of(authority.issue_cert("127.0.0.1"))


def of_another_host(authority: trustme.CA) -> ssl.SSLContext:
    return context_of(authority.issue_cert("example.org"))


def expired(authority: trustme.CA) -> ssl.SSLContext:
    return context_of(authority.issue_cert("127.0.0.1", not_after=LONG_AGO))


def signed_by_itself(_: trustme.CA) -> ssl.SSLContext:
    stranger = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with stranger.private_key_pem.tempfile() as key, stranger.cert_pem.tempfile() as certificate:
        context.load_cert_chain(certificate, key)
    return context


# --- the rows -------------------------------------------------------------------------------------------


def refuses(status: int) -> Row:
    """The host answers with a status that says nothing about the canary."""
    page = answer(status, PAGE, HTML)
    return Row(
        f"{status}",
        on(CHECKPOINT_PATH, says(page)),
        "UNREACHABLE",
        f"answered {status}",
        status,
        PAGE,
        keeps_headers=True,
    )


def says_gone(status: int) -> Row:
    """The host answers that there is no canary."""
    page = answer(status, PAGE, HTML)
    return Row(
        f"{status}",
        on(CHECKPOINT_PATH, says(page)),
        "MISSING",
        f"no checkpoint ({status})",
        status,
        PAGE,
        keeps_headers=True,
    )


def untrusted(name: str, certificate: Callable[[trustme.CA], ssl.SSLContext], error: str) -> Row:
    """The host's certificate does not hold."""
    return Row(name, shows(certificate), "UNREACHABLE", error, has_certificate=True)


PLAIN = (
    Row("the name does not resolve", unresolved, "UNREACHABLE", "the name does not resolve", host=NAMED),
    Row("the connection is refused", Desk.goes_down, "UNREACHABLE", "refused"),
    *(says_gone(status) for status in (404, 410, 451)),
    *(refuses(status) for status in (401, 403, 407, 429, 500, 503)),
    Row(
        "200 with a page",
        on(CHECKPOINT_PATH, says(answer(200, PAGE, HTML))),
        "UNREACHABLE",
        "serves as checkpoint is none",
        200,
        PAGE,
        keeps_headers=True,
    ),
    Row(
        "a slow drip",
        on(CHECKPOINT_PATH, drips),
        "UNREACHABLE",
        "did not answer within 0.7 s",
        200,
        timeout=0.7,
    ),
    Row(
        "a body without end",
        on(CHECKPOINT_PATH, endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4_096)),
        "UNREACHABLE",
        "larger than the",
        200,
    ),
    Row("a gzip bomb", on(CHECKPOINT_PATH, says(answer(200, BOMB, GZIP))), "UNREACHABLE", "larger than the", 200),
    Row("a redirect to another host", sends_elsewhere, "UNREACHABLE", "redirects elsewhere, to '", 302),
    Row(
        "half a log: a checkpoint, and not the entries that it counts",
        is_half_uploaded,
        "UNREACHABLE",
        "has a checkpoint and no tile/entries/",
        404,
        b"<html>Not here</html>",
    ),
)
"""Over http."""

SECURE = (
    untrusted("a certificate of another host", of_another_host, "not valid for this address"),
    untrusted(EXPIRED, expired, "the certificate has expired"),
    untrusted("a certificate signed by itself", signed_by_itself, "is signed by itself"),
)
"""Over https."""


KINDS = tuple(each for each in (*PLAIN, *SECURE) if each.name in ("404", "503", "the connection is refused", EXPIRED))
"""One of each kind."""


def each_row(*rows: Row) -> pytest.MarkDecorator:
    """Parametrizes a test with rows."""
    return pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in rows])
