"""Connections of one look: to one origin, over one shared TLS context, cut when the look's time is up."""

from __future__ import annotations

import contextlib
import functools
import http.client
import socket
import ssl
import threading
import time
from pathlib import Path

import certifi
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import NewConnectionError

from canary.core.origin import Origin
from canary.errors import CanaryError


class Deadline:
    """The time that is left, and a handle on the one socket that is open, so that another thread can cut it.

    The handle is a duplicate, so that it does not matter to whom urllib3 has passed the socket itself by then, nor
    that TLS was wrapped around it: shutting down a duplicate ends the connection.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.attempts = 0
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

    def connect(self, host: str, port: int) -> socket.socket:
        """Returns a socket that is connected to one of the host's addresses."""
        self.attempts += 1
        addresses = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        failure = OSError()
        for position, (family, kind, protocol, _, address) in enumerate(addresses):
            sock = socket.socket(family, kind, protocol)
            try:
                self._hold(sock)
                # An equal share, so that an address that swallows packets leaves time for the next.
                sock.settimeout(self.left() / (len(addresses) - position))
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(self.left())
            except OSError as error:
                sock.close()
                failure = error
            else:
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
    """

    def __init__(self, place: Origin, tls: ssl.SSLContext, look: Deadline, proxy: str | None) -> None:
        super().__init__()
        self.init_poolmanager(1, 1, ssl_context=tls)
        manager = self.poolmanager if proxy is None else self.proxy_manager_for(proxy, ssl_context=tls)
        self._pool: HTTPConnectionPool = manager.connection_from_host(place.host, place.port, place.scheme)
        self._pool.ConnectionCls = _connection_classes(look)[self._pool.scheme]

    def get_connection_with_tls_context(self, *_: object, **__: object) -> HTTPConnectionPool:
        """Returns the one pool, whatever is asked for."""
        return self._pool

    def cert_verify(self, conn: object, url: str, verify: object, cert: object) -> None:
        """Does nothing: the context knows whom to trust."""

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


def _connection_classes(look: Deadline) -> dict[str, type[HTTPConnection]]:
    """Returns urllib3's classes of connections, by scheme, that get their sockets from `look`."""

    class Plain(HTTPConnection):
        response_class = _FinalResponse

        def _new_conn(self) -> socket.socket:
            try:
                return look.connect(self._dns_host, self.port)
            except OSError as error:
                # urllib3 would take a bare reset here for one that came after the request.
                raise NewConnectionError(self, "failed") from error

    class Tls(Plain, HTTPSConnection):
        pass

    return {"http": Plain, "https": Tls}


@functools.cache
def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Returns the one context for a set of authorities: TLS 1.2 or newer, host names checked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # not create_default_context: it obeys SSLKEYLOGFILE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=ca_file or certifi.where())
    except OSError as error:
        raise CanaryError(
            f"{ca_file or certifi.where()} cannot be used as certificates to trust: {error.strerror}",
            hint="It has to be a file of certificates in PEM form.",
        ) from error
    return context
