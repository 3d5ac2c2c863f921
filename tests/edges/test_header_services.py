"""A watcher's own sources of block headers, on loopback servers; and what the checkers of evidence make of them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from canary.core.dating.anchor_bitcoin import BitcoinHeader, parse_bitcoin
from canary.core.dating.anchor_source import ChainInterface, ChainPlace
from canary.core.dating.evidence import OTS, CheckedEvidence, EvidenceOutcome
from canary.edges.times.header_services import HeaderServices
from canary.errors import MalformedError
from canary.library import evidence_checkers
from scripts.public_values import FOLDER
from tests import ots_proofs as ots
from tests.chain_simulator import SECRET, serve_chain
from tests.loopback import Loopback, Wire, answer, drip, says
from tests.public_values import bitcoin_blocks

SECONDS = 10.0
ESPLORA = ChainInterface.ESPLORA
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
BLOCK = ots.header(900, bytes(32), NOON)
OTHER = ots.header(900, b"\x01" * 32, NOON)


@pytest.fixture
def servers() -> Iterator[list[Loopback]]:
    with Loopback({}) as one, Loopback({}) as two, Loopback({}) as three:
        yield [one, two, three]


def place(server: Loopback, interface: ChainInterface = ESPLORA, credentials: str = "") -> ChainPlace:
    return ChainPlace(interface, server.url, credentials)


def name(server: Loopback) -> str:
    return f"127.0.0.1:{server.port}"


def services(*servers: Loopback, seconds: float = SECONDS) -> HeaderServices:
    return HeaderServices([place(each) for each in servers], left=lambda: seconds)


def targets(server: Loopback) -> list[str]:
    return [each.target for each in server.asked]


# --- who agrees -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("interface", ChainInterface)
def test_every_interface_is_a_source(servers: list[Loopback], interface: ChainInterface, tmp_path: Path) -> None:
    server = servers[0]
    cookie = tmp_path / ".cookie"
    cookie.write_text(SECRET, "utf-8")
    serve_chain(server, interface, [BLOCK], tip=900)
    credentials = str(cookie) if interface is ChainInterface.CORE_RPC else ""
    found = HeaderServices([place(server, interface, credentials)], left=lambda: SECONDS)(900)
    assert (found.header, found.words) == (BLOCK, f"as {name(server)} says")


def test_all_who_answer_have_to_agree(servers: list[Loopback]) -> None:
    for each in servers:
        serve_chain(each, ESPLORA, [BLOCK], tip=950)
    found = services(*servers)(900)
    assert (found.header, found.words) == (BLOCK, f"as {' and '.join(map(name, servers))} say")
    serve_chain(servers[1], ESPLORA, [OTHER], tip=950)
    found = services(*servers)(900)
    assert found.header is None
    one, two, three = map(name, servers)
    assert found.words == (
        f"the sources disagree about block 900 ({one} and {three}: {BLOCK.hash}, {two}: {OTHER.hash})"
    )


def test_who_says_that_there_is_no_such_block_yet_disagrees_too(servers: list[Loopback]) -> None:
    one, two, _ = servers
    serve_chain(one, ESPLORA, [BLOCK], tip=900)
    serve_chain(two, ESPLORA, [ots.header(899, bytes(32), NOON)], tip=899)
    found = services(one, two)(900)
    assert found.header is None
    assert f"{name(two)}: no such block yet" in found.words
    assert services(two)(900).words == f"there is no block 900 yet, as {name(two)} says"
    # Its tip was enough to know that.
    assert set(targets(two)) == {"/blocks/tip/height"}


def test_who_cannot_be_asked_is_left_out_and_named(servers: list[Loopback]) -> None:
    one, two, three = servers
    serve_chain(one, ESPLORA, [BLOCK, ots.header(901, bytes(32), NOON)], tip=950)
    two.faults["/blocks/tip/height"] = says(answer(503))
    three.files = {"/blocks/tip/height": b"<html>captive portal</html>"}
    asking = services(one, two, three)
    found = asking(900)
    assert found.header == BLOCK
    assert found.words.startswith(f"as {name(one)} says; left out: {name(two)} answered with status 503; {name(three)}")
    assert asking(901).header == ots.header(901, bytes(32), NOON)
    assert "left out" in asking(901).words
    # Neither is asked a second time.
    assert [len(each.asked) for each in (two, three)] == [1, 1]


def test_where_nobody_can_be_asked_it_says_so(servers: list[Loopback]) -> None:
    with Loopback() as gone:
        dead = gone
    found = services(dead, servers[0])(900)
    assert found.header is None
    assert found.words.startswith("no source could be asked about block 900; left out: ")
    assert name(dead) in found.words
    assert name(servers[0]) in found.words


@pytest.mark.parametrize("interface", [ChainInterface.CORE_REST, ChainInterface.CORE_RPC])
def test_a_node_of_another_chain_is_left_out(
    servers: list[Loopback], interface: ChainInterface, tmp_path: Path
) -> None:
    cookie = tmp_path / ".cookie"
    cookie.write_text(SECRET, "utf-8")
    serve_chain(servers[0], interface, [BLOCK], tip=900, chain="regtest")
    credentials = str(cookie) if interface is ChainInterface.CORE_RPC else ""
    found = HeaderServices([place(servers[0], interface, credentials)], left=lambda: SECONDS)(900)
    assert (found.header, "another chain" in found.words) == (None, True)


def test_a_header_that_is_not_of_the_block_that_was_told_is_no_answer(servers: list[Loopback]) -> None:
    server = servers[0]
    serve_chain(server, ESPLORA, [BLOCK], tip=900)
    assert isinstance(server.files, dict)
    server.files[f"/block/{BLOCK.hash}/header"] = OTHER.header.hex().encode()
    assert services(server)(900).header is None


def test_each_block_is_asked_for_once(servers: list[Loopback]) -> None:
    serve_chain(servers[0], ESPLORA, [BLOCK], tip=900)
    asking = services(servers[0])
    assert asking(900) == asking(900)
    assert targets(servers[0]) == ["/blocks/tip/height", "/block-height/900", f"/block/{BLOCK.hash}/header"]


@pytest.mark.parametrize(("count", "words"), [(11, "at most 10"), (2, "agree with itself")])
def test_too_many_and_the_same_twice_are_refused(count: int, words: str) -> None:
    places = [ChainPlace(ESPLORA, f"https://{number if count > 2 else 0}.example") for number in range(count)]
    with pytest.raises(MalformedError, match=words):
        HeaderServices(places, left=lambda: SECONDS)


def test_a_password_in_the_workspace_is_not_used(servers: list[Loopback], tmp_path: Path) -> None:
    (tmp_path / "cookie").write_text(SECRET, "utf-8")
    node = place(servers[0], ChainInterface.CORE_RPC, str(tmp_path / "cookie"))
    found = HeaderServices([node], left=lambda: SECONDS, outside=tmp_path)(900)
    assert found.header is None
    assert "lies in the workspace" in found.words
    assert SECRET not in found.words
    assert servers[0].asked == []


# --- time -----------------------------------------------------------------------------------------------


def test_all_of_it_is_bounded(servers: list[Loopback]) -> None:
    one, two, three = servers
    one.faults["/blocks/tip/height"] = Wire.hang
    serve_chain(two, ESPLORA, [BLOCK], tip=950)
    two.faults[f"/block/{BLOCK.hash}/header"] = drip(answer(200, b"0" * 160))
    serve_chain(three, ESPLORA, [BLOCK], tip=950)
    began = time.monotonic()
    asking = services(one, two, three, seconds=1.5)
    found = asking(900)
    assert time.monotonic() - began < SECONDS
    # The one that answers is heard all the same.
    assert found.header == BLOCK
    assert all(f"{name(each)} did not answer within" in found.words for each in (one, two))


def test_when_the_time_is_up_nobody_is_asked(servers: list[Loopback]) -> None:
    asking = services(servers[0], seconds=0.0)
    assert asking(900).words == "no source was asked about block 900, because the time for it was over"
    assert servers[0].asked == []


# --- user and password ----------------------------------------------------------------------------------


def test_the_file_with_the_password_has_to_be_ones_own(
    servers: list[Loopback], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = tmp_path / ".cookie"
    cookie.write_text(SECRET, "utf-8")
    serve_chain(servers[0], ChainInterface.CORE_RPC, [BLOCK], tip=900)
    where = place(servers[0], ChainInterface.CORE_RPC, str(cookie))
    someone = os.geteuid() + 1
    with monkeypatch.context() as patch:
        patch.setattr("canary.edges.disk.files.os.geteuid", lambda: someone)
        found = HeaderServices([where], left=lambda: SECONDS)(900)
    assert (found.header, f"{cookie} is another user's file" in found.words) == (None, True)
    assert servers[0].asked == []
    assert SECRET not in found.words
    assert HeaderServices([where], left=lambda: SECONDS)(900).header == BLOCK


# --- evidence -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def block() -> BitcoinHeader:
    """The block that the published proof names."""
    (found,) = [parse_bitcoin(f"{each.height} {each.header}") for each in bitcoin_blocks() if each.height == 358391]
    return found


def published(stem: str) -> tuple[bytes, bytes]:
    return (FOLDER / "ots" / f"{stem}.txt").read_bytes(), (FOLDER / "ots" / f"{stem}.txt.ots").read_bytes()


def checked(proof: bytes, entry: bytes, *servers: Loopback, headers: Path | None = None) -> CheckedEvidence:
    checkers = evidence_checkers((), headers, [place(each) for each in servers], seconds=SECONDS)
    return checkers[OTS]("0.ots", proof, entry)


needs_ripemd160 = pytest.mark.skipif(
    "ripemd160" not in hashlib.algorithms_available, reason="hello-world.txt.ots rests on RIPEMD-160: OpenSSL lacks it"
)


@needs_ripemd160
def test_a_published_proof_holds_when_the_source_confirms_its_block(
    servers: list[Loopback], block: BitcoinHeader
) -> None:
    entry, proof = published("hello-world")
    for each in servers[:2]:
        serve_chain(each, ESPLORA, [block], tip=968_000)
    found = checked(proof, entry, *servers[:2])
    assert (found.outcome, found.by) == (EvidenceOutcome.PROVED, "Bitcoin block 358391")
    assert found.moment == datetime(2015, 5, 28, 15, 41, 18, tzinfo=UTC)
    assert found.bound == found.moment + timedelta(hours=2)
    one, two, _ = map(name, servers)
    assert found.words == f"this Bitcoin block holds it, as {one} and {two} say"


@needs_ripemd160
def test_and_not_otherwise(servers: list[Loopback], block: BitcoinHeader) -> None:
    entry, proof = published("hello-world")
    (other,) = [each for each in bitcoin_blocks() if each.height == 800_000]
    wrong = BitcoinHeader(block.height, bytes.fromhex(other.header))
    honest, liar, silent = servers
    serve_chain(honest, ESPLORA, [block], tip=968_000)
    serve_chain(liar, ESPLORA, [wrong], tip=968_000)
    for asked, outcome, words in (
        ((), EvidenceOutcome.UNCHECKED, "--bitcoin-source"),
        ((silent,), EvidenceOutcome.UNCHECKED, "no source could be asked"),
        ((liar,), EvidenceOutcome.BAD, "another Merkle root"),
        ((honest, liar), EvidenceOutcome.UNCHECKED, f"{name(liar)}: {wrong.hash}"),
        ((honest, silent), EvidenceOutcome.PROVED, f"left out: {name(silent)} answered with status 404"),
    ):
        found = checked(proof, entry, *asked)
        assert (found.outcome, words in found.words) == (outcome, True), found
        assert (found.bound is not None) == (outcome is EvidenceOutcome.PROVED)


@needs_ripemd160
def test_files_come_first_and_sources_know_what_they_lack(
    servers: list[Loopback], block: BitcoinHeader, tmp_path: Path
) -> None:
    entry, proof = published("hello-world")
    serve_chain(servers[0], ESPLORA, [block], tip=968_000)
    headers = tmp_path / "headers"
    headers.write_text(f"{ots.header(1, bytes(32), NOON).render()}\n", "ascii")
    assert checked(proof, entry, servers[0], headers=headers).words.endswith(f"as {name(servers[0])} says")
    asked = len(servers[0].asked)
    headers.write_text(f"{block.render()}\n", "ascii")
    found = checked(proof, entry, servers[0], headers=headers)
    assert (found.outcome, found.words.endswith("as the watcher's own headers say")) == (EvidenceOutcome.PROVED, True)
    assert len(servers[0].asked) == asked


@pytest.mark.parametrize(
    ("tree", "outcome"),
    [
        (ots.promise("https://alice.example"), EvidenceOutcome.PENDING),
        (ots.attestation(ots.STRANGER, b"x"), EvidenceOutcome.CLAIMED),
        (ots.block(7, ots.LITECOIN), EvidenceOutcome.CLAIMED),
        (b"\x42", EvidenceOutcome.BAD),
    ],
)
def test_nobody_is_asked_where_no_block_is_to_be_confirmed(
    servers: list[Loopback], tree: bytes, outcome: EvidenceOutcome
) -> None:
    assert checked(ots.proof(b"entry\n", tree), b"entry\n", servers[0]).outcome is outcome
    assert servers[0].asked == []


def test_sources_that_are_not_asked_cost_no_import() -> None:
    script = """
import sys
from canary.core.dating.anchor_source import parse_chain_place
from canary.core.dating.evidence import OTS
from canary.library import evidence_checkers
evidence_checkers()
assert not [name for name in sys.modules if name.startswith("canary.edges.header")]
checkers = evidence_checkers((), None, [parse_chain_place("esplora http://127.0.0.1:1")])
print([name for name in ("requests", "urllib3", "concurrent.futures", "opentimestamps") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
