"""The note layer: `parse_note`, the stricter profile of entries, and `verify_note`."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from msgspec.structs import replace

from canary.core.signed.note import Note, SignatureLine, parse_note, parse_signature_line, verify_note
from canary.core.signed.profile import parse_entry_note
from canary.errors import MalformedError
from canary.limits import ENTRY_BYTES, SIGNATURE_LINES
from tests.fuzz.harness import Scramble, Target, attempt
from tests.fuzz.mutation import mutate_lines, repair

KNOWN: Final = (("example.net/legal", b"\x01\x02\x03\x04"), ("clé", b"\xff\x00\xff\x00"))


def pretended_signature(name: str, text: bytes) -> bytes:
    """Returns the one signature that counts as right: the note layer knows nothing of what it is made of."""
    return hashlib.sha256(name.encode() + text).digest()[:6]


@dataclass(frozen=True)
class _Verifier:
    name: str

    def __call__(self, text: bytes, signature: bytes) -> bool:
        return signature == pretended_signature(self.name, text)


VERIFIERS: Final = {key: _Verifier(key[0]) for key in KNOWN}


def check(data: bytes) -> None:
    note = attempt(parse_note, data)
    strict = attempt(parse_entry_note, data)
    if note is None:
        assert strict is None, "the profile takes what is no note"
        return
    assert note.render() == data
    text, _, block = data.rpartition(b"\n\n")
    assert note.text == text + b"\n", "not split at the last blank line"
    assert 1 <= len(note.signatures) == block.count(b"\n") <= SIGNATURE_LINES
    for line in dict.fromkeys(note.signatures):
        assert parse_signature_line(line.render()) == line
        assert len(line.key_id) == 4
        assert line.signature
    _check_verification(note)
    if strict is not None:
        assert strict == note
        assert len(data) <= ENTRY_BYTES
        characters = note.text.decode()
        assert unicodedata.is_normalized("NFC", characters)
        assert not any(line.endswith(" ") for line in characters.split("\n"))
        assert all(line.isprintable() for line in characters.split("\n"))


def _check_verification(note: Note) -> None:
    first: dict[tuple[str, bytes], bytes] = {}
    for line in note.signatures:
        first.setdefault((line.name, line.key_id), line.signature)
    right = {key[0]: first[key] == pretended_signature(key[0], note.text) for key in KNOWN if key in first}
    try:
        verified = verify_note(note, VERIFIERS)
    except MalformedError:
        assert not all(right.values()), "a note was rejected whose known signatures are right"
        return
    assert all(right.values()), "a note with a wrong signature of a known key was taken"
    assert verified == set(right)


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    changed = mutate_lines(data, limit, random, scramble)
    if random.random() < 0.5:
        changed = repair(changed)
    if random.random() < 0.3:
        try:
            note = parse_note(changed)
        except MalformedError:
            return changed[:limit]
        signed = tuple(_signed(line, note.text, random) for line in note.signatures)
        changed = replace(note, signatures=signed).render()
    return changed[:limit]


def _signed(line: SignatureLine, text: bytes, random: Random) -> SignatureLine:
    if random.random() < 0.3:
        name, key_id = random.choice(KNOWN)
        line = replace(line, name=name, key_id=key_id)
    return replace(line, signature=pretended_signature(line.name, text))


def seeds() -> Mapping[str, bytes]:
    text = b"If it is not signed, it is not said.\n"
    right = [SignatureLine(*key, pretended_signature(key[0], text)) for key in KNOWN]
    stranger = SignatureLine("stranger", b"\x00\x00\x00\x00", b"any bytes at all")
    wrong = replace(right[0], signature=b"wrong!")
    return {
        "two-known-keys": Note(text, tuple(right)).render(),
        "stranger-first": Note(text, (stranger, right[0], stranger)).render(),
        "repeated-then-wrong": Note(text, (right[0], wrong)).render(),
        "wrong": Note(text, (wrong, right[0])).render(),
        "blank-lines-in-text": Note(b"one\n\n\n\nfour \xc2\xa0\n", (stranger,)).render(),
        "text-like-a-signature": Note("— x AAAAAAA=\n\n— y AAAAAAA=\n".encode(), (stranger,)).render(),
        "hundred-lines": Note(b"x\n", (SignatureLine("x", b"abcd", b"x"),) * SIGNATURE_LINES).render(),
    }


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=1_600)
