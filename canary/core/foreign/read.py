"""What a profile reads in one edition: dates, the promise for the next one, statements, and what proves freshness."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from canary.core.foreign.pinned import PinnedStatement


class From(StrEnum):
    """Where a date was read."""

    TEXT = "the text"
    SIGNATURE = "the signatures' own time"
    PROFILE = "the profile's interval"


class Quote(msgspec.Struct, frozen=True):
    """Something quoted in an edition that did not exist before some moment: a headline, a block's hash.

    Attributes:
        kind: `bitcoin`, `monero`, `news`, or what the profile calls it.
        words: what is quoted, normalised.
        says: the date that stands beside it; None where none does.
    """

    kind: str
    words: str
    says: date | None = None


class Read(msgspec.Struct, frozen=True):
    """What was read.

    Attributes:
        issued: when the edition says that it was issued (UTC; noon of a day without a time).
        issued_from: where that was read.
        period: the days that it speaks of, for a report on a period; None for others.
        opens: the first day on which the next edition is promised; None where nothing promises one.
        due: the last day on which it is promised.
        due_from: where that was read.
        expires: a moment at which the edition itself says that it ends; None where it says none.
        number: the edition's number in its series; None where it has none.
        named: whether only the edition's name says that number, which no signature covers.
        statements: the statements.
        quotes: what proves freshness, as far as it is quoted.
        missing: what the profile looks for and did not find, in words.
    """

    issued: datetime | None
    issued_from: From
    period: tuple[date, date] | None
    opens: date | None
    due: date | None
    due_from: From
    expires: datetime | None
    number: int | None
    statements: tuple[PinnedStatement, ...]
    quotes: tuple[Quote, ...]
    missing: tuple[str, ...]
    named: bool = False

    @property
    def issued_in_text(self) -> datetime | None:
        """The date of issue, where it stands in the text itself."""
        return self.issued if self.issued_from is From.TEXT else None
