"""Verifying a canary: look, judge, and where a cache could be to blame look a second time past every cache."""

from __future__ import annotations

from dataclasses import replace

from canary.core.fetched import Source
from canary.core.judge import Judging
from canary.core.observation import Observation, Seen, SeenAttachment, Unchanged
from canary.core.outcome import OpenPGPVerifier
from canary.core.question import Judgement, Question
from canary.flows.watch.look import look, look_at_attachments


def verify_site(source: Source, question: Question, verifier: OpenPGPVerifier) -> Judgement:
    """Verifies the canary at `source`.

    Args:
        source: where it lies.
        question: pin, state and the moment of judging.
        verifier: the port to OpenPGP.
    """
    etag = question.state.etag if question.state and question.as_of_now else None
    first = look(source, etag=etag)
    judgement, attachments = _judge(source, first, question, verifier, fresh=False)
    if not judgement.doubtful:
        return judgement
    if question.state is not None and judgement.state is not None:
        # What signatures prove stays proved, however fine the second copy is.
        question = replace(question, state=replace(question.state, sticky=judgement.state.sticky))
    second = look(source, fresh=True)
    if isinstance(first, Unchanged) and not isinstance(second, Seen):
        # The stored log is as stale without the second look as with it.
        return judgement
    if isinstance(second, Seen) or not isinstance(first, Seen):
        return _judge(source, second, question, verifier, fresh=True)[0]
    # The second look brought no log: what the first one proves stays, what a cache can cause is not confirmed.
    judging = Judging(question, verifier)
    why = "nothing new" if isinstance(second, Unchanged) else second.detail
    judging.take(replace(first, unconfirmed=why))
    judging.take_attachments(attachments)
    return judging.conclude()


def _judge(
    source: Source, seen: Observation, question: Question, verifier: OpenPGPVerifier, *, fresh: bool
) -> tuple[Judgement, tuple[SeenAttachment, ...]]:
    judging = Judging(question, verifier)
    judging.take(seen)
    release = judging.release_to_complete()
    attachments: tuple[SeenAttachment, ...] = ()
    if release is not None:
        intact = question.state.attachments if question.state else ()
        attachments = look_at_attachments(source, release, intact=intact, fresh=fresh)
        judging.take_attachments(attachments)
    return judging.conclude(), attachments
