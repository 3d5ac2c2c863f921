"""Checkpoints: reading them, the bound on the log's size, and whether the log key signed one."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from cryptography.exceptions import InvalidSignature
from msgspec.structs import replace

from canary.core.log.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint, parse_signed_checkpoint
from canary.core.signed.kinds import ed25519_vkey
from canary.core.signed.note import Note, SignatureLine, parse_note
from canary.errors import MalformedError
from canary.formats.native import log_size
from canary.limits import CHECKPOINT_BYTES, LOG_ENTRIES, MAX_NUMBER
from tests.fuzz.harness import Scramble, Target, attempt, check_message
from tests.fuzz.mutation import mutate_lines, repair
from tests.simulator import CANARY, private_key, public_key

LOG: Final = ed25519_vkey(CANARY, public_key("log"))


def check(data: bytes) -> None:
    signed = attempt(parse_signed_checkpoint, data)
    size = attempt(log_size, data)
    attempt(parse_checkpoint, data)
    if signed is None:
        assert size is None
        return
    checkpoint = signed.checkpoint
    assert len(data) <= CHECKPOINT_BYTES
    assert signed.note.render() == data
    assert checkpoint.render() == signed.note.text
    assert parse_checkpoint(signed.note.text) == checkpoint
    assert 0 <= checkpoint.size <= MAX_NUMBER
    assert len(checkpoint.root) == 32
    assert size == (checkpoint.size if checkpoint.size <= LOG_ENTRIES else None)
    _check_signature(signed)


def _check_signature(signed: SignedCheckpoint) -> None:
    try:
        counts = signed.signed_by(LOG)
    except MalformedError as error:
        check_message(str(error))
        counts = False
    own = [line for line in signed.note.signatures if (line.name, line.key_id) == (LOG.name, LOG.key_id)]
    assert counts == (bool(own) and _is_right(own[0].signature, signed.note.text))


def _is_right(signature: bytes, text: bytes) -> bool:
    try:
        private_key("log").public_key().verify(signature, text)
    except InvalidSignature:
        return False
    return True


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    changed = mutate_lines(data, limit, random, scramble)
    if random.random() < 0.5:
        changed = repair(changed)
    if random.random() < 0.1:
        changed = _signed_again(changed)
    return changed[:limit]


def _signed_again(data: bytes) -> bytes:
    try:
        note = parse_note(data)
    except MalformedError:
        return data
    signature = private_key("log").sign(note.text)
    lines = tuple(replace(line, signature=signature) if line.name == LOG.name else line for line in note.signatures)
    return replace(note, signatures=lines).render()


def seeds() -> Mapping[str, bytes]:
    plain = Checkpoint(CANARY, 2, bytes(range(32)))
    return {
        "plain": _note(plain),
        "empty-log": _note(replace(plain, size=0)),
        "largest": _note(replace(plain, size=MAX_NUMBER)),
        "over-the-bound": _note(replace(plain, size=LOG_ENTRIES + 1)),
        "extensions": _note(replace(plain, extensions=("an extension", "— another one"))),
        "witnessed": _note(plain, SignatureLine("witness.example/w", b"abcd", bytes(72))),
        "wrong-signature": Note(plain.render(), (SignatureLine(LOG.name, LOG.key_id, bytes(64)),)).render(),
    }


def _note(checkpoint: Checkpoint, *others: SignatureLine) -> bytes:
    text = checkpoint.render()
    own = SignatureLine(LOG.name, LOG.key_id, private_key("log").sign(text))
    return Note(text, (*others, own)).render()


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=2_048)
