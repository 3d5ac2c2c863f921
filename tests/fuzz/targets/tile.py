"""Tiles and bundles: reading entries, the paths of tiles and bundles, and the tree over the entries.

The first eight bytes of an input are a number, for sizes and indexes; what follows is a bundle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from canary.core.judging.fetched import segments
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.log.tiles import (
    TILE_WIDTH,
    bundle_path,
    bundles_of,
    encode_bundle,
    log_files,
    parse_bundle,
    tile_path,
)
from canary.formats.native import bundles, entries_in
from canary.limits import ENTRY_BYTES, LOG_ENTRIES
from tests.fuzz.harness import Scramble, Target, attempt
from tests.fuzz.oracle import root_of_leaves

_NUMBER_BYTES = 8
_MOST_LISTED = 3 * TILE_WIDTH
_MOST_HASHED = 20


def check(data: bytes) -> None:
    number = int.from_bytes(data[:_NUMBER_BYTES], "big")
    _check_paths(number)
    if number % 16 == 0:
        _check_listing(number >> 4)
    # A tree over a full bundle takes a thousand times longer than all the rest: now and then is enough.
    _check_bundle(data[_NUMBER_BYTES:], number % (TILE_WIDTH + 1), hashing=number % 31 == 0)


def _check_paths(number: int) -> None:
    index, width = number >> 8, number % TILE_WIDTH + 1
    path = bundle_path(index, width)
    assert segments(path)[:2] == ["tile", "entries"]
    assert _read_path(path.removeprefix("tile/entries/")) == (index, width)
    assert tile_path(number % 7, index, width) == f"tile/{number % 7}/{path.removeprefix('tile/entries/')}"


def _read_path(path: str) -> tuple[int, int]:
    """Returns index and width, read as C2SP tlog-tiles spells them and by no code of the product."""
    spelled, partial, width = path.partition(".p/")
    groups = spelled.split("/")
    assert all(len(group) == 4 and group[0] == "x" for group in groups[:-1])
    digits = "".join(group.removeprefix("x") for group in groups)
    assert len(groups[-1]) == 3
    assert digits.isascii()
    assert digits.isdigit()
    assert len(groups) == 1 or int(groups[0][1:]) > 0, "an index with leading zeros"
    assert not partial or width == str(int(width))
    return int(digits), int(width) if partial else TILE_WIDTH


def _check_listing(number: int) -> None:
    size = number % (LOG_ENTRIES + 1)
    if size > _MOST_LISTED and number % 1021:
        size %= _MOST_LISTED
    listed = list(bundles_of(size))
    assert sum(width for _, width in listed) == size
    assert [_read_path(path.removeprefix("tile/entries/")) for path, _ in listed] == [
        (index, width) for index, (_, width) in enumerate(listed)
    ]
    assert all(width == TILE_WIDTH for _, width in listed[:-1])
    assert [(path, width) for path, width, _ in bundles(size)] == listed


def _check_bundle(data: bytes, width: int, *, hashing: bool) -> None:
    entries = attempt(lambda bundle: parse_bundle(bundle, width), data)
    if entries is None:
        return
    assert len(entries) == width
    assert encode_bundle(entries) == data
    assert all(len(entry) <= ENTRY_BYTES for entry in entries)
    assert entries_in([("a bundle", width, data)] * 2) == entries * 2
    if hashing or width <= _MOST_HASHED:
        _check_tree(data, entries)


def _check_tree(data: bytes, entries: Sequence[bytes]) -> None:
    width, leaves = len(entries), [leaf_hash(entry) for entry in entries]
    assert root_hash(leaves) == root_of_leaves(leaves)
    if entries:
        files = log_files(entries, leaves, sizes=(1, width))
        assert files[bundle_path(0, width)] == data
        assert files[bundle_path(0, 1)] == encode_bundle(entries[:1])
        assert files[tile_path(0, 0, width)] == b"".join(leaves)
        assert (tile_path(1, 0, 1) in files) == (width == TILE_WIDTH)


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    head, body = data[:_NUMBER_BYTES].rjust(_NUMBER_BYTES, b"\0"), data[_NUMBER_BYTES:]
    kind = random.randrange(4)
    if kind == 0:
        return scramble(data, limit)
    if kind == 1:
        return random.getrandbits(random.choice((8, 16, 24, 32, 64))).to_bytes(_NUMBER_BYTES, "big") + body
    # A body cut into entries again, with a width that fits or nearly does.
    body = scramble(body, limit - _NUMBER_BYTES) if body else b"x"
    size = random.choice((7, 40, 40, 100, 300, max(1, len(body) // 2), len(body)))
    entries = [body[place : place + size] for place in range(0, len(body), size)][:TILE_WIDTH]
    if random.random() < 0.01:
        entries += [b""] * (TILE_WIDTH - len(entries))
    bundle = encode_bundle(entries)[: limit - _NUMBER_BYTES]
    width = len(entries) + random.choice((0, 0, 0, 0, 1, -1))
    quotient = int.from_bytes(head, "big") // (TILE_WIDTH + 1) % 2**40
    return (quotient * (TILE_WIDTH + 1) + width).to_bytes(_NUMBER_BYTES, "big") + bundle


def seeds() -> Mapping[str, bytes]:
    entries = (b"one\n", b"", b"three" * 20)
    return {
        "empty": bytes(_NUMBER_BYTES),
        "three-entries": (3).to_bytes(_NUMBER_BYTES, "big") + encode_bundle(entries),
        "one-too-few": (4).to_bytes(_NUMBER_BYTES, "big") + encode_bundle(entries),
        "left-over": (3).to_bytes(_NUMBER_BYTES, "big") + encode_bundle(entries) + b"x",
        "full": TILE_WIDTH.to_bytes(_NUMBER_BYTES, "big") + encode_bundle((b"e",) * TILE_WIDTH),
        "large-index": (1234067 << 8).to_bytes(_NUMBER_BYTES, "big"),
        "largest-index": b"\xff" * _NUMBER_BYTES,
    }


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=2_048)
