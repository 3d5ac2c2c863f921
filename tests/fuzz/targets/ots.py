"""OpenTimestamps proofs and what calendars answer: all readers and writers, held against another reading of the tree.

No block holds what is made up here, so every header passes for one that holds its work, and one real header shows that
this matters: nothing leads to it. An input is a proof, and what follows its digest is a calendar's answer as well.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Final
from unittest.mock import patch

from canary.core.dating.anchor_bitcoin import BitcoinHeader, parse_bitcoin
from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.errors import MalformedError
from canary.formats.times import opentimestamps, ots_proof
from canary.formats.times.bitcoin_headers import HeaderAnswer
from canary.formats.times.opentimestamps import ProofChecker
from canary.formats.times.ots_proof import Attested, Notary, OtsUnreadableError
from canary.limits import EVIDENCE_BYTES, OTS_BLOCKS
from tests import ots_proofs as ots
from tests.fuzz.harness import Scramble, Target, attempt, check_message
from tests.fuzz.ots_oracle import BITCOIN, CALENDAR, Leaf, NotReadError, Tree, height_of
from tests.simulator import EXAMPLE_BLOCK

ENTRY: Final = b"an entry with its signatures\n"
HASH: Final = ots.sha256(ENTRY)
NONCE: Final = bytes(range(16))
URI: Final = "https://alice.example"
NOON: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
HEAD: Final = ots.proof(ENTRY, b"")
WAYS: Final = {height: ots.way(HASH, height, str(height).encode()) for height in (900, 901, 902)}
HEADERS: Final = {height: ots.header(height, way.root, NOON) for height, way in WAYS.items()}
REAL: Final = parse_bitcoin(EXAMPLE_BLOCK.value)
_REFUSALS: Final = (MalformedError, OtsUnreadableError)
_PIECES: Final = (
    *(
        ots.SHA256,
        b"\x02",
        b"\x03",
        b"\x67",
        b"\xf2",
        b"\xf3",
        b"\xf3" * 9,
        ots.FORK,
        ots.append(b"x"),
        ots.prepend(b"yz"),
    ),
    *(ots.FORK + ots.block(900), ots.FORK + ots.promise(URI), ots.FORK + ots.block(7, ots.LITECOIN)),
    *(ots.FORK + WAYS[901].tree, ots.FORK + ots.attestation(ots.STRANGER, b"x"), ots.SHA256 * 250),
    *(ots.append(b"a" * 4096), b"\xf0\x80\x00", b"\xf0\xff\xff\x03", b"\x00" + ots.BITCOIN + b"\x09" + b"\xff" * 9),
)


def check(data: bytes) -> None:
    leaves = attempt(lambda each: ots_proof.read_proof(each, HASH), data, refusals=_REFUSALS)
    tree = data[len(HEAD) :]
    known = _read_anew(tree) if data.startswith(HEAD) else None
    if leaves is not None:
        assert len(data) <= EVIDENCE_BYTES
        assert known is None or _counted(leaves) == _expected(known)
        assert attempt(lambda each: ots_proof.open_promises(each, HASH), data) is not None
    _check_evidence(data, leaves, known)
    _check_answer(tree)


def _check_evidence(data: bytes, leaves: tuple[Attested, ...] | None, known: set[Leaf] | None) -> None:
    real = _checked(data, {REAL.height: REAL}.get)
    assert real.outcome is not EvidenceOutcome.PROVED, "a proof leads to a block that never held it"
    with (
        patch.object(opentimestamps, "work_fault", _no_fault),
        patch.object(opentimestamps, "without_floor", _no_fault),
    ):
        found = _checked(data, HEADERS.get)
    if known is not None:
        blocks = {(height_of(payload), message) for tag, payload, message in _blocks(known)}
        lowest = sorted({height for height, _ in blocks})[:OTS_BLOCKS]
        holds = any((height, way.root) in blocks and height in lowest for height, way in WAYS.items())
        assert (found.outcome is EvidenceOutcome.PROVED) == (holds and leaves is not None)
    if leaves is None:
        assert found.outcome in (EvidenceOutcome.BAD, EvidenceOutcome.UNCHECKED)


def _checked(data: bytes, headers: Callable[[int], BitcoinHeader | None]) -> CheckedEvidence:
    found = ProofChecker(lambda height: HeaderAnswer(headers(height), "as the test says"))("0.ots", data, ENTRY)
    check_message(found.words)
    check_message(found.by)
    assert (found.bound is not None) == (found.outcome is EvidenceOutcome.PROVED) == (found.moment is not None)
    return found


def _check_answer(answer: bytes) -> None:
    """What a calendar said is kept whole, or refused."""
    asked = ots_proof.commitment(HASH, NONCE)
    begun = attempt(lambda each: ots_proof.begin_proof(HASH, NONCE, each), answer, refusals=_REFUSALS)
    if begun is None:
        return
    said = set(ots_proof.read_proof(begun, HASH))
    stored = ots_proof.begin_proof(HASH, NONCE, ots.promise(URI))
    fuller = attempt(lambda each: ots_proof.add_answer(stored, HASH, asked, each), answer, refusals=_REFUSALS)
    if fuller is not None:
        assert set(ots_proof.read_proof(fuller, HASH)) == said | set(ots_proof.read_proof(stored, HASH))
        assert ots_proof.add_answer(fuller, HASH, asked, answer) == fuller


def _read_anew(tree: bytes) -> set[Leaf] | None:
    try:
        return set(Tree(tree, HASH).leaves)
    except NotReadError:
        return None


def _counted(leaves: tuple[Attested, ...]) -> set[tuple[str, bytes, int]]:
    return {(str(each.notary), each.message, each.height) for each in leaves}


def _expected(known: set[Leaf]) -> set[tuple[str, bytes, int]]:
    told = set()
    for tag, payload, message in known:
        if tag == BITCOIN:
            told.add((str(Notary.BITCOIN), message, height_of(payload)))
        else:
            told.add((str(Notary.CALENDAR if tag == CALENDAR else Notary.OTHER), message, 0))
    return told


def _blocks(known: set[Leaf]) -> list[Leaf]:
    return [leaf for leaf in known if leaf[0] == BITCOIN]


def _no_fault(_: BitcoinHeader) -> None:
    """Says that a header holds its work."""


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    if random.random() < 0.1 or not data.startswith(HEAD):
        return scramble(data, limit)
    tree = data[len(HEAD) :]
    for _ in range(random.choice((1, 1, 2, 4))):
        tree = _changed(tree, random, scramble)
    return (HEAD + tree)[:limit]


def _changed(tree: bytes, random: Random, scramble: Scramble) -> bytes:
    """Puts a piece between two others, takes some out, repeats some, or changes bytes anywhere."""
    kind = random.randrange(6)
    places = [0, len(tree)]
    with contextlib.suppress(NotReadError):
        places = [*Tree(tree, HASH).places, len(tree)]
    one, other = sorted((random.choice(places), random.choice(places)))
    if kind == 0:
        return scramble(tree or b"x", len(tree) + 8)
    if kind == 1:
        return tree[:one] + tree[other:]
    if kind == 2:
        return tree[:one] + tree[one:other] * 2 + tree[other:]
    if kind == 3:
        return tree[:one] + ots.FORK + tree[one:other] + tree[one:]
    return tree[:one] + random.choice(_PIECES) + tree[one:]


def seeds() -> Mapping[str, bytes]:
    ways = ots.forks(*(way.tree for way in WAYS.values()))
    trees = {
        "a-block": WAYS[900].tree,
        "three-blocks": ways,
        "a-promise": ots.append(b"x") + ots.SHA256 + ots.promise(URI),
        "a-promise-and-a-block": ots.forks(ots.promise(URI), WAYS[902].tree),
        "a-wrong-block": ots.SHA256 + ots.block(900),
        "a-stranger": ots.attestation(ots.STRANGER, b"word"),
        "other-chains": ots.forks(ots.block(7, ots.LITECOIN), ots.SHA256 + ots.block(8)),
        "deep": ots.SHA256 * 255 + ots.promise(URI),
        "the-real-block": ots.block(REAL.height),
    }
    return {name: HEAD + tree for name, tree in trees.items()}


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=4_096)
