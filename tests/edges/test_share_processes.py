"""Shares of work on processes of their own: what they send arrives, and none outlives who wants it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from canary.edges.share_processes import Processes
from canary.errors import CanaryError, StoreError

MODULE = "tests.shared_work"
ROOT = Path(__file__).parents[2]
LONG = 20.0

PARENT = f"""
import sys
from pathlib import Path
from canary.edges.share_processes import Processes
with Processes({MODULE!r}, 1) as processes:
    for number, each in enumerate(processes.work([("go on", Path(sys.argv[1]))])):
        if not number:
            print(each, flush=True)
"""


@pytest.fixture(autouse=True)
def _modules_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def done(*orders: tuple[str, Any]) -> list[Any]:
    with Processes(MODULE, len(orders)) as processes:
        return list(processes.work(orders))


def waits_until_gone(process: int) -> None:
    ends = time.monotonic() + LONG
    while True:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_what_each_process_sends_arrives_in_its_order() -> None:
    came = done(("count", 500), ("count", 3))
    assert sorted(came) == sorted([*range(500), *range(3)])
    assert done(("count", 500)) == [*range(500)]
    assert done(("count", 0)) == done() == []


def test_what_the_work_prints_does_not_stand_among_the_results(capfd: pytest.CaptureFixture[str]) -> None:
    assert done(("print", "hello")) == ["hello"]
    assert capfd.readouterr() == ("", "hello\n")


def test_an_error_comes_with_its_words() -> None:
    with pytest.raises(StoreError, match="it broke") as caught:
        done(("fail", "it broke"), ("count", 2))
    assert caught.value.hint == "mend it"


def test_a_process_that_ends_too_early_is_no_end_of_the_work_and_the_others_do_theirs() -> None:
    with Processes(MODULE, 2) as processes:
        work = processes.work([("die", None), ("count", 500)])
        came = [next(work) for _ in range(501)]
        with pytest.raises(CanaryError, match="has ended before its work did"):
            next(work)
    assert sorted(came) == sorted([1, *range(500)])


def test_a_process_that_is_killed_in_the_middle_of_a_result_is_told_in_words(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with Processes(MODULE, 1) as processes:
        came = processes.work([("much", 5_000_000)])
        os.kill(next(came), signal.SIGKILL)
        with pytest.raises(CanaryError, match="has ended before its work did"):
            list(came)
    assert capfd.readouterr() == ("", "")


def test_a_process_that_does_not_take_its_order_is_not_waited_for() -> None:
    failed: list[str] = []

    def take(came: Iterator[object]) -> None:
        try:
            list(came)
        except CanaryError as error:
            failed.append(error.what)

    with Processes(MODULE, 1) as processes:
        (stopped,) = processes.ids
        os.kill(stopped, signal.SIGSTOP)
        taking = threading.Thread(target=take, args=(processes.work([("count", bytes(10_000_000))]),))
        taking.start()
    taking.join(LONG)
    assert failed == ["one of the processes that look has ended before its work did"]
    waits_until_gone(stopped)


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_process_works_though_who_started_it_has_no_streams(tmp_path: Path, closed: int) -> None:
    found = tmp_path / "found"
    program = (
        "import sys, pathlib; from canary.edges.share_processes import Processes\n"
        f"with Processes({MODULE!r}, 1) as processes:\n"
        "    came = list(processes.work([('print', 'x' * 200_000)]))\n"
        "pathlib.Path(sys.argv[1]).write_text(str(len(came[0])))\n"
    )
    command = ["sh", "-c", f'exec "$0" "$@" {closed}>&-', sys.executable, "-c", program, str(found)]
    subprocess.run(command, check=True, timeout=LONG, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert found.read_text() == "200000"


def test_a_process_finds_its_module_where_who_started_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "tests" / "shared_work.py", tmp_path / "work_of_this_test.py")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("PYTHONPATH")
    with Processes("work_of_this_test", 1) as processes:
        assert list(processes.work([("count", 2)])) == [0, 1]


def test_whoever_stops_taking_results_ends_the_processes_which_tidy_up(tmp_path: Path) -> None:
    marks = [tmp_path / "one", tmp_path / "two"]
    for mark in marks:
        mark.touch()
    with Processes(MODULE, 2) as processes:
        came = processes.work([("go on", mark) for mark in marks])
        ids = {each for _ in range(50) if isinstance(each := next(came), int)}
    assert not any(mark.exists() for mark in marks)
    for each in ids:
        waits_until_gone(each)


def test_processes_that_get_no_order_end_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    with Processes(MODULE, 3) as processes:
        assert processes.count == 3
        assert list(processes.work([("count", 2)])) == [0, 1]
    assert processes.count == 0
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_who_started_it(tmp_path: Path, number: signal.Signals) -> None:
    mark = tmp_path / "mark"
    mark.touch()
    # A test run in the background has Ctrl-C ignored, and so would its children.
    command = ["env", "--default-signal=INT", sys.executable, "-c", PARENT, str(mark)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        assert parent.stdout
        process = int(parent.stdout.readline())
        parent.send_signal(number)
        parent.wait(LONG)
    waits_until_gone(process)
    assert not mark.exists()
