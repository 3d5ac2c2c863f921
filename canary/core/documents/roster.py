"""Rosters: who signs, how many of them, and when a release is due.

This is the specification of `warrant-canary/roster/v1`. A roster is the text of a signed note in our profile
(`canary.core.signed.profile`); every line is `name: value`, in this order and no other:

    warrant-canary/roster/v1
    canary: example.net/canary
    entry: 1
    previous: none
    roster: 1
    issued: 2026-08-20T10:00:00Z
    organisation: Example Networks
    threshold: 2
    signer: example.net/canary/legal+abc63eea+AXiCN14xf0//7FjNujetoXT3+Gn1asnb8X5hZ+EIATxm
    signer: example.net/canary/security+f2bb8daa+/3dhcnJhbnQtY2FuYXJ5L29wZW5wZ3AAzZBMAfFgcggvyUKctUkaHr+5jZk=
    certificate: example.net/canary/security mDMEam3DoBYJKwYBBAHaRw8BAQdA0HZ8krDj/DcXi76WHrjz/yIMFrVUWWvvaCESaeAuDFa0FHNlY3VyaXR5QGV4YW1wbGUubmV0iJAEExYIADgWIQTNkEwB8WByCC/JQpy1SRoev7mNmQUCam3DoAIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAKCRC1SRoev7mNmcVmAP9Het0ZecQXsy0K5JabTVYNZzYKkJHe5SQttyNhXiLH2QD+PDG+G9T+1BSgT2jqo4mtHjfJ3LmD85LcblCOM/lVGgU=
    log: example.net/canary+12775884+Af0gF9Gpgq6WxveIdQnBTWi9HSj8MqEE20GjZ5iqmExS
    start: 2026-09-01
    cadence: 3 months
    window: 14 days
    grace: 14 days
    anchor-age: 3 days
    witness-quorum: 0

- `entry` counts the entries of the log from 1; `previous` is the hash (`canary.core.text.strict`) of the text of the entry
  before it, whichever its kind, and `none` for entry 1 and for no other. `roster` counts the rosters from 1.
- `issued` is a time (`canary.core.text.times`).
- `organisation` is one line of 1 to 200 characters, without blanks around it.
- `threshold` is a number from 1 to the number of signers.
- `signer` stands 1 to 100 times: a vkey (`canary.core.signed.vkey`) named `<canary>/<name>` (`canary.core.text.names`) of a kind that
  may sign (`canary.core.signed.kinds`). Then, for each OpenPGP signer and in the signers' order, a `certificate`: the key's
  name, a space, and 1 to 16,384 bytes in base64, its minimal certificate. No other certificate counts, so history
  verifies alike for everyone. What the bytes are is looked at when a signature is checked.
- `log` is the Ed25519 vkey that signs checkpoints, named like the canary. It has no authority.
- `start` is a date; `start`, `cadence`, `window` and `grace` are explained in `canary.core.documents.schedule`.
- `anchor-age` is how old a release's newest anchor may be at `issued`, in days, or `none`.
- `witness` (any number) and `witness-quorum`: vkeys of log witnesses, of any type and with ASCII names, and how many
  of them must cosign, from 0 to their number.

No name and no key stands twice, over signers, log and witnesses together. Two keys are the same if they are so without
their types: for OpenPGP what follows the type's 24 bytes, for all others what follows the first byte.

The signers' largest signatures fit into an entry: 32,768 bytes of text, one of the blank line, and for each signer the
signature line with its newline, with a signature of 64 bytes (Ed25519) or 1,024 (OpenPGP), are together at most 65,535
bytes.
"""  # noqa: E501  a certificate stands on one line

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from canary.core.documents.schedule import Schedule, parse_cadence, parse_days, render_days
from canary.core.signed.kinds import ED25519_TYPE, OPENPGP_TYPE, Kind, kind_of
from canary.core.signed.note import SignatureLine
from canary.core.signed.vkey import VKey, parse_vkey
from canary.core.text.fields import FieldReader
from canary.core.text.names import check_canary_id, signer_of
from canary.core.text.strict import decode_base64, encode_base64, hash_field, parse_hash, parse_number
from canary.core.text.times import format_time, parse_date, parse_time
from canary.errors import MalformedError
from canary.limits import CERTIFICATE_BYTES, ENTRY_BYTES, SIGNATURE_LINES, TEXT_BYTES

