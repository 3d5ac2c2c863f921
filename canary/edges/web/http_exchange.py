"""Requests to one origin in bounded time: what every use of HTTP in this project goes through.

What a hostile server, network or proxy can do is bounded: bytes by the limit of each answer, time by one deadline for
every request of an exchange, places by the one origin that was given. Nothing in the environment (proxies, CA bundles,
netrc, SSLKEYLOGFILE) has a say.

Facts that shaped this module:

* `requests` reads the whole body of a redirect, unbounded, even where none is followed, and its layers and those of
  urllib3's pools take as long again as the handshake. So urllib3 makes the connections here, with TLS and through
  proxies, and the standard library asks and answers over them.
* A socket's timeout is for each read: a server that sends a byte a second is never late. So another thread watches
  over every request, and cuts its socket when the time is up.
* The standard library's `HTTPResponse.read` takes a chunk size of -1 for "all that comes"; `read1` does not.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from urllib3.exceptions import HTTPError, ProxyError

from canary.core.judging.fetched import shown
from canary.core.judging.origin import Origin, is_public, origin
from canary.core.judging.proxy import SOCKS, parse_proxy
from canary.edges.web.http_connections import (
    Connect,
    Deadline,
    PinnedConnection,
    PrivateAddressError,
    tls_context,
)
from canary.edges.web.http_framing import header
from canary.edges.web.http_socks import SocksError, through_socks
from canary.edges.web.timed_work import in_time_here
from canary.errors import CanaryError, FetchError

T = TypeVar("T")

_READ_BYTES = 16_384
"""Bytes of one read of a body."""

_NAME = re.compile(r"[a-z0-9_][a-z0-9_.-]*")
"""A host that can be asked: a name, or an address (RFC 952, RFC 1123; with the underscore that some names have)."""

_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})

_THROUGH_TOR = "Say where Tor is: --proxy socks5h://127.0.0.1:9050, with a Tor that runs on this machine."

_CERTIFICATE_WORDS = {
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: "the certificate is signed by itself, not by an authority",
    19: "the certificate comes from an authority that is not trusted here",
    20: "the certificate comes from an authority that is not trusted here",
    62: "the certificate is not valid for this host name",
    64: "the certificate is not valid for this address",
}
"""By OpenSSL's X509_V_ERR numbers."""


