from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.judging.findings import Code, Finding
from canary.core.judging.verdict import Subject, Verdict
from canary.errors import MalformedError
from canary.formats.verdict_json import parse_verdict, render_verdict
from tests.remembered import OK, UNREACHABLE
from tests.strategies import mutated, verdicts

STORED = (
    b'{"version":1,"judged_at":"2026-11-24T12:00:00.250000Z",'
    b'"findings":[{"code":"DUE","message":"open","entry":7,"sticky":false,"remark":true,"found":null}],'
    b'"canary":"example.net/canary","organisation":null,"fingerprint":"11","pin":null,"log_size":7,'
    b'"subject":{"release":4,"entry":7,"text_sha256":"44","period":"2026-11-01","issued":"2026-11-03T00:00:00Z",'
    b'"next":["2027-02-01","2027-02-14"],"expires":"2027-03-01T00:00:00Z","signers":["legal"],"threshold":2,'
    b'"roster_signers":3,"statements":["keys@v2"],"claimed_times":[["legal","2026-11-03T00:00:00Z"]]},'
    b'"not_before":"2026-11-03T00:00:00Z","not_after":null}'
)
"""What lies in watchers' memories; if it does not read any more, it needs a new version and a way to read this one."""


@given(verdicts)
def test_a_verdict_comes_back_as_it_was(verdict: Verdict) -> None:
    assert parse_verdict(render_verdict(verdict)) == verdict


@given(mutated(verdicts.map(render_verdict)))
def test_other_bytes_are_refused_or_are_a_verdict_in_its_one_spelling(data: bytes) -> None:
    try:
        verdict = parse_verdict(data)
    except MalformedError:
        return
    assert render_verdict(verdict) == data


def test_what_was_stored_once_is_read_for_ever() -> None:
    issued = datetime(2026, 11, 3, tzinfo=UTC)
    verdict = Verdict(
        judged_at=datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC),
        findings=(Finding(Code.DUE, "open", 7, remark=True),),
        canary="example.net/canary",
        fingerprint="11",
        log_size=7,
        subject=Subject(
            release=4,
            entry=7,
            text_sha256="44",
            period=date(2026, 11, 1),
            issued=issued,
            next=(date(2027, 2, 1), date(2027, 2, 14)),
            expires=datetime(2027, 3, 1, tzinfo=UTC),
            signers=("legal",),
            threshold=2,
            roster_signers=3,
            statements=("keys@v2",),
            claimed_times=(("legal", issued),),
        ),
        not_before=issued,
    )
    assert parse_verdict(STORED) == verdict
    assert render_verdict(verdict) == STORED


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.spelling)
def test_every_code_is_stored_by_its_spelling(code: Code) -> None:
    data = render_verdict(Verdict(OK.judged_at, (Finding(code, "words"),)))
    assert json.loads(data)["findings"][0]["code"] == code.spelling
    assert parse_verdict(data).findings[0].code is code


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"code":"DUE"', b'"code":"TOMORROWS"', "the finding 'TOMORROWS' is not known here"),
        (b'"version":1', b'"version":2', "version 2 is not known here"),
    ],
)
def test_what_a_newer_version_wrote_is_told_as_that(old: bytes, new: bytes, words: str) -> None:
    with pytest.raises(MalformedError, match=words) as caught:
        parse_verdict(STORED.replace(old, new))
    assert caught.value.hint == "Install the version of warrant-canary that wrote it."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"log_size":7', b'"log_size":7.0'),
        (b'"log_size":7', b'"log_size":7,"log_size":7'),
        (b'"log_size":7', b'"log_size": 7'),
        (b'"log_size":7', b'"log_size":"7"'),
        (b'"log_size":7', b'"log_size":7,"more":1'),
        (b'"log_size":7,', b""),
        (b'"threshold":2', b'"threshold":2,"more":1'),
        (b"12:00:00.250000Z", b"12:00:00.250000"),
        (b"12:00:00.250000Z", b"12:00:00.250000+00:00"),
        (b"12:00:00.250000Z", b"12:00:00.25Z"),
        (b"2026-11-01", b"2026-11-31"),
        (b'"open"', b'"op\\u0065n"'),
        (b'"open"', b'"op\xffn"'),
        (b'"not_after":null}', b'"not_after":null}\n'),
    ],
)
def test_another_spelling_is_refused(old: bytes, new: bytes) -> None:
    assert old in STORED
    with pytest.raises(MalformedError, match="it is damaged"):
        parse_verdict(STORED.replace(old, new))


@given(st.integers(0, len(STORED) - 1))
def test_half_a_verdict_is_refused(length: int) -> None:
    with pytest.raises(MalformedError):
        parse_verdict(STORED[:length])


def test_a_look_that_brought_nothing_is_short() -> None:
    assert parse_verdict(render_verdict(UNREACHABLE)) == UNREACHABLE
