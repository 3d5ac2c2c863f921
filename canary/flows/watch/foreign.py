"""Looking at a foreign canary: fetch what its series says, read it by the pinned format, judge it."""

from __future__ import annotations

from canary.core.foreign.judge import ForeignJudgement, ForeignQuestion
from canary.core.foreign.observation import ForeignObservation
from canary.core.foreign.reader import FormatReader
from canary.core.judging.fetched import Source


def look_foreign(source: Source, path: str, question: ForeignQuestion, reader: FormatReader) -> ForeignObservation:
    """Looks at a foreign canary once.

    Args:
        source: its place: a host, or a folder.
        path: where in it the edition lies that was pinned, or the index of the series; empty for the place itself.
        question: what is pinned and stored.
        reader: reads the pinned format.
    """
    raise NotImplementedError


def verify_foreign(source: Source, path: str, question: ForeignQuestion, reader: FormatReader) -> ForeignJudgement:
    """Looks at a foreign canary, and judges it; where a cache could be to blame a second time past every cache.

    Args:
        source: as `look_foreign` has it.
        path: likewise.
        question: likewise.
        reader: likewise.
    """
    raise NotImplementedError
