"""How a publisher stands: what is due, the open draft, and whether the site shows the whole log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from canary.cli.session import Fault, Session
from canary.core.log.history import History, replay
from canary.flows.issue.due import Due, interrupted, what_is_due, with_broken_draft
from canary.flows.issue.publishing import check_published_prefix
from canary.flows.issue.quorum import Board

AHEAD_DAYS = 7
"""How long before a window opens it counts as due, unless somebody says otherwise."""

CRITICAL_DAYS = 3
"""With how few days left a window counts as pressing, unless somebody says otherwise."""


class Outlook(NamedTuple):
    """How a publisher stands.

    Attributes:
        due: what is due.
        published: the log as far as the site shows it: what watchers can know of.
        board: the open draft with its signatures; None where there is none, or where it is broken.
        fault: what is wrong with the open draft; None where nothing is.
        behind: whether the site does not show what is in the log.
    """

    due: Due
    published: History
    board: Board | None
    fault: Fault | None
    behind: bool


def look_ahead(session: Session, *, now: datetime, ahead: int = AHEAD_DAYS, critical: int = CRITICAL_DAYS) -> Outlook:
    """Returns how the publisher stands.

    Args:
        session: the workspace.
        now: the publisher's clock.
        ahead: how many days before a window opens it counts as due.
        critical: with fewer days left than this a window counts as pressing.

    Raises:
        CanaryError: the log is broken, or is not what was published.
    """
    shown = check_published_prefix(session.workspace, session.history)
    published = _published(session, shown)
    due = what_is_due(published, now=now, ahead=timedelta(days=ahead), critical=timedelta(days=critical))
    fault = session.draft_fault()
    board = None if fault else session.board()
    behind = _behind(session, fault, shown)
    if behind:
        due = interrupted(due)
    if fault:
        due = with_broken_draft(due, fault.why)
    return Outlook(due, published, board, fault, behind)


def _published(session: Session, shown: int | None) -> History:
    """Returns what watchers can know of: an entry that is in the log and not on the site settles no window."""
    if shown is None or shown == len(session.history.admitted):
        return session.history
    return replay(session.workspace.log()[:shown], session.verifier)


def _behind(session: Session, fault: Fault | None, shown: int | None) -> bool:
    """Tells whether the site does not show what is in the log; a clone in which none was ever made owes none."""
    text = None if fault else session.workspace.draft()
    if text is not None and session.already_in_log(text):
        return True
    return session.workspace.has_site() and (shown or 0) < len(session.history.admitted)
