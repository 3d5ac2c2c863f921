from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from canary.core.documents.release import Statement
from canary.core.documents.schedule import Cadence, Schedule, Unit
from canary.core.documents.statements import statement_changes
from canary.core.judging.changes import changes_from_pin, changes_since, compared_with, longest_cadence, roster_changes
from canary.core.judging.findings import Cause, Code, Finding, Severity
from canary.core.log.history import History, replay
from canary.core.signed.kinds import ed25519_vkey
from canary.core.text.wording import Mark, compare_words, passages, word_diff
from canary.limits import CHANGES_TOLD
from tests.simulator import STATEMENTS, Publisher, noon, public_key

NEW = {"court": "No court has ordered silence."}
BACK = {"gag": STATEMENTS[2].words}


def begun() -> Publisher:
    """Returns a publisher with a roster (entry 1) and a release (entry 2)."""
    sim = Publisher()
    sim.roster(), sim.release()
    return sim


def history(sim: Publisher) -> History:
    return replay(sim.entries, sim.gpg)


def compared_entry(sim: Publisher) -> int | None:
    """Returns the entry that the newest release is compared with."""
    release = compared_with(history(sim))
    return release.entry if release else None


def codes(findings: list[Finding]) -> list[Code]:
    return [finding.code for finding in findings if not finding.remark]


def remarks(findings: list[Finding]) -> list[Code]:
    return [finding.code for finding in findings if finding.remark]


# --- from one release to another ------------------------------------------------------------------------


def test_every_fate_of_a_statement_is_told_with_its_words() -> None:
    sim = begun()
    sim.release(without=["gag"], reword={"taps": "Nobody has ever installed equipment in its network."}, add=NEW)
    before, after = sim.releases
    findings = statement_changes(before, after, ["keys", "taps", "gag"])
    assert [(each.code, each.entry) for each in findings] == [
        (Code.WITHDRAWN, 3),
        (Code.REWORDED, 3),
        (Code.ADDED, 3),
    ]
    assert STATEMENTS[2].words in findings[0].message
    assert ": Nobody [-but Example Networks-] has ever" in findings[1].message
    assert NEW["court"] in findings[2].message


def test_a_statement_that_stood_before_is_back_and_not_new() -> None:
    sim = begun()
    sim.release(without=["gag"]), sim.release(add=BACK)
    assert codes(statement_changes(sim.releases[1], sim.releases[2], ["gag"])) == [Code.REINSTATED]
    assert codes(statement_changes(sim.releases[1], sim.releases[2], [])) == [Code.ADDED]


def test_nothing_changed_between_a_release_and_itself() -> None:
    release = begun().releases[0]
    assert statement_changes(release, release, []) == []


# --- from one roster to another -------------------------------------------------------------------------


def test_what_weakens_a_roster_or_moves_it_is_told() -> None:
    before = begun().rosters[0]
    signer = replace(before.signers[0], name="x", key=ed25519_vkey("example.net/canary/x", public_key("x")))
    after = replace(
        before,
        number=2,
        entry=3,
        threshold=1,
        signers=(*before.signers[1:], signer),
        schedule=replace(before.schedule, cadence=Cadence(6, Unit.MONTH)),
        anchor_age=timedelta(days=3),
    )
    findings = roster_changes(before, after)
    assert codes(findings) == [
        Code.SIGNERS_CHANGED,
        Code.THRESHOLD_CHANGED,
        Code.SCHEDULE_LENGTHENED,
        Code.ANCHOR_RULE_CHANGED,
    ]
    assert [finding.message for finding in findings] == [
        "the signers changed by roster 2: joined x; left legal",
        "the threshold went from 2 to 1 of 3",
        (
            "the schedule got longer: every 3 months, a window of 14 days and 14 days of grace became every 6 months, "
            "a window of 14 days and 14 days of grace"
        ),
        "the rule for the age of anchors went from none to 3 days",
    ]
    assert {finding.entry for finding in findings} == {3}


def test_a_new_log_key_organisation_or_start_changes_nothing_that_a_watcher_relies_on() -> None:
    before = begun().rosters[0]
    log = ed25519_vkey("example.net/canary", public_key("another"))
    schedule = replace(before.schedule, start=date(2025, 3, 1))
    assert roster_changes(before, replace(before, log=log, organisation="Another name", schedule=schedule)) == []


