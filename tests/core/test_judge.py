from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from canary.core.dating.evidence import EvidenceOutcome
from canary.core.documents.layout import CHECKPOINT, FRONT, attachment_path
from canary.core.documents.release import Anchor, Statement
from canary.core.judging.findings import EXIT_CODES, Axis, Cause, Code, Finding, Severity, Status
from canary.core.judging.verdict import Verdict, axes, in_order
from canary.core.log.tiles import bundle_path
from canary.core.signed.outcome import Outcome
from canary.core.signed.vkey import VKey
from canary.core.text.strict import digest
from canary.errors import FetchError
from tests.simulator import EXAMPLE_ANCHOR, STATEMENTS, MemorySource, Publisher, by_another_key, noon, with_stranger

FRESH = noon("2025-02-10")
"""In the first window, after the first release."""

SECOND = noon("2025-05-10")
"""In the second window, after the second release."""

BACK = {"gag": STATEMENTS[2].words}
REPORT = attachment_path(1, "report.pdf")


def begun() -> Publisher:
    """Returns a publisher with a roster and the release of the first window."""
    sim = Publisher()
    sim.roster(), sim.release()
    return sim


def look(sim: Publisher, now: datetime, **how: object) -> Verdict:
    return sim.verdict(now, **how).verdict  # type: ignore[arg-type]  # checked where a test fails


def codes(verdict: Verdict) -> set[Code]:
    return {finding.code for finding in verdict.findings}


def found(verdict: Verdict, code: Code) -> Finding:
    (finding,) = [each for each in verdict.findings if each.code is code]
    return finding


# --- every code, and the status it leads to -------------------------------------------------------------


def no_pin() -> Verdict:
    return look(begun(), FRESH, pin=None)


def never_fetched() -> Verdict:
    sim = begun()
    site = sim.site()
    site.down = FetchError("the network is down")
    return look(sim, FRESH, site=site)


def no_release() -> Verdict:
    sim = Publisher()
    sim.roster()
    return look(sim, FRESH)


def trusted_first_use() -> Verdict:
    return look(begun(), FRESH, pin=None, trust_first_use=True)


def pin_mismatch() -> Verdict:
    return look(begun(), FRESH, pin="0" * 64)


def malformed() -> Verdict:
    sim = begun()
    sim.append_raw(b"this is no entry\n")
    return look(sim, FRESH)


def edited(old: str, new: str) -> Callable[[], Verdict]:
    """Returns the case of a second release whose text says something else in one place."""

    def case() -> Verdict:
        sim = begun()
        sim.release(edit=lambda text: text.replace(old, new))
        return look(sim, SECOND)

    return case


def below_threshold() -> Verdict:
    sim = begun()
    sim.release(signed_by=["legal"], tamper=with_stranger())
    return look(sim, SECOND)


def bad_signature() -> Verdict:
    sim = begun()
    sim.release(tamper=by_another_key("legal"))
    return look(sim, SECOND)


def bad_rotation() -> Verdict:
    sim = begun()
    sim.seeds["legal"] = "another key"
    sim.roster()
    return look(sim, SECOND)


def issued_backwards() -> Verdict:
    sim = begun()
    sim.release(at=sim.releases[0].issued - timedelta(hours=1))
    return look(sim, SECOND)


def future_issued() -> Verdict:
    sim = begun()
    return look(sim, sim.releases[0].issued - timedelta(minutes=11))


def after_final() -> Verdict:
    sim = begun()
    sim.release(final=True), sim.release(correction=True)
    return look(sim, SECOND)


def forged() -> Verdict:
    sim = begun()
    sim.release(statements=(Statement("keys", 1, "Other words."),))
    return look(sim, SECOND)


def version_down() -> Verdict:
    sim = begun()
    sim.release(reword={"keys": "New words."}), sim.release(statements=STATEMENTS)
    return look(sim, noon("2025-08-10"))


def root_mismatch() -> Verdict:
    sim = begun()
    site = sim.site()
    site.files[CHECKPOINT] = sim.checkpoint(root=bytes(32))
    return look(sim, FRESH, site=site)


def checkpoint_unsigned() -> Verdict:
    sim = begun()
    site = sim.site()
    site.files[CHECKPOINT] = sim.checkpoint(signed_by="stranger")
    return look(sim, FRESH, site=site)


def not_in_log() -> Verdict:
    sim = begun()
    site = sim.site()
    site.files[FRONT] = sim.fork_at(1).release(at=noon("2025-02-05"))
    return look(sim, FRESH, site=site)


def with_report() -> Publisher:
    sim = Publisher()
    sim.roster(), sim.release(attachments={"report.pdf": b"the report"})
    return sim


def attachment_changed() -> Verdict:
    sim = with_report()
    site = sim.site()
    site.files[REPORT] = b"THE REPORT"
    return look(sim, FRESH, site=site)


def attachment_missing() -> Verdict:
    sim = with_report()
    site = sim.site()
    del site.files[REPORT]
    return look(sim, FRESH, site=site)


def log_fork() -> Verdict:
    sim = begun()
    other = sim.fork_at(1)
    other.release(signed_by=["legal", "security"])
    return look(other, FRESH, state=sim.watched(FRESH))


