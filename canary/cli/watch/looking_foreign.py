"""Looking at one canary in another format: wires its source and the reader of its format to the watcher's flow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from canary.core.foreign.judge import ForeignJudgement, ForeignQuestion, judge_foreign
from canary.core.foreign.pinned import Pinned
from canary.core.foreign.state import ForeignState
from canary.core.foreign.unproved import BlockTime
from canary.core.judging.fetched import Answer, Source
from canary.core.judging.observation import Unreachable
from canary.core.text.strict import hash_field
from canary.core.watching.followed import Followed
from canary.edges.openpgp.lazy_foreign_gpg import LazyForeignGpg
from canary.errors import CanaryError, MalformedError, StateError
from canary.flows.watch.foreign import verify_foreign
from canary.formats.foreign.pinned_json import pin_of
from canary.formats.foreign.readers import reader_of
from canary.formats.settings.foreign_profile import parse_profile
from canary.library import open_foreign

_ADD_ANEW = "Bring the memory back from a backup, or remove the canary and add it anew."


def question_of(
    followed: Followed,
    pinned: Pinned | None,
    state: ForeignState | None,
    now: datetime,
    block_time: BlockTime | None = None,
) -> ForeignQuestion:
    """Returns what a look is judged by.

    Args:
        followed: the canary.
        pinned: what is pinned of it.
        state: what is stored of it.
        now: the watcher's clock.
        block_time: knows blocks; None where nothing does.

    Raises:
        StateError: nothing is pinned, or something else than the pin says.
    """
    if pinned is None:
        raise StateError(f"nothing is pinned of {followed.name}", hint=_ADD_ANEW)
    pin = pin_of(pinned)
    if pin != followed.pin or pinned.format is not followed.format:
        raise StateError(f"what is pinned of {followed.name} is {hash_field(pin)}, and not its pin", hint=_ADD_ANEW)
    try:
        profile = parse_profile(pinned.profile_text.encode(), what=pinned.profile)
    except MalformedError as error:
        raise StateError(f"the profile pinned of {followed.name} cannot be read: {error}", hint=_ADD_ANEW) from error
    return ForeignQuestion(now, pinned, pin, followed.first_use, profile, state, block_time)


def judged_foreign(
    followed: Followed,
    question: ForeignQuestion,
    *,
    seconds: float,
    seen: Callable[[Answer | None], None] | None = None,
    repositories: Path | None = None,
    noted: Callable[[Source], Source] = lambda source: source,
) -> ForeignJudgement:
    """Looks at a canary and judges it.

    Args:
        followed: the canary.
        question: what it is judged by.
        seconds: what the look may take.
        seen: is told each answer as it came.
        repositories: where repositories are kept from one look to the next; None to keep none.
        noted: stands in for the source, and notes what is asked for.
    """
    with LazyForeignGpg() as gpg:
        try:
            with open_foreign(
                followed.location,
                seconds=seconds,
                allow_http=followed.allow_http,
                ca_file=Path(followed.ca_file) if followed.ca_file else None,
                proxy=followed.proxy or None,
                seen=seen,
                repositories=repositories,
            ) as (source, path):
                return verify_foreign(noted(source), path, question, reader_of(question.pinned.format, gpg))
        except CanaryError as error:
            # A folder that is gone, or an address that cannot be used any more: what is stored is judged by time.
            return judge_foreign(Unreachable(error.what), question)
