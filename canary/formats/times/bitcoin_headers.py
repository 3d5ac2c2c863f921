"""Block headers of the Bitcoin chain, as a watcher's own source gives them.

A source answers for a height; who trusts it is the watcher, never the publisher. Offline it is a file: a line for each
header, `HEIGHT HEADER`, spelt as in an anchor (`canary.core.dating.anchor_bitcoin`), empty lines and lines that begin
with `#` apart; or a JSON array of objects with `height` and `header`, whose other members are nothing to us. Online it
is those who know the chain (`canary.core.dating.anchor_source`), all of whom must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from canary.core.dating.anchor_bitcoin import BitcoinHeader, parse_bitcoin
from canary.errors import MalformedError


class HeaderAnswer(msgspec.Struct, frozen=True):
    """What a source says of one height.

    Attributes:
        header: the header of the block there, its work not checked; None where the source confirms none.
        words: whose word that is, to stand behind "this Bitcoin block holds it, "; or why there is none. For people, no
            full stop.
    """

    header: BitcoinHeader | None
    words: str


HeaderSource = Callable[[int], HeaderAnswer]
"""The port to the watcher's own source of headers: it answers for a height, and raises nothing."""

NO_SOURCE = HeaderAnswer(
    None, "nothing here confirms Bitcoin blocks: name your own source with --bitcoin-source or --bitcoin-headers"
)
"""What a watcher without any source knows of every height."""


class _Row(msgspec.Struct, frozen=True):
    height: int
    header: str


_decode_rows = msgspec.json.Decoder(list[_Row]).decode


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
        return _decode_rows(data)
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
    """Returns a source that knows the given headers, the watcher's own, and no others.

    Raises:
        MalformedError: two of them are different blocks of one height.
    """
    known: dict[int, BitcoinHeader] = {}
    for header in headers:
        if known.setdefault(header.height, header) != header:
            raise MalformedError(f"two different headers are said to be block {header.height}", what="block headers")

    def answer(height: int) -> HeaderAnswer:
        header = known.get(height)
        words = "as the watcher's own headers say" if header else f"the watcher's own headers lack block {height}"
        return HeaderAnswer(header, words)

    return answer


def first_of(sources: Sequence[HeaderSource]) -> HeaderSource:
    """Returns a source that asks others one after another, until one knows the block; else the last one's words count.

    Without any it says that there is none.
    """

    def answer(height: int) -> HeaderAnswer:
        found = NO_SOURCE
        for source in sources:
            found = source(height)
            if found.header is not None:
                break
        return found

    return answer
