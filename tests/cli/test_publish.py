from __future__ import annotations

import json
from pathlib import Path

import pytest

from canary.core.log.checkpoint import parse_signed_checkpoint
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.signed.note import parse_note
from canary.core.signed.vkey import parse_vkey
from canary.edges.disk.workspace import Workspace
from tests.publisher import ADD_ALL, Publisher, done, text_hash, tree


def refused(publisher: Publisher, code: int) -> str:
    """Returns what is said of publishing that is refused, once it is known that nothing was changed."""
    before = tree(publisher.folder)
    ran = publisher.publish()
    assert ran.code == code, ran
    assert tree(publisher.folder) == before
    return ran.said


def log(publisher: Publisher) -> list[bytes]:
    return [path.read_bytes() for path in sorted((publisher.root / "log").iterdir())]


# --- the threshold --------------------------------------------------------------------------------------


def test_one_signature_too_few_is_refused_and_says_who_is_missing(drafted: Publisher) -> None:
    done(drafted.sign("legal"))
    said = refused(drafted, 1)
    assert "not enough have signed: 1 of 3 signed (legal), 2 needed; missing: security, director" in said
    assert "Still to sign: security, director." in said
    done(drafted.sign("director"))
    assert drafted.publish().code == 0


def test_nothing_to_publish_is_refused(prepared: Publisher) -> None:
    assert "there is nothing to publish yet" in refused(prepared, 1)


def test_roster_1_alone_is_published_and_says_what_is_next(prepared: Publisher) -> None:
    done(prepared.canary("roster"))
    for name in prepared.signers:
        done(prepared.sign(name))
    ran = done(prepared.publish())
    assert "Roster 1 is entry 1 of the log (log/0001.txt)" in ran.said
    assert "the watcher's own check of it came to UNKNOWN, because there is no release yet" in ran.said
    assert f"The pin of this canary: {prepared.pin}" in ran.said
    assert ran.out.endswith("\nNext: canary draft, for the first release\n")
    assert not (prepared.public / "canary.txt").exists()


# --- what is published ----------------------------------------------------------------------------------


def test_the_entry_is_the_text_and_the_lines_that_count_in_the_rosters_order(drafted: Publisher) -> None:
    text = drafted.draft_file.read_bytes()
    for name in ("security", "director", "legal"):
        done(drafted.sign(name))
    lines = {name: (drafted.root / "draft" / f"{name}.sig").read_bytes() for name in drafted.signers}
    done(drafted.publish())
    entry = text + b"\n" + lines["legal"] + lines["security"] + lines["director"]
    assert (drafted.root / "log" / "0002.txt").read_bytes() == entry
    assert (drafted.public / "canary.txt").read_bytes() == entry
    assert (drafted.public / "releases" / "1" / "text.txt").read_bytes() == text


def test_the_draft_and_its_signatures_are_gone_afterwards(published: Publisher) -> None:
    assert not list((published.root / "draft").iterdir())


def test_the_checkpoint_has_the_size_and_the_root_and_the_log_keys_signature(published: Publisher) -> None:
    data = (published.public / "checkpoint").read_bytes()
    entries = log(published)
    signed = parse_signed_checkpoint(data)
    assert (signed.checkpoint.origin, signed.checkpoint.size) == ("example.net/canary", 2)
    assert signed.checkpoint.root == root_hash(leaf_hash(entry) for entry in entries)
    key = parse_vkey((published.root / "keys" / "log.vkey").read_text("utf-8").strip())
    assert signed.signed_by(key)
    assert [line.name for line in parse_note(data).signatures] == ["example.net/canary"]


def test_it_says_where_the_site_is_the_pin_and_what_to_do_with_it(drafted: Publisher) -> None:
    for name in ("legal", "security"):
        done(drafted.sign(name))
    ran = done(drafted.publish())
    assert "Release 1 is entry 2 of the log (log/0002.txt) and never changes any more." in ran.said
    assert f"The site is in {drafted.public}; the watcher's own check of it came to OK." in ran.said
    last = ran.out.splitlines()[-1]
    assert last.startswith("Next: upload public/ to https://example.net/canary/, the file 'checkpoint' last;")
    assert last.endswith(f"canary verify https://example.net/canary/ --pin {drafted.pin}")


def test_no_private_key_and_no_passphrase_reaches_the_workspace(published: Publisher) -> None:
    for _, content in tree(published.root).values():
        assert b"PRIVATE" not in content
        assert b"correct horse" not in content


