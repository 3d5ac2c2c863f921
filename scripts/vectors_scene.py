"""What the vectors of looks are made of: a publisher with known keys, and what its site serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from canary.core.documents.release import Release, Statement
from canary.core.signed.entry import parse_entry
from canary.core.text.times import parse_time
from canary.errors import CanaryError
from scripts.vectors_format import Case, Expected, Look, expect
from tests.simulator import Publisher

KEYS = Statement("keys", 1, "No key was ever handed over.")
GAG = Statement("gag", 1, "We were never told to be silent.")

FEBRUARY, MARCH, MAY, JUNE, AUGUST = ("2025-02-10", "2025-03-10", "2025-05-10", "2025-06-10", "2025-08-10")
"""Days on which watchers look: in window 0 and behind it, in window 1 and behind it, in window 2."""

OK_1 = (1, 2)
"""Release 1 is entry 2."""

OK_2 = (2, 3)
"""Release 2 is entry 3."""

FRESH = expect("OK", release=OK_1)


def moment(text: str) -> datetime:
    """Returns a moment, or noon of a day."""
    return parse_time(text if text.endswith("Z") else f"{text}T12:00:00Z")


def begun(**changes: object) -> Publisher:
    """Returns a publisher of two signers, both needed, with roster 1 and release 1."""
    sim = roster_only(**changes)  # type: ignore[arg-type]  # what is passed on is checked there
    sim.release(statements=(KEYS, GAG))
    return sim


def roster_only(
    *,
    signers: Sequence[str] = ("legal", "security"),
    threshold: int = 2,
    anchor_age: int | None = None,
    **roster: object,
) -> Publisher:
    """Returns a publisher with roster 1 alone."""
    sim = Publisher(signers, threshold=threshold, anchor_age=anchor_age)
    sim.roster(**roster)  # type: ignore[arg-type]  # what is passed on is checked there
    return sim


def look(
    sim: Publisher,
    now: str,
    expected: Expected,
    *options: str,
    size: int | None = None,
    checkpoint: bytes | None = None,
    entries: Sequence[bytes] | None = None,
    front: bytes | int | None = None,
    attachments: Mapping[str, bytes | int] | None = None,
) -> Look:
    """Returns a look at a site.

    Args:
        sim: the publisher.
        now: the watcher's clock: a moment, or a day at noon.
        expected: what it comes to.
        options: what was asked for.
        size: how many entries are served.
        checkpoint: another checkpoint than the one over them.
        entries: other entries.
        front: another `canary.txt` than the newest release.
        attachments: what lies where attachments should be.
    """
    served = sim.entries[:size] if entries is None else list(entries)
    return Look(
        moment(now),
        expected,
        options,
        checkpoint=sim.checkpoint(size) if checkpoint is None else checkpoint,
        entries=served,
        front=newest_release(served) if front is None else front,
        attachments=attachments or {},
    )


def nothing(now: str, expected: Expected, *options: str, checkpoint: bytes | int | str = "unreachable") -> Look:
    """Returns a look that brings no log back."""
    return Look(moment(now), expected, options, checkpoint=checkpoint)


def newest_release(entries: Sequence[bytes]) -> bytes | int:
    """Returns the newest release of a log, or 404."""
    return next((entry for entry in reversed(entries) if _is_release(entry)), 404)


def _is_release(entry: bytes) -> bool:
    try:
        return isinstance(parse_entry(entry).content, Release)
    except CanaryError:
        return False


def one(name: str, about: str, sim: Publisher, *looks: Look) -> Case:
    """Returns a watcher who has the pin."""
    return Case(name, about, sim.pin, looks)


def invalid(code: str, entry: int | None = None, *, after: tuple[int, int] | None = OK_1, also: str = "") -> Expected:
    """Returns a verdict of INVALID; the part of the log before the fault is told of all the same."""
    findings = (code if entry is None else f"{code} {entry}", *([also] if also else []))
    return expect("INVALID", *findings, release=after)