def text_fork() -> Verdict:
    sim = begun()
    other = sim.fork_at(1)
    other.release(without=["gag"])
    return look(other, FRESH, state=sim.watched(FRESH))


def stale_copy() -> Verdict:
    sim = begun()
    sim.release()
    return look(sim, SECOND, state=sim.watched(SECOND), site=sim.site(2))


def rollback() -> Verdict:
    sim = begun()
    sim.release()
    first = sim.verdict(SECOND, state=sim.watched(SECOND), site=sim.site(2))
    return look(sim, SECOND + timedelta(days=1), state=first.state, site=sim.site(2))


def changed(**changes: object) -> Callable[[], Verdict]:
    """Returns the case of a second release that differs from the first one."""

    def case() -> Verdict:
        sim = begun()
        sim.release(**changes)  # type: ignore[arg-type]  # checked where a test fails
        return look(sim, SECOND)

    return case


def reinstated() -> Verdict:
    sim = begun()
    sim.release(without=["gag"]), sim.release(add=BACK)
    return look(sim, noon("2025-08-10"))


def stale_anchor() -> Verdict:
    sim = Publisher()
    sim.roster()
    headline = Anchor("headline", "2025-02-01 Example Times")
    sim.release(anchors=(headline,)), sim.release(anchors=(headline,))
    return look(sim, SECOND)


def anchor_rule_changed() -> Verdict:
    sim = begun()
    sim.roster(anchor_age=timedelta(days=3)), sim.release(anchors=(Anchor("of-a-later-version", "1"),))
    return look(sim, SECOND)


def anchor_rule_broken() -> Verdict:
    sim = Publisher(anchor_age=3)
    sim.roster()
    sim.release(), sim.release()
    return look(sim, SECOND)


def anchor_rule_unproved() -> Verdict:
    sim = Publisher(anchor_age=3)
    sim.roster()
    sim.release(anchors=(Anchor("of-a-later-version", "1"),)), sim.release(anchors=(Anchor("of-a-later-version", "2"),))
    return look(sim, SECOND)


def stamped(outcome: EvidenceOutcome, anchors: tuple[Anchor, ...] = (), name: str = "0.tsr") -> Callable[[], Verdict]:
    """Returns the case of a second release with one timestamp beside it."""

    def case() -> Verdict:
        sim = begun()
        sim.release(anchors=anchors)
        sim.stamp(outcome, name=name)
        return look(sim, SECOND)

    return case


def stamped_late(days: int, *, now: datetime = SECOND, by: tuple[str, ...] = ("One",)) -> Callable[[], Verdict]:
    """Returns the case of a second release with timestamps of that many days after it was issued."""

    def case() -> Verdict:
        sim = begun()
        sim.release()
        for number, authority in enumerate(by):
            sim.stamp(EvidenceOutcome.PROVED, name=f"{number}.tsr", after=timedelta(days=days), by=authority)
        return look(sim, now)

    return case


def signed_late() -> Verdict:
    sim = Publisher(openpgp=["legal"])
    sim.roster(), sim.release()
    sim.gpg.late = timedelta(hours=1)
    sim.release()
    sim.stamp()
    return look(sim, SECOND)


def rotated(**changes: object) -> Callable[[], Verdict]:
    """Returns the case of a roster that differs from the one before."""

    def case() -> Verdict:
        sim = begun()
        sim.roster(**changes), sim.release()  # type: ignore[arg-type]  # checked where a test fails
        return look(sim, SECOND)

    return case


def at(day: str) -> Callable[[], Verdict]:
    """Returns the case of one release, looked at on some day."""
    return lambda: look(begun(), noon(day))


def clock_backwards() -> Verdict:
    sim = begun()
    return look(sim, FRESH - timedelta(minutes=11), state=sim.watched(FRESH))


def newer_format() -> Verdict:
    sim = begun()
    sim.append_raw(b"warrant-canary/release/v2\nwhatever comes then")
    return look(sim, FRESH)


def not_checked() -> Verdict:
    sim = Publisher(openpgp=["legal", "security"])
    sim.roster()
    sim.gpg.missing = True
    return look(sim, FRESH)


def answering(path: str, answer: int | bytes | None) -> Callable[[], Verdict]:
    """Returns the case of a site where one path answers something else, to a watcher who was there before."""

    def case() -> Verdict:
        sim = begun()
        state, site = sim.watched(FRESH), sim.site()
        if isinstance(answer, int):
            site.answers[path] = answer
        elif answer is None:
            del site.files[path]
        else:
            site.files[path] = answer
        return look(sim, FRESH, state=replace(state, etag=None), site=site)

    return case


def not_counted() -> Verdict:
    sim = Publisher(openpgp=["security"])
    sim.roster()
    sim.gpg.makes = Outcome.EXPIRED_KEY
    sim.release()
    return look(sim, FRESH)


def witnesses_not_checked() -> Verdict:
    sim = Publisher()
    witness = VKey.make("witness.example", b"\x04" + bytes(range(32)))
    sim.roster(witnesses=(witness,), edit=lambda text: text.replace("witness-quorum: 0", "witness-quorum: 1"))
    sim.release()
    return look(sim, FRESH)


