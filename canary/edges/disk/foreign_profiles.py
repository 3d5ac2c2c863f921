"""Profiles: those that ship, in `canary/data/profiles`, and files of a watcher's own."""

from __future__ import annotations

from pathlib import Path

from canary.core.judging.fetched import shown
from canary.edges.disk.files import read_file
from canary.errors import WorkspaceError
from canary.limits import PROFILE_BYTES

_SHIPPED = Path(__file__).parents[2] / "data" / "profiles"
_ENDING = ".toml"


def shipped_profiles() -> tuple[str, ...]:
    """Returns the names of the profiles that ship."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob(f"*{_ENDING}")))


def read_profile(named: str) -> bytes:
    """Returns a profile.

    Args:
        named: the name of one that ships, or the path of a file, which has a `/` or ends in `.toml`.

    Raises:
        WorkspaceError: there is none of that name, or the file cannot be read.
    """
    if "/" in named or named.endswith(_ENDING):
        return read_file(Path(named), limit=PROFILE_BYTES)
    names = shipped_profiles()
    if named not in names:
        raise WorkspaceError(
            f"there is no profile {shown(named)}",
            hint=f"There are: {', '.join(names)}. A file of your own is named by its path, ending in {_ENDING}.",
        )
    return read_file(_SHIPPED / f"{named}{_ENDING}", limit=PROFILE_BYTES)
