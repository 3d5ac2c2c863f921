"""What a disk holds after some calls, and what it may hold after the power was cut.

What lasts for certain is what was synced: a file's bytes and mode by an fsync of the file, a name in a folder by an
fsync of the folder after it (POSIX, fsync; it promises nothing of the name of a file that is synced itself). All
else may be there or not, in any order. So after each call these worlds are looked at:

- of the calls that changed a name and were not synced, all from one on are lost (as a journal loses them), or one
  alone is (as a disk may that writes in an order of its own);
- and with each of these, what was written and not synced is there, or half of it is, or none.

A rename into another folder is one step until either folder is synced; then its other half may still be lost.

A site that no link leads to is removed unread, whatever it holds, so the calls below it are lost together.
"""

# It lays down many thousand files, and a Path for each takes longer than the file.
# ruff: noqa: PTH101, PTH102, PTH123, PTH211

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.cli.crashes.calls import Call

Tree = dict[str, tuple[int, bytes]]
"""As `tests.publisher.tree` returns it."""

Part = Literal["all", "old name", "new name"]
Unsynced = Literal["kept", "halved", "emptied"]


@dataclass
class _Node:
    """A file, a folder or a link, under any number of names.

    Attributes:
        mode: its kind and permissions.
        data: what it holds; what a link says.
        lasting: how many of its bytes were synced, and its mode then.
    """

    mode: int
    data: bytes
    lasting: tuple[int, int]


@dataclass(frozen=True)
class World:
    """What a disk may hold after the power was cut, and why.

    Attributes:
        tree: what it holds.
        why: what was lost.
    """

    tree: Tree
    why: str


def replayed(
    start: Tree, calls: Sequence[Call], lost: dict[int, Part] | None = None, unsynced: Unsynced = "kept"
) -> Tree:
    """Returns what is there after some calls.

    Args:
        start: what was there before, all of it synced.
        calls: the calls.
        lost: the numbers of those that the disk never came to, and which part of each.
        unsynced: what became of bytes that were never synced.
    """
    nodes = {path: _Node(mode, data, (len(data), mode)) for path, (mode, data) in start.items()}
    for number, call in enumerate(calls):
        if not call.failed:
            _play(nodes, call, (lost or {}).get(number))
    there: Tree = {}
    for path in sorted(nodes):
        if _folder(path) in there or not _folder(path):  # a name in a folder that is lost is lost with it
            there[path] = _left(nodes[path], unsynced)
    return there


def worlds(start: Tree, calls: Sequence[Call]) -> Iterator[World]:
    """Yields what may be there if the power is cut after these calls."""
    pending = _pending(calls)
    linked = f"workspace/{replayed(start, calls).get('workspace/public', (0, b'.public/none'))[1].decode()}"
    loose = {number: part for number, part in pending.items() if in_a_site(calls[number].path, other_than=linked)}
    steps = [loose] if loose else []
    steps += [{number: part} for number, part in pending.items() if number not in loose]
    steps.sort(key=min)
    losses: list[dict[int, Part]] = [{}]
    losses += [dict(each for step in steps[first:] for each in step.items()) for first in range(len(steps))]
    losses += steps[:-1]
    for lost in losses:
        for unsynced in ("kept", "halved", "emptied"):
            named = ", ".join(f"{calls[number].name} {calls[number].path} ({part})" for number, part in lost.items())
            why = f"power cut; lost: {named or 'no name'}; bytes not synced: {unsynced}"
            yield World(replayed(start, calls, lost, unsynced), why)
            if not _dirty(calls):
                break


def in_a_site(path: str, *, other_than: str) -> bool:
    """Tells whether a path leads into a built site, other than the one that the link `public` leads to."""
    return path.startswith("workspace/.public/") and not f"{path}/".startswith(f"{other_than}/")


def lay_down(world: Tree, folder: Path) -> None:
    """Makes a folder that holds this."""
    folder.mkdir()
    for path, (mode, data) in sorted(world.items()):
        target = f"{folder}/{path}"
        if stat.S_ISLNK(mode):
            os.symlink(data, target)
            continue
        if stat.S_ISDIR(mode):
            os.mkdir(target)
        else:
            with open(target, "wb") as file:
                file.write(data)
        os.chmod(target, stat.S_IMODE(mode))


def _play(nodes: dict[str, _Node], call: Call, lost: Part | None) -> None:
    if lost == "all" or (call.other and call.name != "symlink" and call.other not in nodes):
        return
    node = nodes.get(call.path)
    if call.name == "open":
        if node is None:
            nodes[call.path] = _Node(call.mode, b"", (0, call.mode))
    elif call.name in {"mkdir", "symlink"}:
        data = call.other.encode()
        nodes[call.path] = _Node(call.mode, data, (len(data), call.mode))
    elif call.name == "link":
        nodes[call.path] = nodes[call.other]
    elif call.name in {"rename", "replace"}:
        moved = nodes[call.other] if lost == "old name" else nodes.pop(call.other)
        if lost != "new name":
            nodes[call.path] = moved
    elif call.name in {"unlink", "rmdir"}:
        nodes.pop(call.path, None)
    elif node is not None:  # of a file whose name is lost nothing is left to see
        _fill(node, call)


def _fill(node: _Node, call: Call) -> None:
    if call.name == "write":
        node.data += call.data
    elif call.name == "fchmod":
        node.mode = call.mode
    elif call.name == "fsync":
        node.lasting = (len(node.data), node.mode)
    else:
        raise AssertionError(f"{call.name} is not modelled")


def _pending(calls: Sequence[Call]) -> dict[int, Part]:
    """Returns the calls that changed a name and were not synced, and which part of each may be lost."""
    waiting: dict[int, dict[str, str]] = {}
    for number, call in enumerate(calls):
        if call.failed:
            continue
        if call.name == "fsync":
            for folders in waiting.values():
                for part in [part for part, folder in folders.items() if folder == call.path]:
                    del folders[part]
        elif call.name in {"rename", "replace"}:
            waiting[number] = {"new name": _folder(call.path), "old name": _folder(call.other)}
        elif call.name in {"open", "link", "symlink", "mkdir", "unlink", "rmdir"}:
            waiting[number] = {"all": _folder(call.path)}
    pending: dict[int, Part] = {}
    for number, folders in waiting.items():
        parts: list[Part] = [part for part in ("all", "new name", "old name") if part in folders]
        if parts:
            pending[number] = "all" if len(parts) > 1 else parts[0]
    return pending


def _dirty(calls: Sequence[Call]) -> bool:
    """Tells whether bytes or a mode were not synced."""
    waiting = set()
    for call in calls:
        if call.name in {"write", "fchmod"}:
            waiting.add(call.path)
        elif call.name == "fsync":
            waiting.discard(call.path)
    return bool(waiting)


def _left(node: _Node, unsynced: Unsynced) -> tuple[int, bytes]:
    size, mode = node.lasting
    if unsynced == "kept" or (size, mode) == (len(node.data), node.mode):
        return node.mode, node.data
    half = (len(node.data) - size) // 2 if unsynced == "halved" else 0
    return mode, node.data[: size + half]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
