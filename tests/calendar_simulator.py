"""An OpenTimestamps calendar on 127.0.0.1: it promises, and later has the block; or it misbehaves as a test needs.

with Calendar() as calendar:
    client.submit(digest)          # a promise, as soon as it is asked
    calendar.finds_block(900)      # from now on it tells the way
    calendar.block                 # the header of that block, which nobody found
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from canary.core.dating.anchor_bitcoin import BitcoinHeader
from canary.formats.times.bitcoin_headers import NO_SOURCE, HeaderAnswer
from tests import ots_proofs as ots
from tests.loopback import Fault, Loopback, Wire, answer, says

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
_SALT = b"\x69\xa8\x1f\x00"


@dataclass
class Calendar:
    """The calendar; a context manager.

    Attributes:
        misbehaves: what happens in the place of a promise.
        posted: what it was asked to commit to.
        blocks: the headers of the blocks that it found, by height.
    """

    misbehaves: Fault | None = None
    posted: list[bytes] = field(default_factory=list)
    blocks: dict[int, BitcoinHeader] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.server = Loopback({}).__enter__()
        self.server.faults["/digest"] = self._promise
        return self

    def __exit__(self, *error: object) -> None:
        self.server.__exit__(*error)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for."""
        return [each.target for each in self.server.asked]

    def committed(self, posted: bytes) -> bytes:
        """Returns what it will find a block for, once `posted` was promised one."""
        return _SALT + posted + self._mac(posted)

    def _mac(self, posted: bytes) -> bytes:
        """Returns what real calendars put behind, so that no other calendar has promised just this."""
        return ots.sha256(self.url.encode() + posted)[:8]

    def finds_block(self, height: int) -> None:
        """Finds a block for everything that was promised, one block for each."""
        for number, posted in enumerate(self.posted):
            way = ots.way(ots.sha256(self.committed(posted)), height + number)
            self.blocks[height + number] = ots.header(height + number, way.root, NOON)
            self.tells(posted, ots.SHA256 + way.tree)

    def tells(self, posted: bytes, tree: bytes) -> None:
        """Answers with a tree of our making when it is asked for what it promised."""
        self.server.faults[f"/timestamp/{self.committed(posted).hex()}"] = says(answer(200, tree))

    def misbehaves_later(self, posted: bytes, fault: Fault) -> None:
        """Does as a fault does when it is asked for what it promised."""
        self.server.faults[f"/timestamp/{self.committed(posted).hex()}"] = fault

    def _promise(self, wire: Wire) -> None:
        posted = self.server.asked[-1].body
        self.posted.append(posted)
        if self.misbehaves is not None:
            self.misbehaves(wire)
            return
        wire.send(answer(200, ots.prepend(_SALT) + ots.append(self._mac(posted)) + ots.promise(self.url)))


def nobody_knows(_: int) -> HeaderAnswer:
    """The block headers of somebody who has no source of them."""
    return NO_SOURCE


def explorer(*headers: BitcoinHeader) -> dict[str, bytes]:
    """Returns what a block explorer (Esplora) answers that knows some blocks, by path."""
    files = {"/blocks/tip/height": str(max(each.height for each in headers)).encode()}
    for each in headers:
        files[f"/block-height/{each.height}"] = each.hash.encode()
        files[f"/block/{each.hash}/header"] = each.header.hex().encode()
    return files
