from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from canary.core.dating.evidence import EvidenceOutcome
from canary.core.documents.layout import CHECKPOINT, FRONT, attachment_path, evidence_folder
from canary.core.judging.findings import Code, Status
from canary.core.judging.question import Judgement
from canary.core.judging.state import State, Sticky, with_one_more
from canary.core.judging.verdict import Verdict
from canary.core.log.checkpoint import parse_signed_checkpoint
from canary.core.log.tiles import bundle_path
from canary.core.signed.note import parse_note
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import digest
from canary.errors import FetchError
from canary.limits import STICKY_FINDINGS
from tests.simulator import STATEMENTS, MemorySource, Publisher, noon, spoiled

FIRST = noon("2025-02-10")
SECOND = noon("2025-05-10")
THIRD = noon("2025-08-10")
BACK = {"gag": STATEMENTS[2].words}


def begun() -> Publisher:
    sim = Publisher()
    sim.roster(), sim.release()
    return sim


def stored(judgement: Judgement) -> State:
    assert judgement.state
    return judgement.state


def codes(verdict: Verdict) -> set[Code]:
    return {finding.code for finding in verdict.findings}


def log_of(state: State) -> tuple[bytes, ...]:
    return tuple(entry.data for entry in state.entries)


def unmoved(before: State, after: State | None) -> bool:
    """Tells whether nothing was learnt that extends what is trusted."""
    return after is not None and (
        before.pin,
        before.canary,
        log_of(before),
        before.checkpoint,
        before.acknowledged,
    ) == (
        after.pin,
        after.canary,
        log_of(after),
        after.checkpoint,
        after.acknowledged,
    )


# --- a first look ---------------------------------------------------------------------------------------


def test_a_first_look_with_a_pin_stores_all_that_the_rules_compare_with() -> None:
    sim = begun()
    state = sim.watched(FIRST)
    assert (state.canary, state.pin, state.first_use) == ("example.net/canary", sim.pin, False)
    assert (list(log_of(state)), state.checkpoint) == (sim.entries, sim.checkpoint())
    assert (state.acknowledged, state.high_water) == (2, FIRST)
    assert (state.stale_since, state.sticky, state.attachments) == (None, (), ())
    assert state.etag


def test_nothing_is_stored_without_a_pin() -> None:
    assert begun().verdict(FIRST, pin=None).state is None


def test_a_first_look_that_does_not_hold_stores_nothing() -> None:
    sim = begun()
    sim.release(signed_by=["legal"])
    assert sim.verdict(SECOND).state is None
    assert sim.verdict(SECOND, pin="0" * 64).state is None
    assert sim.verdict(SECOND, site=MemorySource({})).state is None


def test_trust_on_first_use_takes_the_pin_once_and_is_shown_ever_after() -> None:
    sim = begun()
    first = sim.verdict(FIRST, pin=None, trust_first_use=True)
    state = stored(first)
    assert (state.pin, state.first_use, first.verdict.pin) == (sim.pin, True, sim.pin)
    for now in (FIRST, noon("2025-03-01")):
        later = sim.verdict(now, pin=None, state=state)
        assert (later.verdict.status, Code.TRUSTED_FIRST_USE in codes(later.verdict)) == (Status.OK, True)
        assert stored(later).first_use


def test_trust_on_first_use_does_not_take_a_second_roster_1() -> None:
    sim, other = begun(), Publisher(("mallory", "eve"))
    other.roster(), other.release()
    state = stored(sim.verdict(FIRST, pin=None, trust_first_use=True))
    judgement = other.verdict(FIRST, pin=None, trust_first_use=True, state=state)
    assert (judgement.verdict.status, Code.PIN_MISMATCH in codes(judgement.verdict)) == (Status.INVALID, True)
    assert unmoved(state, judgement.state)


@pytest.mark.parametrize("fault", ["invalid", "newer", "unreachable"])
def test_trust_on_first_use_trusts_nothing_that_does_not_hold(fault: str) -> None:
    sim = begun()
    site: MemorySource | None = None
    if fault == "invalid":
        sim.release(signed_by=["legal"])
    elif fault == "newer":
        sim.append_raw(b"warrant-canary/release/v2\n")
    else:
        site = sim.site()
        site.down = FetchError("the network is down")
    judgement = sim.verdict(SECOND, pin=None, trust_first_use=True, site=site)
    assert (judgement.state, judgement.verdict.status) == (None, Status.UNKNOWN)
    assert Code.NO_PIN in codes(judgement.verdict)


# --- an honest life -------------------------------------------------------------------------------------


def test_the_state_follows_an_honest_canary_through_releases_and_rotations_to_its_end() -> None:
    sim = begun()
    state = sim.watched(FIRST)
    sim.release()
    state = stored(sim.verdict(SECOND, state=state))
    sim.roster(replacing={"legal": "legal-2"}, new_log_key=True)
    judgement = sim.verdict(SECOND + timedelta(days=1), state=state)
    assert judgement.verdict.status is Status.CHANGED
    state = stored(judgement).acknowledge()
    sim.release()
    judgement = sim.verdict(THIRD, state=state)
    assert judgement.verdict.status is Status.OK
    sim.release(final=True)
    judgement = sim.verdict(noon("2025-11-10"), state=stored(judgement))
    assert (judgement.verdict.status, list(log_of(stored(judgement)))) == (Status.RETIRED, sim.entries)


