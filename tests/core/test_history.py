from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from canary.core.documents.release import Statement
from canary.core.judging.findings import Code
from canary.core.log.admitted import Admitted
from canary.core.log.history import History, RejectedError, replay
from canary.core.signed.entry import NewerFormatError, parse_entry
from canary.core.signed.kinds import ed25519_vkey
from canary.core.signed.note import SignatureLine
from canary.core.signed.outcome import Outcome
from canary.core.signed.vkey import VKey
from canary.core.text.strict import digest
from canary.errors import CanaryError, MalformedError
from tests.simulator import (
    CANARY,
    STATEMENTS,
    Edit,
    Publisher,
    Tamper,
    by_another_key,
    noon,
    pretend_certificate,
    private_key,
    public_key,
    repeated,
    spoiled,
    with_stranger,
)

ALL = ("legal", "security", "director")


def begun(*, releases: int = 1, **settings: object) -> Publisher:
    """Returns a publisher with a roster and some releases; `settings` are those of `Publisher`."""
    sim = Publisher(**settings)  # type: ignore[arg-type]  # checked where a test fails
    sim.roster()
    for _ in range(releases):
        sim.release()
    return sim


def rejected(sim: Publisher) -> RejectedError:
    """Returns why the newest entry is refused; all before it hold."""
    history = replay(sim.entries[:-1], sim.gpg)
    before = history.copy()
    with pytest.raises(RejectedError) as caught:
        history.append(sim.entries[-1], sim.gpg)
    assert caught.value.entry == len(sim.entries)
    assert history == before
    return caught.value


def code(sim: Publisher) -> Code:
    return rejected(sim).code


def holds(sim: Publisher) -> History:
    return replay(sim.entries, sim.gpg)


def swapped(old: str, new: str) -> Edit:
    """Returns an edit of one place of a text, which must be in it."""

    def edit(text: str) -> str:
        assert text.count(old) == 1, old
        return text.replace(old, new)

    return edit


# --- what holds -----------------------------------------------------------------------------------------


def test_an_honest_log_holds_and_tells_what_is_in_it() -> None:
    sim = begun(releases=2)
    sim.roster(add=("auditor",))
    sim.release(add={"court": "No court has ordered silence."})
    history = holds(sim)
    assert [admitted.entry.data for admitted in history.admitted] == sim.entries
    assert history.releases() == sim.releases
    assert (history.roster, history.last_release, history.next_entry) == (sim.rosters[1], sim.releases[2], 6)
    assert [roster.number for roster in history.rosters_from(1)] == [1, 2]
    assert [roster.number for roster in history.rosters_from(4)] == [2]
    standing = history.standing
    assert [standing.is_signed("taps", version) for version in (1, 2)] == [True, False]
    assert [standing.contradicts(replace(STATEMENTS[1], words=words)) for words in (STATEMENTS[1].words, "")] == [
        False,
        True,
    ]
    assert [standing.highest_version(name) for name in ("taps", "court", "x")] == [1, 1, 0]
    assert [standing.stood_before("court", entry) for entry in (5, 6)] == [False, True]
    assert standing.keys.get("auditor") == public_key("auditor")
    assert standing.keys.get("nobody") is None


def test_a_history_that_is_taken_up_again_goes_on_as_one_that_was_replayed() -> None:
    sim = begun(releases=2)
    sim.roster(add=("auditor",))
    sim.release(add={"court": "No court has ordered silence."})
    replayed = replay(sim.entries[:-1], sim.gpg)
    # As a state gives them: bytes that nobody has read yet.
    stored: list[Admitted] = []
    for number, each in enumerate(replayed.admitted, start=1):
        roster = None if number in replayed.standing.rosters else stored[0]
        stored.append(Admitted(each.data, each.tally, roster))
    resumed = History.resume(stored, replayed.standing)
    for history in (replayed, resumed):
        history.append(sim.entries[-1], sim.gpg)
    assert resumed == replayed
    assert resumed.releases() == sim.releases
    assert resumed.roster == replayed.roster