CASES: dict[Code, tuple[Callable[[], Verdict], Status]] = {
    Code.NO_PIN: (no_pin, Status.UNKNOWN),
    Code.WITNESSES_NOT_CHECKED: (witnesses_not_checked, Status.OK),
    Code.WOULD_BE: (no_pin, Status.UNKNOWN),
    Code.NEVER_FETCHED: (never_fetched, Status.UNKNOWN),
    Code.NO_RELEASE: (no_release, Status.UNKNOWN),
    Code.TRUSTED_FIRST_USE: (trusted_first_use, Status.OK),
    Code.PIN_MISMATCH: (pin_mismatch, Status.INVALID),
    Code.MALFORMED: (malformed, Status.INVALID),
    Code.OTHER_CANARY: (edited("example.net/canary", "example.org/canary"), Status.INVALID),
    Code.CHAIN_BROKEN: (edited("entry: 3", "entry: 4"), Status.INVALID),
    Code.NUMBER_GAP: (edited("release: 2", "release: 3"), Status.INVALID),
    Code.BELOW_THRESHOLD: (below_threshold, Status.INVALID),
    Code.BAD_SIGNATURE: (bad_signature, Status.INVALID),
    Code.BAD_ROTATION: (bad_rotation, Status.INVALID),
    Code.BAD_SCHEDULE: (edited("expires: 2025-08-29", "expires: 2026-08-29"), Status.INVALID),
    Code.ISSUED_BACKWARDS: (issued_backwards, Status.INVALID),
    Code.FUTURE_ISSUED: (future_issued, Status.INVALID),
    Code.AFTER_FINAL: (after_final, Status.INVALID),
    Code.FORGED: (forged, Status.INVALID),
    Code.VERSION_DOWN: (version_down, Status.INVALID),
    Code.ROOT_MISMATCH: (root_mismatch, Status.INVALID),
    Code.CHECKPOINT_UNSIGNED: (checkpoint_unsigned, Status.INVALID),
    Code.NOT_IN_LOG: (not_in_log, Status.INVALID),
    Code.ATTACHMENT_CHANGED: (attachment_changed, Status.INVALID),
    Code.LOG_FORK: (log_fork, Status.INVALID),
    Code.TEXT_FORK: (text_fork, Status.INVALID),
    Code.ROLLBACK: (rollback, Status.INVALID),
    Code.WITHDRAWN: (changed(without=["gag"]), Status.WITHDRAWN),
    Code.REWORDED: (changed(reword={"gag": "New words."}), Status.CHANGED),
    Code.REINSTATED: (reinstated, Status.CHANGED),
    Code.ADDED: (changed(add={"court": "No court has ordered silence."}), Status.OK),
    Code.SIGNERS_CHANGED: (rotated(add=["auditor"]), Status.CHANGED),
    Code.THRESHOLD_CHANGED: (rotated(threshold=1), Status.CHANGED),
    Code.SCHEDULE_LENGTHENED: (rotated(grace=30), Status.CHANGED),
    Code.ANCHOR_RULE_CHANGED: (anchor_rule_changed, Status.CHANGED),
    Code.RETIRED: (changed(final=True), Status.RETIRED),
    Code.EXPIRED: (at("2025-05-29"), Status.EXPIRED),
    Code.OVERDUE: (at("2025-05-15"), Status.OVERDUE),
    Code.DUE: (at("2025-05-01"), Status.DUE),
    Code.CLOCK_BACKWARDS: (clock_backwards, Status.UNKNOWN),
    Code.NEWER_FORMAT: (newer_format, Status.UNKNOWN),
    Code.NOT_CHECKED: (not_checked, Status.UNKNOWN),
    Code.MISSING: (answering(CHECKPOINT, 404), Status.MISSING),
    Code.UNREACHABLE: (answering(CHECKPOINT, 503), Status.UNREACHABLE),
    Code.NOT_A_CANARY: (answering(CHECKPOINT, b"<html>Please log in.</html>\n"), Status.UNREACHABLE),
    Code.INCONSISTENT: (answering(bundle_path(0, 2), None), Status.UNREACHABLE),
    Code.STALE_COPY: (stale_copy, Status.UNREACHABLE),
    Code.ATTACHMENT_MISSING: (attachment_missing, Status.UNREACHABLE),
    Code.NOT_COUNTED: (not_counted, Status.OK),
    Code.ANCHOR_CLAIM: (changed(anchors=(Anchor("headline", "2025-05-01 Example Times"),)), Status.OK),
    Code.BAD_ANCHOR: (changed(anchors=(Anchor("drand-quicknet", "1 00"),)), Status.OK),
    Code.STALE_ANCHOR: (stale_anchor, Status.OK),
    Code.ANCHOR_RULE_BROKEN: (anchor_rule_broken, Status.INVALID),
    Code.ISSUED_OUTSIDE: (changed(anchors=(EXAMPLE_ANCHOR,)), Status.INVALID),
    Code.SIGNATURE_OUTSIDE: (signed_late, Status.OK),
    Code.SIGNED_BETWEEN: (stamped(EvidenceOutcome.PROVED), Status.OK),
    Code.PROVED_LATE: (stamped_late(15, now=noon("2025-05-25")), Status.OK),
    Code.EVIDENCE_AHEAD: (stamped_late(40), Status.OK),
    Code.CLOCK_BEHIND: (stamped_late(40, by=("One", "Other")), Status.UNKNOWN),
    Code.ANCHOR_RULE_UNPROVED: (anchor_rule_unproved, Status.OK),
    Code.TIMES_CONTRADICT: (stamped(EvidenceOutcome.PROVED, (EXAMPLE_ANCHOR,)), Status.INVALID),
    Code.EVIDENCE_REJECTED: (stamped(EvidenceOutcome.BAD), Status.OK),
    Code.EVIDENCE_CLAIM: (stamped(EvidenceOutcome.CLAIMED), Status.OK),
    Code.EVIDENCE_PENDING: (stamped(EvidenceOutcome.PENDING), Status.OK),
    Code.EVIDENCE_NOT_CHECKED: (stamped(EvidenceOutcome.PROVED, name="0.ots"), Status.OK),
    Code.NO_LOWER_BOUND: (at("2025-02-10"), Status.OK),
    Code.NO_UPPER_BOUND: (at("2025-02-10"), Status.OK),
}

