"""Kills one command at every call that changes the disk, and looks at what is left each time.

    python -m tests.cli.crashes.killing < ORDER

ORDER is JSON: an `Order`. A run that nobody disturbs shows the calls. Then for each of them the command runs on a
copy of the same folder in a process of its own, which kills itself (SIGKILL, so that nothing is tidied up) before
the call; another dies after it; and where it writes, a third dies with half of it written. What is left must be
what the calls before come to. Then the power is cut too (`tests.cli.crashes.disk`). Each state of the disk that
comes of it is looked at once, by `tests.cli.crashes.aftermath`. What was done is printed as JSON: a `Toll`.

It is a program of its own so that it forks without pytest's threads, and imports everything once.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from tests.cli.crashes.aftermath import Aftermath
from tests.cli.crashes.calls import Call, Point, When
from tests.cli.crashes.commands import COMMANDS
from tests.cli.crashes.disk import Tree, lay_down, replayed, worlds
from tests.cli.crashes.running import run
from tests.publisher import Publisher, tree


@dataclass(frozen=True)
class Order:
    """What to do.

    Attributes:
        command: its name in `COMMANDS`.
        publisher: the folder of a publisher, as far as the command's stage.
        now: what the clock says.
        work: an empty folder, on a quick disk.
        openpgp: `Publisher.openpgp`.
        gpg_home: `Publisher.gpg_home`.
        share: dies at each call whose number leaves this rest,
        shares: divided by this.
        sparing: only dies at the first, the second and the last call that each line of canary's makes.
    """

    command: str
    publisher: str
    now: datetime
    work: str
    openpgp: dict[str, str] = field(default_factory=dict)
    gpg_home: str | None = None
    share: int = 0
    shares: int = 1
    sparing: bool = False


@dataclass(frozen=True)
class Toll:
    """What was done.

    Attributes:
        calls: how many calls of each name the undisturbed run made.
        deaths: how many processes died, by when.
        states: how many states of the disk were looked at, by what led to them.
    """

    calls: dict[str, int]
    deaths: dict[str, int]
    states: dict[str, int]


def killed(order: Order) -> Toll:
    """Kills a command everywhere.

    Raises:
        AssertionError: something else than the old state or the new one was left; says where.
    """
    work, command = Path(order.work), COMMANDS[order.command]
    tempfile.tempdir = str(work / "tmp")
    Path(tempfile.tempdir).mkdir()
    given = Publisher(
        Path(order.publisher),
        now=order.now,
        openpgp=order.openpgp,
        gpg_home=None if order.gpg_home is None else Path(order.gpg_home),
    )
    # The same place each time, so that whatever names it says the same.
    publisher = given.copy_to(work / "publisher")
    command.prepare(publisher)
    start = tree(publisher.folder)
    aftermath = Aftermath(command, publisher, work, start)
    calls = run(publisher, command).calls
    assert replayed(start, calls) == tree(publisher.folder), "a call that changes the disk was not noted"
    aftermath.check_lasting(start, calls, "at the end")
    _reset(publisher, start)
    deaths: Counter[str] = Counter()
    states: Counter[str] = Counter()
    cut = -1
    for at in _places(calls, order):
        whens: tuple[When, ...] = ("before", "torn", "after") if calls[at].name == "write" else ("before", "after")
        for when in whens:
            made = run(publisher, command, Point(at, when)).calls
            deaths[when] += 1
            where = f"{order.command}: killed {when} call {at}, {calls[at].name} {calls[at].path} ({calls[at].line})"
            found = tree(publisher.folder)
            assert found == replayed(start, made), where
            if aftermath.is_new(found):
                states["killed"] += 1
                aftermath.check(start, made, where)
            _reset(publisher, start)
            if len(made) == cut and when != "torn":  # cut there already
                continue
            cut = len(made)
            for world in worlds(start, made):
                if aftermath.is_new_cut(world.tree):
                    states["cut"] += 1
                    _reset(publisher, world.tree)
                    aftermath.check(world.tree, [], f"{where}; {world.why}")
                    _reset(publisher, start)
    return Toll(dict(Counter(call.name for call in calls)), dict(deaths), dict(states))


def _reset(publisher: Publisher, state: Tree) -> None:
    shutil.rmtree(publisher.folder)
    lay_down(state, publisher.folder)


def _places(calls: list[Call], order: Order) -> list[int]:
    places = list(range(len(calls)))
    if order.sparing:
        lines: dict[tuple[str, str], list[int]] = {}
        for number, call in enumerate(calls):
            lines.setdefault((call.name, call.line), []).append(number)
        places = sorted({number for each in lines.values() for number in (*each[:2], each[-1])})
    return [number for turn, number in enumerate(places) if turn % order.shares == order.share]


def main() -> None:
    """Takes an order and prints the toll."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(killed(order)))


if __name__ == "__main__":
    main()