def test_what_was_never_admitted_is_told_as_damage() -> None:
    sim = begun()
    tally = holds(sim).admitted[0].tally
    for data in (b"junk", sim.entries[1]):
        with pytest.raises(MalformedError, match="the stored log is damaged"):
            _ = Admitted(data, tally, None).roster


def test_an_empty_history_has_nothing_and_awaits_entry_1() -> None:
    history = History()
    assert (history.roster, history.last, history.last_release, history.newest, history.next_entry) == (*[None] * 4, 1)


def test_a_copy_grows_without_its_original() -> None:
    sim = begun(releases=2)
    history = replay(sim.entries[:2], sim.gpg)
    copied = history.copy()
    copied.append(sim.entries[2], sim.gpg)
    assert (len(history.admitted), len(copied.admitted)) == (2, 3)
    assert history == replay(sim.entries[:2], sim.gpg)


def test_entries_verified_before_are_admitted_without_their_signatures_being_checked() -> None:
    sim = begun(openpgp=("security",))
    checked = holds(sim).admitted
    calls = sim.gpg.calls
    history = History()
    for admitted in checked:
        history.append_verified(admitted.entry, admitted.tally)
    assert sim.gpg.calls == calls > 0
    assert [admitted.tally for admitted in history.admitted] == [admitted.tally for admitted in checked]


def test_entries_verified_before_still_keep_every_other_rule() -> None:
    sim = begun()
    tally = holds(sim).admitted[0].tally
    history = History()
    with pytest.raises(RejectedError) as caught:
        history.append_verified(parse_entry(sim.entries[1]), tally)
    assert caught.value.code is Code.CHAIN_BROKEN


# --- the chain ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (swapped("entry: 3", "entry: 2"), Code.CHAIN_BROKEN),
        (swapped("entry: 3", "entry: 4"), Code.CHAIN_BROKEN),
        (swapped("canary: example.net/canary", "canary: example.org/canary"), Code.OTHER_CANARY),
        (swapped("release: 2", "release: 1"), Code.NUMBER_GAP),
        (swapped("release: 2", "release: 3"), Code.NUMBER_GAP),
        (swapped("warrant-canary/release/v1", "warrant-canary/releases"), Code.MALFORMED),
        (swapped("[keys v1]", "[keys v01]"), Code.MALFORMED),
    ],
)
def test_a_release_with_a_number_or_name_of_its_own_is_refused(edit: Edit, expected: Code) -> None:
    sim = begun()
    sim.release(edit=edit)
    assert code(sim) is expected


@pytest.mark.parametrize("number", [1, 3])
def test_a_roster_with_a_number_of_its_own_is_refused(number: int) -> None:
    sim = begun()
    sim.roster(edit=swapped("roster: 2", f"roster: {number}"))
    assert code(sim) is Code.NUMBER_GAP


@pytest.mark.parametrize("kind", ["release", "roster"])
def test_a_text_that_does_not_name_the_text_before_it_is_refused(kind: str) -> None:
    sim = begun(releases=2)
    before = digest(parse_entry(sim.entries[1]).text)
    last = parse_entry(sim.entries[2]).text_hash
    sim.release(edit=swapped(last, before)) if kind == "release" else sim.roster(edit=swapped(last, before))
    assert "'previous'" in rejected(sim).what
    assert code(sim) is Code.CHAIN_BROKEN


def test_a_text_of_a_forked_log_does_not_fit_behind_another_text() -> None:
    sim = begun()
    other = sim.fork_at(1)
    other.release(at=noon("2025-02-05"))
    sim.append_raw(other.release())
    assert code(sim) is Code.CHAIN_BROKEN


def test_no_entry_can_stand_twice() -> None:
    sim = begun()
    sim.append_raw(sim.entries[1])
    assert code(sim) is Code.CHAIN_BROKEN


