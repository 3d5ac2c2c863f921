"""Workspaces at four stages, made once and copied for each test that wants one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from canary.formats.times import ots_proof
from tests.publisher import ADD_ALL, Publisher


@pytest.fixture(scope="session", autouse=True)
def unsynced() -> Iterator[None]:
    """Nothing here can tell whether a disk has synced, and waiting for it takes half of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        yield


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Publisher]:
    """The stages, by name; nobody changes these."""
    folder = tmp_path_factory.mktemp("made")
    prepared = Publisher(folder / "prepared").prepare()
    rostered = prepared.copy_to(folder / "rostered").rotate(by=prepared.signers)
    drafted = rostered.copy_to(folder / "drafted").on("2026-02-03")
    assert drafted.canary("draft", *ADD_ALL).code == 0
    published = drafted.copy_to(folder / "published").signed("legal", "security")
    return {"prepared": prepared, "rostered": rostered, "drafted": drafted, "published": published}


@pytest.fixture
def prepared(made: dict[str, Publisher], tmp_path: Path) -> Publisher:
    """Keys and statements are there, and nothing is published."""
    return made["prepared"].copy_to(tmp_path / "publisher")


@pytest.fixture
def rostered(made: dict[str, Publisher], tmp_path: Path) -> Publisher:
    """Roster 1 is published."""
    return made["rostered"].copy_to(tmp_path / "publisher")


@pytest.fixture
def drafted(made: dict[str, Publisher], tmp_path: Path) -> Publisher:
    """Release 1 is drafted, and nobody has signed it."""
    return made["drafted"].copy_to(tmp_path / "publisher")


@pytest.fixture
def published(made: dict[str, Publisher], tmp_path: Path) -> Publisher:
    """Release 1 is published."""
    return made["published"].copy_to(tmp_path / "publisher")


@pytest.fixture
def without_opentimestamps(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The extra `ots` is not installed."""
    load = vars(ots_proof)["_load"]
    load.cache_clear()
    monkeypatch.setitem(sys.modules, "opentimestamps.core", None)
    yield
    load.cache_clear()
