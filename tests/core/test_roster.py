from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import canary.core.documents.roster
from canary.core.documents.roster import HEADER, Roster, RosterSigner, check_roster, check_signatures_fit, parse_roster
from canary.core.signed.kinds import ED25519_TYPE, Kind, ed25519_vkey, fingerprint_of, openpgp_vkey
from canary.core.signed.note import parse_note
from canary.core.signed.profile import parse_entry_note
from canary.core.signed.vkey import VKey
from canary.core.text.strict import encode_base64
from canary.errors import CanaryError, MalformedError
from canary.limits import CERTIFICATE_BYTES, ENTRY_BYTES, SIGNATURE_LINES, TEXT_BYTES
from tests import strategies
from tests.simulator import (
    CANARY,
    EXAMPLE_CERTIFICATE,
    EXAMPLE_FINGERPRINT,
    Publisher,
    example_publisher,
    public_key,
    worked_example,
)

EXAMPLE = worked_example(canary.core.documents.roster, HEADER)


def fault(text: str | bytes) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        parse_roster(text if isinstance(text, bytes) else text.encode())
    return caught.value


def edited(*changes: tuple[str, str]) -> str:
    """Returns the example with each first string, which stands in it once, replaced by the second."""
    text = EXAMPLE.decode()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def line_of(start: str) -> str:
    return next(line for line in EXAMPLE.decode().split("\n") if line.startswith(start))


def signer(name: str, seed: str | None = None, *, canary_id: str = CANARY) -> RosterSigner:
    return RosterSigner(name, ed25519_vkey(f"{canary_id}/{name}", public_key(seed or name)), Kind.ED25519)


def openpgp_signer(name: str) -> RosterSigner:
    fingerprint = hashlib.sha256(name.encode()).digest()[:20]
    return RosterSigner(name, openpgp_vkey(f"{CANARY}/{name}", fingerprint), Kind.OPENPGP, b"certificate")


# --- the specification ----------------------------------------------------------------------------------


def test_the_worked_example_is_the_roster_that_its_keys_make() -> None:
    assert parse_note(example_publisher().entries[0]).text == EXAMPLE


def test_the_worked_example_is_read_field_by_field() -> None:
    roster = parse_roster(EXAMPLE)
    assert roster.render() == EXAMPLE
    assert (roster.canary, roster.entry, roster.previous, roster.number) == (CANARY, 1, None, 1)
    assert [(each.name, each.kind) for each in roster.signers] == [("legal", Kind.ED25519), ("security", Kind.OPENPGP)]
    assert (roster.threshold, roster.anchor_age, roster.witnesses) == (2, timedelta(days=3), ())
    assert roster.signer("security") == roster.signers[1]
    assert roster.signer("director") is None


def test_the_certificate_of_the_worked_example_has_the_fingerprint_of_its_vkey() -> None:
    security = parse_roster(EXAMPLE).signers[1]
    packet = security.certificate[: 2 + security.certificate[1]]
    body = packet[2:]
    fingerprint = hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body).digest()  # noqa: S324  RFC 4880, 12.2
    assert packet[0] == 0x98
    assert fingerprint == fingerprint_of(security.key) == EXAMPLE_FINGERPRINT


# --- one text, one value --------------------------------------------------------------------------------


@given(strategies.rosters())
def test_a_roster_is_read_as_it_was_written(roster: Roster) -> None:
    assert parse_roster(roster.render()) == roster


@given(strategies.mutated(strategies.rosters().map(Roster.render)) | st.binary())
def test_whatever_is_read_as_a_roster_is_written_again_byte_for_byte(data: bytes) -> None:
    try:
        roster = parse_roster(data)
    except CanaryError:
        return
    assert roster.render() == data


# --- the grammar ----------------------------------------------------------------------------------------

FIELDS = [
    *("canary", "entry", "previous", "roster", "issued", "organisation", "threshold", "log"),
    *("start", "cadence", "window", "grace", "anchor-age", "witness-quorum"),
]


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_that_is_missing_repeated_or_empty_is_refused(name: str) -> None:
    line = line_of(f"{name}: ")
    number = EXAMPLE.decode().split("\n").index(line) + 1
    missing, empty = fault(edited((f"{line}\n", ""))), fault(edited((line, f"{name}: ")))
    assert (missing.line, empty.line) == (number if name != "witness-quorum" else number - 1, number)
    assert fault(edited((line, f"{line}\n{line}"))).line in (number + 1, number + 2)


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_spelled_in_one_way(name: str) -> None:
    line = line_of(f"{name}: ")
    for other in (line.replace(": ", ":", 1), line.replace(": ", ":  ", 1), line.capitalize(), f" {line}", f"{line} "):
        fault(edited((line, other)))


