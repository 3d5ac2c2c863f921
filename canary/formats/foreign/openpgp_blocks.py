"""Splits files into blocks of ASCII armor by their first and last lines (RFC 9580, sections 6.2 and 7).

Nothing inside a block is read here; gpg does that. A block begins at the start of a line, as gpg needs it, or right
behind a page's tag (`<pre>-----BEGIN …`) or the start of a page's comment, perhaps after blanks. Inside a block that
begins at the start of a line only lines that are nothing but a marker count, so that what a signed text quotes is no
block: gpg puts `- ` before such a line when it signs one.
"""

from __future__ import annotations

import re
from enum import Enum

import msgspec


class Kind(Enum):
    """What is inside a block, as its first line calls it."""

    CLEARSIGNED = b"SIGNED MESSAGE"
    SIGNATURE = b"SIGNATURE"
    CERTIFICATE = b"PUBLIC KEY BLOCK"


class Block(msgspec.Struct, frozen=True):
    """One block.

    Attributes:
        kind: what it is.
        data: its bytes, from the first dash to the last.
    """

    kind: Kind
    data: bytes


class Split(msgspec.Struct, frozen=True):
    """A file, split.

    Attributes:
        blocks: the whole blocks, in order.
        begun: how many cleartext blocks begin, the broken and the nested ones among them.
        outside: whether anything but white space stands outside of them.
        broken: why the rest could not be split, in words; empty where it could.
    """

    blocks: tuple[Block, ...]
    begun: int
    outside: bool
    broken: str = ""

    def of(self, kind: Kind) -> tuple[Block, ...]:
        """Returns the blocks of a kind."""
        return tuple(each for each in self.blocks if each.kind is kind)


_BOM = b"\xef\xbb\xbf"

_MARKER = re.compile(
    rb"(?P<before>(?:^|>|<!--)[ \t]*)"
    rb"-----(?P<edge>BEGIN|END) PGP (?P<what>SIGNED MESSAGE|SIGNATURE|PUBLIC KEY BLOCK)-----"
    rb"(?P<after>[ \t\r]*$)?",
    re.MULTILINE,
)

_DASHES = b"-----"

_LINES = {
    Kind.CLEARSIGNED: ((True, Kind.SIGNATURE), (False, Kind.SIGNATURE)),
    Kind.SIGNATURE: ((False, Kind.SIGNATURE),),
    Kind.CERTIFICATE: ((False, Kind.CERTIFICATE),),
}
"""The markers that follow a block's first line, each as whether it begins something, and what."""

_WORDS = b"BEGIN PGP SIGNED MESSAGE"


class _Marker(msgspec.Struct, frozen=True):
    """A block's first or last line.

    Attributes:
        alone: whether its line holds nothing else.
    """

    begins: bool
    kind: Kind
    start: int
    end: int
    alone: bool


def split_blocks(data: bytes) -> Split:
    """Splits a file into its blocks, in one pass; never raises.

    Args:
        data: the file.
    """
    data = data.removeprefix(_BOM)
    markers = [_marker(match) for match in _MARKER.finditer(data)]
    blocks: list[Block] = []
    outside = False
    done = place = begun = 0
    while place < len(markers):
        first = markers[place]
        begun += first.kind is Kind.CLEARSIGNED
        expected = [each for each in _LINES[first.kind] if first.begins]
        inside = place + 1
        while inside < len(markers) and expected:
            marker = markers[inside]
            inside += 1
            if first.alone and not marker.alone:
                continue
            if (marker.begins, marker.kind) != expected.pop(0):
                begun += sum(each.begins and each.kind is Kind.CLEARSIGNED for each in markers[inside - 1 :])
                return Split(tuple(blocks), begun, outside=True, broken="a block does not end as it should")
        if not first.begins or expected:
            return Split(tuple(blocks), begun, outside=True, broken="a block has no beginning or no end")
        last = markers[inside - 1]
        outside = outside or bool(data[done : first.start].strip())
        blocks.append(Block(first.kind, data[first.start : last.end]))
        done, place = last.end, inside
    return Split(tuple(blocks), begun, outside=outside or bool(data[done:].strip()))


def speaks_of_a_block(data: bytes) -> bool:
    """Tells whether a file has the words of a cleartext block's first line, however a page has changed its dashes."""
    return _WORDS in data


def _marker(match: re.Match[bytes]) -> _Marker:
    start, end = match.end("before"), match.end("what") + len(_DASHES)
    alone = not match["before"] and match["after"] is not None
    return _Marker(match["edge"] == b"BEGIN", Kind(match["what"]), start, end, alone)
