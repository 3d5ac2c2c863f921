"""Who supports an edition: which pinned signers have a signature that counts, and whether they are enough.

A signature counts if it is by a pinned key, was good when it was made, and is dated neither after now nor more than
`limits.SIGNED_BEFORE_ISSUE` before the date of issue that stands in the text. One over SHA-1 counts as well if it was
made before `limits.WEAK_DIGESTS_BEFORE`. That its key expired later takes nothing from it: so whoever has got hold of
an old key can date a signature back to when it was good, but not the text that it is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.pinned import Pinned
from canary.core.foreign.told import told
from canary.core.judging.findings import Code, Finding
from canary.core.signed.outcome import Outcome
from canary.limits import SIGNED_BEFORE_ISSUE, WEAK_DIGESTS_BEFORE

_TOO_EARLY = "it was made long before the date of issue that stands in the text"


class Support(msgspec.Struct, frozen=True):
    """Who supports an edition.

    Attributes:
        counted: for each pinned signer whose signature counts, that signature, by the signer's name.
        threshold: how many are needed.
        pinned: how many could have signed.
        lacking: the required signers without a signature that counts.
        undecided: whether signatures that could not be checked might make them enough.
        bad: signatures that name a pinned key and are wrong.
        issued: as `support_of` was given it.
    """

    counted: dict[str, Signed]
    threshold: int
    pinned: int
    lacking: tuple[str, ...]
    undecided: bool
    bad: tuple[Signed, ...]
    issued: datetime | None = None

    @property
    def enough(self) -> bool:
        """Whether they are enough, the required ones among them."""
        return len(self.counted) >= self.threshold and not self.lacking

    @property
    def signers(self) -> tuple[str, ...]:
        """The signers that count, by name."""
        return tuple(self.counted)

    @property
    def claimed_times(self) -> tuple[tuple[str, datetime], ...]:
        """When they signed by their own account (UTC), by name."""
        return tuple((name, each.signed_at) for name, each in self.counted.items() if each.signed_at is not None)

    def in_words(self) -> str:
        """Returns how many signed, and who is lacking."""
        words = f"{len(self.counted)} of {self.pinned} pinned signers signed it, and {self.threshold} are needed"
        return words + (f"; {', '.join(self.lacking)} must be among them" if self.lacking else "")


def support_of(edition: Edition, pinned: Pinned, now: datetime, issued: datetime | None = None) -> Support:
    """Returns who supports an edition.

    Args:
        edition: the edition.
        pinned: whose signatures count.
        now: the watcher's clock, aware.
        issued: when its text says that it was issued (UTC); None where that was not read in the text.
    """
    counted: dict[str, Signed] = {}
    for each in edition.signatures:
        if _counts(each, now, issued):
            counted.setdefault(each.signer, each)
    lacking = tuple(name for each in pinned.signers if each.required and (name := each.name or each.key) not in counted)
    open_ones = sum(each.outcome is Outcome.UNCHECKED and not each.absent for each in edition.signatures)
    short_by = max(pinned.threshold - len(counted), len(lacking))
    return Support(
        counted=counted,
        threshold=pinned.threshold,
        pinned=len(pinned.signers),
        lacking=lacking,
        undecided=0 < short_by <= open_ones,
        bad=tuple(each for each in edition.signatures if each.signer and each.outcome is Outcome.BAD),
        issued=issued,
    )


def signature_findings(edition: Edition, now: datetime, issued: datetime | None = None) -> Iterator[Finding]:
    """Returns what is to be said of each signature of an edition that is accepted.

    Args:
        edition: the edition.
        now: the watcher's clock, aware.
        issued: as `support_of` has it.
    """
    for each in edition.signatures:
        outcome = each.as_of(now)
        if not _counts(each, now, issued):
            why = f"{outcome}: {each.detail}" if each.detail else outcome.value
            why = _TOO_EARLY if _is_too_early(each, issued) else why
            yield told(Code.NOT_COUNTED, f"{_whose(each)} does not count ({why})")
        elif outcome is Outcome.WEAK_DIGEST:
            made = f"{each.signed_at:%Y-%m-%d}" if each.signed_at else "long ago"
            yield told(Code.WEAK_DIGEST, f"{_whose(each)} is over a weak digest, and counts: it was made {made}")
        elif outcome is Outcome.EXPIRED_KEY:
            until = f"{each.valid_until:%Y-%m-%d}" if each.valid_until else "meanwhile"
            yield told(Code.KEY_EXPIRED, f"{_whose(each)} was good when it was made; it or its key expired {until}")


def lacking_findings(edition: Edition, support: Support) -> list[Finding]:
    """Returns why an edition that signatures speak against, or too few support, is not accepted.

    Args:
        edition: the edition.
        support: who supports it.
    """
    found = [
        told(
            Code.BAD_SIGNATURE,
            f"{_whose(each)} on {edition.name} is wrong" + (f": {each.detail}" if each.detail else ""),
        )
        for each in support.bad
    ]
    return [*found, told(Code.BELOW_THRESHOLD, why_lacking(edition, support))]


def why_lacking(edition: Edition, support: Support) -> str:
    """Returns in words why an edition has too few signatures.

    Args:
        edition: the edition.
        support: who supports it.
    """
    damage = [
        f"{remark}" + (f" ({words})" if words else "")
        for remark, words in edition.remarks
        if remark in (Remark.MORE_BLOCKS, Remark.DAMAGED_BLOCK)
    ]
    others = [
        f"{_whose(each)}: {_TOO_EARLY if _is_too_early(each, support.issued) else each.detail or each.outcome}"
        for each in edition.signatures
        if each.signer not in support.counted
    ]
    return "; ".join([f"{edition.name}: {support.in_words()}", *damage, *others])


def _counts(signed: Signed, now: datetime, issued: datetime | None) -> bool:
    if not signed.counts(WEAK_DIGESTS_BEFORE) or _is_too_early(signed, issued):
        return False
    return signed.as_of(now) is not Outcome.FUTURE


def _is_too_early(signed: Signed, issued: datetime | None) -> bool:
    made = signed.signed_at
    return made is not None and issued is not None and issued - made > SIGNED_BEFORE_ISSUE


def _whose(signed: Signed) -> str:
    where = f" in {signed.file}" if signed.file else ""
    if signed.signer:
        return f"the signature of {signed.signer}{where}"
    return f"the signature of the key {signed.key}{where}" if signed.key else f"what lies{where or ' there'}"