def test_signatures_cover_the_order_of_the_entries() -> None:
    sim = begun(releases=3)
    history = replay(sim.entries[:2], sim.gpg)
    with pytest.raises(RejectedError):
        history.append(sim.entries[3], sim.gpg)


def test_a_log_begins_with_roster_1() -> None:
    sim = begun()
    first = sim.fork_at(1)
    first.entries.clear()
    text = parse_entry(sim.entries[1]).text.replace(b"entry: 2", b"entry: 1")
    hash_line = next(line for line in text.split(b"\n") if line.startswith(b"previous: "))
    data = sim.sign_text(text.replace(hash_line, b"previous: none"), ALL, at=noon("2025-02-03"))
    with pytest.raises(RejectedError, match="begins with roster 1") as caught:
        replay([data], sim.gpg)
    assert caught.value.code is Code.CHAIN_BROKEN


@pytest.mark.parametrize("data", [b"", b"\n", b"<html>", b"\xff" * 100, b"warrant-canary/release/v1\n\n"])
def test_bytes_that_are_no_entry_are_malformed(data: bytes) -> None:
    sim = begun()
    sim.append_raw(data)
    assert code(sim) is Code.MALFORMED


def test_an_entry_of_a_later_format_is_neither_admitted_nor_rejected() -> None:
    sim = begun()
    sim.append_raw(b"warrant-canary/release/v2\nnobody knows how this goes on")
    history = replay(sim.entries[:-1], sim.gpg)
    with pytest.raises(NewerFormatError):
        history.append(sim.entries[-1], sim.gpg)
    assert len(history.admitted) == 2


# --- time -----------------------------------------------------------------------------------------------


def test_issued_never_goes_back() -> None:
    sim = begun()
    issued = sim.releases[0].issued
    sim.release(at=issued)
    holds(sim)
    sim.release(at=issued - timedelta(seconds=1))
    assert code(sim) is Code.ISSUED_BACKWARDS


def test_a_roster_is_not_issued_before_the_release_before_it() -> None:
    sim = begun()
    sim.roster(at=sim.releases[0].issued - timedelta(seconds=1))
    assert code(sim) is Code.ISSUED_BACKWARDS


# --- signatures of releases -----------------------------------------------------------------------------


@pytest.mark.parametrize("signed_by", [("legal", "security"), ("director", "legal"), ALL])
def test_a_release_that_a_threshold_of_signers_signed_holds(signed_by: tuple[str, ...]) -> None:
    sim = begun()
    sim.release(signed_by=signed_by)
    assert set(holds(sim).admitted[-1].tally.signed) == set(signed_by)


@pytest.mark.parametrize("signed_by", [("legal",), ()])
def test_a_release_that_too_few_signed_is_refused(signed_by: tuple[str, ...]) -> None:
    sim = begun()
    sim.release(signed_by=signed_by, tamper=with_stranger())
    assert code(sim) is Code.BELOW_THRESHOLD
    assert f"{len(signed_by)} of 3 signed" in rejected(sim).what


@pytest.mark.parametrize("tamper", [spoiled("security"), by_another_key("security")])
def test_one_wrong_signature_rejects_a_release_that_enough_others_signed(tamper: Tamper) -> None:
    sim = begun()
    sim.release(tamper=tamper)
    assert code(sim) is Code.BAD_SIGNATURE
    assert "security" in rejected(sim).what


def test_a_key_counts_once_however_often_it_signs() -> None:
    sim = begun()
    sim.release(signed_by=("legal",), tamper=lambda _, lines: lines * 3)
    assert code(sim) is Code.BELOW_THRESHOLD


def test_what_repeats_a_key_is_dropped_unread_and_rejects_nothing() -> None:
    sim = begun()
    sim.release(tamper=repeated("legal", 5))
    assert len(parse_entry(sim.entries[-1]).signatures) == 7
    assert holds(sim).admitted[-1].tally.signed == ALL


