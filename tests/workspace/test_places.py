"""Links out of the workspace, and what is no file in a file's place, wherever something is read or written."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.publisher import Publisher, done, tree
from tests.workspace.row import ATTACHED, COMMANDS, Row, check, each_row, rows

ATTACHMENT = f"attachments/{hashlib.sha256(ATTACHED).hexdigest()}"

LOG = dict.fromkeys(("status", "draft", "sign", "unsign", "merge", "publish", "roster", "key_list"), 3)
DRAFT = {"status": 1} | dict.fromkeys(("draft", "sign", "unsign", "merge", "publish", "roster"), 3)
SIGNATURE = {"status": 1} | dict.fromkeys(("sign", "merge", "publish"), 3)
STATEMENTS = {"draft": 3, "sign": 3}
KEYS = {"roster": 3, "key_list": 3, "key_new": 3}

FILES = {
    "canary.toml": {"status": 3, "sign": 3, "roster": 3, "key_list": 3, "key_new": 3},
    "statements/keys/v1.txt": STATEMENTS,
    "keys/legal.vkey": KEYS,
    "keys/log.vkey": KEYS,
    "log/0001.txt": LOG,
    "log/0002.txt": LOG,
    "draft/text.txt": DRAFT,
    "draft/legal.sig": SIGNATURE,
    "draft/entry.txt": {"publish": 3},
    ATTACHMENT: {"publish": 3},
}
"""Every file that a command reads, with the commands that need it and their exit codes."""

FOLDERS = {
    "statements": STATEMENTS,
    "keys": KEYS,
    "log": LOG,
    "draft": DRAFT,
    "attachments": {"draft": 3, "publish": 3, "roster": 3},
    ".public": {"publish": 3},
}


def file_in(publisher: Publisher, place: str) -> Path:
    """Returns a file or folder of the workspace, which is made where there is none yet."""
    path = publisher.root / place
    if not os.path.lexists(path):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    return path


def led_out(place: str) -> Callable[[Publisher], None]:
    """What is at a place lies outside, and a link leads to it."""

    def spoil(publisher: Publisher) -> None:
        path = file_in(publisher, place)
        outside = publisher.folder / "outside" / path.name
        shutil.move(path, outside)
        path.symlink_to(outside)

    return spoil


def replaced(place: str, by: Callable[[Path], None]) -> Callable[[Publisher], None]:
    """Something else is in the place of a file or folder."""

    def spoil(publisher: Publisher) -> None:
        path = file_in(publisher, place)
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        by(path)

    return spoil


def into_nothing(path: Path) -> None:
    """A link to a place outside where there is nothing, and must be nothing afterwards."""
    workspace = next(above for above in path.parents if above.name == "workspace")
    path.symlink_to(workspace.parent / "outside" / "nowhere")


def empty(path: Path) -> None:
    path.touch()


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def circle(path: Path) -> None:
    path.symlink_to(path.name)


def device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero, which has no end
    except PermissionError:
        pytest.skip("only root can make a device")


def listener(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket has to be short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


ODD = {"a pipe": pipe, "a folder": folder, "a device": device, "a socket": listener}


def test_every_command_does_its_work_where_nothing_is_spoilt(midway: Publisher, tmp_path: Path) -> None:
    for name, command in COMMANDS.items():
        publisher = midway.copy_to(tmp_path / name)
        assert command(publisher).code == (1 if name == "status" else 0), name


@each_row(
    *(
        row
        for place, codes in (FILES | FOLDERS).items()
        for row in rows(place, led_out(place), "leads out" if place != ".public" else "no folder that canary", **codes)
    ),
    *rows("statements/keys", led_out("statements/keys"), "statements/keys/v1.txt leads out", **STATEMENTS),
    *rows(".public", led_out(".public"), "public/checkpoint leads out", status=3),
    *rows("public", led_out("public"), "public is nothing that canary made", publish=3),
    *rows("evidence", led_out("evidence"), "evidence leads out", publish=3),
)
def test_a_link_out_of_the_workspace(publisher: Publisher, row: Row) -> None:
    check(publisher, row)


@each_row(
    *(
        row
        for place, codes in FOLDERS.items()
        for kind, by in {"a link to nowhere": into_nothing, "a circle": circle, "a pipe": pipe}.items()
        for row in rows(f"{kind} as {place}", replaced(place, by), place, **codes)
    ),
    *rows("a file as public", replaced("public", empty), "public is nothing that canary made", publish=3),
    *rows("a folder as public", replaced("public", folder), "public is nothing that canary made", publish=3),
    *rows("a circle as public", replaced("public", circle), "public is nothing that canary made", publish=3),
    *rows("a pipe as evidence", replaced("evidence", pipe), "evidence is no folder", publish=3),
    *rows("a pipe as a statement's folder", replaced("statements/keys", pipe), "there is no file", draft=1, sign=2),
)
def test_what_is_no_folder_in_a_folders_place(publisher: Publisher, row: Row) -> None:
    check(publisher, row)


@each_row(
    *(
        row
        for place, codes in FILES.items()
        for kind, by in ODD.items()
        for row in rows(f"{kind} as {place}", replaced(place, by), f"{place} is ", **codes)
    ),
    *(
        row
        for place, codes in FILES.items()
        for kind, by in {"a link to nowhere": into_nothing, "a circle": circle}.items()
        for row in rows(f"{kind} as {place}", replaced(place, by), place, **codes)
    ),
)
def test_what_is_no_file_in_a_files_place(publisher: Publisher, row: Row) -> None:
    check(publisher, row)


@pytest.mark.parametrize("kind", ["a link out", "a link to nowhere", "a circle", "a pipe", "a socket"])
@pytest.mark.parametrize("command", ["unsign", "draft"])
def test_what_is_removed_is_the_link_and_never_what_it_leads_to(publisher: Publisher, kind: str, command: str) -> None:
    spoil = {
        "a link out": led_out("draft/legal.sig"),
        "a link to nowhere": replaced("draft/legal.sig", into_nothing),
        "a circle": replaced("draft/legal.sig", circle),
        "a pipe": replaced("draft/legal.sig", pipe),
        "a socket": replaced("draft/legal.sig", listener),
    }[kind]
    spoil(publisher)
    outside = tree(publisher.folder / "outside")
    done(COMMANDS[command](publisher))
    assert not os.path.lexists(publisher.signature_file("legal"))
    assert tree(publisher.folder / "outside") == outside


def test_a_hard_link_is_read_and_what_it_is_shared_with_never_changes(publisher: Publisher) -> None:
    outside = publisher.folder / "outside"
    shared = [path for path in publisher.root.rglob("*") if path.is_file() and ".public" not in path.parts]
    for number, path in enumerate(shared):
        os.link(path, outside / str(number))
    before = tree(outside)
    for name in ("sign", "unsign", "merge", "publish"):
        done(COMMANDS[name](publisher))
        assert tree(outside) == before
    done(publisher.canary("draft", "--correction"))
    assert publisher.verify().code == 0
    assert tree(outside) == before
