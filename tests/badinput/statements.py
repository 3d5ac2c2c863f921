"""Statements whose ids, versions or words are not what they were; and sections that are none."""

from __future__ import annotations

from canary.core.documents.release import Statement
from canary.core.judging.findings import Code
from tests.badinput.fields import put
from tests.badinput.row import (
    Given,
    Row,
    begun,
    given,
    invalid,
    malformed,
    release,
    row,
    swap,
)
from tests.badinput.sequence import withdrawn
from tests.simulator import STATEMENTS, Edit, noon

KEYS, TAPS, GAG = STATEMENTS
BLANK = "words have no blank line at an end, and never two running"
STARTS = "a line of words does not start with '[' or '— '"
LAST = "nothing follows the announcements"


def section(name: str, change: Edit, told: str, line: int | None) -> Row:
    """Returns the row of a section that is none."""
    return row(name, release(change), malformed(told, line=line))


def reused() -> Given:
    """Signs other words under an id and version that stands."""
    sim = begun()
    sim.release(statements=(Statement("keys", 1, "Example Networks has rarely handed over a key."), TAPS, GAG))
    return given(sim)


def reused_after_a_gap() -> Given:
    """Signs other words under an id and version that stood once, and has been gone for half a year."""
    sim = begun()
    sim.release(without=["gag"]), sim.release()
    sim.release(statements=(KEYS, TAPS, Statement("gag", 1, "Other words.")))
    return given(sim, honest=4, seen=noon("2025-08-03"), now=noon("2025-11-10"))


def versions_down() -> Given:
    """Goes back to the first wording of a statement, half a year after it was replaced."""
    sim = begun()
    sim.release(reword={"keys": "Example Networks has never handed a key to anyone."}), sim.release()
    sim.release(statements=STATEMENTS)
    return given(sim, honest=4, seen=noon("2025-08-03"), now=noon("2025-11-10"))


def reworded_at_the_end() -> Given:
    """Ends a canary with other words than it ever said before."""
    sim = begun()
    sim.release(reword={"gag": "Example Networks may speak about most demands for data."}, final=True)
    return given(sim)


def withdrawn_and_hidden() -> Given:
    """Drops a statement, and a day later issues a correction without it too."""
    sim = begun()
    sim.release(without=["gag"]), sim.release(correction=True)
    return given(sim)


ROWS = (
    row(
        "a statement id reused with other words",
        reused,
        invalid(Code.FORGED, "keys@v1 was signed before with other words"),
    ),
    row(
        "a statement id reused with other words after a gap",
        reused_after_a_gap,
        invalid(Code.FORGED, "gag@v1 was signed before with other words", entry=5),
    ),
    row(
        "one letter in other words",
        release(swap("to anyone", "to \u0430nyone")),
        invalid(Code.FORGED, "keys@v1 was signed before with other words"),
    ),
    row(
        "versions going down", versions_down, invalid(Code.VERSION_DOWN, "keys@v1 goes back behind version 2", entry=5)
    ),
    Row(
        "a withdrawal behind a quick correction",
        withdrawn_and_hidden,
        withdrawn("the statement gag is gone from release 3", entry=4),
        withdrawn("the statement gag is gone from release 2", entry=3),
    ),
    row(
        "a final that rewords",
        reworded_at_the_end,
        withdrawn("release 2, the last one, does not affirm gag@v1 as it stood", entry=3, also=(Code.REWORDED,)),
    ),
    section("a statement twice", swap("[taps v1]", "[keys v1]"), "the statement 'keys' stands twice", 14),
    section(
        "a statement twice in two versions", swap("[taps v1]", "[keys v2]"), "the statement 'keys' stands twice", 14
    ),
    section("no statement", lambda text: text.partition("\n\n[")[0] + "\n", "a release has at least one statement", 9),
    section("a statement called announcements", swap("[taps v1]", "[announcements v1]"), "and not 'announcements'", 14),
    section(
        "a statement in capitals", swap("[taps v1]", "[Taps v1]"), "a statement's id is 1 to 64 of a-z, 0-9 and -", 14
    ),
    section("a statement of 65 letters", swap("[taps v1]", f"[{'t' * 65} v1]"), "a statement's id is 1 to 64", 14),
    section(
        "a statement without a version", swap("[taps v1]", "[taps]"), "a section begins with [id vN], not '[taps]'", 14
    ),
    section("a title that goes on", swap("[taps v1]", "[taps v1] or not"), "a section begins with [id vN]", 14),
    section("no words", swap(TAPS.words, ""), BLANK, 15),
    section("a section within the words", put(15, "[gag v1]"), STARTS, 15),
    section("an em dash within the words", put(15, "— example.net/canary/legal AAAA"), STARTS, 15),
    section("two blank lines within the words", swap(TAPS.words, "Nobody.\n\n\nEver."), BLANK, 16),
    section("two blank lines between statements", swap("\n\n[taps", "\n\n\n[taps"), BLANK, 13),
    section("no blank line between statements", swap("\n\n[taps", "\n[taps"), STARTS, 13),
    section("a blank line at the end", lambda text: f"{text}\n", BLANK, 19),
    section("announcements before a statement", swap("[gag v1]", "[announcements]\nNothing.\n\n[gag v1]"), LAST, 19),
    section("announcements twice", lambda text: f"{text}\n[announcements]\nOne.\n\n[announcements]\nTwo.\n", LAST, 22),
)