NEVER_JUDGED_OF_A_SITE = {Code.SINGLE_FILE}
"""Codes of one file verified by itself; see `tests/flows/test_single.py`."""

ONLY_OF_FOREIGN_CANARIES = {
    *(Code.PANIC, Code.SPLICED, Code.EDITED, Code.EDITION_GAP, Code.OTHER_KEYS, Code.OTHER_TEXT, Code.NOT_SIGNED),
    *(Code.FIELDS_NOT_BOUND, Code.NO_SEQUENCE, Code.NO_SIGNED_TIME, Code.WEAK_DIGEST, Code.KEY_EXPIRED),
    *(Code.FORMAT_REMARK, Code.NOT_READ, Code.SCHEDULE_ASSUMED, Code.NO_SCHEDULE, Code.STALE_QUOTE, Code.QUOTE_CLAIM),
}
"""Codes of canaries in other formats; see `tests/core/test_foreign_judge.py`."""


@pytest.mark.parametrize("code", CASES, ids=lambda code: code.spelling)
def test_each_code_is_found_and_leads_to_its_status(code: Code) -> None:
    case, status = CASES[code]
    verdict = case()
    assert code in codes(verdict)
    assert (verdict.status, verdict.exit_code) == (status, EXIT_CODES[status])


def test_no_code_is_left_without_a_case() -> None:
    elsewhere = NEVER_JUDGED_OF_A_SITE | ONLY_OF_FOREIGN_CANARIES
    assert set(Code) - set(CASES) == elsewhere
    assert not set(CASES) & elsewhere


def test_no_status_is_left_without_a_case() -> None:
    assert {status for _, status in CASES.values()} == set(Status)


def test_the_exit_codes_are_those_of_the_monitoring_plugins() -> None:
    assert {status.value: code for status, code in EXIT_CODES.items()} == {
        "OK": 0,
        "DUE": 0,
        "RETIRED": 0,
        "OVERDUE": 1,
        "CHANGED": 1,
        "UNREACHABLE": 1,
        "INVALID": 2,
        "WITHDRAWN": 2,
        "EXPIRED": 2,
        "MISSING": 2,
        "UNKNOWN": 3,
    }


def test_the_causes_stand_in_the_order_of_the_designs_table() -> None:
    assert [cause.status.value for cause in sorted(Cause)] == [
        *("UNKNOWN", "INVALID", "WITHDRAWN", "RETIRED", "EXPIRED", "UNKNOWN", "MISSING"),
        *("OVERDUE", "CHANGED", "UNREACHABLE", "DUE", "OK"),
    ]


def test_every_code_has_its_own_spelling_and_no_alarm_is_without_advice() -> None:
    assert len({code.spelling for code in Code}) == len(Code)
    for code in Code:
        assert code.spelling == code.name.replace("_", "-")
        assert code.advice or code.severity is not Severity.ALARM


# --- one verdict out of many findings -------------------------------------------------------------------


def verdict_of(*found: Code) -> Verdict:
    return Verdict(FRESH, in_order([Finding(code, code.spelling) for code in found]))


ROWS = (
    (Code.NO_PIN, Status.UNKNOWN),
    (Code.BELOW_THRESHOLD, Status.INVALID),
    (Code.WITHDRAWN, Status.WITHDRAWN),
    (Code.RETIRED, Status.RETIRED),
    (Code.EXPIRED, Status.EXPIRED),
    (Code.NEWER_FORMAT, Status.UNKNOWN),
    (Code.MISSING, Status.MISSING),
    (Code.OVERDUE, Status.OVERDUE),
    (Code.REWORDED, Status.CHANGED),
    (Code.UNREACHABLE, Status.UNREACHABLE),
    (Code.DUE, Status.DUE),
    (Code.ADDED, Status.OK),
)
"""A code for each row of the design's table, in its order."""


@pytest.mark.parametrize(("first", "status"), ROWS, ids=lambda each: each.name)
def test_the_first_row_of_the_table_that_applies_decides(first: Code, status: Status) -> None:
    place = ROWS.index((first, status))
    for second, _ in ROWS[place:]:
        verdict = verdict_of(second, first)
        assert verdict.status is status
        assert [finding.code for finding in verdict.deciding()] == ([] if first.cause is None else [first])


