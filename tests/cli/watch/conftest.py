from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.watch_desk import WatchDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[WatchDesk]:
    with WatchDesk(tmp_path) as desk:
        yield desk
