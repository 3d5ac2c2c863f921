from __future__ import annotations

import os
import stat
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from canary.edges.disk.files import (
    make_folder,
    read_file,
    read_inside,
    remove,
    rename,
    sweep,
    sync_folder,
    write_file,
)
from canary.errors import WorkspaceError


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


# --- reading --------------------------------------------------------------------------------------------


def test_a_file_of_just_the_limit_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1_000)
    assert read_file(path, limit=1_000) == b"x" * 1_000
    with pytest.raises(WorkspaceError, match="has more than 999 bytes"):
        read_file(path, limit=999)


def test_a_small_file_takes_little_memory_however_large_it_may_be(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(200_000))
    tracemalloc.start()
    try:
        assert read_file(path, limit=10**8) == bytes(200_000)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_an_endless_file_is_read_no_further_than_its_limit() -> None:
    with pytest.raises(WorkspaceError, match="is no regular file"):
        read_file(Path("/dev/zero"), limit=10)


def test_a_pipe_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WorkspaceError, match="is no regular file"):
        read_file(tmp_path / "pipe", limit=10)


@pytest.mark.parametrize("name", ["missing", "folder", "folder/missing", "file/below", "loop"])
def test_what_is_no_file_is_told_with_its_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(WorkspaceError, match=f"{name} cannot be read|{name} is no regular file"):
        read_file(tmp_path / name, limit=10)


def test_a_refused_file_leaves_no_descriptor_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"xx")
    os.mkfifo(tmp_path / "pipe")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in (tmp_path / "file", tmp_path / "pipe", tmp_path):
        with pytest.raises(WorkspaceError):
            read_file(path, limit=1)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_nothing_is_read_through_a_link_that_leads_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("secret", "utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_text("secret", "utf-8")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "folder").symlink_to(tmp_path / "elsewhere")
    for path in ("link", "folder/file", "../secret"):
        with pytest.raises(WorkspaceError, match="leads out of"):
            read_inside(root, root / path, limit=100)


def test_a_circle_of_links_is_told(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    with pytest.raises(WorkspaceError, match="one cannot be read: Too many levels of symbolic links") as caught:
        read_inside(tmp_path, tmp_path / "one", limit=10)
    assert caught.value.hint == "Replace the link by the file itself."


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("words", "utf-8")
    (tmp_path / "link").symlink_to("file")
    assert read_inside(tmp_path, tmp_path / "link", limit=10) == b"words"


def test_the_folder_itself_may_be_reached_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("words", "utf-8")
    (tmp_path / "root").symlink_to("real")
    assert read_inside(tmp_path / "root", tmp_path / "root" / "file", limit=10) == b"words"


# --- writing --------------------------------------------------------------------------------------------


def test_a_file_is_written_with_its_mode_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_file(tmp_path / "public", b"words")
    write_file(tmp_path / "private", b"", mode=0o600)
    assert (tmp_path / "public").read_bytes() == b"words"
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("public", "private")}
    assert modes == {"public": 0o644, "private": 0o600}
    assert names(tmp_path) == {"public", "private"}


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a longer text than the new one")
    with path.open("rb") as reader:
        write_file(path, b"new")
        assert reader.read() == b"a longer text than the new one"
    assert path.read_bytes() == b"new"


def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious", "utf-8")
    (tmp_path / "link").symlink_to("target")
    write_file(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_text("utf-8") == "precious"
    assert not (tmp_path / "link").is_symlink()


def test_without_leave_nothing_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"first", replace=False)
    with pytest.raises(WorkspaceError, match="is there already") as caught:
        write_file(path, b"second", replace=False)
    assert caught.value.hint == "Nothing was overwritten."
    assert path.read_bytes() == b"first"
    assert names(tmp_path) == {"file"}


@pytest.mark.parametrize("call", ["fchmod", "fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(WorkspaceError, match="file cannot be written: No space left on device"):
        write_file(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == {"file"}


def test_the_bytes_are_synced_before_the_name_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def noting(name: str, call: Callable[..., None]) -> Callable[..., None]:
        def noted(*arguments: object) -> None:
            kind = name
            if name == "fsync" and isinstance(arguments[0], int):
                kind += " folder" if stat.S_ISDIR(os.fstat(arguments[0]).st_mode) else " file"
            order.append(kind)
            call(*arguments)

        return noted

    for name in ("fsync", "replace", "link"):
        monkeypatch.setattr(os, name, noting(name, getattr(os, name)))
    write_file(tmp_path / "file", b"new")
    assert order == ["fsync file", "replace", "fsync folder"]
    order.clear()
    write_file(tmp_path / "other", b"new", replace=False)
    assert order == ["fsync file", "link", "fsync folder"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="file cannot be written: No such file"):
        write_file(tmp_path / "nowhere" / "file", b"x")


# --- names ----------------------------------------------------------------------------------------------


def test_folders_are_made_with_those_above_them_and_may_be_there(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match="cannot be made"):
        make_folder(tmp_path / "file" / "below")


def test_a_new_folder_has_its_mode_and_those_above_it_the_usual_one(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b", mode=0o700)
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    (tmp_path / "usual").mkdir()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_the_name_of_each_folder_is_synced_and_that_of_the_one_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    synced: list[Path] = []
    monkeypatch.setattr("canary.edges.disk.files.sync_folder", synced.append)
    make_folder(there / "a" / "b")
    assert synced == [tmp_path, there, there / "a"]
    synced.clear()
    make_folder(there / "a" / "b")
    assert synced == [there / "a"]


def test_a_folder_that_is_there_below_one_that_may_not_be_read_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "folder").mkdir()
    monkeypatch.setattr("canary.edges.disk.files.sync_folder", refuse)
    make_folder(tmp_path / "folder")
    with pytest.raises(WorkspaceError, match="cannot be made: Permission denied"):
        make_folder(tmp_path / "folder" / "below")


def test_a_folder_that_may_not_be_read_is_not_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(WorkspaceError, match="cannot be read: Permission denied"):
        sweep(tmp_path)


def test_renaming_and_removing(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("words", "utf-8")
    (tmp_path / "folder").mkdir()
    rename(tmp_path / "a", tmp_path / "folder" / "b")
    assert (tmp_path / "folder" / "b").read_text("utf-8") == "words"
    with pytest.raises(WorkspaceError, match="a cannot be renamed to"):
        rename(tmp_path / "a", tmp_path / "c")
    for _ in range(2):
        remove(tmp_path / "folder" / "b")
    assert names(tmp_path / "folder") == set()
    remove(tmp_path / "nowhere" / "file")
    with pytest.raises(WorkspaceError, match="folder cannot be removed"):
        remove(tmp_path / "folder")


def test_syncing_a_folder_leaves_no_descriptor_behind(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    sync_folder(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