def axes_of(*found: Code, of_a_release: bool) -> dict[Axis, Severity]:
    return axes(verdict_of(*found).findings, of_a_release=of_a_release)


def test_the_weightiest_finding_of_an_axis_is_its_severity() -> None:
    found = (Code.NO_LOWER_BOUND, Code.REWORDED, Code.ADDED, Code.NOT_CHECKED, Code.NOT_COUNTED)
    assert axes_of(*found, of_a_release=True) == {
        Axis.INTEGRITY: Severity.UNKNOWN,
        Axis.FRESHNESS: Severity.OK,
        Axis.STATEMENTS: Severity.WARNING,
        Axis.TIME: Severity.NOTICE,
    }


def test_findings_are_told_once_and_the_weightiest_first() -> None:
    verdict = verdict_of(Code.ADDED, Code.DUE, Code.REWORDED, Code.NOT_CHECKED, Code.FORGED, Code.DUE)
    assert [each.code for each in verdict.findings] == [
        Code.FORGED,
        Code.NOT_CHECKED,
        Code.REWORDED,
        Code.DUE,
        Code.ADDED,
    ]


def test_a_remark_weighs_nothing() -> None:
    verdict = Verdict(FRESH, (Finding(Code.WITHDRAWN, "long ago", remark=True),))
    assert verdict.status is Status.OK
    assert axes(verdict.findings, of_a_release=True)[Axis.STATEMENTS] is Severity.NOTICE


def test_nothing_found_is_fine() -> None:
    verdict = verdict_of()
    assert (verdict.status, verdict.exit_code, set(axes_of(of_a_release=True).values())) == (
        Status.OK,
        0,
        {Severity.OK},
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((), "unknown unknown unknown unknown"),
        ((Code.NEVER_FETCHED,), "unknown unknown unknown unknown"),
        ((Code.MISSING,), "unknown alarm unknown unknown"),
        ((Code.PIN_MISMATCH,), "alarm unknown unknown unknown"),
        # The roster holds, and nothing is said yet.
        ((Code.NO_RELEASE, Code.TRUSTED_FIRST_USE), "notice unknown unknown unknown"),
    ],
)
def test_where_no_release_is_known_nothing_is_said_to_be_fine(found: tuple[Code, ...], expected: str) -> None:
    assert " ".join(axes_of(*found, of_a_release=False).values()) == expected


def test_what_is_stored_is_known_though_the_host_cannot_be_reached() -> None:
    sim = begun()
    away = sim.site()
    away.down = FetchError("the network is down")
    stored = look(sim, FRESH, site=away, state=sim.verdict(FRESH).state)
    assert (stored.status, " ".join(stored.axes.values())) == (Status.UNREACHABLE, "ok warning ok notice")
    never = look(sim, FRESH, site=away)
    assert (never.status, set(never.axes.values())) == (Status.UNKNOWN, {Severity.UNKNOWN})


# --- what a verdict tells -------------------------------------------------------------------------------


def test_a_verdict_tells_of_the_newest_release() -> None:
    sim = begun()
    verdict = look(sim, FRESH)
    subject = verdict.subject
    assert (verdict.canary, verdict.organisation, verdict.log_size) == ("example.net/canary", "Example Networks", 2)
    assert (verdict.fingerprint, verdict.pin, verdict.judged_at) == (sim.pin, sim.pin, FRESH)
    assert subject
    assert (subject.release, subject.entry, subject.signers) == (1, 2, ("legal", "security", "director"))
    assert (subject.threshold, subject.roster_signers) == (2, 3)
    assert (subject.next, subject.period) == ((date(2025, 5, 1), date(2025, 5, 14)), date(2025, 2, 1))
    assert subject.expires == datetime(2025, 5, 29, tzinfo=UTC)
    assert subject.statements == ("keys@v1", "taps@v1", "gag@v1")


def test_what_holds_of_a_log_that_does_not_hold_is_shown() -> None:
    sim = begun()
    sim.release(signed_by=["legal"])
    verdict = look(sim, SECOND)
    assert verdict.subject
    assert (verdict.subject.release, verdict.log_size) == (1, 2)


def test_the_message_of_a_rejection_names_the_entry_and_the_rule() -> None:
    finding = found(below_threshold(), Code.BELOW_THRESHOLD)
    assert finding.entry == 3
    assert finding.message == "entry 3: 1 of 3 signed (legal), 2 needed; missing: security, director"


# --- step 1: the pin ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "status"),
    [("2025-02-10", "OK (exit code 0)"), ("2025-05-01", "DUE"), ("2025-05-29", "EXPIRED (exit code 2)")],
)
def test_without_a_pin_the_verdict_says_what_it_would_have_been(day: str, status: str) -> None:
    sim = begun()
    verdict = look(sim, noon(day), pin=None)
    assert verdict.status is Status.UNKNOWN
    assert status in found(verdict, Code.WOULD_BE).message
    assert (verdict.fingerprint, verdict.pin) == (sim.pin, None)


