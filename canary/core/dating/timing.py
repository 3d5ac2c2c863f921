"""When a release was signed, as far as it is proved.

The newest release's anchors, inside its signed text, prove that it was not signed before some moment: the latest bound
of those that are proved is the lower one. Evidence beside its entry proves that it was not signed after another: the
earliest bound of the evidence that counts is the upper one. Ten minutes are let pass in every comparison.

- Evidence of a bound before the lower one does not count, and neither does evidence of a bound before `issued` where
  other evidence has a later one: an authority is wrong then, or lies (TIMES-CONTRADICT).
- Evidence of a moment after the watcher's now does not count. Where two authorities agree in that, it is the watcher's
  clock that runs behind (CLOCK-BEHIND); one alone may be wrong itself (EVIDENCE-AHEAD). As of a past moment, evidence
  that came after it is not looked at.
- An upper bound more than 14 days after `issued` is told (PROVED-LATE): nothing shows that the release was not made
  that late, with an old anchor in it. Watchers go on looking for earlier evidence then.

`issued` has to lie between the bounds:

- An anchor of a later time than `issued`, or evidence from before it, proves that the date is false (ISSUED-OUTSIDE).
- An anchor that an earlier release has, whatever is written around it, or that is older at `issued` than the roster
  allows, is stale (STALE-ANCHOR). Its age is counted from the anchor's own time.
- Where the roster has an `anchor-age`, at least one anchor keeps it: one that is proved, no repeat, and not older.
  Where none is, and there is a kind that this version does not know, or a block from after its table, a newer version
  may find that it keeps the rule (ANCHOR-RULE-UNPROVED). Otherwise the release is not what its roster allows
  (ANCHOR-RULE-BROKEN).
- An OpenPGP signature that says that it was made before the lower bound, or after the upper one, has a wrong clock
  behind it, or a bound is false (SIGNATURE-OUTSIDE). It counts or does not, all the same.
- An anchor that does not hold is told (BAD-ANCHOR), and counts as none, and so does evidence that does not.

What an anchor came to is the same for every watcher, but for block headers that are newer than the watcher's table;
what evidence comes to depends on whom the watcher trusts. So no signature counts, or does not, because of either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property

import msgspec

from canary.core.dating.anchors import AnchorOutcome, CheckedAnchor
from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.documents.schedule import render_days
from canary.core.judging.findings import Code, Finding
from canary.core.log.admitted import Admitted
from canary.core.log.standing import Standing
from canary.core.signed.tally import Tally
from canary.core.text.times import format_time, minute_after
from canary.limits import BLOCK_AHEAD, FUTURE_TOLERANCE, PROVED_LATE

_MOST_AHEAD = BLOCK_AHEAD + FUTURE_TOLERANCE
"""How far the time of a block that nothing proves may lie after `issued`."""

_HARDLY_LATER = timedelta(days=1)
"""Authorities whose bound is no later than the earliest by this much are named with it."""

_SHOWN_CHARACTERS = 80

_EVIDENCE_CODES = {
    EvidenceOutcome.BAD: Code.EVIDENCE_REJECTED,
    EvidenceOutcome.CLAIMED: Code.EVIDENCE_CLAIM,
    EvidenceOutcome.PENDING: Code.EVIDENCE_PENDING,
    EvidenceOutcome.UNCHECKED: Code.EVIDENCE_NOT_CHECKED,
}


class Timing(msgspec.Struct, frozen=True, dict=True):
    """What is known of when a release was signed.

    Attributes:
        entry: SHA-256 of its whole entry, 64 hexadecimal digits.
        anchors: its anchors, checked, in their order.
        evidence: the evidence beside it, checked.
        etags: the entity tags that files of evidence came with, by name.
        issued: when the release says that it was issued; not stored.
        now: the watcher's clock; not stored.
    """

    entry: str
    anchors: tuple[CheckedAnchor, ...]
    evidence: tuple[CheckedEvidence, ...] = ()
    etags: dict[str, str] = {}
    issued: datetime | None = None
    now: datetime | None = None

    @cached_property
    def lower(self) -> CheckedAnchor | None:
        """The proved anchor with the latest bound."""
        proved = [each for each in self.anchors if each.bound is not None]
        return max(proved, key=_anchor_bound, default=None)

    @cached_property
    def upper(self) -> CheckedEvidence | None:
        """The evidence that counts with the earliest bound."""
        return min(self.counting, key=_evidence_bound, default=None)

    @cached_property
    def counting(self) -> tuple[CheckedEvidence, ...]:
        """The proved evidence that nothing speaks against."""
        lower = self.not_before
        possible = [
            each
            for each in self.evidence
            if each.bound is not None
            and each not in self.ahead
            and (lower is None or each.bound >= lower - FUTURE_TOLERANCE)
        ]
        later = [each for each in possible if not _is_before(each, self.issued)]
        return tuple(later or possible)

    @cached_property
    def ahead(self) -> tuple[CheckedEvidence, ...]:
        """The proved evidence of a moment that the watcher's clock has not come to yet."""
        if self.now is None:
            return ()
        latest = self.now + FUTURE_TOLERANCE
        return tuple(each for each in self.evidence if each.bound and each.moment and each.moment > latest)

    @cached_property
    def is_late(self) -> bool:
        """Whether the upper bound lies long after the release was issued."""
        return None not in (self.issued, self.not_after) and self.not_after - self.issued > PROVED_LATE  # type: ignore[operator]

    @cached_property
    def not_before(self) -> datetime | None:
        """The release was not signed before this (UTC); None where nothing proves it."""
        return self.lower.bound if self.lower else None

    @cached_property
    def not_after(self) -> datetime | None:
        """The release was signed no later than this (UTC); None where nothing proves it."""
        return self.upper.bound if self.upper else None


