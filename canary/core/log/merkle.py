"""The Merkle tree of the log: RFC 6962, section 2.1 (RFC 9162 keeps it). Every hash is SHA-256.

The hash of a leaf is that of `00` || entry. The hash of a node is that of `01` || left || right. The root over n > 1
leaves is the node of the roots over the first k and over the others, where k is the largest power of two below n. The
root over one leaf is the hash of the leaf, and over none SHA-256 of nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from canary.core.text.strict import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"")


def leaf_hash(data: bytes) -> bytes:
    """Returns the hash of one leaf, 32 bytes."""
    return sha256(b"\x00" + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Returns the hash of an inner node, 32 bytes."""
    return sha256(b"\x01" + left + right)


def root_hash(leaves: Iterable[bytes]) -> bytes:
    """Returns the root over leaf hashes, in linear time and logarithmic memory.

    Args:
        leaves: the hashes of the leaves, in order.
    """
    # Complete subtrees from left to right, as (height, hash); two of one height are merged at once.
    subtrees: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, node = 0, leaf
        while subtrees and subtrees[-1][0] == height:
            node = node_hash(subtrees.pop()[1], node)
            height += 1
        subtrees.append((height, node))
    if not subtrees:
        return EMPTY_ROOT
    _, root = subtrees.pop()
    while subtrees:
        root = node_hash(subtrees.pop()[1], root)
    return root


def complete_level(leaves: Sequence[bytes], height: int) -> list[bytes]:
    """Returns the hashes of the complete subtrees of 2**height leaves each; an incomplete one is left out."""
    level = list(leaves)
    for _ in range(height):
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return level
