"""Reading from its file who is reminded how."""

from __future__ import annotations

from pathlib import Path

from canary.core.watching.watch_settings import Smtp
from canary.edges.disk.files import lies_in, read_file
from canary.errors import WorkspaceError
from canary.formats.settings.remind_config import RemindSettings, parse_remind_config
from canary.limits import REMIND_CONFIG_BYTES

FILE = "remind.toml"


def read_remind_config(named: Path | None, workspace: Path) -> RemindSettings:
    """Returns who is reminded how.

    Args:
        named: the file that the user named; None for `remind.toml` in the workspace.
        workspace: the workspace, which never holds a password.

    Raises:
        WorkspaceError: the file is not there or cannot be read, or it names a password in the workspace.
        MalformedError: it is not as it must be.
    """
    path = (workspace / FILE if named is None else named).absolute()
    try:
        data = read_file(path, limit=REMIND_CONFIG_BYTES)
    except WorkspaceError as error:
        hint = error.hint
        if isinstance(error.__cause__, FileNotFoundError):
            hint = f"Write who is reminded how into {path}; the README has an example, under 'Reminders'."
        raise WorkspaceError(error.what, hint=hint) from error
    settings = parse_remind_config(data, what=str(path), folder=str(path.parent), home=_home())
    password = settings.how.password if isinstance(settings.how, Smtp) else None
    if password is not None and password.file and lies_in(workspace, Path(password.file)):
        raise WorkspaceError(
            f"the password file {password.file} lies in the workspace",
            hint="Put it outside of it, like ~/.config/canary/mail-password, so that nobody publishes or shares it.",
        )
    return settings


def _home() -> str:
    try:
        return str(Path.home())
    except RuntimeError:  # neither the environment nor the system knows one
        return ""
