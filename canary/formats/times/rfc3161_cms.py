"""What an RFC 3161 reply wraps its token in: a CMS SignedData (RFC 5652, section 5), declared rather than parsed.

`cryptography.hazmat.asn1` reads and writes strict DER from the declarations below; what they leave open stays bytes
(`asn1.TLV`), so that no depth of nesting is walked. They serve what rfc3161-client does not do. A certificate set in
another order than DER's, which several public authorities send, is put in order in a copy. And what the signer signed
beside the token (RFC 5652, section 5.4; RFC 5816, section 2.2.1) is held against it, so that neither the kind of what
was signed nor the signer's certificate can be exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import SignatureAlgorithmOID

from canary.errors import MalformedError
from canary.limits import TOKEN_CERTIFICATES

T = TypeVar("T")

_SIGNED_DATA = ObjectIdentifier("1.2.840.113549.1.7.2")
_TOKEN_INFO = ObjectIdentifier("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE = ObjectIdentifier("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = ObjectIdentifier("1.2.840.113549.1.9.4")
_CERTIFICATE_V1 = ObjectIdentifier("1.2.840.113549.1.9.16.2.12")
_CERTIFICATE_V2 = ObjectIdentifier("1.2.840.113549.1.9.16.2.47")
_RSA = ObjectIdentifier("1.2.840.113549.1.1.1")
_KEY_IDENTIFIER = b"\x80"
"""The tag of a SubjectKeyIdentifier in the place of an issuer and a serial number (RFC 5652, section 5.3)."""

_STRONG_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
"""SHA-256 and better, by object identifier (RFC 5754, section 2)."""

_SIGNATURE_DIGESTS: dict[ObjectIdentifier, hashes.HashAlgorithm] = {
    SignatureAlgorithmOID.RSA_WITH_SHA256: hashes.SHA256(),
    SignatureAlgorithmOID.RSA_WITH_SHA384: hashes.SHA384(),
    SignatureAlgorithmOID.RSA_WITH_SHA512: hashes.SHA512(),
    SignatureAlgorithmOID.ECDSA_WITH_SHA256: hashes.SHA256(),
    SignatureAlgorithmOID.ECDSA_WITH_SHA384: hashes.SHA384(),
    SignatureAlgorithmOID.ECDSA_WITH_SHA512: hashes.SHA512(),
}


@asn1.sequence
class _IssuerAndSerial:
    issuer: asn1.TLV
    serial: asn1.TLV


@asn1.sequence
class _Attribute:
    kind: ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _SignerInfo:
    version: int
    signer: asn1.TLV
    digest: list[asn1.TLV]
    signed: Annotated[asn1.SetOf[_Attribute] | None, asn1.Implicit(0)]
    algorithm: list[asn1.TLV]
    signature: bytes
    unsigned: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class _Content:
    kind: ObjectIdentifier
    octets: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class _SignedData:
    version: int
    digests: asn1.TLV
    content: _Content
    # A list where CMS has a set: the bytes are the same, and no order is asked for.
    certificates: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]
    crls: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _ContentInfo:
    kind: ObjectIdentifier
    content: Annotated[_SignedData, asn1.Explicit(0)]


@asn1.sequence
class _Reply:
    status: asn1.TLV
    token: _ContentInfo | None


@asn1.sequence
class _NamedCertificate:
    algorithm: list[asn1.TLV] | None
    hash: bytes
    issuer: list[asn1.TLV] | None


@asn1.sequence
class _SigningCertificate:
    certificates: list[_NamedCertificate]
    policies: list[asn1.TLV] | None


@asn1.sequence
class _TokenInfo:
    version: int
    policy: ObjectIdentifier
    imprint: asn1.TLV
    serial: asn1.TLV
    moment: asn1.GeneralizedTime
    accuracy: list[asn1.TLV] | None
    ordering: Annotated[bool, asn1.Default(value=False)]
    nonce: int | None
    # A list of one where it has an explicit tag: the bytes are the same.
    authority: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]
    extensions: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]


class Signed(msgspec.Struct, frozen=True):
    """A reply's SignedData, taken apart; nothing is verified.

    Attributes:
        content: the token's own bytes, a TSTInfo.
        certificates: what came along, in DER.
        issuer: the issuer's name of the signer's certificate, in DER.
        serial: that certificate's serial number, in DER.
        digest: what the content was hashed with.
        attributes: what was signed, in DER: a set that holds the content's hash.
        attribute_values: its values, in DER, by object identifier.
        algorithm: the signature's algorithm.
        signature: the signature.
    """

    content: bytes
    certificates: tuple[bytes, ...]
    issuer: bytes
    serial: bytes
    digest: hashes.HashAlgorithm
    attributes: bytes
    attribute_values: dict[ObjectIdentifier, bytes]
    algorithm: ObjectIdentifier
    signature: bytes


def in_order(data: bytes) -> bytes:
    """Returns a reply with its sets of certificates and revocation lists in DER's order, otherwise as it is.

    Raises:
        MalformedError: it is no reply in DER.
    """
    reply = _decoded(_Reply, data)
    if reply.token is None:
        return data
    inner = reply.token.content
    inner.certificates = _sorted(inner.certificates)
    inner.crls = _sorted(inner.crls)
    return asn1.encode_der(reply)


def with_certificates(data: bytes, certificates: Sequence[bytes]) -> bytes:
    """Returns a reply with these certificates, in DER, in the place of those that came along.

    Raises:
        MalformedError: it is no reply with a token in DER.
    """
    reply = _decoded(_Reply, data)
    if reply.token is None:
        raise MalformedError("it holds no token")
    reply.token.content.certificates = _sorted([_decoded(asn1.TLV, each) for each in certificates])
    return asn1.encode_der(reply)


def taken_apart(data: bytes) -> Signed:
    """Returns what a reply's token consists of.

    Raises:
        MalformedError: it is no reply with a token in it, has not exactly one signer or more than 20 certificates,
            signs no timestamp token, names its signer by a key's identifier, or rests on a digest weaker than SHA-256.
    """
    token = _decoded(_Reply, data).token
    if token is None or token.kind != _SIGNED_DATA:
        raise MalformedError("it holds no token")
    content = token.content.content
    if content.kind != _TOKEN_INFO or content.octets is None:
        raise MalformedError("what is signed in it is no timestamp token")
    certificates = token.content.certificates or []
    if len(certificates) > TOKEN_CERTIFICATES:
        raise MalformedError(f"it holds {len(certificates)} certificates, and no honest token more than a few")
    signers = token.content.signers.as_list()
    if len(signers) != 1:
        raise MalformedError(f"a token has exactly one signer, and this one has {len(signers)}")
    signer = _decoded(_SignerInfo, asn1.encode_der(signers[0]))
    if asn1.encode_der(signer.signer)[:1] == _KEY_IDENTIFIER:
        raise MalformedError("its signer is named by a key's identifier, which is not supported")
    named = _parsed(signer.signer, _IssuerAndSerial)
    if signer.signed is None:
        raise MalformedError("its signature does not say what kind of thing was signed")
    attributes: dict[ObjectIdentifier, bytes] = {}
    for attribute in signer.signed.as_list():
        values = attribute.values.as_list()
        if attribute.kind in attributes or len(values) != 1:
            raise MalformedError("its signer says a thing twice")
        attributes[attribute.kind] = asn1.encode_der(values[0])
    return Signed(
        content=content.octets,
        certificates=tuple(asn1.encode_der(each) for each in certificates),
        issuer=asn1.encode_der(named.issuer),
        serial=asn1.encode_der(named.serial),
        digest=_strong(_named(signer.digest)),
        attributes=asn1.encode_der(signer.signed),
        attribute_values=attributes,
        algorithm=_named(signer.algorithm),
        signature=signer.signature,
    )


def with_fraction(content: bytes, whole: datetime) -> datetime:
    """Returns a token's time with its fraction of a second, which rfc3161-client drops.

    Args:
        content: the token's own bytes, a TSTInfo.
        whole: its time in whole seconds. The next one is returned where the fraction is finer than microseconds, or
            where another field is one that cannot be read here: what existed then existed a moment later too.
    """
    try:
        return asn1.decode_der(_TokenInfo, content).moment.as_datetime()
    except ValueError:
        return whole + timedelta(seconds=1)


def signer_among(signed: Signed, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """Returns the one certificate that the signer is named by.

    Raises:
        MalformedError: it did not come along, or two did, so that a reader could take one for the other.
    """
    named = [
        each
        for each in certificates
        if each.issuer.public_bytes() == signed.issuer and asn1.encode_der(each.serial_number) == signed.serial
    ]
    if len(named) != 1:
        raise MalformedError(
            "two certificates in it claim to be its signer's"
            if named
            else "its signer's certificate did not come along"
        )
    return named[0]


def hash_by(algorithm: ObjectIdentifier, data: bytes) -> bytes:
    """Returns the hash of some bytes.

    Raises:
        MalformedError: the algorithm is weaker than SHA-256, or not known.
    """
    return _hash(_strong(algorithm), data)


def check_signature(signed: Signed, certificate: x509.Certificate) -> None:
    """Checks that the holder of a certificate signed the token, as a token, and named that very certificate.

    Raises:
        MalformedError: it did not, or not in a way that can be checked.
    """
    values = signed.attribute_values
    if values.get(_CONTENT_TYPE) != asn1.encode_der(_TOKEN_INFO):
        raise MalformedError("its signer signed something else than a timestamp token")
    if values.get(_MESSAGE_DIGEST) != asn1.encode_der(_hash(signed.digest, signed.content)):
        raise MalformedError("its signature is over other contents")
    _check_named(values, certificate)
    if not _verifies(signed, certificate):
        raise MalformedError("its signature is wrong")


def _verifies(signed: Signed, certificate: x509.Certificate) -> bool:
    digest = signed.digest if signed.algorithm == _RSA else _SIGNATURE_DIGESTS.get(signed.algorithm)
    try:
        key = certificate.public_key()
        if digest is not None and isinstance(key, rsa.RSAPublicKey):
            key.verify(signed.signature, signed.attributes, padding.PKCS1v15(), digest)
            return True
        if digest is not None and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signed.signature, signed.attributes, ec.ECDSA(digest))
            return True
    except InvalidSignature:
        return False
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedError("its signer's key cannot be used") from error
    # OpenSSL's PKCS #7, which has the last word, knows neither RSA-PSS nor Ed25519.
    raise MalformedError(
        f"it is signed in a way that is not accepted ({signed.algorithm.dotted_string}): RSA (PKCS #1 v1.5) or ECDSA "
        "with SHA-256 or better is"
    )


def _check_named(values: dict[ObjectIdentifier, bytes], certificate: x509.Certificate) -> None:
    """Checks the certificate that the signer named (RFC 5035): in the second version if there is one.

    The first version hashes with SHA-1, and many authorities still send it. It is held too: the hash there only says
    which of several honest certificates of one key is meant.
    """
    for kind, usual in ((_CERTIFICATE_V2, hashes.SHA256()), (_CERTIFICATE_V1, hashes.SHA1())):  # noqa: S303  # see above
        if kind in values:
            named = _decoded(_SigningCertificate, values[kind]).certificates
            if not named:
                break
            algorithm: hashes.HashAlgorithm = usual
            if named[0].algorithm is not None:
                algorithm = _strong(_named(named[0].algorithm))
            if named[0].hash != certificate.fingerprint(algorithm):
                raise MalformedError("its signer names another certificate than the one that came along")
            return
    raise MalformedError("its signer does not name its certificate")


def _named(algorithm: list[asn1.TLV]) -> ObjectIdentifier:
    """Returns the identifier in an AlgorithmIdentifier."""
    if not algorithm:
        raise MalformedError("an algorithm in it has no name")
    return _parsed(algorithm[0], ObjectIdentifier)


def _strong(algorithm: ObjectIdentifier) -> hashes.HashAlgorithm:
    found = _STRONG_DIGESTS.get(algorithm.dotted_string)
    if found is None:
        raise MalformedError(f"it rests on a hash that is not SHA-256 or better ({algorithm.dotted_string})")
    return found


def _hash(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    hashing = hashes.Hash(algorithm)
    hashing.update(data)
    return hashing.finalize()


def _sorted(values: list[asn1.TLV] | None) -> list[asn1.TLV] | None:
    return None if values is None else sorted(values, key=asn1.encode_der)


def _parsed(value: asn1.TLV, kind: type[T]) -> T:
    return _decoded(kind, asn1.encode_der(value))


def _decoded(kind: type[T], data: bytes) -> T:
    try:
        return asn1.decode_der(kind, data)
    except ValueError as error:
        raise MalformedError("it is no RFC 3161 reply in DER, or is broken") from error
