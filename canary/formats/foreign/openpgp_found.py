"""What both OpenPGP formats make of gpg's answers: signatures by pinned keys, and signers to pin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from canary import limits
from canary.core.foreign.edition import Signed
from canary.core.foreign.pinned import Pinned, PinnedSigner
from canary.core.signed.outcome import Outcome
from canary.errors import CanaryError
from canary.formats.foreign.openpgp_blocks import Kind, split_blocks
from canary.formats.foreign.openpgp_checks import Answer, Check, ForeignVerifier

_FIRST_CERTIFICATE_BYTES = (b"\x98", b"\x99", b"\xc6")
"""First bytes of a public key packet (RFC 9580, section 4.2): old format, and new."""

NO_SIGNATURE = "no OpenPGP signature was found in it"


def certificates(pinned: Pinned) -> tuple[bytes, ...]:
    """Returns the pinned certificates."""
    return tuple(each.certificate for each in pinned.signers if each.certificate)


def signed(answer: Answer, pinned: Pinned, *, file: str) -> list[Signed]:
    """Returns the signatures of one answer; a signature that is right by a key that is not pinned is NO_KEY.

    Args:
        answer: the answer.
        pinned: whose signatures count.
        file: the file that was asked about.
    """
    if not answer.checks:
        return [unreadable(file, NO_SIGNATURE)]
    names = {each.key: each.name or each.key for each in pinned.signers}
    return [_signed(check, names.get(check.key, ""), file) for check in answer.checks]


def unreadable(file: str, why: str) -> Signed:
    """Returns what stands for a file that holds no signature: nothing is known of it."""
    return Signed(signer="", key="", outcome=Outcome.UNCHECKED, detail=why, file=file, absent=True)


def bounded(signatures: Sequence[Signed]) -> tuple[Signed, ...]:
    """Returns as many signatures as are looked at, and says it where there are more."""
    if len(signatures) <= limits.FOREIGN_SIGNATURES:
        return tuple(signatures)
    kept = signatures[: limits.FOREIGN_SIGNATURES]
    more = f"there are more than {limits.FOREIGN_SIGNATURES} signatures; the rest was not looked at"
    return (*kept, unreadable(signatures[limits.FOREIGN_SIGNATURES].file, more))


def offered_certificates(files: Mapping[str, bytes], verifier: ForeignVerifier) -> dict[str, bytes]:
    """Returns the certificates in files, by fingerprint; what cannot be read is left out.

    Args:
        files: the files.
        verifier: gpg.
    """
    found: dict[str, bytes] = {}
    for data in files.values():
        if data.startswith(_FIRST_CERTIFICATE_BYTES) or split_blocks(data).of(Kind.CERTIFICATE):
            try:
                found |= verifier.certificates_in(data)
            except CanaryError:
                continue
    return found


def to_pin(checks: Iterable[tuple[str, Check]], offered: Mapping[str, bytes]) -> tuple[PinnedSigner, ...]:
    """Returns the signers of some signatures, each once.

    Args:
        checks: what each is called, and what gpg found.
        offered: certificates by fingerprint.
    """
    found: dict[str, PinnedSigner] = {}
    for name, check in checks:
        if check.key and check.outcome is not Outcome.BAD:
            found.setdefault(check.key, PinnedSigner(name, check.key, offered.get(check.key, b"")))
    return tuple(found.values())


def _signed(check: Check, signer: str, file: str) -> Signed:
    outcome, detail = check.outcome, check.detail
    if not signer and outcome.is_right:
        outcome, detail = Outcome.NO_KEY, "it is by a key that is not pinned"
    return Signed(
        signer=signer,
        key=check.key,
        outcome=outcome,
        signed_at=check.signed_at,
        detail=detail,
        file=file,
        valid_until=check.valid_until,
    )
