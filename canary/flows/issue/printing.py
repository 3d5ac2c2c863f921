"""The open draft as it goes on paper: what the signers look at together, and may sign by hand. Pure."""

from __future__ import annotations

from canary.core.log.history import History
from canary.flows.issue.quorum import DRAFT, Board
from canary.flows.site.paper import Paper, facts, kind_and_number, organisation, paper_signers


def paper_of_draft(history: History, board: Board) -> Paper:
    """Returns the paper of the open draft.

    Args:
        history: the log.
        board: the draft with its signatures.
    """
    return Paper(
        title=f"{kind_and_number(board.content)}, a draft",
        draft=True,
        organisation=organisation(history.roster, board.content),
        facts=facts(history, board.content),
        text=board.text.decode(),
        text_sha256=board.text_hash,
        file=DRAFT,
        signers=paper_signers(board.signers, board.checked.values(), otherwise="has not signed"),
        signed=board.describe(),
    )
