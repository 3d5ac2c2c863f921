"""What the front page shows beside the newest release: what changed, what was withdrawn, and what came before.

The newest release is compared with the last one of an earlier period, like a watcher's first look compares it
(`canary.core.judging.changes`), so that a quick correction hides nothing. In the first period there is none, and it is
the release before.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.documents.schedule import Window
from canary.core.judging.changes import changes_of_newest, compared_with, describe_schedule
from canary.core.log.history import History
from canary.core.text.strict import hash_field
from canary.flows.site.changes import ChangeRow, change_rows
from canary.flows.site.stories import Story
from canary.flows.site.views import Edition, sentences
from canary.flows.site.window import SigningWindow

_SHOWN = 8
"""Releases on the front page; the others stand on a page of their own, so the front page does not grow with the log."""


class Overview(msgspec.Struct, frozen=True):
    """The front page.

    Attributes:
        roster: the newest roster.
        schedule: its schedule, in words.
        pin: what a watcher pins, `sha256:…`.
        newest: the newest release; None where there is none.
        compared: the release that it is compared with; None where it is the first one.
        changes: what became of the statements since that one.
        roster_changes: what became different of who signs and when, in sentences.
        releases: the newest releases, newest first.
        count: how many releases there are.
        withdrawn: the statements that were made once and are not made now.
        first_window: the window of the first release.
        window: when the newest release was signed; None where there is none.
    """

    roster: Roster
    schedule: str
    pin: str
    newest: Edition | None
    compared: Release | None
    changes: tuple[ChangeRow, ...]
    roster_changes: tuple[str, ...]
    releases: tuple[Edition, ...]
    count: int
    withdrawn: tuple[Story, ...]
    first_window: Window
    window: SigningWindow | None

    @property
    def gone(self) -> list[ChangeRow]:
        """What was withdrawn since the release that it is compared with."""
        return [change for change in self.changes if change.kind == "withdrawn"]


def overview(
    history: History,
    roster: Roster,
    releases: Sequence[Edition],
    told: Sequence[Story],
    window: SigningWindow | None,
) -> Overview:
    """Returns the front page of a log.

    Args:
        history: the log, with at least roster 1.
        roster: the newest roster.
        releases: every release, oldest first.
        told: the story of every statement.
        window: when the newest release was signed; None where there is none.
    """
    newest = releases[-1] if releases else None
    compared, changes, told_of_roster = _compared(history, releases)
    return Overview(
        roster=roster,
        schedule=describe_schedule(roster),
        pin=hash_field(history.admitted[0].entry.text_hash),
        newest=newest,
        compared=compared,
        changes=changes,
        roster_changes=told_of_roster,
        releases=tuple(releases[-_SHOWN:][::-1]),
        count=len(releases),
        withdrawn=tuple(story for story in told if not story.stands),
        first_window=roster.schedule.window_at(roster.schedule.start),
        window=window,
    )


def _compared(
    history: History, releases: Sequence[Edition]
) -> tuple[Release | None, tuple[ChangeRow, ...], tuple[str, ...]]:
    if not releases:
        return None, (), ()
    newest, base = releases[-1], compared_with(history)
    if base is None:
        return newest.before, newest.changes if newest.before else (), newest.roster_changes
    before = releases[base.number - 1]
    return base, change_rows(changes_of_newest(history)), sentences(before.roster, newest.roster)
