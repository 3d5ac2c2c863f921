"""`canary publish --to` and `--check`: where the site goes, what is seen there, and the receipt."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from canary.edges.disk import files
from canary.edges.publishing import upload_folder
from canary.errors import WorkspaceError
from tests.loopback import Loopback, answer, says
from tests.publisher import ADD_ALL, Publisher, Ran, command, done, files_of, text_hash, tree


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written down for the person who runs the tests."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def www(tmp_path: Path) -> Path:
    """A web root."""
    folder = tmp_path / "www"
    folder.mkdir()
    return folder


@pytest.fixture
def server(www: Path) -> Iterator[Loopback]:
    with Loopback(www) as server:
        yield server


def publish(publisher: Publisher, *arguments: object) -> Ran:
    return publisher.canary("publish", "--key-dir", publisher.keys, *arguments)


def drafted_and_signed(publisher: Publisher, day: str = "2026-05-02") -> Publisher:
    done(publisher.on(day).canary("draft"))
    for name in ("legal", "security"):
        done(publisher.sign(name))
    return publisher


def receipt(publisher: Publisher, number: int) -> list[str]:
    text = (publisher.root / f"receipts/{number:04d}.txt").read_text("utf-8")
    return re.findall(r"(?m)^  (\d{4}-.*)$", text)


def verified(publisher: Publisher, folder: Path) -> tuple[int, str]:
    ran = command(publisher.app, "verify", folder, "--pin", publisher.pin)
    return ran.code, ran.out.split(":")[0]


# --- to a folder ----------------------------------------------------------------------------------------


def test_the_whole_site_is_copied_and_is_the_same(published: Publisher, www: Path) -> None:
    ran = done(publish(published, "--to", www))
    assert tree(www) == tree(published.public.resolve())
    assert f"{www}: {files_of(published)} files written, 0 left as they were." in ran.said
    assert ran.out.splitlines()[-1].startswith("Next: canary publish --check https://example.net/canary/, from a")
    assert verified(published, www) == (0, "OK")


def test_a_new_release_is_published_and_copied_in_one_go(published: Publisher, www: Path) -> None:
    done(publish(published, "--to", www))
    ran = done(publish(drafted_and_signed(published), "--to", www))
    assert "Release 2 is entry 3 of the log (log/0003.txt)" in ran.said
    assert ran.said.count("Next:") == 1
    assert verified(published, www) == (0, "OK")
    assert receipt(published, 3) == [
        "2026-05-02T12:00:00Z  entry 3 was put into the log",
        f"2026-05-02T12:00:00Z  the site was copied to {www}",
    ]


def test_unchanged_files_are_left_alone_and_nothing_is_deleted(published: Publisher, www: Path) -> None:
    done(publish(published, "--to", www))
    (www / "robots.txt").write_text("theirs")
    before = {path: path.stat().st_ino for path in www.rglob("*") if path.is_file()}
    old = tree(www)
    ran = done(publish(published, "--to", www))
    assert f"0 files written, {files_of(published)} left as they were" in ran.said
    assert {path: path.stat().st_ino for path in www.rglob("*") if path.is_file()} == before
    done(publish(drafted_and_signed(published), "--to", www))
    assert set(old) <= set(tree(www))
    assert (www / "robots.txt").read_text() == "theirs"


def test_the_site_itself_is_not_made_anew_where_there_is_nothing_new(published: Publisher, www: Path) -> None:
    site = os.readlink(published.public)  # noqa: PTH115  # what the link says
    ran = done(publish(published, "--to", www, "--key-dir", published.folder / "no keys here"))
    assert os.readlink(published.public) == site  # noqa: PTH115  # likewise
    assert "nothing new" not in ran.said


def test_the_checkpoint_is_written_last_and_after_everything_was_settled(
    published: Publisher, www: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    write, settle = files.write_file, upload_folder.UploadFolder.settle

    def writes(path: Path, data: bytes) -> None:
        order.append(str(path.relative_to(www)))
        write(path, data)

    def settles(place: upload_folder.UploadFolder) -> None:
        order.append("settled")
        settle(place)

    monkeypatch.setattr(upload_folder, "write_file", writes)
    monkeypatch.setattr(upload_folder.UploadFolder, "settle", settles)
    done(publish(published, "--to", www))
    assert order[0] == ".well-known/warrant-canary"
    assert order[-3:] == ["canary.txt", "settled", "checkpoint"]


def test_wherever_it_stops_a_watcher_sees_a_whole_site_and_the_next_run_finishes(
    published: Publisher, www: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done(publish(published, "--to", www))
    done(publish(drafted_and_signed(published)))
    write = files.write_file
    alone, remembered = [], []
    for stop in range(100):
        left = [stop]

        def stops(path: Path, data: bytes, left: list[int] = left) -> None:
            if not left[0]:
                raise WorkspaceError("the disk is full", hint="Make room.")
            left[0] -= 1
            write(path, data)

        copy = tmp_path / f"copy-{stop}"
        done(command(published.app, "verify", www, "--pin", published.pin, "--state", tmp_path / f"state-{stop}"))
        copy.mkdir()
        for path in sorted(www.rglob("*")):
            target = copy / path.relative_to(www)
            target.mkdir() if path.is_dir() else target.write_bytes(path.read_bytes())
        monkeypatch.setattr(upload_folder, "write_file", stops)
        ran = publish(published, "--to", copy)
        monkeypatch.setattr(upload_folder, "write_file", write)
        look = ("verify", copy, "--pin", published.pin)
        alone.append((ran.code, *verified(published, copy)))
        seen = command(published.app, *look, "--state", tmp_path / f"state-{stop}")
        remembered.append((ran.code, seen.code, seen.out.split(":")[0]))
        done(publish(published, "--to", copy))
        assert tree(copy) == tree(published.public.resolve())
        if ran.code == 0:
            break
    whole = len(alone) - 2
    assert whole > 8
    # Up to canary.txt there is the old site; between that and the checkpoint, one that is being uploaded.
    assert alone == [(3, 0, "DUE")] * whole + [(3, 1, "UNREACHABLE"), (0, 0, "OK")]
    assert remembered == [(3, 0, "DUE")] * (whole + 1) + [(0, 0, "OK")]


def test_what_a_killed_run_left_half_written_is_cleared_away(published: Publisher, www: Path) -> None:
    done(publish(published, "--to", www))
    rest, theirs = www / ".status.json.abcd1234.part", www / ".robots.txt.abcd1234.part"
    for each in (rest, theirs):
        each.write_bytes(b"half")
    (www / "status.json").write_bytes(b"older")
    done(publish(published, "--to", www))
    assert (rest.exists(), theirs.exists()) == (False, True)


# --- places that are refused ----------------------------------------------------------------------------


def refused(publisher: Publisher, folder: Path, code: int) -> str:
    before, entries = tree(folder) if folder.is_dir() else {}, tree(publisher.root / "log")
    ran = publish(publisher, "--to", folder)
    assert ran.code == code, ran
    assert (tree(folder) if folder.is_dir() else {}) == before
    assert tree(publisher.root / "log") == entries
    return ran.said


def test_a_folder_that_is_not_there_is_not_made_and_nothing_is_published(published: Publisher, tmp_path: Path) -> None:
    said = refused(drafted_and_signed(published), tmp_path / "not mounted", 3)
    assert f"there is no folder {tmp_path}/not mounted" in said
    assert not (tmp_path / "not mounted").exists()
    assert published.draft_file.exists()


@pytest.mark.parametrize("inside", ["", "public", "www", ".public/1"])
def test_the_workspace_is_no_place_for_it(inside: str, published: Publisher) -> None:
    folder = published.root / inside
    folder.mkdir(exist_ok=True)
    ran = publish(published, "--to", folder)
    assert (ran.code, "lies in the workspace" in ran.said) == (3, True)


def test_another_website_is_not_overwritten(published: Publisher, www: Path) -> None:
    (www / "index.html").write_text("the company's own page")
    assert f"{www} holds something else, index.html" in refused(published, www, 3)


def test_another_canary_is_not_overwritten(published: Publisher, www: Path) -> None:
    done(publish(published, "--to", www))
    checkpoint = www / "checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes().replace(b"example.net", b"example.org"))
    assert "holds another canary, 'example.org/canary'" in refused(published, www, 3)


def test_a_checkpoint_that_is_none_is_not_overwritten(published: Publisher, www: Path) -> None:
    (www / "checkpoint").write_text("my savegame")
    assert "holds a file 'checkpoint' that is no canary's" in refused(published, www, 3)


def test_an_upload_that_was_begun_is_gone_on_with(published: Publisher, www: Path) -> None:
    done(publish(published, "--to", www))
    (www / "checkpoint").unlink()
    (www / "index.html").write_text("an older one")
    done(publish(published, "--to", www))
    assert verified(published, www) == (0, "OK")


def test_a_newer_log_is_not_rolled_back(published: Publisher, www: Path, tmp_path: Path) -> None:
    older = published.copy_to(tmp_path / "older")
    done(publish(drafted_and_signed(published), "--to", www))
    assert f"{www} shows 3 entries, and the log here has 2" in refused(older, www, 2)


def test_a_fork_is_refused(published: Publisher, www: Path, tmp_path: Path) -> None:
    other = published.copy_to(tmp_path / "other")
    done(publish(drafted_and_signed(published), "--to", www))
    drafted_and_signed(other, "2026-05-03")
    done(publish(other))
    assert f"{www} shows other entries than the log here" in refused(other, www, 2)


# --- links ----------------------------------------------------------------------------------------------


def test_the_folder_may_be_named_by_a_link(published: Publisher, www: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(www)
    done(publish(published, "--to", tmp_path / "current"))
    assert verified(published, www) == (0, "OK")


def test_no_link_is_followed_out_of_the_folder(published: Publisher, www: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (www / "releases").symlink_to(outside)
    said = publish(published, "--to", www)
    assert (said.code, "leads out of" in said.said) == (3, True)
    assert list(outside.iterdir()) == []
    assert not (www / "checkpoint").exists()


def test_a_link_in_a_files_place_is_replaced_and_not_written_through(
    published: Publisher, www: Path, tmp_path: Path
) -> None:
    done(publish(published, "--to", www))
    theirs = tmp_path / "theirs"
    theirs.write_bytes((www / "status.json").read_bytes())
    (www / "status.json").unlink()
    (www / "status.json").symlink_to(theirs)
    done(publish(published, "--to", www))
    assert not (www / "status.json").is_symlink()
    assert theirs.read_bytes() == (www / "status.json").read_bytes()


def test_a_folder_in_a_files_place_is_told(published: Publisher, www: Path) -> None:
    done(publish(published, "--to", www))
    (www / "status.json").unlink()
    (www / "status.json").mkdir()
    ran = publish(published, "--to", www)
    assert (ran.code, "status.json is a folder, and a file belongs there" in ran.said) == (3, True)


# --- looking from outside -------------------------------------------------------------------------------


def test_what_a_watcher_sees_is_told_and_receipted(published: Publisher, www: Path, server: Loopback) -> None:
    ran = done(publish(published, "--to", www, "--check", server.url))
    assert f"{server.url}: a watcher sees OK, with entry 2 as the newest." in ran.said
    assert ran.out.endswith("\nNext: pass receipts/0002.txt on to the signers, with version control\n")
    assert receipt(published, 2) == [
        f"2026-02-03T12:00:00Z  the site was copied to {www}",
        f"2026-02-03T12:00:00Z  seen at {server.url}: OK, with entry 2 as the newest",
    ]


def test_the_receipt_names_what_was_published(published: Publisher, www: Path) -> None:
    done(publish(published, "--to", www))
    text = (published.root / "receipts/0002.txt").read_text("utf-8")
    entry = (published.root / "log/0002.txt").read_bytes()
    assert text_hash(entry) in text
    assert published.pin in text
    assert "signed by    legal, security (2 needed)" in text


def test_an_older_site_outside_is_told_with_exit_code_1(published: Publisher, www: Path, server: Loopback) -> None:
    done(publish(published, "--to", www, "--check", server.url))
    ran = publish(drafted_and_signed(published), "--check", server.url)
    assert (ran.code, f"{server.url}: a watcher sees DUE, with 2 of 3 entries." in ran.said) == (1, True)
    assert "A cache on the way may hold the older site" in ran.said
    ran = done(publish(published, "--to", www, "--check", server.url))
    assert "a watcher sees OK, with entry 3 as the newest" in ran.said
    assert [line.partition(": ")[2] for line in receipt(published, 3) if "seen" in line] == [
        "DUE, with 2 of 3 entries",
        "OK, with entry 3 as the newest",
    ]


def test_the_state_notices_a_site_that_went_back(
    published: Publisher, www: Path, server: Loopback, tmp_path: Path
) -> None:
    done(publish(published, "--to", www))
    old = {path: path.read_bytes() for path in www.rglob("*") if path.is_file()}
    done(publish(drafted_and_signed(published), "--to", www, "--check", server.url))
    for path, data in old.items():
        path.write_bytes(data)
    ran = publish(published.on("2026-05-03"), "--check", server.url)
    assert (ran.code, "a watcher sees UNREACHABLE" in ran.said) == (1, True)
    ran = publish(published, "--check", server.url, "--state", tmp_path / "other.json")
    assert (ran.code, "a watcher sees DUE, with 2 of 3 entries" in ran.said) == (1, True)
    assert (tmp_path / "other.json").exists()


def test_what_was_seen_is_remembered_for_the_user_alone_by_canary_and_address(
    published: Publisher, www: Path, server: Loopback, tmp_path: Path
) -> None:
    done(publish(published, "--to", www, "--check", server.url, "--check", f"{server.url}/"))
    folder = tmp_path / "data/warrant-canary/checked/example.net%2Fcanary"
    states = [each for each in folder.iterdir() if each.suffix == ".json"]
    assert len(states) == 2
    assert {stat.S_IMODE(each.stat().st_mode) for each in states} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_state_of_another_canary_is_not_taken(
    published: Publisher, www: Path, server: Loopback, tmp_path: Path
) -> None:
    other = Publisher(tmp_path / "another", signers=("legal",), threshold=1).begin()
    state = tmp_path / "state.json"
    command(other.app, "verify", other.public, "--pin", other.pin, "--state", state)
    before = state.read_bytes()
    ran = publish(published, "--to", www, "--check", server.url, "--state", state)
    assert (ran.code, "remembers looks at another canary" in ran.said) == (3, True)
    assert state.read_bytes() == before


def test_nothing_there_is_missing(published: Publisher, server: Loopback) -> None:
    ran = publish(published, "--check", server.url)
    assert (ran.code, "a watcher sees MISSING" in ran.said) == (2, True)
    assert "MISSING: " in ran.said.partition("entries.")[2]


def test_the_worst_of_several_addresses_is_the_exit_code(published: Publisher, www: Path, server: Loopback) -> None:
    done(publish(published, "--to", www))
    with Loopback({}) as empty, Loopback({}) as failing:
        failing.faults["/checkpoint"] = says(answer(503))
        ran = publish(published, "--check", server.url, "--check", empty.url, "--check", failing.url)
    assert ran.code == 2
    assert list(re.findall(r"a watcher sees ([A-Z]+)", ran.said)) == ["OK", "MISSING", "UNKNOWN"]


def test_a_draft_that_waits_for_signatures_holds_nothing_up_and_is_told(
    published: Publisher, www: Path, server: Loopback
) -> None:
    done(published.on("2026-05-02").canary("draft"))
    ran = publish(published, "--to", www, "--check", server.url)
    assert (ran.code, "not enough have signed: 0 of 3 signed" in ran.err) == (1, True)
    assert "a watcher sees DUE, with entry 2 as the newest" in ran.said
    assert published.draft_file.exists()


def test_a_signature_over_another_text_is_never_passed_over(published: Publisher, www: Path) -> None:
    drafted_and_signed(published)
    signed = published.signature_file("legal").read_bytes()
    done(published.on("2026-05-03").canary("draft", "--replace"))
    published.signature_file("legal").write_bytes(signed)
    ran = publish(published, "--to", www)
    assert (ran.code, "is not over this draft" in ran.err) == (2, True)
    assert list(www.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--state", "a.json"), "--state is for one --check"),
        (("--check", "https://user:secret@example.net/"), "--check"),
        (("--check", "/srv/www"), "--check: an address"),
        (("--check", "http://127.0.0.1:1/", "--tsa-root", "/nowhere.pem"), "/nowhere.pem cannot be read"),
    ],
)
def test_options_that_cannot_be_are_told_before_anything_is_published(
    options: tuple[str, ...], told: str, published: Publisher
) -> None:
    ran = publish(drafted_and_signed(published), *options)
    assert (ran.code, told in ran.said, "secret" in ran.said) == (3, True, False)
    assert published.draft_file.exists()


def test_nothing_is_copied_before_there_is_anything(prepared: Publisher, www: Path) -> None:
    ran = publish(prepared, "--to", www)
    assert (ran.code, "there is nothing to publish yet" in ran.said, list(www.iterdir())) == (1, True, [])


def test_roster_1_alone_is_unknown_outside_too(rostered: Publisher, www: Path, server: Loopback) -> None:
    ran = publish(rostered, "--to", www, "--check", server.url)
    assert (ran.code, "a watcher sees UNKNOWN, with entry 1 as the newest" in ran.said) == (3, True)
    rostered.on("2026-02-03").release(*ADD_ALL)
    assert publish(rostered, "--to", www, "--check", server.url).code == 0
