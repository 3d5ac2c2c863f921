"""Cosignatures: what a witness says of a log's checkpoint. C2SP tlog-cosignature (c2sp.org/tlog-cosignature).

A cosignature is a signature line on a checkpoint. It says that the witness has seen, as of a moment, no larger and
no other checkpoint of this log. The signature is that moment (8 bytes, big-endian, seconds since 1970, at most
2^63-1) and then the signature proper, over a message that depends on the key's type:

| type | key | signature proper | message |
| --- | --- | --- | --- |
| `04` | Ed25519, 32 bytes | 64 bytes | `cosignature/v1`, a newline, `time ` and the moment in decimal, a newline, the checkpoint's text |
| `06` | ML-DSA-44, 1,312 bytes | 2,420 bytes, empty context | `subtree/v1`, `0A`, `00`, the witness's name and the moment, the origin, 0, the size, the root hash |

In the second message a name and an origin stand behind their length in one byte, and numbers are 8 bytes,
big-endian. A line without such a moment, or by the same key of another type, is not a cosignature.
"""  # noqa: E501  a row of a table stands on one line

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from canary.core.log.checkpoint import parse_checkpoint
from canary.core.signed.kinds import check_ed25519
from canary.core.signed.vkey import VKey
from canary.errors import MalformedError

ED25519_COSIGNATURE_TYPE: Final = b"\x04"
MLDSA44_COSIGNATURE_TYPE: Final = b"\x06"
MLDSA44_KEY_BYTES: Final = 1_312
_MOMENT_BYTES: Final = 8
_LAST_MOMENT: Final = 2**63 - 1
_LONGEST_NAME: Final = 255

_PublicKey: TypeAlias = Ed25519PublicKey | MLDSA44PublicKey


@dataclass(frozen=True, slots=True)
class Cosigner:
    """Checks one witness's lines; a verifier as `canary.core.signed.note.verify_note` takes them."""

    key: VKey
    _public: _PublicKey

    def __call__(self, text: bytes, signature: bytes) -> bool:
        """Tells whether `signature` is this witness's over the checkpoint `text`."""
        moment = moment_of(signature)
        if moment is None:
            return False
        try:
            if isinstance(self._public, MLDSA44PublicKey):
                message = _subtree_message(self.key.name, moment, text)
            else:
                message = b"cosignature/v1\ntime %d\n" % moment + text
            self._public.verify(signature[_MOMENT_BYTES:], message)
        except (InvalidSignature, MalformedError):
            return False
        return True


def moment_of(signature: bytes) -> int | None:
    """Returns when a cosignature says it was made, in seconds since 1970; None where it says no such thing."""
    if len(signature) <= _MOMENT_BYTES:
        return None
    moment = int.from_bytes(signature[:_MOMENT_BYTES], "big")
    return moment if moment <= _LAST_MOMENT else None


def cosigners(keys: Iterable[VKey]) -> Mapping[tuple[str, bytes], Cosigner]:
    """Returns the verifiers of witnesses' keys, as `verify_note` takes them.

    A key that the cryptographic library here cannot use is left out, so its lines are those of an unknown key:
    neither counted nor taken for wrong.

    Raises:
        MalformedError: a key is of another type or length, or an Ed25519 key that may not sign.
    """
    found = {(key.name, key.key_id): (key, _public_key(key)) for key in keys}
    return {names: Cosigner(key, public) for names, (key, public) in found.items() if public is not None}


def _public_key(key: VKey) -> _PublicKey | None:
    material = key.data[1:]
    if key.data.startswith(ED25519_COSIGNATURE_TYPE):
        check_ed25519(key.name, material)
        return Ed25519PublicKey.from_public_bytes(material)
    if key.data.startswith(MLDSA44_COSIGNATURE_TYPE) and len(material) == MLDSA44_KEY_BYTES:
        try:
            return MLDSA44PublicKey.from_public_bytes(material)
        except UnsupportedAlgorithm:
            return None
    raise MalformedError(f"the key {key.name} is no witness's: neither Ed25519 nor ML-DSA-44, or of another length")


def _subtree_message(name: str, moment: int, text: bytes) -> bytes:
    checkpoint = parse_checkpoint(text)
    return b"".join(
        (
            b"subtree/v1\n\0",
            _counted(name),
            moment.to_bytes(8, "big"),
            _counted(checkpoint.origin),
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def _counted(name: str) -> bytes:
    data = name.encode()
    if len(data) > _LONGEST_NAME:
        raise MalformedError(f"a name has at most {_LONGEST_NAME} bytes in a cosignature")
    return bytes([len(data)]) + data
