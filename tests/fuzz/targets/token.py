"""RFC 3161 replies: every reader of one, and that none proves a time which its authority did not sign over the entry.

Whoever makes the inputs has the authority's key, and may sign anew whatever a token is changed into; so what is proved
is read again here, by hand.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.formats.times.rfc3161 import MOST_ACCURACY, Query, TokenChecker, check_answer, read_reply
from canary.formats.times.rfc3161_cms import in_order
from tests.fuzz import token_forge as forge
from tests.fuzz.der import INTEGER, SEQUENCE, SET, TIME, Node, at, changed, read
from tests.fuzz.harness import Scramble, Target, attempt, check_message

ENTRY: Final = b"an entry with its signatures\n"
ROOT: Final = x509.load_der_x509_certificate(forge.ROOT)
CHECKER: Final = TokenChecker(lambda: (ROOT,))
_QUERY: Final = Query(b"", 0x1122334455667788)
_KEY: Final = forge.key_of("Fuzz TSA").public_key()
_DIGESTS: Final = ("sha256", "sha384", "sha512")
_HASHES: Final = (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())
_SIGNER: Final = x509.load_der_x509_certificate(forge.SIGNER)
_POOL: Final = tuple(map(read, forge.BESIDE))


def check(data: bytes) -> None:
    found = CHECKER("0.tsr", data, ENTRY)
    for message in (found.words, found.by):
        check_message(message)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert (found.bound is not None) == (found.outcome is EvidenceOutcome.PROVED)
    assert found.outcome in (EvidenceOutcome.PROVED, EvidenceOutcome.CLAIMED, EvidenceOutcome.BAD)
    token = attempt(read_reply, data)
    attempt(lambda each: check_answer(_QUERY, each), data)
    if token is None:
        assert (found.outcome, found.moment) == (EvidenceOutcome.BAD, None)
        return
    assert found.moment in (None, token.moment)
    ordered = in_order(data)
    assert in_order(ordered) == ordered
    assert sorted(ordered) == sorted(data), "more than the order was changed"
    if found.outcome is EvidenceOutcome.PROVED:
        _check_proved(read(data), found)


def _check_proved(token: Node, found: CheckedEvidence) -> None:
    content = forge.content_of(token)
    info = read(content)
    imprints = {each.children[1].content for each in info.children if len(each.children) == 2}
    assert imprints & {hashlib.new(name, ENTRY).digest() for name in _DIGESTS}
    _check_times(info, found)
    issuer, serial = forge.signer_of(token)
    assert (issuer, serial) == (_SIGNER.issuer.public_bytes(), Node(INTEGER, _serial()).write())
    assert forge.SIGNER in forge.certificates_of(token), "proved by a certificate that nobody may stamp with"
    attributes = at(token, forge.attributes_at(token))
    values = {each.children[0].content: each.children[1].content for each in attributes.children}
    signed = values[bytes.fromhex(forge.MESSAGE_DIGEST)]
    assert signed[2:] in {hashlib.new(name, content).digest() for name in _DIGESTS}
    assert any(_is_signed(attributes, at(token, forge.signature_at(token)).content, each) for each in _HASHES)


def _check_times(info: Node, found: CheckedEvidence) -> None:
    place = next(number for number, each in enumerate(info.children) if each.tag == TIME)
    written = info.children[place].content.decode("ascii")
    whole = datetime.strptime(written[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    assert found.moment is not None
    assert found.bound is not None
    assert whole <= found.moment <= whole + timedelta(seconds=1)
    assert "." not in written or found.moment > whole, "a fraction of a second was dropped"
    stated = info.children[place + 1 : place + 2]
    if stated and stated[0].tag == SEQUENCE:
        assert timedelta(0) <= found.bound - found.moment <= MOST_ACCURACY + timedelta(seconds=1)
    else:
        assert found.bound - found.moment == timedelta(seconds=1)


def _serial() -> bytes:
    return _SIGNER.serial_number.to_bytes(_SIGNER.serial_number.bit_length() // 8 + 1, "big")


def _is_signed(attributes: Node, signature: bytes, algorithm: hashes.HashAlgorithm) -> bool:
    try:
        _KEY.verify(signature, Node(SET, attributes.body).write(), ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    if random.random() < 0.1:
        return scramble(data, limit)
    try:
        token = read(data)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            token = changed(token, random, scramble, _POOL)
    except ValueError:
        return scramble(data, limit)
    if random.random() < 0.7:
        with contextlib.suppress(IndexError, ValueError):
            token = forge.signed_again(token)
    return token.write()[:limit]


def seeds() -> Mapping[str, bytes]:
    honest = forge.reply(ENTRY)
    beside = (forge.CA, forge.certificate("No CA", "Fuzz Root"))
    return {
        "honest": honest,
        "unsorted": _unsorted(honest),
        "claimed": forge.reply(ENTRY, signer=forge.UNFIT[7], beside=()),
        "no-usage": forge.reply(ENTRY, signer=forge.UNFIT[0]),
        "expired": forge.reply(ENTRY, signer=forge.UNFIT[4]),
        "no-chain": forge.reply(ENTRY, signer=forge.UNFIT[8], beside=beside),
        "of-another-entry": forge.reply(b"another entry\n"),
        "refused": bytes.fromhex("30053003020102"),
    }


def _unsorted(token: bytes) -> bytes:
    one, other = forge.certificates_of(read(token))
    assert token.count(one + other) == 1
    return token.replace(one + other, other + one)


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=8_192)
