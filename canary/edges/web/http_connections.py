"""Connections of one look: to one origin, over one shared TLS context, cut when the look's time is up."""

from __future__ import annotations

import contextlib
import errno
import functools
import http.client
import socket
import ssl
import stat
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError, ProxyError
from urllib3.util import parse_url

from canary.core.judging.origin import Origin, is_public
from canary.core.judging.proxy import Proxy
from canary.edges.web.http_framing import FinalResponse
from canary.edges.web.timed_work import in_time
from canary.errors import CanaryError
from canary.limits import CA_FILE_BYTES

Connect = Callable[[str, int], socket.socket]
"""Returns a socket that is connected to a host and port, on whatever way."""

_CONTEXTS = 100
"""Sets of authorities that are kept ready; each takes some hundred kilobytes."""


class PrivateAddressError(OSError):
    """A host that may only be a public one has an address within a private network."""


class Deadline:
    """The time that is left, and a handle on the one socket that is open, so that another thread can cut it.

    The handle is a duplicate, so that it does not matter to whom urllib3 has passed the socket itself by then, nor
    that TLS was wrapped around it: shutting down a duplicate ends the connection.

    Args:
        seconds: how long it lasts, counted from here.
        public_only: refuse addresses within private networks, and this very machine's own.

    Attributes:
        attempts: how many connections were begun.
        reached: the address of the newest connection; empty before the first.
    """

    def __init__(self, seconds: float, *, public_only: bool = False) -> None:
        self.seconds = seconds
        self.attempts = 0
        self.reached = ""
        self._public_only = public_only
        self._ends = time.monotonic() + seconds
        self._over = False
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None

    def left(self) -> float:
        """Returns the seconds that are left, more than 0; raises TimeoutError when none are."""
        left = self._ends - time.monotonic()
        if self._over or left <= 0:
            raise TimeoutError
        return left

    def connect(
        self,
        host: str,
        port: int,
        *,
        make: Callable[..., socket.socket] = socket.socket,
        reach: Callable[[Any, Any], None] = socket.socket.connect,
    ) -> socket.socket:
        """Returns a socket that is connected to one of the host's addresses.

        Args:
            host: a name, or an address.
            port: the port.
            make: makes an unconnected socket.
            reach: connects a socket to an address.

        Raises:
            OSError: none of the addresses could be connected to.
        """
        self.attempts += 1
        addresses = self._resolve(host.strip("[]"), port)
        failure = OSError()
        for position, (family, kind, protocol, _, address) in enumerate(addresses):
            if self._public_only and not is_public(str(address[0])):
                failure = PrivateAddressError()
                continue
            sock = make(family, kind, protocol)
            try:
                self._hold(sock)
                # An equal share, so that an address that swallows packets leaves time for the next.
                shares = len(addresses) - position
                sock.settimeout(self.left() / shares)
                reach(sock, address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if shares > 1:
                    sock.settimeout(self.left())
            except OSError as error:
                sock.close()
                failure = error
            else:
                self.reached = str(address[0])
                return sock
        raise failure

    def _resolve(self, host: str, port: int) -> list[Any]:
        """Returns the addresses of a host. Nothing can cut the resolver: a thread that hangs in it is left behind."""
        ask = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        return in_time(self, ask)

    def _hold(self, sock: socket.socket) -> None:
        """Takes a handle on a new socket, and lets go of the one before."""
        with self._lock:
            self.left()
            before, self._handle = self._handle, sock.dup()
        if before is not None:
            before.close()

    def cut(self) -> None:
        """Ends the connection, and every wait for one; there will be no more."""
        handle = self._let_go()
        if handle is not None:
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            handle.close()

    def end(self) -> None:
        """Lets go of the connection, which is closed by whom it was made for; there will be no more."""
        handle = self._let_go()
        if handle is not None:
            handle.close()

    def _let_go(self) -> socket.socket | None:
        with self._lock:
            self._over = True
            handle, self._handle = self._handle, None
        return handle


class PinnedConnection:
    """The one connection to an origin, kept from one request to the next, and made anew where it was closed.

    urllib3's pools do the same for many, and take a tenth of a look for it.

    Args:
        place: the origin.
        tls: whom to trust.
        connect: makes every connection.
        tunnel: a proxy that is spoken to in HTTP; None where there is none, or `connect` sees to it.
    """

    def __init__(self, place: Origin, tls: ssl.SSLContext, connect: Connect, tunnel: Proxy | None) -> None:
        self._place = place
        self._tls = tls
        self._connect = connect
        self._tunnel = tunnel
        self._open: _Plain | None = None

    @property
    def socket(self) -> socket.socket | None:
        """The socket that the last answer comes over, until that is read where no other follows it."""
        return None if self._open is None else self._open.answering

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, seconds: float
    ) -> http.client.HTTPResponse:
        """Sends one request and returns its answer, the body unread. Nothing is sent twice, no redirect is followed.

        Args:
            method: `GET`, say.
            url: an address of the origin.
            headers: all headers but the usual ones of a body.
            body: what to send.
            seconds: what each read may take; over a new connection, what is left of the look.

        Raises:
            OSError, HTTPError, HTTPException: no answer came.
            ValueError: a header is malformed.
        """
        target = parse_url(url)._replace(fragment=None).url if self._is_forwarded else _target(url)
        try:
            connection = self._kept(seconds) or self._new()
            return connection.ask(method, target, headers, body)
        except BaseException:
            self.close()
            raise

    def shown_certificate(self) -> bytes:
        """Returns the certificate (DER) that the origin shows, whoever signed it, to be looked at and not trusted.

        The connection is one of its own, and ends after the handshake: nothing is asked over it.
        """
        anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
        connection = self._made(anyone)
        try:
            connection.connect()
            return certificate(connection.sock)
        finally:
            connection.close()

    def close(self) -> None:
        """Closes it; the next request makes another one."""
        if self._open is not None:
            self._open.close()
        self._open = None

    @property
    def _is_forwarded(self) -> bool:
        """Whether a proxy that makes no tunnel is told where to ask (RFC 9112, section 3.2.2)."""
        return self._tunnel is not None and self._place.scheme == "http"

    def _kept(self, seconds: float) -> _Plain | None:
        kept = self._open
        if kept is None or kept.sock is None or not kept.is_connected:
            return None
        kept.sock.settimeout(seconds)
        return kept

    def _new(self) -> _Plain:
        self.close()
        made = self._open = self._made(self._tls)
        try:
            made.connect()
        except (OSError, NewConnectionError, http.client.HTTPException) as error:
            if made.proxy is not None and not made.has_connected_to_proxy:
                raise ProxyError("failed", error) from error
            raise
        return made

    def _made(self, tls: ssl.SSLContext) -> _Plain:
        first = self._tunnel or self._place
        proxy = None if self._tunnel is None else parse_url(self._tunnel.url)
        if self._place.scheme == "http":
            return _Plain(first.host, first.port, proxy=proxy, connect=self._connect)
        made = _Tls(first.host, first.port, proxy=proxy, ssl_context=tls, connect=self._connect)
        if self._tunnel is not None:
            made.set_tunnel(self._place.host, self._place.port)
        return made


