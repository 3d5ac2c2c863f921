from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.judging.findings import EXIT_CODES, Status
from canary.core.watching.alerts import Alert, AlertKind
from canary.core.watching.routing import check_routes, deliveries, due_at, level
from canary.core.watching.watch_settings import ChannelSettings, Level, Quiet, Route, Stream, WatchSettings
from canary.errors import MalformedError

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
QUIET = Quiet(time(11), time(14), "UTC")
END = datetime(2026, 1, 5, 14, tzinfo=UTC)
MAIL, PAGER, OUT = (ChannelSettings(name, Stream()) for name in ("mail", "pager", "out"))
EVERYTHING = Route(("mail",))
VITAL = Route(("pager", "out"), tags=("vital", "own"), least=Level.CRITICAL)
BAD = Route(("out",), least=Level.UNKNOWN)


def alert(
    after: Status | None,
    kind: AlertKind = AlertKind.CHANGE,
    *,
    before: Status | None = Status.OK,
    tags: tuple[str, ...] = (),
    name: str = "acme",
) -> Alert:
    return Alert("0" * 32, kind, NOW, name=name, tags=tags, before=before, after=after)


def settings(*routes: Route, channels: tuple[ChannelSettings, ...] = (MAIL, PAGER, OUT)) -> WatchSettings:
    return WatchSettings("watch.db", channels=channels, routes=routes)


def channels(told: Alert, *routes: Route) -> list[str]:
    return [each.channel for each in deliveries(told, settings(*routes), NOW)]


NETWORK = alert(None, AlertKind.NETWORK, before=None, name="")
TEST = alert(None, AlertKind.TEST, before=None, name="")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (alert(Status.RETIRED), ["mail"]),
        (alert(Status.OVERDUE, tags=("vital",)), ["mail"]),
        (alert(Status.UNKNOWN, tags=("vital",)), ["mail", "out"]),
        (alert(Status.EXPIRED), ["mail", "out"]),
        (alert(Status.EXPIRED, tags=("else", "own")), ["mail", "pager", "out"]),
        (alert(Status.EXPIRED, AlertKind.REMINDER, tags=("vital",)), ["mail", "pager", "out"]),
        # whoever was told of the alarm is told that it is over, or milder
        (alert(Status.OK, AlertKind.RECOVERY, before=Status.MISSING, tags=("own",)), ["mail", "pager", "out"]),
        (alert(Status.OK, AlertKind.RECOVERY, before=Status.OVERDUE, tags=("own",)), ["mail"]),
        (alert(Status.OVERDUE, before=Status.INVALID, tags=("own",)), ["mail", "pager", "out"]),
        (alert(Status.RETIRED, before=Status.EXPIRED), ["mail", "out"]),
        # a warning ahead is one whatever was told before
        (alert(Status.OVERDUE, AlertKind.AHEAD, before=Status.MISSING, tags=("own",)), ["mail"]),
        # what is about no canary takes routes of any tags
        (alert(Status.EXPIRED, name=""), ["mail", "pager", "out"]),
        (NETWORK, ["mail"]),
        (TEST, ["mail", "pager", "out"]),
    ],
)
def test_an_alert_goes_to_every_channel_of_every_route_that_takes_it_once(told: Alert, expected: list[str]) -> None:
    assert channels(told, EVERYTHING, VITAL, BAD) == expected


def test_without_routes_everything_goes_everywhere() -> None:
    assert channels(alert(Status.RETIRED)) == ["mail", "pager", "out"]
    assert channels(NETWORK) == ["mail", "pager", "out"]


