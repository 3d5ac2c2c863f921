"""Mutations that keep enough of a text's structure to get past its first line.

A change anywhere breaks a base64 spelling, a key id or a signature, and the parser stops there. So after most changes
what a stranger could compute anew is computed anew.
"""

from __future__ import annotations

import base64
import binascii
import re
from random import Random
from typing import Final

from canary.core.signed.vkey import compute_key_id
from tests.fuzz.harness import Scramble

TOKENS: Final = (
    *(b"\n", b"\n\n", b"\r\n", b" ", b"\t", b"\x00", b"\x7f", b"0", b"1", b"-1", b"00", b"+", b"=", b"[", b"]", b"v1"),
    *(b": ", b"/", b"//", b"..", b"%2e", b"sha256:", b"none", b"yes", b"final: yes", b"days", b"1 day", b"0 days"),
    *("— ".encode(), "\u00a0".encode(), "\u2028".encode(), "\u200b".encode(), "e\u0301".encode(), "é".encode()),
    *("\u0085".encode(), "\u202e".encode(), "\ufeff".encode(), "٣".encode(), "²".encode(), "\U0001f600".encode()),
    *(b"\xed\xa0\x80", b"\xff", b"\xc0\x80", b"9007199254740991", b"9007199254740992", b"18446744073709551616"),
    *(b"1970-01-01", b"2999-12-31", b"2024-02-29", b"2023-02-29", b"0001-01-01", b"9999-12-31", b"2026-W01-1"),
    *(b"2026-11-03T14:30:00Z", b"2026-11-03T24:00:00Z", b"2026-11-03T14:30:60Z", b"24 months", b"104 weeks"),
    *(b"warrant-canary/roster/v1", b"warrant-canary/release/v1", b"warrant-canary/release/v2", b"warrant-canary/"),
    *(b"\n\n[announcements]\nx", b"\n\n[x v1]\nx", b"[x v1]", b"covers: 2026-04-01/2026-06-30", b"anchor: a b"),
    *(b"attachment: a sha256:", b"witness: ", b"signer: ", b"certificate: ", b"threshold: ", b"witness-quorum: 1"),
)

_VKEY = re.compile(rb"^((?:signer|log|witness): )([^+\n]+)\+([^+\n]*)\+([^\n]*)$", re.MULTILINE)
_SIGNATURE = re.compile("^(— [^ \n]+ )([^\n]*)$".encode(), re.MULTILINE)
_NUMBER = re.compile(rb"[0-9]+")
_STRETCH = 16


def mutate_lines(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    """Changes a text: its bytes, its lines or its numbers."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        data = _change(data, limit, random, scramble)
    return data[:limit]


def repair(data: bytes) -> bytes:
    """Computes anew what anyone can: the key ids of vkeys, and the spelling of base64."""
    return _SIGNATURE.sub(_spelled, _VKEY.sub(_identified, data))


def _change(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    kind = random.randrange(10)
    if kind < 3:
        return scramble(data, limit)
    if kind == 3:
        place = random.randrange(len(data) + 1)
        return data[:place] + random.choice(TOKENS) + data[place + random.choice((0, 0, 1, _STRETCH)) :]
    if kind == 4:
        return _renumbered(data, random)
    lines = data.split(b"\n")
    place = random.randrange(len(lines))
    if kind == 5:
        lines[place] = scramble(lines[place] or b"x", max(1, limit - len(data) + len(lines[place])))
    elif kind == 6:
        del lines[place]
    elif kind == 7:
        lines.insert(place, lines[random.randrange(len(lines))])
    elif kind == 8:
        other = random.randrange(len(lines))
        lines[place], lines[other] = lines[other], lines[place]
    else:
        lines[place] = random.choice(TOKENS) + lines[place]
    return b"\n".join(lines)


def _renumbered(data: bytes, random: Random) -> bytes:
    numbers = list(_NUMBER.finditer(data))
    if not numbers:
        return data
    chosen = random.choice(numbers)
    value = int(chosen[0][:20])
    new = random.choice((value + 1, max(0, value - 1), 0, 1, 2, value * 10, random.randrange(3000)))
    return data[: chosen.start()] + str(new).encode().rjust(len(chosen[0]), b"0") + data[chosen.end() :]


def _identified(match: re.Match[bytes]) -> bytes:
    field, name, _, encoded = match.groups()
    data = _decoded(encoded)
    key_id = compute_key_id(name.decode(errors="replace"), data).hex().encode()
    return field + name + b"+" + key_id + b"+" + base64.b64encode(data)


def _spelled(match: re.Match[bytes]) -> bytes:
    return match[1] + base64.b64encode(_decoded(match[2]))


def _decoded(encoded: bytes) -> bytes:
    try:
        return base64.b64decode(encoded + b"==")
    except (binascii.Error, ValueError):
        return b"\x01" + encoded[:32].ljust(32, b"x")
