"""Whether signatures prove what the product says they do, read anew from the rules of `canary.core.log.history`.

Nothing here calls the product's tally, replay or checkpoint code: two readings that agree are worth more than one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from canary.core.documents.roster import Roster, RosterSigner
from canary.core.signed.entry import Entry
from canary.core.signed.outcome import Outcome
from canary.core.signed.vkey import VKey
from tests.fuzz.pretended_gpg import SelfTellingGpg

_GPG = SelfTellingGpg()
_DAY = 86_400


def quorum_signed(entry: Entry, before: Roster | None) -> bool:
    """Tells whether enough of the right people signed an entry.

    Args:
        entry: the entry.
        before: the roster in force before it; None for the first entry of a log.
    """
    content = entry.content
    if not isinstance(content, Roster):
        return before is not None and _signed_by(entry, before.signers) >= before.threshold
    if before is None:
        return _signed_by(entry, content.signers) == len(content.signers)
    known = {(signer.name, signer.key.data) for signer in before.signers}
    newcomers = [signer for signer in content.signers if (signer.name, signer.key.data) not in known]
    return (
        _signed_by(entry, before.signers) >= before.threshold
        and _signed_by(entry, content.signers) >= content.threshold
        and _signed_by(entry, newcomers) == len(newcomers)
    )


def log_key_signed(key: VKey, text: bytes, lines: Iterable[tuple[str, bytes, bytes]]) -> bool:
    """Tells whether the first line of a log key (name, key id, signature) is a right signature over a checkpoint."""
    own = [signature for name, key_id, signature in lines if (name, key_id) == (key.name, key.key_id)]
    return bool(own) and verifies(key.data[1:], text, own[0])


def root_of(entries: Sequence[bytes]) -> str:
    """Returns the root over entries, in base64, as RFC 6962, section 2.1, defines it: by halves."""
    return base64.b64encode(root_of_leaves([hashlib.sha256(b"\x00" + entry).digest() for entry in entries])).decode()


def root_of_leaves(leaves: Sequence[bytes]) -> bytes:
    """Returns the root over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root_of_leaves(leaves[:half]) + root_of_leaves(leaves[half:])).digest()


@lru_cache(maxsize=100_000)
def verifies(public: bytes, text: bytes, signature: bytes) -> bool:
    """Tells whether a signature is the Ed25519 key's over the text."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _signed_by(entry: Entry, signers: Iterable[RosterSigner]) -> int:
    return sum(_has_signed(entry, signer) for signer in signers)


def _has_signed(entry: Entry, signer: RosterSigner) -> bool:
    for line in entry.signatures:
        if (line.name, line.key_id) != (signer.key.name, signer.key.key_id):
            continue
        if not signer.certificate:
            return verifies(signer.key.data[1:], entry.text, line.signature)
        told = _GPG(
            certificate=signer.certificate,
            fingerprint=signer.key.data[-20:],
            text=entry.text,
            signature=line.signature,
        )
        if told.outcome is not Outcome.GOOD or told.signed_at is None:
            return False
        late = (told.signed_at - entry.content.issued).total_seconds()
        return -_DAY <= late <= 60 * _DAY
    return False
