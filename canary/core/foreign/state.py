"""What a watcher keeps of one foreign canary between two looks: a value that the rules take and return.

- Rejected bytes never change what is kept of editions, statements, quotes or fields; they may add a sticky finding, or
  the moment since which something is wrong.
- The newest accepted edition is kept whole, with the outcome of each signature: whatever is unchanged is judged anew
  without gpg.
- Of each accepted edition before it a line is kept, for rollbacks, gaps and later edits, of the newest
  `limits.FOREIGN_EDITIONS`.
- **Acknowledging** makes the newest edition's statements those that the next ones are compared with, if it has any.
  Sticky findings with a proof stay, marked as read; those without are dropped.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from canary.core.foreign.edition import Edition
from canary.core.foreign.pinned import PinnedStatement
from canary.core.foreign.promise import ForeignPromise
from canary.core.foreign.splices import Seen
from canary.core.judging.state import Sticky


class KeptFile(msgspec.Struct, frozen=True):
    """One file that the newest edition, or the way to it, was made of.

    Attributes:
        path: where it lies, relative to the canary's place.
        sha256: SHA-256 of its bytes, 64 hexadecimal digits; None where it was not there.
        etag: the entity tag that came with it; None where none is worth keeping.
    """

    path: str
    sha256: str | None
    etag: str | None


class KeptEdition(msgspec.Struct, frozen=True):
    """One edition that was accepted.

    Attributes:
        name: its file's name.
        text_sha256: SHA-256 of its text as UTF-8, 64 hexadecimal digits.
        number: its number in its series; None where it has none.
        issued: when it says it was issued (UTC); None where nothing says so.
        seen_at: when it was accepted (UTC).
        until: the last day of the period that it is on; None where it is on none.
        named: whether only its name says its number.
    """

    name: str
    text_sha256: str
    number: int | None
    issued: datetime | None
    seen_at: datetime
    until: date | None = None
    named: bool = False


class KeptQuote(msgspec.Struct, frozen=True):
    """Something that an accepted edition quoted.

    Attributes:
        kind: as in `canary.core.foreign.read.Quote`.
        sha256: SHA-256 of its words as UTF-8, 64 hexadecimal digits.
        edition: SHA-256 of the first edition that quoted it, of its text as UTF-8, 64 hexadecimal digits.
    """

    kind: str
    sha256: str
    edition: str


class ForeignState(msgspec.Struct, frozen=True):
    """What is kept.

    Attributes:
        pin: the hash of what is pinned (`canary.core.foreign.pinned.Pinned`), 64 hexadecimal digits; what is kept
            under another one is not used.
        first_use: whether what is pinned was taken from the first look, and nobody has confirmed it since.
        newest: the newest accepted edition; None where none was accepted yet.
        files: the files of the last look that brought an accepted edition.
        editions: the accepted editions, the newest last.
        quotes: what they quoted.
        fields: the fields that were signed each by itself (`canary.core.foreign.splices`).
        acknowledged: the statements that the next ones are compared with.
        added: statements that are not among those and stood in an edition that was accepted since: whoever leaves them
            out later withdraws them too.
        high_water: the latest moment at which this canary was judged (UTC).
        stale_since: since when only an older edition than the newest is served; None while it is not.
        unproved_since: since when what is served instead of the newest edition lacks signatures, or every pinned
            sentence; None while it does not.
        sticky: findings that stay until they are acknowledged.
        promise: what the newest accepted edition that promises a next one says of it; None where none did.
    """

    pin: str
    first_use: bool
    newest: Edition | None
    files: tuple[KeptFile, ...]
    editions: tuple[KeptEdition, ...]
    quotes: tuple[KeptQuote, ...]
    fields: tuple[Seen, ...]
    acknowledged: tuple[PinnedStatement, ...]
    high_water: datetime
    added: tuple[PinnedStatement, ...] = ()
    stale_since: datetime | None = None
    unproved_since: datetime | None = None
    sticky: tuple[Sticky, ...] = ()
    promise: ForeignPromise | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes, nearly."""
        return len(self.newest.text) if self.newest else 0

    def judged_at(self, moment: datetime | None) -> ForeignState:
        """Returns the state after the canary was judged at one more moment, with nothing new; None for no moment."""
        return self if moment is None or moment <= self.high_water else replace(self, high_water=moment)

    def trust_clock(self, now: datetime) -> ForeignState:
        """Returns the state for a clock that is right now, though an earlier look was later."""
        return replace(self, high_water=now)

    def file(self, path: str) -> KeptFile | None:
        """Returns what is kept of a file; None where nothing is."""
        return next((each for each in self.files if each.path == path), None)
