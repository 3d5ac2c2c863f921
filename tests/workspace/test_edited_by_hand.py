"""Entries that somebody edited, lost or renumbered, and files that git left half merged."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from tests.publisher import Publisher, done
from tests.workspace.row import Row, Spoil, check, each_row, rows

READERS = ("draft", "sign", "unsign", "merge", "publish", "roster", "key_list")
ALARM = {"status": 3} | dict.fromkeys(READERS, 2)
"""What watchers would be alarmed by; a status that cannot tell is 3 for a monitoring system."""
BROKEN = {"status": 3} | dict.fromkeys(READERS, 3)
NEWEST = "log/0002.txt"
BRING_BACK = "back from version control: a published entry never changes."


def edited(place: str, edit: Callable[[bytes], bytes]) -> Spoil:
    """A file with its bytes changed."""

    def spoil(publisher: Publisher) -> None:
        path = publisher.root / place
        before = path.read_bytes()
        path.write_bytes(edit(before))
        assert path.read_bytes() != before

    return spoil


def without_line(number: int) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        del lines[number]
        return b"".join(lines)

    return edit


def lines_swapped(data: bytes) -> bytes:
    *lines, last, end = data.splitlines(keepends=True)
    return b"".join([*lines, end, last])


def lost(place: str) -> Spoil:
    return lambda publisher: (publisher.root / place).unlink()


def renamed(place: str, new: str) -> Spoil:
    return lambda publisher: (publisher.root / place).rename(publisher.root / new)


def copied(place: str, new: str) -> Spoil:
    return lambda publisher: shutil.copy(publisher.root / place, publisher.root / new)


def exchanged(publisher: Publisher) -> None:
    one, other = (publisher.root / "log" / name for name in ("0001.txt", "0002.txt"))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def signature_of_another_text(publisher: Publisher) -> None:
    path = publisher.root / NEWEST
    path.write_bytes(path.read_bytes() + (publisher.folder / "director.sig").read_bytes())


@each_row(
    *rows(
        "a word",
        edited(NEWEST, lambda data: data.replace(b"never handed", b"hardly handed")),
        "entry 2: not over",
        **ALARM,
    ),
    *rows("a number", edited(NEWEST, lambda data: data.replace(b"release: 1", b"release: 2")), "entry 2: ", **ALARM),
    *rows(
        "a signer's key",
        edited("log/0001.txt", lambda data: data.replace(b"threshold: 2", b"threshold: 1")),
        "entry 1: not over this text",
        **ALARM,
    ),
    *rows("a lost signature", edited(NEWEST, without_line(-1)), "entry 2: 1 of 3 signed (legal), 2 needed", **ALARM),
    *rows("no signature", edited(NEWEST, lambda data: data.split("\n— ".encode())[0]), "entry 2: ", **ALARM),
    *rows("a signature of another text", signature_of_another_text, "entry 2: not over this text", **ALARM),
    *rows(
        "other line ends",
        edited(NEWEST, lambda data: data.replace(b"\n", b"\r\n")),
        "control character U+000D",
        **ALARM,
    ),
    *rows("a byte order mark", edited(NEWEST, lambda data: b"\xef\xbb\xbf" + data), "entry 2: ", **ALARM),
    *rows("a line at the end", edited(NEWEST, lambda data: data + b"\n"), "entry 2: ", **ALARM),
    *rows("no last line end", edited(NEWEST, lambda data: data[:-1]), "does not end in a newline", **ALARM),
    *rows("cut", edited(NEWEST, lambda data: data[:100]), "entry 2: ", **ALARM),
    *rows("empty", edited(NEWEST, lambda _: b""), "entry 2: ", **ALARM),
    *rows("not text", edited(NEWEST, lambda _: b"\xff\xfe" * 100), "entry 2: text, line 1: not UTF-8", **ALARM),
    *rows("too large", edited(NEWEST, lambda data: data * 1_000), "0002.txt has more than 65,535 bytes", **BROKEN),
    *rows(
        "of a later format",
        edited(NEWEST, lambda data: data.replace(b"release/v1", b"release/v9")),
        "does not know",
        **BROKEN,
    ),
    *rows("exchanged", exchanged, "entry 1: it calls itself entry 2", **ALARM),
    *rows("a copy of the last one", copied(NEWEST, "log/0003.txt"), "entry 3: it calls itself entry 2", **ALARM),
    *rows("the first one lost", lost("log/0001.txt"), "0001.txt is missing", **BROKEN),
    *rows("renumbered", renamed(NEWEST, "log/0003.txt"), "0002.txt is missing", **BROKEN),
    *rows("a digit more", renamed(NEWEST, "log/00002.txt"), "00002.txt is not called like an entry", **BROKEN),
    *rows("a file more", copied(NEWEST, "log/notes.md"), "notes.md is not called like an entry", **BROKEN),
    *rows("an editor's copy", copied(NEWEST, "log/0002.txt~"), "0002.txt~ is not called like an entry", **BROKEN),
    *rows("the last one lost", lost(NEWEST), "log/ no longer holds the 2 entries that were published", status=3),
    *rows("the last one lost", lost(NEWEST), "it calls itself entry 3", sign=2, merge=2, publish=2),
)
def test_entries_edited_by_hand(publisher: Publisher, row: Row) -> None:
    ran = check(publisher, row)
    if row.code == 2 and "entry 2: " in row.words and "calls itself" not in row.words:
        assert BRING_BACK in ran.said


def all_three_sign(publisher: Publisher) -> None:
    done(publisher.canary("merge", publisher.folder / "director.sig"))
    done(publisher.publish())


@each_row(
    *rows(
        "a lost signature of three",
        edited("log/0003.txt", without_line(-1)),
        "log/ no longer holds the 3 entries",
        status=3,
        publish=2,
    ),
    *rows(
        "signatures in another order",
        edited("log/0003.txt", lines_swapped),
        "log/ no longer holds the 3 entries",
        status=3,
        publish=2,
    ),
    *rows("the last one lost", lost("log/0003.txt"), "log/ no longer holds the 3 entries", status=3, publish=2),
)
def test_entries_that_still_hold_and_are_not_what_was_published(publisher: Publisher, row: Row) -> None:
    all_three_sign(publisher)
    check(publisher, row)


# --- half merged ----------------------------------------------------------------------------------------


def half_merged(place: str, *, style: str = "merge") -> Spoil:
    """A file as git leaves it where two people changed one line."""

    def edit(data: bytes) -> bytes:
        lines = data.split(b"\n")
        middle = (len(lines) - 1) // 2
        base = [b"||||||| base", lines[middle] + b"?"] if style == "diff3" else []
        lines[middle : middle + 1] = [
            b"<<<<<<< HEAD",
            lines[middle],
            *base,
            b"=======",
            lines[middle] + b"!",
            b">>>>>>> theirs",
        ]
        return b"\n".join(lines)

    return edited(place, edit)


def both_added(publisher: Publisher) -> None:
    """A statement that two people wrote, whose words with git's marks would be words like any others."""
    text = "<<<<<<< HEAD\nWe have never done it.\n=======\nWe never did it.\n>>>>>>> theirs\n"
    publisher.write_statement("keys", text.removesuffix("\n"), version=2)


