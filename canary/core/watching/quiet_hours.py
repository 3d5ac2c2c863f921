"""Quiet hours: when a channel is not to disturb anybody, and when it may again.

They are hours on a wall clock. Where it is put back, the hour that comes twice is quiet both times; where it is put
forward, hours that end within the hour that is left out end later by as much. They are at most 20 hours long, so that
some time of every day is left whatever the clock does, and nobody waits for longer than a day.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from canary.core.watching.watch_settings import Quiet
from canary.errors import MalformedError
from canary.limits import QUIET_LONGEST

_DAY = timedelta(days=1)


def check_quiet(quiet: Quiet) -> Quiet:
    """Returns quiet hours if they can be.

    Raises:
        MalformedError: they are empty, or too long.
    """
    if not timedelta(0) < _length(quiet) <= QUIET_LONGEST:
        hours = QUIET_LONGEST // timedelta(hours=1)
        raise MalformedError(f"quiet hours have a beginning and another end, and are at most {hours} hours long")
    return quiet


def is_quiet(moment: datetime, quiet: Quiet) -> bool:
    """Tells whether a moment lies in quiet hours."""
    clock = moment.astimezone(ZoneInfo(quiet.zone)).time()
    if quiet.begins < quiet.ends:
        return quiet.begins <= clock < quiet.ends
    return clock >= quiet.begins or clock < quiet.ends


def after_quiet(moment: datetime, quiet: Quiet) -> datetime:
    """Returns a moment, or the end of the quiet hours in which it lies (UTC)."""
    if not is_quiet(moment, quiet):
        return moment
    zone = ZoneInfo(quiet.zone)
    today = moment.astimezone(zone).date()
    ends = (
        datetime.combine(today + days * _DAY, quiet.ends, zone).replace(fold=fold).astimezone(UTC)
        for days in range(3)
        for fold in (0, 1)
    )
    return min(each for each in ends if each > moment and not is_quiet(each, quiet))


def _length(quiet: Quiet) -> timedelta:
    return (_since_midnight(quiet.ends) - _since_midnight(quiet.begins)) % _DAY


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute)
