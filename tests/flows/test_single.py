from __future__ import annotations

from datetime import timedelta

import pytest

from canary.core.judging.findings import Code, Finding, Status
from canary.core.judging.verdict import Verdict
from canary.core.signed.entry import NewerFormatError, parse_entry
from canary.core.signed.outcome import Outcome
from canary.errors import MalformedError
from canary.flows.watch.single import verify_entry
from tests.simulator import Publisher, noon, repeated, spoiled, with_stranger

FRESH = noon("2025-02-10")
OWN_PIN = "the roster's own"


def begun(**settings: object) -> Publisher:
    sim = Publisher(**settings)  # type: ignore[arg-type]  # checked where a test fails
    sim.roster(), sim.release()
    return sim


def verdict(
    sim: Publisher, entry: int = 1, roster: int = 0, *, pin: str | None = OWN_PIN, day: str = "2025-02-10"
) -> Verdict:
    pin = parse_entry(sim.entries[roster]).text_hash if pin == OWN_PIN else pin
    return verify_entry(sim.entries[entry], sim.entries[roster], pin=pin, now=noon(day), verifier=sim.gpg)


def codes(verdict: Verdict) -> set[Code]:
    return {finding.code for finding in verdict.findings}


def found(verdict: Verdict, code: Code) -> Finding:
    (finding,) = [each for each in verdict.findings if each.code is code]
    return finding


def test_a_release_under_its_pinned_roster_is_fine_and_says_what_one_file_cannot_show() -> None:
    sim = begun()
    judged = verdict(sim)
    assert (judged.status, codes(judged)) == (Status.OK, {Code.SINGLE_FILE})
    assert (judged.canary, judged.organisation, judged.fingerprint) == (
        "example.net/canary",
        "Example Networks",
        sim.pin,
    )
    assert judged.subject
    assert (judged.subject.release, judged.subject.signers) == (1, ("legal", "security", "director"))


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2025-05-01", Status.DUE),
        ("2025-05-15", Status.OVERDUE),
        ("2025-05-29", Status.EXPIRED),
    ],
)
def test_one_file_goes_stale_like_a_site(day: str, status: Status) -> None:
    assert verdict(begun(), day=day).status is status


def test_a_final_release_is_retired() -> None:
    sim = begun()
    sim.release(final=True)
    assert verdict(sim, 2, day="2035-01-01").status is Status.RETIRED


@pytest.mark.parametrize("pin", [None, "0" * 64])
def test_without_the_rosters_own_pin_it_is_unknown_and_says_what_it_would_be(pin: str | None) -> None:
    judged = verdict(begun(), pin=pin)
    assert (judged.status, codes(judged)) == (Status.UNKNOWN, {Code.NO_PIN, Code.WOULD_BE, Code.SINGLE_FILE})
    assert "it would be OK (0)" in found(judged, Code.WOULD_BE).message
    expired = verdict(begun(), pin=pin, day="2026-01-01")
    assert "it would be EXPIRED (2)" in found(expired, Code.WOULD_BE).message


def test_a_later_roster_has_another_fingerprint_than_the_canarys_pin() -> None:
    sim = begun()
    sim.roster(threshold=1), sim.release(signed_by=["legal"])
    judged = verdict(sim, 3, 2, day="2025-05-10")
    assert (judged.status, judged.fingerprint) == (Status.OK, None)
    assert verdict(sim, 3, 2, day="2025-05-10", pin=sim.pin).status is Status.UNKNOWN


# --- what is refused ------------------------------------------------------------------------------------


def test_too_few_signatures_are_below_the_threshold() -> None:
    sim = begun()
    sim.release(signed_by=["legal"], tamper=with_stranger())
    judged = verdict(sim, 2, day="2025-05-10")
    assert (judged.status, judged.subject) == (Status.INVALID, None)
    assert found(judged, Code.BELOW_THRESHOLD).message.startswith("1 of 3 signed (legal), 2 needed")


def test_a_wrong_signature_rejects_what_enough_others_signed() -> None:
    sim = begun()
    sim.release(tamper=spoiled("legal"))
    judged = verdict(sim, 2, day="2025-05-10")
    assert (judged.status, Code.BAD_SIGNATURE in codes(judged)) == (Status.INVALID, True)


def test_a_repeated_signature_counts_once() -> None:
    sim = begun()
    sim.release(signed_by=["legal"], tamper=repeated("legal"))
    assert Code.BELOW_THRESHOLD in codes(verdict(sim, 2, day="2025-05-10"))


