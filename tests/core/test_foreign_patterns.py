"""Patterns, and the names of a series."""

from __future__ import annotations

import unicodedata
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.foreign.patterns import find_all, parse_pattern
from canary.core.foreign.series import Named, names_to_try, newest_link, parse_template, read_name
from canary.core.foreign.spans import Span
from canary.core.foreign.words import normalised
from canary.errors import MalformedError
from canary.limits import PATTERN_PLACES


def found(pattern: str, text: str) -> list[tuple[str, tuple[object, ...]]]:
    return [(text[each.start : each.end], each.values) for each in find_all(parse_pattern(pattern), text)]


def test_a_pattern_is_found_wherever_it_stands() -> None:
    text = "I will update within 14 days. I will update within two weeks. I will update within reason."
    assert found("update within {length}.", text) == [
        ("update within 14 days.", (Span(days=14),)),
        ("update within two weeks.", (Span(days=14),)),
    ]


def test_only_so_many_places_are_tried() -> None:
    date = "Today is 2026-01-05"
    assert found("Today is {date}", "Today is " * (PATTERN_PLACES - 1) + date)
    assert not found("Today is {date}", "Today is " * PATTERN_PLACES + date)


@pytest.mark.parametrize(
    ("pattern", "text", "values"),
    [
        ("There are {number} bulletins", "There are 1234 bulletins", (1234,)),
        ("There are {number} bulletins", "There are twelve bulletins", (12,)),
        ("Block hash: {hash}", f"Block hash: {'0' * 10}{'A' * 54}", ("0" * 10 + "a" * 54,)),
        ("see https://{word}", "see https://example.net/x. Then", ("example.net/x.",)),
        ("We all, {words}, state", "We all, the four of us, state", ("the four of us",)),
        ("It  is\n\u201cso\u201d", 'It is "so"', ()),
    ],
)
def test_placeholders(pattern: str, text: str, values: tuple[object, ...]) -> None:
    assert found(pattern, text) == [(text.partition(". Then")[0] + ("." if ". Then" in text else ""), values)]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("There are {number} bulletins", "There are 1,234 bulletins"),
        ("There are {number} bulletins", "There are many bulletins"),
        ("There are {number} bulletins", "There are 1 bulletinsx"),
        ("There are {number}", "xThere are 1"),
        ("There are {number}", "There are 12345678901234567890"),
        ("hash: {hash}", f"hash: {'0' * 65}"),
        ("We all, {words}, state", f"We all, {'x' * 201}, state"),
        ("We all, {words}, state", "We all, , state"),
        ("there are {number}", "There are 1"),
    ],
)
def test_where_a_pattern_does_not_stand(pattern: str, text: str) -> None:
    assert found(pattern, text) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Today is {day}.", "there is no {day}"),
        ("Today is {}.", "there is no {}"),
        ("Today is {date.", "a brace that is no placeholder's"),
        ("Today is }.", "a brace that is no placeholder's"),
        ("{date} is today", "a pattern begins with words"),
        ("a {date}", "a pattern begins with words"),
        ("", "a pattern begins with words"),
        ("Today {date}{number}", "words have to stand between {date} and {number}"),
        ("We say {words}", "words have to follow {words}"),
    ],
)
def test_what_is_no_pattern(text: str, rule: str) -> None:
    with pytest.raises(MalformedError) as raised:
        parse_pattern(text)
    assert rule in raised.value.rule


_PIECES = st.sampled_from(
    [
        "the date is ",
        "December 8, 2020",
        "{date}",
        "first week of ",
        "May 2021",
        " ",
        ".",
        "14 days",
        "0" * 64,
        "x",
        ", ",
    ]
)


@given(st.lists(_PIECES, max_size=12).map("".join), st.lists(_PIECES, max_size=20).map("".join))
def test_whatever_a_pattern_and_a_text_are_places_do_not_overlap(spelt: str, text: str) -> None:
    try:
        pattern = parse_pattern("the " + spelt)
    except MalformedError:
        return
    end = 0
    for each in find_all(pattern, normalised(text)):
        assert end <= each.start < each.end <= len(text)
        assert len(each.values) == len(pattern.holes())
        end = each.end


_AWKWARD = st.sampled_from("a \u0301\u0316\u1e09\u00e9\u2019\u200b\n\u1100\u1161\u2014")


