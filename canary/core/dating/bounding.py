"""What bounds the time of signing, put together from what is stored and what one look brought.

A release whose upper bound is known, and lies no more than 14 days after `issued`, is not asked about again. Until then
every look asks for the evidence beside it. Of what is proved the earlier bound stays, and comes again only if it has
changed; so does what was refused or promised. What this watcher did not trust, or could not check, comes in any case,
because whom it trusts may have changed. That nothing has changed is believed once, and then the file is fetched:
whoever served what was refused chose its entity tag too, and may no longer be there. What a state has proved stays
proved, also when the watcher takes back its trust in an authority: then a new state is begun.

Only the newest release's anchors are checked, each once. What one came to stays, proved or wrong, also where the next
release has it again; a claim, and a kind that was not known, may look different to a newer version of this program, and
are judged anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from canary.core.dating.anchors import AnchorOutcome, check_anchor
from canary.core.dating.evidence import TSR, CheckedEvidence, Checkers, EvidenceOutcome, not_checked
from canary.core.dating.timing import Timing
from canary.core.documents.release import Release
from canary.core.judging.observation import SeenEvidence, SoughtEvidence
from canary.core.log.admitted import Admitted
from canary.core.text.strict import digest

_SETTLED = (EvidenceOutcome.BAD, EvidenceOutcome.PENDING, EvidenceOutcome.PROVED)
_CERTAIN = (AnchorOutcome.PROVED, AnchorOutcome.BAD)


class Bounding:
    """The timing of the newest release, while a look is judged.

    Args:
        stored: what is stored; of this release or of an earlier one.
        checkers: the ports that check evidence.
        now: the moment of judging; None where no clock is looked at.
        as_of_now: False where that is a past moment; evidence that came after it is left out then.
    """

    def __init__(
        self, stored: Timing | None, checkers: Checkers, *, now: datetime | None, as_of_now: bool = True
    ) -> None:
        self._stored = stored
        self._checkers = checkers
        self._now = now
        self._as_of_now = as_of_now
        self._seen: tuple[SeenEvidence, ...] = ()

    def sought(self, newest: Admitted) -> SoughtEvidence | None:
        """Returns the evidence to look for; None where the upper bound is known, and not late."""
        known = self._known(newest)
        if known.upper is not None and not known.is_late:
            return None
        settled = {each.name for each in known.evidence if each.outcome in _SETTLED}
        return SoughtEvidence(known.entry, {name: tag for name, tag in known.etags.items() if name in settled})

    def take(self, seen: Sequence[SeenEvidence]) -> None:
        """Takes in the evidence that was seen."""
        self._seen = tuple(seen)

    def timing(self, newest: Admitted, release: Release) -> Timing:
        """Returns what is known of when a release was signed."""
        known = self._known(newest)
        stored = self._stored.anchors if self._stored is not None else ()
        checked = {each.anchor: each for each in stored if each.outcome in _CERTAIN}
        for anchor in release.anchors:
            if anchor not in checked:
                checked[anchor] = check_anchor(anchor)
        anchors = tuple(checked[anchor] for anchor in release.anchors)
        evidence = {each.name: each for each in known.evidence}
        etags = dict(known.etags)
        for seen in self._seen:
            etags.pop(seen.name, None)
            if seen.data is not None:
                checker = self._checkers.get(seen.name[-len(TSR) :], not_checked)
                proof = checker(seen.name, seen.data, newest.data)
                if self._is_too_late(proof):
                    continue
                evidence[seen.name] = _earlier(evidence.get(seen.name), proof)
                if seen.etag is not None:
                    etags[seen.name] = seen.etag
        return replace(known, anchors=anchors, evidence=tuple(evidence[name] for name in sorted(evidence)), etags=etags)

    def _is_too_late(self, checked: CheckedEvidence) -> bool:
        if self._as_of_now or self._now is None or checked.moment is None:
            return False
        return checked.moment > self._now

    def _known(self, newest: Admitted) -> Timing:
        """Returns what is stored of a release; nothing where it is of another one."""
        entry = digest(newest.data)
        known = self._stored if self._stored is not None and self._stored.entry == entry else Timing(entry, ())
        return replace(known, issued=newest.entry.content.issued, now=self._now)


def _earlier(known: CheckedEvidence | None, checked: CheckedEvidence) -> CheckedEvidence:
    """Returns what is kept of one file that was seen twice: nobody takes a proved bound back by serving another."""
    if known is None or known.bound is None:
        return checked
    return checked if checked.bound is not None and checked.bound < known.bound else known