HALF = "half merged, with git's marks of a conflict in it"


@each_row(
    *rows(
        "draft", half_merged("draft/text.txt"), HALF, status=1, draft=3, sign=3, unsign=3, merge=3, publish=3, roster=3
    ),
    *rows("a signature", half_merged("draft/legal.sig"), HALF, status=1, sign=3, merge=3, publish=3),
    *rows("the configuration", half_merged("canary.toml"), HALF, status=3, sign=3, roster=3, key_list=3, key_new=3),
    *rows("a statement", half_merged("statements/keys/v1.txt"), HALF, draft=3, sign=3),
    *rows("a new statement", both_added, "statements/keys/v2.txt, line 1: half merged", draft=3, sign=3),
    *rows("an entry", half_merged(NEWEST), HALF, **BROKEN),
    *rows("the first entry, as diff3 has it", half_merged("log/0001.txt", style="diff3"), HALF, **BROKEN),
    *rows("a key", half_merged("keys/legal.vkey"), HALF, roster=3, key_list=3, key_new=3),
)
def test_half_merged_files(publisher: Publisher, row: Row) -> None:
    ran = check(publisher, row)
    assert "git checkout --ours" in ran.said or "canary unsign --as legal" in ran.said


def test_half_merged_announcements_are_refused(publisher: Publisher) -> None:
    file = publisher.folder / "announcement.txt"
    file.write_text("<<<<<<< HEAD\nOne.\n=======\nTwo.\n>>>>>>> theirs\n", "utf-8")
    ran = publisher.canary("draft", "--replace", "--announce", file)
    assert (ran.code, HALF in ran.err) == (3, True)


@each_row(
    *rows(
        "a draft without a date", edited("draft/text.txt", without_line(5)), "draft/text.txt, line ", sign=3, publish=3
    ),
    *rows(
        "a signature cut short",
        edited("draft/legal.sig", lambda data: data[:60]),
        "draft/legal.sig: ",
        status=1,
        sign=3,
        publish=3,
    ),
    *rows(
        "an empty signature", edited("draft/legal.sig", lambda _: b""), "draft/legal.sig: ", status=1, sign=3, publish=3
    ),
    *rows(
        "a signature under another's name",
        copied("draft/legal.sig", "draft/director.sig"),
        "draft/director.sig: it holds a line of the key",
        status=1,
        sign=3,
        publish=3,
    ),
    *rows(
        "a configuration that is none",
        edited("canary.toml", lambda data: data + b"[[[\n"),
        "canary.toml: ",
        status=3,
        roster=3,
    ),
    *rows(
        "a word too much in it",
        edited("canary.toml", lambda data: data + b"colour = 1\n"),
        "canary.toml: ",
        status=3,
        roster=3,
    ),
    *rows(
        "a key that is none",
        edited("keys/legal.vkey", lambda _: b"nonsense\n"),
        "keys/legal.vkey: ",
        roster=3,
        key_list=3,
    ),
    *rows(
        "a statement in another encoding",
        edited("statements/keys/v1.txt", lambda _: b"caf\xe9\n"),
        "statements/keys/v1.txt",
        draft=3,
        sign=3,
    ),
)
def test_other_files_edited_by_hand(publisher: Publisher, row: Row) -> None:
    check(publisher, row)