def test_without_a_pin_an_invalid_canary_is_still_unknown() -> None:
    sim = begun()
    sim.release(signed_by=[])
    verdict = look(sim, SECOND, pin=None)
    assert (verdict.status, verdict.exit_code) == (Status.UNKNOWN, 3)
    assert "INVALID (exit code 2)" in found(verdict, Code.WOULD_BE).message


def test_what_would_be_unknown_with_a_pin_as_well_is_not_told() -> None:
    sim = Publisher()
    sim.roster()
    assert Code.WOULD_BE not in codes(look(sim, FRESH, pin=None))


def test_a_pin_of_another_roster_1_is_refused_and_nothing_of_the_log_is_shown() -> None:
    verdict = pin_mismatch()
    assert (verdict.status, verdict.subject, verdict.log_size) == (Status.INVALID, None, 0)
    assert verdict.fingerprint == begun().pin
    assert begun().pin in found(verdict, Code.PIN_MISMATCH).message


def test_a_pin_is_the_hash_of_a_text_so_other_signatures_on_roster_1_do_not_break_it() -> None:
    sim = begun()
    assert look(sim, FRESH, pin=digest(sim.rosters[0].render())).status is Status.OK


# --- steps 2 and 3: what came back ----------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 407, 429, 500, 502, 503, 304, 301, 418])
def test_a_refusal_is_unreachable(status: int) -> None:
    assert answering(CHECKPOINT, status)().status is Status.UNREACHABLE
    assert answering(bundle_path(0, 2), status)().status is Status.UNREACHABLE
    assert answering(FRONT, status)().status is Status.UNREACHABLE


@pytest.mark.parametrize("status", [404, 410, 451])
def test_a_canarys_own_path_that_is_gone_is_missing(status: int) -> None:
    assert answering(CHECKPOINT, status)().status is Status.MISSING
    assert answering(FRONT, status)().status is Status.MISSING


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\x00" * 100, b"example.net/canary\n2\n", b"x\n\n\xe2\x80\x94 x AAAAAAA=\n"]
)
def test_host_junk_never_looks_like_a_canary_that_tripped(body: bytes) -> None:
    verdict = answering(CHECKPOINT, body)()
    assert (verdict.status, codes(verdict) & {Code.NOT_A_CANARY}) == (Status.UNREACHABLE, {Code.NOT_A_CANARY})


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x00\x01", b"\xff" * 1000])
def test_junk_in_the_place_of_entries_is_no_alarm_whatever_the_checkpoint(body: bytes) -> None:
    sim = begun()
    site = sim.site()
    site.files[bundle_path(0, 2)] = body
    never = look(sim, FRESH, site=site)
    assert (never.status, Code.NEVER_FETCHED in codes(never)) == (Status.UNKNOWN, True)
    assert look(sim, FRESH, site=site, state=replace(sim.watched(FRESH), etag=None)).status is Status.UNREACHABLE
    site.files[CHECKPOINT] = sim.checkpoint(signed_by="stranger")
    assert look(sim, FRESH, site=site, state=replace(sim.watched(FRESH), etag=None)).status is Status.UNREACHABLE


def test_entries_of_another_log_under_an_unsigned_checkpoint_are_an_upload_that_is_not_over() -> None:
    sim = begun()
    site = sim.site()
    site.files[CHECKPOINT] = sim.checkpoint(root=bytes(32), signed_by="stranger")
    verdict = look(sim, FRESH, state=replace(sim.watched(FRESH), etag=None), site=site)
    assert (verdict.status, Code.INCONSISTENT in codes(verdict)) == (Status.UNREACHABLE, True)


def test_a_signed_checkpoint_of_another_canary_is_refused() -> None:
    sim = begun()
    site = sim.site()
    site.files[CHECKPOINT] = sim.checkpoint(origin="example.org/canary")
    assert Code.OTHER_CANARY in codes(look(sim, FRESH, site=site))


def test_the_checkpoint_is_verified_under_the_newest_rosters_log_key() -> None:
    sim = begun()
    sim.roster(new_log_key=True), sim.release()
    site = sim.site()
    assert Code.CHECKPOINT_UNSIGNED not in codes(look(sim, SECOND, site=site))
    site.files[CHECKPOINT] = sim.checkpoint(signed_by="log")
    assert Code.CHECKPOINT_UNSIGNED in codes(look(sim, SECOND, site=site))


def test_a_wrong_signature_of_the_log_key_is_as_good_as_none() -> None:
    sim = begun()
    site = sim.site()
    text, _, _ = sim.checkpoint().partition(b"\n\n")
    _, _, other = sim.checkpoint(1).partition(b"\n\n")
    site.files[CHECKPOINT] = text + b"\n\n" + other
    assert Code.CHECKPOINT_UNSIGNED in codes(look(sim, FRESH, site=site))


# --- steps 3 and 4: the front page's text and the attachments -------------------------------------------


def test_canary_txt_must_be_the_newest_release_of_the_log() -> None:
    sim = begun()
    sim.release()
    site = sim.site()
    site.files[FRONT] = sim.entries[1]
    older = look(sim, SECOND, site=site)
    assert (older.status, Code.INCONSISTENT in codes(older)) == (Status.UNREACHABLE, True)
    site.files[FRONT] = sim.entries[2].replace(b"never", b"NEVER")
    assert look(sim, SECOND, site=site).status is Status.INVALID


