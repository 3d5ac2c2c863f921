"""Vectors of the grammar of rosters: each breaks one rule, or shows what is allowed."""

from __future__ import annotations

from collections.abc import Iterator

from canary.core.log.cosignature import ED25519_COSIGNATURE_TYPE
from canary.core.signed.kinds import ed25519_vkey, openpgp_vkey
from canary.core.signed.vkey import VKey
from canary.core.text.strict import encode_base64
from scripts.vectors_edits import NEWER, ROSTER, WITNESS, Edit
from tests.simulator import CANARY, EXAMPLE_CERTIFICATE, EXAMPLE_FINGERPRINT, public_key


def roster_edits() -> Iterator[Edit]:
    """Returns the changes to a roster."""
    yield from _header_edits()
    yield from _signer_edits()
    yield from _schedule_edits()


def _header_edits() -> Iterator[Edit]:
    yield Edit("v2", "another version is a newer format, not a malformed text", "roster/v1", "roster/v2", NEWER)
    yield Edit("v1000000", "a version has at most six digits", "roster/v1", "roster/v1000000")
    yield Edit("v01", "a version has no leading zeros", "roster/v1", "roster/v01")
    yield Edit("header-blank", "nothing stands behind the header", "roster/v1\n", "roster/v1 \n")
    yield Edit("no-space", "a colon and one space stand behind a name", "entry: 1", "entry:1")
    yield Edit("entry-zero", "entries are counted from 1", "entry: 1", "entry: 0")
    yield Edit("entry-zeros", "a number has no leading zeros", "entry: 1", "entry: 01")
    yield Edit("entry-sign", "a number has no sign", "entry: 1", "entry: +1")
    yield Edit("entry-digits", "a digit is one of 0 to 9", "entry: 1", "entry: \u0661")
    yield Edit("entry-2-none", "only entry 1 has no previous text", "entry: 1", "entry: 2")
    yield Edit("entry-1-hash", "entry 1 has no previous text", "previous: none", f"previous: sha256:{'0' * 64}")
    yield Edit("number-largest", "2^53-1 is a number", "roster: 1", f"roster: {2**53 - 1}", ROSTER)
    yield Edit("number-too-large", "2^53 is none", "roster: 1", f"roster: {2**53}")
    yield Edit("issued-offset", "a time is in UTC", "T00:00:00Z", "T00:00:00+00:00")
    yield Edit("issued-lower-case", "a time has a capital Z", "T00:00:00Z", "T00:00:00z")
    yield Edit("issued-fraction", "a time is in whole seconds", "T00:00:00Z", "T00:00:00.0Z")
    yield Edit("issued-leap-second", "a minute has 60 seconds", "T00:00:00Z", "T23:59:60Z")
    yield Edit("issued-hour-24", "a day has 24 hours", "T00:00:00Z", "T24:00:00Z")
    yield Edit("issued-february-30", "February has no 30th", "issued: 2025-01-22", "issued: 2025-02-30")
    yield Edit("issued-1969", "years begin with 1970", "issued: 2025-01-22", "issued: 1969-01-22")
    yield Edit("organisation-empty", "an organisation has a name", "organisation: Example Networks", "organisation: ")
    yield Edit("organisation-long", "a name has at most 200 characters", "Example Networks", "é" * 201)
    yield Edit(
        "organisation-200", "200 characters are 200, whatever their bytes", "Example Networks", "é" * 200, ROSTER
    )
    yield Edit("organisation-blank", "no blank in front of a value", "organisation: E", "organisation:  E")
    yield Edit("threshold-zero", "somebody must sign", "threshold: 2", "threshold: 0")
    yield Edit("threshold-3-of-2", "no more than there are", "threshold: 2", "threshold: 3")
    yield Edit(
        "swapped",
        "the fields stand in one order",
        "organisation: Example Networks\nthreshold: 2\n",
        "threshold: 2\norganisation: Example Networks\n",
    )
    yield Edit("missing", "no field is left out", "threshold: 2\n", "")
    yield Edit("twice", "no field stands twice", "threshold: 2\n", "threshold: 2\nthreshold: 2\n")
    yield Edit("unknown-field", "there are no other fields", "threshold: 2\n", "threshold: 2\nremark: x\n")
    yield Edit("after-the-end", "nothing follows the last field", "witness-quorum: 0\n", "witness-quorum: 0\n\n")


