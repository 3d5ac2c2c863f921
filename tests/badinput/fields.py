"""Fields that are duplicated, missing, reordered, misspelt, or not this canary's own."""

from __future__ import annotations

from canary.core.documents.layout import FRONT
from canary.core.judging.findings import Code
from tests.badinput.row import (
    INVALID,
    UNREACHABLE,
    Build,
    Given,
    Kept,
    Row,
    Told,
    begun,
    entry,
    given,
    invalid,
    malformed,
    release,
    roster,
    row,
    swap,
)
from tests.simulator import Edit, Publisher

EDGE = 2**53
SECTION = "here a blank line must stand, before a section"
ISSUED = "issued: 2025-05-02T12:00:00Z"
ROSTER_ISSUED = "issued: 2025-02-03T12:00:00Z"


def lines(change: object) -> Edit:
    """Returns an edit of the list of lines; line N is `lines[N - 1]`."""

    def edit(text: str) -> str:
        found = text.split("\n")
        change(found)  # type: ignore[operator]  # it takes a list
        return "\n".join(found)

    return edit


def duplicated(number: int) -> Edit:
    """Returns the edit that repeats a line."""
    return lines(lambda found: found.insert(number, found[number - 1]))


def missing(number: int) -> Edit:
    """Returns the edit that drops a line."""
    return lines(lambda found: found.pop(number - 1))


def reordered(number: int) -> Edit:
    """Returns the edit that puts a line behind the one after it."""
    return lines(lambda found: found.insert(number, found.pop(number - 1)))


def put(number: int, line: str) -> Edit:
    """Returns the edit that puts another line in the place of a line."""
    return lines(lambda found: found.__setitem__(number - 1, line))


def instead(field: str) -> str:
    """Returns the words about a field that does not stand where it must."""
    return f"instead of the field '{field}'"


def of_release(name: str, change: Edit, told: str, line: int | None) -> Row:
    """Returns a row about the text of release 2."""
    return row(name, release(change), malformed(told, line=line))


def of_roster(name: str, change: Edit, told: str, line: int | None = None) -> Row:
    """Returns a row about the text of roster 2."""
    return row(f"roster: {name}", roster(change), malformed(told, line=line))


def time(name: str, value: str, told: str = "a time is written like 2026-11-03T14:30:00Z, in UTC") -> Row:
    """Returns the row of another spelling of `issued`, in line 7."""
    return of_release(name, swap(ISSUED, f"issued: {value}"), told, 7)


def day(name: str, value: str, told: str = "a date is written like 2026-11-03") -> Row:
    """Returns the row of another spelling of `period`, in line 6."""
    return of_release(name, swap("period: 2025-05-01", f"period: {value}"), told, 6)


def number(name: str, value: str, told: str = "plain digits without leading zeros") -> Row:
    """Returns the row of another spelling of the release's number, in line 5."""
    return of_release(name, swap("release: 2", f"release: {value}"), told, 5)


def other_canary() -> Publisher:
    """Returns another canary, signed and logged by other people's keys."""
    sim = Publisher(("ann", "ben", "cem"), canary="example.org/canary", organisation="Another Organisation")
    sim.seeds.update({name: f"{name} of another canary" for name in ("ann", "ben", "cem")})
    sim.roster(), sim.release()
    return sim


def another_site() -> Given:
    """Returns another canary's whole site in the place of this one's."""
    sim = begun()
    return given(sim, site=other_canary().site())


def in_front(front: bytes | None) -> Build:
    """Returns an honest canary whose `canary.txt` is something else; None for its roster 1."""

    def build() -> Given:
        sim = begun()
        sim.release()
        site = sim.site()
        site.files[FRONT] = sim.entries[0] if front is None else front
        return given(sim, site=site)

    return build


def checkpoint_for_a_release() -> Given:
    """Returns a canary whose entry 3 is the checkpoint of the first two."""
    sim = begun()
    sim.append_raw(sim.checkpoint())
    return given(sim)


