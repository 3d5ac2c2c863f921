"""RFC 3161 replies that nobody honest makes: no bytes make a reader fail, and no size makes it work without end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.errors import CanaryError, MalformedError
from canary.formats.times import rfc3161_chain
from canary.formats.times.rfc3161 import Query, TokenChecker, check_answer, read_reply
from canary.formats.times.rfc3161_cms import check_signature, in_order, signer_among, taken_apart, with_fraction
from canary.limits import EVIDENCE_BYTES, TOKEN_CERTIFICATES
from tests.authority import ENTRY, Authority, Holder, make_authority, new_key, new_root, query_for, unsorted
from tests.fuzz import token_forge as forge
from tests.fuzz.der import OCTETS, SEQUENCE, SET, Node, at, changed, put, read, sequence
from tests.strategies import mutated

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data" / "time" / "rfc3161"
FORGED_ROOT = x509.load_der_x509_certificate(forge.ROOT)
QUERY = Query(b"", 1)


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tsa"), intermediates=1)


@pytest.fixture(scope="module")
def token(tsa: Authority) -> bytes:
    return tsa.reply(query_for(ENTRY))


def check(data: bytes, roots: Sequence[x509.Certificate] = (FORGED_ROOT,)) -> CheckedEvidence:
    return TokenChecker(lambda: roots)("0.tsr", data, ENTRY)


# --- any bytes ------------------------------------------------------------------------------------------


def scramble(random: Random, data: bytes, limit: int) -> bytes:
    """Flips, cuts or repeats bytes."""
    one, other = sorted((random.randrange(len(data) + 1), random.randrange(len(data) + 1)))
    flipped = bytes([data[one % len(data)] ^ 1 << random.randrange(8)])
    made = random.choice((data[:one] + flipped + data[one + 1 :], data[:one] + data[other:], data[:other] + data[one:]))
    return made[:limit]


@st.composite
def der_changed(draw: st.DrawFn, valid: bytes) -> bytes:
    """Returns a token with values in it dropped, doubled, nested, exchanged or misspelt, signed anew or not."""
    random = draw(st.randoms(use_true_random=False))
    node = read(valid)
    for _ in range(draw(st.integers(1, 3))):
        node = changed(node, random, lambda data, limit: scramble(random, data, limit), [read(forge.UNFIT[0])])
    return (signed_if_it_can_be(node) if draw(st.booleans()) else node).write()


def signed_if_it_can_be(token: Node) -> Node:
    try:
        return forge.signed_again(token)
    except (IndexError, ValueError):
        return token


def test_no_bytes_make_it_raise_or_say_nothing(token: bytes, tsa: Authority) -> None:
    forged = forge.reply(ENTRY)
    samples = (token, unsorted(token), forged)
    made = (*map(mutated, map(st.just, samples)), *map(der_changed, samples))

    @given(st.binary(max_size=200) | st.one_of(*made))
    def hold(data: bytes) -> None:
        found = check(data, (*tsa.roots, FORGED_ROOT))
        assert found.outcome in (EvidenceOutcome.PROVED, EvidenceOutcome.BAD, EvidenceOutcome.CLAIMED)
        assert (found.bound is not None) == (found.outcome is EvidenceOutcome.PROVED)
        assert found.words.isprintable()

    hold()


def test_no_bytes_make_a_reader_raise_anything_but_the_projects_own_errors(token: bytes) -> None:
    @given(st.binary(max_size=200) | mutated(st.just(token)) | der_changed(token) | der_changed(forge.reply(ENTRY)))
    def hold(data: bytes) -> None:
        for reader in (read_reply, in_order, taken_apart, lambda each: check_answer(QUERY, each), take_all_apart):
            try:
                reader(data)
            except MalformedError as error:
                assert error.rule.isprintable()  # noqa: PT017  # either it reads or it says why

    hold()


def take_all_apart(data: bytes) -> None:
    """Calls every reader of a part with a part that was not checked before."""
    token = read_reply(data)
    certificates = [each for each in map(rfc3161_chain.load, token.signed.certificates) if each is not None]
    for each in certificates:
        assert rfc3161_chain.name_of(each.subject).isprintable()
        rfc3161_chain.path_to([FORGED_ROOT], each, certificates, token.moment)
    rfc3161_chain.path_to(certificates, certificates[0], certificates, token.moment) if certificates else None
    check_signature(token.signed, signer_among(token.signed, certificates))


@given(st.binary(max_size=300) | der_changed(forge.token_info(ENTRY).write()))
def test_no_content_makes_the_reader_of_its_time_raise(content: bytes) -> None:
    assert with_fraction(content, forge.MOMENT).tzinfo is not None


@given(st.sampled_from(forge.BESIDE).flatmap(der_changed) | st.binary(max_size=300))
def test_no_certificate_makes_its_readers_raise_anything_but_the_projects_own_errors(der: bytes) -> None:
    certificate = rfc3161_chain.load(der)
    if certificate is None:
        return
    assert rfc3161_chain.name_of(certificate.subject).isprintable()
    others = [x509.load_der_x509_certificate(each) for each in (forge.CA, forge.SIGNER)]
    rfc3161_chain.path_to([certificate, FORGED_ROOT], others[1], [others[0], certificate], forge.MOMENT)
    for reader in (
        lambda: rfc3161_chain.check_usage(certificate),
        lambda: rfc3161_chain.check_validity(certificate, forge.MOMENT),
        lambda: rfc3161_chain.claimed_root([FORGED_ROOT], certificate, others, forge.MOMENT),
    ):
        try:
            reader()
        except CanaryError as error:
            assert error.what.isprintable()  # noqa: PT017  # as above


def test_every_byte_of_a_token_may_be_any_other(token: bytes, tsa: Authority) -> None:
    """None makes it raise, and none moves the proved time."""
    assert moved_by_one_byte(token, ENTRY, tsa.roots) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared RFC 3161 replies are not here")
def test_no_byte_of_the_public_reply_moves_its_time() -> None:
    root = x509.load_pem_x509_certificate((SHARED / "ca.pem").read_bytes())
    assert moved_by_one_byte((SHARED / "r.tsr").read_bytes(), (SHARED / "d.bin").read_bytes(), [root]) == []


def moved_by_one_byte(reply: bytes, entry: bytes, roots: Sequence[x509.Certificate]) -> list[int]:
    """Returns where one changed byte gives another bound than the honest one."""
    checker = TokenChecker(lambda: roots)
    proved = checker("0.tsr", reply, entry).bound
    assert proved is not None
    moved = []
    for position in range(len(reply)):
        data = bytearray(reply)
        data[position] ^= position % 255 + 1
        if checker("0.tsr", bytes(data), entry).bound not in (None, proved):
            moved.append(position)
    return moved


# --- any size -------------------------------------------------------------------------------------------


def nested(tag: int, size: int = EVIDENCE_BYTES - 2_000) -> Node:
    """Returns a value that holds another one, and that one another, as many as fit."""
    data = b"\x05\x00"
    while len(data) < size:
        data = Node(tag, data).write()
    return Node(tag, data)


@pytest.mark.parametrize("tag", [SEQUENCE, SET, OCTETS, 0xA0, 0xA1], ids=hex)
def test_however_deep_it_is_nested_it_is_read_without_recursion(tag: int) -> None:
    deep = nested(tag)
    assert check(deep.write()).outcome is EvidenceOutcome.BAD
    forged = read(forge.reply(ENTRY))
    for place in ((0,), (1,), (1, 1, 0), (1, 1, 0, 2, 1, 0), (1, 1, 0, 3, 0), (1, 1, 0, 4, 0), (1, 1, 0, 4, 0, 3, 0)):
        parent = at(forged, place)
        more = put(forged, place, Node(parent.tag, (*parent.children, deep)))
        for made in (more, put(forged, place, deep), signed_if_it_can_be(more)):
            assert len(made.write()) <= EVIDENCE_BYTES
            assert check(made.write()).outcome is EvidenceOutcome.BAD, place


@pytest.mark.parametrize("head", [b"\x84\xff\xff\xff\xff", b"\x88" + b"\xff" * 8, b"\xfe", b"\x80"], ids=bytes.hex)
def test_a_length_that_is_a_lie_takes_no_memory(head: bytes) -> None:
    forged = read(forge.reply(ENTRY))
    for place in ((), (1,), (1, 1, 0, 2, 1, 0), (1, 1, 0, 3, 0), (1, 1, 0, 4, 0, 5)):
        node = at(forged, place)
        lying = put(forged, place, Node(node.tag, node.body, head))
        assert check(lying.write()).outcome is EvidenceOutcome.BAD


def test_the_bound_on_its_size_is_exact(token: bytes, tsa: Authority) -> None:
    """What is too large is not looked at, so that the library that reads it does not see it."""
    with patch("rfc3161_client.decode_timestamp_response") as decode:
        assert check(bytes(EVIDENCE_BYTES + 1)).words == f"it has more than {EVIDENCE_BYTES:,} bytes"
        assert decode.call_count == 0
    filler = b"\x04\x82" + (EVIDENCE_BYTES - len(token) - 4).to_bytes(2, "big") + bytes(EVIDENCE_BYTES - len(token) - 4)
    assert check(token + filler, tsa.roots).words == "it is no RFC 3161 reply in DER, or is broken"


def test_the_bound_on_its_certificates_is_exact(tsa: Authority) -> None:
    issuer = tsa.between[0]
    beside = [tsa.root.issue(f"Bystander {number}") for number in range(TOKEN_CERTIFICATES)]
    full = tsa.stamp(others=[issuer, *beside[2:]])
    assert check(full, tsa.roots).outcome is EvidenceOutcome.PROVED
    over = tsa.stamp(others=[issuer, *beside[1:]])
    assert check(over, tsa.roots).words == "it holds 21 certificates, and no honest token more than a few"


def test_a_maze_of_certificates_is_walked_a_bounded_number_of_steps(tsa: Authority) -> None:
    """Each of them could have issued each of the others, and none leads to a root."""
    key = new_key()
    root = new_root("Maze", key=key)
    outside = root.issue("In the maze")
    maze = [root.issue("Maze", ca=True, key=key) for _ in range(TOKEN_CERTIFICATES - 1)]
    steps = 0

    def counted(*arguments: object) -> None:
        nonlocal steps
        steps += 1
        assert arguments

    with patch.object(rfc3161_chain, "_is_ca", counted):
        found = check(tsa.stamp(by=outside, others=maze), tsa.roots)
    assert found.outcome is EvidenceOutcome.CLAIMED
    assert 0 < steps <= 20 * TOKEN_CERTIFICATES


def test_hundreds_of_certificates_are_refused_before_one_is_read(tsa: Authority) -> None:
    crowd: list[Holder] = [new_root(f"Root {number}") for number in range(150)]
    reply = tsa.stamp(others=crowd)
    assert EVIDENCE_BYTES / 2 < len(reply) <= EVIDENCE_BYTES
    with patch.object(rfc3161_chain, "load") as load:
        assert "it holds 151 certificates" in check(reply, tsa.roots).words
        assert load.call_count == 0


def test_a_chain_that_is_longer_than_any_is_no_path(tsa: Authority) -> None:
    last = tsa.root
    chain = []
    for number in range(rfc3161_chain.MOST_INTERMEDIATES + 1):
        last = last.issue(f"CA {number}", ca=True)
        chain.append(last)
    words = check(tsa.stamp(by=last.issue("x"), others=chain), tsa.roots).words
    assert "its certificates do not lead there" in words
    shorter = check(tsa.stamp(by=chain[-2].issue("x"), others=chain[:-1]), tsa.roots)
    assert shorter.outcome is EvidenceOutcome.PROVED


def test_a_sequence_of_thousands_of_values_is_read_once(tsa: Authority) -> None:
    forged = read(forge.reply(ENTRY))
    many = sequence(*(Node(0x02, bytes([1])) for _ in range(20_000)))
    for place in ((1, 1, 0, 4, 0, 3), (1, 1, 0, 1), (1, 1, 0, 2, 1, 0)):
        made = forge.signed_again(put(forged, place, Node(at(forged, place).tag, many.body)))
        assert check(made.write(), tsa.roots).outcome is EvidenceOutcome.BAD
