"""What is shown to nobody is no answer: closed streams, full disks, readers that go away, and kills."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from canary.cli.app import App
from canary.cli.main import run
from tests.loopback import Loopback, Wire
from tests.publisher import STATEMENTS, Publisher, command, noon, tree

PROGRAM = (sys.executable, "-m", "canary")
FORMS = ("text", "json", "nagios")


def redirected(redirections: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs the program as a shell does, with its streams where the redirections say."""
    line = ["sh", "-c", f'exec "$@" {redirections}', "sh", *PROGRAM, *map(str, arguments)]
    return subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)


def forged(publisher: Publisher, form: str = "text") -> tuple[object, ...]:
    """A look that comes to INVALID, whatever the day."""
    return "verify", publisher.public, "--pin", f"sha256:{'0' * 64}", "--format", form


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("redirections", [">&-", ">&- 2>&-", ">/dev/full", ">/dev/full 2>/dev/full", ">&- 2>/dev/full"])
def test_a_verdict_that_is_shown_to_nobody_is_none(published: Publisher, redirections: str, form: str) -> None:
    assert redirected("", *forged(published)).returncode == 2
    ran = redirected(redirections, *forged(published, form))
    assert (ran.returncode, ran.stdout) == (3, "")
    assert "Traceback" not in ran.stderr
    assert ("standard output" in ran.stderr) == ("2>" not in redirections)


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("verify", "--help"), ("spec",), ("verify",), ()])
@pytest.mark.parametrize("redirections", [">&- 2>&-", ">/dev/full 2>/dev/full", "<&- >&-", "2>&- >/dev/full"])
def test_nothing_else_ends_well_either_if_it_is_shown_to_nobody(arguments: tuple[str, ...], redirections: str) -> None:
    ran = redirected(redirections, *arguments)
    assert (ran.returncode, "Traceback" in ran.stderr) == (3, False)


def test_a_closed_output_is_told_before_anything_is_done(drafted: Publisher) -> None:
    before = tree(drafted.folder)
    ran = redirected(">&-", "unsign", "--as", "legal", "--workspace", drafted.root)
    assert (ran.returncode, tree(drafted.folder) == before) == (3, True)
    assert "standard output is closed" in ran.stderr
    assert "/dev/null" in ran.stderr


@pytest.mark.parametrize("redirections", ["2>&-", "2>/dev/full"])
def test_a_verdict_needs_no_standard_error(published: Publisher, redirections: str) -> None:
    ran = redirected(redirections, *forged(published, "nagios"))
    assert (ran.returncode, ran.stdout.startswith("CANARY CRITICAL - ")) == (2, True)


@pytest.mark.parametrize("redirections", ["2>&-", "2>/dev/full"])
def test_a_refusal_that_is_shown_to_nobody_is_a_failure(drafted: Publisher, redirections: str) -> None:
    arguments = ("publish", "--workspace", drafted.root, "--key-dir", drafted.keys)
    assert redirected("", *arguments).returncode == 1
    assert redirected(redirections, *arguments).returncode == 3


@pytest.mark.parametrize("redirections", ["2>&-", "2>/dev/full"])
def test_a_monitor_is_told_of_a_failure_without_standard_error_too(redirections: str) -> None:
    ran = redirected(redirections, "verify", "--format", "nagios")
    assert (ran.returncode, ran.stdout.startswith("CANARY UNKNOWN - "), ran.stdout.count("\n")) == (3, True, 1)


@pytest.mark.parametrize("arguments", [("sign", "--as", "legal"), ("draft", "--final"), ("status",)])
def test_nobody_can_be_asked_where_standard_input_is_closed(published: Publisher, arguments: tuple[str, ...]) -> None:
    ran = redirected("<&-", *arguments, "--workspace", published.root)
    assert "this is a fault of canary" not in ran.stderr
    assert "Traceback" not in ran.stderr


def test_no_file_gets_the_number_of_a_closed_stream(published: Publisher, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    shown = redirected("<&- 2>&-", "verify", published.public, "--pin", published.pin, "--state", state)
    assert (shown.returncode, shown.stdout.startswith("EXPIRED")) == (2, True)
    assert json.loads(state.read_bytes())["canary"] == "example.net/canary"


@pytest.mark.parametrize("arguments", [("--help",), ("verify", "--help"), ("verify", "a", "b", "--format", "nagios")])
def test_a_reader_that_goes_away_before_any_command_began_is_no_success(arguments: tuple[str, ...]) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "wb") as pipe:
        ran = subprocess.run(
            [*PROGRAM, *arguments], stdout=pipe, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert (ran.returncode, "Traceback" in ran.stderr) == (3, False)


# --- what was found stays found -------------------------------------------------------------------------


def unshown(publisher: Publisher, state: Path, form: str, at: str) -> int:
    """Looks with standard output on a full disk."""
    now = noon(at)
    full = io.TextIOWrapper(io.FileIO("/dev/full", "w"), write_through=True)
    with contextlib.closing(full), contextlib.redirect_stdout(full):
        return run(_look(publisher, state, "--format", form), App(clock=lambda: now))


def _look(publisher: Publisher, state: Path, *arguments: str) -> Sequence[str]:
    return ["verify", str(publisher.public), "--pin", publisher.pin, "--state", str(state), *arguments]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", ["WITHDRAWN", "CHANGED"])
def test_what_could_not_be_shown_is_found_again_until_somebody_reads_it(
    published: Publisher, tmp_path: Path, form: str, status: str
) -> None:
    def look(at: str, *arguments: str) -> tuple[str, int]:
        now: datetime = noon(at)
        ran = command(App(clock=lambda: now), *_look(published, state, *arguments))
        return ran.out.partition(":")[0], ran.code

    state = tmp_path / "state.json"
    assert look("2026-02-10") == ("OK", 0)
    if status == "WITHDRAWN":
        published.on("2026-05-02").release("--without", "taps")
        code = 2
    else:
        published.write_statement("keys", STATEMENTS["keys"].replace("never", "never ever"), version=2)
        published.on("2026-05-02").release()
        code = 1
    assert unshown(published, state, form, "2026-05-03") == 3
    assert look("2026-05-04") == (status, code)
    assert look("2026-05-05", "--ack") == ("OK", 0)


# --- kills ----------------------------------------------------------------------------------------------

_KILLED = """
import signal
import sys
# Where the tests run in the background or under nohup, these are ignored, and would be here too.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from canary.cli.main import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("form", FORMS)
def test_a_monitor_is_told_of_a_kill_too(form: str, number: int, tmp_path: Path) -> None:
    asked = threading.Event()

    def hangs(wire: Wire) -> None:
        asked.set()
        wire.hang()

    state = tmp_path / "state.json"
    with Loopback(on_connect=hangs) as server:
        arguments = ("verify", server.url, "--pin", f"sha256:{'0' * 64}", "--state", str(state), "--format", form)
        line = [sys.executable, "-c", _KILLED, *arguments]
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert asked.wait(60)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "Stopped before it was finished." in err
    assert "Traceback" not in err
    assert not state.exists()
    if form == "text":
        assert out == ""
    elif form == "nagios":
        assert out == "CANARY UNKNOWN - stopped before it was finished\n"
    else:
        document = json.loads(out)
        assert set(document) == {"format", "status", "exit_code", "error", "advice"}
        assert (document["status"], document["exit_code"]) == ("UNKNOWN", 3)
        assert document["error"] == "stopped before it was finished"
