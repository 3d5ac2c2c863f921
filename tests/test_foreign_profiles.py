"""The profiles that ship, over the canaries of others: what they read equals what is known."""

from __future__ import annotations

import textwrap
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from canary.core.foreign.edition import Edition
from canary.core.foreign.freshness import repeated_quotes
from canary.core.foreign.pinned import PinnedStatement
from canary.core.foreign.read import From, Read
from canary.core.foreign.reading import read_edition
from canary.core.foreign.series import names_to_try, newest_link, read_name
from canary.edges.disk.foreign_profiles import shipped_profiles
from canary.formats.settings.foreign_profile import parse_profile
from tests.foreign_corpus import CORPUS, NOT_HERE, STORJ_PROFILE, profile, read, rows, signed_at, text

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=NOT_HERE)

QUBES = sorted(path.name for path in (CORPUS / "qubes" / "canaries").glob("*.txt"))
KICKSECURE = sorted(path.name for path in (CORPUS / "kicksecure" / "history").glob("*"))
OPENSATS = sorted(path.name for path in (CORPUS / "opensats" / "history").glob("*"))
STORJ = sorted(path.name for path in (CORPUS / "storj").glob("*"))


def qubes(name: str) -> Read:
    return read("qubes", f"qubes/canaries/{name}")


def kicksecure(name: str) -> Read:
    path = f"kicksecure/history/{name}/canary.txt"
    return read("kicksecure", path, signed_at(f"{path}.asc"))


def opensats(name: str) -> Read:
    path = f"opensats/history/{name}/canary.txt"
    return read("opensats", path, signed_at(f"{path}.asc"))


def storj(name: str) -> Read:
    words = text(f"storj/{name}/canary.txt")
    return read_edition(Edition(name, "", words), parse_profile(STORJ_PROFILE.encode(), what="storj"))


def words(reading: Read) -> list[str]:
    return [each.words for each in reading.statements]


# --- Qubes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows("qubes/dates.tsv") if CORPUS.is_dir() else [], ids=lambda row: row["file"])
def test_dates_windows_numbers_and_quotes_of_qubes(row: dict[str, str]) -> None:
    found = qubes(row["file"])
    assert found.issued is not None
    assert (found.issued.date().isoformat(), found.issued_from) == (row["issue_date"], From.TEXT)
    window = [row["next_window_start"], row["next_window_end"]]
    assert [str(found.opens), str(found.due)] == window
    assert (found.due_from, found.missing) == (From.TEXT, ())
    assert found.number == int(row["file"].split("-")[1])
    assert [each.words for each in found.quotes if each.kind == "bitcoin"] == list(filter(None, [row["btc_hash"]]))
    said = {each.says for each in found.quotes}
    assert said == {
        datetime.strptime(row["freshness_date"], "%a, %d %b %Y %H:%M:%S %z").date() if row["freshness_date"] else None
    }
    assert len([each for each in found.quotes if each.kind == "news"]) >= 3


def test_the_statements_of_qubes_are_the_same_but_for_the_one_rewording() -> None:
    readings = {name: qubes(name) for name in QUBES}
    changed = {
        later: {
            new.id
            for old, new in zip(readings[earlier].statements, readings[later].statements, strict=True)
            if old != new
        }
        for earlier, later in pairwise(QUBES)
    }
    assert {name: ids for name, ids in changed.items() if ids} == {"canary-006-2016.txt": {"3", "4", "5"}}
    assert {tuple(each.id for each in reading.statements) for reading in readings.values()} == {
        ("1", "2", "3", "4", "5")
    }
    assert words(readings[QUBES[0]])[0] == "The date of issue of this canary is {date}."


