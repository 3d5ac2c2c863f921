from __future__ import annotations

import hashlib
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.dating.anchor_bitcoin import BitcoinHeader
from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.errors import CanaryError
from canary.formats.times import opentimestamps, ots_proof
from canary.formats.times.bitcoin_headers import NO_SOURCE, HeaderAnswer, HeaderSource, parse_headers, source_of
from canary.formats.times.opentimestamps import ProofChecker
from canary.limits import EVIDENCE_BYTES, OTS_BLOCKS, OTS_STEPS
from tests import ots_proofs as ots
from tests.strategies import mutated

TIME = Path(__file__).parents[3] / "shared" / "data" / "time"
ENTRY = b"an entry with its signatures\n"
HASH = hashlib.sha256(ENTRY).digest()
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
URI = "https://alice.example"

BAD, CLAIMED, PENDING, PROVED, UNCHECKED = (
    EvidenceOutcome.BAD,
    EvidenceOutcome.CLAIMED,
    EvidenceOutcome.PENDING,
    EvidenceOutcome.PROVED,
    EvidenceOutcome.UNCHECKED,
)


def nobody(_: int) -> HeaderAnswer:
    """The source of a watcher who has none."""
    return NO_SOURCE


def check(tree: bytes, *headers: BitcoinHeader) -> CheckedEvidence:
    return ProofChecker(source_of(headers))("0.ots", ots.proof(ENTRY, tree), ENTRY)


def outcome(data: bytes, headers: HeaderSource = nobody) -> EvidenceOutcome:
    return ProofChecker(headers)("0.ots", data, ENTRY).outcome


