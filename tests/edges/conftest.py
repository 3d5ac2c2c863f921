"""A throwaway GnuPG home with a key, and what it signed, for each module that asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from canary.edges.openpgp.openpgp_certificates import Certificate, inspect_certificate
from canary.edges.openpgp.openpgp_verifier import GpgVerifier
from tests.gpg_home import NOW, SIGNED, TEXT, GpgHome


@pytest.fixture(scope="module")
def home() -> Iterator[GpgHome]:
    with GpgHome() as made:
        yield made


@pytest.fixture(scope="module")
def verifier() -> Iterator[GpgVerifier]:
    with GpgVerifier() as made:
        yield made


@pytest.fixture(scope="module")
def certificate(home: GpgHome) -> Certificate:
    """A key whose primary key signs."""
    return inspect_certificate(home.export(home.key()), at=NOW)


@pytest.fixture(scope="module")
def signature(home: GpgHome, certificate: Certificate) -> bytes:
    return home.sign(certificate.fingerprint.hex(), TEXT, at=SIGNED)
