"""Checkpoints: C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint).

    example.net/canary
    2
    UHbEaPr9OdExRYJRB92C/WxWWCKag3aKrdWtgqoCXJE=

    — example.net/canary EndYhLJgN08BsPm/XTrk1E+kMN56gD8pjKac/jw5xCIng9A7i40Xk6NcL49Mo3mYDluBIkiM91Lvk5754U1zMTHTWAU=

A checkpoint is a note (`canary.core.signed.note`) of at most 16,384 bytes. Its text is the origin, which is not empty;
the number of entries; the root hash over them (`canary.core.log.merkle`) in base64; and any number of further lines,
which are not empty and mean nothing here. Anything else is no checkpoint.

It is **signed by** a log key if the first line of that key's name and key id on it is a right Ed25519 signature. The
origin must be the canary's id, which is the name of its log key. It is a note of the note layer and not of the profile:
a second log key and witnesses may add lines, of kinds and names that our entries do not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec

from canary.core.log.merkle import HASH_BYTES
from canary.core.signed.kinds import verify_ed25519
from canary.core.signed.note import Note, decode_lines, parse_note, verify_note
from canary.core.signed.vkey import VKey
from canary.core.text.strict import decode_base64, encode_base64, parse_number
from canary.errors import MalformedError
from canary.limits import CHECKPOINT_BYTES

_FIXED_LINES = 3
T = TypeVar("T")


class Checkpoint(msgspec.Struct, frozen=True):
    """The size and the root hash of a log.

    Attributes:
        origin: the log's name.
        size: entries.
        root: 32 bytes.
        extensions: further lines, opaque.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def render(self) -> bytes:
        """Returns the text's bytes."""
        lines = [self.origin, str(self.size), encode_base64(self.root), *self.extensions]
        return ("\n".join(lines) + "\n").encode()

    def contradicts(self, other: Checkpoint) -> bool:
        """Tells whether no log can have both: as many entries, and another root."""
        return self.size == other.size and self.root != other.root


class SignedCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint with its signature lines, none of them checked."""

    checkpoint: Checkpoint
    note: Note

    def signed_by(self, key: VKey) -> bool:
        """Tells whether the log key's signature stands on it and is right.

        Raises:
            MalformedError: the key's signature stands on it and is wrong.
        """
        return bool(verify_note(self.note, log_verifiers([key])))


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Reads a checkpoint's text.

    Raises:
        MalformedError: a line is missing, empty or in another spelling.
    """
    lines = decode_lines(text).split("\n")[:-1]
    if len(lines) < _FIXED_LINES:
        raise MalformedError("a checkpoint has an origin, a size and a root hash", what="checkpoint")
    origin, size, root, *extensions = lines
    if not origin:
        raise MalformedError("the origin is empty", line=1, what="checkpoint")
    if "" in extensions:
        raise MalformedError("an extension line is empty", what="checkpoint")
    return Checkpoint(origin, _at(2, parse_number, size), _at(3, _parse_root, root), tuple(extensions))


def parse_signed_checkpoint(data: bytes) -> SignedCheckpoint:
    """Reads a checkpoint with its signatures.

    Raises:
        MalformedError: it is too large, no note, or no checkpoint.
    """
    if len(data) > CHECKPOINT_BYTES:
        raise MalformedError(f"a checkpoint has at most {CHECKPOINT_BYTES:,} bytes", what="checkpoint")
    try:
        note = parse_note(data)
    except MalformedError as error:
        raise error.within("checkpoint") from error
    return SignedCheckpoint(parse_checkpoint(note.text), note)


def log_verifiers(keys: Iterable[VKey]) -> Mapping[tuple[str, bytes], _Verifier]:
    """Returns the verifiers of Ed25519 log keys, as `verify_note` takes them."""
    return {(key.name, key.key_id): _Verifier(key) for key in keys}


class _Verifier(msgspec.Struct, frozen=True):
    key: VKey

    def __call__(self, text: bytes, signature: bytes) -> bool:
        return verify_ed25519(self.key, text, signature)


def _parse_root(text: str) -> bytes:
    root = decode_base64(text)
    if len(root) != HASH_BYTES:
        raise MalformedError(f"a root hash has {HASH_BYTES} bytes")
    return root


def _at(line: int, parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except MalformedError as error:
        raise MalformedError(error.rule, line=line, what="checkpoint") from error