def test_an_unknown_key_neither_counts_nor_rejects() -> None:
    sim = begun()
    sim.release(tamper=with_stranger())
    assert holds(sim).admitted[-1].tally.signed == ALL


def test_a_signer_who_left_is_an_unknown_key() -> None:
    sim = begun(threshold=2)
    sim.roster(remove=("director",))
    line: list[SignatureLine] = []

    def by_the_director(text: bytes, lines: tuple[SignatureLine, ...]) -> tuple[SignatureLine, ...]:
        key = ed25519_vkey(f"{CANARY}/director", public_key("director"))
        line.append(SignatureLine(key.name, key.key_id, private_key("director").sign(text)))
        return (*lines, *line)

    sim.release(signed_by=("legal",), tamper=by_the_director)
    assert code(sim) is Code.BELOW_THRESHOLD
    assert "director" not in rejected(sim).what


def test_a_release_is_judged_by_the_newest_roster_before_it_and_by_no_other() -> None:
    sim = begun(threshold=3)
    sim.roster(threshold=1)
    sim.release(signed_by=("legal",))
    assert holds(sim).admitted[-1].tally.threshold == 1
    sim.roster(threshold=3)
    sim.release(signed_by=("legal", "security"))
    assert code(sim) is Code.BELOW_THRESHOLD


# --- OpenPGP signatures ---------------------------------------------------------------------------------


def test_an_openpgp_signature_counts_like_any_other() -> None:
    sim = begun(openpgp=("legal", "security"))
    sim.release(signed_by=("legal", "security"))
    assert holds(sim).admitted[-1].tally.signed == ("legal", "security")


@pytest.mark.parametrize(
    "outcome", [Outcome.WEAK_DIGEST, Outcome.EXPIRED_KEY, Outcome.REVOKED_KEY, Outcome.FUTURE, Outcome.NO_KEY]
)
def test_a_right_signature_that_may_not_count_is_told_and_not_counted(outcome: Outcome) -> None:
    sim = begun(openpgp=("security",))
    sim.gpg.makes = outcome
    sim.release()
    tally = holds(sim).admitted[-1].tally
    assert tally.signed == ("legal", "director")
    assert [(each.name, each.outcome) for each in tally.uncounted] == [("security", outcome)]
    sim.release(signed_by=("legal", "security"))
    assert code(sim) is Code.BELOW_THRESHOLD


@pytest.mark.parametrize(
    ("late", "uncounted"),
    [
        (timedelta(days=-1), []),
        (timedelta(days=-1, seconds=-1), [Outcome.OUTSIDE_TIME]),
        (timedelta(days=60), []),
        (timedelta(days=60, seconds=1), [Outcome.OUTSIDE_TIME]),
    ],
)
def test_an_openpgp_signature_counts_from_a_day_before_issued_to_60_days_after_it(
    late: timedelta, uncounted: list[Outcome]
) -> None:
    sim = begun(openpgp=("security",))
    sim.gpg.late = late
    sim.release()
    tally = holds(sim).admitted[-1].tally
    assert len(tally.signed) + len(uncounted) == 3
    assert [each.outcome for each in tally.uncounted] == uncounted


def test_a_bad_openpgp_signature_rejects_the_release() -> None:
    sim = begun(openpgp=("security",))
    sim.release(tamper=spoiled("security"))
    assert code(sim) is Code.BAD_SIGNATURE


