from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from canary.core.documents.release import Release
from canary.core.signed.entry import parse_text
from tests.publisher import ADD_ALL, STATEMENTS, Publisher, done, noon, text_hash, tree


def drafted_release(publisher: Publisher) -> Release:
    content = parse_text(publisher.draft_file.read_bytes())
    assert isinstance(content, Release)
    return content


def ids(publisher: Publisher) -> list[str]:
    return [each.id for each in drafted_release(publisher).statements]


def refused(publisher: Publisher, *wishes: object, code: int = 1) -> str:
    """Returns what is said of a draft that is refused, once it is known that nothing was changed."""
    before = tree(publisher.folder)
    ran = publisher.canary("draft", *wishes)
    assert ran.code == code, ran
    assert tree(publisher.folder) == before
    return ran.said


# --- the first release ----------------------------------------------------------------------------------


def test_without_a_roster_there_is_no_release(prepared: Publisher) -> None:
    assert "there is no published roster yet" in refused(prepared.on("2026-02-03"), "--add", "keys")


def test_the_first_release_names_every_statement_where_nobody_can_be_asked(rostered: Publisher) -> None:
    said = refused(rostered.on("2026-02-03"))
    assert "nobody can be asked" in said
    assert "Name them: --add keys --add taps --add tell" in said


def test_the_first_release_says_exactly_what_was_added(rostered: Publisher) -> None:
    ran = rostered.on("2026-02-03").canary("draft", "--add", "tell", "--add", "keys")
    assert ran.code == 0
    assert ids(rostered) == ["tell", "keys"]
    assert text_hash(rostered.draft_file.read_bytes()) in ran.out
    assert "In statements/ and not in this draft: taps" in ran.said


def test_the_first_release_needs_a_statement(rostered: Publisher) -> None:
    for name in STATEMENTS:
        (rostered.root / "statements" / name / "v1.txt").unlink()
    assert "there are no statements yet" in refused(rostered.on("2026-02-03"))


def test_before_the_first_window_nothing_can_be_drafted(rostered: Publisher) -> None:
    said = refused(rostered.on("2026-01-31"), *ADD_ALL)
    assert "the first window opens on 2026-02-01; nothing can be issued before" in said
    assert rostered.on("2026-02-01").canary("draft", *ADD_ALL).code == 0


def test_the_dates_follow_from_the_schedule_and_issued_is_the_moment_of_drafting(rostered: Publisher) -> None:
    moment = datetime.fromisoformat("2026-02-20T09:08:07.654321+00:00")
    done(rostered.on(moment).canary("draft", *ADD_ALL))
    release = drafted_release(rostered)
    assert release.issued == moment.replace(microsecond=0)
    assert release.period.isoformat() == "2026-02-01"
    assert release.next is not None
    assert (release.next.opens.isoformat(), release.next.last.isoformat()) == ("2026-05-01", "2026-05-14")
    assert release.expires == noon("2026-05-29").replace(hour=0)


# --- at most one draft ----------------------------------------------------------------------------------


def test_at_most_one_draft_is_open(drafted: Publisher) -> None:
    assert "a draft is open already, and there is at most one" in refused(drafted, *ADD_ALL)
    ran = drafted.canary("roster")
    assert (ran.code, "a draft is open already" in ran.err) == (1, True)


def test_replacing_a_draft_takes_its_signatures_away(drafted: Publisher) -> None:
    done(drafted.sign("legal"))
    done(drafted.canary("draft", "--replace", "--add", "keys"))
    assert ids(drafted) == ["keys"]
    assert [each.name for each in (drafted.root / "draft").iterdir()] == ["text.txt"]


def test_a_draft_that_cannot_be_made_does_not_replace_the_open_one(drafted: Publisher) -> None:
    done(drafted.sign("legal"))
    refused(drafted, "--replace", "--add", "nothing-like-it")


# --- what was left out never comes back by itself -------------------------------------------------------


def test_the_next_release_begins_with_the_statements_of_the_last_one(published: Publisher) -> None:
    published.write_statement("new", "A new statement.")
    ran = done(published.on("2026-05-02").canary("draft"))
    assert ids(published) == ["keys", "taps", "tell"]
    assert "The statements are word for word those of release 1." in ran.said
    assert "not in this draft: new (take one in with --add ID)" in ran.said


