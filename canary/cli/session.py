"""What most of the publisher's commands begin with: the workspace, its log replayed, and gpg at hand."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from canary.cli.app import App
from canary.core.documents.release import Release
from canary.core.judging.findings import Code
from canary.core.log.history import History, RejectedError
from canary.core.signed.entry import NewerFormatError
from canary.core.signed.outcome import OpenPGPVerifier
from canary.edges.disk.half_merged import HalfMergedError
from canary.edges.disk.workspace import Workspace
from canary.edges.keys.public_keys import PublicKeys, read_public_keys
from canary.edges.openpgp.gpg import INSTALL_HINT
from canary.edges.openpgp.openpgp_verifier import GpgVerifier
from canary.errors import CanaryError, GpgError, MalformedError, WorkspaceError
from canary.flows.issue.config import Config, parse_config
from canary.flows.issue.quorum import Board, open_board


@dataclass(frozen=True)
class Fault:
    """Why a draft can be neither signed nor published.

    Attributes:
        why: what is wrong with it, and in which file.
        advice: the command that mends it.
    """

    why: str
    advice: str


@dataclass
class Session:
    """One command at work in one workspace.

    Attributes:
        app: the outside world.
        workspace: the folder.
        verifier: gpg.
    """

    app: App
    workspace: Workspace
    verifier: OpenPGPVerifier

    @cached_property
    def config(self) -> Config:
        """`canary.toml`, read."""
        return parse_config(self.workspace.config())

    @cached_property
    def history(self) -> History:
        """The log, replayed and verified."""
        history = History()
        for number, data in enumerate(self.workspace.log(), start=1):
            file = f"log/{number:04d}.txt"
            try:
                history.append(data, self.verifier)
            except RejectedError as error:
                error.hint = error.hint or _what_then(error, file)
                raise
            except NewerFormatError as error:
                raise CanaryError(f"{file}: {error.what}", hint=error.hint) from error
        return history

    def public_keys(self) -> PublicKeys:
        """Returns what lies in `keys/`."""
        return read_public_keys(self.workspace, self.config.canary.id, at=self.app.clock())

    def board(self) -> Board | None:
        """Returns the open draft with its signatures; None where there is none, or where it is published."""
        text = self.workspace.draft()
        if text is None or self.already_in_log(text):
            return None
        return open_board(self.history, text, self.workspace.signature_lines(), self.verifier)

    def draft_fault(self) -> Fault | None:
        """Returns what is wrong with the open draft; None where nothing is, or where none is open."""
        _ = self.history  # a broken log is no fault of the draft
        try:
            self.board()
        except GpgError:
            raise
        except CanaryError as error:
            return Fault(error.what, self._advice(error))
        return None

    def _advice(self, error: CanaryError) -> str:
        try:
            names = self.workspace.signature_names()
        except WorkspaceError as broken:
            return f"put draft/ right: {broken.hint}"
        for name in names:
            file = f"draft/{name}.sig"
            if isinstance(error, MalformedError):
                named = error.source == file
            else:
                named = error.what.startswith(str(self.workspace.root / file))
            if named:
                return f"canary unsign --as {shlex.quote(name)}"
        if isinstance(error, HalfMergedError):
            return error.hint
        if isinstance(error, WorkspaceError):
            return "move draft/text.txt away, then canary draft (or canary roster)"
        return "canary draft --replace (or canary roster --replace)"

    def already_in_log(self, text: bytes) -> bool:
        """Tells whether publishing was interrupted after the draft went into the log."""
        last = self.history.last
        return last is not None and last.text == text


def _what_then(error: RejectedError, file: str) -> str:
    """Returns what to do about an entry of one's own log that does not hold."""
    if error.code is Code.NOT_CHECKED:
        return f"Nothing is wrong with the entry: gpg is needed to check it. {INSTALL_HINT}"
    return f"Bring {file} back from version control: a published entry never changes."


def drop_attachments_of_no_release(session: Session, drafted: Release | None = None) -> None:
    """Removes the attachments of drafts that were replaced: what was not published leaves no trace."""
    releases = [*session.history.releases(), *([drafted] if drafted else [])]
    session.workspace.keep_only_attachments({each.sha256 for release in releases for each in release.attachments})


@contextlib.contextmanager
def open_session(app: App, folder: Path, *, changes: bool = True) -> Iterator[Session]:
    """Opens the workspace in `folder`.

    Args:
        app: the outside world.
        folder: the workspace.
        changes: whether the command may change it; then no other command may at the same time.
    """
    workspace = Workspace.open(folder)
    lock: contextlib.AbstractContextManager[Any] = workspace.locked() if changes else contextlib.nullcontext()
    with lock, GpgVerifier() as verifier:
        yield Session(app, workspace, verifier)
