"""From an authority's certificate to a root, as RFC 3161 (section 2.3) and RFC 5280 (section 6) have it.

The path is built and checked by cryptography's X.509 verification: signatures with SHA-256 or better, validity at the
token's own time, path lengths and name constraints. What is said here is what makes a certificate an authority's (the
extended key usage for timestamping, critical, and no other beside it), or a CA's, and that every RSA key on the path
has 2,048 bits or more, and every curve 224.

Revocation is not looked at: it would need the network, and would let later news change what was proved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import BasicConstraints, Certificate, ExtendedKeyUsage, KeyUsage
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from canary.core.text.characters import allowed
from canary.errors import MalformedError

LEAST_RSA_BITS = 2_048
"""As everywhere on the web (CA/Browser Forum, Baseline Requirements, section 6.1.5)."""

LEAST_CURVE_BITS = 224
"""As strong as RSA with 2,048 bits (NIST SP 800-57, part 1, table 2)."""

MOST_INTERMEDIATES = 4
"""CA certificates between an authority and its root: public authorities have one or two, with a cross-signed one."""


_NAME_CHARACTERS = 80

UNREADABLE: tuple[type[Exception], ...] = (
    *(ValueError, TypeError, UnsupportedAlgorithm),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
"""What cryptography raises for certificates that are none."""

_NO_PATH: tuple[type[Exception], ...] = (VerificationError, *UNREADABLE)


def load(der: bytes) -> Certificate | None:
    """Returns a certificate; None for anything else, or one of which something that matters here cannot be read."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Each is read from the bytes when it is asked for, and what cannot be read must be found here.
        _ = certificate.extensions, certificate.public_key(), certificate.subject, certificate.issuer
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.serial_number
    except UNREADABLE:
        return None
    return certificate


def name_of(name: x509.Name) -> str:
    """Returns what people call the holder of a name, fit for a message: the common name, or else another of them."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(kind):
            if isinstance(attribute.value, str) and attribute.value:
                return _fit(attribute.value)
    return _fit(name.rfc4514_string())


def _fit(name: str) -> str:
    short = name if len(name) <= _NAME_CHARACTERS else f"{name[:_NAME_CHARACTERS]}..."
    return "".join(each if allowed(each) else f"\\u{{{ord(each):x}}}" for each in short)


def check_usage(authority: Certificate) -> None:
    """Checks that a certificate is one for timestamping and nothing else (RFC 3161, section 2.3).

    Raises:
        MalformedError: it is not.
    """
    try:
        usage = authority.extensions.get_extension_for_class(ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        usage = None
    if usage is None or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise MalformedError("its signer's certificate is not one for timestamping and nothing else")
    if not usage.critical:
        raise MalformedError("its signer's certificate is for timestamping, but does not say so as critical")


def check_validity(authority: Certificate, moment: datetime) -> None:
    """Checks that a certificate was valid at a moment.

    Raises:
        MalformedError: it was not.
    """
    begins, ends = authority.not_valid_before_utc, authority.not_valid_after_utc
    if moment > ends:
        raise MalformedError(f"its signer's certificate had expired at the token's own time (on {ends:%Y-%m-%d})")
    if moment < begins:
        raise MalformedError(f"its signer's certificate was not valid yet at the token's own time ({begins:%Y-%m-%d})")


def path_to(
    anchors: Sequence[Certificate], authority: Certificate, others: Sequence[Certificate], moment: datetime
) -> list[Certificate] | None:
    """Returns the certificates from an authority's to one of the anchors, both included; None if there is no path.

    Args:
        anchors: whom to trust; they need not be self-signed.
        authority: the certificate that signed a token.
        others: what came along; taken only as far as it leads from one to the other.
        moment: the token's own time.
    """
    if not anchors:
        return None
    verifier = (
        PolicyBuilder()
        .store(Store(list(anchors)))
        .time(moment)
        .max_chain_depth(MOST_INTERMEDIATES)
        .extension_policies(ee_policy=_authority_policy(), ca_policy=_ca_policy())
        .build_client_verifier()
    )
    try:
        path = verifier.verify(authority, list(others)).chain
    except _NO_PATH:
        return None
    return None if any(map(_is_weak, path)) else path


def claimed_root(
    roots: Sequence[Certificate], authority: Certificate, others: Sequence[Certificate], moment: datetime
) -> str:
    """Returns the name of the root that a token without a path to `roots` rests on, by its own account.

    What came along has to hold as far as it goes; most authorities leave the root itself out.

    Raises:
        MalformedError: it does not hold, or claims one of `roots` that did not issue it.
    """
    subjects = {each.subject for each in others if each.subject != each.issuer}
    tops = [each for each in others if each.issuer not in subjects]
    path = path_to(tops, authority, others, moment)
    if path is None and any(each.subject == authority.issuer for each in others):
        raise MalformedError("its certificates do not make a chain that held at its own time")
    root = authority.issuer if path is None else path[-1].issuer
    if any(root == each.subject for each in roots):
        raise MalformedError(f"it claims the root '{name_of(root)}', and its certificates do not lead there")
    return name_of(root)


def _is_weak(certificate: Certificate) -> bool:
    key = certificate.public_key()
    if isinstance(key, EllipticCurvePublicKey):
        return key.key_size < LEAST_CURVE_BITS
    return isinstance(key, RSAPublicKey) and key.key_size < LEAST_RSA_BITS


def _authority_policy() -> ExtensionPolicy:
    return (
        ExtensionPolicy.permit_all()
        .require_present(ExtendedKeyUsage, Criticality.CRITICAL, _timestamps_only)
        .may_be_present(KeyUsage, Criticality.AGNOSTIC, _signs)
        .may_be_present(BasicConstraints, Criticality.AGNOSTIC, _is_no_ca)
    )


def _ca_policy() -> ExtensionPolicy:
    return (
        ExtensionPolicy.permit_all()
        .require_present(BasicConstraints, Criticality.AGNOSTIC, _is_ca)
        .may_be_present(KeyUsage, Criticality.AGNOSTIC, _signs_certificates)
        .may_be_present(ExtendedKeyUsage, Criticality.AGNOSTIC, _may_issue_for_timestamps)
    )


# The verifier takes a ValueError for "no", and passes its words on to nobody here.


def _timestamps_only(_: Policy, __: Certificate, usage: ExtendedKeyUsage) -> None:
    if list(usage) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise ValueError


def _signs(_: Policy, __: Certificate, usage: KeyUsage | None) -> None:
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise ValueError


def _is_no_ca(_: Policy, __: Certificate, constraints: BasicConstraints | None) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError


def _is_ca(_: Policy, __: Certificate, constraints: BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError


def _signs_certificates(_: Policy, __: Certificate, usage: KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError


def _may_issue_for_timestamps(_: Policy, __: Certificate, usage: ExtendedKeyUsage | None) -> None:
    allowed = {ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if usage is not None and not allowed.intersection(usage):
        raise ValueError
