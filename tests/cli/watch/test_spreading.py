"""A long list, looked at by several processes: they find what one would have found."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.cli.app import App
from canary.cli.watch import spreading
from canary.cli.watch.desk import Desk, open_desk
from canary.cli.watch.looking import host_of
from canary.cli.watch.spreading import Spread
from canary.core.judging.findings import Status
from canary.core.judging.state import State
from canary.core.watching.followed import Followed
from canary.core.watching.watched import Watched
from canary.edges.share_processes import Processes
from canary.flows.watch.rounds import Looked
from tests.loopback import Loopback
from tests.simulator import Publisher

ROOT = Path(__file__).parents[3]
NOW = datetime.now(UTC)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Twelve canaries on two names of this machine, one of which is not there."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(spreading, "_processors", lambda: 2)
    publisher = Publisher(start=(NOW - timedelta(days=30)).date())
    publisher.roster()
    publisher.release()
    config = tmp_path / "watch.toml"
    config.write_text(f'[watch]\nmemory = "{tmp_path / "watch.db"}"\n')
    files = {f"/here/{path}": body for path, body in publisher.site().files.items()}
    with ExitStack() as stack:
        server = stack.enter_context(Loopback(files))
        desk = stack.enter_context(open_desk(App(), config, make=True))
        for number in range(12):
            url = server.url.replace("127.0.0.1", "localhost") if number % 3 else server.url
            place = f"{url}/{'here' if number != 5 else 'gone'}"
            followed = Followed(f"canary-{number}", place, publisher.pin, (), timedelta(hours=6), NOW)
            desk.store.add(Watched(followed, NOW), None)
        yield desk


def looks(desk: Desk) -> dict[str, Looked]:
    with Spread(desk, trust_clock=False) as spread:
        return {each.watched.followed.name: each for each in spread(desk.store.watched())}


def entries(looked: Looked) -> object:
    return looked.state.entries if isinstance(looked.state, State) else None


def test_several_processes_find_what_one_finds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = looks(desk)
    monkeypatch.setattr(spreading, "LOOKS_A_PROCESS", 2)
    started: list[int] = []

    class Counted(Processes):
        def work(self, orders: Sequence[object]) -> Iterator[object]:
            started.append(len(orders))
            return super().work(orders)

    monkeypatch.setattr(spreading, "Processes", Counted)
    spread = looks(desk)
    assert started == [2]
    assert spread.keys() == alone.keys() == {f"canary-{number}" for number in range(12)}
    for name, found in spread.items():
        same = alone[name]
        assert found.watched == same.watched
        assert found.verdict.status is same.verdict.status is (Status.MISSING if name == "canary-5" else Status.OK)
        assert entries(found) == entries(same)
        assert (found.sighting and found.sighting.body) == (same.sighting and same.sighting.body)
    assert spread["canary-5"].sighting


def test_a_clock_that_is_only_here_keeps_the_looks_here(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "LOOKS_A_PROCESS", 2)
    monkeypatch.setattr(spreading, "Processes", lambda *_: pytest.fail("a process was started"))
    here = Desk(App(clock=lambda: NOW), desk.settings, desk.store, desk.config)
    assert {each.at for each in looks(here).values()} == {NOW}


def test_a_second_time_it_looks_by_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "LOOKS_A_PROCESS", 2)
    with Spread(desk, trust_clock=False) as spread:
        for _ in range(2):
            assert len(list(spread(desk.store.watched()))) == 12


def test_where_no_process_can_be_started_this_one_looks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(spreading, "LOOKS_A_PROCESS", 2)
    monkeypatch.setattr(spreading, "Processes", fails)
    assert len(looks(desk)) == 12


@given(st.lists(st.sampled_from([f"host-{number}" for number in range(20)]), max_size=60), st.integers(1, 4))
def test_no_host_is_split_and_none_is_left_out(hosts: list[str], count: int) -> None:
    due = [
        Watched(Followed(f"canary-{number}", f"https://{host}/canary", None, (), timedelta(hours=6), NOW), NOW)
        for number, host in enumerate(hosts)
    ]
    parts = spreading.parts(due, count)
    assert sorted(each.followed.name for part in parts for each in part) == sorted(each.followed.name for each in due)
    of = [{host_of(each) for each in part} for part in parts]
    assert sum(map(len, of)) == len(set(hosts))
    largest = max((hosts.count(host) for host in hosts), default=0)
    assert max(map(len, parts)) - min(map(len, parts)) <= largest
