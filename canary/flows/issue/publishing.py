"""Publishing, in an order that a crash at any point leaves whole.

1. The entry's final bytes are written beside the draft and synced.
2. The log key signs a checkpoint over the log with that entry, and the site is rendered in memory.
3. The watcher's verification runs over the rendered bytes. An alarm of the integrity axis refuses the entry.
4. The site is laid out beside the published one: whatever takes room on the disk is done.
5. The entry is renamed into the log.
6. Timestamp authorities and calendars are asked for timestamps over it, in bounded time. Where some come, the site is
   rendered, verified and laid out once more, with them.
7. The site is put in its place, and the draft is removed.

Nothing has left the machine before the rename, and at step 6 the entry's hash only. Whatever stops it earlier, a
person's Ctrl-C too, removes the final bytes, and the draft can be signed as before; those that a killed run left count
only as long as they are what the draft and its signatures make. From the rename on the entry never changes, whatever
stops the asking puts the site of step 4 in its place, and running the same again finishes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from canary.core.dating.evidence import Checkers
from canary.core.documents.layout import CHECKPOINT, evidence_folder
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.documents.schedule import Window
from canary.core.judging.changes import changes_since
from canary.core.judging.fetched import Fetched
from canary.core.judging.findings import Axis, Cause, Finding, Severity
from canary.core.judging.question import Question
from canary.core.judging.verdict import Verdict
from canary.core.log.checkpoint import Checkpoint, parse_signed_checkpoint
from canary.core.log.history import History
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.signed.entry import Entry
from canary.core.signed.note import Note, SignatureLine
from canary.core.signed.outcome import OpenPGPVerifier
from canary.core.text.strict import digest
from canary.errors import CanaryError, FetchError, IntegrityError, MalformedError, RefusedError, SigningError
from canary.flows.issue.quorum import Board
from canary.flows.site.render import render_site
from canary.flows.watch.verify import verify_site

if TYPE_CHECKING:
    # Only who asks for timestamps loads what that takes.
    from canary.flows.issue.timestamping import Timestamped, Timestamping

SignLog = Callable[[bytes, Roster, Roster | None], Sequence[SignatureLine]]
"""Signs a checkpoint's text with the log key of a roster, and with that of the roster before if it is replaced."""


class Shelf(Protocol):
    """The port to the publisher's folder, as far as publishing changes it."""

    def frozen_entry(self) -> bytes | None:
        """Returns the final bytes of the entry that is being published, if any."""

    def freeze_entry(self, data: bytes) -> None:
        """Writes them, synced."""

    def drop_frozen_entry(self) -> None:
        """Removes them."""

    def append_frozen_entry(self, number: int) -> None:
        """Makes them entry `number` of the log, in one step."""

    def remove_draft(self) -> None:
        """Removes the draft with its signatures."""

    def attachment(self, sha256: str) -> bytes:
        """Returns an attachment's bytes."""

    def evidence(self, entry_sha256: str) -> Sequence[tuple[str, bytes]]:
        """Returns the timestamps over an entry, by file name."""

    def published(self, path: str) -> bytes | None:
        """Returns a file of the site that is published now."""

    def check_site_place(self) -> None:
        """Checks that a site can be put in the place of the published one."""

    def laid_out_site(self, files: Mapping[str, bytes]) -> AbstractContextManager[Callable[[], None]]:
        """Lays a whole site out, and yields what puts it in the place of the published one, in one step."""


class Published(msgspec.Struct, frozen=True):
    """What publishing came to.

    Attributes:
        history: the log as it is now.
        entry: the newest entry of it.
        appended: whether this run appended it.
        verdict: the watcher's verdict over the rendered site, under the pin.
        notices: what watchers will be told: a withdrawal, say.
        seen_before: what besides is told to those who have looked before; who only has the pin compares with an
            earlier period, and so does not learn of what this one said for a while.
        missed: the window that the newest entry was due in, if it is a release that came after it.
        timestamped: what asking for timestamps over the newest entry came to; None where nobody is asked.
    """

    history: History
    entry: Entry
    appended: bool
    verdict: Verdict
    notices: tuple[Finding, ...]
    seen_before: tuple[Finding, ...]
    missed: Window | None
    timestamped: Timestamped | None


