"""An RFC 3161 authority whose every byte follows from a word: honest tokens, and what a hostile one could make.

`openssl` makes another token at each run (`tests/authority.py`); here keys are derived and ECDSA draws no lots, so that
seeds are the same each time. Whoever fuzzes has the signer's key, and can sign what was changed anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.fuzz.der import NULL, OCTETS, SET, TIME, Node, at, identifier, integer, put, read, sequence

BEGINS: Final = datetime(2020, 1, 1, tzinfo=UTC)
ENDS: Final = datetime(2045, 1, 1, tzinfo=UTC)
MOMENT: Final = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)

_SHA256: Final = "608648016503040201"
_ECDSA_SHA256: Final = "2a8648ce3d040302"
_SIGNED_DATA: Final = "2a864886f70d010702"
_TOKEN_INFO: Final = "2a864886f70d0109100104"
_CONTENT_TYPE: Final = "2a864886f70d010903"
MESSAGE_DIGEST: Final = "2a864886f70d010904"
_SIGNING_CERTIFICATE: Final = "2a864886f70d010910022f"
_STAMPING: Final = ExtendedKeyUsageOID.TIME_STAMPING


@cache
def key_of(word: str) -> ec.EllipticCurvePrivateKey:
    """Returns the key that follows from a word."""
    number = int.from_bytes(hashlib.sha256(f"warrant-canary fuzz key {word}".encode()).digest(), "big")
    return ec.derive_private_key(number >> 1 | 1, ec.SECP256R1())


def _name(word: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, word)])


def certificate(
    name: str,
    issuer: str,
    *,
    ca: bool = False,
    key: str | None = None,
    usage: Sequence[x509.ObjectIdentifier] | None = (_STAMPING,),
    critical: bool = True,
    begins: datetime = BEGINS,
    ends: datetime = ENDS,
) -> bytes:
    """Returns a certificate in DER; the issuer's key follows from its name, and the serial number from the rest."""
    own = key_of(key or name).public_key()
    serial = int.from_bytes(
        hashlib.sha256(f"{name}{issuer}{usage}{critical}{begins}{ends}".encode()).digest()[:8], "big"
    )
    builder = (
        x509.CertificateBuilder(_name(issuer), _name(name), own, serial | 1, begins, ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
    )
    if usage is not None and not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=critical)
    return builder.sign(key_of(issuer), hashes.SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


ROOT: Final = certificate("Fuzz Root", "Fuzz Root", ca=True)
CA: Final = certificate("Fuzz CA", "Fuzz Root", ca=True)
SIGNER: Final = certificate("Fuzz TSA", "Fuzz CA")

_SERVER: Final = ExtendedKeyUsageOID.SERVER_AUTH
UNFIT: Final = (
    certificate("Fuzz TSA", "Fuzz CA", usage=None),
    certificate("Fuzz TSA", "Fuzz CA", usage=(_SERVER,)),
    certificate("Fuzz TSA", "Fuzz CA", usage=(_SERVER, _STAMPING)),
    certificate("Fuzz TSA", "Fuzz CA", critical=False),
    certificate("Fuzz TSA", "Fuzz CA", ends=datetime(2021, 1, 1, tzinfo=UTC)),
    certificate("Fuzz TSA", "Fuzz CA", begins=datetime(2040, 1, 1, tzinfo=UTC)),
    certificate("Fuzz TSA", "Fuzz Root", ca=True),
    certificate("Fuzz TSA", "Another Root"),
    certificate("Fuzz TSA", "No CA"),
)
"""Certificates of the signer's own key that no token may count under."""

BESIDE: Final = (
    ROOT,
    CA,
    SIGNER,
    *UNFIT,
    certificate("No CA", "Fuzz Root"),
    certificate("Another Root", "Another Root", ca=True),
)
"""Every certificate there is."""


def token_info(entry: bytes, at: datetime = MOMENT, *, nonce: int = 0x1122334455667788) -> Node:
    """Returns what a token says (RFC 3161, section 2.4.2, TSTInfo)."""
    imprint = sequence(sequence(identifier(_SHA256), Node(NULL, b"")), Node(OCTETS, hashlib.sha256(entry).digest()))
    when = Node(TIME, at.strftime("%Y%m%d%H%M%SZ").encode())
    policy = identifier("2a030401")
    return sequence(integer(1), policy, imprint, integer(7), when, sequence(integer(1)), integer(nonce))


def reply(entry: bytes, at: datetime = MOMENT, *, signer: bytes = SIGNER, beside: Sequence[bytes] = (CA,)) -> bytes:
    """Returns a granted reply over an entry, by the signer's key (RFC 3161, section 2.4.2; RFC 5652, section 5)."""
    holder = x509.load_der_x509_certificate(signer)
    info = token_info(entry, at)
    named = sequence(sequence(sequence(Node(OCTETS, hashlib.sha256(signer).digest()))))
    attributes = [
        _attribute(_CONTENT_TYPE, identifier(_TOKEN_INFO)),
        _attribute(MESSAGE_DIGEST, Node(OCTETS, bytes(32))),
        _attribute(_SIGNING_CERTIFICATE, named),
    ]
    signed_by = sequence(
        integer(1),
        sequence(read(holder.issuer.public_bytes()), integer(holder.serial_number)),
        sequence(identifier(_SHA256)),
        Node(0xA0, tuple(sorted(attributes, key=Node.write))),
        sequence(identifier(_ECDSA_SHA256)),
        Node(OCTETS, b""),
    )
    certificates = Node(0xA0, tuple(sorted(map(read, (signer, *beside)), key=Node.write)))
    signed_data = sequence(
        integer(3),
        Node(SET, (sequence(identifier(_SHA256)),)),
        sequence(identifier(_TOKEN_INFO), Node(0xA0, (Node(OCTETS, (info,)),))),
        certificates,
        Node(SET, (signed_by,)),
    )
    content = sequence(identifier(_SIGNED_DATA), Node(0xA0, (signed_data,)))
    return signed_again(sequence(sequence(integer(0)), content)).write()


def _attribute(kind: str, value: Node) -> Node:
    return sequence(identifier(kind), Node(SET, (value,)))


# --- a token, taken apart by hand -----------------------------------------------------------------------

_SIGNED_DATA_AT: Final = (1, 1, 0)
_CONTENT_AT: Final = (*_SIGNED_DATA_AT, 2, 1, 0)


def content_of(token: Node) -> bytes:
    """Returns what a token says, in DER; raises IndexError where it says nothing."""
    return at(token, _CONTENT_AT).content


def certificates_of(token: Node) -> tuple[bytes, ...]:
    """Returns the certificates in it, in DER; raises IndexError where it is no token."""
    return tuple(each.write() for each in at(token, (*_SIGNED_DATA_AT, 3)).children)


def signer_of(token: Node) -> tuple[bytes, bytes]:
    """Returns issuer and serial number of its signer's certificate, in DER; raises IndexError where there is none."""
    issuer, serial = at(token, (*_signer_at(token), 1)).children
    return issuer.write(), serial.write()


def attributes_at(token: Node) -> tuple[int, ...]:
    """Returns the place of what was signed; raises IndexError where there is none."""
    return (*_signer_at(token), 3)


def signature_at(token: Node) -> tuple[int, ...]:
    """Returns the place of the signature; raises IndexError where there is none."""
    return (*_signer_at(token), 5)


def signed_again(token: Node) -> Node:
    """Returns a token whose hash and signature are those of what it holds now, as whoever has the key can make them.

    Raises:
        IndexError: it is no token any more, as far as that goes.
    """
    digest = hashlib.sha256(content_of(token)).digest()
    attributes = at(token, attributes_at(token))
    values = (_with_digest(each, digest) for each in attributes.children)
    attributes = replace(attributes, body=tuple(sorted(values, key=Node.write)))
    data = replace(attributes, tag=SET).write()
    signature = key_of("Fuzz TSA").sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    token = put(token, attributes_at(token), attributes)
    return put(token, signature_at(token), Node(OCTETS, signature))


def _with_digest(attribute: Node, digest: bytes) -> Node:
    if attribute.children[:1] == (identifier(MESSAGE_DIGEST),):
        return _attribute(MESSAGE_DIGEST, Node(OCTETS, digest))
    return attribute


def _signer_at(token: Node) -> tuple[int, ...]:
    """Returns the place of what says who signed: the last thing in the SignedData, which is a set of one."""
    return (*_SIGNED_DATA_AT, len(at(token, _SIGNED_DATA_AT).children) - 1, 0)
