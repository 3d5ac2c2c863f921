"""Telling a web service something: only the status of its answer counts, and the address is a secret.

Webhooks and pings carry their token in the path, so no message shows more of an address than its host. The body of an
answer is never read, so that none is too long or too slow once the status has come.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from canary.core.judging.origin import Origin
from canary.edges.web.http_exchange import Exchange, origin_of
from canary.errors import CanaryError

_HINT = "It looks like https://example.net/path."


def tell(
    url: str,
    *,
    what: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float,
    allow_http: bool = False,
    ca_file: Path | None = None,
) -> int:
    """Sends one request and returns the answer's status. No redirect is followed.

    Args:
        url: the whole address; http:// only for this very machine. Only its host stands in messages.
        what: whose address it is, for messages.
        method: `GET` or `POST`.
        body: what to send.
        headers: more headers; none of them ever stands in a message.
        seconds: what all of it may take: DNS, connect, TLS, sending and the answer's headers.
        allow_http: accept http:// for any host; whoever is on the way can then read and change every byte.
        ca_file: certificates (PEM) to trust instead of certifi's.

    Raises:
        CanaryError: the address or the CA file is none that can be used.
        FetchError: no answer came in time.
    """
    place = _checked(url, what, allow_http=allow_http)
    sent = {"User-Agent": "warrant-canary", "Accept": "*/*", "Accept-Encoding": "identity", **(headers or {})}
    exchange = Exchange(place, urlsplit(url).netloc, seconds=seconds, ca_file=ca_file)

    def work() -> int:
        with exchange.send(url, sent, method=method, body=body) as answer:
            return answer.status

    try:
        return exchange.run(work)
    finally:
        exchange.close()


def _checked(url: str, what: str, *, allow_http: bool) -> Origin:
    try:
        found = origin_of(url)
    except ValueError as error:
        raise CanaryError(f"The address of {what} {error}", hint=_HINT) from None
    if found.scheme == "http" and not allow_http and not found.is_loopback:
        raise CanaryError(f"The address of {what} ({found.host}) is not encrypted", hint="Write https://.")
    return found
