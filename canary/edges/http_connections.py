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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import certifi
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import NewConnectionError

from canary.core.origin import Origin, is_public
from canary.core.proxy import Proxy
from canary.errors import CanaryError
from canary.limits import CA_FILE_BYTES

Connect = Callable[[str, int], socket.socket]
"""Returns a socket that is connected to a host and port, on whatever way."""


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
        addresses = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        failure = OSError()
        for position, (family, kind, protocol, _, address) in enumerate(addresses):
            if self._public_only and not is_public(str(address[0])):
                failure = PrivateAddressError()
                continue
            sock = make(family, kind, protocol)
            try:
                self._hold(sock)
                # An equal share, so that an address that swallows packets leaves time for the next.
                sock.settimeout(self.left() / (len(addresses) - position))
                reach(sock, address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(self.left())
            except OSError as error:
                sock.close()
                failure = error
            else:
                self.reached = str(address[0])
                return sock
        raise failure

    def _hold(self, sock: socket.socket) -> None:
        """Takes a handle on a new socket, and lets go of the one before."""
        with self._lock:
            self.left()  # the resolver may have hung until long after the cut
            before, self._handle = self._handle, sock.dup()
        if before is not None:
            before.close()

    def cut(self) -> None:
        """Ends the connection, and every wait for one; there will be no more."""
        with self._lock:
            self._over = True
            handle, self._handle = self._handle, None
        if handle is not None:
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            handle.close()


class PinnedAdapter(HTTPAdapter):
    """requests' adapter with one TLS context for all, and one pool of connections that the look can cut.

    Stock requests reads the CA bundle again for every connection, and makes a pool for any host it is asked for.

    Args:
        place: the origin.
        tls: whom to trust.
        connect: makes every connection.
        tunnel: a proxy that is spoken to in HTTP; None where there is none, or `connect` sees to it.
    """

    def __init__(self, place: Origin, tls: ssl.SSLContext, connect: Connect, tunnel: Proxy | None) -> None:
        super().__init__()
        self.init_poolmanager(1, 1, ssl_context=tls)
        manager = self.poolmanager if tunnel is None else self.proxy_manager_for(tunnel.url, ssl_context=tls)
        self._place = place
        self._tunnel = tunnel
        self._pool: HTTPConnectionPool = manager.connection_from_host(place.host, place.port, place.scheme)
        plain, self._tls = _connection_classes(connect)
        self._pool.ConnectionCls = plain if self._pool.scheme == "http" else self._tls

    def get_connection_with_tls_context(self, *_: object, **__: object) -> HTTPConnectionPool:
        """Returns the one pool, whatever is asked for."""
        return self._pool

    def cert_verify(self, conn: object, url: str, verify: object, cert: object) -> None:
        """Does nothing: the context knows whom to trust."""

    def shown_certificate(self) -> bytes:
        """Returns the certificate (DER) that the origin shows, whoever signed it, to be looked at and not trusted.

        The connection is one of its own, and ends after the handshake: nothing is asked over it.
        """
        anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
        first = self._tunnel or self._place
        connection = self._tls(first.host, first.port, ssl_context=anyone)
        if self._tunnel is not None:
            connection.set_tunnel(self._place.host, self._place.port)
        try:
            connection.connect()
            sock = connection.sock
            return (sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else None) or b""
        finally:
            connection.close()

    def close(self) -> None:
        """Closes every connection."""
        super().close()
        # Otherwise the connections stay open until the pool is garbage.
        self._pool.close()


class _FinalResponse(http.client.HTTPResponse):
    """An answer without the interim ones before it, which any client must expect (RFC 9110, section 15.2).

    The standard library skips 100 (Continue) alone, and would take 103 (Early Hints) for the answer.
    """

    def begin(self) -> None:
        """Reads status and headers; 101 is final, because another protocol follows it."""
        super().begin()
        while self.status in range(102, 200):
            self.headers = None  # type: ignore[assignment]  # which is how the base class knows that it has read none
            super().begin()


def _connection_classes(connect: Connect) -> tuple[type[HTTPConnection], type[HTTPSConnection]]:
    """Returns urllib3's classes of connections, without TLS and with it, that get their sockets from `connect`."""

    class Plain(HTTPConnection):
        response_class = _FinalResponse

        def _new_conn(self) -> socket.socket:
            try:
                return connect(self._dns_host, self.port)
            except OSError as error:
                # urllib3 would take a bare reset here for one that came after the request.
                raise NewConnectionError(self, "failed") from error

    class Tls(Plain, HTTPSConnection):
        pass

    return Plain, Tls


@functools.cache
def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Returns the one context for a set of authorities: TLS 1.2 or newer, host names checked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # not create_default_context: it obeys SSLKEYLOGFILE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
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
