"""From an authority's certificate to a root, as RFC 3161 (section 2.3) and RFC 5280 (section 6) have it.

The path is built and checked by cryptography's X.509 verification: signatures with SHA-256 or better and RSA keys of
2,048 bits or more only, validity at the token's own time, CA certificates that are ones, path lengths and name
constraints. What is said here is what makes a certificate an authority's: the extended key usage for timestamping,
critical, and no other beside it.

Revocation is not looked at: it would need the network, and would let later news change what was proved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
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

from canary.core.fetched import shown
from canary.errors import MalformedError

MOST_INTERMEDIATES = 4
"""CA certificates between an authority and its root: public authorities have one or two, with a cross-signed one."""


def load(der: bytes) -> Certificate | None:
    """Returns a certificate; None for anything else, or one that breaks RFC 5280 so that it cannot be read."""
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        return None


def name_of(name: x509.Name) -> str:
    """Returns what people call the holder of a name: its common name, or else its organisation, or all of it."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(kind):
            if isinstance(attribute.value, str) and attribute.value:
                return attribute.value
    return name.rfc4514_string()


def check_usage(authority: Certificate) -> None:
    """Checks that a certificate is one for timestamping and nothing else (RFC 3161, section 2.3).

    Raises:
        MalformedError: it is not.
    """
    try:
        usage = authority.extensions.get_extension_for_class(ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        usage = None
    except (ValueError, x509.DuplicateExtension) as error:
        raise MalformedError("its signer's certificate cannot be read") from error
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
        return verifier.verify(authority, list(others)).chain
    except VerificationError:
        return None


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
        raise MalformedError(f"it claims the root {shown(name_of(root))}, which is trusted and does not vouch for it")
    return name_of(root)


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