def test_what_was_left_out_comes_back_only_when_it_is_added(published: Publisher) -> None:
    published.on("2026-05-02").release("--without", "taps")
    published.on("2026-08-02").release()
    assert b"[taps" not in (published.root / "log" / "0004.txt").read_bytes()
    ran = done(published.on("2026-11-02").canary("draft"))
    assert ids(published) == ["keys", "tell"]
    assert "not in this draft: taps" in ran.said
    ran = done(published.canary("draft", "--replace", "--add", "taps"))
    assert ids(published) == ["keys", "tell", "taps"]
    assert "the statement taps@v1 is back" in ran.said


def test_leaving_out_is_told_as_watchers_will_see_it(published: Publisher) -> None:
    said = done(published.on("2026-05-02").canary("draft", "--without", "taps")).said
    assert "changed: WITHDRAWN: the statement taps is gone from release 2" in said
    assert "Watchers will see WITHDRAWN. That cannot be undone." in said


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        (("--without", "nothing"), "--without nothing: the last release has no such statement"),
        (("--add", "keys"), "--add keys: the last release has it already"),
        (("--add", "nothing"), "there is no file statements/nothing/v1.txt"),
        (("--without", "keys", "--without", "taps", "--without", "tell"), "no statement is left"),
    ],
)
def test_a_wish_that_cannot_be_met_is_named(published: Publisher, wishes: tuple[str, ...], told: str) -> None:
    assert told in refused(published.on("2026-05-02"), *wishes)


def test_what_a_draft_left_out_stays_out_of_the_draft_that_replaces_it(published: Publisher) -> None:
    done(published.on("2026-05-02").canary("draft", "--without", "taps"))
    said = done(published.canary("draft", "--replace")).said
    assert ids(published) == ["keys", "tell"]
    assert "Left out, as in the draft before: taps (take one in again with --add ID)." in said
    assert "Watchers will see WITHDRAWN." in said
    done(published.canary("draft", "--replace", "--without", "tell", "--without", "taps"))
    assert ids(published) == ["keys"]
    done(published.canary("draft", "--replace", "--add", "taps"))
    assert ids(published) == ["keys", "taps"]
    done(published.canary("draft", "--replace", "--add", "tell"))
    assert ids(published) == ["keys", "taps", "tell"]


def test_a_roster_in_its_place_says_what_the_next_draft_has_to_leave_out_again(published: Publisher) -> None:
    done(published.on("2026-05-02").canary("draft", "--without", "taps"))
    published.edit_config(('"Example Networks"', '"Example Nets"'))
    told = "Warning: the draft that this one replaces left out taps, and a roster cannot keep that."
    assert told in done(published.canary("roster", "--replace")).said
    assert "left out" not in done(published.canary("roster", "--replace")).said


def test_a_draft_that_cannot_be_read_is_replaced_with_a_word_on_what_it_left_out(published: Publisher) -> None:
    done(published.on("2026-05-02").canary("draft", "--without", "taps"))
    for text in ("nonsense\n", "warrant-canary/release/v2\n"):
        published.draft_file.write_text(text, "utf-8")
        said = done(published.canary("draft", "--replace")).said
        assert "what it left out has to be left out again" in said


# --- wordings -------------------------------------------------------------------------------------------


def test_the_newest_wording_is_taken_and_the_change_is_shown(published: Publisher) -> None:
    published.write_statement("taps", "Nobody has ever installed equipment in our network.", version=2)
    published.write_statement("taps", "Nobody has ever put equipment into our network.", version=10)
    said = done(published.on("2026-05-02").canary("draft")).said
    assert [each.label for each in drafted_release(published).statements] == ["keys@v1", "taps@v10", "tell@v1"]
    assert "the statement taps was reworded from v1 to v10" in said


def test_a_signed_wording_that_was_changed_is_refused_with_the_version_to_create(published: Publisher) -> None:
    published.write_statement("taps", "Nobody we know of has installed equipment in our network.")
    said = refused(published.on("2026-05-02"), code=2)
    assert "statements/taps/v1.txt was signed with other words, and must never change" in said
    assert "write the new ones into statements/taps/v2.txt" in said


