"""Oversized input in a process of its own: a gibibyte on disk may cost neither the memory nor the time to read it.

The files are sparse, so they take no room. What a process may have is set from what an honest look takes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from canary.core.documents.layout import CHECKPOINT, FRONT
from canary.core.log.checkpoint import Checkpoint
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.log.tiles import log_files
from canary.core.signed.kinds import ed25519_vkey
from canary.core.signed.note import Note, SignatureLine
from canary.formats.state_json import render_state
from canary.limits import LOG_ENTRIES, STATE_BYTES
from tests.badinput import state
from tests.badinput.beside import REPORT, attached
from tests.badinput.log import BUNDLE
from tests.badinput.looking import SECONDS, write
from tests.badinput.row import Build, Given, begun, given
from tests.simulator import CANARY, Publisher, private_key, public_key

MEBIBYTE = 1 << 20
MEMORY = 300 * MEBIBYTE
"""Bytes of addresses that one look may have: an honest one takes less than half of it, mostly for libraries."""

_LOOK = """
import resource, sys
from datetime import datetime
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
from canary.cli.app import App
from canary.cli.main import run
now = datetime.fromisoformat(sys.argv[2])
sys.exit(run(sys.argv[3:], app=App(clock=lambda: now)))
"""


@dataclass(frozen=True)
class Huge:
    """A file that is a gibibyte long, and what comes of it.

    Attributes:
        file: which one.
        code: the exit code.
        words: what is told.
        build: the canary.
    """

    file: str
    code: int
    words: str
    build: Build = state.honest


def look(given: Given, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Looks in a process that may not have more memory than that, and sees that it ends in time."""
    started = time.monotonic()
    words = [str(each) for each in (MEMORY, given.now.isoformat(), "verify", *arguments, "--format", "nagios")]
    ran = subprocess.run(
        [sys.executable, "-c", _LOOK, *words], capture_output=True, text=True, check=False, timeout=6 * SECONDS
    )
    assert time.monotonic() - started < SECONDS
    assert "Traceback" not in ran.stderr
    return ran


def written(build: Build, folder: Path) -> tuple[Given, dict[str, Path]]:
    """Writes a canary's site, a state and two entries, and returns where each file of them lies."""
    found = build()
    write(folder, {f"site/{path}": data for path, data in found.files.items()})
    others = {"state.json": render_state(found.state), "entry.txt": found.entry, "roster.txt": found.roster}
    write(folder, others)
    files = {path: folder / "site" / path for path in found.files}
    return found, files | {name: folder / name for name in others}


def enlarge(file: Path) -> None:
    os.truncate(file, 1 << 30)


@pytest.mark.parametrize(
    "huge",
    [
        Huge(CHECKPOINT, 1, "checkpoint in the folder"),
        Huge(BUNDLE, 1, f"{BUNDLE} in the folder"),
        Huge(FRONT, 1, "canary.txt could not be read"),
        Huge(REPORT, 1, "the attachment report.pdf could not be read", attached(lambda _: None)),
        Huge("state.json", 3, f"state.json has more than {STATE_BYTES:,} bytes"),
    ],
    ids=lambda huge: huge.file,
)
def test_a_gibibyte_is_not_read(huge: Huge, tmp_path: Path) -> None:
    found, files = written(huge.build, tmp_path)
    enlarge(files[huge.file])
    ran = look(found, tmp_path / "site", "--state", files["state.json"])
    assert (ran.returncode, huge.words in ran.stdout) == (huge.code, True), ran


@pytest.mark.parametrize(
    ("file", "code", "words"),
    [("entry.txt", 3, "entry.txt has more than"), ("roster.txt", 3, "roster.txt has more than")],
)
def test_a_single_file_of_a_gibibyte_is_not_read(file: str, code: int, words: str, tmp_path: Path) -> None:
    found, files = written(state.honest, tmp_path)
    enlarge(files[file])
    ran = look(found, files["entry.txt"], "--roster", files["roster.txt"], "--pin", f"sha256:{found.pin}")
    assert (ran.returncode, words in ran.stdout) == (code, True), ran


def many(entries: Callable[[Publisher], list[bytes]]) -> Build:
    """Returns a canary whose log goes on with these."""

    def build() -> Given:
        sim = begun()
        found = given(sim)
        sim.entries.extend(entries(sim))
        # Not the simulator's site, which has the bundles of every size that the log ever had.
        leaves = [leaf_hash(entry) for entry in sim.entries]
        files = log_files(sim.entries, leaves, sizes=[len(leaves)])
        text = Checkpoint(CANARY, len(leaves), root_hash(leaves)).render()
        key = ed25519_vkey(CANARY, public_key("log"))
        files[CHECKPOINT] = Note(text, (SignatureLine(key.name, key.key_id, private_key("log").sign(text)),)).render()
        return replace(found, files=files)

    return build


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (many(lambda _: [b""] * (LOG_ENTRIES - 2)), "entry 3: text, line 1: the last line does not end in a newline"),
        (many(lambda _: [b"x" * 65_535] * 510), "entry 3: text, line 1: the last line does not end in a newline"),
        (many(lambda sim: [sim.entries[1]] * 10_000), "entry 3: it calls itself entry 2"),
    ],
    ids=["as many empty entries as there can be", "as many bytes as there can be", "one entry ten thousand times"],
)
def test_a_log_as_large_as_it_can_be_is_read_within_its_bounds(build: Build, words: str, tmp_path: Path) -> None:
    found, files = written(build, tmp_path)
    ran = look(found, tmp_path / "site", "--state", files["state.json"])
    assert (ran.returncode, words in ran.stdout) == (2, True), ran


def test_an_honest_look_has_room_to_spare(tmp_path: Path) -> None:
    found, files = written(state.honest, tmp_path)
    ran = look(found, tmp_path / "site", "--state", files["state.json"])
    assert (ran.returncode, ran.stdout.startswith("CANARY OK - ")) == (0, True), ran
