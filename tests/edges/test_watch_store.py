"""What a watcher's memory remembers, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from canary.core.judging.findings import Status
from canary.core.watching.recorded import Recorded
from canary.core.watching.summary import Lasting
from canary.core.watching.watched import Acknowledged, Transition, Watched
from canary.edges.memory.watch_store import SqliteWatchStore, open_watch_store
from canary.errors import RefusedError
from canary.flows.watch.store import WatchStore
from canary.limits import SIGHTING_BYTES, SIGHTINGS
from tests.remembered import (
    DAY,
    FULL,
    HOUR,
    NOW,
    OK,
    STATE,
    UNREACHABLE,
    WITHDRAWN,
    alert,
    check,
    everything,
    fresh,
    looked_at,
    sighting,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteWatchStore]:
    with open_watch_store(tmp_path / "watch.db") as opened:
        yield opened


def names(rows: list[Watched]) -> list[str]:
    return [each.followed.name for each in rows]


def found(store: WatchStore, name: str = "one") -> Watched:
    watched = store.find(name)
    assert watched is not None
    return watched


# --- the list -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("watched", [fresh(), FULL, looked_at(fresh())], ids=["fresh", "full", "looked at"])
def test_a_canary_comes_back_as_it_was_added(store: WatchStore, watched: Watched) -> None:
    store.add(watched, None)
    assert store.find(watched.followed.name) == watched
    assert store.watched() == [watched]
    assert store.state(watched.followed.name) is None


def test_a_state_comes_back_as_it_was(store: WatchStore) -> None:
    store.add(fresh(), STATE)
    assert store.state("one") == STATE


def test_a_name_is_there_once(store: WatchStore) -> None:
    store.add(FULL, STATE)
    with pytest.raises(RefusedError, match="full is in the list already"):
        store.add(fresh("full"), None)
    assert store.watched() == [FULL]
    assert store.state("full") == STATE


def test_many_are_added_in_one_go_but_for_those_that_are_there(store: WatchStore) -> None:
    store.add(FULL, None)
    rows = [fresh("b"), fresh("full"), fresh("a"), fresh("a", tags=("other",))]
    assert store.add_many(rows) == ["full", "a"]
    assert store.watched() == [fresh("a"), fresh("b"), FULL]


def test_what_is_removed_leaves_nothing_behind(store: WatchStore) -> None:
    store.add_many([fresh("one"), fresh("two")])
    assert store.record([everything(fresh("one")), everything(fresh("two"))]) == []
    assert store.remove("one")
    assert not store.remove("one")
    assert store.find("one") is None
    assert store.state("one") is None
    assert [*store.transitions("one", limit=9), *store.checks("one", limit=9), *store.sightings("one")] == []
    assert {each.alert.name for each in store.outbox(NOW)} == {"two"}
    # Nothing of it comes back with another canary of the name.
    store.add(fresh("one"), None)
    assert store.checks("one", limit=9) == []
    assert len(store.checks("two", limit=9)) == 1


def test_the_list_is_chosen_by_tags(store: WatchStore) -> None:
    store.add_many([fresh("a", tags=("eu", "vpn")), fresh("b", tags=("e",)), fresh("c"), fresh("d", tags=("vpn",))])
    assert names(store.watched(tags=["vpn"])) == ["a", "d"]
    assert names(store.watched(tags=["e", "vpn"])) == ["a", "b", "d"]
    assert names(store.watched(tags=["u"])) == names(store.watched(tags=["eu.vpn"])) == []
    assert [each.followed.name for each in store.summaries(tags=["e"])] == ["b"]
    assert store.due(NOW, tags=["vpn"]) == ["a", "d"]
    assert [store.is_empty(), store.is_empty(tags=["vpn"]), store.is_empty(tags=["u"])] == [False, False, True]


@pytest.mark.parametrize("watched", [fresh(), FULL, looked_at(fresh())], ids=["fresh", "full", "looked at"])
def test_in_short_a_canary_is_what_it_is_at_length(store: WatchStore, watched: Watched) -> None:
    store.add(watched, None)
    (summary,) = store.summaries()
    for field in summary.__struct_fields__:
        if field not in ("lasting", "suspected"):
            assert getattr(summary, field) == getattr(watched, field), field
    assert summary.lasting == (None if watched.believed is None else Lasting.of(watched.believed))
    assert summary.suspected == (0 if watched.suspicion is None else watched.suspicion.tries)


# --- what is due, and who looks -------------------------------------------------------------------------


def test_what_is_due_comes_longest_overdue_first(store: WatchStore) -> None:
    late = {"now": 0, "a minute": 1, "long": 99, "not yet": -1}
    store.add_many([fresh(name.replace(" ", "-"), next_at=NOW - timedelta(minutes=by)) for name, by in late.items()])
    assert store.due(NOW) == ["long", "a-minute", "now"]
    assert store.due(NOW - timedelta(microseconds=1)) == ["long", "a-minute"]


def test_what_was_looked_at_later_than_now_is_due(store: WatchStore) -> None:
    store.add(looked_at(fresh(), at=NOW + 365 * DAY), None)
    store.add(looked_at(fresh("two"), at=NOW), None)
    assert store.due(NOW) == ["one"]


def test_what_is_not_to_be_looked_at_for_longer_than_its_interval_is_due(store: WatchStore) -> None:
    # Changed or acknowledged by a person, or taken in, while the clock was a year ahead.
    store.add(replace(looked_at(fresh("changed"), at=NOW), next_at=NOW + 365 * DAY), None)
    store.add(fresh("new", next_at=NOW + 365 * DAY), None)
    store.add(looked_at(fresh("right"), at=NOW), None)
    assert store.due(NOW) == ["changed", "new"]
    assert names(store.claim(["changed", "new", "right"], holder="run", now=NOW, until=NOW + HOUR)) == [
        "changed",
        "new",
    ]


def test_a_claim_keeps_others_away_until_it_ends(store: WatchStore) -> None:
    store.add_many([fresh("a"), fresh("b"), fresh("c")])
    until = NOW + HOUR
    assert names(store.claim(["c", "a", "gone"], holder="first", now=NOW, until=until)) == ["c", "a"]
    assert store.due(NOW) == ["b"]
    assert names(store.claim(["a", "b", "c"], holder="second", now=NOW, until=until)) == ["b"]
    assert store.due(NOW) == []
    assert store.due(until - timedelta(microseconds=1)) == []
    assert store.due(until) == ["a", "b", "c"]
    assert names(store.claim(["a"], holder="second", now=until, until=until + HOUR)) == ["a"]


def test_a_run_gives_up_its_own_claims(store: WatchStore) -> None:
    store.add_many([fresh("a"), fresh("b")])
    store.claim(["a"], holder="first", now=NOW, until=NOW + HOUR)
    store.claim(["b"], holder="second", now=NOW, until=NOW + HOUR)
    store.release("first")
    assert store.due(NOW) == ["a"]


def test_a_run_may_claim_longer_what_it_has_claimed(store: WatchStore) -> None:
    store.add(fresh(), None)
    store.claim(["one"], holder="first", now=NOW, until=NOW + HOUR)
    assert names(store.claim(["one"], holder="first", now=NOW + HOUR / 2, until=NOW + 2 * HOUR)) == ["one"]
    assert store.due(NOW + HOUR) == []


def test_a_claim_from_a_clock_that_was_ahead_is_over(store: WatchStore) -> None:
    store.add(fresh(), None)
    later = NOW + 365 * DAY
    store.claim(["one"], holder="first", now=later, until=later + HOUR)
    assert store.due(NOW) == ["one"]
    assert names(store.claim(["one"], holder="second", now=NOW, until=NOW + HOUR)) == ["one"]


def test_what_another_run_has_looked_at_meanwhile_is_not_claimed(store: WatchStore) -> None:
    store.add(fresh(), None)
    seen = store.due(NOW)
    store.record([Recorded(looked_at(fresh()))])
    assert store.claim(seen, holder="second", now=NOW, until=NOW + HOUR) == []


def test_a_claim_brings_the_row_as_it_is_now(store: WatchStore) -> None:
    store.add(fresh(), None)
    (seen,) = store.watched()
    store.update(replace(seen, muted_until=NOW + DAY))
    (claimed,) = store.claim(["one"], holder="first", now=NOW, until=NOW + HOUR)
    assert claimed.muted_until == NOW + DAY
    assert store.record([Recorded(looked_at(claimed))]) == []
    assert found(store).muted_until == NOW + DAY


# --- what was found -------------------------------------------------------------------------------------


def test_all_that_was_found_is_there(store: WatchStore) -> None:
    store.add(fresh(), None)
    recorded = everything(fresh())
    assert store.record([recorded]) == []
    assert found(store) == replace(recorded.watched, revision=1)
    assert store.state("one") == STATE
    assert store.checks("one", limit=9) == [recorded.check]
    assert store.sightings("one") == [recorded.sighting]
    assert store.transitions("one", limit=9) == [recorded.transition]
    assert store.outbox(NOW) == [*recorded.alerts[0][1]]


def test_a_state_that_is_kept_as_it_was_is_of_the_last_look(store: WatchStore) -> None:
    store.add(fresh(), STATE)
    assert store.state("one") == STATE
    later = looked_at(fresh(), at=NOW + HOUR)
    store.record([Recorded(later)])
    assert store.state("one") == replace(STATE, high_water=NOW + HOUR)
    store.record([Recorded(looked_at(found(store), at=NOW - HOUR))])
    assert store.state("one") == STATE


def test_a_state_stays_where_none_comes(store: WatchStore) -> None:
    store.add(fresh(), STATE)
    assert store.record([Recorded(looked_at(fresh()))]) == []
    store.update(replace(found(store), muted_until=NOW))
    assert store.state("one") == STATE


def test_what_is_no_longer_in_the_list_is_left_out_whole(store: WatchStore) -> None:
    store.add(fresh("two"), None)
    assert store.record([everything(fresh("one")), everything(fresh("two"))]) == ["one"]
    assert names(store.watched()) == ["two"]
    assert {each.alert.name for each in store.outbox(NOW)} == {"two"}


def test_a_canary_that_was_removed_and_added_again_is_another(store: WatchStore) -> None:
    store.add(fresh(), None)
    before = found(store)
    store.remove("one")
    again = replace(before, followed=replace(before.followed, added_at=NOW, pin="2" * 64))
    store.add(again, None)
    assert store.record([everything(before)]) == ["one"]
    assert found(store) == again
    with pytest.raises(RefusedError, match="one was changed or removed by another run just now"):
        store.update(before)


def test_what_a_person_changed_during_a_look_is_not_written_over(store: WatchStore) -> None:
    store.add(looked_at(fresh(), WITHDRAWN), STATE)
    before = found(store)
    acknowledged = replace(STATE, acknowledged=7)
    store.update(replace(before, acknowledged=Acknowledged(Status.WITHDRAWN, NOW, "read")), acknowledged)
    person = found(store)
    assert store.record([everything(before)]) == ["one"]
    assert found(store) == person
    assert store.state("one") == acknowledged
    assert [*store.checks("one", limit=9), *store.transitions("one", limit=9), *store.outbox(NOW)] == []


def test_what_a_run_found_meanwhile_is_not_written_over_by_a_person(store: WatchStore) -> None:
    store.add(fresh(), None)
    before = found(store)
    assert store.record([everything(before)]) == []
    with pytest.raises(RefusedError, match="one was changed or removed"):
        store.update(replace(before, muted_until=NOW + DAY), None)
    assert found(store).believed == WITHDRAWN
    assert found(store).muted_until is None


def test_of_two_runs_that_began_with_the_same_row_the_first_counts(store: WatchStore) -> None:
    store.add(fresh(), None)
    assert store.record([Recorded(looked_at(fresh(), WITHDRAWN))]) == []
    assert store.record([Recorded(looked_at(fresh(), UNREACHABLE))]) == ["one"]
    assert found(store).believed == WITHDRAWN
    both = [Recorded(looked_at(found(store), OK)), Recorded(looked_at(found(store), UNREACHABLE))]
    assert store.record(both) == ["one"]
    assert found(store).believed == OK


def test_updates_go_on_from_each_other(store: WatchStore) -> None:
    store.add(FULL, None)
    for number in range(3):
        store.update(replace(found(store, "full"), muted_until=NOW + number * DAY))
    assert found(store, "full") == replace(FULL, muted_until=NOW + 2 * DAY, revision=3)


# --- history --------------------------------------------------------------------------------------------


def test_history_comes_newest_first_and_as_much_as_was_asked_for(store: WatchStore) -> None:
    store.add(fresh(), None)
    looks = [check(at=NOW + number * HOUR, detail=str(number)) for number in range(5)]
    changes = [Transition(each.at, None, Status.OK, OK) for each in looks]
    for look, change in zip(looks, changes, strict=True):
        assert store.record([Recorded(found(store), check=look, transition=change)]) == []
    assert store.checks("one", limit=3) == looks[:1:-1]
    assert store.transitions("one", limit=2) == changes[:2:-1]
    assert [*store.checks("other", limit=3), *store.transitions("other", limit=3)] == []


def test_a_clock_that_went_back_does_not_change_what_came_last(store: WatchStore) -> None:
    store.add(fresh(), None)
    for at in (NOW, NOW - 365 * DAY):
        store.record([Recorded(found(store), check=check(at=at))])
    assert [each.at for each in store.checks("one", limit=9)] == [NOW - 365 * DAY, NOW]


def test_of_what_was_seen_the_newest_stays_and_no_more_of_it_than_is_allowed(store: WatchStore) -> None:
    store.add_many([fresh("one"), fresh("two")])
    store.record([Recorded(found(store, "two"), sighting=sighting())])
    seen = [sighting(at=NOW + number * HOUR) for number in range(SIGHTINGS + 3)]
    for each in seen:
        store.record([Recorded(found(store), sighting=each)])
    assert store.sightings("one") == seen[:2:-1]
    store.record([Recorded(found(store), sighting=sighting(body=b"x" * (SIGHTING_BYTES + 1)))])
    assert store.sightings("one")[0].body == b"x" * SIGHTING_BYTES
    assert store.sightings("two") == [sighting()]


def test_words_that_no_text_can_hold_do_not_stop_anything(store: WatchStore) -> None:
    store.add(fresh(), None)
    broken = "no such file: \udcff"
    told = replace(alert(), words=broken)
    recorded = Recorded(
        fresh(),
        check=check(detail=broken),
        sighting=replace(sighting(), error=broken, headers=(("X", broken),)),
        alerts=((told, ()),),
    )
    assert store.record([recorded]) == []
    assert store.checks("one", limit=1)[0].detail == "no such file: ?"
    assert store.sightings("one")[0].headers == (("X", "no such file: ?"),)


# --- notes ----------------------------------------------------------------------------------------------


def test_a_note_is_the_last_one_written(store: WatchStore) -> None:
    assert store.note("network") is None
    for value in ("broken", "", "broken again"):
        store.set_note("network", value)
        assert store.note("network") == value
    assert store.note("other") is None


def test_all_of_it_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    with open_watch_store(tmp_path / "watch.db") as first:
        first.add(fresh(), None)
        first.record([everything(fresh())])
        first.set_note("key", "value")
        before = (first.watched(), first.outbox(NOW), first.checks("one", limit=9), first.state("one"))
    with open_watch_store(tmp_path / "watch.db", make=False) as again:
        assert (again.watched(), again.outbox(NOW), again.checks("one", limit=9), again.state("one")) == before
        assert again.note("key") == "value"


def test_threads_share_it(store: WatchStore) -> None:
    store.add_many([fresh(f"canary-{number}") for number in range(8)])

    def look(name: str) -> list[str]:
        left = [each for _ in range(10) for each in store.record([everything(found(store, name))])]
        store.set_note(name, str(len(store.watched())))
        return left

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(look, [f"canary-{number}" for number in range(8)])) == [[]] * 8
    assert {each.checks for each in store.watched()} == {10}
    assert {store.note(f"canary-{number}") for number in range(8)} == {"8"}
