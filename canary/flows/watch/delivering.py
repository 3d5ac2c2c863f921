"""Takes what is due from the outbox, and hands it to the channels.

- A channel that takes digests gets one message for all that is due; any other gets one for each alert. What was tried
  least often goes first, of that the worst.
- What was taken is marked at once. A run that is killed between the two sends it again; it loses nothing. Whoever
  receives messages knows one that comes twice by the alert's id.
- Failed **for now**: it is sent again after a minute, then two, then four, up to six hours, for more than seven days;
  only tries count, so that no clock that jumps gives anything up. The rest of the channel's messages are put off
  without a try, and do not count one: the host is down. Any error of a channel that is no DeliveryError is such a
  failure, of which only the kind is kept: its words might hold a secret.
- Failed **for good**: it is given up, and stays in the list of failures until a person dismisses it.
- Of a digest that fails for good, or has often failed for now, the alerts go one by one, so that none that a channel
  will never take holds up the others. Where the first of them fails for good too, it is not the alerts' fault, and all
  are given up.
- What comes due in a channel's quiet hours, because it is sent again or nobody ran this before, waits for their end.
- What is for a channel that is no longer in the configuration is given up, in those words.

Each channel works in a thread of its own, so that one that hangs holds up no other; the memory is used by the caller's
thread alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from canary.core.watching.alerts import Delivery
from canary.core.watching.message import CANARY, Program
from canary.core.watching.routing import due_at
from canary.core.watching.watch_settings import Quiet
from canary.errors import DeliveryError
from canary.flows.watch.channel import Channel
from canary.flows.watch.message import message_of
from canary.flows.watch.message_view import worst_first
from canary.flows.watch.store import WatchStore
from canary.limits import CLAIM, PORTION, RETRIES, RETRY_FIRST, RETRY_LONGEST

_ONE_BY_ONE_AFTER = 4
"""Tries of a digest after which its alerts go one by one: a quarter of an hour, enough to restart a server."""

_DOUBLINGS = 16
"""More than the longest distance has."""

_ERROR_CHARACTERS = 500


class Outlet(NamedTuple):
    """A channel as it is configured.

    Attributes:
        channel: takes messages.
        digest: whether all that is due goes in one message.
        quiet: when it is not to disturb anybody; None for never.
    """

    channel: Channel
    digest: bool
    quiet: Quiet | None = None


class Delivered(msgspec.Struct, frozen=True):
    """What delivering came to.

    Attributes:
        sent: how many deliveries were taken.
        postponed: how many are to be sent again.
        given_up: how many will never be.
        errors: for each channel that failed what it said last.
    """

    sent: int = 0
    postponed: int = 0
    given_up: int = 0
    errors: Mapping[str, str] = {}


def deliver(
    store: WatchStore,
    outlets: Mapping[str, Outlet],
    *,
    clock: Callable[[], datetime],
    holder: str,
    program: Program = CANARY,
    portion: int = PORTION,
) -> Delivered:
    """Delivers what is due now, each delivery at most once.

    Args:
        store: the watcher's memory.
        outlets: the channels that there are, by their names in the configuration.
        clock: the watcher's clock, aware.
        holder: what this run is called among those that share the memory.
        program: how this program is called, for the commands in messages.
        portion: how many deliveries are taken from the memory at once.

    Raises:
        StoreError: the memory cannot be read or written. What was sent and is not marked will be sent again.
    """
    begun = clock()
    pass_ = _Pass(store, outlets, clock, program)
    tried: set[tuple[str, str]] = set()
    with ThreadPoolExecutor(max_workers=max(1, len(outlets))) as pool:
        while True:
            held = store.hold_outbox(begun, holder=holder, until=clock() + CLAIM, limit=portion)
            # What was decided by a clock that was ahead is due again at once.
            new = [each for each in held if _key(each) not in tried]
            if not new:
                return pass_.came()
            tried.update(_key(each) for each in new)
            pass_.serve(new, pool)


def _key(delivery: Delivery) -> tuple[str, str]:
    return delivery.alert.id, delivery.channel


class _Queue:
    """What one channel has still to take.

    Attributes:
        name: the channel's name.
        outlet: the channel.
        messages: the deliveries of each message to come.
        down: why no more is sent now; empty while it works.
        split: whether the next message is the first of a digest that failed.
    """

    def __init__(self, name: str, outlet: Outlet) -> None:
        self.name = name
        self.outlet = outlet
        self.messages: deque[list[Delivery]] = deque()
        self.down = ""
        self.split = False

    def fill(self, deliveries: Sequence[Delivery]) -> None:
        """Takes in what is due."""
        ordered = _in_order(deliveries)
        if ordered:
            self.messages.extend([ordered] if self.outlet.digest else [[each] for each in ordered])

    def take_apart(self, message: list[Delivery]) -> None:
        """Puts the alerts of a digest in front, one by one."""
        self.messages.extendleft([each] for each in reversed(message))
        self.split = True

    def rest(self) -> list[Delivery]:
        """Returns everything that is left, and forgets it."""
        left = [each for message in self.messages for each in message]
        self.messages.clear()
        return left


def _in_order(deliveries: Sequence[Delivery]) -> list[Delivery]:
    ranks = {each.id: rank for rank, each in enumerate(worst_first([each.alert for each in deliveries]))}
    return sorted(deliveries, key=lambda each: (each.tries, ranks[each.alert.id]))


class _Pass:
    """One pass over the outbox."""

    def __init__(
        self, store: WatchStore, outlets: Mapping[str, Outlet], clock: Callable[[], datetime], program: Program
    ) -> None:
        self._store = store
        self._clock = clock
        self._program = program
        self._queues = {name: _Queue(name, outlet) for name, outlet in outlets.items()}
        self._sent = self._postponed = self._given_up = 0
        self._errors: dict[str, str] = {}

    def came(self) -> Delivered:
        """Returns what it came to."""
        return Delivered(self._sent, self._postponed, self._given_up, self._errors)

    def serve(self, deliveries: Sequence[Delivery], pool: ThreadPoolExecutor) -> None:
        """Hands deliveries to their channels."""
        by_channel: dict[str, list[Delivery]] = {}
        for each in deliveries:
            by_channel.setdefault(each.channel, []).append(each)
        working: dict[Future[None], tuple[_Queue, list[Delivery]]] = {}
        for name, due in by_channel.items():
            queue = self._queues.get(name)
            if queue is None:
                self._give_up(name, due, f"the channel {name} is no longer in the configuration", tried=False)
            elif queue.down:
                self._put_off(name, due, queue.down)
            else:
                queue.fill(self._not_quiet(queue, due))
                self._next(queue, pool, working)
        while working:
            for done in wait(working, return_when=FIRST_COMPLETED).done:
                queue, message = working.pop(done)
                self._came_to(queue, message, done.exception())
                self._next(queue, pool, working)

    def _not_quiet(self, queue: _Queue, due: Sequence[Delivery]) -> list[Delivery]:
        """Returns what may go out now; what may not waits for the end of the channel's quiet hours."""
        now = self._clock()
        later = {_key(each): due_at(each.alert, queue.outlet.quiet, now) for each in due}
        quiet = [replace(each, due_at=later[_key(each)]) for each in due if later[_key(each)] > now]
        if quiet:
            self._store.postponed(quiet)
        return [each for each in due if later[_key(each)] <= now]

    def _next(
        self, queue: _Queue, pool: ThreadPoolExecutor, working: dict[Future[None], tuple[_Queue, list[Delivery]]]
    ) -> None:
        if queue.messages:
            message = queue.messages.popleft()
            working[pool.submit(self._send, queue.outlet.channel, message)] = queue, message

    def _send(self, channel: Channel, message: Sequence[Delivery]) -> None:
        alerts = [each.alert for each in message]
        channel.send(message_of(alerts, now=self._clock(), program=self._program))

    def _came_to(self, queue: _Queue, message: list[Delivery], error: BaseException | None) -> None:
        was_split, queue.split = queue.split, False
        if error is None:
            self._store.delivered([replace(each, tries=each.tries + 1, error="") for each in message], self._clock())
            self._sent += len(message)
            return
        if not isinstance(error, Exception):
            raise error
        temporary = not isinstance(error, DeliveryError) or error.temporary
        if len(message) > 1 and (not temporary or max(each.tries for each in message) >= _ONE_BY_ONE_AFTER):
            queue.take_apart(message)
        elif temporary:
            queue.down = _in_words(error)
            self._fail(queue.name, message, queue.down)
            self._put_off(queue.name, queue.rest(), queue.down, _distance(message[0].tries + 1))
        else:
            self._give_up(queue.name, [*message, *(queue.rest() if was_split else [])], _in_words(error))

    def _fail(self, channel: str, message: Sequence[Delivery], words: str) -> None:
        """Counts a try that failed for now, or gives up after the last one."""
        last = [each for each in message if each.tries + 1 >= RETRIES]
        again = [each for each in message if each.tries + 1 < RETRIES]
        if last:
            self._give_up(channel, last, f"{words} (tried {RETRIES} times)")
        self._postpone(channel, [(each, _distance(each.tries + 1)) for each in again], words, tried=True)

    def _put_off(
        self, channel: str, deliveries: Sequence[Delivery], words: str, distance: timedelta = RETRY_FIRST
    ) -> None:
        """Postpones what was not tried, because what was sent before it failed for now."""
        self._postpone(channel, [(each, distance) for each in deliveries], words, tried=False)

    def _postpone(
        self, channel: str, deliveries: Sequence[tuple[Delivery, timedelta]], words: str, *, tried: bool
    ) -> None:
        now = self._clock()
        postponed = [
            replace(each, due_at=now + distance, tries=each.tries + tried, error=words) for each, distance in deliveries
        ]
        if postponed:
            self._store.postponed(postponed)
            self._postponed += len(postponed)
            self._errors[channel] = words

    def _give_up(self, channel: str, deliveries: Sequence[Delivery], words: str, *, tried: bool = True) -> None:
        given_up = [replace(each, tries=each.tries + tried, error=words) for each in deliveries]
        self._store.given_up(given_up, self._clock())
        self._given_up += len(given_up)
        self._errors[channel] = words


def _distance(tries: int) -> timedelta:
    """Returns how long to wait after so many tries."""
    return min(RETRY_FIRST * (1 << min(tries - 1, _DOUBLINGS)), RETRY_LONGEST)


def _in_words(error: Exception) -> str:
    if isinstance(error, DeliveryError):
        return error.what[:_ERROR_CHARACTERS]
    return f"the channel failed unexpectedly ({type(error).__name__})"