def roster_for_a_release() -> Given:
    """Returns a canary whose release 2 has the fields of a roster."""
    sim = begun()
    sim.roster(edit=swap("warrant-canary/roster/v1", "warrant-canary/release/v1"))
    return given(sim)


def beside(words: str) -> Told:
    """Returns the warning about what lies beside a log that holds."""
    return Told(Code.INCONSISTENT, UNREACHABLE, words, kept=Kept.LOG)


SPELLINGS = (
    # duplicate, missing and reordered fields
    *(
        of_release(f"{name} twice", duplicated(line), instead(following), line + 1)
        for line, name, following in (
            (2, "canary", "entry"),
            (3, "entry", "previous"),
            (4, "previous", "release"),
            (5, "release", "period"),
            (6, "period", "issued"),
            (7, "issued", "next"),
            (8, "next", "expires"),
        )
    ),
    of_release("expires twice", duplicated(9), SECTION, 10),
    *(
        of_release(f"without {name}", missing(line), instead(name), line)
        for line, name in (
            (2, "canary"),
            (3, "entry"),
            (4, "previous"),
            (5, "release"),
            (6, "period"),
            (7, "issued"),
            (8, "next"),
            (9, "expires"),
        )
    ),
    *(
        of_release(f"{name} too late", reordered(line), instead(name), line)
        for line, name in ((2, "canary"), (4, "previous"), (6, "period"), (7, "issued"), (8, "next"))
    ),
    of_release("an unknown field", lines(lambda found: found.insert(9, "reason: none")), SECTION, 10),
    of_release("a field in capitals", swap("period:", "Period:"), instead("period"), 6),
    of_release("no blank behind the colon", swap("period: ", "period:"), instead("period"), 6),
    of_release("two blanks behind the colon", swap("period: ", "period:  "), "a date is written like", 6),
    of_release("final beside next", lines(lambda found: found.insert(7, "final: yes")), SECTION, 9),
    of_release("final: no", put(8, "final: no"), "'final' is 'yes' or does not stand", 8),
    of_release("no text behind the header", lambda _: "warrant-canary/release/v1\n", "ends too early", 1),
    # numbers
    number("a leading zero", "02"),
    number("a sign", "+2"),
    number("a negative number", "-2"),
    number("a number in hexadecimal", "0x2"),
    number("a number with a fraction", "2.0"),
    number("a number with an exponent", "2e0"),
    number("a number with underscores", "1_0"),
    number("digits of another script", "\u0662"),
    number("a full-width digit", "\uff12"),
    number("no number", "two"),
    number("zero", "0", "0 lies outside 1 to 9007199254740991"),
    number("2^53", str(EDGE), f"{EDGE} lies outside 1 to {EDGE - 1}"),
    number("2^64", str(2**64), f"{2**64} lies outside 1 to {EDGE - 1}"),
    number("a number of ten thousand digits", "9" * 10_000, "… lies outside 1 to"),
    of_release("a leading zero in entry", swap("entry: 3", "entry: 03"), "without leading zeros", 3),
    of_release("entry 2^53", swap("entry: 3", f"entry: {EDGE}"), "lies outside", 3),
    of_release("a leading zero in a version", swap("[keys v1]", "[keys v01]"), "without leading zeros", 11),
    of_release("version 0", swap("[keys v1]", "[keys v0]"), "0 lies outside 1 to", 11),
    of_release("version 2^53", swap("[keys v1]", f"[keys v{EDGE}]"), "lies outside", 11),
    of_release(
        "a size past 2^53",
        lines(lambda found: found.insert(9, f"attachment: a.pdf sha256:{'0' * 64} {EDGE}")),
        "lies outside",
        10,
    ),
    # hashes
    of_release(
        "previous in capitals",
        lambda text: text.replace(text.split("\n")[3][17:], text.split("\n")[3][17:].upper()),
        "lower-case hex digits",
        4,
    ),
    of_release(
        "previous without its kind",
        lambda text: text.replace("previous: sha256:", "previous: "),
        "a hash is written as sha256:",
        4,
    ),
    of_release(
        "previous: none",
        lambda text: text.replace(text.split("\n")[3], "previous: none"),
        "'none' in entry 1 and a hash in every other",
        4,
    ),
    # times
    time("a time with +00:00", "2025-05-02T12:00:00+00:00"),
    time("a time of another zone", "2025-05-02T14:00:00+02:00"),
    time("a local time", "2025-05-02T12:00:00"),
    time("a small z", "2025-05-02T12:00:00z"),
    time("a blank for the T", "2025-05-02 12:00:00Z"),
    time("parts of seconds", "2025-05-02T12:00:00.5Z"),
    time("without seconds", "2025-05-02T12:00Z"),
    time("a leap second", "2025-05-02T23:59:60Z"),
    time("24 o'clock", "2025-05-02T24:00:00Z"),
    time("the week for the date", "2025-W18-5T12:00:00Z"),
    time("a day that is none", "2025-02-30T12:00:00Z"),
    time("digits of another script in a time", "2025-05-0\u0662T12:00:00Z"),
    time("year 9999", "9999-12-31T23:59:59Z", "the year 9999 lies outside 1970 to 2999"),
    time("year 10000", "10000-01-01T00:00:00Z"),
    time("year 0001", "0001-01-01T00:00:00Z", "the year 1 lies outside 1970 to 2999"),
    day("a date without hyphens", "20250501"),
    day("a date with one digit for the month", "2025-5-1"),
    day("a week for a date", "2025-W18-4"),
    day("period 9999", "9999-12-31", "the year 9999 lies outside 1970 to 2999"),
    of_release("next from year 9999 on", put(8, "next: 9999-01-01/9999-01-14"), "the year 9999 lies outside", 8),
    of_release("next that ends before it begins", put(8, "next: 2025-08-14/2025-08-01"), "comes before its first", 8),
    of_release("next of one day alone", put(8, "next: 2025-08-01"), "a range of days is written like", 8),
    of_release("expires in year 9999", put(9, "expires: 9999-12-31T00:00:00Z"), "the year 9999 lies outside", 9),
    # names
    of_release("a canary id with a scheme", swap("canary: ", "canary: https://"), "a URL without https://", 2),
    of_release("a canary id that leads upwards", swap("net/canary", "net/../canary"), "a URL without https://", 2),
    of_release("a canary id in other letters", swap("example.net", "ex\u0430mple.net"), "a URL without https://", 2),
    of_release(
        "an attachment that leads upwards",
        lines(lambda found: found.insert(9, f"attachment: ../a sha256:{'0' * 64} 1")),
        "an attachment's name is",
        10,
    ),
    of_release(
        "two attachments of one name",
        lines(
            lambda found: found.__setitem__(
                slice(9, 9), [f"attachment: {name} sha256:{'0' * 64} 1" for name in ("a.pdf", "A.PDF")]
            )
        ),
        "two attachments have the same name",
        11,
    ),
    of_release(
        "eleven attachments",
        lines(
            lambda found: found.__setitem__(slice(9, 9), [f"attachment: a{i} sha256:{'0' * 64} 1" for i in range(11)])
        ),
        "at most 10 attachments",
        20,
    ),
    # the same in a roster
    of_roster("threshold twice", duplicated(8), "here the first field 'signer' must stand", 9),
    of_roster("without threshold", missing(8), instead("threshold"), 8),
    of_roster(
        "without signers",
        lines(lambda found: found.__delitem__(slice(8, 11))),
        "here the first field 'signer' must stand",
        9,
    ),
    of_roster("log too late", reordered(12), instead("log"), 12),
    of_roster(
        "something behind the last field",
        lambda text: f"{text}note: x\n",
        "nothing follows the field 'witness-quorum'",
        19,
    ),
    of_roster("a leading zero in threshold", swap("threshold: 2", "threshold: 02"), "without leading zeros", 8),
    of_roster("threshold 0", swap("threshold: 2", "threshold: 0"), "0 lies outside 1 to 100", 8),
    of_roster(
        "threshold above the signers",
        swap("threshold: 2", "threshold: 4"),
        "the threshold 4 is more than the 3 signers",
    ),
    of_roster("threshold 2^53", swap("threshold: 2", f"threshold: {EDGE}"), "lies outside 1 to 100", 8),
    of_roster("start in year 9999", swap("start: 2025-02-01", "start: 9999-01-01"), "the year 9999 lies outside", 13),
    of_roster("issued in another zone", swap(ROSTER_ISSUED, f"{ROSTER_ISSUED[:-1]}+01:00"), "in UTC", 6),
    of_roster(
        "a cadence of no months",
        swap("cadence: 3 months", "cadence: 0 months"),
        "a cadence is 1 to 24 months, not 0",
        14,
    ),
    of_roster(
        "a leading zero in cadence", swap("cadence: 3 months", "cadence: 03 months"), "without leading zeros", 14
    ),
    of_roster("3 month", swap("cadence: 3 months", "cadence: 3 month"), "one is written without the s", 14),
    of_roster("quarterly", swap("cadence: 3 months", "cadence: quarterly"), "a cadence is written like '3 months'", 14),
    of_roster(
        "a cadence without end",
        swap("cadence: 3 months", "cadence: 900000000 months"),
        "a cadence is 1 to 24 months",
        14,
    ),
    of_roster("a window of no days", swap("window: 14 days", "window: 0 days"), "a window has at least 1 day"),
    of_roster("a grace of 367 days", swap("grace: 14 days", "grace: 367 days"), "a length is 0 to 366 days", 16),
    of_roster(
        "window and grace above the cadence",
        swap("grace: 14 days", "grace: 90 days"),
        "window and grace are 104 days together",
    ),
    of_roster(
        "a quorum of witnesses that are not there",
        swap("witness-quorum: 0", "witness-quorum: 1"),
        "the witness quorum is more than the witnesses",
    ),
    of_roster(
        "an organisation without a name",
        swap("organisation: Example Networks", "organisation: \u3000"),
        "U+3000 is not allowed",
        7,
    ),
)
"""Rows about one line of a text. Whoever has only the entry's file is told the same."""

