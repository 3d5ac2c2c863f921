"""Block headers of the Bitcoin chain, as a watcher's own source gives them.

A source answers for a height; who trusts it is the watcher, never the publisher. Offline it is a file: a line for each
header, `HEIGHT HEADER`, spelt as in an anchor (`canary.core.anchor_bitcoin`), empty lines and lines that begin with `#`
apart; or a JSON array of objects with `height` and `header`, whose other members are nothing to us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from canary.core.anchor_bitcoin import BitcoinHeader, parse_bitcoin
from canary.errors import MalformedError

HeaderSource = Callable[[int], BitcoinHeader | None]
"""The port to the watcher's own source of headers. For a height it returns the header of the block there, by the
source's account, its work not checked; None where it knows none or cannot be asked. It raises nothing."""


class _Row(msgspec.Struct, frozen=True):
    height: int
    header: str


def parse_headers(data: bytes) -> tuple[BitcoinHeader, ...]:
    """Reads a file of headers.

    Raises:
        MalformedError: it is in neither of the two forms.
    """
    if data.lstrip()[:1] == b"[":
        return tuple(parse_bitcoin(f"{row.height} {row.header}") for row in _rows(data))
    try:
        lines = data.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise MalformedError("it holds bytes that are not ASCII", what="block headers") from error
    return tuple(_parse_line(line, place) for place, line in enumerate(lines, 1) if line and line[0] != "#")


def _rows(data: bytes) -> list[_Row]:
    try:
        return msgspec.json.decode(data, type=list[_Row])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(
            "it is no JSON array of objects with a height and a header", what="block headers"
        ) from error


def _parse_line(line: str, place: int) -> BitcoinHeader:
    try:
        return parse_bitcoin(line)
    except MalformedError as error:
        raise MalformedError(error.rule, line=place, what="block headers") from error


def source_of(headers: Iterable[BitcoinHeader]) -> HeaderSource:
    """Returns a source that knows the given headers and no others.

    Raises:
        MalformedError: two of them are different blocks of one height.
    """
    known: dict[int, BitcoinHeader] = {}
    for header in headers:
        if known.setdefault(header.height, header) != header:
            raise MalformedError(f"two different headers are said to be block {header.height}", what="block headers")
    return known.get
