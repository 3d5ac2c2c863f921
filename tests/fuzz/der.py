"""DER as a tree, and changes to it that keep it DER: a flipped bit breaks a length, and a reader stops there.

Read and written here by hand, so that what the product's libraries make of a token can be held against another reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from tests.fuzz.harness import Scramble

SEQUENCE: Final = 0x30
SET: Final = 0x31
INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
IDENTIFIER: Final = 0x06
TIME: Final = 0x18

_CONSTRUCTED: Final = 0x20
_MANY_BYTES_TAG: Final = 0x1F
_LONG: Final = 0x80
_DEEPEST: Final = 30
_TAGS: Final = (
    0x01,
    0x02,
    0x03,
    0x04,
    0x05,
    0x06,
    0x0C,
    0x13,
    0x17,
    0x18,
    0x1F,
    0x30,
    0x31,
    0x3F,
    0x80,
    0xA0,
    0xA1,
    0xFF,
)
_HEADS: Final = (b"\x80", b"\x81\x00", b"\x84\xff\xff\xff\xff", b"\x88" + b"\xff" * 8, b"\xff", b"\x82\x00\x01", b"")
_BODIES: Final = (
    *(b"", b"\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b"\x00\x00", b"\x7f" + b"\xff" * 7, b"\x80" + b"\x00" * 8),
    *(b"\x7f" * 21, b"\x01" + b"\x00" * 300, b"\x01\x51\x80", b"\x01\x51\x81", b"\x03\xe8"),
    *(b"20260301123015Z", b"20260301123015.5Z", b"20260301123015.1234567Z", b"20260301123015.0Z", b"20260301123015"),
    *(b"99991231235959Z", b"00000101000000Z", b"00010101000000Z", b"20260230000000Z", b"20260301246060Z"),
    *(b"20260301123015.999999999999999999999Z", b"20260301123015+0100", b"260301123015Z", b"\xff" * 15),
)
_IDENTIFIERS: Final = (
    *("2b0e03021a", "2a864886f70d0205", "608648016503040201", "608648016503040202", "608648016503040203"),
    *("2a864886f70d010101", "2a864886f70d01010a", "2a864886f70d01010b", "2b6570", "2a8648ce3d040302", "2a8648ce3d0401"),
    *("2a864886f70d010702", "2a864886f70d010701", "2a864886f70d0109100104", "2a864886f70d010904", "2a864886f70d010903"),
    *("2a864886f70d010910022f", "2a864886f70d010910020c", "551d25", "551d13", "551d0f", "2b06010505070308", "551d2500"),
)


@dataclass(frozen=True)
class Node:
    """One value.

    Attributes:
        tag: its identifier, one byte.
        body: its content, or what its content consists of.
        head: how its length is spelt, where that is not as DER has it.
    """

    tag: int
    body: bytes | tuple[Node, ...]
    head: bytes | None = None

    @property
    def children(self) -> tuple[Node, ...]:
        """What it consists of; nothing for one that is bytes."""
        return self.body if isinstance(self.body, tuple) else ()

    @property
    def content(self) -> bytes:
        """Its content, as bytes."""
        return self.body if isinstance(self.body, bytes) else b"".join(each.write() for each in self.body)

    def write(self) -> bytes:
        """Returns its bytes."""
        content = self.content
        return bytes([self.tag]) + (_length(len(content)) if self.head is None else self.head) + content


def sequence(*children: Node) -> Node:
    return Node(SEQUENCE, children)


def integer(value: int) -> Node:
    """Returns a number that is not negative."""
    return Node(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def identifier(digits: str) -> Node:
    """Returns an object identifier, given by its content in hexadecimal."""
    return Node(IDENTIFIER, bytes.fromhex(digits))


def read(data: bytes) -> Node:
    """Returns the one value that the bytes are.

    Raises:
        ValueError: they are none in DER, as far as lengths go.
    """
    nodes = _read(data, 0)
    if len(nodes) != 1:
        raise ValueError("not one value")
    return nodes[0]


def _read(data: bytes, depth: int) -> tuple[Node, ...]:
    nodes: list[Node] = []
    place = 0
    while place < len(data):
        tag = data[place]
        length, start = _read_length(data, place + 1)
        place = start + length
        if tag & _MANY_BYTES_TAG == _MANY_BYTES_TAG or place > len(data):
            raise ValueError("a tag or a length that does not fit")
        nodes.append(Node(tag, _inner(tag, data[start:place], depth)))
    return tuple(nodes)


def _inner(tag: int, content: bytes, depth: int) -> bytes | tuple[Node, ...]:
    wraps = tag == OCTETS and content[:1] == bytes([SEQUENCE])
    if depth < _DEEPEST and (tag & _CONSTRUCTED or wraps):
        try:
            return _read(content, depth + 1)
        except ValueError:
            pass
    return content


def _read_length(data: bytes, place: int) -> tuple[int, int]:
    first = data[place : place + 1]
    if not first:
        raise ValueError("no length")
    if first[0] < _LONG:
        return first[0], place + 1
    size = first[0] - _LONG
    spelled = data[place + 1 : place + 1 + size]
    length = int.from_bytes(spelled, "big")
    if len(spelled) != size or _length(length) != first + spelled:
        raise ValueError("a length that is not in its shortest spelling")
    return length, place + 1 + size


def _length(value: int) -> bytes:
    if value < _LONG:
        return bytes([value])
    spelled = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([_LONG | len(spelled)]) + spelled


def at(node: Node, path: Sequence[int]) -> Node:
    """Returns the value at a place in a tree; raises IndexError where there is none."""
    for number in path:
        node = node.children[number]
    return node


def put(node: Node, path: Sequence[int], new: Node) -> Node:
    """Returns a tree with another value at a place; raises IndexError where there is none."""
    if not path:
        return new
    inner = list(node.children)
    inner[path[0]] = put(inner[path[0]], path[1:], new)
    return replace(node, body=tuple(inner))


# --- changes --------------------------------------------------------------------------------------------


def changed(node: Node, random: Random, scramble: Scramble, others: Sequence[Node] = ()) -> Node:
    """Returns a tree with one value in it changed, dropped, repeated or exchanged.

    Args:
        node: the tree.
        random: what is changed follows from it.
        scramble: changes bytes.
        others: values from elsewhere that may take a place in it.
    """
    path = random.choice(list(_paths(node)))
    donors = [*others, *(at(node, each) for each in _paths(node))]
    if not path:
        return _changed_alone(node, random, scramble, donors)
    parent = at(node, path[:-1])
    siblings = _changed(parent.children, path[-1], random, scramble, donors)
    return put(node, path[:-1], replace(parent, body=siblings))


def _paths(node: Node, before: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    yield before
    for number, child in enumerate(node.children):
        yield from _paths(child, (*before, number))


def _changed(
    siblings: tuple[Node, ...], place: int, random: Random, scramble: Scramble, donors: Sequence[Node]
) -> tuple[Node, ...]:
    before, node, after = siblings[:place], siblings[place], siblings[place + 1 :]
    kind = random.randrange(10)
    if kind == 0:
        return before + after
    if kind == 1:
        return (*before, node, node, *after)
    if kind == 2:
        inner = list(siblings)
        other = random.randrange(len(inner))
        inner[place], inner[other] = inner[other], inner[place]
        return tuple(inner)
    if kind == 3:
        return tuple(sorted(siblings, key=Node.write))
    if kind == 4:
        return (*before, node, random.choice(donors), *after)
    return (*before, _changed_alone(node, random, scramble, donors), *after)


def _changed_alone(node: Node, random: Random, scramble: Scramble, donors: Sequence[Node]) -> Node:
    kind = random.randrange(7)
    if kind == 0:
        return random.choice(donors)
    if kind == 1:
        return replace(node, tag=random.choice(_TAGS))
    if kind == 2:
        return replace(node, head=random.choice(_HEADS))
    if kind == 3:
        return _wrapped(node, random.choice((1, 2, 10, 100, 500)), random.choice((SEQUENCE, SET, OCTETS, 0xA0)))
    return replace(node, body=_changed_body(node, random, scramble, known=kind == 4))


def _changed_body(node: Node, random: Random, scramble: Scramble, *, known: bool) -> bytes:
    if known or node.children:
        return random.choice(_BODIES)
    if node.tag == IDENTIFIER:
        return bytes.fromhex(random.choice(_IDENTIFIERS))
    return scramble(node.content or b"x", max(1, len(node.content) + 2))


def _wrapped(node: Node, times: int, tag: int) -> Node:
    """Returns a value in so many others, one in the other; as bytes, since nobody walks down there."""
    data = node.write()
    for _ in range(times - 1):
        data = bytes([tag]) + _length(len(data)) + data
    return Node(tag, data)
