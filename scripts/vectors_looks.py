"""Vectors of first looks: what a watcher with a pin and without a state is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from canary.core.text.strict import digest
from scripts import vectors_anchors, vectors_entries, vectors_grids
from scripts.vectors_edits import WITNESS
from scripts.vectors_format import Case, Vector, expect, look_vector
from scripts.vectors_scene import (
    FRESH,
    JUNE,
    KEYS,
    MARCH,
    OK_1,
    OK_2,
    begun,
    invalid,
    look,
    nothing,
    one,
    roster_only,
)
from tests.simulator import spoiled

HTML = b"<!doctype html>\n<title>Sign in</title>\n"


def look_vectors() -> Iterator[Vector]:
    """Returns every vector of first looks."""
    for name, about, cases in (
        ("times", "what time alone says", [*_times(), *_as_of()]),
        ("pins", "with the pin, without one, and with another", _pins()),
        ("answers", "what a host answers where no log comes back", _answers()),
        ("log", "the checkpoint and the root", _log()),
        ("entries", "the chain, and what a release must be", vectors_entries.entries()),
        ("signatures", "who signed, and whether that is enough", vectors_entries.signatures()),
        ("rotations", "rosters after the first", vectors_entries.rotations()),
        ("grids", "schedules that change", vectors_grids.grids()),
        ("releases", "which roster judges a release", vectors_entries.releases()),
        ("beside", "canary.txt and attachments, which lie beside the log", _beside()),
        ("changes", "what changed, from a pin alone", vectors_entries.changes()),
        ("endings", "final releases", vectors_entries.endings()),
        ("anchors", "what anchors prove of when a release was signed", vectors_anchors.anchors()),
    ):
        yield look_vector(f"look/{name}", about, cases)


def _times() -> Iterator[Case]:
    sim = begun()
    cases = (
        ("2025-02-02T12:00:00Z", "OK", ()),
        ("2025-04-30T23:59:59Z", "OK", ()),
        ("2025-05-01T00:00:00Z", "DUE", ("DUE 2",)),
        ("2025-05-14T23:59:59Z", "DUE", ("DUE 2",)),
        ("2025-05-15T00:00:00Z", "OVERDUE", ("OVERDUE 2",)),
        ("2025-05-28T23:59:59Z", "OVERDUE", ("OVERDUE 2",)),
        ("2025-05-29T00:00:00Z", "EXPIRED", ("EXPIRED 2",)),
    )
    looks = [look(sim, now, expect(status, *findings, release=OK_1)) for now, status, findings in cases]
    yield one("time", "a release is fresh, due, overdue and expired by its own next and expires", sim, *looks)
    nearly = [
        look(sim, "2025-02-02T11:50:00Z", expect("OK", release=OK_1)),
    ]
    yield one("issued-ahead", "issued ten minutes after now is allowed: two honest clocks differ", sim, *nearly)
    future = expect("INVALID", "FUTURE-ISSUED 2")
    yield one("issued-in-the-future", "and one second more is not", sim, look(sim, "2025-02-02T11:49:59Z", future))
    sim.release()
    early = expect("OK", release=OK_1)
    yield one(
        "as-of",
        "the log is cut before the first entry issued after the moment it is judged as of",
        sim,
        look(sim, "2025-05-02T11:59:59Z", expect("DUE", "DUE 2", release=OK_1), "as-of"),
        look(sim, MARCH, early, "as-of"),
        look(sim, "2025-01-23", expect("UNKNOWN", "NO-RELEASE"), "as-of"),
        look(sim, "2025-01-21", expect("UNKNOWN", "NO-RELEASE"), "as-of"),
    )


def _as_of() -> Iterator[Case]:
    sim = begun()
    sim.release()
    at = look(sim, "2025-05-02T12:00:00Z", expect("OK", release=OK_2), "as-of")
    yield one("as-of-issued", "an entry issued at that very moment counts", sim, at)
    bad = begun()
    bad.release(tamper=spoiled("legal"))
    before = look(bad, MARCH, FRESH, "as-of")
    yield one("as-of-before", "what is wrong with a later entry is no fault as of that moment", bad, before)


def _pins() -> Iterator[Case]:
    sim = begun()
    would = expect("UNKNOWN", "NO-PIN", "WOULD-BE", release=OK_1)
    yield Case("no-pin", "without a pin everything is checked, and nothing is known", None, (look(sim, MARCH, would),))
    first = [
        look(sim, MARCH, expect("OK", "TRUSTED-FIRST-USE", release=OK_1), "first-use"),
        look(sim, MARCH, expect("OK", "TRUSTED-FIRST-USE", release=OK_1)),
    ]
    yield Case("first-use", "roster 1 taken as it was first seen, and told so ever after", None, tuple(first))
    bad = begun()
    bad.release(tamper=spoiled("legal"))
    refused = expect("UNKNOWN", "BAD-SIGNATURE 3", "NO-PIN", "WOULD-BE", "EXPIRED 2", release=OK_1)
    yield Case(
        "first-use-invalid",
        "a log that does not hold is not trusted at its first use",
        None,
        (look(bad, JUNE, refused, "first-use"),),
    )
    forged = sim.entries[1].replace(b"was ever", b"was yet", 1)
    lied = expect("UNKNOWN", "NOT-IN-LOG", "NO-PIN", "WOULD-BE", release=OK_1)
    trusted = expect("OK", "TRUSTED-FIRST-USE", release=OK_1)
    twice = (look(sim, MARCH, lied, "first-use", front=forged), look(sim, MARCH, trusted, "first-use"))
    yield Case("first-use-not-in-log", "nor is one with a lie beside it", None, twice)
    confirmed = replace(look(sim, "2025-03-11", FRESH), pin=sim.pin)
    about = "once somebody gives the same pin, it is no first use any more"
    yield Case("first-use-confirmed", about, None, (look(sim, MARCH, trusted, "first-use"), confirmed))
    unsigned = sim.checkpoint(root=bytes(32), signed_by="stranger")
    junk = expect("UNKNOWN", "INCONSISTENT remark", "NEVER-FETCHED", "NO-PIN", release=OK_1)
    taken = (look(sim, MARCH, junk, "first-use", checkpoint=unsigned), look(sim, MARCH, would))
    yield Case("first-use-junk", "nor is what nobody signed", None, taken)
    wrong = digest(b"another roster\n")
    yield Case(
        "pin-mismatch",
        "another roster 1 than the pinned one",
        wrong,
        (look(sim, MARCH, expect("INVALID", "PIN-MISMATCH 1")),),
    )


def _answers() -> Iterator[Case]:
    sim = begun()
    for name, about, answer, findings, status in (
        ("unreachable", "never fetched", "unreachable", ("UNREACHABLE remark", "NEVER-FETCHED"), "UNKNOWN"),
        ("forbidden", "403 says nothing about a canary", 403, ("UNREACHABLE remark", "NEVER-FETCHED"), "UNKNOWN"),
        ("unavailable", "nor does 503", 503, ("UNREACHABLE remark", "NEVER-FETCHED"), "UNKNOWN"),
        ("not-found", "who has a pin knows that a canary was there", 404, ("MISSING",), "MISSING"),
        ("legal-reasons", "451 is MISSING like 404 and 410", 451, ("MISSING",), "MISSING"),
    ):
        yield one(name, about, sim, nothing(MARCH, expect(status, *findings), checkpoint=answer))
    unknown = expect("UNKNOWN", "MISSING remark", "NEVER-FETCHED", "NO-PIN")
    yield Case("not-found-no-pin", "without a pin a 404 says little", None, (nothing(MARCH, unknown, checkpoint=404),))
    yield one(
        "html",
        "a page of a captive portal is no canary, and no trip",
        sim,
        nothing(MARCH, expect("UNKNOWN", "NOT-A-CANARY remark", "NEVER-FETCHED"), checkpoint=HTML),
    )
    yield one(
        "no-bundles",
        "a checkpoint whose entries are not there: between two uploads",
        sim,
        nothing(MARCH, expect("UNKNOWN", "INCONSISTENT remark", "NEVER-FETCHED"), checkpoint=sim.checkpoint()),
    )


def _log() -> Iterator[Case]:
    sim = begun()
    junk = [sim.entries[0], sim.entries[1] + b"x"]
    yield one(
        "root-mismatch",
        "entries that do not hash to the root which the log key signed",
        sim,
        look(sim, MARCH, expect("INVALID", "ROOT-MISMATCH"), entries=junk, front=404),
    )
    stranger = sim.checkpoint(root=bytes(32), signed_by="stranger")
    yield one(
        "root-mismatch-unsigned",
        "a root that nobody signed proves nothing",
        sim,
        look(sim, MARCH, expect("UNKNOWN", "INCONSISTENT remark", "NEVER-FETCHED", release=OK_1), checkpoint=stranger),
    )
    yield one(
        "checkpoint-unsigned",
        "a right root that another key signed",
        sim,
        look(sim, MARCH, invalid("CHECKPOINT-UNSIGNED"), checkpoint=sim.checkpoint(signed_by="stranger")),
    )
    yield one(
        "checkpoint-origin",
        "the log key signed a checkpoint of another origin",
        sim,
        look(sim, MARCH, invalid("OTHER-CANARY"), checkpoint=sim.checkpoint(origin="example.org/canary")),
    )
    empty = sim.checkpoint(0)
    yield one(
        "empty-log",
        "a log of no entries",
        sim,
        look(
            sim,
            MARCH,
            expect("UNKNOWN", "INCONSISTENT remark", "NEVER-FETCHED"),
            checkpoint=empty,
            entries=[],
            front=404,
        ),
    )
    newer = begun()
    newer.release(edit=lambda text: text.replace("release/v1", "release/v2", 1))
    expected = invalid("CHECKPOINT-UNSIGNED")
    over = newer.checkpoint(signed_by="stranger")
    unsigned = look(newer, MARCH, expected, checkpoint=over, front=newer.entries[1])
    yield one("newer-unsigned", "a newer release under a checkpoint that the log key did not sign", newer, unsigned)
    newer = begun()
    newer.roster(edit=lambda text: text.replace("roster/v1", "roster/v2", 1))
    unknown = expect("UNKNOWN", "NEWER-FORMAT 3", release=OK_1)
    may_be = look(newer, MARCH, unknown, checkpoint=newer.checkpoint(signed_by="stranger"))
    yield one("newer-roster-unsigned", "a newer roster may name that very key", newer, may_be)
    alone = roster_only()
    yield one(
        "no-release",
        "a roster, and nothing said yet",
        alone,
        look(alone, "2025-01-25", expect("UNKNOWN", "NO-RELEASE")),
    )
    witnessed = begun(witnesses=(WITNESS,), edit=lambda text: text.replace("witness-quorum: 0", "witness-quorum: 1"))
    yield one(
        "witnesses",
        "a quorum of witnesses that is not checked yet, and told so",
        witnessed,
        look(witnessed, MARCH, expect("OK", "WITNESSES-NOT-CHECKED 2", release=OK_1)),
    )


def _beside() -> Iterator[Case]:
    sim = begun()
    sim.release()
    first, second = sim.entries[1:3]
    cases: tuple[tuple[str, str, bytes | int, str, str], ...] = (
        ("missing", "canary.txt is one of the canary's own paths", 404, "MISSING", "MISSING"),
        ("unavailable", "canary.txt that could not be read", 503, "UNREACHABLE", "UNREACHABLE"),
        ("older", "an older release of this log, from a cache", first, "INCONSISTENT", "UNREACHABLE"),
        ("html", "junk is no lie", HTML, "INCONSISTENT", "UNREACHABLE"),
        ("cut-short", "the newest release, cut short", second[:400], "INCONSISTENT", "UNREACHABLE"),
        (
            "not-in-log",
            "a release that is in no log",
            second.replace(b"was ever", b"was yet", 1),
            "NOT-IN-LOG",
            "INVALID",
        ),
    )
    for name, about, front, code, status in cases:
        yield one(f"front-{name}", about, sim, look(sim, JUNE, expect(status, code, release=OK_2), front=front))
    longer = sim.fork_at(3)
    newer = longer.release()
    yield one(
        "front-newer",
        "the next release, whose checkpoint is not uploaded yet",
        sim,
        look(sim, "2025-08-10", expect("UNREACHABLE", "INCONSISTENT", "DUE 3", release=OK_2), front=newer),
    )
    further = longer.release()
    still = expect("UNREACHABLE", "INCONSISTENT", "DUE 3", release=OK_2)
    later = look(sim, "2025-08-10", still, front=further)
    yield one("front-newer-still", "or one beyond the next, of which nothing else is known", sim, later)
    attached = roster_only()
    attached.release(statements=(KEYS,), attachments={"report.pdf": b"A report.\n"})
    path = "releases/1/files/report.pdf"
    intact = look(attached, MARCH, FRESH, attachments={path: b"A report.\n"})
    again = look(attached, "2025-03-11", FRESH, attachments={path: b"Another report.\n"})
    yield one("attachment-once", "what was found intact is not asked for again", attached, intact, again)
    for name, about, answer, findings, status in (
        ("intact", "an attachment that is the one that was signed", b"A report.\n", (), "OK"),
        ("changed", "another file", b"Another report.\n", ("ATTACHMENT-CHANGED",), "INVALID"),
        ("missing", "no file", 404, ("ATTACHMENT-MISSING",), "UNREACHABLE"),
        ("page", "a host's own page where nothing lies", HTML, ("ATTACHMENT-MISSING",), "UNREACHABLE"),
    ):
        yield one(
            f"attachment-{name}",
            about,
            attached,
            look(attached, MARCH, expect(status, *findings, release=OK_1), attachments={path: answer}),
        )
