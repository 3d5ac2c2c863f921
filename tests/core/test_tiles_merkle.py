from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.log.merkle import EMPTY_ROOT, complete_level, leaf_hash, node_hash, root_hash
from canary.core.log.tiles import bundle_path, bundles_of, encode_bundle, log_files, parse_bundle, tile_path
from canary.errors import MalformedError

GOLDEN = Path(__file__).parents[3] / "shared" / "data" / "log" / "tessera-log"

entries_of_a_log = st.lists(st.binary(max_size=20), max_size=40)


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def numbered_log(size: int) -> tuple[list[bytes], list[bytes]]:
    entries = [f"entry {n}".encode() for n in range(size)]
    return entries, [leaf_hash(entry) for entry in entries]


# --- the tree -------------------------------------------------------------------------------------------


@given(entries_of_a_log)
def test_the_root_is_the_one_of_rfc_6962(entries: list[bytes]) -> None:
    leaves = [leaf_hash(entry) for entry in entries]
    assert root_hash(leaves) == naive_root(leaves)


@pytest.mark.parametrize("size", [*range(1, 18), 31, 32, 33, 255, 256, 257])
def test_the_root_is_right_on_both_sides_of_every_power_of_two(size: int) -> None:
    _, leaves = numbered_log(size)
    assert root_hash(leaves) == naive_root(leaves)


def test_the_empty_tree_a_leaf_and_a_node_hash_as_rfc_6962_has_them() -> None:
    assert (
        root_hash([]) == EMPTY_ROOT == bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    )
    assert leaf_hash(b"") == bytes.fromhex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    assert node_hash(b"l", b"r") == hashlib.sha256(b"\x01lr").digest()


def test_a_leaf_and_a_node_over_the_same_bytes_differ() -> None:
    left, right = leaf_hash(b"l"), leaf_hash(b"r")
    assert leaf_hash(left + right) != node_hash(left, right)


@given(entries_of_a_log, st.integers(0, 4))
def test_a_level_holds_the_roots_of_its_complete_subtrees(entries: list[bytes], height: int) -> None:
    leaves, width = [leaf_hash(entry) for entry in entries], 2**height
    complete = [naive_root(leaves[i : i + width]) for i in range(0, len(leaves) - width + 1, width)]
    assert complete_level(leaves, height) == complete


# --- paths ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "path"),
    [
        (0, "000"),
        (67, "067"),
        (999, "999"),
        (1000, "x001/000"),
        (1234067, "x001/x234/067"),
        (10**9, "x001/x000/x000/000"),
    ],
)
def test_an_index_is_written_in_groups_of_three_digits(index: int, path: str) -> None:
    assert tile_path(0, index) == f"tile/0/{path}"
    assert bundle_path(index) == f"tile/entries/{path}"
    assert bundle_path(index, 7) == f"tile/entries/{path}.p/7"


@pytest.mark.parametrize(
    ("size", "bundles"),
    [
        (0, []),
        (1, [("tile/entries/000.p/1", 1)]),
        (255, [("tile/entries/000.p/255", 255)]),
        (256, [("tile/entries/000", 256)]),
        (257, [("tile/entries/000", 256), ("tile/entries/001.p/1", 1)]),
        (512, [("tile/entries/000", 256), ("tile/entries/001", 256)]),
    ],
)
def test_a_log_of_any_size_is_covered_by_bundles(size: int, bundles: list[tuple[str, int]]) -> None:
    assert list(bundles_of(size)) == bundles


# --- bundles --------------------------------------------------------------------------------------------


@given(entries_of_a_log)
def test_a_bundle_is_read_as_it_was_written(entries: list[bytes]) -> None:
    assert parse_bundle(encode_bundle(entries), len(entries)) == tuple(entries)


@given(st.binary(max_size=60), st.integers(0, 8))
def test_whatever_is_read_as_a_bundle_is_written_again_byte_for_byte(data: bytes, width: int) -> None:
    try:
        entries = parse_bundle(data, width)
    except MalformedError:
        return
    assert encode_bundle(entries) == data
    assert len(entries) == width


@pytest.mark.parametrize(
    ("data", "width", "rule"),
    [
        (b"", 1, "ends within entry 1 of 1"),
        (b"\x00", 1, "ends within entry 1 of 1"),
        (b"\x00\x02a", 1, "ends within entry 1 of 1"),
        (b"\x00\x01a\x00", 2, "ends within entry 2 of 2"),
        (b"\x00\x01ab", 1, "left over after 1 entries"),
        (b"\x00\x01a\x00\x01b", 1, "left over after 1 entries"),
        (b"\x00", 0, "left over after 0 entries"),
        (b"<html>", 1, "ends within entry 1 of 1"),
    ],
)
def test_a_bundle_holds_as_many_entries_as_it_should_and_nothing_more(data: bytes, width: int, rule: str) -> None:
    with pytest.raises(MalformedError, match=rule):
        parse_bundle(data, width)


def test_a_bundle_frames_the_largest_entry() -> None:
    assert parse_bundle(encode_bundle([b"x" * 65_535, b""]), 2) == (b"x" * 65_535, b"")


# --- files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 5, 256, 300, 520])
def test_the_tiles_of_a_log_prove_its_root(size: int) -> None:
    entries, leaves = numbered_log(size)
    files = log_files(entries, leaves, sizes=[size])
    bundles = [parse_bundle(files[path], width) for path, width in bundles_of(size)]
    assert [entry for bundle in bundles for entry in bundle] == entries
    assert root_hash(_hashes(files, 0, size)) == naive_root(leaves)
    for n, parent in enumerate(_hashes(files, 1, size // 256)):
        assert parent == naive_root(leaves[n * 256 : (n + 1) * 256])


def _hashes(files: dict[str, bytes], level: int, count: int) -> list[bytes]:
    tiles = [files[tile_path(level, start // 256, min(256, count - start))] for start in range(0, count, 256)]
    return [tile[i : i + 32] for tile in tiles for i in range(0, len(tile), 32)]


def test_the_files_of_every_size_that_was_checkpointed_stay() -> None:
    entries, leaves = numbered_log(260)
    files = log_files(entries, leaves, sizes=[1, 255, 256, 258, 260])
    older = log_files(entries[:258], leaves[:258], sizes=[1, 255, 256, 258])
    assert older.items() <= files.items()
    assert set(files) == {
        *(f"tile/entries/{path}" for path in ("000.p/1", "000.p/255", "000", "001.p/2", "001.p/4")),
        *(f"tile/0/{path}" for path in ("000.p/1", "000.p/255", "000", "001.p/2", "001.p/4")),
        "tile/1/000.p/1",
    }


@pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"the golden log is not here: {GOLDEN}")
def test_the_golden_log_is_made_again_file_by_file() -> None:
    golden = {
        str(path.relative_to(GOLDEN)): path.read_bytes() for path in (GOLDEN / "tile").rglob("*") if path.is_file()
    }
    entries = parse_bundle(golden["tile/entries/000.p/15"], 15)
    leaves = [leaf_hash(entry) for entry in entries]
    assert log_files(entries, leaves, sizes=range(1, 16)) == golden
