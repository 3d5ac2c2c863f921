"""What became of each statement along the whole log: in which words it stood since when, and when it was withdrawn."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from canary.core.documents.release import Release, Statement
from canary.flows.site.changes import ChangeRow


class Event(msgspec.Struct, frozen=True):
    """A release that changed a statement, and how."""

    release: Release
    change: ChangeRow


class Story(msgspec.Struct, frozen=True):
    """One statement from its first release on.

    Attributes:
        id: the statement's id.
        events: what became of it, oldest first; the first one is that it was added.
    """

    id: str
    events: tuple[Event, ...]

    @property
    def stands(self) -> bool:
        """Whether the newest release makes it."""
        return self.events[-1].change.kind != "withdrawn"

    @property
    def newest(self) -> Statement:
        """The statement in the newest words it was made in.

        Raises:
            LookupError: it was never made.
        """
        for event in reversed(self.events):
            found = event.change.after if event.change.kind != "withdrawn" else event.change.before
            if found is not None:
                return found
        raise LookupError(self.id)

    @property
    def last(self) -> Event:
        """What became of it last."""
        return self.events[-1]


def stories(changed: Iterable[tuple[Release, tuple[ChangeRow, ...]]]) -> list[Story]:
    """Returns the story of every statement, in the order in which they first came.

    Args:
        changed: every release, oldest first, with what it changed; in the first one every statement is added.
    """
    events: dict[str, list[Event]] = {}
    for release, changes in changed:
        for change in changes:
            events.setdefault(change.id, []).append(Event(release, change))
    return [Story(name, tuple(each)) for name, each in events.items()]
