"""Two watchers at work on one memory: no canary is looked at twice, nothing is told twice, and the memory is sound."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.desk import EVERY, Desk, publisher, site
from tests.loopback import Wire, answer
from tests.publisher import Ran

ROOT = Path(__file__).parents[2]
LIST = 12
GONE = "/00/checkpoint"


@pytest.fixture
def many(desk: Desk) -> Desk:
    """A dozen canaries that were well this morning, one of which is gone since and was missed twice already."""
    folders = [f"/{number:02}" for number in range(LIST)]
    desk.serve({folder + path: body for folder in folders for path, body in site(publisher()).items()})
    file = desk.folder / "list.jsonl"
    pin = f"sha256:{publisher().pin}"
    rows = [{"name": each[1:], "location": desk.host.url + each, "pin": pin} for each in folders]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert desk.canary("import", file).code == 0
    assert desk.run().exit_code == 0
    desk.host.services[GONE] = lambda _: answer(404)
    desk.passes(2, name="00")
    desk.now += 2 * EVERY
    desk.host.asked.clear()
    return desk


def start(desk: Desk) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.faults.at_time", desk.now.isoformat(), "watch", "run", "--json"]
    words += ["--config", str(desk.config)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(desk: Desk, process: subprocess.Popen[str]) -> Ran:
    out, err = process.communicate(timeout=60)
    ran = Ran(process.returncode, out, err)
    desk.printed.append(ran)
    return ran


def looked(ran: Ran) -> int:
    return int(json.loads(ran.out)["looked"])


def stored_looks(desk: Desk) -> int:
    with closing(sqlite3.connect(desk.memory)) as db:
        return int(db.execute("SELECT count(*) FROM checks").fetchone()[0])


def hold(desk: Desk, *, before: int) -> None:
    """Checks that everything was looked at once, and that all of it is stored beside the looks before."""
    asked = Counter(each.target for each in desk.host.asked if each.target.endswith("/checkpoint"))
    # Where the canary is gone, a look asks a second time, past every cache.
    assert asked == {f"/{number:02}/checkpoint": 1 for number in range(LIST)} | {GONE: 2}
    assert desk.told == ["change MISSING"]
    for number in range(LIST):
        shown = desk.shown(f"{number:02}")
        assert [each["at"] for each in shown["looks"]].count(shown["canary"]["looked_at"]) == 1
        assert shown["canary"]["status"] == ("OK" if number else "MISSING")
    with closing(sqlite3.connect(desk.memory)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert stored_looks(desk) == before + LIST


def test_two_that_start_at_once_share_the_list(many: Desk) -> None:
    before = stored_looks(many)
    ran = [end(many, process) for process in [start(many), start(many)]]
    assert [each.err for each in ran] == ["", ""]
    assert sum(map(looked, ran)) == LIST
    assert {each.code for each in ran} <= {0, 2}
    hold(many, before=before)
    assert many.run().exit_code == 2


def test_one_that_comes_while_another_is_at_work_leaves_its_canaries_alone(many: Desk) -> None:
    before = stored_looks(many)
    begun, go_on = threading.Event(), threading.Event()
    checkpoint = many.host.files["/01/checkpoint"]  # type: ignore[index]  # a dict, as it was served

    def waits(wire: Wire) -> None:
        begun.set()
        go_on.wait(30)
        wire.send(answer(200, checkpoint))

    many.host.faults["/01/checkpoint"] = waits
    first = start(many)
    assert begun.wait(30)
    second = many.run()
    assert (second.document["looked"], second.ran.err) == (0, "")
    go_on.set()
    assert looked(end(many, first)) == LIST
    hold(many, before=before)
