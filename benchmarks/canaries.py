"""What is followed in measuring, as those see it who ask after it."""

from __future__ import annotations

from pathlib import Path

import msgspec

DOMAIN = "canaries.example"
AUTHORITIES, CANARIES, RESOLVER = "authorities.pem", "canaries", "resolver"
"""Files, and a folder for Python's path."""


class Canary(msgspec.Struct, frozen=True):
    """One canary that is followed.

    Attributes:
        host: where it lies.
        pin: SHA-256 of roster 1's text.
        checkpoint: the target of its checkpoint.
        etag: the checkpoint's entity tag.
        targets: what a first look asks for, in order.
    """

    host: str
    pin: str
    checkpoint: str
    etag: str
    targets: tuple[str, ...]


def canaries_of(folder: Path) -> list[Canary]:
    """Returns the canaries whose sites were written into a folder."""
    return msgspec.msgpack.decode((folder / CANARIES).read_bytes(), type=list[Canary])
