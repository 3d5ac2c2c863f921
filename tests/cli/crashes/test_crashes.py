"""Every command that writes, killed at every call that changes the disk: the old state or the new one, and an end.

What is checked, and how, is in `killing` and `aftermath`, which run in a process of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.cli.crashes import killing
from tests.cli.crashes.commands import COMMANDS
from tests.cli.crashes.killing import Order, Toll
from tests.gpg_home import GpgHome
from tests.publisher import ADD_ALL, Publisher, done

_SHARES = {"publish roster 1": 2, "publish a release": 4}
"""Into how many tests a command is divided, for those that take long."""

_SPARING = {
    "publish a release with a report",
    "publish with OpenPGP",
    "publish with a promise",
    "timestamp, a promise",
    "timestamp, a block",
}
"""Where not every file of the site is another place to die: they make the same calls as a release without."""


@pytest.fixture
def work() -> Iterator[Path]:
    """A folder in memory where there is one: what is synced some thousand times need not reach a disk."""
    memory = Path("/dev/shm")  # noqa: S108  # a folder of its own is made in it
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def kill(order: Order) -> Toll:
    ran = subprocess.run(
        [sys.executable, "-m", killing.__name__],
        input=msgspec.json.encode(order),
        cwd=Path(__file__).parents[3],
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    toll = msgspec.json.decode(ran.stdout, type=Toll)
    # One before and one after each call, and one within each write.
    assert toll.deaths["before"] == toll.deaths["after"]
    assert toll.states["killed"] > 1
    return toll


@pytest.mark.parametrize(
    ("name", "share"),
    [
        pytest.param(name, share, id=name if name not in _SHARES else f"{name}, {share + 1} of {_SHARES[name]}")
        for name, command in COMMANDS.items()
        for share in range(_SHARES.get(name, 1))
        if command.stage != "openpgp"
    ],
)
def test_killed_at_any_call_it_leaves_the_old_state_or_the_new_one_and_can_be_run_again(
    made: dict[str, Publisher], work: Path, name: str, share: int
) -> None:
    command = COMMANDS[name]
    publisher = made[command.stage] if command.stage in made else Publisher(work / "empty").settle()
    order = Order(
        name,
        str(publisher.folder),
        publisher.now,
        str(work),
        share=share,
        shares=_SHARES.get(name, 1),
        sparing=name in _SPARING,
    )
    toll = kill(order)
    calls = sum(toll.calls.values())
    if name not in _SPARING:
        assert toll.deaths["before"] == len(range(share, calls, order.shares))
    if order.shares == 1 and "write" in toll.calls:
        assert toll.deaths["torn"] == toll.calls["write"] or name in _SPARING
        assert toll.states["cut"]
    if name == "publish a release":
        # Every kind of step: the entry frozen and renamed into the log, the site written, its link swapped, the old
        # one removed.
        names = {"open", "write", "fsync", "fchmod", "mkdir", "link", "symlink", "replace", "rename", "unlink", "rmdir"}
        assert set(toll.calls) == names
        assert calls > 150


@pytest.fixture(scope="module")
def openpgp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """A publisher one of whose signers has an OpenPGP key, with a draft that nobody has signed."""
    with GpgHome() as gpg:
        key = gpg.key("legal <legal@example.net>")
        folder = tmp_path_factory.mktemp("openpgp") / "publisher"
        publisher = Publisher(folder, openpgp={"legal": key}, gpg_home=gpg.path).begin().on("2026-02-03")
        done(publisher.canary("draft", *ADD_ALL))
        yield publisher


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if command.stage == "openpgp"])
def test_a_command_that_asks_gpg_is_killed_likewise(openpgp: Publisher, work: Path, name: str) -> None:
    order = Order(
        name,
        str(openpgp.folder),
        openpgp.now,
        str(work),
        openpgp=dict(openpgp.openpgp),
        gpg_home=str(openpgp.gpg_home),
        sparing=name in _SPARING,
    )
    kill(order)
