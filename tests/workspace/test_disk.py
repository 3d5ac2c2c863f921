"""A full disk at every call that takes room, and folders in which nothing can be written."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.publisher import Publisher, Ran, done, tree
from tests.workspace.full_disk import FullDisk
from tests.workspace.row import COMMANDS

NOBODY = 65_534
FULL = "No space left on device"

WRITERS: dict[str, Callable[[Publisher], Ran]] = {
    name: COMMANDS[name] for name in ("draft", "sign", "merge", "publish", "roster", "key new")
} | {
    "draft with attachments": lambda each: each.canary(
        "draft", "--replace", "--attach", each.folder / "one.txt", "--attach", each.folder / "two.txt"
    ),
    "merge of two": lambda each: each.canary("merge", each.folder / "director.sig", each.folder / "legal.sig"),
}


@pytest.fixture
def ready(publisher: Publisher) -> Publisher:
    """With two more attachments to draft with, and two signatures to merge."""
    for name in ("one.txt", "two.txt"):
        (publisher.folder / name).write_text(name, "utf-8")
    shutil.copy(publisher.signature_file("legal"), publisher.folder / "legal.sig")
    return publisher


def files(publisher: Publisher) -> dict[str, tuple[int, bytes]]:
    """Everything but the folders, of which an empty one may be left, and the numbers of the builds of the site."""
    found = {path: each for path, each in tree(publisher.folder).items() if not stat.S_ISDIR(each[0])}
    return {path: each for path, each in found.items() if path != "workspace/public" and "/.public/" not in path}


@pytest.mark.parametrize("command", list(WRITERS))
def test_a_disk_that_fills_up_changes_nothing_wherever_it_does(ready: Publisher, tmp_path: Path, command: str) -> None:
    run = WRITERS[command]
    expected = ready.copy_to(tmp_path / "expected")
    unbounded = FullDisk(expected.folder)
    with unbounded.installed():
        done(run(expected))
    # The private key comes first, and is kept for the run that follows.
    begun = {"private"} if command == "key new" else set()
    assert unbounded.calls >= 2
    for room in range(unbounded.calls):
        publisher = ready.copy_to(tmp_path / str(room))
        before, site = files(publisher), tree(publisher.public.resolve())
        with FullDisk(publisher.folder, room).installed():
            ran = run(publisher)
        assert (ran.code, FULL in ran.err, "Make room on the disk" in ran.err) == (3, True, True), ran
        assert ran.err.count("\n") == 2
        after = files(publisher)
        changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        assert {path.partition("/")[0] for path in changed} <= begun, (room, changed)
        assert tree(publisher.public.resolve()) == site
        done(run(publisher))
        shutil.rmtree(publisher.folder)


# --- a real disk, and folders in which nothing can be written ---------------------------------------------


@pytest.fixture
def apart(publisher: Publisher) -> Iterator[Publisher]:
    """The same in a folder that every user of this machine can come to."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        moved = publisher.copy_to(Path(folder) / "publisher")
        for path in (moved.folder, *moved.folder.rglob("*")):
            if not path.is_symlink() and not path.is_relative_to(moved.keys):
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        yield moved


def elsewhere(publisher: Publisher, *commands: str, options: tuple[str, ...] = (), before: str = "") -> list[Ran]:
    """Runs commands in a program of its own, in a name space of its own if something is to be mounted before."""
    words = [
        sys.executable,
        "-m",
        "tests.workspace.elsewhere",
        *options,
        str(publisher.folder),
        publisher.now.isoformat(),
    ]
    words += commands
    if before:
        words = ["unshare", "--mount", "sh", "-ec", f'{before}\nexec "$@"', "sh", *words]
    ran = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return [Ran(**each) for each in json.loads(ran.stdout)]


def can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    ran = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False, timeout=30
    )
    return ran.returncode == 0


needs_mount = pytest.mark.skipif(not can_mount(), reason="nothing can be mounted here: no real disk is filled")
CHANGERS = ("draft", "sign", "unsign", "merge", "publish", "roster", "key new")


