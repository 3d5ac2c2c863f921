"""Affirmation: what has to be said yes to before a draft may be signed. Pure.

There is no yes to everything. A person answers statement by statement; a script names every statement with its
version and the hash of the very text, so that no fixed crontab line can sign the next one. What is not affirmed
is not named in any message, because messages end up in logs.
"""

from __future__ import annotations

from collections.abc import Sequence

from canary.core.release import Release
from canary.core.strict import hash_field, parse_hash
from canary.errors import MalformedError, RefusedError
from canary.flows.issue.quorum import Board

NOT_AFFIRMED = "nothing was signed, and nothing was written down"
WHAT_THEN = "A new draft without a statement can be made with 'canary draft --replace'."


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
            hint=f"Give --affirm ID@vN for each of its {len(labels)} statements. {WHAT_THEN}",
        )


def statement_labels(board: Board) -> tuple[str, ...]:
    """Returns `ID@vN` of each statement of the draft; none for a roster."""
    content = board.content
    return tuple(each.label for each in content.statements) if isinstance(content, Release) else ()
