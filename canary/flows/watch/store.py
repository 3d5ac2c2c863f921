"""The port to a watcher's memory: every canary of the list, its history, and the alerts on their way.

There is one implementation, on SQLite (`canary.edges.memory.watch_store`), and nothing here knows that. What a run
found about a canary is one `Recorded`, written whole or not at all: the state, the row with its verdict, the
transition, what was seen, and the alerts with their deliveries.

Two runs at once: each **claims** what it is going to look at, until a moment; a claim of a run that died is over then.
Whoever writes a row writes it over the very one that it was read from: each write counts `Watched.revision` up, and
what was made from an older row is left out, whether a person changed it meanwhile or another run did. So a row is read
again before it is written a second time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from canary.core.judging.state import State
from canary.core.watching.alerts import Alert, Delivery
from canary.core.watching.recorded import Recorded, Remembered
from canary.core.watching.summary import Summary
from canary.core.watching.watched import Check, Sighting, Transition, Watched

if TYPE_CHECKING:
    from canary.core.foreign.pinned import Pinned
    from canary.core.foreign.state import ForeignState

__all__ = ["Recorded", "WatchStore"]


class WatchStore(Protocol):
    """A watcher's memory. Every method raises StoreError where the memory is damaged, read-only or full."""

    def add(self, watched: Watched, state: Remembered | None, pinned: Pinned | None = None) -> None:
        """Takes a canary into the list.

        Args:
            watched: its row.
            state: what is known of it already.
            pinned: what is pinned of one in another format; None for a native one.

        Raises:
            RefusedError: one of that name is there already.
        """

    def add_many(self, rows: Sequence[Watched], pinned: Mapping[str, Pinned] | None = None) -> list[str]:
        """Takes canaries into the list in one go; returns the names that were there already and are left alone.

        Args:
            rows: their rows.
            pinned: what is pinned of those in other formats, by name.
        """

    def remove(self, name: str) -> bool:
        """Takes a canary from the list, with all that is remembered of it; returns whether it was there."""

    def watched(self, *, tags: Sequence[str] = ()) -> list[Watched]:
        """Returns the list, by name; with tags only what is filed under one of them."""

    def summaries(self, *, tags: Sequence[str] = ()) -> list[Summary]:
        """Returns the list in short, by name, without reading a verdict; with tags as `watched` does."""

    def is_empty(self, *, tags: Sequence[str] = ()) -> bool:
        """Tells whether there is nothing in the list; with tags as `watched` does."""

    def find(self, name: str) -> Watched | None:
        """Returns one canary; None where there is none of that name."""

    def due(self, now: datetime, *, tags: Sequence[str] = ()) -> list[str]:
        """Returns the names of what is to be looked at by now and that no run has claimed, the longest overdue first.

        What was looked at later than now, or is not to be looked at for longer than its interval, is due as well: the
        clock was wrong then, or is now.
        """

    def claim(self, names: Sequence[str], *, holder: str, now: datetime, until: datetime) -> list[Watched]:
        """Claims what is due by now for one run, in the order of the names.

        What another run has claimed is left out, and so is what another run has looked at meanwhile.

        Returns:
            What was claimed, as it is now.
        """

    def release(self, holder: str) -> None:
        """Gives up every claim of one run, and every delivery that it holds."""

    def pinned(self, name: str) -> Pinned | None:
        """Returns what is pinned of a canary in another format; None for a native one.

        Raises:
            StateError: it is damaged, or was written by a newer version; the rest of the memory is not.
        """

    def foreign_state(self, name: str) -> ForeignState | None:
        """Returns the state of a canary in another format, as `state` does that of a native one."""

    def state(self, name: str) -> State | None:
        """Returns the state of a native canary; None where nothing was taken in yet.

        A look after which only the moment of it is another need not store a state: its `high_water` is at least when
        the canary was looked at last.

        Raises:
            StateError: it is damaged, or was written by a newer version; the rest of the memory is not.
        """

    def record(self, recorded: Sequence[Recorded]) -> list[str]:
        """Stores what was found, all of it in one transaction.

        Returns:
            The names of what was left out, each with all that was found: it is no longer in the list, or its row was
            written by somebody else since it was read. What was due is due still.
        """

    def update(
        self,
        watched: Watched,
        state: Remembered | None = None,
        transition: Transition | None = None,
        *,
        is_answer: bool = False,
    ) -> int:
        """Stores a row that a person changed (acknowledged, muted, tagged), and what time alone had changed by then.

        Args:
            watched: the row.
            state: the state to keep; None to leave the one that is kept.
            transition: what time alone had changed.
            is_answer: whether the person acknowledged or muted it: then what that takes back of the alerts on their
                way (`canary.core.watching.answered`) is not sent any more.

        Returns:
            How many deliveries were taken back.

        Raises:
            RefusedError: it is no longer in the list, or was written by somebody else since it was read.
        """

    def transitions(self, name: str, *, limit: int) -> list[Transition]:
        """Returns the latest transitions of a canary, the newest first."""

    def checks(self, name: str, *, limit: int) -> list[Check]:
        """Returns the latest looks at a canary, the newest first."""

    def sightings(self, name: str) -> list[Sighting]:
        """Returns what was seen at failed looks, the newest first."""

    def add_alerts(self, alerts: Sequence[tuple[Alert, tuple[Delivery, ...]]]) -> int:
        """Stores alerts that are about no canary of the list; returns how many of them are new."""

    def outbox(self, now: datetime) -> list[Delivery]:
        """Returns the deliveries that are due and that no other run holds, the oldest first.

        While a canary is muted, what is about it is not due, but for what never waits
        (`canary.core.watching.answered`).
        """

    def hold_outbox(self, now: datetime, *, holder: str, until: datetime, limit: int | None = None) -> list[Delivery]:
        """Returns what `outbox` does, and holds it for one run until a moment, so that no other delivers it too.

        With a limit it returns the first so many, and what this run holds already is among what it counts.
        """

    def delivered(self, deliveries: Sequence[Delivery], at: datetime) -> None:
        """Marks deliveries as done."""

    def postponed(self, deliveries: Sequence[Delivery]) -> None:
        """Stores deliveries that failed for now, each with its new `due_at`, `tries` and `error`."""

    def given_up(self, deliveries: Sequence[Delivery], at: datetime) -> None:
        """Stores deliveries that failed for good, each with its `tries` and `error`."""

    def failures(self) -> list[Delivery]:
        """Returns the deliveries that failed for good and nobody has dismissed, and those that failed for now."""

    def dismiss(self, channel: str) -> int:
        """Forgets the deliveries that failed for good in one channel; returns how many there were."""

    def note(self, key: str) -> str | None:
        """Returns a note of the run's own (when the last one ended, whether the network was told to be broken)."""

    def set_note(self, key: str, value: str) -> None:
        """Stores a note."""

    def compact(self, now: datetime) -> int:
        """Thins the history of looks by the implementation's stated rule; returns how many rows went."""

    def backup(self, to: str) -> None:
        """Writes a consistent copy while other runs are at work.

        Args:
            to: the path of a file that is not there yet.

        Raises:
            RefusedError: there is a file already.
        """

    def close(self) -> None:
        """Lets go of the memory."""