def hold(ran: list[Ran], words: str, advice: str) -> None:
    for name, each in zip(CHANGERS, ran, strict=True):
        assert (each.code, words in each.err, advice in each.err) == (3, True, True), (name, each)
        assert each.err.count("\n") == 2, (name, each)
        assert "Traceback" not in each.err


@needs_mount
def test_a_folder_that_is_mounted_read_only(apart: Publisher) -> None:
    before = tree(apart.folder)
    mount = f"mount --bind '{apart.root}' '{apart.root}'; mount -o remount,ro,bind '{apart.root}'"
    status, listed, *ran = elsewhere(apart, "status", "key list", *CHANGERS, before=mount)
    assert (status.code, listed.code) == (1, 0)
    hold(ran, "Read-only file system", "is read-only: work where it can be written")
    assert {path: each for path, each in tree(apart.folder).items() if not path.startswith("private/")} == {
        path: each for path, each in before.items() if not path.startswith("private/")
    }


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_folder_that_belongs_to_another_user(apart: Publisher) -> None:
    for path in (apart.keys, *apart.keys.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
        path.chmod(0o700 if path.is_dir() else 0o600)
    before = tree(apart.folder)
    status, listed, *ran = elsewhere(apart, "status", "key list", *CHANGERS, options=("--as", str(NOBODY)))
    assert (status.code, listed.code) == (1, 0)
    hold(ran, "Permission denied", "Run this as the user whom it belongs to")
    assert {path: each for path, each in tree(apart.folder).items() if not path.startswith("private/")} == {
        path: each for path, each in before.items() if not path.startswith("private/")
    }


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_files_that_may_not_be_read(apart: Publisher) -> None:
    (apart.root / "log" / "0002.txt").chmod(0o600)
    before = tree(apart.folder)
    for ran in elsewhere(apart, "status", "draft", "publish", options=("--as", str(NOBODY))):
        assert (ran.code, "0002.txt cannot be read: Permission denied" in ran.err) == (3, True), ran
    assert tree(apart.folder) == before


@needs_mount
@pytest.mark.parametrize("room", [0, 1, 4, 16])
@pytest.mark.parametrize("command", ["draft", "sign", "merge", "publish", "roster"])
def test_a_real_disk_that_is_full(apart: Publisher, command: str, room: int) -> None:
    """The workspace is copied to a disk of its own, which is then filled up to so many blocks."""
    outside = apart.folder / "outside"
    disk = f"""
mount -t tmpfs -o size=1m,mode=755 none '{outside}'
cp -a '{apart.root}/.' '{outside}'
mount --bind '{outside}' '{apart.root}'
cat /dev/zero > '{outside}/filler' 2>/dev/null || true
truncate -s -{room * 4}k '{outside}/filler'
"""
    ran, listed, status = elsewhere(apart, command, "key list", "status", before=disk)
    if room == 0 or ran.code != 0:
        assert (ran.code, FULL in ran.err, "Make room on the disk" in ran.err) == (3, True, True), ran
        assert ran.err.count("\n") == 2
    # The workspace is as good as before, whatever came of it.
    assert (listed.code, status.code) == (0, 1 if ran.code != 0 or command != "publish" else 0), status


def test_a_watchers_state_on_a_full_disk_stays_as_it_was(publisher: Publisher) -> None:
    state = publisher.folder / "outside" / "state.json"
    done(publisher.verify("--state", state, at="2026-05-02"))
    before = files(publisher)
    unbounded = FullDisk(publisher.folder)
    with unbounded.installed():
        done(publisher.verify("--state", state, at="2026-05-02"))
    assert unbounded.calls >= 2
    assert files(publisher) == before
    for room in range(1, unbounded.calls):
        with FullDisk(publisher.folder, room).installed():
            ran = publisher.verify("--state", state, at="2026-05-03")
        # Instead of a verdict that the next look would know nothing of.
        assert (ran.code, ran.out, FULL in ran.err, "Make room" in ran.err) == (3, "", True, True), ran
        assert files(publisher) == before