HEADER = "warrant-canary/roster/v1"
ORGANISATION_CHARACTERS = 200
_NONE = "none"


class RosterSigner(msgspec.Struct, frozen=True):
    """One person who may sign.

    Attributes:
        name: the short name, `legal`.
        key: the vkey, named `<canary>/<name>`.
        kind: the kind of the key.
        certificate: the minimal OpenPGP certificate, binary; empty for other kinds.
    """

    name: str
    key: VKey
    kind: Kind
    certificate: bytes = b""


class Roster(msgspec.Struct, frozen=True):
    """A roster's text, parsed. See the module for what each field means."""

    canary: str
    entry: int
    previous: str | None
    number: int
    issued: datetime
    organisation: str
    threshold: int
    signers: tuple[RosterSigner, ...]
    log: VKey
    schedule: Schedule
    anchor_age: timedelta | None = None
    witnesses: tuple[VKey, ...] = ()
    witness_quorum: int = 0

    def signer(self, name: str) -> RosterSigner | None:
        """Returns the signer of that short name, if there is one."""
        return next((signer for signer in self.signers if signer.name == name), None)

    def render(self) -> bytes:
        """Returns the text's bytes."""
        lines = [
            HEADER,
            f"canary: {self.canary}",
            f"entry: {self.entry}",
            f"previous: {render_previous(self.previous)}",
            f"roster: {self.number}",
            f"issued: {format_time(self.issued)}",
            f"organisation: {self.organisation}",
            f"threshold: {self.threshold}",
            *(f"signer: {signer.key.render()}" for signer in self.signers),
            *(
                f"certificate: {signer.key.name} {encode_base64(signer.certificate)}"
                for signer in self.signers
                if signer.kind is Kind.OPENPGP
            ),
            f"log: {self.log.render()}",
            f"start: {self.schedule.start.isoformat()}",
            f"cadence: {self.schedule.cadence.render()}",
            f"window: {render_days(self.schedule.window)}",
            f"grace: {render_days(self.schedule.grace)}",
            f"anchor-age: {_NONE if self.anchor_age is None else render_days(self.anchor_age)}",
            *(f"witness: {witness.render()}" for witness in self.witnesses),
            f"witness-quorum: {self.witness_quorum}",
        ]
        return ("\n".join(lines) + "\n").encode()


def parse_roster(text: bytes) -> Roster:
    """Reads a roster's text.

    Raises:
        MalformedError: a rule above is broken; the error names the line and the rule.
    """
    reader = FieldReader.of(text, HEADER, "a roster")
    canary = reader.value("canary", check_canary_id)
    entry = reader.value("entry", lambda value: parse_number(value, least=1))
    roster = Roster(
        canary=canary,
        entry=entry,
        previous=reader.value("previous", lambda value: parse_previous(value, entry)),
        number=reader.value("roster", lambda value: parse_number(value, least=1)),
        issued=reader.value("issued", parse_time),
        organisation=reader.value("organisation", parse_organisation),
        threshold=reader.value("threshold", lambda value: parse_number(value, least=1, most=SIGNATURE_LINES)),
        signers=_signers(reader, canary),
        log=reader.value("log", lambda value: _log_key(value, canary)),
        schedule=Schedule(
            start=reader.value("start", parse_date),
            cadence=reader.value("cadence", parse_cadence),
            window=reader.value("window", parse_days),
            grace=reader.value("grace", parse_days),
        ),
        anchor_age=reader.value("anchor-age", parse_anchor_age),
        witnesses=reader.repeated("witness", _witness),
        witness_quorum=reader.value("witness-quorum", parse_number),
    )
    if not reader.at_end():
        raise MalformedError("nothing follows the field 'witness-quorum'", line=reader.number + 1)
    check_roster(roster)
    return roster


def check_roster(roster: Roster) -> None:
    """Checks what no single line can show.

    Raises:
        MalformedError: threshold, witness quorum, schedule, repeated keys or names, or too many signatures.
    """
    if roster.threshold > len(roster.signers):
        raise MalformedError(f"the threshold {roster.threshold} is more than the {len(roster.signers)} signers")
    if roster.witness_quorum > len(roster.witnesses):
        raise MalformedError("the witness quorum is more than the witnesses")
    roster.schedule.check()
    keys = [*(signer.key for signer in roster.signers), roster.log, *roster.witnesses]
    names = [key.name for key in keys]
    _refuse_twice("the name", names, names)
    _refuse_twice("the key of", [material(key) for key in keys], names)
    check_signatures_fit(roster.signers)


