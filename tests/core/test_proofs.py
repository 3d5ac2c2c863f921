from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import canary.core.log.proofs
from canary.core.log.checkpoint import parse_signed_checkpoint
from canary.core.log.merkle import EMPTY_ROOT, leaf_hash, node_hash, root_hash
from canary.core.log.proofs import HEADER, parse_log_proof, verify_consistency, verify_inclusion
from canary.errors import MalformedError
from canary.limits import PROOF_HASHES
from tests.simulator import Publisher, worked_example

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "log" / "merkle"
EXAMPLE = worked_example(canary.core.log.proofs, HEADER)
HASH = base64.b64encode(bytes(32)).decode()

leaves_of_a_tree = st.integers(1, 40).map(lambda size: [leaf_hash(bytes([n])) for n in range(size)])


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 9162, section 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*path_of(index, leaves[:k]), root_hash(leaves[k:])]
    return [*path_of(index - k, leaves[k:]), root_hash(leaves[:k])]


def growth_of(old: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    """RFC 9162, section 2.1.4.1, word for word."""
    if old == len(leaves):
        return [] if whole else [root_hash(leaves)]
    k = _split(len(leaves))
    if old <= k:
        return [*growth_of(old, leaves[:k], whole=whole), root_hash(leaves[k:])]
    return [*growth_of(old - k, leaves[k:], whole=False), root_hash(leaves[:k])]


def _split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


@given(leaves_of_a_tree, st.data())
def test_every_entry_is_proved_to_be_where_it_is_and_nowhere_else(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    hashes, root = path_of(index, leaves), root_hash(leaves)
    places = [
        place
        for place in range(len(leaves))
        if verify_inclusion(leaf=leaves[index], index=place, size=len(leaves), hashes=hashes, root=root)
    ]
    assert places == [index]


@given(leaves_of_a_tree, st.data())
def test_a_tree_is_proved_to_have_grown_from_every_earlier_one(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    hashes, new_root = growth_of(old, leaves), root_hash(leaves)
    grown = [
        size
        for size in range(len(leaves) + 1)
        if verify_consistency(
            old=size, new=len(leaves), old_root=root_hash(leaves[:size]), new_root=new_root, hashes=hashes
        )
    ]
    assert old in grown
    assert all(growth_of(size, leaves) == hashes for size in grown)


@given(leaves_of_a_tree, st.data())
def test_a_hash_more_or_less_or_other_proves_nothing(leaves: list[bytes], data: st.DataObject) -> None:
    size, root = len(leaves), root_hash(leaves)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    old_root = root_hash(leaves[:old])
    for hashes in _spoiled(path_of(index, leaves)):
        assert not verify_inclusion(leaf=leaves[index], index=index, size=size, hashes=hashes, root=root)
    for hashes in _spoiled(growth_of(old, leaves)):
        assert not verify_consistency(old=old, new=size, old_root=old_root, new_root=root, hashes=hashes)


def _spoiled(hashes: list[bytes]) -> list[list[bytes]]:
    flipped = [[*hashes[:i], bytes(32), *hashes[i + 1 :]] for i in range(len(hashes))]
    return [
        *flipped,
        [*hashes, bytes(32)],
        [bytes(32), *hashes],
        [*hashes, b"short"],
        *([hashes[:-1]] if hashes else []),
    ]


def test_nothing_is_proved_of_the_empty_tree_or_of_one_that_shrank() -> None:
    leaf = leaf_hash(b"")
    assert not verify_consistency(old=0, new=1, old_root=EMPTY_ROOT, new_root=leaf, hashes=[])
    assert not verify_consistency(old=0, new=0, old_root=EMPTY_ROOT, new_root=EMPTY_ROOT, hashes=[])
    assert not verify_consistency(old=2, new=1, old_root=leaf, new_root=leaf, hashes=[])
    assert not verify_inclusion(leaf=leaf, index=-1, size=1, hashes=[], root=leaf)


# --- as a text ------------------------------------------------------------------------------------------


def test_the_example_of_the_specification_proves_the_release_of_a_log() -> None:
    sim = Publisher()
    sim.roster(), sim.release()
    proof = parse_log_proof(EXAMPLE)
    checkpoint = parse_signed_checkpoint(proof.checkpoint).checkpoint
    assert proof.checkpoint == sim.checkpoint()
    assert verify_inclusion(
        leaf=leaf_hash(sim.entries[1]),
        index=proof.index,
        size=checkpoint.size,
        hashes=proof.hashes,
        root=checkpoint.root,
    )


def test_what_else_travels_with_a_proof_is_read_and_is_not_part_of_it() -> None:
    proof = parse_log_proof(EXAMPLE.replace(b"index 1", b"extra AAEC\nindex 1"))
    assert (proof.extra, proof.index) == (b"\0\1\2", 1)
    assert parse_log_proof(EXAMPLE).extra is None


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        ("c2sp.org/tlog-proof@v2\nindex 0\n", "begins with"),
        (f"{HEADER}\n", "index must stand"),
        (f"{HEADER}\nindex 0\nextra AAEC\n", "base64"),
        (f"{HEADER}\nindex 01\n", "leading zeros"),
        (f"{HEADER}\nindex 0\nAAEC\n", "32 bytes"),
        (f"{HEADER}\nindex 0\n{HASH[:-2]}B=\n", "canonical"),
        (f"{HEADER}\nindex 0\n" + f"{HASH}\n" * (PROOF_HASHES + 1), "at most 63"),
    ],
)
def test_a_malformed_proof_is_told_with_its_rule(head: str, rule: str) -> None:
    with pytest.raises(MalformedError, match=rule):
        parse_log_proof(f"{head}\nthe checkpoint\n".encode())


def test_a_proof_without_a_checkpoint_is_malformed() -> None:
    with pytest.raises(MalformedError, match="no blank line"):
        parse_log_proof(f"{HEADER}\nindex 0\n".encode())


# --- vectors from elsewhere -----------------------------------------------------------------------------


def vectors(kind: str) -> list[Path]:
    return sorted((VECTORS / kind).rglob("*.json"))


def read(path: Path) -> tuple[dict[str, Any], list[bytes]]:
    vector = json.loads(path.read_text())
    return vector, [base64.b64decode(each, validate=True) for each in vector["proof"] or []]


@pytest.mark.skipif(not VECTORS.is_dir(), reason=f"the Merkle proofs with known results are not here: {VECTORS}")
def test_every_inclusion_proof_from_elsewhere_gives_its_stated_result() -> None:
    stated, found = {}, {}
    for path in vectors("inclusion"):
        vector, hashes = read(path)
        stated[path] = not vector["wantErr"]
        found[path] = verify_inclusion(
            leaf=base64.b64decode(vector["leafHash"]),
            index=vector["leafIdx"],
            size=vector["treeSize"],
            hashes=hashes,
            root=base64.b64decode(vector["root"]),
        )
    assert found == stated
    assert set(stated.values()) == {True, False}


@pytest.mark.skipif(not VECTORS.is_dir(), reason=f"the Merkle proofs with known results are not here: {VECTORS}")
def test_every_consistency_proof_from_elsewhere_gives_its_stated_result() -> None:
    stated, found = {}, {}
    for path in vectors("consistency"):
        vector, hashes = read(path)
        stated[path] = not vector["wantErr"]
        found[path] = verify_consistency(
            old=vector["size1"],
            new=vector["size2"],
            old_root=base64.b64decode(vector["root1"]),
            new_root=base64.b64decode(vector["root2"]),
            hashes=hashes,
        )
    assert found == stated
    assert set(stated.values()) == {True, False}


def test_a_node_between_two_leaves_is_the_root_that_the_shortest_proof_gives() -> None:
    left, right = leaf_hash(b"l"), leaf_hash(b"r")
    assert verify_inclusion(leaf=right, index=1, size=2, hashes=[left], root=node_hash(left, right))
    assert not verify_inclusion(leaf=right, index=0, size=2, hashes=[left], root=node_hash(left, right))
