"""A real RFC 3161 authority on this machine, for the demo and for the tests: openssl signs its tokens.

    tsa = Authority.begin(folder)
    reply = tsa.reply(query)

What signs is `openssl ts -reply`, which knows no other time than now, and will not sign with a certificate that is none
for timestamping.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from canary.errors import CanaryError

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
ENDS = datetime(2045, 1, 1, tzinfo=UTC)
_SECONDS = 30

_CONFIG = """\
[tsa]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha1, sha256, sha384, sha512
{accuracy}
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = {ess}
"""


def new_key(kind: str = "ec") -> Key:
    """Returns a fresh key: `ec`, `ed25519`, or `rsa2048` and the like."""
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65_537, int(kind.removeprefix("rsa")))


@dataclass(frozen=True)
class Holder:
    """Somebody with a key and a certificate."""

    key: Key
    certificate: x509.Certificate

    def issue(
        self,
        name: str,
        *,
        ca: bool = False,
        key: Key | None = None,
        usage: Sequence[x509.ObjectIdentifier] | None = (ExtendedKeyUsageOID.TIME_STAMPING,),
        critical: bool = True,
        begins: datetime = BEGINS,
        ends: datetime = ENDS,
        path_length: int | None = None,
        serial: int | None = None,
        digest: hashes.SHA256 | hashes.SHA512 | None = None,
    ) -> Holder:
        """Issues a certificate; a CA's has no extended key usage."""
        own = key or new_key()
        return Holder(
            own,
            _certificate(
                name,
                own,
                self.certificate.subject,
                self.key,
                ca=ca,
                usage=None if ca else usage,
                critical=critical,
                begins=begins,
                ends=ends,
                path_length=path_length,
                serial=serial,
                digest=digest,
            ),
        )


def new_root(
    name: str = "Test Root", *, key: Key | None = None, begins: datetime = BEGINS, ends: datetime = ENDS
) -> Holder:
    """Returns a root."""
    own = key or new_key()
    subject = _name(name)
    return Holder(own, _certificate(name, own, subject, own, ca=True, usage=None, begins=begins, ends=ends))


def _name(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def _certificate(
    name: str,
    key: Key,
    issuer: x509.Name,
    issuer_key: Key,
    *,
    ca: bool,
    usage: Sequence[x509.ObjectIdentifier] | None,
    critical: bool = True,
    begins: datetime,
    ends: datetime,
    path_length: int | None = None,
    serial: int | None = None,
    digest: hashes.SHA256 | hashes.SHA512 | None = None,
) -> x509.Certificate:
    key_usage = dict.fromkeys(
        (
            *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
            *("encipher_only", "decipher_only"),
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **key_usage), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=critical)
    plain = isinstance(issuer_key, ed25519.Ed25519PrivateKey)
    return builder.sign(issuer_key, None if plain else digest or hashes.SHA256())


@dataclass(frozen=True)
class Authority:
    """An authority.

    Attributes:
        folder: where openssl finds its files.
        root: whom to trust.
        signer: the certificate that signs.
        between: the intermediates, which go into every token.
        accuracy: openssl's line about it; empty for none.
        ess: what the signer's certificate is hashed with in the token.
    """

    folder: Path
    root: Holder
    signer: Holder
    between: tuple[Holder, ...] = ()
    accuracy: str = "accuracy = secs:1"
    ess: str = "sha256"

    @classmethod
    def begin(
        cls,
        folder: Path,
        *,
        name: str = "Test TSA",
        root: Holder | None = None,
        intermediates: int = 0,
        key: str = "ec",
        **options: object,
    ) -> Self:
        """Makes an authority.

        Args:
            folder: where openssl is to find its files.
            name: what its certificate calls it.
            root: its root; None for a new one.
            intermediates: how many certificates stand between.
            key: the kind of its key (`new_key`).
            options: those of `Holder.issue` for its certificate.
        """
        folder.mkdir(parents=True, exist_ok=True)
        root = root or new_root()
        between: list[Holder] = []
        for number in range(intermediates):
            between.append((between[-1] if between else root).issue(f"Test CA {number + 1}", ca=True))
        issuer = between[-1] if between else root
        signer = issuer.issue(name, key=new_key(key), **options)  # type: ignore[arg-type]  # who calls names them
        return cls(folder, root, signer, tuple(between))

    def reply(self, query: bytes) -> bytes:
        """Returns what `openssl ts -reply` answers."""
        self.write()
        (self.folder / "query.tsq").write_bytes(query)
        openssl(
            self.folder,
            *("ts", "-reply", "-config", "tsa.conf", "-section", "tsa", "-queryfile", "query.tsq"),
            *("-signer", "signer.pem", "-inkey", "signer.key", "-chain", "between.pem", "-out", "reply.tsr"),
        )
        return (self.folder / "reply.tsr").read_bytes()

    def write(self, signer: Holder | None = None, between: Sequence[Holder] | None = None) -> None:
        """Writes the files that openssl reads."""
        holder = signer or self.signer
        chain = self.between if between is None else between
        files = {
            "tsa.conf": _CONFIG.format(accuracy=self.accuracy, ess=self.ess),
            "signer.pem": pem(holder),
            "signer.key": holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "between.pem": "".join(map(pem, chain)) or pem(self.root),
        }
        for name, text in files.items():
            (self.folder / name).write_text(text, "ascii")


def pem(holder: Holder) -> str:
    """Returns a certificate in PEM form."""
    return holder.certificate.public_bytes(Encoding.PEM).decode()


def openssl(folder: Path, *arguments: str) -> None:
    """Runs openssl in a folder.

    Raises:
        CanaryError: it did not do what it was told.
    """
    ran = subprocess.run(  # noqa: S603  # a fixed command
        ["openssl", *arguments],  # noqa: S607  # found on PATH
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    if ran.returncode:
        raise CanaryError(f"openssl {arguments[0]} failed: {ran.stderr.strip()}")