@pytest.mark.parametrize("number", ["1", "2", "3", "4", "5"])
def test_a_statement_of_qubes_that_is_gone_or_doubled_shows(number: str) -> None:
    whole = text("qubes/canaries/canary-025-2020.txt")
    lines = whole.split("\n")
    begin = next(n for n, line in enumerate(lines) if line.startswith(f"{number}. "))
    end = next(n for n, line in enumerate(lines) if n > begin and line.startswith((f"{int(number) + 1}. ", "Special")))
    before = read_edition(Edition("x", "", whole), profile("qubes"))
    without = read_edition(Edition("x", "", "\n".join(lines[:begin] + lines[end:])), profile("qubes"))
    assert [each for each in before.statements if each.id != number] == list(without.statements)
    doubled = [*lines[:end], f"{number}. Everything has changed.", "", *lines[end:]]
    after = read_edition(Edition("x", "", "\n".join(doubled)), profile("qubes"))
    assert [each.id for each in after.statements if each not in before.statements] == [number]


def test_no_edition_of_qubes_quotes_what_an_earlier_one_did() -> None:
    readings = [qubes(name).quotes for name in QUBES]
    assert [
        repeated_quotes(before, after) for before, after in pairwise(readings) if repeated_quotes(before, after)
    ] == []
    assert repeated_quotes(readings[-1], readings[-1]) == readings[-1]


def test_the_next_name_of_qubes_is_one_of_those_to_try() -> None:
    template = profile("qubes").series.template
    assert template is not None
    for earlier, later in pairwise(QUBES):
        last, found = read_name(template, earlier), qubes(later).issued
        assert last is not None
        assert found is not None
        assert later in names_to_try(template, last, found.date())
    assert newest_link(template, [f"/canaries/{name}" for name in reversed(QUBES)]) == f"/canaries/{QUBES[-1]}"


# --- Kicksecure -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows("kicksecure/dates.tsv") if CORPUS.is_dir() else [], ids=lambda row: row["dir"])
def test_dates_and_promises_of_kicksecure(row: dict[str, str]) -> None:
    signed, unsigned = kicksecure(row["dir"]), read("kicksecure", f"kicksecure/history/{row['dir']}/canary.txt")
    when = datetime.fromisoformat(row["sig_time"])
    assert (signed.issued, signed.issued_from) == (when, From.SIGNATURE)
    assert (unsigned.issued, unsigned.issued_from) == (datetime.fromisoformat(row["text_date"]), From.TEXT)
    assert signed.due == when.date() + timedelta(weeks=4)
    assert signed.due_from is (From.TEXT if row["next_text"] else From.PROFILE)
    assert bool(signed.missing) is not bool(row["next_text"])
    blocks = [each.words for each in signed.quotes if each.kind != "news"]
    assert blocks == list(filter(None, [row["btc"]])) or (not row["btc"] and len(blocks) == 1)


def test_the_rewordings_of_kicksecure() -> None:
    readings = {name: kicksecure(name) for name in KICKSECURE}
    changed = {
        later[:10]: [
            new.id
            for old, new in zip(readings[earlier].statements, readings[later].statements, strict=True)
            if old != new
        ]
        for earlier, later in pairwise(KICKSECURE)
    }
    # The promise got a length; one statement became four; the project got a second name.
    assert {day: ids for day, ids in changed.items() if ids} == {
        "2019-06-27": ["3"],
        "2021-09-01": ["2"],
        "2021-12-09": ["2"],
    }


# --- the others -----------------------------------------------------------------------------------------


def test_dates_of_opensats_are_those_of_its_signatures_and_its_months_are_named() -> None:
    found = [opensats(name) for name in OPENSATS]
    assert [each.issued.date().isoformat() for each in found if each.issued] == [
        *("2024-08-06", "2024-08-07", "2024-11-01", "2025-01-31", "2025-05-01"),
    ]
    assert [(str(each.opens), str(each.due)) for each in found] == [
        ("2024-11-01", "2024-11-14"),
        ("2024-11-01", "2024-11-14"),
        ("2025-02-01", "2025-02-14"),
        ("2025-05-01", "2025-05-14"),
        ("2025-08-01", "2025-08-14"),
    ]
    assert {each.missing for each in found} == {()}
    assert {len(each.statements) for each in found} == {2}
    assert repeated_quotes(found[0].quotes, found[1].quotes) == found[1].quotes


