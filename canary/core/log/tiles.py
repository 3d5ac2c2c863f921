"""The log as static files: C2SP tlog-tiles (c2sp.org/tlog-tiles).

The log's entries lie in bundles of 256: entry n (counted from 1) in bundle (n-1)/256, rounded down, at
`tile/entries/<index>`. A bundle holds entries in order, each behind its length in two bytes, big-endian, and nothing
else. The last bundle of a log whose size is no multiple of 256 is partial: `.p/<width>` stands behind its name, with
the number of its entries.

An index is written in groups of three digits, all but the last behind an `x`: 67 is `067`, and 1234067 is
`x001/x234/067`. So a log of 300 entries lies in `tile/entries/000` and `tile/entries/001.p/44`.

The hashes of the tree lie at `tile/<level>/<index>`, as tlog-tiles has them, and partial tiles and bundles of every size
that was ever checkpointed stay there. A verifier that reads the whole log needs the bundles alone, and computes the
root anew.
"""  # noqa: E501  an example or a row stands on one line

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from canary.core.log.merkle import complete_level
from canary.errors import MalformedError

TILE_WIDTH = 256
TILE_HEIGHT = 8
_LENGTH_BYTES = 2
_GROUP = 1000


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Returns where a tile of hashes lies, relative to the log's base."""
    return f"tile/{level}/{_index_path(index, width)}"


def bundle_path(index: int, width: int = TILE_WIDTH) -> str:
    """Returns where a bundle of entries lies, relative to the log's base."""
    return f"tile/entries/{_index_path(index, width)}"


def bundles_of(size: int) -> Iterator[tuple[str, int]]:
    """Returns the path and the width of each bundle of a log of `size` entries."""
    for index in range((size + TILE_WIDTH - 1) // TILE_WIDTH):
        width = min(TILE_WIDTH, size - index * TILE_WIDTH)
        yield bundle_path(index, width), width


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Returns the bytes of a bundle."""
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def parse_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """Returns the entries of a bundle that must hold `width` of them and nothing more.

    Raises:
        MalformedError: it ends too early, or bytes are left over.
    """
    entries: list[bytes] = []
    position = 0
    for _ in range(width):
        start = position + _LENGTH_BYTES
        length = int.from_bytes(data[position:start], "big")
        if len(data) < start + length:
            raise MalformedError(f"it ends within entry {len(entries) + 1} of {width}", what="entry bundle")
        entries.append(data[start : start + length])
        position = start + length
    if position != len(data):
        raise MalformedError(f"bytes are left over after {width} entries", what="entry bundle")
    return tuple(entries)


def log_files(entries: Sequence[bytes], leaves: Sequence[bytes], *, sizes: Sequence[int]) -> dict[str, bytes]:
    """Returns every tile and bundle that a log needs, for each of its sizes that was ever checkpointed.

    Args:
        entries: the entries.
        leaves: their leaf hashes.
        sizes: the sizes that were checkpointed; older checkpoints stay provable.
    """
    files: dict[str, bytes] = {}
    for index in range((len(entries) + TILE_WIDTH - 1) // TILE_WIDTH):
        first = index * TILE_WIDTH
        bundle = encode_bundle(entries[first : first + TILE_WIDTH])
        # A partial bundle is the beginning of the whole one: none is encoded anew.
        ends = list(accumulate(_LENGTH_BYTES + len(entry) for entry in entries[first : first + TILE_WIDTH]))
        for width in sorted({min(size - first, TILE_WIDTH) for size in sizes if size > first}):
            files[bundle_path(index, width)] = bundle[: ends[width - 1]]
    level, hashes = 0, list(leaves)
    while hashes:
        for size in sizes:
            complete = size >> (TILE_HEIGHT * level)
            for index in range((complete + TILE_WIDTH - 1) // TILE_WIDTH):
                part = hashes[index * TILE_WIDTH : min(complete, (index + 1) * TILE_WIDTH)]
                files.setdefault(tile_path(level, index, len(part)), b"".join(part))
        level, hashes = level + 1, complete_level(hashes, TILE_HEIGHT)
    return files


def _index_path(index: int, width: int) -> str:
    groups = [f"{index % _GROUP:03d}"]
    while index >= _GROUP:
        index //= _GROUP
        groups.append(f"x{index % _GROUP:03d}")
    path = "/".join(reversed(groups))
    return path if width == TILE_WIDTH else f"{path}.p/{width}"
