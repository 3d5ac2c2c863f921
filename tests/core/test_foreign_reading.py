"""Reading an edition: where each thing is looked for, what stands for what is not found, and that nothing breaks it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.foreign.edition import Edition, Signed
from canary.core.foreign.freshness import repeated_quotes
from canary.core.foreign.pinned import PinnedStatement
from canary.core.foreign.read import From, Quote, Read
from canary.core.foreign.reading import read_edition
from canary.core.signed.outcome import Outcome
from canary.edges.disk.foreign_profiles import shipped_profiles
from canary.formats.settings.foreign_profile import parse_profile
from canary.limits import FOREIGN_QUOTES, FOREIGN_STATEMENTS, FOREIGN_TEXT_CHARACTERS
from tests.foreign_corpus import profile

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PINNED = tuple(PinnedStatement(f"s{n}", f"We have never done the thing that is called {n}.") for n in range(5))

BASIC = """
[issued]
text = ["Issued {date}."]
[next]
text = ["Next within {length}.", "Next in the {window}.", "Next until {date}.", "Next in: * {days}"]
interval = "3 months"
lead = "7 days"
window = "10 days"
early = "5 days"
[expires]
text = ["Void after {date}."]
[number]
text = ["Edition {number}."]
[statements]
kind = "numbered"
"""


def read(
    text: str, toml: str = BASIC, *signed: Signed, name: str = "canary.txt", pinned: tuple[PinnedStatement, ...] = ()
) -> Read:
    return read_edition(Edition(name, "", text, signed), parse_profile(toml.encode(), what="test"), pinned)


def good(signer: str, day: int, outcome: Outcome = Outcome.GOOD) -> Signed:
    return Signed(signer, "", outcome, NOON + timedelta(days=day))


# --- the date of issue ----------------------------------------------------------------------------------


def test_the_text_comes_before_the_signatures_and_they_stand_for_it() -> None:
    found = read("Issued March 1, 2026.", BASIC, good("a", 0))
    assert (found.issued, found.issued_from) == (NOON - timedelta(days=1), From.TEXT)
    found = read("Issued yesterday.", BASIC, good("a", 0))
    assert (found.issued, found.issued_from) == (NOON, From.SIGNATURE)
    assert found.missing[0] == "the date of issue: the text does not give it as the profile says"


def test_two_dates_of_issue_are_none_and_one_given_twice_is_one() -> None:
    assert read("Issued March 1, 2026. Issued 1 March 2026.").issued == NOON - timedelta(days=1)
    found = read("Issued March 1, 2026. Issued March 2, 2026.")
    assert found.issued is None
    assert "in two different ways" in found.missing[0]


def test_no_single_signer_makes_an_edition_younger_than_it_is() -> None:
    signed = (good("a", 0), good("b", 9), good("a", -3), good("", -20), good("c", -20, Outcome.BAD))
    assert read("", BASIC, *signed).issued == NOON
    assert read("").issued is None


# --- the next edition -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("promise", "opens", "due"),
    [
        ("Next within 4 weeks.", "2026-03-23", "2026-03-30"),
        ("Next within two days.", "2026-03-02", "2026-03-04"),
        ("Next in the first fourteen days of September 2026.", "2026-09-01", "2026-09-14"),
        ("Next in the June 2026.", "2026-06-01", "2026-06-30"),
        ("Next until May 1, 2026.", "2026-04-24", "2026-05-01"),
        ("Next in:\n\n* March 5\n* July 1\n", "2026-07-01", "2026-07-10"),
    ],
)
def test_a_promise_is_read(promise: str, opens: str, due: str) -> None:
    found = read(f"Issued March 2, 2026. {promise}")
    assert [str(found.opens), str(found.due), found.due_from] == [opens, due, From.TEXT]


@pytest.mark.parametrize(
    ("promise", "why"),
    [
        ("", "the text does not give it"),
        ("Next within reason.", "the text does not give it"),
        ("Next in the first week of March 2025.", "2025-03-01/2025-03-07, was over before this one was issued"),
        ("Next in the first week of March 2062.", "2062-03-01/2062-03-07, is too far away"),
        ("Next within 10 years.", "is too far away"),
        ("Next within 2 weeks. Next within 3 weeks.", "in two different ways"),
    ],
)
def test_the_interval_stands_for_a_promise_that_is_none(promise: str, why: str) -> None:
    found = read(f"Issued March 2, 2026. {promise}")
    assert [str(found.opens), str(found.due), found.due_from] == ["2026-05-26", "2026-06-02", From.PROFILE]
    assert why in found.missing[0]


def test_without_text_and_signature_nothing_is_due() -> None:
    found = read("Next within 4 weeks.")
    assert (found.issued, found.opens, found.due, found.due_from) == (None, None, None, From.PROFILE)


def test_an_end_is_a_moment_or_midnight_after_its_day_and_not_for_ever() -> None:
    assert read("Issued March 2, 2026. Void after May 1, 2026.").expires == datetime(2026, 5, 2, tzinfo=UTC)
    assert read("Void after 2026-05-01T10:00:00Z.").expires == datetime(2026, 5, 1, 10, tzinfo=UTC)
    found = read("Issued March 2, 2026. Void after May 1, 2926.")
    assert found.expires is None
    assert "when it ends: 2926-05-02 is too far away, and was not taken" in found.missing


PERIOD = """
[issued]
text = ["Accurate as of {date}."]
[period]
text = ["covers {date} to {date}.", "covers the {window}."]
cadence = "6 months"
lag = "2 months"
"""


@pytest.mark.parametrize(
    ("text", "period", "opens", "due"),
    [
        ("It covers January 1, 2021 to June 30, 2021.", ("2021-01-01", "2021-06-30"), "2022-01-01", "2022-02-28"),
        ("It covers the second half of 2021. \u00a9 2025", ("2021-07-01", "2021-12-31"), "2022-07-01", "2022-08-31"),
        ("It covers the H1 2021. A request of June 2024", ("2021-01-01", "2021-06-30"), "2022-01-01", "2022-02-28"),
    ],
)
def test_a_report_is_due_when_the_next_period_and_the_lag_are_over(
    text: str, period: tuple[str, str], opens: str, due: str
) -> None:
    found = read(text, PERIOD)
    assert found.period is not None
    assert (str(found.period[0]), str(found.period[1])) == period
    assert [str(found.opens), str(found.due), found.due_from, found.issued] == [opens, due, From.TEXT, None]


def test_a_period_that_ends_before_it_begins_is_none() -> None:
    found = read("It covers June 30, 2021 to January 1, 2021.", PERIOD)
    assert (found.period, found.due) == (None, None)
    assert "before it begins" in found.missing[0]


def test_the_text_and_the_name_must_agree_on_the_number() -> None:
    toml = BASIC + '[series]\nkind = "template"\nname = "c-{n}.txt"'
    assert read("Edition 7.", toml, name="c-7.txt").number == 7
    assert read("", toml, name="folder/c-8.txt").number == 8
    assert read("Edition 7.", toml, name="other.txt").number == 7
    found = read("Edition 7.", toml, name="c-8.txt")
    assert found.number is None
    assert "the number: the text says 7, the name 8, and neither was taken" in found.missing


# --- statements -----------------------------------------------------------------------------------------


def words(text: str, toml: str, pinned: tuple[PinnedStatement, ...] = ()) -> dict[str, str]:
    return {each.id: each.words for each in read(text, toml, pinned=pinned).statements}


def test_numbered_statements_are_wrapped_and_end_with_their_section() -> None:
    text = "Begin\n1. One\nand more\n\n  2. Two\n12 dots\n2. still two\n\n4.\n\n* a\n* b\nEnd here\n5. Not"
    toml = BASIC + 'begins = ["Begin"]\nends = ["End"]'
    assert words(text, toml) == {"1": "One and more", "2": "Two 12 dots 2. still two", "4": "* a * b"}
    assert "no line begins with 'Begin'" in read("1. One", toml).missing[-1]


LIST = '[next]\ninterval = "1 month"\n[statements]\nkind = "list"\n'


def test_statements_of_a_list_keep_their_ids_when_one_goes_changes_or_comes() -> None:
    text = "Intro\n* We have never been raided by anybody.\n* We hold\nour keys.\n\n"
    text += "- No gag orders were received.\nOutside"
    before = read(text, LIST).statements
    assert {each.id: each.words for each in before} == {
        "s1": "We have never been raided by anybody.",
        "s2": "We hold our keys.",
        "s3": "No gag orders were received. Outside",
    }
    assert words(
        "* No gag orders were received. Outside\n* We have rarely been raided by anybody.\n* New.", LIST, before
    ) == {
        "s3": "No gag orders were received. Outside",
        "s1": "We have rarely been raided by anybody.",
        "s4": "New.",
    }


PINS = '[next]\ninterval = "1 month"\n[statements]\nkind = "pinned"\n'


@pytest.mark.parametrize(
    "text",
    [
        "{0}",
        "Before it! {0} After it.",
        "Heading\n\n{0}\n\nMore",
        "* other\n* {0}\n* more",
        '("Before.") {0}',
        "1. {0}",
    ],
)
def test_a_pinned_sentence_is_found_where_a_sentence_stands(text: str) -> None:
    one = PINNED[:1]
    assert read(text.format(one[0].words.replace(" ", "\n", 1)), PINS, pinned=one).statements == one


@pytest.mark.parametrize(
    "text",
    ["It is untrue that {0}", "Untrue: {0}", "{1}, we hope.", "{1} or so.", "Not\n{0}", "x{0}", "{0}x", "{1}.but"],
)
def test_a_sentence_inside_another_is_not_the_pinned_one(text: str) -> None:
    one = PINNED[:1]
    found = read(text.format(one[0].words, one[0].words[:-1]), PINS, pinned=one).statements
    assert found != one


def test_a_sentence_that_is_gone_is_not_taken_for_a_similar_one_that_is_pinned_too() -> None:
    text = " ".join(each.words for each in PINNED[:4])
    found = read(text, PINS, pinned=PINNED)
    assert found.statements == PINNED[:4]
    assert found.missing[-1].startswith("there is no sentence like 'We have never done the thing that is called 4.'")


def test_codes_are_statements_by_their_meaning_and_stand_once() -> None:
    text = 'version: 0.1\ncodes: ["war", "gag", "war", "new"]\n'
    toml = (
        '[next]\ninterval = "1 month"\n[statements]\nkind = "codes"\nfield = "codes"\nmeanings = { war = "no wars" }\n'
    )
    assert words(text, toml) == {"war": "no wars", "gag": "gag", "new": "new"}


def test_what_varies_by_design_is_compared_by_its_placeholder_and_the_rest_word_by_word() -> None:
    toml = BASIC + '[[statements.varies]]\nwords = ["Signed by {number} people.", "Signed by {number} of us."]\n'
    assert words("1. Signed by 3 people. We say so.", toml) == words("1. Signed by two of us. We say so.", toml)
    assert words("1. Signed by few people.", toml) == {"1": "Signed by few people."}


# --- quotes ---------------------------------------------------------------------------------------------

NEWS = (
    BASIC
    + """
