"""What one look at a foreign canary brought back: editions that were read, or the reason why there are none."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from canary.core.foreign.edition import Edition
from canary.core.foreign.state import KeptFile
from canary.core.judging.observation import Gone, NotACanary, Unreachable


class SeenEditions(msgspec.Struct, frozen=True):
    """Editions, read and with every signature checked.

    Attributes:
        editions: the editions that are new or changed since the last look, the oldest first; none where nothing did.
            An edition whose bytes and signatures are those that are kept is not among them.
        files: every file that was asked for, as it is to be kept if what they make is accepted.
        serves: the name of the newest edition that is served, whether it is new or not; empty where a series keeps
            none.
        beyond: why looking for newer ones did not come to an end (an index that could not be reached, say); empty
            where it did.
    """

    editions: tuple[Edition, ...]
    files: tuple[KeptFile, ...]
    serves: str
    beyond: str = ""


ForeignObservation: TypeAlias = Unreachable | Gone | NotACanary | SeenEditions
"""`NotACanary` where the bytes are no edition of the pinned format at all: host junk."""
