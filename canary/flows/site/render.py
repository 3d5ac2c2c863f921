"""The whole site of a canary, from its log: {path: bytes}. Design, section 4.

    index.html                       what a person reads
    canary.txt                       the newest release's entry; not there before the first release
    checkpoint, tile/…               the log, with the tiles and bundles of every size it ever had
    status.json                      the same facts for programs (canary.flows.site.status)
    feed.atom                        the newest releases and rosters (canary.flows.site.feed)
    calendar.ics                     the next window and its deadline (canary.flows.site.calendar)
    badge.svg                        the newest release on a few pixels (canary.flows.site.badge)
    releases/index.html              all releases
    releases/<n>/index.html          the release's page
    releases/<n>/print.html          the same text for paper
    releases/<n>/text.txt            exactly what was signed
    releases/<n>/entry.txt           the text and its signature lines: the leaf of the log
    releases/<n>/<signer>.asc        the OpenPGP signatures that count
    releases/<n>/files/<name>        its attachments
    statements/<id>/index.html       what became of a statement
    rosters/index.html               all rosters, what each changed, and who signed it
    rosters/<r>/text.txt, …          the same files as of a release
    keys/<signer>.vkey, .asc         the newest roster's keys; keys/log.vkey is the log's
    keys/roster-<r>/…                each roster's keys, so that old releases stay checkable
    evidence/<entry sha256>/<name>   timestamps over an entry
    .well-known/warrant-canary       the hint

A canary's base can have a path (`example.net/canary`), and the hint belongs at the root of the host (RFC 8615):
whoever uploads the site puts a copy of it there.

Every text here was admitted by `History`; the pages are views of those texts and of what the newest release's
timestamps come to. No clock is read, so one version of this program makes the same bytes of the same log and
timestamps. A page cannot know how late it is read: it says from which day on it is stale. A release's pages stay as
they are when the next release comes, and so does the page of a statement that it does not change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from canary.core.dating.evidence import Checkers
from canary.core.documents.hint import Hint
from canary.core.documents.layout import CHECKPOINT, FRONT, HINT, INDEX, STATUS
from canary.core.documents.roster import Roster
from canary.core.log.history import History
from canary.core.log.merkle import leaf_hash
from canary.core.log.tiles import log_files
from canary.core.text.strict import digest
from canary.errors import WorkspaceError
from canary.flows.site.badge import render_badge
from canary.flows.site.calendar import render_calendar
from canary.flows.site.feed import render_feed
from canary.flows.site.overview import overview
from canary.flows.site.pages import (
    index_page,
    paper_page_of,
    release_page_of,
    releases_page,
    rosters_page,
    statement_page_of,
)
from canary.flows.site.paper import paper_of_entry
from canary.flows.site.paths import BADGE, CALENDAR, FEED, RELEASES_PAGE, ROSTERS_PAGE, keys_folder, statement_page
from canary.flows.site.proofs import attachment_files, entry_files, evidence_files, key_files
from canary.flows.site.rosters import roster_rows
from canary.flows.site.status import render_status
from canary.flows.site.stories import stories
from canary.flows.site.views import Stamps, editions
from canary.flows.site.window import SigningWindow, signing_window

_NONE: Final[Stamps] = MappingProxyType({})


def render_site(
    history: History,
    *,
    checkpoint: bytes,
    attachments: Mapping[str, bytes],
    evidence: Stamps = _NONE,
    checkers: Checkers | None = None,
) -> dict[str, bytes]:
    """Returns every file of the site, by its path below the canary's base.

    Args:
        history: the log, with at least roster 1.
        checkpoint: the signed checkpoint over exactly this log; it is published as it is.
        attachments: the attachments of every release, by their SHA-256 in hexadecimal digits.
        evidence: timestamps, as (file name, bytes), by the SHA-256 of the entry that they are over.
        checkers: the ports that check the newest release's timestamps, by the ending of their files; None where
            nothing checks any.

    Raises:
        WorkspaceError: the log is empty.
        IntegrityError: an attachment is missing, or is not the file that was signed.
        MalformedError: a timestamp is not called plainly, like `0.tsr`.
    """
    roster = history.roster
    if roster is None:
        raise WorkspaceError("the log is empty: there is nothing to publish", hint="Sign roster 1 first.")
    entries = [admitted.entry.data for admitted in history.admitted]
    sizes = range(1, len(entries) + 1)
    files = log_files(entries, [leaf_hash(entry) for entry in entries], sizes=sizes)
    files[CHECKPOINT] = checkpoint
    files[HINT] = Hint(roster.canary, history.admitted[0].entry.text_hash).render()
    if history.newest is not None:
        files[FRONT] = history.newest.entry.data
    files |= key_files(roster, keys_folder())
    files |= entry_files(history)
    files |= attachment_files(history.releases(), attachments)
    files |= evidence_files(history, evidence)
    window = _window(history, evidence, checkers or {})
    files[STATUS] = render_status(history, roster, window)
    files.update(_pages(history, roster, evidence, window))
    return files


def _pages(
    history: History, roster: Roster, evidence: Stamps, window: SigningWindow | None
) -> Iterator[tuple[str, bytes]]:
    releases, rosters = editions(history, evidence), roster_rows(history, evidence)
    told = stories((each.release, each.changes) for each in releases)
    view = overview(history, roster, releases, told, window)
    yield INDEX, index_page(view)
    yield RELEASES_PAGE, releases_page(releases, roster.organisation)
    yield ROSTERS_PAGE, rosters_page(rosters, roster)
    for edition in releases:
        paper = paper_of_entry(history, history.admitted[edition.release.entry - 1])
        yield edition.page, release_page_of(edition)
        yield edition.paper, paper_page_of(paper, release=edition.release.number)
    for story in told:
        yield statement_page(story.id), statement_page_of(story, roster.organisation)
    yield FEED, render_feed(roster, releases, rosters)
    yield CALENDAR, render_calendar(history, roster)
    yield BADGE, render_badge(view)


def _window(history: History, evidence: Stamps, checkers: Checkers) -> SigningWindow | None:
    newest, release = history.newest, history.last_release
    if newest is None or release is None:
        return None
    return signing_window(newest, release, evidence.get(digest(newest.entry.data), ()), checkers)