def publish(
    shelf: Shelf,
    history: History,
    board: Board | None,
    sign_log: SignLog,
    verifier: OpenPGPVerifier,
    *,
    now: datetime,
    asking: Timestamping | None = None,
    checkers: Checkers | None = None,
) -> Published:
    """Publishes the open draft, or finishes or repeats what was published last.

    Args:
        shelf: the publisher's folder.
        history: the log so far.
        board: the open draft with its signatures; None where there is none, or where it is in the log already.
        sign_log: signs the checkpoint.
        verifier: the port to OpenPGP.
        now: the publisher's clock.
        asking: what asking for timestamps takes; None where nobody is asked.
        checkers: what a watcher checks timestamps with; None where nothing checks any.

    Raises:
        RefusedError: not enough have signed, or there is nothing to publish.
        IntegrityError: watchers would raise an alarm; nothing was changed.
    """
    shelf.check_site_place()
    shown = check_published_prefix(shelf, history)
    appended = board is not None
    if board is not None:
        frozen = shelf.frozen_entry()
        if not board.met:
            if frozen is not None:
                shelf.drop_frozen_entry()
            told = ""
            if history.admitted and shown != len(history.admitted):
                told = _rebuild(shelf, history, sign_log, verifier, checkers, now=now)
            raise _refusal(board, told)
        try:
            data = _freeze(shelf, board, frozen)
            history = history.copy()
            history.append(data, verifier)
            checkpoint = _checkpoint(history, sign_log)
            files, verdict = _render_and_verify(shelf, history, checkpoint, verifier, checkers, now=now)
            with shelf.laid_out_site(files) as show:
                shelf.append_frozen_entry(len(history.admitted))
                try:
                    timestamped = _ask(asking, history)
                except BaseException:
                    show()
                    raise
                if not (timestamped and timestamped.changed):
                    show()
        except BaseException:
            # Nothing has left this machine yet: the final bytes go (unless they are in the log already), and the
            # draft stands as before.
            shelf.drop_frozen_entry()
            raise
        if timestamped and timestamped.changed:
            files, verdict = _render_and_verify(shelf, history, checkpoint, verifier, checkers, now=now)
            _swap(shelf, files)
    elif history.admitted:
        checkpoint = _checkpoint(history, sign_log)
        timestamped = _ask(asking, history)
        files, verdict = _render_and_verify(shelf, history, checkpoint, verifier, checkers, now=now)
        _swap(shelf, files)
    else:
        raise RefusedError("there is nothing to publish yet", hint="Draft a roster with 'canary roster'.")
    shelf.remove_draft()
    entry = history.admitted[-1].entry
    missed = _missed_window(history, now if appended else entry.content.issued)
    notices = _worth_naming(verdict.findings)
    seen_before = _worth_naming(changes_since(history, len(history.admitted) - 1))
    named = {finding.key for finding in notices}
    besides = tuple(finding for finding in seen_before if finding.key not in named)
    return Published(history, entry, appended, verdict, notices, besides, missed, timestamped)


def _ask(asking: Timestamping | None, history: History) -> Timestamped | None:
    *before, newest = [admitted.entry for admitted in history.admitted]
    return asking.ask([newest], before=before) if asking else None


def _freeze(shelf: Shelf, board: Board, frozen: bytes | None) -> bytes:
    """Returns the entry's final bytes, written and synced; those of a killed run if they are the same."""
    data = board.entry()
    if frozen == data:
        return data
    if frozen is not None:
        shelf.drop_frozen_entry()
    shelf.freeze_entry(data)
    return data


def _refusal(board: Board, told: str) -> CanaryError:
    """Returns why a draft is not published; `told` says what was done all the same."""
    if board.bad:
        names = ", ".join(board.bad)
        return IntegrityError(
            f"the signature of {names} is not over this draft{told}",
            hint=f"Find out who changed what; then run 'canary unsign --as {board.bad[0]}' and sign again.",
        )
    anew = (f"{name} anew" for name in board.uncounted)
    return RefusedError(
        f"not enough have signed: {board.describe()}{told}",
        hint=f"Still to sign: {', '.join([*board.missing, *anew]) or 'nobody'}.",
    )


def _rebuild(
    shelf: Shelf,
    history: History,
    sign_log: SignLog,
    verifier: OpenPGPVerifier,
    checkers: Checkers | None,
    *,
    now: datetime,
) -> str:
    """Puts the log's own site in its place, without the open draft; returns how a sentence about it goes on."""
    try:
        checkpoint = _checkpoint(history, sign_log)
    except SigningError as error:  # a signer's own machine has no log key, and no use for a site
        return f"; the site is not that of the log, and cannot be rebuilt here: {error.what}"
    files, _ = _render_and_verify(shelf, history, checkpoint, verifier, checkers, now=now)
    _swap(shelf, files)
    return "; the site was rebuilt from the log, without the draft"


def _swap(shelf: Shelf, files: Mapping[str, bytes]) -> None:
    with shelf.laid_out_site(files) as show:
        show()


