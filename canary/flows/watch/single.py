"""Verifying one entry file by itself, with the roster that it should be signed under.

Whoever has a release's file and a roster's, and not the log, can know who signed, and no more. The roster's file must
parse. The pin is in this case the hash of its text, whichever its number. Found are:

- what the file is, if it is no entry: NEWER-FORMAT or MALFORMED. Otherwise NOT-COUNTED for each signature of a signer
  that is not good (a bad one too), and:
- OTHER-CANARY, if its canary is another than the roster's, or NO-RELEASE, if it is a roster. Otherwise, all that apply:
  FUTURE-ISSUED; CHAIN-BROKEN, if `entry` is not greater than the roster's or `issued` is before it, and if it is the
  entry behind the roster and `previous` is another hash; BAD-SCHEDULE; one of BAD-SIGNATURE, NOT-CHECKED and
  BELOW-THRESHOLD, in this order, by the roster's threshold; and what time says (`canary.core.judging.freshness`).
- SINGLE-FILE, always.
- NO-PIN, if there is no pin or it is another; and WOULD-BE, if the status without it would be another than UNKNOWN.

The verdict speaks of the release if its threshold is met. Nothing is told of bounds of its time.
"""

from __future__ import annotations

from datetime import datetime

from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.judging.findings import EXIT_CODES, Cause, Code, Finding, Status
from canary.core.judging.freshness import Promise, time_findings
from canary.core.judging.verdict import Subject, Verdict, in_order
from canary.core.log.history import schedule_fault
from canary.core.signed.entry import Entry, NewerFormatError, parse_entry
from canary.core.signed.outcome import OpenPGPVerifier
from canary.core.signed.tally import SignatureChecker, Tally
from canary.core.text.strict import hash_field
from canary.errors import MalformedError
from canary.limits import FUTURE_TOLERANCE


def verify_entry(
    data: bytes, roster_data: bytes, *, pin: str | None, now: datetime, verifier: OpenPGPVerifier
) -> Verdict:
    """Verifies one entry under one roster.

    Args:
        data: the entry's bytes.
        roster_data: the entry of the roster.
        pin: SHA-256 of a roster's text; the verdict is UNKNOWN unless it is this roster's.
        now: the watcher's clock, or the moment to judge as of.
        verifier: the port to OpenPGP.

    Raises:
        MalformedError: `roster_data` is no roster.
        NewerFormatError: `roster_data` is of a later format.
    """
    roster_entry = parse_entry(roster_data)
    roster = roster_entry.content
    if not isinstance(roster, Roster):
        raise MalformedError("this is no roster", what="--roster")
    findings: list[Finding] = []
    subject: Subject | None = None
    try:
        entry = parse_entry(data)
    except NewerFormatError as error:
        findings.append(Finding(Code.NEWER_FORMAT, error.what))
    except MalformedError as error:
        findings.append(Finding(Code.MALFORMED, error.what))
    else:
        tally = SignatureChecker(entry, verifier).tally(roster.signers, roster.threshold)
        findings += _judge(entry, roster_entry, tally, now)
        subject = _subject(entry, roster, tally)
    findings.append(Finding(Code.SINGLE_FILE, "one file was checked, not the log it belongs to"))
    findings += _pin_findings(roster_entry.text_hash, pin, findings)
    return Verdict(
        judged_at=now,
        findings=in_order(findings),
        canary=roster.canary,
        organisation=roster.organisation,
        fingerprint=roster_entry.text_hash if roster.entry == 1 else None,
        pin=pin,
        subject=subject,
    )


def _judge(entry: Entry, roster_entry: Entry, tally: Tally, now: datetime) -> list[Finding]:
    release, roster, roster_hash = entry.content, roster_entry.content, roster_entry.text_hash
    if not isinstance(roster, Roster):
        raise TypeError("the roster is no roster")
    findings = [
        Finding(Code.NOT_COUNTED, f"the signature of {each.name} does not count: {each.outcome}", release.entry)
        for each in tally.uncounted
    ]
    if release.canary != roster.canary:
        message = f"it belongs to {release.canary}, and the roster to {roster.canary}"
        return [*findings, Finding(Code.OTHER_CANARY, message, release.entry)]
    if not isinstance(release, Release):
        return [*findings, Finding(Code.NO_RELEASE, "this file is a roster, and no release", release.entry)]
    if release.issued > now + FUTURE_TOLERANCE:
        findings.append(Finding(Code.FUTURE_ISSUED, "it was issued at a time which is yet to come", release.entry))
    if release.entry <= roster.entry or release.issued < roster.issued:
        findings.append(Finding(Code.CHAIN_BROKEN, "it comes before the roster it is judged by", release.entry))
    if release.entry == roster.entry + 1 and release.previous != roster_hash:
        findings.append(Finding(Code.CHAIN_BROKEN, "its 'previous' is not the hash of this roster", release.entry))
    fault = schedule_fault(release, roster.schedule)
    if fault:
        findings.append(Finding(Code.BAD_SCHEDULE, fault, release.entry))
    findings += _signature_findings(tally, release.entry)
    return findings + time_findings(Promise.of(release), now)


def _signature_findings(tally: Tally, entry: int) -> list[Finding]:
    if tally.bad:
        names = ", ".join(each.name for each in tally.bad)
        return [Finding(Code.BAD_SIGNATURE, f"not over this text, or not by the key it names: {names}", entry)]
    if tally.undecided:
        return [Finding(Code.NOT_CHECKED, f"not everything could be checked: {tally.describe()}", entry)]
    if not tally.met:
        return [Finding(Code.BELOW_THRESHOLD, tally.describe(), entry)]
    return []


def _pin_findings(roster_hash: str, pin: str | None, findings: list[Finding]) -> list[Finding]:
    if pin == roster_hash:
        return []
    told = "no pin was given" if pin is None else f"the pin is {hash_field(pin)}"
    message = f"{told}, and the roster is {hash_field(roster_hash)}; verify the whole site to follow its rosters"
    would_be = min((each.cause for each in findings if each.cause is not None), default=Cause.FINE).status
    pin_findings = [Finding(Code.NO_PIN, message)]
    if would_be is not Status.UNKNOWN:
        told = f"under a roster that is pinned it would be {would_be} ({EXIT_CODES[would_be]})"
        pin_findings.append(Finding(Code.WOULD_BE, told))
    return pin_findings


def _subject(entry: Entry, roster: Roster, tally: Tally) -> Subject | None:
    release = entry.content
    if not isinstance(release, Release) or not tally.met:
        return None
    return Subject.of(release, entry.text_hash, tally, roster)
