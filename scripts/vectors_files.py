"""Vectors of one entry's file, checked by itself under a roster, as `canary verify FILE --roster ROSTER` does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from canary.core.text.strict import digest
from scripts.vectors_format import SingleFile, Vector, expect, file_vector
from scripts.vectors_scene import GAG, KEYS, MARCH, OK_1, begun, moment, roster_only
from tests.simulator import Publisher, noon, spoiled

NOW = "2025-03-10"


def file_vectors() -> Iterator[Vector]:
    """Returns the vectors of single files."""
    yield file_vector("file/one-by-one", "one entry's file, judged by itself under a roster", _files())


def _files() -> Iterator[SingleFile]:
    sim = begun()
    roster, release = sim.entries[:2]
    pin = sim.pin
    other = digest(b"another roster\n")
    yield _file("release", "a release under the pinned roster", (release, roster, pin), "OK", release=OK_1)
    for name, about, given in (("no-pin", "no pin", None), ("other-pin", "another roster is pinned", other)):
        yield _file(name, about, (release, roster, given), "UNKNOWN", "NO-PIN", "WOULD-BE", release=OK_1)
    late = ("OVERDUE", "OVERDUE 2"), ("EXPIRED", "EXPIRED 2"), ("DUE", "DUE 2")
    for (status, finding), now in zip(late, ("2025-05-15", "2025-05-29", "2025-05-01"), strict=True):
        yield _file(status.lower(), "time goes on", (release, roster, pin), status, finding, now=now, release=OK_1)
    early = "2025-02-02T11:49:59Z"
    yield _file(
        "future", "issued later than now", (release, roster, pin), "INVALID", "FUTURE-ISSUED 2", now=early, release=OK_1
    )
    yield _file("roster", "a roster is no release", (roster, roster, pin), "UNKNOWN", "NO-RELEASE 1")
    yield _file(
        "roster-no-pin",
        "and with a pin too nothing would be known",
        (roster, roster, None),
        "UNKNOWN",
        "NO-RELEASE 1",
        "NO-PIN",
    )
    yield _file("malformed", "no entry", (b"no entry\n", roster, pin), "INVALID", "MALFORMED")
    yield _file("newer", "a newer format", (b"warrant-canary/release/v2\n", roster, pin), "UNKNOWN", "NEWER-FORMAT")
    yield from _faults(roster, pin)
    yield from _order(sim)


def _faults(roster: bytes, pin: str) -> Iterator[SingleFile]:
    for name, about, options, findings, release in (
        ("below-threshold", "one of two", {"signed_by": ("legal",)}, ("BELOW-THRESHOLD 2",), None),
        ("bad-signature", "a bad signature", {"tamper": spoiled("legal")}, ("BAD-SIGNATURE 2", "NOT-COUNTED 2"), None),
        ("schedule", "dates that are not the roster's", {"edit": _later}, ("BAD-SCHEDULE 2",), OK_1),
        ("chain", "another text before it", {"edit": _forked}, ("CHAIN-BROKEN 2",), OK_1),
    ):
        sim = roster_only()
        entry = sim.release(statements=(KEYS, GAG), **options)
        yield _file(name, about, (entry, roster, pin), "INVALID", *findings, release=release)


def _order(sim: Publisher) -> Iterator[SingleFile]:
    sim.roster(at=noon("2025-03-01"))
    _, release, second = sim.entries
    pin = digest(second.rpartition(b"\n\n")[0] + b"\n")
    yield _file(
        "before-its-roster",
        "it comes before the roster",
        (release, second, pin),
        "INVALID",
        "CHAIN-BROKEN 2",
        release=OK_1,
    )
    elsewhere = Publisher(("legal", "security"), canary="example.org/canary")
    foreign = elsewhere.roster()
    own = digest(foreign.rpartition(b"\n\n")[0] + b"\n")
    yield _file("other-canary", "another canary's roster", (release, foreign, own), "INVALID", "OTHER-CANARY 2")


def _later(text: str) -> str:
    return text.replace("expires: 2025-05-29", "expires: 2026-05-29")


def _forked(text: str) -> str:
    start = text.index("previous: sha256:") + len("previous: sha256:")
    return text[:start] + "0" * 64 + text[start + 64 :]


def _file(
    name: str,
    about: str,
    files: tuple[bytes, bytes, str | None],
    *verdict: str,
    now: str = MARCH,
    release: tuple[int, int] | None = None,
) -> SingleFile:
    entry, roster, pin = files
    expected = replace(expect(*verdict, "SINGLE-FILE", release=release), bounds=False)
    return SingleFile(name, about, entry, roster, pin, moment(now), expected)
