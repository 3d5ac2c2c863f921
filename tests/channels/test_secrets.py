from __future__ import annotations

import os
from pathlib import Path

import pytest

from canary.core.watching.watch_settings import Secret
from canary.edges.channels.secrets import exposed, read_lines, read_one_line, read_secret
from canary.errors import CanaryError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secret"


@pytest.mark.parametrize(
    ("content", "secret"),
    [(b"x", "x"), (b"x\n", "x"), (b"x\r\n", "x"), (b"x\n\n", "x\n"), (b" x ", " x "), ("ü".encode(), "ü")],
)
def test_one_line_end_is_taken_off(content: bytes, secret: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(content)
    assert read_secret(Secret(file=str(path))) == secret
    monkeypatch.setenv("A_SECRET", content.decode())
    assert read_secret(Secret(environment="A_SECRET")) == secret


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"\n", "is empty"), (b"abc\xff", "not UTF-8"), (b"abc" * 30_000, "more than 65,536 bytes")],
)
def test_what_is_no_secret_is_told_without_it(content: bytes, words: str, path: Path) -> None:
    path.write_bytes(content)
    with pytest.raises(CanaryError, match=words) as caught:
        read_secret(Secret(file=str(path)))
    assert str(path) in caught.value.what
    assert "abc" not in f"{caught.value!r}{caught.value.hint}{caught.value.__cause__!r}"


def test_what_is_not_there(path: Path) -> None:
    with pytest.raises(CanaryError, match="cannot be read: No such file"):
        read_secret(Secret(file=str(path)))
    with pytest.raises(CanaryError, match="The environment variable CANARY_NOT_SET is not set"):
        read_secret(Secret(environment="CANARY_NOT_SET"))


def test_a_named_pipe_does_not_hold_the_program(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(CanaryError, match="no regular file"):
        read_secret(Secret(file=str(path)))


@pytest.mark.parametrize("content", ["a\nb", "a\x00b", "a\x1bb", "a\u2028b"])
def test_one_line_is_one_line(content: str, path: Path) -> None:
    path.write_text(content, "utf-8")
    with pytest.raises(CanaryError, match="more than one line"):
        read_one_line(Secret(file=str(path)))


def test_lines_are_numbered_and_comments_passed_over(path: Path) -> None:
    path.write_text("# chats\n\n  json://a  \njson://b#c\n", "utf-8")
    assert read_lines(Secret(file=str(path))) == ((3, "json://a"), (4, "json://b#c"))
    path.write_text("# nothing\n", "utf-8")
    with pytest.raises(CanaryError, match="no line that counts"):
        read_lines(Secret(file=str(path)))


def test_who_else_can_read_it_is_told(path: Path) -> None:
    path.write_text("x", "utf-8")
    warned = []
    for mode in (0o600, 0o400, 0o640, 0o644, 0o604):
        path.chmod(mode)
        warned.append(bool(exposed(Secret(file=str(path)))))
    assert warned == [False, False, False, True, True]
    assert f"chmod 600 {path}" in exposed(Secret(file=str(path)))
    path.unlink()
    assert exposed(Secret(file=str(path))) == ""
    assert exposed(Secret(environment="A_SECRET")) == ""
