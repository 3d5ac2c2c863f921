from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_arkworks_bls12381 import G1Point

from canary.core.dating import anchor_bitcoin, anchor_drand
from canary.core.dating.anchor_bitcoin import HEADER_BYTES, BitcoinHeader, parse_bitcoin, without_floor, work_fault
from canary.core.dating.anchor_drand import CHAIN_HASH, GENESIS, PERIOD, DrandRound, parse_drand, verify_drand
from canary.core.dating.anchors import (
    BITCOIN,
    DRAND,
    HEADLINE,
    AnchorOutcome,
    CheckedAnchor,
    anchor_identity,
    check_anchor,
)
from canary.core.dating.difficulty import ENDS, FLOORS
from canary.core.documents.release import Anchor
from canary.core.text.strict import digest
from canary.core.text.times import format_time
from canary.errors import MalformedError
from canary.limits import TEXT_BYTES
from scripts.public_values import CARRIED_BLOCK, CARRIED_ROUND, newest_anchors
from tests.public_values import bitcoin_blocks, drand_rounds
from tests.simulator import EXAMPLE_ANCHOR, EXAMPLE_BLOCK
from tests.strategies import anchor_values, anchors, mutated

ROUND = parse_drand(EXAMPLE_ANCHOR.value)
FIRST_BLOCK = Anchor(
    BITCOIN,
    f"0 01{'0' * 70}3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
)
"""The chain's first block, of 2009: it holds the easiest work that there is."""

EASIEST_BITS = 0x1D00FFFF
"""The compact target of difficulty 1."""


def header(*, bits: int = EASIEST_BITS, seconds: int = 1_700_000_000, nonce: int = 0) -> BitcoinHeader:
    """Returns a header that nobody has worked for."""
    fields = (seconds, bits, nonce)
    return BitcoinHeader(1, bytes(68) + b"".join(field.to_bytes(4, "little") for field in fields))


def outcome(kind: str, value: str) -> AnchorOutcome:
    return check_anchor(Anchor(kind, value)).outcome


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_what_is_carried_is_what_is_public() -> None:
    assert CARRIED_ROUND.value in [f"{each.round} {each.signature}" for each in drand_rounds()]
    assert CARRIED_BLOCK.value in [f"{each.height} {each.header}" for each in bitcoin_blocks()]


def test_the_newest_anchors_at_hand_are_proved_and_not_older_than_those_carried() -> None:
    for newest, carried in zip(newest_anchors(), (CARRIED_ROUND, CARRIED_BLOCK), strict=True):
        one, other = check_anchor(newest).bound, check_anchor(carried).bound
        assert newest.kind == carried.kind
        assert one
        assert other
        assert one >= other


# --- drand ----------------------------------------------------------------------------------------------


def test_a_round_proves_its_own_time() -> None:
    checked = check_anchor(EXAMPLE_ANCHOR)
    moment = datetime(2026, 8, 31, 18, 45, 15, tzinfo=UTC)
    assert checked.outcome is AnchorOutcome.PROVED
    assert (checked.moment, checked.bound, checked.identity) == (moment, moment, "drand-quicknet 31799517")
    assert "threshold network" in checked.words


def test_every_public_round_of_quicknet_is_proved_at_its_time() -> None:
    rounds = drand_rounds()
    assert len(rounds) == 8
    for each in rounds:
        checked = check_anchor(Anchor(DRAND, f"{each.round} {each.signature}"))
        assert checked.outcome is AnchorOutcome.PROVED, each
        assert checked.bound == datetime.fromtimestamp(each.time, UTC)


def test_no_bit_of_a_public_round_can_be_changed() -> None:
    for each in drand_rounds():
        signature = bytes.fromhex(each.signature)
        # Every bit of one would take long; each round has other ones changed, of every byte in the end.
        for bit in range(each.round % 7, 8 * len(signature), 31):
            drand = DrandRound(each.round, flipped(signature, bit))
            assert outcome(DRAND, drand.render()) is AnchorOutcome.BAD
        for other in (each.round + 1, each.round - 1 or 2, each.round ^ 1 << 20):
            assert outcome(DRAND, f"{other} {each.signature}") is AnchorOutcome.BAD


