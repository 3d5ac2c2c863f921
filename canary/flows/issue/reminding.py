"""When signers are reminded of a release that is due, whom, and in which words. Pure.

The occasions of one window, all of them midnights in UTC, with T the window's last day:

| occasion | begins with |
| --- | --- |
| `14 days`, `7 days`, `3 days`, `1 day` | the day that lies so many days before T |
| `open` | the window's first day |
| `overdue` | the day after T |

A signer is told of the newest occasion that has come, unless they were told of it, or of a later one, before. So a
run that comes late tells once, of what holds then, and repeats nothing that was missed. Occasions that had come already
when the newest release (or, before the first one, the roster) was issued are nobody's; but `overdue` always counts.

Told are the signers of the newest roster whose signature on the open draft does not count yet. All of them are where no
release is drafted for this window, or the draft is broken; and where enough have signed and nobody has published it.

A reminder names the canary, the window, the days and what to type. It says nothing of any statement, nor of who has
signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from canary.core.documents.release import Release
from canary.core.documents.schedule import Window
from canary.core.log.history import History
from canary.core.text.days import day_in_words, days_in_words
from canary.core.text.strict import digest
from canary.core.text.times import format_date_range, format_time, midnight
from canary.core.watching.message import Message
from canary.flows.issue.due import Due, in_days
from canary.flows.issue.quorum import Board

DAYS_BEFORE = (14, 7, 3, 1)
"""Days before the window's last day on which signers are reminded."""

OPEN = "open"
OVERDUE = "overdue"
TRIAL = "test"
EVENT_FORMAT = "canary-reminder/v1"
_ID_CHARACTERS = 32


class Occasion(msgspec.Struct, frozen=True):
    """A reason to remind.

    Attributes:
        name: what it is called, within its window.
        begins: the moment from which on it is there (UTC).
    """

    name: str
    begins: datetime


class Awaited(msgspec.Struct, frozen=True):
    """Whose move it is.

    Attributes:
        signers: who is reminded, by short name, in the roster's order.
        publishing: whether enough have signed, so that what is lacking is `canary publish`.
    """

    signers: tuple[str, ...]
    publishing: bool


class Reminder(msgspec.Struct, frozen=True):
    """One signer is to be reminded.

    Attributes:
        signer: the short name.
        occasion: the occasion, by its name; the newest that has come.
    """

    signer: str
    occasion: str


def occasions(window: Window) -> tuple[Occasion, ...]:
    """Returns the occasions of a window, the earliest first; of two at once the later one stands for both."""
    last = midnight(window.last)
    found = [Occasion("1 day" if days == 1 else f"{days} days", last - timedelta(days=days)) for days in DAYS_BEFORE]
    found += [Occasion(OPEN, midnight(window.opens)), Occasion(OVERDUE, window.over)]
    return tuple(sorted(found, key=lambda each: each.begins))


def awaited(history: History, board: Board | None, window: Window, *, in_log: bool) -> Awaited:
    """Returns whose move it is.

    Args:
        history: the log, with a roster.
        board: the open draft with its signatures; None where there is none, or where it is broken.
        window: the window that is waited for.
        in_log: whether the log holds a release for it that the site does not show yet.
    """
    everybody = tuple(signer.name for signer in history.roster.signers) if history.roster else ()
    if in_log:
        return Awaited(everybody, publishing=True)
    if board is None or not isinstance(board.content, Release) or board.content.period < window.opens:
        return Awaited(everybody, publishing=False)
    if board.met:
        return Awaited(everybody, publishing=True)
    return Awaited(tuple(name for name in everybody if name not in board.signed), publishing=False)


def reminders(
    history: History, window: Window, signers: tuple[str, ...], told: Mapping[str, str], *, now: datetime
) -> tuple[Reminder, ...]:
    """Returns who is to be reminded now.

    Args:
        history: what watchers can know of, with a roster.
        window: the window that is waited for.
        signers: whose move it is.
        told: the newest occasion of this window that each signer was told of, by its name.
        now: the publisher's clock.
    """
    newest = history.last_release or history.roster
    since = newest.issued if newest else now
    every = occasions(window)
    places = {each.name: place for place, each in enumerate(every)}
    come = [each for each in every if each.begins <= now and (each.begins > since or each.name == OVERDUE)]
    if not come:
        return ()
    occasion = come[-1].name
    return tuple(Reminder(name, occasion) for name in signers if places.get(told.get(name, ""), -1) < places[occasion])


