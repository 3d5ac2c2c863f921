"""How the history is thinned, and how much work finding something takes in a long list."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.watching.recorded import Recorded
from canary.core.watching.watched import Transition
from canary.edges.memory.watch_store import SqliteWatchStore, open_watch_store
from canary.edges.memory.watch_store_file import StoreFile
from tests.remembered import DAY, HOUR, NOW, OK, alert, check, deliveries, everything, fresh, looked_at

# --- history --------------------------------------------------------------------------------------------


def looks_at(store: SqliteWatchStore, moments: list[datetime], name: str = "one") -> None:
    for at in moments:
        (watched,) = [each for each in store.watched() if each.followed.name == name]
        change = Transition(at, None, OK.status, OK)
        assert store.record([Recorded(watched, check=check(at=at), transition=change)]) == []


def moments_of(store: SqliteWatchStore, name: str = "one") -> list[datetime]:
    return [each.at for each in store.checks(name, limit=10_000)][::-1]


def last_of(moments: list[datetime], span: str) -> list[datetime]:
    """Of moments in their order the last of each span."""
    return [list(several)[-1] for _, several in itertools.groupby(moments, key=lambda at: at.strftime(span))]


def thinned(moments: list[datetime], now: datetime) -> list[datetime]:
    """The rule, said another way."""
    days = (now - 7 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    months = (now - 365 * DAY).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return [
        *last_of([at for at in moments if at < months], "%Y-%m"),
        *last_of([at for at in moments if months <= at < days], "%Y-%m-%d"),
        *(at for at in moments if at >= days),
    ]


BEGAN = datetime(2024, 1, 30, tzinfo=UTC)
lives = st.lists(
    st.integers(0, 900 * 24 * 60).map(lambda minutes: BEGAN + timedelta(minutes=minutes)), max_size=40, unique=True
).map(sorted)


@given(lives, st.integers(0, 1000))
def test_the_history_is_thinned_by_the_rule(moments: list[datetime], days: int) -> None:
    now = BEGAN + timedelta(days=days, hours=5)
    with tempfile.TemporaryDirectory() as folder, open_watch_store(Path(folder) / "memory") as store:
        store.add_many([fresh("one"), fresh("two")])
        looks_at(store, moments[-2:], "two")
        looks_at(store, moments)
        before = moments_of(store, "two")
        gone = store.compact(now)
        assert moments_of(store) == thinned(moments, now)
        assert moments_of(store, "two") == thinned(before, now)
        assert gone == len(moments) + len(before) - len(moments_of(store)) - len(moments_of(store, "two"))
        assert [each.at for each in store.transitions("one", limit=99)] == moments[::-1]
        assert store.compact(now) == 0


def test_thinned_now_and_then_it_comes_to_the_same(tmp_path: Path) -> None:
    moments = [BEGAN + number * timedelta(hours=31) for number in range(500)]
    with open_watch_store(tmp_path / "memory") as store:
        store.add(fresh(), None)
        for number in range(0, len(moments), 50):
            looks_at(store, moments[number : number + 50])
            store.compact(moments[number + 49])
        assert moments_of(store) == thinned(moments, moments[-1])
        assert len(moments_of(store)) < 400


def test_the_limits_of_the_rule(tmp_path: Path) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    whole = datetime(2026, 11, 17, tzinfo=UTC)
    daily = datetime(2025, 11, 1, tzinfo=UTC)
    minute = timedelta(minutes=1)
    kept = [daily - minute, daily + DAY - minute, whole - minute, whole, whole + minute, now]
    dropped = [daily - DAY, daily, whole - 2 * minute]
    with open_watch_store(tmp_path / "memory") as store:
        store.add(fresh(), None)
        looks_at(store, sorted(kept + dropped))
        assert store.compact(now) == len(dropped)
        assert moments_of(store) == kept


# --- work -----------------------------------------------------------------------------------------------


def steps(file: StoreFile, call: Callable[[], object]) -> int:
    """Counts the steps of SQLite's machine that a call takes: work that no other load on this computer adds to."""
    counter = itertools.count()
    with file.reading() as db:
        db.set_progress_handler(lambda: next(counter) < 0, 1)
        call()
        db.set_progress_handler(None, 1)
    return next(counter)


Filled = tuple[StoreFile, SqliteWatchStore]


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Filled, Filled]]:
    """A list of 200 canaries and one of 2,000; ten are due in each, and ten deliveries."""
    made: list[Filled] = []
    for size in (200, 2_000):
        file = StoreFile(tmp_path_factory.mktemp("list") / "memory", seconds=1)
        store = SqliteWatchStore(file)
        store.add_many([fresh(f"canary-{number:05}", next_at=NOW + HOUR) for number in range(size)])
        store.record([everything(each) for each in store.watched()])
        store.delivered(store.outbox(NOW), NOW)
        store.add_many([looked_at(fresh(f"due-{number}"), at=NOW - DAY) for number in range(10)])
        told = [alert(occasion=f"due {number}") for number in range(10)]
        store.add_alerts([(each, deliveries(each, "mail")) for each in told])
        made.append((file, store))
    yield made[0], made[1]
    for file, _ in made:
        file.close()


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (lambda store: store.due(NOW), 10),
        (lambda store: store.due(NOW, tags=["vpn"]), 0),
        (lambda store: store.outbox(NOW), 10),
        (lambda store: store.failures(), 0),
        (lambda store: store.checks("canary-00100", limit=5), 1),
        (lambda store: store.transitions("canary-00100", limit=5), 1),
        (lambda store: store.sightings("canary-00100"), 1),
    ],
    ids=["due", "due of a tag", "outbox", "failures", "checks", "transitions", "sightings"],
)
def test_in_a_list_ten_times_as_long_finding_something_takes_no_more_steps(
    lists: tuple[Filled, Filled], call: Callable[[SqliteWatchStore], list[object]], found: int
) -> None:
    taken = []
    for file, store in lists:
        assert len(call(store)) == found
        taken.append(steps(file, lambda store=store: call(store)))  # type: ignore[misc]
    short, long = taken
    assert 0 < long <= 1.5 * short


def test_claiming_ten_times_as_many_takes_ten_times_as_long(lists: tuple[Filled, Filled]) -> None:
    taken = []
    for file, store in lists:
        names = store.due(NOW + DAY)

        def claim(store: SqliteWatchStore = store, names: list[str] = names) -> None:
            claimed = store.claim(names, holder="run", now=NOW + DAY, until=NOW + 2 * DAY)
            assert len(claimed) == len(names) > 200

        taken.append(steps(file, claim))
        store.release("run")
    short, long = taken
    assert 0 < long <= 12 * short


def test_thinning_again_looks_only_at_what_is_new(lists: tuple[Filled, Filled]) -> None:
    taken = []
    for file, store in lists:
        store.compact(NOW + 30 * DAY)
        taken.append(steps(file, lambda store=store: store.compact(NOW + 30 * DAY)))  # type: ignore[misc]
    short, long = taken
    assert 0 < long <= 1.5 * short
