"""A watcher's memory in SQLite: the implementation of `canary.flows.watch.store`.

Every method that writes is one transaction. A row of the list is written only over the one that it was read from: each
write counts its `revision` up, and a row of another revision was written by somebody else meanwhile. A claim counts
from when it was made until it ends; one that was made later than now comes from a clock that was wrong, and is over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from canary.core.judging.state import State
from canary.core.watching.alerts import Alert, Delivery
from canary.core.watching.recorded import Recorded, Remembered
from canary.core.watching.summary import Summary
from canary.core.watching.watched import Check, Sighting, Transition, Watched
from canary.edges.memory import watch_store_history as history
from canary.edges.memory import watch_store_list as listed
from canary.edges.memory import watch_store_outbox as outbox
from canary.edges.memory.watch_store_file import StoreFile
from canary.errors import MalformedError, RefusedError, StateError
from canary.formats.state_json import parse_state, render_state
from canary.limits import STORE_SECONDS

if TYPE_CHECKING:
    from canary.core.foreign.pinned import Pinned
    from canary.core.foreign.state import ForeignState

_Value = TypeVar("_Value")


def open_watch_store(path: Path, *, make: bool = True, seconds: float = STORE_SECONDS) -> SqliteWatchStore:
    """Opens a watcher's memory.

    Args:
        path: the file.
        make: whether to make it, and its folder, where it is missing.
        seconds: how long to wait for another process that is writing.

    Raises:
        StoreError: it is missing, cannot be opened, is damaged, or is none that this version knows.
    """
    return SqliteWatchStore(StoreFile(path, seconds=seconds, make=make))


class SqliteWatchStore:
    """A watcher's memory, with the methods of the port. Threads may share it.

    Args:
        file: the open file.
    """

    def __init__(self, file: StoreFile) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, watched: Watched, state: Remembered | None, pinned: Pinned | None = None) -> None:
        """Takes a canary into the list."""
        kept, pinned_bytes = _rendered(state), _rendered_pinned(pinned)
        with self._file.writing() as db:
            canary = listed.insert(db, watched)
            if canary is None:
                raise RefusedError(
                    f"{watched.followed.name} is in the list already", hint="Choose another name, or remove that one."
                )
            if kept is not None:
                listed.keep_state(db, canary, kept)
            if pinned_bytes is not None:
                listed.keep_pinned(db, canary, pinned_bytes)

    def add_many(self, rows: Sequence[Watched], pinned: Mapping[str, Pinned] | None = None) -> list[str]:
        """Takes canaries into the list in one go; returns the names that were there already and are left alone."""
        documents = {name: _rendered_pinned(each) for name, each in (pinned or {}).items()}
        there: list[str] = []
        with self._file.writing() as db:
            for each in rows:
                name = each.followed.name
                canary = listed.insert(db, each)
                document = documents.get(name)
                if canary is None:
                    there.append(name)
                elif document is not None:
                    listed.keep_pinned(db, canary, document)
        return there

    def remove(self, name: str) -> bool:
        """Takes a canary from the list, with all that is remembered of it; returns whether it was there."""
        with self._file.writing() as db:
            return listed.remove(db, name)

    def watched(self, *, tags: Sequence[str] = ()) -> list[Watched]:
        """Returns the list, by name."""
        with self._file.reading() as db:
            return listed.whole(db, tags)

    def summaries(self, *, tags: Sequence[str] = ()) -> list[Summary]:
        """Returns the list in short, by name."""
        with self._file.reading() as db:
            return listed.short(db, tags)

    def is_empty(self, *, tags: Sequence[str] = ()) -> bool:
        """Tells whether there is nothing in the list."""
        with self._file.reading() as db:
            return listed.is_empty(db, tags)

    def find(self, name: str) -> Watched | None:
        """Returns one canary."""
        with self._file.reading() as db:
            return listed.find(db, name)

    def due(self, now: datetime, *, tags: Sequence[str] = ()) -> list[str]:
        """Returns the names of what is due and that no run has claimed, the longest overdue first."""
        with self._file.reading() as db:
            return listed.due(db, now, tags)

    def claim(self, names: Sequence[str], *, holder: str, now: datetime, until: datetime) -> list[Watched]:
        """Claims what is due by now for one run; returns it as it is now."""
        with self._file.writing() as db:
            return listed.claim(db, names, holder=holder, now=now, until=until)

    def release(self, holder: str) -> None:
        """Gives up every claim of one run, and every delivery that it holds."""
        with self._file.writing() as db:
            listed.release(db, holder)
            outbox.let_go(db, holder)

    def state(self, name: str) -> State | None:
        """Returns the state of a native canary, as it was when that was looked at last."""
        stored = self._stored_state(name)
        if stored is None:
            return None
        return self._parsed(f"the state of {name}", parse_state, stored[0]).judged_at(stored[1])

    def foreign_state(self, name: str) -> ForeignState | None:
        """Returns the state of a canary in another format, as it was when that was looked at last."""
        stored = self._stored_state(name)
        if stored is None:
            return None
        from canary.formats.foreign.state_json import parse_foreign_state  # noqa: PLC0415  # many lists have none

        return self._parsed(f"the state of {name}", parse_foreign_state, stored[0]).judged_at(stored[1])

    def pinned(self, name: str) -> Pinned | None:
        """Returns what is pinned of a canary in another format."""
        with self._file.reading() as db:
            stored = listed.pinned(db, name)
        if stored is None:
            return None
        from canary.formats.foreign.pinned_json import parse_pinned  # noqa: PLC0415  # as above

        return self._parsed(f"what is pinned of {name}", parse_pinned, stored)

    def _stored_state(self, name: str) -> tuple[bytes, datetime | None] | None:
        with self._file.reading() as db:
            return listed.state(db, name)

    def _parsed(self, what: str, parse: Callable[[bytes], _Value], data: bytes) -> _Value:
        try:
            return parse(data)
        except MalformedError as error:
            found = error.within(what)
            raise StateError(f"what {self._file.path} holds cannot be read: {found}", hint=found.hint) from error

    def record(self, recorded: Sequence[Recorded]) -> list[str]:
        """Stores what was found; returns the names of what was left out."""
        states = [_rendered(each.state) for each in recorded]
        left_out: list[str] = []
        with self._file.writing() as db:
            for each, state in zip(recorded, states, strict=True):
                canary = listed.overwrite(db, each.watched)
                if canary is None:
                    left_out.append(each.watched.followed.name)
                    continue
                if state is not None:
                    listed.keep_state(db, canary, state)
                history.add(db, canary, each)
                outbox.add_alerts(db, canary, each.alerts)
        return left_out

    def update(
        self,
        watched: Watched,
        state: Remembered | None = None,
        transition: Transition | None = None,
        *,
        is_answer: bool = False,
    ) -> int:
        """Stores a row that a person changed; returns how many deliveries that takes back."""
        kept = _rendered(state)
        with self._file.writing() as db:
            canary = listed.overwrite(db, watched)
            if canary is None:
                raise RefusedError(
                    f"{watched.followed.name} was changed or removed by another run just now",
                    hint="Run the same again.",
                )
            if kept is not None:
                listed.keep_state(db, canary, kept)
            history.add(db, canary, Recorded(watched, transition=transition))
            return outbox.take_back(db, canary, watched) if is_answer else 0

    def transitions(self, name: str, *, limit: int) -> list[Transition]:
        """Returns the latest transitions of a canary, the newest first."""
        with self._file.reading() as db:
            return history.transitions(db, name, limit)

    def checks(self, name: str, *, limit: int) -> list[Check]:
        """Returns the latest looks at a canary, the newest first."""
        with self._file.reading() as db:
            return history.checks(db, name, limit)

    def sightings(self, name: str) -> list[Sighting]:
        """Returns what was seen at failed looks, the newest first."""
        with self._file.reading() as db:
            return history.sightings(db, name)

    def add_alerts(self, alerts: Sequence[tuple[Alert, tuple[Delivery, ...]]]) -> int:
        """Stores alerts that are about no canary of the list; returns how many of them are new."""
        with self._file.writing() as db:
            return outbox.add_alerts(db, None, alerts)

    def outbox(self, now: datetime) -> list[Delivery]:
        """Returns the deliveries that are due and that no other run holds, the oldest first."""
        with self._file.reading() as db:
            return outbox.due(db, now)

    def hold_outbox(self, now: datetime, *, holder: str, until: datetime, limit: int | None = None) -> list[Delivery]:
        """Returns what `outbox` does, and holds it for one run until a moment; with a limit only the first."""
        with self._file.writing() as db:
            found = outbox.due(db, now, holder, limit)
            outbox.hold(db, found, holder=holder, now=now, until=until)
            return found

    def delivered(self, deliveries: Sequence[Delivery], at: datetime) -> None:
        """Marks deliveries as done."""
        with self._file.writing() as db:
            outbox.settle(db, deliveries, at, failed=False)

    def postponed(self, deliveries: Sequence[Delivery]) -> None:
        """Stores deliveries that failed for now."""
        with self._file.writing() as db:
            outbox.postpone(db, deliveries)

    def given_up(self, deliveries: Sequence[Delivery], at: datetime) -> None:
        """Stores deliveries that failed for good."""
        with self._file.writing() as db:
            outbox.settle(db, deliveries, at, failed=True)

    def failures(self) -> list[Delivery]:
        """Returns the deliveries that failed for good and nobody has dismissed, and those that failed for now."""
        with self._file.reading() as db:
            return outbox.failures(db)

    def dismiss(self, channel: str) -> int:
        """Forgets the deliveries that failed for good in one channel; returns how many there were."""
        with self._file.writing() as db:
            return outbox.dismiss(db, channel)

    def note(self, key: str) -> str | None:
        """Returns a note of the run's own."""
        with self._file.reading() as db:
            found = db.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone()
            return None if found is None else str(found[0])

    def set_note(self, key: str, value: str) -> None:
        """Stores a note."""
        with self._file.writing() as db:
            db.execute("INSERT OR REPLACE INTO notes (key, value) VALUES (?, ?)", (key, value))

    def compact(self, now: datetime) -> int:
        """Thins the history of looks, and drops old alerts that nothing is left to do about; returns how many rows.

        Every look of the last 7 days stays, then the last one of each day for a year, then the last one of each month.
        Transitions stay for ever. Alerts stay for 90 days, and until every delivery of theirs is done or dismissed.
        """
        with self._file.writing() as db:
            return history.thin(db, now) + outbox.drop_settled(db, now)

    def backup(self, to: str | Path) -> None:
        """Writes a consistent copy while other runs are at work, and checks it."""
        self._file.backup(Path(to))

    def close(self) -> None:
        """Lets go of the memory."""
        self._file.close()


def _rendered(state: Remembered | None) -> bytes | None:
    """Returns a state as it is stored, if there is one."""
    if state is None:
        return None
    if isinstance(state, State):
        return render_state(state)
    from canary.formats.foreign.state_json import render_foreign_state  # noqa: PLC0415  # many lists have none

    return render_foreign_state(state)


def _rendered_pinned(pinned: Pinned | None) -> bytes | None:
    """Returns what is pinned as it is stored, if there is something."""
    if pinned is None:
        return None
    from canary.formats.foreign.pinned_json import render_pinned  # noqa: PLC0415  # as above

    return render_pinned(pinned)