def timing_findings(admitted: Admitted, release: Release, timing: Timing, standing: Standing) -> list[Finding]:
    """Returns what is told of when a release was signed.

    Args:
        admitted: the release's entry, with its signatures and the roster it is judged by.
        release: what it says.
        timing: its anchors and evidence, checked.
        standing: the summary of the log, which knows the first release of every anchor.
    """
    return [
        *_bounds(release, timing),
        *_contradictions(release, timing),
        *_doubted(release, timing),
        *_signatures(release, admitted.tally, timing),
        *_anchors(release, admitted.roster, timing, standing),
        *_evidence(release, timing.evidence),
    ]


def _bounds(release: Release, timing: Timing) -> Iterator[Finding]:
    lower, upper = timing.lower, timing.upper
    if lower is None:
        early = "its date is the signers' word: no anchor proves that it was not signed earlier"
        yield Finding(Code.NO_LOWER_BOUND, early, release.entry)
    if upper is None:
        late = "its date is the signers' word: no timestamp proves that it was not signed later"
        yield Finding(Code.NO_UPPER_BOUND, late, release.entry)
    told = window_in_words(timing)
    if told:
        yield Finding(Code.SIGNED_BETWEEN, told, release.entry)
    if timing.is_late and timing.not_after is not None:
        days = (timing.not_after - release.issued).days
        late = f"the earliest timestamp over it is of {days} days after its date: nothing shows that it was made before"
        yield Finding(Code.PROVED_LATE, late, release.entry)


def window_in_words(timing: Timing) -> str:
    """Returns the proved window in one sentence without a full stop; empty where nothing is proved."""
    lower, upper = timing.lower, timing.upper
    if lower is not None and upper is not None and lower.bound is not None and upper.bound is not None:
        window = f"signed between {_minute(lower.bound)} and {_minute(minute_after(upper.bound))} UTC"
        return f"{window}, proved by {lower.words}, and by {_authorities(timing)}"
    if lower is not None and lower.bound is not None:
        return f"not signed before {_minute(lower.bound)} UTC, proved by {lower.words}"
    if upper is not None and upper.bound is not None:
        return f"signed no later than {_minute(minute_after(upper.bound))} UTC, proved by {_authorities(timing)}"
    return ""


def _authorities(timing: Timing) -> str:
    """Returns who proves the upper bound, or one that is hardly later."""
    latest = timing.not_after + _HARDLY_LATER if timing.not_after else None
    names = (each.by for each in timing.counting if each.bound and latest and each.bound <= latest)
    return " and ".join(dict.fromkeys(names))


def _contradictions(release: Release, timing: Timing) -> Iterator[Finding]:
    before, after = timing.not_before, timing.not_after
    if before is not None and release.issued < before - FUTURE_TOLERANCE:
        message = (
            f"it says that it was issued {format_time(release.issued)}, and was not signed before {_minute(before)}"
        )
        # The signed text alone proves it.
        yield Finding(Code.ISSUED_OUTSIDE, message, release.entry, sticky=True)
    if after is not None and release.issued > after + FUTURE_TOLERANCE:
        by = _minute(minute_after(after))
        message = f"it says that it was issued {format_time(release.issued)}, and was signed by {by} already"
        yield Finding(Code.ISSUED_OUTSIDE, message, release.entry)


