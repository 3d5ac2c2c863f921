"""Affirmation: what has to be said yes to before a draft may be signed. Pure.

There is no yes to everything. A person answers statement by statement; a script names every statement with its
version and the hash of the very text, so that no fixed crontab line can sign the next one. What is not affirmed
is not named in any message, because messages end up in logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from canary.core.documents.release import Release
from canary.core.judging.changes import changes_from_pin, changes_since
from canary.core.judging.findings import Finding
from canary.core.log.history import History
from canary.core.signed.entry import Text, parse_entry
from canary.core.signed.note import Note, SignatureLine
from canary.core.signed.tally import Tally
from canary.core.text.strict import hash_field, parse_hash
from canary.errors import MalformedError, RefusedError
from canary.flows.issue.quorum import Board

NOT_AFFIRMED = "nothing was signed, and nothing was written down"
_WITHOUT = "A new draft without a statement can be made with 'canary draft --replace'."
_OTHER_ROSTER = (
    "To change this roster, edit canary.toml and run 'canary roster --replace'; to sign it as it is, run 'canary sign' "
    "again."
)


def check_affirmed(board: Board, affirmed: Sequence[str], text_hash: str | None) -> None:
    """Checks that a script affirmed exactly what the draft says.

    Args:
        board: the open draft.
        affirmed: `ID@vN` for each statement.
        text_hash: `sha256:…` of the draft, as the script has it.

    Raises:
        RefusedError: the hash is another draft's, or not everything is affirmed.
    """
    if text_hash is None:
        raise RefusedError(
            "a script that signs names the exact text it signs", hint="Add --text sha256:… of this draft."
        )
    try:
        given = parse_hash(text_hash)
    except MalformedError as error:
        raise error.within("--text") from error
    if given != board.text_hash:
        raise RefusedError(
            f"the open draft is {hash_field(board.text_hash)}, not the text that --text names",
            hint="Read the draft that is open now before you affirm it.",
        )
    labels = statement_labels(board)
    unknown = [label for label in affirmed if label not in labels]
    if unknown:
        raise RefusedError(f"--affirm {unknown[0]}: the draft has no such statement in that version")
    if set(affirmed) != set(labels):
        raise RefusedError(
            f"not every statement of the draft is affirmed; {NOT_AFFIRMED}",
            hint=f"Give --affirm ID@vN for each of its {len(labels)} statements. {what_then(board)}",
        )


def what_then(board: Board) -> str:
    """Returns what whoever does not sign the draft can do instead."""
    return _WITHOUT if isinstance(board.content, Release) else _OTHER_ROSTER


def foreseen(history: History, text: bytes) -> list[Finding]:
    """Returns what watchers will be told has changed once a release is published, by their own rules.

    A watcher who has a pin compares with the last release of an earlier period; one who has looked before compares
    with what they have seen. Whatever either of them is told is here; remarks, which weigh nothing, are not.

    Args:
        history: the log so far.
        text: the release's text, which holds after it.

    Raises:
        RejectedError: it does not hold.
    """
    ahead = history.copy()
    # Signatures are not what this is about, and an entry has at least one line.
    unsigned = SignatureLine("nobody", bytes(4), bytes(1))
    ahead.append_verified(parse_entry(Note(text, (unsigned,)).render()), Tally(0, (), ()))
    found = [*changes_from_pin(ahead), *(changes_since(ahead, len(history.admitted)) if history.releases() else [])]
    return list(dict.fromkeys(each for each in found if not each.remark))


def outdated(history: History, content: Text, now: datetime) -> str:
    """Returns that a draft is for a window that is over, as a sentence without a full stop; empty where it is not."""
    roster = history.roster
    opened = roster.schedule.newest_opened(now.date()) if roster else None
    if not isinstance(content, Release) or opened is None or opened <= content.period:
        return ""
    return (
        f"This draft is of {content.issued:%Y-%m-%d}, for a window that is over: it opened on {content.period}, and "
        f"since then another has opened, on {opened}"
    )


def statement_labels(board: Board) -> tuple[str, ...]:
    """Returns `ID@vN` of each statement of the draft; none for a roster."""
    content = board.content
    return tuple(each.label for each in content.statements) if isinstance(content, Release) else ()