def test_a_log_without_a_release_has_no_canary_txt() -> None:
    assert codes(no_release()) == {Code.NO_RELEASE}
    sim = Publisher()
    sim.roster()
    site = sim.site()
    site.files[FRONT] = begun().entries[1]
    assert Code.INCONSISTENT in codes(look(sim, FRESH, site=site))
    other = Publisher()
    other.roster(), other.release(signed_by=["legal"])
    site.files[FRONT] = other.entries[1]
    assert Code.NOT_IN_LOG in codes(look(sim, FRESH, site=site))


@pytest.mark.parametrize(
    ("front", "code"),
    [
        (b"<html>please log in</html>", Code.INCONSISTENT),
        (b"", Code.INCONSISTENT),
        (b"cut", Code.INCONSISTENT),
        (b"warrant-canary/release/v1\ncanary: example.net/canary\nand so on\n", Code.NOT_IN_LOG),
    ],
)
def test_only_what_claims_to_be_a_release_is_an_alarm_in_the_place_of_canary_txt(front: bytes, code: Code) -> None:
    sim = begun()
    site = sim.site()
    site.files[FRONT] = sim.entries[1][:400] if front == b"cut" else front
    found = codes(look(sim, FRESH, site=site))
    assert found & {Code.INCONSISTENT, Code.NOT_IN_LOG} == {code}


def test_a_canary_txt_that_is_uploaded_before_the_checkpoint_is_no_alarm() -> None:
    sim = begun()
    site = sim.site()
    sim.release()
    site.files[FRONT] = sim.entries[2]
    assert look(sim, FRESH, site=site).status is Status.UNREACHABLE


@pytest.mark.parametrize("body", [b"", b"the repor", b"the report.", b"THE REPORT", b"the report" * 1000])
def test_an_attachment_that_is_not_the_signed_one_is_told(body: bytes) -> None:
    sim = with_report()
    assert not codes(look(sim, FRESH)) & {Code.ATTACHMENT_CHANGED, Code.ATTACHMENT_MISSING}
    site = sim.site()
    site.files[REPORT] = body
    assert codes(look(sim, FRESH, site=site)) & {Code.ATTACHMENT_CHANGED, Code.ATTACHMENT_MISSING}


# --- step 5 and 7: time ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2025-02-02T12:00:00", Status.OK),
        ("2025-04-30T23:59:59", Status.OK),
        ("2025-05-01T00:00:00", Status.DUE),
        ("2025-05-14T23:59:59", Status.DUE),
        ("2025-05-15T00:00:00", Status.OVERDUE),
        ("2025-05-28T23:59:59", Status.OVERDUE),
        ("2025-05-29T00:00:00", Status.EXPIRED),
        ("2035-01-01T00:00:00", Status.EXPIRED),
    ],
)
def test_freshness_turns_at_midnight_utc(moment: str, status: Status) -> None:
    assert look(begun(), datetime.fromisoformat(f"{moment}+00:00")).status is status
    elsewhere = datetime.fromisoformat(f"{moment}+00:00").astimezone(timezone(timedelta(hours=13)))
    assert look(begun(), elsewhere).status is status


@pytest.mark.parametrize(
    ("moment", "code", "words"),
    [
        ("2025-05-29T23:00:00", Code.EXPIRED, "release 1 expired less than a day ago (2025-05-29T00:00:00Z)"),
        ("2025-05-30T00:00:00", Code.EXPIRED, "release 1 expired 1 day ago (2025-05-29T00:00:00Z)"),
        ("2025-05-31T12:00:00", Code.EXPIRED, "release 1 expired 2 days ago (2025-05-29T00:00:00Z)"),
        (
            "2025-05-15T00:00:00",
            Code.OVERDUE,
            "in the window of 2025-05-01 to 2025-05-14; 14 days left until it expires",
        ),
        ("2025-05-28T12:00:00", Code.OVERDUE, "less than a day left until it expires"),
        ("2025-05-01T00:00:00", Code.DUE, "the window for the next release is open (2025-05-01 to 2025-05-14)"),
    ],
)
def test_a_time_status_says_how_late_it_is(moment: str, code: Code, words: str) -> None:
    assert words in found(look(begun(), datetime.fromisoformat(f"{moment}+00:00")), code).message


def test_a_release_from_ten_minutes_ahead_is_two_honest_clocks() -> None:
    sim = begun()
    assert look(sim, sim.releases[0].issued - timedelta(minutes=10)).status is Status.OK


def test_a_new_grid_changes_no_time_status_until_a_release_stands_on_it() -> None:
    sim = begun()
    sim.roster(start=date(2025, 4, 1), cadence="1 month", window=7, grace=7, at=noon("2025-03-01"))
    state = sim.watched(noon("2025-03-02")).acknowledge()
    statuses = [
        look(sim, noon(day), state=state).status for day in ("2025-04-20", "2025-05-01", "2025-05-15", "2025-05-29")
    ]
    assert statuses == [Status.OK, Status.DUE, Status.OVERDUE, Status.EXPIRED]


def test_what_counts_and_what_does_not_is_told() -> None:
    verdict = not_counted()
    assert found(verdict, Code.NOT_COUNTED).message == "the signature of security does not count: expired key"
    assert verdict.subject
    assert verdict.subject.signers == ("legal", "director")


