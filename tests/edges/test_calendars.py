from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from canary.core.evidence import EvidenceOutcome
from canary.core.ots_calendars import DEFAULT_CALENDARS, Promise
from canary.edges.calendars import CalendarClient, checked_calendars
from canary.edges.web_request import request
from canary.errors import CanaryError, FetchError
from canary.flows.issue.proofs_to_come import ask_for_proofs, has_open_promises
from canary.formats import opentimestamps
from canary.formats.bitcoin_headers import source_of
from canary.formats.opentimestamps import ProofChecker
from tests import ots_proofs as ots
from tests.calendar_simulator import NOON, Calendar
from tests.loopback import Fault, Wire, answer, drip, endless, redirects, says, says_and_resets

ENTRY = b"an entry with its signatures\n"
NONCE = bytes(range(16))
SECONDS = 1.5


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    with Calendar() as one:
        yield one


def client(*calendars: Calendar, seconds: float = SECONDS) -> CalendarClient:
    return CalendarClient(request, [each.url for each in calendars], seconds=seconds)


def begun(*calendars: Calendar) -> dict[str, bytes]:
    return ask_for_proofs(ENTRY, {}, client(*calendars), NONCE).files


def test_a_promise_becomes_a_proof_when_the_block_is_there(calendar: Calendar, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = begun(calendar)
    assert list(stored) == ["0.ots"]
    assert calendar.posted == [ots.sha256(ots.sha256(ENTRY) + NONCE)]
    assert has_open_promises(ENTRY, stored)
    assert ProofChecker(source_of([]))("0.ots", stored["0.ots"], ENTRY).outcome is EvidenceOutcome.PENDING

    waiting = ask_for_proofs(ENTRY, stored, client(calendar), NONCE)
    assert (waiting.files, waiting.pending) == ({}, True)
    assert waiting.told == (f"0.ots: {calendar.url} has no block for it yet",)

    calendar.finds_block(900)
    done = ask_for_proofs(ENTRY, stored, client(calendar), NONCE)
    assert (list(done.files), done.pending) == (["0.ots"], False)
    assert done.told == (f"0.ots: {calendar.url} has a Bitcoin block for it",)
    monkeypatch.setattr(opentimestamps, "work_fault", lambda _: None)
    monkeypatch.setattr(opentimestamps, "without_floor", lambda _: None)
    checker = ProofChecker(source_of(calendar.blocks.values()))
    assert checker("0.ots", done.files["0.ots"], ENTRY).outcome is EvidenceOutcome.PROVED

    asked = len(calendar.asked)
    again = ask_for_proofs(ENTRY, done.files, client(calendar), NONCE)
    assert (again.files, again.told, again.pending) == ({}, (), False)
    assert len(calendar.asked) == asked


def test_several_calendars_make_one_proof() -> None:
    with Calendar() as first, Calendar() as second, Calendar() as third:
        third.misbehaves = says(answer(503, b"down"))
        changes = ask_for_proofs(ENTRY, {}, client(first, second, third), NONCE)
        assert changes.told == (
            f"{first.url} promised a Bitcoin block",
            f"{second.url} promised a Bitcoin block",
            f"{third.url} answered with status 503",
        )
        second.finds_block(900)
        half = ask_for_proofs(ENTRY, changes.files, client(first, second, third), NONCE)
        assert half.pending
        assert (len(half.files), first.asked[-1][:11]) == (1, "/timestamp/")
        first.finds_block(901)
        whole = ask_for_proofs(ENTRY, half.files, client(first, second, third), NONCE)
        assert not whole.pending
        assert len(second.asked) == 2


def silence(wire: Wire) -> None:
    wire.hang()


MISBEHAVIOUR: dict[str, tuple[Fault, str]] = {
    "garbage": (says(answer(200, b"<html>hello</html>")), "gave no"),
    "nothing": (says(answer(200, b"")), "gave no"),
    "no HTTP": (says(b"\x00\x01\x02\r\n\r\n"), "could not be asked"),
    "silence": (silence, "could not be asked"),
    "a byte at a time": (drip(answer(200, b"", {"Content-Length": "9000"}), every=0.02), "could not be asked"),
    "endless": (endless(answer(200, b"", {"Transfer-Encoding": "chunked"}), b"800\r\n" + b"\xff" * 2048 + b"\r\n"), ""),
    "too long": (says(answer(200, ots.append(b"a" * 4000) * 3 + ots.promise("https://a.example"))), "could not be"),
    "a reset": (says_and_resets(answer(200, b"abc", {"Content-Length": "90"})), "could not be asked"),
    "a redirect": (redirects("https://example.net/digest"), "answered with status 302"),
    "an error": (says(answer(500, b"oops")), "answered with status 500"),
    "a proof that is no promise": (says(answer(200, ots.attestation(ots.STRANGER, b"x"))), "gave no"),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_a_calendar_that_misbehaves_at_first_costs_nothing_but_its_promise(calendar: Calendar, name: str) -> None:
    fault, words = MISBEHAVIOUR[name]
    with Calendar(misbehaves=fault) as bad:
        began = time.monotonic()
        changes = ask_for_proofs(ENTRY, {}, client(bad, calendar), NONCE)
        assert time.monotonic() - began < SECONDS + 1
    assert words in changes.told[0]
    assert changes.told[1] == f"{calendar.url} promised a Bitcoin block"
    assert list(changes.files) == ["0.ots"]


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_a_calendar_that_misbehaves_later_leaves_the_proof_as_it_was(calendar: Calendar, name: str) -> None:
    fault, words = MISBEHAVIOUR[name]
    stored = begun(calendar)
    calendar.misbehaves_later(calendar.posted[0], fault)
    began = time.monotonic()
    changes = ask_for_proofs(ENTRY, stored, client(calendar), NONCE)
    assert time.monotonic() - began < SECONDS + 1
    assert (changes.files, changes.pending) == ({}, True)
    assert words in changes.told[0]


def test_a_block_for_another_commitment_is_taken_and_proves_nothing(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = begun(calendar)
    other = ots.way(b"another commitment", 900)
    calendar.tells(calendar.posted[0], other.tree)
    changes = ask_for_proofs(ENTRY, stored, client(calendar), NONCE)
    monkeypatch.setattr(opentimestamps, "work_fault", lambda _: None)
    monkeypatch.setattr(opentimestamps, "without_floor", lambda _: None)
    headers = source_of([ots.header(900, other.root, NOON)])
    assert ProofChecker(headers)("0.ots", changes.files["0.ots"], ENTRY).outcome is EvidenceOutcome.BAD


def test_another_promise_in_the_place_of_a_proof_is_not_kept(calendar: Calendar) -> None:
    stored = begun(calendar)
    calendar.tells(calendar.posted[0], ots.promise("https://example.net"))
    changes = ask_for_proofs(ENTRY, stored, client(calendar), NONCE)
    assert (changes.files, changes.pending) == ({}, True)
    assert "leads to no Bitcoin block yet" in changes.told[0]


def test_an_address_in_a_proof_decides_nothing(calendar: Calendar) -> None:
    with Calendar() as elsewhere:
        tree = ots.forks(
            *(ots.promise(uri) for uri in (elsewhere.url, f"{calendar.url}/x", calendar.url.replace("http", "HTTP"))),
            ots.append(b"a" * 200) + ots.promise(calendar.url),
        )
        changes = ask_for_proofs(ENTRY, {"0.ots": ots.proof(ENTRY, tree)}, client(calendar), NONCE)
        assert len(changes.told) == 4
        assert all("is not on the list" in each or "no calendar commits to" in each for each in changes.told)
        assert (elsewhere.asked, calendar.asked) == ([], [])


def test_the_lists_own_spelling_is_asked(calendar: Calendar) -> None:
    spelt = CalendarClient(request, [f"{calendar.url}/"], seconds=SECONDS)
    (answered,) = spelt.fetch([Promise(f"{calendar.url}/", b"abc")])
    assert answered.fault == "has no block for it yet"
    assert calendar.asked == ["/timestamp/616263"]


def test_all_calendars_together_keep_the_time() -> None:
    with Calendar(misbehaves=silence) as one, Calendar(misbehaves=silence) as two, Calendar() as three:
        began = time.monotonic()
        answers = client(one, two, three, seconds=1.2).submit(bytes(32))
        assert time.monotonic() - began < 2
        assert [each.body is None for each in answers] == [True, True, False]


def test_those_that_have_no_time_left_are_not_asked() -> None:
    asked = []

    def slow(url: str, **_: object) -> tuple[int, bytes]:
        asked.append(url)
        time.sleep(0.2)
        raise FetchError("late")

    answers = CalendarClient(slow, ["https://a.example", "https://b.example"], seconds=0.1).submit(bytes(32))
    assert asked == ["https://a.example/digest"]
    assert answers[1].fault == "was not asked, because 0.1 s were over"


@pytest.mark.parametrize(
    ("calendars", "words"),
    [
        ([], "0 calendars"),
        ([f"https://c{number}.example" for number in range(11)], "11 calendars"),
        (["ftp://a.example"], "does not start with https://"),
        (["https://user@a.example"], "user name"),
        (["https://a.example/?q"], "query"),
        (["https://a.example", "https://a.example/"], "twice"),
        (["https://a.example\n"], "characters"),
    ],
)
def test_a_list_that_cannot_be_is_refused(calendars: list[str], words: str) -> None:
    with pytest.raises(CanaryError, match=words) as caught:
        checked_calendars(calendars)
    assert caught.value.hint


def test_calendars_are_not_asked_in_the_clear() -> None:
    with pytest.raises(CanaryError, match="not encrypted"):
        CalendarClient(request, ["http://calendar.example"]).submit(bytes(32))


def test_the_public_calendars_can_be_a_list() -> None:
    assert checked_calendars(DEFAULT_CALENDARS) == DEFAULT_CALENDARS