@pytest.mark.parametrize(
    ("change", "line", "rule"),
    [
        (("roster/v1\n", "roster/v1 \n"), 1, "blank"),
        (("roster/v1\n", "roster/v01\n"), 1, "begins with"),
        (("canary: example.net/canary\n", "canary: https://example.net/canary\n"), 2, "without https://"),
        (("entry: 1\n", "entry: 0\n"), 3, "outside 1"),
        (("entry: 1\n", "entry: 01\n"), 3, "leading zeros"),
        (("entry: 1\n", "entry: 2\n"), 4, "'none' in entry 1"),
        (("previous: none", f"previous: sha256:{'0' * 64}"), 4, "'none' in entry 1"),
        (("roster: 1\n", "roster: 0\n"), 5, "outside 1"),
        (("10:00:00Z", "10:00:00+00:00"), 6, "a time is written"),
        (("Example Networks", " Example Networks"), 7, "no blanks around it"),
        (("Example Networks", "x" * 201), 7, "1 to 200 characters"),
        (("threshold: 2", "threshold: 0"), 8, "outside 1"),
        (("threshold: 2", "threshold: 101"), 8, "outside 1 to 100"),
        (("threshold: 2", "threshold: 3"), None, "more than the 2 signers"),
        (("start: 2026-09-01", "start: 2026-09-1"), 13, "a date is written"),
        (("cadence: 3 months", "cadence: 3 month"), 14, "one is written"),
        (("cadence: 3 months", "cadence: 90 days"), 14, "months or weeks"),
        (("window: 14 days", "window: 14"), 15, "a length is written"),
        (("window: 14 days", "window: 0 days"), None, "at least 1 day"),
        (("window: 14 days", "window: 77 days"), None, "open only 90 days apart"),
        (("grace: 14 days", "grace: 367 days"), 16, "0 to 366 days"),
        (("anchor-age: 3 days", "anchor-age: 3"), 17, "a length is written"),
        (("witness-quorum: 0", "witness-quorum: 1"), None, "more than the witnesses"),
        (("witness-quorum: 0", "witness-quorum: 0\nmore: 1"), 19, "nothing follows"),
        (("witness-quorum: 0", "witness-quorum: 0\n"), 19, "nothing follows"),
    ],
)
def test_a_broken_rule_is_told_with_its_line(change: tuple[str, str], line: int | None, rule: str) -> None:
    error = fault(edited(change))
    assert rule in error.rule
    assert error.line == line


def test_a_roster_has_a_signer() -> None:
    roster = parse_roster(EXAMPLE)
    without = "\n".join(x for x in EXAMPLE.decode().split("\n") if not x.startswith(("signer:", "certificate:")))
    assert "first field 'signer'" in fault(without).rule
    assert "threshold" in fault(replace(roster, signers=roster.signers[:1]).render()).rule


# --- keys -----------------------------------------------------------------------------------------------


def default_roster() -> Roster:
    sim = Publisher()
    sim.roster()
    return sim.rosters[0]


Change = Callable[[Roster], Roster]


def with_signers(*signers: RosterSigner) -> Change:
    return lambda roster: replace(roster, threshold=1, signers=signers)


def with_log(key: VKey) -> Change:
    return lambda roster: replace(roster, log=key)


def with_witnesses(*keys: VKey) -> Change:
    return lambda roster: replace(roster, witnesses=keys)


LEGAL = public_key("legal")
LOG = public_key("log")
COSIGNER = b"\x04"
"""The key type of C2SP cosignatures."""


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (with_signers(signer("legal"), signer("legal", "other")), "the name example.net/canary/legal stands twice"),
        (with_signers(signer("legal"), signer("security", "legal")), "the key of .*security stands twice"),
        (with_signers(signer("legal", "log")), "the key of example.net/canary stands twice"),
        (with_witnesses(ed25519_vkey("w.example/1", LEGAL)), "the key of w.example/1 stands twice"),
        (with_witnesses(VKey.make("w.example/1", COSIGNER + LEGAL)), "the key of w.example/1 stands twice"),
        (with_witnesses(VKey.make("w.example/1", COSIGNER + LOG)), "the key of w.example/1 stands twice"),
        (with_witnesses(ed25519_vkey(CANARY, public_key("w"))), "the name example.net/canary stands twice"),
        (with_witnesses(ed25519_vkey(f"{CANARY}/legal", public_key("w"))), "the name .*legal stands twice"),
        (with_witnesses(ed25519_vkey("wé.example/1", public_key("w"))), "ASCII"),
        (with_signers(signer("legal", canary_id="example.org/canary")), "is not named example.net/canary/NAME"),
        (with_signers(signer("log")), "a signer's name"),
        (with_signers(signer("a/b")), "a signer's name"),
        (
            with_signers(RosterSigner("x", ed25519_vkey(f"{CANARY}/x", b"\x01" + bytes(31)), Kind.ED25519)),
            "small order",
        ),
        (with_signers(RosterSigner("x", ed25519_vkey(f"{CANARY}/x", b"\xff" * 32), Kind.ED25519)), "non-canonical"),
        (with_signers(RosterSigner("x", VKey.make(f"{CANARY}/x", b"\x04" + LEGAL), Kind.ED25519)), "unknown type 0x04"),
        (with_log(ed25519_vkey(CANARY, bytes(32))), "small order"),
        (with_log(ed25519_vkey(f"{CANARY}/log", LOG)), "named like the canary"),
        (with_log(openpgp_vkey(CANARY, bytes(20))), "the log key is an Ed25519 key"),
    ],
)
def test_a_key_that_is_weak_misnamed_or_used_twice_is_refused(change: Change, rule: str) -> None:
    with pytest.raises(MalformedError, match=rule):
        parse_roster(change(default_roster()).render())


