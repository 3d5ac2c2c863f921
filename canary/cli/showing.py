"""What a signer is shown of a draft: every field that was parsed, what watchers will see, and the exact text.

Nothing is signed that a person cannot read, so nothing of the text is left out here; only a roster's certificates,
which nobody can read, are shown by their hash.
"""

from __future__ import annotations

import click

from canary.cli.anchors import say_anchors
from canary.cli.roster import say_roster
from canary.cli.session import Session
from canary.cli.talk import say
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.judging.findings import Cause, Status
from canary.core.log.history import History
from canary.core.signed.entry import Text
from canary.core.text.strict import decode_base64, digest, hash_field
from canary.core.text.times import format_time
from canary.errors import MalformedError
from canary.flows.issue.affirming import foreseen
from canary.flows.issue.drafting import Wordings
from canary.flows.issue.quorum import Board

_HOW_TO_SAVE = (
    "Save it as UTF-8 without a byte order mark, with Unix line ends, also at the end, and no blanks at line ends."
)
_CERTIFICATE = "certificate: "
_SHORT = 24


def read_wordings(session: Session) -> Wordings:
    """Returns the statement files.

    Raises:
        WorkspaceError: one is misnamed or cannot be read.
        MalformedError: a text cannot be; says how to save it.
    """
    try:
        return session.workspace.wordings()
    except MalformedError as error:
        if error.hint or not error.source.startswith("statements/"):
            raise
        raise MalformedError(error.rule, line=error.line, what=error.source, hint=_HOW_TO_SAVE) from error


def say_draft(session: Session, board: Board) -> None:
    """Prints what the draft was parsed as, field by field, and who has signed it."""
    content = board.content
    if isinstance(content, Release):
        _say_release(session.history, board, content)
    else:
        say(f"Roster {content.number} of {content.canary}: who may sign from now on.")
        say_place(content)
        say_roster(content, session.history.roster)
    if board.signed:
        say(f"  Signed so far by {', '.join(board.signed)}.")
    if board.bad:
        say(f"Warning: the signature of {', '.join(board.bad)} is not over this draft. Find out who changed what.")


def say_place(content: Text) -> None:
    """Prints where in the log a text stands, and of when it is."""
    say(f"  It is dated {format_time(content.issued)}.")
    before = f"after the text {hash_field(content.previous)}" if content.previous else "and nothing comes before it"
    say(f"  It is entry {content.entry} of the log, {before}.")


def say_watchers(history: History, text: bytes, drafted: Release) -> None:
    """Prints what watchers will be told of a release, by their own rules, and the status that they will see."""
    last = history.last_release
    findings = foreseen(history, text)
    for finding in findings:
        say(f"  changed: {finding.code.spelling}: {finding.message}")
    if last is None:
        say("  This is the first release; nothing was said before.")
    elif {each.label for each in last.statements} == {each.label for each in drafted.statements}:
        say(f"  The statements are word for word those of release {last.number}.")
    weightiest = min((each.cause for each in findings if each.cause is not None), default=Cause.FINE)
    if drafted.final:
        weightiest = min(weightiest, Cause.RETIRED)
    if weightiest is Cause.WITHDRAWN:
        word = f"{Status.WITHDRAWN}, and not {Status.RETIRED}" if drafted.final else Status.WITHDRAWN.value
        say(f"  Watchers will see {word}. That cannot be undone.")
    elif weightiest is not Cause.FINE:
        say(f"  Watchers will see {weightiest.status}.")


def say_exact_text(text: bytes, content: Text) -> None:
    """Prints the exact lines of a text that no question has shown: all of a roster's, a release's header."""
    click.echo("\nThe exact lines of the text:\n" if isinstance(content, Roster) else "\nThe text begins exactly so:\n")
    for line in text.decode().removesuffix("\n").split("\n"):
        if not line:
            break
        # Not wrapped: these are the lines as they are signed.
        click.echo(f"    {_shortened(line) if isinstance(content, Roster) else line}")


def _say_release(history: History, board: Board, release: Release) -> None:
    last = " This is the LAST release." if release.final else ""
    say(f"Release {release.number} of {release.canary}, for the window that opened on {release.period}.{last}")
    say_place(release)
    if release.next is not None and release.expires is not None:
        say(f"  The next one is due from {release.next.opens} to {release.next.last}.")
        say(f"  If none comes, this canary is stale from {format_time(release.expires)}.")
    say_watchers(history, board.text, release)
    if release.covers:
        say(f"  It covers {release.covers[0]} to {release.covers[1]}.")
    say_anchors(release)
    for attachment in release.attachments:
        say(f"  Published with it: {attachment.name}, {attachment.size:,} bytes, sha256 {attachment.sha256}")
    if history.roster is not None:
        names = ", ".join(signer.name for signer in board.signers)
        say(f"  {history.roster.organisation} speaks, once {history.roster.threshold} of these have signed: {names}.")


def _shortened(line: str) -> str:
    """Returns a roster's line; a certificate with the hash of its bytes in the place of most of them."""
    if not line.startswith(_CERTIFICATE):
        return line
    name, _, encoded = line.removeprefix(_CERTIFICATE).partition(" ")
    data = decode_base64(encoded)
    return f"{_CERTIFICATE}{name} {encoded[:_SHORT]}… ({len(data):,} bytes, {hash_field(digest(data))})"
