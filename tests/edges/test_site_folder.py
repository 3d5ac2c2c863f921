from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from canary.edges.publishing.site_folder import clear_leftovers, laid_out_site
from canary.errors import WorkspaceError

OLD = {"index.html": b"old", "canary.txt": b"same", "releases/1/text.txt": b"one", "gone.txt": b"gone"}
NEW = {"index.html": b"new", "canary.txt": b"same", "releases/1/text.txt": b"one", "releases/2/text.txt": b"two"}


@pytest.fixture(autouse=True)
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk takes most of the time."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def swap_site(root: Path, files: Mapping[str, bytes]) -> None:
    with laid_out_site(root, files) as show:
        show()


def site(root: Path) -> dict[str, bytes]:
    base = (root / "public").resolve()
    return {str(path.relative_to(base)): path.read_bytes() for path in base.rglob("*") if path.is_file()}


def builds(root: Path) -> list[str]:
    return [each.name for each in (root / ".public").iterdir()]


def test_a_site_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    swap_site(tmp_path, OLD)
    assert site(tmp_path) == OLD
    swap_site(tmp_path, NEW)
    assert site(tmp_path) == NEW
    assert (tmp_path / "public").readlink() == Path(".public") / builds(tmp_path)[0]
    assert {each.name for each in tmp_path.iterdir()} == {"public", ".public"}
    assert len(builds(tmp_path)) == 1


def test_the_workspace_can_be_moved_with_its_site(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    swap_site(tmp_path / "here", OLD)
    (tmp_path / "here").rename(tmp_path / "there")
    assert site(tmp_path / "there") == OLD


def test_the_link_is_renamed_over_the_old_one_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swap_site(tmp_path, OLD)
    seen: list[dict[str, bytes]] = []
    swap = os.replace

    def watched(source: Path, target: Path) -> None:
        seen.append(site(tmp_path))
        swap(source, target)
        seen.append(site(tmp_path))

    monkeypatch.setattr(os, "replace", watched)
    swap_site(tmp_path, NEW)
    assert seen == [OLD, NEW]


def test_an_unchanged_file_is_taken_over_and_a_changed_one_is_written_anew(tmp_path: Path) -> None:
    swap_site(tmp_path, OLD)
    before = {path: (tmp_path / "public" / path).stat().st_ino for path in ("canary.txt", "index.html")}
    with (tmp_path / "public" / "index.html").open("rb") as reader:
        swap_site(tmp_path, NEW)
        assert reader.read() == b"old"
    after = {path: (tmp_path / "public" / path).stat().st_ino for path in ("canary.txt", "index.html")}
    assert after["canary.txt"] == before["canary.txt"]
    assert after["index.html"] != before["index.html"]


def test_a_file_that_somebody_changed_in_the_site_is_put_right(tmp_path: Path) -> None:
    swap_site(tmp_path, OLD)
    (tmp_path / "public" / "canary.txt").write_bytes(b"SAME")
    (tmp_path / "public" / "stray.txt").write_bytes(b"stray")
    swap_site(tmp_path, OLD)
    assert site(tmp_path) == OLD


@pytest.mark.parametrize("rest", ["a half-built site", "a link not yet renamed", "the old site not yet removed"])
def test_what_an_interrupted_swap_left_is_cleared_away(tmp_path: Path, rest: str) -> None:
    swap_site(tmp_path, OLD)
    if rest == "a link not yet renamed":
        (tmp_path / ".public.new").symlink_to(".public/2")
    else:
        (tmp_path / ".public" / "2").mkdir()
        (tmp_path / ".public" / "2" / "index.html").write_bytes(b"half")
    swap_site(tmp_path, NEW)
    assert site(tmp_path) == NEW
    assert len(builds(tmp_path)) == 1
    assert {each.name for each in tmp_path.iterdir()} == {"public", ".public"}


def test_leftovers_are_cleared_away_and_nothing_else(tmp_path: Path) -> None:
    clear_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []
    swap_site(tmp_path, OLD)
    (shown,) = builds(tmp_path)
    for name in ("7", "notes"):
        (tmp_path / ".public" / name).mkdir()
    (tmp_path / ".public.new").symlink_to(".public/7")
    clear_leftovers(tmp_path)
    assert sorted(builds(tmp_path)) == [shown, "notes"]
    assert not os.path.lexists(tmp_path / ".public.new")
    assert site(tmp_path) == OLD


@pytest.mark.parametrize("made", ["folder", "link"])
def test_where_public_is_somebody_elses_nothing_is_cleared_away(tmp_path: Path, made: str) -> None:
    (tmp_path / ".public" / "7").mkdir(parents=True)
    (tmp_path / ".public.new").mkdir()
    if made == "folder":
        (tmp_path / "public").mkdir()
    else:
        (tmp_path / "public").symlink_to("elsewhere")
    clear_leftovers(tmp_path)
    assert builds(tmp_path) == ["7"]
    assert (tmp_path / ".public.new").is_dir()


def test_a_link_to_a_site_that_is_gone_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "public").symlink_to(".public/7")
    swap_site(tmp_path, NEW)
    assert site(tmp_path) == NEW


def test_a_folder_that_somebody_else_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "mine").write_bytes(b"mine")
    with pytest.raises(WorkspaceError, match="is nothing that canary made"):
        swap_site(tmp_path, NEW)
    assert site(tmp_path) == {"mine": b"mine"}


@pytest.mark.parametrize("call", ["fsync", "symlink", "replace"])
def test_a_swap_that_fails_leaves_the_old_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    swap_site(tmp_path, OLD)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(WorkspaceError, match="No space left on device"):
            swap_site(tmp_path, NEW)
    assert site(tmp_path) == OLD
    assert {each.name for each in tmp_path.iterdir()} == {"public", ".public"}
    assert len(builds(tmp_path)) == 1
    swap_site(tmp_path, NEW)
    assert site(tmp_path) == NEW


def test_a_first_site_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "symlink", fail)
    with pytest.raises(WorkspaceError, match="No space left on device") as caught:
        swap_site(tmp_path, OLD)
    assert "Make room" in caught.value.hint
    assert not list(tmp_path.iterdir())


def test_a_site_that_is_laid_out_and_not_shown_is_removed(tmp_path: Path) -> None:
    swap_site(tmp_path, OLD)
    with contextlib.suppress(KeyboardInterrupt), laid_out_site(tmp_path, NEW):
        assert len(builds(tmp_path)) == 2
        assert site(tmp_path) == OLD
        raise KeyboardInterrupt
    assert site(tmp_path) == OLD
    assert len(builds(tmp_path)) == 1


def test_where_files_cannot_be_linked_they_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    swap_site(tmp_path, OLD)
    monkeypatch.setattr(os, "link", fail)
    swap_site(tmp_path, NEW)
    assert site(tmp_path) == NEW
