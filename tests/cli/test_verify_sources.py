"""`canary verify --bitcoin-source`: a proof in the verdict, confirmed by those whom the watcher asks."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from canary.cli.app import App
from canary.core.dating.anchor_bitcoin import BitcoinHeader
from canary.core.dating.anchor_source import ChainInterface
from canary.core.text.strict import digest, sha256
from canary.formats.times import opentimestamps
from tests import ots_proofs as ots
from tests.chain_simulator import SECRET, serve_chain
from tests.loopback import Loopback
from tests.publisher import Publisher, Ran, command, noon

FOUND = datetime(2026, 2, 3, 12, 30, tzinfo=UTC)
"""When the block was found; half an hour after release 1 was issued."""


@pytest.fixture
def source() -> Iterator[Loopback]:
    with Loopback({}) as running:
        yield running


@pytest.fixture
def block(published: Publisher, source: Loopback, monkeypatch: pytest.MonkeyPatch) -> BitcoinHeader:
    """The block in a proof beside release 1, which a source knows.

    Nobody can find a block for a test, so here every header passes for one that holds its work.
    """
    monkeypatch.setattr(opentimestamps, "work_fault", lambda _: None)
    monkeypatch.setattr(opentimestamps, "without_floor", lambda _: None)
    way = ots.way(sha256(entry_of(published)), 900)
    put(published, way.tree)
    block = ots.header(900, way.root, FOUND)
    serve_chain(source, ChainInterface.ESPLORA, [block], tip=900)
    return block


def entry_of(publisher: Publisher) -> bytes:
    return (publisher.public / "canary.txt").read_bytes()


def put(publisher: Publisher, tree: bytes) -> None:
    """Puts a proof beside release 1 of the site."""
    entry = entry_of(publisher)
    folder = publisher.public / "evidence" / digest(entry)
    folder.mkdir(parents=True)
    (folder / "0.ots").write_bytes(ots.proof(entry, tree))


def verify(publisher: Publisher, *arguments: object) -> Ran:
    app = App(clock=lambda: noon("2026-02-10"))
    return command(app, "verify", publisher.public, "--pin", publisher.pin, *arguments)


@pytest.mark.usefixtures("block")
def test_a_block_that_the_source_confirms_bounds_the_release(published: Publisher, source: Loopback) -> None:
    ran = verify(published, "--bitcoin-source", f"esplora {source.url}")
    assert ran.code == 0
    assert "Signed no later than 2026-02-03 14:30 UTC, proved by Bitcoin block 900." in ran.said
    assert "NO-UPPER-BOUND" not in ran.said


@pytest.mark.usefixtures("block")
def test_nobody_is_asked_by_default(published: Publisher, source: Loopback) -> None:
    ran = verify(published)
    assert "NO-UPPER-BOUND" in ran.said
    assert "The timestamp 0.ots counts for nothing: nothing here confirms Bitcoin blocks: name your own" in ran.said
    assert source.asked == []


def test_sources_that_disagree_confirm_nothing(published: Publisher, source: Loopback, block: BitcoinHeader) -> None:
    other = ots.header(900, bytes(32), FOUND)
    with Loopback({}) as liar:
        serve_chain(liar, ChainInterface.CORE_REST, [other], tip=900)
        places = (f"esplora {source.url}", f"core-rest {liar.url}")
        ran = verify(published, *(word for place in places for word in ("--bitcoin-source", place)))
    assert "EVIDENCE-NOT-CHECKED" in ran.said
    assert "NO-UPPER-BOUND" in ran.said
    assert f"127.0.0.1:{source.port}: {block.hash}, 127.0.0.1:{liar.port}: {other.hash}" in ran.said


def test_a_promise_asks_nobody(published: Publisher, source: Loopback) -> None:
    put(published, ots.promise("https://alice.example"))
    ran = verify(published, "--bitcoin-source", f"esplora {source.url}")
    assert "EVIDENCE-PENDING" in ran.said
    assert source.asked == []


@pytest.mark.parametrize(
    ("places", "told"),
    [
        (["blockstream.info"], "--bitcoin-source: a source of blocks is one of esplora, core-rest, core-rpc"),
        (["esplora http://192.0.2.1"], "is not encrypted"),
        (["core-rpc http://127.0.0.1:8332 cookie"], "needs its whole path"),
        (["esplora https://a.example", "core-rest https://a.example/"], "stands twice"),
    ],
)
def test_a_place_that_is_misspelt_is_told_at_once(published: Publisher, places: list[str], told: str) -> None:
    ran = verify(published, *(word for place in places for word in ("--bitcoin-source", place)))
    assert (ran.code, told in ran.said, ran.out) == (3, True, "")


def test_the_line_to_run_again_has_the_sources(published: Publisher, tmp_path: Path, source: Loopback) -> None:
    cookie = tmp_path / "a cookie"
    cookie.write_text(SECRET, "utf-8")
    places = (f"esplora {source.url}", f"core-rpc {source.url}/node {cookie}")
    given = [word for place in places for word in ("--bitcoin-source", place)]
    ran = command(App(clock=lambda: noon("2026-02-10")), "verify", published.public, *given)
    (line,) = [line for line in ran.out.splitlines() if line.startswith("  canary verify ")]
    assert shlex.split(line) == ["canary", "verify", str(published.public), *given, "--pin", published.pin]
    assert SECRET not in ran.said
