"""A profile, one TOML file: how dates, promises, statements and proofs of freshness are read in one publisher's texts.

    about = "Qubes OS: several signers, about once a quarter"

    [issued]
    from = ["text"]
    text = ["The date of issue of this canary is {date}."]

    [next]
    text = ["published in the {window}.", "next of these canary statements in the {window}."]
    interval = "3 months"
    grace = "14 days"

    [statements]
    kind = "numbered"
    begins = ["Statements"]
    ends = ["Special announcements"]

    [[statements.varies]]
    words = ["The date of issue of this canary is {date}."]

    [[freshness]]
    kind = "bitcoin"
    quoting = "hashes"

    [series]
    kind = "template"
    name = "canary-{n:03}-{year}.txt"

Texts are patterns (`canary.core.foreign.patterns`); `begins` and `ends` are starts of lines, and `name` a template
(`canary.core.foreign.series`). A key that is not known is an error, and so is a value that cannot be. Only `interval`
is needed, so that no canary can be silent for ever, and it only where there is no `[period]`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from canary.core.foreign.dates import NumericDates
from canary.core.foreign.patterns import Hole, Pattern, parse_pattern
from canary.core.foreign.profile import (
    IssuedRule,
    NextRule,
    PeriodRule,
    Profile,
    QuoteRule,
    Quoting,
    Section,
    StatementKind,
    StatementRule,
)
from canary.core.foreign.read import From
from canary.core.foreign.series import Series, SeriesKind, Template, parse_template
from canary.core.foreign.spans import Span, parse_days, parse_span
from canary.core.foreign.words import normalised
from canary.errors import MalformedError
from canary.formats.settings.toml_table import Table, TomlFile
from canary.limits import PROFILE_BYTES, PROFILE_LIST, PROFILE_PATTERNS, PROFILE_QUOTES

_KEYS = ("about", "dates", "issued", "next", "period", "expires", "number", "statements", "freshness", "series")
_LENGTH = 'a length of time like "14 days", "4 weeks", "3 months"'
_DAYS = 'a number of days like "14 days", "2 weeks"'
_PATTERNS = 'patterns in quotes, like "Today is {date}."'
_NEXT = (Hole.WINDOW, Hole.LENGTH, Hole.DATE, Hole.DAYS)


class _Place(StrEnum):
    """Where a date of issue may be found, as a profile spells it."""

    TEXT = "text"
    SIGNATURE = "signature"


_SOURCES = {_Place.TEXT: From.TEXT, _Place.SIGNATURE: From.SIGNATURE}


def parse_profile(data: bytes, *, what: str) -> Profile:
    """Reads a profile.

    Args:
        data: its bytes.
        what: what it is called in messages: its path.

    Raises:
        MalformedError: it is no TOML, or has a key or a value that cannot be; names the line, the key, and what it
            takes.
    """
    root = TomlFile(data, what=what, limit=PROFILE_BYTES).root().only(*_KEYS)
    profile = Profile(
        about=root.text("about", "no description"),
        numeric=root.choice("dates", NumericDates) if "dates" in root else None,
        issued=_read_issued(root.table("issued")),
        next=_read_next(root.table("next"), needed="period" not in root),
        period=_read_period(root.table("period")) if "period" in root else None,
        expires=_read_patterns(root.table("expires").only("text"), Hole.DATE),
        number=_read_patterns(root.table("number").only("text"), Hole.NUMBER),
        statements=_read_statements(root.table("statements")),
        quotes=tuple(_read_quote(each) for each in root.tables("freshness", most=PROFILE_QUOTES)),
        series=_read_series(root.table("series")),
    )
    if (count := _count_patterns(profile)) > PROFILE_PATTERNS:
        raise MalformedError(f"it has {count} patterns, and at most {PROFILE_PATTERNS} are read", what=what)
    return profile


def _count_patterns(profile: Profile) -> int:
    rule = profile.statements
    groups = [profile.issued.text, profile.next.text, profile.expires, profile.number, rule.sentences, *rule.varies]
    groups += [each.text for each in profile.quotes]
    groups += [profile.period.text] if profile.period else []
    return sum(map(len, groups))


def _read_issued(table: Table) -> IssuedRule:
    table.only("from", "text")
    text = _read_patterns(table, Hole.DATE)
    sources = table.texts("from", _parse_source, most=len(From), takes='"text", "signature"')
    if not sources:
        sources = (From.TEXT, From.SIGNATURE) if text else (From.SIGNATURE,)
    if (From.TEXT in sources) is not bool(text):
        raise table.fault("text", 'patterns stand here if and only if from names "text"')
    return IssuedRule(sources, text)


def _parse_source(text: str) -> From:
    if text not in set(_Place):
        raise MalformedError(f"it is one of {', '.join(_Place)}")
    return _SOURCES[_Place(text)]


def _read_next(table: Table, *, needed: bool) -> NextRule:
    table.only("text", "interval", "window", "early", "lead", "most", "grace")
    defaults = NextRule()
    text = table.texts("text", _parse_next, most=PROFILE_LIST, takes=_PATTERNS)
    interval: Span | None = None
    if needed or "interval" in table:
        interval = table.parsed("interval", parse_span, takes=_LENGTH)
    window = table.parsed("window", parse_days, defaults.window, takes=_DAYS)
    if window < 1:
        raise table.fault("window", "it has at least 1 day")
    return NextRule(
        text=text,
        interval=interval,
        window=window,
        early=table.parsed("early", parse_days, defaults.early, takes=_DAYS),
        lead=table.parsed("lead", parse_days, defaults.lead, takes=_DAYS),
        most=table.parsed("most", parse_days, defaults.most, takes=_DAYS),
        grace=table.parsed("grace", parse_days, defaults.grace, takes=_DAYS),
    )


def _parse_next(text: str) -> Pattern:
    pattern = parse_pattern(text)
    if len(_told(pattern)) != 1 or _told(pattern)[0] not in _NEXT:
        raise MalformedError("it has one of {window}, {length}, {date}, {days} in it, and only {words} beside it")
    return pattern


def _read_period(table: Table) -> PeriodRule:
    table.only("text", "cadence", "lag")
    return PeriodRule(
        text=table.texts("text", _parse_period, least=1, most=PROFILE_LIST, takes=_PATTERNS),
        cadence=table.parsed("cadence", parse_span, takes=_LENGTH),
        lag=table.parsed("lag", parse_span, takes=_LENGTH),
    )


def _parse_period(text: str) -> Pattern:
    pattern = parse_pattern(text)
    if _told(pattern) not in ((Hole.DATE, Hole.DATE), (Hole.WINDOW,)):
        raise MalformedError(
            "it has two {date} in it, the first and the last day, or one {window}, and only {words} beside"
        )
    return pattern


def _read_patterns(table: Table, hole: Hole) -> tuple[Pattern, ...]:
    def parse(text: str) -> Pattern:
        pattern = parse_pattern(text)
        if _told(pattern) != (hole,):
            raise MalformedError(f"it has one {{{hole}}} in it, and only {{words}} beside it")
        return pattern

    return table.texts("text", parse, most=PROFILE_LIST, takes=_PATTERNS)


def _told(pattern: Pattern) -> tuple[Hole, ...]:
    """Returns the placeholders that something is read from; `{word}` and `{words}` stand for whatever is there."""
    return tuple(each for each in pattern.holes() if each not in (Hole.WORD, Hole.WORDS))


def _read_statements(table: Table) -> StatementRule:
    kind = table.choice("kind", StatementKind, StatementKind.PINNED)
    own: dict[StatementKind, tuple[str, ...]] = {
        StatementKind.SENTENCES: ("sentences",),
        StatementKind.CODES: ("field", "meanings"),
    }
    table.only("kind", "begins", "ends", "varies", *own.get(kind, ()))
    sentences = table.texts("sentences", parse_pattern, most=PROFILE_LIST, takes=_PATTERNS)
    if kind is StatementKind.SENTENCES and not sentences:
        raise table.fault("sentences", f"it is missing; it is an array of {_PATTERNS}")
    meanings = table.table("meanings")
    return StatementRule(
        kind=kind,
        section=_read_section(table),
        sentences=sentences,
        field=table.text("field", takes="the name of a field") if kind is StatementKind.CODES else "",
        meanings=tuple((each, normalised(meanings.text(each))) for each in meanings.names()),
        varies=tuple(
            each.only("words").texts("words", parse_pattern, least=1, most=PROFILE_LIST, takes=_PATTERNS)
            for each in table.tables("varies", most=PROFILE_LIST)
        ),
    )


def _read_quote(table: Table) -> QuoteRule:
    quoting = table.choice("quoting", Quoting)
    own = {Quoting.BLOCKS: ("skips",), Quoting.WORDS: ("text",)}
    table.only("kind", "quoting", "begins", "ends", *own.get(quoting, ()))
    text = table.texts("text", _parse_quoted, most=PROFILE_LIST, takes=_PATTERNS)
    if quoting is Quoting.WORDS and not text:
        raise table.fault("text", f"it is missing; it is an array of {_PATTERNS}")
    return QuoteRule(
        kind=table.text("kind", takes="a word for what is quoted, like news, bitcoin"),
        quoting=quoting,
        section=_read_section(table),
        skips=_starts(table, "skips"),
        text=text,
    )


def _parse_quoted(text: str) -> Pattern:
    pattern = parse_pattern(text)
    if len(pattern.holes()) != 1:
        raise MalformedError("it has one placeholder in it, for what is quoted")
    return pattern


def _read_section(table: Table) -> Section:
    return Section(_starts(table, "begins"), _starts(table, "ends"))


def _starts(table: Table, key: str) -> tuple[str, ...]:
    return table.texts(key, _parse_start, most=PROFILE_LIST, takes="starts of lines in quotes")


def _parse_start(text: str) -> str:
    words = normalised(text)
    if not words:
        raise MalformedError("the start of a line has something else than blanks")
    return words


def _read_series(table: Table) -> Series:
    kind = table.choice("kind", SeriesKind, SeriesKind.FIXED)
    if kind is SeriesKind.FIXED:
        table.only("kind")
        return Series(kind)
    table.only("kind", "name", *(("folder",) if kind is SeriesKind.GIT else ()))
    read: Callable[[str], Template] = parse_template
    return Series(
        kind,
        table.parsed("name", read, takes='a name like "canary-{n:03}-{year}.txt"'),
        table.parsed("folder", _parse_folder, "", takes="a folder in the repository"),
    )


def _parse_folder(text: str) -> str:
    if any(each in ("", ".", "..") for each in text.split("/")) or "\\" in text:
        raise MalformedError("a folder is named from the root of the repository, like canaries/2020, without . and ..")
    return text
