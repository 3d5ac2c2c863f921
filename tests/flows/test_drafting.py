from __future__ import annotations

from datetime import date, timedelta

import pytest

from canary.core.documents.release import Attachment
from canary.core.log.history import RejectedError
from canary.core.signed.entry import parse_text
from canary.errors import IntegrityError, MalformedError, RefusedError
from canary.flows.issue.drafting import (
    Wishes,
    Wordings,
    check_signed_wordings,
    check_words_on_file,
    choose_statements,
    keep_left_out,
    left_out_before,
    newly_available,
)
from tests.publisher import STATEMENTS, Desk, midnight, noon


@pytest.fixture
def desk() -> Desk:
    return Desk().begin()


def ids(desk: Desk, without: tuple[str, ...] = (), add: tuple[str, ...] = ()) -> list[str]:
    return [each.id for each in choose_statements(desk.history, desk.wordings, without=without, add=add)]


# --- the text -------------------------------------------------------------------------------------------


def test_a_draft_reads_back_as_it_was_drafted(desk: Desk) -> None:
    report = Attachment("report.pdf", "0" * 64, 5)
    release = desk.draft(
        noon("2026-02-03"),
        covers=(date(2026, 1, 1), date(2026, 3, 31)),
        attachments=[report],
        announcements="We moved.",
    )
    assert parse_text(release.render()) == release
    assert (release.entry, release.number, release.attachments) == (2, 1, (report,))
    assert release.previous == desk.history.admitted[0].entry.text_hash


def test_the_moment_of_drafting_is_cut_to_the_second(desk: Desk) -> None:
    moment = noon("2026-02-03") + timedelta(microseconds=999_999)
    assert desk.draft(moment).issued == noon("2026-02-03")


@pytest.mark.parametrize(
    ("moment", "period", "opens"),
    [
        (midnight("2026-02-01"), "2026-02-01", "2026-05-01"),
        (midnight("2026-05-01") - timedelta(seconds=1), "2026-02-01", "2026-05-01"),
        (midnight("2026-05-01"), "2026-05-01", "2026-08-01"),
        (noon("2027-01-31"), "2026-11-01", "2027-02-01"),
    ],
)
def test_lateness_does_not_shift_the_grid(desk: Desk, moment: object, period: str, opens: str) -> None:
    release = desk.draft(moment)  # type: ignore[arg-type]
    assert release.period.isoformat() == period
    assert release.next is not None
    assert release.next.opens.isoformat() == opens


def test_before_the_first_window_there_is_no_period(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="nothing can be issued before") as caught:
        desk.draft(midnight("2026-02-01") - timedelta(seconds=1))
    assert caught.value.hint == "Draft the release on 2026-02-01 or later."


def test_without_a_roster_there_is_nothing_to_draft_under() -> None:
    with pytest.raises(RefusedError, match="no published roster yet"):
        Desk().draft(noon("2026-02-03"))


def test_a_clock_before_the_last_entry_is_refused(desk: Desk) -> None:
    desk.release(noon("2026-02-03"))
    with pytest.raises(RejectedError, match="before the entry before it"):
        desk.draft(noon("2026-02-03") - timedelta(seconds=1), correction=True)


def test_what_no_single_wish_shows_is_found_before_anybody_signs(desk: Desk) -> None:
    twice = [Attachment("report.pdf", "0" * 64, 1), Attachment("Report.PDF", "1" * 64, 1)]
    with pytest.raises(MalformedError, match=r"the new release.*: two attachments have the same name"):
        desk.draft(noon("2026-02-03"), attachments=twice)
    many = [Attachment(f"{number}.pdf", "0" * 64, 1) for number in range(11)]
    with pytest.raises(MalformedError, match=r"the new release.*: a release has at most 10 attachments"):
        desk.draft(noon("2026-02-03"), attachments=many)
    with pytest.raises(MalformedError, match="the new release: a text has at most 32,768 bytes"):
        desk.draft(noon("2026-02-03"), announcements="word " * 7_000 + "end")


