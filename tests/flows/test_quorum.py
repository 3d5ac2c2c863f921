from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from canary.cli.collect import still_to_sign
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.judging.findings import Code
from canary.core.log.history import RejectedError
from canary.core.signed.entry import parse_entry
from canary.core.signed.note import SignatureLine
from canary.core.signed.outcome import Outcome
from canary.core.signed.tally import CheckedSignature, Tally
from canary.errors import MalformedError, RefusedError
from canary.flows.issue.affirming import check_affirmed, statement_labels
from canary.flows.issue.quorum import Board, open_board
from tests.publisher import FOUNDED, Desk, line_of, no_openpgp, noon


@pytest.fixture
def desk() -> Desk:
    return Desk().begin()


def board(desk: Desk, draft: Release | Roster, *names: str, **lines: SignatureLine) -> Board:
    text = draft.render()
    signed = {name: line_of(name, text) for name in names}
    return open_board(desk.history, text, {**signed, **lines}, no_openpgp)


# --- who signed -----------------------------------------------------------------------------------------


def test_the_board_tells_who_signed_and_who_is_missing(desk: Desk) -> None:
    draft = desk.draft(noon("2026-02-03"))
    nobody, one, two = (board(desk, draft, *names) for names in ((), ("director",), ("director", "legal")))
    assert (nobody.signed, nobody.missing, nobody.met, nobody.lacking) == (
        (),
        ("legal", "security", "director"),
        False,
        2,
    )
    assert (one.signed, one.missing, one.met, one.lacking) == (("director",), ("legal", "security"), False, 1)
    assert (two.signed, two.missing, two.met, two.lacking) == (("legal", "director"), ("security",), True, 0)
    assert one.describe() == "1 of 3 signed (director), 2 needed; missing: legal, security"


def test_the_entry_has_the_lines_in_the_rosters_order(desk: Desk) -> None:
    draft = desk.draft(noon("2026-02-03"))
    entry = parse_entry(board(desk, draft, "director", "security", "legal").entry())
    assert entry.text == draft.render()
    assert [line.name.rpartition("/")[2] for line in entry.signatures] == ["legal", "security", "director"]


def test_a_signature_over_other_words_is_bad_and_stops_everything(desk: Desk) -> None:
    draft = desk.draft(noon("2026-02-03"))
    found = board(desk, draft, "legal", "security", director=line_of("director", b"other words\n"))
    assert (found.bad, found.met, found.signed) == (("director",), False, ("legal", "security"))
    assert "not counted: director (bad)" in found.describe()


def test_who_is_no_signer_is_told_who_is(desk: Desk) -> None:
    found = board(desk, desk.draft(noon("2026-02-03")))
    assert found.signer("legal").name == "legal"
    with pytest.raises(RefusedError, match="board is no signer of this draft") as caught:
        found.signer("board")
    assert caught.value.hint == "Its signers are: legal, security, director."


def test_a_line_in_the_file_of_another_is_refused(desk: Desk) -> None:
    draft = desk.draft(noon("2026-02-03"))
    with pytest.raises(MalformedError, match=r"draft/legal\.sig: it holds a line of the key .*/security"):
        board(desk, draft, legal=line_of("security", draft.render()))
    with pytest.raises(MalformedError, match=r"draft/board\.sig: board is no signer of this draft"):
        board(desk, draft, board=line_of("board", draft.render()))


# --- drafts that do not hold ----------------------------------------------------------------------------


def test_a_draft_that_breaks_its_grammar_is_told_with_file_and_line(desk: Desk) -> None:
    text = desk.draft(noon("2026-02-03")).render().replace(b"release: 1", b"release: 01")
    with pytest.raises(MalformedError, match=r"draft/text\.txt, line 5: ") as caught:
        open_board(desk.history, text, {}, no_openpgp)
    assert caught.value.hint == "Drafts are not edited by hand; make a new one with --replace."


def test_a_draft_over_an_older_log_is_refused(desk: Desk) -> None:
    draft = desk.draft(noon("2026-02-03"))
    desk.release(noon("2026-02-03"))
    with pytest.raises(RejectedError, match=r"draft/text\.txt: entry 3: it calls itself entry 2") as caught:
        board(desk, draft)
    assert (caught.value.exit_code, caught.value.code) == (2, Code.CHAIN_BROKEN)
    assert caught.value.hint.startswith("The log has moved on since this draft was made: make a new one with canary")


def test_a_draft_over_another_log_of_that_length_is_refused_likewise(desk: Desk) -> None:
    other = Desk().begin(noon("2026-01-21"))
    with pytest.raises(RejectedError, match="its 'previous' is not the hash") as caught:
        board(desk, other.draft(noon("2026-02-03")))
    assert caught.value.hint.startswith("The log has moved on")


def test_a_draft_over_a_newer_log_says_that_the_log_lags(desk: Desk) -> None:
    draft = Desk().begin().release(noon("2026-02-03")).draft(noon("2026-05-03"))
    with pytest.raises(RejectedError, match="it calls itself entry 3") as caught:
        board(desk, draft)
    assert "bring log/ up to date from version control" in caught.value.hint


def test_a_draft_whose_dates_are_not_the_rosters_was_changed_by_hand(desk: Desk) -> None:
    draft = replace(desk.draft(noon("2026-02-03")), period=date(2026, 1, 1))
    with pytest.raises(RejectedError, match="its period is") as caught:
        board(desk, draft)
    assert caught.value.hint == "Drafts are not edited by hand; make a new one with --replace."


# --- rosters --------------------------------------------------------------------------------------------