def reminder_message(canary: str, due: Due, reminder: Reminder, *, publishing: bool, now: datetime) -> Message:
    """Returns what a signer is sent.

    Args:
        canary: the canary's id.
        due: what is due, with its window and its deadline.
        reminder: to whom, and on which occasion.
        publishing: whether what is lacking is `canary publish`.
        now: the publisher's clock.

    Raises:
        ValueError: nothing is due.
    """
    if due.window is None or due.deadline is None:
        raise ValueError("nothing is due")
    window = due.window
    days = days_in_words(window.opens, window.last)
    state = "overdue" if now >= window.over else "due"
    subject = f"{canary}: the release for the window of {days} is {state}"
    text = "\n".join(
        (
            f"The release for the window of {days} is {state}.",
            _where_it_stands(window, due.deadline, now),
            "",
            f"  canary  {canary}",
            f"  signer  {reminder.signer}",
            "",
            *_what_to_do(reminder.signer, publishing=publishing),
            "",
            "The days are counted in UTC. A program sent this: no answer to it is read.",
            "",
        )
    )
    return _message(
        canary,
        reminder,
        window=window,
        deadline=due.deadline,
        publishing=publishing,
        words=(subject, text),
        at=now,
        exit_code=int(due.level),
    )


def trial_message(canary: str, signer: str, *, now: datetime) -> Message:
    """Returns what a signer is sent as a test."""
    subject = f"{canary}: a test of the reminders"
    text = "\n".join(
        (
            "Somebody tests whether reminders reach you. Nothing is due, and nothing is to be done.",
            "",
            f"  canary  {canary}",
            f"  signer  {signer}",
            "",
        )
    )
    return _message(canary, Reminder(signer, TRIAL), words=(subject, text), at=now)


def _message(
    canary: str,
    reminder: Reminder,
    *,
    words: tuple[str, str],
    at: datetime,
    window: Window | None = None,
    deadline: datetime | None = None,
    publishing: bool = False,
    exit_code: int = 0,
) -> Message:
    subject, text = words
    # Of a window the same when the same reminder comes again; of a test another every time.
    about = format_date_range((window.opens, window.last)) if window else at.isoformat()
    found = digest(f"{canary}\n{about}\n{reminder.occasion}\n{reminder.signer}".encode())[:_ID_CHARACTERS]
    event = {
        "format": EVENT_FORMAT,
        "id": found,
        "at": format_time(at),
        "canary": canary,
        "signer": reminder.signer,
        "occasion": reminder.occasion,
        "window": {"opens": window.opens.isoformat(), "last": window.last.isoformat()} if window else None,
        "deadline": format_time(deadline) if deadline else None,
        "publishing": publishing,
        "subject": subject,
        "text": text,
    }
    return Message(found, at, subject, text, html="", event=msgspec.json.encode(event), exit_code=exit_code)


def _where_it_stands(window: Window, deadline: datetime, now: datetime) -> str:
    if now >= deadline:
        return f"Nothing came until {format_time(deadline)}, and the canary is stale: watchers are alarmed."
    if now >= window.over:
        return (
            f"The window is over. From {format_time(deadline)} on, the canary is stale; {in_days(deadline - now)} left."
        )
    ends = f"it is over at the end of {day_in_words(window.last)}; {in_days(window.over - now)} left"
    opens = midnight(window.opens)
    if now < opens:
        return f"The window opens on {day_in_words(window.opens)}, and {ends}."
    return f"The window is open, and {ends}."


def _what_to_do(signer: str, *, publishing: bool) -> tuple[str, ...]:
    if publishing:
        return (
            "Enough have signed, and it is not published yet. One of you, in the canary's folder:",
            "  canary publish",
        )
    return (
        "In the canary's folder, once the window is open and somebody has drafted it (canary draft):",
        f"  canary sign --as {signer}",
        "",
        "If you have signed it already, your signature has not come to the machine that sends this: pass on the file",
        f"draft/{signer}.sig as you always do.",
    )
