"""The log key: it signs checkpoints, is online, and has no authority."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from canary.core.documents.roster import Roster
from canary.core.signed.kinds import ED25519_TYPE, ed25519_vkey
from canary.core.signed.note import SignatureLine
from canary.core.signed.vkey import VKey, parse_vkey
from canary.edges.disk.files import check_inside, read_inside, remove, rename, write_file
from canary.edges.keys.ed25519_keys import Ed25519FileSigner, create, settle
from canary.edges.keys.private_keys import log_key_path, require
from canary.errors import CanaryError, SigningError

PUBLIC_FILE = Path("keys") / "log.vkey"
_UNNAMED = "log+new.pem"
"""What a private log key is called until its public half is written; one of that name alone was never used."""
_VKEY_BYTES = 1_024


def make_log_key(workspace: Path, keys: Path, canary_id: str) -> bytes:
    """Makes a log key: the public half into `keys/log.vkey`, the private one into the key folder.

    A public half that is there already is kept if this machine has its private half, so that an interrupted
    `canary init` can run again.

    Args:
        workspace: the workspace.
        keys: the key folder.
        canary_id: the canary, which the key is named after.

    Returns:
        The public key, 32 bytes.

    Raises:
        SigningError: there is a public half whose private half is elsewhere, or the key could not be written.
        WorkspaceError: a file could not be written, or `keys/` leads out of the workspace.
    """
    public_file = workspace / PUBLIC_FILE
    if public_file.exists():
        key = _read_public(workspace)
        if key.name != canary_id:
            raise SigningError(
                f"{public_file} is the log key of {key.name}, not of {canary_id}",
                hint="Begin in another folder, or with the same --id as before.",
            )
        settle(_private_half(keys, key))
        return key.data[len(ED25519_TYPE) :]
    return replace_log_key(workspace, keys, canary_id)


def replace_log_key(workspace: Path, keys: Path, canary_id: str) -> bytes:
    """Makes a new log key in the place of the one that is there, whose private half stays where it is.

    The private half gets its name after the public one is written: whoever is interrupted leaves no second key.

    Args:
        workspace: the workspace.
        keys: the key folder.
        canary_id: the canary, which the key is named after.

    Returns:
        The public key, 32 bytes.

    Raises:
        SigningError: the key could not be written.
        WorkspaceError: a file could not be written, or `keys/` leads out of the workspace.
    """
    check_inside(workspace, workspace / PUBLIC_FILE.parent, what="folder")
    unnamed = log_key_path(keys, VKey(canary_id, b"", b"")).with_name(_UNNAMED)
    if unnamed.exists():
        # The old key may be the one that still lies there; then it keeps its private half too.
        with contextlib.suppress(CanaryError):
            _private_half(keys, _read_public(workspace))
    remove(unnamed)
    public = create(unnamed, passphrase=None)
    key = ed25519_vkey(canary_id, public)
    write_file(workspace / PUBLIC_FILE, f"{key.render()}\n".encode())
    rename(unnamed, log_key_path(keys, key))
    return public


def sign_checkpoint(
    text: bytes, roster: Roster, before: Roster | None, *, keys: Path, now: datetime
) -> Sequence[SignatureLine]:
    """Signs a checkpoint with the roster's log key, and for one cadence with the key it replaced too.

    Args:
        text: the checkpoint's text.
        roster: the newest roster.
        before: the roster before it, if any.
        keys: the key folder.
        now: the publisher's clock.

    Raises:
        SigningError: the newest log key is not on this machine, or cannot be used.
    """
    lines = [_line(text, roster.log, keys, now)]
    if before is not None and before.log != roster.log and _one_cadence(roster, now):
        # Witnesses change keys slowly; but a lost old key must not stop a release.
        try:
            lines.append(_line(text, before.log, keys, now))
        except SigningError:
            return lines
    return lines


def _one_cadence(roster: Roster, now: datetime) -> bool:
    return now.date() < roster.schedule.cadence.after(roster.issued.date(), 1)


def _line(text: bytes, key: VKey, keys: Path, now: datetime) -> SignatureLine:
    path = _private_half(keys, key)
    signer = Ed25519FileSigner(key.name, path, None)
    if ed25519_vkey(key.name, signer.public_key) != key:
        raise SigningError(f"the private log key in {path} is not the one in the roster")
    return SignatureLine(key.name, key.key_id, signer.sign(text, at=now))


def _private_half(keys: Path, key: VKey) -> Path:
    """Returns the file of a log key's private half; one that a killed run has left without its name gets it here.

    Raises:
        SigningError: it is not on this machine.
        WorkspaceError: it could not be renamed.
    """
    path = log_key_path(keys, key)
    unnamed = path.with_name(_UNNAMED)
    if not path.exists() and unnamed.exists():
        with contextlib.suppress(SigningError):  # it is no key
            if ed25519_vkey(key.name, Ed25519FileSigner(key.name, unnamed, None).public_key) == key:
                rename(unnamed, path)
    return require(path, "the log")


def _read_public(workspace: Path) -> VKey:
    """Returns the public half of a workspace's log key.

    Raises:
        MalformedError: it is none.
        WorkspaceError: it cannot be read.
    """
    text = read_inside(workspace, workspace / PUBLIC_FILE, limit=_VKEY_BYTES).decode("utf-8", "replace")
    return parse_vkey(text.removesuffix("\n"))
