"""A native canary's site: which bytes to ask for, and what they are. Nothing here is verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from canary.core.log.checkpoint import parse_signed_checkpoint
from canary.core.log.tiles import bundles_of, parse_bundle
from canary.errors import MalformedError
from canary.limits import ENTRY_BYTES, LOG_ENTRIES

_LENGTH_BYTES = 2


def log_size(checkpoint: bytes) -> int:
    """Returns how many entries a checkpoint counts.

    Raises:
        MalformedError: it is no checkpoint, or counts more than 16,384 entries.
    """
    size = parse_signed_checkpoint(checkpoint).checkpoint.size
    if size > LOG_ENTRIES:
        raise MalformedError(f"it counts {size:,} entries; at most {LOG_ENTRIES:,} are read", what="checkpoint")
    return size


def bundles(size: int) -> Iterator[tuple[str, int, int]]:
    """Returns the path, the width and the most bytes of each bundle of a log of `size` entries."""
    for path, width in bundles_of(size):
        yield path, width, width * (ENTRY_BYTES + _LENGTH_BYTES)


def entries_in(fetched: Sequence[tuple[str, int, bytes]]) -> tuple[bytes, ...]:
    """Returns the entries in bundles, each given with its path and the number of entries it must hold.

    Raises:
        MalformedError: a bundle is none of that width; the error names its path.
    """
    return tuple(entry for path, width, data in fetched for entry in _entries(path, width, data))


def _entries(path: str, width: int, data: bytes) -> tuple[bytes, ...]:
    try:
        return parse_bundle(data, width)
    except MalformedError as error:
        raise error.within(path) from error
