from __future__ import annotations

from pathlib import Path

import pytest

from canary.edges.disk.new_folder import check_new, fill_new
from canary.errors import WorkspaceError
from tests.publisher import tree

FILES = {"entry.txt": b"entry\n", "0.tsr": b"\x00\xff"}


def test_a_new_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    fill_new(folder, FILES)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    check_new(tmp_path)
    fill_new(tmp_path, FILES)
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


@pytest.mark.parametrize("other", ["entry.txt", ".hidden", "folder"])
def test_a_folder_with_anything_in_it_is_refused_and_left_alone(tmp_path: Path, other: str) -> None:
    if other == "folder":
        (tmp_path / other).mkdir()
    else:
        (tmp_path / other).write_bytes(b"mine")
    before = tree(tmp_path)
    with pytest.raises(WorkspaceError, match="is not empty"):
        check_new(tmp_path)
    with pytest.raises(WorkspaceError, match="is not empty"):
        fill_new(tmp_path, FILES)
    assert tree(tmp_path) == before


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(WorkspaceError, match="is no folder"):
        check_new(tmp_path / "file")
    with pytest.raises(WorkspaceError, match="cannot be read"):
        check_new(tmp_path / "link")
    with pytest.raises(WorkspaceError, match="cannot be made"):
        fill_new(tmp_path / "file" / "below", FILES)
