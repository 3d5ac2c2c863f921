"""Where this machine keeps private keys: outside every workspace, one folder a canary.

`<key folder>/<canary id, percent-encoded>/<signer>.pem`, and `log+<key id>.pem` for log keys (no signer's name holds
a plus). The default key folder is the platform's own for a user's data.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from canary.core.signed.vkey import VKey
from canary.edges.disk.files import lies_in
from canary.errors import SigningError, WorkspaceError


def default_key_folder() -> Path:
    """Returns the platform's folder for a user's keys."""
    # Imported here: only the commands that open a private key need it.
    from platformdirs import user_data_path  # noqa: PLC0415

    return user_data_path("warrant-canary") / "keys"


def key_folder(chosen: Path | None, workspace: Path) -> Path:
    """Returns the key folder.

    Args:
        chosen: what the person named, or None.
        workspace: the workspace, which never holds a private key.

    Raises:
        WorkspaceError: it lies in the workspace.
    """
    folder = (chosen or default_key_folder()).expanduser()
    if lies_in(workspace, folder):
        raise WorkspaceError(
            f"the key folder {folder} lies in the workspace",
            hint="Private keys stay outside of it, so that none is ever published; name another with --key-dir.",
        )
    return folder


def signer_key_path(folder: Path, canary_id: str, signer: str) -> Path:
    """Returns where a signer's private key lies."""
    return folder / quote(canary_id, safe="") / f"{signer}.pem"


def log_key_path(folder: Path, key: VKey) -> Path:
    """Returns where the private key of a log key lies; a log key is named like its canary."""
    return folder / quote(key.name, safe="") / f"log+{key.key_id.hex()}.pem"


def require(path: Path, whose: str) -> Path:
    """Returns the path of a private key that is there.

    Raises:
        SigningError: it is not.
    """
    if not path.exists():
        raise SigningError(
            f"the private key of {whose} is not on this machine ({path})",
            hint="Run this where the key is, or name its folder with --key-dir.",
        )
    return path
