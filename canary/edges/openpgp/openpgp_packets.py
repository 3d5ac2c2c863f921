"""What packets some OpenPGP bytes are made of, as `gpg --list-packets` tells it.

This is no parser of OpenPGP: gpg reads the bytes, and this module reads gpg's listing, which looks like this:

    # off=0 ctb=88 tag=2 hlen=2 plen=135
    :signature packet: algo 22, keyid 80A99B50AF559A91
        version 4, created 1795444692, md5len 0, sigclass 0x00
        digest algo 8, begin of digest 49 e7
        hashed subpkt 33 len 21 (issuer fpr v4 2D533E7E54ADB6FE5E82FE5B80A99B50AF559A91)
        data: [255 bits]
        data: [256 bits]

Only the lines above the first subpacket and those below the last one are read, which hold numbers and nothing that
a stranger can word. The one thing looked at before gpg is the header of the first packet, because bytes whose first
packet does not span them all could hold a compressed one that keeps gpg busy until its time is up.
"""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from canary import limits
from canary.edges.openpgp.gpg import INSTALL_HINT, Gpg
from canary.errors import GpgError, MalformedError

PUBLIC_KEY, PUBLIC_SUBKEY, USER_ID, USER_ATTRIBUTE, SIGNATURE = 6, 14, 13, 17, 2
"""Packet tags of RFC 4880, section 4.3, that a certificate is made of."""

SECRET_KEYS = frozenset({5, 7})
"""Packet tags of a secret key and a secret subkey."""

CERTIFICATE_FIRST_BYTES = frozenset({b"\x98", b"\x99", b"\xc6"})
"""First bytes of a public key packet: the old format with a length of one or two bytes, and the new format."""

STRONG_DIGESTS = frozenset({8, 9, 10})
"""SHA-256, -384 and -512 (RFC 9580, section 9.5).

SHA3-256 and -512 (12, 14) are none of them: gpg 2.2 and 2.4 cannot check those, so anybody could make a packet that
says SHA3, and nobody could tell that it is bad.
"""

WEAK_DIGESTS = {1: "MD5", 2: "SHA-1", 3: "RIPEMD-160", 11: "SHA-224"}
"""Digests that can be forged, or that fall short of SHA-256, by their number in OpenPGP."""

_HEADER = re.compile(r"# off=([0-9]+) ctb=[0-9a-f]{2} tag=([0-9]+) hlen=([0-9]+) plen=([0-9]+)( new-ctb)?")
_ALGORITHM = re.compile(r":signature packet: algo ([0-9]+), keyid [0-9A-F]{16}")
_VERSION = re.compile(r"\tversion ([0-9]+), created ([0-9]+), md5len [0-9]+, sigclass 0x([0-9a-f]{2})")
_DIGEST = re.compile(r"\tdigest algo ([0-9]+), begin of digest [0-9a-f]{2} [0-9a-f]{2}")
_DATA = "\tdata: "
_SIZED = re.compile(r"\tdata: \[[1-9][0-9]* bits\]")
_UNKNOWN = "\tunknown algorithm {}"
_KEY_VERSION = re.compile(r"\tversion ([0-9]+), algo ([0-9]+), created ([0-9]+).*")

_NUMBERS = {1: 1, 3: 1, 17: 2, 19: 2, 22: 2}
"""How many numbers a signature is made of: by RSA, RSA for signing only, DSA, ECDSA and EdDSA (RFC 9580, 5.2.3)."""

_WHAT = "OpenPGP signature"
_WHAT_KEY = "OpenPGP certificate"


class SignaturePacket(msgspec.Struct, frozen=True):
    """One version 4 signature packet over a binary document.

    Attributes:
        algorithm: the number of its public-key algorithm in OpenPGP, from the part that is signed; any number.
        created: its creation time in seconds since 1970, from the part that is signed.
        digest: the number of its digest in OpenPGP; a strong one or a weak one, never an unknown one.
    """

    algorithm: int
    created: int
    digest: int

    @property
    def signed_at(self) -> datetime:
        """The creation time (UTC)."""
        return datetime.fromtimestamp(self.created, UTC)


