from __future__ import annotations

import stat
from pathlib import Path

import pytest

from canary.core.documents.roster import Roster
from canary.core.signed.entry import parse_text
from canary.core.signed.note import parse_note
from canary.core.signed.vkey import VKey
from canary.core.text.strict import decode_base64
from tests.publisher import Publisher, done, text_hash, tree


def drafted_roster(publisher: Publisher) -> Roster:
    content = parse_text(publisher.draft_file.read_bytes())
    assert isinstance(content, Roster)
    return content


def refused(publisher: Publisher, code: int = 1) -> str:
    before = tree(publisher.folder)
    ran = publisher.canary("roster")
    assert ran.code == code, ran
    assert tree(publisher.folder) == before
    return ran.said


def test_roster_1_says_who_signs_how_many_and_when(prepared: Publisher) -> None:
    ran = done(prepared.canary("roster"))
    roster = drafted_roster(prepared)
    assert (roster.entry, roster.number, roster.previous, roster.threshold) == (1, 1, None, 2)
    assert [signer.name for signer in roster.signers] == ["legal", "security", "director"]
    assert roster.issued == prepared.now
    for words in (text_hash(prepared.draft_file.read_bytes()), "threshold 2 of 3", "every 3 months", "director: Ed"):
        assert words in ran.said
    assert "anchor age no rule witnesses none; 0 must cosign" in ran.said
    assert "every signer in it must sign it, and its hash is what watchers pin" in ran.said
    assert "\nNext: canary sign --as legal, canary sign --as security, canary sign --as director" in ran.out


def test_roster_1_is_not_published_without_every_signer(prepared: Publisher) -> None:
    done(prepared.canary("roster"))
    done(prepared.sign("legal"))
    done(prepared.sign("security"))
    ran = prepared.publish()
    assert (ran.code, "Still to sign: director." in ran.said) == (1, True)
    done(prepared.sign("director"))
    assert prepared.publish().code == 0


def test_nothing_changed_is_refused(rostered: Publisher) -> None:
    assert "nothing is different from roster 1" in refused(rostered)


def test_a_draft_that_is_open_stays_unless_it_is_replaced(prepared: Publisher) -> None:
    done(prepared.canary("roster"))
    done(prepared.sign("legal"))
    assert "a draft is open already" in refused(prepared)
    done(prepared.on("2026-01-21").canary("roster", "--replace"))
    assert [each.name for each in (prepared.root / "draft").iterdir()] == ["text.txt"]


def test_a_signer_without_a_key_is_named_with_what_to_do(prepared: Publisher) -> None:
    (prepared.root / "keys" / "security.vkey").unlink()
    said = refused(prepared)
    assert "there is no public key for security in keys/" in said
    assert "canary key new security" in said


def test_a_workspace_without_its_log_key_is_told(prepared: Publisher) -> None:
    (prepared.root / "keys" / "log.vkey").unlink()
    assert "keys/log.vkey is missing" in refused(prepared)


def test_a_threshold_of_everyone_is_warned_of(prepared: Publisher) -> None:
    prepared.edit_config(("threshold = 2", "threshold = 3"))
    assert "Warning: The threshold is 3 of 3: one lost key" in done(prepared.canary("roster")).said


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("threshold = 2", "threshold = 4", "between 1 and the number of signers"),
        ("threshold = 2", "threshold = 0", "between 1 and the number of signers"),
        ("threshold = 2", "treshold = 2", "treshold"),
        ("threshold = 2", 'threshold = "2"', "int"),
        ('"legal", "security"', '"legal", "legal"', "a name stands twice"),
        ('"legal", "security"', '"legal", "Security"', "signers.names"),
        ('every = "3 months"', 'every = "quarterly"', "schedule.every"),
        ('window = "14 days"', 'window = "80 days"', "open only 89 days apart"),
        ("start = 2026-02-01", "start = soon", "canary.toml"),
        ("[signers]", "[signers", "canary.toml"),
        ('id = "example.net/canary"', 'id = "https://example.net/canary"', "canary.id"),
    ],
)
def test_a_config_that_cannot_be_is_told_in_one_sentence(prepared: Publisher, old: str, new: str, told: str) -> None:
    prepared.edit_config((old, new))
    said = refused(prepared, code=3)
    assert "canary.toml" in said
    assert told in said


def test_a_config_without_signers_is_told(prepared: Publisher) -> None:
    prepared.edit_config(
        ('names = ["legal", "security", "director"]', "names = []"), ("threshold = 2", "threshold = 1")
    )
    assert "names no signers" in refused(prepared)


@pytest.mark.parametrize("name", ["Two\\nthreshold: 1", "Zero\u200bwidth", "Cafe\u0301"])
def test_an_organisation_that_no_text_can_hold_is_refused(prepared: Publisher, name: str) -> None:
    prepared.edit_config(('"Example Networks"', f'"{name}"'))
    assert "the new roster, line " in refused(prepared, code=3)


def test_a_canary_keeps_its_name(rostered: Publisher) -> None:
    rostered.edit_config(('id = "example.net/canary"', 'id = "example.org/canary"'))
    for file in (rostered.root / "keys").iterdir():
        file.unlink()
    ran = rostered.canary("roster")
    assert ran.code == 1


# --- rotation -------------------------------------------------------------------------------------------