class Exchange:
    """Requests to one origin, from one thread at a time, until a deadline.

    Args:
        place: the origin.
        host: what it is called in messages.
        seconds: what every request together may take, counted from here: DNS, connect, TLS, headers and bodies.
        ca_file: certificates (PEM) to trust instead of certifi's.
        proxy: the proxy that every request goes through (`canary.core.judging.proxy`); None for none.
        public_only: where no proxy is asked, refuse addresses within private networks, and this very machine's own.

    Raises:
        CanaryError: the proxy or the CA file is none that can be used.
    """

    def __init__(
        self,
        place: Origin,
        host: str,
        *,
        seconds: float,
        ca_file: Path | None = None,
        proxy: str | None = None,
        public_only: bool = False,
    ) -> None:
        through = None if proxy is None else parse_proxy(proxy)
        self._place = place
        self._host = host
        self._look = Deadline(seconds, public_only=public_only and through is None)
        connect: Connect = self._look.connect
        tunnel = through
        if through is not None and through.scheme == SOCKS:
            connect, tunnel = through_socks(through, self._look), None
        self._is_direct = through is None
        self._connection = PinnedConnection(place, tls_context(ca_file, http=True), connect, tunnel)

    def close(self) -> None:
        """Closes every connection; nothing can be asked afterwards."""
        self._look.end()
        self._connection.close()

    @property
    def is_public(self) -> bool:
        """Whether it is, as far as can be seen from here, not this very machine or one of its private network."""
        return is_public(self._look.reached if self._is_direct and self._look.reached else self._place.host)

    def certificate_after(self, error: FetchError) -> bytes:
        """Returns the certificate (DER) that does not hold, after the error that says so; empty if it is not to be had.

        The library does not give it away with its error, so the host is asked again: what it shows may be another one
        by then. Nothing is sent to it.
        """
        if not any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
            return b""
        try:
            return self.run(self._connection.shown_certificate)
        except FetchError:
            return b""

    def run(self, work: Callable[[], T]) -> T:
        """Does some work with this exchange, which is cut off at the deadline, and returns what it returns.

        Raises:
            FetchError: it did not end in time, or the network, TLS or the answer failed it.
        """
        try:
            return in_time_here(self._look, lambda: self._told_of(work))
        except TimeoutError:
            raise self._late() from None

    @contextlib.contextmanager
    def send(
        self, url: str, headers: Mapping[str, str], *, method: str = "GET", body: bytes | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """Sends one request and gives its answer, the body unread; for the work that `run` does."""
        attempts = self._look.attempts
        try:
            answer = self._connection.send(method, url, headers, body, seconds=self._look.left())
        except (OSError, http.client.HTTPException) as error:
            if self._look.attempts > attempts or isinstance(error, TimeoutError):
                raise
            # It went over a connection kept from before, which any server may close at any time.
            answer = self._connection.send(method, url, headers, body, seconds=self._look.left())
        try:
            yield answer
        finally:
            is_whole = answer.isclosed() or answer.length == 0
            answer.close()
            if not is_whole:
                # What is left of it would be taken for the beginning of the next answer.
                self._connection.close()

    @property
    def socket(self) -> socket.socket | None:
        """The socket that the last answer came over, while it is open."""
        return self._connection.socket

    def _told_of(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (OSError, ValueError, HTTPError, http.client.HTTPException, zlib.error) as error:
            raise self._told(error) from error

    def _late(self) -> FetchError:
        return FetchError(f"{self._host} did not answer within {round(self._look.seconds, 1):g} s")

    def _told(self, error: BaseException) -> FetchError:
        """Returns what went wrong in one plain sentence; no library's own words, and no server's."""
        causes = list(_causes(error))
        if any(isinstance(cause, TimeoutError) for cause in causes):
            return self._late()
        words, hint = in_words(causes) or ("the answer is not valid HTTP", "")
        through = ", through the proxy" if any(isinstance(cause, ProxyError) for cause in causes) else ""
        return FetchError(f"{self._host}{through}: {words}", hint=hint)


def in_words(causes: Sequence[BaseException]) -> tuple[str, str] | None:
    """Returns what went wrong with a connection, and what to do about it; None for what is no fault of one.

    Args:
        causes: the error, and the errors that it was made from.
    """
    found = ((words, cause) for kind, words in _WORDS for cause in causes if isinstance(cause, kind))
    words, cause = next(found, (None, None))
    if words is None:
        return None
    hint = ""
    if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in (9, 10):
        hint = "Check this machine's clock; if it is right, the host has to renew its certificate."
    return words if isinstance(words, str) else words(cause), hint


def read_body(raw: http.client.HTTPResponse, url: str, limit: int, tap: Callable[[bytes], None] | None = None) -> bytes:
    """Returns the body of an answer, decompressed.

    Args:
        raw: the answer.
        url: where it came from, for messages.
        limit: the bytes that it may have.
        tap: is given each piece as it arrived, before it is decompressed.

    Raises:
        FetchError: it is longer than `limit` bytes, or compressed as nobody asked for, or broken.
        OSError, HTTPError, HTTPException, zlib.error: it did not arrive, or does not decompress.
    """
    # Joined here, and collected in no variable: an error's traceback would keep what had arrived in memory.
    return b"".join(_pieces(raw, url, limit, tap))


def _pieces(
    raw: http.client.HTTPResponse, url: str, limit: int, tap: Callable[[bytes], None] | None
) -> Iterator[bytes]:
    coding = (header(raw, "Content-Encoding") or "").strip().lower()
    unpack, most = None, limit
    if coding in _COMPRESSED:
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)  # either header, as zlib.h says of inflateInit2
        most += limit // 256 + 1_024  # what cannot be compressed grows a little by it
    elif coding not in ("", "identity"):
        raise FetchError(f"{url}: compressed in a way that was not asked for, {shown(coding)}")
    over = FetchError(f"{url}: larger than the {limit} bytes it may have")
    if (raw.length or 0) > most:
        raise over
    arrived = length = 0
    while piece := raw.read1(min(_READ_BYTES, most + 1 - arrived)):
        arrived += len(piece)
        if tap is not None:
            tap(piece)
        unpacked = piece if unpack is None else unpack.decompress(piece, limit + 1 - length)
        length += len(unpacked)
        if length > limit or arrived > most:
            raise over
        yield unpacked
    if raw.length:
        raise http.client.IncompleteRead(b"", raw.length)
    if unpack is not None and arrived and (not unpack.eof or unpack.unused_data):
        raise FetchError(f"{url}: the compressed answer is broken")


def checked_origin(url: str, *, what: str, example: str, allow_http: bool, proxied: bool, hint: str) -> Origin:
    """Returns the origin of an address.

    Args:
        url: the address.
        what: whose address it is, for messages.
        example: what such an address looks like.
        allow_http: accept http:// for any host, and not only for this very machine.
        proxied: whether a proxy is asked, which makes this very machine another one.
        hint: what to do about an address that is not encrypted.

    Raises:
        CanaryError: it is none that can be used.
    """
    try:
        found = origin_of(url)
    except ValueError as error:
        raise CanaryError(f"The address of {what} {error}", hint=f"It looks like {example}.") from None
    if found.is_onion and not proxied:
        # And no resolver is asked for such a name (RFC 7686, section 2).
        raise CanaryError(f"{url} is an onion service, which only Tor reaches", hint=_THROUGH_TOR)
    if found.scheme == "http" and not allow_http and (proxied or not found.is_loopback):
        if found.is_onion:
            hint = f"{hint} It is safe for an onion service that Tor itself reaches: Tor encrypts, and checks the name."
        raise CanaryError(f"{url} is not encrypted: whoever is on the way can read and change what comes", hint=hint)
    return found


def origin_of(url: str) -> Origin:
    """Returns the origin of an address that can be asked.

    Raises:
        ValueError: it is malformed or has credentials; the message ends the sentence "The address ...", and holds
            nothing of it.
    """
    found = origin(url)
    if not _NAME.fullmatch(found.host) and ":" not in found.host:
        raise ValueError("is malformed")
    return found


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yields an error and all that it was made from: urllib3 passes the cause as an argument."""
    yield error
    for inner in (*error.args, error.__cause__):
        if isinstance(inner, BaseException):
            yield from _causes(inner)


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        unknown = f"the certificate cannot be verified ({error.verify_message})"
        return _CERTIFICATE_WORDS.get(error.verify_code, unknown)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return "the connection was closed in the middle of TLS"
    return f"TLS failed ({(error.reason or 'no reason given').lower().replace('_', ' ')})"


def _system_words(error: OSError) -> str:
    if refused := re.match(r"Tunnel connection failed: (\d{3})\b", str(error)):
        return f"the proxy refused, with status {refused[1]}"
    return "the connection failed" + (f" ({error.strerror})" if error.errno and error.strerror else "")


_WORDS: tuple[tuple[type[BaseException], str | Callable[[Any], str]], ...] = (
    (SocksError, lambda error: error.words),
    (PrivateAddressError, "the name leads into a private network"),
    (ssl.SSLError, _tls_words),
    (socket.gaierror, "the name does not resolve"),
    (UnicodeError, "the host name is not a valid one"),
    (http.client.IncompleteRead, "the answer broke off"),
    (http.client.RemoteDisconnected, "the connection was closed without an answer"),
    (http.client.LineTooLong, "the answer has headers that are too long"),
    (http.client.HTTPException, "what came back is not HTTP"),
    (zlib.error, "the compressed answer is broken"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "the connection broke off"),
    (OSError, _system_words),
)
"""What happened, by the first kind that fits any of the causes; more specific kinds come first."""
