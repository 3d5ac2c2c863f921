"""What gpg's status lines say of signatures (GnuPG's doc/DETAILS): one group of lines, from NEWSIG on, for each.

Only these lines count. The exit code does not: with gpg 2.2 a revoked key, an expired one, SHA-1 and a signature dated
2030 all came back with 0.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from canary.core.signed.outcome import Outcome
from canary.edges.openpgp.gpg import Answer
from canary.edges.openpgp.openpgp_packets import STRONG_DIGESTS, WEAK_DIGESTS
from canary.edges.openpgp.status_words import CANNOT, NO_PUBLIC_KEY, OUTCOMES, VALIDSIG_FIELDS, VERDICTS

_DOCUMENT_CLASSES = frozenset({"00", "01"})
"""Signatures over a document, binary and text (RFC 9580, section 5.2.1)."""

_ERRSIG_FIELDS = 6


class Reported(msgspec.Struct, frozen=True):
    """One signature, as gpg reports it as of one moment.

    Attributes:
        outcome: what came of it.
        detail: in words.
        key: the signing key's fingerprint, or its key id where the signature names no more; lower case.
        primary: the primary key's fingerprint, where gpg has verified the signature; lower case, else empty.
        created: when it says that it was made, in seconds since 1970; None where gpg does not tell.
        expires: when the signature itself expires, likewise; None for never.
        reason: the code of libgpg-error where gpg could not verify it.
        algorithm: the number of its public-key algorithm, where gpg could not verify it.
        digest: the number of its digest, likewise and where gpg has verified it.
    """

    outcome: Outcome
    detail: str
    key: str = ""
    primary: str = ""
    created: int | None = None
    expires: int | None = None
    reason: int | None = None
    algorithm: int | None = None
    digest: int | None = None

    @property
    def signed_at(self) -> datetime | None:
        """When it says that it was made (UTC)."""
        return None if self.created is None else datetime.fromtimestamp(self.created, UTC)

    @property
    def signature_expires(self) -> datetime | None:
        """When the signature itself expires (UTC)."""
        return None if self.expires is None else datetime.fromtimestamp(self.expires, UTC)

    @property
    def beyond_this_gpg(self) -> bool:
        """Whether gpg lacks the algorithm or digest, or will not use it."""
        return self.reason in CANNOT


def reported(answer: Answer) -> list[Reported]:
    """Returns what gpg says of each signature, in order."""
    groups: list[list[tuple[str, tuple[str, ...]]]] = []
    for line in answer.status:
        if line[0] == "NEWSIG":
            groups.append([])
        elif groups:
            groups[-1].append(line)
        elif line[0] in VERDICTS or line[0] == "VALIDSIG":
            return [Reported(Outcome.UNCHECKED, f"gpg says {line[0]} of no signature")]
    return [_one(group) for group in groups]


def weakened(outcome: Outcome, detail: str, digest: int | None) -> tuple[Outcome, str]:
    """Tells of a weak digest, where nothing worse is to be told.

    Args:
        outcome: what came of a signature so far.
        detail: in words.
        digest: the number of its digest.
    """
    if outcome is not Outcome.GOOD or digest in STRONG_DIGESTS:
        return outcome, detail
    if digest in WEAK_DIGESTS:
        return Outcome.WEAK_DIGEST, f"its digest is {WEAK_DIGESTS[digest]}"
    return Outcome.BAD, f"its digest ({digest}) is not one that is read here"


def _one(group: list[tuple[str, tuple[str, ...]]]) -> Reported:
    verdicts = [line for line in group if line[0] in VERDICTS]
    valid = [arguments for keyword, arguments in group if keyword == "VALIDSIG"]
    if not verdicts:
        return Reported(Outcome.UNCHECKED, "gpg came to no verdict")
    if len(verdicts) > 1 or len(valid) > 1:
        return Reported(Outcome.BAD, "gpg says more than one thing of it")
    keyword, arguments = verdicts[0]
    if keyword == "ERRSIG":
        return _unverified(arguments)
    if keyword == "BADSIG":
        return Reported(Outcome.BAD, "it does not fit the text", arguments[0].lower() if arguments else "")
    if not valid or len(valid[0]) != VALIDSIG_FIELDS:
        return Reported(Outcome.UNCHECKED, f"gpg says {keyword} without a VALIDSIG that can be read")
    return _verified(keyword, valid[0])


def _verified(keyword: str, valid: tuple[str, ...]) -> Reported:
    """Reads VALIDSIG.

    Its arguments: the signing key's fingerprint, the day, the time, the expiry, the version, a reserved one, the key's
    algorithm, the digest, the class, the primary key's fingerprint.
    """
    created, expires, digest = (int(valid[place]) if valid[place].isdecimal() else None for place in (2, 3, 7))
    outcome, detail = OUTCOMES[keyword]
    if created is None or digest is None:
        outcome, detail = Outcome.UNCHECKED, "gpg's VALIDSIG line cannot be read"
    elif valid[8] not in _DOCUMENT_CLASSES:
        outcome, detail = Outcome.BAD, f"its class is 0x{valid[8]}, which is no signature over a document"
    return Reported(
        outcome,
        detail,
        key=valid[0].lower(),
        primary=valid[9].lower(),
        created=created,
        expires=expires or None,
        digest=digest,
    )


def _unverified(arguments: tuple[str, ...]) -> Reported:
    """Reads ERRSIG: key id, algorithm, digest, class, time, the reason, and the key's fingerprint or `-`."""
    if len(arguments) < _ERRSIG_FIELDS or not all(arguments[place].isdecimal() for place in (1, 2, 4, 5)):
        return Reported(Outcome.UNCHECKED, "gpg's ERRSIG line cannot be read")
    named = arguments[_ERRSIG_FIELDS:]
    algorithm, digest, created, reason = (int(arguments[place]) for place in (1, 2, 4, 5))
    if reason == NO_PUBLIC_KEY:
        outcome, detail = Outcome.NO_KEY, "it is by a key that is not pinned"
    else:
        outcome, detail = Outcome.BAD, f"gpg cannot take it for a signature of this key (code {reason})"
    return Reported(
        outcome,
        detail,
        key=(named[0] if named and named[0] != "-" else arguments[0]).lower(),
        created=created or None,
        reason=reason,
        algorithm=algorithm,
        digest=digest,
    )
