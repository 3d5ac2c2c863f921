"""`canary sign` as a person sees it, on a real pseudo-terminal."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal, at_terminal, signing
from tests.gpg_home import GpgHome
from tests.publisher import ADD_ALL, PASSPHRASE, STATEMENTS, Publisher, done, text_hash, tree

QUESTION = "Is this still true? (yes or no)"
NAME = "to sign it, or Enter to stop"
STOPPED = "stopped; nothing was signed, and nothing was written down"


def words_of(name: str) -> str:
    return " ".join(STATEMENTS[name].split())


def affirm_all(terminal: Terminal) -> None:
    for _ in STATEMENTS:
        terminal.until(QUESTION)
        terminal.types("yes")


def test_each_statement_is_shown_in_full_and_affirmed_alone(drafted: Publisher) -> None:
    terminal = signing(drafted, "legal")
    shown = terminal.until(QUESTION)
    previous = text_hash((drafted.public / "rosters/1/text.txt").read_bytes())
    assert shown.startswith(
        "Release 1 of example.net/canary, for the window that opened on 2026-02-01. It is dated "
        f"2026-02-03T12:00:00Z. It is entry 2 of the log, after the text {previous}. "
        "The next one is due from 2026-05-01 to 2026-05-14. If none comes, this canary is "
        "stale from 2026-05-29T00:00:00Z. This is the first release"
    )
    assert "Example Networks speaks, once 2 of these have signed: legal, security, director." in shown
    for number, name in enumerate(STATEMENTS, start=1):
        assert shown.endswith(f"Statement {number} of 3: {name}, version 1 {words_of(name)}")
        assert sum(words_of(each) in shown for each in STATEMENTS) == 1
        terminal.types("yes")
        shown = terminal.until(QUESTION if number < len(STATEMENTS) else NAME)
    assert f"You are about to sign the text {text_hash(drafted.draft_file.read_bytes())}" in shown
    assert "Type your name as a signer (legal)" in shown
    terminal.types("legal")
    terminal.until("Passphrase of legal: ")
    terminal.types(PASSPHRASE)
    code, rest = terminal.ends()
    assert code == 0
    assert "Signed by legal." in rest
    assert "1 of 3 signed (legal), 2 needed; missing: security, director" in rest
    assert rest.endswith(
        "Next: 1 of these, each on that signer's machine: canary sign --as security, canary sign --as director"
    )
    assert PASSPHRASE not in rest


def test_what_a_person_signed_counts(drafted: Publisher) -> None:
    for name in ("legal", "security"):
        terminal = signing(drafted, name, "--passphrase-file", drafted.passphrase_file)
        affirm_all(terminal)
        terminal.until(NAME)
        terminal.types(name)
        assert terminal.ends()[0] == 0
    assert drafted.publish().code == 0
    assert drafted.verify().code == 0


@pytest.mark.parametrize("refused", list(STATEMENTS))
def test_no_stops_and_leaves_no_trace(drafted: Publisher, refused: str) -> None:
    before = tree(drafted.folder)
    terminal = signing(drafted, "legal")
    for name in STATEMENTS:
        terminal.until(QUESTION)
        if name == refused:
            break
        terminal.types("yes")
    terminal.types("no")
    code, rest = terminal.ends()
    assert code == 1
    assert STOPPED in rest
    assert "A new draft without a statement can be made" in rest
    for name, words in STATEMENTS.items():
        assert name not in rest.replace("canary draft", "")
        assert words.split()[-1] not in rest
    assert tree(drafted.folder) == before


@pytest.mark.parametrize("answer", ["", "y", "ja", "yes yes", "n", "all"])
def test_only_yes_and_no_in_full_are_answers(drafted: Publisher, answer: str) -> None:
    before = tree(drafted.folder)
    terminal = signing(drafted, "legal")
    terminal.until(QUESTION)
    terminal.types(answer)
    assert "Please type yes or no, in full." in terminal.until(QUESTION)
    terminal.types("no")
    assert terminal.ends()[0] == 1
    assert tree(drafted.folder) == before


@pytest.mark.parametrize("typed", ["", "security", "Legal", "yes"])
def test_without_ones_own_name_nothing_is_signed(drafted: Publisher, typed: str) -> None:
    before = tree(drafted.folder)
    terminal = signing(drafted, "legal")
    affirm_all(terminal)
    terminal.until(NAME)
    terminal.types(typed)
    code, rest = terminal.ends()
    assert (code, STOPPED in rest) == (1, True)
    assert tree(drafted.folder) == before


@pytest.mark.parametrize("control", ["c", "d"])
def test_whoever_leaves_in_the_middle_has_signed_nothing(drafted: Publisher, control: str) -> None:
    before = tree(drafted.folder)
    terminal = signing(drafted, "legal")
    terminal.until(QUESTION)
    terminal.types("yes")
    terminal.until(QUESTION)
    terminal.presses(control)
    code, rest = terminal.ends()
    assert code == 3
    assert "Stopped before it was finished." in rest
    assert "Traceback" not in rest
    assert tree(drafted.folder) == before


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_whoever_closes_the_terminal_leaves_no_trace(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GpgHome() as home:
        key = home.key("security <security@example.net>")
        publisher = Publisher(tmp_path / "publisher", openpgp={"security": key}, gpg_home=home.path).begin()
        done(publisher.on("2026-02-03").canary("draft", *ADD_ALL))
        before = tree(publisher.folder)
        (tmp_path / "temporary").mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
        terminal = signing(publisher, "legal")
        terminal.until(QUESTION)
        # Where certificates are looked at; else nothing would be left to clear away.
        assert list((tmp_path / "temporary").iterdir())
        terminal.is_sent(number)
        assert terminal.ends()[0] == 3
        assert not list((tmp_path / "temporary").iterdir())
        assert tree(publisher.folder) == before


def test_a_wrong_passphrase_signs_nothing(drafted: Publisher) -> None:
    before = tree(drafted.folder)
    terminal = signing(drafted, "legal")
    affirm_all(terminal)
    terminal.until(NAME)
    terminal.types("legal")
    terminal.until("Passphrase of legal: ")
    terminal.types("a guess")
    code, rest = terminal.ends()
    assert code == 3
    assert "does not open with this passphrase" in rest
    assert "a guess" not in rest
    assert tree(drafted.folder) == before


def test_yes_through_a_pipe_is_no_answer(drafted: Publisher) -> None:
    before = tree(drafted.folder)
    where = ["--workspace", str(drafted.root), "--key-dir", str(drafted.keys)]
    ran = subprocess.run(
        [sys.executable, "-m", "canary", "sign", "--as", "legal", *where],
        input="yes\n" * 100 + "legal\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1
    assert "nobody can be asked here" in ran.stderr
    assert "--affirm ID@vN" in ran.stderr
    assert tree(drafted.folder) == before


def test_yes_through_a_pipe_is_no_answer_at_a_terminal_either(drafted: Publisher) -> None:
    before = tree(drafted.folder)
    line = f"yes | {sys.executable} -m canary sign --as legal --workspace {drafted.root} --key-dir {drafted.keys}"
    code, said = Terminal("sh", "-c", line).ends()
    assert (code, "nobody can be asked here" in said) == (1, True)
    assert tree(drafted.folder) == before


def test_lines_typed_ahead_answer_no_question_that_was_not_yet_asked(drafted: Publisher) -> None:
    before = tree(drafted.folder)
    terminal = signing(drafted, "legal", "--passphrase-file", drafted.passphrase_file)
    terminal.until(QUESTION)
    terminal.types("\n".join(["yes"] * len(STATEMENTS) + ["legal"]))
    terminal.until(QUESTION)
    terminal.types("no")
    code, rest = terminal.ends()
    assert (code, STOPPED in rest) == (1, True)
    assert tree(drafted.folder) == before


def test_announcements_are_shown_and_asked_about_too(rostered: Publisher, tmp_path: Path) -> None:
    news = tmp_path / "news.txt"
    news.write_text("We moved to Bern.\n\nWrite to us there.\n", "utf-8")
    done(rostered.on("2026-02-03").canary("draft", *ADD_ALL, "--announce", news))
    before = tree(rostered.folder)
    terminal = signing(rostered, "legal")
    affirm_all(terminal)
    shown = terminal.until("Shall this be published? (yes or no)")
    assert "Announcements (no statement, but signed with the rest): We moved to Bern. Write to us there." in shown
    terminal.types("no")
    code, rest = terminal.ends()
    assert (code, STOPPED in rest, "Bern" in rest) == (1, True, False)
    assert tree(rostered.folder) == before


def test_a_withdrawal_is_named_before_the_first_question(published: Publisher) -> None:
    done(published.on("2026-05-02").canary("draft", "--without", "taps"))
    shown = signing(published, "legal").until(QUESTION)
    assert "changed: WITHDRAWN: the statement taps is gone from release 2; it said: Nobody but Example" in shown
    assert "Watchers will see WITHDRAWN. That cannot be undone." in shown
    assert "Statement 1 of 2: keys" in shown


def test_a_new_wording_is_shown_word_by_word(published: Publisher) -> None:
    published.write_statement("keys", STATEMENTS["keys"].replace("never handed", "not knowingly handed"), version=2)
    done(published.on("2026-05-02").canary("draft"))
    shown = signing(published, "legal").until(QUESTION)
    assert "the statement keys was reworded from v1 to v2" in shown
    assert "not knowingly" in shown
    assert "Statement 1 of 3: keys, version 2" in shown


def test_the_last_release_is_announced_as_such(published: Publisher) -> None:
    done(published.on("2026-05-02").canary("draft", "--final"))
    before = tree(published.folder)
    terminal = signing(published, "legal")
    shown = terminal.until(QUESTION)
    assert "This is the LAST release." in shown
    assert "Watchers will see RETIRED." in shown
    for _ in STATEMENTS:
        terminal.types("yes")
        shown = terminal.until("(yes or no)")
    assert shown.endswith("Shall this be the last release of this canary, for ever?")
    terminal.types("no")
    code, rest = terminal.ends()
    assert (code, STOPPED in rest) == (1, True)
    assert tree(published.folder) == before


def test_the_last_release_is_signed_after_a_yes_to_that_too(published: Publisher) -> None:
    done(published.on("2026-05-02").canary("draft", "--final"))
    terminal = signing(published, "legal", "--passphrase-file", published.passphrase_file)
    affirm_all(terminal)
    terminal.until("for ever? (yes or no)")
    terminal.types("yes")
    assert "final: yes" in terminal.until(NAME)
    terminal.types("legal")
    assert terminal.ends()[0] == 0


@pytest.mark.parametrize(("answer", "code"), [("", 1), ("n", 1), ("y", 0)])
def test_a_last_release_is_drafted_after_a_yes(published: Publisher, answer: str, code: int) -> None:
    before = tree(published.folder)
    terminal = at_terminal(published.on("2026-05-02"), "draft", "--final", "--workspace", published.root)
    terminal.until("Leave any out? Their ids, or Enter for none")
    terminal.types("")
    shown = terminal.until("Shall this be the last release of this canary, for ever? Nothing can follow it. [y/N]:")
    assert "Watchers will see RETIRED." in shown
    terminal.types(answer)
    ended, rest = terminal.ends()
    assert (ended, "nothing was drafted" in rest, tree(published.folder) == before) == (code, code == 1, code == 1)


def test_what_the_draft_before_left_out_is_told_and_not_offered_again(published: Publisher) -> None:
    done(published.on("2026-05-02").canary("draft", "--without", "taps"))
    terminal = at_terminal(published, "draft", "--replace", "--workspace", published.root)
    shown = terminal.until("Leave any out? Their ids, or Enter for none")
    assert "Left out, as in the draft before: taps" in shown
    assert words_of("taps") not in shown
    terminal.types("tell")
    code, _ = terminal.ends()
    text = published.draft_file.read_text("utf-8")
    assert (code, [name for name in STATEMENTS if f"[{name} v1]" in text]) == (0, ["keys"])


def test_nothing_of_a_release_is_signed_unseen(published: Publisher, tmp_path: Path) -> None:
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF a report")
    wishes = ("--attach", report, "--covers", "2026-01-01/2026-03-31")
    done(published.on("2026-05-02").canary("draft", *wishes))
    text = published.draft_file.read_text("utf-8")
    headline = 'headline 2026-05-01 Example Times "It rains"'
    text = text.replace("\nattachment: ", f"\nanchor: {headline}\nattachment: ")
    published.draft_file.write_text(text, "utf-8")
    terminal = signing(published, "legal")
    shown = terminal.until(QUESTION)
    assert f"anchor: {headline}; a claim, which proves nothing" in shown
    assert "It covers 2026-01-01 to 2026-03-31." in shown
    for number in range(1, len(STATEMENTS) + 1):
        terminal.types("yes")
        shown = terminal.until(QUESTION if number < len(STATEMENTS) else NAME)
    header = text.partition("\n\n")[0]
    assert f"The text begins exactly so: {' '.join(header.split())} You are about to sign the text" in shown


def test_a_missing_or_wrong_key_is_told_before_the_first_question(drafted: Publisher) -> None:
    guess = drafted.folder / "guess"
    guess.write_text("a guess\n", "utf-8")
    where = ("sign", "--as", "legal", "--workspace", drafted.root)
    for arguments, told in [
        (("--key-dir", drafted.folder / "elsewhere"), "the private key of legal is not on this machine"),
        (("--key-dir", drafted.keys, "--passphrase-file", guess), "does not open with this passphrase"),
    ]:
        code, said = at_terminal(drafted, *where, *arguments).ends()
        assert (code, told in said, "Statement" in said) == (3, True, False)
    done(drafted.canary("key", "new", "other", "--unencrypted", "--key-dir", drafted.keys))
    (drafted.private / "other.pem").replace(drafted.private / "legal.pem")
    code, said = signing(drafted, "legal").ends()
    assert (code, "is not the one that the roster has for legal" in said, "Statement" in said) == (3, True, False)


def test_a_roster_has_no_statements_and_is_signed_by_name_and_hash(prepared: Publisher) -> None:
    done(prepared.canary("roster"))
    terminal = signing(prepared, "legal", "--passphrase-file", prepared.passphrase_file)
    shown = terminal.until(NAME)
    for words in (
        *("Roster 1 of example.net/canary", "threshold 2 of 3", "every 3 months", "director: Ed25519"),
        *(
            "It is dated 2026-01-20T12:00:00Z.",
            "It is entry 1 of the log, and nothing comes before it.",
            "anchor age no rule",
        ),
        "witnesses none; 0 must cosign",
    ):
        assert words in shown
    text = " ".join(prepared.draft_file.read_text("utf-8").split())
    assert f"The exact lines of the text: {text} You are about to sign" in shown
    assert f"You are about to sign the text {text_hash(prepared.draft_file.read_bytes())}" in shown
    terminal.types("legal")
    assert terminal.ends()[0] == 0
    assert (prepared.root / "draft" / "legal.sig").exists()


@pytest.mark.parametrize("typed", ["", "security"])
def test_whoever_stops_before_a_roster_is_told_how_to_change_it(prepared: Publisher, typed: str) -> None:
    done(prepared.canary("roster"))
    before = tree(prepared.folder)
    terminal = signing(prepared, "legal")
    terminal.until(NAME)
    terminal.types(typed)
    code, rest = terminal.ends()
    assert (code, STOPPED in rest, tree(prepared.folder) == before) == (1, True, True)
    assert "To change this roster, edit canary.toml and run 'canary roster --replace'" in rest
    assert "to sign it as it is, run 'canary sign' again" in rest
    assert "statement" not in rest


# --- what else is asked at a terminal -------------------------------------------------------------------


def test_the_first_release_takes_every_statement_after_a_yes(rostered: Publisher) -> None:
    terminal = at_terminal(rostered.on("2026-02-03"), "draft", "--workspace", rostered.root)
    shown = terminal.until("All of them?")
    for name in STATEMENTS:
        assert f"{name}: {words_of(name)}" in shown
    terminal.types("y")
    code, rest = terminal.ends()
    assert code == 0
    assert "Release 1 of example.net/canary is drafted." in rest
    assert b"\n[taps v1]\n" in rostered.draft_file.read_bytes()


def test_the_first_release_is_not_drafted_without_a_yes(rostered: Publisher) -> None:
    before = tree(rostered.folder)
    terminal = at_terminal(rostered.on("2026-02-03"), "draft", "--workspace", rostered.root)
    terminal.until("All of them?")
    terminal.types("")
    code, rest = terminal.ends()
    assert (code, "nothing was drafted" in rest) == (1, True)
    assert tree(rostered.folder) == before


@pytest.mark.parametrize(
    ("typed", "left"),
    [("", {"keys", "taps", "tell"}), ("taps", {"keys", "tell"}), ("taps, tell", {"keys"}), ("tell taps", {"keys"})],
)
def test_it_asks_what_to_leave_out_so_that_no_shell_history_has_it(
    published: Publisher, typed: str, left: set[str]
) -> None:
    terminal = at_terminal(published.on("2026-05-02"), "draft", "--workspace", published.root)
    shown = terminal.until("Leave any out? Their ids, or Enter for none")
    assert f"taps: {words_of('taps')}" in shown
    terminal.types(typed)
    code, rest = terminal.ends()
    assert code == 0
    assert ("Watchers will see WITHDRAWN." in rest) is (left != set(STATEMENTS))
    text = published.draft_file.read_text("utf-8")
    assert {name for name in STATEMENTS if f"[{name} v1]" in text} == left


def test_a_passphrase_is_asked_twice_and_must_be_the_same(prepared: Publisher) -> None:
    where = ("--workspace", prepared.root, "--key-dir", prepared.keys)
    terminal = at_terminal(prepared, "key", "new", "board", *where)
    for first, second in (("one", "another"), (PASSPHRASE, PASSPHRASE)):
        terminal.until("Passphrase for the key of board: ")
        terminal.types(first)
        terminal.until("The same again: ")
        terminal.types(second)
    code, rest = terminal.ends()
    assert code == 0
    assert "Warning" not in rest
    assert PASSPHRASE not in rest
    assert b"ENCRYPTED" in (prepared.private / "board.pem").read_bytes()


def test_init_asks_for_what_is_missing_and_asks_again_what_cannot_be(tmp_path: Path) -> None:
    new = Publisher(tmp_path)
    terminal = at_terminal(new, "init", new.root, "--key-dir", new.keys, "--organisation", "Example Networks")
    for question, typed, told in [
        ("The URL it will live at, without https://:", "https://example.net", "That cannot be: a canary id is"),
        ("The URL it will live at, without https://:", "example.net/canary", ""),
        ("The signers' short names, like: legal security director:", "legal, security", ""),
        ("How many of these 2 must sign each release [2]:", "3", "That cannot be: 3 lies outside 1 to 2"),
        ("How many of these 2 must sign each release [2]:", "", ""),
        ("How often will you publish (like '3 months'):", "1 month", ""),
        ("The day the first window opens (UTC) [2026-02-01]:", "2026-03-01", ""),
        ("How long is a window open [7 days]:", "", ""),
        ("How long after that does the canary count as alive [7 days]:", "", ""),
    ]:
        explained = terminal.until(question)
        assert explained.endswith(".")  # the reason why, or what was wrong with the answer
        terminal.types(typed)
        if told:
            terminal.until(told)
    code, rest = terminal.ends()
    assert code == 0
    assert "Warning: all 2 signers must sign every release." in rest
    assert (new.root / "canary.toml").exists()