@pytest.mark.parametrize(
    ("cadence", "window", "grace", "longer"),
    [
        (Cadence(3, Unit.MONTH), 14, 14, []),
        (Cadence(2, Unit.MONTH), 14, 14, []),
        (Cadence(4, Unit.MONTH), 14, 14, [Code.SCHEDULE_LENGTHENED]),
        (Cadence(12, Unit.WEEK), 14, 14, []),
        (Cadence(13, Unit.WEEK), 14, 14, []),
        (Cadence(14, Unit.WEEK), 14, 14, [Code.SCHEDULE_LENGTHENED]),
        (Cadence(3, Unit.MONTH), 15, 13, [Code.SCHEDULE_LENGTHENED]),
        (Cadence(3, Unit.MONTH), 14, 15, [Code.SCHEDULE_LENGTHENED]),
        (Cadence(3, Unit.MONTH), 7, 21, []),
        (Cadence(3, Unit.MONTH), 7, 22, [Code.SCHEDULE_LENGTHENED]),
    ],
)
def test_a_schedule_got_longer_if_releases_may_come_less_often_or_later(
    cadence: Cadence, window: int, grace: int, longer: list[Code]
) -> None:
    before = begun().rosters[0]
    schedule = Schedule(before.schedule.start, cadence, timedelta(days=window), timedelta(days=grace))
    assert codes(roster_changes(before, replace(before, schedule=schedule))) == longer


# --- since a person acknowledged ------------------------------------------------------------------------


def test_no_later_entry_hides_a_change_since_the_acknowledged_one() -> None:
    sim = begun()
    sim.release(without=["gag"]), sim.release(add=BACK), sim.release()
    assert codes(changes_since(history(sim), 2)) == [Code.WITHDRAWN, Code.REINSTATED]
    assert codes(changes_since(history(sim), 3)) == [Code.REINSTATED]
    assert codes(changes_since(history(sim), 4)) == []
    assert codes(changes_since(history(sim), 5)) == []


def test_a_statement_that_was_gone_before_the_acknowledged_entry_comes_back_as_reinstated() -> None:
    sim = begun()
    sim.release(without=["gag"]), sim.release(), sim.release(add=BACK)
    assert codes(changes_since(history(sim), 4)) == [Code.REINSTATED]


def test_no_later_roster_hides_a_change_of_roster() -> None:
    sim = begun()
    sim.roster(threshold=1), sim.release(signed_by=["legal"]), sim.roster(threshold=2)
    assert codes(changes_since(history(sim), 2)) == [Code.THRESHOLD_CHANGED, Code.THRESHOLD_CHANGED]
    assert codes(changes_since(history(sim), 3)) == [Code.THRESHOLD_CHANGED]
    assert codes(changes_since(history(sim), 5)) == []


def test_what_came_before_the_first_release_is_no_change_of_statements() -> None:
    sim = begun()
    assert changes_since(history(sim), 1) == []


# --- from a pin alone -----------------------------------------------------------------------------------


def test_the_newest_release_is_compared_with_the_last_one_of_an_earlier_period() -> None:
    sim = begun()
    sim.release(without=["gag"])
    findings, compared = changes_from_pin(history(sim)), compared_entry(sim)
    assert (codes(findings), remarks(findings), compared) == ([Code.WITHDRAWN], [], 2)


def test_a_quick_correction_does_not_hide_what_left_with_the_release_it_corrects() -> None:
    sim = begun()
    sim.release(without=["gag"]), sim.release(correction=True)
    findings, compared = changes_from_pin(history(sim)), compared_entry(sim)
    assert (codes(findings), remarks(findings), compared) == ([Code.WITHDRAWN], [Code.WITHDRAWN], 2)


def test_older_changes_are_remarks_that_weigh_nothing() -> None:
    sim = begun()
    sim.roster(add=["auditor"])
    sim.release(without=["gag"]), sim.release(add=BACK), sim.release()
    findings, compared = changes_from_pin(history(sim)), compared_entry(sim)
    assert codes(findings) == []
    assert sorted(each.spelling for each in remarks(findings)) == ["REINSTATED", "SIGNERS-CHANGED", "WITHDRAWN"]
    assert {(finding.severity, finding.cause) for finding in findings} == {(Severity.NOTICE, None)}
    assert compared == 5


def test_a_change_that_is_told_is_not_told_again_as_a_remark() -> None:
    sim = begun()
    sim.release(reword={"taps": "New words."}), sim.roster(remove=["director"])
    findings = changes_from_pin(history(sim))
    assert (codes(findings), remarks(findings)) == ([Code.REWORDED, Code.SIGNERS_CHANGED], [])


def test_a_statement_that_came_with_a_release_and_stayed_in_its_correction_is_new_and_not_back() -> None:
    sim = begun()
    sim.release(add=NEW), sim.release(correction=True)
    findings = changes_from_pin(history(sim))
    assert codes(findings) == [Code.ADDED]
    assert Code.REINSTATED not in remarks(findings)