@pytest.fixture
def any_header_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can find a block for a test, so here every header passes for one that holds its work."""
    monkeypatch.setattr(opentimestamps, "work_fault", lambda _: None)
    monkeypatch.setattr(opentimestamps, "without_floor", lambda _: None)


# --- the published proofs -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published() -> dict[str, tuple[bytes, bytes]]:
    if not TIME.is_dir():
        pytest.skip(f"{TIME} is not there")
    names = ("hello-world", "incomplete", "unknown-notary")
    return {
        name: ((TIME / "ots" / f"{name}.txt").read_bytes(), (TIME / "ots" / f"{name}.txt.ots").read_bytes())
        for name in names
    }


@pytest.fixture(scope="module")
def chain() -> HeaderSource:
    if not TIME.is_dir():
        pytest.skip(f"{TIME} is not there")
    return source_of(parse_headers((TIME / "bitcoin_headers.json").read_bytes()))


needs_ripemd160 = pytest.mark.skipif(
    "ripemd160" not in hashlib.algorithms_available, reason="hello-world.txt.ots rests on RIPEMD-160: OpenSSL lacks it"
)


@needs_ripemd160
def test_a_published_proof_holds_when_the_source_confirms_its_block(
    published: dict[str, tuple[bytes, bytes]], chain: HeaderSource
) -> None:
    entry, data = published["hello-world"]
    found = ProofChecker(chain)("3.ots", data, entry)
    assert (found.name, found.sha256) == ("3.ots", hashlib.sha256(data).hexdigest())
    assert (found.outcome, found.by) == (PROVED, "Bitcoin block 358391")
    assert found.moment == datetime(2015, 5, 28, 15, 41, 18, tzinfo=UTC)
    assert found.bound == found.moment + timedelta(hours=2)


@needs_ripemd160
def test_and_not_otherwise(published: dict[str, tuple[bytes, bytes]], chain: HeaderSource) -> None:
    entry, data = published["hello-world"]
    real, other = chain(358391).header, chain(800000).header
    assert real is not None
    assert other is not None
    changed = BitcoinHeader(358391, real.header[:-1] + b"\x00")
    sources: list[tuple[BitcoinHeader | None, EvidenceOutcome, str]] = [
        (None, UNCHECKED, "somebody's word"),
        (BitcoinHeader(358391, other.header), BAD, "another Merkle root"),
        (other, UNCHECKED, "answered with another block"),
        (changed, UNCHECKED, "does not hold the work"),
    ]
    for header, expected, words in sources:
        found = ProofChecker(lambda _, header=header: HeaderAnswer(header, "somebody's word"))("0.ots", data, entry)  # type: ignore[misc]  # bound at once
        assert (found.outcome, found.moment, found.bound) == (expected, None, None)
        assert words in found.words
    assert ProofChecker(chain)("0.ots", data, entry + b"\n").outcome is BAD


def test_a_calendars_promise_is_pending_and_an_unknown_notary_a_claim(
    published: dict[str, tuple[bytes, bytes]], chain: HeaderSource
) -> None:
    for name, expected, by in (
        ("incomplete", PENDING, "https://alice.btc.calendar.opentimestamps.org"),
        ("unknown-notary", CLAIMED, "a notary that is not known here (0102030405060708)"),
    ):
        entry, data = published[name]
        found = ProofChecker(chain)("0.ots", data, entry)
        assert (found.outcome, found.by, found.moment, found.bound) == (expected, by, None, None)
        assert by in found.words


def test_a_published_proof_with_one_bit_changed_proves_nothing(
    published: dict[str, tuple[bytes, bytes]], chain: HeaderSource
) -> None:
    entry, data = published["hello-world"]
    checker = ProofChecker(chain)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << (place % 8)
        assert checker("0.ots", bytes(changed), entry).outcome is not PROVED, place


# --- what counts ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("any_header_holds")
def test_the_earliest_block_that_holds_counts() -> None:
    ways = {height: ots.way(HASH, height, str(height).encode()) for height in (900, 901, 902)}
    headers = [
        ots.header(900, ways[900].root, NOON),
        ots.header(901, ways[901].root, NOON - timedelta(minutes=20)),
        ots.header(902, ways[902].root, NOON + timedelta(hours=1)),
    ]
    found = check(ots.forks(*(each.tree for each in ways.values())), *headers)
    assert (found.outcome, found.by, found.moment) == (PROVED, "Bitcoin block 901", NOON - timedelta(minutes=20))
    assert found.bound == NOON + timedelta(hours=1, minutes=40)


@pytest.mark.usefixtures("any_header_holds")
def test_of_several_attestations_the_best_known_decides() -> None:
    good, wrong = ots.way(HASH, 900), ots.block(901)
    known = (ots.header(900, good.root, NOON), ots.header(901, bytes(32), NOON - timedelta(days=9)))
    unknown, promised = ots.block(902), ots.promise(URI)
    stranger = ots.attestation(ots.STRANGER, b"x")
    for branches, expected in (
        ((promised, stranger, unknown, wrong, good.tree), PROVED),
        ((ots.block(900), good.tree), PROVED),
        ((promised, unknown, wrong), BAD),
        ((stranger, promised, unknown), UNCHECKED),
        ((stranger, promised), PENDING),
        ((ots.block(7, ots.LITECOIN), stranger), CLAIMED),
    ):
        found = check(ots.forks(*branches), *known)
        assert found.outcome is expected
        assert (found.bound == NOON + timedelta(hours=2)) == (expected is PROVED)


def test_a_source_of_headers_that_shows_cheap_blocks_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opentimestamps, "work_fault", lambda _: None)
    good = ots.way(HASH, 900)
    cheap = ots.header(900, good.root, NOON)
    found = check(good.tree, BitcoinHeader(900, cheap.header[:72] + bytes.fromhex("ffff001d") + bytes(4)))
    assert found.outcome is UNCHECKED
    assert "less work than a block of 2026-03-04 takes" in found.words


def test_notaries_are_named_but_not_without_end() -> None:
    many = [ots.promise(f"https://{number}.example/{'x' * 300}") for number in range(9)]
    found = check(ots.forks(*many))
    assert "and 6 more" in found.words
    assert len(found.words) < 500


@pytest.mark.usefixtures("without_opentimestamps")
def test_without_the_package_nothing_is_known_and_the_words_say_what_to_do() -> None:
    for data in (b"", ots.proof(ENTRY, ots.promise(URI)), b"\x00" * 99_999):
        found = ProofChecker(nobody)("0.ots", data, ENTRY)
        assert (found.outcome, found.bound) == (UNCHECKED, None)
        assert "pip install 'warrant-canary[ots]'" in found.words


def test_a_hash_that_this_machine_does_not_have_leaves_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = b"\x03" + ots.promise(URI)

    def without(name: str, *_: bytes) -> None:
        raise ValueError(f"unsupported hash type {name}")

    assert check(tree).outcome is PENDING or "does not have" in check(tree).words
    monkeypatch.setattr(hashlib, "new", without)
    found = check(tree)
    assert found.outcome is UNCHECKED
    assert "ripemd160" in found.words


# --- what is no proof -----------------------------------------------------------------------------------

PROMISED = ots.promise(URI)
SHA256 = ots.SHA256


@pytest.mark.parametrize(
    ("data", "expected", "words"),
    [
        (b"", BAD, "no OpenTimestamps proof"),
        (ots.MAGIC, BAD, "no OpenTimestamps proof"),
        (ots.proof(ENTRY, b""), BAD, "no OpenTimestamps proof"),
        (ots.proof(ENTRY, PROMISED[:-1]), BAD, "ends too early"),
        (ots.proof(ENTRY, PROMISED) + b"\x00", BAD, "something follows"),
        (ots.proof(b"another entry", PROMISED), BAD, "over something else"),
        (ots.MAGIC + b"\x01\x02" + hashlib.sha1(ENTRY).digest() + PROMISED, BAD, "not over a SHA-256"),  # noqa: S324
        (ots.MAGIC + b"\x02\x08" + HASH + PROMISED, UNCHECKED, "newer version"),
        (ots.proof(ENTRY, b"\x42" + PROMISED), BAD, "none that there is"),
        (ots.proof(ENTRY, b"\xf0\x00" + PROMISED), BAD, "1 to 4096 may"),
        (ots.proof(ENTRY, b"\xf0\x81\x00a" + PROMISED), BAD, "shortest spelling"),
        (ots.proof(ENTRY, b"\xf0\x81\x80\x01a" + PROMISED), BAD, "too large"),
        (ots.proof(ENTRY, b"\xf2" + PROMISED), BAD, "reverses"),
        (ots.proof(ENTRY, ots.promise("https://a.example/?q")), BAD, "none that there is"),
        (ots.proof(ENTRY, ots.block(10_000_001)), BAD, "height"),
        (ots.proof(ENTRY, ots.attestation(ots.BITCOIN, b"\x05\x00")), BAD, "none that there is"),
        (ots.proof(ENTRY, ots.attestation(ots.LITECOIN, b"\xff" * 8000 + b"\x7f")), BAD, "height"),
        (ots.proof(ENTRY, ots.attestation(ots.CALENDAR, b"\xff" * 8000 + b"\x7f")), BAD, "none that there is"),
        (ots.proof(ENTRY, ots.forks(PROMISED, PROMISED)), BAD, "stands twice"),
        (ots.proof(ENTRY, ots.forks(ots.SHA256 + PROMISED, ots.SHA256 + ots.block(900))), BAD, "stands twice"),
    ],
)
def test_it_is_told_what_is_wrong(data: bytes, expected: EvidenceOutcome, words: str) -> None:
    found = ProofChecker(nobody)("0.ots", data, ENTRY)
    assert (found.outcome, found.moment, found.bound) == (expected, None, None)
    assert words in found.words
    assert not found.words.endswith(".")


@pytest.mark.usefixtures("any_header_holds")
def test_of_many_blocks_the_lowest_are_looked_at() -> None:
    good = ots.way(HASH, 900)
    header = ots.header(900, good.root, NOON)
    above = [ots.block(901 + number) for number in range(11)]
    found = check(ots.forks(*above, good.tree), header)
    assert (found.outcome, found.by) == (PROVED, "Bitcoin block 900")
    below = [ots.block(890 + number) for number in range(OTS_BLOCKS)]
    assert check(ots.forks(*below[1:], good.tree), header).outcome is PROVED
    assert check(ots.forks(*below, good.tree), header).outcome is UNCHECKED


def test_every_proof_that_is_cut_short_is_bad() -> None:
    data = ots.proof(ENTRY, ots.forks(ots.way(HASH, 900).tree, PROMISED))
    assert outcome(data) is UNCHECKED
    for length in range(len(data)):
        assert outcome(data[:length]) is BAD, length


def test_the_bounds_of_steps_and_attestations_are_exact() -> None:
    # A step for each fork and operation, and two for an attestation.
    steps = ots.forks(*(ots.append(bytes([number])) + SHA256 * 200 + PROMISED for number in range(10)))
    taken = 9 + 10 * (1 + 200 + 2)
    full = ots.FORK + ots.append(b"x") + SHA256 * (2048 - taken - 4) + PROMISED + steps
    assert check(full).outcome is PENDING
    assert "more operations" in check(SHA256 + full).words
    promises = [ots.promise(f"https://{number}.example") for number in range(65)]
    assert check(ots.forks(*promises[1:])).outcome is PENDING
    assert "more operations or attestations" in check(ots.forks(*promises)).words


def hostile() -> Iterator[tuple[str, bytes]]:
    """Yields proofs that would cost much memory or time if they were read without bounds."""
    room = EVIDENCE_BYTES - 200
    operand = ots.append(b"a" * 3700)
    branch = ots.prepend(b"x") + b"\xf0\x01y" * 250 + PROMISED
    yield "long operands in many forks", operand + (ots.FORK + branch) * ((room - 3710) // (len(branch) + 1)) + PROMISED
    yield "as deep as the file is long", SHA256 * room + PROMISED
    yield "deeper by one than is read", SHA256 * 256 + PROMISED
    yield "forks only", (ots.FORK + ots.block(1)) * (room // 12) + PROMISED
    yield "hexadecimal of hexadecimal", b"\xf3" * 200 + PROMISED
    yield "numbers that never end", b"\xf0" + b"\xff" * room
    heights = (ots.block(1 + number * (2**61 - 1), ots.LITECOIN) for number in range(3000))
    yield "attestations whose hashes collide", (ots.FORK + ots.FORK.join(heights))[:room] + PROMISED
    yield "larger than a file may be", ots.append(b"a") * 30_000 + PROMISED


def cost_of(data: bytes) -> EvidenceOutcome:
    """Returns what came of a proof, having held its cost in steps and memory to what an honest reader can spare."""
    ots_proof.check_installed()
    source = vars(ots_proof)["_Source"]
    with patch.object(source, "read_bytes", autospec=True, side_effect=source.read_bytes) as steps:
        found = outcome(data)
    assert steps.call_count <= OTS_STEPS + 1
    tracemalloc.start()
    try:
        assert outcome(data) is found
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()
    return found


@pytest.mark.parametrize(("name", "tree"), list(hostile()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_hostile_proof_costs_little(name: str, tree: bytes) -> None:
    assert cost_of(ots.proof(ENTRY, tree)) is BAD, name


def test_the_costliest_proof_that_is_read_costs_little() -> None:
    branch = ots.prepend(b"x") + b"\xf0\x01y" * 250 + PROMISED
    tree = (
        ots.append(b"a" * 3_700)
        + b"".join(ots.FORK + ots.prepend(bytes([number])) + branch for number in range(7))
        + PROMISED
    )
    assert cost_of(ots.proof(ENTRY, tree)) is PENDING


def test_a_stack_that_is_deep_already_is_no_reason_to_fail() -> None:
    deep = ots.proof(ENTRY, SHA256 * 255 + PROMISED)
    assert outcome(deep) is PENDING

    def below(frames: int) -> EvidenceOutcome:
        return outcome(deep) if not frames else below(frames - 1)

    assert below(sys.getrecursionlimit() - 450) is BAD


# --- any bytes at all -----------------------------------------------------------------------------------

_operations = (
    st.sampled_from([b"\x02", b"\x03", b"\x08", b"\x67", b"\xf3", b"\xf2"])
    | st.binary(min_size=1, max_size=40).map(ots.append)
    | st.binary(min_size=1, max_size=40).map(ots.prepend)
)
_leaves = (
    st.integers(0, 2**70).map(ots.block)
    | st.sampled_from([URI, "", "https://b.example/x"]).map(ots.promise)
    | st.builds(ots.attestation, st.binary(min_size=8, max_size=8), st.binary(max_size=40))
)
_trees = st.recursive(
    _leaves,
    lambda below: (
        st.builds(lambda operation, tree: operation + tree, _operations, below)
        | st.lists(below, min_size=2, max_size=4).map(lambda branches: ots.forks(*branches))
    ),
    max_leaves=12,
)
_proofs = _trees.map(lambda tree: ots.proof(ENTRY, tree))
_bytes = st.binary() | st.binary().map(lambda tail: ots.proof(ENTRY, tail)) | _proofs | mutated(_proofs)


def a_block_with_no_work(height: int) -> HeaderAnswer:
    return HeaderAnswer(ots.header(height % 10_000_000, bytes(32), NOON), "as somebody says")


@given(_bytes)
def test_no_bytes_make_the_checker_raise_or_believe(data: bytes) -> None:
    for headers in (nobody, a_block_with_no_work):
        found = ProofChecker(headers)("0.ots", data, ENTRY)
        assert found.outcome is not PROVED
        assert found.bound is None
        assert found.words


@given(_bytes, st.binary() | _trees | mutated(_trees), st.binary(min_size=16, max_size=16))
def test_no_bytes_make_the_readers_raise_anything_but_the_projects_errors(
    data: bytes, answer: bytes, nonce: bytes
) -> None:
    for read in (
        lambda: ots_proof.read_proof(data, HASH),
        lambda: ots_proof.open_promises(data, HASH),
        lambda: ots_proof.begin_proof(HASH, nonce, answer),
        lambda: ots_proof.add_answer(data, HASH, HASH, answer),
        lambda: ots_proof.read_answer(answer, HASH),
        lambda: parse_headers(data),
    ):
        try:
            read()
        except CanaryError as error:
            assert error.what  # noqa: PT017  # either it reads or it says why


@given(_trees, _trees, st.binary(min_size=16, max_size=16))
def test_what_is_added_to_a_proof_is_in_it_and_nothing_is_lost(first: bytes, second: bytes, nonce: bytes) -> None:
    asked = ots_proof.commitment(HASH, nonce)
    try:
        began = ots_proof.begin_proof(HASH, nonce, first)
        alone = ots_proof.begin_proof(HASH, nonce, second)
    except CanaryError:
        return
    merged = ots_proof.add_answer(began, HASH, asked, second)
    leaves = set(ots_proof.read_proof(merged, HASH))
    assert leaves == set(ots_proof.read_proof(began, HASH)) | set(ots_proof.read_proof(alone, HASH))
    assert ots_proof.add_answer(merged, HASH, asked, second) == merged
