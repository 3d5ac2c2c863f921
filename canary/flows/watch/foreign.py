"""Looking at a foreign canary: fetch what its series says, read it by the pinned format, judge it.

A verdict is **doubtful**
- if a finding that does not stick causes INVALID, MISSING or UNREACHABLE, and is neither UNREACHABLE nor NEVER-FETCHED;
- if one that does not stick is WITHDRAWN or REWORDED, since a cache can hold back a part of a page;
- if the canary is OVERDUE or EXPIRED though the look came through, since a cache can hold back the newer edition.

A doubtful look is followed by a second one, without a condition and with `Cache-Control: no-cache`, which is judged as
the look after the first: what the first accepted stays accepted, what it found and no signature proves does not.
"""

from __future__ import annotations

from msgspec.structs import replace

from canary.core.foreign.judge import ForeignJudgement, ForeignQuestion, judge_foreign
from canary.core.foreign.observation import ForeignObservation, SeenEditions
from canary.core.foreign.reader import FormatReader
from canary.core.judging.fetched import Source
from canary.core.judging.findings import Cause, Code, Status
from canary.core.judging.observation import Unreachable
from canary.errors import FetchError
from canary.flows.watch.foreign_series import SeriesLook

_DOUBTFUL = {Status.INVALID, Status.MISSING, Status.UNREACHABLE}
_OF_A_PAGE = {Code.WITHDRAWN, Code.REWORDED}
_NOT_THE_CACHE = {Code.UNREACHABLE, Code.NEVER_FETCHED}
_LATE = {Cause.OVERDUE, Cause.EXPIRED}


def look_foreign(
    source: Source, path: str, question: ForeignQuestion, reader: FormatReader, *, fresh: bool = False
) -> ForeignObservation:
    """Looks at a foreign canary once.

    Args:
        source: its place: a host, or a folder.
        path: where in it the edition lies that was pinned, or the index of the series; empty for the place itself.
        question: what is pinned and stored.
        reader: reads the pinned format.
        fresh: ask every cache on the way for an uncached copy.
    """
    try:
        return SeriesLook(source, path, question, reader, fresh=fresh).look()
    except FetchError as error:
        return Unreachable(error.what)


def verify_foreign(source: Source, path: str, question: ForeignQuestion, reader: FormatReader) -> ForeignJudgement:
    """Looks at a foreign canary, and judges it; where a cache could be to blame a second time past every cache.

    Args:
        source: as `look_foreign` has it.
        path: likewise.
        question: likewise.
        reader: likewise.
    """
    seen = look_foreign(source, path, question, reader)
    first = judge_foreign(seen, question)
    if not _is_doubtful(first, seen):
        return first
    if first.state is not None:
        question = replace(question, state=first.state)
    return judge_foreign(look_foreign(source, path, question, reader, fresh=True), question)


def _is_doubtful(judgement: ForeignJudgement, seen: ForeignObservation) -> bool:
    for each in judgement.verdict.findings:
        if each.cause is None or each.sticky:
            continue
        if each.cause.status in _DOUBTFUL and each.code not in _NOT_THE_CACHE:
            return True
        if each.code in _OF_A_PAGE:
            return True
        if each.cause in _LATE and isinstance(seen, SeenEditions):
            return True
    return False