def test_an_unchanged_checkpoint_costs_one_request_and_no_signature_is_checked_again() -> None:
    sim = Publisher(openpgp=["security"])
    sim.roster(), sim.release()
    sim.stamp()
    state, site, checked = sim.watched(FIRST), sim.site(), sim.gpg.calls
    judgement = sim.verdict(noon("2025-03-01"), state=state, site=site)
    assert judgement.verdict.status is Status.OK
    assert [asked.path for asked in site.asked] == [CHECKPOINT]
    assert sim.gpg.calls == checked > 0
    assert judgement.state == replace(state, high_water=noon("2025-03-01"))


def test_a_release_that_no_timestamp_bounds_is_asked_about_until_one_comes() -> None:
    sim = begun()
    state, later = sim.watched(FIRST), noon("2025-03-01")
    folder = evidence_folder(digest(sim.entries[-1]))
    site = sim.site()
    nothing_new = sim.verdict(later, state=state, site=site)
    assert [asked.path for asked in site.asked] == [CHECKPOINT, f"{folder}/0.tsr", f"{folder}/0.ots"]
    assert Code.NO_UPPER_BOUND in codes(nothing_new.verdict)
    sim.stamp()
    bounded = sim.verdict(later, state=stored(nothing_new))
    assert Code.NO_UPPER_BOUND not in codes(bounded.verdict)
    until = sim.releases[0].issued + timedelta(minutes=5)
    assert (bounded.verdict.not_before, bounded.verdict.not_after) == (None, until)
    site = sim.site()
    assert sim.verdict(later, state=stored(bounded), site=site).verdict.not_after == bounded.verdict.not_after
    assert [asked.path for asked in site.asked] == [CHECKPOINT]


@pytest.mark.parametrize(
    ("outcome", "conditional"),
    [
        (EvidenceOutcome.BAD, True),
        (EvidenceOutcome.PENDING, True),
        (EvidenceOutcome.CLAIMED, False),
        (EvidenceOutcome.UNCHECKED, False),
    ],
)
def test_evidence_that_counts_for_nothing_is_asked_for_again(outcome: EvidenceOutcome, *, conditional: bool) -> None:
    sim = begun()
    sim.stamp(outcome)
    state, site = sim.watched(FIRST), sim.site()
    again = sim.verdict(noon("2025-03-01"), state=state, site=site)
    (asked,) = [each for each in site.asked if each.path.endswith("0.tsr")]
    assert (asked.etag is not None) is conditional
    known, told = state.timing, stored(again).timing
    assert known is not None
    assert told is not None
    assert told.evidence == known.evidence


@pytest.mark.parametrize("outcome", [EvidenceOutcome.BAD, EvidenceOutcome.PENDING])
def test_that_refused_evidence_has_not_changed_is_believed_once(outcome: EvidenceOutcome) -> None:
    """A host that is somebody else's for a day may give what it makes up the tag of what lies there afterwards."""
    sim = begun()
    sim.stamp()
    honest = sim.site()
    path = f"{evidence_folder(digest(sim.entries[-1]))}/0.tsr"
    sim.stamp(outcome)
    made_up = sim.site()
    made_up.tags[path] = f'"{digest(honest.files[path])}"'
    state = stored(sim.verdict(FIRST, site=made_up))
    once = sim.verdict(noon("2025-03-01"), state=state, site=honest)
    assert once.verdict.not_after is None
    twice = sim.verdict(noon("2025-03-02"), state=stored(once), site=honest)
    assert twice.verdict.not_after is not None
    assert [asked.etag is None for asked in honest.asked if asked.path == path] == [False, True]


def test_a_newer_release_has_a_timing_of_its_own() -> None:
    sim = begun()
    sim.stamp()
    state = sim.watched(FIRST)
    sim.release()
    told = sim.verdict(noon("2025-05-10"), state=state)
    assert Code.NO_UPPER_BOUND in codes(told.verdict)
    assert stored(told).timing != state.timing


def test_a_second_look_is_taken_only_where_a_cache_could_be_to_blame() -> None:
    sim = begun()
    state = replace(sim.watched(FIRST), etag=None)
    for answer, looks in ((None, 1), (503, 1), (FetchError("the network is down"), 1), (404, 2)):
        site = sim.site()
        if answer is not None:
            site.answers[CHECKPOINT] = answer
        sim.verdict(FIRST, state=state, site=site)
        assert [asked.fresh for asked in site.asked if asked.path == CHECKPOINT] == [False, True][:looks]