def test_a_key_id_that_is_not_computed_from_name_and_key_is_refused() -> None:
    key_id = default_roster().signers[0].key.key_id.hex()
    assert "key id" in fault(default_roster().render().replace(key_id.encode(), b"00000000")).rule


def test_witnesses_are_read_and_count_for_the_quorum() -> None:
    witnesses = (VKey.make("w.example/1", COSIGNER + public_key("w1")), ed25519_vkey("w.example/2", public_key("w2")))
    roster = replace(default_roster(), witnesses=witnesses, witness_quorum=2)
    assert parse_roster(roster.render()) == roster


# --- certificates ---------------------------------------------------------------------------------------

CERTIFICATE = f"certificate: {CANARY}/security {encode_base64(EXAMPLE_CERTIFICATE)}"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ((f"{CERTIFICATE}\n", ""), "instead of the field 'certificate'"),
        ((CERTIFICATE, f"{CERTIFICATE}\n{CERTIFICATE}"), "instead of the field 'log'"),
        (
            (f"certificate: {CANARY}/security", f"certificate: {CANARY}/legal"),
            "certificate of example.net/canary/security",
        ),
        ((f"{CANARY}/security mDME", f"{CANARY}/security  mDME"), "base64"),
        ((CERTIFICATE, f"certificate: {CANARY}/security"), "a certificate has 1 to"),
        ((CERTIFICATE, f"certificate: {CANARY}/security !"), "base64"),
        (
            (CERTIFICATE, f"certificate: {CANARY}/security {encode_base64(bytes(CERTIFICATE_BYTES + 1))}"),
            "a certificate has",
        ),
    ],
)
def test_each_openpgp_signer_has_one_certificate_in_one_place(change: tuple[str, str], rule: str) -> None:
    assert rule in fault(edited(change)).rule


def test_certificates_stand_in_the_order_of_the_signers() -> None:
    sim = Publisher(("one", "two", "three"), openpgp=("one", "three"))
    sim.roster()
    text = sim.rosters[0].render()
    lines = text.split(b"\n")
    first, second = (i for i, line in enumerate(lines) if line.startswith(b"certificate: "))
    assert (b"/one " in lines[first], b"/three " in lines[second]) == (True, True)
    lines[first], lines[second] = lines[second], lines[first]
    assert "certificate of example.net/canary/one must stand" in fault(b"\n".join(lines)).rule


def test_no_certificate_stands_for_an_ed25519_signer() -> None:
    text = default_roster().render().replace(b"log: ", f"certificate: {CANARY}/legal AAAA\nlog: ".encode())
    assert "instead of the field 'log'" in fault(text).rule


# --- size -----------------------------------------------------------------------------------------------


def test_the_largest_signatures_of_all_signers_fit_into_an_entry_with_the_largest_text() -> None:
    signers = [openpgp_signer(f"signer-{n}") for n in range(22)]
    check_signatures_fit(signers)
    sim = Publisher()
    note = parse_entry_note(sim.sign_text(b"x" * (TEXT_BYTES - 1) + b"\n", ["legal"], at=default_roster().issued))
    lines = [replace(note.signatures[0], name=each.key.name, signature=bytes(1024)) for each in signers]
    assert len(replace(note, signatures=tuple(lines)).render()) <= ENTRY_BYTES


def test_more_signers_than_an_entry_has_room_for_are_refused() -> None:
    with pytest.raises(MalformedError, match="would not fit"):
        check_roster(replace(default_roster(), signers=tuple(openpgp_signer(f"signer-{n}") for n in range(24))))


def test_a_hundred_signers_are_allowed_and_no_more() -> None:
    signers = tuple(
        RosterSigner("", VKey.make(f"e/{n}", ED25519_TYPE), Kind.ED25519) for n in range(SIGNATURE_LINES + 1)
    )
    check_signatures_fit(signers[:-1])
    with pytest.raises(MalformedError, match="these 101 signers"):
        check_signatures_fit(signers)