ROWS = (
    *SPELLINGS,
    # another canary's
    row(
        "another canary's release",
        release(swap("canary: example.net/canary", "canary: example.org/canary")),
        invalid(Code.OTHER_CANARY, "it belongs to example.org/canary"),
    ),
    row(
        "another canary's release, signed by its own signers",
        entry(lambda _: other_canary().entries[1]),
        invalid(Code.OTHER_CANARY, "it belongs to example.org/canary, not example.net/canary"),
    ),
    row(
        "another canary's site",
        another_site,
        Told(Code.PIN_MISMATCH, INVALID, "roster 1, of example.org/canary, is sha256:", entry=1),
    ),
    row(
        "another canary's release for canary.txt",
        in_front(other_canary().entries[1]),
        Told(Code.NOT_IN_LOG, INVALID, "canary.txt is not in the log: do not rely on what it says", kept=Kept.LOG),
    ),
    # a roster or checkpoint given as a release
    row("a roster given as a release", roster_for_a_release, malformed(instead("release"), line=5)),
    row("a checkpoint given as a release", checkpoint_for_a_release, malformed("an entry begins with", line=1)),
    row("a roster for canary.txt", in_front(None), beside("canary.txt is no release: do not rely on what it says")),
    row("a checkpoint for canary.txt", in_front(begun().checkpoint()), beside("canary.txt is no release")),
)
