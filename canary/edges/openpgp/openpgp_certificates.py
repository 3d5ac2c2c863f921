"""OpenPGP certificates: import them into a private home, look at them, export them in their smallest form.

The smallest form is what a roster carries: one version 4 public key, its user ids with their newest
self-signatures, and the subkeys that can sign. Other people's signatures, photographs and encryption subkeys are
left out, and so are subkeys that have expired (`export-minimal` drops them).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from canary import limits
from canary.edges.openpgp import openpgp_packets
from canary.edges.openpgp.gpg import Answer, Gpg, private_home
from canary.errors import GpgError, MalformedError

FULL_CERTIFICATE_BYTES = 64 * limits.CERTIFICATE_BYTES
"""Bytes in a certificate that a person hands in, which may carry many people's signatures: 1 MiB."""

LAST_SECOND = 2**32 - 1
"""The last second that version 4 packets can state, in seconds since 1970: the year 2106."""

_EXPORT = (
    "--export-options=export-minimal,no-export-attributes",
    "--export-filter=drop-subkey=usage !~ s",
)
_FINGERPRINT = re.compile(r"[0-9A-F]{40}")
_ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})")
_WHAT = "OpenPGP certificate"


class Certificate(msgspec.Struct, frozen=True):
    """What a person should know of a certificate before it enters a roster.

    Attributes:
        fingerprint: the primary key's version 4 fingerprint, 20 bytes.
        user_ids: as gpg orders them, without those that are revoked while the key is not.
        can_sign: whether it has a key that could sign at the time it was looked at.
        expires: from when on it can no longer sign (UTC): the earlier of the primary key's expiry and of the last
            expiry among its keys that sign; None for never.
        revoked: whether it carries a revocation of the whole key. gpg honours that at any time it is judged at,
            the time before the revocation included, so such a certificate must not enter a roster.
        binary: its smallest form.
    """

    fingerprint: bytes
    user_ids: tuple[str, ...]
    can_sign: bool
    expires: datetime | None
    revoked: bool
    binary: bytes


class _Key(msgspec.Struct, frozen=True):
    """One `pub` or `sub` record of gpg's colon listing (its file doc/DETAILS)."""

    validity: str
    expires: datetime | None
    capabilities: str


def inspect_certificate(data: bytes, *, at: datetime, gpg: Gpg | None = None) -> Certificate:
    """Looks at a certificate.

    Args:
        data: the certificate, armored or binary, as a person hands it in.
        at: the moment that decides whether it can sign; aware.
        gpg: the program; None to look for it.

    Raises:
        MalformedError: it is not exactly one version 4 public certificate.
        GpgError: gpg is missing, could not read it, or its smallest form is too long for a roster.
    """
    gpg = gpg or Gpg()
    with private_home() as name:
        home = Path(name)
        fingerprint = import_certificate(gpg, home=home, data=_binary(gpg, home, data))
        moment = f"--faked-system-time={at_second(at)}!"
        listing = gpg.run([moment, "--list-keys"], home=home)
        answer = gpg.run([moment, *_EXPORT, "--export", fingerprint.hex().upper()], home=home)
    binary = _exported(answer)
    records = list(_records(listing))
    keys = [_key(record) for record in records if record[0] in {"pub", "sub"}]
    listed = next((record[9] for record in records if record[0] == "fpr"), "")
    if not keys or listed != fingerprint.hex().upper():
        raise GpgError("gpg's listing of the certificate cannot be read")
    revoked = keys[0].validity == "r"
    return Certificate(
        fingerprint=fingerprint,
        user_ids=tuple(_unescaped(record[9]) for record in records if _is_shown(record, revoked=revoked)),
        can_sign="S" in keys[0].capabilities,
        expires=_last_signing_moment(keys),
        revoked=revoked,
        binary=binary,
    )


def export_certificate(fingerprint: str, *, home: Path | None, gpg: Gpg | None = None) -> bytes:
    """Exports the smallest form of a certificate from a person's keyring.

    Args:
        fingerprint: all of it: 40 hexadecimal digits (spaces between them, as gpg prints them, are fine).
        home: the GnuPG home; None for the person's own.
        gpg: the program; None to look for it.

    Raises:
        MalformedError: that is not a full fingerprint.
        GpgError: gpg is missing, or its keyring has no such key.
    """
    digits = fingerprint.replace(" ", "").upper()
    if _FINGERPRINT.fullmatch(digits) is None:
        raise MalformedError(
            "it does not have 40 hexadecimal digits",
            what="OpenPGP fingerprint",
            hint="Short key ids can be forged; gpg --fingerprint shows the whole fingerprint.",
        )
    answer = (gpg or Gpg()).run_in_keyring([*_EXPORT, "--export", digits], home=home)
    if not answer.output:
        raise GpgError(
            f"the keyring has no key {digits}", hint="gpg --list-keys --fingerprint shows the keys that it has."
        )
    return _exported(answer)


