"""The published site on disk, swapped in one step.

`public` is a link to a folder `.public/<n>`: a new site is written whole into a folder of its own, synced, and
then the link is renamed over the old one. So a web server, and a crash, see the old site or the new one and
nothing between. A folder cannot be swapped so on every file system; a link can.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from canary.edges.disk.files import make_folder, sync_folder, what_to_do
from canary.errors import WorkspaceError

PUBLIC = "public"
BUILDS = ".public"
_NUMBER = re.compile(r"[0-9]{1,18}")


@contextlib.contextmanager
def laid_out_site(root: Path, files: Mapping[str, bytes]) -> Iterator[Callable[[], None]]:
    """Lays a whole site out beside the published one, and yields what puts it in its place.

    Everything that takes room on the disk is done by then; what is not put in its place is removed again.

    Args:
        root: the workspace.
        files: every file of the site, by path.

    Raises:
        WorkspaceError: it could not be written, or `public` is a folder that somebody else made.
    """
    check_place(root)
    link, builds = root / PUBLIC, root / BUILDS
    current = link.readlink().name if link.is_symlink() else ""
    temporary = _temporary(link)
    build = builds
    shown = False

    def show() -> None:
        nonlocal shown
        with _told(root):
            temporary.replace(link)
            shown = True
            sync_folder(root)
            # The old site goes last; a reader who has it open keeps it.
            _remove_others(builds, build.name)

    try:
        with _told(root):
            make_folder(builds)
            _remove_others(builds, current)
            build = _next_build(builds, current)
            previous = builds / current
            _write_tree(build, files, previous=previous if current and _is_build(previous) else None)
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(Path(BUILDS) / build.name)
        yield show
    finally:
        if not shown:
            _clear_away(builds, build, temporary)


def clear_leftovers(root: Path) -> None:
    """Removes what a killed run left beside the published site: sites that no link leads to, and a link under no name.

    Does nothing where no site is published, or where `public` is nothing that canary made.

    Args:
        root: the workspace, which no other command is at work in.

    Raises:
        WorkspaceError: something could not be removed.
    """
    link, builds = root / PUBLIC, root / BUILDS
    if not _is_ours(link) or not builds.is_dir() or builds.is_symlink():
        return
    with _told(root):
        _remove_others(builds, link.readlink().name)
        if _temporary(link).is_symlink():
            _temporary(link).unlink()


@contextlib.contextmanager
def _told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"the site cannot be written to {root}: {error.strerror}"
        raise WorkspaceError(what, hint=what_to_do(error)) from error


def _next_build(builds: Path, current: str) -> Path:
    number = int(current) + 1 if current else 1
    while os.path.lexists(builds / str(number)):  # a stranger's file, which is left alone
        number += 1
    return builds / str(number)


def _clear_away(builds: Path, build: Path, temporary: Path) -> None:
    """Removes a site that was not shown, as far as that can be; the next one clears away the rest."""
    if build != builds:
        shutil.rmtree(build, ignore_errors=True)
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)
        builds.rmdir()  # unless there is something else in it


def check_place(root: Path) -> None:
    """Checks that `public` is a link that canary made, and `.public` a folder, or that they are not there.

    Args:
        root: the workspace.

    Raises:
        WorkspaceError: one is something else, which a new site would put out of sight or remove.
    """
    link = root / PUBLIC
    builds = root / BUILDS
    if builds.is_symlink() or (builds.exists() and not builds.is_dir()):
        raise WorkspaceError(f"{builds} is no folder that canary made", hint="Move it away, and publish again.")
    if not _is_ours(link) and (link.is_symlink() or link.exists()):
        raise WorkspaceError(f"{link} is nothing that canary made", hint="Move it away, and publish again.")


def _is_ours(link: Path) -> bool:
    """Tells whether canary made a link to a site."""
    target = link.readlink() if link.is_symlink() else Path()
    return target.parent == Path(BUILDS) and bool(_NUMBER.fullmatch(target.name))


def _temporary(link: Path) -> Path:
    """Returns what the link to a new site is called until it takes the place of the old one."""
    return link.with_name(f".{link.name}.new")


def _write_tree(build: Path, files: Mapping[str, bytes], *, previous: Path | None) -> None:
    folders = {build}
    for path, data in files.items():
        target = build / path
        target.parent.mkdir(parents=True, exist_ok=True)
        folders.update(parent for parent in target.parents if parent.is_relative_to(build))
        if previous is not None and _link_same(previous / path, target, data):
            continue
        with target.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    for folder in folders:
        sync_folder(folder)
    sync_folder(build.parent)


def _link_same(old: Path, target: Path, data: bytes) -> bool:
    """Takes an unchanged file over from the site before, without writing it again."""
    try:
        if old.stat().st_size != len(data) or old.read_bytes() != data:
            return False
        os.link(old, target)
    except OSError:
        return False
    return True


def _remove_others(builds: Path, kept: str) -> None:
    for folder in list(builds.iterdir()):
        if folder.name != kept and _is_build(folder):
            shutil.rmtree(folder)


def _is_build(folder: Path) -> bool:
    """Tells whether canary made it: nothing else in `.public` is ever read or removed."""
    return bool(_NUMBER.fullmatch(folder.name)) and folder.is_dir() and not folder.is_symlink()
