"""What fetching a file of a canary's site brings back, and the port through which the rules' callers ask.

A location is a web server (`canary.edges.web.http`) or a folder that holds a copy of the site
(`canary.edges.disk.folder`). Both give the same answers, so that what is decided about an answer is decided once.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from canary.errors import FetchError

_ETAG_CHARACTERS = 200
_SHOWN_CHARACTERS = 120


class Fetched(msgspec.Struct, frozen=True):
    """One answer of a location.

    Attributes:
        status: the HTTP status; a folder answers 200, 304 or 404.
        body: the file's bytes, decompressed; empty unless the status is 200 to 299. The page that comes with
            an error is not read, so that a large or broken one cannot hide its status.
        etag: what to ask with next time; None where the location gave none that is worth keeping.
    """

    status: int
    body: bytes
    etag: str | None


class Answer(msgspec.Struct, frozen=True):
    """One answer of a web server as it came, for a person to look at when something failed. Nothing in it is trusted.

    Attributes:
        url: what was asked for.
        status: the HTTP status; None where the host's certificate did not hold, and so nothing was asked.
        headers: the headers, at most 100 of them.
        body: the first bytes of the body, compressed if it came so.
        certificate: the host's certificate (DER); empty without TLS.
    """

    url: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    certificate: bytes


class ElsewhereError(FetchError):
    """A redirect to another origin, which no ordinary look follows.

    Args:
        what: one sentence: who redirects, and where to.
        path: the file that was asked for.
        target: where the redirect leads; nothing in it is trusted.
        public: whether it came from a place that may be anywhere, and not from this machine or its network.
    """

    def __init__(self, what: str, *, path: str, target: str, public: bool) -> None:
        super().__init__(what)
        self.path = path
        self.target = target
        self.public = public


class Source(Protocol):
    """A location that a canary's files are fetched from."""

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        """Fetches one file.

        Args:
            path: the file, relative to the canary's base: segments joined by `/`, none of them empty, no `/` in
                front.
            limit: the bytes that the body may have, decompressed.
            etag: makes the request conditional (If-None-Match): where the file is still the one that had this
                ETag, the answer is 304 with an empty body.
            fresh: asks every cache on the way for an uncached copy (Cache-Control and Pragma: no-cache).

        Returns:
            The answer, whatever its status; 304 only where `etag` was given.

        Raises:
            ElsewhereError: a redirect to another origin.
            FetchError: nothing authoritative could be fetched: network, TLS, deadline, a body over the limit,
                compressed junk, or a path that leads out of the canary.
        """

    def describe(self) -> str:
        """Returns the location in words, for messages."""


def segments(path: str) -> list[str]:
    """Splits the path of a file as `Source.get` takes it.

    Args:
        path: relative to the canary's base.

    Returns:
        The names on the way, at least one.

    Raises:
        FetchError: the path is empty, absolute or leads upwards, or has a character that no file of a canary's
            site has in its name.
    """
    names = path.split("/")
    if any(name in ("", ".", "..") for name in names) or not (path.isascii() and path.isprintable()) or "\\" in path:
        raise FetchError(f"{shown(path)} is no path within a canary")
    return names


def kept_etag(etag: str | None) -> str | None:
    """Returns an ETag if it is worth keeping and safe to send back: printable ASCII, at most 200 characters."""
    if etag is None or not (etag.isascii() and etag.isprintable()) or len(etag) > _ETAG_CHARACTERS:
        return None
    return etag.strip() or None


def shown(text: str) -> str:
    """Returns a stranger's text fit for a message: in quotes, in ASCII, at most some 120 characters of it."""
    return f"{text[:_SHOWN_CHARACTERS]!a}" + ("..." if len(text) > _SHOWN_CHARACTERS else "")
