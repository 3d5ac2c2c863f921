"""Who signed an entry and who did not, as the pages show it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from canary.core.documents.roster import Roster, RosterSigner
from canary.core.signed.kinds import Kind, fingerprint_of
from canary.core.signed.outcome import Outcome
from canary.core.signed.tally import CheckedSignature
from canary.flows.site.paths import File, armored_name, in_folder, keys_folder, vkey_name

_GROUP = 4


class SignerRow(msgspec.Struct, frozen=True):
    """One signer, and what they did about an entry.

    Attributes:
        name: the short name.
        kind: the kind of the key, in words.
        identity: what to compare the key by: the fingerprint of an OpenPGP certificate, in groups of four as gpg prints
            it; of other kinds the whole vkey.
        keys: the files of the key.
        signed: whether the signature counts.
        note: why a signature that is there does not count; empty otherwise.
        signature: the detached OpenPGP signature, if there is one.
    """

    name: str
    kind: str
    identity: str
    keys: tuple[File, ...]
    signed: bool
    note: str
    signature: File | None


def signer_rows(
    signers: Sequence[tuple[RosterSigner, Roster]],
    checked: Sequence[CheckedSignature],
    detached: frozenset[str],
    folder: str,
) -> tuple[SignerRow, ...]:
    """Returns a row for each signer, in their order.

    Args:
        signers: who may sign, each with the roster whose files hold the key.
        checked: what each signature that is there came to.
        detached: the signers whose OpenPGP signature is published beside the entry.
        folder: where it lies.
    """
    found = {each.name: each for each in checked}
    return tuple(
        SignerRow(
            name=signer.name,
            kind=signer.kind.value,
            identity=identity(signer),
            keys=key_names(roster, signer),
            signed=signer.name in found and found[signer.name].counts,
            note=note(found.get(signer.name)),
            signature=in_folder(folder, armored_name(signer.name)) if signer.name in detached else None,
        )
        for signer, roster in signers
    )


def identity(signer: RosterSigner) -> str:
    """Returns what people compare a key by: the fingerprint as gpg prints it, or the whole vkey."""
    if signer.kind is not Kind.OPENPGP:
        return signer.key.render()
    digits = fingerprint_of(signer.key).hex().upper()
    return " ".join(digits[i : i + _GROUP] for i in range(0, len(digits), _GROUP))


def key_names(roster: Roster, signer: RosterSigner) -> tuple[File, ...]:
    """Returns the files of a signer's key."""
    names = [vkey_name(signer.name)]
    if signer.kind is Kind.OPENPGP:
        names.append(armored_name(signer.name))
    return tuple(in_folder(keys_folder(roster.number), name) for name in names)


def note(checked: CheckedSignature | None) -> str:
    """Returns why a signature that is there does not count; empty otherwise."""
    if checked is None or checked.outcome is Outcome.GOOD:
        return ""
    return f"{checked.outcome}: {checked.detail}" if checked.detail else str(checked.outcome)
