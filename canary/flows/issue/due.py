"""When the publisher has to do something. Pure. The levels are the exit codes of `canary status`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import IntEnum

import msgspec
from msgspec.structs import replace

from canary.core.documents.schedule import Schedule, Window
from canary.core.log.history import History
from canary.core.text.times import midnight
from canary.flows.issue.config import FILE


class Level(IntEnum):
    """How pressing it is; also the exit code."""

    NOTHING_TO_DO = 0
    DUE = 1
    PRESSING = 2
    CANNOT_TELL = 3


class Due(msgspec.Struct, frozen=True):
    """What is due next.

    Attributes:
        level: how pressing it is.
        window: the next window that nothing is published for; None where there is none.
        deadline: when the canary goes stale without a release.
        message: one sentence for people.
    """

    level: Level
    window: Window | None
    deadline: datetime | None
    message: str


def what_is_due(history: History, *, now: datetime, ahead: timedelta, critical: timedelta) -> Due:
    """Returns what is due at `now`.

    Args:
        history: the log.
        now: the publisher's clock.
        ahead: how long before a window opens it counts as due.
        critical: how long before its end a window counts as pressing, even one that is not open yet.
    """
    roster, release = history.roster, history.last_release
    if roster is None:
        return Due(Level.CANNOT_TELL, None, None, "no roster is published yet, so nothing has a date")
    if release is not None and (release.next is None or release.expires is None):
        return Due(Level.NOTHING_TO_DO, None, None, f"release {release.number} was the last one; nothing is due")
    if release is not None and release.next is not None and release.expires is not None:
        window, deadline = release.next, release.expires
    else:
        # A roster without a release counts as window 0.
        window = roster.schedule.window_at(roster.schedule.start)
        deadline = roster.schedule.expiry(window)
    return Due(*_judge(window, deadline, now=now, ahead=ahead, critical=critical))


def first_window_remark(schedule: Schedule, today: date) -> str:
    """Returns what it means that the first window of a new canary has opened already; empty where it has not.

    Args:
        schedule: the grid of windows.
        today: the day, UTC.
    """
    first, opened = schedule.window_at(schedule.start), schedule.newest_opened(today)
    if opened is None:
        return ""
    if today <= first.last:
        told = f"The first window is open already, until {first.last}: the first release is due by then."
    else:
        told = (
            f"Warning: the first window, {first.opens} to {first.last}, is over already, so the first release is "
            f"overdue from the beginning. One that is made today would be for the window that opened on {opened}, and "
            f"the next one due from {schedule.following(opened).opens}."
        )
    return f"{told} To begin with a window that is still to come, change start in {FILE} before roster 1 is signed."


def interrupted(due: Due) -> Due:
    """Returns what is due where entries are in the log and the site in `public` does not show them all."""
    told = "publishing was interrupted, and the site is not that of the log: run canary publish"
    return replace(due, level=max(due.level, Level.DUE), message=f"{told}; {due.message}")


def with_broken_draft(due: Due, why: str) -> Due:
    """Returns what is due where the open draft can be neither signed nor published."""
    return replace(due, level=max(due.level, Level.DUE), message=f"{due.message}; the open draft is broken: {why}")


def _judge(
    window: Window, deadline: datetime, *, now: datetime, ahead: timedelta, critical: timedelta
) -> tuple[Level, Window, datetime, str]:
    days = f"{window.opens} to {window.last}"
    if now >= deadline:
        return Level.PRESSING, window, deadline, f"the canary is stale: nothing came for the window of {days}"
    if now >= window.over:
        left = in_days(deadline - now)
        return Level.PRESSING, window, deadline, f"the window of {days} is over; {left} until the canary is stale"
    opens = midnight(window.opens)
    level = Level.DUE if opens - now <= ahead else Level.NOTHING_TO_DO
    if window.over - now < critical:
        level = Level.PRESSING
    if now >= opens:
        left = in_days(window.over - now)
        return max(level, Level.DUE), window, deadline, f"the window of {days} is open; {left} until it is over"
    if level is Level.NOTHING_TO_DO:
        return level, window, deadline, f"the next window, {days}, opens in {in_days(opens - now)}"
    return level, window, deadline, f"the window of {days} opens in {in_days(opens - now)}"


def in_days(length: timedelta) -> str:
    """Returns a length of time as whole days, in words."""
    if length < timedelta(days=1):
        return "less than a day"
    return "1 day" if length.days == 1 else f"{length.days} days"
