"""Rosters that the old signers, or the new ones, have not agreed to; and keys that may not be in one."""

from __future__ import annotations

from collections.abc import Iterable

from canary.core.judging.findings import Code
from canary.core.signed.kinds import ed25519_vkey, openpgp_vkey
from canary.core.signed.vkey import VKey
from tests.badinput.row import ALL, INVALID, Build, Given, Row, Told, begun, given, invalid, malformed, roster, row
from tests.simulator import CANARY, Edit, Publisher, public_key, with_stranger

FIELD_PRIME = 2**255 - 19
TWO_NEW = {"security": "security-2", "director": "director-2"}


def rotated(*, signed_by: Iterable[str], **changes: object) -> Build:
    """Returns a canary with a roster 2 that differs so, signed by these, and by somebody that nobody knows."""

    def build() -> Given:
        sim = begun()
        sim.roster(signed_by=signed_by, tamper=with_stranger(), **changes)  # type: ignore[arg-type]  # rows name them
        return given(sim)

    return build


def first(signed_by: Iterable[str]) -> Build:
    """Returns a canary whose roster 1 not everyone signed; whoever was there before saw an honest one."""

    def build() -> Given:
        sim = Publisher()
        sim.roster(signed_by=signed_by)
        honest = given(begun())
        return Given(sim.site().files, sim.pin, honest.state, sim.entries[0], sim.entries[0])

    return build


def with_key(name: str, public: bytes) -> Edit:
    """Returns the edit that gives a name another Ed25519 key; the name of the log key is the canary's."""
    return with_vkey(name, ed25519_vkey(f"{CANARY}{name}", public))


def with_vkey(name: str, key: VKey) -> Edit:
    """Returns the edit that puts another vkey where the one of `name` stands."""

    def edit(text: str) -> str:
        old = next(line for line in text.split("\n") if f": {CANARY}{name}+" in line)
        return text.replace(old, f"{old.partition(': ')[0]}: {key.render()}")

    return edit


def encoded(y: int) -> bytes:
    """Returns the key whose y coordinate is that (RFC 8032, section 5.1.2)."""
    return y.to_bytes(32, "little")


def bad_key(name: str, edit: Edit, told: str, line: int | None) -> Row:
    """Returns the row of a key that no roster may have."""
    return row(name, roster(edit), malformed(told, line=line))


def second_key() -> Given:
    """Gives the name of a signer another key."""
    sim = begun()
    sim.seeds["legal"] = "another key"
    sim.roster()
    return given(sim)


def came_back_with_another_key() -> Given:
    """Gives the name of a signer who had left another key."""
    sim = begun()
    sim.roster(remove=["director"])
    sim.seeds["director"] = "another key"
    sim.roster(add=["director"])
    return given(sim, honest=3)


def witness(line: str) -> Edit:
    """Returns the edit that adds a witness."""
    return lambda text: text.replace("witness-quorum: 0", f"witness: {line}\nwitness-quorum: 0")


def too_few(words: str, *, entry: int = 3) -> Told:
    """Returns the finding of a roster that too few signed."""
    return invalid(Code.BELOW_THRESHOLD, words, entry=entry)


SMALL = "is of small order: it would verify anything"

