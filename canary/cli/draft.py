"""`canary draft`: drafts the next release."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click
from msgspec.structs import replace as with_changes

from canary.cli.anchors import fetch_anchors, read_anchors, say_anchors
from canary.cli.app import App
from canary.cli.collect import still_to_sign
from canary.cli.roster import left_out_by_open_draft, refuse_open_draft
from canary.cli.session import Session, drop_attachments_of_no_release, open_session
from canary.cli.showing import read_wordings, say_watchers
from canary.cli.talk import at_terminal, say, say_next
from canary.core.documents.release import Attachment, Release, check_words
from canary.core.log.history import History
from canary.core.signed.profile import check_text
from canary.core.text.names import check_attachment_name
from canary.core.text.strict import digest, hash_field
from canary.core.text.times import parse_date_range
from canary.edges.disk.files import read_file
from canary.edges.disk.half_merged import refuse_half_merged
from canary.errors import MalformedError, RefusedError
from canary.flows.issue.anchoring import check_anchors
from canary.flows.issue.drafting import (
    Wishes,
    Wordings,
    check_signed_wordings,
    draft_release,
    keep_left_out,
    newly_available,
)
from canary.limits import ATTACHMENT_BYTES, TEXT_BYTES


def draft(
    app: App,
    *,
    without: tuple[str, ...],
    add: tuple[str, ...],
    covers: str | None,
    attach: tuple[Path, ...],
    announce: Path | None,
    anchor_files: tuple[Path, ...],
    no_anchors: bool,
    correction: bool,
    final: bool,
    replace: bool,
    workspace: Path,
) -> None:
    """Does what `canary draft` says."""
    with open_session(app, workspace) as session:
        refuse_open_draft(session, replace=replace)
        given = read_anchors(anchor_files, none=no_anchors)
        wordings = read_wordings(session)
        check_signed_wordings(session.history, wordings)
        files = {path: read_file(path, limit=ATTACHMENT_BYTES) for path in attach}
        wishes = Wishes(
            without=without,
            add=add,
            covers=_covers(covers),
            attachments=[_attachment(path, data) for path, data in files.items()],
            announcements=None if announce is None else _announcements(announce),
            correction=correction,
            final=final,
        )
        left_out = left_out_by_open_draft(session)
        wishes = _ask_which(session.history, wordings, wishes, [name for name in left_out if name not in add])
        wishes = keep_left_out(wishes, left_out)
        # Before anybody else is asked for anything: whether there can be a release now.
        draft_release(session.history, wordings, wishes, now=app.clock())
        anchors = fetch_anchors(session) if given is None else given
        drafted = draft_release(session.history, wordings, with_changes(wishes, anchors=anchors), now=app.clock())
        check_anchors(session.history, drafted)
        text = drafted.render()
        if final:
            _confirm_final(session.history, text, drafted)
        session.workspace.write_draft(text, {digest(data): data for data in files.values()})
        drop_attachments_of_no_release(session, drafted)
        _tell(session, wordings, drafted, text)


def _confirm_final(history: History, text: bytes, drafted: Release) -> None:
    """On a terminal asks whether the canary shall end, with what watchers will see; in a script the flag is enough.

    Raises:
        RefusedError: it shall not.
    """
    if not at_terminal():
        return
    say_watchers(history, text, drafted)
    question = "Shall this be the last release of this canary, for ever? Nothing can follow it."
    if not click.confirm(question, default=False):
        raise RefusedError("nothing was drafted", hint="Draft without --final for a release that others follow.")


def _ask_which(history: History, wordings: Wordings, wishes: Wishes, left_out: Sequence[str]) -> Wishes:
    """On a terminal asks which statements to take, so that nothing need stand in a shell's history."""
    if history.last_release is None:
        return _ask_first(wordings, wishes)
    if left_out:
        say(f"Left out, as in the draft before: {', '.join(left_out)} (take one in again with --add ID).")
    if not at_terminal() or wishes.without:
        return wishes
    say("The last release says:")
    for statement in history.last_release.statements:
        if statement.id in left_out:
            continue
        say(f"  {statement.id}: {' '.join(statement.words.split())}")
    typed = click.prompt("Leave any out? Their ids, or Enter for none", default="", show_default=False)
    return with_changes(wishes, without=tuple(typed.replace(",", " ").split()))


def _ask_first(wordings: Wordings, wishes: Wishes) -> Wishes:
    """The first release takes every statement, once a person has seen the list."""
    if wishes.add:
        return wishes
    if not wordings:
        raise RefusedError("there are no statements yet", hint="Write the first one into statements/<id>/v1.txt.")
    if not at_terminal():
        raise RefusedError(
            "the first release takes every statement after a person has confirmed them, and nobody can be asked",
            hint=f"Name them: {' '.join(f'--add {name}' for name in sorted(wordings))}",
        )
    say("The first release will hold these statements:")
    for name in sorted(wordings):
        say(f"  {name}: {' '.join(wordings[name][max(wordings[name])].split())}")
    if not click.confirm("All of them?", default=False):
        raise RefusedError("nothing was drafted", hint="Name the statements to take with --add ID, once for each.")
    return with_changes(wishes, add=tuple(sorted(wordings)))


def _tell(session: Session, wordings: Wordings, drafted: Release, text: bytes) -> None:
    say(f"Release {drafted.number} of {drafted.canary} is drafted. Its text is {hash_field(digest(text))}.")
    say(f"  It is for the window that opened on {drafted.period}.")
    if drafted.next is None:
        say("  It is the LAST release of this canary: nothing can follow it.")
    else:
        say(f"  The next one is due from {drafted.next.opens} to {drafted.next.last}.")
    say_anchors(drafted)
    say_watchers(session.history, text, drafted)
    left = newly_available(session.history, wordings)
    waiting = [name for name in left if drafted.statement(name) is None]
    if waiting:
        say(f"  In statements/ and not in this draft: {', '.join(waiting)} (take one in with --add ID).")
    board = session.board()
    say_next(f"{still_to_sign(board)}; then canary publish" if board else "canary status")


def _covers(value: str | None) -> tuple[date, date] | None:
    try:
        return None if value is None else parse_date_range(value)
    except MalformedError as error:
        raise error.within("--covers") from error


def _attachment(path: Path, data: bytes) -> Attachment:
    try:
        return Attachment(check_attachment_name(path.name), digest(data), len(data))
    except MalformedError as error:
        raise error.within("--attach") from error


def _announcements(path: Path) -> str:
    try:
        data = read_file(path, limit=TEXT_BYTES)
        refuse_half_merged(path, data)
        words = check_text(data).removesuffix("\n")
        check_words(words)
    except MalformedError as error:
        raise error.within(str(path)) from error
    return words