def test_every_bit_of_a_round_counts() -> None:
    wrong = [bit for bit in range(384) if verify_drand(DrandRound(ROUND.round, flipped(ROUND.signature, bit)))]
    assert wrong == []


def test_a_signature_of_no_group_element_is_wrong() -> None:
    infinity = b"\xc0" + bytes(47)
    generator = bytes(G1Point().to_compressed_bytes())
    no_field_element = b"\x9f" + b"\xff" * 47
    for signature in (infinity, generator, no_field_element, bytes(48), b"\xff" * 48):
        assert not verify_drand(DrandRound(ROUND.round, signature))


def test_a_point_outside_of_the_group_is_wrong_and_no_crash() -> None:
    # Most points of the curve are not of the prime order subgroup; half of all x have one.
    for x in range(64):
        assert not verify_drand(DrandRound(ROUND.round, (0x80 << 376 | x).to_bytes(48, "big")))


def test_the_chain_is_quicknet() -> None:
    # A chain's hash is over its period, genesis time, key, genesis seed and name, so it holds all three constants.
    seed = bytes.fromhex("f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e")
    key = anchor_drand._PUBLIC_KEY  # noqa: SLF001  # a constant of the module, and no part of its surface
    period, genesis = int(PERIOD.total_seconds()), int(GENESIS.timestamp())
    info = period.to_bytes(4, "big") + genesis.to_bytes(8, "big") + key + seed + b"quicknet"
    assert digest(info) == CHAIN_HASH == "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        f"1  {'a' * 96}",
        f"01 {'a' * 96}",
        f"0 {'a' * 96}",
        f"-1 {'a' * 96}",
        f"1 {'a' * 95}",
        f"1 {'a' * 97}",
        f"1 {'A' * 96}",
        f"1 {'g' * 96}",
        f"1 {'a' * 94}  ",
        f"1 {'a' * 95}\u0661",
        f"\u0661 {'a' * 96}",
        f"10000000001 {'a' * 96}",
        f"{'9' * 10_000} {'a' * 96}",
    ],
)
def test_a_misspelt_round_is_bad(value: str) -> None:
    with pytest.raises(MalformedError):
        parse_drand(value)
    checked = check_anchor(Anchor(DRAND, value))
    assert (checked.outcome, checked.moment, checked.bound) == (AnchorOutcome.BAD, None, None)


# --- Bitcoin --------------------------------------------------------------------------------------------


def test_every_public_header_holds_its_work() -> None:
    blocks = bitcoin_blocks()
    assert len(blocks) == 15
    for each in blocks:
        block = parse_bitcoin(f"{each.height} {each.header}")
        assert work_fault(block) is None
        assert block.hash == each.hash
        assert block.moment == datetime.fromtimestamp(each.time, UTC)
        assert block.difficulty == int(each.difficulty)


def test_every_public_header_since_2023_is_proof() -> None:
    recent = [each for each in bitcoin_blocks() if each.time >= 1_672_531_200]
    assert len(recent) == 14
    for each in recent:
        checked = check_anchor(Anchor(BITCOIN, f"{each.height} {each.header}"))
        assert checked.outcome is AnchorOutcome.PROVED, each
        assert checked.bound == datetime.fromtimestamp(each.time, UTC) - timedelta(hours=2)
        assert "work" in checked.words


def test_a_public_header_before_the_table_is_a_claim() -> None:
    (old,) = [each for each in bitcoin_blocks() if each.time < 1_672_531_200]
    checked = check_anchor(Anchor(BITCOIN, f"{old.height} {old.header}"))
    assert (checked.outcome, checked.bound) == (AnchorOutcome.CLAIMED, None)
    assert "a claim" in checked.words


def test_no_bit_of_a_public_header_can_be_changed() -> None:
    for each in bitcoin_blocks():
        data = bytes.fromhex(each.header)
        kept = [
            bit
            for bit in range(8 * HEADER_BYTES)
            if outcome(BITCOIN, BitcoinHeader(each.height, flipped(data, bit)).render()) is not AnchorOutcome.BAD
        ]
        assert kept == []


def test_the_height_is_no_part_of_what_makes_two_anchors_the_same_block() -> None:
    one, other = BitcoinHeader(1, bytes(80)), BitcoinHeader(2, bytes(80))
    assert one.identity == other.identity
    assert one.identity != BitcoinHeader(1, bytes(79) + b"\x01").identity


