"""`canary unsign` and `canary merge`: the signatures of the open draft."""

from __future__ import annotations

from pathlib import Path

from canary.cli.app import App
from canary.cli.session import Session, open_session
from canary.cli.talk import say, say_next
from canary.core.signed.note import SignatureLine, parse_signature_line
from canary.core.signed.outcome import Outcome
from canary.core.signed.tally import check_signature
from canary.edges.disk.files import read_file
from canary.errors import MalformedError, RefusedError, WorkspaceError
from canary.flows.issue.quorum import Board
from canary.limits import ENTRY_BYTES

_WHAT_IT_HOLDS = "Give a file that holds signature lines, as draft/NAME.sig does."


def unsign(app: App, *, name: str, workspace: Path) -> None:
    """Does what `canary unsign` says."""
    with open_session(app, workspace) as session:
        _changeable(session)
        # Whatever the file holds: one that is broken has to go too.
        if name not in session.workspace.signature_names():
            open_draft(session).signer(name)
            raise RefusedError(f"{name} has not signed this draft")
        session.workspace.remove_signature(name)
        say(f"The signature of {name} is removed from the draft.")
        fault = session.draft_fault()
        if fault is None:
            say_who_is_missing(session)
        else:
            say(f"The draft is still broken: {fault.why}")
            say_next(fault.advice)


def merge(app: App, *, files: tuple[Path, ...], workspace: Path) -> None:
    """Does what `canary merge` says."""
    with open_session(app, workspace) as session:
        board = open_draft(session)
        found: dict[str, SignatureLine] = {}
        # Every line is checked before the first is written.
        for path in files:
            for line in _read_lines(path):
                found[_check(session, board, path, line)] = line
        session.workspace.write_signatures(found)
        say(f"Taken in: the signatures of {', '.join(found)}.")
        say_who_is_missing(session)


def open_draft(session: Session) -> Board:
    """Returns the draft that can still be signed.

    Raises:
        RefusedError: there is none, or it is in the log.
        MalformedError: it was changed by hand.
        RejectedError: it does not hold after what is published.
    """
    _changeable(session)
    board = session.board()
    if board is None:
        raise RefusedError("no draft is open")
    return board


def _changeable(session: Session) -> None:
    """Checks that a draft is open whose signatures can change."""
    text = session.workspace.draft()
    if text is None:
        raise RefusedError("no draft is open", hint="Make one with 'canary draft' (or 'canary roster').")
    if session.already_in_log(text):
        raise RefusedError(
            "this draft is in the log, and its signatures do not change any more",
            hint="Run 'canary publish' once more to finish.",
        )


def say_who_is_missing(session: Session) -> None:
    """Prints how far the draft is, and what to do next."""
    board = session.board()
    if board is None:
        return
    say(f"The draft {board.text_hash[:12]}…: {board.describe()}.")
    if board.met:
        say_next("canary publish")
    else:
        say_next(still_to_sign(board))


def still_to_sign(board: Board) -> str:
    """Returns the commands with which a draft that is not yet publishable comes further."""
    if board.bad:
        return f"canary unsign --as {board.bad[0]}: that signature is not over this draft"
    commands = [f"canary sign --as {name}" for name in board.missing]
    # A signer has one signature: the one that does not count has to go first.
    commands += [f"canary unsign --as {name} and canary sign --as {name}" for name in board.uncounted]
    lacking = min(board.lacking, len(commands))
    if lacking < len(commands):
        return f"{lacking} of these, each on that signer's machine: {', '.join(commands)}"
    if not commands:
        return "canary status"
    each = "each " if len(commands) > 1 else ""
    return f"{', '.join(commands)}, {each}on that signer's machine"


def _read_lines(path: Path) -> list[SignatureLine]:
    try:
        text = read_file(path, limit=ENTRY_BYTES).decode("utf-8")
        lines = text.removesuffix("\n").split("\n")
        return [parse_signature_line(line, number=number) for number, line in enumerate(lines, start=1)]
    except UnicodeDecodeError as error:
        raise MalformedError("not UTF-8", what=str(path), hint=_WHAT_IT_HOLDS) from error
    except MalformedError as error:
        raise MalformedError(error.rule, line=error.line, what=str(path), hint=_WHAT_IT_HOLDS) from error
    except WorkspaceError as error:
        raise WorkspaceError(error.what, hint=_WHAT_IT_HOLDS) from error


def _check(session: Session, board: Board, path: Path, line: SignatureLine) -> str:
    """Returns whose signature the line is, once it is known to count.

    Raises:
        RefusedError: it is nobody's who may sign, or would not count.
    """
    signer = next(
        (each for each in board.signers if (each.key.name, each.key.key_id) == (line.name, line.key_id)), None
    )
    if signer is None:
        raise RefusedError(f"{path}: the key {line.name} is no signer of this draft; nothing was taken in")
    checked = check_signature(
        signer, board.text, line.signature, issued=board.content.issued, verifier=session.verifier
    )
    if checked.outcome is not Outcome.GOOD:
        detail = f" ({checked.detail})" if checked.detail else ""
        raise RefusedError(
            f"{path}: the signature of {signer.name} does not count: {checked.outcome}{detail}; nothing was taken in",
            hint="Both machines must have the same draft: compare the hash that 'canary status' shows.",
        )
    return signer.name