@pytest.mark.parametrize("cached", ["nothing", "an older bundle", "another root"])
def test_a_first_look_that_a_cache_spoiled_is_taken_a_second_time(cached: str) -> None:
    sim = begun()
    site = sim.site()
    site.cached = dict(site.files)
    if cached == "nothing":
        del site.cached[bundle_path(0, 2)]
    elif cached == "an older bundle":
        site.cached[bundle_path(0, 2)] = site.files[bundle_path(0, 1)]
    else:
        site.cached[CHECKPOINT] = sim.checkpoint(root=bytes(32), signed_by="stranger")
    assert sim.verdict(FIRST, site=site).verdict.status is Status.OK


def test_an_unchanged_canary_still_goes_stale() -> None:
    sim = begun()
    state = sim.watched(FIRST)
    days = ("2025-05-01", "2025-05-15", "2025-05-29")
    statuses = [sim.verdict(noon(day), state=state).verdict.status for day in days]
    assert statuses == [Status.DUE, Status.OVERDUE, Status.EXPIRED]


def test_only_new_entries_are_verified() -> None:
    sim = Publisher(openpgp=["security"])
    sim.roster(), sim.release()
    state, before = sim.watched(FIRST), sim.gpg.calls
    sim.release()
    stored(sim.verdict(SECOND, state=state))
    assert sim.gpg.calls == before + 1


def test_an_attachment_found_intact_is_not_fetched_again() -> None:
    sim = Publisher()
    sim.roster(), sim.release(attachments={"report.pdf": b"the report"})
    state, site = sim.watched(FIRST), sim.site()
    assert len(state.attachments) == 1
    sim.verdict(FIRST, state=replace(state, etag=None), site=site)
    assert attachment_path(1, "report.pdf") not in {asked.path for asked in site.asked}


def test_while_something_is_wrong_beside_the_log_the_next_look_is_not_conditional() -> None:
    sim = begun()
    site = sim.site()
    del site.files[FRONT]
    first = sim.verdict(FIRST, site=site)
    assert (first.verdict.status, stored(first).etag) == (Status.MISSING, None)
    again = sim.verdict(FIRST, site=site, state=first.state)
    assert again.verdict.status is Status.MISSING
    mended = sim.verdict(FIRST, state=again.state)
    assert (mended.verdict.status, stored(mended).etag is None) == (Status.OK, False)


# --- rejected bytes change nothing ----------------------------------------------------------------------


HOSTILE = (
    *("below", "wrong", "raw", "newer", "other text", "other lines"),
    *("unsigned", "root", "bundle", "torn", "gone", "html", "down"),
)


def hostile_sites(sim: Publisher) -> dict[str, MemorySource]:
    """Returns sites that must not move the state of a watcher who saw the honest one."""
    forks = {name: sim.fork_at(1 if name.startswith("other") else 2) for name in HOSTILE}
    forks["below"].release(signed_by=["legal"])
    forks["wrong"].release(tamper=spoiled("legal"))
    forks["raw"].append_raw(b"junk\n")
    forks["newer"].append_raw(b"warrant-canary/release/v2\n")
    forks["other text"].release(without=["gag"]), forks["other text"].release()
    forks["other lines"].release(signed_by=["legal", "security"])
    sites = {name: fork.site() for name, fork in forks.items()}
    sites["unsigned"].files[CHECKPOINT] = sim.checkpoint(signed_by="stranger")
    sites["root"].files[CHECKPOINT] = sim.checkpoint(root=bytes(32))
    sites["bundle"].files[bundle_path(0, 2)] = b"junk"
    sites["torn"].files[CHECKPOINT] = sim.checkpoint()[:-10]
    sites["gone"].files.clear()
    sites["html"].files[CHECKPOINT] = b"<html>"
    sites["down"].down = FetchError("the network is down")
    return sites


@pytest.mark.parametrize("name", HOSTILE)
def test_rejected_bytes_never_advance_the_state_or_extend_freshness(name: str) -> None:
    sim = begun()
    state = replace(sim.watched(FIRST), etag=None)
    site = hostile_sites(sim)[name]
    judgement = sim.verdict(SECOND, state=state, site=site)
    assert judgement.verdict.exit_code != 0
    assert unmoved(state, judgement.state)
    assert stored(judgement).etag is None
    assert judgement.verdict.subject
    assert judgement.verdict.subject.release == 1
    expired = sim.verdict(noon("2025-05-29"), state=judgement.state, site=site)
    assert expired.verdict.status in (Status.EXPIRED, Status.INVALID)
    assert Code.EXPIRED in codes(expired.verdict)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_watcher_recovers_from_whatever_a_host_alone_can_fake(name: str) -> None:
    sim = begun()
    state = sim.watched(FIRST)
    hostile = sim.verdict(SECOND, state=replace(state, etag=None), site=hostile_sites(sim)[name])
    honest = sim.verdict(SECOND, state=hostile.state)
    proved = {"below", "wrong", "raw", "other text", "other lines", "root"}
    assert honest.verdict.status is (Status.INVALID if name in proved else Status.DUE)


