"""How a whole list stands, and the watcher itself: what the exit code of a run comes from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from canary.core.judging.findings import EXIT_CODES, Status
from canary.core.text.times import format_time
from canary.core.watching.alerts import Delivery
from canary.core.watching.summary import Summary
from canary.flows.watch.rounds import Came, worst

COLOURS = {0: "green", 1: "yellow", 2: "red", 3: "magenta"}
"""The colour of each exit code on a terminal."""

_WORST_FIRST = (2, 3, 1, 0)
_BLIND = EXIT_CODES[Status.UNKNOWN]
_HINDERED = EXIT_CODES[Status.UNREACHABLE]


class Overview(NamedTuple):
    """How everything stands.

    Attributes:
        rows: the list in short.
        now: the moment.
        came: what the round came to; an empty one where there was none.
        failures: alerts that could not be delivered, for now or for good.
    """

    rows: Sequence[Summary]
    now: datetime
    came: Came
    failures: Sequence[Delivery]

    @property
    def exit_code(self) -> int:
        """The worst of the list, and of what hinders the watcher itself."""
        codes = [each.counted_exit_code(self.now) for each in self.rows]
        if self.came.clock_behind is not None:
            codes.append(_BLIND)
        if self.came.network_since is not None or self.failures:
            codes.append(_HINDERED)
        return worst(codes)

    def hindrances(self) -> list[str]:
        """Returns what hinders the watcher itself, a sentence without a full stop for each."""
        came, told = self.came, []
        if came.clock_behind is not None:
            told.append(
                f"this machine's clock says {format_time(self.now)}, and at an earlier look it was "
                f"{format_time(came.clock_behind)}: nothing was looked at"
            )
        if came.network_since is not None:
            told.append(f"this machine's own network looks broken since {format_time(came.network_since)}")
        if self.failures:
            told.append(f"{many(len(self.failures), 'alert', 'alerts')} could not be delivered")
        return told

    def counts(self) -> dict[int, int]:
        """Returns how many canaries have each exit code, the worst first."""
        codes = [each.counted_exit_code(self.now) for each in self.rows]
        return {code: codes.count(code) for code in _WORST_FIRST}

    def worst_first(self) -> list[Summary]:
        """Returns the list, the worst first."""
        return sorted(
            self.rows,
            key=lambda each: (_WORST_FIRST.index(each.counted_exit_code(self.now)), each.followed.name),
        )


def undelivered(failures: Sequence[Delivery]) -> list[dict[str, Any]]:
    """Returns deliveries that failed, for a JSON document."""
    return [
        {
            "channel": each.channel,
            "name": each.alert.name or None,
            "kind": each.alert.kind.value,
            "tries": each.tries,
            "error": each.error,
            "again_at": None if each.failed else format_time(each.due_at),
        }
        for each in failures
    ]


def many(count: int, one: str, more: str) -> str:
    """Returns how many of something there are, in words: `1 canary`, `2 canaries`."""
    return f"{count} {one if count == 1 else more}"


def minute(moment: datetime) -> str:
    """Returns a moment as people are shown it, to the minute (UTC)."""
    return f"{moment:%Y-%m-%d %H:%M}"
