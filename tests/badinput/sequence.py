"""Entries out of their order, numbers that skip or repeat, dates of their own, and what follows an end."""

from __future__ import annotations

from datetime import timedelta

from canary.core.judging.findings import Code
from canary.core.signed.entry import parse_entry
from canary.core.signed.note import parse_note
from tests.badinput.row import (
    ALL,
    INVALID,
    SECOND,
    WITHDRAWN,
    Build,
    Given,
    Kept,
    Row,
    Told,
    begun,
    given,
    invalid,
    release,
    roster,
    row,
    swap,
)
from tests.simulator import Publisher, noon


def gap(words: str) -> Told:
    """Returns the finding of a number that is not the next one."""
    return invalid(Code.NUMBER_GAP, words)


def chain(words: str, *, entry: int = 3) -> Told:
    """Returns the finding of an entry that does not follow the one before it."""
    return invalid(Code.CHAIN_BROKEN, words, entry=entry)


def dates(words: str) -> Told:
    """Returns the finding of dates that are not the roster's."""
    return invalid(Code.BAD_SCHEDULE, words)


def issued(delta: timedelta) -> Build:
    """Returns a canary whose release 2 was issued so long after release 1."""

    def build() -> Given:
        sim = begun()
        sim.release(at=sim.releases[0].issued + delta)
        return given(sim)

    return build


def after_final(kind: str) -> Build:
    """Returns a canary in which something follows the final release."""

    def build() -> Given:
        sim = begun()
        sim.release(final=True)
        sim.release(correction=True) if kind == "release" else sim.roster()
        return given(sim, honest=3, seen=noon("2025-05-03"))

    return build


def hides_withdrawal(*, corrected: bool = False) -> Build:
    """Returns a canary that ends without a statement that stood, and maybe dropped it in a quick correction before."""

    def build() -> Given:
        sim = begun()
        if corrected:
            sim.release(without=["gag"], at=noon("2025-05-02"))
        sim.release(without=["gag"], final=True, at=noon("2025-05-03"))
        return given(sim)

    return build


def older_roster() -> Given:
    """Signs a release as the roster before the newest one asked for."""
    sim = begun()
    sim.roster(threshold=3)
    sim.release(signed_by=["legal", "security"])
    return given(sim, honest=3)


def by_a_later_roster() -> Given:
    """Signs a release by somebody who joins only afterwards."""
    sim = begun()
    later = sim.fork_at(2)
    later.roster(add=["auditor"])
    text = parse_note(sim.release()).text
    sim.rewind(2)
    sim.append_raw(sim.sign_text(text, ["legal", "auditor"], at=SECOND))
    return given(sim)


def twice() -> Given:
    """Puts an entry in twice."""
    sim = begun()
    sim.append_raw(sim.entries[1])
    return given(sim)


def left_out() -> Given:
    """Leaves an entry out of the row."""
    sim = begun()
    sim.release(), sim.release(correction=True)
    del sim.entries[2]
    return given(sim)


def swapped() -> Given:
    """Puts two entries into the other order."""
    sim = begun()
    sim.release(), sim.release(correction=True)
    sim.entries[2:] = reversed(sim.entries[2:])
    return given(sim)


def of_another_branch() -> Given:
    """Appends a release that follows another release 1."""
    sim = begun()
    other = sim.fork_at(1)
    other.release(announcements="Another release 1.")
    sim.append_raw(other.release())
    return given(sim)


def without_a_roster() -> Given:
    """Begins a log with a release."""
    sim = begun()
    honest = given(sim)
    text = parse_entry(sim.entries[1]).text.replace(b"entry: 2", b"entry: 1").replace(sim.pin.encode(), b"")
    sim.entries[:] = [sim.sign_text(text.replace(b"previous: sha256:", b"previous: none"), ALL, at=SECOND)]
    pin = parse_entry(sim.entries[0]).text_hash
    return Given(sim.site().files, pin, honest.state, sim.entries[0], honest.roster)


def same_number_twice() -> Given:
    """Numbers release 2 like release 1, with other words in it."""
    return release(swap("release: 2", "release: 1"))()


def grid(start: str) -> Build:
    """Returns a canary whose roster 2 has another grid."""
    return roster(swap("start: 2025-02-01", f"start: {start}"))


def future() -> Given:
    """Dates release 2 eleven minutes ahead."""
    sim = begun()
    sim.release()
    return given(sim, now=sim.releases[-1].issued - timedelta(minutes=11))


def no_correction() -> Given:
    """Dates a correction into a window that had not opened."""
    sim = Publisher(start=noon("2025-02-01").date())
    sim.roster(at=noon("2025-01-10"))
    sim.release(at=noon("2025-01-20"))
    return given(sim, honest=1)


