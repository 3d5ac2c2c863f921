from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import canary.core.documents.hint
import canary.core.documents.release
from canary.core.documents.hint import Hint, parse_hint
from canary.core.documents.release import HEADER, Release, check_words, parse_release
from canary.core.documents.roster import Roster
from canary.core.signed.entry import NewerFormatError, parse_entry, parse_text
from canary.core.signed.note import parse_note
from canary.core.text.strict import digest
from canary.errors import CanaryError, MalformedError
from canary.limits import ATTACHMENT_BYTES, ATTACHMENTS
from tests import strategies
from tests.simulator import EXAMPLE_ANCHOR, Publisher, example_publisher, worked_example

EXAMPLE = worked_example(canary.core.documents.release, HEADER)
HASH = f"sha256:{digest(b'')}"
FINAL = ("next: 2026-12-01/2026-12-14\nexpires: 2026-12-29T00:00:00Z", "final: yes")
ATTACHMENT = next(line for line in EXAMPLE.decode().split("\n") if line.startswith("attachment: "))
ANCHOR = f"anchor: {EXAMPLE_ANCHOR.kind} {EXAMPLE_ANCHOR.value}"


def edited(*changes: tuple[str, str]) -> str:
    """Returns the example with each first string, which stands in it once, replaced by the second."""
    text = EXAMPLE.decode()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def fault(*changes: tuple[str, str]) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        parse_release(edited(*changes).encode())
    return caught.value


# --- the specification ----------------------------------------------------------------------------------


def test_the_worked_example_is_the_release_that_follows_the_example_of_the_roster() -> None:
    assert parse_note(example_publisher().entries[1]).text == EXAMPLE


def test_the_worked_example_is_read_field_by_field() -> None:
    release = parse_release(EXAMPLE)
    assert release.render() == EXAMPLE
    assert [each.label for each in release.statements] == ["encryption-keys@v2", "network-taps@v1"]
    assert release.statements[0].words.endswith("or its\ncustomers' keys, to anyone.")
    assert release.statement("network-taps") == release.statements[1]
    assert release.statement("gag") is None
    assert (release.covers, release.final) == ((date(2026, 4, 1), date(2026, 6, 30)), False)
    assert release.attachments[0].sha256 == digest(b"The report of the example.\n")
    assert release.announcements == (
        "Free text, optional, last, and not a statement.\n\nA blank line parts two paragraphs."
    )


# --- one text, one value --------------------------------------------------------------------------------


@given(strategies.releases())
def test_a_release_is_read_as_it_was_written(release: Release) -> None:
    assert parse_release(release.render()) == release


@given(strategies.mutated(strategies.releases().map(Release.render)) | st.binary())
def test_whatever_is_read_as_a_release_is_written_again_byte_for_byte(data: bytes) -> None:
    written_again_or_refused(data)


@given(strategies.mutated(st.just(EXAMPLE)))
def test_whatever_is_made_of_the_example_is_written_again_or_refused(data: bytes) -> None:
    written_again_or_refused(data)


def written_again_or_refused(data: bytes) -> None:
    try:
        release = parse_release(data)
    except CanaryError:
        return
    assert release.render() == data


# --- the header -----------------------------------------------------------------------------------------

FIELDS = ["canary", "entry", "previous", "release", "period", "issued", "next", "expires"]


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_that_is_missing_repeated_or_misplaced_is_refused(name: str) -> None:
    lines = EXAMPLE.decode().split("\n")
    place = next(i for i, line in enumerate(lines) if line.startswith(f"{name}: "))
    missing, repeated, later = list(lines), list(lines), list(lines)
    del missing[place]
    repeated.insert(place, lines[place])
    later[place], later[place + 1] = later[place + 1], later[place]
    for changed in (missing, repeated, later):
        with pytest.raises(MalformedError) as caught:
            parse_release("\n".join(changed).encode())
        assert caught.value.line in (place + 1, place + 2)


