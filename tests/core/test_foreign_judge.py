"""The judging of foreign canaries, rule by rule, with editions as a format would have read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from canary import limits
from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.pinned import Format, PinnedSigner
from canary.core.foreign.splices import FieldSignature
from canary.core.judging.findings import Axis, Code, Severity, Status
from canary.core.judging.observation import Gone, NotACanary, Unreachable
from canary.core.judging.verdict import Verdict
from canary.core.signed.outcome import Outcome
from canary.core.watching.suspecting import believed_of, brought_log, failure_of
from tests.core.test_judge import ONLY_OF_FOREIGN_CANARIES
from tests.foreign_watch import DAY, HASH, NEW_YEAR, PROFILE, WORDS, Watch, codes, edition, pinned, text

ONE = text(1, "2026-01-01", "first week of February 2026")
TWO = text(2, "2026-02-03", "first week of March 2026")
THREE = text(3, "2026-03-02", "first week of April 2026")
FEBRUARY, MARCH = datetime(2026, 2, 3, 18, tzinfo=UTC), datetime(2026, 3, 2, 18, tzinfo=UTC)
GOOD = ("legal", "security")
KEY = "ab" * 32


def following(words: str = ONE) -> Watch:
    """Returns a watcher that has accepted one edition."""
    watch = Watch(now=NEW_YEAR + DAY)
    assert watch.look(edition(words, *GOOD)).status is Status.OK
    return watch


def page_watch(words: str = "\n".join(WORDS)) -> Watch:
    """Returns a watcher of a page that has all its sentences."""
    profile = PROFILE.replace('kind = "numbered"\nends = ["--"]', 'kind = "pinned"')
    watch = Watch(pinned(0, format=Format.PAGE, signers=(), profile_text=profile), now=NEW_YEAR)
    watch.look(page(words))
    return watch


def page(words: str) -> Edition:
    return edition(words, name="page.html", remarks=((Remark.NOT_SIGNED, ""),))


# --- what every code is found for -----------------------------------------------------------------------


def with_remark(remark: Remark) -> Verdict:
    watch = following()
    return watch.look(edition(ONE, *GOOD, remarks=((remark, "words"),)))


def field(value: str, release: datetime, signature: str = "") -> FieldSignature:
    return FieldSignature(KEY, "codes", value * 64, (signature or value) * 64, release)


def spliced() -> Verdict:
    """Old codes, with their old signature, come back after others."""
    watch = Watch(now=MARCH)
    for words, value, release in ((ONE, "a", NEW_YEAR), (TWO, "b", FEBRUARY)):
        watch.look(edition(words, *GOOD, fields=(field(value, release),)))
    return watch.look(edition(THREE, *GOOD, fields=(field("a", MARCH),)))


def edited() -> Verdict:
    return following().look(edition(ONE + "And more.\n", *GOOD))


def gap() -> Verdict:
    watch = following()
    watch.now = MARCH
    return watch.look(edition(THREE, *GOOD))


def signed_before_2017() -> Verdict:
    watch = Watch(now=datetime(2016, 5, 1, 18, tzinfo=UTC))
    words = text(1, "2016-05-01", "first week of June 2016")
    return watch.look(edition(words, *GOOD, outcome=Outcome.WEAK_DIGEST, at=datetime(2016, 5, 1, tzinfo=UTC)))


def expired_since() -> Verdict:
    old = Signed("legal", "", Outcome.GOOD, NEW_YEAR, valid_until=NEW_YEAR + timedelta(hours=2))
    return Watch(now=NEW_YEAR + DAY).look(edition(ONE, "security", others=(old,)))


def undated() -> Verdict:
    return Watch(now=NEW_YEAR).look(edition(text(None), *GOOD))


def quoting_again() -> Verdict:
    watch = following(text(1, "2026-01-01", "first week of February 2026", more=HASH))
    watch.now = FEBRUARY
    return watch.look(edition(text(2, "2026-02-03", "first week of March 2026", more=HASH), *GOOD))


CASES: dict[Code, tuple[Callable[[], Verdict], Status]] = {
    Code.PANIC: (lambda: with_remark(Remark.PANIC), Status.WITHDRAWN),
    Code.SPLICED: (spliced, Status.INVALID),
    Code.EDITED: (edited, Status.CHANGED),
    Code.EDITION_GAP: (gap, Status.CHANGED),
    Code.OTHER_KEYS: (lambda: with_remark(Remark.OTHER_KEYS), Status.OK),
    Code.OTHER_TEXT: (lambda: with_remark(Remark.OTHER_TEXT), Status.OK),
    Code.NOT_SIGNED: (lambda: with_remark(Remark.NOT_SIGNED), Status.OK),
    Code.FIELDS_NOT_BOUND: (lambda: with_remark(Remark.FIELDS_NOT_BOUND), Status.OK),
    Code.NO_SEQUENCE: (undated, Status.OK),
    Code.NO_SIGNED_TIME: (lambda: with_remark(Remark.NO_TIME), Status.OK),
    Code.WEAK_DIGEST: (signed_before_2017, Status.OK),
    Code.KEY_EXPIRED: (expired_since, Status.OK),
    Code.FORMAT_REMARK: (lambda: with_remark(Remark.OUTSIDE_TEXT), Status.OK),
    Code.NOT_READ: (undated, Status.OK),
    Code.SCHEDULE_ASSUMED: (lambda: Watch(now=NEW_YEAR).look(edition(text(1, "2026-01-01"), *GOOD)), Status.OK),
    Code.NO_SCHEDULE: (undated, Status.OK),
    Code.STALE_QUOTE: (quoting_again, Status.OK),
    Code.QUOTE_CLAIM: (quoting_again, Status.OK),
}


@pytest.mark.parametrize("code", CASES, ids=lambda code: code.spelling)
def test_each_code_is_found_and_leads_to_its_status(code: Code) -> None:
    case, status = CASES[code]
    verdict = case()
    assert code in codes(verdict, weighing=False)
    assert verdict.status is status


def test_no_code_is_left_without_a_case() -> None:
    assert set(CASES) == ONLY_OF_FOREIGN_CANARIES


# --- signatures -----------------------------------------------------------------------------------------


def test_enough_signers_are_enough_and_a_bad_one_among_them_is_shown() -> None:
    bad = Signed("board", "", Outcome.BAD, detail="it does not fit the text", file="canary.txt.sig.board")
    verdict = Watch(now=NEW_YEAR + DAY).look(edition(ONE, *GOOD, others=(bad,)))
    assert verdict.status is Status.OK
    assert ["board" in each.message for each in verdict.findings if each.code is Code.NOT_COUNTED] == [True]
    assert verdict.edition is not None
    assert (verdict.edition.signers, verdict.edition.threshold, verdict.edition.pinned_signers) == (GOOD, 2, 3)
    assert verdict.edition.next == (date(2026, 2, 1), date(2026, 2, 7))
    assert verdict.edition.expires == datetime(2026, 2, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    "outcome",
    [Outcome.BAD, Outcome.WEAK_DIGEST, Outcome.EXPIRED_KEY, Outcome.REVOKED_KEY, Outcome.OUTSIDE_TIME, Outcome.NO_KEY],
)
def test_no_other_outcome_counts(outcome: Outcome) -> None:
    verdict = Watch(now=NEW_YEAR + DAY).look(edition(ONE, *GOOD, outcome=outcome, at=NEW_YEAR))
    assert (verdict.status, verdict.edition) == (Status.INVALID, None)
    bad = [Code.BAD_SIGNATURE] * 2 if outcome is Outcome.BAD else []
    assert codes(verdict) == [*bad, Code.BELOW_THRESHOLD]


def test_one_signer_twice_is_one_signer_and_a_signature_of_tomorrow_is_none() -> None:
    watch = Watch(now=NEW_YEAR)
    assert watch.look(edition(ONE, "legal", "legal")).status is Status.INVALID
    late = Signed("security", "", Outcome.GOOD, NEW_YEAR + DAY)
    assert watch.look(edition(ONE, "legal", others=(late,))).status is Status.INVALID
    watch.now += DAY
    assert watch.look(edition(ONE, "legal", others=(late,))).status is Status.OK


def test_a_required_signer_cannot_be_replaced() -> None:
    signers = tuple(replace(each, required=each.name == "board") for each in pinned().signers)
    watch = Watch(pinned(signers=signers), now=NEW_YEAR + DAY)
    verdict = watch.look(edition(ONE, *GOOD))
    assert verdict.status is Status.INVALID
    assert "board must be among them" in verdict.findings[0].message
    assert watch.look(edition(ONE, "legal", "board")).status is Status.OK


def test_what_could_not_be_checked_is_not_bad_and_a_page_of_the_host_is_no_signature() -> None:
    unchecked = Signed("", "", Outcome.UNCHECKED, detail="gpg is missing")
    watch = following()
    watch.now = FEBRUARY
    assert codes(watch.look(edition(TWO, "legal", others=(unchecked,)))) == [Code.NOT_CHECKED, Code.DUE]
    absent = replace(unchecked, absent=True, detail="no signature was found in it")
    assert codes(watch.look(edition(TWO, "legal", others=(absent,)))) == [Code.INCONSISTENT, Code.DUE]
    # Two are lacking, and only one could not be checked.
    assert codes(watch.look(edition(TWO, others=(unchecked,)))) == [Code.INCONSISTENT, Code.DUE]


def test_a_text_before_its_signatures_is_below_the_threshold_after_a_day() -> None:
    watch = following()
    kept = watch.state
    assert kept is not None
    watch.now = FEBRUARY
    verdict = watch.look(edition(TWO, "legal"))
    assert (verdict.status, codes(verdict)) == (Status.UNREACHABLE, [Code.INCONSISTENT, Code.DUE])
    watch.now += DAY - timedelta(seconds=1)
    assert Code.INCONSISTENT in codes(watch.look(edition(TWO, "legal")))
    watch.now += timedelta(seconds=1)
    assert codes(watch.look(edition(TWO, "legal"))) == [Code.BELOW_THRESHOLD, Code.DUE]
    assert watch.state == replace(kept, high_water=watch.now, unproved_since=FEBRUARY)
    assert watch.look(edition(TWO, *GOOD)).status is Status.OK
    assert watch.state is not None
    assert watch.state.unproved_since is None


def test_a_bad_signature_of_a_pinned_signer_is_told_at_once() -> None:
    watch = following()
    kept = watch.state
    bad = Signed("security", "", Outcome.BAD)
    verdict = watch.look(edition(ONE.replace("never", "often"), "legal", others=(bad,)))
    assert (verdict.status, codes(verdict)) == (Status.INVALID, [Code.BAD_SIGNATURE, Code.BELOW_THRESHOLD])
    assert verdict.edition is not None
    assert verdict.edition.statements == (("1", WORDS[0]), ("2", WORDS[1]))
    assert kept is not None
    assert watch.state == replace(kept, unproved_since=watch.now)
    assert watch.look().status is Status.OK


def test_an_edition_that_was_never_proved_weighs_nothing_once_another_followed() -> None:
    watch = following()
    watch.now = MARCH
    verdict = watch.look(edition(TWO, "legal", name="2.txt"), edition(THREE, *GOOD, name="3.txt"), serves="3.txt")
    assert codes(verdict) == [Code.EDITION_GAP]
    verdict = watch.look(edition(TWO, "legal", name="2.txt"), serves="3.txt")
    assert codes(verdict) == [Code.EDITION_GAP]
    assert [each.remark for each in verdict.findings if each.code is Code.BELOW_THRESHOLD] == [True]


# --- order ----------------------------------------------------------------------------------------------


def test_an_older_edition_is_a_stale_copy_and_a_rollback_after_a_day() -> None:
    watch = following()
    watch.now = FEBRUARY
    watch.look(edition(TWO, *GOOD))
    kept = watch.state
    assert kept is not None
    assert codes(watch.look(edition(ONE, *GOOD))) == [Code.STALE_COPY]
    assert watch.state == replace(kept, stale_since=FEBRUARY)
    watch.now += DAY
    assert codes(watch.see(Unreachable("no network"))) == [Code.UNREACHABLE]
    verdict = watch.look(edition(ONE, *GOOD))
    assert (verdict.status, codes(verdict)) == (Status.INVALID, [Code.ROLLBACK])
    assert verdict.edition is not None
    assert verdict.edition.number == 2
    assert watch.look().status is Status.OK
    assert watch.state == replace(kept, high_water=watch.now)


def test_a_series_whose_newest_name_is_gone_is_a_stale_copy() -> None:
    watch = Watch(now=FEBRUARY)
    watch.look(edition(ONE, *GOOD, name="1.txt"), edition(TWO, *GOOD, name="2.txt"), serves="2.txt")
    assert codes(watch.look(serves="1.txt")) == [Code.STALE_COPY]
    assert watch.look(serves="2.txt").status is Status.OK


def test_an_old_text_that_was_edited_is_told_once_and_the_newest_stays() -> None:
    watch = Watch(now=FEBRUARY)
    watch.look(edition(ONE, *GOOD, name="1.txt"), edition(TWO, *GOOD, name="2.txt"), serves="2.txt")
    changed = edition(ONE + "It was different.\n", *GOOD, name="1.txt")
    verdict = watch.look(changed, serves="2.txt")
    assert (verdict.status, codes(verdict)) == (Status.CHANGED, [Code.EDITED])
    assert verdict.edition is not None
    assert verdict.edition.name == "2.txt"
    assert len([each for each in watch.look(changed, serves="2.txt").findings if each.code is Code.EDITED]) == 1
    watch.acknowledge()
    assert watch.look(changed, serves="2.txt").status is Status.OK


def test_an_edit_keeps_both_texts_as_its_proof() -> None:
    watch = following()
    watch.look(edition(ONE + "And more.\n", *GOOD))
    assert watch.state is not None
    assert [each.proof for each in watch.state.sticky] == [(ONE.encode(), (ONE + "And more.\n").encode())]
    watch.acknowledge()
    assert watch.look().status is Status.OK
    assert [each.acknowledged for each in watch.state.sticky] == [True]


def test_a_signature_that_comes_later_is_no_edit() -> None:
    watch = following()
    verdict = watch.look(edition(ONE, *GOOD, "board"))
    assert verdict.status is Status.OK
    assert verdict.edition is not None
    assert verdict.edition.signers == (*GOOD, "board")
    assert watch.state is not None
    assert len(watch.state.editions) == 1


@pytest.mark.parametrize(("issued", "status"), [("2026-01-03", Status.INVALID), ("2026-01-02", Status.OK)])
def test_an_edition_of_the_future_is_not_accepted(issued: str, status: Status) -> None:
    watch = Watch(now=NEW_YEAR + timedelta(hours=12))
    verdict = watch.look(edition(text(1, issued, "first week of February 2026"), *GOOD))
    assert verdict.status is status
    assert (Code.FUTURE_ISSUED in codes(verdict)) is (status is Status.INVALID)


def test_a_splice_changes_nothing_that_is_kept_and_stays() -> None:
    watch = Watch(now=MARCH)
    for words, value, release in ((ONE, "a", NEW_YEAR), (TWO, "b", FEBRUARY)):
        watch.look(edition(words, *GOOD, fields=(field(value, release),)))
    kept = watch.state
    verdict = watch.look(edition(THREE, *GOOD, fields=(field("a", MARCH),)))
    assert "codes" in next(each.message for each in verdict.findings if each.code is Code.SPLICED)
    assert kept is not None
    assert watch.state is not None
    assert watch.state == replace(kept, sticky=watch.state.sticky)
    assert watch.look().status is Status.INVALID
    watch.acknowledge()
    assert watch.look().status is Status.DUE


def test_the_panic_key_is_a_remark_once_it_was_acknowledged() -> None:
    watch = Watch(now=NEW_YEAR + DAY)
    panicked = edition(ONE, *GOOD, remarks=((Remark.PANIC, "it has signed the document"),))
    assert watch.look(panicked).status is Status.WITHDRAWN
    assert watch.look().status is Status.WITHDRAWN
    watch.acknowledge()
    verdict = watch.look()
    assert verdict.status is Status.OK
    assert [each.remark for each in verdict.findings if each.code is Code.PANIC] == [True]


def test_a_panic_key_that_few_others_signed_with_is_not_taken_back_by_what_follows() -> None:
    watch = following()
    panicked = edition(TWO, remarks=((Remark.PANIC, "it has signed the document"),))
    watch.now = FEBRUARY
    assert watch.look(panicked, edition(TWO, *GOOD)).status is Status.WITHDRAWN
    assert watch.look(edition(TWO, *GOOD)).status is Status.WITHDRAWN
    watch.acknowledge()
    assert watch.look().status is Status.OK


def test_an_old_text_under_a_new_name_is_an_old_copy() -> None:
    """Where the text itself has no number, only the name says one, and no signature covers that."""
    series = 'kind = "template"\nname = "canary-{n:03}.txt"'
    profile = PROFILE.replace('kind = "fixed"', series).replace('[number]\ntext = ["Canary {number}"]\n', "")
    first = text(None, "2026-01-01", "first week of February 2026")
    second = text(None, "2026-02-03", "first week of March 2026")
    watch = Watch(pinned(profile_text=profile), now=FEBRUARY)
    watch.look(
        edition(first, *GOOD, name="canary-001.txt"),
        edition(second, *GOOD, name="canary-002.txt"),
        serves="canary-002.txt",
    )
    assert watch.state is not None
    kept = watch.state.editions
    assert [each.number for each in kept] == [1, 2]
    for old in (first, second, text(None, "2026-01-15", "first week of February 2026")):
        verdict = watch.look(edition(old, *GOOD, name="canary-003.txt"), serves="canary-003.txt")
        assert codes(verdict) == [Code.STALE_COPY]
        assert watch.state.editions == kept
    watch.now = MARCH
    third = text(None, "2026-03-02", "first week of April 2026")
    assert watch.look(edition(third, *GOOD, name="canary-003.txt"), serves="canary-003.txt").status is Status.OK


def test_what_is_added_has_a_bound() -> None:
    watch = following()
    watch.now = FEBRUARY
    for number in range(2, 5):
        words = (*WORDS, *(f"{number} {n} " + "x" * 9_000 for n in range(60 * number)))
        more = text(number, "2026-02-03", "first week of March 2026", words=words)
        watch.look(edition(more, *GOOD))
        assert watch.state is not None
        assert sum(len(each.words) for each in watch.state.added) <= limits.FOREIGN_TEXT_CHARACTERS
        assert len(watch.state.added) <= limits.FOREIGN_STATEMENTS


# --- statements -----------------------------------------------------------------------------------------


def test_a_withdrawal_stays_though_the_statement_comes_back() -> None:
    watch = following()
    watch.now = MARCH
    without = text(2, "2026-02-03", "first week of March 2026", words=WORDS[:1])
    verdict = watch.look(edition(without, *GOOD), edition(THREE, *GOOD))
    assert (verdict.status, codes(verdict)) == (Status.WITHDRAWN, [Code.WITHDRAWN])
    assert verdict.findings[0].message.endswith(f"it said: {WORDS[1]}")
    assert codes(watch.look()) == [Code.WITHDRAWN]
    watch.acknowledge()
    assert watch.look().status is Status.OK


def test_a_rewording_is_told_once_with_its_words_until_it_is_acknowledged() -> None:
    watch = following()
    watch.now = FEBRUARY
    words = ("We have never handed over any key.", WORDS[1])
    verdict = watch.look(edition(text(2, "2026-02-03", "first week of March 2026", words=words), *GOOD))
    assert (verdict.status, codes(verdict)) == (Status.CHANGED, [Code.REWORDED])
    assert "[-a-] {+any+}" in verdict.findings[0].message
    assert codes(watch.look()) == [Code.REWORDED]
    watch.acknowledge()
    assert watch.look().status is Status.OK


def test_what_was_added_and_left_out_again_is_withdrawn_though_nobody_acknowledged_it() -> None:
    watch = following()
    watch.now = MARCH
    three = (*WORDS, "We have never had a visit.")
    verdict = watch.look(edition(text(2, "2026-02-03", "first week of March 2026", words=three), *GOOD))
    assert [each for each in codes(verdict, weighing=False) if each is Code.ADDED] == [Code.ADDED]
    assert codes(watch.look(edition(THREE, *GOOD))) == [Code.WITHDRAWN]


# --- pages ----------------------------------------------------------------------------------------------


def test_a_page_is_capped_and_says_that_nothing_is_signed() -> None:
    watch = page_watch()
    verdict = watch.look()
    assert (verdict.status, verdict.axes[Axis.INTEGRITY]) == (Status.OK, Severity.UNKNOWN)
    assert Code.NOT_SIGNED in codes(verdict)


def test_a_page_without_a_sentence_is_withdrawn_until_it_is_back() -> None:
    watch = page_watch()
    assert watch.look(page(WORDS[0])).status is Status.WITHDRAWN
    assert watch.look().status is Status.WITHDRAWN
    assert watch.look(page("\n".join(WORDS))).status is Status.OK
    assert watch.state is not None
    assert watch.state.sticky == ()


def test_another_page_is_junk_for_a_day_and_then_what_it_looks_like() -> None:
    watch = page_watch()
    kept = watch.state
    assert kept is not None
    junk = page("Please log in to this network.")
    verdict = watch.look(junk)
    assert (verdict.status, Code.NOT_A_CANARY in codes(verdict)) == (Status.UNREACHABLE, True)
    assert watch.state == replace(kept, unproved_since=NEW_YEAR)
    watch.now += DAY
    assert watch.look(junk).status is Status.WITHDRAWN
    assert watch.state is not None
    assert watch.state.unproved_since is None
    assert watch.look().status is Status.WITHDRAWN


# --- looks that brought nothing, time, pins ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "code", "status"),
    [
        (Unreachable("no network"), Code.UNREACHABLE, Status.UNREACHABLE),
        (NotACanary("a login page"), Code.NOT_A_CANARY, Status.UNREACHABLE),
        (Gone("404"), Code.MISSING, Status.MISSING),
    ],
)
def test_a_look_without_an_edition(seen: Unreachable | Gone | NotACanary, code: Code, status: Status) -> None:
    never = Watch(now=NEW_YEAR).see(seen)
    assert never.status is (Status.MISSING if status is Status.MISSING else Status.UNKNOWN)
    assert (Code.NEVER_FETCHED in codes(never)) is (status is not Status.MISSING)
    watch = following()
    kept = watch.state
    verdict = watch.see(seen)
    assert (verdict.status, codes(verdict), watch.state) == (status, [code], kept)
    # Whoever goes by it: the failure is set aside, and what is kept still stands.
    assert failure_of(verdict) is not None
    assert not brought_log(verdict)
    assert believed_of(verdict, watch.look(), None).status is Status.OK


def test_looking_for_newer_ones_in_vain_is_unreachable() -> None:
    watch = following()
    assert codes(watch.look(beyond="the index could not be reached")) == [Code.UNREACHABLE]


def test_time_alone_makes_it_due_overdue_and_expired() -> None:
    watch = following()
    for moment, status in (
        ("2026-01-31T23:59:59", Status.OK),
        ("2026-02-01T00:00:00", Status.DUE),
        ("2026-02-07T23:59:59", Status.DUE),
        ("2026-02-08T00:00:00", Status.OVERDUE),
        ("2026-02-17T23:59:59", Status.OVERDUE),
        ("2026-02-18T00:00:00", Status.EXPIRED),
    ):
        watch.now = datetime.fromisoformat(f"{moment}+00:00")
        assert watch.look().status is status
    watch.now = NEW_YEAR
    assert Code.CLOCK_BACKWARDS in codes(watch.look())


def test_an_end_of_its_own_ends_the_window() -> None:
    own = text(1, "2026-01-01", "first week of February 2026", more="It ends 2026-02-03.")
    verdict = Watch(now=NEW_YEAR + DAY).look(edition(own, *GOOD))
    assert verdict.edition is not None
    assert verdict.edition.next == (date(2026, 2, 1), date(2026, 2, 3))
    assert verdict.edition.expires == datetime(2026, 2, 4, tzinfo=UTC)
    alone = text(1, "2026-01-01", more="It ends 2026-05-03.")
    verdict = Watch(now=NEW_YEAR + DAY).look(edition(alone, *GOOD))
    assert verdict.edition is not None
    assert verdict.edition.next == (date(2026, 4, 26), date(2026, 5, 3))
    assert Code.SCHEDULE_ASSUMED not in codes(verdict, weighing=False)


def test_what_is_kept_under_another_pin_is_not_used() -> None:
    watch = following()
    watch.pinned = pinned(1)
    verdict = watch.see(Unreachable("no network"))
    assert (verdict.status, verdict.edition, watch.state) == (Status.UNKNOWN, None, None)


def test_first_use_is_told_until_somebody_confirms_the_pin() -> None:
    watch = Watch(now=NEW_YEAR + DAY, first_use=True)
    assert Code.TRUSTED_FIRST_USE in codes(watch.look(edition(ONE, *GOOD)), weighing=False)
    assert Code.TRUSTED_FIRST_USE in codes(watch.look(), weighing=False)
    watch._options = {"first_use": False}  # noqa: SLF001  the test's own helper
    assert Code.TRUSTED_FIRST_USE not in codes(watch.look(), weighing=False)


def test_a_block_that_is_known_proves_that_it_was_not_written_earlier() -> None:
    mined = NEW_YEAR - timedelta(hours=5)
    watch = Watch(now=NEW_YEAR + DAY, block_time={HASH: mined}.get)
    verdict = watch.look(edition(text(1, "2026-01-01", "first week of February 2026", more=HASH), *GOOD))
    assert verdict.not_before == mined - timedelta(hours=2)
    assert Code.QUOTE_CLAIM not in codes(verdict, weighing=False)


def test_an_edit_may_quote_what_it_quoted_before() -> None:
    words = text(1, "2026-01-01", "first week of February 2026", more=HASH)
    watch = following(words)
    assert Code.STALE_QUOTE not in codes(watch.look())
    assert codes(watch.look(edition(words + "\nAnd more.\n", *GOOD))) == [Code.EDITED]


def test_what_strangers_wrote_is_one_printable_line() -> None:
    words = ("We have \x1b[31mnever\u202e handed over a key.", "x" * 10_000)
    watch = Watch(pinned(words=words), now=NEW_YEAR + DAY)
    verdict = watch.look(edition(text(1, "2026-01-01", "first week of February 2026", words=("No.",)), *GOOD))
    assert codes(verdict) == [Code.WITHDRAWN, Code.REWORDED]
    assert all(each.message.isprintable() and len(each.message) < 5_000 for each in verdict.findings)


def test_a_signer_without_a_name_is_known_by_its_key() -> None:
    watch = Watch(pinned(1, signers=(PinnedSigner("", "cd" * 20),)), now=NEW_YEAR + DAY)
    verdict = watch.look(edition(ONE, "cd" * 20))
    assert verdict.edition is not None
    assert (verdict.status, verdict.edition.signers) == (Status.OK, ("cd" * 20,))
