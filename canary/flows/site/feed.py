"""`feed.atom`: the newest releases and rosters for feed readers (RFC 4287). It is a view, and proves nothing.

An entry's id is the address of what it tells of, which never changes, so a reader shows each once. The feed holds the
newest entries alone and so does not grow with the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from canary.core.documents.roster import Roster
from canary.core.signed.entry import Text
from canary.core.text.days import day_in_words, last_good_day
from canary.core.text.times import format_time
from canary.flows.site.paths import FEED, ROSTERS_PAGE, roster_folder
from canary.flows.site.rosters import RosterRow
from canary.flows.site.views import Edition

_ATOM: Final = "http://www.w3.org/2005/Atom"
_ENTRIES: Final = 30


def render_feed(roster: Roster, releases: Sequence[Edition], rosters: Sequence[RosterRow]) -> bytes:
    """Returns the feed.

    Args:
        roster: the newest roster.
        releases: every release, oldest first.
        rosters: every roster, newest first; at least one.
    """
    base = f"https://{roster.canary}/"
    both: list[Edition | RosterRow] = [*releases[-_ENTRIES:], *rosters[:_ENTRIES]]
    told = sorted(both, key=_entry_number, reverse=True)[:_ENTRIES]
    newest = told[0]
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(feed, "id", base)
    _add(feed, "title", f"Warrant canary of {roster.organisation}")
    _add(feed, "updated", format_time(_text(newest).issued))
    _add(_add(feed, "author"), "name", roster.organisation)
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{base}{FEED}")
    _add(feed, "link", rel="alternate", type="text/html", href=base)
    for each in told:
        _entry(feed, each, base)
    ET.indent(feed, space="")
    rendered: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return rendered + b"\n"


def _entry(feed: ET.Element, told: Edition | RosterRow, base: str) -> None:
    entry = _add(feed, "entry")
    if isinstance(told, Edition):
        title, identity, page = _title(told), f"releases/{told.release.number}/", told.page
        summary = _release_summary(told)
    else:
        title, number = f"Roster {told.roster.number}: who signs, and when", told.roster.number
        identity, page = f"{roster_folder(number)}/", f"{ROSTERS_PAGE}#roster-{number}"
        summary = " ".join(told.changes or ("The first list of signers.",))
    issued = format_time(_text(told).issued)
    _add(entry, "id", f"{base}{identity}")
    _add(entry, "title", title)
    _add(entry, "published", issued)
    _add(entry, "updated", issued)
    _add(entry, "link", rel="alternate", type="text/html", href=f"{base}{page}")
    _add(entry, "summary", summary)


def _title(edition: Edition) -> str:
    kinds = Counter(change.kind for change in edition.changes) if edition.before else Counter()
    told = [f"{kinds[kind]} {kind}" for kind in ("withdrawn", "reworded", "reinstated", "added") if kinds[kind]]
    last = ", the last one" if edition.release.final else ""
    return f"Release {edition.release.number}{last}" + (f": {', '.join(told)}" if told else "")


def _release_summary(edition: Edition) -> str:
    release = edition.release
    said = [f"{edition.signed} of {len(edition.signers)} signed; {edition.threshold} needed."]
    if edition.before is not None:
        changes = [f"{change.id} {change.kind}" for change in edition.changes]
        said.append(
            f"Since release {edition.before.number}: {', '.join(changes) or 'every statement stands as it was'}."
        )
        said += edition.roster_changes
    if release.next is None or release.expires is None:
        said.append("No other release will follow.")
    else:
        said.append(
            f"The next release is due from {day_in_words(release.next.opens)} to {day_in_words(release.next.last)}."
        )
        said.append(f"Later than {day_in_words(last_good_day(release.expires))} (UTC), this one is stale.")
    return " ".join(said)


def _text(told: Edition | RosterRow) -> Text:
    return told.release if isinstance(told, Edition) else told.roster


def _entry_number(told: Edition | RosterRow) -> int:
    return _text(told).entry


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element