def certificate(sock: object) -> bytes:
    """Returns the certificate (DER) of who is at the other end of a socket; empty without TLS, or where it is gone."""
    if not isinstance(sock, ssl.SSLSocket):
        return b""
    with contextlib.suppress(OSError, ValueError):
        return sock.getpeercert(binary_form=True) or b""
    return b""


def _target(url: str) -> str:
    """Returns what a server is asked for (RFC 9112, section 3.2.1)."""
    parts = urlsplit(url)
    # A path that begins with two slashes would be taken for a host.
    first = "/." if parts.path.startswith("//") else ""
    return parse_url(f"{first}{parts.path or '/'}{'?' if parts.query else ''}{parts.query}").request_uri


class _Plain(HTTPConnection):
    """urllib3's connection, with a socket that `connect` makes."""

    response_class = FinalResponse

    def __init__(self, *arguments: Any, connect: Connect, **options: Any) -> None:  # noqa: ANN401  # as urllib3 has them
        super().__init__(*arguments, **options)
        self._connect_to = connect
        self.answering: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        try:
            return self._connect_to(self._dns_host, self.port)
        except OSError as error:
            # urllib3 would take a bare reset here for one that came after the request.
            raise NewConnectionError(self, "failed") from error

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> http.client.HTTPResponse:
        """Sends a request and returns the standard library's own answer: urllib3's is another layer around that."""
        # A server may answer before it has read all, and then close.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            http.client.HTTPConnection.request(self, method, target, body=body, headers=headers)
        # Where it is the last answer, the connection is closed here; its socket is not until the answer is.
        self.answering = self.sock
        return http.client.HTTPConnection.getresponse(self)


class _Tls(_Plain, HTTPSConnection):
    """The same, with TLS."""


class _SharedContext(ssl.SSLContext):
    """A context that many connections are made with at once, so none of them may change it.

    urllib3 sets the protocols of a context for every connection. OpenSSL copies them without a lock for every new one,
    and half of them on the way are an error of TLS, or worse.
    """

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Does nothing."""

    def speak(self, protocols: list[str]) -> None:
        """Sets the protocols (ALPN, RFC 7301) before any connection is made."""
        super().set_alpn_protocols(protocols)


def tls_context(ca_file: Path | None, *, http: bool = False) -> ssl.SSLContext:
    """Returns the one context for a set of authorities: TLS 1.2 or newer, host names checked.

    Args:
        ca_file: their certificates (PEM), read again when the file has changed; None for certifi's.
        http: whether HTTP/1.1 is what will be spoken, and the other side is told so.

    Raises:
        CanaryError: the file cannot be used.
    """
    version = None
    if ca_file is not None:
        # Where there is none, reading it says so.
        with contextlib.suppress(OSError):
            found = ca_file.stat()
            version = found.st_dev, found.st_ino, found.st_mtime_ns
    # Reading it takes longer than a handshake, and many looks begin at once.
    with _reading_authorities:
        return _read_authorities(ca_file, version, http=http)


_reading_authorities = threading.Lock()


@functools.lru_cache(maxsize=_CONTEXTS)
def _read_authorities(ca_file: Path | None, version: tuple[int, int, int] | None, *, http: bool) -> ssl.SSLContext:
    del version
    context = _SharedContext(ssl.PROTOCOL_TLS_CLIENT)  # not create_default_context: it obeys SSLKEYLOGFILE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if http:
        context.speak(["http/1.1"])
    try:
        if ca_file is not None:
            _check_file(ca_file)
        context.load_verify_locations(cafile=ca_file or certifi.where())
    except OSError as error:
        raise CanaryError(
            f"{ca_file or certifi.where()} cannot be used as certificates to trust: {error.strerror}",
            hint="It has to be a file of certificates in PEM form.",
        ) from error
    return context


def _check_file(path: Path) -> None:
    """Checks that a file can be read to its end: OpenSSL would wait at a pipe, and read on at a device.

    Raises:
        OSError: it cannot.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    if found.st_size > CA_FILE_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {CA_FILE_BYTES:,} bytes")
