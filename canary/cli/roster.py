"""`canary roster`: drafts the next roster."""

from __future__ import annotations

from pathlib import Path

from canary.cli.app import App
from canary.cli.collect import still_to_sign
from canary.cli.key import describe
from canary.cli.session import Session, drop_attachments_of_no_release, open_session
from canary.cli.talk import say, say_next
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.documents.schedule import render_days
from canary.core.judging.changes import describe_schedule, roster_changes
from canary.core.signed.entry import NewerFormatError
from canary.core.text.strict import digest, hash_field
from canary.errors import MalformedError, RefusedError
from canary.flows.issue.affirming import outdated
from canary.flows.issue.drafting import left_out_before
from canary.flows.issue.due import first_window_remark
from canary.flows.issue.quorum import parse_draft
from canary.flows.issue.rostering import draft_roster, warnings


def roster(app: App, *, workspace: Path, replace: bool) -> None:
    """Does what `canary roster` says."""
    with open_session(app, workspace) as session:
        refuse_open_draft(session, replace=replace)
        keys = session.public_keys()
        keys.check_can_sign(session.config.signers.names)
        if keys.log is None:
            raise RefusedError("keys/log.vkey is missing", hint="Bring it back from version control.")
        drafted = draft_roster(session.history, session.config, keys.signers, keys.log, now=app.clock())
        left_out = left_out_by_open_draft(session)
        text = drafted.render()
        session.workspace.write_draft(text)
        drop_attachments_of_no_release(session)
        say(f"Roster {drafted.number} of {drafted.canary} is drafted. Its text is {hash_field(digest(text))}.")
        say_roster(drafted, session.history.roster)
        remark = first_window_remark(drafted.schedule, app.clock().date()) if session.history.roster is None else ""
        if remark:
            say(remark)
        if left_out:
            say(
                f"Warning: the draft that this one replaces left out {', '.join(left_out)}, and a roster cannot keep "
                "that. The next draft of a release takes them in again unless they are left out there too."
            )
        board = session.board()
        say_next(f"{still_to_sign(board)}; then canary publish" if board else "canary status")


def say_roster(drafted: Roster, before: Roster | None) -> None:
    """Prints who signs, when, and what is different from the roster before."""
    say(f"  organisation  {drafted.organisation}")
    for signer in drafted.signers:
        say(f"  signer        {signer.name}: {describe(signer)}")
    say(f"  threshold     {drafted.threshold} of {len(drafted.signers)}")
    say(f"  schedule      {describe_schedule(drafted)}, first window on {drafted.schedule.start}")
    say(f"  log key       {drafted.log.key_id.hex()}; keeps the log in order, has no authority")
    say(f"  anchor age    {_anchor_age(drafted)}")
    say(f"  witnesses     {_witnesses(drafted)}")
    if before is None:
        say("  This is roster 1: every signer in it must sign it, and its hash is what watchers pin.")
    else:
        told = [finding.message for finding in roster_changes(before, drafted)]
        for change in told + _quiet_changes(before, drafted):
            say(f"  changed       {change}")
        if not told:
            say("  Watchers are told of no change.")
    for warning in warnings(drafted):
        say(f"Warning: {warning}")


def _quiet_changes(before: Roster, drafted: Roster) -> list[str]:
    """Returns what a signer should know of and no watcher is told."""
    changes = []
    if before.organisation != drafted.organisation:
        changes.append(f"the organisation is called {drafted.organisation}, and was called {before.organisation}")
    if before.log != drafted.log:
        changes.append(f"the log key was {before.log.key_id.hex()}")
    for signer in drafted.signers:
        old = before.signer(signer.name)
        if old is not None and old.key == signer.key and old.certificate != signer.certificate:
            changes.append(f"the certificate of {signer.name} was renewed")
    if not (before.schedule.same_grid(drafted.schedule)):
        changes.append(f"the windows are counted from {drafted.schedule.start}, and were from {before.schedule.start}")
    if _witnesses(before) != _witnesses(drafted):
        changes.append(f"the witnesses were: {_witnesses(before)}")
    return changes


def _anchor_age(drafted: Roster) -> str:
    return "no rule" if drafted.anchor_age is None else f"at most {render_days(drafted.anchor_age)}"


def _witnesses(drafted: Roster) -> str:
    names = ", ".join(f"{each.name} (key id {each.key_id.hex()})" for each in drafted.witnesses) or "none"
    return f"{names}; {drafted.witness_quorum} must cosign"


def refuse_open_draft(session: Session, *, replace: bool) -> None:
    """Refuses to draft where a draft is open, unless it is to be replaced.

    Raises:
        RefusedError: a draft is open, or is in the log already and not quite published.
    """
    text = session.workspace.draft()
    if text is None:
        return
    if session.already_in_log(text):
        raise RefusedError("the last draft is not quite published yet", hint="Run 'canary publish' once more.")
    if not replace:
        told = _outdated(session, text)
        raise RefusedError(
            f"a draft is open already, and there is at most one{told and f'. {told}'}",
            hint="Look at it with 'canary status'; to begin again, add --replace (its signatures are then gone).",
        )


def left_out_by_open_draft(session: Session) -> tuple[str, ...]:
    """Returns what the open draft, which is replaced, leaves out: that never comes back by itself."""
    text = session.workspace.draft()
    if text is None:
        return ()
    try:
        content = parse_draft(text)
    except (MalformedError, NewerFormatError):
        say("The open draft cannot be read; what it left out has to be left out again with --without ID.")
        return ()
    return left_out_before(session.history, content) if isinstance(content, Release) else ()


def _outdated(session: Session, text: bytes) -> str:
    try:
        return outdated(session.history, parse_draft(text), session.app.clock())
    except MalformedError:
        return ""