def test_junk_under_an_honest_checkpoint_proves_no_fork() -> None:
    sim = begun()
    sim.release()
    state = replace(sim.watched(SECOND), etag=None)
    site, other = sim.site(), sim.fork_at(2)
    other.append_raw(sim.entries[2].replace(b"never", b"NEVER"))
    site.files[bundle_path(0, 3)] = other.site().files[bundle_path(0, 3)]
    judgement = sim.verdict(SECOND, state=state, site=site)
    assert codes(judgement.verdict) & {Code.ROOT_MISMATCH, Code.LOG_FORK, Code.TEXT_FORK} == {Code.ROOT_MISMATCH}
    assert stored(judgement).sticky == ()


# --- forks ----------------------------------------------------------------------------------------------


def test_two_texts_that_the_quorum_signed_are_a_text_fork_with_both_kept() -> None:
    sim = begun()
    other = sim.fork_at(1)
    other.release(without=["gag"])
    judgement = other.verdict(FIRST, state=sim.watched(FIRST))
    (finding,) = judgement.verdict.deciding()
    assert (finding.code, finding.entry, finding.sticky) == (Code.TEXT_FORK, 2, True)
    (sticky,) = stored(judgement).sticky
    assert sticky.proof == (sim.checkpoint(), other.checkpoint(), sim.entries[1], other.entries[1])
    texts = {parse_note(entry).text for entry in sticky.proof[2:]}
    assert len(texts) == 2


def test_two_logs_of_the_same_texts_are_a_log_fork_with_both_kept() -> None:
    sim = begun()
    other = sim.fork_at(1)
    other.release(signed_by=["legal", "security"])
    judgement = other.verdict(FIRST, state=sim.watched(FIRST))
    (finding,) = judgement.verdict.deciding()
    assert (finding.code, finding.entry) == (Code.LOG_FORK, 2)
    assert finding.message == "the log key signed two logs that differ from entry 2 (release 1) on"
    (sticky,) = stored(judgement).sticky
    roots = {parse_signed_checkpoint(checkpoint).checkpoint.root for checkpoint in sticky.proof[:2]}
    assert len(roots) == 2


def test_a_fork_of_entries_that_only_the_log_key_signed_is_a_log_fork() -> None:
    sim = begun()
    other = sim.fork_at(1)
    other.release(without=["gag"], signed_by=["legal"])
    verdict = other.verdict(FIRST, state=sim.watched(FIRST)).verdict
    assert codes(verdict) & {Code.LOG_FORK, Code.TEXT_FORK} == {Code.LOG_FORK}
    assert Code.BELOW_THRESHOLD in codes(verdict)


@pytest.mark.parametrize("bundle", [None, b"junk", b"\x00\x01x\x00\x01y"])
def test_two_roots_over_as_many_entries_are_a_log_fork_whatever_entries_are_served(bundle: bytes | None) -> None:
    sim = begun()
    site, other = sim.site(), sim.checkpoint(root=bytes(32))
    site.files[CHECKPOINT] = other
    if bundle is not None:
        site.files[bundle_path(0, 2)] = bundle
    judgement = sim.verdict(FIRST, state=sim.watched(FIRST), site=site)
    assert Code.LOG_FORK in codes(judgement.verdict)
    (sticky,) = stored(judgement).sticky
    assert (sticky.code, sticky.proof) == (Code.LOG_FORK, (sim.checkpoint(), other))


@pytest.mark.parametrize("entries", ["those that are stored", "others", "withheld"])
def test_a_root_that_the_log_key_signed_under_another_origin_is_no_fork(entries: str) -> None:
    sim = begun()
    state = sim.watched(FIRST)
    other = sim.fork_at(1)
    other.append_raw(b"not an entry\n")
    site = (other if entries == "others" else sim).site()
    site.files[CHECKPOINT] = (other if entries == "others" else sim).checkpoint(
        root=None if entries == "others" else bytes(32), origin="example.org/canary"
    )
    if entries == "withheld":
        del site.files[bundle_path(0, 2)]
    judgement = sim.verdict(FIRST, state=state, site=site)
    assert not codes(judgement.verdict) & {Code.LOG_FORK, Code.TEXT_FORK}
    assert unmoved(state, judgement.state)


def test_a_root_that_a_stranger_signed_is_no_fork() -> None:
    sim = begun()
    site = sim.site()
    site.files[CHECKPOINT] = sim.checkpoint(root=bytes(32), signed_by="stranger")
    judgement = sim.verdict(FIRST, state=sim.watched(FIRST), site=site)
    assert Code.LOG_FORK not in codes(judgement.verdict)


def test_a_fork_is_found_in_a_longer_and_in_a_shorter_log() -> None:
    sim = begun()
    sim.release(), sim.release()
    state = sim.watched(THIRD)
    longer, shorter = sim.fork_at(2), sim.fork_at(2)
    longer.release(without=["gag"]), longer.release(), longer.release()
    shorter.release(without=["gag"])
    for other in (longer, shorter):
        assert Code.TEXT_FORK in codes(other.verdict(THIRD, state=state).verdict)