ROWS = (
    # who has to sign
    row(
        "a roster signed by only the old keys",
        rotated(replacing=TWO_NEW, signed_by=ALL),
        too_few("of the new roster: 1 of 3 signed (legal), 2 needed"),
    ),
    row(
        "a roster signed by only the new keys",
        rotated(replacing=TWO_NEW, signed_by=["security-2", "director-2"]),
        too_few("of the old roster: 0 of 3 signed, 2 needed; missing: legal, security, director"),
    ),
    row(
        "a roster signed by a whole new set of signers",
        rotated(remove=ALL, add=["ann", "ben", "cem"], signed_by=["ann", "ben", "cem"]),
        too_few("of the old roster: 0 of 3 signed"),
    ),
    row(
        "a threshold lowered without the old one",
        rotated(threshold=1, signed_by=["legal"]),
        too_few("of the old roster: 1 of 3 signed (legal), 2 needed"),
    ),
    row(
        "a threshold raised without the new one",
        rotated(threshold=3, signed_by=["legal", "security"]),
        too_few("of the new roster: 2 of 3 signed (legal, security), 3 needed"),
    ),
    row(
        "a newcomer who has not signed",
        rotated(add=["auditor"], signed_by=ALL),
        too_few("of the keys that are new: 0 of 1 signed, 1 needed; missing: auditor"),
    ),
    row(
        "a signer removed by one other alone",
        rotated(remove=["director"], signed_by=["legal"]),
        too_few("1 of 2 signed (legal), 2 needed"),
    ),
    row(
        "a log key that the log key alone put in",
        rotated(new_log_key=True, signed_by=[]),
        Told(Code.BELOW_THRESHOLD, INVALID, "0 of 3 signed, 2 needed", entry=3),
    ),
    Row(
        "roster 1 signed by the threshold alone",
        first(["legal", "security"]),
        Told(Code.BELOW_THRESHOLD, INVALID, "every signer of roster 1 must sign: 2 of 3 signed", entry=1),
        None,
    ),
    # names and keys
    row(
        "a name with a second key",
        second_key,
        invalid(Code.BAD_ROTATION, "the signer legal had another key before; a new key needs a new name"),
    ),
    row(
        "a name that comes back with a second key",
        came_back_with_another_key,
        invalid(Code.BAD_ROTATION, "the signer director had another key before", entry=4),
    ),
    bad_key(
        "one key under two names",
        with_key("/security", public_key("legal")),
        "the key of example.net/canary/security stands twice",
        None,
    ),
    bad_key(
        "one key under two types",
        witness(VKey.make("witness.example", b"\x04" + public_key("legal")).render()),
        "the key of witness.example stands twice",
        None,
    ),
    bad_key(
        "a signer's key as the log key",
        with_key("", public_key("legal")),
        "the key of example.net/canary stands twice",
        None,
    ),
    bad_key(
        "a signer's key as a witness",
        witness(ed25519_vkey("witness.example", public_key("legal")).render()),
        "the key of witness.example stands twice",
        None,
    ),
    bad_key(
        "a signer twice",
        with_vkey("/security", ed25519_vkey(f"{CANARY}/legal", public_key("mallory"))),
        "the name example.net/canary/legal stands twice",
        None,
    ),
    bad_key("a small-order key", with_key("/legal", encoded(1)), SMALL, 9),
    bad_key(
        "a small-order key of order eight",
        with_key("/legal", encoded(0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7)),
        SMALL,
        9,
    ),
    bad_key("a small-order log key", with_key("", encoded(0)), SMALL, 12),
    bad_key(
        "a key in a non-canonical encoding",
        with_key("/legal", encoded(FIELD_PRIME + 3)),
        "is in a non-canonical encoding",
        9,
    ),
    bad_key("a key of 31 bytes", with_key("/legal", bytes(31)), "has 31 bytes instead of 32", 9),
    bad_key(
        "no key at all", with_vkey("/legal", VKey.make(f"{CANARY}/legal", b"\x01")), "has 0 bytes instead of 32", 9
    ),
    bad_key(
        "a key of an unknown kind",
        with_vkey("/legal", VKey.make(f"{CANARY}/legal", b"\x06" + bytes(32))),
        "is of the unknown type 0x06",
        9,
    ),
    bad_key(
        "an OpenPGP key without its certificate",
        with_vkey("/director", openpgp_vkey(f"{CANARY}/director", bytes(20))),
        "instead of the field 'certificate'",
        12,
    ),
    bad_key(
        "a wrong key id",
        lambda text: text.replace(
            "signer: example.net/canary/legal+abc63eea", "signer: example.net/canary/legal+abc63eeb"
        ),
        "the key id of 'example.net/canary/legal' is abc63eea",
        9,
    ),
    bad_key(
        "a signer of another canary",
        with_vkey("/legal", ed25519_vkey("example.org/canary/legal", public_key("legal"))),
        "is not named example.net/canary/NAME",
        9,
    ),
    bad_key(
        "a signer called log",
        with_vkey("/legal", ed25519_vkey(f"{CANARY}/log", public_key("legal"))),
        "a signer's name is",
        9,
    ),
    bad_key(
        "the log of another canary",
        with_vkey("", ed25519_vkey("example.org/canary", public_key("log"))),
        "the log key is named like the canary",
        12,
    ),
)
