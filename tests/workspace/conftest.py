"""A workspace in the middle of its work: one release is published, and the next one is drafted and signed by enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.publisher import Publisher, done, text_hash
from tests.workspace.row import ATTACHED


@pytest.fixture(scope="session")
def midway(made: dict[str, Publisher], tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """Nobody changes this one."""
    folder = tmp_path_factory.mktemp("midway")
    publisher = made["published"].copy_to(folder / "publisher").on("2026-05-02")
    (folder / "report.pdf").write_bytes(ATTACHED)
    done(publisher.canary("draft", "--attach", folder / "report.pdf"))
    for name in ("director", "legal", "security"):
        done(publisher.sign(name))
    publisher.signature_file("director").rename(publisher.folder / "director.sig")
    (publisher.folder / "text-hash").write_text(text_hash(publisher.draft_file.read_bytes()), "utf-8")
    (publisher.folder / "outside").mkdir()
    # So that a roster has something to change.
    publisher.edit_config(("threshold = 2", "threshold = 3"))
    return publisher


@pytest.fixture
def publisher(midway: Publisher, tmp_path: Path) -> Publisher:
    return midway.copy_to(tmp_path / "publisher")