def test_what_could_not_be_checked_is_undecided_only_where_it_matters() -> None:
    sim = begun(openpgp=("security",))
    sim.release()
    sim.release(signed_by=("legal", "security"))
    sim.release(signed_by=("security",))
    first, *_ = sim.entries
    history = History()
    history.append(first, sim.gpg)
    sim.gpg.missing = True
    history.append(sim.entries[1], sim.gpg)
    assert history.append(sim.entries[2], sim.gpg).tally.uncounted[0].outcome is Outcome.UNCHECKED
    with pytest.raises(RejectedError, match="not everything could be checked") as undecided:
        history.append(sim.entries[3], sim.gpg)
    assert undecided.value.code is Code.NOT_CHECKED
    history.append_verified(parse_entry(sim.entries[3]), history.admitted[-1].tally)
    with pytest.raises(RejectedError) as hopeless:
        history.append(sim.entries[4], sim.gpg)
    assert hopeless.value.code is Code.BELOW_THRESHOLD


# --- rotation -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ALL)
def test_every_signer_signs_roster_1(missing: str) -> None:
    sim = Publisher(threshold=1)
    sim.roster(signed_by=set(ALL) - {missing})
    assert code(sim) is Code.BELOW_THRESHOLD
    assert "every signer of roster 1" in rejected(sim).what


def test_a_signer_joins_by_signatures_of_the_old_threshold_and_the_newcomer() -> None:
    sim = begun()
    sim.roster(add=("auditor",), signed_by=("legal", "security", "auditor"))
    sim.release(signed_by=("auditor", "legal"))
    assert [signer.name for signer in sim.rosters[1].signers] == [*ALL, "auditor"]
    assert holds(sim).admitted[-1].tally.signed == ("legal", "auditor")


def test_a_newcomer_must_sign() -> None:
    sim = begun()
    sim.roster(add=("auditor",), signed_by=ALL)
    assert code(sim) is Code.BELOW_THRESHOLD
    assert "keys that are new: 0 of 1 signed" in rejected(sim).what


def test_every_newcomer_must_sign() -> None:
    sim = begun()
    sim.roster(add=("auditor", "board"), signed_by=(*ALL, "board"))
    assert "keys that are new: 1 of 2 signed (board)" in rejected(sim).what


def test_a_newcomer_does_not_count_for_the_old_threshold() -> None:
    sim = begun()
    sim.roster(add=("auditor",), signed_by=("legal", "auditor"))
    assert code(sim) is Code.BELOW_THRESHOLD
    assert "of the old roster: 1 of 3 signed" in rejected(sim).what


def test_a_signer_who_leaves_does_not_count_for_the_new_threshold() -> None:
    sim = begun()
    sim.roster(remove=("director",), signed_by=("legal", "director"))
    assert code(sim) is Code.BELOW_THRESHOLD
    assert "of the new roster: 1 of 2 signed" in rejected(sim).what


def test_a_signer_may_be_removed_by_the_others_alone() -> None:
    sim = begun()
    sim.roster(remove=("director",), signed_by=("legal", "security"))
    assert [signer.name for signer in holds(sim).admitted[-1].roster.signers] == ["legal", "security"]


def test_a_threshold_rises_only_with_that_many_new_signatures() -> None:
    sim = begun()
    sim.roster(threshold=3, signed_by=("legal", "security"))
    assert "of the new roster: 2 of 3 signed" in rejected(sim).what
    sim.rewind(2)
    sim.roster(threshold=3)
    holds(sim)


def test_a_threshold_falls_only_with_as_many_old_signatures_as_it_was() -> None:
    sim = begun()
    sim.roster(threshold=1, signed_by=("legal",))
    assert "of the old roster: 1 of 3 signed" in rejected(sim).what
    sim.rewind(2)
    sim.roster(threshold=1, signed_by=("legal", "security"))
    holds(sim)


def test_a_replaced_key_gets_a_new_name_and_signs_itself() -> None:
    sim = begun()
    sim.roster(replacing={"legal": "legal-2"}, signed_by=("legal", "security", "legal-2"))
    sim.release(signed_by=("legal-2", "director"))
    holds(sim)
    sim.release(signed_by=("security", "director"), tamper=with_stranger("legal"))
    holds(sim)


def test_a_replaced_key_must_sign() -> None:
    sim = begun()
    sim.roster(replacing={"legal": "legal-2"}, signed_by=ALL)
    assert "keys that are new: 0 of 1" in rejected(sim).what


