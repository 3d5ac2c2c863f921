from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import trustme

from canary.core.dating.evidence import EvidenceOutcome
from canary.core.dating.ots_calendars import DEFAULT_CALENDARS, Promise, checked_calendars
from canary.edges.times.calendars import CalendarClient
from canary.edges.web.web_request import request
from canary.errors import MalformedError, NotAskedError
from canary.flows.issue.failures import by_reason
from canary.flows.issue.proofs_to_come import ProofChanges, ask_for_proofs, has_open_promises
from canary.formats.times import opentimestamps
from canary.formats.times.bitcoin_headers import HeaderSource, source_of
from canary.formats.times.opentimestamps import ProofChecker
from tests import ots_proofs as ots
from tests.calendar_simulator import NOON, Calendar, nobody_knows
from tests.loopback import Fault, Loopback, Wire, answer, drip, endless, redirects, says, says_and_resets

ENTRY = b"an entry with its signatures\n"
NONCE = bytes(range(16))
SECONDS = 1.5


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    with Calendar() as one:
        yield one


def client(*calendars: Calendar, seconds: float = SECONDS) -> CalendarClient:
    return CalendarClient(request, [each.url for each in calendars], seconds=seconds)


def asked(stored: dict[str, bytes], *calendars: Calendar, headers: HeaderSource = nobody_knows) -> ProofChanges:
    return ask_for_proofs(ENTRY, stored, client(*calendars), NONCE, headers)


def begun(*calendars: Calendar) -> dict[str, bytes]:
    return asked({}, *calendars).files


def told(changes: ProofChanges) -> list[str]:
    return [f"{', '.join(each.names)}: {each.words}" for each in by_reason(changes.failures, ())]


def host(calendar: Calendar) -> str:
    return calendar.url.removeprefix("http://")


