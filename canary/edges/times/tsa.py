"""Asking RFC 3161 authorities over HTTP (RFC 3161, section 3.4).

http:// is taken for any host: most public authorities speak nothing else, and a token proves itself, whoever carried
it. What is on the way sees the hash of an entry that is about to be public.
"""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

from canary import limits
from canary.edges.web.web_request import request
from canary.errors import BadAnswerError, MalformedError, NotAskedError
from canary.formats.times.rfc3161 import QUERY_TYPE, check_answer, make_query

_OK = 200


def ask_authority(url: str, entry: bytes, *, seconds: float, ca_file: Path | None = None) -> bytes:
    """Returns an authority's reply over an entry, as it was received: granted, and with the nonce of this request.

    Args:
        url: the authority's address.
        entry: the whole entry; only its SHA-256 leaves this machine.
        seconds: what all of it may take: DNS, connect, TLS, headers and body.
        ca_file: certificates (PEM) to trust for TLS instead of certifi's.

    Raises:
        FetchError: the authority, by its host's name, and why there is no token of it.
        BadAnswerError: the same, where it answered with something else.
        CanaryError: the address or the CA file is none that can be used, or rfc3161-client is missing.
    """
    query = make_query(entry)
    status, body = request(
        url,
        method="POST",
        body=query.body,
        headers={"Content-Type": QUERY_TYPE},
        limit=limits.EVIDENCE_BYTES,
        seconds=seconds,
        allow_http=True,
        ca_file=ca_file,
    )
    host = urlsplit(url).netloc
    if status != _OK:
        raise BadAnswerError(f"{host} answered with status {status}")
    try:
        check_answer(query, body)
    except MalformedError as error:
        raise BadAnswerError(f"{host} answered, but {error.rule}") from error
    return body


class Authorities:
    """Asks one authority after another, all within one budget of seconds (`canary.flows.issue.stamping.Ask`).

    Args:
        seconds: what all of them together may take, counted from the first one.
        each: what one of them may take at most.
        ca_file: certificates (PEM) to trust for TLS instead of certifi's.
    """

    def __init__(self, *, seconds: float, each: float = limits.AUTHORITY_SECONDS, ca_file: Path | None = None) -> None:
        self._seconds = seconds
        self._each = each
        self._ca_file = ca_file
        self._ends: float | None = None

    def __call__(self, url: str, entry: bytes) -> bytes:
        """Returns an authority's reply; see `ask_authority`.

        Raises:
            CanaryError: there is none, or no time is left.
        """
        now = time.monotonic()
        if self._ends is None:
            self._ends = now + self._seconds
        left = min(self._each, self._ends - now)
        if left <= 0:
            host = urlsplit(url).netloc
            raise NotAskedError(f"{host} was not asked: the {self._seconds:g} s for authorities were over")
        return ask_authority(url, entry, seconds=left, ca_file=self._ca_file)
