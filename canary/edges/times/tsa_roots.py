"""The roots of timestamp authorities that a watcher trusts: the shipped list, and files of the watcher's own.

The list is `canary/data/tsa_roots.pem`; `scripts/make_tsa_roots.py` says where it comes from and renews it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from canary.edges.disk.files import read_file
from canary.errors import CanaryError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

SHIPPED = Path(__file__).parents[2] / "data" / "tsa_roots.pem"
_FILE_BYTES = 1_048_576
"""Bytes in one file: a bundle of every public root takes a quarter of it."""


def read_roots(paths: Sequence[Path] = (), *, shipped: bool = True) -> tuple[Certificate, ...]:
    """Returns the roots to trust, each once.

    Args:
        paths: files with certificates in PEM form, as `--tsa-root` names them.
        shipped: whether the shipped list counts too.

    Raises:
        CanaryError: a file cannot be read, holds no certificate, or holds one that is no CA's, or not self-signed:
            tokens under it would be broken for OpenSSL, which wants the path to end at a root.
    """
    files = [*([SHIPPED] if shipped else []), *paths]
    found = {root: None for file in files for root in _certificates(file)}
    return tuple(found)


def _certificates(path: Path) -> list[Certificate]:
    from cryptography import x509  # noqa: PLC0415  # who looks at a canary without timestamps needs none

    from canary.formats.times.rfc3161_chain import UNREADABLE  # noqa: PLC0415  # as above

    data = read_file(path, limit=_FILE_BYTES)
    try:
        with warnings.catch_warnings():
            # Some old roots that everybody trusts have a serial number that RFC 5280 does not allow.
            warnings.simplefilter("ignore")
            roots = x509.load_pem_x509_certificates(data)
            rooted = [_is_self_signed(root) for root in roots]
            cas = [root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca for root in roots]
    except x509.ExtensionNotFound:
        cas = [False]
    except UNREADABLE as error:
        raise CanaryError(
            f"{path} holds no certificates that can be read", hint="It has to be a file of certificates in PEM form."
        ) from error
    if not all(cas):
        raise CanaryError(
            f"{path} holds a certificate that is no certification authority's",
            hint="Give the root that the timestamp authority's certificate leads to, and not that certificate itself.",
        )
    if not all(rooted):
        raise CanaryError(
            f"{path} holds a certificate that is not self-signed, and so no root",
            hint="Give the root at the end of its chain, and not a certificate between that and the authority.",
        )
    return roots


def _is_self_signed(certificate: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415  # as above

    if certificate.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(certificate)
    except InvalidSignature:
        return False
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # An old hash or an unknown curve: no signature of a root is relied on, only its name and its key.
        return True
    return True
