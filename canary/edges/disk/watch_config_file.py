"""Reading a watcher's configuration from its file."""

from __future__ import annotations

from pathlib import Path

from canary.core.watching.watch_settings import WatchSettings
from canary.edges.disk.files import read_file
from canary.errors import WorkspaceError
from canary.formats.settings.watch_config import parse_watch_config
from canary.limits import WATCH_CONFIG_BYTES

_FILE = "watch.toml"
_MEMORY = "watch.db"


def read_watch_config(named: Path | None) -> WatchSettings:
    """Returns what a watcher is told to do.

    Args:
        named: the file that the user named; None for the usual one, which need not be there.

    Raises:
        WorkspaceError: the file cannot be read, or one that was named is not there.
        MalformedError: it is not as it must be.
    """
    path = (usual_config() if named is None else named).absolute()
    memory = str(usual_memory())
    try:
        data = read_file(path, limit=WATCH_CONFIG_BYTES)
    except WorkspaceError as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        if named is None and missing and not path.is_symlink():
            return WatchSettings(memory)
        hint = "Check the path given to --config." if missing and named is not None else error.hint
        raise WorkspaceError(f"the watcher's configuration {error.what}", hint=hint) from error
    return parse_watch_config(data, what=str(path), memory=memory, folder=str(path.parent), home=_home())


def usual_config() -> Path:
    """Returns where a watcher's configuration lies when nobody names another file."""
    from platformdirs import user_config_path  # noqa: PLC0415  # where another file is named, it is not needed

    return user_config_path("canary") / _FILE


def usual_memory() -> Path:
    """Returns where a watcher's memory lies when its configuration names no other file."""
    from platformdirs import user_data_path  # noqa: PLC0415  # likewise

    return user_data_path("canary") / _MEMORY


def _home() -> str:
    try:
        return str(Path.home())
    except RuntimeError:  # neither the environment nor the system knows one
        return ""
