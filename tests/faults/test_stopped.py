"""A run of the watcher that is told to stop: it ends soon, says so, and leaves nothing that the next run waits for."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.loopback import Loopback
from tests.mailbox import Failing, Mailbox
from tests.simulator import Publisher

STOPS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
SECONDS = 30
"""Half of what a look may take: whoever waits for it is too late."""


@pytest.fixture
def web() -> Iterator[Loopback]:
    with Loopback({}) as server:
        yield server


@pytest.fixture
def config(web: Loopback, tmp_path: Path) -> Path:
    """Two canaries, fresh today, that nobody has looked at."""
    now = datetime.now(UTC)
    publisher = Publisher(start=now.date() - timedelta(days=5))
    publisher.roster()
    publisher.release(at=now - timedelta(days=1))
    assert isinstance(web.files, dict)
    rows = []
    for name in ("first", "second"):
        web.files.update({f"/{name}/{path}": body for path, body in publisher.site().files.items()})
        rows.append({"name": name, "location": f"{web.url}/{name}", "pin": f"sha256:{publisher.pin}"})
    (tmp_path / "list.jsonl").write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    path = tmp_path / "watch.toml"
    path.write_text('[watch]\nmemory = "watch.db"\n', "utf-8")
    ended(path, "import", tmp_path / "list.jsonl")
    return path


def begun(config: Path, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        # Whoever runs the tests in the background has these signals ignored, and so would the program.
        [
            "env",
            "--default-signal=INT,TERM,HUP",
            sys.executable,
            "-m",
            "canary",
            "watch",
            *map(str, arguments),
            "--config",
            str(config),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def ended(config: Path, *arguments: object) -> str:
    with begun(config, *arguments) as process:
        out, err = process.communicate(timeout=SECONDS)
        assert (process.returncode, err) == (0, "")
    return out


@contextlib.contextmanager
def hanging(web: Loopback, path: str) -> Iterator[None]:
    """Lets a file hang, which was not asked for before."""
    web.faults[path] = lambda wire: wire.hang()
    yield
    del web.faults[path]


def wait_for(web: Loopback, path: str) -> None:
    while path not in [asked.target for asked in web.asked]:
        time.sleep(0.01)


def left_in(config: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(config.parent / "watch.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return db.execute(question).fetchall()


@pytest.mark.parametrize("number", STOPS, ids=lambda number: number.name)
def test_while_a_host_hangs_it_ends_soon_and_the_next_run_looks_again(
    web: Loopback, config: Path, number: signal.Signals
) -> None:
    with hanging(web, "/second/checkpoint"), begun(config, "run") as process:
        wait_for(web, "/second/checkpoint")
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err.strip()) == (3, "", "Stopped before it was finished.")
    assert left_in(config, "SELECT * FROM claims") == []
    assert ended(config, "run").startswith("Looked at 2 of 2 canaries")
    assert left_in(config, "SELECT name, status FROM canaries ORDER BY name") == [("first", "OK"), ("second", "OK")]


def test_a_monitor_is_told_in_its_own_format(web: Loopback, config: Path) -> None:
    with hanging(web, "/second/checkpoint"), begun(config, "run", "--format", "nagios") as process:
        wait_for(web, "/second/checkpoint")
        process.terminate()
        out, _ = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (3, "CANARY UNKNOWN - stopped before it was finished\n")


def test_while_the_mail_server_hangs_what_was_found_stays_and_is_told_by_the_next_run(
    web: Loopback, config: Path
) -> None:
    with Mailbox(failing=Failing.HANG) as mailbox:
        with config.open("a", encoding="utf-8") as file:
            file.write(
                f'[channels.mail]\nkind = "smtp"\nhost = "{mailbox.host}"\nport = {mailbox.port}\nsecurity = "none"\n'
                'from = "canary@example.net"\nto = ["security@example.net"]\ntimeout = "5s"\n'
            )
        assert isinstance(web.files, dict)
        web.files["/second/canary.txt"] = web.files["/second/canary.txt"].replace(b"never", b"seldom", 1)
        with begun(config, "run") as process:
            while not mailbox.sessions:
                time.sleep(0.01)
            process.terminate()
            _, err = process.communicate(timeout=SECONDS)
        assert (process.returncode, err.strip()) == (3, "Stopped before it was finished.")
        assert left_in(config, "SELECT name, status FROM canaries ORDER BY name") == [
            ("first", "OK"),
            ("second", "INVALID"),
        ]
        assert left_in(config, "SELECT held_by FROM deliveries WHERE settled_at IS NULL") == [(None,)]
        mailbox.failing = None
        with begun(config, "run") as process:
            process.communicate(timeout=SECONDS)
        assert (process.returncode, [mail.message["Subject"] for mail in mailbox.mails]) == (
            2,
            ["INVALID: second (Example Networks)"],
        )


def test_a_daemon_that_rests_ends_at_once_and_well(config: Path) -> None:
    with begun(config, "run", "--daemon") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Looked at 2 of 2 canaries")
        time.sleep(0.5)  # until it has printed the rest and rests itself
        process.terminate()
        _, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, "")
    assert left_in(config, "SELECT * FROM claims") == []
