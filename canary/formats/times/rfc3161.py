"""RFC 3161 timestamps: the question to an authority, the reading of its reply, and the check of it years later.

A reply (`N.tsr`) is kept as it was received. Checking it, offline and from the bytes alone, means, each by its name:

1. It reads as one reply in DER, at most 65,536 bytes, status granted, with one token by one signer and at most 20
   certificates in it.
2. The token is over this entry: its imprint is the entry's hash, with SHA-256 or better.
3. The signer signed it as a timestamp token, naming the certificate that came along (RFC 5816).
4. That certificate is for timestamping and nothing else, critically so (RFC 3161, section 2.3), and was valid at the
   token's own time.
5. The certificates that came along lead to a root: one on the watcher's list, and it is PROVED; another one, and it
   is CLAIMED. rfc3161-client then verifies the whole once more under that one root, with the certificates of that path
   and no others.

The bound is the token's time and its accuracy. Where a token states none, one second stands for it: RFC 3161 (section
2.4.2) leaves it to the authority's policy then, and the common one, ETSI EN 319 421, promises one second or better. A
part of the accuracy that is missing is zero (same section).

The nonce binds a reply to its request, so it is checked by who asked (`check_answer`). A watcher, years later, has
no request.

rfc3161-client reads and verifies. More is done beside it. It refuses certificate sets in another order than DER's, so
it is given a copy in order. It drops fractions of a second, which would make a bound too early. It leaves to OpenSSL
which certificates make a chain, and checks neither their digests, nor what the signer signed beside the token; that is
done here (`rfc3161_cms`, `rfc3161_chain`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.core.text.strict import digest
from canary.errors import CanaryError, MalformedError
from canary.limits import EVIDENCE_BYTES

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import Accuracy, TimeStampResponse

    from canary.formats.times.rfc3161_cms import Signed

QUERY_TYPE = "application/timestamp-query"
"""What a request is called over HTTP (RFC 3161, section 3.4)."""

UNSTATED_ACCURACY = timedelta(seconds=1)
MOST_ACCURACY = timedelta(days=1)
"""Whoever does not know the day does not know the time."""

_WHAT = "timestamp"
_GRANTED = 0
_VERSION = 1
_STATUS_WORDS = {
    1: "granted with changes that nobody asked for",
    2: "refused",
    3: "not given yet",
    4: "given with a warning that it will be revoked",
    5: "revoked",
}
"""PKIStatus (RFC 3161, section 2.4.2)."""


class Query(msgspec.Struct, frozen=True):
    """A request for a token.

    Attributes:
        body: the request in DER, to be sent.
        nonce: the number that the token has to hold.
    """

    body: bytes
    nonce: int


class Token(msgspec.Struct, frozen=True):
    """A reply that reads; nothing is verified.

    Attributes:
        signed: what it consists of.
        response: the same as rfc3161-client has it.
        moment: the token's own time (UTC).
        latest: that, and how far the authority may be off.
        nonce: the number of the request, if the token holds one.
    """

    signed: Any  # a Signed; its module and the next one's are imported only where there is a token
    response: Any  # a TimeStampResponse
    moment: datetime
    latest: datetime
    nonce: int | None


def make_query(entry: bytes) -> Query:
    """Returns a request for a token over an entry: SHA-256, a fresh nonce of 64 bits, with certificates.

    Raises:
        CanaryError: rfc3161-client is missing.
    """
    try:
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415  # 100 ms
    except ImportError as error:
        raise _missing() from error
    request = TimestampRequestBuilder().data(entry).hash_algorithm(HashAlgorithm.SHA256).build()
    if request.nonce is None:
        raise CanaryError("the library made a request without a nonce", hint="Install the newest rfc3161-client.")
    return Query(request.as_bytes(), request.nonce)


def check_answer(query: Query, data: bytes) -> None:
    """Checks that an authority's answer is one to this request.

    Raises:
        MalformedError: it is no granted reply, or one to another request.
        CanaryError: rfc3161-client is missing.
    """
    if read_reply(data).nonce != query.nonce:
        raise MalformedError("its nonce is not that of the request: it answers something else", what=_WHAT)


def read_reply(data: bytes) -> Token:
    """Reads a reply.

    Raises:
        MalformedError: it has more than 65,536 bytes, is no reply in DER, was not granted, or states no usable time.
        CanaryError: rfc3161-client is missing.
    """
    if len(data) > EVIDENCE_BYTES:
        raise MalformedError(f"it has more than {EVIDENCE_BYTES:,} bytes", what=_WHAT)
    try:
        from rfc3161_client import decode_timestamp_response  # noqa: PLC0415  # 100 ms
    except ImportError as error:
        raise _missing() from error
    from canary.formats.times.rfc3161_cms import in_order, taken_apart, with_fraction  # noqa: PLC0415  # needed with a token

    ordered = in_order(data)
    try:
        response = _decoded(decode_timestamp_response, ordered)
        if response.status != _GRANTED:
            words = _STATUS_WORDS.get(response.status, f"of a status that nobody knows ({response.status})")
            raise MalformedError(f"the authority's answer is no token: it was {words}", what=_WHAT)
        info = response.tst_info
        if info.version != _VERSION:
            raise MalformedError(f"its token is of a version that nobody knows ({info.version})", what=_WHAT)
        signed = taken_apart(ordered)
        moment = with_fraction(signed.content, info.gen_time.astimezone(UTC))
        accuracy = _accuracy(info.accuracy)
        return Token(signed, response, moment, moment + accuracy, info.nonce)
    except (ValueError, OverflowError) as error:
        raise MalformedError("it is no RFC 3161 reply in DER, or is broken", what=_WHAT) from error


def _decoded(decode: Callable[[bytes], TimeStampResponse], ordered: bytes) -> TimeStampResponse:
    """Returns a reply as rfc3161-client has it; raises MalformedError or ValueError where it does not read it."""
    from canary.formats.times.rfc3161_cms import taken_apart  # noqa: PLC0415  # needed with a token

    try:
        return decode(ordered)
    except ValueError:
        taken_apart(ordered)  # which knows more of what may be wrong, and says so
        raise


class TokenChecker:
    """Checks RFC 3161 replies (a `canary.core.dating.evidence.EvidenceChecker`).

    Args:
        roots: returns the certificates that the watcher trusts as roots of timestamp authorities; called when there
            is a token to check, since reading them takes longer than a whole look without one.
    """

    def __init__(self, roots: Callable[[], Sequence[Certificate]]) -> None:
        self._read_roots = roots

    def __call__(self, name: str, data: bytes, entry: bytes) -> CheckedEvidence:
        """Checks one file; see `canary.core.dating.evidence.EvidenceChecker`."""
        moment: datetime | None = None
        try:
            token = read_reply(data)
            moment = token.moment
            with warnings.catch_warnings():
                # cryptography warns of what some certificates should not have; no stranger writes to our terminal.
                warnings.simplefilter("ignore")
                return self._checked(name, digest(data), token, entry)
        except MalformedError as error:
            return CheckedEvidence(name, digest(data), EvidenceOutcome.BAD, moment, None, "", error.rule)
        except CanaryError as error:
            return CheckedEvidence(name, digest(data), EvidenceOutcome.UNCHECKED, moment, None, "", error.what)

    @cached_property
    def _roots(self) -> tuple[Certificate, ...]:
        return tuple(self._read_roots())

    def _checked(self, name: str, sha256: str, token: Token, entry: bytes) -> CheckedEvidence:
        """Raises MalformedError where it is no proof over the entry."""
        from canary.formats.times import rfc3161_chain as chain  # noqa: PLC0415  # needed by whoever has a token
        from canary.formats.times import rfc3161_cms as cms  # noqa: PLC0415  # likewise

        _check_imprint(token.response, entry)
        signed: Signed = token.signed
        certificates = [each for each in map(chain.load, signed.certificates) if each is not None]
        signer = cms.signer_among(signed, certificates)
        cms.check_signature(signed, signer)
        chain.check_usage(signer)
        chain.check_validity(signer, token.moment)
        others = [each for each in certificates if each != signer]
        by = chain.name_of(signer.subject)
        path = chain.path_to(self._roots, signer, others, token.moment)
        if path is None:
            root = chain.claimed_root(self._roots, signer, others, token.moment)
            words = f"its root, '{root}', is not on the list of those to trust, so its time is the publisher's claim"
            return CheckedEvidence(name, sha256, EvidenceOutcome.CLAIMED, token.moment, None, by, words)
        _verify(token.response, path, entry)
        words = f"an RFC 3161 timestamp under the root '{chain.name_of(path[-1].subject)}'"
        return CheckedEvidence(name, sha256, EvidenceOutcome.PROVED, token.moment, token.latest, by, words)


def _check_imprint(response: TimeStampResponse, entry: bytes) -> None:
    """Raises MalformedError unless the token is over the entry."""
    from canary.formats.times.rfc3161_cms import hash_by  # noqa: PLC0415  # needed by whoever has a token

    imprint = response.tst_info.message_imprint
    if imprint.message != hash_by(imprint.hash_algorithm, entry):
        raise MalformedError("it is over other bytes than this entry", what=_WHAT)


def _verify(response: TimeStampResponse, path: Sequence[Certificate], entry: bytes) -> None:
    """Has rfc3161-client verify a reply under the root at the end of a path; raises MalformedError where it will not.

    OpenSSL makes a path of its own of what came along, and may choose another one: a root, say, that came along beside
    its twin which the trusted root signed. So it is given a copy with the certificates of this path alone.
    """
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415  # needed by whoever has a token
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response  # noqa: PLC0415  # 100 ms

    from canary.formats.times.rfc3161_chain import UNREADABLE  # noqa: PLC0415  # needed by whoever has a token
    from canary.formats.times.rfc3161_cms import with_certificates  # noqa: PLC0415  # likewise

    unverified: tuple[type[Exception], ...] = (VerificationError, *UNREADABLE)
    try:
        alone = with_certificates(response.as_bytes(), [each.public_bytes(Encoding.DER) for each in path[:-1]])
        VerifierBuilder(roots=[path[-1]]).build().verify_message(decode_timestamp_response(alone), entry)
    except unverified as error:
        raise MalformedError("its signature or its certificates do not hold for OpenSSL", what=_WHAT) from error


def _accuracy(stated: Accuracy | None) -> timedelta:
    """Returns how far the authority may be off; raises MalformedError where that is no accuracy."""
    if stated is None:
        return UNSTATED_ACCURACY
    parts = (stated.seconds or 0, stated.millis or 0, stated.micros or 0)
    if min(parts) < 0 or parts[0] > MOST_ACCURACY.total_seconds():
        raise MalformedError("its accuracy is none that a clock could have", what=_WHAT)
    return timedelta(seconds=parts[0], milliseconds=parts[1], microseconds=parts[2])


def _missing() -> CanaryError:
    return CanaryError("rfc3161-client is missing", hint="Install it: it comes with warrant-canary.")
