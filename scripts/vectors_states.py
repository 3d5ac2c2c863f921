"""Vectors of watchers who remember: each look begins with the state that the one before it left."""

from __future__ import annotations

from collections.abc import Iterator

from canary.core.signed.note import parse_note
from scripts.vectors_format import Case, Look, Vector, expect, look_vector
from scripts.vectors_grids import lengthened
from scripts.vectors_scene import GAG, JUNE, KEYS, MARCH, MAY, OK_1, OK_2, begun, look, nothing
from tests.simulator import Publisher, noon, spoiled

FIRST = expect("OK", release=OK_1)
SECOND = expect("OK", release=OK_2)
HTML = b"<!doctype html>\n<title>Sign in</title>\n"


def state_vectors() -> Iterator[Vector]:
    """Returns every vector of watchers who remember."""
    for name, about, cases in (
        ("time", "time goes on, whatever the host answers", _time_goes_on()),
        ("changes", "what changed since the last look, until a person acknowledges it", _acknowledged()),
        ("schedule", "schedules that got longer", lengthened()),
        ("forks", "two logs that cannot both be", _forks()),
        ("older-copies", "copies that are shorter than what is stored", _older_copies()),
        ("clock", "a clock that went back", _clocks()),
        ("log-keys", "a log key that was replaced", _log_keys()),
        ("rejected", "what does not hold changes nothing", _rejected()),
        ("endings", "a canary that ended", _endings()),
    ):
        yield look_vector(f"state/{name}", about, cases)


def _all(name: str, about: str, sim: Publisher, *looks: Look) -> Case:
    return Case(name, about, sim.pin, looks)


def _after_second(name: str, about: str, sim: Publisher, *looks: Look) -> Case:
    """Returns a watcher who has seen the second release, and looks again."""
    return _all(name, about, sim, look(sim, JUNE, SECOND), *looks)


def _time_goes_on() -> Iterator[Case]:
    sim = begun()
    first = look(sim, MARCH, FIRST)
    unreachable = expect("UNREACHABLE", "UNREACHABLE", release=OK_1)
    yield _all(
        "unreachable",
        "what is stored is judged by time alone: unreachable is not dead, and time expires a canary all the same",
        sim,
        first,
        nothing("2025-04-01", unreachable),
        nothing("2025-05-02", expect("UNREACHABLE", "UNREACHABLE", "DUE 2", release=OK_1)),
        nothing("2025-05-20", expect("OVERDUE", "UNREACHABLE", "OVERDUE 2", release=OK_1)),
        nothing("2025-05-29T00:00:00Z", expect("EXPIRED", "UNREACHABLE", "EXPIRED 2", release=OK_1)),
    )
    for name, about, answer, code, status in (
        ("html", "junk where the checkpoint was", HTML, "NOT-A-CANARY", "UNREACHABLE"),
        ("gone", "the host says that it is not there", 410, "MISSING", "MISSING"),
        ("no-bundles", "a new checkpoint whose entries are not there", _next(sim), "INCONSISTENT", "UNREACHABLE"),
    ):
        later = nothing("2025-04-01", expect(status, code, release=OK_1), checkpoint=answer)
        yield _all(name, about, sim, first, later, look(sim, "2025-04-02", FIRST))
    sim.release()
    yield _all("followed", "a release a quarter", sim, look(sim, MARCH, FIRST, size=2), look(sim, JUNE, SECOND))


