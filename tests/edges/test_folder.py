from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import pytest

from canary.core.judging.fetched import Fetched
from canary.edges.disk.folder import FolderSource
from canary.errors import FetchError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "tile" / "0").mkdir(parents=True)
    (folder / "checkpoint").write_bytes(b"the checkpoint")
    (folder / "tile" / "0" / "000").write_bytes(b"a tile")
    (tmp_path / "secret").write_bytes(b"not part of the site")
    return folder


def refusal(root: Path, path: str, *, limit: int = 100) -> str:
    with pytest.raises(FetchError) as caught:
        FolderSource(root).get(path, limit=limit)
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_a_file_comes_with_its_etag(root: Path) -> None:
    source = FolderSource(root)
    found = source.get("checkpoint", limit=14)
    assert (found.status, found.body) == (200, b"the checkpoint")
    assert found.etag == f'"{hashlib.sha256(b"the checkpoint").hexdigest()}"'
    assert source.get("tile/0/000", limit=100, fresh=True).body == b"a tile"
    assert source.describe() == f"the folder {root}"


def test_the_same_file_is_not_sent_twice(root: Path) -> None:
    source = FolderSource(root)
    etag = source.get("checkpoint", limit=100).etag
    assert source.get("checkpoint", limit=100, etag=etag) == Fetched(304, b"", etag)
    (root / "checkpoint").write_bytes(b"a later one")
    assert source.get("checkpoint", limit=100, etag=etag).body == b"a later one"


@pytest.mark.parametrize("path", ["nothing", "tile/1/000", "checkpoint/below", "dangling"])
def test_what_is_not_there_is_missing(root: Path, path: str) -> None:
    (root / "dangling").symlink_to("nothing")
    assert FolderSource(root).get(path, limit=100) == Fetched(404, b"", None)


@pytest.mark.parametrize(
    "path", ["", "/", "/etc/passwd", "../secret", "tile/../checkpoint", "tile//0", "tile/", ".", "a\0b"]
)
def test_paths_that_lead_elsewhere_are_refused(root: Path, path: str) -> None:
    assert "no path within a canary" in refusal(root, path)


def test_the_limit_is_exact(root: Path) -> None:
    assert FolderSource(root).get("checkpoint", limit=14).body == b"the checkpoint"
    assert "larger than the 13 bytes" in refusal(root, "checkpoint", limit=13)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc on this system")
def test_a_file_that_hides_its_size_is_bounded() -> None:
    assert "larger than the 10 bytes" in refusal(Path("/proc/self"), "status", limit=10)


def test_links_within_the_folder_are_followed(root: Path) -> None:
    (root / "latest").symlink_to("tile/0/000")
    (root / "tiles").symlink_to(root / "tile", target_is_directory=True)
    source = FolderSource(root)
    assert source.get("latest", limit=100).body == b"a tile"
    assert source.get("tiles/0/000", limit=100).body == b"a tile"


@pytest.mark.parametrize("target", ["../secret", "{outside}/secret", "../nothing", "tile/../../secret"])
def test_links_out_of_the_folder_are_refused(root: Path, target: str) -> None:
    (root / "link").symlink_to(target.format(outside=root.parent))
    assert "leads out of the folder" in refusal(root, "link")


def test_folders_linked_from_outside_are_refused(root: Path) -> None:
    (root / "outside").symlink_to(root.parent, target_is_directory=True)
    assert "leads out of the folder" in refusal(root, "outside/secret")
    # A neighbour whose name starts the same is outside too.
    (root.parent / "site-2").mkdir()
    (root / "neighbour").symlink_to("../site-2")
    assert "leads out of the folder" in refusal(root, "neighbour/secret")


def test_a_circle_of_links_is_refused(root: Path) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    assert "circle" in refusal(root, "a")


def test_pipes_sockets_and_folders_are_no_files(root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert "not a regular file" in refusal(root, "pipe")
    assert "not a regular file" in refusal(root, "tile")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "socket"))
        assert "not a regular file" in refusal(root, "socket")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_what_may_not_be_read_is_not_missing(root: Path) -> None:
    (root / "checkpoint").chmod(0)
    assert "Permission denied" in refusal(root, "checkpoint")


def test_what_cannot_be_read_is_not_missing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", forbidden)
    assert refusal(root, "checkpoint") == f"checkpoint in the folder {root}: Permission denied"


def test_the_folder_may_be_a_link(root: Path) -> None:
    link = root.parent / "public"
    link.symlink_to("site")
    source = FolderSource(link)
    other = root.parent / "site-2"
    other.mkdir()
    (other / "checkpoint").write_bytes(b"another site")
    link.unlink()
    link.symlink_to("site-2")
    assert source.get("checkpoint", limit=100).body == b"the checkpoint"
    assert FolderSource(link).get("checkpoint", limit=100).body == b"another site"


def test_a_folder_that_is_not_there(root: Path) -> None:
    with pytest.raises(FetchError, match="does not exist"):
        FolderSource(root / "nothing")
    with pytest.raises(FetchError, match="is not a folder"):
        FolderSource(root / "checkpoint")
    (root / "circle").symlink_to("circle")
    with pytest.raises(FetchError, match="in a circle"):
        FolderSource(root / "circle")


def test_a_folder_that_goes_away_is_not_a_missing_file(root: Path) -> None:
    source = FolderSource(root)
    root.rename(root.parent / "unmounted")
    with pytest.raises(FetchError, match="does not exist"):
        source.get("checkpoint", limit=100)
