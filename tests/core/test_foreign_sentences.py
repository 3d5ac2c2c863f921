"""Sentences that are proposed, what became of those that were pinned, and the period of a report."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.foreign.matches import Fate, match_sentences
from canary.core.foreign.periods import period_of
from canary.core.foreign.pinned import PinnedStatement
from canary.core.foreign.proposals import Kind, Proposal, propose_sentences
from tests.html_pages import SENTENCES, STATEMENTS, TEXT

PINNED = tuple(PinnedStatement(f"s{number}", each) for number, each in enumerate(SENTENCES, 1))
FIRST_HALF = (date(2026, 1, 1), date(2026, 6, 30))


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("We have never done it.", Kind.STATEMENT),
        ("Foo has not received a National Security Letter.", Kind.STATEMENT),
        ("Foo hasn't been asked.", Kind.STATEMENT),
        ("We have received no gag orders.", Kind.STATEMENT),
        ("No warrants have ever been served to us.", Kind.STATEMENT),
        ("We never log anything.", Kind.STATEMENT),
        ("We have never handed over what we would have to delete.", Kind.STATEMENT),
        ("We will never log anything.", Kind.COMMITMENT),
        ("We would go to court first.", Kind.COMMITMENT),
        ("We will not sell your data.", Kind.COMMITMENT),
        ("It is our policy to tell you.", Kind.COMMITMENT),
        ('"We won\'t tell anybody."', Kind.COMMITMENT),
    ],
)
def test_a_sentence_is_proposed_as_what_it_says(sentence: str, kind: Kind) -> None:
    text = f"A heading\n\nBefore it. {sentence} Foo is large.\n"
    assert propose_sentences(text) == (Proposal(kind, sentence),)


@pytest.mark.parametrize(
    "text",
    [
        "SOME THINGS WE HAVE NEVER DONE",
        "Things we have never done\n\nWe like birds.",
        "Have you never seen one?",
        "A request will show as both.",
        "It is what we have.",
        "Nevertheless it moves.",
        "Would you like to know more?",
        "",
    ],
)
def test_headings_questions_and_other_sentences_are_not_proposed(text: str) -> None:
    assert propose_sentences(text) == ()


def test_an_item_of_a_list_needs_no_full_stop() -> None:
    text = "We say:\n\n* Foo has never been raided\n* Foo has never been\n  bought\n\nWe have never been a heading"
    assert [each.words for each in propose_sentences(text)] == [
        "Foo has never been raided",
        "Foo has never been bought",
    ]


def test_an_abbreviation_ends_no_sentence() -> None:
    text = "Foo Inc. has never, e.g. in the U.S. Congress, been heard. J. Doe has not left."
    assert [each.words for each in propose_sentences(text)] == [
        "Foo Inc. has never, e.g. in the U.S. Congress, been heard.",
        "J. Doe has not left.",
    ]


def test_a_sentence_over_several_lines_is_one_and_the_same_one_twice_is_proposed_once() -> None:
    assert len(propose_sentences("We have\nnever   been\nasked.\n\nWe have never been asked.")) == 1


@given(st.text(max_size=200))
def test_whatever_is_proposed_is_found_again(text: str) -> None:
    proposed = propose_sentences(text)
    chosen = tuple(PinnedStatement(f"p{number}", each.words) for number, each in enumerate(proposed))
    assert {each.fate for each in match_sentences(chosen, text)} <= {Fate.FOUND, Fate.MOVED}


PIECES = st.sampled_from(
    [
        *SENTENCES,
        "Foo has never",
        "we would",
        "not.",
        '("',
        "* ",
        "1. ",
        "\n",
        "\n\n",
        "e.g. ",
        "U.S. ",
        "A. B",
        "! ",
        "? ",
    ]
)


@given(st.lists(PIECES, max_size=12), st.sampled_from(["", " "]))
def test_whatever_is_proposed_in_prose_is_found_again(pieces: list[str], between: str) -> None:
    test_whatever_is_proposed_is_found_again.hypothesis.inner_test(between.join(pieces))  # type: ignore[attr-defined]


# --- what became of them --------------------------------------------------------------------------------


def fates(text: str) -> list[Fate]:
    return [each.fate for each in match_sentences(PINNED, text)]


def test_all_are_found_whatever_the_lines_and_the_quotes() -> None:
    assert set(fates(TEXT)) == {Fate.FOUND}
    assert set(fates(TEXT.replace(" ", "\n").replace("'", "’"))) == {Fate.FOUND}


def test_one_that_stands_elsewhere_is_moved_and_the_others_are_found() -> None:
    text = TEXT.replace(SENTENCES[0], "") + f"\n\n{SENTENCES[0]}"
    assert fates(text) == [Fate.MOVED] + [Fate.FOUND] * 5


def test_one_that_is_reworded_is_shown_with_the_difference() -> None:
    (match, *rest) = match_sentences(PINNED, TEXT.replace("to anyone.", "to anyone without a warrant."))
    assert match.fate is Fate.REWORDED
    assert match.words.endswith("to anyone without a warrant.")
    assert match.difference.endswith("to [-anyone.-] {+anyone without a warrant.+}")
    assert {each.fate for each in rest} == {Fate.FOUND}


def test_one_that_is_gone_is_not_taken_for_another_one() -> None:
    assert fates(TEXT.replace(SENTENCES[2], "")) == [
        Fate.FOUND,
        Fate.FOUND,
        Fate.GONE,
        Fate.FOUND,
        Fate.FOUND,
        Fate.FOUND,
    ]


@pytest.mark.parametrize("before", ["It is no longer true that ", "We used to say: ", "Until May "])
def test_a_sentence_within_another_one_is_not_the_sentence(before: str) -> None:
    text = TEXT.replace(STATEMENTS[1], before + STATEMENTS[1])
    assert fates(text)[1] is Fate.REWORDED


def test_a_sentence_that_goes_on_is_not_the_sentence() -> None:
    text = TEXT.replace(STATEMENTS[1], STATEMENTS[1].replace("network.", "network, until now."))
    assert fates(text)[1] is Fate.REWORDED


@given(st.permutations(range(len(PINNED))))
def test_in_any_order_all_are_there_and_as_few_as_possible_are_moved(order: list[int]) -> None:
    found = fates("\n\n".join(SENTENCES[each] for each in order))
    assert set(found) <= {Fate.FOUND, Fate.MOVED}
    kept = [order.index(number) for number, each in enumerate(found) if each is Fate.FOUND]
    assert kept == sorted(kept)
    assert (Fate.MOVED not in found) is (order == sorted(order))


@given(st.sets(st.integers(0, len(PINNED) - 1)))
def test_exactly_those_that_were_removed_are_gone(removed: set[int]) -> None:
    text = "\n\n".join(each for number, each in enumerate(SENTENCES) if number not in removed)
    assert [each is Fate.GONE for each in fates(text)] == [number in removed for number in range(len(PINNED))]


# --- the period -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "The data covers the period from January 1, 2026, to June 30, 2026.",
        "This report covers the reporting period 1 January 2026 through 30 June 2026.",
        "covering the period 2026-01-01 - 2026-06-30",
        "for the period of January 1, 2026 until\nJune 30, 2026",
        "TRANSPARENCY REPORT - H1 2026",
        "Report, 2026 H1. It is the first half of 2026 that this report speaks of.",
        "H2 2025 is over.\n\nIt covers the period from January 1, 2026, to June 30, 2026.",
    ],
)
def test_the_period_is_read(text: str) -> None:
    assert period_of(text) == FIRST_HALF


@pytest.mark.parametrize(
    "text",
    [
        "© 2026 Example Networks, Inc.",
        "A request received in June 2026, but not processed until July 2026.",
        "H1 2026 and H2 2026",
        (
            "It covers the period from January 1, 2026, to June 30, 2026. "
            "It covers the period from July 1, 2026, to December 31, 2026."
        ),
        "It covers the period from June 30, 2026, to January 1, 2026.",
        "It covers the period from January 1, 2006, to June 30, 2026.",
        "It covers the period from January 32, 2026, to June 30, 2026.",
        "third half of 2026",
        "H1 20266",
        "Updated on November 24, 2026.",
        "",
    ],
)
def test_a_year_an_example_and_two_periods_are_none(text: str) -> None:
    assert period_of(text) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("H2 2026", date(2026, 7, 1), date(2026, 12, 31)),
        ("Q1 2024", date(2024, 1, 1), date(2024, 3, 31)),
        ("the fourth quarter of 2026", date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_halves_and_quarters_end_with_a_month(text: str, first: date, last: date) -> None:
    assert period_of(text) == (first, last)


@given(st.text(max_size=200))
def test_any_text_has_a_period_or_none(text: str) -> None:
    found = period_of(text)
    assert found is None or found[0] < found[1]


@pytest.mark.parametrize("before", ["A lie! \u2717 ", 'No. " '])
def test_a_mark_before_a_sentence_is_a_part_of_it(before: str) -> None:
    (match,) = match_sentences(
        [PinnedStatement("s1", "We have never handed over a key.")], f"{before}We have never handed over a key."
    )
    assert match.fate is Fate.REWORDED