def test_a_text_fork_needs_no_log_key_to_be_proved() -> None:
    sim = begun()
    other = sim.fork_at(1)
    other.release(without=["gag"])
    site = other.site()
    site.files[CHECKPOINT] = other.checkpoint(signed_by="stranger")
    assert Code.TEXT_FORK in codes(other.verdict(FIRST, state=sim.watched(FIRST), site=site).verdict)


def test_a_fork_with_the_keys_of_an_earlier_roster_is_found() -> None:
    sim = begun()
    sim.roster(replacing={"legal": "legal-2", "security": "security-2"}, new_log_key=True), sim.release()
    other = sim.fork_at(2)
    other.release()
    verdict = other.verdict(SECOND, state=sim.watched(SECOND)).verdict
    assert Code.TEXT_FORK in codes(verdict)


def test_a_fork_that_only_a_cache_served_is_not_forgotten() -> None:
    sim = begun()
    other = sim.fork_at(1)
    other.release(without=["gag"])
    site = sim.site()
    site.cached = other.site().files
    judgement = sim.verdict(FIRST, state=replace(sim.watched(FIRST), etag=None), site=site)
    assert (judgement.verdict.status, Code.TEXT_FORK in codes(judgement.verdict)) == (Status.INVALID, True)
    assert list(log_of(stored(judgement))) == sim.entries
    assert len(stored(judgement).sticky) == 1


# --- what stays until it is acknowledged ----------------------------------------------------------------


def test_a_proved_contradiction_stays_until_a_person_acknowledges_it() -> None:
    sim = begun()
    bad = sim.fork_at(2)
    bad.release(signed_by=["legal"])
    state = stored(bad.verdict(SECOND, state=sim.watched(FIRST)))
    for day in (11, 12):
        honest = sim.verdict(noon(f"2025-05-{day}"), state=state)
        (finding,) = [each for each in honest.verdict.findings if each.code is Code.BELOW_THRESHOLD]
        assert (honest.verdict.status, finding.sticky) == (Status.INVALID, True)
        assert finding.told.endswith("(found 2025-05-10)")
        state = stored(honest)
    acknowledged = state.acknowledge()
    assert [(each.acknowledged, bool(each.proof)) for each in acknowledged.sticky] == [(True, True)]
    assert sim.verdict(noon("2025-05-13"), state=acknowledged).verdict.status is Status.DUE


def test_a_contradiction_that_is_served_again_is_kept_once_and_told_once() -> None:
    sim = begun()
    bad = sim.fork_at(2)
    bad.release(signed_by=["legal"])
    state = sim.watched(FIRST)
    for _ in range(3):
        judgement = bad.verdict(SECOND, state=state)
        state = stored(judgement)
        told = [each for each in judgement.verdict.findings if each.code is Code.BELOW_THRESHOLD]
        assert (len(state.sticky), len(told)) == (1, 1)


def test_the_proof_of_a_contradiction_is_the_checkpoint_that_the_log_key_signed_and_the_entry() -> None:
    sim = begun()
    bad = sim.fork_at(2)
    bad.release(signed_by=["legal"])
    (sticky,) = stored(bad.verdict(SECOND, state=sim.watched(FIRST))).sticky
    assert (sticky.proof, sticky.seen_at, sticky.entry) == ((bad.checkpoint(), bad.entries[2]), SECOND, 3)


def test_what_depends_on_the_watchers_own_clock_or_tools_is_never_kept() -> None:
    sim = Publisher(openpgp=["legal", "security"])
    sim.roster(), sim.release()
    state = sim.watched(FIRST)
    sim.release()
    early = sim.verdict(FIRST, state=state)
    sim.gpg.missing = True
    without_gpg = sim.verdict(SECOND, state=state)
    assert Code.FUTURE_ISSUED in codes(early.verdict)
    assert Code.NOT_CHECKED in codes(without_gpg.verdict)
    assert (stored(early).sticky, stored(without_gpg).sticky) == ((), ())
    sim.gpg.missing = False
    assert sim.verdict(SECOND, state=without_gpg.state).verdict.status is Status.OK


@pytest.mark.parametrize(
    ("change", "status"), [("without", Status.WITHDRAWN), ("reword", Status.CHANGED), ("roster", Status.CHANGED)]
)
def test_a_change_stays_until_a_person_acknowledges_it(change: str, status: Status) -> None:
    sim = begun()
    state = sim.watched(FIRST)
    if change == "roster":
        sim.roster(threshold=1)
    sim.release(
        without=["gag"] if change == "without" else [], reword={"gag": "New words."} if change == "reword" else {}
    )
    state = stored(sim.verdict(SECOND, state=state))
    sim.release(add=BACK if change == "without" else {})
    for _ in range(2):
        judgement = sim.verdict(THIRD, state=state)
        assert judgement.verdict.status is status
        state = stored(judgement)
    acknowledged = state.acknowledge()
    assert acknowledged.acknowledged == len(sim.entries)
    assert sim.verdict(THIRD, state=acknowledged).verdict.status is Status.OK


