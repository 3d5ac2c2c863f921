"""What a web server answered, kept as it came, so that a person can see later why a look failed."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from msgspec.structs import replace

from canary.core.judging.fetched import Answer
from canary.edges.web.http_connections import certificate
from canary.edges.web.http_framing import headers_of
from canary.limits import SIGHTING_BYTES

_HEADERS = 100
_HEADER_CHARACTERS = 1_000
_ALL_HEADERS_CHARACTERS = 16_384
"""What is kept of every header together: an answer's headers have some 1,000, and what is kept lies on a disk."""

_WAIT_SECONDS = 0.5
"""Seconds to wait for the first bytes of an error's page: its status must not be lost for it."""


class Sighted:
    """An answer that is told as it comes: at once with its headers and the host's certificate, later with its body.

    Args:
        raw: the answer, of whose body nothing was read: at its end the connection goes, and with it the certificate.
        url: what was asked for.
        sock: what it comes over; None where that is closed already.
        tell: is told the answer.
    """

    def __init__(
        self,
        raw: http.client.HTTPResponse,
        url: str,
        sock: socket.socket | None,
        tell: Callable[[Answer], None],
    ) -> None:
        self._raw = raw
        self._sock = sock
        self._tell = tell
        self._answer = Answer(url, raw.status, tuple(_shortened(headers_of(raw))), b"", certificate(sock))
        self._beginning = bytearray()
        tell(self._answer)

    def take(self, piece: bytes) -> None:
        """Takes a piece of the body, as it arrived."""
        self._beginning += piece[: SIGHTING_BYTES - len(self._beginning)]

    def end(self) -> None:
        """Tells the beginning of the body; what was not read of it is read as far as it has arrived."""
        beginning = bytes(self._beginning) or self._arrived()
        if beginning:
            self._tell(replace(self._answer, body=beginning))

    def _arrived(self) -> bytes:
        """Returns what has arrived of a body by now, still compressed if it is; nothing that fails here matters."""
        if self._sock is None:
            return b""
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            self._sock.settimeout(min(_WAIT_SECONDS, self._sock.gettimeout() or _WAIT_SECONDS))
            if _begins(self._raw):
                return self._raw.read1(SIGHTING_BYTES)
        return b""


def _shortened(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    left = _ALL_HEADERS_CHARACTERS
    for name, value in islice(headers, _HEADERS):
        kept = name[:_HEADER_CHARACTERS], value[:_HEADER_CHARACTERS]
        left -= len(kept[0]) + len(kept[1])
        if left < 0:
            return
        yield kept


def _begins(raw: http.client.HTTPResponse) -> bool:
    """Tells whether there are first bytes, and one read is enough to have them.

    A chunk begins with a line, and behind the last one stand more (RFC 9112, section 7.1); whoever reads a line waits
    as long as it comes byte by byte.
    """
    if not raw.chunked or raw.isclosed():
        return True
    length, ended, _ = raw.fp.peek(1).partition(b"\n")
    return bool(ended) and int(length.split(b";")[0], 16) > 0