class _Packet(msgspec.Struct, frozen=True):
    offset: int
    tag: int
    end: int
    """The offset behind its last byte."""


def one_signature(gpg: Gpg, *, home: Path, data: bytes) -> SignaturePacket:
    """Reads a native signature: exactly one dearmored version 4 signature packet, class 0x00.

    Args:
        gpg: the program.
        home: a private home, for gpg to run in.
        data: the signature.

    Raises:
        MalformedError: it is anything else. The text of the rule is for people.
        GpgError: gpg could not be asked, or does not answer as gpg does.
    """
    guard_signature(data)
    lines = _listing(gpg, home=home, data=data)
    packets = _packets(lines)
    if not packets:
        # Of bytes with such a header any gpg lists one packet at least, so this says nothing of the signature.
        raise GpgError("gpg listed nothing of a signature", hint=INSTALL_HINT)
    if [(packet.offset, packet.tag, packet.end) for packet in packets] != [(0, SIGNATURE, len(data))]:
        raise MalformedError("it is not exactly one signature packet", what=_WHAT)
    found = [
        pattern.fullmatch(line) for pattern, line in zip((_ALGORITHM, _VERSION, _DIGEST), lines[1:4], strict=False)
    ]
    match found:
        case [re.Match() as algorithm, re.Match() as version, re.Match() as digest]:
            packet = _checked(algorithm, version, digest)
        case _:
            raise MalformedError("gpg cannot read it as a signature packet", what=_WHAT)
    if not _has_data(lines, packet.algorithm):
        raise MalformedError("it does not hold the data of a signature", what=_WHAT)
    return packet


def guard_signature(data: bytes) -> None:
    """Turns away what gpg need not see: a signature that is empty, too long, or more or less than its header says.

    Args:
        data: the signature.

    Raises:
        MalformedError: it is such a one.
    """
    if not data:
        raise MalformedError("it is empty", what=_WHAT)
    if len(data) > limits.OPENPGP_SIGNATURE_BYTES:
        raise MalformedError(f"it is longer than {limits.OPENPGP_SIGNATURE_BYTES} bytes", what=_WHAT)
    if not data.startswith(_whole_headers(len(data))):
        raise MalformedError("it is not exactly one signature packet", what=_WHAT)


def guard_certificate(data: bytes) -> None:
    """Turns away what gpg need not see: a certificate that is too long, or begins with something else.

    Args:
        data: the certificate, as a roster carries it.

    Raises:
        MalformedError: it is such a one.
    """
    if len(data) > limits.CERTIFICATE_BYTES:
        raise MalformedError(f"it is longer than {limits.CERTIFICATE_BYTES} bytes", what=_WHAT_KEY)
    if data[:1] not in CERTIFICATE_FIRST_BYTES:
        raise MalformedError("it does not begin with a public key", what=_WHAT_KEY)


def check_certificate(gpg: Gpg, *, home: Path, data: bytes) -> None:
    """Holds a binary certificate to its form: one version 4 public key with what belongs to it, and nothing else.

    Args:
        gpg: the program.
        home: a private home, for gpg to run in.
        data: the certificate.

    Raises:
        MalformedError: it is anything else, a secret key for example.
        GpgError: gpg could not be asked.
    """
    if not data:
        raise MalformedError("it is empty", what=_WHAT_KEY)
    lines = _listing(gpg, home=home, data=data)
    packets = _packets(lines)
    tags = [packet.tag for packet in packets]
    if SECRET_KEYS.intersection(tags):
        raise MalformedError(
            "it holds a secret key", what=_WHAT_KEY, hint="Give the public key alone: gpg --export --armor …"
        )
    if data[:1] not in CERTIFICATE_FIRST_BYTES or not tags or tags[0] != PUBLIC_KEY:
        raise MalformedError("it does not begin with a public key", what=_WHAT_KEY)
    if tags.count(PUBLIC_KEY) != 1:
        raise MalformedError(f"it holds {tags.count(PUBLIC_KEY)} public keys instead of one", what=_WHAT_KEY)
    if set(tags) - {PUBLIC_KEY, PUBLIC_SUBKEY, USER_ID, USER_ATTRIBUTE, SIGNATURE}:
        raise MalformedError("it holds packets that belong to no certificate", what=_WHAT_KEY)
    ends = [0, *(packet.end for packet in packets)]
    if [packet.offset for packet in packets] != ends[:-1] or ends[-1] != len(data):
        raise MalformedError("its packets do not fill it", what=_WHAT_KEY)
    version = _KEY_VERSION.fullmatch(lines[2]) if len(lines) > 2 else None  # noqa: PLR2004  # the third line
    if version is None or version[1] != "4":
        raise MalformedError("its public key is not of version 4", what=_WHAT_KEY)