def test_a_withdrawal_found_from_the_pin_alone_stays_as_well() -> None:
    sim = begun()
    sim.release(without=["gag"])
    first = sim.verdict(SECOND)
    sim.release()
    assert first.verdict.status is Status.WITHDRAWN
    assert sim.verdict(THIRD, state=first.state).verdict.status is Status.WITHDRAWN
    assert sim.verdict(THIRD).verdict.status is Status.OK


def test_older_changes_found_from_the_pin_alone_are_remarks_and_do_not_return() -> None:
    sim = begun()
    sim.release(without=["gag"]), sim.release()
    first = sim.verdict(THIRD)
    assert (first.verdict.status, Code.WITHDRAWN in codes(first.verdict)) == (Status.OK, True)
    again = sim.verdict(THIRD, state=first.state)
    assert (again.verdict.status, Code.WITHDRAWN in codes(again.verdict)) == (Status.OK, False)


def test_an_ending_does_not_hide_a_withdrawal_from_a_watcher() -> None:
    sim = begun()
    state = sim.watched(FIRST)
    sim.release(without=["gag"]), sim.release(final=True)
    assert sim.verdict(THIRD, state=state).verdict.status is Status.WITHDRAWN
    assert sim.verdict(THIRD).verdict.status is Status.WITHDRAWN


# --- older copies ---------------------------------------------------------------------------------------


def test_an_older_copy_is_stale_for_a_day_and_then_a_rollback() -> None:
    sim = begun()
    sim.release()
    state, old = sim.watched(SECOND), sim.site(2)
    statuses = []
    for hours in (1, 12, 24, 25, 49):
        judgement = sim.verdict(SECOND + timedelta(hours=hours), state=state, site=old)
        assert list(log_of(stored(judgement))) == sim.entries
        state = stored(judgement)
        statuses.append(judgement.verdict.status)
    assert statuses == [Status.UNREACHABLE, Status.UNREACHABLE, Status.UNREACHABLE, Status.INVALID, Status.INVALID]
    assert state.stale_since == SECOND + timedelta(hours=1)
    healed = sim.verdict(SECOND + timedelta(hours=50), state=state)
    assert (healed.verdict.status, stored(healed).stale_since) == (Status.OK, None)


@pytest.mark.parametrize("between", ["unchanged", "longer"])
def test_a_new_copy_in_between_ends_the_day_of_a_stale_one(between: str) -> None:
    sim = begun()
    sim.release()
    state, old = sim.watched(SECOND), sim.site(2)
    state = stored(sim.verdict(SECOND, state=state, site=old))
    if between == "longer":
        sim.release(correction=True, at=SECOND)
    state = stored(sim.verdict(SECOND + timedelta(hours=20), state=state))
    assert state.stale_since is None
    judgement = sim.verdict(SECOND + timedelta(hours=30), state=state, site=old)
    assert judgement.verdict.status is Status.UNREACHABLE


def test_an_unreachable_host_in_between_does_not_end_the_day_of_a_stale_copy() -> None:
    sim = begun()
    sim.release()
    state, old, down = sim.watched(SECOND), sim.site(2), sim.site()
    down.down = FetchError("the network is down")
    state = stored(sim.verdict(SECOND, state=state, site=old))
    state = stored(sim.verdict(SECOND + timedelta(hours=12), state=state, site=down))
    assert sim.verdict(SECOND + timedelta(hours=24), state=state, site=old).verdict.status is Status.INVALID


def test_an_older_copy_is_judged_by_the_newest_release_that_is_known() -> None:
    sim = begun()
    sim.release()
    judgement = sim.verdict(noon("2025-06-01"), state=sim.watched(SECOND), site=sim.site(2))
    assert judgement.verdict.subject
    assert judgement.verdict.subject.release == 2
    assert Code.EXPIRED not in codes(judgement.verdict)


def test_a_rollback_over_a_rotation_is_an_older_copy_like_any_other() -> None:
    sim = begun()
    sim.roster(replacing={"legal": "legal-2"}, new_log_key=True)
    judgement = sim.verdict(FIRST, state=sim.watched(FIRST), site=sim.site(2))
    assert Code.STALE_COPY in codes(judgement.verdict)


# --- the clock ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "told"), [(0, False), (10, False), (11, True), (60 * 24 * 365, True)])
def test_a_clock_that_goes_back_by_more_than_ten_minutes_is_told(minutes: int, told: bool) -> None:  # noqa: FBT001
    sim = begun()
    state = sim.watched(noon("2025-03-01"))
    judgement = sim.verdict(noon("2025-03-01") - timedelta(minutes=minutes), state=state)
    assert (Code.CLOCK_BACKWARDS in codes(judgement.verdict)) is told
    assert stored(judgement).high_water == noon("2025-03-01")


def test_a_clock_that_goes_back_revives_nothing_that_had_expired() -> None:
    sim = begun()
    state = stored(sim.verdict(noon("2025-06-01"), state=sim.watched(FIRST)))
    judgement = sim.verdict(noon("2025-03-01"), state=state)
    assert judgement.verdict.status is Status.UNKNOWN
    assert Code.CLOCK_BACKWARDS in codes(judgement.verdict)


