"""One desk for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.desk import Desk, publisher, site


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with ExitStack() as stack:
        made = Desk(tmp_path, stack, monkeypatch)
        yield made
        made.close()


@pytest.fixture
def followed(desk: Desk) -> Desk:
    """A desk with one canary in its list, which is well."""
    ran = desk.follow(desk.serve(site(publisher())))
    assert ran.code == 0, ran
    return desk
