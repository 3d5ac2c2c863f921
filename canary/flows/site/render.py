"""The whole site of a canary, from its log: {path: bytes}. Design, section 4.

    index.html                       what a person reads
    canary.txt                       the newest release's entry; not there before the first release
    checkpoint, tile/…               the log, with the tiles and bundles of every size it ever had
    status.json                      the same facts for programs (canary.flows.site.status)
    releases/<n>/index.html          the release's page
    releases/<n>/text.txt            exactly what was signed
    releases/<n>/entry.txt           the text and its signature lines: the leaf of the log
    releases/<n>/<signer>.asc        the OpenPGP signatures that count
    releases/<n>/files/<name>        its attachments
    rosters/<r>/text.txt, …          the same for each roster
    keys/<signer>.vkey, .asc         the newest roster's keys; keys/log.vkey is the log's
    keys/roster-<r>/…                each roster's keys, so that old releases stay checkable
    evidence/<entry sha256>/<name>   timestamps over an entry
    .well-known/warrant-canary       the hint

A canary's base can have a path (`example.net/canary`), and the hint belongs at the root of the host (RFC 8615):
whoever uploads the site puts a copy of it there.

Every text here was admitted by `History`; the pages are views of those texts and of what the newest release's
timestamps come to. No clock is read, so one version of this program makes the same bytes of the same log and
timestamps. A page cannot know how late it is read: it says from which day on it is stale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from canary.core.evidence import Checkers
from canary.core.hint import Hint
from canary.core.history import History
from canary.core.layout import CHECKPOINT, FRONT, HINT, INDEX, STATUS
from canary.core.merkle import leaf_hash
from canary.core.strict import digest
from canary.core.tiles import log_files
from canary.errors import WorkspaceError
from canary.flows.site.pages import index_page, release_page
from canary.flows.site.paths import keys_folder
from canary.flows.site.proofs import attachment_files, entry_files, evidence_files, key_files
from canary.flows.site.status import render_status
from canary.flows.site.views import editions, roster_rows
from canary.flows.site.window import SigningWindow, signing_window

_NONE: Final[Mapping[str, Sequence[tuple[str, bytes]]]] = MappingProxyType({})


def render_site(
    history: History,
    *,
    checkpoint: bytes,
    attachments: Mapping[str, bytes],
    evidence: Mapping[str, Sequence[tuple[str, bytes]]] = _NONE,
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
    releases = editions(history, evidence)
    files[INDEX] = index_page(history.admitted[0], roster, releases, roster_rows(history, evidence), window)
    for edition in releases:
        own = window if edition.after is None else None
        files[edition.page] = release_page(edition, releases[-1], roster.organisation, own)
    return files


def _window(
    history: History, evidence: Mapping[str, Sequence[tuple[str, bytes]]], checkers: Checkers
) -> SigningWindow | None:
    newest, release = history.newest, history.last_release
    if newest is None or release is None:
        return None
    return signing_window(newest, release, evidence.get(digest(newest.entry.data), ()), checkers)