def test_a_statement_from_before_the_compared_release_is_back() -> None:
    sim = begun()
    sim.release(without=["gag"]), sim.release(add=BACK)
    findings, compared = changes_from_pin(history(sim)), compared_entry(sim)
    assert (codes(findings), compared) == ([Code.REINSTATED], 3)


def test_within_its_first_period_a_canary_has_nothing_to_be_compared_with() -> None:
    sim = begun()
    sim.release(without=["gag"], correction=True)
    findings, compared = changes_from_pin(history(sim)), compared_entry(sim)
    assert (codes(findings), remarks(findings), compared) == ([], [Code.WITHDRAWN], None)


def test_moving_the_grid_by_a_day_does_not_hide_what_was_withdrawn() -> None:
    sim = begun()
    sim.release(without=["gag"])
    sim.roster(start=date(2025, 5, 11), at=noon("2025-05-11")), sim.release(at=noon("2025-05-11"))
    assert (codes(changes_from_pin(history(sim))), compared_entry(sim)) == ([Code.WITHDRAWN], 2)
    sim.release(final=True, at=noon("2025-05-12"))
    assert Code.WITHDRAWN in codes(changes_from_pin(history(sim)))


@pytest.mark.parametrize(("day", "days"), [("2025-05-31", 89), ("2025-06-01", 28)])
def test_a_cadence_goes_on_counting_for_one_cadence_after_its_roster_was_replaced(day: str, days: int) -> None:
    sim = begun()
    sim.roster(cadence="1 month", start=date(2025, 5, 1), window=7, grace=7, at=noon("2025-03-01"))
    sim.release(at=noon("2025-05-02")), sim.release(at=noon(day))
    assert longest_cadence(history(sim)) == timedelta(days=days)


def test_a_final_release_that_rewords_what_stood_has_withdrawn_it() -> None:
    sim = begun()
    sim.release(final=True, reword={"taps": "Not applicable."})
    assert Code.WITHDRAWN in codes(changes_from_pin(history(sim)))
    assert Code.WITHDRAWN in codes(changes_since(history(sim), 2))


def test_of_very_many_changes_few_are_told_in_words_and_none_is_lost() -> None:
    sim = begun()
    sim.release(add={f"new-{number}": "Words." for number in range(CHANGES_TOLD + 7)}, without=["gag"])
    findings = changes_from_pin(history(sim))
    assert codes(findings).count(Code.ADDED) == CHANGES_TOLD + 1
    assert [each.message for each in findings][-1].startswith("7 more statements")
    assert Code.WITHDRAWN in codes(findings)


# --- the end --------------------------------------------------------------------------------------------


def ended(*, hidden_by_correction: bool) -> Publisher:
    """Returns a publisher whose final release lacks a statement of the last period but one."""
    sim = begun()
    sim.release()
    sim.release(without=["gag"], correction=hidden_by_correction)
    sim.release(final=True, correction=hidden_by_correction)
    return sim


@pytest.mark.parametrize("hidden_by_correction", [False, True])
def test_an_ending_does_not_hide_a_withdrawal_of_the_last_two_periods(*, hidden_by_correction: bool) -> None:
    sim = ended(hidden_by_correction=hidden_by_correction)
    findings = changes_from_pin(history(sim))
    assert len({finding for finding in findings if not finding.remark}) == 1
    assert (findings[0].code, findings[0].entry) == (Code.WITHDRAWN, len(sim.entries))
    assert f"is gone from release {len(sim.releases)}" in findings[0].message
    assert Code.WITHDRAWN in codes(changes_since(history(sim), len(sim.entries) - 1))


def test_a_withdrawal_just_before_an_ending_is_told_once() -> None:
    sim = ended(hidden_by_correction=True)
    findings = changes_since(history(sim), len(sim.entries) - 2)
    assert [(each.code, each.entry) for each in findings] == [(Code.WITHDRAWN, len(sim.entries) - 1)]


def test_a_withdrawal_of_long_ago_does_not_burden_an_ending() -> None:
    sim = begun()
    sim.release(without=["gag"]), sim.release(), sim.release(final=True)
    findings = changes_from_pin(history(sim))
    assert (codes(findings), remarks(findings)) == ([], [Code.WITHDRAWN])
    assert codes(changes_since(history(sim), 4)) == []


def test_an_ending_that_affirms_everything_changes_nothing() -> None:
    sim = begun()
    sim.release(), sim.release(final=True)
    assert codes(changes_from_pin(history(sim))) == []
    assert changes_since(history(sim), 2) == []


