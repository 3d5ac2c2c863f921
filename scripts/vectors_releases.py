"""Vectors of the grammar of releases: each breaks one rule, or shows what is allowed."""

from __future__ import annotations

from collections.abc import Iterator

from canary.core.text.strict import digest
from canary.limits import ATTACHMENTS
from scripts.vectors_edits import NEWER, RELEASE, REPORT, Edit, release_text


def release_edits() -> Iterator[Edit]:
    """Returns the changes to a release."""
    yield from _header_edits()
    yield from _section_edits()


def _header_edits() -> Iterator[Edit]:
    hash_of = f"sha256:{digest(REPORT)}"
    attachment = f"attachment: report.pdf {hash_of} {len(REPORT)}\n"
    yield Edit("v2", "another version is a newer format", "release/v1", "release/v2", NEWER)
    yield Edit("other-kind", "so is a kind that is not known", "release/v1", "pledge/v1", NEWER)
    yield Edit(
        "other-product", "what is not even of this family is malformed", "warrant-canary/release/v1", "release/v1"
    )
    yield Edit("previous-capitals", "a hash is in lower case", "previous: sha256:", "previous: SHA256:")
    yield Edit("release-zero", "releases are counted from 1", "release: 1", "release: 0")
    yield Edit(
        "covers-backwards", "a range does not end before it begins", "2025-01-01/2025-01-31", "2025-01-31/2025-01-01"
    )
    yield Edit(
        "covers-one-day", "it may begin and end on one day", "2025-01-01/2025-01-31", "2025-01-31/2025-01-31", RELEASE
    )
    yield Edit("year-2999", "years end with 2999", "2025-01-01/2025-01-31", "2999-12-31/2999-12-31", RELEASE)
    yield Edit("year-3000", "and not later", "2025-01-01/2025-01-31", "2999-12-31/3000-01-01")
    yield Edit("covers-none", "it need not stand", "covers: 2025-01-01/2025-01-31\n", "", RELEASE)
    yield Edit("covers-comma", "two dates are parted by a slash", "2025-01-01/2025-01-31", "2025-01-01,2025-01-31")
    yield Edit(
        "final",
        "the last release has final in the place of next and expires",
        "next: 2025-05-01/2025-05-14\nexpires: 2025-05-29T00:00:00Z\n",
        "final: yes\n",
        RELEASE,
    )
    yield Edit(
        "final-and-next",
        "and not beside them",
        "next: 2025-05-01/2025-05-14\n",
        "final: yes\nnext: 2025-05-01/2025-05-14\n",
    )
    yield Edit(
        "final-no",
        "it says yes or does not stand",
        "next: 2025-05-01/2025-05-14\nexpires: 2025-05-29T00:00:00Z\n",
        "final: no\n",
    )
    yield Edit("no-expires", "a release that has next has expires", "expires: 2025-05-29T00:00:00Z\n", "")
    yield Edit("anchor-no-value", "an anchor has a kind and a value", "anchor: bitcoin 880000 00", "anchor: bitcoin")
    yield Edit(
        "anchor-unknown", "any kind of anchor parses", "anchor: bitcoin 880000 00", "anchor: tide-table x", RELEASE
    )
    yield Edit("anchor-capital", "a kind is in lower case", "anchor: bitcoin", "anchor: Bitcoin")
    yield Edit("anchor-two-blanks", "one blank stands behind the kind", "anchor: bitcoin ", "anchor: bitcoin  ")
    yield Edit("attachment-path", "an attachment is a plain file name", "report.pdf", "../report.pdf")
    yield Edit("attachment-dot", "it begins with a letter or a digit", "report.pdf", ".report")
    yield Edit("attachment-101", "it has at most 100 characters", "report.pdf", "r" * 101)
    yield Edit("attachment-capitals", "no two differ by capitals alone", "Data_1.csv", "REPORT.PDF")
    yield Edit(
        "attachment-size",
        "it has at most 32 MiB",
        f"{hash_of} {len(REPORT)}\nattachment: Data",
        f"{hash_of} {32 * 1024 * 1024 + 1}\nattachment: Data",
    )
    yield Edit(
        "attachment-empty",
        "it may be empty",
        f"{hash_of} {len(REPORT)}\nattachment: Data",
        f"{hash_of} 0\nattachment: Data",
        RELEASE,
    )
    yield Edit(
        "attachments-11",
        "there are at most ten",
        attachment,
        "".join(attachment.replace("report", f"r{n}") for n in range(ATTACHMENTS)),
    )


def _section_edits() -> Iterator[Edit]:
    yield Edit(
        "no-statements",
        "a release has at least one statement",
        _sections(),
        "\n[announcements]\nFree text.\n\nA second paragraph.\n",
    )
    yield Edit("no-blank-line", "a blank line stands before a section", "\n\n[taps v1]", "\n[taps v1]")
    yield Edit("two-blank-lines", "and one only", "\n\n[taps v1]", "\n\n\n[taps v1]")
    yield Edit("section-blank", "no blank line follows a title", "[taps v1]\n", "[taps v1]\n\n")
    yield Edit(
        "section-no-words",
        "a section has words",
        "[taps v1]\nNobody listens in.\n",
        "[taps v1]\n",
    )
    yield Edit("section-version-zero", "versions are counted from 1", "[taps v1]", "[taps v0]")
    yield Edit("section-no-version", "a statement has a version", "[taps v1]", "[taps]")
    yield Edit("section-id", "an id is in lower case", "[taps v1]", "[Taps v1]")
    yield Edit("section-id-65", "an id has at most 64 characters", "[taps v1]", f"[{'t' * 65} v1]")
    yield Edit("section-reserved", "announcements is no statement", "[taps v1]", "[announcements v1]")
    yield Edit("section-twice", "no id stands twice, whatever its version", "[taps v1]", "[keys v2]")
    yield Edit(
        "announcements-first", "announcements come last", "\n[keys v1]", "\n[announcements]\nFirst.\n\n[keys v1]"
    )
    yield Edit("paragraphs", "words may have paragraphs", "Nobody listens", "Nobody.\n\nNobody listens", RELEASE)
    yield Edit("paragraphs-apart", "parted by one blank line each", "Nobody listens", "Nobody.\n\n\nNobody listens")
    yield Edit("bracket", "no line of words begins with a bracket", "Nobody listens", "Nobody,\n[whoever] but")
    yield Edit("dash", "nor with an em dash and a space", "Nobody listens", "Nobody,\n— whoever, but")
    yield Edit(
        "dash-alone", "an em dash without a space is a word", "Nobody listens", "Nobody,\n—whoever, but", RELEASE
    )
    yield Edit("ends-in-blank-line", "no blank line ends a text", "A second paragraph.\n", "A second paragraph.\n\n")


def _sections() -> str:
    text = release_text()
    return text[text.index("\n[keys v1]") :]
