"""Drafting a roster from `canary.toml` and the public keys. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from canary.core.documents.roster import Roster, RosterSigner, check_roster, parse_roster
from canary.core.log.history import History, RejectedError
from canary.core.signed.vkey import VKey
from canary.errors import MalformedError, RefusedError
from canary.flows.issue.config import FILE, Config


def draft_roster(
    history: History, config: Config, keys: Mapping[str, RosterSigner], log: VKey, *, now: datetime
) -> Roster:
    """Returns the next roster as a text to sign.

    Args:
        history: the log so far.
        config: `canary.toml`.
        keys: the public key of each signer, by short name.
        log: the public log key.
        now: becomes `issued`, to the whole second.

    Raises:
        RefusedError: a key is missing, nothing changed, or the canary has ended.
        MalformedError: the roster cannot be: see the rule.
        RejectedError: the roster does not hold after what is published.
    """
    before = history.roster
    release = history.last_release
    if release is not None and release.final:
        raise RefusedError(f"release {release.number} was the last one of this canary; nothing can follow it")
    if before is not None and before.canary != config.canary.id:
        raise RefusedError(
            f"{FILE} names the canary {config.canary.id}, and its published name is {before.canary}",
            hint="A canary keeps its name for ever; a new name is a new canary, in a new workspace.",
        )
    last = history.last
    roster = Roster(
        canary=config.canary.id,
        entry=history.next_entry,
        previous=last.text_hash if last else None,
        number=before.number + 1 if before else 1,
        issued=now.replace(microsecond=0),
        organisation=config.canary.organisation,
        threshold=config.signers.threshold,
        signers=tuple(_key(name, keys) for name in config.signers.names),
        log=log,
        schedule=config.schedule.schedule(),
        anchor_age=config.anchors.roster_age(before.anchor_age if before else None),
        witnesses=before.witnesses if before else (),
        witness_quorum=before.witness_quorum if before else 0,
    )
    if not roster.signers:
        raise RefusedError(f"{FILE} names no signers", hint="List them under [signers], names = [...].")
    try:
        check_roster(roster)
        if parse_roster(roster.render()) != roster:
            raise MalformedError("it does not read as it was drafted")
    except MalformedError as error:
        raise error.within("the new roster") from error
    if before is not None and _same(before, roster):
        raise RefusedError(
            f"nothing is different from roster {before.number}", hint=f"Change {FILE} or the files in keys/ first."
        )
    try:
        history.check(roster)
    except RejectedError as error:
        raise RefusedError(f"this roster would not hold: {error.what}") from error
    return roster


def warnings(roster: Roster) -> list[str]:
    """Returns what a publisher should know about a roster before it is signed."""
    if roster.threshold < len(roster.signers):
        return []
    everyone = f"The threshold is {roster.threshold} of {len(roster.signers)}"
    return [f"{everyone}: one lost key, or one person who cannot sign, ends the canary."]


def _key(name: str, keys: Mapping[str, RosterSigner]) -> RosterSigner:
    signer = keys.get(name)
    if signer is None:
        raise RefusedError(
            f"there is no public key for {name} in keys/",
            hint=f"Run 'canary key new {name}' or 'canary key openpgp {name} FINGERPRINT' on {name}'s machine, and "
            "bring the file into keys/.",
        )
    return signer


def _same(before: Roster, after: Roster) -> bool:
    counted = replace(after, entry=before.entry, previous=before.previous, number=before.number, issued=before.issued)
    return counted == before
