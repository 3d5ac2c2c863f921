"""Writes canary/data/tsa_roots.pem: the roots that public RFC 3161 authorities' certificates lead to.

    python scripts/make_tsa_roots.py [BUNDLE.pem]

Which roots, and whose they are, stands in the table below; each is named by the SHA-256 of its certificate, which is
what an authority publishes of it. The certificates come from certifi, the collection that Mozilla keeps and requests
brings, or from a bundle of your own. They are shipped, and not looked up in certifi at run time, because a root that
browsers stop trusting leaves certifi, and what was proved under it years before must not stop being proved with an
update. To renew the list: read the authority's own page, put its fingerprint here, run this, and look at the
difference. A root that is removed here takes its tokens' proof away; so only one whose key is known to be lost is.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

OUTPUT = Path(__file__).parents[1] / "canary" / "data" / "tsa_roots.pem"

ROOTS = {
    "552f7bdcf1a7af9e6ce672017f4f12abf77240c78e761ac203d1d9d20ac89988": (
        "DigiCert Trusted Root G4",
        "http://timestamp.digicert.com",
    ),
    "e793c9b02fd8aa13e21c31228accb08119643b749c898964b1746d46c3d4cbd2": (
        "USERTrust RSA Certification Authority",
        "http://timestamp.sectigo.com (its own root is cross-signed by this one)",
    ),
    "2cabeafe37d06ca22aba7391c0033d25982952c453647349763a3ab5ad6ccf69": (
        "GlobalSign Root CA - R6",
        "http://timestamp.globalsign.com/tsa/r6advanced1",
    ),
    "5c58468d55f58e497e743982d2b50010b6d165374acf83a7d4a32db768c4408e": (
        "Certum Trusted Network CA",
        "http://time.certum.pl (older certificates)",
    ),
    "b676f2eddae8775cd36cb0f63cd1d4603961f49e6265ba013a2f0307b6d0b804": (
        "Certum Trusted Network CA 2",
        "http://time.certum.pl",
    ),
    "85666a562ee0be5ce925c1d8890a6f76a87ec16d4d7d5f29ea7419cf20123b69": (
        "SSL.com Root Certification Authority RSA",
        "http://ts.ssl.com",
    ),
    "3417bb06cc6007da1b961c920b8ab4ce3fad820e4aa30b9acbc4a74ebdcebc65": (
        "SSL.com Root Certification Authority ECC",
        "http://ts.ssl.com/ecc",
    ),
    "5d56499be4d2e08bcfcad08a3e38723d50503bde706948e42f55603019e528ae": (
        "IdenTrust Commercial Root CA 1",
        "http://timestamp.identrust.com",
    ),
}
"""SHA-256 of the certificate: what the root is called, and which authority's tokens lead to it."""

HEADER = """\
Roots of public RFC 3161 timestamp authorities, made by scripts/make_tsa_roots.py, which says where they come from and
how to renew the list. A watcher adds others with --tsa-root.
"""


def main(bundle: Path) -> None:
    """Writes the file.

    Raises:
        SystemExit: a root of the table is not in the bundle.
    """
    with warnings.catch_warnings():
        # One root in the bundle, none of the table's, has a serial number that RFC 5280 does not allow.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        found = {
            each.fingerprint(SHA256()).hex(): each for each in x509.load_pem_x509_certificates(bundle.read_bytes())
        }
    missing = [name for fingerprint, (name, _) in ROOTS.items() if fingerprint not in found]
    if missing:
        sys.exit(f"{bundle} does not hold: {', '.join(missing)}. Give a bundle that does.")
    parts = [HEADER]
    for fingerprint, (name, authority) in ROOTS.items():
        root = found[fingerprint]
        parts.append(
            f"{name}\n  authority: {authority}\n  sha256: {fingerprint}\n"
            f"  valid until: {root.not_valid_after_utc:%Y-%m-%d}\n"
            f"{root.public_bytes(Encoding.PEM).decode()}"
        )
    OUTPUT.write_text("\n".join(parts), "utf-8")
    print(f"{OUTPUT}: {len(ROOTS)} roots")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else certifi.where()))