def _whole_headers(size: int) -> tuple[bytes, ...]:
    """Returns the headers with which one signature packet can fill `size` bytes.

    The forms are those of RFC 4880, section 4.2, for up to 1,024 bytes: the old format with a length of one byte
    or two, as gpg writes it, and the new one. Lengths that are partial or left open are none of them.
    """
    headers = [b"\x89" + max(size - 3, 0).to_bytes(2)]
    if 0 <= size - 2 < 0x100:  # noqa: PLR2004  # what one byte holds
        headers.append(bytes((0x88, size - 2)))
    if 0 <= size - 2 < 192:  # noqa: PLR2004  # the new format's one-byte lengths
        headers.append(bytes((0xC2, size - 2)))
    elif size - 3 >= 192:  # noqa: PLR2004  # the new format's two-byte lengths
        headers.append(bytes((0xC2, 192 + (size - 3 - 192) // 0x100, (size - 3 - 192) % 0x100)))
    return tuple(headers)


def _checked(algorithm: re.Match[str], version: re.Match[str], digest: re.Match[str]) -> SignaturePacket:
    number, created, sigclass = version[1], int(version[2]), version[3]
    if number != "4":
        raise MalformedError(f"it is of version {number}, not 4", what=_WHAT)
    if sigclass != "00":
        raise MalformedError(f"its class is 0x{sigclass}, not 0x00 (over a binary document)", what=_WHAT)
    if created == 0:
        raise MalformedError("it states no creation time", what=_WHAT)
    hashed = int(digest[1])
    if hashed not in STRONG_DIGESTS and hashed not in WEAK_DIGESTS:
        raise MalformedError(
            f"its digest ({hashed}) is not one that OpenPGP version 4 signatures here may use", what=_WHAT
        )
    return SignaturePacket(algorithm=int(algorithm[1]), created=created, digest=hashed)


def _has_data(lines: list[str], algorithm: int) -> bool:
    """Tells whether the listing of one signature packet ends in all its numbers, none of them missing or zero.

    gpg 2.2 lists a missing number as `[MPI_NULL]`; gpg 2.4 dies of one that is zero, in the middle of its listing.
    Of an algorithm that it does not know, gpg lists no numbers and says so; then nothing can be told of them, and
    the certificate decides whether that algorithm may be used at all.
    """
    body = [line for line in lines if line]
    if body[-1] == _UNKNOWN.format(algorithm):
        return True
    data = list(itertools.takewhile(lambda line: line.startswith(_DATA), reversed(body)))
    whole = all(_SIZED.fullmatch(line) for line in data)
    return whole and 0 < len(data) == _NUMBERS.get(algorithm, len(data))


def _listing(gpg: Gpg, *, home: Path, data: bytes) -> list[str]:
    answer = gpg.run(["--list-packets"], home=home, data=data)
    return answer.output.decode(errors="backslashreplace").split("\n")


def _packets(lines: list[str]) -> list[_Packet]:
    packets = []
    for line in lines:
        if not line.startswith("# off="):
            continue
        header = _HEADER.fullmatch(line)
        if header is None:  # a partial or an indeterminate length
            raise MalformedError("a packet in it does not state its length", what="OpenPGP bytes")
        offset, tag, head, body = (int(header[group]) for group in range(1, 5))
        packets.append(_Packet(offset, tag, offset + head + body))
    return packets