def withdrawn(words: str, *, entry: int, also: tuple[Code, ...] = ()) -> Told:
    """Returns the finding of a statement that is gone from a log that holds."""
    return Told(Code.WITHDRAWN, WITHDRAWN, words, entry=entry, kept=Kept.LOG, also=also)


ROWS = (
    # number gaps
    row(
        "a release's number skips one",
        release(swap("release: 2", "release: 3")),
        gap("it calls itself release 3 instead of 2"),
    ),
    row(
        "a release's number is the largest there is",
        release(swap("release: 2", f"release: {2**53 - 1}")),
        gap("instead of 2"),
    ),
    row("the same number with other bytes", same_number_twice, gap("it calls itself release 1 instead of 2")),
    row(
        "a roster's number skips one",
        roster(swap("roster: 2", "roster: 3")),
        gap("it calls itself roster 3 instead of 2"),
    ),
    row("a second roster 1", roster(swap("roster: 2", "roster: 1")), gap("it calls itself roster 1 instead of 2")),
    row("an entry's number skips one", release(swap("entry: 3", "entry: 4")), chain("it calls itself entry 4")),
    row("an entry's number stands still", release(swap("entry: 3", "entry: 2")), chain("it calls itself entry 2")),
    row("an entry twice", twice, chain("it calls itself entry 2")),
    row("an entry left out", left_out, chain("it calls itself entry 4")),
    row("two entries in the other order", swapped, chain("it calls itself entry 4")),
    row("an entry of another branch", of_another_branch, chain("its 'previous' is not the hash of the text before it")),
    Row(
        "a log that begins with a release",
        without_a_roster,
        Told(Code.CHAIN_BROKEN, INVALID, "a log begins with roster 1", entry=1),
        None,
    ),
    # whose release it is
    row(
        "a release judged by an older roster",
        older_roster,
        invalid(Code.BELOW_THRESHOLD, "2 of 3 signed (legal, security), 3 needed", entry=4),
    ),
    row(
        "a release judged by a later roster",
        by_a_later_roster,
        invalid(Code.BELOW_THRESHOLD, "1 of 3 signed (legal), 2 needed"),
    ),
    # dates
    row(
        "a release issued before the one before it",
        issued(timedelta(seconds=-1)),
        invalid(
            Code.ISSUED_BACKWARDS, "issued 2025-02-02T11:59:59Z, before the entry before it (2025-02-02T12:00:00Z)"
        ),
    ),
    row(
        "a release of a time to come",
        future,
        Told(Code.FUTURE_ISSUED, INVALID, "entry 3 was issued 2025-05-02T12:00:00Z, which is yet to come", entry=3),
    ),
    row(
        "a release from before the first window",
        no_correction,
        invalid(Code.BAD_SCHEDULE, "issued before the first window opens on 2025-02-01", entry=2),
    ),
    row(
        "a period of its own",
        release(swap("period: 2025-05-01", "period: 2025-05-02")),
        dates("its period is 2025-05-02 instead of 2025-05-01"),
    ),
    row(
        "a next window of its own",
        release(swap("next: 2025-08-01/2025-08-14", "next: 2025-08-01/2025-08-31")),
        dates("its next window is 2025-08-01/2025-08-31 instead of 2025-08-01/2025-08-14"),
    ),
    row(
        "an expiry of its own",
        release(swap("expires: 2025-08-29", "expires: 2999-08-29")),
        dates("it expires 2999-08-29T00:00:00Z instead of 2025-08-29T00:00:00Z"),
    ),
    row(
        "a grid that puts the next window off",
        grid("2025-05-02"),
        dates("its new grid starts on 2025-05-02, and must start after 2025-02-01 and no later than 2025-05-01"),
    ),
    row("a grid that reaches back", grid("2025-01-31"), dates("its new grid starts on 2025-01-31")),
    # ends
    row(
        "a final release followed by another",
        after_final("release"),
        invalid(Code.AFTER_FINAL, "entry 4 follows release 2, the last one", entry=4),
    ),
    row(
        "a final release followed by a roster",
        after_final("roster"),
        invalid(Code.AFTER_FINAL, "entry 4 follows release 2, the last one", entry=4),
    ),
    row(
        "a final that hides a withdrawal",
        hides_withdrawal(),
        withdrawn("the statement gag is gone from release 2", entry=3),
    ),
    Row(
        "a final that hides a withdrawal behind a correction",
        hides_withdrawal(corrected=True),
        withdrawn("the statement gag is gone from release 3", entry=4),
        withdrawn("the statement gag is gone from release 2", entry=3),
    ),
)