def _acknowledged() -> Iterator[Case]:
    sim = begun()
    sim.release(without=("gag",))
    sim.release(add={"gag": GAG.words})
    gone = expect("WITHDRAWN", "WITHDRAWN 3", release=OK_2)
    both = expect("WITHDRAWN", "WITHDRAWN 3", "REINSTATED 4", release=(3, 4))
    yield _all(
        "withdrawn",
        "a withdrawal stays until a person acknowledges it; that it came back does not erase it",
        sim,
        look(sim, MARCH, FIRST, size=2),
        look(sim, JUNE, gone, size=3),
        look(sim, "2025-06-11", gone, size=3),
        look(sim, "2025-09-10", both),
        look(sim, "2025-09-11", expect("OK", release=(3, 4)), "acknowledge"),
        look(sim, "2025-09-12", expect("OK", release=(3, 4))),
    )
    sim = begun()
    sim.release(without=("gag",))
    sim.release(add={"gag": GAG.words}, correction=True)
    yield _all(
        "withdrawn-between",
        "what happened between two looks is found",
        sim,
        look(sim, MARCH, FIRST, size=2),
        look(sim, JUNE, both),
    )
    sim = begun()
    sim.release(reword={"gag": "Nobody told us to be silent."}, add={"audit": "Nobody audited us."})
    told = expect("CHANGED", "REWORDED 3", "ADDED 3", release=OK_2)
    yield _all(
        "first-look-changes",
        "changes found at a first look stay too, until they are acknowledged",
        sim,
        look(sim, JUNE, told),
        look(sim, "2025-06-11", expect("CHANGED", "REWORDED 3", release=OK_2)),
        look(sim, "2025-06-12", SECOND, "acknowledge"),
    )
    sim = begun()
    sim.roster(at=noon("2025-03-01"), replacing={"security": "treasurer"}, threshold=1)
    changed = expect("CHANGED", "SIGNERS-CHANGED 3", "THRESHOLD-CHANGED 3", release=OK_1)
    yield _all(
        "roster",
        "with a state a change of roster is told at once",
        sim,
        look(sim, "2025-02-10", FIRST, size=2),
        look(sim, MARCH, changed),
        look(sim, "2025-03-11", changed),
        look(sim, "2025-03-12", FIRST, "acknowledge"),
    )


def _forks() -> Iterator[Case]:
    sim = begun()
    sim.release()
    other = sim.fork_at(2)
    other.release(reword={"gag": "Other words."})
    found = expect("INVALID", "TEXT-FORK 3", release=OK_2)
    yield _after_second(
        "text-fork",
        "two texts of one entry that the quorum signed; it stays, however fine the next copy is",
        sim,
        look(other, "2025-06-11", found),
        look(sim, "2025-06-12", found),
        look(sim, "2025-06-13", SECOND, "acknowledge"),
    )
    short = sim.fork_at(2)
    short.release(signed_by=("legal",))
    log_fork = expect("INVALID", "LOG-FORK 3", "BELOW-THRESHOLD 3", release=OK_2)
    yield _after_second(
        "log-fork-below-threshold",
        "two logs, one of which the log key alone signed",
        sim,
        look(short, "2025-06-11", log_fork, front=404),
    )
    lines = sim.fork_at(2)
    entry = parse_note(sim.entries[2])
    lines.append_raw(type(entry)(entry.text, entry.signatures[::-1]).render())
    yield _after_second(
        "log-fork-same-text",
        "two entries of one text are two logs",
        sim,
        look(lines, "2025-06-11", expect("INVALID", "LOG-FORK 3", release=OK_2)),
    )
    root = sim.checkpoint(root=bytes(32))
    kept = expect("INVALID", "LOG-FORK", "INCONSISTENT", release=OK_2)
    yield _after_second(
        "log-fork-withheld",
        "another root over as many entries, whose entries are withheld",
        sim,
        nothing("2025-06-11", kept, checkpoint=root),
    )
    smaller = sim.checkpoint(2, root=bytes(32))
    yield _after_second(
        "log-fork-smaller",
        "another root over fewer entries than are stored",
        sim,
        nothing("2025-06-11", kept, checkpoint=smaller),
    )
    stranger = sim.checkpoint(root=bytes(32), signed_by="stranger")
    nobody = expect("UNREACHABLE", "INCONSISTENT", release=OK_2)
    yield _after_second(
        "no-fork-unsigned",
        "a root that a stranger signed is no fork",
        sim,
        look(sim, "2025-06-11", nobody, checkpoint=stranger),
    )
    origin = sim.checkpoint(root=bytes(32), origin="example.org/canary")

    yield _after_second(
        "no-fork-other-origin",
        "nor is one that the log key signed under another origin",
        sim,
        nothing("2025-06-11", nobody, checkpoint=origin),
    )
    junk = sim.fork_at(2)
    junk.append_raw(b"no entry\n")
    malformed = expect("INVALID", "MALFORMED 3", release=OK_2)
    foreign = look(junk, "2025-06-11", malformed, checkpoint=junk.checkpoint(origin="example.org/canary"), front=404)
    about = "nor are other entries under such a one, though they are wrong enough by themselves"
    yield _after_second("no-fork-other-origin-entries", about, sim, foreign)