def test_a_release_of_another_canary_is_refused_whoever_signed_it() -> None:
    sim, other = begun(), begun(canary="example.org/canary")
    judged = verify_entry(other.entries[1], sim.entries[0], pin=sim.pin, now=FRESH, verifier=sim.gpg)
    assert (judged.status, judged.subject) == (Status.INVALID, None)
    assert Code.OTHER_CANARY in codes(judged)


def test_a_release_from_before_the_roster_is_not_judged_by_it() -> None:
    sim = begun()
    sim.roster()
    judged = verdict(sim, 1, 2)
    assert (judged.status, Code.CHAIN_BROKEN in codes(judged)) == (Status.INVALID, True)


def test_a_release_right_behind_a_roster_names_that_rosters_text() -> None:
    sim = begun()
    sim.rewind(1)
    sim.release(edit=lambda text: text.replace(sim.pin, "0" * 64))
    judged = verdict(sim)
    assert (judged.status, Code.CHAIN_BROKEN in codes(judged)) == (Status.INVALID, True)


def test_dates_that_are_not_the_rosters_own_are_refused() -> None:
    sim = begun()
    sim.release(edit=lambda text: text.replace("expires: 2025-08-29", "expires: 2026-08-29"))
    assert Code.BAD_SCHEDULE in codes(verdict(sim, 2, day="2025-05-10"))


def test_a_release_from_the_future_is_refused() -> None:
    sim = begun()
    issued = sim.releases[0].issued
    for minutes, status in ((10, Status.OK), (11, Status.INVALID)):
        now = issued - timedelta(minutes=minutes)
        judged = verify_entry(sim.entries[1], sim.entries[0], pin=sim.pin, now=now, verifier=sim.gpg)
        assert judged.status is status


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff", b"warrant-canary/release/v1\n"])
def test_bytes_that_are_no_entry_are_malformed(data: bytes) -> None:
    sim = begun()
    judged = verify_entry(data, sim.entries[0], pin=sim.pin, now=FRESH, verifier=sim.gpg)
    assert (judged.status, Code.MALFORMED in codes(judged)) == (Status.INVALID, True)


def test_a_later_format_is_unknown_and_never_invalid() -> None:
    sim = begun()
    judged = verify_entry(b"warrant-canary/release/v2\n", sim.entries[0], pin=sim.pin, now=FRESH, verifier=sim.gpg)
    assert (judged.status, Code.NEWER_FORMAT in codes(judged)) == (Status.UNKNOWN, True)


def test_a_roster_is_no_release() -> None:
    judged = verdict(begun(), 0, 0)
    assert (judged.status, Code.NO_RELEASE in codes(judged), judged.subject) == (Status.UNKNOWN, True, None)


# --- OpenPGP --------------------------------------------------------------------------------------------


def test_what_does_not_count_is_told() -> None:
    sim = begun(openpgp=["security"])
    sim.gpg.makes = Outcome.EXPIRED_KEY
    sim.release()
    judged = verdict(sim, 2, day="2025-05-10")
    assert found(judged, Code.NOT_COUNTED).message == "the signature of security does not count: expired key"
    assert Code.BELOW_THRESHOLD not in codes(judged)


def test_what_could_not_be_checked_is_unknown_only_where_it_matters() -> None:
    sim = begun(openpgp=["security"])
    sim.release(signed_by=["legal", "security"])
    sim.gpg.missing = True
    assert verdict(sim, 1).status is Status.OK
    undecided = verdict(sim, 2, day="2025-05-10")
    assert (undecided.status, Code.NOT_CHECKED in codes(undecided)) == (Status.UNKNOWN, True)


# --- the roster that is handed in -----------------------------------------------------------------------


def test_what_is_handed_in_as_a_roster_must_be_one() -> None:
    sim = begun()
    with pytest.raises(MalformedError, match="this is no roster"):
        verify_entry(sim.entries[1], sim.entries[1], pin=None, now=FRESH, verifier=sim.gpg)
    with pytest.raises(MalformedError):
        verify_entry(sim.entries[1], b"junk", pin=None, now=FRESH, verifier=sim.gpg)
    with pytest.raises(NewerFormatError):
        verify_entry(sim.entries[1], b"warrant-canary/roster/v2\n", pin=None, now=FRESH, verifier=sim.gpg)
