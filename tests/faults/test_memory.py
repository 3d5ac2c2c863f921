"""A memory that cannot be read or written: exit code 3 with its path, nothing told, and nothing lost."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.faults.desk import EVERY, NAME, Desk, publisher, site
from tests.loopback import answer, says
from tests.publisher import Ran

ROOT = Path(__file__).parents[2]


UNSHARE = ["unshare", "--map-root-user", "--mount"]


def run(desk: Desk, *options: str, before: str = "", after: str = "") -> Ran:
    """Runs `canary watch run` as a program of its own, between two scripts.

    Where the first one mounts something, all of it has a name space of its own.
    """
    words = [sys.executable, "-m", "tests.faults.at_time", desk.now.isoformat(), "watch", "run"]
    words += [*options, "--config", str(desk.config)]
    if before or after:
        script = f'{before}\n"$@" && code=0 || code=$?\n{after}\nexit $code'
        words = [*(UNSHARE if "mount" in before else []), "sh", "-ec", script, "sh", *words]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    ran = Ran(done.returncode, done.stdout, done.stderr)
    desk.printed.append(ran)
    return ran


def can_mount() -> bool:
    words = [*UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(words, capture_output=True, check=False).returncode == 0


needs_mount = pytest.mark.skipif(not can_mount(), reason="nothing can be mounted here: no real disk is filled")


def integrity(path: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(path)) as db:
        found: list[tuple[str]] = db.execute("PRAGMA integrity_check").fetchall()
        return found


# --- damaged --------------------------------------------------------------------------------------------


def overwritten_in_the_middle(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:4096] + b"\xa5" * (middle - 4096) + data[middle:]


def truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


def a_page(_: bytes) -> bytes:
    return b"<!DOCTYPE html>" * 500


def empty(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("output", ["text", "json", "jsonl", "nagios", "prometheus"])
@pytest.mark.parametrize("damage", [overwritten_in_the_middle, truncated, a_page])
def test_a_damaged_memory_is_told_and_left_alone(followed: Desk, damage: Callable[[bytes], bytes], output: str) -> None:
    damaged = damage(followed.memory.read_bytes())
    followed.memory.write_bytes(damaged)
    followed.now += EVERY
    ran = followed.canary("run", "--format", output)
    assert ran.code == 3
    assert f"{followed.memory} is damaged" in (ran.out + ran.err)
    if output != "nagios":  # which has room for one line
        assert "put a backup in their place" in ran.out + ran.err
    assert followed.told == []
    assert followed.memory.read_bytes() == damaged


def test_a_backup_in_its_place_goes_on(followed: Desk) -> None:
    copy = followed.folder / "copy.db"
    assert followed.canary("backup", copy).code == 0
    followed.memory.write_bytes(truncated(followed.memory.read_bytes()))
    assert followed.canary("run").code == 3
    for each in followed.folder.glob("watch.db*"):
        each.unlink()
    copy.rename(followed.memory)
    (made,) = followed.passes(1)
    assert (made.exit_code, made.document["looked"], made.status()) == (0, 1, "OK")


# --- forbidden and full ---------------------------------------------------------------------------------


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk in a folder of its own, whose canary has just been lost."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        desk = Desk(Path(name), stack, monkeypatch)
        assert desk.follow(desk.serve(site(publisher()))).code == 0
        desk.host.faults["/checkpoint"] = says(answer(404, b"x" * 40_000))
        desk.passes(2)
        desk.now += EVERY
        yield desk
        desk.close()


@needs_mount
def test_a_read_only_memory_is_told_and_the_next_run_goes_on(apart: Desk) -> None:
    folder = apart.folder
    before = apart.shown()
    ran = run(apart, before=f"mount --bind '{folder}' '{folder}'; mount -o remount,ro,bind '{folder}'")
    assert (ran.code, ran.out) == (3, "")
    assert f"{apart.memory} cannot be written" in ran.err
    assert (apart.told, apart.shown()) == ([], before)
    assert run(apart).code == 2
    assert apart.told == ["change MISSING"]


@needs_mount
@pytest.mark.parametrize("kilobytes_left", [0, 48])
def test_a_full_disk_is_told_and_the_next_run_goes_on(apart: Desk, kilobytes_left: int) -> None:
    """A real one: what the look brought takes more than 64 kB with the log at the memory's side."""
    folder, before = apart.folder, apart.shown()
    room, left = folder / "room", folder / "left"
    room.mkdir()
    left.mkdir()
    filled = f"""
mount -t tmpfs -o size=512k none '{room}'
cp '{apart.memory}' '{room}'
dd if=/dev/zero of='{room}/filling' bs=4k 2>/dev/null || true
truncate --size=-{kilobytes_left}k '{room}/filling'
"""
    apart.configure(memory=room / apart.memory.name)
    ran = run(apart, "--format", "nagios", before=filled, after=f"cp '{room}'/watch.db* '{left}'")
    assert ran.code == 3, ran
    assert ran.out == f"CANARY UNKNOWN - {room / apart.memory.name} cannot be written: there is no room\n"
    assert apart.told == []
    # What was left on the disk that was full.
    apart.configure(memory=left / apart.memory.name)
    assert integrity(left / apart.memory.name) == [("ok",)]
    assert apart.shown() == before
    assert run(apart).code == 2
    assert apart.told == ["change MISSING"]