def add_timestamps(
    shelf: Shelf, history: History, verifier: OpenPGPVerifier, *, now: datetime, checkers: Checkers | None = None
) -> bool:
    """Puts timestamps that came later onto the published site, under the checkpoint that it has.

    Args:
        shelf: the publisher's folder.
        history: the log.
        verifier: the port to OpenPGP.
        now: the publisher's clock.
        checkers: what a watcher checks timestamps with; None where nothing checks any.

    Returns:
        Whether the site was changed. It is not where it has them all, and where there is no site of the whole log: then
        the next `publish` puts them on it.

    Raises:
        IntegrityError: watchers would raise an alarm; nothing was changed.
    """
    shelf.check_site_place()
    checkpoint = shelf.published(CHECKPOINT)
    if checkpoint is None or check_published_prefix(shelf, history) != len(history.admitted):
        return False
    kept = (
        (f"{evidence_folder(hashed)}/{name}", data)
        for hashed in (digest(admitted.entry.data) for admitted in history.admitted)
        for name, data in shelf.evidence(hashed)
    )
    if all(shelf.published(path) == data for path, data in kept):
        return False
    files, _ = _render_and_verify(shelf, history, checkpoint, verifier, checkers, now=now)
    _swap(shelf, files)
    return True


def _render_and_verify(
    shelf: Shelf,
    history: History,
    checkpoint: bytes,
    verifier: OpenPGPVerifier,
    checkers: Checkers | None,
    *,
    now: datetime,
) -> tuple[dict[str, bytes], Verdict]:
    entries = [admitted.entry for admitted in history.admitted]
    attachments = {
        each.sha256: shelf.attachment(each.sha256) for release in history.releases() for each in release.attachments
    }
    evidence = {hashed: shelf.evidence(hashed) for hashed in (digest(entry.data) for entry in entries)}
    files = render_site(history, checkpoint=checkpoint, attachments=attachments, evidence=evidence, checkers=checkers)
    question = Question(now=now, pin=entries[0].text_hash)
    verdict = verify_site(RenderedSite(files), question, verifier, checkers).verdict
    if verdict.axes[Axis.INTEGRITY] is Severity.ALARM or verdict.cause in (Cause.INVALID, Cause.UNDECIDED):
        reasons = "; ".join(finding.message for finding in verdict.deciding())
        raise IntegrityError(
            f"watchers would not accept this: {reasons}", hint="Nothing was published and nothing was changed."
        )
    return files, verdict


def _checkpoint(history: History, sign_log: SignLog) -> bytes:
    newest = _rosters(history)
    leaves = [leaf_hash(admitted.entry.data) for admitted in history.admitted]
    text = Checkpoint(newest[-1].canary, len(leaves), root_hash(leaves)).render()
    before = newest[-2] if len(newest) > 1 else None
    return Note(text, tuple(sign_log(text, newest[-1], before))).render()


def _rosters(history: History) -> list[Roster]:
    return [each.entry.content for each in history.admitted if isinstance(each.entry.content, Roster)]


def check_published_prefix(shelf: Shelf, history: History) -> int | None:
    """Returns how many entries the published site shows; None where there is no site, or none that says so.

    Raises:
        IntegrityError: the log no longer begins with what was published: every watcher would see a fork.
    """
    published = shelf.published(CHECKPOINT)
    if published is None:
        return None
    try:
        checkpoint = parse_signed_checkpoint(published).checkpoint
    except MalformedError:
        return None
    leaves = [leaf_hash(admitted.entry.data) for admitted in history.admitted]
    if checkpoint.size > len(leaves) or root_hash(leaves[: checkpoint.size]) != checkpoint.root:
        raise IntegrityError(
            f"log/ no longer holds the {checkpoint.size} entries that were published",
            hint="Bring the files in log/ back from version control; published entries never change.",
        )
    return checkpoint.size


def _missed_window(history: History, moment: datetime) -> Window | None:
    """Returns the window that the release before the newest entry promised, if it was over when this one came."""
    releases = history.releases()
    if not isinstance(history.admitted[-1].entry.content, Release) or len(releases) == 1:
        return None
    promised = releases[-2].next
    return promised if promised is not None and moment >= promised.over else None


def _worth_naming(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(each for each in findings if each.severity in (Severity.WARNING, Severity.ALARM))


class RenderedSite(msgspec.Struct, frozen=True):
    """A rendered site as a watcher's source, so that publisher and watcher take the same path."""

    files: Mapping[str, bytes]

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:  # noqa: ARG002  # no caches here
        """Returns a file; 404 where there is none.

        Raises:
            FetchError: the file has more than `limit` bytes.
        """
        body = self.files.get(path)
        if body is None:
            return Fetched(404, b"", None)
        if len(body) > limit:
            raise FetchError(f"{path} has more than {limit:,} bytes")
        return Fetched(200, body, None)

    def describe(self) -> str:
        """Returns what it is, for messages."""
        return "the rendered site"