def test_a_signer_joins_when_the_old_quorum_and_the_newcomer_sign(rostered: Publisher) -> None:
    rostered.edit_config(('"director"]', '"director", "board"]'), ("threshold = 2", "threshold = 3"))
    done(rostered.new_key("board"))
    said = done(rostered.on("2026-01-25").canary("roster")).said
    assert "changed the signers changed by roster 2: joined board; left nobody" in said
    assert "changed the threshold went from 2 to 3 of 4" in said
    for name in ("legal", "security", "director"):
        done(rostered.sign(name))
    ran = rostered.publish()
    assert (ran.code, "of the keys that are new: 0 of 1 signed, 1 needed; missing: board" in ran.said) == (1, True)
    done(rostered.sign("board"))
    assert rostered.publish().code == 0


def test_a_signer_who_leaves_may_sign_that_roster_and_no_later_text(rostered: Publisher) -> None:
    rostered.edit_config(('"security", "director"]', '"director", "board"]'))
    done(rostered.new_key("board"))
    done(rostered.on("2026-01-25").canary("roster"))
    for name in ("security", "legal", "board"):
        done(rostered.sign(name))
    assert rostered.publish().code == 0
    lines = (rostered.root / "log" / "0002.txt").read_text("utf-8").rpartition("\n\n")[2].splitlines()
    assert [line.split()[1].rpartition("/")[2] for line in lines] == ["legal", "security", "board"]
    rostered.on("2026-02-03").release("--add", "keys", by=("legal", "board"))
    ran = rostered.canary("sign", "--as", "security")
    assert ran.code == 1
    done(rostered.on("2026-05-02").canary("draft"))
    ran = rostered.sign_with("security")
    assert (ran.code, "Its signers are: legal, director, board." in ran.said) == (1, True)
    assert rostered.verify(at="2026-02-04").code == 0


def test_a_name_never_carries_a_second_key_not_even_after_it_left(rostered: Publisher, tmp_path: Path) -> None:
    other = Publisher(tmp_path / "other")
    done(other.init())
    done(other.new_key("legal"))
    (rostered.root / "keys" / "legal.vkey").write_bytes((other.root / "keys" / "legal.vkey").read_bytes())
    said = refused(rostered.on("2026-01-25"))
    assert "the signer legal had another key before; a new key needs a new name" in said


def test_one_key_under_two_names_is_refused(rostered: Publisher) -> None:
    rostered.edit_config(('"director"]', '"director", "log-keeper"]'))
    log = (rostered.root / "keys" / "log.vkey").read_text("utf-8").strip().split("+", 2)
    same = VKey.make("example.net/canary/log-keeper", decode_base64(log[2]))
    (rostered.root / "keys" / "log-keeper.vkey").write_text(f"{same.render()}\n", "utf-8")
    assert "stands twice in this roster" in refused(rostered.on("2026-01-25"), code=3)


def test_a_lower_threshold_takes_the_old_one_to_decide(rostered: Publisher) -> None:
    rostered.edit_config(("threshold = 2", "threshold = 1"))
    assert "the threshold went from 2 to 1 of 3" in done(rostered.on("2026-01-25").canary("roster")).said
    done(rostered.sign("legal"))
    ran = rostered.publish()
    assert (ran.code, "of the old roster: 1 of 3 signed (legal), 2 needed" in ran.said) == (1, True)
    done(rostered.sign("director"))
    done(rostered.publish())
    rostered.on("2026-02-03").release("--add", "keys", by=("security",))
    assert rostered.verify(at="2026-02-04").code == 0


def test_a_new_log_key_signs_beside_the_old_one_for_one_cadence(published: Publisher) -> None:
    old = (published.root / "keys" / "log.vkey").read_text("utf-8")
    assert "Next: canary roster" in done(published.canary("key", "log", "--key-dir", published.keys)).said
    new = (published.root / "keys" / "log.vkey").read_text("utf-8")
    published.on("2026-02-10").rotate(by=("legal", "security"))
    for day, signed_by in (("2026-05-02", [new, old]), ("2026-08-02", [new])):
        published.on(day).release()
        data = (published.public / "checkpoint").read_bytes()
        assert [line.key_id.hex() for line in parse_note(data).signatures] == [key.split("+")[1] for key in signed_by]
        assert published.verify().code == 0


def test_without_the_old_log_key_the_new_one_signs_alone(published: Publisher) -> None:
    for pem in published.private.glob("log+*.pem"):
        pem.unlink()
    done(published.canary("key", "log", "--key-dir", published.keys))
    assert [stat.S_IMODE(pem.stat().st_mode) for pem in published.private.glob("log+*.pem")] == [0o600]
    published.on("2026-02-10").rotate(by=("legal", "security"))
    assert len(parse_note((published.public / "checkpoint").read_bytes()).signatures) == 1
    assert published.verify().code == 0


def test_a_longer_cadence_is_named(published: Publisher) -> None:
    published.edit_config(('every = "3 months"', 'every = "6 months"'), ("start = 2026-02-01", "start = 2026-05-01"))
    said = done(published.on("2026-02-10").canary("roster")).said
    assert "changed the schedule got longer: every 3 months" in said


def test_a_grid_that_would_let_a_promised_window_slip_is_refused(published: Publisher) -> None:
    published.edit_config(('every = "3 months"', 'every = "6 months"'), ("start = 2026-02-01", "start = 2026-05-02"))
    assert "its new grid starts on 2026-05-02" in refused(published.on("2026-02-10"))


def test_what_no_watcher_is_told_a_signer_is_told_all_the_same(published: Publisher) -> None:
    done(published.canary("key", "log", "--key-dir", published.keys))
    published.edit_config(('organisation = "Example Networks"', 'organisation = "Example Holdings"'))
    said = done(published.on("2026-02-10").canary("roster")).said
    assert "the organisation is called Example Holdings, and was called Example Networks" in said
    assert "changed the log key was " in said
    assert "Watchers are told of no change." in said