def test_a_signed_wording_must_not_change_even_where_a_newer_one_is_there(published: Publisher) -> None:
    published.write_statement("taps", "Newer words.", version=2)
    published.write_statement("taps", "Changed words.")
    said = refused(published.on("2026-05-02"), "--without", "taps", code=2)
    assert "write the new ones into statements/taps/v3.txt" in said


def test_going_back_to_an_older_wording_is_refused(published: Publisher) -> None:
    newer = published.write_statement("taps", "Newer words.", version=2)
    published.on("2026-05-02").release()
    newer.unlink()
    said = refused(published.on("2026-08-02"))
    assert "statements/taps/v1.txt is older than version 2, which was signed" in said


def test_a_standing_statement_without_a_file_is_not_left_out_silently(published: Publisher) -> None:
    (published.root / "statements" / "taps" / "v1.txt").unlink()
    said = refused(published.on("2026-05-02"))
    assert "there is no file statements/taps/v1.txt" in said
    assert "Bring it back from version control (its words stand in log/ too)." in said
    assert "To leave it out, with --without taps, is to withdraw it: watchers are alarmed." in said


def test_what_is_added_needs_a_file(published: Publisher) -> None:
    said = refused(published.on("2026-05-02"), "--add", "feeds")
    assert said.endswith("there is no file statements/feeds/v1.txt What to do: Write it.")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (b"no line end", "statements/keys/v2.txt, line 1: the last line does not end in a newline"),
        (b"Windows line\r\n", "statements/keys/v2.txt, line 1: the control character U+000D"),
        (b"[taps v9]\n", "statements/keys/v2.txt, line 1: a line of words does not start with '['"),
        ("one\n— example.net/canary/legal AAAA\n".encode(), "statements/keys/v2.txt, line 2: a line of words"),
        (b"one\n\n\ntwo\n", "statements/keys/v2.txt, line 2: words have no blank line at an end"),
        ("zero\u200bwidth\n".encode(), "statements/keys/v2.txt, line 1: the character U+200B"),
        (b"one \n", "statements/keys/v2.txt, line 1: a line ends in a blank"),
        (b"", "statements/keys/v2.txt, line 1: the last line does not end in a newline"),
        (b"\xff\n", "statements/keys/v2.txt, line 1: not UTF-8"),
    ],
)
def test_words_that_no_release_can_hold_are_named_with_file_and_line(
    published: Publisher, words: bytes, told: str
) -> None:
    (published.root / "statements" / "keys" / "v2.txt").write_bytes(words)
    assert told in refused(published.on("2026-05-02"), code=3)


@pytest.mark.parametrize("words", [b"one\r\n", b"\xef\xbb\xbfone\n", b"one", b"one \n", "café\n".encode("latin-1")])
def test_a_file_that_was_saved_wrongly_is_told_with_how_to_save_it(published: Publisher, words: bytes) -> None:
    (published.root / "statements" / "keys" / "v2.txt").write_bytes(words)
    said = refused(published.on("2026-05-02"), code=3)
    assert "Save it as UTF-8 without a byte order mark, with Unix line ends, also at the end, and no blanks" in said


@pytest.mark.parametrize("name", ["notes.txt", "v01.txt", "v2.txt~", "v0.txt"])
def test_a_misnamed_wording_is_named_instead_of_overlooked(published: Publisher, name: str) -> None:
    (published.root / "statements" / "keys" / name).write_text("Something.\n", "utf-8")
    assert f"statements/keys/{name} is not called v1.txt" in refused(published.on("2026-05-02"), code=3)


# --- windows and corrections ----------------------------------------------------------------------------


def test_a_second_release_in_a_window_must_be_called_a_correction(published: Publisher) -> None:
    said = refused(published.on("2026-04-30"))
    assert "release 1 is already published for the window that opened on 2026-02-01" in said
    assert "add --correction. The next window opens on 2026-05-01." in said
    done(published.canary("draft", "--correction"))
    release = drafted_release(published)
    assert (release.number, release.period.isoformat()) == (2, "2026-02-01")
    assert release.next is not None
    assert release.next.opens.isoformat() == "2026-05-01"


def test_without_a_release_in_this_window_there_is_nothing_to_correct(published: Publisher) -> None:
    assert "nothing to correct" in refused(published.on("2026-05-02"), "--correction")


def test_a_correction_of_a_withdrawal_does_not_bring_it_back_unasked(published: Publisher) -> None:
    published.on("2026-05-02").release("--without", "taps")
    done(published.on("2026-05-03").canary("draft", "--correction"))
    assert ids(published) == ["keys", "tell"]