@pytest.mark.parametrize(
    ("bits", "target"),
    [
        (0x1D00FFFF, 0xFFFF << 208),
        (0x01123456, 0x12),
        (0x02123456, 0x1234),
        (0x03123456, 0x123456),
        (0x04123456, 0x12345600),
        (0x00FFFFFF, 0),
        (0x04923456, 0),
        (0x20123456, 0x123456 << 232),
        (0x21000001, 0),
        (0xFF7FFFFF, 0),
        (0, 0),
    ],
)
def test_the_compact_target_is_read_as_the_chain_reads_it(bits: int, target: int) -> None:
    block = header(bits=bits)
    assert block.target == target
    assert block.difficulty == ((0xFFFF << 208) // target if target else 0)


@pytest.mark.parametrize("bits", [0, 0x04923456, 0x1D010000, 0x20123456, 0xFF7FFFFF, 0x21000001])
def test_a_target_that_no_block_has_is_bad_whatever_the_hash(bits: int) -> None:
    assert "target" in (work_fault(header(bits=bits)) or "")


def test_a_header_without_work_is_bad() -> None:
    assert "does not hold the work" in (work_fault(header()) or "")
    assert outcome(BITCOIN, header().render()) is AnchorOutcome.BAD


def test_an_easy_header_dated_today_is_no_proof() -> None:
    # What it costs to make one with difficulty 1 is nothing; the floor is what makes a date cost something.
    for day, _ in FLOORS:
        seconds = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        assert "less work than a block" in (without_floor(header(seconds=seconds)) or "")


def test_the_table_has_a_first_and_a_last_day() -> None:
    first = datetime(FLOORS[0][0].year, 1, 1, tzinfo=UTC)
    ends = datetime(ENDS.year, ENDS.month, ENDS.day, tzinfo=UTC)
    hard = 0x1701_0000  # far harder than any block so far
    for moment, known in (
        (first - timedelta(seconds=1), False),
        (first, True),
        (ends - timedelta(seconds=1), True),
        (ends, False),
    ):
        told = without_floor(header(bits=hard, seconds=int(moment.timestamp())))
        assert (told is None) is known
        assert known or "does not know" in str(told)


def test_a_floor_is_met_by_exactly_that_much_work(monkeypatch: pytest.MonkeyPatch) -> None:
    block = header(bits=0x1B0404CB)
    monkeypatch.setattr(anchor_bitcoin, "FLOORS", ((date(2023, 1, 1), block.difficulty),))
    assert without_floor(block) is None
    monkeypatch.setattr(anchor_bitcoin, "FLOORS", ((date(2023, 1, 1), block.difficulty + 1),))
    assert "less work" in (without_floor(block) or "")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        f"1  {'0' * 160}",
        f"01 {'0' * 160}",
        f"1 {'0' * 159}",
        f"1 {'0' * 161}",
        f"1 {'A' * 160}",
        f"1 {'0' * 158}  ",
        f"10000001 {'0' * 160}",
    ],
)
def test_a_misspelt_block_is_bad(value: str) -> None:
    with pytest.raises(MalformedError):
        parse_bitcoin(value)
    checked = check_anchor(Anchor(BITCOIN, value))
    assert (checked.outcome, checked.moment, checked.bound) == (AnchorOutcome.BAD, None, None)


# --- what proves nothing --------------------------------------------------------------------------------


def test_a_headline_is_carried_and_shown_as_not_checkable() -> None:
    checked = check_anchor(Anchor(HEADLINE, '2026-11-03 Example Times "Something happened"'))
    assert (checked.outcome, checked.moment, checked.bound) == (AnchorOutcome.CLAIMED, None, None)
    assert "nothing here can check it" in checked.words


def test_an_unknown_kind_is_shown_and_trusted_for_nothing() -> None:
    checked = check_anchor(Anchor("ethereum", "1 00"))
    assert (checked.outcome, checked.moment, checked.bound) == (AnchorOutcome.UNKNOWN, None, None)
    assert checked.identity == "ethereum 1 00"