[[freshness]]
kind = "news"
quoting = "blocks"
begins = ["Proof"]
ends = ["Footnotes"]
skips = ["$"]
[[freshness]]
kind = "bitcoin"
quoting = "hashes"
[[freshness]]
kind = "monero"
quoting = "words"
text = ["Monero block {hash}", "height {number}."]
"""
)
HASH = "0" * 12 + "abcd" * 13


def test_quotes_are_read_with_the_date_beside_them() -> None:
    text = "Proof of freshness\n----\n\nTue, 08 Dec 2020 16:46:42 +0000\n\n"
    text += f"$ feed one\nHeadline A\nHeadline B\n\n{HASH}\n\n"
    found = read(f"{text}Footnotes\nNot news\nMonero block {'f' * 64} at height 3123456.", NEWS)
    day = date(2020, 12, 8)
    assert found.quotes == (
        Quote("news", "Headline A\nHeadline B", day),
        Quote("bitcoin", HASH, day),
        Quote("monero", "f" * 64, day),
        Quote("monero", "3123456", day),
    )
    assert read("nothing", NEWS).missing[-1] == "nothing is quoted that would prove freshness"


def test_a_quote_that_stood_in_an_earlier_edition_is_repeated_whatever_date_stands_beside_it() -> None:
    old = (Quote("news", "A", date(2020, 1, 1)), Quote("bitcoin", HASH))
    new = (Quote("news", "A", date(2021, 1, 1)), Quote("news", "B"), Quote("monero", HASH))
    assert repeated_quotes(old, new) == new[:1]
    assert repeated_quotes((), new) == ()


# --- hostile texts --------------------------------------------------------------------------------------

_WORDS = st.sampled_from(
    [
        *(
            "Statements",
            "\n",
            "\n\n",
            " ",
            "1. ",
            "* ",
            "codes: ",
            "release: ",
            "Proof of freshness",
            "Warrant Canary, ",
        ),
        *(
            "The date of issue of this canary is ",
            "December 8, 2020",
            ".",
            "Today is ",
            "2020-12-08",
            "within ",
            "4 weeks",
        ),
        *(
            "next of these canary statements in the ",
            "first week of ",
            "March 2021",
            HASH,
            "covers the period from ",
            ", to ",
        ),
        *(
            "will be re-signed on the following dates: * ",
            "May 1 * ",
            PINNED[0].words,
            "\u0301",
            "\u202e",
            "\ud800",
            "\x00",
            "{date}",
        ),
    ]
)


@pytest.mark.parametrize("name", shipped_profiles())
@given(st.lists(_WORDS, max_size=40).map("".join) | st.text(max_size=200))
def test_no_text_makes_reading_raise_and_what_is_read_makes_sense(name: str, text: str) -> None:
    edition = Edition("canary-001-2020.txt", "", text, (good("a", 0),))
    found = read_edition(edition, profile(name), PINNED)
    assert found == read_edition(edition, profile(name), PINNED)
    assert (found.opens is None) is (found.due is None)
    if found.opens and found.due:
        assert found.opens <= found.due
    if found.period:
        assert found.period[0] <= found.period[1]
    ids = [each.id for each in found.statements]
    assert len(ids) == len(set(ids)) <= FOREIGN_STATEMENTS
    assert len(found.quotes) <= FOREIGN_QUOTES


HOSTILE = {
    "letters": "a",
    "lines": "\n",
    "numbers": "1. x\n",
    "marks": "\u0301\u0316",
    "sentences": "a. ",
    "items": "* a\n",
    "promises": "We plan to publish the next of these canary statements in the first ",
    "issues": "The date of issue of this canary is ",
    "words": "Riseup positively confirms that the integrity of our system is sound: ",
    "days": "May 1 * ",
    "days promised": "will be re-signed on the following dates: * May 1 * ",
    "hashes": HASH + " ",
    "zeros": "0",
    "codes": "codes: a b c\n",
    "half a sentence": "We have never done the thing that ",
    "other sentences": "We have never done that thing it is called so. ",
    "paragraphs": "Proof of freshness\n\nx\n\n",
}


def calls(work: Callable[[], object]) -> int:
    """Returns how many functions are called, Python's own among them."""
    count = 0

    def seen(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_work_grows_no_faster_than_the_text(piece: str) -> None:
    small, large = (Edition("x", "", "Statements\n1. " + HOSTILE[piece] * times) for times in (1_000, 4_000))
    for name in shipped_profiles():
        used = profile(name)
        assert calls(partial(read_edition, large, used, PINNED)) <= 5 * calls(
            partial(read_edition, small, used, PINNED)
        )


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_text_at_the_limit_is_read_and_the_rest_is_said_to_be_left(piece: str) -> None:
    text = (HOSTILE[piece] * (FOREIGN_TEXT_CHARACTERS // len(HOSTILE[piece]) + 1))[: FOREIGN_TEXT_CHARACTERS + 1]
    found = read_edition(Edition("x", "", text), profile("page"), PINNED)
    assert found.missing[0].startswith("the text has more than 1,048,576 characters")
    assert read_edition(Edition("x", "", text[:-1]), profile("qubes"), PINNED).due is None