def test_the_canary_of_the_onion_mirror_guidelines() -> None:
    found = read("omg", "omg/canary.txt")
    assert (found.issued, str(found.due), found.missing) == (datetime(2019, 10, 29, 12, tzinfo=UTC), "2019-11-12", ())
    assert words(found) == ["I am in control of my PGP key.", "I will update this canary within 14 days."]
    assert [each.kind for each in found.quotes] == ["bitcoin"]


def test_dates_and_promises_of_purism() -> None:
    first, second = (read("purism", f"purism/purism-warrant-canary-{day}.txt") for day in ("20160101", "20180701"))
    assert [str(each.issued.date()) for each in (first, second) if each.issued] == ["2016-01-01", "2018-07-01"]
    assert [(str(each.due), each.due_from) for each in (first, second)] == [
        ("2016-04-01", From.TEXT),
        ("2018-10-01", From.PROFILE),
    ]
    assert [each.id for each in first.statements] == ["1", "2", "3"]


def test_dates_in_numbers_of_storj() -> None:
    found = [storj(name) for name in STORJ]
    assert [str(each.issued.date()) for each in found if each.issued] == ["2020-05-04", "2020-06-01", "2020-07-29"]
    assert len({each.statements for each in found}) == 1
    assert [len(each.quotes) for each in found] == [1, 1, 1]


PAGE = "pages/cloudflare-transparency-h1-2021.txt"


def test_the_transparency_page_is_on_the_first_half_of_2021_and_nothing_else_in_it_is_a_date() -> None:
    found = read("page", PAGE)
    assert found.period == (date(2021, 1, 1), date(2021, 6, 30))
    assert (found.issued, found.expires) == (None, None)
    assert (str(found.opens), str(found.due), found.due_from) == ("2022-01-01", "2022-03-31", From.TEXT)
    without = text(PAGE).replace("covers the period", "is of the time")
    nothing = read_edition(Edition("x", "", without), profile("page"))
    assert (nothing.period, nothing.issued, nothing.due) == (None, None, None)


def pinned_on_the_page() -> tuple[PinnedStatement, ...]:
    sentences = [line for line in text(PAGE).split("\n") if line.startswith("Cloudflare has never")]
    return tuple(PinnedStatement(f"s{n}", each) for n, each in enumerate(sentences, 1))


def test_sentences_of_the_page_are_found_missed_and_seen_reworded() -> None:
    pinned = pinned_on_the_page()
    assert len(pinned) == 6
    whole = text(PAGE)

    def found(page: str) -> tuple[PinnedStatement, ...]:
        return read_edition(Edition("x", "", page), profile("page"), pinned).statements

    assert found(whole) == pinned
    wrapped = "\n".join(textwrap.fill(line, 50) for line in whole.split("\n"))
    assert found(wrapped.replace("'", "\u2019").replace("Cloudflare has", "Cloudflare\u00a0has")) == pinned
    for each in pinned:
        others = tuple(other for other in pinned if other != each)
        assert found(whole.replace(each.words, "")) == others
        denied = found(whole.replace(each.words, f"It is not so that {each.words}"))
        assert [other for other in denied if other in pinned] == list(others)
        assert [other.words for other in denied if other.id == each.id] == [f"It is not so that {each.words}"]
        assert found(whole.replace(each.words, "") + f"\n\nAgain: we say it. {each.words} And more.") == pinned


def test_every_profile_that_ships_can_be_read() -> None:
    names = shipped_profiles()
    assert names == (
        *(
            "canarytail",
            "fields",
            "fugl",
            "kicksecure",
            "omg",
            "opensats",
            "page",
            "purism",
            "qubes",
            "riseup",
            "signed",
        ),
    )
    assert all(profile(name).about for name in names)