def test_a_name_never_carries_a_second_key() -> None:
    sim = begun()
    sim.seeds["legal"] = "the second key of legal"
    sim.roster()
    assert code(sim) is Code.BAD_ROTATION
    assert "legal had another key before" in rejected(sim).what


def test_a_name_carries_no_second_key_even_after_it_was_gone() -> None:
    sim = begun()
    sim.roster(remove=("legal",))
    sim.roster()
    sim.seeds["legal"] = "the second key of legal"
    sim.roster(add=("legal",))
    assert code(sim) is Code.BAD_ROTATION


def test_a_name_does_not_change_from_one_kind_of_key_to_another() -> None:
    sim = begun()
    sim.certificates["legal"] = pretend_certificate("legal")
    sim.roster()
    assert code(sim) is Code.BAD_ROTATION


def test_a_signer_who_comes_back_signs_again() -> None:
    sim = begun()
    sim.roster(remove=("legal",))
    sim.release()
    sim.roster(add=("legal",), signed_by=("security", "director"))
    assert "keys that are new: 0 of 1 signed" in rejected(sim).what
    sim.rewind(4)
    sim.roster(add=("legal",), signed_by=("security", "director", "legal"))
    sim.release(signed_by=("legal", "security"))
    holds(sim)


def test_a_key_may_go_on_under_a_new_name_and_each_of_its_lines_is_checked() -> None:
    sim = begun()
    sim.seeds["counsel"] = "legal"
    sim.roster(replacing={"legal": "counsel"})
    assert set(holds(sim).admitted[-1].tally.signed) == {"counsel", "security", "director", "legal"}
    sim.rewind(2)
    sim.roster(replacing={"legal": "counsel"}, tamper=spoiled("legal"))
    assert code(sim) is Code.BAD_SIGNATURE
    sim.rewind(2)
    sim.roster(replacing={"legal": "counsel"}, tamper=spoiled("counsel"))
    assert code(sim) is Code.BAD_SIGNATURE


def test_a_wrong_signature_of_an_old_signer_rejects_the_new_roster() -> None:
    sim = begun()
    sim.roster(remove=("director",), tamper=spoiled("director"))
    assert code(sim) is Code.BAD_SIGNATURE


def test_a_new_certificate_of_the_same_key_needs_no_new_name() -> None:
    sim = begun(openpgp=("security",))
    fingerprint, certificate = sim.certificates["security"]
    sim.certificates["security"] = fingerprint, certificate + b", extended"
    sim.roster(signed_by=("legal", "director"))
    holds(sim)


def test_a_roster_that_could_not_be_checked_is_undecided() -> None:
    sim = begun(openpgp=("auditor",))
    sim.roster(add=("auditor",))
    sim.gpg.missing = True
    assert code(sim) is Code.NOT_CHECKED


def test_the_old_and_the_new_signers_together_must_fit_into_an_entry() -> None:
    sim = Publisher(
        [f"old-{n}" for n in range(12)],
        threshold=1,
        openpgp=[f"{age}-{n}" for age in ("old", "new") for n in range(12)],
    )
    sim.roster()
    sim.roster(replacing={f"old-{n}": f"new-{n}" for n in range(12)})
    assert code(sim) is Code.BAD_ROTATION
    assert "these 24 signers would not fit" in rejected(sim).what


def test_the_log_key_changes_with_a_roster() -> None:
    sim = begun()
    sim.roster(new_log_key=True)
    roster = holds(sim).roster
    assert roster
    assert roster.log.data != sim.rosters[0].log.data


def test_a_signers_key_may_not_become_the_log_key() -> None:
    sim = begun()
    log = sim.rosters[0].log.render()
    stolen = VKey.make(CANARY, sim.rosters[0].signers[0].key.data).render()
    sim.roster(edit=swapped(log, stolen))
    assert code(sim) is Code.MALFORMED