@given(st.text(_AWKWARD, max_size=10))
def test_words_are_the_same_however_they_are_composed_and_whatever_is_invisible_in_them(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once
    assert normalised(unicodedata.normalize("NFD", text)) == once
    assert normalised("\u200b".join(text)) == once


def test_a_long_run_of_marks_is_kept() -> None:
    run = "a" + "\u0301\u0316" * 100_000
    assert Counter(unicodedata.normalize("NFD", each)[-1] for each in normalised(run)) == Counter(
        {"\u0301": 100_000, "\u0316": 100_000}
    )


# --- series ---------------------------------------------------------------------------------------------

QUBES = parse_template("canary-{n:03}-{year}.txt")


def test_a_name_says_its_number_and_its_day() -> None:
    assert read_name(QUBES, "canary-025-2020.txt") == Named(25, 2020)
    assert read_name(QUBES, "canary-1025-2020.txt") == Named(1025, 2020)
    assert read_name(parse_template("x-{year}{month}{day}.txt"), "x-20180701.txt") == Named(0, 2018, 7, 1)
    assert read_name(parse_template("{n}.txt"), "7.txt") == Named(7)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "canary-25-2020.txt",
            "canary-0025-2020.txt",
            "canary-025-20200.txt",
            "canary-025-2020.txt.sig",
            "canary-025-2020",
        ),
        *(
            "xcanary-025-2020.txt",
            "canary--025-2020.txt",
            "canary-\u0660\u0662\u0665-2020.txt",
            "",
            "canary-025-0000.txt",
        ),
        "canary-0000000000025-2020.txt",
    ],
)
def test_what_is_no_name_of_the_series(name: str) -> None:
    assert read_name(QUBES, name) is None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("canary.txt", "a name has a placeholder"),
        ("{n}-{n}.txt", "each of them once"),
        ("{n}{year}.txt", "something else than a digit has to follow {n}"),
        ("{n}7.txt", "something else than a digit has to follow {n}"),
        ("../{n}.txt", "a name is made of letters"),
        ("{n:3}.txt", "there is no {n:3}"),
        ("{", "a name is made of letters"),
        ("", "a name has a placeholder"),
    ],
)
def test_what_is_no_template(text: str, rule: str) -> None:
    with pytest.raises(MalformedError) as raised:
        parse_template(text)
    assert rule in raised.value.rule


def test_the_next_number_is_tried_for_this_year_and_the_next() -> None:
    last = Named(25, 2020)
    assert names_to_try(QUBES, last, date(2020, 12, 31)) == ("canary-026-2020.txt", "canary-026-2021.txt")
    after = ("canary-026-2020.txt", "canary-026-2021.txt", "canary-026-2022.txt")
    assert names_to_try(QUBES, last, date(2021, 1, 1)) == after
    assert names_to_try(QUBES, last, date(1990, 1, 1)) == after[:2]
    assert len(names_to_try(QUBES, last, date(2999, 1, 1))) == 20
    assert names_to_try(parse_template("{n}.txt"), Named(9), date(2021, 1, 1)) == ("10.txt",)
    assert names_to_try(parse_template("{n}-{year}-{month}.txt"), Named(9, 2020, 1), date(2021, 1, 1)) == ()


@given(st.integers(0, 10**8), st.integers(1970, 2900), st.integers(0, 5_000))
def test_what_is_tried_is_of_the_series_and_follows(number: int, year: int, days: int) -> None:
    tried = names_to_try(QUBES, Named(number, year), date(year, 1, 1) + timedelta(days=days))
    assert 2 <= len(tried) <= 20
    assert {each.number for name in tried if (each := read_name(QUBES, name))} == {number + 1}
    assert all(read_name(QUBES, name) for name in tried)


def test_the_newest_link_is_the_one_of_the_largest_number_or_the_latest_day() -> None:
    links = [
        "/c/canary-009-2016.txt",
        "canary-010-2016.txt",
        "canary-011-2016.txt?x",
        "canary-099.txt",
        "#canary-012-2017.txt",
    ]
    assert newest_link(QUBES, links) == "canary-010-2016.txt"
    dated = parse_template("w-{year}{month}{day}.txt")
    assert newest_link(dated, ["w-20171231.txt", "w-20180701.txt", "w-20189901.txt"]) == "w-20180701.txt"
    assert newest_link(QUBES, []) is None
