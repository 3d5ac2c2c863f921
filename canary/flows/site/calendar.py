"""`calendar.ics`: when the next release is due, and when the canary goes stale without it (RFC 5545). A view.

Every period's first release promises a window and a deadline, and each is one event, named after that period, so its
UID is the same for ever. Once a later release has come, the window's event says so, and the deadline is cancelled; the
last release of a canary cancels what its own period promised. That is a higher SEQUENCE of the same UID, never another
event. DTSTAMP is the `issued` of the text that the event's words follow from: the calendar has no METHOD, so that is
its last revision (section 3.8.7.2). Only what was promised stands here and nothing computed beyond it: the next roster
may move the grid.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.documents.schedule import Window
from canary.core.log.history import History
from canary.core.signed.entry import Text
from canary.core.text.days import day_in_words, last_good_day, moment_in_words

if TYPE_CHECKING:
    # Loading it takes longer than everything else that renders a site: only who renders a calendar does.
    from icalendar import Event

_PRODUCT: Final = "-//warrant-canary//calendar//EN"
_PROMISES: Final = 12
"""How many of them the calendar goes back, so that it does not grow with the log."""

_DAY: Final = timedelta(days=1)
_BEFORE_OPENING: Final = 14 * _DAY
_BEFORE_END: Final = (7 * _DAY, 3 * _DAY, _DAY)
_BEFORE_DEADLINE: Final = (7 * _DAY, _DAY)
_FIRST: Final = "first"


class Promise(msgspec.Struct, frozen=True):
    """A window and a deadline, as a release promised them, or a roster before there was any.

    Attributes:
        name: what tells it from every other: the day on which the promising release's period began, or `first`.
        window: the window.
        deadline: when the canary goes stale without a release (UTC).
        stamp: the `issued` of the text that said last what stands here (UTC).
        revision: how often it was said anew.
        kept: the release that answered it, or ended the canary in the same period; None where none came yet.
    """

    name: str
    window: Window
    deadline: datetime
    stamp: datetime
    revision: int
    kept: Release | None = None

    @property
    def taken_back(self) -> bool:
        """Whether the canary ended before the window: no release will come in it."""
        return self.kept is not None and self.kept.final and self.kept.period.isoformat() == self.name


def promises(history: History) -> list[Promise]:
    """Returns what was promised, oldest first."""
    found: list[Promise] = []
    open_one: Promise | None = None
    for admitted in history.admitted:
        content = admitted.entry.content
        if isinstance(content, Release) and open_one is not None and _answers(content, open_one):
            found.append(replace(open_one, kept=content, stamp=content.issued, revision=open_one.revision + 1))
            open_one = None
        open_one = _after(content, open_one, released=bool(found))
    return found if open_one is None else [*found, open_one]


def render_calendar(history: History, roster: Roster) -> bytes:
    """Returns the calendar.

    Args:
        history: the log, with at least roster 1.
        roster: the newest roster.
    """
    from icalendar import Calendar  # noqa: PLC0415  # see above

    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("name", f"Warrant canary of {roster.organisation}")
    calendar.add("x-wr-calname", f"Warrant canary of {roster.organisation}")
    calendar.add("refresh-interval", _DAY, parameters={"VALUE": "DURATION"})
    for promise in promises(history)[-_PROMISES:]:
        calendar.add_component(_window(promise, roster))
        calendar.add_component(_deadline(promise, roster))
    rendered: bytes = calendar.to_ical()
    return rendered


def _answers(release: Release, promise: Promise) -> bool:
    """Tells whether a release is of a later period than the one that made the promise, or ends the canary."""
    return release.final or release.period.isoformat() != promise.name


def _after(content: Text, open_one: Promise | None, *, released: bool) -> Promise | None:
    """Returns what is promised after an entry.

    Args:
        content: the entry's text.
        open_one: what was promised before it and is not answered.
        released: whether a release came before it.
    """
    if isinstance(content, Roster):
        if released or (open_one is not None and open_one.name != _FIRST):
            return open_one
        window = content.schedule.window_at(content.schedule.start)
        return Promise(_FIRST, window, content.schedule.expiry(window), content.issued, content.number - 1)
    if content.next is None or content.expires is None:
        return None
    made = Promise(content.period.isoformat(), content.next, content.expires, content.issued, 0)
    if open_one is None:
        return made
    if (open_one.window, open_one.deadline) == (made.window, made.deadline):
        return open_one
    return replace(made, revision=open_one.revision + 1)


def _window(promise: Promise, roster: Roster) -> Event:
    kept, window = promise.kept, promise.window
    if kept is None:
        due, more = (
            "a release is due",
            f"The canary is stale without one after {day_in_words(last_good_day(promise.deadline))} (UTC).",
        )
    elif promise.taken_back:
        due, more = "no release is due any more", f"Release {kept.number} was the last one."
    else:
        due, more = f"release {kept.number} came", f"It was issued {moment_in_words(kept.issued)}."
    event = _event("window", promise, roster, due, more, cancelled=promise.taken_back)
    event.add("dtstart", window.opens)
    event.add("dtend", window.last + _DAY)
    if kept is None:
        days = f"from {day_in_words(window.opens)} to {day_in_words(window.last)}"
        said = f"Warrant canary of {roster.organisation}: a release is due {days}"
        _remind(event, _BEFORE_OPENING, said)
        for left in _BEFORE_END:
            if left <= window.last + _DAY - window.opens:
                _remind(event, left, said, related="END")
    return event


def _deadline(promise: Promise, roster: Roster) -> Event:
    kept = promise.kept
    due, more = "stale from now on without a new release", "Nothing that it says can be relied on after this moment."
    if kept is not None:
        due, more = "not stale", f"Release {kept.number} came {moment_in_words(kept.issued)}."
    event = _event("deadline", promise, roster, due, more, cancelled=kept is not None)
    event.add("dtstart", promise.deadline)
    if kept is None:
        for left in _BEFORE_DEADLINE:
            _remind(event, left, f"Warrant canary of {roster.organisation}: stale soon without a new release")
    return event


def _event(kind: str, promise: Promise, roster: Roster, due: str, more: str, *, cancelled: bool) -> Event:
    from icalendar import Event  # noqa: PLC0415  # see above

    event = Event()
    event.add("uid", f"{kind}-{promise.name}@{roster.canary}")
    event.add("sequence", promise.revision)
    event.add("dtstamp", promise.stamp)
    event.add("last-modified", promise.stamp)
    event.add("summary", f"Warrant canary of {roster.organisation}: {due}")
    event.add("description", f"{more} Check it: canary verify https://{roster.canary}/")
    event.add("url", f"https://{roster.canary}/")
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event


def _remind(event: Event, before: timedelta, words: str, *, related: str = "START") -> None:
    from icalendar import Alarm  # noqa: PLC0415  # see above

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words)
    alarm.add("trigger", -before, parameters={"RELATED": related})
    event.add_component(alarm)
