"""A web service at one address, asked in bounded time, and answers from it read strictly."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from canary.core.judging.fetched import shown
from canary.core.judging.origin import origin
from canary.edges.web.web_request import request
from canary.errors import FetchError, MalformedError

T = TypeVar("T")
_OK = 200


class Service:
    """A service at one address.

    Args:
        url: its address, without a slash at its end.
        seconds: what each request may take.
        proxy: the proxy to ask through (`canary.core.judging.proxy`), unless the service is on this very machine, where
        no
            proxy finds it; None for none.

    Attributes:
        name: its host, for messages.
    """

    def __init__(self, url: str, *, seconds: float, proxy: str | None = None) -> None:
        self.name = urlsplit(url).netloc
        self._url = url
        self._seconds = seconds
        self._proxy = proxy

    def get(self, path: str, *, limit: int) -> bytes:
        """Returns what lies at a path below the address.

        Raises:
            FetchError: nothing came back in time, too much, or another status than 200.
        """
        return self._ask(path, limit=limit)

    def post(self, path: str, body: bytes, headers: Mapping[str, str], *, limit: int) -> bytes:
        """Returns what is answered to `body`.

        Raises:
            FetchError: nothing came back in time, too much, or another status than 200.
        """
        return self._ask(path, limit=limit, method="POST", body=body, headers=headers)

    def _ask(
        self,
        path: str,
        *,
        limit: int,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        status, answer = request(
            self._url + path,
            method=method,
            body=body,
            headers=headers,
            limit=limit,
            seconds=self._seconds,
            proxy=None if self._is_here() else self._proxy,
        )
        if status != _OK:
            raise FetchError(f"{self.name} answered with status {status}")
        return answer

    def _is_here(self) -> bool:
        with contextlib.suppress(ValueError):  # which `request` tells
            return origin(self._url).is_loopback
        return False


def read_line(data: bytes) -> str:
    """Returns the one line that an answer is.

    Raises:
        MalformedError: it is not ASCII, or more than a line.
    """
    try:
        text = data.decode("ascii").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise MalformedError("it is not ASCII", what="the answer") from error
    if not text.isprintable():
        raise MalformedError(f"it is not one line of text: {shown(text)}", what="the answer")
    return text


def read_json(data: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Returns what a JSON document says; fields that the decoder's type has not are passed over.

    Raises:
        MalformedError: it is no JSON, or not of that type.
    """
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MalformedError("it is not the JSON that was asked for", what="the answer") from error