def test_a_clock_that_once_ran_ahead_is_set_right_by_itself_and_acknowledges_nothing() -> None:
    sim = begun()
    state = stored(sim.verdict(noon("2035-01-01"), state=sim.watched(FIRST)))
    sim.release(without=["gag"])
    assert sim.verdict(SECOND, state=state.acknowledge()).verdict.status is Status.WITHDRAWN
    right = state.trust_clock(SECOND)
    assert sim.verdict(SECOND, state=right).verdict.status is Status.WITHDRAWN
    assert Code.CLOCK_BACKWARDS not in codes(sim.verdict(SECOND, state=right).verdict)


def test_an_entry_is_no_forgery_because_the_clock_went_back() -> None:
    sim = begun()
    state = stored(sim.verdict(SECOND, state=sim.watched(FIRST)))
    sim.release(at=SECOND)
    verdict = sim.verdict(noon("1970-01-02"), state=state).verdict
    assert (verdict.status, Code.FUTURE_ISSUED in codes(verdict)) == (Status.UNKNOWN, False)


def test_what_enough_signers_signed_counts_whatever_the_log_key_puts_behind_it() -> None:
    sim = begun()
    state = sim.watched(FIRST)
    sim.release(without=["gag"]), sim.append_raw(b"warrant-canary/release/v2\n")
    judgement = sim.verdict(SECOND, state=state)
    assert judgement.verdict.status is Status.WITHDRAWN
    assert {Code.NEWER_FORMAT, Code.WITHDRAWN} <= codes(judgement.verdict)
    assert list(log_of(stored(judgement))) == sim.entries[:3]
    assert stored(judgement).etag is None


@pytest.mark.parametrize("path", [FRONT, attachment_path(2, "report.pdf")])
@pytest.mark.parametrize("answer", [403, 429, 500, FetchError("the network is down")])
def test_what_fails_beside_the_log_hides_no_withdrawal(path: str, answer: int | FetchError) -> None:
    sim = begun()
    state = sim.watched(FIRST)
    sim.release(without=["gag"], attachments={"report.pdf": b"the report"})
    site = sim.site()
    site.answers[path] = answer
    assert sim.verdict(SECOND, state=state, site=site).verdict.status is Status.WITHDRAWN


def test_a_log_key_that_was_replaced_sounds_no_alarm_that_stays() -> None:
    sim = begun()
    thief = sim.fork_at(2)
    first = sim.watched(FIRST)
    sim.roster(new_log_key=True), sim.release()
    state = stored(sim.verdict(SECOND, state=first)).acknowledge()
    thief.append_raw(b"junk\n")
    assert stored(thief.verdict(SECOND, state=state)).sticky == ()
    assert sim.verdict(SECOND, state=state).verdict.status is Status.OK


def test_two_roots_are_a_fork_even_if_their_entries_are_withheld() -> None:
    sim = begun()
    site = sim.site()
    site.files[CHECKPOINT] = sim.checkpoint(root=bytes(32))
    del site.files[bundle_path(0, 2)]
    judgement = sim.verdict(FIRST, state=replace(sim.watched(FIRST), etag=None), site=site)
    assert Code.LOG_FORK in codes(judgement.verdict)
    assert sim.verdict(FIRST, state=judgement.state).verdict.status is Status.INVALID


def test_a_change_at_the_first_look_is_no_other_change_at_the_second() -> None:
    sim = begun()
    sim.release(without=["gag"]), sim.release(correction=True, reword={"taps": "New words."})
    first = sim.verdict(SECOND)
    again = sim.verdict(SECOND, state=first.state)
    assert (first.verdict.status, again.verdict.status) == (first.verdict.status, first.verdict.status)


def test_a_lagging_cache_makes_no_canary_stale() -> None:
    sim = begun()
    cached = sim.site().files
    sim.release()
    site = sim.site()
    site.cached = cached
    assert sim.verdict(noon("2025-06-10"), site=site).verdict.status is Status.OK


def test_a_second_look_at_an_older_backend_hides_no_withdrawal() -> None:
    sim = begun()
    state, older = sim.watched(FIRST), sim.site().files
    sim.release(without=["gag"])
    site = sim.site()
    site.cached, site.files = {**site.files, FRONT: sim.entries[1]}, older
    for known in (state, None):
        judgement = sim.verdict(SECOND, state=known, site=site)
        assert judgement.verdict.status is Status.WITHDRAWN
        assert list(log_of(stored(judgement))) == sim.entries


@pytest.mark.parametrize("followed", [True, False])
def test_two_looks_that_both_hold_and_contradict_each_other_are_a_fork(*, followed: bool) -> None:
    sim = begun()
    state, other = sim.watched(FIRST), sim.fork_at(2)
    sim.release(without=["gag"]), other.release()
    site = other.site()
    site.cached = {**sim.site().files, FRONT: sim.entries[1]}
    judgement = sim.verdict(SECOND, state=state if followed else None, site=site)
    assert (judgement.verdict.status, Code.TEXT_FORK in codes(judgement.verdict)) == (Status.INVALID, True)
    (fork,) = [each for each in stored(judgement).sticky if each.code is Code.TEXT_FORK]
    assert {sim.entries[2], other.entries[2]} <= set(fork.proof)


