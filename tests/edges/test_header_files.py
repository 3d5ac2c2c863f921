from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from canary.edges.times.header_files import header_files
from canary.errors import MalformedError, WorkspaceError
from canary.formats.times.bitcoin_headers import HeaderAnswer
from canary.limits import HEADERS_BYTES
from tests import ots_proofs as ots

HEADERS = [ots.header(height, bytes([height]) * 32, datetime(2026, 3, 4, 12, tzinfo=UTC)) for height in (7, 8, 9)]
LINES = "# mine\n\n" + "".join(f"{each.render()}\n" for each in HEADERS)
JSON = json.dumps([{"height": each.height, "header": each.header.hex(), "hash": each.hash} for each in HEADERS])


@pytest.mark.parametrize("text", [LINES, JSON, f"\n {JSON}"])
def test_a_file_in_either_form_is_a_source(tmp_path: Path, text: str) -> None:
    path = tmp_path / "headers"
    path.write_text(text)
    source = header_files(path)
    assert [source(height).header for height in (7, 8, 9)] == HEADERS
    assert source(10) == HeaderAnswer(None, "the watcher's own headers lack block 10")


def test_a_folder_is_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(JSON)
    (tmp_path / "b.txt").write_text(LINES)
    (tmp_path / "c.txt").write_text(ots.header(10, bytes(32), HEADERS[0].moment).render())
    (tmp_path / ".hidden").write_text("no headers")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/etc/hostname")
    source = header_files(tmp_path)
    assert source(8) == HeaderAnswer(HEADERS[1], "as the watcher's own headers say")
    assert source(10).header is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("7 abc\n", "line 1"),
        (f"{LINES}08 {'0' * 160}\n", "line 6"),
        (f" {HEADERS[0].render()}\n", "line 1"),
        (f"{HEADERS[0].render().upper()}x\n", "line 1"),
        ("[7]", "JSON array"),
        ('[{"height": 7}]', "JSON array"),
        ('[{"height": -1, "header": "00"}]', "header of 160"),
        ("[" * 50_000, "JSON array"),
        ("höhe", "not ASCII"),
        (f"{HEADERS[0].render()}\n7 {HEADERS[1].header.hex()}\n", "two different headers are said to be block 7"),
    ],
)
def test_a_file_that_is_in_neither_form_is_told_of(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "headers.txt"
    path.write_text(text)
    with pytest.raises(MalformedError, match=words) as caught:
        header_files(path)
    assert str(path) in caught.value.what


def test_two_files_may_not_contradict_each_other(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(LINES)
    (tmp_path / "b").write_text(f"9 {HEADERS[0].header.hex()}")
    with pytest.raises(MalformedError, match="block 9"):
        header_files(tmp_path)


def test_what_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot be read"):
        header_files(tmp_path / "none")
    large = tmp_path / "large"
    large.write_bytes(b"\n" * (HEADERS_BYTES + 1))
    with pytest.raises(WorkspaceError, match="more than"):
        header_files(large)
