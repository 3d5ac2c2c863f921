"""A canary's site on a web server, fetched over HTTP; `canary.edges.web.http_exchange` bounds every request."""

from __future__ import annotations

import http
import http.client
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import quote, urljoin, urlsplit

from canary import limits
from canary.core.judging.fetched import Answer, ElsewhereError, Fetched, kept_etag, segments, shown
from canary.core.judging.origin import Origin, origin
from canary.edges.web.http_answers import Sighted
from canary.edges.web.http_exchange import Exchange, checked_origin, read_body
from canary.edges.web.http_framing import header
from canary.errors import CanaryError, FetchError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EXAMPLE = "https://example.net/canary"


class HttpSource:
    """A `canary.core.judging.fetched.Source` over HTTPS, for one look, from one thread at a time; a context manager.

    Args:
        base_url: where the canary is, `https://example.net/canary`. http:// only for this very machine.
        seconds: what the whole look may take, counted from here: DNS, connect, TLS, headers and bodies of every
            request.
        allow_http: accept http:// for any host; whoever is on the way can then change every byte.
        ca_file: certificates (PEM) to trust instead of certifi's.
        proxy: the proxy that every request goes through (`canary.core.judging.proxy`); None for none.
        seen: is told each answer as it came, and None when another is asked for. Where a certificate does not hold,
            that is all of the answer.
        public_only: where no proxy is asked, refuse addresses within private networks, and this very machine's own.

    Raises:
        CanaryError: the address, the proxy or the CA file is none that can be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        seconds: float = limits.FETCH_SECONDS,
        allow_http: bool = False,
        ca_file: Path | None = None,
        proxy: str | None = None,
        seen: Callable[[Answer | None], None] | None = None,
        public_only: bool = False,
    ) -> None:
        self._seen = seen
        self._origin = _checked_base(base_url, allow_http=allow_http, proxied=proxy is not None)
        self._base = base_url.rstrip("/") + "/"
        host = urlsplit(base_url).netloc
        self._exchange = Exchange(
            self._origin, host, seconds=seconds, ca_file=ca_file, proxy=proxy, public_only=public_only
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection; nothing can be fetched afterwards."""
        self._exchange.close()

    def describe(self) -> str:
        """Returns the location in words, for messages."""
        return self._base

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        """Fetches one file; see `canary.core.judging.fetched.Source.get`.

        Raises:
            ElsewhereError: it redirects to another origin.
            FetchError: nothing authoritative came back in time.
        """
        url = self._base + self._quoted(path)
        headers = {"User-Agent": "warrant-canary", "Accept": "*/*", "Accept-Encoding": "identity"}
        if kept := kept_etag(etag):
            headers["If-None-Match"] = kept
        if fresh:
            headers |= {"Cache-Control": "no-cache", "Pragma": "no-cache"}
        try:
            return self._exchange.run(lambda: self._fetch(path, url, headers, limit))
        except FetchError as error:
            if self._seen is not None and (certificate := self._exchange.certificate_after(error)):
                self._seen(Answer(url, None, (), b"", certificate))
            raise

    def _quoted(self, path: str) -> str:
        """Returns a path as it stands behind the base in an address."""
        return "/".join(quote(name) for name in segments(path))

    def _fetch(self, path: str, url: str, headers: Mapping[str, str], limit: int) -> Fetched:
        """Does what `get` promises, as work that may be cut off."""
        if self._seen is not None:
            self._seen(None)
        for _ in range(limits.REDIRECTS + 1):
            with self._exchange.send(url, headers) as raw:
                sighted = None if self._seen is None else Sighted(raw, url, self._exchange.socket, self._seen)
                location = header(raw, "Location")
                if raw.status not in _REDIRECTS or location is None:
                    try:
                        return _read(raw, url, limit, headers.get("If-None-Match"), sighted)
                    finally:
                        if sighted is not None:
                            sighted.end()
            url = self._redirected(path, url, location)
        raise FetchError(f"{url}: redirected more than {limits.REDIRECTS} times")

    def _redirected(self, path: str, url: str, location: str) -> str:
        """Returns where a redirect leads, if it stays on this origin."""
        target = location
        try:
            target = urljoin(url, location)
            stays = origin(target) == self._origin
        except ValueError:
            stays = False
        if not stays:
            what = f"{url}: redirects elsewhere, to {shown(location)}"
            raise ElsewhereError(what, path=path, target=target, public=self._exchange.is_public)
        return target


def _read(raw: http.client.HTTPResponse, url: str, limit: int, asked: str | None, sighted: Sighted | None) -> Fetched:
    """Returns an answer that is no redirect, with its body where it counts."""
    etag = kept_etag(header(raw, "ETag"))
    if raw.status == http.HTTPStatus.NOT_MODIFIED:
        if asked is None:
            raise FetchError(f"{url}: says that nothing changed, without having been asked that")
        etag = etag or asked
    elif raw.status not in range(200, 300):
        return Fetched(raw.status, b"", None)
    return Fetched(raw.status, read_body(raw, url, limit, None if sighted is None else sighted.take), etag)


def check_address(url: str) -> None:
    """Raises CanaryError where an address holds more than an origin and a path."""
    if {"?", "#"} & set(url):
        raise CanaryError("The address of the canary holds a query or a fragment", hint=f"It looks like {_EXAMPLE}.")


def _checked_base(url: str, *, allow_http: bool, proxied: bool) -> Origin:
    """Returns the origin of the canary's address; raises CanaryError where it is none that can be used."""
    found = checked_origin(
        url,
        what="the canary",
        example=_EXAMPLE,
        allow_http=allow_http,
        proxied=proxied,
        hint="Write https://, or allow http explicitly (--allow-http).",
    )
    check_address(url)
    return found
