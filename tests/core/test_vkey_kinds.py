from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from canary.core.signed.kinds import (
    ED25519_TYPE,
    OPENPGP_TYPE,
    SMALL_ORDER_Y,
    Kind,
    ed25519_vkey,
    fingerprint_of,
    kind_of,
    openpgp_vkey,
    verify_ed25519,
)
from canary.core.signed.vkey import VKey, parse_vkey
from canary.errors import CanaryError, MalformedError
from tests import strategies
from tests.simulator import private_key, public_key

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
GOLDEN_LOG = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

# --- the spelling of a vkey -----------------------------------------------------------------------------


@given(strategies.vkeys)
def test_a_vkey_is_read_as_it_was_written(key: VKey) -> None:
    assert parse_vkey(key.render()) == key


@given(strategies.mutated(strategies.vkeys.map(lambda key: key.render().encode())))
def test_whatever_is_read_as_a_vkey_is_written_again_character_for_character(data: bytes) -> None:
    try:
        text = data.decode()
        key = parse_vkey(text)
    except (CanaryError, UnicodeDecodeError):
        return
    assert key.render() == text


@given(st.text())
def test_any_text_is_a_vkey_or_malformed_and_nothing_else(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_vkey(text)


def test_a_vkey_from_elsewhere_is_read() -> None:
    key = parse_vkey(GOLDEN_LOG)
    assert (key.name, key.key_id.hex(), kind_of(key)) == ("example.com/log/testdata", "33d7b496", Kind.ED25519)
    assert key.key_id == hashlib.sha256(b"example.com/log/testdata\n" + key.data).digest()[:4]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "NAME"),
        ("name", "NAME"),
        ("name+33d7b496", "NAME"),
        (GOLDEN_LOG.replace("33d7b496", "33d7b497"), "key id"),
        (GOLDEN_LOG.replace("33d7b496", "33D7B496"), "key id"),
        (GOLDEN_LOG.replace("33d7b496", "033d7b496"), "key id"),
        (GOLDEN_LOG.replace("example.com", "example.org"), "key id"),
        (GOLDEN_LOG.replace("example", "exam ple"), "space"),
        (GOLDEN_LOG + "=", "base64"),
        (GOLDEN_LOG + "\n", "base64"),
        ("+00000000+AQ==", "a key's name"),
        ("name+00000000+", "holds no key"),
        ("name+00000000+AR==", "canonical"),
    ],
)
def test_another_spelling_of_a_vkey_is_refused(text: str, rule: str) -> None:
    with pytest.raises(MalformedError, match=rule):
        parse_vkey(text)


def test_a_vkey_with_a_plus_in_its_base64_is_read() -> None:
    key = VKey.make("name", b"\xfb\xef\xbe" * 11)
    assert "++" in key.render()
    assert parse_vkey(key.render()) == key


# --- kinds ----------------------------------------------------------------------------------------------


def test_each_kind_is_known_by_its_type() -> None:
    fingerprint = bytes(range(20))
    key = openpgp_vkey("example.net/legal", fingerprint)
    assert key.data == b"\xffwarrant-canary/openpgp\x00" + fingerprint
    assert (kind_of(key), fingerprint_of(key)) == (Kind.OPENPGP, fingerprint)
    assert kind_of(ed25519_vkey("example.net/legal", public_key("legal"))) is Kind.ED25519


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\x00", "unknown type 0x00"),
        (b"\x04" + public_key("witness"), "unknown type 0x04"),
        (b"\xff" + bytes(20), "unknown type 0xff"),
        (ED25519_TYPE, "0 bytes"),
        (ED25519_TYPE + bytes(31), "31 bytes"),
        (ED25519_TYPE + public_key("legal") + b"\x00", "33 bytes"),
        (OPENPGP_TYPE + bytes(19), "20-byte"),
        (OPENPGP_TYPE + bytes(32), "20-byte"),
    ],
)
def test_a_key_of_no_known_kind_and_length_may_not_sign(data: bytes, rule: str) -> None:
    with pytest.raises(MalformedError, match=rule):
        kind_of(VKey.make("name", data))


