"""The pages: templates filled with views. Whatever comes from a text is escaped; nothing on a page runs or loads.

The content security policy allows one inline style, named by its hash, and images of the site itself; so even
markup that slipped through the escaping could neither run nor ask another host for anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from canary.core.admitted import Admitted
from canary.core.changes import describe_schedule
from canary.core.layout import CHECKPOINT, FRONT, INDEX, STATUS
from canary.core.roster import Roster
from canary.core.strict import encode_base64, hash_field, sha256
from canary.core.times import format_time
from canary.flows.site.paths import File, relative
from canary.flows.site.views import Edition, RosterRow
from canary.flows.site.window import SigningWindow

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""Not `strftime`, which follows the locale of the machine that renders."""

_FILES: Final = tuple(File(name, name) for name in (FRONT, CHECKPOINT, STATUS))


def index_page(
    roster_1: Admitted,
    roster: Roster,
    releases: Sequence[Edition],
    rosters: Sequence[RosterRow],
    window: SigningWindow | None,
) -> bytes:
    """Returns the front page.

    Args:
        roster_1: the log's first entry, whose text a watcher pins.
        roster: the newest roster.
        releases: every release, oldest first.
        rosters: every roster, newest first.
        window: when the newest release was signed; None where there is none.
    """
    first_window = roster.schedule.window_at(roster.schedule.start)
    return _render(
        INDEX,
        INDEX,
        roster=roster,
        releases=releases[::-1],
        newest=releases[-1] if releases else None,
        rosters=rosters,
        schedule=describe_schedule(roster),
        first_window=first_window,
        first_expiry=roster.schedule.expiry(first_window),
        window=window,
        pin=hash_field(roster_1.entry.text_hash),
        files=[file for file in _FILES if releases or file.path != FRONT],
    )


def release_page(edition: Edition, newest: Edition, organisation: str, window: SigningWindow | None) -> bytes:
    """Returns the page of one release.

    Args:
        edition: the release.
        newest: the newest release.
        organisation: whose canary it is, by the newest roster.
        window: when the newest release was signed; None on the page of any other.
    """
    return _render(
        "release.html", edition.page, edition=edition, newest=newest, organisation=organisation, window=window
    )


def _render(template: str, page: str, **values: object) -> bytes:
    environment = _environment()
    style = environment.get_template("style.css").render()
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src 'sha256-{encode_base64(sha256(style.encode()))}'",
            "img-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    html = environment.get_template(template).render(
        # Our own file, and escaped quotes would be another style with another hash.
        style=Markup(style),  # noqa: S704
        policy=policy,
        link=partial(relative, page=page),
        **values,
    )
    return html.encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("canary.flows.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["day"] = _day
    environment.filters["moment"] = _moment
    environment.filters["clock"] = _clock
    environment.filters["last_good_day"] = _last_good_day
    environment.filters["iso"] = format_time
    environment.filters["sentence"] = _sentence
    environment.filters["sha256"] = hash_field
    return environment


def _day(day: date) -> str:
    """Returns `3 November 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _moment(time: datetime) -> str:
    """Returns `3 November 2026, 14:30 UTC`; seconds stand only where there are any."""
    return f"{_day(time.astimezone(UTC).date())}, {_clock(time)}"


def _clock(time: datetime) -> str:
    """Returns `14:30 UTC`, with seconds only where there are any."""
    utc = time.astimezone(UTC)
    return f"{utc:%H:%M:%S} UTC" if utc.second else f"{utc:%H:%M} UTC"


def _last_good_day(expires: datetime) -> date:
    """Returns the last day on which nothing has expired yet: `expires` is always midnight (core.schedule)."""
    return (expires - timedelta(seconds=1)).date()


def _sentence(words: str) -> str:
    """Returns words that begin with a capital letter; the rest stays as it is."""
    return words[:1].upper() + words[1:]
