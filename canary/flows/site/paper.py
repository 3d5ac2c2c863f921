"""A text as it goes on paper: exactly what is signed, its hash, and whose keys it is for. Of a release, or of a draft.

A draft has no log entry yet, so its paper is made from its text and from what each signature that is there came to.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from canary.core.entry import Text
from canary.core.roster import Roster, RosterSigner
from canary.core.strict import digest
from canary.core.tally import CheckedSignature
from canary.flows.site.paths import File
from canary.flows.site.signers import SignerRow, identity
from canary.flows.site.views import Edition


class PaperSigner(msgspec.Struct, frozen=True):
    """One signer on paper.

    Attributes:
        name: the short name.
        kind: the kind of the key, in words.
        identity: the fingerprint, or the whole vkey.
        state: whether they signed, in words.
    """

    name: str
    kind: str
    identity: str
    state: str


class Paper(msgspec.Struct, frozen=True):
    """What is printed.

    Attributes:
        title: what it is: `Release 4`.
        organisation: whose canary it is.
        canary: the canary's id.
        state: whether it is signed and published, in one sentence.
        text: the text, decoded.
        text_hash: its SHA-256, in hexadecimal digits.
        signers: who may sign it.
        back: the page that it was printed from; None for a draft, which has none.
    """

    title: str
    organisation: str
    canary: str
    state: str
    text: str
    text_hash: str
    signers: tuple[PaperSigner, ...]
    back: File | None


def release_paper(edition: Edition) -> Paper:
    """Returns the paper of a published release."""
    release = edition.release
    return Paper(
        title=f"Release {release.number}",
        organisation=edition.roster.organisation,
        canary=release.canary,
        state=f"Entry {release.entry} of the log, signed by {edition.signed} of {len(edition.signers)}; "
        f"{edition.threshold} needed.",
        text=edition.text,
        text_hash=edition.text_hash,
        signers=tuple(_signer(row, "did not sign") for row in edition.signers),
        back=File(f"Release {release.number}", edition.page),
    )


def draft_paper(
    text: bytes,
    *,
    content: Text,
    organisation: str,
    signers: Sequence[RosterSigner],
    checked: Sequence[CheckedSignature],
    state: str,
) -> Paper:
    """Returns the paper of an open draft.

    Args:
        text: the draft's bytes.
        content: the same, parsed.
        organisation: whose canary it is.
        signers: who may sign it.
        checked: what each signature that is there came to.
        state: how far the signing is, in one sentence.
    """
    kind = "roster" if isinstance(content, Roster) else "release"
    # No file of a draft is published, so none is linked.
    found = {each.name: each for each in checked}
    return Paper(
        title=f"Draft of {kind} {content.number}",
        organisation=organisation,
        canary=content.canary,
        state=state,
        text=text.decode(),
        text_hash=digest(text),
        signers=tuple(
            PaperSigner(each.name, each.kind.value, identity(each), _state(found.get(each.name))) for each in signers
        ),
        back=None,
    )


def _signer(row: SignerRow, otherwise: str) -> PaperSigner:
    state = "signed" if row.signed else f"not counted ({row.note})" if row.note else otherwise
    return PaperSigner(row.name, row.kind, row.identity, state)


def _state(checked: CheckedSignature | None) -> str:
    if checked is None:
        return "has not signed"
    return "signed" if checked.counts else f"not counted ({checked.outcome})"