def _signer_edits() -> Iterator[Edit]:
    legal, security, log = (ed25519_vkey(name, public_key(seed)) for name, seed in _keys())
    stranger = ed25519_vkey(f"{CANARY}/director", public_key("director"))
    yield Edit(
        "no-signers", "there is at least one signer", f"signer: {legal.render()}\nsigner: {security.render()}\n", ""
    )
    yield Edit(
        "signer-elsewhere",
        "a signer's key is named below the canary",
        f"signer: {legal.render()}",
        f"signer: {_renamed(legal, 'example.org/canary/legal')}",
    )
    yield Edit(
        "signer-log",
        "no signer is called log",
        f"signer: {legal.render()}",
        f"signer: {_renamed(legal, f'{CANARY}/log')}",
    )
    yield Edit(
        "signer-capital",
        "a signer's name is in lower case",
        f"signer: {legal.render()}",
        f"signer: {_renamed(legal, f'{CANARY}/Legal')}",
    )
    yield Edit(
        "signer-hyphen",
        "a signer's name begins with a letter or a digit",
        f"signer: {legal.render()}",
        f"signer: {_renamed(legal, f'{CANARY}/-legal')}",
    )
    yield Edit(
        "signer-65",
        "a signer's name has at most 64 characters",
        f"signer: {legal.render()}",
        f"signer: {_renamed(legal, f'{CANARY}/' + 'a' * 65)}",
    )
    yield Edit("signer-key-id", "the key id is that of the key", legal.key_id.hex(), "00000000")
    yield Edit("signer-key-id-capitals", "a key id is in lower case", legal.key_id.hex(), legal.key_id.hex().upper())
    yield Edit(
        "signer-no-padding",
        "base64 is padded",
        legal.render() + "\n",
        legal.render().rstrip("=") + "\n" if legal.render().endswith("=") else legal.render() + "=\n",
    )
    yield Edit(
        "signer-unknown-type",
        "a signer's key is of a known type",
        legal.render(),
        VKey.make(legal.name, b"\x7f" + legal.data[1:]).render(),
    )
    yield Edit(
        "signer-short-key",
        "an Ed25519 key has 32 bytes",
        legal.render(),
        VKey.make(legal.name, legal.data[:-1]).render(),
    )
    for order, point in _small_order():
        yield Edit(
            f"signer-order-{order}",
            f"a point of order {order} is no key",
            legal.render(),
            ed25519_vkey(legal.name, point).render(),
        )
    yield Edit(
        "signer-non-canonical",
        "a key whose y is not below 2^255-19 is in no canonical encoding",
        legal.render(),
        ed25519_vkey(legal.name, (2**255 - 19 + 3).to_bytes(32, "little")).render(),
    )
    yield Edit(
        "signer-name-twice",
        "no name stands twice",
        security.render(),
        ed25519_vkey(legal.name, public_key("director")).render(),
    )
    yield Edit(
        "signer-key-twice",
        "no key stands twice, whatever its name",
        security.render(),
        ed25519_vkey(security.name, public_key("legal")).render(),
    )
    yield Edit(
        "log-key-signs",
        "the log's key is no signer's",
        log.render(),
        ed25519_vkey(CANARY, public_key("legal")).render(),
    )
    yield Edit(
        "log-name", "the log's key is named like the canary", f"log: {log.render()}", f"log: {stranger.render()}"
    )
    yield Edit("log-openpgp", "the log's key is an Ed25519 key", log.render(), openpgp_vkey(CANARY, bytes(20)).render())
    yield Edit(
        "witness-key-twice",
        "a witness has no signer's key, even of another type",
        WITNESS.render(),
        VKey.make(WITNESS.name, ED25519_COSIGNATURE_TYPE + public_key("legal")).render(),
    )
    yield Edit(
        "witness-name",
        "a key's name is ASCII",
        WITNESS.render(),
        VKey.make("witness.exämple/w1", WITNESS.data).render(),
    )
    yield Edit("witness-quorum", "no more witnesses than there are", "witness-quorum: 0", "witness-quorum: 2")
    yield Edit("witness-quorum-1", "as many as there are", "witness-quorum: 0", "witness-quorum: 1", ROSTER)
    yield from _many_signers()


