"""`canary publish`, killed at every call that changes the disk: the old site or the new one, and one more run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import kill_points
from tests.publisher import Publisher, done


@pytest.fixture
def work() -> Iterator[Path]:
    """A folder in memory where there is one: what is synced some thousand times need not reach a disk."""
    memory = Path("/dev/shm")  # noqa: S108  # a folder of its own is made in it
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def first(publisher: Publisher) -> Publisher:
    done(publisher.canary("roster"))
    for name in publisher.signers:
        done(publisher.sign(name))
    return publisher


def following(publisher: Publisher) -> Publisher:
    done(publisher.on("2026-05-02").canary("draft"))
    for name in ("legal", "security"):
        done(publisher.sign(name))
    return publisher


@pytest.mark.parametrize("which", ["the first entry", "the next release"])
def test_killed_anywhere_it_leaves_the_old_site_or_the_new_one_and_can_be_finished(
    which: str, made: dict[str, Publisher], work: Path
) -> None:
    if which == "the first entry":
        signed = first(made["prepared"].copy_to(work / "signed"))
    else:
        signed = following(made["published"].copy_to(work / "signed"))
    ran = subprocess.run(
        [sys.executable, "-m", kill_points.__name__, signed.folder, work, signed.now.isoformat()],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    calls = Counter(json.loads(ran.stdout))
    assert calls.total() > 25
    # Every kind of step was hit: the entry frozen and renamed into the log, the site written, its link swapped.
    assert {"open", "fsync", "replace", "rename", "symlink", "mkdir", "unlink"} <= set(calls)
    if which == "the next release":
        assert calls["link"]
        assert calls["rmdir"]