def test_a_promise_becomes_a_proof_when_the_block_is_there(calendar: Calendar, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = begun(calendar)
    assert list(stored) == ["0.ots"]
    assert calendar.posted == [ots.sha256(ots.sha256(ENTRY) + NONCE)]
    assert has_open_promises(ENTRY, stored)
    assert ProofChecker(source_of([]))("0.ots", stored["0.ots"], ENTRY).outcome is EvidenceOutcome.PENDING

    assert asked(stored, calendar) == ProofChanges({}, (), ())

    calendar.finds_block(900)
    done = asked(stored, calendar)
    assert (list(done.files), done.failures) == (["0.ots"], ())
    assert not has_open_promises(ENTRY, done.files)
    monkeypatch.setattr(opentimestamps, "work_fault", lambda _: None)
    monkeypatch.setattr(opentimestamps, "without_floor", lambda _: None)
    checker = ProofChecker(source_of(calendar.blocks.values()))
    assert checker("0.ots", done.files["0.ots"], ENTRY).outcome is EvidenceOutcome.PROVED

    requests = len(calendar.asked)
    assert asked(done.files, calendar) == ProofChanges({}, (), ())
    assert len(calendar.asked) == requests


def test_several_calendars_make_one_proof() -> None:
    with Calendar() as first, Calendar() as second, Calendar() as third:
        third.misbehaves = says(answer(503, b"down"))
        changes = asked({}, first, second, third)
        assert changes.promised == (first.url, second.url)
        assert told(changes) == [f"{host(third)}: answered with status 503"]
        second.finds_block(900)
        half = asked(changes.files, first, second, third)
        assert has_open_promises(ENTRY, half.files)
        assert (len(half.files), first.asked[-1][:11]) == (1, "/timestamp/")
        first.finds_block(901)
        whole = asked(half.files, first, second, third)
        assert not has_open_promises(ENTRY, whole.files)
        assert len(second.asked) == 2


def silence(wire: Wire) -> None:
    wire.hang()


CHUNK = b"\xff" * 2048 + b"\r\n"
MISBEHAVIOUR: dict[str, tuple[Fault, str]] = {
    "garbage": (says(answer(200, b"<html>hello</html>")), "gave no"),
    "nothing": (says(answer(200, b"")), "gave no"),
    "no HTTP": (says(b"\x00\x01\x02\r\n\r\n"), "what came back is not HTTP"),
    "silence": (silence, f"did not answer within {SECONDS} s"),
    "a byte at a time": (drip(answer(200, b"", {"Content-Length": "9000"}), every=0.02), "did not answer"),
    "endless": (endless(answer(200, b"", {"Transfer-Encoding": "chunked"}), b"800\r\n" + CHUNK), "larger than"),
    "too long": (says(answer(200, ots.append(b"a" * 4000) * 3 + ots.promise("https://a.example"))), "larger than"),
    "a reset": (says_and_resets(answer(200, b"abc", {"Content-Length": "90"})), "broke off"),
    "a redirect": (redirects("https://example.net/digest"), "answered with status 302"),
    "an error": (says(answer(500, b"oops")), "answered with status 500"),
    "a proof that is no promise": (says(answer(200, ots.attestation(ots.STRANGER, b"x"))), "gave no"),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_a_calendar_that_misbehaves_at_first_costs_nothing_but_its_promise(calendar: Calendar, name: str) -> None:
    fault, words = MISBEHAVIOUR[name]
    with Calendar(misbehaves=fault) as bad:
        began = time.monotonic()
        changes = asked({}, bad, calendar)
        assert time.monotonic() - began < SECONDS + 1
        (line,) = told(changes)
        assert line.startswith(f"{host(bad)}: ")
    assert words in line
    assert changes.promised == (calendar.url,)
    assert list(changes.files) == ["0.ots"]


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_a_calendar_that_misbehaves_later_leaves_the_proof_as_it_was(calendar: Calendar, name: str) -> None:
    fault, words = MISBEHAVIOUR[name]
    stored = begun(calendar)
    calendar.misbehaves_later(calendar.posted[0], fault)
    began = time.monotonic()
    changes = asked(stored, calendar)
    assert time.monotonic() - began < SECONDS + 1
    assert changes.files == {}
    (line,) = told(changes)
    assert line.startswith(f"{host(calendar)}: ")
    assert words in line


def test_a_calendar_that_failed_is_left_alone_from_then_on(calendar: Calendar) -> None:
    with Calendar(misbehaves=says(answer(500, b"oops"))) as bad:
        one = client(bad, calendar)
        for _ in range(3):
            assert [each.fault is None for each in one.submit(bytes(32))] == [False, True]
        one.fetch([Promise(bad.url, b"abc")])
        assert (len(bad.asked), len(calendar.asked)) == (1, 3)


@pytest.fixture
def cheap_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets blocks that nobody found pass for found ones."""
    monkeypatch.setattr(opentimestamps, "work_fault", lambda _: None)
    monkeypatch.setattr(opentimestamps, "without_floor", lambda _: None)


@pytest.mark.usefixtures("cheap_blocks")
def test_a_block_for_another_commitment_is_refused_where_the_block_is_known(calendar: Calendar) -> None:
    stored = begun(calendar)
    other = ots.way(b"another commitment", 900)
    calendar.tells(calendar.posted[0], other.tree)
    headers = source_of([ots.header(900, ots.sha256(b"another root"), NOON)])
    refused = asked(stored, calendar, headers=headers)
    assert refused.files == {}
    assert told(refused) == [f"{host(calendar)}: gave no proof: Bitcoin block 900 does not hold it"]
    # Where nobody here knows the block, it is taken, and proves nothing to whoever does.
    taken = asked(stored, calendar).files
    assert ProofChecker(headers)("0.ots", taken["0.ots"], ENTRY).outcome is EvidenceOutcome.BAD
    calendar.finds_block(901)
    assert asked(stored, calendar, headers=source_of(calendar.blocks.values())).failures == ()


def test_another_promise_in_the_place_of_a_proof_is_not_kept(calendar: Calendar) -> None:
    stored = begun(calendar)
    calendar.tells(calendar.posted[0], ots.promise("https://example.net"))
    changes = asked(stored, calendar)
    assert changes.files == {}
    assert told(changes) == [f"{host(calendar)}: gave no proof: it leads to no Bitcoin block yet"]


def test_an_address_in_a_proof_decides_nothing(calendar: Calendar) -> None:
    with Calendar() as elsewhere:
        tree = ots.forks(
            *(ots.promise(uri) for uri in (elsewhere.url, f"{calendar.url}/x", calendar.url.replace("http", "HTTP"))),
            ots.append(b"a" * 200) + ots.promise(calendar.url),
        )
        changes = asked({"0.ots": ots.proof(ENTRY, tree)}, calendar)
        assert [type(each.error) for each in changes.failures] == [NotAskedError] * 4
        assert {each.reason for each in changes.failures} == {
            "is not on the list of calendars",
            "is said to have promised something that no calendar commits to",
        }
        assert (elsewhere.asked, calendar.asked) == ([], [])


def test_the_lists_own_spelling_is_asked(calendar: Calendar) -> None:
    spelt = CalendarClient(request, [f"{calendar.url}/"], seconds=SECONDS)
    (answered,) = spelt.fetch([Promise(f"{calendar.url}/", b"abc")])
    assert (answered.body, answered.fault) == (None, None)
    assert calendar.asked == ["/timestamp/616263"]


def test_the_silent_take_no_time_from_the_others() -> None:
    with Calendar(misbehaves=silence) as one, Calendar(misbehaves=silence) as two, Calendar() as three:
        some = CalendarClient(request, [one.url, two.url, three.url], seconds=9, each=0.4)
        answers = some.submit(bytes(32))
        assert [str(each.fault) for each in answers] == [
            f"{host(one)} did not answer within 0.4 s",
            f"{host(two)} did not answer within 0.4 s",
            "None",
        ]


def test_who_has_no_time_left_is_not_asked() -> None:
    def late(url: str, **_: object) -> tuple[int, bytes]:
        urls.append(url)
        time.sleep(0.2)
        return 200, b"a promise"

    urls: list[str] = []
    slow = CalendarClient(late, ["https://a.example"], seconds=0.1)
    assert slow.submit(bytes(32))[0].body == b"a promise"
    (answered,) = slow.submit(bytes(32))
    assert isinstance(answered.fault, NotAskedError)
    assert answered.fault.what == "a.example was not asked: the 0.1 s for calendars were over"
    assert urls == ["https://a.example/digest"]
    assert slow.left() < 0


def test_over_https_the_calendar_has_to_prove_its_name(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    with Loopback(tls=context, services={"/digest": lambda asked: answer(200, asked.body)}) as server:
        trusting = CalendarClient(partial(request, ca_file=tmp_path / "ca.pem"), [server.url], seconds=SECONDS)
        assert trusting.submit(bytes(32))[0].body == bytes(32)
        (answered,) = CalendarClient(request, [server.url], seconds=SECONDS).submit(bytes(32))
        assert "not trusted here" in str(answered.fault)


@pytest.mark.parametrize(
    ("calendars", "words"),
    [
        ([f"https://c{number}.example" for number in range(11)], "at most 10"),
        (["http://a.example"], "not encrypted"),
        (["ftp://a.example"], "does not start with https://"),
        (["https://user@a.example"], "user name"),
        (["https://a.example/?q"], "query"),
        (["https://a.example", "https://a.example/"], "twice"),
        (["https://a.example\n"], "characters"),
    ],
)
def test_a_list_that_cannot_be_is_refused(calendars: list[str], words: str) -> None:
    with pytest.raises(MalformedError, match=words) as caught:
        checked_calendars(calendars)
    assert caught.value.hint


def test_whatever_is_asked_has_been_checked() -> None:
    with pytest.raises(MalformedError, match="not encrypted"):
        CalendarClient(request, ["http://calendar.example"], seconds=SECONDS)


def test_the_public_calendars_can_be_a_list() -> None:
    assert checked_calendars(DEFAULT_CALENDARS) == DEFAULT_CALENDARS
