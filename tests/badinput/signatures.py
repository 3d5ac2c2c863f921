"""Signatures that are wrong, too few, or not of those who may sign."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from canary.core.judging.findings import Code
from canary.core.signed.kinds import ed25519_vkey
from canary.core.signed.note import SignatureLine
from tests.badinput.row import ALL, INVALID, Build, Given, Row, Told, begun, entry, given, invalid, row
from tests.simulator import (
    CANARY,
    EXAMPLE_CERTIFICATE,
    Tamper,
    by_another_key,
    example_publisher,
    noon,
    private_key,
    public_key,
    repeated,
    spoiled,
    with_stranger,
)

GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of Ed25519 (RFC 8032, section 5.1): adding it to S gives another signature that some programs take."""


def signed(tamper: Tamper | None = None, *, by: Sequence[str] = ALL) -> Build:
    """Returns a canary whose release 2 is signed so."""

    def build() -> Given:
        sim = begun()
        sim.release(signed_by=by, tamper=tamper)
        return given(sim)

    return build


def of_legal(change: object) -> Tamper:
    """Returns the tampering with the first line, which is the one of `legal`."""
    return lambda _, lines: (change(lines[0]), *lines[1:])  # type: ignore[operator]  # it takes a line


def cut(line: SignatureLine) -> SignatureLine:
    return replace(line, signature=line.signature[:-1])


def lengthened(line: SignatureLine) -> SignatureLine:
    return replace(line, signature=line.signature + b"\0")


def malleable(line: SignatureLine) -> SignatureLine:
    """Returns the same signature with its S in another spelling."""
    scalar = int.from_bytes(line.signature[32:], "little") + GROUP_ORDER
    return replace(line, signature=line.signature[:32] + scalar.to_bytes(32, "little"))


def all_zero(line: SignatureLine) -> SignatureLine:
    return replace(line, signature=bytes(64))


def under_another_key_id(line: SignatureLine) -> SignatureLine:
    return replace(line, key_id=bytes([line.key_id[0] ^ 1, *line.key_id[1:]]))


def with_key_of(name: str, seed: str) -> Tamper:
    """Adds a right signature by a key, under a name that no roster has."""

    def tamper(text: bytes, lines: tuple[SignatureLine, ...]) -> tuple[SignatureLine, ...]:
        key = ed25519_vkey(f"{CANARY}/{name}", public_key(seed))
        return (*lines, SignatureLine(key.name, key.key_id, private_key(seed).sign(text)))

    return tamper


def over_release_1() -> Given:
    """Takes the signatures of release 1 over to release 2."""
    sim = begun()
    lines: list[SignatureLine] = []
    first = sim.fork_at(1)

    def remember(_: bytes, made: tuple[SignatureLine, ...]) -> tuple[SignatureLine, ...]:
        lines.extend(made)
        return made

    first.release(tamper=remember)
    sim.release(tamper=lambda *_: tuple(lines))
    return given(sim)


def removed_signer() -> Given:
    """Lets a signer whom roster 2 removed make up the threshold."""
    sim = begun()
    sim.roster(remove=["director"])
    sim.release(signed_by=["legal"], tamper=with_key_of("director", "director"))
    return given(sim, honest=3)


def with_more(data: bytes) -> bytes:
    """Adds a line to a release that is signed."""
    return data.replace(b"\nissued: ", b"\ncovers: 2025-01-01/2025-03-31\nissued: ")


def openpgp(signature: bytes) -> Build:
    """Returns a canary whose release 1 has, under a real OpenPGP certificate, these bytes for a signature."""

    def build() -> Given:
        sim = example_publisher()
        roster_1 = sim.rosters[0]
        sim.rewind(1)
        legal, security = roster_1.signers

        def tamper(text: bytes, _: tuple[SignatureLine, ...]) -> tuple[SignatureLine, ...]:
            own = SignatureLine(legal.key.name, legal.key.key_id, private_key("legal").sign(text))
            return own, SignatureLine(security.key.name, security.key.key_id, signature)

        sim.release(tamper=tamper)
        return given(sim, honest=1, seen=noon("2026-08-25"), now=noon("2026-09-10"))

    return build


TOO_FEW = "1 of 3 signed (legal), 2 needed; missing: security, director"
WRONG = "not over this text, or not by the key it names: "


def too_few(words: str = TOO_FEW, *, entry: int = 3) -> Told:
    """Returns the finding of a release that too few signed."""
    return invalid(Code.BELOW_THRESHOLD, words, entry=entry)


def wrong(names: str, *, entry: int = 3) -> Told:
    """Returns the finding of a release with a signature that is wrong."""
    return invalid(Code.BAD_SIGNATURE, WRONG + names, entry=entry)


def by_openpgp(name: str, signature: Build) -> Row:
    """Returns the row of an OpenPGP signature that gpg will not take; roster 1 has none that it will either."""
    first = Told(Code.BAD_SIGNATURE, INVALID, f"{WRONG}security", entry=1)
    return Row(f"OpenPGP: {name}", signature, first, wrong("security", entry=2))


ROWS = (
    # too few
    row("only unknown keys", signed(with_stranger(), by=()), too_few("0 of 3 signed, 2 needed")),
    row("threshold minus one", signed(by=["legal"]), too_few()),
    row("threshold minus one, and a stranger", signed(with_stranger(), by=["legal"]), too_few()),
    row("one signature repeated", signed(lambda _, lines: lines * 3, by=["legal"]), too_few()),
    row("one signature repeated, and wrong the second time", signed(repeated("legal"), by=["legal"]), too_few()),
    row("one key under two names", signed(with_key_of("legal-2", "legal"), by=["legal"]), too_few()),
    row("one key under another signer's name", signed(with_key_of("security", "legal"), by=["legal"]), too_few()),
    row("a signer's name with another key", signed(with_key_of("security", "mallory"), by=["legal"]), too_few()),
    row("another key id", signed(of_legal(under_another_key_id), by=["legal"]), too_few("0 of 3 signed, 2 needed")),
    row("the log key as a signer", signed(with_key_of("security", "log"), by=["legal"]), too_few()),
    row("a removed signer makes up the threshold", removed_signer, too_few("1 of 2 signed (legal), 2 needed", entry=4)),
    # a known key's bad signature, beside enough good ones
    row("a known key's bad signature beside good ones", signed(spoiled("legal")), wrong("legal")),
    row("a known key's name on another key's signature", signed(by_another_key("legal")), wrong("legal")),
    row("all signatures bad", over_release_1, wrong("legal, security, director")),
    row("a signature that is cut short", signed(of_legal(cut)), wrong("legal")),
    row("a signature that is too long", signed(of_legal(lengthened)), wrong("legal")),
    row("a signature in another spelling", signed(of_legal(malleable)), wrong("legal")),
    row("a signature of zeros", signed(of_legal(all_zero)), wrong("legal")),
    row("another text under the signatures", entry(with_more), wrong("legal, security, director")),
    # OpenPGP, by the real gpg
    by_openpgp("no packet", openpgp(b"\x88" + bytes(40))),
    by_openpgp("a packet without end", openpgp(b"\x99\xff\xff" + bytes(1_000))),
    by_openpgp("twenty thousand bytes", openpgp(b"\x99\x4e\x20" + bytes(20_000))),
    by_openpgp("a certificate for a signature", openpgp(EXAMPLE_CERTIFICATE)),
)