def test_roster_1_needs_every_signer() -> None:
    draft = Desk().roster(noon("2026-01-20"))
    found = board(Desk(), draft, "legal", "security")
    assert (found.met, found.lacking) == (False, 1)
    assert found.describe().startswith("every signer of roster 1 must sign: 2 of 3 signed")
    assert board(Desk(), draft, "legal", "security", "director").met


def test_a_later_roster_needs_old_new_and_newcomers(desk: Desk) -> None:
    desk.people("legal", "board", "press", threshold=3)
    draft = desk.roster(noon("2026-01-25"))
    found = board(desk, draft, "legal", "board")
    assert [signer.name for signer in found.signers] == ["legal", "security", "director", "board", "press"]
    assert (found.met, found.lacking) == (False, 1)
    assert found.describe().split("; of the ") == [
        "of the new roster: 2 of 3 signed (legal, board), 3 needed; missing: press",
        "old roster: 1 of 3 signed (legal), 2 needed; missing: security, director",
        "keys that are new: 1 of 2 signed (board), 2 needed; missing: press",
    ]
    assert not board(desk, draft, "legal", "board", "press").met
    assert board(desk, draft, "legal", "director", "board", "press").met


def test_a_rosters_entry_has_the_old_keys_before_the_new_ones(desk: Desk) -> None:
    desk.people("board", "legal", threshold=2)
    draft = desk.roster(noon("2026-01-25"))
    entry = parse_entry(board(desk, draft, "board", "legal", "security").entry())
    assert [line.name.rpartition("/")[2] for line in entry.signatures] == ["legal", "security", "board"]
    desk.history.append(entry.data, no_openpgp)


# --- affirming ------------------------------------------------------------------------------------------

ALL = ("keys@v1", "taps@v1", "tell@v1")


def test_everything_affirmed_under_the_right_hash_is_enough(desk: Desk) -> None:
    found = board(desk, desk.draft(noon("2026-02-03")))
    assert statement_labels(found) == ALL
    check_affirmed(found, ALL[::-1], f"sha256:{found.text_hash}")


@pytest.mark.parametrize("affirmed", [(), ALL[:2], ALL[1:], ("keys@v1",) * 3])
def test_anything_less_is_refused_without_naming_what_is_missing(desk: Desk, affirmed: tuple[str, ...]) -> None:
    found = board(desk, desk.draft(noon("2026-02-03")))
    with pytest.raises(RefusedError, match="not every statement of the draft is affirmed") as caught:
        check_affirmed(found, affirmed, f"sha256:{found.text_hash}")
    for label in ALL:
        assert label not in caught.value.what + caught.value.hint
        assert label.partition("@")[0] not in caught.value.what


@pytest.mark.parametrize("label", ["keys@v2", "keys", "gag@v1", ""])
def test_what_the_draft_does_not_say_cannot_be_affirmed(desk: Desk, label: str) -> None:
    found = board(desk, desk.draft(noon("2026-02-03")))
    with pytest.raises(RefusedError, match="the draft has no such statement in that version"):
        check_affirmed(found, (*ALL, label), f"sha256:{found.text_hash}")


def test_the_hash_is_looked_at_before_anything_else(desk: Desk) -> None:
    found = board(desk, desk.draft(noon("2026-02-03")))
    with pytest.raises(RefusedError, match="a script that signs names the exact text"):
        check_affirmed(found, ALL, None)
    with pytest.raises(RefusedError, match="not the text that --text names"):
        check_affirmed(found, ("nothing@v1",), f"sha256:{'0' * 64}")
    with pytest.raises(MalformedError, match="--text: a hash is written"):
        check_affirmed(found, ALL, found.text_hash)


def test_a_roster_is_affirmed_by_its_hash_alone(desk: Desk) -> None:
    desk.people("legal", "security", threshold=2)
    found = board(desk, desk.roster(noon("2026-01-25")))
    assert statement_labels(found) == ()
    check_affirmed(found, (), f"sha256:{found.text_hash}")
    with pytest.raises(RefusedError, match="no such statement"):
        check_affirmed(found, ("keys@v1",), f"sha256:{found.text_hash}")


def test_a_board_is_only_as_good_as_its_worst_tally(desk: Desk) -> None:
    found = board(desk, desk.draft(noon("2026-02-03")), "legal", "security")
    (whose, tally) = found.tallies[0]
    assert not replace(found, tallies=((whose, tally), (whose, replace(tally, threshold=3)))).met


# --- signatures that do not count -----------------------------------------------------------------------


def test_a_signature_that_does_not_count_is_asked_for_anew(desk: Desk) -> None:
    draft = desk.draft(noon("2026-02-03"))
    found = board(desk, draft, "legal", "security", "director")
    counted = CheckedSignature("legal", Outcome.GOOD)
    weak = [CheckedSignature("security", Outcome.WEAK_DIGEST), CheckedSignature("director", Outcome.EXPIRED_KEY)]
    found = replace(found, tallies=(("", Tally(2, (counted, *weak), ())),))
    assert (found.met, found.missing, found.bad, found.uncounted) == (False, (), (), ("security", "director"))
    assert still_to_sign(found) == (
        "1 of these, each on that signer's machine: canary unsign --as security and canary sign --as security, "
        "canary unsign --as director and canary sign --as director"
    )


@pytest.mark.parametrize(
    ("signed", "told"),
    [
        (("legal", "security"), "canary sign --as director, on that signer's machine"),
        (("legal",), "canary sign --as security, canary sign --as director, each on that signer's machine"),
    ],
)
def test_one_who_is_left_is_spoken_of_as_one(signed: tuple[str, ...], told: str) -> None:
    new = Desk()
    assert still_to_sign(board(new, new.roster(FOUNDED), *signed)) == told
