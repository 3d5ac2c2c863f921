from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from canary.core.dating.anchor_bitcoin import BitcoinHeader
from canary.core.dating.anchors import BITCOIN, DRAND, HEADLINE, check_anchor
from canary.core.documents.release import Anchor
from canary.errors import MalformedError, RefusedError
from canary.flows.issue import anchoring
from canary.flows.issue.anchoring import (
    age_in_words,
    check_anchors,
    describe_anchor,
    not_used_before,
    parse_anchor_file,
)
from canary.flows.issue.config import AnchorsTable, Config
from tests.public_values import bitcoin_blocks
from tests.publisher import Desk, noon
from tests.simulator import EXAMPLE_ANCHOR, EXAMPLE_BLOCK
from tests.strategies import anchors as any_anchors
from tests.strategies import mutated

MADE = check_anchor(EXAMPLE_ANCHOR).moment
"""2026-08-31T18:45:15Z."""

HEADLINE_ANCHOR = Anchor(HEADLINE, '2026-08-31 Example Times "It rains"')
LINE = f"{EXAMPLE_ANCHOR.kind} {EXAMPLE_ANCHOR.value}\n"


def desk(age: str | None = "3 days") -> Desk:
    """Returns a canary whose roster asks for an anchor of at most that age, with one release."""
    made = Desk()
    made.config = Config(made.config.canary, made.config.signers, made.config.schedule, anchors=AnchorsTable(age=age))
    return made.begin().release(noon("2026-05-02"))


def refusal(made: Desk, day: str, *anchors: Anchor) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        check_anchors(made.history, made.draft(noon(day), anchors=anchors))
    return caught.value


# --- the rules ------------------------------------------------------------------------------------------


def test_a_fresh_anchor_is_enough() -> None:
    made = desk()
    for day in ("2026-09-01", "2026-09-03"):
        check_anchors(made.history, made.draft(noon(day), anchors=[HEADLINE_ANCHOR, EXAMPLE_ANCHOR]))


def test_the_age_is_counted_to_the_second_from_issued() -> None:
    made = desk()
    assert MADE is not None
    draft = made.draft(MADE + timedelta(days=3), anchors=[EXAMPLE_ANCHOR])
    check_anchors(made.history, draft)
    with pytest.raises(RefusedError, match="the newest one of this draft is 3 days old"):
        check_anchors(made.history, replace(draft, issued=draft.issued + timedelta(seconds=1)))


@pytest.mark.parametrize("anchors", [(), (HEADLINE_ANCHOR,), (Anchor("other", "2026"),)])
def test_without_a_proved_anchor_the_rule_is_not_kept(anchors: tuple[Anchor, ...]) -> None:
    error = refusal(desk(), "2026-09-01", *anchors)
    assert error.exit_code == 1
    assert "asks for an anchor that is at most 3 days old, and this draft has none that is proved" in error.what
    assert "--anchor FILE" in error.hint


@pytest.mark.parametrize("age", [None, "none"])
def test_without_the_rule_nothing_is_asked_for(age: str | None) -> None:
    made = desk(age)
    check_anchors(made.history, made.draft(noon("2026-09-01")))
    check_anchors(made.history, made.draft(noon("2027-03-01"), anchors=[EXAMPLE_ANCHOR]))


def test_a_wrong_anchor_is_refused_with_or_without_the_rule() -> None:
    wrong = Anchor(DRAND, EXAMPLE_ANCHOR.value.replace("31799517", "31799518"))
    for age in ("3 days", None):
        assert "the signature of drand round 31799518 is wrong" in refusal(desk(age), "2026-09-01", wrong).what


def test_an_anchor_of_an_earlier_release_is_refused() -> None:
    made = desk().release(noon("2026-09-01"), anchors=[EXAMPLE_ANCHOR])
    draft = made.draft(noon("2026-09-02"), anchors=[EXAMPLE_ANCHOR], correction=True)
    with pytest.raises(RefusedError, match="stood in release 2 already"):
        check_anchors(made.history, draft)
    assert not_used_before(made.history, [EXAMPLE_ANCHOR, HEADLINE_ANCHOR]) == (HEADLINE_ANCHOR,)


def test_the_same_block_at_another_height_is_a_repeat() -> None:
    block = bitcoin_blocks()[-1]
    first, again = (Anchor(BITCOIN, f"{height} {block.header}") for height in (block.height, 7))
    made = desk(None).release(noon("2026-09-26"), anchors=[first])
    draft = made.draft(noon("2026-09-27"), anchors=[again], correction=True)
    with pytest.raises(RefusedError, match="stood in release 2 already"):
        check_anchors(made.history, draft)
    twice = replace(desk(None).draft(noon("2026-09-27")), anchors=(first, again))
    with pytest.raises(RefusedError, match="is there twice"):
        check_anchors(desk(None).history, twice)


