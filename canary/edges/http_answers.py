"""What a web server answered, kept as it came, so that a person can see later why a look failed."""

from __future__ import annotations

import contextlib
import http.client
import ssl

import urllib3
from urllib3.exceptions import HTTPError

from canary.core.fetched import Answer

_HEADERS = 100
_HEADER_CHARACTERS = 1_000

_WAIT_SECONDS = 0.5
"""Seconds to wait for the first bytes of an error's page: its status must not be lost for it."""


def answer_of(raw: urllib3.BaseHTTPResponse, url: str, body: bytes) -> Answer:
    """Returns an answer with its headers and the host's certificate.

    Args:
        raw: the answer; its connection is still open, or there is no certificate.
        url: what was asked for.
        body: the beginning of its body.
    """
    headers = list(raw.headers.items())[:_HEADERS]
    shortened = tuple((name[:_HEADER_CHARACTERS], value[:_HEADER_CHARACTERS]) for name, value in headers)
    return Answer(url, raw.status, shortened, body, _certificate(raw))


def read_beginning(raw: urllib3.BaseHTTPResponse, most: int) -> bytes:
    """Returns what has arrived of a body by now, still compressed if it is; nothing that fails here matters."""
    socket = getattr(raw.connection, "sock", None)
    if socket is None:
        return b""
    waits = socket.gettimeout()
    with contextlib.suppress(OSError, ValueError, HTTPError, http.client.HTTPException):
        socket.settimeout(min(_WAIT_SECONDS, waits or _WAIT_SECONDS))
        return raw.read1(most, decode_content=False)
    return b""


def _certificate(raw: urllib3.BaseHTTPResponse) -> bytes:
    socket = getattr(raw.connection, "sock", None)
    if not isinstance(socket, ssl.SSLSocket):
        return b""
    with contextlib.suppress(OSError, ValueError):
        return socket.getpeercert(binary_form=True) or b""
    return b""
