"""Reading one edition with a profile: its dates, its promise, its statements, what it quotes.

Where the text gives a thing in two different ways, neither is taken. A promise that was over before the edition was
issued, or that lies further ahead than the profile believes, is none: a slip of the pen, or a canary that would be
silent for ever. Then, as where nothing is found, the next edition is expected after the profile's own interval, and
what is read says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec

from canary.core.documents.schedule import Window
from canary.core.foreign.dates import Dated
from canary.core.foreign.edition import Edition
from canary.core.foreign.freshness import read_quotes
from canary.core.foreign.lines import Lines, cut
from canary.core.foreign.patterns import Pattern, Value, find_all
from canary.core.foreign.pinned import PinnedStatement
from canary.core.foreign.profile import Profile
from canary.core.foreign.promises import next_of
from canary.core.foreign.read import From, Read
from canary.core.foreign.series import read_name
from canary.core.foreign.spans import Span
from canary.core.foreign.statements import read_statements
from canary.core.signed.outcome import Outcome
from canary.core.text.times import FIRST_YEAR, LAST_YEAR, format_date_range, midnight
from canary.limits import FOREIGN_TEXT_CHARACTERS


class _Due(msgspec.Struct, frozen=True):
    """When the next edition is expected.

    Attributes:
        window: the days; None where nothing says.
        source: what says so.
    """

    window: Window | None
    source: From


def read_edition(edition: Edition, profile: Profile, pinned: tuple[PinnedStatement, ...] = ()) -> Read:
    """Returns what a profile reads in an edition; never raises, and takes time in proportion to the text.

    Args:
        edition: the edition.
        profile: how it is read.
        pinned: the statements as they were pinned, for texts whose statements have no ids of their own.
    """
    return _Reader(edition, profile).read(pinned)


class _Reader:
    """One reading; `missing` fills as it goes."""

    def __init__(self, edition: Edition, profile: Profile) -> None:
        self._edition = edition
        self._profile = profile
        self._missing: list[str] = []
        self._lines = self._cut(edition.text)

    def read(self, pinned: tuple[PinnedStatement, ...]) -> Read:
        profile = self._profile
        period = self._period()
        issued, issued_from = self._issued(needed=period is None)
        due = self._due(issued, period)
        expires = self._expires(issued)
        number, named = self._number()
        statements, no_statements = read_statements(self._lines, profile.statements, pinned, profile.numeric)
        quotes, no_quotes = read_quotes(self._lines, profile.quotes, profile.numeric)
        return Read(
            issued=issued,
            issued_from=issued_from,
            period=period,
            opens=due.window.opens if due.window else None,
            due=due.window.last if due.window else None,
            due_from=due.source,
            expires=expires,
            number=number,
            statements=statements,
            quotes=quotes,
            missing=(*self._missing, *no_statements, *no_quotes),
            named=named,
        )

    def _cut(self, text: str) -> Lines:
        if len(text) > FOREIGN_TEXT_CHARACTERS:
            self._missing.append(
                f"the text has more than {FOREIGN_TEXT_CHARACTERS:,} characters; the rest was not read"
            )
        return cut(text[:FOREIGN_TEXT_CHARACTERS])

    # --- finding -------------------------------------------------------------------------------------------

    def _one(self, patterns: Iterable[Pattern], what: str, *, needed: bool = True) -> tuple[Value, ...] | None:
        """Returns the values that every place of every pattern agrees on; notes where there are none, or several."""
        found: tuple[Value, ...] | None = None
        for pattern in patterns:
            for each in find_all(pattern, self._lines.whole, self._profile.numeric):
                values = tuple(value for value in each.values if not isinstance(value, str))
                if found is not None and values != found:
                    self._missing.append(f"{what}: the text gives it in two different ways, and neither was taken")
                    return None
                found = values
        if found is None and needed:
            self._missing.append(f"{what}: the text does not give it as the profile says")
        return found

    # --- the date of issue ------------------------------------------------------------------------------------

    def _issued(self, *, needed: bool) -> tuple[datetime | None, From]:
        rule = self._profile.issued
        for source in rule.sources:
            found = self._issued_in_text(needed=needed) if source is From.TEXT else self._signed()
            if found is not None:
                return found, source
        return None, rule.sources[-1]

    def _issued_in_text(self, *, needed: bool) -> datetime | None:
        values = self._one(self._profile.issued.text, "the date of issue", needed=needed)
        return values[0].when() if values and isinstance(values[0], Dated) else None

    def _signed(self) -> datetime | None:
        """Returns the earliest of the signers' times, so that no single signer makes an edition younger than it is."""
        times: dict[str, datetime] = {}
        for each in self._edition.signatures:
            if each.outcome is Outcome.GOOD and each.signer and each.signed_at is not None:
                times[each.signer] = max(each.signed_at, times.get(each.signer, each.signed_at))
        earliest = min(times.values(), default=None)
        if earliest is None or not FIRST_YEAR <= earliest.year <= LAST_YEAR:
            return None
        return earliest

    # --- what comes next --------------------------------------------------------------------------------------

    def _period(self) -> tuple[date, date] | None:
        rule = self._profile.period
        values = self._one(rule.text, "the period") if rule else None
        if values is None:
            return None
        if isinstance(values[0], Window):
            return values[0].opens, values[0].last
        first, last = (each.day for each in values if isinstance(each, Dated))
        if last < first:
            self._missing.append(f"the period: it ends on {last}, before it begins, and was not taken")
            return None
        return first, last

    def _due(self, issued: datetime | None, period: tuple[date, date] | None) -> _Due:
        profile = self._profile
        if profile.period is not None and period is not None:
            end = profile.period.cadence.after_end(period[1])
            return _Due(Window(end + timedelta(days=1), profile.period.lag.after_end(end)), From.TEXT)
        promised = self._promised(issued)
        if promised is not None:
            return _Due(promised, From.TEXT)
        if profile.next.interval is None or issued is None:
            return _Due(None, From.PROFILE)
        return _Due(self._until(profile.next.interval.after(issued.date()), issued), From.PROFILE)

    def _promised(self, issued: datetime | None) -> Window | None:
        rule = self._profile.next
        values = self._one(rule.text, "the next edition") if rule.text else None
        window = self._window(values[0], issued) if values else None
        if window is None or issued is None:
            return window
        if window.last < issued.date() or (window.last - issued.date()).days > rule.most:
            days = format_date_range((window.opens, window.last))
            why = "was over before this one was issued" if window.last < issued.date() else "is too far away"
            self._missing.append(f"the next edition: what is promised, {days}, {why}, and was not taken")
            return None
        return window

    def _window(self, value: Value, issued: datetime | None) -> Window | None:
        rule = self._profile.next
        if isinstance(value, Window):
            return value
        if isinstance(value, Dated):
            return self._until(value.day, issued)
        if issued is None:
            return None
        if isinstance(value, Span):
            return self._until(value.after(issued.date()), issued)
        if isinstance(value, tuple):
            return next_of(value, issued.date() + timedelta(days=rule.early), rule.window)
        return None

    def _until(self, last: date, issued: datetime | None) -> Window:
        """Returns the window that ends with a day, and opens as long before it as the profile says."""
        opens = last - timedelta(days=self._profile.next.lead)
        return Window(min(last, max(opens, issued.date())) if issued else opens, last)

    def _expires(self, issued: datetime | None) -> datetime | None:
        patterns = self._profile.expires
        values = self._one(patterns, "when it ends") if patterns else None
        if not values or not isinstance(values[0], Dated):
            return None
        ends = values[0].moment or midnight(values[0].day + timedelta(days=1))
        if issued is not None and ends - issued > timedelta(days=self._profile.next.most + 1):
            self._missing.append(f"when it ends: {ends.date()} is too far away, and was not taken")
            return None
        return ends

    def _number(self) -> tuple[int | None, bool]:
        """Returns the number, and whether only the name says it."""
        profile = self._profile
        template = profile.series.template
        named = read_name(template, self._edition.name.rpartition("/")[2]) if template else None
        by_name = named.number or None if named else None
        values = self._one(profile.number, "the number") if profile.number else None
        if not values or not isinstance(values[0], int):
            return by_name, by_name is not None
        if by_name not in (None, values[0]):
            self._missing.append(f"the number: the text says {values[0]}, the name {by_name}, and neither was taken")
            return None, False
        return values[0], False