def test_a_clock_that_is_behind_proved_time_is_found_out() -> None:
    made = desk(None)
    error = refusal(made, "2026-08-31", EXAMPLE_ANCHOR)
    assert "was not there before 2026-08-31T18:45:15Z, and this machine's clock says 2026-08-31T12:00:00Z" in error.what
    assert "Set the clock right" in error.hint
    assert MADE is not None
    check_anchors(made.history, made.draft(MADE - timedelta(minutes=10), anchors=[EXAMPLE_ANCHOR]))


def test_a_claim_from_the_future_is_refused() -> None:
    # A block that the table of floors does not reach is believed by nobody, and dates nothing beyond the text.
    easy = bytes.fromhex(next(each.header for each in bitcoin_blocks() if each.time < 1_600_000_000))
    anchor = Anchor(BITCOIN, BitcoinHeader(358_391, easy).render())
    moment = check_anchor(anchor).moment
    assert moment is not None
    made = desk(None)
    draft = made.draft(noon("2026-09-01"), anchors=[anchor])
    for late, refused in ((timedelta(hours=2, minutes=10), False), (timedelta(hours=2, minutes=11), True)):
        past = replace(draft, issued=moment - late)
        if refused:
            with pytest.raises(RefusedError, match="claims to be of 2015-05-28"):
                check_anchors(made.history, past)
        else:
            check_anchors(made.history, past)


# --- files ----------------------------------------------------------------------------------------------


def test_a_file_holds_lines_as_they_stand_in_a_release() -> None:
    text = f"anchor: {LINE}{HEADLINE_ANCHOR.kind} {HEADLINE_ANCHOR.value}\n"
    assert parse_anchor_file(text.encode()) == (EXAMPLE_ANCHOR, HEADLINE_ANCHOR)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line"),
        (LINE.removesuffix("\n"), "newline"),
        (f"{LINE}\n", "line 2: an anchor is a kind"),
        (f"{LINE}bitcoin 1 00\n", "line 2: a block has a height"),
        (f"{LINE}ethereum 1 00\n", "line 2: no kind of anchor is called ethereum"),
        (LINE.replace("31799517", "31799518"), "line 1: the signature of drand round 31799518 is wrong"),
        (f"{LINE}headline \u202e\n", "line 2"),
    ],
)
def test_a_file_with_anything_else_is_refused_by_its_line(text: str, told: str) -> None:
    with pytest.raises(MalformedError, match=told):
        parse_anchor_file(text.encode())


whole_file = (
    f"anchor: {LINE}{HEADLINE_ANCHOR.kind} {HEADLINE_ANCHOR.value}\n{EXAMPLE_BLOCK.kind} {EXAMPLE_BLOCK.value}\n"
)


@given(
    st.binary(max_size=200)
    | any_anchors.map(lambda each: f"anchor: {each.kind} {each.value}\n".encode())
    | mutated(st.just(whole_file.encode()))
)
def test_no_file_raises_anything_but_the_projects_own_errors(data: bytes) -> None:
    try:
        found = parse_anchor_file(data)
    except MalformedError:
        return
    assert found


def test_a_file_is_no_larger_than_a_text_before_any_of_it_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchoring, "check_anchor", lambda _: pytest.fail("a line of it was checked"))
    with pytest.raises(MalformedError):
        parse_anchor_file(LINE.encode() * 400)


# --- words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=60), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(days=800), "800 days"),
    ],
)
def test_a_length_of_time_is_said_as_people_say_it(age: timedelta, words: str) -> None:
    assert age_in_words(age) == words


def test_an_anchor_is_told_with_its_kind_time_age_and_what_it_rests_on() -> None:
    told = describe_anchor(check_anchor(EXAMPLE_ANCHOR), noon("2026-09-01"))
    assert told.startswith("drand-quicknet, 2026-08-31T18:45:15Z, 17 hours before the text's own date; proves that ")
    assert "the text was not made before 2026-08-31T18:45:15Z" in told
    assert "threshold network" in told
    assert "after the text's own date" in describe_anchor(check_anchor(EXAMPLE_ANCHOR), noon("2026-08-01"))
    wrong = Anchor(DRAND, EXAMPLE_ANCHOR.value.replace("31799517", "31799518"))
    for anchor, words in (
        (HEADLINE_ANCHOR, "headline 2026-08-31 Example Times"),
        (HEADLINE_ANCHOR, "a claim, which proves nothing"),
        (Anchor("other", "2026"), "other 2026; not checked: "),
        (wrong, "WRONG: the signature"),
        (Anchor(DRAND, "x"), "WRONG: a drand round has"),
    ):
        assert words in describe_anchor(check_anchor(anchor), noon("2026-09-01"))


def test_a_block_is_told_with_the_two_hours_that_its_date_may_be_off() -> None:
    block = bitcoin_blocks()[-1]
    told = describe_anchor(check_anchor(Anchor(BITCOIN, f"{block.height} {block.header}")), noon("2026-09-26"))
    assert "bitcoin, 2026-09-25T16:28:31Z, 19 hours before" in told
    assert "not made before 2026-09-25T14:28:31Z" in told
    assert "cost a block's work" in told