def armor_certificate(data: bytes, *, gpg: Gpg | None = None) -> str:
    """Returns a certificate in ASCII armor, as people exchange it.

    Args:
        data: the certificate, binary.
        gpg: the program; None to look for it.

    Raises:
        MalformedError: it is not exactly one version 4 public certificate.
        GpgError: gpg is missing or would not read it.
    """
    gpg = gpg or Gpg()
    with private_home() as name:
        home = Path(name)
        fingerprint = import_certificate(gpg, home=home, data=data).hex().upper()
        # gpg --enarmor would call it an "ARMORED FILE", which no other program takes for a key.
        return gpg.run(["--armor", "--export", fingerprint], home=home).output.decode("ascii")


def import_certificate(gpg: Gpg, *, home: Path, data: bytes) -> bytes:
    """Imports one certificate into an empty private home, and returns its primary fingerprint.

    Args:
        gpg: the program.
        home: an empty private home.
        data: the certificate, binary.

    Raises:
        MalformedError: it is not exactly one version 4 public certificate.
        GpgError: gpg could not be asked, or would not take it (an algorithm that it does not know, say).
    """
    openpgp_packets.check_certificate(gpg, home=home, data=data)
    # As of the last moment there is, so that the import depends on no clock: gpg drops self-signatures, and with
    # them keys, that lie in the future. It keeps what has expired.
    answer = gpg.run([f"--faked-system-time={LAST_SECOND}!", "--import"], home=home, data=data)
    imported = [arguments[-1] for _, arguments in answer.all("IMPORT_OK")]
    if len(imported) != 1 or _FINGERPRINT.fullmatch(imported[0]) is None:
        raise GpgError(
            f"gpg would not take the certificate: {answer.last_words() or 'it gave no reason'}",
            hint="Its key may be of a kind that this gpg does not know, or its self-signature may be wrong.",
        )
    return bytes.fromhex(imported[0])


def signing_algorithms(gpg: Gpg, *, home: Path) -> frozenset[int]:
    """Returns the public-key algorithms, by their numbers in OpenPGP, of the keys that sign in a certificate.

    Keys that have expired or are revoked are among them, and so are keys of an algorithm that this gpg does not
    know: gpg takes and lists those all the same, so that the answer hangs neither on a clock nor on gpg's version.

    Args:
        gpg: the program.
        home: a private home with one certificate in it.

    Raises:
        GpgError: gpg could not be asked.
    """
    listing = gpg.run([f"--faked-system-time={LAST_SECOND}!", "--list-keys"], home=home)
    keys = [record for record in _records(listing) if record[0] in {"pub", "sub"}]
    if not keys or not all(record[3].isdecimal() for record in keys):
        raise GpgError("gpg's listing of the certificate cannot be read")
    return frozenset(int(record[3]) for record in keys if "s" in record[11])


def at_second(at: datetime) -> int:
    """Returns an aware time in whole seconds since 1970, as `--faked-system-time` takes it."""
    return int(at.timestamp())


def _binary(gpg: Gpg, home: Path, data: bytes) -> bytes:
    if len(data) > FULL_CERTIFICATE_BYTES:
        raise MalformedError(f"it is longer than {FULL_CERTIFICATE_BYTES} bytes", what=_WHAT)
    if data[:1] > b"\x7f":  # every packet begins with a byte above it, and no text in ASCII does
        return data
    dearmored = gpg.run(["--dearmor"], home=home, data=data).output
    if not dearmored:
        raise MalformedError(
            "it is neither ASCII armor nor binary", what=_WHAT, hint="gpg --export --armor writes what is needed."
        )
    return dearmored


def _exported(answer: Answer) -> bytes:
    if not answer.output:
        raise GpgError(f"gpg exported nothing: {answer.last_words() or 'it gave no reason'}")
    if len(answer.output) > limits.CERTIFICATE_BYTES:
        raise GpgError(
            f"the certificate takes {len(answer.output)} bytes; a roster has room for {limits.CERTIFICATE_BYTES}",
            hint="Make a key for signing canaries alone, with one user id.",
        )
    return answer.output


def _records(answer: Answer) -> Iterator[list[str]]:
    """Yields the records of a colon listing that are read here, each with at least twelve fields."""
    for line in answer.output.decode(errors="backslashreplace").split("\n"):
        record = line.split(":")
        if record[0] in {"pub", "sub", "fpr", "uid"}:
            yield record + [""] * (12 - len(record))


def _is_shown(record: list[str], *, revoked: bool) -> bool:
    return record[0] == "uid" and (record[1] != "r" or revoked)


def _key(record: list[str]) -> _Key:
    expires = datetime.fromtimestamp(int(record[6]), UTC) if record[6].isdecimal() else None
    return _Key(validity=record[1], expires=expires, capabilities=record[11])


def _last_signing_moment(keys: list[_Key]) -> datetime | None:
    signing = [key for key in keys if "s" in key.capabilities and key.validity not in {"r", "i"}]
    # A key without expiry among those that sign leaves only the primary key's own to count.
    ends = [key.expires for key in signing if key.expires is not None]
    last = max(ends) if ends and len(ends) == len(signing) else None
    return min((moment for moment in (keys[0].expires, last) if moment is not None), default=None)


def _unescaped(field: str) -> str:
    raw = _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), field.encode(errors="surrogateescape"))
    return raw.decode(errors="replace")
