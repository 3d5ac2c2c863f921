"""What proofs of time cost, against the bare calls of the libraries that check them, and how many are checked."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

from cryptography.x509 import Certificate
from py_arkworks_bls12381 import GT, G1Point, G2Point
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from benchmarks.measuring import Row, milliseconds, quickest_calls
from benchmarks.samples import two_tokens
from canary.core.dating import anchor_drand
from canary.core.dating.anchor_bitcoin import parse_bitcoin
from canary.core.dating.anchor_drand import DrandRound, parse_drand, verify_drand
from canary.core.dating.anchors import DRAND, check_anchor
from canary.core.dating.evidence import TSR
from canary.core.documents.release import Anchor
from canary.core.judging.state import State
from canary.edges.times.tsa_roots import read_roots
from canary.formats.times.rfc3161_cms import in_order
from canary.library import evidence_checkers
from tests.simulator import EXAMPLE_ANCHOR, EXAMPLE_BLOCK, Publisher

_ENTRY = b"an entry\n" * 200
_RELEASES = 1_000
_DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_ROUNDS = 40


def dating() -> Iterator[Row]:
    """Measures two anchors and two tokens, and counts the checks of anchors in a long history."""
    with tempfile.TemporaryDirectory() as name:
        root, tokens = two_tokens(Path(name), _ENTRY)
        yield from _two_and_two(root, tokens)
    yield from _anchored_history()


def _two_and_two(root: Path, tokens: Sequence[bytes]) -> Iterator[Row]:
    # The bare calls get the roots that canary reads from files each time, and tokens that rfc3161-client can read.
    roots = read_roots([root])
    ordered = [in_order(token) for token in tokens]
    taken = quickest_calls(
        {
            "bare anchors": _bare_anchors,
            "bare tokens": partial(_bare_tokens, roots, ordered),
            "anchors": _anchors,
            "tokens": partial(_tokens, root, tokens),
        },
        rounds=_ROUNDS,
    )
    bare = taken["bare anchors"] + taken["bare tokens"]
    ours = taken["anchors"] + taken["tokens"]
    note = f"the libraries' bare calls ({milliseconds(bare)})"
    yield Row("two anchors and two RFC 3161 tokens", ours / bare, 2.0, note)
    for what in ("anchors", "tokens"):
        note = f"the libraries' bare calls ({milliseconds(taken[f'bare {what}'])})"
        yield Row(f"the two {what} of them", taken[what] / taken[f"bare {what}"], None, note)


def _bare_anchors() -> None:
    drand, block = parse_drand(EXAMPLE_ANCHOR.value), parse_bitcoin(EXAMPLE_BLOCK.value)
    message = G1Point.hash_to_curve(sha256(drand.round.to_bytes(8, "big")).digest(), _DOMAIN)
    key = G2Point.from_compressed_bytes(anchor_drand._PUBLIC_KEY)  # noqa: SLF001  # a constant, and nobody else's
    signed = GT.pairing_check([G1Point.from_compressed_bytes(drand.signature), -message], [G2Point(), key])
    _expect(signed and sha256(sha256(block.header).digest()).digest()[-8:] == bytes(8))


def _bare_tokens(roots: Sequence[Certificate], tokens: Sequence[bytes]) -> None:
    verifier = VerifierBuilder(roots=list(roots)).build()
    _expect(all(verifier.verify_message(decode_timestamp_response(token), _ENTRY) for token in tokens))


def _anchors() -> None:
    _expect(all(check_anchor(anchor).bound for anchor in (EXAMPLE_ANCHOR, EXAMPLE_BLOCK)))


def _tokens(root: Path, tokens: Sequence[bytes]) -> None:
    check = evidence_checkers([root])[TSR]
    _expect(all(check(f"{number}.tsr", token, _ENTRY).bound for number, token in enumerate(tokens)))


def _anchored_history() -> Iterator[Row]:
    """Counts checks of rounds in a log whose every release has one of its own, and a block beside it."""
    publisher = Publisher(cadence="1 week", window=3, grace=3)
    publisher.roster()
    for number in range(_RELEASES):
        publisher.release(anchors=_anchors_of(number))
    look = partial(_look, publisher)
    first = _checks(look)
    again = _checks(partial(look, look()))
    before = look()
    publisher.release(anchors=_anchors_of(_RELEASES))
    new = _checks(partial(look, before))
    note = f"its 1 round ({first} at a first look at the {_RELEASES:,} before it, {again} when looked at again)"
    yield Row("rounds checked for one new release on stored state", float(new), 1.0, note)


def _anchors_of(number: int) -> tuple[Anchor, ...]:
    """Returns anchors as no release before has them; nobody signed the round, which is checked all the same."""
    drand = DrandRound(number + 1, sha256(number.to_bytes(8, "big")).digest()[:24] * 2)
    height, _, header = EXAMPLE_BLOCK.value.partition(" ")
    return Anchor(DRAND, drand.render()), Anchor(EXAMPLE_BLOCK.kind, f"{int(height) + number} {header}")


def _look(publisher: Publisher, state: State | None = None) -> State:
    found = publisher.verdict(publisher.releases[-1].issued + timedelta(days=1), state=state).state
    if found is None:
        raise SystemExit("the sample did not hold")
    return found


def _checks(call: Callable[[], object]) -> int:
    with patch.object(anchor_drand, "verify_drand", wraps=verify_drand) as counted:
        call()
    return counted.call_count


def _expect(holds: object) -> None:
    if not holds:
        raise SystemExit("a proof of the sample does not hold")
