"""The watcher of the demo: looks with `canary verify`, and holds every answer to what the demo promises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from canary.cli.app import App
from scripts.demo_publisher import DemoError, canary
from scripts.demo_talk import show_case


@dataclass(frozen=True, slots=True)
class Expected:
    """What a look has to come to.

    Attributes:
        status: the one word of the verdict.
        exit_code: what the command leaves with.
        finding: the code of the finding that decided; empty where nothing is wrong.
    """

    status: str
    exit_code: int
    finding: str = ""

    def __str__(self) -> str:
        """Returns it in words."""
        return f"{self.status}, exit code {self.exit_code}, deciding finding {self.finding or 'none'}"


EXPECTED: Mapping[str, Expected] = MappingProxyType(
    {
        "published": Expected("OK", 0),
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


@dataclass
class Watcher:
    """Somebody who follows the canary from outside, with its pin and nothing else.

    Attributes:
        pin: the fingerprint of roster 1.
        expected: what each look has to come to.
        looked: the looks so far.
    """

    pin: str
    expected: Mapping[str, Expected]
    looked: set[str] = field(default_factory=set)

    def look(
        self, case: str, location: str, done: str = "", *, state: Path | None = None, at: datetime | None = None
    ) -> None:
        """Looks once, says what came of it, and holds it to what was expected.

        Args:
            case: the look's name in `expected`.
            location: what to look at.
            done: what was done to the canary, for people; empty to say nothing.
            state: the file in which this watcher remembers what was seen.
            at: the moment to take for now; None for the real one.

        Raises:
            DemoError: it came to something else.
        """
        remember = ["--state", str(state)] if state else []
        app = App() if at is None else App(lambda: at)
        answer = canary("verify", location, "--pin", self.pin, *remember, "--json", app=app)
        try:
            verdict = json.loads(answer.output)
            # The findings stand in order: the one that made the status what it is comes first.
            deciding = verdict["findings"][0] if verdict["exit_code"] else {"code": "", "message": ""}
            seen = Expected(verdict["status"], answer.exit_code, deciding["code"])
        except (json.JSONDecodeError, KeyError, IndexError) as error:
            raise DemoError(f"{case}: 'canary verify --json' said {answer.output or answer.errors!r}") from error
        if seen != self.expected[case] or verdict["exit_code"] != answer.exit_code:
            raise DemoError(f"{case}: expected {self.expected[case]}; got {seen}")
        self.looked.add(case)
        if done:
            show_case(done, seen.status, seen.exit_code, seen.finding, deciding["message"])

    def check_complete(self) -> None:
        """Checks that nothing that was promised was left out.

        Raises:
            DemoError: a look is missing.
        """
        missing = set(self.expected) - self.looked
        if missing:
            raise DemoError(f"never looked at: {', '.join(sorted(missing))}")