# --- precedence, in whole looks -------------------------------------------------------------------------


def test_withdrawn_comes_before_retired_and_expired() -> None:
    sim = begun()
    sim.release(final=True, without=["gag"])
    assert look(sim, noon("2035-01-01")).status is Status.WITHDRAWN
    sim.rewind(2)
    sim.release(without=["gag"])
    assert look(sim, noon("2035-01-01")).status is Status.WITHDRAWN


def test_invalid_comes_before_withdrawn() -> None:
    sim = begun()
    sim.release(without=["gag"]), sim.release(signed_by=["legal"])
    assert look(sim, noon("2025-08-10")).status is Status.INVALID


def test_expired_comes_before_a_newer_format() -> None:
    sim = begun()
    sim.append_raw(b"warrant-canary/release/v2\n")
    assert look(sim, noon("2025-05-28")).status is Status.UNKNOWN
    assert look(sim, noon("2025-05-29")).status is Status.EXPIRED


def test_a_newer_format_counts_only_under_a_checkpoint_that_the_log_key_signed() -> None:
    sim = begun()
    sim.append_raw(b"warrant-canary/release/v2\n")
    site = sim.site()
    site.files[CHECKPOINT] = sim.checkpoint(signed_by="stranger")
    assert codes(look(sim, FRESH, site=site)) & {Code.NEWER_FORMAT, Code.CHECKPOINT_UNSIGNED} == {
        Code.CHECKPOINT_UNSIGNED
    }


def test_expired_comes_before_missing_and_unreachable() -> None:
    for answer, before in ((404, Status.MISSING), (503, Status.UNREACHABLE)):
        sim = begun()
        state, site = sim.watched(FRESH), sim.site()
        site.answers[CHECKPOINT] = answer
        assert look(sim, noon("2025-04-01"), state=state, site=site).status is before
        assert look(sim, noon("2025-05-29"), state=state, site=site).status is Status.EXPIRED


def test_overdue_comes_before_changed_and_changed_before_due() -> None:
    sim = begun()
    sim.release(reword={"gag": "New words."})
    days = ("2025-05-10", "2025-08-01", "2025-08-15")
    assert [look(sim, noon(day)).status for day in days] == [Status.CHANGED, Status.CHANGED, Status.OVERDUE]


def test_a_retired_canary_is_never_expired_missing_or_unreachable() -> None:
    sim = begun()
    sim.release(final=True)
    state, site = sim.watched(SECOND), sim.site()
    assert look(sim, noon("2035-01-01")).status is Status.RETIRED
    for answer in (404, 503):
        site.answers[CHECKPOINT] = answer
        verdict = look(sim, noon("2035-01-01"), state=state, site=site)
        assert (verdict.status, verdict.axes[Axis.FRESHNESS]) == (Status.RETIRED, Severity.NOTICE)


def test_a_pinned_canary_that_is_gone_before_it_was_ever_fetched_is_missing() -> None:
    sim = begun()
    assert look(sim, FRESH, site=MemorySource({})).status is Status.MISSING
    assert look(sim, FRESH, site=MemorySource({}), pin=None).status is Status.UNKNOWN


# --- as of a past moment --------------------------------------------------------------------------------


def three_years() -> Publisher:
    """Returns a publisher who withdrew a statement in the second period, and rotated in the third."""
    sim = begun()
    sim.release(without=["gag"]), sim.roster(add=["auditor"], new_log_key=True), sim.release()
    return sim


@pytest.mark.parametrize(
    ("day", "status", "release"),
    [
        ("2025-01-01", Status.UNKNOWN, None),
        ("2025-01-25", Status.UNKNOWN, None),
        ("2025-02-10", Status.OK, 1),
        ("2025-05-01", Status.DUE, 1),
        ("2025-05-10", Status.WITHDRAWN, 2),
        ("2025-08-10", Status.CHANGED, 3),
        ("2025-12-10", Status.EXPIRED, 3),
    ],
)
def test_as_of_a_moment_the_log_is_cut_before_the_first_entry_issued_after_it(
    day: str, status: Status, release: int | None
) -> None:
    sim = three_years()
    judgement = sim.verdict(noon(day), as_of_now=False)
    assert judgement.verdict.status is status
    assert (judgement.verdict.subject.release if judgement.verdict.subject else None) == release
    assert judgement.state is None


def test_as_of_a_moment_what_came_wrong_after_it_does_not_matter() -> None:
    sim = begun()
    sim.release(signed_by=["legal"])
    assert look(sim, FRESH, as_of_now=False).status is Status.OK
    assert look(sim, SECOND, as_of_now=False).status is Status.INVALID


def test_as_of_a_moment_no_state_is_read() -> None:
    sim = three_years()
    state = replace(sim.watched(noon("2025-08-10")), acknowledged=5)
    assert look(sim, noon("2025-05-10"), state=state, as_of_now=False).status is Status.WITHDRAWN


def test_as_of_a_moment_a_later_entry_of_a_later_format_is_still_told() -> None:
    sim = begun()
    sim.append_raw(b"warrant-canary/release/v2\n")
    assert look(sim, FRESH, as_of_now=False).status is Status.UNKNOWN
