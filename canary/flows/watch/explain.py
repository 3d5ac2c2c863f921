"""One release explained: the verdict on its canary, and with it everything that speaks of when it was signed.

It goes the watcher's way: look, judge. A release that is not in the log, as far as that holds, is not explained, and
evidence is looked at only where the judging looks for it. For an older release than the newest, which the verdict
speaks of, the evidence beside it is fetched after that, and checked by the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from canary.core.dating.bounding import Bounding
from canary.core.dating.evidence import Checkers
from canary.core.dating.timing import Timing, timing_findings
from canary.core.documents.release import Release
from canary.core.judging.fetched import Source
from canary.core.judging.findings import Finding
from canary.core.judging.observation import SeenEvidence, SoughtEvidence
from canary.core.judging.question import Judged, Question
from canary.core.judging.verdict import Verdict
from canary.core.log.admitted import Admitted
from canary.core.log.history import History
from canary.core.signed.outcome import OpenPGPVerifier
from canary.core.text.strict import digest
from canary.flows.watch.look import look_at_evidence
from canary.flows.watch.verify import verify_site


class Examined(msgspec.Struct, frozen=True):
    """A release that holds, with what bounds its time.

    Attributes:
        admitted: its entry, with its signatures.
        release: what it says.
        timing: its anchors and the evidence beside it, checked.
        evidence: the files of that evidence, by name.
        looked: whether evidence was looked for.
        findings: what the rules say of its time.
    """

    admitted: Admitted
    release: Release
    timing: Timing
    evidence: Mapping[str, bytes]
    looked: bool
    findings: tuple[Finding, ...]


class Explanation(msgspec.Struct, frozen=True):
    """What there is to tell of one release.

    Attributes:
        verdict: the verdict on the canary.
        releases: how many releases the log has, as far as it holds.
        examined: the release; None where it is not among them.
    """

    verdict: Verdict
    releases: int = 0
    examined: Examined | None = None


def explain_site(
    source: Source, question: Question, verifier: OpenPGPVerifier, checkers: Checkers, number: int | None
) -> Explanation:
    """Judges the canary at `source`, and explains one of its releases.

    Args:
        source: where it lies.
        question: the pin and the moment of judging; no state.
        verifier: the port to OpenPGP.
        checkers: the ports that check evidence.
        number: the release's number; None for the newest.
    """
    judgement = verify_site(source, question, verifier, checkers)
    judged = judgement.judged
    newest = judged.history.last_release
    if newest is None:
        return Explanation(judgement.verdict)
    found = _find(judged.history, newest.number if number is None else number)
    examined = None if found is None else _examined(source, question, judged, found, checkers)
    return Explanation(judgement.verdict, newest.number, examined)


def _find(history: History, number: int) -> tuple[Admitted, Release] | None:
    """Returns a release with its entry."""
    for admitted in history.admitted:
        content = admitted.entry.content
        if isinstance(content, Release) and content.number == number:
            return admitted, content
    return None


def _examined(
    source: Source, question: Question, judged: Judged, found: tuple[Admitted, Release], checkers: Checkers
) -> Examined:
    admitted, release = found
    timing, seen = judged.timing, judged.evidence
    if timing is None or timing.entry != digest(admitted.data):
        bounding = Bounding(None, checkers, now=question.now, as_of_now=question.as_of_now)
        if seen is not None:
            seen = look_at_evidence(source, SoughtEvidence(digest(admitted.data), {}))
            bounding.take(seen)
        timing = bounding.timing(admitted, release)
    return Examined(
        admitted,
        release,
        timing,
        _files(seen or ()),
        looked=seen is not None,
        findings=tuple(timing_findings(admitted, release, timing, judged.history.standing)),
    )


def _files(seen: Sequence[SeenEvidence]) -> dict[str, bytes]:
    return {each.name: each.data for each in seen if each.data is not None}