def test_publishing_twice_is_harmless(published: Publisher) -> None:
    site, entries = tree(published.public.resolve()), log(published)
    for _ in range(2):
        ran = done(published.publish())
        assert "There was nothing new to publish; Release 1 (entry 2) is the newest" in ran.said
        assert tree(published.public.resolve()) == site
        assert log(published) == entries
    rest = {path for path in tree(published.root) if not path.startswith((".public/", "log/", "keys/", "statements/"))}
    assert rest == {
        "canary.toml",
        ".gitignore",
        ".gitattributes",
        ".public",
        "log",
        "keys",
        "statements",
        "draft",
        "public",
    }


def test_a_site_that_was_lost_is_built_again_byte_for_byte(published: Publisher) -> None:
    site = tree(published.public.resolve())
    published.public.unlink()
    done(published.publish())
    assert tree(published.public.resolve()) == site


def test_the_site_keeps_the_log_of_every_size_it_ever_had(published: Publisher) -> None:
    old = tree(published.public.resolve())
    published.on("2026-05-02").release()
    new = tree(published.public.resolve())
    tiles = {path: content for path, content in old.items() if path.startswith("tile/")}
    assert tiles
    assert {path: new.get(path) for path in tiles} == tiles


def test_old_releases_stay_as_they_were_published(published: Publisher) -> None:
    old = tree(published.public.resolve())
    published.on("2026-05-02").release("--without", "taps")
    new = tree(published.public.resolve())
    for path in ("releases/1/entry.txt", "releases/1/text.txt", "rosters/1/entry.txt", "rosters/1/text.txt"):
        assert new[path] == old[path]


# --- signatures that come late --------------------------------------------------------------------------


def test_signatures_can_change_until_the_entry_is_in_the_log(drafted: Publisher, tmp_path: Path) -> None:
    for name in ("legal", "security"):
        done(drafted.sign(name))
    other = drafted.copy_to(tmp_path / "other")
    done(other.sign("director"))
    # As a publish leaves it that was interrupted once the entry's final bytes were written.
    text = drafted.draft_file.read_bytes()
    lines = {name: other.signature_file(name).read_bytes() for name in ("legal", "security", "director")}
    (drafted.root / "draft" / "entry.txt").write_bytes(text + b"\n" + lines["legal"] + lines["security"])
    done(drafted.canary("merge", other.signature_file("director")))
    done(drafted.canary("unsign", "--as", "legal"))
    done(drafted.publish())
    assert log(drafted)[1] == text + b"\n" + lines["security"] + lines["director"]


def test_signatures_do_not_change_once_the_entry_is_in_the_log(drafted: Publisher, tmp_path: Path) -> None:
    other = drafted.copy_to(tmp_path / "other")
    done(other.sign("director"))
    for name in ("legal", "security"):
        done(drafted.sign(name))
    # As a publish leaves it that was interrupted once the entry was in the log.
    lines = drafted.signature_file("legal").read_bytes() + drafted.signature_file("security").read_bytes()
    (drafted.root / "log" / "0002.txt").write_bytes(drafted.draft_file.read_bytes() + b"\n" + lines)
    before = tree(drafted.folder)
    late = other.signature_file("director")
    for ran in (drafted.canary("merge", late), drafted.sign("director"), drafted.canary("unsign", "--as", "legal")):
        assert ran.code == 1
        assert "its signatures do not change any more" in ran.said
        assert "Run 'canary publish' once more to finish." in ran.said
    assert tree(drafted.folder) == before


def test_signatures_that_come_after_publishing_are_refused(drafted: Publisher, tmp_path: Path) -> None:
    other = drafted.copy_to(tmp_path / "other")
    done(other.sign("director"))
    drafted.signed("legal", "security")
    before = tree(drafted.folder)
    ran = drafted.canary("merge", other.root / "draft" / "director.sig")
    assert (ran.code, "no draft is open" in ran.err) == (1, True)
    assert tree(drafted.folder) == before


# --- a log that is no longer what was published ---------------------------------------------------------


def test_a_log_that_lost_its_last_entry_is_refused(published: Publisher) -> None:
    (published.root / "log" / "0002.txt").unlink()
    assert "log/ no longer holds the 2 entries that were published" in refused(published, 2)
    done(published.on("2026-02-04").canary("draft", *ADD_ALL))
    for name in ("legal", "security"):
        done(published.sign(name))
    assert "log/ no longer holds" in refused(published, 2)


# --- one at a time --------------------------------------------------------------------------------------