# --- the grid -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["2025-02-02", "2025-04-01", "2025-05-01"])
def test_a_new_grid_starts_after_the_last_period_and_by_the_opening_of_next(start: str) -> None:
    sim = begun()
    sim.roster(start=date.fromisoformat(start))
    holds(sim)
    sim.release(at=noon("2025-05-02"))
    holds(sim)


@pytest.mark.parametrize("start", ["2024-11-01", "2025-01-31", "2025-05-02", "2025-08-01"])
def test_a_new_grid_neither_reaches_back_nor_puts_the_next_window_off(start: str) -> None:
    sim = begun()
    sim.roster(start=date.fromisoformat(start))
    assert code(sim) is Code.BAD_SCHEDULE
    assert "its new grid starts on" in rejected(sim).what


def test_a_new_cadence_on_the_old_start_is_a_new_grid() -> None:
    sim = begun()
    sim.roster(cadence="1 month", window=7, grace=7)
    assert code(sim) is Code.BAD_SCHEDULE
    sim.rewind(2)
    sim.roster(cadence="1 month", start=date(2025, 5, 1), window=7, grace=7)
    sim.release(at=noon("2025-05-02"))
    sim.release(at=noon("2025-06-02"))
    assert [release.period for release in holds(sim).releases()] == [
        date(2025, 2, 1),
        date(2025, 5, 1),
        date(2025, 6, 1),
    ]


def test_a_new_window_or_grace_keeps_the_grid() -> None:
    sim = begun()
    sim.roster(window=7, grace=30)
    sim.release()
    holds(sim)


def test_before_the_first_release_a_grid_may_move_anywhere() -> None:
    sim = begun(releases=0)
    sim.roster(start=date(2026, 1, 1))
    sim.release()
    holds(sim)


def test_no_correction_crosses_a_new_grid() -> None:
    sim = begun()
    sim.roster(start=date(2025, 5, 1), cadence="1 month", window=7, grace=7, at=noon("2025-03-01"))
    sim.release(at=noon("2025-03-02"))
    assert code(sim) is Code.BAD_SCHEDULE
    assert "before the first window opens on 2025-05-01" in rejected(sim).what


@pytest.mark.parametrize(
    "edit",
    [
        swapped("period: 2025-05-01", "period: 2025-05-02"),
        swapped("next: 2025-08-01/2025-08-14", "next: 2025-08-01/2025-08-15"),
        swapped("next: 2025-08-01/2025-08-14", "next: 2025-11-01/2025-11-14"),
        swapped("expires: 2025-08-29T00:00:00Z", "expires: 2026-08-29T00:00:00Z"),
        swapped("issued: 2025-05-02T12:00:00Z", "issued: 2025-08-02T12:00:00Z"),
    ],
)
def test_a_release_with_a_schedule_of_its_own_is_refused(edit: Edit) -> None:
    sim = begun()
    sim.release(edit=edit)
    assert code(sim) is Code.BAD_SCHEDULE


# --- statements -----------------------------------------------------------------------------------------


def test_the_same_version_with_other_words_is_forged() -> None:
    sim = begun()
    sim.release(statements=(Statement("keys", 1, "We have hardly ever handed a key to anyone."),))
    assert code(sim) is Code.FORGED
    assert "keys@v1" in rejected(sim).what


def test_words_are_permanent_over_the_whole_log_even_after_a_statement_was_gone() -> None:
    sim = begun()
    sim.release(without=("keys",))
    sim.release()
    sim.release(statements=(Statement("keys", 1, "Other words."), *STATEMENTS[1:]))
    assert code(sim) is Code.FORGED


def test_a_statement_does_not_go_back_to_an_earlier_version() -> None:
    sim = begun()
    sim.release(reword={"keys": "New words."})
    sim.release(statements=STATEMENTS)
    assert code(sim) is Code.VERSION_DOWN
    assert "keys@v1 goes back behind version 2" in rejected(sim).what