def _doubted(release: Release, timing: Timing) -> Iterator[Finding]:
    """Tells of evidence that is proved and does not count."""
    for each in timing.ahead:
        message = (
            f"the timestamp {each.name} by {each.by} is of {each.moment:%Y-%m-%d %H:%M} UTC, and here it is earlier"
        )
        yield Finding(Code.EVIDENCE_AHEAD, message, release.entry)
    if len({each.by for each in timing.ahead}) > 1 and timing.now is not None:
        message = f"this machine's clock says {format_time(timing.now)}, and two authorities have signed later times"
        yield Finding(Code.CLOCK_BEHIND, message)
    for each in timing.evidence:
        if each.bound is not None and each not in timing.ahead and each not in timing.counting:
            by = _minute(minute_after(each.bound))
            message = (
                f"the timestamp {each.name} by {each.by} says that it was there by {by} UTC, and other proofs that not"
            )
            yield Finding(Code.TIMES_CONTRADICT, message, release.entry)


def _is_before(evidence: CheckedEvidence, moment: datetime | None) -> bool:
    return evidence.bound is not None and moment is not None and evidence.bound < moment - FUTURE_TOLERANCE


def _signatures(release: Release, tally: Tally, timing: Timing) -> Iterator[Finding]:
    before, after = timing.not_before, timing.not_after
    for name, moment in tally.claimed_times:
        says = f"the signature of {name} says that it was made {format_time(moment)}"
        if before is not None and moment < before - FUTURE_TOLERANCE:
            message = f"{says}, and the text was not there before {_minute(before)}"
            yield Finding(Code.SIGNATURE_OUTSIDE, message, release.entry)
        if after is not None and moment > after + FUTURE_TOLERANCE:
            message = f"{says}, and it was there by {_minute(minute_after(after))} already"
            yield Finding(Code.SIGNATURE_OUTSIDE, message, release.entry)


def _anchors(release: Release, roster: Roster, timing: Timing, standing: Standing) -> Iterator[Finding]:
    most = roster.anchor_age
    keeping = may_keep = False
    for each in timing.anchors:
        stale = _stale(each, release, most, standing)
        if each.outcome is AnchorOutcome.BAD:
            yield Finding(Code.BAD_ANCHOR, f"the anchor {_short(each)} does not hold: {each.words}", release.entry)
        elif each.bound is None and each.moment is not None and each.moment > release.issued + _MOST_AHEAD:
            late = f"the anchor {_short(each)} does not hold: it is of after the release was issued"
            yield Finding(Code.BAD_ANCHOR, late, release.entry)
        elif stale:
            yield Finding(Code.STALE_ANCHOR, stale, release.entry)
        else:
            keeping = keeping or each.outcome is AnchorOutcome.PROVED
            may_keep = may_keep or each.newer
            if each.outcome is not AnchorOutcome.PROVED:
                words = f"the anchor {_short(each)} proves nothing: {each.words}"
                yield Finding(Code.ANCHOR_CLAIM, words, release.entry)
    if most is not None and not keeping:
        rule = f"its roster asks for an anchor of at most {render_days(most)}, and it has none"
        if may_keep:
            yield Finding(Code.ANCHOR_RULE_UNPROVED, f"{rule} that this version can check", release.entry)
        else:
            yield Finding(Code.ANCHOR_RULE_BROKEN, rule, release.entry, sticky=True)


def _stale(anchor: CheckedAnchor, release: Release, most: timedelta | None, standing: Standing) -> str:
    """Returns why an anchor is stale, without a full stop; empty where it is not."""
    first = standing.anchors.get(anchor.identity, release.entry)
    if first < release.entry:
        return f"the anchor {_short(anchor)} was used before, in entry {first}"
    if most is not None and anchor.moment is not None and release.issued - anchor.moment > most:
        days = (release.issued - anchor.moment).days
        return f"the anchor {_short(anchor)} is {days} days old, and the roster allows {render_days(most)}"
    return ""


def _evidence(release: Release, evidence: Iterable[CheckedEvidence]) -> Iterator[Finding]:
    for each in evidence:
        code = _EVIDENCE_CODES.get(each.outcome)
        if code is not None:
            yield Finding(code, f"the timestamp {each.name} counts for nothing: {each.words}", release.entry)


def _short(anchor: CheckedAnchor) -> str:
    """Returns an anchor's kind with the first words of what it says."""
    return f"{anchor.anchor.kind} {anchor.anchor.value.split(' ')[0][:_SHOWN_CHARACTERS]}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _anchor_bound(anchor: CheckedAnchor) -> float:
    return anchor.bound.timestamp() if anchor.bound else 0.0


def _evidence_bound(evidence: CheckedEvidence) -> float:
    return evidence.bound.timestamp() if evidence.bound else 0.0
