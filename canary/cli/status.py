"""`canary status`: what is due, who has signed. Its exit codes are for cron.

The JSON document, stable within `format` 1:

- `format`: 1. `canary`: its id. `exit_code`: 0 to 3; `level`: the same as a word, `nothing-to-do`, `due`, `pressing` or
  `cannot-tell`. `message`: one sentence for people. `next`: what to do next.
- `window`: the next window that nothing is published for, `opens` and `last`, or null; `deadline`: when the canary is
  stale without a release, or null.
- `draft`: null, or `kind` (`release` or `roster`), `number`, `text` (`sha256:…`), `issued`, `signed` and `missing`
  (signers' names), `publishable`, and `anchors`, each with `kind`, `outcome`, `time` (or null), `age_seconds` at
  `issued` (or null) and `words`.
- `expiring_keys`: warnings, one for each OpenPGP key that expires before the next two windows.

Where the tool itself fails, the document is that of `canary.cli.formats` instead.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from canary.cli.anchors import say_anchors
from canary.cli.app import App
from canary.cli.collect import still_to_sign
from canary.cli.formats import FORMAT, failures_in, nagios_line, print_json
from canary.cli.key import expires_too_soon
from canary.cli.outlook import look_ahead
from canary.cli.session import Fault, Session, open_session
from canary.cli.talk import say, say_next
from canary.core.dating.anchors import check_anchor
from canary.core.documents.release import Release
from canary.core.signed.kinds import Kind
from canary.core.text.strict import hash_field
from canary.core.text.times import format_time, midnight
from canary.edges.openpgp.openpgp_certificates import inspect_certificate
from canary.flows.issue.due import Due, Level
from canary.flows.issue.quorum import Board


def status(app: App, *, ahead: int, critical: int, output: str, as_json: bool, workspace: Path) -> int:
    """Does what `canary status` says. Returns the exit code."""
    output = "json" if as_json else output
    with failures_in(output), open_session(app, workspace, changes=False) as session:
        now = app.clock()
        outlook = look_ahead(session, ahead=ahead, critical=critical, now=now)
        due, board, fault = outlook.due, outlook.board, outlook.fault
        todo = _next(session, due, board, fault, behind=outlook.behind)
        keys = _expiring_keys(session, now)
        if output == "json":
            print_json(_document(session, due, board, keys, todo))
        elif output == "nagios":
            click.echo(nagios_line(due.level, _sentence(session, due, board, keys), _performance(due, now)))
        else:
            _tell(session, due, board, broken=fault is not None, keys=keys, todo=todo)
        return int(due.level)


def _tell(session: Session, due: Due, board: Board | None, *, broken: bool, keys: list[str], todo: str) -> None:
    say(f"{session.config.canary.id}: {due.message}.")
    if due.window and due.deadline:
        say(f"  window    {due.window.opens} to {due.window.last}, both included (UTC)")
        say(f"  deadline  {format_time(due.deadline)}: after that the canary is stale")
    if board is not None:
        say(f"  draft     {_kind(board)}, text {hash_field(board.text_hash)}, made {format_time(board.content.issued)}")
        if isinstance(board.content, Release):
            say_anchors(board.content)
        for signer in board.signers:
            checked = board.checked.get(signer.name)
            say(f"    {signer.name}: {checked.outcome if checked else 'has not signed'}")
        say(f"  signed    {board.describe()}")
    else:
        say(f"  draft     {'broken' if broken else 'none is open'}")
    for warning in keys:
        say(f"Warning: {warning}")
    say_next(todo)


def _next(session: Session, due: Due, board: Board | None, fault: Fault | None, *, behind: bool) -> str:
    if fault is not None:
        return f"{fault.advice}; then canary publish, to finish what was interrupted" if behind else fault.advice
    if behind:
        return "canary publish, to finish what was interrupted"
    if board is not None:
        return "canary publish" if board.met else still_to_sign(board)
    if session.history.roster is None:
        return "canary roster"
    if due.level is Level.NOTHING_TO_DO:
        return f"nothing until {due.window.opens}" if due.window else "nothing: this canary has ended"
    early = due.window is not None and session.app.clock() < midnight(due.window.opens)
    return "canary draft, once the window is open" if early else "canary draft"


def _sentence(session: Session, due: Due, board: Board | None, keys: list[str]) -> str:
    draft = [] if board is None else [f"draft: {board.describe()}"]
    return "; ".join([f"{session.config.canary.id}: {due.message}", *draft, *keys])


def _performance(due: Due, now: datetime) -> dict[str, str]:
    if due.window is None or due.deadline is None:
        return {}
    return {
        "days_to_window_end": str((due.window.over - now).days),
        "days_to_deadline": str((due.deadline - now).days),
    }


def _document(session: Session, due: Due, board: Board | None, keys: list[str], todo: str) -> dict[str, Any]:
    window = None
    if due.window is not None:
        window = {"opens": due.window.opens.isoformat(), "last": due.window.last.isoformat()}
    draft = None
    if board is not None:
        draft = {
            "kind": "release" if isinstance(board.content, Release) else "roster",
            "number": board.content.number,
            "text": hash_field(board.text_hash),
            "issued": format_time(board.content.issued),
            "signed": list(board.signed),
            "missing": list(board.missing),
            "publishable": board.met,
            "anchors": _anchors(board.content) if isinstance(board.content, Release) else [],
        }
    return {
        "format": FORMAT,
        "canary": session.config.canary.id,
        "exit_code": int(due.level),
        "level": due.level.name.lower().replace("_", "-"),
        "message": due.message,
        "window": window,
        "deadline": format_time(due.deadline) if due.deadline else None,
        "draft": draft,
        "expiring_keys": keys,
        "next": todo,
    }


def _anchors(release: Release) -> list[dict[str, Any]]:
    found = []
    for checked in map(check_anchor, release.anchors):
        moment = checked.moment
        found.append(
            {
                "kind": checked.anchor.kind,
                "outcome": checked.outcome.value,
                "time": format_time(moment) if moment else None,
                "age_seconds": int((release.issued - moment).total_seconds()) if moment else None,
                "words": checked.words,
            }
        )
    return found


def _expiring_keys(session: Session, now: datetime) -> list[str]:
    """Returns a warning for each certificate of the published roster that expires before two more windows."""
    roster = session.history.roster
    warnings: list[str] = []
    for signer in roster.signers if roster else ():
        if roster is None or signer.kind is not Kind.OPENPGP:
            continue
        certificate = inspect_certificate(signer.certificate, at=now)
        if expires_too_soon(certificate, roster.schedule, session.history, now):
            warnings.append(
                f"the OpenPGP key of {signer.name} expires on {certificate.expires:%Y-%m-%d}; extend it, run "
                f"'canary key openpgp {signer.name} …' again, and publish a new roster"
            )
    return warnings


def _kind(board: Board) -> str:
    word = "release" if isinstance(board.content, Release) else "roster"
    return f"{word} {board.content.number}"
