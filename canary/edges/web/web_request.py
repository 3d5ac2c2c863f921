"""One request to a web service that is not a canary's site: a drand relay, a block explorer, a node of one's own.

The answer is bounded in bytes and in total time by the same rules as everything that is fetched
(`canary.edges.web.http_exchange`). requests prepares it: what a service is asked comes from configurations, in whatever
spelling a person has found for it. No redirect is followed: services are named where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import requests

from canary.edges.web.http_exchange import Exchange, checked_origin, read_body

_EXAMPLE = "https://example.net/api"


def request(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    limit: int,
    seconds: float,
    allow_http: bool = False,
    ca_file: Path | None = None,
    proxy: str | None = None,
) -> tuple[int, bytes]:
    """Sends one request and returns the answer's status and body.

    Args:
        url: the whole address; http:// only for this very machine. It may stand in messages.
        method: `GET` or `POST`.
        body: what to send.
        headers: more headers; none of them ever stands in a message.
        limit: the bytes that the answer's body may have.
        seconds: what all of it may take: DNS, connect, TLS, headers and body.
        allow_http: accept http:// for any host; whoever is on the way can then read and change every byte.
        ca_file: certificates (PEM) to trust instead of certifi's.
        proxy: the proxy to go through (`canary.core.judging.proxy`); None for none.

    Returns:
        The HTTP status, and the body, decompressed; empty unless the status is 200 to 299.

    Raises:
        CanaryError: the address, the proxy or the CA file is none that can be used.
        FetchError: nothing came back in time, or more than `limit` bytes.
    """
    place = checked_origin(
        url,
        what="the service",
        example=_EXAMPLE,
        allow_http=allow_http,
        proxied=proxy is not None,
        hint="Write https://, or reach it through a tunnel that ends on this machine.",
    )
    sent = {"User-Agent": "warrant-canary", "Accept": "*/*", "Accept-Encoding": "identity", **(headers or {})}
    prepared = requests.Request(method, url, headers=sent, data=body).prepare()
    sent, target = dict(prepared.headers), prepared.url or url
    exchange = Exchange(place, urlsplit(url).netloc, seconds=seconds, ca_file=ca_file, proxy=proxy)

    def work() -> tuple[int, bytes]:
        with exchange.send(target, sent, method=method, body=body) as raw:
            return raw.status, read_body(raw, url, limit) if raw.status in range(200, 300) else b""

    try:
        return exchange.run(work)
    finally:
        exchange.close()
