"""Who signed an entry, and whether that is enough.

The known keys are those of the roster's signers, by name and key id; lines are read as in `canary.core.signed.note`.
Distinct signers are counted, never signatures. For each signer with a line, the outcome is one of:

- **good**: an Ed25519 signature that is right; or an OpenPGP one that is *good*
  (`canary.edges.openpgp.openpgp_verifier`) and was made, by its own creation time, not earlier than 1 day before
  `issued` and not later than 60 days after it.
- **bad**: wrong. It rejects the whole entry, however many others are good.
- **weak digest**, **expired key**, **revoked key**, **no key**, **outside its time**: right, or not of this key at all,
  and not counted. It is told and does no harm.
- **could not check**: nothing is known, and it is never taken for bad. Where the good ones are too few, and would be
  enough together with these, the entry could not be checked.

An OpenPGP signature has a creation time, which is told where the signature is right: it is its signer's claim. An
Ed25519 signature has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from canary.core.documents.roster import RosterSigner
from canary.core.signed.entry import Entry
from canary.core.signed.kinds import Kind, fingerprint_of, verify_ed25519
from canary.core.signed.outcome import OpenPGPCheck, OpenPGPVerifier, Outcome
from canary.core.signed.vkey import VKey
from canary.limits import OPENPGP_AFTER_ISSUED, OPENPGP_BEFORE_ISSUED


class CheckedSignature(msgspec.Struct, frozen=True):
    """One known signer's signature, checked.

    Attributes:
        name: the signer's short name.
        outcome: what came of it.
        detail: plain words on an outcome that is not good; may be empty.
        signed_at: when it was made (UTC), by its own account; None where it says nothing, or is not right.
    """

    name: str
    outcome: Outcome
    detail: str = ""
    signed_at: datetime | None = None

    @property
    def counts(self) -> bool:
        """Whether it counts towards the threshold."""
        return self.outcome is Outcome.GOOD


class Tally(msgspec.Struct, frozen=True):
    """The signatures of one entry against one roster.

    Attributes:
        threshold: how many distinct signers are needed.
        checked: each known signer that signed, in the order of the lines.
        missing: the signers of whom no signature was found.
    """

    threshold: int
    checked: tuple[CheckedSignature, ...]
    missing: tuple[str, ...]

    @property
    def signed(self) -> tuple[str, ...]:
        """The signers that count."""
        return tuple(each.name for each in self.checked if each.counts)

    @property
    def claimed_times(self) -> tuple[tuple[str, datetime], ...]:
        """The signers that count and whose signature says when it was made, each with that time."""
        return tuple((each.name, each.signed_at) for each in self.checked if each.counts and each.signed_at is not None)

    @property
    def uncounted(self) -> tuple[CheckedSignature, ...]:
        """The signatures that do not count."""
        return tuple(each for each in self.checked if not each.counts)

    @property
    def bad(self) -> tuple[CheckedSignature, ...]:
        """The signatures that reject the entry."""
        return tuple(each for each in self.checked if each.outcome is Outcome.BAD)

    @property
    def met(self) -> bool:
        """Whether enough signers count."""
        return len(self.signed) >= self.threshold

    @property
    def undecided(self) -> bool:
        """Whether the threshold is not met and could be, had everything been checked."""
        unchecked = sum(each.outcome is Outcome.UNCHECKED for each in self.checked)
        return not self.met and len(self.signed) + unchecked >= self.threshold

    def describe(self) -> str:
        """Returns "1 of 3 signed (legal), 2 are needed; missing: security, director"."""
        signed = f" ({', '.join(self.signed)})" if self.signed else ""
        total = len(self.checked) + len(self.missing)
        sentence = f"{len(self.signed)} of {total} signed{signed}, {self.threshold} needed"
        if self.uncounted:
            sentence += "; not counted: " + ", ".join(_why_not(each) for each in self.uncounted)
        if self.missing:
            sentence += f"; missing: {', '.join(self.missing)}"
        return sentence


def _why_not(checked: CheckedSignature) -> str:
    """Returns whose signature does not count and why; what keeps it from being checked is for the reader to mend."""
    told = checked.outcome is Outcome.UNCHECKED and checked.detail
    return f"{checked.name} ({checked.outcome}: {checked.detail})" if told else f"{checked.name} ({checked.outcome})"


class SignatureChecker:
    """Checks the signatures of one entry, each pair of key (with its name) and certificate once.

    Args:
        entry: the entry.
        verifier: the port to OpenPGP.
    """

    def __init__(self, entry: Entry, verifier: OpenPGPVerifier) -> None:
        self._entry = entry
        self._verifier = verifier
        self._done: dict[tuple[VKey, bytes], CheckedSignature] = {}

    def tally(self, signers: Sequence[RosterSigner], threshold: int) -> Tally:
        """Returns who of `signers` signed the entry."""
        known = {(signer.key.name, signer.key.key_id): signer for signer in signers}
        checked: dict[str, CheckedSignature] = {}
        for line in self._entry.signatures:
            signer = known.get((line.name, line.key_id))
            # Only the first line of a key is read (signed-note: repeats are dropped).
            if signer is not None and signer.name not in checked:
                checked[signer.name] = self._check(signer, line.signature)
        missing = tuple(signer.name for signer in signers if signer.name not in checked)
        return Tally(threshold, tuple(checked.values()), missing)

    def _check(self, signer: RosterSigner, signature: bytes) -> CheckedSignature:
        key = signer.key, signer.certificate
        if key not in self._done:
            self._done[key] = check_signature(
                signer, self._entry.text, signature, issued=self._entry.content.issued, verifier=self._verifier
            )
        return self._done[key]


def check_signature(
    signer: RosterSigner, text: bytes, signature: bytes, *, issued: datetime, verifier: OpenPGPVerifier
) -> CheckedSignature:
    """Checks one signature as it counts in an entry.

    Args:
        signer: whose it should be, with the certificate of the roster in force.
        text: the signed bytes.
        signature: the signature, in the form of the key's kind.
        issued: when the text says it was issued: an OpenPGP signature lies within a day before and 60 days
            after it (design, section 8).
        verifier: the port to OpenPGP.
    """
    if signer.kind is Kind.ED25519:
        right = verify_ed25519(signer.key, text, signature)
        return CheckedSignature(signer.name, Outcome.GOOD if right else Outcome.BAD)
    found = verifier(
        certificate=signer.certificate,
        fingerprint=fingerprint_of(signer.key),
        text=text,
        signature=signature,
    )
    return _within_its_time(signer.name, found, issued)


def _within_its_time(name: str, found: OpenPGPCheck, issued: datetime) -> CheckedSignature:
    if found.outcome is not Outcome.GOOD:
        return CheckedSignature(name, found.outcome, found.detail, found.signed_at if found.outcome.is_right else None)
    if found.signed_at is None:
        return CheckedSignature(name, Outcome.UNCHECKED, "its time could not be read")
    if not issued - OPENPGP_BEFORE_ISSUED <= found.signed_at <= issued + OPENPGP_AFTER_ISSUED:
        detail = f"made {found.signed_at:%Y-%m-%d %H:%M} UTC"
        return CheckedSignature(name, Outcome.OUTSIDE_TIME, detail, found.signed_at)
    return CheckedSignature(name, Outcome.GOOD, signed_at=found.signed_at)
