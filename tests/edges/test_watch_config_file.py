from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from canary.core.watching.watch_settings import Command, Secret, WatchSettings
from canary.edges.disk.watch_config_file import read_watch_config, usual_config, usual_memory
from canary.errors import MalformedError, WorkspaceError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_the_usual_places(home: Path) -> None:
    assert usual_config() == home / ".config/canary/watch.toml"
    assert usual_memory() == home / ".local/share/canary/watch.db"


def test_where_the_usual_file_is_not_there_the_defaults_count(home: Path) -> None:
    assert read_watch_config(None) == WatchSettings(str(home / ".local/share/canary/watch.db"))


def test_the_usual_file_is_read() -> None:
    written(usual_config(), "[watch]\nthreads = 3\n")
    assert read_watch_config(None) == WatchSettings(str(usual_memory()), threads=3)


def test_paths_are_counted_from_the_files_folder_and_from_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[watch]\nmemory = "m.db"\nping_file = "~/p"\n[channels.a]\nkind = "command"\nrun = ["~/page"]\n'
    written(home / "conf" / "mine.toml", text)
    monkeypatch.chdir(home)
    settings = read_watch_config(Path("conf/mine.toml"))
    assert (settings.memory, settings.ping) == (str(home / "conf/m.db"), Secret(file=str(home / "p")))
    assert settings.channels[0].how == Command((str(home / "page"),))


def test_a_file_that_was_named_has_to_be_there(home: Path) -> None:
    with pytest.raises(WorkspaceError) as caught:
        read_watch_config(home / "none.toml")
    assert (
        caught.value.what == f"the watcher's configuration {home}/none.toml cannot be read: No such file or directory"
    )
    assert (caught.value.hint, caught.value.exit_code) == ("Check the path given to --config.", 3)


def test_a_link_that_leads_nowhere_is_no_missing_file() -> None:
    usual_config().parent.mkdir(parents=True)
    usual_config().symlink_to("nowhere")
    with pytest.raises(WorkspaceError, match="cannot be read: No such file"):
        read_watch_config(None)


def test_a_link_to_the_file_is_followed(home: Path) -> None:
    (home / "link.toml").symlink_to(written(home / "real" / "real.toml", "[watch]\nmemory = 'm.db'"))
    assert read_watch_config(home / "link.toml").memory == str(home / "m.db")


def test_what_may_not_be_read_is_an_error_and_never_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path, *_: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr("canary.edges.disk.files.os.open", refused)
    with pytest.raises(WorkspaceError, match=r"watch.toml cannot be read: Permission denied"):
        read_watch_config(None)


def test_what_is_no_file_and_what_is_too_large_is_refused(home: Path) -> None:
    usual_config().mkdir(parents=True)
    with pytest.raises(WorkspaceError, match="is no regular file"):
        read_watch_config(None)
    with pytest.raises(WorkspaceError, match="has more than 65,536 bytes"):
        read_watch_config(written(home / "big.toml", "#" * 65_537))
    (home / ".profile").write_text("")
    with pytest.raises(WorkspaceError, match="Not a directory"):
        read_watch_config(home / ".profile" / "watch.toml")


def test_a_fault_is_told_with_the_whole_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(home / "a.toml", "[watch]\nthread = 3\n")
    monkeypatch.chdir(home)
    with pytest.raises(MalformedError) as caught:
        read_watch_config(Path("a.toml"))
    assert caught.value.what == f"{home}/a.toml, line 2: watch.thread: there is no such key; did you mean threads?"
