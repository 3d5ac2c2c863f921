"""The authority of `scripts.openssl_authority` as the tests need it: a loopback server, and faults made on purpose.

    tsa = make_authority(tmp_path)
    with serving(tsa) as server:
        ask_authority(f"{server.url}/tsa", entry, seconds=5)

`Authority.stamp` has none of the scruples of `Authority.reply`: it takes the token that openssl made, gives it another
time if asked to, and has it signed by `openssl cms`, with whatever certificate, digest and padding.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509.oid import NameOID
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from canary.formats.times.rfc3161 import read_reply
from canary.formats.times.rfc3161_cms import _ContentInfo, _Reply
from scripts import openssl_authority
from scripts.openssl_authority import Holder, new_key, new_root, openssl, pem
from tests.loopback import Asked, Loopback, answer

__all__ = [
    "ENTRY",
    "Authority",
    "Holder",
    "Service",
    "make_authority",
    "new_key",
    "new_root",
    "pem",
    "query_for",
    "serving",
    "unsorted",
]

ENTRY = b"an entry\n"
_PATH = "/tsa"


@dataclass(frozen=True)
class Authority(openssl_authority.Authority):
    """An authority that also signs what no honest one would."""

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """A watcher's list with this root alone."""
        return (self.root.certificate,)

    def but(self, **changes: object) -> Authority:
        """Returns the same authority with another signer, say, in the same folder."""
        return replace(self, **changes)  # type: ignore[arg-type]  # tests name the fields

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
        # openssl holds the name in a token against the certificate of who signs it in the end.
        name = (by or self.signer).certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        honest = self.but(signer=self.root.issue(str(name))).reply(query or query_for(entry))
        reply = asn1.decode_der(_Reply, honest)
        assert reply.token is not None
        content = reply.token.content.content.octets
        assert content is not None
        if at is not None:
            content = _at(content, read_reply(honest).moment, at)
        (self.folder / "token.der").write_bytes(edit(content) if edit else content)
        self.write(by or self.signer, self.between if others is None else others)
        md = () if "-md" in options else ("-md", "sha256")
        openssl(
            self.folder,
            *("cms", "-sign", "-binary", "-nodetach", "-cades", "-outform", "DER", "-econtent_type", kind),
            *("-in", "token.der", "-signer", "signer.pem", "-inkey", "signer.key", "-certfile", "between.pem"),
            *(*md, "-out", "token.cms", *options),
        )
        token = asn1.decode_der(_ContentInfo, (self.folder / "token.cms").read_bytes())
        return asn1.encode_der(_Reply(status=reply.status, token=token))


def make_authority(folder: Path, **options: object) -> Authority:
    """Returns an authority with a root of its own; `options` are those of `Authority.begin`."""
    return Authority.begin(folder, **options)  # type: ignore[arg-type]  # tests name them


def query_for(entry: bytes) -> bytes:
    """Returns a request as canary makes it."""
    return TimestampRequestBuilder().data(entry).hash_algorithm(HashAlgorithm.SHA256).build().as_bytes()


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
