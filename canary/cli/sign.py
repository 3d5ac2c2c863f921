"""`canary sign`: the ceremony."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from canary.cli.app import App
from canary.cli.collect import open_draft, say_who_is_missing
from canary.cli.session import Session, open_session
from canary.cli.showing import read_wordings, say_draft, say_exact_text
from canary.cli.talk import ask_passphrase, at_terminal, forget_what_was_typed, passphrase_from, say
from canary.core.documents.release import Release
from canary.core.documents.roster import RosterSigner
from canary.core.judging.findings import Status
from canary.core.signed.kinds import Kind, ed25519_vkey, fingerprint_of
from canary.core.signed.note import SignatureLine
from canary.core.signed.outcome import Outcome
from canary.core.signed.tally import check_signature
from canary.core.text.strict import hash_field
from canary.core.text.times import format_time
from canary.edges.keys.ed25519_keys import Ed25519FileSigner
from canary.edges.keys.private_keys import key_folder, require, signer_key_path
from canary.edges.keys.signers import Signer
from canary.edges.openpgp.openpgp_signer import GpgSigner
from canary.errors import IntegrityError, RefusedError, SigningError
from canary.flows.issue.affirming import NOT_AFFIRMED, check_affirmed, outdated, what_then
from canary.flows.issue.anchoring import check_anchors
from canary.flows.issue.drafting import check_words_on_file
from canary.flows.issue.quorum import Board

_MAKE_ANEW = "Make a new one with canary draft --replace."


def sign(
    app: App,
    *,
    name: str,
    affirm: tuple[str, ...],
    text_hash: str | None,
    passphrase_file: Path | None,
    key_dir: Path | None,
    workspace: Path,
) -> None:
    """Does what `canary sign` says."""
    with open_session(app, workspace) as session:
        board = open_draft(session)
        signer = board.signer(name)
        if name in board.lines:
            raise RefusedError(
                f"{name} has signed this draft already", hint=f"To take it back: canary unsign --as {name}"
            )
        asked = not affirm and text_hash is None
        if asked and not at_terminal():
            raise RefusedError(
                "signing asks about each statement, and nobody can be asked here",
                hint="Run it in a terminal; a script gives --affirm ID@vN for each statement and --text sha256:….",
            )
        content = board.content
        if isinstance(content, Release):
            check_words_on_file(content, read_wordings(session))
            check_anchors(session.history, content)
        _check_still_makes_sense(session, board)
        open_key = _open_signer(session, signer, key_folder(key_dir, session.workspace.root), passphrase_file)
        say_draft(session, board)
        if asked:
            _ceremony(board, name)
        else:
            check_affirmed(board, affirm, text_hash)
        line = _signed(session, board, signer, open_key())
        session.workspace.write_signatures({name: line})
        say(f"Signed by {name}.")
        say_who_is_missing(session)


def _check_still_makes_sense(session: Session, board: Board) -> None:
    """Warns of a draft for a window that is over.

    Raises:
        IntegrityError: watchers would find the release expired at once.
    """
    content, now = board.content, session.app.clock()
    told = outdated(session.history, content, now)
    if isinstance(content, Release) and content.expires is not None and now >= content.expires:
        told = told or f"This draft is of {content.issued:%Y-%m-%d}"
        raise IntegrityError(
            f"{told}. It would be {Status.EXPIRED} at once (since {format_time(content.expires)})", hint=_MAKE_ANEW
        )
    if told:
        say(f"Warning: {told}. {_MAKE_ANEW}")


def _ceremony(board: Board, name: str) -> None:
    """Asks a person about each statement, shows the hash, and has the name typed.

    Raises:
        RefusedError: something was not affirmed.
    """
    content = board.content
    if isinstance(content, Release):
        for number, statement in enumerate(content.statements, start=1):
            say(f"\nStatement {number} of {len(content.statements)}: {statement.id}, version {statement.version}\n")
            say(_indented(statement.words))
            _need_yes(board, "\nIs this still true? (yes or no)")
        if content.final:
            _need_yes(board, "\nShall this be the last release of this canary, for ever? (yes or no)")
        if content.announcements is not None:
            say("\nAnnouncements (no statement, but signed with the rest):\n")
            say(_indented(content.announcements))
            _need_yes(board, "\nShall this be published? (yes or no)")
    say_exact_text(board.text, content)
    say(f"\nYou are about to sign the text {hash_field(board.text_hash)}")
    question = f"Type your name as a signer ({name}) to sign it, or Enter to stop"
    forget_what_was_typed()
    typed = click.prompt(question, default="", show_default=False)
    if typed != name:
        raise RefusedError(f"stopped; {NOT_AFFIRMED}", hint=what_then(board))


def _need_yes(board: Board, question: str) -> None:
    while True:
        # Else lines pasted or typed ahead would be a yes to everything.
        forget_what_was_typed()
        answer = click.prompt(question, default="", show_default=False).strip().lower()
        if answer == "yes":
            return
        if answer == "no":
            raise RefusedError(f"stopped; {NOT_AFFIRMED}", hint=what_then(board))
        click.echo("Please type yes or no, in full.")


class _NotYetAskedError(Exception):
    """The passphrase is asked for after the last question, and not before the first."""


def _open_signer(
    session: Session, signer: RosterSigner, keys: Path, passphrase_file: Path | None
) -> Callable[[], Signer]:
    """Returns how to open a signer's key; a wrong one is refused here already, as far as it can be told.

    Raises:
        SigningError: the key is not there, or is not the signer's.
    """
    if signer.kind is Kind.OPENPGP:
        passphrase: Callable[[], str] | None = None
        if passphrase_file is not None:
            passphrase = lambda: passphrase_from(passphrase_file).decode()  # noqa: E731  # a port of one line
        gpg = GpgSigner(
            signer.key.name,
            fingerprint_of(signer.key),
            home=session.app.gpg_home,
            passphrase=passphrase,
            faked_time=session.app.past,
        )
        return lambda: gpg
    path = require(signer_key_path(keys, session.config.canary.id, signer.name), signer.name)

    def not_yet() -> bytes:
        if passphrase_file is None:
            raise _NotYetAskedError
        return passphrase_from(passphrase_file)

    try:
        opened = _own(signer, path, not_yet)
    except _NotYetAskedError:
        return lambda: _own(signer, path, lambda: ask_passphrase(signer.name))
    return lambda: opened


def _own(signer: RosterSigner, path: Path, passphrase: Callable[[], bytes]) -> Ed25519FileSigner:
    """Returns a signer's key, opened.

    Raises:
        SigningError: it cannot be opened, or is another one.
    """
    tool = Ed25519FileSigner(signer.key.name, path, passphrase)
    if ed25519_vkey(signer.key.name, tool.public_key) != signer.key:
        raise SigningError(
            f"the private key in {path} is not the one that the roster has for {signer.name}",
            hint="Find the right key file, or replace the key in the next roster under a new name.",
        )
    return tool


def _signed(session: Session, board: Board, signer: RosterSigner, tool: Signer) -> SignatureLine:
    """Signs, and checks the signature as every watcher will before anything is written.

    Raises:
        SigningError: the signature would not count.
    """
    now: datetime = session.app.clock()
    signature = tool.sign(board.text, at=now)
    checked = check_signature(signer, board.text, signature, issued=board.content.issued, verifier=session.verifier)
    if checked.outcome is not Outcome.GOOD:
        detail = f" ({checked.detail})" if checked.detail else ""
        raise SigningError(
            f"the signature that was made would not count: {checked.outcome}{detail}",
            hint="If the draft is older than 60 days, or the key has expired, make a new draft or renew the key.",
        )
    return SignatureLine(signer.key.name, signer.key.key_id, signature)


def _indented(words: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in words.split("\n"))