@pytest.mark.parametrize(
    ("change", "line", "rule"),
    [
        (("release/v1", "release/v1.0"), 1, "begins with"),
        (("entry: 2", "entry: 1"), 4, "'none' in entry 1"),
        (("previous: sha256:d", "previous: sha256:D"), 4, "lower-case"),
        (("release: 1", "release: 0"), 5, "outside 1"),
        (("covers: 2026-04-01/2026-06-30", "covers: 2026-06-30/2026-04-01"), 7, "before its first"),
        (
            ("covers: 2026-04-01/2026-06-30\n", "covers: 2026-04-01/2026-06-30\ncovers: 2026-04-01/2026-06-30\n"),
            8,
            "'issued'",
        ),
        (("next: 2026-12-01/2026-12-14", "next: 2026-12-01"), 9, "a range of days"),
        (("next: 2026-12-01/2026-12-14\n", ""), 9, "'next'"),
        (("expires: 2026-12-29T00:00:00Z\n", ""), 10, "'expires'"),
        (("expires: 2026-12-29T00:00:00Z", "final: yes"), 10, "'expires'"),
        (("next: 2026-12-01", "final: yes\nnext: 2026-12-01"), 10, "a blank line must stand"),
        (("next: 2026-12-01/2026-12-14", "final: yes"), 10, "a blank line must stand"),
        ((FINAL[0], "final: no"), 9, "'final' is 'yes'"),
        ((ANCHOR, "anchor: drand-quicknet"), 11, "an anchor is"),
        ((ANCHOR, "anchor:  x"), 11, "an anchor is"),
        ((ANCHOR, "anchor: Drand x"), 11, "an anchor is"),
        ((ANCHOR, "anchor: drand  x"), 11, "an anchor is"),
        ((ATTACHMENT, "attachment: report.pdf"), 12, "a name, a hash and a size"),
        ((ATTACHMENT, f"{ATTACHMENT} x"), 12, "a name, a hash and a size"),
        ((ATTACHMENT, ATTACHMENT.replace("report.pdf", "../report.pdf")), 12, "an attachment's name"),
        ((ATTACHMENT, ATTACHMENT.replace("sha256:", "sha512:")), 12, "a hash is written"),
        ((ATTACHMENT, f"attachment: report.pdf {HASH} {ATTACHMENT_BYTES + 1}"), 12, "outside 0"),
        ((ATTACHMENT, f"{ATTACHMENT}\n{ATTACHMENT}"), 13, "the same name"),
        ((ATTACHMENT, f"{ATTACHMENT}\nattachment: REPORT.pdf {HASH} 0"), 13, "the same name"),
        ((f"{ANCHOR}\n{ATTACHMENT}", f"{ATTACHMENT}\n{ANCHOR}"), 12, "a blank line must stand"),
    ],
)
def test_a_broken_rule_of_the_header_is_told_with_its_line(change: tuple[str, str], line: int, rule: str) -> None:
    error = fault(change)
    assert rule in error.rule
    assert error.line == line


def test_a_release_has_at_most_ten_attachments() -> None:
    lines = [f"attachment: {n}.pdf {HASH} {n}" for n in range(ATTACHMENTS + 1)]
    assert len(parse_release(edited((ATTACHMENT, "\n".join(lines[:-1]))).encode()).attachments) == 10
    assert "at most 10" in fault((ATTACHMENT, "\n".join(lines))).rule


def test_a_final_release_has_neither_a_next_window_nor_an_expiry() -> None:
    release = parse_release(edited(FINAL).encode())
    assert (release.final, release.next, release.expires) == (True, None, None)


# --- the sections ---------------------------------------------------------------------------------------

TAPS = "[network-taps v1]\nNobody but Example Networks has ever installed equipment in its network."
LAST = "A blank line parts two paragraphs."


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ((f"\n\n{TAPS}", f"\n{TAPS}"), "does not start with '['"),
        ((f"\n\n{TAPS}", f"\n\n\n{TAPS}"), "no blank line at an end"),
        ((TAPS, "[network-taps v1]"), "no blank line at an end"),
        ((TAPS, f"{TAPS}\n"), "no blank line at an end"),
        (("[network-taps v1]", "[network-taps v1] "), "blank"),
        (("[network-taps v1]", "[network-taps]"), "a section begins with"),
        (("[network-taps v1]", "[network-taps  v1]"), "a section begins with"),
        (("[network-taps v1]", "[network-taps v1.0]"), "a section begins with"),
        (("[network-taps v1]", "[network-taps V1]"), "a section begins with"),
        (("[network-taps v1]", "[network-taps v٣]"), "a section begins with"),
        (("[network-taps v1]", "[network-taps v0]"), "outside 1"),
        (("[network-taps v1]", "[network-taps v01]"), "leading zeros"),
        (("[network-taps v1]", "[Network-taps v1]"), "a statement's id"),
        (("[network-taps v1]", "[announcements v1]"), "a statement's id"),
        (("[network-taps v1]", "[encryption-keys v1]"), "stands twice"),
        (("[network-taps v1]\n", "[network-taps v1]\n[x\n"), "does not start with '['"),
        (("[network-taps v1]\n", "[network-taps v1]\n— x\n"), "does not start with"),
        (("\n\nA blank line", "\n\n— A blank line"), "does not start with"),
        (("\n\nA blank line", "\n\n\nA blank line"), "never two running"),
        ((f"{LAST}\n", f"{LAST}\n\n"), "no blank line at an end"),
        ((f"{LAST}\n", f"{LAST}\n\n[gag v1]\nx\n"), "nothing follows the announcements"),
        ((f"{LAST}\n", f"{LAST}\n\n[announcements]\nx\n"), "nothing follows the announcements"),
        ((f"{LAST}\n", LAST), "newline"),
    ],
)
def test_a_broken_rule_of_the_sections_is_refused(change: tuple[str, str], rule: str) -> None:
    assert rule in fault(change).rule