def test_a_clock_that_went_back_is_told(published: Publisher) -> None:
    said = refused(published.on("2026-02-02"), "--correction", code=2)
    assert "issued 2026-02-02T12:00:00Z, before the entry before it (2026-02-03T12:00:00Z)" in said


def test_the_last_release_has_no_next_and_nothing_follows_it(published: Publisher) -> None:
    said = done(published.on("2026-05-02").canary("draft", "--final")).said
    assert "It is the LAST release of this canary: nothing can follow it." in said
    assert "Watchers will see RETIRED." in said
    assert b"\nfinal: yes\n" in published.draft_file.read_bytes()
    published.signed("legal", "security")
    assert published.verify().out.startswith("RETIRED")
    assert "release 2 was the last one of this canary; nothing can follow it" in refused(published.on("2026-08-02"))
    ran = published.canary("roster")
    assert (ran.code, "nothing can follow it" in ran.err) == (1, True)


def test_the_last_release_may_come_in_a_window_that_has_one(published: Publisher) -> None:
    assert published.on("2026-02-10").canary("draft", "--final").code == 0


# --- what is published beside the statements ------------------------------------------------------------


def test_what_a_report_covers_stands_in_the_release(published: Publisher) -> None:
    done(published.on("2026-05-02").canary("draft", "--covers", "2026-01-01/2026-03-31"))
    assert b"\ncovers: 2026-01-01/2026-03-31\n" in published.draft_file.read_bytes()


@pytest.mark.parametrize("value", ["2026-01-01", "2026-03-31/2026-01-01", "Q1"])
def test_a_range_that_is_none_is_refused(published: Publisher, value: str) -> None:
    assert "--covers:" in refused(published.on("2026-05-02"), "--covers", value, code=3)


def test_announcements_come_last(published: Publisher, tmp_path: Path) -> None:
    news = tmp_path / "news.txt"
    news.write_text("We moved.\n\nTo Bern.\n", "utf-8")
    done(published.on("2026-05-02").canary("draft", "--announce", news))
    assert published.draft_file.read_bytes().endswith(b"\n\n[announcements]\nWe moved.\n\nTo Bern.\n")


def test_announcements_cannot_pass_for_statements(published: Publisher, tmp_path: Path) -> None:
    news = tmp_path / "news.txt"
    news.write_text("We moved.\n\n[taps v2]\nNobody has.\n", "utf-8")
    said = refused(published.on("2026-05-02"), "--announce", news, code=3)
    assert "news.txt, line 3: a line of words does not start with '['" in said


def test_an_attachment_is_kept_published_and_verified(published: Publisher, tmp_path: Path) -> None:
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF a report")
    published.on("2026-05-02").release("--attach", report, "--covers", "2026-01-01/2026-03-31")
    report.unlink()
    assert f"attachment: report.pdf {text_hash(b'%PDF a report')} 13\n" in (
        published.root / "log" / "0003.txt"
    ).read_text("utf-8")
    copy = published.public / "releases" / "2" / "files" / "report.pdf"
    assert copy.read_bytes() == b"%PDF a report"
    assert published.verify().code == 0
    copy.write_bytes(b"%PDF another!")
    ran = published.verify()
    assert (ran.code, ran.out.split(":")[0], "ATTACHMENT-CHANGED" in ran.out) == (2, "INVALID", True)
    copy.unlink()
    ran = published.verify()
    assert (ran.code, ran.out.split(":")[0], "ATTACHMENT-MISSING" in ran.out) == (1, "UNREACHABLE", True)
    assert published.publish().code == 0
    assert published.verify().code == 0


def test_two_attachments_of_one_name_are_refused_before_anything_is_written(
    published: Publisher, tmp_path: Path
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "report.pdf").write_text(folder, "utf-8")
    wishes = [word for folder in ("a", "b") for word in ("--attach", tmp_path / folder / "report.pdf")]
    assert "two attachments have the same name" in refused(published.on("2026-05-02"), *wishes, code=3)


