"""Verifying a canary: look, judge, and where a cache could be to blame look a second time past every cache.

A look is judged as `canary.core.judging.judge` says. It is **doubtful** if a finding other than UNREACHABLE and
NEVER-FETCHED causes INVALID, MISSING or UNREACHABLE, or if OVERDUE or EXPIRED is found in a look that brought a log or
was unchanged: a cache can hold back the newer release. Open sticky findings of earlier looks are not doubtful.

A doubtful look is followed by a second one, without a condition and with `Cache-Control: no-cache`, which is judged
from the same state and with the sticky findings of the first: what signatures prove stays proved, however fine the
second copy is. Then:

- The second look brought a log, and the first had taken in none, or one that the second goes on from byte for byte
  (as far as either holds): the second verdict stands.
- Both logs hold and neither goes on from the other: the second is judged anew from the state that the first left, so
  that it is found to be a fork.
- Otherwise (it brought no log, or an older one) the first look is judged again as one whose second look failed: its
  findings that are not sticky and cause INVALID or MISSING become INCONSISTENT. If the first had brought no log
  either, the second answer is judged in its place.

From a site that answers both looks alike, the verdict is that of one look.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from canary.core.dating.evidence import Checkers
from canary.core.judging.fetched import Source
from canary.core.judging.judge import Judging
from canary.core.judging.observation import (
    Gone,
    Incomplete,
    NotACanary,
    Observation,
    Seen,
    SeenAttachment,
    SeenEvidence,
    Unreachable,
)
from canary.core.judging.question import Judgement, Question
from canary.core.judging.taking import Taking
from canary.core.log.admitted import Admitted
from canary.core.signed.outcome import OpenPGPVerifier
from canary.flows.watch.look import look, look_at_attachments, look_at_evidence


class _Looked(msgspec.Struct, frozen=True):
    """One look, judged."""

    seen: Observation
    attachments: tuple[SeenAttachment, ...]
    evidence: tuple[SeenEvidence, ...] | None
    judgement: Judgement
    verified: Sequence[Admitted]
    takes_log: bool


def verify_site(
    source: Source, question: Question, verifier: OpenPGPVerifier, checkers: Checkers | None = None
) -> Judgement:
    """Verifies the canary at `source`.

    Args:
        source: where it lies.
        question: pin, state and the moment of judging.
        verifier: the port to OpenPGP.
        checkers: the ports that check evidence, by the ending of its files; None where nothing checks any.
    """
    return _Verification(source, verifier, checkers or {}).answer(question)


class _Verification(msgspec.Struct, frozen=True):
    """The looks that answer one question, and the ports they take."""

    source: Source
    verifier: OpenPGPVerifier
    checkers: Checkers

    def answer(self, question: Question) -> Judgement:
        etag = question.state.etag if question.state and question.as_of_now else None
        first = self._look_and_judge(look(self.source, etag=etag), question, fresh=False)
        if not first.judgement.doubtful:
            return first.judgement
        if question.state is not None and first.judgement.state is not None:
            # What signatures prove stays proved, however fine the second copy is.
            question = replace(question, state=replace(question.state, sticky=first.judgement.state.sticky))
        seen = look(self.source, fresh=True)
        if not isinstance(seen, Seen):
            return self._without_second(first, _why(seen), seen, question)
        second = self._look_and_judge(seen, question, fresh=True)
        if not first.takes_log or _goes_on(first.verified, second.verified):
            return second.judgement
        if _goes_on(second.verified, first.verified):
            return self._without_second(first, "it brought an older copy", seen, question)
        # Two logs that both hold, and not one of them goes on from the other: judged as a fork of the first.
        if first.judgement.state is not None:
            question = replace(question, state=first.judgement.state)
            return self._look_and_judge(seen, question, fresh=True).judgement
        return self._without_second(first, "it brought another log", seen, question)

    def _without_second(self, first: _Looked, why: str, second: Observation, question: Question) -> Judgement:
        """Judges where the second look brought no better log: what the first one proves stays.

        What a cache can cause is not confirmed then, and becomes a warning.
        """
        taking = Taking(question, self.verifier)
        if isinstance(first.seen, Seen):
            taking.take(replace(first.seen, unconfirmed=why))
            taking.take_attachments(first.attachments)
            judging = Judging(taking, self.checkers)
            if first.evidence is not None:
                judging.take_evidence(first.evidence)
            return judging.conclude()
        if isinstance(first.seen, Unreachable | Gone | NotACanary | Incomplete):
            taking.take(second)
            return Judging(taking, self.checkers).conclude()
        # The stored log is as stale without a second look as with it.
        return first.judgement

    def _look_and_judge(self, seen: Observation, question: Question, *, fresh: bool) -> _Looked:
        taking = Taking(question, self.verifier)
        taking.take(seen)
        release = taking.release_to_complete()
        attachments: tuple[SeenAttachment, ...] = ()
        if release is not None:
            intact = question.state.attachments if question.state else ()
            attachments = look_at_attachments(self.source, release, intact=intact, fresh=fresh)
            taking.take_attachments(attachments)
        judging = Judging(taking, self.checkers)
        sought = judging.evidence_to_look_for()
        evidence: tuple[SeenEvidence, ...] | None = None
        if sought is not None:
            evidence = look_at_evidence(self.source, sought, fresh=fresh)
            judging.take_evidence(evidence)
        return _Looked(seen, attachments, evidence, judging.conclude(), taking.verified, taking.takes_log)


def _goes_on(shorter: Sequence[Admitted], longer: Sequence[Admitted]) -> bool:
    """Tells whether one log is the beginning of another, byte for byte."""
    return len(shorter) <= len(longer) and all(
        one.data == other.data for one, other in zip(shorter, longer, strict=False)
    )


def _why(seen: Observation) -> str:
    if isinstance(seen, Unreachable | Gone | NotACanary | Incomplete):
        return seen.detail
    return "it brought nothing new"