def test_a_broken_rule_in_the_words_is_told_with_its_line() -> None:
    lines = EXAMPLE.decode().split("\n")
    assert fault(("customers' keys", "[customers' keys")).line == lines.index("customers' keys, to anyone.") + 1
    assert fault((f"{LAST}\n", f"{LAST}\n\n[gag v1]\nx\n")).line == lines.index(LAST) + 2
    assert fault(("[network-taps v1]", "[network-taps]")).line == lines.index("[network-taps v1]") + 1


def test_a_release_has_a_statement() -> None:
    header, _, _ = EXAMPLE.partition(b"\n\n[")
    for data in (header + b"\n", header + b"\n\n[announcements]\nx\n"):
        with pytest.raises(MalformedError, match="at least one statement"):
            parse_release(data)


def test_an_em_dash_within_words_is_no_signature() -> None:
    release = parse_release(edited((LAST, "—A dash — and another —\n —and one")).encode())
    assert release.announcements
    assert release.announcements.endswith("—A dash — and another —\n —and one")


@pytest.mark.parametrize("words", ["", "\n", "x\n", "\nx", "x\n\n\ny", "[x", "x\n[y", "— x", "x\n— y"])
def test_words_that_would_not_be_read_again_are_refused(words: str) -> None:
    with pytest.raises(MalformedError):
        check_words(words)


@given(strategies.words)
def test_words_that_are_read_again_pass(words: str) -> None:
    check_words(words)


# --- entries and hints ----------------------------------------------------------------------------------


def test_an_entry_is_a_roster_or_a_release_by_its_first_line() -> None:
    sim = Publisher()
    sim.roster(), sim.release()
    kinds = [type(parse_entry(data).content) for data in sim.entries]
    assert kinds == [Roster, Release]
    assert parse_entry(sim.entries[1]).text_hash == digest(parse_note(sim.entries[1]).text)
    with pytest.raises(MalformedError, match="an entry begins with"):
        parse_text(worked_example(canary.core.documents.hint, "warrant-canary/hint/v1"))


@pytest.mark.parametrize(
    "first_line", ["warrant-canary/release/v2", "warrant-canary/roster/v10", "warrant-canary/new/v1"]
)
def test_a_later_format_is_told_before_anything_else_is_read(first_line: str) -> None:
    for data in (first_line.encode() + b"\n\xff\r\x00", first_line.encode()):
        with pytest.raises(NewerFormatError) as caught:
            parse_entry(data)
        assert caught.value.header == first_line


@pytest.mark.parametrize(
    "first_line", ["warrant-canary/release/v0", "warrant-canary/release/v02", "warrant-canary/release/v"]
)
def test_what_cannot_be_a_later_format_is_malformed(first_line: str) -> None:
    with pytest.raises(MalformedError):
        parse_text(first_line.encode() + b"\n")


@given(strategies.mutated(st.sampled_from(example_publisher().entries)) | st.binary())
def test_any_bytes_are_an_entry_or_a_canary_error(data: bytes) -> None:
    try:
        entry = parse_entry(data)
    except CanaryError:
        return
    assert entry.content.render() == entry.text
    assert data.startswith(entry.text + b"\n")


def test_the_example_of_the_hint_names_the_example_of_the_roster() -> None:
    example = worked_example(canary.core.documents.hint, "warrant-canary/hint/v1")
    hint = parse_hint(example)
    assert hint.render() == example
    assert (hint.roster_1, hint.path) == (example_publisher().pin, "canary")


@given(strategies.hints)
def test_a_hint_is_read_as_it_was_written(hint: Hint) -> None:
    assert parse_hint(hint.render()) == hint


@given(strategies.mutated(strategies.hints.map(Hint.render)) | st.binary())
def test_whatever_is_read_as_a_hint_is_written_again_byte_for_byte(data: bytes) -> None:
    try:
        hint = parse_hint(data)
    except CanaryError:
        return
    assert hint.render() == data


def test_a_hint_says_nothing_more() -> None:
    example = worked_example(canary.core.documents.hint, "warrant-canary/hint/v1")
    for data, line in ((example + b"more: x\n", 4), (example.replace(b"hint/v1", b"hint/v2"), 1), (b"\n", 1)):
        with pytest.raises(MalformedError) as caught:
            parse_hint(data)
        assert caught.value.line == line
