"""When a release was signed, as far as it is proved.

The newest release's anchors, inside its signed text, prove that it was not signed before some moment: the latest bound
of those that are proved is the lower one. Evidence beside its entry proves that it was not signed after another: the
earliest bound is the upper one. `issued` has to lie between, ten minutes let pass on each side:

- An anchor of a later time than `issued`, or evidence from before it, proves that the date is false (ISSUED-OUTSIDE).
- An anchor from after a timestamp over the same entry proves that one of the two is false (TIMES-CONTRADICT), and
  nobody can tell here which.
- An anchor that an earlier release has, whatever is written around it, or that is older at `issued` than the roster
  allows, is stale (STALE-ANCHOR). Its age is counted from the anchor's own time.
- Where the roster has an `anchor-age`, at least one anchor keeps it: one that is no repeat and not older, and that is
  proved, or a claim that nothing here speaks against, or of a kind that this version does not know. Otherwise the
  release is not what its roster allows (ANCHOR-RULE-BROKEN).
- An OpenPGP signature that says that it was made before the lower bound, or after the upper one, has a wrong clock
  behind it, or a bound is false (SIGNATURE-OUTSIDE). It counts or does not, all the same.
- An anchor that does not hold is told (BAD-ANCHOR), and counts as none, and so does evidence that does not.

What an anchor came to is the same for every watcher, but for block headers that are newer than the watcher's table;
what evidence comes to depends on whom the watcher trusts. So no signature counts, or does not, because of either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from canary.core.admitted import Admitted
from canary.core.anchors import AnchorOutcome, CheckedAnchor
from canary.core.evidence import CheckedEvidence, EvidenceOutcome
from canary.core.findings import Code, Finding
from canary.core.release import Release
from canary.core.roster import Roster
from canary.core.schedule import render_days
from canary.core.standing import Standing
from canary.core.tally import Tally
from canary.core.times import format_time, minute_after
from canary.limits import FUTURE_TOLERANCE

_EVIDENCE_CODES = {
    EvidenceOutcome.BAD: Code.EVIDENCE_REJECTED,
    EvidenceOutcome.CLAIMED: Code.EVIDENCE_CLAIM,
    EvidenceOutcome.PENDING: Code.EVIDENCE_PENDING,
    EvidenceOutcome.UNCHECKED: Code.EVIDENCE_NOT_CHECKED,
}


class Timing(msgspec.Struct, frozen=True):
    """What is known of when a release was signed.

    Attributes:
        entry: SHA-256 of its whole entry, 64 hexadecimal digits.
        anchors: its anchors, checked, in their order.
        evidence: the evidence beside it, checked.
        etags: the entity tags that files of evidence came with, by name.
    """

    entry: str
    anchors: tuple[CheckedAnchor, ...]
    evidence: tuple[CheckedEvidence, ...] = ()
    etags: dict[str, str] = {}

    @property
    def lower(self) -> CheckedAnchor | None:
        """The proved anchor with the latest bound."""
        proved = [each for each in self.anchors if each.bound is not None]
        return max(proved, key=_anchor_bound, default=None)

    @property
    def upper(self) -> CheckedEvidence | None:
        """The proved evidence with the earliest bound."""
        proved = [each for each in self.evidence if each.bound is not None]
        return min(proved, key=_evidence_bound, default=None)

    @property
    def not_before(self) -> datetime | None:
        """The release was not signed before this (UTC); None where nothing proves it."""
        return self.lower.bound if self.lower else None

    @property
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
    names = list(dict.fromkeys(each.by for each in timing.evidence if each.bound is not None))
    return " and ".join(names)


def _contradictions(release: Release, timing: Timing) -> Iterator[Finding]:
    before, after = timing.not_before, timing.not_after
    if before is not None and release.issued < before - FUTURE_TOLERANCE:
        message = (
            f"it says that it was issued {format_time(release.issued)}, and was not signed before {_minute(before)}"
        )
        yield Finding(Code.ISSUED_OUTSIDE, message, release.entry)
    if after is not None and release.issued > after + FUTURE_TOLERANCE:
        by = _minute(minute_after(after))
        message = f"it says that it was issued {format_time(release.issued)}, and was signed by {by} already"
        yield Finding(Code.ISSUED_OUTSIDE, message, release.entry)
    if before is not None and after is not None and before > after + FUTURE_TOLERANCE:
        message = f"an anchor proves that it was not signed before {_minute(before)}, a timestamp that it was by then"
        yield Finding(Code.TIMES_CONTRADICT, f"{message} ({_minute(minute_after(after))})", release.entry)


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
    keeping = False
    for each in timing.anchors:
        first = standing.anchors.get(each.identity, release.entry)
        stale = ""
        if first < release.entry:
            stale = f"the anchor {_short(each)} was used before, in entry {first}"
        elif most is not None and each.moment is not None and release.issued - each.moment > most:
            days = (release.issued - each.moment).days
            stale = f"the anchor {_short(each)} is {days} days old, and the roster allows {render_days(most)}"
        if each.outcome is AnchorOutcome.BAD:
            yield Finding(Code.BAD_ANCHOR, f"the anchor {_short(each)} does not hold: {each.words}", release.entry)
        elif stale:
            yield Finding(Code.STALE_ANCHOR, stale, release.entry)
        else:
            keeping = keeping or each.moment is not None or each.outcome is AnchorOutcome.UNKNOWN
            if each.outcome is not AnchorOutcome.PROVED:
                yield Finding(
                    Code.ANCHOR_CLAIM, f"the anchor {_short(each)} proves nothing: {each.words}", release.entry
                )
    if most is not None and not keeping:
        message = f"its roster asks for an anchor of at most {render_days(most)}, and it has none"
        yield Finding(Code.ANCHOR_RULE_BROKEN, message, release.entry)


def _evidence(release: Release, evidence: Iterable[CheckedEvidence]) -> Iterator[Finding]:
    for each in evidence:
        code = _EVIDENCE_CODES.get(each.outcome)
        if code is not None:
            yield Finding(code, f"the timestamp {each.name} counts for nothing: {each.words}", release.entry)


def _short(anchor: CheckedAnchor) -> str:
    """Returns an anchor's kind with the first words of what it says."""
    return f"{anchor.anchor.kind} {anchor.anchor.value.split(' ')[0]}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _anchor_bound(anchor: CheckedAnchor) -> float:
    return anchor.bound.timestamp() if anchor.bound else 0.0


def _evidence_bound(evidence: CheckedEvidence) -> float:
    return evidence.bound.timestamp() if evidence.bound else 0.0