def test_a_canary_txt_two_entries_ahead_is_an_upload_that_is_not_over() -> None:
    sim = begun()
    site = sim.site()
    sim.roster(add=["auditor"]), sim.release()
    site.files[FRONT] = sim.entries[3]
    assert sim.verdict(FIRST, site=site).verdict.status is Status.UNREACHABLE


def test_no_flood_of_other_findings_keeps_a_fork_from_sticking() -> None:
    sim = begun()
    state = sim.watched(FIRST)
    for number in range(STICKY_FINDINGS + 5):
        state = replace(
            state, sticky=tuple(with_one_more(list(state.sticky), Sticky(Code.MALFORMED, "junk", number, FIRST)))
        )
    assert len(state.sticky) == STICKY_FINDINGS
    other = sim.fork_at(1)
    other.release(without=["gag"])
    assert Code.TEXT_FORK in {each.code for each in stored(other.verdict(FIRST, state=state)).sticky}


def test_what_was_read_makes_room_for_what_was_not() -> None:
    read = [
        Sticky(Code.MALFORMED, "junk", number, FIRST, acknowledged=number == 3) for number in range(STICKY_FINDINGS)
    ]
    kept = with_one_more(read, Sticky(Code.MALFORMED, "new", 1000, FIRST))
    assert (len(kept), kept[-1].message, [each for each in kept if each.acknowledged]) == (STICKY_FINDINGS, "new", [])


def test_a_second_look_that_fails_confirms_nothing_and_takes_nothing_back() -> None:
    sim = begun()
    site = sim.site()
    site.files[FRONT] = sim.entries[1].replace(b"never", b"often")
    site.fresh_answers = {CHECKPOINT: 429}
    verdict = sim.verdict(FIRST, state=replace(sim.watched(FIRST), etag=None), site=site).verdict
    assert (verdict.status, Code.NOT_IN_LOG in codes(verdict)) == (Status.UNREACHABLE, False)
    bad = sim.fork_at(2)
    bad.release(signed_by=["legal"])
    site = bad.site()
    site.fresh_answers = {CHECKPOINT: 429}
    assert bad.verdict(SECOND, site=site).verdict.status is Status.INVALID


def test_the_high_water_mark_rises_even_when_nothing_could_be_fetched() -> None:
    sim = begun()
    state, site = sim.watched(FIRST), sim.site()
    site.down = FetchError("the network is down")
    later: datetime = noon("2025-04-01")
    assert stored(sim.verdict(later, state=state, site=site)).high_water == later


# --- what could not be checked at first -----------------------------------------------------------------


def half_checked() -> tuple[Publisher, State]:
    """Returns a publisher, and a watcher without gpg who counted two signatures of three."""
    sim = Publisher(openpgp=["security"])
    sim.roster()
    state = sim.watched(FIRST)
    sim.release()
    sim.gpg.missing = True
    state = stored(sim.verdict(FIRST, state=state))
    assert [each.outcome for each in state.entries[1].tally.uncounted] == [Outcome.UNCHECKED]
    return sim, state


def test_what_could_not_be_checked_is_checked_at_a_later_look() -> None:
    sim, state = half_checked()
    sim.gpg.missing = False
    judgement = sim.verdict(FIRST, state=replace(state, etag=None))
    assert (judgement.verdict.status, Code.NOT_COUNTED in codes(judgement.verdict)) == (Status.OK, False)
    assert stored(judgement).entries[1].tally.signed == ("legal", "security", "director")


def test_what_still_cannot_be_checked_goes_on_counting_as_it_did() -> None:
    sim, state = half_checked()
    judgement = sim.verdict(FIRST, state=state)
    assert (judgement.verdict.status, Code.NOT_COUNTED in codes(judgement.verdict)) == (Status.OK, True)


@pytest.mark.parametrize("unchanged", [True, False])
def test_a_signature_that_turns_out_wrong_at_a_later_look_is_an_alarm_and_no_crash(*, unchanged: bool) -> None:
    sim = Publisher(openpgp=["security"])
    sim.roster()
    state = sim.watched(FIRST)
    sim.gpg.missing = True
    sim.release(tamper=spoiled("security"))
    sim.release()
    state = stored(sim.verdict(SECOND, state=state))
    assert len(state.entries) == 3
    sim.gpg.missing = False
    judgement = sim.verdict(SECOND, state=state if unchanged else replace(state, etag=None))
    assert judgement.verdict.status is Status.INVALID
    assert Code.BAD_SIGNATURE in codes(judgement.verdict)
    assert not codes(judgement.verdict) & {Code.LOG_FORK, Code.TEXT_FORK}
    assert unmoved(state, judgement.state)