# --- which statements -----------------------------------------------------------------------------------


def test_the_first_release_has_what_is_added_and_nothing_else(desk: Desk) -> None:
    assert ids(desk, add=("taps",)) == ["taps"]
    with pytest.raises(RefusedError, match="no statement is left"):
        ids(desk)


def test_what_was_left_out_stays_out_until_it_is_added(desk: Desk) -> None:
    desk.release(noon("2026-02-03")).release(noon("2026-05-03"), without=("taps",))
    assert ids(desk) == ["keys", "tell"]
    assert newly_available(desk.history, desk.wordings) == ("taps",)
    desk.release(noon("2026-08-03"))
    assert ids(desk) == ["keys", "tell"]
    assert ids(desk, add=("taps",)) == ["keys", "tell", "taps"]


def test_the_newest_wording_of_each_is_taken_by_number_and_not_by_name(desk: Desk) -> None:
    desk.release(noon("2026-02-03"))
    desk.wordings = {**desk.wordings, "keys": {1: STATEMENTS["keys"], 2: "Two.", 10: "Ten."}}
    chosen = choose_statements(desk.history, desk.wordings, without=(), add=())
    assert [each.label for each in chosen] == ["keys@v10", "taps@v1", "tell@v1"]


def test_going_back_behind_a_signed_version_is_refused(desk: Desk) -> None:
    both = {1: STATEMENTS["keys"], 2: "Two."}
    desk.wordings = {**desk.wordings, "keys": both}
    desk.release(noon("2026-02-03"))
    desk.wordings = {**desk.wordings, "keys": {1: STATEMENTS["keys"]}}
    with pytest.raises(RefusedError, match=r"keys/v1\.txt is older than version 2, which was signed"):
        ids(desk)
    assert ids(desk, without=("keys",)) == ["taps", "tell"]


@pytest.mark.parametrize(
    ("without", "add", "told"),
    [
        (("nothing",), (), "--without nothing: the last release has no such statement"),
        ((), ("keys",), "--add keys: the last release has it already"),
        ((), ("nothing",), "no file statements/nothing/v1.txt"),
        (("tell",), ("tell",), "--without tell and --add tell contradict each other"),
    ],
)
def test_a_wish_that_cannot_be_met_is_named(
    desk: Desk, without: tuple[str, ...], add: tuple[str, ...], told: str
) -> None:
    desk.release(noon("2026-02-03"))
    with pytest.raises(RefusedError, match=told.replace(".", r"\.")):
        ids(desk, without=without, add=add)


# --- wordings that were signed --------------------------------------------------------------------------


def test_a_signed_wording_never_changes(desk: Desk) -> None:
    desk.release(noon("2026-02-03"))
    desk.wordings = {**desk.wordings, "taps": {1: "Other words."}}
    with pytest.raises(IntegrityError, match=r"statements/taps/v1\.txt was signed with other words") as caught:
        check_signed_wordings(desk.history, desk.wordings)
    assert caught.value.exit_code == 2
    assert "statements/taps/v2.txt" in caught.value.hint


def test_the_version_to_create_is_higher_than_any_on_disk_or_in_the_log(desk: Desk) -> None:
    desk.wordings = {**desk.wordings, "taps": {1: "One.", 4: "Four."}}
    desk.release(noon("2026-02-03"))
    for versions, new in (({4: "Changed."}, 5), ({4: "Changed.", 7: "Seven."}, 8)):
        with pytest.raises(IntegrityError) as caught:
            check_signed_wordings(desk.history, {"taps": versions})
        assert f"statements/taps/v{new}.txt" in caught.value.hint


def test_a_wording_that_nobody_signed_may_change(desk: Desk) -> None:
    desk.release(noon("2026-02-03"), add=("keys",))
    desk.wordings = {**desk.wordings, "taps": {1: "Other words."}}
    check_signed_wordings(desk.history, desk.wordings)