def _schedule_edits() -> Iterator[Edit]:
    yield Edit("start-no-date", "a date has ten characters", "start: 2025-02-01", "start: 20250201")
    yield Edit("cadence-plural", "one month is written without an s", "cadence: 3 months", "cadence: 1 months")
    yield Edit("cadence-zero", "a cadence is at least one", "cadence: 3 months", "cadence: 0 months")
    yield Edit("cadence-days", "a cadence is counted in months or weeks", "cadence: 3 months", "cadence: 90 days")
    yield Edit("cadence-25-months", "a cadence is at most 24 months", "cadence: 3 months", "cadence: 25 months")
    yield Edit("cadence-104-weeks", "a cadence is at most 104 weeks", "cadence: 3 months", "cadence: 104 weeks", ROSTER)
    yield Edit("cadence-105-weeks", "105 weeks are more", "cadence: 3 months", "cadence: 105 weeks")
    yield Edit("window-zero", "a window has at least one day", "window: 14 days", "window: 0 days")
    yield Edit("grace-zero", "there need be no grace", "grace: 14 days", "grace: 0 days", ROSTER)
    yield Edit("grace-one", "one day is written without an s", "grace: 14 days", "grace: 1 days")
    yield Edit(
        "grace-fills",
        "window and grace may fill the shortest distance, here 89 days",
        "grace: 14 days",
        "grace: 75 days",
        ROSTER,
    )
    yield Edit("grace-too-long", "and not a day more", "grace: 14 days", "grace: 76 days")
    yield Edit("anchor-none", "there need be no rule for anchors", "anchor-age: 3 days", "anchor-age: none", ROSTER)
    yield Edit("anchor-hours", "the rule is counted in days", "anchor-age: 3 days", "anchor-age: 72 hours")


def _many_signers() -> Iterator[Edit]:
    one = ed25519_vkey(f"{CANARY}/legal", public_key("legal")).render()
    keys = [f"signer: {ed25519_vkey(f'{CANARY}/s{n}', public_key(f's{n}')).render()}" for n in range(99)]
    many = "\nsigner: ".join([one, *(each.removeprefix("signer: ") for each in keys)])
    yield Edit("signers-101", "at most 100 may sign", one, many)


def _openpgp_signers(count: int) -> str:
    """Returns the lines of OpenPGP signers whose names have three characters, with the shortest certificates."""
    names = [f"{CANARY}/s{n}" for n in range(10, 10 + count)]
    keys = [openpgp_vkey(name, bytes([n]) * 20) for n, name in enumerate(names)]
    lines = [f"signer: {key.render()}\n" for key in keys] + [f"certificate: {name} AA==\n" for name in names]
    return "".join(lines)


def _renamed(key: VKey, name: str) -> str:
    """Returns the vkey of the same key under another name."""
    return VKey.make(name, key.data).render()


def _keys() -> tuple[tuple[str, str], ...]:
    return (f"{CANARY}/legal", "legal"), (f"{CANARY}/security", "security"), (CANARY, "log")


def _small_order() -> Iterator[tuple[str, bytes]]:
    """RFC 8032's curve has eight points of an order that divides eight; two encodings of each y differ by the sign."""
    yield "1", (1).to_bytes(32, "little")
    yield "2", (2**255 - 20).to_bytes(32, "little")
    yield "4", bytes(32)
    yield "8", bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    yield "8-signed", bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")


def openpgp_roster_edits() -> Iterator[Edit]:
    """Returns the changes to a roster with an OpenPGP signer."""
    certificate = encode_base64(EXAMPLE_CERTIFICATE)
    line = f"certificate: {CANARY}/security {certificate}\n"
    key = openpgp_vkey(f"{CANARY}/security", EXAMPLE_FINGERPRINT)
    legal = ed25519_vkey(f"{CANARY}/legal", public_key("legal"))
    yield Edit("no-certificate", "an OpenPGP signer has a certificate", line, "")
    yield Edit("certificate-twice", "and one only", line, line * 2)
    yield Edit(
        "certificate-of-other",
        "it is named for its signer",
        f"certificate: {CANARY}/security",
        f"certificate: {CANARY}/legal",
    )
    signers = f"signer: {key.render()}\n{line}"
    # A signature line of such a signer is at most 1,400 bytes, and 32,766 bytes of an entry are left for them.
    fits, too_many = (_openpgp_signers(count) for count in (23, 24))
    alone = f"signer: {legal.render()}\n"
    yield Edit("fits", "23 large signatures fit into an entry", alone + signers, fits, ROSTER)
    yield Edit("fits-not", "and 24 do not", alone + signers, too_many)
    yield Edit("certificate-empty", "it is not empty", f" {certificate}", " ")
    yield Edit("certificate-base64", "it is in canonical base64", certificate, certificate + "=")
    yield Edit(
        "fingerprint-19", "a fingerprint has 20 bytes", key.render(), VKey.make(key.name, key.data[:-1]).render()
    )
    yield Edit(
        "type-other",
        "the long type is spelled out",
        key.render(),
        VKey.make(key.name, key.data.replace(b"openpgp", b"openssh")).render(),
    )
