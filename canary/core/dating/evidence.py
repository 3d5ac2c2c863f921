"""Evidence: timestamps over a whole entry that say it existed no later than some moment.

Evidence lies beside the entry, in `evidence/<SHA-256 of the entry>/`, and is over the entry's bytes, text and
signatures together: a stamp on an unsigned text proves nothing about signing. What a publisher puts there is never
trusted for having been put there: a token counts under the roots on the *watcher's* list, and an OpenTimestamps proof
where the watcher's own source confirms the block.

| file | what it is | bound |
| --- | --- | --- |
| `0.tsr` … `9.tsr` | RFC 3161 replies, as they were received | the token's time and its accuracy |
| `0.ots` … `9.ots` | OpenTimestamps proofs | the confirmed block's time and two hours |
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from canary.core.text.strict import digest
from canary.limits import EVIDENCE_FILES

TSR = ".tsr"
OTS = ".ots"


class EvidenceOutcome(StrEnum):
    """What checking one file of evidence came to."""

    PROVED = "proved"
    """The entry existed at the bound, under a root that the watcher trusts."""

    CLAIMED = "claimed"
    """It may be true, but rests on nothing that the watcher trusts."""

    PENDING = "pending"
    """A promise of a later proof; it counts as none."""

    BAD = "bad"
    """It is no proof over this entry."""

    UNCHECKED = "could not check"
    """Nothing is known: what checks it is missing or did not answer."""


class CheckedEvidence(msgspec.Struct, frozen=True):
    """One file of evidence, checked.

    Attributes:
        name: the file's name, `0.tsr`.
        sha256: of the file's bytes, 64 hexadecimal digits.
        outcome: what came of it.
        moment: when the entry existed, by its own account (UTC); None where it says nothing.
        bound: the entry existed no later than this (UTC); None unless it is proved.
        by: who says so: the authority's name, or the block.
        words: what it says and rests on, or what is wrong with it, for people; no full stop.
    """

    name: str
    sha256: str
    outcome: EvidenceOutcome
    moment: datetime | None
    bound: datetime | None
    by: str
    words: str


class EvidenceChecker(Protocol):
    """The port through which the rules have one kind of evidence checked."""

    def __call__(self, name: str, data: bytes, entry: bytes) -> CheckedEvidence:
        """Checks one file. Never raises for any bytes.

        Args:
            name: the file's name.
            data: its bytes.
            entry: the whole entry that it should be over.
        """


Checkers = Mapping[str, EvidenceChecker]
"""A checker for each kind of file, by its ending (`TSR`, `OTS`)."""


def evidence_names(ending: str) -> tuple[str, ...]:
    """Returns what files of a kind are called, in the order in which they are read until one is missing."""
    return tuple(f"{number}{ending}" for number in range(EVIDENCE_FILES))


def not_checked(name: str, data: bytes, entry: bytes) -> CheckedEvidence:
    """Returns that nothing here checks a file; see `EvidenceChecker`."""
    del entry
    words = "nothing here checks such files"
    return CheckedEvidence(name, digest(data), EvidenceOutcome.UNCHECKED, None, None, "", words)
