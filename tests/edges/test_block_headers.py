from __future__ import annotations

from pathlib import Path

import pytest

from canary.core.anchor_source import ChainInterface, ChainPlace
from canary.edges.block_headers import agreed_headers
from tests import ots_proofs as ots
from tests.calendar_simulator import NOON, explorer
from tests.loopback import Loopback, answer, says

BLOCK, OTHER = (ots.header(900, ots.sha256(seed), NOON) for seed in (b"block", b"other"))


def esplora(server: Loopback) -> ChainPlace:
    return ChainPlace(ChainInterface.ESPLORA, server.url)


def left() -> float:
    return 5.0


def test_a_block_that_everyone_who_answers_tells_is_known(tmp_path: Path) -> None:
    with Loopback(explorer(BLOCK)) as one, Loopback(explorer(BLOCK)) as two, Loopback() as empty:
        empty.faults["/block-height/900"] = says(answer(503))
        headers = agreed_headers([esplora(each) for each in (one, two, empty)], outside=tmp_path, left=left)
        assert headers(900) == BLOCK
        assert headers(901) is None
        requests = len(one.asked)
        assert headers(900) == BLOCK
        assert len(one.asked) == requests


def test_where_two_tell_different_blocks_none_is_known(tmp_path: Path) -> None:
    with Loopback(explorer(BLOCK)) as one, Loopback(explorer(OTHER)) as two:
        assert agreed_headers([esplora(one), esplora(two)], outside=tmp_path, left=left)(900) is None


def test_without_places_without_time_and_without_a_password_nothing_is_known(tmp_path: Path) -> None:
    with Loopback(explorer(BLOCK)) as server:
        assert agreed_headers([], outside=tmp_path, left=left)(900) is None
        assert agreed_headers([esplora(server)], outside=tmp_path, left=lambda: 0.0)(900) is None
        node = ChainPlace(ChainInterface.CORE_RPC, server.url, str(tmp_path / "cookie"))
        (tmp_path / "cookie").write_text("in:the workspace", "utf-8")
        assert agreed_headers([node], outside=tmp_path, left=left)(900) is None
        assert server.asked == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"00" * 80, b"\xff" * 160])
def test_an_explorer_that_says_nonsense_knows_nothing(tmp_path: Path, body: bytes) -> None:
    files = explorer(BLOCK)
    for path in files:
        with Loopback({**files, path: body}) as server:
            assert agreed_headers([esplora(server)], outside=tmp_path, left=left)(900) is None