def test_a_memory_that_may_grow_no_more_is_told_and_the_next_run_goes_on(apart: Desk) -> None:
    """A limit of 50 kB for each file, where nothing can be mounted."""
    before = apart.shown()
    ran = run(apart, before="ulimit -f 100")
    assert (ran.code, ran.out) == (3, "")
    assert f"{apart.memory} cannot be" in ran.err
    assert "the room on it" in ran.err
    assert (apart.told, apart.shown()) == ([], before)
    assert run(apart).code == 2
    assert apart.told == ["change MISSING"]
    assert integrity(apart.memory) == [("ok",)]


# --- one canary's state ---------------------------------------------------------------------------------


def states(desk: Desk) -> list[tuple[str, bytes]]:
    with closing(sqlite3.connect(desk.memory)) as db:
        found: list[tuple[str, bytes]] = db.execute(
            "SELECT name, state FROM states JOIN canaries ON canaries.id = states.canary ORDER BY name"
        ).fetchall()
        return found


def damage_state(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.memory, isolation_level=None)) as db:
        db.execute(
            "UPDATE states SET state = CAST(replace(state, 'example.net', 'example.com') AS BLOB) "
            "WHERE canary = (SELECT id FROM canaries WHERE name = ?)",
            (NAME,),
        )


def test_a_state_that_is_damaged_is_told_of_that_canary_and_holds_up_no_other(followed: Desk) -> None:
    assert followed.follow(followed.host.url, name="other").code == 0
    damage_state(followed)
    damaged = states(followed)[0]
    followed.now += EVERY
    made = followed.run()
    assert (made.exit_code, made.status(), made.status("other")) == (3, "UNKNOWN", "OK")
    assert made.document["looked"] == 2
    followed.passes(1)
    assert followed.told == ["change UNKNOWN"]
    (alert,) = followed.events[0]["alerts"]
    assert (alert["name"], alert["findings"][0]["code"]) == (NAME, "NOT-CHECKED")
    assert f"what {followed.memory} holds cannot be read: the state of {NAME}" in alert["findings"][0]["message"]
    assert states(followed)[0] == damaged
    shown = followed.canary("show", NAME)
    assert (shown.code, "from a backup" in shown.err) == (3, True)


def test_a_canary_whose_state_was_damaged_can_be_taken_in_anew(followed: Desk) -> None:
    damage_state(followed)
    followed.passes(1)
    assert followed.canary("remove", NAME, "--yes").code == 0
    assert followed.follow(followed.host.url).code == 0
    assert followed.run().status() == "OK"
