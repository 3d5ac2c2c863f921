"""The verdict: findings added up to four axes, one status and one exit code.

A finding has a code, which the table says everything of: its axis, its severity, and the status that it causes, if
any. A **remark** is a finding whose severity is `notice` here and which causes no status.

- The **status** is the first row of the table of statuses that any finding causes; OK if none does.
- The **exit code** follows from the status.
- Each **axis** has the weightiest severity of its findings: `ok`, then `notice`, `unknown`, `warning`, `alarm`. Where
  the verdict speaks of no release, nothing was judged, and no axis is less than `unknown`; but integrity may be where
  NO-RELEASE is found, since there is a roster then that holds.

A verdict speaks of the newest release of the log that was judged. It names facts and never their reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.documents.schedule import Window
from canary.core.judging.findings import EXIT_CODES, Axis, Cause, Code, Finding, Severity, Status
from canary.core.judging.freshness import Promise
from canary.core.signed.tally import Tally

_WEIGHT = {
    Severity.OK: 0,
    Severity.NOTICE: 1,
    Severity.UNKNOWN: 2,
    Severity.WARNING: 3,
    Severity.ALARM: 4,
}


class Subject(msgspec.Struct, frozen=True):
    """The newest verified release that a verdict speaks of.

    Attributes:
        release: its number.
        entry: its number in the log.
        text_sha256: the hash of its text.
        period: the opening day of its window.
        issued: when it says it was issued.
        next: the first and the last day of the next window; None if it is the last release.
        expires: when it goes stale; None if it is the last release.
        signers: the signers that count, by short name.
        claimed_times: when their signatures were made by their own account (UTC), by short name; only OpenPGP
            signatures say so.
        threshold: how many had to sign.
        roster_signers: how many could have.
        statements: `id@vN` of each statement.
    """

    release: int
    entry: int
    text_sha256: str
    period: date
    issued: datetime
    next: tuple[date, date] | None
    expires: datetime | None
    signers: tuple[str, ...]
    threshold: int
    roster_signers: int
    statements: tuple[str, ...]
    claimed_times: tuple[tuple[str, datetime], ...] = ()

    @classmethod
    def of(cls, release: Release, text_sha256: str, tally: Tally, roster: Roster) -> Subject:
        """Returns what a verdict tells of `release`, with these signatures under `roster`."""
        return cls(
            release=release.number,
            entry=release.entry,
            text_sha256=text_sha256,
            period=release.period,
            issued=release.issued,
            next=(release.next.opens, release.next.last) if release.next else None,
            expires=release.expires,
            signers=tally.signed,
            threshold=roster.threshold,
            roster_signers=len(roster.signers),
            statements=tuple(statement.label for statement in release.statements),
            claimed_times=tally.claimed_times,
        )


class EditionSubject(msgspec.Struct, frozen=True):
    """The newest accepted edition of a foreign canary that a verdict speaks of.

    Attributes:
        name: its file's name, or its address.
        format: how it is signed (`canary.core.foreign.pinned.Format`).
        text_sha256: SHA-256 of its text as UTF-8, 64 hexadecimal digits.
        number: its number in its series; None where it has none.
        issued: when it says it was issued (UTC; noon of a day without a time); None where nothing says so.
        next: the first and the last day on which the next one is promised; None where nothing promises one.
        expires: when it goes stale (UTC); None likewise.
        signers: the pinned signers that count, by name.
        claimed_times: when their signatures were made by their own account (UTC), by name.
        threshold: how many had to sign; 0 where nothing is signed.
        pinned_signers: how many could have.
        statements: its statements, as far as they were read: each one's id and its words.
    """

    name: str
    format: str
    text_sha256: str
    number: int | None
    issued: datetime | None
    next: tuple[date, date] | None
    expires: datetime | None
    signers: tuple[str, ...]
    claimed_times: tuple[tuple[str, datetime], ...]
    threshold: int
    pinned_signers: int
    statements: tuple[tuple[str, str], ...]


class Verdict(msgspec.Struct, frozen=True):
    """What a look at a canary came to.

    Attributes:
        judged_at: the moment it was judged at, UTC.
        findings: every checked fact worth telling, the weightiest first.
        canary: the canary's id, where one was verified or is stored.
        organisation: who publishes it, by the newest roster.
        fingerprint: SHA-256 of roster 1's text as it was seen; what a pin names.
        pin: the pin that was used, None without one.
        log_size: entries in the verified log.
        subject: the newest verified release, if there is one.
        edition: of a foreign canary the newest accepted edition, if there is one; of others None.
        not_before: that release was not signed before this (UTC); None where nothing proves it.
        not_after: that release was signed no later than this (UTC); None where nothing proves it.
    """

    judged_at: datetime
    findings: tuple[Finding, ...]
    canary: str | None = None
    organisation: str | None = None
    fingerprint: str | None = None
    pin: str | None = None
    log_size: int = 0
    subject: Subject | None = None
    edition: EditionSubject | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None

    @property
    def cause(self) -> Cause:
        """The first row of the table of statuses that applies."""
        return min((each.cause for each in self.findings if each.cause is not None), default=Cause.FINE)

    @property
    def status(self) -> Status:
        """The one word."""
        return self.cause.status

    @property
    def exit_code(self) -> int:
        """The process's exit code, the monitoring plugins'."""
        return EXIT_CODES[self.status]

    @property
    def axes(self) -> dict[Axis, Severity]:
        """For each axis its severity."""
        return axes(self.findings, of_a_release=self.subject is not None or self.edition is not None)

    @property
    def promise(self) -> Promise | None:
        """What the newest release or edition says of the next one; None where time decides nothing."""
        if self.subject is not None:
            of = self.subject
            window = None if of.next is None else Window(*of.next)
            return Promise(f"release {of.release}", of.entry, window, of.expires)
        edition = self.edition
        if edition is None or edition.next is None or edition.expires is None:
            return None
        return Promise(f"the edition {edition.name}", None, Window(*edition.next), edition.expires, "edition")

    def deciding(self) -> tuple[Finding, ...]:
        """Returns the findings that made the status what it is."""
        return tuple(each for each in self.findings if each.cause is self.cause)


def axes(findings: Iterable[Finding], *, of_a_release: bool) -> dict[Axis, Severity]:
    """Returns for each axis its severity.

    Args:
        findings: what was found.
        of_a_release: whether the verdict speaks of a release.
    """
    weightiest = dict.fromkeys(Axis, Severity.OK if of_a_release else Severity.UNKNOWN)
    found = list(findings)
    if any(each.code is Code.NO_RELEASE for each in found):
        weightiest[Axis.INTEGRITY] = Severity.OK
    for each in found:
        axis = each.code.axis
        weightiest[axis] = max(weightiest[axis], each.severity, key=_WEIGHT.__getitem__)
    return weightiest


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Returns findings with the weightiest first, otherwise as they were found, none twice."""
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=_rank))


def _rank(finding: Finding) -> tuple[int, int]:
    cause = Cause.FINE if finding.cause is None else finding.cause
    return cause, -_WEIGHT[finding.severity]