@pytest.mark.parametrize(("name", "told"), [("a report.pdf", "an attachment's name"), (".hidden", "an attachment's")])
def test_an_attachment_with_a_name_that_no_url_likes_is_refused(
    published: Publisher, tmp_path: Path, name: str, told: str
) -> None:
    (tmp_path / name).write_text("x", "utf-8")
    said = refused(published.on("2026-05-02"), "--attach", tmp_path / name, code=3)
    assert "--attach:" in said
    assert told in said


def test_an_attachment_that_is_not_there_is_named(published: Publisher, tmp_path: Path) -> None:
    assert "gone.pdf cannot be read" in refused(published.on("2026-05-02"), "--attach", tmp_path / "gone.pdf", code=3)


def test_a_text_that_is_too_long_is_refused_before_anything_is_written(published: Publisher) -> None:
    for name in STATEMENTS:
        published.write_statement(name, "\n".join(["A long line of words."] * 600), version=2)
    assert "the new release: a text has at most 32,768 bytes" in refused(published.on("2026-05-02"), code=3)


# --- drafts that were changed by hand -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("next: 2026-05-01/2026-05-14", "next: 2026-05-01 to 2026-05-14", 8),
        ("\n[taps v1]", "[taps v1]", 13),
        ("anyone.", "anyone. ", 12),
        ("release: 1", "release: 01", 5),
    ],
)
def test_a_draft_changed_by_hand_is_told_with_its_line(drafted: Publisher, old: str, new: str, line: int) -> None:
    text = drafted.draft_file.read_text("utf-8")
    assert old in text
    drafted.draft_file.write_text(text.replace(old, new, 1), "utf-8")
    for arguments in (
        ("publish", "--key-dir", drafted.keys),
        ("sign", "--as", "legal"),
        ("unsign", "--as", "legal"),
    ):
        ran = drafted.canary(*arguments)
        assert ran.code == 3
        assert f"draft/text.txt, line {line}: " in ran.err
        assert "Drafts are not edited by hand; make a new one with --replace." in ran.said
    assert drafted.canary("draft", "--replace", *ADD_ALL).code == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("expires: 2026-05-29", "expires: 2026-06-29", "it expires 2026-06-29T00:00:00Z instead of"),
        ("period: 2026-02-01", "period: 2026-01-01", "its period is 2026-01-01 instead of 2026-02-01"),
        ("release: 1", "release: 2", "it calls itself release 2 instead of 1"),
        ("entry: 2", "entry: 3", "it calls itself entry 3"),
    ],
)
def test_a_draft_whose_dates_or_numbers_were_changed_by_hand_cannot_be_signed(
    drafted: Publisher, old: str, new: str, told: str
) -> None:
    text = drafted.draft_file.read_text("utf-8")
    assert old in text
    drafted.draft_file.write_text(text.replace(old, new, 1), "utf-8")
    ran = drafted.sign("legal")
    assert (ran.code, told in ran.said) == (2, True)
    assert not (drafted.root / "draft" / "legal.sig").exists()


@pytest.mark.parametrize("gone", [False, True])
def test_words_that_no_statement_file_has_are_not_signed(drafted: Publisher, gone: bool) -> None:  # noqa: FBT001
    file = drafted.root / "statements" / "keys" / "v1.txt"
    if gone:
        file.unlink()
        told = "the draft says keys@v1, and there is no file statements/keys/v1.txt"
    else:
        text = drafted.draft_file.read_text("utf-8")
        drafted.draft_file.write_text(text.replace("never handed", "never willingly handed"), "utf-8")
        told = "the draft words keys@v1 otherwise than statements/keys/v1.txt does"
    before = tree(drafted.folder)
    ran = drafted.sign("legal")
    assert (ran.code, told in ran.said) == (2, True)
    assert "up to date from version control" in ran.said
    assert tree(drafted.folder) == before


def test_an_attachment_of_a_replaced_draft_leaves_no_trace(published: Publisher, tmp_path: Path) -> None:
    report, other = tmp_path / "report.pdf", tmp_path / "other.pdf"
    report.write_bytes(b"the report"), other.write_bytes(b"another one")
    published.on("2026-05-03")
    assert published.canary("draft", "--attach", report).code == 0
    assert published.canary("draft", "--replace", "--attach", other).code == 0
    assert [file.read_bytes() for file in (published.root / "attachments").iterdir()] == [b"another one"]
    assert published.canary("draft", "--replace").code == 0
    assert list((published.root / "attachments").iterdir()) == []
