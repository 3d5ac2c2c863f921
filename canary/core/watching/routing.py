"""Which alert goes through which channel, and not before when.

**Levels**, from the least: notice, warning, unknown, critical: the exit codes 0, 1, 3 and 2 of what an alert says. A
change and a recovery are as bad as the worse of what was told before and what stands now, so whoever was told of an
alarm is told that it has become something milder, or is over.

**Routes.** An alert takes a route that has no tags, or one of its canary's, where it is at least as bad as the route
asks. What is about no canary of the list (the watcher's own network, a test) takes routes of any tags; a test takes
them however bad it is. It goes to every channel of every route that it takes, once. Without routes, every alert goes
to every channel.

**Nothing is silent by accident.** Routes are refused when they are read where no route without tags takes what is
unknown and critical, or where a channel stands in none (`check_routes`). So whatever a canary is filed under, and
however that is misspelt, what is unknown or critical reaches somebody. Warnings and notices may reach nobody, where the
file says so in `least`.

**Quiet hours** of a channel delay what goes through it to their end, also what is sent again, and drop nothing. INVALID
and WITHDRAWN do not wait, and neither does a test, for which somebody sits there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from canary.core.judging.findings import EXIT_CODES
from canary.core.watching.alerts import Alert, AlertKind, Delivery
from canary.core.watching.answered import NEVER_WAITS
from canary.core.watching.quiet_hours import after_quiet
from canary.core.watching.watch_settings import ChannelSettings, Level, Quiet, Route, WatchSettings
from canary.errors import MalformedError

_LEVELS = {0: Level.NOTICE, 1: Level.WARNING, 3: Level.UNKNOWN, 2: Level.CRITICAL}
_ORDER = list(Level)
_TOLD_BEFORE_COUNTS = {AlertKind.CHANGE, AlertKind.RECOVERY}


def deliveries(alert: Alert, settings: WatchSettings, now: datetime) -> tuple[Delivery, ...]:
    """Returns where an alert goes, in the order of the channels in the configuration.

    Args:
        alert: what is told.
        settings: the channels and the routes.
        now: the watcher's clock.
    """
    names = {name for route in settings.routes if takes(route, alert) for name in route.channels}
    return tuple(
        Delivery(alert, channel.name, due_at(alert, channel.quiet, now))
        for channel in settings.channels
        if channel.name in names or not settings.routes
    )


def due_at(alert: Alert, quiet: Quiet | None, moment: datetime) -> datetime:
    """Returns when an alert may go through a channel: at a moment, or after the quiet hours in which that lies."""
    if quiet is None or alert.kind is AlertKind.TEST or alert.after in NEVER_WAITS:
        return moment
    return after_quiet(moment, quiet)


def takes(route: Route, alert: Alert) -> bool:
    """Tells whether a route takes an alert."""
    tagged = not route.tags or not alert.name or bool(set(route.tags) & set(alert.tags))
    return tagged and (alert.kind is AlertKind.TEST or not _is_less(level(alert), route.least))


def level(alert: Alert) -> Level:
    """Returns how bad an alert is."""
    codes = [alert.exit_code]
    if alert.kind in _TOLD_BEFORE_COUNTS and alert.before is not None:
        codes.append(EXIT_CODES[alert.before])
    return max((_LEVELS[code] for code in codes), key=_ORDER.index)


def check_routes(routes: Sequence[Route], channels: Sequence[ChannelSettings]) -> None:
    """Checks that nothing that must be told can be lost.

    Args:
        routes: the routes, which name no channels but these.
        channels: the channels.

    Raises:
        MalformedError: what is unknown or critical could reach nobody, or a channel stands in no route.
    """
    if not routes:
        return
    if not any(not route.tags and not _is_less(Level.UNKNOWN, route.least) for route in routes):
        raise MalformedError(
            "what is critical, or could not be checked, would reach nobody where a canary has other tags",
            hint=f'Add a route without tags, and with least = "{Level.UNKNOWN}" or a lower one.',
        )
    unused = [each.name for each in channels if not any(each.name in route.channels for route in routes)]
    if unused:
        raise MalformedError(
            f"the channel {unused[0]} stands in none, and would never be used",
            hint="Name it in a route, or take the channel out.",
        )


def _is_less(one: Level, other: Level) -> bool:
    return _ORDER.index(one) < _ORDER.index(other)