def test_what_no_route_takes_goes_nowhere_and_only_by_its_level() -> None:
    assert channels(alert(Status.OVERDUE, tags=("other",)), BAD) == []
    assert channels(alert(Status.UNKNOWN, tags=("other",)), BAD) == ["out"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (alert(Status.OVERDUE), END),
        (alert(Status.EXPIRED), END),
        (alert(Status.OK, AlertKind.RECOVERY, before=Status.INVALID), END),
        (NETWORK, END),
        (alert(Status.INVALID), NOW),
        (alert(Status.WITHDRAWN), NOW),
        (alert(Status.WITHDRAWN, AlertKind.REMINDER), NOW),
        (TEST, NOW),
    ],
)
def test_quiet_hours_delay_all_but_what_cannot_wait(told: Alert, expected: datetime) -> None:
    quiet = ChannelSettings("quiet", Stream(), quiet=QUIET)
    by_channel = deliveries(told, settings(channels=(MAIL, quiet)), NOW)
    assert [(each.channel, each.due_at) for each in by_channel] == [("mail", NOW), ("quiet", expected)]
    assert all(each.alert is told and each.tries == 0 for each in by_channel)
    assert due_at(told, quiet.quiet, END) == END


def test_the_levels_stand_in_the_order_in_which_exit_codes_are_told() -> None:
    assert [
        level(alert(each, before=None)) for each in (Status.DUE, Status.CHANGED, Status.UNKNOWN, Status.MISSING)
    ] == [*Level]


# --- what may be configured -----------------------------------------------------------------------------


@pytest.mark.parametrize("routes", [(), (EVERYTHING, VITAL), (VITAL, BAD, EVERYTHING)])
def test_routes_that_lose_nothing_by_accident(routes: tuple[Route, ...]) -> None:
    named = {name for route in routes for name in route.channels}
    check_routes(routes, [each for each in (MAIL, PAGER, OUT) if each.name in named])


@pytest.mark.parametrize(
    "routes",
    [
        (Route(("mail",), tags=("vital",)),),
        (Route(("mail",), least=Level.CRITICAL),),
        (Route(("mail",), tags=("vital",)), Route(("mail",), least=Level.CRITICAL)),
    ],
)
def test_routes_that_would_lose_what_is_critical_or_unknown_are_refused(routes: tuple[Route, ...]) -> None:
    with pytest.raises(MalformedError, match="would reach nobody"):
        check_routes(routes, [MAIL])


def test_a_channel_that_no_route_names_is_refused() -> None:
    with pytest.raises(MalformedError, match="the channel pager stands in none"):
        check_routes([EVERYTHING], [MAIL, PAGER])


_TAGS = st.sampled_from(["vital", "own", "other"])
_NAMES = st.lists(st.sampled_from(["mail", "pager", "out"]), min_size=1, unique=True).map(tuple)
_ROUTES = st.builds(Route, _NAMES, st.lists(_TAGS, unique=True, max_size=2).map(tuple), st.sampled_from(Level))
_ALERTS = st.builds(
    alert,
    st.sampled_from(Status),
    st.sampled_from([AlertKind.CHANGE, AlertKind.REMINDER, AlertKind.RECOVERY]),
    before=st.sampled_from(Status),
    tags=st.lists(_TAGS, unique=True).map(tuple),
)


def _is_refused(routes: list[Route]) -> bool:
    try:
        check_routes(routes, [])
    except MalformedError:
        return True
    return False


@given(st.lists(_ROUTES, max_size=4), _ALERTS)
def test_under_routes_that_are_not_refused_what_is_critical_or_unknown_reaches_somebody_once(
    routes: list[Route], told: Alert
) -> None:
    found = channels(told, *routes)
    assert len(set(found)) == len(found)
    assert found or _is_refused(routes) or level(told) in (Level.NOTICE, Level.WARNING)


@given(st.lists(_ROUTES, max_size=4), st.sampled_from(Status), st.lists(_TAGS, unique=True).map(tuple))
def test_whoever_was_told_is_told_that_it_is_over(routes: list[Route], status: Status, tags: tuple[str, ...]) -> None:
    told = alert(status, tags=tags)
    over = alert(Status.OK, AlertKind.RECOVERY, before=status, tags=tags)
    if EXIT_CODES[status]:
        assert set(channels(told, *routes)) <= set(channels(over, *routes))


def test_an_end_of_quiet_hours_is_counted_from_now_and_not_from_the_alert() -> None:
    quiet = ChannelSettings("quiet", Stream(), quiet=QUIET)
    (late,) = deliveries(alert(Status.EXPIRED), settings(channels=(quiet,)), NOW + timedelta(days=1))
    assert late.due_at == END + timedelta(days=1)
