"""The watcher of the demo: looks with `canary verify`, and holds every answer to what the demo promises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from canary.cli.app import App
from scripts.demo_publisher import DemoError, canary
from scripts.demo_talk import show_case


@dataclass(frozen=True, slots=True)
class Expected:
    """What a look has to come to.

    Attributes:
        status: the one word of the verdict.
        exit_code: what the command leaves with.
        finding: the code of a finding: of the one that decided, and where nothing is wrong, of one about the times.
        bounds: whether it is proved that the newest release was not signed before some moment, and not after another;
            None where that is not looked at.
    """

    status: str
    exit_code: int
    finding: str = ""
    bounds: tuple[bool, bool] | None = None

    def __str__(self) -> str:
        """Returns it in words."""
        bounds = "" if self.bounds is None else f", bounds {self.bounds}"
        return f"{self.status}, exit code {self.exit_code}, finding {self.finding or 'none'}{bounds}"


EXPECTED: Mapping[str, Expected] = MappingProxyType(
    {
        "published": Expected("OK", 0, "SIGNED-BETWEEN", (True, True)),
        "authority unknown": Expected("OK", 0, "EVIDENCE-CLAIM", (True, False)),
        "timestamp of another release": Expected("OK", 0, "EVIDENCE-REJECTED", (True, False)),
        "anchor repeated": Expected("OK", 0, "STALE-ANCHOR", (True, False)),
        "edited": Expected("INVALID", 2, "ROOT-MISMATCH"),
        "edited with the log key": Expected("INVALID", 2, "BAD-SIGNATURE"),
        "withdrawn": Expected("WITHDRAWN", 2, "WITHDRAWN"),
        "older copy": Expected("UNREACHABLE", 1, "STALE-COPY"),
        "older copy for a day": Expected("INVALID", 2, "ROLLBACK"),
        "forked": Expected("INVALID", 2, "TEXT-FORK"),
        "forked and put back": Expected("INVALID", 2, "TEXT-FORK"),
        "signature missing": Expected("INVALID", 2, "BELOW-THRESHOLD"),
        "late": Expected("OVERDUE", 1, "OVERDUE"),
        "expired": Expected("EXPIRED", 2, "EXPIRED"),
        "expired and host gone": Expected("EXPIRED", 2, "EXPIRED"),
        "deleted": Expected("MISSING", 2, "MISSING"),
        "host gone": Expected("UNREACHABLE", 1, "UNREACHABLE"),
    }
)
"""Every look of the demo, and what it has to come to."""

_OF_TIMESTAMPS = ("authority unknown", "timestamp of another release")


def without_timestamps(expected: Mapping[str, Expected]) -> Mapping[str, Expected]:
    """Returns what the looks have to come to where no authority can be started."""
    kept = {case: each for case, each in expected.items() if case not in _OF_TIMESTAMPS}
    return {**kept, "published": Expected("OK", 0, "SIGNED-BETWEEN", (True, False))}


@dataclass
class Watcher:
    """Somebody who follows the canary from outside, with its pin.

    Attributes:
        pin: the fingerprint of roster 1.
        root: the file with the root of the timestamp authority that this watcher trusts; None for no such.
        expected: what each look has to come to.
        looked: the looks so far.
    """

    pin: str
    root: Path | None
    expected: Mapping[str, Expected]
    looked: set[str] = field(default_factory=set)

    def options(self, state: Path | None = None, *, trusting: bool = True) -> list[str]:
        """Returns the options of `canary verify`.

        Args:
            state: the file in which this watcher remembers what was seen.
            trusting: whether to trust the authority.
        """
        remember = ["--state", str(state)] if state else []
        return [*(["--tsa-root", str(self.root)] if self.root and trusting else []), "--pin", self.pin, *remember]

    def look(
        self,
        case: str,
        location: str,
        done: str = "",
        *,
        state: Path | None = None,
        at: datetime | None = None,
        trusting: bool = True,
    ) -> None:
        """Looks once, says what came of it, and holds it to what was expected.

        Args:
            case: the look's name in `expected`.
            location: what to look at.
            done: what was done to the canary, for people; empty to say nothing.
            state: the file in which this watcher remembers what was seen.
            at: the moment to take for now; None for the real one.
            trusting: whether to trust the authority.

        Raises:
            DemoError: it came to something else.
        """
        app = App() if at is None else App(lambda: at)
        answer = canary("verify", location, *self.options(state, trusting=trusting), "--json", app=app)
        expected = self.expected[case]
        try:
            verdict = json.loads(answer.output)
            finding = _told(verdict, expected.finding)
            bounds = None if expected.bounds is None else _bounds(verdict)
        except (json.JSONDecodeError, KeyError, IndexError, TypeError) as error:
            raise DemoError(f"{case}: 'canary verify --json' said {answer.output or answer.errors!r}") from error
        seen = Expected(verdict["status"], answer.exit_code, finding["code"], bounds)
        if seen != expected or verdict["exit_code"] != answer.exit_code:
            raise DemoError(f"{case}: expected {expected}; got {seen}")
        self.looked.add(case)
        if done:
            show_case(done, seen.status, seen.exit_code, seen.finding, finding["message"])

    def check_complete(self) -> None:
        """Checks that nothing that was promised was left out.

        Raises:
            DemoError: a look is missing.
        """
        missing = set(self.expected) - self.looked
        if missing:
            raise DemoError(f"never looked at: {', '.join(sorted(missing))}")


def _told(verdict: dict[str, Any], expected: str) -> dict[str, Any]:
    """Returns the finding that made the status what it is, which comes first; without one, that which is expected."""
    if verdict["exit_code"]:
        return dict(verdict["findings"][0])
    of_time = {each["code"]: each for each in verdict["findings"] if each["axis"] == "time"}
    return dict(of_time.get(expected, {"code": "", "message": ""}))


def _bounds(verdict: dict[str, Any]) -> tuple[bool, bool]:
    return verdict["release"]["not_before"] is not None, verdict["release"]["not_after"] is not None
