"""Profiles as files: each fault names the file, the line, the key, and what it takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.foreign.profile import Quoting, StatementKind
from canary.core.foreign.read import From
from canary.core.foreign.series import SeriesKind
from canary.core.foreign.spans import Span
from canary.edges.disk.foreign_profiles import read_profile, shipped_profiles
from canary.errors import MalformedError, WorkspaceError
from canary.formats.settings.foreign_profile import parse_profile
from canary.limits import PROFILE_BYTES, PROFILE_PATTERNS, PROFILE_QUOTES

LEAST = '[next]\ninterval = "1 month"\n'


def fault(toml: str) -> MalformedError:
    with pytest.raises(MalformedError) as raised:
        parse_profile(toml.encode(), what="mine.toml")
    return raised.value


def _is_read_or_refused(data: bytes) -> None:
    try:
        found = parse_profile(data, what="mine.toml")
    except MalformedError as error:
        told = error.what
    else:
        told = f"mine.toml: {found.about}"
    assert told.startswith("mine.toml")


def test_the_least_profile_looks_at_signatures_and_counts_from_them() -> None:
    found = parse_profile(LEAST.encode(), what="mine.toml")
    assert found.issued.sources == (From.SIGNATURE,)
    assert found.next.interval == Span(months=1)
    assert (found.next.grace, found.next.window, found.next.most) == (14, 1, 366)
    assert (found.statements.kind, found.series.kind, found.period) == (StatementKind.PINNED, SeriesKind.FIXED, None)


def test_every_key_is_read() -> None:
    found = parse_profile(read_profile("qubes"), what="qubes")
    assert [each.text for each in found.issued.text] == ["The date of issue of this canary is {date}."]
    assert (found.next.interval, found.next.lead, found.next.grace) == (Span(months=3), 14, 14)
    assert found.statements.section.begins == ("Statements",)
    assert [len(each) for each in found.statements.varies] == [1, 2, 1, 1]
    assert [each.quoting for each in found.quotes] == [Quoting.BLOCKS, Quoting.HASHES]
    assert found.series.template is not None
    git = parse_profile((LEAST + '[series]\nkind = "git"\nname = "{n}.txt"\nfolder = "a/b"').encode(), what="x").series
    assert (git.kind, git.folder) == (SeriesKind.GIT, "a/b")


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("", "next.interval: it is missing; it is a length of time"),
        ('[next]\ninterval = "soon"', "line 2: next.interval: a length of time is written like"),
        (LEAST + "x = 1", "line 3: next.x: there is no such key"),
        (LEAST + "[isued]", "line 3: isued: there is no such key; did you mean issued?"),
        (LEAST + 'grace = "1 month"', "line 3: next.grace: this is counted in days or weeks"),
        (LEAST + 'window = "0 days"', "line 3: next.window: it has at least 1 day"),
        (
            LEAST + 'text = ["Next in {number} days."]',
            "line 3: next.text: it has one of {window}, {length}, {date}, {days}",
        ),
        (LEAST + 'text = ["Come {window} or {window}."]', "line 3: next.text: it has one of"),
        (LEAST + '[issued]\ntext = ["Today is {dat}."]', "line 4: issued.text: there is no {dat}"),
        (LEAST + '[issued]\ntext = ["Today."]', "line 4: issued.text: it has one {date} in it"),
        (LEAST + '[issued]\nfrom = ["text"]', "issued.text: patterns stand here if and only if"),
        (
            LEAST + '[issued]\nfrom = ["signature"]\ntext = ["Today is {date}."]',
            "issued.text: patterns stand here if and only if",
        ),
        (LEAST + '[issued]\nfrom = ["clock"]', "line 4: issued.from: it is one of text, signature"),
        (LEAST + '[number]\ntext = ["Edition {date}"]', "number.text: it has one {number} in it"),
        ('[period]\ncadence = "6 months"\nlag = "1 month"', "period.text: it is missing"),
        (
            '[period]\ntext = ["until {date}"]\ncadence = "6 months"\nlag = "1 month"',
            "period.text: it has two {date} in it",
        ),
        (
            LEAST + '[statements]\nkind = "numberd"',
            "line 4: statements.kind: it is one of numbered, list, sentences, codes, pinned",
        ),
        (LEAST + '[statements]\nkind = "sentences"', "statements.sentences: it is missing"),
        (LEAST + '[statements]\nkind = "codes"', "statements.field: it is missing"),
        (
            LEAST + '[statements]\nkind = "list"\nsentences = ["We are."]',
            "line 5: statements.sentences: there is no such key",
        ),
        (LEAST + '[statements]\nbegins = ["  "]', "line 4: statements.begins: the start of a line has something else"),
        (LEAST + "[[statements.varies]]", "statements.varies[1].words: it is missing"),
        (LEAST + '[[freshness]]\nkind = "news"', "freshness[1].quoting: it is missing"),
        (LEAST + '[[freshness]]\nkind = "x"\nquoting = "words"', "freshness[1].text: it is missing"),
        (
            LEAST + '[[freshness]]\nkind = "x"\nquoting = "words"\ntext = ["none"]',
            "line 6: freshness[1].text: it has one placeholder",
        ),
        (LEAST + '[series]\nkind = "template"', "series.name: it is missing"),
        (LEAST + '[series]\nkind = "index"\nname = "../{n}"', "line 5: series.name: a name is made of letters"),
        (LEAST + '[series]\nname = "{n}"', "line 4: series.name: there is no such key"),
        (
            LEAST + '[series]\nkind = "git"\nname = "{n}.txt"\nfolder = "../etc"',
            "line 6: series.folder: a folder is named from the root",
        ),
        (
            LEAST + '[series]\nkind = "git"\nname = "{n}.txt"\nfolder = "/etc"',
            "line 6: series.folder: a folder is named from the root",
        ),
        ('dates = "us"\n' + LEAST, "line 1: dates: it is one of day-first, month-first"),
        (
            LEAST
            + "".join(f'[[freshness]]\nkind = "{each}"\nquoting = "hashes"\n' for each in range(PROFILE_QUOTES + 1)),
            f"freshness: there are at most {PROFILE_QUOTES}",
        ),
        ("\n[next", "this is no TOML"),
        ("#" * (PROFILE_BYTES + 1), "it has more than 16,384 bytes"),
    ],
)
def test_a_fault_names_the_line_and_the_key(toml: str, told: str) -> None:
    assert told in fault(toml).what
    assert fault(toml).hint


def test_more_patterns_than_are_read_in_all() -> None:
    words = ", ".join(f'"words {each}"' for each in range(50))
    groups = "".join(f"[[statements.varies]]\nwords = [{words}]\n" for _ in range(PROFILE_PATTERNS // 50))
    assert len(parse_profile((LEAST + groups).encode(), what="p").statements.varies) == PROFILE_PATTERNS // 50
    more = LEAST + groups + '[[statements.varies]]\nwords = ["one more"]\n'
    assert f"it has {PROFILE_PATTERNS + 1} patterns, and at most {PROFILE_PATTERNS} are read" in fault(more).what


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda each: each.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_profile_or_refused(data: bytes) -> None:
    _is_read_or_refused(data)


@given(st.sampled_from(shipped_profiles()), st.integers(0, 1_000), st.binary(min_size=1, max_size=3))
def test_a_profile_that_ships_with_some_bytes_changed_is_read_or_refused(name: str, place: int, data: bytes) -> None:
    before = read_profile(name)
    place %= len(before)
    _is_read_or_refused(before[:place] + data + before[place + len(data) :])


def test_a_name_that_does_not_ship_tells_those_that_do() -> None:
    with pytest.raises(WorkspaceError) as raised:
        read_profile("quebs")
    assert "qubes" in raised.value.hint
    with pytest.raises(WorkspaceError):
        read_profile("./none.toml")
