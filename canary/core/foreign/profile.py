"""A profile: how dates, promises, statements and proofs of freshness are read in one publisher's texts.

It is pinned with the canary, so that nothing in it follows what a server says later.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from canary.core.foreign.dates import NumericDates
from canary.core.foreign.patterns import Pattern
from canary.core.foreign.read import From
from canary.core.foreign.series import Series
from canary.core.foreign.spans import Span


class Section(msgspec.Struct, frozen=True):
    """A part of a text.

    Attributes:
        begins: starts of lines; the part begins after the first line that has one; none for the whole text.
        ends: starts of lines; the part ends before the first line that has one; none for the end of the text.
    """

    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


class IssuedRule(msgspec.Struct, frozen=True):
    """How the date of issue is found.

    Attributes:
        sources: where to look, the first that says something wins.
        text: patterns with one `{date}`.
    """

    sources: tuple[From, ...] = (From.TEXT, From.SIGNATURE)
    text: tuple[Pattern, ...] = ()


class NextRule(msgspec.Struct, frozen=True):
    """How the promise for the next edition is found. All numbers are days.

    Attributes:
        text: patterns with one `{window}`, `{length}`, `{date}` or `{days}`.
        interval: what stands for a promise that is not found, counted from the issue; None for a report on a period.
        window: how long a window on one of `{days}` is open.
        early: how long before a window on one of `{days}` an edition may come and still be the one for it.
        lead: how long before the last day the next edition counts as due, where only the last day is promised.
        most: how far from the issue a promise may lie and be believed.
        grace: how long after the last day an edition is late and not yet stale.
    """

    text: tuple[Pattern, ...] = ()
    interval: Span | None = None
    window: int = 1
    early: int = 0
    lead: int = 0
    most: int = 366
    grace: int = 14


class PeriodRule(msgspec.Struct, frozen=True):
    """How the period that a report is on is found.

    Attributes:
        text: patterns with two `{date}`, the first and the last day, or one `{window}`.
        cadence: how long after a period's end the next one ends.
        lag: how long after a period's end its report may take.
    """

    text: tuple[Pattern, ...]
    cadence: Span
    lag: Span


class StatementKind(StrEnum):
    """How statements stand in a text."""

    NUMBERED = "numbered"
    """Each begins a line with its number and a full stop: `1.`, `2.`; the numbers rise."""

    LIST = "list"
    """Each begins a line with `*`, `-` or a bullet."""

    SENTENCES = "sentences"
    """The profile says which they are."""

    CODES = "codes"
    """A field has a code for each."""

    PINNED = "pinned"
    """They are those that somebody chose when the canary was added."""


class StatementRule(msgspec.Struct, frozen=True):
    """How statements are found and compared.

    Attributes:
        kind: how they stand there.
        section: where they stand.
        sentences: the statements themselves, for that kind.
        field: the field with codes, for that kind.
        meanings: codes, and what each means.
        varies: what differs from edition to edition by design: where one pattern of a group stands in a statement, the
            words of the group's first pattern, placeholders and all, are compared instead.
    """

    kind: StatementKind = StatementKind.PINNED
    section: Section = Section()
    sentences: tuple[Pattern, ...] = ()
    field: str = ""
    meanings: tuple[tuple[str, str], ...] = ()
    varies: tuple[tuple[Pattern, ...], ...] = ()


class Quoting(StrEnum):
    """How something is quoted."""

    BLOCKS = "blocks"
    """Each paragraph is one quote."""

    HASHES = "hashes"
    """Each hash of a Bitcoin block, 64 hexadecimal digits of which the first eight are zeros, is one quote."""

    WORDS = "words"
    """What a placeholder stands for is one quote."""


class QuoteRule(msgspec.Struct, frozen=True):
    """How what proves freshness is found.

    Attributes:
        kind: what it is called: `news`, `bitcoin`, `bitcoin-height`, `monero`.
        quoting: how it stands there.
        section: where it stands.
        skips: starts of lines that are no part of a quote: commands, sources.
        text: patterns with one placeholder, for words.
    """

    kind: str
    quoting: Quoting
    section: Section = Section()
    skips: tuple[str, ...] = ()
    text: tuple[Pattern, ...] = ()


class Profile(msgspec.Struct, frozen=True):
    """A profile.

    Attributes:
        about: whose texts it is for, and what is to be known of it, in words.
        numeric: how dates in numbers are meant; None to read only those that mean the same either way.
        issued: how the date of issue is found.
        next: how the promise for the next edition is found.
        period: how the period of a report is found; None where editions are on none.
        expires: patterns with one `{date}`, at which, or with which day, the edition itself says that it ends.
        number: patterns with one `{number}`, the edition's own; the series may say it too.
        statements: how statements are found.
        quotes: how what proves freshness is found.
        series: where the next edition comes.
    """

    about: str
    numeric: NumericDates | None
    issued: IssuedRule
    next: NextRule
    period: PeriodRule | None
    expires: tuple[Pattern, ...]
    number: tuple[Pattern, ...]
    statements: StatementRule
    quotes: tuple[QuoteRule, ...]
    series: Series
