"""Publishes again and again, and dies each time at another call that changes the disk.

    python -m tests.cli.kill_points PREPARED WORK NOW

PREPARED holds a publisher (`tests.publisher`) whose draft is signed. A first run lists every call of open (to
create), fsync, rename, replace, link, symlink, unlink, rmdir, mkdir and fchmod, with the line of canary's that
makes it. Then, for the first, the second, the middle and the last call of each such line, a copy of the publisher
publishes in a process of its own, which leaves by `os._exit` in the place of that call; a file that was about to be
synced is torn in half. The copy must then show the old site or the new one, and one more `canary publish` must
finish the job. What was found is printed as JSON: the names of the calls, in their order.

It is a program of its own so that it forks without pytest's threads, and imports everything once.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import canary
from tests.publisher import Publisher, tree

Call = tuple[str, str]
"""A function's name, and the line of canary's that calls it."""

KILLED = 77
_CALLS = ("fsync", "rename", "replace", "link", "symlink", "unlink", "rmdir", "mkdir", "fchmod", "open")
_SOURCE = str(Path(str(canary.__file__)).parent)


class Bomb:
    """Notes every call, and ends the process at one of them.

    Args:
        at: which call, counted from 0; None for none.
    """

    def __init__(self, at: int | None) -> None:
        self.calls: list[Call] = []
        self._at = at

    def plant(self) -> None:
        for name in _CALLS:
            setattr(os, name, partial(self._called, name, getattr(os, name)))

    def _called(self, name: str, call: Callable[..., object], *arguments: Any, **options: Any) -> object:  # noqa: ANN401  # whatever os takes
        if name == "open" and not arguments[1] & os.O_CREAT:
            return call(*arguments, **options)
        if len(self.calls) == self._at:
            if name == "fsync" and stat.S_ISREG(os.fstat(arguments[0]).st_mode):
                os.ftruncate(arguments[0], os.fstat(arguments[0]).st_size // 2)
            os._exit(KILLED)
        frames = [frame for frame in traceback.extract_stack() if frame.filename.startswith(_SOURCE)]
        self.calls.append((name, f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"))
        return call(*arguments, **options)


def publish_elsewhere(publisher: Publisher, at: int | None) -> list[Call]:
    """Publishes in a process that dies at its call number `at`; without one, returns the calls that it made."""
    listen, tell = os.pipe()
    child = os.fork()
    if child == 0:
        bomb = Bomb(at)
        bomb.plant()
        code = publisher.publish().code
        os.write(tell, json.dumps(bomb.calls).encode())
        os._exit(code)
    os.close(tell)
    with os.fdopen(listen, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == (0 if at is None else KILLED), (at, status)
    return [(name, line) for name, line in json.loads(told or b"[]")]


def worth_dying_at(calls: list[Call]) -> list[int]:
    """Returns the first, the second, the middle and the last call of each line."""
    places: dict[Call, list[int]] = {}
    for number, call in enumerate(calls):
        places.setdefault(call, []).append(number)
    return sorted({n for each in places.values() for n in (*each[:2], each[len(each) // 2], each[-1])})


def check(publisher: Publisher, expected: Publisher, *, entries: int, was_published: bool) -> None:
    """Checks what a reader and the next run find."""
    new = tree(expected.public)
    if was_published:
        ran = publisher.verify()
        assert ran.code == 0, ran
        assert f"  release     {entries - 1}," in ran.out or f"  release     {entries - 2}," in ran.out, ran
    elif publisher.public.exists():
        assert tree(publisher.public) == new
    swapped = publisher.public.exists() and tree(publisher.public) == new
    status = publisher.canary("status")
    assert status.code != 0 or swapped, status
    ran = publisher.publish()
    assert ran.code == 0, ran
    assert tree(publisher.public) == new
    assert tree(publisher.root / "log") == tree(expected.root / "log")
    assert len(list((publisher.root / "log").iterdir())) == entries
    assert not [each for each in (publisher.root / "draft").iterdir() if not each.name.startswith(".")]
    assert len(list((publisher.root / ".public").iterdir())) == 1


def main(prepared: Path, work: Path, now: str) -> None:
    """Dies at every call that is worth it, in turn."""
    signed = Publisher(prepared, now=datetime.fromisoformat(now))
    entries = len(list((signed.root / "log").iterdir())) + 1
    was_published = signed.public.exists()
    expected = signed.copy_to(work / "expected")
    calls = publish_elsewhere(expected, None)
    died_at = worth_dying_at(calls)
    for at in died_at:
        publisher = signed.copy_to(work / str(at))
        publish_elsewhere(publisher, at)
        check(publisher, expected, entries=entries, was_published=was_published)
    print(json.dumps([calls[at][0] for at in died_at]))  # noqa: T201  # it is what this program is for


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