def check_signatures_fit(signers: Iterable[RosterSigner]) -> None:
    """Checks that the largest signatures of all `signers`, with the largest text, fit into one entry.

    Raises:
        MalformedError: they do not.
    """
    lines = [
        SignatureLine(signer.key.name, signer.key.key_id, bytes(signer.kind.largest_signature)).render()
        for signer in signers
    ]
    size = TEXT_BYTES + 1 + sum(len(line.encode()) + 1 for line in lines)
    if len(lines) > SIGNATURE_LINES or size > ENTRY_BYTES:
        raise MalformedError(
            f"the signatures of these {len(lines)} signers would not fit into an entry of {ENTRY_BYTES:,} bytes"
        )


def parse_organisation(value: str) -> str:
    """Returns an organisation's name.

    Raises:
        MalformedError: empty, longer than 200 characters, or with blanks around it.
    """
    if not 1 <= len(value) <= ORGANISATION_CHARACTERS or value != value.strip():
        raise MalformedError(
            f"an organisation's name has 1 to {ORGANISATION_CHARACTERS} characters and no blanks around it"
        )
    return value


def parse_anchor_age(value: str) -> timedelta | None:
    """Reads `3 days` or `none`.

    Raises:
        MalformedError: another spelling.
    """
    return None if value == _NONE else parse_days(value)


def parse_previous(value: str, entry: int) -> str | None:
    """Reads the hash of the text before, or `none` in entry 1 and nowhere else.

    Raises:
        MalformedError: another spelling, or `none` where a text came before.
    """
    if (value == _NONE) != (entry == 1):
        raise MalformedError("'previous' is 'none' in entry 1 and a hash in every other")
    return None if value == _NONE else parse_hash(value)


def render_previous(previous: str | None) -> str:
    """Returns the one spelling of `previous`."""
    return _NONE if previous is None else hash_field(previous)


def _signers(reader: FieldReader, canary: str) -> tuple[RosterSigner, ...]:
    keys = reader.repeated("signer", lambda value: _signer(value, canary))
    if not keys:
        raise MalformedError("here the first field 'signer' must stand", line=reader.number + 1)
    return tuple(_with_certificate(reader, signer) for signer in keys)


def _signer(value: str, canary: str) -> RosterSigner:
    key = parse_vkey(value)
    return RosterSigner(signer_of(canary, key.name), key, kind_of(key))


def _with_certificate(reader: FieldReader, signer: RosterSigner) -> RosterSigner:
    if signer.kind is not Kind.OPENPGP:
        return signer
    certificate = reader.value("certificate", lambda value: _certificate(value, signer.key.name))
    return RosterSigner(signer.name, signer.key, signer.kind, certificate)


def _certificate(value: str, name: str) -> bytes:
    owner, _, encoded = value.partition(" ")
    if owner != name:
        raise MalformedError(f"here the certificate of {name} must stand, not of {owner[:80]!a}")
    certificate = decode_base64(encoded)
    if not 1 <= len(certificate) <= CERTIFICATE_BYTES:
        raise MalformedError(f"a certificate has 1 to {CERTIFICATE_BYTES:,} bytes")
    return certificate


def _log_key(value: str, canary: str) -> VKey:
    key = parse_vkey(value)
    if key.name != canary:
        raise MalformedError(f"the log key is named like the canary, {canary}, not {key.name[:80]!a}")
    if kind_of(key) is not Kind.ED25519:
        raise MalformedError("the log key is an Ed25519 key")
    return key


def _witness(value: str) -> VKey:
    key = parse_vkey(value)
    if not key.name.isascii():
        raise MalformedError(f"a key's name is ASCII, not {key.name[:80]!a}")
    return key


def material(key: VKey) -> bytes:
    """Returns the key without its type: the same key under another type is the same key."""
    prefix = OPENPGP_TYPE if key.data.startswith(OPENPGP_TYPE) else ED25519_TYPE
    return key.data[len(prefix) :]


def _refuse_twice(what: str, values: Sequence[str | bytes], names: Sequence[str]) -> None:
    seen: set[str | bytes] = set()
    for value, name in zip(values, names, strict=True):
        if value in seen:
            raise MalformedError(f"{what} {name} stands twice in this roster")
        seen.add(value)
