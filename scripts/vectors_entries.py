"""Vectors of first looks at a log: its entries, their signatures, rotations, and what changed from one to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from canary.core.documents.release import Anchor
from scripts.vectors_format import Case, expect
from scripts.vectors_scene import (
    FRESH,
    GAG,
    JUNE,
    KEYS,
    MARCH,
    MAY,
    OK_1,
    OK_2,
    begun,
    invalid,
    look,
    one,
    roster_only,
)
from tests.simulator import Publisher, by_another_key, noon, repeated, spoiled, with_stranger


@dataclass(frozen=True, slots=True)
class _Fault:
    """A release 2 with a fault."""

    name: str
    about: str
    code: str
    old: str
    new: str


def entries() -> Iterator[Case]:
    """Returns the watchers of `look/entries`."""
    for fault in (
        _Fault("entry-number", "entries are counted without a gap", "CHAIN-BROKEN", "entry: 3", "entry: 4"),
        _Fault("release-number", "so are releases", "NUMBER-GAP", "release: 2", "release: 3"),
        _Fault(
            "previous",
            "previous is the hash of the text before",
            "CHAIN-BROKEN",
            "previous: sha256:",
            "previous: sha256:0",
        ),
        _Fault(
            "other-canary", "an entry names this canary", "OTHER-CANARY", "example.net/canary\n", "example.org/canary\n"
        ),
        _Fault("period", "the verifier computes period", "BAD-SCHEDULE", "period: 2025-05-01", "period: 2025-02-01"),
        _Fault("next", "and next", "BAD-SCHEDULE", "next: 2025-08-01/2025-08-14", "next: 2025-08-01/2025-08-15"),
        _Fault("expires", "and expires", "BAD-SCHEDULE", "expires: 2025-08-29", "expires: 2025-08-30"),
        _Fault(
            "forged",
            "other words under an id and version that were signed before",
            "FORGED",
            "No key was",
            "No keys were",
        ),
    ):
        sim = begun()
        sim.release(edit=lambda text, fault=fault: _changed(text, fault))  # type: ignore[misc]  # bound at once
        yield one(
            f"entry-{fault.name}",
            fault.about,
            sim,
            look(sim, MAY, invalid(f"{fault.code} 3", also="DUE 2"), front=sim.entries[1]),
        )
    yield from _odd_entries()


def _changed(text: str, fault: _Fault) -> str:
    if fault.name == "previous":
        start = text.index(fault.old) + len(fault.old)
        return text[:start] + "0" * 64 + text[start + 64 :]
    if fault.old not in text:
        raise ValueError(fault.name)
    return text.replace(fault.old, fault.new, 1)


def _odd_entries() -> Iterator[Case]:
    sim = begun()
    sim.append_raw(b"no entry\n")
    yield one(
        "entry-malformed",
        "an entry that is none, under a checkpoint that the log key signed",
        sim,
        look(sim, MARCH, invalid("MALFORMED 3")),
    )
    sim = begun()
    sim.release(edit=lambda text: text.replace("release/v1", "release/v2", 1))
    yield one(
        "entry-newer",
        "a release of a newer format makes nothing invalid",
        sim,
        look(sim, MARCH, expect("UNKNOWN", "NEWER-FORMAT 3", release=OK_1), front=sim.entries[1]),
    )
    sim = begun()
    sim.release(at=noon("2025-02-01"))
    yield one(
        "entry-issued-backwards",
        "issued never decreases",
        sim,
        look(sim, MARCH, invalid("ISSUED-BACKWARDS 3"), front=sim.entries[1]),
    )
    sim = begun()
    sim.release(correction=True)
    yield one(
        "correction",
        "a second release of a period is a correction, with the same next",
        sim,
        look(sim, MARCH, expect("OK", release=OK_2)),
    )
    sim = begun()
    sim.release(reword={"gag": "Other words."})
    sim.release(statements=(KEYS, GAG))
    down = expect("INVALID", "VERSION-DOWN 4", "REWORDED 3", "DUE 3", release=OK_2)
    yield one(
        "entry-version-down",
        "no statement goes back to an earlier version",
        sim,
        look(sim, "2025-08-10", down, front=sim.entries[2]),
    )
    sim = roster_only()
    sim.release(at=noon("2025-01-25"), statements=(KEYS,))
    early = expect("INVALID", "BAD-SCHEDULE 2")
    yield one(
        "entry-before-window-0",
        "no release before the first window opens",
        sim,
        look(sim, "2025-01-26", early, front=404),
    )
    sim = begun()
    release_alone = Publisher(("legal", "security"))
    release_alone.append_raw(sim.entries[1])
    first = look(release_alone, MARCH, expect("INVALID", "PIN-MISMATCH 1"))
    yield one("entry-first", "a log begins with the pinned roster", sim, first)


def signatures() -> Iterator[Case]:
    """Returns the watchers of `look/signatures`."""
    three = ("legal", "security", "director")
    for name, about, options, expected in (
        ("threshold", "two of three", {"signed_by": ("legal", "director")}, FRESH),
        (
            "below-threshold",
            "one of three, where two are needed",
            {"signed_by": ("legal",)},
            expect("INVALID", "BELOW-THRESHOLD 2"),
        ),
        (
            "repeated",
            "a key counts once however often it signs",
            {"signed_by": ("legal",), "tamper": repeated("legal", 3)},
            expect("INVALID", "BELOW-THRESHOLD 2"),
        ),
        ("repeated-bad", "what repeats a key is not read", {"tamper": repeated("legal")}, FRESH),
        (
            "bad",
            "one bad signature rejects the entry, though two others are right",
            {"tamper": spoiled("director")},
            expect("INVALID", "BAD-SIGNATURE 2"),
        ),
        (
            "forged",
            "so does one by another key in a signer's name",
            {"tamper": by_another_key("director")},
            expect("INVALID", "BAD-SIGNATURE 2"),
        ),
        ("stranger", "a stranger's signature is ignored", {"tamper": with_stranger()}, FRESH),
        (
            "stranger-instead",
            "and does not count",
            {"signed_by": ("legal",), "tamper": with_stranger()},
            expect("INVALID", "BELOW-THRESHOLD 2"),
        ),
    ):
        sim = roster_only(signers=three)
        sim.release(statements=(KEYS, GAG), **options)
        yield one(f"signature-{name}", about, sim, look(sim, MARCH, expected))
    sim = Publisher(three, threshold=2)
    sim.roster(signed_by=("legal", "security"))
    yield one(
        "signature-roster-1",
        "roster 1 is signed by everyone in it",
        sim,
        look(sim, "2025-01-25", expect("INVALID", "BELOW-THRESHOLD 1")),
    )


def rotations() -> Iterator[Case]:
    """Returns the watchers of `look/rotations`."""
    day = noon("2025-03-01")
    for name, about, options, expected in (
        (
            "joins",
            "a third signer joins (a first period is compared with nothing)",
            {"add": ("director",)},
            expect("OK", "SIGNERS-CHANGED 3 remark", release=OK_1),
        ),
        (
            "new-key-silent",
            "every new key must sign",
            {"add": ("director",), "signed_by": ("legal", "security")},
            invalid("BELOW-THRESHOLD", 3),
        ),
        (
            "old-silent",
            "the old threshold of old keys must sign",
            {"replacing": {"security": "security-2"}, "signed_by": ("legal", "security-2")},
            invalid("BELOW-THRESHOLD", 3),
        ),
        (
            "replaced",
            "a replaced key has a new name",
            {"replacing": {"security": "security-2"}},
            expect("OK", "SIGNERS-CHANGED 3 remark", release=OK_1),
        ),
        (
            "number",
            "rosters are counted without a gap",
            {"edit": lambda text: text.replace("roster: 2", "roster: 3")},
            invalid("NUMBER-GAP", 3),
        ),
    ):
        sim = begun()
        sim.roster(at=day, **options)
        yield one(f"rotation-{name}", about, sim, look(sim, MARCH, expected))
    sim = begun()
    sim.seeds["security"] = "another key of security"
    sim.roster(at=day)
    yield one(
        "rotation-same-name", "a name never carries a second key", sim, look(sim, MARCH, invalid("BAD-ROTATION", 3))
    )
    sim = roster_only(signers=("legal", "security", "director"))
    sim.release(statements=(KEYS, GAG))
    sim.roster(at=day, threshold=3, signed_by=("legal", "security"))
    above = look(sim, MARCH, invalid("BELOW-THRESHOLD", 3))
    yield one("rotation-own-threshold", "and the new roster's own threshold of its own signers", sim, above)


def releases() -> Iterator[Case]:
    """Returns the watchers of `look/releases`."""
    sim = begun()
    sim.roster(at=noon("2025-02-10"), start=date(2025, 3, 1), cadence="1 month", window=7, grace=7)
    sim.release(at=noon("2025-03-02"))
    yield one(
        "new-grid",
        "a release is judged by the newest roster before it",
        sim,
        look(sim, "2025-03-20", expect("OK", release=(2, 4))),
    )
    late = begun()
    late.release(at=noon("2025-06-20"))
    yield one(
        "late",
        "lateness does not shift the grid",
        late,
        look(late, "2025-07-31", expect("OK", release=OK_2)),
        look(late, "2025-08-29T00:00:00Z", expect("EXPIRED", "EXPIRED 3", release=OK_2)),
    )


def changes() -> Iterator[Case]:
    """Returns the watchers of `look/changes`."""
    sim = begun()
    sim.release(
        add={"audit": "Nobody audited us."},
        reword={"gag": "Nobody told us to be silent."},
    )
    yield one(
        "added-and-reworded",
        "compared with the last release of an earlier period",
        sim,
        look(sim, JUNE, expect("CHANGED", "ADDED 3", "REWORDED 3", release=OK_2)),
    )
    sim.release()
    yield one(
        "changes-grow-old",
        "a period later they are remarks",
        sim,
        look(sim, "2025-09-10", expect("OK", "ADDED 3 remark", "REWORDED 3 remark", release=(3, 4))),
    )
    sim = begun()
    sim.release(without=("gag",))
    sim.release(correction=True)
    gone = expect("WITHDRAWN", "WITHDRAWN 4", "WITHDRAWN 3 remark", release=(3, 4))
    yield one("withdrawn", "a statement is gone, and a correction hides nothing", sim, look(sim, JUNE, gone))
    sim.release(add={"gag": GAG.words})
    back = expect("CHANGED", "REINSTATED 5", "WITHDRAWN 3 remark", release=(4, 5))
    yield one("reinstated", "a statement that is back", sim, look(sim, "2025-09-10", back))
    sim = begun()
    sim.roster(
        at=noon("2025-03-01"), replacing={"security": "treasurer"}, threshold=1, anchor_age=timedelta(days=3), window=20
    )
    sim.release(anchors=(Anchor("of-a-later-kind", "x"),))
    changed = (
        "SIGNERS-CHANGED 3",
        "THRESHOLD-CHANGED 3",
        "ANCHOR-RULE-UNPROVED 4",
        "SCHEDULE-LENGTHENED 3",
        "ANCHOR-RULE-CHANGED 3",
        "ANCHOR-CLAIM 4",
    )
    yield one(
        "roster-changed",
        "a roster that changes everything a watcher must know of",
        sim,
        look(sim, JUNE, expect("CHANGED", *changed, release=(2, 4))),
    )


def endings() -> Iterator[Case]:
    """Returns the watchers of `look/endings`."""
    sim = begun()
    sim.release(final=True)
    for now in (JUNE, "2035-06-10"):
        yield one(
            f"final-{now[:4]}",
            "a canary that ended by itself has no time status any more",
            sim,
            look(sim, now, expect("RETIRED", "RETIRED 3", release=OK_2)),
        )
    after = sim.fork_at(3)
    after.release()
    yield one(
        "after-final",
        "nothing may follow the last release",
        after,
        look(
            after, "2025-09-10", expect("INVALID", "AFTER-FINAL 4", "RETIRED 3", release=OK_2), front=after.entries[2]
        ),
    )
    sim = begun()
    sim.release(without=("gag",))
    sim.release(final=True)
    hidden = expect("WITHDRAWN", "WITHDRAWN 4", "WITHDRAWN 3 remark", "RETIRED 4", release=(3, 4))
    yield one(
        "final-hides", "an ending affirms every statement of the last two periods", sim, look(sim, "2025-09-10", hidden)
    )
    sim = begun()
    sim.release(final=True, reword={"gag": "Other words."})
    reworded = expect("WITHDRAWN", "WITHDRAWN 3", "REWORDED 3", "RETIRED 3", release=OK_2)
    yield one("final-rewords", "in its newest wording", sim, look(sim, JUNE, reworded))
