"""Evidence beside the entries of a fuzzed site: what an honest authority stamped, and what anyone may put in its place.

The authority's key is in nobody's hands: whoever has it can date anything. Everything else is a host's to choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

from canary.core.dating.evidence import OTS, TSR, EvidenceChecker
from canary.core.signed.entry import parse_entry
from canary.formats.times.bitcoin_headers import first_of
from canary.formats.times.opentimestamps import ProofChecker
from canary.formats.times.rfc3161 import TokenChecker
from tests import ots_proofs as ots
from tests.fuzz import token_forge as forge

_ROOT: Final = x509.load_der_x509_certificate(forge.ROOT)
_ACCURACY: Final = timedelta(seconds=1)
_AFTER: Final = (timedelta(minutes=5), timedelta(days=2))
"""How long after it was issued an entry was stamped, the first time and the second."""


CHECKERS: Final[dict[str, EvidenceChecker]] = {TSR: TokenChecker(lambda: (_ROOT,)), OTS: ProofChecker(first_of(()))}


def stamps(entry: bytes) -> tuple[bytes, ...]:
    """Returns the honest tokens over an entry, the earlier one first."""
    return tuple(forge.reply(entry, _issued(entry) + after) for after in _AFTER)


def bounds(entry: bytes) -> frozenset[datetime]:
    """Returns the bounds that those tokens prove."""
    return frozenset(_issued(entry) + after + _ACCURACY for after in _AFTER)


def pool(entries: Sequence[bytes]) -> tuple[bytes, ...]:
    """Returns evidence that a host can get hold of: over each entry, and under certificates that do not count."""
    made = [b"", b"<!doctype html>\n", ots.proof(entries[-1], ots.promise("https://alice.example"))]
    made += [ots.proof(entry, ots.block(800_000)) for entry in entries[-2:]]
    for entry in entries:
        made += stamps(entry)
    at = _issued(entries[-1]) - timedelta(days=30)
    made += [forge.reply(entries[-1], at, signer=unfit, beside=forge.BESIDE[:2]) for unfit in forge.UNFIT]
    return tuple(made)


def _issued(entry: bytes) -> datetime:
    return parse_entry(entry).content.issued
