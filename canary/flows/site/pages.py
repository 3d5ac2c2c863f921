"""The pages: templates filled with views. Whatever comes from a text is escaped; nothing on a page runs or loads.

The content security policy allows one inline style, named by its hash, and images of the site itself; so even
markup that slipped through the escaping could neither run nor ask another host for anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Final

from jinja2 import Environment
from markupsafe import Markup

from canary.core.documents.layout import CHECKPOINT, FRONT, INDEX, STATUS
from canary.core.documents.roster import Roster
from canary.core.text.days import clock_in_words, day_in_words, last_good_day, moment_in_words
from canary.core.text.strict import encode_base64, sha256
from canary.core.text.times import format_time
from canary.flows.site.by_hand import commands, keyring_commands
from canary.flows.site.overview import Overview
from canary.flows.site.paper import Paper
from canary.flows.site.paths import (
    BADGE,
    CALENDAR,
    FEED,
    RELEASES_PAGE,
    ROSTERS_PAGE,
    File,
    paper_page,
    relative,
    release_page,
    statement_page,
)
from canary.flows.site.rosters import RosterRow
from canary.flows.site.stories import Story
from canary.flows.site.views import Edition
from canary.flows.templates import html_environment

_FILES: Final = tuple(File(name, name) for name in (FRONT, CHECKPOINT, STATUS, FEED, CALENDAR, BADGE))
_ELSEWHERE: Final = "elsewhere.html"
"""The page of a text that is printed, which is no page of the site."""


def index_page(view: Overview) -> bytes:
    """Returns the front page."""
    expiry = view.roster.schedule.expiry(view.first_window)
    files = [file for file in _FILES if view.count or file.path != FRONT]
    return _render(INDEX, INDEX, organisation=view.roster.organisation, view=view, first_expiry=expiry, files=files)


def releases_page(releases: Sequence[Edition], organisation: str) -> bytes:
    """Returns the page of all releases.

    Args:
        releases: every release, oldest first.
        organisation: whose canary it is, by the newest roster.
    """
    return _render("releases.html", RELEASES_PAGE, organisation=organisation, releases=releases[::-1])


def release_page_of(edition: Edition) -> bytes:
    """Returns the page of one release, which says the same however many releases follow."""
    return _render("release.html", edition.page, organisation=edition.roster.organisation, edition=edition)


def rosters_page(rosters: Sequence[RosterRow], roster: Roster) -> bytes:
    """Returns the page of all rosters.

    Args:
        rosters: every roster, newest first.
        roster: the newest one.
    """
    return _render("rosters.html", ROSTERS_PAGE, organisation=roster.organisation, rosters=rosters)


def statement_page_of(story: Story, organisation: str) -> bytes:
    """Returns the page of one statement, which stays as it is until a release changes the statement.

    Args:
        story: what became of it.
        organisation: whose canary it is, by the newest roster.
    """
    return _render("statement.html", statement_page(story.id), organisation=organisation, story=story)


def paper_page_of(paper: Paper, *, release: int | None = None) -> bytes:
    """Returns the page of a text that is made for paper: one document that holds everything it shows.

    Args:
        paper: what is printed.
        release: the release whose page on the site this is, to link back to it; None for a page that lies elsewhere.
    """
    page, back = _ELSEWHERE, None
    if release is not None:
        page, back = paper_page(release), File(paper.title, release_page(release))
    # The hash stands at the foot of every sheet, which only the style can put it on.
    styled = _styled("paper.css", sha256=paper.text_sha256)
    return _render("paper.html", page, styled, paper=paper, back=back)


def _render(template: str, page: str, styled: tuple[Markup, str] | None = None, **values: object) -> bytes:
    style, policy = styled or _style()
    html = (
        _environment()
        .get_template(template)
        .render(style=style, policy=policy, page=page, link=partial(relative, page=page), **values)
    )
    return html.encode()


@cache
def _style() -> tuple[Markup, str]:
    """Returns the style of every page that is no paper, and its policy."""
    return _styled("style.css")


def _styled(name: str, **values: str) -> tuple[Markup, str]:
    """Returns a style, and the policy that allows it alone."""
    style = _environment().get_template(name).render(**values)
    policy = [
        "default-src 'none'",
        f"style-src 'sha256-{encode_base64(sha256(style.encode()))}'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    # Our own file, and escaped quotes would be another style with another hash.
    return Markup(style), "; ".join(policy)  # noqa: S704


@cache
def _environment() -> Environment:
    environment = html_environment("canary.flows.site")
    environment.filters |= {
        "day": day_in_words,
        "moment": moment_in_words,
        "clock": clock_in_words,
        "last_good_day": last_good_day,
        "iso": format_time,
        "sentence": _sentence,
        "release_page": release_page,
        "statement_page": statement_page,
    }
    environment.globals |= {
        "feed": FEED,
        "calendar": CALENDAR,
        "badge": BADGE,
        "all_releases": RELEASES_PAGE,
        "all_rosters": ROSTERS_PAGE,
        "front": INDEX,
        "commands": commands,
        "keyring_commands": keyring_commands,
    }
    return environment


def _sentence(words: str) -> str:
    """Returns words that begin with a capital letter; the rest stays as it is."""
    return words[:1].upper() + words[1:]
