"""Merkle proofs: that an entry is in a log, and that a log only ever grew. RFC 9162, sections 2.1.3 and 2.1.4.

An **inclusion proof** of entry `index` (counted from 0) in a tree of `size` leaves lists the hashes of the subtrees
beside the way from the leaf to the root, the lowest first. A **consistency proof** from a tree of `old` leaves to
one of `new` lists the hashes from which both roots follow. A proof has exactly as many hashes as the sizes ask for:
what is left over is as wrong as what is missing. Between two trees of one size the proof is empty. From the empty
tree nothing is proved, since every tree grew from it, so such a proof is refused.

A proof travels as a **tlog-proof** (c2sp.org/tlog-proof), which a verifier of a whole log does not need:

    c2sp.org/tlog-proof@v1
    index 1
    VEncrY55+HrEZnOYk/M+ZujQuLqOvVxBVgXO15qPPRU=

    example.net/canary
    2
    UHbEaPr9OdExRYJRB92C/WxWWCKag3aKrdWtgqoCXJE=

    — example.net/canary EndYhLJgN08BsPm/XTrk1E+kMN56gD8pjKac/jw5xCIng9A7i40Xk6NcL49Mo3mYDluBIkiM91Lvk5754U1zMTHTWAU=

After the first line there may be a line `extra`, a space and base64, which nothing authenticates. The inclusion
proof follows, a hash in base64 a line, then a blank line and the checkpoint as it was served.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from canary.core.log.merkle import HASH_BYTES, node_hash
from canary.core.signed.note import decode_lines
from canary.core.text.strict import decode_base64, parse_number
from canary.errors import MalformedError
from canary.limits import PROOF_HASHES

HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = "index "
_WHAT = "proof"


@dataclass(frozen=True, slots=True)
class LogProof:
    """A tlog-proof, parsed and not verified.

    Attributes:
        index: the entry's place in the log, counted from 0.
        hashes: the inclusion proof.
        checkpoint: the checkpoint's bytes.
        extra: what else travels with it; nobody vouches for it. None without such a line.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def verify_inclusion(*, leaf: bytes, index: int, size: int, hashes: Sequence[bytes], root: bytes) -> bool:
    """Tells whether a leaf is in a tree (RFC 9162, section 2.1.3.2).

    Args:
        leaf: the leaf's hash.
        index: its place, counted from 0.
        size: leaves in the tree.
        hashes: the inclusion proof.
        root: the tree's root hash.
    """
    if not 0 <= index < size or not _are_hashes(leaf, root, *hashes):
        return False
    place, last, node = index, size - 1, leaf
    for sibling in hashes:
        if last == 0:
            return False
        if place % 2 or place == last:
            node = node_hash(sibling, node)
            place, last = _up_to_a_right_child(place, last)
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(*, old: int, new: int, old_root: bytes, new_root: bytes, hashes: Sequence[bytes]) -> bool:
    """Tells whether a tree grew from an earlier one (RFC 9162, section 2.1.4.2).

    Args:
        old: leaves in the earlier tree, at least 1.
        new: leaves in the later one.
        old_root: the earlier tree's root hash.
        new_root: the later one's.
        hashes: the consistency proof.
    """
    if not 1 <= old <= new or not _are_hashes(old_root, new_root, *hashes):
        return False
    if old == new:
        return not hashes and old_root == new_root
    # A complete earlier tree is itself the first hash; it is not sent.
    path: Iterator[bytes] = iter((old_root, *hashes) if old & (old - 1) == 0 else hashes)
    place, last = old - 1, new - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    first = next(path, None)
    if first is None:
        return False
    old_node = new_node = first
    for each in path:
        if last == 0:
            return False
        if place % 2 or place == last:
            old_node, new_node = node_hash(each, old_node), node_hash(each, new_node)
            place, last = _up_to_a_right_child(place, last)
        else:
            new_node = node_hash(new_node, each)
        place, last = place >> 1, last >> 1
    return last == 0 and old_node == old_root and new_node == new_root


def parse_log_proof(data: bytes) -> LogProof:
    """Reads a tlog-proof.

    Raises:
        MalformedError: it is none; the checkpoint in it is not read.
    """
    head, blank, checkpoint = decode_lines(data).partition("\n\n")
    header, *lines = head.split("\n")
    if header != HEADER:
        raise MalformedError(f"a proof begins with {HEADER}", line=1, what=_WHAT)
    if not blank:
        raise MalformedError("no blank line parts the proof from the checkpoint", what=_WHAT)
    extra = decode_base64(lines.pop(0).removeprefix(_EXTRA)) if lines and lines[0].startswith(_EXTRA) else None
    if not lines or not lines[0].startswith(_INDEX):
        raise MalformedError("here the index must stand", what=_WHAT)
    index = parse_number(lines.pop(0).removeprefix(_INDEX))
    if len(lines) > PROOF_HASHES:
        raise MalformedError(f"a proof has at most {PROOF_HASHES} hashes", what=_WHAT)
    hashes = tuple(decode_base64(line) for line in lines)
    if not _are_hashes(*hashes):
        raise MalformedError(f"a hash has {HASH_BYTES} bytes", what=_WHAT)
    return LogProof(index, hashes, checkpoint.encode(), extra)


def _up_to_a_right_child(place: int, last: int) -> tuple[int, int]:
    """Climbs past the levels on which a node at the right edge has no sibling."""
    while place % 2 == 0 and place:
        place, last = place >> 1, last >> 1
    return place, last


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
