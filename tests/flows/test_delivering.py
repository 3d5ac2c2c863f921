"""Alerts on their way out: none lost, none held up by another or by another channel, none tried without end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from canary.core.judging.findings import Status
from canary.core.watching.alerts import Alert, Delivery
from canary.core.watching.message import Message
from canary.core.watching.watch_settings import Quiet
from canary.edges.memory.watch_store import SqliteWatchStore, open_watch_store
from canary.errors import DeliveryError, StoreError
from canary.flows.watch.delivering import Delivered, Outlet, deliver
from canary.limits import RETRIES, RETRY_LONGEST
from tests.remembered import DAY, HOUR, NOW, alert, deliveries

MINUTE = timedelta(minutes=1)
SOON = DeliveryError("mail.example: 451 try again later", temporary=True)
NEVER = DeliveryError("mail.example: 550 no such user", temporary=False)


@dataclass
class Post:
    """A channel that keeps what it takes, and fails as it is told to."""

    fails: Callable[[Message], Exception | None] = lambda _: None
    taken: list[Message] = field(default_factory=list)
    tries: int = 0

    def send(self, message: Message) -> None:
        self.tries += 1
        error = self.fails(message)
        if error is not None:
            raise error
        self.taken.append(message)

    @property
    def ids(self) -> list[list[str]]:
        """The ids of the alerts of each message."""
        return [ids_of(each) for each in self.taken]


def ids_of(message: Message) -> list[str]:
    return [each["id"] for each in json.loads(message.event)["alerts"]]


class Desk:
    """An outbox with a clock."""

    def __init__(self, store: SqliteWatchStore, **outlets: Outlet) -> None:
        self.store = store
        self.outlets = outlets
        self.now = NOW

    def put(self, number: int, *channels: str, after: Status = Status.WITHDRAWN) -> list[str]:
        """Puts alerts into the outbox; returns their ids."""
        told = [
            replace(alert(occasion=f"{self.now} {after} {each}"), at=self.now, after=after) for each in range(number)
        ]
        self.store.add_alerts([(each, deliveries(each, *channels)) for each in told])
        return [each.id for each in told]

    def deliver(self, *, after: timedelta = timedelta(0), portion: int = 1_000) -> Delivered:
        self.now += after
        return deliver(self.store, self.outlets, clock=lambda: self.now, holder="run", portion=portion)

    def waiting(self) -> list[Delivery]:
        return self.store.outbox(self.now + 3650 * DAY)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteWatchStore]:
    with open_watch_store(tmp_path / "watch.db") as opened:
        yield opened


def count(came: Delivered) -> tuple[int, int, int]:
    return came.sent, came.postponed, came.given_up


# --- what goes out --------------------------------------------------------------------------------------


def test_a_digest_holds_all_that_is_due_and_any_other_channel_gets_each(store: SqliteWatchStore) -> None:
    mail, hook = Post(), Post()
    desk = Desk(store, mail=Outlet(mail, digest=True), hook=Outlet(hook, digest=False))
    ids = desk.put(3, "mail", "hook")
    assert count(desk.deliver()) == (6, 0, 0)
    (digest,) = mail.ids
    assert sorted(digest) == sorted(ids)
    assert sorted(hook.ids) == sorted([each] for each in ids)
    assert desk.waiting() == []


def test_nothing_is_due_and_nothing_is_sent(store: SqliteWatchStore) -> None:
    mail = Post()
    desk = Desk(store, mail=Outlet(mail, digest=True))
    desk.put(1, "mail")
    assert desk.deliver(after=-HOUR) == Delivered(1)  # decided by a clock that was ahead
    assert desk.deliver() == Delivered()
    assert mail.tries == 1


def test_a_clock_that_went_back_a_year_gives_nothing_up(store: SqliteWatchStore) -> None:
    mail = Post(fails=lambda _: SOON)
    desk = Desk(store, mail=Outlet(mail, digest=True))
    desk.put(1, "mail")
    desk.deliver()
    desk.now -= 365 * DAY
    for _ in range(2 * RETRIES):
        desk.deliver(after=MINUTE)
    (waiting,) = desk.waiting()
    assert 1 < waiting.tries < 10
    assert waiting.due_at <= desk.now + RETRY_LONGEST


def test_what_is_to_wait_for_a_year_was_decided_by_a_wrong_clock_and_goes_out(store: SqliteWatchStore) -> None:
    mail = Post(fails=lambda _: SOON)
    desk = Desk(store, mail=Outlet(mail, digest=True))
    desk.put(1, "mail")
    desk.deliver()
    desk.now -= 365 * DAY
    mail.fails = lambda _: None
    assert desk.deliver() == Delivered(1)


NIGHT = Quiet(time(22), time(7), "UTC")


def test_what_is_sent_again_waits_for_the_end_of_quiet_hours(store: SqliteWatchStore) -> None:
    mail = Post(fails=lambda _: SOON)
    desk = Desk(store, mail=Outlet(mail, digest=True, quiet=NIGHT))
    desk.now = NOW.replace(hour=21, minute=59)
    late = desk.put(1, "mail", after=Status.EXPIRED)
    desk.deliver()
    mail.fails = lambda _: None
    assert desk.deliver(after=5 * MINUTE) == Delivered()
    (waiting,) = desk.waiting()
    assert (waiting.tries, waiting.due_at) == (1, (NOW + DAY).replace(hour=7, minute=0, second=0, microsecond=0))
    (forged,) = desk.put(1, "mail", after=Status.INVALID)
    assert desk.deliver(after=MINUTE) == Delivered(1)
    assert mail.ids == [[forged]]
    assert desk.deliver(after=9 * HOUR) == Delivered(1)
    assert mail.ids == [[forged], late]


def test_the_worst_goes_first(store: SqliteWatchStore) -> None:
    mail = Post()
    desk = Desk(store, mail=Outlet(mail, digest=False))
    (late,), (changed,), (forged,) = (
        desk.put(1, "mail", after=each) for each in (Status.OVERDUE, Status.CHANGED, Status.INVALID)
    )
    desk.deliver()
    assert mail.ids == [[forged], [late], [changed]]


def test_a_long_outbox_goes_out_in_portions(store: SqliteWatchStore) -> None:
    mail, hook = Post(), Post()
    desk = Desk(store, mail=Outlet(mail, digest=True), hook=Outlet(hook, digest=False))
    ids = desk.put(25, "mail", "hook")
    assert count(desk.deliver(portion=10)) == (50, 0, 0)
    assert sorted(each for message in mail.ids for each in message) == sorted(ids)
    assert len(mail.taken) == 5
    assert sorted(hook.ids) == sorted([each] for each in ids)


# --- what fails for now ---------------------------------------------------------------------------------


def test_a_mail_server_that_is_down_for_an_hour_loses_nothing(store: SqliteWatchStore) -> None:
    mail = Post(lambda _: SOON if desk.now < NOW + HOUR else None)
    desk = Desk(store, mail=Outlet(mail, digest=True))
    ids = desk.put(3, "mail")
    tried: list[int] = []
    for minute in range(90):
        before = mail.tries
        desk.deliver(after=MINUTE if minute else timedelta(0))
        tried += [minute] if mail.tries > before and len(mail.taken) == 0 else []
    assert tried[:5] == [0, 1, 3, 7, 15]
    assert sorted(each for message in mail.ids for each in message) == sorted(ids)
    assert desk.waiting() == []
    assert store.failures() == []


def test_a_webhook_that_answers_500_and_then_200_gets_it_once(store: SqliteWatchStore) -> None:
    hook = Post(lambda _: DeliveryError("hook: 500", temporary=True) if hook.tries == 1 else None)
    desk = Desk(store, hook=Outlet(hook, digest=False))
    ids = desk.put(1, "hook")
    assert desk.deliver() == Delivered(0, 1, 0, {"hook": "hook: 500"})
    assert [(each.tries, each.error) for each in store.failures()] == [(1, "hook: 500")]
    assert desk.deliver() == Delivered()
    assert desk.deliver(after=MINUTE) == Delivered(1)
    assert hook.ids == [ids]


def test_after_one_failure_the_rest_waits_untried(store: SqliteWatchStore) -> None:
    hook = Post(lambda _: SOON)
    desk = Desk(store, hook=Outlet(hook, digest=False))
    desk.put(25, "hook")
    assert count(desk.deliver(portion=10)) == (0, 25, 0)
    assert hook.tries == 1
    assert sorted(each.tries for each in desk.waiting()) == [0] * 24 + [1]
    assert {each.due_at for each in desk.waiting()} == {NOW + MINUTE}


@pytest.mark.parametrize("digest", [False, True])
def test_one_alert_that_a_channel_never_takes_holds_up_no_other(store: SqliteWatchStore, *, digest: bool) -> None:
    hook = Post(lambda message: SOON if poison in ids_of(message) else None)
    desk = Desk(store, hook=Outlet(hook, digest=digest))
    poison, *others = desk.put(10, "hook")
    for _ in range(8):
        desk.deliver(after=16 * MINUTE)
    assert sorted(each for message in hook.ids for each in message) == sorted(others)
    assert [each.alert.id for each in desk.waiting()] == [poison]


def test_it_is_tried_for_a_week_at_growing_distances_and_then_given_up(store: SqliteWatchStore) -> None:
    mail = Post(lambda _: SOON)
    desk = Desk(store, mail=Outlet(mail, digest=True))
    desk.put(1, "mail")
    tried: list[datetime] = []
    while desk.waiting():
        tried.append(desk.now)
        came = desk.deliver()
        desk.now = max([desk.now, *(each.due_at for each in desk.waiting())])
    distances = [later - earlier for earlier, later in pairwise(tried)]
    assert len(tried) == RETRIES
    assert tried[-1] - tried[0] >= 7 * DAY
    assert distances == sorted(distances)
    assert (distances[0], distances[-1]) == (MINUTE, RETRY_LONGEST)
    assert came == Delivered(0, 0, 1, {"mail": f"{SOON.what} (tried {RETRIES} times)"})
    assert [each.error for each in store.failures()] == [f"{SOON.what} (tried {RETRIES} times)"]


def test_an_error_that_no_channel_may_raise_is_kept_without_its_words(store: SqliteWatchStore) -> None:
    desk = Desk(store, mail=Outlet(Post(lambda _: KeyError("the password")), digest=True))
    desk.put(1, "mail")
    assert count(desk.deliver()) == (0, 1, 0)
    assert [each.error for each in store.failures()] == ["the channel failed unexpectedly (KeyError)"]


# --- what fails for good --------------------------------------------------------------------------------


@pytest.mark.parametrize("digest", [False, True])
def test_what_is_refused_for_good_is_given_up_and_told_of(store: SqliteWatchStore, *, digest: bool) -> None:
    mail = Post(lambda _: NEVER)
    desk = Desk(store, mail=Outlet(mail, digest=digest))
    desk.put(3, "mail")
    assert desk.deliver() == Delivered(0, 0, 3, {"mail": NEVER.what})
    assert mail.tries == (2 if digest else 3)
    assert [(each.tries, each.error) for each in store.failures()] == [(1, NEVER.what)] * 3
    assert desk.deliver(after=DAY) == Delivered()


def test_a_digest_that_is_too_long_for_a_channel_goes_one_by_one(store: SqliteWatchStore) -> None:
    hook = Post(lambda message: NEVER if len(ids_of(message)) > 1 else None)
    desk = Desk(store, hook=Outlet(hook, digest=True))
    ids = desk.put(4, "hook")
    assert desk.deliver() == Delivered(4)
    assert sorted(hook.ids) == sorted([each] for each in ids)


def test_a_channel_that_is_no_longer_configured_is_told_of(store: SqliteWatchStore) -> None:
    mail = Post()
    desk = Desk(store, mail=Outlet(mail, digest=True))
    desk.put(1, "mail", "pager")
    came = desk.deliver()
    assert count(came) == (1, 0, 1)
    assert came.errors == {"pager": "the channel pager is no longer in the configuration"}
    assert [each.channel for each in store.failures()] == ["pager"]


def test_a_channel_that_fails_stops_no_other(store: SqliteWatchStore) -> None:
    good = Post()
    outlets = {"bad": Outlet(Post(lambda _: SOON), digest=True), "worse": Outlet(Post(lambda _: NEVER), digest=True)}
    desk = Desk(store, **outlets, good=Outlet(good, digest=True))
    desk.put(2, "bad", "worse", "good")
    assert count(desk.deliver()) == (2, 2, 2)
    assert len(good.taken) == 1


def test_a_channel_that_hangs_holds_up_no_other(store: SqliteWatchStore) -> None:
    others_are_done = threading.Event()

    def hang(_: Message) -> None:
        assert others_are_done.wait(30)

    def finish(_: Message) -> None:
        if hook.tries == 3:
            others_are_done.set()

    slow, hook = Post(hang), Post(finish)
    desk = Desk(store, slow=Outlet(slow, digest=False), hook=Outlet(hook, digest=False))
    desk.put(3, "slow", "hook")
    assert count(desk.deliver()) == (6, 0, 0)


# --- crashes --------------------------------------------------------------------------------------------


class Full(SqliteWatchStore):
    """A memory that cannot be written once messages are sent."""

    def delivered(self, deliveries: Sequence[Delivery], at: datetime) -> None:
        raise StoreError(f"no room for {len(deliveries)} at {at}")


def test_a_crash_between_sending_and_marking_repeats_it(tmp_path: Path) -> None:
    mail = Post()
    with open_watch_store(tmp_path / "watch.db") as opened:
        full = Full(opened._file)  # noqa: SLF001  the same file, which becomes full
        desk = Desk(full, mail=Outlet(mail, digest=True))
        ids = desk.put(2, "mail")
        with pytest.raises(StoreError):
            desk.deliver()
        again = Desk(opened, mail=Outlet(mail, digest=True))
        assert count(again.deliver()) == (2, 0, 0)
    assert [sorted(each) for each in mail.ids] == [sorted(ids)] * 2
    assert mail.taken[0].id == mail.taken[1].id


def test_what_another_run_holds_is_left_alone(store: SqliteWatchStore) -> None:
    mail = Post()
    desk = Desk(store, mail=Outlet(mail, digest=True))
    desk.put(1, "mail")
    store.hold_outbox(NOW, holder="another", until=NOW + HOUR)
    assert desk.deliver() == Delivered()
    assert desk.deliver(after=HOUR) == Delivered(1)


def test_each_delivery_is_tried_at_most_once_while_the_clock_runs_back(store: SqliteWatchStore) -> None:
    mail = Post(lambda _: SOON)
    told: Alert = replace(alert(), at=NOW + DAY)
    store.add_alerts([(told, deliveries(told, "mail"))])
    times = iter([NOW, *(NOW - HOUR for _ in range(100))])
    came = deliver(store, {"mail": Outlet(mail, digest=True)}, clock=lambda: next(times), holder="run")
    assert count(came) == (0, 1, 0)
    assert mail.tries == 1
