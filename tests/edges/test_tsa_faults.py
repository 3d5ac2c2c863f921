"""A real authority behind a real server, with one fault at a time, beside an honest one: nothing unsound is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from canary.core.dating.evidence import EvidenceOutcome
from canary.core.signed.entry import Entry
from canary.core.text.strict import digest
from canary.edges.times.evidence_folder import EvidenceFolder
from canary.edges.times.tsa import Authorities
from canary.flows.issue.stamping import Stamped, Stamping, stamp
from canary.formats.times.rfc3161 import TokenChecker
from tests.authority import Authority, Service, make_authority, new_root, query_for, serving, unsorted
from tests.loopback import Fault, Loopback, answer, drip, says
from tests.publisher import Desk

SHORT = 0.6
LONG = 5.0
Change = Callable[[Authority, bytes, bytes], bytes]
"""What an authority with a fault answers: from itself, the request and its honest reply."""


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority under an intermediate, as public ones are."""
    return make_authority(tmp_path_factory.mktemp("tsa"), intermediates=1)


@pytest.fixture(scope="module")
def entry() -> Entry:
    desk = Desk().begin()
    desk.release(datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
    return desk.history.admitted[-1].entry


@pytest.fixture
def served(tsa: Authority) -> Iterator[tuple[Loopback, list[Service], list[str]]]:
    """The same authority twice; the first has the faults."""
    with serving(tsa, tsa) as found:
        yield found


def kept(folder: Path, urls: list[str], tsa: Authority, entry: Entry, *, seconds: float = LONG) -> Stamped:
    ask = Authorities(seconds=2 * LONG, each=seconds)
    checker = TokenChecker(lambda: tsa.roots)
    return stamp(Stamping(EvidenceFolder(folder), urls, ask, checker, checker, datetime.now(UTC)), [entry])


def by(name: str, **options: object) -> Change:
    """Has the token signed under a certificate of another kind."""
    return lambda tsa, query, _: tsa.stamp(query=query, by=tsa.between[0].issue(name, **options))  # type: ignore[arg-type]


def through_nobody(tsa: Authority, query: bytes, _: bytes) -> bytes:
    """Leaves the intermediate out, and puts another of its name in."""
    return tsa.stamp(query=query, others=[new_root("Test CA 1")])


FAULTS: dict[str, tuple[Change, str]] = {
    "another nonce": (
        lambda tsa, _, __: tsa.reply(query_for(b"x")),
        "its nonce is not that of the request",
    ),
    "other bytes": (
        lambda tsa, query, _: tsa.reply(
            query[: query.index(b"\x04\x20") + 2] + bytes(32) + query[query.index(b"\x04\x20") + 34 :]
        ),
        "it is over other bytes than this entry",
    ),
    "an expired certificate": (
        by("Expired", ends=datetime(2021, 1, 1, tzinfo=UTC)),
        "its signer's certificate had expired at the token's own time (on 2021-01-01)",
    ),
    "no extended key usage": (by("Plain", usage=None), "certificate is not one for timestamping and nothing else"),
    "a usage too many": (
        by("Both", usage=[ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH]),
        "certificate is not one for timestamping and nothing else",
    ),
    "a usage that is not critical": (by("Lax", critical=False), "but does not say so as critical"),
    "a chain that is none": (through_nobody, "its certificates do not make a chain"),
    "a day behind": (
        lambda tsa, query, _: tsa.stamp(query=query, at=datetime.now(UTC) - timedelta(days=1)),
        "which is before the entry was issued",
    ),
    "a day ahead": (
        lambda tsa, query, _: tsa.stamp(query=query, at=datetime.now(UTC) + timedelta(days=1)),
        "and the clock here says",
    ),
    "garbage": (lambda *_: b"\x30\x82\xff\xff", "it is no RFC 3161 reply in DER, or is broken"),
    "half of a reply": (lambda _, __, reply: reply[: len(reply) // 2], "it is no RFC 3161 reply in DER, or is broken"),
    "a refusal": (lambda *_: bytes.fromhex("30053003020102"), "it was refused"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_token_with_a_fault_is_named_and_not_kept_and_the_next_authority_asked(
    fault: str, served: tuple[Loopback, list[Service], list[str]], tsa: Authority, entry: Entry, tmp_path: Path
) -> None:
    _, (faulty, _), urls = served
    change, words = FAULTS[fault]
    faulty.change = lambda reply: change(tsa, faulty.queries[-1].body, reply)
    came = kept(tmp_path, urls, tsa, entry)
    (failure,) = came.failures
    assert failure.source == urls[0]
    assert words in failure.reason
    assert [each.checked.outcome for each in came.kept] == [EvidenceOutcome.PROVED]
    assert EvidenceFolder(tmp_path).evidence_sources(digest(entry.data)) == {"0.tsr": urls[1]}


@pytest.mark.parametrize(
    "fault",
    [lambda wire: wire.hang(), drip(answer(200, b"x" * 1_000)), says(b"")],
    ids=["silence", "slow drip", "hangs up"],
)
def test_an_authority_that_does_not_answer_takes_nothing_from_the_next(
    fault: Fault, served: tuple[Loopback, list[Service], list[str]], tsa: Authority, entry: Entry, tmp_path: Path
) -> None:
    server, _, urls = served
    server.faults["/tsa/0"] = fault
    came = kept(tmp_path, urls, tsa, entry, seconds=SHORT)
    assert [each.source for each in came.failures] == [urls[0]]
    assert [each.wanted.authority for each in came.kept] == [urls[1]]


@pytest.mark.parametrize("change", [bytes, unsorted], ids=["in order", "out of order"])
def test_what_comes_through_an_intermediate_is_kept_as_it_came(
    change: Callable[[bytes], bytes],
    served: tuple[Loopback, list[Service], list[str]],
    tsa: Authority,
    entry: Entry,
    tmp_path: Path,
) -> None:
    _, (one, _), urls = served
    sent: list[bytes] = []
    one.change = lambda reply: sent.append(change(reply)) or sent[-1]  # type: ignore[func-returns-value]
    came = kept(tmp_path, urls[:1], tsa, entry)
    assert [each.checked.outcome for each in came.kept] == [EvidenceOutcome.PROVED]
    assert [data for _, data in EvidenceFolder(tmp_path).evidence(digest(entry.data))] == sent
