"""Whatever a host answers, a look comes to an observation, asks a bounded number of times, and denies nothing known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from canary.core.foreign.observation import SeenEditions
from canary.core.foreign.pinned import Format
from canary.core.judging.fetched import Fetched
from canary.core.judging.observation import Gone, NotACanary, Unreachable
from canary.errors import FetchError
from canary.flows.watch.foreign import look_foreign, verify_foreign
from canary.formats.foreign.readers import reader_of
from canary.limits import FOREIGN_STEPS
from tests.foreign_series import FIXED, IN_GIT, INDEXED, NUMBERED, ForeignSeries, SignifySeal, Unasked

NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)
SERIES = ForeignSeries(SignifySeal())
FILES = {
    **SERIES.edition(1, "2026-01-05"),
    **SERIES.edition(2, "2026-01-05"),
    "index": b'<!doctype html><a href="canary-001-2026.txt">1</a><a href="canary-002-2026.txt">2</a>',
    "listing": "".join(f"{'0' * 39}{n} canary-00{n}-2026.txt\n" for n in (1, 2)).encode(),
}
BODIES = st.sampled_from(sorted(FILES.values())) | st.binary(max_size=60)
ANSWERS = st.tuples(st.sampled_from([200, 200, 200, 304, 404, 410, 403, 503, 206, 0]), BODIES)


class Host:
    """Answers as it was told, by path, and otherwise with 404; status 0 is a failure."""

    def __init__(self, answers: Mapping[str, tuple[int, bytes]]) -> None:
        self.answers = answers
        self.asked = 0

    def describe(self) -> str:
        return "https://example.net/"

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        del limit, fresh
        self.asked += 1
        status, body = self.answers.get(path, (404, b""))
        if status == 0:
            raise FetchError(f"nothing came of {path}")
        if status == 304:
            return Fetched(304, b"", etag) if etag else Fetched(200, body, '"x"')
        return Fetched(status, body if status < 300 else b"", '"x"')


PATHS = st.sampled_from(
    [
        *("", "canary-001-2026.txt", "canary-001-2026.txt.sig", "canary-002-2026.txt", "canary-002-2026.txt.sig"),
        *("canary-003-2027.txt", "canaries/", "canaries/canary-001-2026.txt", "canaries/canary-001-2026.txt.sig"),
    ]
)


@pytest.mark.parametrize("profile", [FIXED, NUMBERED, INDEXED, IN_GIT], ids=["fixed", "template", "index", "git"])
@pytest.mark.parametrize("format_", [Format.SIGNIFY, Format.PAGE, Format.CANARYTAIL])
@settings(max_examples=60, deadline=None)
@given(first=st.dictionaries(PATHS, ANSWERS), second=st.dictionaries(PATHS, ANSWERS))
def test_no_answers_break_a_look(
    profile: str,
    format_: Format,
    first: Mapping[str, tuple[int, bytes]],
    second: Mapping[str, tuple[int, bytes]],
) -> None:
    series = ForeignSeries(SignifySeal(), profile)
    series.pinned = replace(series.pinned, format=format_)
    if format_ is Format.PAGE:
        series.pinned = replace(series.pinned, signers=(), threshold=0)
    reader = reader_of(format_, Unasked())
    path = "" if profile in (INDEXED, IN_GIT) else "canary-001-2026.txt"
    state = None
    for answers in (first, second):
        host = Host(answers)
        question = series.question(NOW, state)
        seen = look_foreign(host, path, question, reader)
        assert host.asked < 40 * FOREIGN_STEPS
        if isinstance(seen, SeenEditions):
            assert seen.serves
            assert len({each.path for each in seen.files}) == len(seen.files)
        else:
            assert isinstance(seen, Gone | NotACanary | Unreachable)
        state = verify_foreign(Host(answers), path, question, reader).state or state
