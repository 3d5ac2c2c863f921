from __future__ import annotations

import pytest

from canary.errors import BadAnswerError, CanaryError, FetchError, MalformedError
from canary.flows.issue.failures import Failure, Reason, by_reason

FIRST, SECOND = "http://one.example/tsa", "https://two.example:8443"
REFUSED = "connection refused"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FetchError(f"one.example: {REFUSED}"), REFUSED),
        (FetchError("one.example did not answer within 3 s"), "did not answer within 3 s"),
        (BadAnswerError("one.example answered, but it is empty"), "answered, but it is empty"),
        (FetchError(f"{FIRST}: larger than the 9 bytes it may have"), "larger than the 9 bytes it may have"),
        (BadAnswerError("its token is not kept: it is old"), "its token is not kept: it is old"),
        (MalformedError("it ends too early", what="proof"), "it ends too early"),
        (CanaryError(": odd"), ": odd"),
    ],
)
def test_a_reason_does_not_begin_with_the_host(error: CanaryError, reason: str) -> None:
    assert Failure(FIRST, error).reason == reason


def test_one_reason_is_one_line_however_many_have_it() -> None:
    failures = [
        Failure(FIRST, FetchError(f"one.example: {REFUSED}")),
        Failure(SECOND, FetchError(f"two.example:8443: {REFUSED}")),
        Failure("evidence/ab/0.ots", MalformedError("it ends too early")),
        Failure(SECOND, FetchError(f"two.example:8443: {REFUSED}")),
    ]
    assert by_reason(failures, [FIRST, SECOND]) == [
        Reason(("one.example", "two.example:8443"), REFUSED),
        Reason(("evidence/ab/0.ots",), "it ends too early"),
    ]


def test_two_at_one_host_are_told_apart() -> None:
    other = "http://one.example/other"
    failure = Failure(FIRST, FetchError(f"one.example: {REFUSED}"))
    assert by_reason([failure], [FIRST, other]) == [Reason((FIRST,), REFUSED)]
    assert by_reason([failure], [FIRST, SECOND]) == [Reason(("one.example",), REFUSED)]


def test_an_address_from_a_file_is_cut_short() -> None:
    (reason,) = by_reason([Failure("https://" + "x" * 900, FetchError("no"))], [])
    assert len(reason.names[0]) == 200