def test_a_statement_that_was_gone_does_not_come_back_in_an_earlier_version() -> None:
    sim = begun()
    sim.release(reword={"keys": "New words."})
    sim.release(without=("keys",))
    sim.release(statements=(STATEMENTS[0],))
    assert code(sim) is Code.VERSION_DOWN


def test_statements_may_go_come_back_and_skip_versions() -> None:
    sim = begun()
    sim.release(without=("keys",))
    sim.release(add={"keys": STATEMENTS[0].words})
    sim.release(statements=(Statement("keys", 7, "The seventh wording."),))
    assert holds(sim).standing.highest_version("keys") == 7


def test_a_refused_release_leaves_no_words_behind() -> None:
    sim = begun()
    sim.release(add={"new": "These words."}, signed_by=("legal",))
    history = replay(sim.entries[:2], sim.gpg)
    with pytest.raises(CanaryError):
        history.append(sim.entries[2], sim.gpg)
    assert not history.standing.is_signed("new", 1)


# --- the end --------------------------------------------------------------------------------------------


def test_a_final_release_has_no_next_and_ends_the_log() -> None:
    sim = begun()
    sim.release(final=True)
    last = holds(sim).last_release
    assert last
    assert (last.final, last.next, last.expires) == (True, None, None)


def test_nothing_follows_a_final_release() -> None:
    sim = begun()
    sim.release(final=True)
    release, roster = sim.fork_at(3), sim.fork_at(3)
    release.release(correction=True)
    roster.roster()
    assert (code(release), code(roster)) == (Code.AFTER_FINAL, Code.AFTER_FINAL)


def test_a_final_release_still_has_its_period_checked() -> None:
    sim = begun()
    sim.release(final=True, edit=swapped("period: 2025-05-01", "period: 2025-02-01"))
    assert code(sim) is Code.BAD_SCHEDULE


def test_a_final_release_needs_the_threshold_too() -> None:
    sim = begun()
    sim.release(final=True, signed_by=("legal",))
    assert code(sim) is Code.BELOW_THRESHOLD


def test_the_tally_of_a_roster_names_everyone_who_signed_it() -> None:
    sim = begun()
    sim.roster(replacing={"legal": "legal-2"})
    tally = holds(sim).admitted[-1].tally
    assert tally.signed == ("security", "director", "legal-2", "legal")
    assert (tally.threshold, tally.missing) == (2, ())


# --- what the publisher asks ----------------------------------------------------------------------------


def test_a_tally_says_who_signed_and_who_is_missing() -> None:
    sim = begun()
    history = replay(sim.entries[:1], sim.gpg)
    sim.rewind(1)
    sim.release(signed_by=("security",))
    ((_, tally),) = history.requirements(parse_entry(sim.entries[1]), sim.gpg)
    assert (tally.signed, tally.missing, tally.met) == (("security",), ("legal", "director"), False)
    assert tally.describe() == "1 of 3 signed (security), 2 needed; missing: legal, director"


def test_a_roster_has_to_meet_three_tallies() -> None:
    sim = begun()
    history = holds(sim)
    sim.roster(replacing={"legal": "legal-2"}, threshold=3, signed_by=("legal-2", "security"))
    required = history.requirements(parse_entry(sim.entries[-1]), sim.gpg)
    assert [(whose, tally.threshold, tally.signed, tally.met) for whose, tally in required] == [
        ("of the new roster: ", 3, ("security", "legal-2"), False),
        ("of the old roster: ", 2, ("security",), False),
        ("of the keys that are new: ", 1, ("legal-2",), True),
    ]


def test_a_tally_names_what_does_not_count() -> None:
    sim = begun(openpgp=("security",))
    sim.gpg.makes = Outcome.EXPIRED_KEY
    sim.release(signed_by=("legal", "security"))
    assert "not counted: security (expired key)" in rejected(sim).what
