"""A signed text as it goes on paper, or one that is still to be signed: what a lawyer files. Pure.

The exact text, its SHA-256, whose signatures there are and by which keys, and lines to sign on by hand. The sheet is
the same for a release's page on the site and for `canary print`; nothing in it follows from later entries of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from canary.core.documents.layout import release_folder
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster, RosterSigner
from canary.core.log.admitted import Admitted
from canary.core.log.history import History
from canary.core.signed.entry import Text, who_may_sign
from canary.core.signed.tally import CheckedSignature
from canary.core.text.days import day_in_words, days_in_words, moment_in_words
from canary.core.text.strict import hash_field
from canary.flows.site.paths import TEXT, roster_folder
from canary.flows.site.signers import identity, note


class PaperSigner(msgspec.Struct, frozen=True):
    """One who may sign the text.

    Attributes:
        name: the short name.
        kind: the kind of the key, in words.
        identity: the fingerprint of an OpenPGP key, in groups of four as gpg prints it, or the whole vkey.
        state: what came of the signature, in words.
    """

    name: str
    kind: str
    identity: str
    state: str


class Paper(msgspec.Struct, frozen=True):
    """A text with what stands around it on paper.

    Attributes:
        title: what it is, in words.
        draft: whether it is not published.
        organisation: who speaks.
        facts: what is known of it, each with a label.
        text: the exact text.
        text_sha256: its SHA-256, 64 hexadecimal digits.
        file: what the text's file is called, for checking it.
        signers: who may sign it.
        signed: who has, and how many must, in words.
    """

    title: str
    draft: bool
    organisation: str
    facts: tuple[tuple[str, str], ...]
    text: str
    text_sha256: str
    file: str
    signers: tuple[PaperSigner, ...]
    signed: str


def paper_of_entry(history: History, admitted: Admitted) -> Paper:
    """Returns the paper of an entry of the log.

    Args:
        history: the log.
        admitted: the entry.
    """
    entry = admitted.entry
    content = entry.content
    before = history.admitted[content.entry - 2].roster if content.entry > 1 else None
    folder = release_folder(content.number) if isinstance(content, Release) else roster_folder(content.number)
    return Paper(
        title=kind_and_number(content),
        draft=False,
        organisation=admitted.roster.organisation,
        facts=facts(history, content),
        text=entry.text.decode(),
        text_sha256=entry.text_hash,
        file=f"{folder}/{TEXT}",
        signers=paper_signers(who_may_sign(before, content), admitted.tally.checked, otherwise="did not sign"),
        signed=admitted.tally.describe(),
    )


def kind_and_number(content: Text) -> str:
    """Returns `Release 4`, or `Roster 2`."""
    return f"{'Release' if isinstance(content, Release) else 'Roster'} {content.number}"


def organisation(roster: Roster | None, content: Text) -> str:
    """Returns who speaks in a text: by the text itself where it is a roster, otherwise by the roster before it."""
    if isinstance(content, Roster):
        return content.organisation
    return roster.organisation if roster else ""


def facts(history: History, content: Text) -> tuple[tuple[str, str], ...]:
    """Returns what is known of a text, each with a label; the pin is not known yet while roster 1 is a draft."""
    found = [("Canary", content.canary), ("Place in the log", f"entry {content.entry}")]
    if history.admitted:
        found.append(("Pin (SHA-256 of roster 1)", hash_field(history.admitted[0].entry.text_hash)))
    found.append(("Dated", moment_in_words(content.issued)))
    if isinstance(content, Release):
        found.append(("For the window that opened on", day_in_words(content.period)))
        if content.next is not None and content.expires is not None:
            found.append(("The next one is due", days_in_words(content.next.opens, content.next.last)))
            found.append(("Without one it is stale from", moment_in_words(content.expires)))
        else:
            found.append(("The next one is due", "never: this is the last release"))
    return tuple(found)


def paper_signers(
    signers: Sequence[RosterSigner], checked: Iterable[CheckedSignature], *, otherwise: str
) -> tuple[PaperSigner, ...]:
    """Returns a row for each signer, in their order.

    Args:
        signers: who may sign.
        checked: what each signature that is there came to.
        otherwise: what is said of a signer of whom none is there.
    """
    found = {each.name: each for each in checked}
    return tuple(
        PaperSigner(each.name, each.kind.value, identity(each), _state(found.get(each.name), otherwise))
        for each in signers
    )


def _state(checked: CheckedSignature | None, otherwise: str) -> str:
    if checked is None:
        return otherwise
    return "signed" if checked.counts else f"not counted: {note(checked)}"
