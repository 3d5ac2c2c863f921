"""Verifying a canary: look, judge, and where a cache could be to blame look a second time past every cache."""

from __future__ import annotations

from dataclasses import replace

from canary.core.fetched import Source
from canary.core.judge import Judgement, Question, judge
from canary.core.outcome import OpenPGPVerifier
from canary.flows.watch.look import look


def verify_site(source: Source, question: Question, verifier: OpenPGPVerifier) -> Judgement:
    """Verifies the canary at `source`.

    Args:
        source: where it lies.
        question: pin, state and the moment of judging.
        verifier: the port to OpenPGP.
    """
    state = question.state
    intact = state.attachments if state else ()
    first = look(source, etag=state.etag if state else None, intact=intact)
    judgement = judge(first, question, verifier)
    if not judgement.doubtful:
        return judgement
    if state and judgement.state:
        # What signatures prove stays proved, however fine the second copy is.
        question = replace(question, state=replace(state, sticky=judgement.state.sticky))
    return judge(look(source, fresh=True, intact=intact), question, verifier)