def _older_copies() -> Iterator[Case]:
    sim = begun()
    sim.release()
    stale = expect("UNREACHABLE", "STALE-COPY", release=OK_2)
    rollback = expect("INVALID", "ROLLBACK", release=OK_2)
    yield _after_second(
        "rollback",
        "an older copy is a lagging mirror for a day, and a rollback then; a newer one ends it",
        sim,
        look(sim, "2025-06-11T00:00:00Z", stale, size=2),
        look(sim, "2025-06-11T23:59:59Z", stale, size=2),
        look(sim, "2025-06-12T00:00:00Z", rollback, size=2),
        look(sim, "2025-06-12T01:00:00Z", SECOND),
        look(sim, "2025-06-12T02:00:00Z", stale, size=2),
    )
    yield _after_second(
        "stale-recovered",
        "a good copy in between begins the day anew",
        sim,
        look(sim, "2025-06-11", stale, size=2),
        look(sim, "2025-06-11T18:00:00Z", SECOND),
        look(sim, "2025-06-12T18:00:00Z", stale, size=2),
    )
    expired = expect("EXPIRED", "STALE-COPY", "EXPIRED 3", release=OK_2)
    yield _after_second(
        "stale-expired",
        "an older copy extends nothing",
        sim,
        look(sim, "2025-08-29T00:00:00Z", expired, size=2),
    )


def _clocks() -> Iterator[Case]:
    sim = begun()
    back = expect("UNKNOWN", "CLOCK-BACKWARDS", release=OK_1)
    yield _all(
        "clock",
        "a clock that went back by more than ten minutes cannot be believed, until somebody says that it is right",
        sim,
        look(sim, "2025-03-10T12:00:00Z", FIRST),
        look(sim, "2025-03-10T11:50:00Z", FIRST),
        look(sim, "2025-03-10T11:49:59Z", back),
        look(sim, "2025-03-01", back),
        look(sim, "2025-03-01", FIRST, "trust-clock"),
        look(sim, "2025-03-02", FIRST),
    )
    sim.release()
    ahead = expect("UNKNOWN", "CLOCK-BACKWARDS", release=OK_2)
    yield _all(
        "clock-and-new-entry",
        "an entry as new as an earlier look is no forgery where the clock went back",
        sim,
        look(sim, "2025-05-10", expect("DUE", "DUE 2", release=OK_1), size=2),
        look(sim, "2025-05-01T12:00:00Z", ahead),
    )


