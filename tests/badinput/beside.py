"""What lies beside the log and is not what the log says: a release that is not in it, and the reverse; attachments."""

from __future__ import annotations

from collections.abc import Callable

from canary.core.documents.layout import FRONT, attachment_path
from canary.core.judging.findings import Code
from canary.limits import ATTACHMENT_BYTES, ENTRY_BYTES
from tests.badinput.log import shown
from tests.badinput.notes import PAGE
from tests.badinput.row import (
    INVALID,
    MISSING,
    UNREACHABLE,
    Build,
    Ending,
    Given,
    Kept,
    Row,
    Told,
    begun,
    given,
    row,
    serving,
)
from tests.simulator import MemorySource, Publisher

REPORT = attachment_path(2, "report.pdf")


def beside(name: str, build: Build, code: Code, words: str, ending: Ending = UNREACHABLE) -> Row:
    """Returns the row of something wrong beside a log that holds and is taken in."""
    return row(name, build, Told(code, ending, words, kept=Kept.LOG))


def attached(change: Callable[[dict[str, bytes]], object]) -> Build:
    """Returns an honest canary with an attachment on release 2, and then changes the site."""

    def build() -> Given:
        sim = begun()
        sim.release(attachments={"report.pdf": b"%PDF the report"})
        site = sim.site()
        change(site.files)
        return given(sim, site=site)

    return build


def other_release_2(sim: Publisher, site: MemorySource) -> None:
    """Puts a release 2 on the site that the quorum signed and the log does not have."""
    site.files[FRONT] = sim.fork_at(2).release(announcements="This is not in the log.")


def release_3(sim: Publisher, site: MemorySource) -> None:
    """Puts a release 3 on the site that the quorum signed and the log does not have yet."""
    site.files[FRONT] = sim.fork_at(3).release(correction=True)


ROWS = (
    beside(
        "a release on the site that is not in the log",
        shown(other_release_2),
        Code.NOT_IN_LOG,
        "canary.txt is not in the log: do not rely on what it says",
        INVALID,
    ),
    beside(
        "a release on the site that has other words",
        serving(FRONT, lambda data: data.replace(b"never handed", b"hardly fell.")),
        Code.NOT_IN_LOG,
        "canary.txt is not in the log",
        INVALID,
    ),
    beside(
        "a release on the site that will be in the log",
        shown(release_3),
        Code.INCONSISTENT,
        "canary.txt is newer than the log; the site may be between two uploads",
    ),
    beside(
        "a release in the log that is not on the site",
        shown(lambda _, site: site.files.pop(FRONT)),
        Code.MISSING,
        "canary.txt is not there",
        MISSING,
    ),
    beside(
        "an older release on the site than in the log",
        shown(lambda sim, site: site.files.__setitem__(FRONT, sim.entries[1])),
        Code.INCONSISTENT,
        "canary.txt is another release than the newest one in the log",
    ),
    beside(
        "a release on the site that is cut short",
        serving(FRONT, lambda data: data[:200]),
        Code.INCONSISTENT,
        "canary.txt is cut short",
    ),
    beside(
        "an error page for canary.txt",
        serving(FRONT, lambda _: PAGE),
        Code.INCONSISTENT,
        "canary.txt is no release: do not rely on what it says",
    ),
    beside(
        "a canary.txt of one byte too many",
        serving(FRONT, lambda data: data.ljust(ENTRY_BYTES + 1, b"\n")),
        Code.UNREACHABLE,
        "canary.txt could not be read: canary.txt in the folder",
    ),
    beside(
        "an attachment with other bytes",
        attached(lambda files: files.update({REPORT: b"%PDF a report"})),
        Code.ATTACHMENT_CHANGED,
        "report.pdf",
        INVALID,
    ),
    beside(
        "an attachment that is not there",
        attached(lambda files: files.pop(REPORT)),
        Code.ATTACHMENT_MISSING,
        "report.pdf",
    ),
    beside(
        "an attachment that is too large",
        attached(lambda files: files.update({REPORT: bytes(ATTACHMENT_BYTES + 1)})),
        Code.ATTACHMENT_MISSING,
        "report.pdf",
    ),
)
