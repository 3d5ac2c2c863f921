"""The open draft and its signatures: who has signed, who is missing, and the entry they make. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from canary.core.documents.roster import RosterSigner
from canary.core.log.history import History, RejectedError
from canary.core.signed.entry import Entry, Text, parse_text, who_may_sign
from canary.core.signed.note import Note, SignatureLine
from canary.core.signed.outcome import OpenPGPVerifier, Outcome
from canary.core.signed.tally import CheckedSignature, Tally
from canary.core.text.strict import digest
from canary.errors import MalformedError, RefusedError

DRAFT = "draft/text.txt"
_NOT_BY_HAND = "Drafts are not edited by hand; make a new one with --replace."


class DraftRejectedError(RejectedError):
    """A draft that does not hold after what is published."""

    def __init__(self, error: RejectedError, hint: str) -> None:
        super().__init__(error.code, "", entry=error.entry)
        self.what = f"{DRAFT}: {error.what}"
        self.hint = hint
        self.args = (self.what,)


class Board(msgspec.Struct, frozen=True):
    """The quorum board of one draft.

    Attributes:
        text: the draft's bytes.
        content: the same, parsed.
        text_hash: SHA-256 of `text`, 64 hexadecimal digits.
        signers: who may sign it, in the order of the entry's signature lines.
        tallies: what has to be met, each with the words that say whose signatures it counts.
    """

    text: bytes
    content: Text
    text_hash: str
    signers: tuple[RosterSigner, ...]
    lines: Mapping[str, SignatureLine]
    tallies: tuple[tuple[str, Tally], ...]

    @property
    def checked(self) -> dict[str, CheckedSignature]:
        """What each signature that is there came to, by signer; the worst where two certificates differ."""
        found: dict[str, CheckedSignature] = {}
        for _, tally in self.tallies:
            for each in tally.checked:
                if each.name not in found or each.outcome is not Outcome.GOOD:
                    found[each.name] = each
        return found

    @property
    def signed(self) -> tuple[str, ...]:
        """The signers whose signature counts."""
        good = {name for _, tally in self.tallies for name in tally.signed}
        return tuple(signer.name for signer in self.signers if signer.name in good)

    @property
    def missing(self) -> tuple[str, ...]:
        """The signers of whom no signature is there."""
        return tuple(signer.name for signer in self.signers if signer.name not in self.lines)

    @property
    def bad(self) -> tuple[str, ...]:
        """The signers whose signature is not over this text."""
        return tuple(name for name, each in self.checked.items() if each.outcome is Outcome.BAD)

    @property
    def uncounted(self) -> tuple[str, ...]:
        """The signers whose signature is over this text and does not count: by an expired key, say."""
        apart = (Outcome.GOOD, Outcome.BAD, Outcome.UNCHECKED)
        return tuple(name for name, each in self.checked.items() if each.outcome not in apart)

    @property
    def met(self) -> bool:
        """Whether enough have signed to publish."""
        return not self.bad and all(tally.met for _, tally in self.tallies)

    @property
    def lacking(self) -> int:
        """How many signatures are lacking at least."""
        return max((tally.threshold - len(tally.signed) for _, tally in self.tallies), default=0)

    def describe(self) -> str:
        """Returns who signed and who is missing, for people."""
        return "; ".join(f"{whose}{tally.describe()}" for whose, tally in self.tallies)

    def signer(self, name: str) -> RosterSigner:
        """Returns the signer of that name.

        Raises:
            RefusedError: nobody of that name may sign this draft.
        """
        for signer in self.signers:
            if signer.name == name:
                return signer
        names = ", ".join(signer.name for signer in self.signers)
        raise RefusedError(f"{name} is no signer of this draft", hint=f"Its signers are: {names}.")

    def entry(self) -> bytes:
        """Returns the entry: the text with the signature lines that count, in the signers' order."""
        lines = tuple(self.lines[name] for name in self.signed)
        return Note(self.text, lines).render()


def parse_draft(text: bytes) -> Text:
    """Reads a draft.

    Raises:
        MalformedError: it breaks a rule; the error names the file and the line.
        NewerFormatError: it is of a later format.
    """
    try:
        return parse_text(text)
    except MalformedError as error:
        raise MalformedError(
            error.rule,
            line=error.line,
            what=DRAFT,
            hint=_NOT_BY_HAND,
        ) from error


def open_board(history: History, text: bytes, lines: Mapping[str, SignatureLine], verifier: OpenPGPVerifier) -> Board:
    """Returns the quorum board of a draft.

    Args:
        history: the log so far.
        text: the draft's bytes.
        lines: the signature line of each signer who has signed, by short name.
        verifier: the port to OpenPGP.

    Raises:
        MalformedError: the draft breaks a rule of its grammar, or a signature lies in the file of another signer.
        DraftRejectedError: the draft does not hold after what is published.
    """
    content = parse_draft(text)
    try:
        history.check(content)
    except RejectedError as error:
        raise DraftRejectedError(error, _what_then(history, content)) from error
    signers = who_may_sign(history.roster, content)
    _check_owners(signers, lines)
    in_order = tuple(lines[signer.name] for signer in signers if signer.name in lines)
    entry = Entry(b"", text, content, in_order, digest(text))
    return Board(
        text=text,
        content=content,
        text_hash=entry.text_hash,
        signers=signers,
        lines=lines,
        tallies=tuple(history.requirements(entry, verifier)),
    )


def _what_then(history: History, content: Text) -> str:
    """Returns what to do about a draft that does not hold."""
    if content.entry > history.next_entry:
        return "The draft follows entries that are not in log/: bring log/ up to date from version control."
    if content.entry < history.next_entry or content.previous != (history.last.text_hash if history.last else None):
        return (
            "The log has moved on since this draft was made: make a new one with canary draft --replace (or canary "
            "roster --replace)."
        )
    return _NOT_BY_HAND


def _check_owners(signers: Sequence[RosterSigner], lines: Mapping[str, SignatureLine]) -> None:
    """Checks that each file holds the signature of the signer it is named after."""
    owners = {signer.name: (signer.key.name, signer.key.key_id) for signer in signers}
    for name, line in lines.items():
        if owners.get(name) != (line.name, line.key_id):
            raise MalformedError(
                f"it holds a line of the key {line.name}" if name in owners else f"{name} is no signer of this draft",
                what=f"draft/{name}.sig",
                hint="Move the file away; 'canary merge FILE' takes a signature in under its own name.",
            )