def test_an_acknowledged_ending_says_nothing_more() -> None:
    sim = ended(hidden_by_correction=False)
    assert changes_since(history(sim), len(sim.entries)) == []


# --- causes ---------------------------------------------------------------------------------------------


def test_what_was_withdrawn_weighs_more_than_what_was_changed_and_what_is_new_weighs_nothing() -> None:
    sim = begun()
    sim.release(without=["gag"], reword={"taps": "New words."}, add=NEW)
    causes = {finding.code: finding.cause for finding in changes_since(history(sim), 2)}
    assert causes == {Code.WITHDRAWN: Cause.WITHDRAWN, Code.REWORDED: Cause.CHANGED, Code.ADDED: None}


# --- the difference between two wordings ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "diff"),
    [
        ("a b c", "a b c", "a b c"),
        ("a b c", "a x c", "a [-b-] {+x+} c"),
        ("a b", "a b c d", "a b {+c d+}"),
        ("a b\nc", "a\nb", "a b [-c-]"),
        ("never", "", "[-never-]"),
    ],
)
def test_a_difference_is_shown_word_by_word(before: str, after: str, diff: str) -> None:
    assert word_diff(before, after) == diff


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("a b c", "a x c", ["same:a ", "removed:b ", "added:x ", "same:c"]),
        ("a [-b-]", "a {+c+}", ["same:a ", "removed:[-b-] ", "added:{+c+}"]),
        ("当社は、鍵。", "当社は、暗号鍵。", ["same:当社は、", "added:暗号", "same:鍵。"]),
        (
            "私たちは never 渡さない",
            "私たちは ever 渡さない",
            ["same:私たちは ", "removed:never ", "added:ever ", "same:渡さない"],
        ),
        ("a\n\nb", "a  b", ["same:a b"]),
        ("a " * 300, "a " * 300 + "b", [f"removed:{'a ' * 300} ", f"added:{'a ' * 300}b"]),
    ],
)
def test_passages_of_a_difference_read_as_they_stand(before: str, after: str, marked: list[str]) -> None:
    assert [f"{each.mark}:{each.words}" for each in compare_words(before, after)] == marked


@given(st.text(alphabet="ab 鍵社[-]\n", max_size=20), st.text(alphabet="ab 鍵社{+}\n", max_size=20))
def test_the_passages_of_a_difference_hold_both_wordings(before: str, after: str) -> None:
    found = compare_words(before, after)
    for text, left_out in ((before, Mark.ADDED), (after, Mark.REMOVED)):
        joined = "".join(each.words for each in found if each.mark is not left_out)
        assert "".join(joined.split()) == "".join(text.split())


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_a_difference_holds_both_wordings(before: list[str], after: list[str]) -> None:
    old: list[str] = []
    new: list[str] = []
    mode = ""
    for word in word_diff(" ".join(before), " ".join(after)).split():
        mode = word[0] if word.startswith(("[-", "{+")) else mode
        plain = word.removeprefix("[-").removeprefix("{+").removesuffix("-]").removesuffix("+}")
        old += [plain] if mode != "{" else []
        new += [plain] if mode != "[" else []
        mode = "" if word.endswith(("-]", "+}")) else mode
    assert (old, new) == (before, after)


words_with_marks = st.lists(st.text("ab[]{}-+\\", min_size=1, max_size=4), max_size=8).map(" ".join)


@given(words_with_marks, words_with_marks)
def test_marks_in_a_wording_are_none_of_the_difference(before: str, after: str) -> None:
    found = passages(word_diff(before, after))
    assert " ".join(each.render() for each in found) == word_diff(before, after)
    for wording, left_out in ((before, Mark.ADDED), (after, Mark.REMOVED)):
        told = " ".join(each.words for each in found if each.mark is not left_out)
        assert told.replace("\\", "") == wording.replace("\\", "")
        assert not re.search(r"\[-|-\]|\{\+|\+\}", told)


def test_a_difference_that_is_cut_off_keeps_its_last_mark() -> None:
    assert [each.mark for each in passages("a [-b c-] {+d")] == [Mark.SAME, Mark.REMOVED, Mark.ADDED]


def test_two_very_long_wordings_are_shown_whole() -> None:
    before, after = "a " * 200, "a " * 199 + "b"
    assert word_diff(before, after) == f"{'a ' * 199}[-a-] {{+b+}}"
    assert word_diff(before, after + " c") == f"[-{before.strip()}-] {{+{after} c+}}"


def test_statements_are_labelled_with_their_version() -> None:
    assert Statement("keys", 3, "x").label == "keys@v3"
