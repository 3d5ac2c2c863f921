"""Alerts on their way: none lost, none delivered by two runs at once, none told of for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from canary.core.judging.findings import Status
from canary.core.watching.alerts import Alert, AlertKind, Delivery, alert_id
from canary.core.watching.watched import Acknowledged
from canary.edges.memory.watch_store import SqliteWatchStore, open_watch_store
from canary.limits import ALERTS_KEPT
from tests.remembered import DAY, HOUR, NOW, alert, deliveries, everything, fresh

NETWORK = Alert(alert_id(AlertKind.NETWORK, "", "broken", NOW), AlertKind.NETWORK, NOW, words="60 of 100")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteWatchStore]:
    with open_watch_store(tmp_path / "watch.db") as opened:
        yield opened


@pytest.mark.parametrize("told", [NETWORK, alert(), replace(alert(), verdict=None, before=None, tags=())])
def test_an_alert_comes_out_as_it_went_in(store: SqliteWatchStore, told: Alert) -> None:
    sent = deliveries(told, "mail", "hook")
    store.add_alerts([(told, sent)])
    assert store.outbox(NOW) == list(sent)


def test_the_oldest_delivery_comes_first_and_none_before_it_is_due(store: SqliteWatchStore) -> None:
    for number, due_at in enumerate((NOW, NOW - HOUR, NOW + HOUR)):
        told = alert(occasion=str(number))
        store.add_alerts([(told, deliveries(told, "mail", due_at=due_at))])
    assert [each.due_at for each in store.outbox(NOW)] == [NOW - HOUR, NOW]
    assert [each.due_at for each in store.outbox(NOW + HOUR)] == [NOW - HOUR, NOW, NOW + HOUR]


def test_an_alert_that_was_decided_later_than_now_does_not_wait_for_that(store: SqliteWatchStore) -> None:
    told = alert(at=NOW + 365 * DAY)
    store.add_alerts([(told, deliveries(told, "mail"))])
    assert len(store.outbox(NOW)) == 1


def test_the_same_alert_again_adds_only_channels_that_it_did_not_go_to(store: SqliteWatchStore) -> None:
    told = alert()
    store.add_alerts([(told, deliveries(told, "mail"))])
    store.delivered(store.outbox(NOW), NOW)
    again = replace(told, at=NOW + HOUR, words="decided again after a crash")
    store.add_alerts([(again, deliveries(again, "mail", "hook"))])
    assert store.outbox(NOW + HOUR) == [Delivery(told, "hook", NOW + HOUR)]


def test_what_is_delivered_is_done(store: SqliteWatchStore) -> None:
    told = alert()
    mail, hook = deliveries(told, "mail", "hook")
    store.add_alerts([(told, (mail, hook))])
    store.delivered([mail], NOW)
    assert store.outbox(NOW) == [hook]
    assert store.failures() == []


def test_what_failed_for_now_waits_and_is_told_of_until_it_is_done(store: SqliteWatchStore) -> None:
    told = alert()
    (mail,) = deliveries(told, "mail")
    store.add_alerts([(told, (mail,))])
    failed = replace(mail, due_at=NOW + HOUR, tries=1, error="450 try again \udcff")
    store.postponed([failed])
    assert store.outbox(NOW) == []
    (found,) = store.outbox(NOW + HOUR)
    assert found == replace(failed, error="450 try again ?")
    assert store.failures() == [found]
    store.delivered([replace(found, tries=2, error="")], NOW + HOUR)
    assert store.failures() == []


def test_what_failed_for_good_is_told_of_until_it_is_dismissed(store: SqliteWatchStore) -> None:
    told = alert()
    mail, hook = deliveries(told, "mail", "hook")
    store.add_alerts([(told, (mail, hook))])
    refused = replace(mail, tries=1, error="550 no such user")
    store.given_up([refused], NOW)
    assert store.outbox(NOW) == [hook]
    assert store.failures() == [replace(refused, failed=True)]
    assert store.dismiss("hook") == 0
    assert store.failures() == [replace(refused, failed=True)]
    assert store.dismiss("mail") == 1
    assert store.failures() == []
    assert store.outbox(NOW) == [hook]


def test_a_run_holds_no_more_than_it_asks_for(store: SqliteWatchStore) -> None:
    told = [alert(occasion=str(number)) for number in range(3)]
    store.add_alerts([(each, deliveries(each, "mail")) for each in told])
    held = store.hold_outbox(NOW, holder="first", until=NOW + HOUR, limit=2)
    assert [each.alert for each in held] == told[:2]
    assert [each.alert for each in store.hold_outbox(NOW, holder="second", until=NOW + HOUR)] == told[2:]


def test_what_one_run_holds_no_other_delivers(store: SqliteWatchStore) -> None:
    first, second = alert(occasion="1"), alert(occasion="2")
    store.add_alerts([(first, deliveries(first, "mail"))])
    held = store.hold_outbox(NOW, holder="first", until=NOW + HOUR)
    store.add_alerts([(second, deliveries(second, "mail"))])
    assert [each.alert for each in held] == [first]
    assert [each.alert for each in store.hold_outbox(NOW, holder="second", until=NOW + HOUR)] == [second]
    assert store.outbox(NOW) == []
    assert [each.alert for each in store.hold_outbox(NOW, holder="first", until=NOW + HOUR)] == [first]
    store.release("second")
    assert [each.alert for each in store.outbox(NOW)] == [second]


def test_a_hold_ends_and_one_from_a_clock_that_was_ahead_is_over(store: SqliteWatchStore) -> None:
    told = alert()
    store.add_alerts([(told, deliveries(told, "mail"))])
    store.hold_outbox(NOW, holder="died", until=NOW + HOUR)
    assert len(store.outbox(NOW + HOUR)) == 1
    assert len(store.outbox(NOW - DAY)) == 1
    store.hold_outbox(NOW + HOUR, holder="second", until=NOW + 2 * HOUR)
    assert store.outbox(NOW + HOUR) == []


def test_what_failed_for_now_is_held_no_more(store: SqliteWatchStore) -> None:
    told = alert()
    store.add_alerts([(told, deliveries(told, "mail"))])
    (mail,) = store.hold_outbox(NOW, holder="first", until=NOW + DAY)
    store.postponed([replace(mail, due_at=NOW + HOUR, tries=1, error="450")])
    assert len(store.outbox(NOW + HOUR)) == 1


def test_old_alerts_go_when_nothing_is_left_to_do_about_them(store: SqliteWatchStore) -> None:
    told = {word: alert(occasion=word) for word in ("done", "waiting", "failed", "nowhere")}
    store.add_alerts([(each, deliveries(each, "mail")) for word, each in told.items() if word != "nowhere"])
    store.add_alerts([(told["nowhere"], ())])
    sent = {each.alert.id: each for each in store.outbox(NOW)}
    store.delivered([sent[told["done"].id]], NOW)
    store.given_up([replace(sent[told["failed"].id], error="550")], NOW)
    assert store.compact(NOW + ALERTS_KEPT) == 0
    later = NOW + ALERTS_KEPT + HOUR
    assert store.compact(later) == 2
    assert [each.alert for each in store.outbox(later)] == [told["waiting"]]
    assert [each.alert for each in store.failures()] == [told["failed"]]
    store.dismiss("mail")
    assert store.compact(later) == 1


def test_an_alert_about_no_canary_outlives_them(store: SqliteWatchStore) -> None:
    store.add(fresh(), None)
    store.record([everything(fresh())])
    store.add_alerts([(NETWORK, deliveries(NETWORK, "mail"))])
    store.remove("one")
    assert [each.alert for each in store.outbox(NOW)] == [NETWORK]


def test_about_a_muted_canary_nothing_is_due_until_that_is_over_but_what_never_waits(store: SqliteWatchStore) -> None:
    store.add(fresh(), None)
    late = replace(alert(occasion="late"), after=Status.OVERDUE)
    gone = alert(occasion="gone")
    told = tuple((each, deliveries(each, "mail")) for each in (late, gone))
    store.record([replace(everything(fresh()), alerts=told)])
    seen = store.watched()[0]
    assert store.update(replace(seen, muted_until=NOW + DAY), is_answer=True) == 0
    assert [each.alert for each in store.outbox(NOW)] == [gone]
    assert [each.alert for each in store.hold_outbox(NOW, holder="run", until=NOW)] == [gone]
    assert {each.alert.id for each in store.outbox(NOW + DAY)} == {gone.id, late.id}
    store.update(replace(store.watched()[0], muted_until=None))
    assert len(store.outbox(NOW)) == 2


def test_what_a_person_answers_is_taken_back_and_nothing_else(store: SqliteWatchStore) -> None:
    for name in ("one", "other"):
        store.add(fresh(name), None)
    reminders = {name: alert(name, kind=AlertKind.REMINDER, occasion="again") for name in ("one", "other")}
    for name, reminder in reminders.items():
        told = ((alert(name), deliveries(alert(name), "mail")), (reminder, deliveries(reminder, "mail", "hook")))
        store.record([replace(everything(fresh(name)), alerts=told)])
    (sent,) = (each for each in store.outbox(NOW) if each.alert == reminders["one"] and each.channel == "hook")
    store.delivered([sent], NOW)
    seen = store.find("one")
    assert seen is not None
    read = replace(seen, acknowledged=Acknowledged(Status.WITHDRAWN, NOW, "read"))
    assert store.update(read, is_answer=True) == 1
    left = [(each.alert.name, each.alert.kind, each.channel) for each in store.outbox(NOW)]
    assert sorted(left) == [
        ("one", AlertKind.CHANGE, "mail"),
        ("other", AlertKind.CHANGE, "mail"),
        ("other", AlertKind.REMINDER, "hook"),
        ("other", AlertKind.REMINDER, "mail"),
    ]
