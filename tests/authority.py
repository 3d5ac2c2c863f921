"""A real RFC 3161 authority on this machine: openssl signs, a loopback server answers, faults are made on purpose.

    tsa = make_authority(tmp_path)
    with serving(tsa) as server:
        ask_authority(f"{server.url}/tsa", entry, seconds=5)

`Authority.reply` is `openssl ts -reply`, which will not sign with a certificate that is none for timestamping, and
knows no other time than now. `Authority.stamp` has neither scruple: it takes the token that openssl made, gives it
another time if asked to, and has it signed by `openssl cms`, with whatever certificate, digest and padding.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from canary.formats.rfc3161 import read_reply
from canary.formats.rfc3161_cms import _ContentInfo, _Reply
from tests.loopback import Asked, Loopback, answer

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
ENDS = datetime(2045, 1, 1, tzinfo=UTC)
ENTRY = b"an entry\n"
_PATH = "/tsa"

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

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """A watcher's list with this root alone."""
        return (self.root.certificate,)

    def but(self, **changes: object) -> Authority:
        """Returns the same authority with another signer, say, in the same folder."""
        return replace(self, **changes)  # type: ignore[arg-type]  # tests name the fields

    def reply(self, query: bytes) -> bytes:
        """Returns what `openssl ts -reply` answers."""
        self._write()
        (self.folder / "query.tsq").write_bytes(query)
        _openssl(
            self.folder,
            *("ts", "-reply", "-config", "tsa.conf", "-section", "tsa", "-queryfile", "query.tsq"),
            *("-signer", "signer.pem", "-inkey", "signer.key", "-chain", "between.pem", "-out", "reply.tsr"),
        )
        return (self.folder / "reply.tsr").read_bytes()

    def stamp(
        self,
        entry: bytes = ENTRY,
        *,
        query: bytes | None = None,
        at: datetime | None = None,
        by: Holder | None = None,
        others: Sequence[Holder] | None = None,
        options: Sequence[str] = (),
        edit: Callable[[bytes], bytes] | None = None,
        kind: str = "1.2.840.113549.1.9.16.1.4",
    ) -> bytes:
        """Returns a reply over an entry, signed by `openssl cms`.

        Args:
            entry: what it is over.
            query: a request for just this; one with a nonce of its own if it is None.
            at: the token's own time; now if it is None.
            by: who signs in the place of the authority's signer.
            others: whose certificates go along in the place of the intermediates'.
            options: more of openssl cms's options; `("-md", "sha1")`, say.
            edit: what to do to the token before it is signed.
            kind: what it is signed as.
        """
        honest = self.but(signer=self.root.issue("Honest")).reply(query or query_for(entry))
        reply = asn1.decode_der(_Reply, honest)
        assert reply.token is not None
        content = reply.token.content.content.octets
        assert content is not None
        if at is not None:
            content = _at(content, read_reply(honest).moment, at)
        (self.folder / "token.der").write_bytes(edit(content) if edit else content)
        self._write(by or self.signer, self.between if others is None else others)
        md = () if "-md" in options else ("-md", "sha256")
        _openssl(
            self.folder,
            *("cms", "-sign", "-binary", "-nodetach", "-cades", "-outform", "DER", "-econtent_type", kind),
            *("-in", "token.der", "-signer", "signer.pem", "-inkey", "signer.key", "-certfile", "between.pem"),
            *(*md, "-out", "token.cms", *options),
        )
        token = asn1.decode_der(_ContentInfo, (self.folder / "token.cms").read_bytes())
        return asn1.encode_der(_Reply(status=reply.status, token=token))

    def _write(self, signer: Holder | None = None, between: Sequence[Holder] | None = None) -> None:
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


def make_authority(folder: Path, *, intermediates: int = 0, key: str = "ec", **options: object) -> Authority:
    """Returns an authority with a root of its own; `options` are those of `Holder.issue` for its signer."""
    folder.mkdir(parents=True, exist_ok=True)
    root = new_root()
    between: list[Holder] = []
    for number in range(intermediates):
        between.append((between[-1] if between else root).issue(f"Test CA {number + 1}", ca=True))
    issuer = between[-1] if between else root
    signer = issuer.issue("Test TSA", key=new_key(key), **options)  # type: ignore[arg-type]  # tests name them
    return Authority(folder, root, signer, tuple(between))


def query_for(entry: bytes) -> bytes:
    """Returns a request as canary makes it."""
    return TimestampRequestBuilder().data(entry).hash_algorithm(HashAlgorithm.SHA256).build().as_bytes()


def pem(holder: Holder) -> str:
    """Returns a certificate in PEM form."""
    return holder.certificate.public_bytes(Encoding.PEM).decode()


def unsorted(reply: bytes) -> bytes:
    """Returns a reply with its certificates in the order that DER does not allow."""
    taken = asn1.decode_der(_Reply, reply)
    assert taken.token is not None
    certificates = taken.token.content.certificates
    assert certificates is not None
    certificates.sort(key=asn1.encode_der, reverse=True)
    return asn1.encode_der(taken)


def _at(content: bytes, old: datetime, new: datetime) -> bytes:
    before, after = (time.strftime("%Y%m%d%H%M%SZ").encode() for time in (old, new))
    assert content.count(before) == 1
    return content.replace(before, after)


def _openssl(folder: Path, *arguments: str) -> None:
    ran = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=30)
    assert ran.returncode == 0, ran.stderr


@dataclass
class Service:
    """What answers for an authority, and what it was asked.

    Attributes:
        authority: who signs.
        change: what is done to each answer; a fault, or nothing.
        queries: the requests that came.
    """

    authority: Authority
    change: Callable[[bytes], bytes] = bytes
    queries: list[Asked] = field(default_factory=list)

    def __call__(self, asked: Asked) -> bytes:
        self.queries.append(asked)
        reply = self.change(self.authority.reply(asked.body))
        return answer(200, reply, {"Content-Type": "application/timestamp-reply"})


@contextlib.contextmanager
def serving(*authorities: Authority) -> Iterator[tuple[Loopback, list[Service], list[str]]]:
    """Serves authorities; gives the server, what answers for each, and the address of each."""
    services = [Service(each) for each in authorities]
    with Loopback(services={f"{_PATH}/{number}": each for number, each in enumerate(services)}) as server:
        yield server, services, [f"{server.url}{_PATH}/{number}" for number in range(len(services))]