def _log_keys() -> Iterator[Case]:
    sim = begun()
    sim.roster(at=noon("2025-03-01"), new_log_key=True)
    sim.release()
    old = sim.checkpoint(4, signed_by="log")
    yield _all(
        "log-key",
        "a roster replaces the log key; with a state only the newest one speaks",
        sim,
        look(sim, "2025-02-10", FIRST, size=2),
        look(sim, JUNE, expect("OK", release=(2, 4))),
        look(sim, "2025-06-11", expect("INVALID", "CHECKPOINT-UNSIGNED", release=(2, 4)), checkpoint=old),
    )
    stale = expect("UNREACHABLE", "STALE-COPY", release=(2, 4))
    yield _all(
        "log-key-old-copy",
        "what the old log key signed in its time is an old copy and nothing worse",
        sim,
        look(sim, JUNE, expect("OK", release=(2, 4))),
        look(sim, "2025-06-11", stale, size=2),
    )
    known = expect("OK", release=(2, 4))
    other = sim.fork_at(2)
    other.release(signed_by=("legal",))
    powerless = expect("INVALID", "BELOW-THRESHOLD 3", release=(2, 4))
    wrong = look(other, "2025-06-11", powerless, front=404)
    about = "what the old log key signs now proves nothing, and nothing of it stays"
    yield _all("log-key-old-fork", about, sim, look(sim, JUNE, known), wrong, look(sim, "2025-06-12", known))


def _rejected() -> Iterator[Case]:
    sim = begun()
    sim.release(tamper=spoiled("legal"))
    due = expect("INVALID", "BAD-SIGNATURE 3", "DUE 2", release=OK_1)
    yield _all(
        "rejected",
        "rejected bytes advance nothing, and what valid signatures prove stays",
        sim,
        look(sim, MARCH, FIRST, size=2),
        look(sim, MAY, due),
        look(sim, "2025-05-20", expect("INVALID", "BAD-SIGNATURE 3", "OVERDUE 2", release=OK_1), size=2),
        look(sim, "2025-05-20T13:00:00Z", expect("OVERDUE", "OVERDUE 2", release=OK_1), "acknowledge", size=2),
    )
    sim = begun()
    sim.release(without=("gag",))
    sim.append_raw(b"no entry\n")
    hidden = expect("INVALID", "MALFORMED 4", "WITHDRAWN 3", release=OK_2)
    yield _all(
        "junk-behind",
        "what enough signers signed counts, whatever follows it",
        sim,
        look(sim, MARCH, FIRST, size=2),
        look(sim, JUNE, hidden, front=sim.entries[2]),
    )
    sim = begun()
    other = Publisher(("mallory", "trudy"))
    other.roster(new_log_key=True)
    other.release(statements=(KEYS,))
    seized = expect("INVALID", "PIN-MISMATCH 1", release=OK_1)
    yield _all(
        "another-canary",
        "another roster 1 in the place of the pinned one",
        sim,
        look(sim, MARCH, FIRST),
        look(other, "2025-03-11", seized),
        look(sim, "2025-03-12", FIRST),
    )


def _endings() -> Iterator[Case]:
    sim = begun()
    sim.release(final=True)
    retired = expect("RETIRED", "RETIRED 3", release=OK_2)
    yield _all(
        "final",
        "a canary that ended may be taken down",
        sim,
        look(sim, MARCH, FIRST, size=2),
        look(sim, JUNE, retired),
        nothing("2026-06-10", expect("RETIRED", "RETIRED 3", "MISSING remark", release=OK_2), checkpoint=404),
        nothing("2026-06-11", expect("RETIRED", "RETIRED 3", "UNREACHABLE remark", release=OK_2)),
    )
    sim = begun()
    sim.release(final=True, without=("gag",))
    yield _all(
        "final-hides",
        "an ending cannot hide a withdrawal",
        sim,
        look(sim, MARCH, FIRST, size=2),
        look(sim, JUNE, expect("WITHDRAWN", "WITHDRAWN 3", "RETIRED 3", release=OK_2)),
    )
    sim = begun()
    sim.release(final=True, reword={"gag": "Other words."})
    both = expect("WITHDRAWN", "WITHDRAWN 3", "REWORDED 3", "RETIRED 3", release=OK_2)
    looks = (look(sim, MARCH, FIRST, size=2), look(sim, JUNE, both))
    yield _all("final-rewords", "nor can a rewording at the end", sim, *looks)


def _next(sim: Publisher) -> bytes:
    """Returns the checkpoint of a log with one more release."""
    longer = sim.fork_at(len(sim.entries))
    longer.release()
    return longer.checkpoint()