def test_a_withdrawn_wording_never_changes_either(desk: Desk) -> None:
    desk.release(noon("2026-02-03")).release(noon("2026-05-03"), without=("taps",))
    with pytest.raises(IntegrityError):
        check_signed_wordings(desk.history, {"taps": {1: "Other words."}})


# --- corrections and the last release -------------------------------------------------------------------


def test_a_window_has_one_release_unless_it_is_corrected(desk: Desk) -> None:
    desk.release(noon("2026-02-03"))
    with pytest.raises(RefusedError, match="is already published for the window that opened on 2026-02-01") as caught:
        desk.draft(noon("2026-02-04"))
    assert "add --correction. The next window opens on 2026-05-01." in caught.value.hint
    correction = desk.draft(noon("2026-02-04"), correction=True)
    last = desk.history.last_release
    assert last is not None
    assert (correction.next, correction.expires, correction.period) == (last.next, last.expires, last.period)
    with pytest.raises(RefusedError, match="nothing to correct"):
        desk.draft(noon("2026-05-03"), correction=True)


def test_the_last_release_ends_the_canary(desk: Desk) -> None:
    desk.release(noon("2026-02-03")).release(noon("2026-02-04"), final=True)
    assert desk.history.last_release is not None
    assert desk.history.last_release.final
    with pytest.raises(RefusedError, match="nothing can follow it"):
        desk.draft(noon("2026-05-03"))


def test_no_correction_crosses_a_roster_that_moves_the_grid(desk: Desk) -> None:
    desk.release(noon("2026-02-03"))
    desk.schedule(start=date(2026, 4, 1), every="1 month", window="7 days", grace="7 days")
    desk.sign(desk.roster(noon("2026-02-10")), "legal", "security")
    with pytest.raises(RefusedError, match="the first window opens on 2026-04-01"):
        desk.draft(noon("2026-02-11"), correction=True)
    with pytest.raises(RefusedError, match="nothing to correct"):
        desk.draft(noon("2026-04-02"), correction=True)
    assert desk.draft(noon("2026-04-02")).period == date(2026, 4, 1)


# --- drafts that replace drafts -------------------------------------------------------------------------


def test_what_an_open_draft_left_out_stays_out_unless_it_is_added(desk: Desk) -> None:
    desk.release(noon("2026-02-03"))
    left_out = left_out_before(desk.history, desk.draft(noon("2026-05-03"), without=("taps", "tell")))
    assert left_out == ("taps", "tell")
    kept = keep_left_out(Wishes(without=("keys", "tell")), left_out)
    assert (kept.without, kept.add) == (("keys", "tell", "taps"), ())
    kept = keep_left_out(Wishes(add=("taps", "new")), left_out)
    assert (kept.without, kept.add) == (("tell",), ("new",))


def test_a_draft_after_another_release_left_nothing_out(desk: Desk) -> None:
    first = desk.draft(noon("2026-02-03"), add=("keys",))
    assert left_out_before(desk.history, first) == ()
    desk.release(noon("2026-02-03"))
    assert left_out_before(desk.history, first) == ()


# --- words in the draft and in the files ----------------------------------------------------------------


def test_every_statement_of_a_draft_stands_in_its_file(desk: Desk) -> None:
    draft = desk.draft(noon("2026-02-03"))
    check_words_on_file(draft, desk.wordings)
    lacking: list[Wordings] = [{}, {"taps": {}}, {"taps": {2: STATEMENTS["taps"]}}]
    for files in lacking:
        with pytest.raises(IntegrityError, match=r"there is no file statements/taps/v1\.txt"):
            check_words_on_file(draft, {"keys": {1: STATEMENTS["keys"]}, **files})
    with pytest.raises(IntegrityError, match=r"otherwise than statements/taps/v1\.txt does") as caught:
        check_words_on_file(draft, {**desk.wordings, "taps": {1: "Other words."}})
    assert caught.value.exit_code == 2