@pytest.mark.parametrize("kind", ["ethereum", HEADLINE, BITCOIN, DRAND])
def test_a_long_anchor_that_does_not_read_is_known_by_a_hash(kind: str) -> None:
    long = Anchor(kind, "z" * 200)
    assert check_anchor(long).identity == anchor_identity(long) == sha256(f"{kind} {long.value}".encode()).hexdigest()
    fits = Anchor(kind, "z" * (63 - len(kind)))
    assert check_anchor(fits).identity == anchor_identity(fits) == f"{kind} {fits.value}"


# --- whatever stands there ------------------------------------------------------------------------------

kinds = st.sampled_from([DRAND, BITCOIN, HEADLINE])
near_misses = st.one_of(
    st.builds(lambda n, data: f"{n} {data.hex()}", st.integers(-1, 10**20), st.binary(min_size=46, max_size=50)),
    st.builds(lambda n, data: f"{n} {data.hex()}", st.integers(-1, 10**20), st.binary(min_size=78, max_size=82)),
    st.binary(max_size=200).map(lambda data: data.decode("utf-8", "surrogateescape")),
    st.text(max_size=200),
    anchor_values,
)


def holds_together(checked: CheckedAnchor) -> None:
    assert (checked.bound is not None) is (checked.outcome is AnchorOutcome.PROVED)
    assert checked.words
    assert not checked.words.endswith(".")
    if checked.moment is not None:
        assert format_time(checked.moment)
    if checked.bound is not None:
        assert checked.moment is not None
        assert checked.bound <= checked.moment


@given(anchors)
def test_no_anchor_raises(anchor: Anchor) -> None:
    holds_together(check_anchor(anchor))


@given(kinds, near_misses)
def test_no_value_of_a_known_kind_raises(kind: str, value: str) -> None:
    holds_together(check_anchor(Anchor(kind, value)))


@given(st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES), st.integers(0, 10_000_000))
def test_a_header_reads_back_as_it_was_written(data: bytes, height: int) -> None:
    block = BitcoinHeader(height, data)
    assert parse_bitcoin(block.render()) == block
    holds_together(check_anchor(Anchor(BITCOIN, block.render())))


@given(st.binary(min_size=48, max_size=48), st.integers(1, 10_000_000_000))
def test_a_round_reads_back_as_it_was_written(signature: bytes, number: int) -> None:
    drand = DrandRound(number, signature)
    assert parse_drand(drand.render()) == drand
    holds_together(check_anchor(Anchor(DRAND, drand.render())))


changed_values = st.one_of(
    *(mutated(st.just(each.value.encode())) for each in (EXAMPLE_ANCHOR, EXAMPLE_BLOCK, FIRST_BLOCK))
).map(lambda data: data.decode("utf-8", "surrogateescape"))


@given(kinds, changed_values)
def test_no_changed_anchor_raises_or_proves_anything_new(kind: str, value: str) -> None:
    checked = check_anchor(Anchor(kind, value))
    holds_together(checked)
    if checked.outcome is AnchorOutcome.PROVED:
        header = EXAMPLE_BLOCK.value.split(" ")[1]
        assert value == EXAMPLE_ANCHOR.value or value.split(" ")[1] == header
    assert anchor_identity(Anchor(kind, value)) == checked.identity


def test_only_what_has_the_form_of_a_round_costs_a_pairing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing grows faster than the text: a line is 100 characters or more, and has one pairing at most."""
    rounds, blocks = Mock(return_value=False), Mock(return_value="no work")
    monkeypatch.setattr(anchor_drand, "verify_drand", rounds)
    monkeypatch.setattr(anchor_bitcoin, "work_fault", blocks)
    for kind in (DRAND, BITCOIN, HEADLINE, "other"):
        for long in (
            "0" * TEXT_BYTES,
            "0 " * (TEXT_BYTES // 2),
            f"1 {'a' * TEXT_BYTES}",
            f"{'1' * TEXT_BYTES} {'a' * 96}",
        ):
            check_anchor(Anchor(kind, long))
    assert (rounds.call_count, blocks.call_count) == (0, 0)
    check_anchor(Anchor(DRAND, f"1 {'a' * 96}"))
    check_anchor(Anchor(BITCOIN, f"1 {'a' * 160}"))
    assert (rounds.call_count, blocks.call_count) == (1, 1)