def test_two_commands_at_once_do_not_meet(drafted: Publisher) -> None:
    done(drafted.sign("legal"))
    done(drafted.sign("security"))
    before = tree(drafted.folder)
    with Workspace.open(drafted.root).locked():
        for ran in (
            drafted.publish(),
            drafted.sign("director"),
            drafted.canary("unsign", "--as", "legal"),
            drafted.canary("draft", "--replace", *ADD_ALL),
            drafted.canary("roster", "--replace"),
            drafted.canary("key", "new", "board", "--unencrypted", "--key-dir", drafted.keys),
        ):
            assert (ran.code, "another canary command is at work" in ran.err) == (3, True)
        assert drafted.canary("status").code == 1
        assert drafted.canary("key", "list").code == 0
    assert tree(drafted.folder) == before
    assert drafted.publish().code == 0


# --- what watchers will see -----------------------------------------------------------------------------


def test_a_withdrawal_is_published_and_named(published: Publisher) -> None:
    done(published.on("2026-05-02").canary("draft", "--without", "taps"))
    done(published.sign("legal"))
    done(published.sign("security"))
    ran = done(published.publish())
    assert "Watchers will be told: WITHDRAWN: the statement taps is gone from release 2" in ran.said
    assert "came to WITHDRAWN" in ran.said
    assert published.verify().code == 2


def test_a_withdrawal_that_only_those_see_who_looked_before_is_named(published: Publisher) -> None:
    published.write_statement("feeds", "Example Networks has never given anyone a feed.")
    published.on("2026-05-02").release("--add", "feeds")
    done(published.on("2026-05-04").canary("draft", "--correction", "--without", "feeds"))
    done(published.sign("legal"))
    done(published.sign("security"))
    told = "Watchers who have looked before will be told: WITHDRAWN: the statement feeds is gone from release 3"
    for ran in (done(published.publish()), done(published.publish())):
        assert ran.said.count("WITHDRAWN") == 1
        assert told in ran.said
        assert "came to OK" in ran.said


@pytest.mark.parametrize(
    ("day", "late"), [("2026-05-14", False), ("2026-05-15", True), ("2026-07-01", True), ("2026-08-03", True)]
)
def test_a_late_release_is_published_and_named(published: Publisher, day: str, *, late: bool) -> None:
    done(published.on(day).canary("draft"))
    done(published.sign("legal"))
    done(published.sign("security"))
    ran = done(published.publish())
    assert ("It is late: it was due by 2026-05-14." in ran.said) is late
    assert "came to OK" in ran.said
    assert published.verify().code == 0


def test_a_release_drafted_in_time_and_published_after_its_window_is_late(published: Publisher) -> None:
    done(published.on("2026-05-14").canary("draft"))
    done(published.sign("legal"))
    done(published.sign("security"))
    ran = done(published.on("2026-05-16").publish())
    assert "It is late: it was due by 2026-05-14." in ran.said


def test_what_watchers_would_refuse_is_not_published(drafted: Publisher) -> None:
    for name in ("legal", "security"):
        done(drafted.sign(name))
    # An hour before the text says it was issued: a watcher takes that for a text from the future.
    said = refused(drafted.on("2026-02-02"), 2)
    assert "watchers would not accept this" in said
    assert "Nothing was published and nothing was changed." in said
    assert drafted.on("2026-02-03").publish().code == 0


def test_an_attachment_that_was_lost_is_named(published: Publisher, tmp_path: Path) -> None:
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF")
    published.on("2026-05-02").release("--attach", report)
    kept = published.root / "attachments" / text_hash(b"%PDF").removeprefix("sha256:")
    kept.write_bytes(b"%PDX")
    assert "is not the file that was signed" in refused(published, 2)
    kept.unlink()
    assert "cannot be read" in refused(published, 3)


def test_without_the_log_key_nothing_is_published(drafted: Publisher) -> None:
    for name in ("legal", "security"):
        done(drafted.sign(name))
    (pem,) = drafted.private.glob("log+*.pem")
    pem.unlink()
    assert "the private key of the log is not on this machine" in refused(drafted, 3)


def test_a_public_folder_that_somebody_else_made_is_left_alone(rostered: Publisher) -> None:
    rostered.public.unlink()
    rostered.public.mkdir()
    (rostered.public / "index.html").write_text("mine", "utf-8")
    assert "is nothing that canary made" in refused(rostered, 3)


def test_the_status_file_of_the_site_agrees_with_the_verifier(published: Publisher) -> None:
    document = json.loads((published.public / "status.json").read_bytes())
    verdict = json.loads(published.verify("--json").out)
    assert verdict["canary"] == document["canary"]
    assert verdict["release"]["expires"] in json.dumps(document)