def test_the_signature_of_another_key_is_wrong() -> None:
    key = ed25519_vkey("legal", public_key("legal"))
    assert verify_ed25519(key, b"text", private_key("legal").sign(b"text"))
    assert not verify_ed25519(key, b"text", private_key("security").sign(b"text"))
    assert not verify_ed25519(key, b"other", private_key("legal").sign(b"text"))


# --- small order and non-canonical encodings ------------------------------------------------------------


def roots(square: int) -> set[int]:
    """Returns the square roots of a number mod p (RFC 8032, section 5.1.3)."""
    root = pow(square, (P + 3) // 8, P)
    candidates = {root, root * pow(2, (P - 1) // 4, P) % P}
    return {sign * each % P for each in candidates if (each * each - square) % P == 0 for sign in (1, -1)}


def on_curve(x: int, y: int) -> bool:
    return (y * y - x * x - 1 - D * x * x * y * y) % P == 0


def doubled(x: int, y: int) -> tuple[int, int]:
    product = D * x * x * y * y
    return 2 * x * y * pow(1 + product, -1, P) % P, (y * y + x * x) * pow(1 - product, -1, P) % P


def order(point: tuple[int, int]) -> int:
    found = 1
    while point != (0, 1):
        point = doubled(*point)
        found *= 2
    return found


def points_of_small_order() -> set[tuple[int, int]]:
    """Solves -x² + y² = 1 + d x² y² for the points that doubling leads to the neutral point (0, 1).

    (0, -1) is the one of order two. What doubles to it has y = 0, so x² = -1. What doubles to that has y² + x² = 0, so
    d y⁴ + 2 y² - 1 = 0, and y² = (-1 ± √(1 + d)) / d.
    """
    order_four = {(x, 0) for x in roots(-1)}
    squares = {(root - 1) * pow(D, -1, P) % P for root in roots(1 + D)}
    order_eight = {(x, y) for square in squares for y in roots(square) for x in roots(-square)}
    return {(0, 1), (0, P - 1)} | order_four | order_eight


def encoded(x: int, y: int) -> bytes:
    return (y | (x & 1) << 255).to_bytes(32, "little")


def test_the_refused_ys_are_those_of_the_points_of_small_order_and_of_no_others() -> None:
    points = points_of_small_order()
    assert all(on_curve(x, y) for x, y in points)
    assert sorted(order(point) for point in points) == [1, 2, 4, 4, 8, 8, 8, 8]
    assert {y for _, y in points} == SMALL_ORDER_Y


@pytest.mark.parametrize("point", sorted(points_of_small_order()))
def test_a_key_of_small_order_is_refused(point: tuple[int, int]) -> None:
    x, y = point
    for public in (encoded(x, y), encoded(1 - x % 2, y)):
        with pytest.raises(MalformedError, match="small order"):
            kind_of(ed25519_vkey("legal", public))


def test_a_key_of_small_order_would_verify_anything() -> None:
    neutral = encoded(0, 1)
    Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), b"whatever you like")


@pytest.mark.parametrize("y", range(19))
@pytest.mark.parametrize("sign", [0, 1])
def test_a_key_in_a_non_canonical_encoding_is_refused(y: int, sign: int) -> None:
    with pytest.raises(MalformedError, match="non-canonical"):
        kind_of(ed25519_vkey("legal", (P + y | sign << 255).to_bytes(32, "little")))


@given(st.binary(min_size=32, max_size=32))
def test_every_other_encoding_is_of_the_kind_ed25519(public: bytes) -> None:
    y = int.from_bytes(public, "little") % 2**255
    key = ed25519_vkey("legal", public)
    if y >= P or y in SMALL_ORDER_Y:
        with pytest.raises(MalformedError):
            kind_of(key)
    else:
        assert kind_of(key) is Kind.ED25519
        assert not verify_ed25519(key, b"text", bytes(64))
