"""What a person's answer does to alerts that were decided before it and are still on their way.

An alert waits where its channel has quiet hours or failed. Meanwhile a person may **acknowledge** what stands, or
**mute** the canary:

- A **reminder** is for somebody who has not answered. Both take every one that waits back.
- An **acknowledgement** takes back too what tells of the very occurrence that was read (its status, and since when it
  stands): a change, and a warning ahead of an expiry. Not a recovery, and nothing about another occurrence.
- A **mute** takes nothing else back: it holds what waits until its end, as quiet hours do, and then that is sent,
  however late. So nothing that was decided is lost by it.
- **INVALID and WITHDRAWN** are told to everybody whom they concern, whatever one person has read or does not want to
  hear: the change is neither taken back nor held. They never wait for quiet hours, so where one waits its channel has
  failed, and whoever reads that one knows nothing of it yet.

What a run has begun to send is sent.
"""

from __future__ import annotations

from canary.core.judging.findings import Status
from canary.core.watching.alerts import Alert, AlertKind
from canary.core.watching.watched import Watched

NEVER_WAITS = frozenset({Status.INVALID, Status.WITHDRAWN})
"""What is told whatever the hour, and whoever has read it."""

_OF_AN_OCCURRENCE = {AlertKind.CHANGE, AlertKind.AHEAD}


def is_taken_back(alert: Alert, watched: Watched) -> bool:
    """Tells whether an alert that waits is not sent any more.

    Args:
        alert: the alert.
        watched: its canary, which a person has just acknowledged or muted.
    """
    if alert.kind is AlertKind.REMINDER:
        return True
    if watched.acknowledged is None or alert.kind not in _OF_AN_OCCURRENCE or alert.after in NEVER_WAITS:
        return False
    return (alert.after, alert.since) == (watched.status, watched.status_since)
