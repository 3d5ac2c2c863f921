from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from canary.core.watching.watch_settings import Command
from canary.edges.channels.channel_command import CommandChannel
from tests.channels.sending import LONG, MESSAGE, SHORT, failure


def program(code: str, *arguments: str, seconds: float = LONG) -> CommandChannel:
    return CommandChannel(Command((sys.executable, "-c", code, *arguments)), seconds=seconds)


def is_gone(process: int) -> bool:
    """Tells whether a process has ended, or does within some seconds."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_the_event_comes_on_standard_input_and_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    hostile = "$(touch x); `touch x` && 'a b' *"
    code = "import sys; open(sys.argv[1], 'wb').write(sys.argv[2].encode() + b'\\n' + sys.stdin.buffer.read())"
    program(code, str(tmp_path / "got"), hostile).send(MESSAGE)
    assert (tmp_path / "got").read_bytes() == hostile.encode() + b"\n" + MESSAGE.event


def test_a_large_event_and_what_is_printed_meanwhile(tmp_path: Path) -> None:
    event = b"x" * 3_000_000
    code = (
        "import sys, hashlib\n"
        "sys.stderr.write('y' * 1_000_000); sys.stdout.write('z' * 1_000_000)\n"
        "open(sys.argv[1], 'w').write(str(len(sys.stdin.buffer.read())))"
    )
    program(code, str(tmp_path / "got")).send(replace(MESSAGE, event=event))
    assert (tmp_path / "got").read_text("ascii") == "3000000"


def test_a_program_that_reads_nothing_has_taken_it() -> None:
    program("").send(replace(MESSAGE, event=b"x" * 3_000_000))
    program("import os; os.close(0); os.close(2)").send(replace(MESSAGE, event=b"x" * 3_000_000))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise SystemExit(1)", "ended with exit code 1"),
        ("raise SystemExit(75)", "ended with exit code 75"),
        ("import sys; sys.exit('no\\nroute \\x1b[2J to host\\n\\n')", r"exit code 1: 'route \x1b[2J to host'"),
        ("import sys; sys.stderr.buffer.write(b'\\xff\\xfe'); sys.exit(3)", r"exit code 3: '\ufffd\ufffd'"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by signal 9"),
    ],
)
def test_every_other_end_is_temporary(code: str, words: str) -> None:
    error = failure(program(code))
    assert error.temporary
    assert words in error.what
    assert error.what.isascii()
    assert error.what.isprintable()


@pytest.mark.parametrize("content", [None, "", "#!/nonexistent/interpreter\n", "no program"])
def test_what_cannot_be_started_is_mended_later(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "page"
    channel = CommandChannel(Command((str(path),)), seconds=LONG)
    if content is not None:
        path.write_text(content, "utf-8")
        path.chmod(0o644 if not content else 0o755)
    error = failure(channel)
    assert error.temporary
    assert "cannot be started" in error.what
    path.write_text(f"#!{sys.executable}\n", "utf-8")
    path.chmod(0o755)
    channel.send(MESSAGE)


def test_the_time_is_bounded_for_one_that_ignores_the_signal_and_its_children(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        "if child: open(sys.argv[1], 'w').write(f'{child} {os.getpid()}')\n"
        "time.sleep(600)"
    )
    error = failure(program(code, str(tmp_path / "processes"), seconds=SHORT))
    assert error.temporary
    assert "did not end within 0.6 s" in error.what
    processes = (tmp_path / "processes").read_text("ascii").split()
    assert [is_gone(int(each)) for each in processes] == [True, True]


def test_one_that_asks_for_time_gets_to_clean_up(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "def clean(*_): open(sys.argv[1], 'w').close(); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, clean)\n"
        "time.sleep(600)"
    )
    failure(program(code, str(tmp_path / "cleaned"), seconds=SHORT))
    assert (tmp_path / "cleaned").exists()


@pytest.mark.parametrize("code", [0, 1])
def test_a_child_that_holds_the_pipes_is_not_waited_for(code: int, tmp_path: Path) -> None:
    text = (
        "import os, sys, time\n"
        "if os.fork():\n"
        "    print('gone on', file=sys.stderr, flush=True); os._exit(int(sys.argv[2]))\n"
        "open(sys.argv[1], 'w').write(str(os.getpid()))\n"
        "time.sleep(600)"
    )
    channel = program(text, str(tmp_path / "child"), str(code))
    if code:
        assert "exit code 1: 'gone on'" in failure(channel).what
    else:
        channel.send(MESSAGE)
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text("ascii"):
        time.sleep(0.02)
    child = int((tmp_path / "child").read_text("ascii"))
    os.kill(child, 9)
    assert is_gone(child)


def test_a_hundred_megabytes_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys\nfor _ in range(100): sys.stderr.write('x' * 1_000_000)\nsys.exit('\\nthe end')"
    kept = []
    read = os.read

    def counted(descriptor: int, most: int) -> bytes:
        data = read(descriptor, most)
        kept.append(len(data))
        return data

    monkeypatch.setattr("os.read", counted)
    error = failure(program(code))
    assert error.what.endswith("exit code 1: 'the end'")
    assert sum(kept) > 100_000_000
    assert max(kept) <= 65_536


def test_an_endless_line_is_cut() -> None:
    error = failure(program("import sys\nsys.stderr.write('x' * 1_000_000)\nsys.exit(1)"))
    assert len(error.what) < 300


def test_other_channels_secrets_are_not_handed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "secret")
    monkeypatch.setenv("PAGER_TOKEN", "its own")
    code = "import os, sys; open(sys.argv[1], 'w').write(repr([os.environ.get(n) for n in sys.argv[2:]]))"
    run = (sys.executable, "-c", code, str(tmp_path / "got"), "SMTP_PASSWORD", "PAGER_TOKEN", "PATH")
    CommandChannel(Command(run), seconds=LONG, hidden={"SMTP_PASSWORD"}).send(MESSAGE)
    assert (tmp_path / "got").read_text("utf-8") == repr([None, "its own", os.environ["PATH"]])


def test_an_interrupt_ends_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
    channel = program(code, str(tmp_path / "process"))
    look = time.monotonic

    def interrupted() -> float:
        if (tmp_path / "process").exists() and (tmp_path / "process").read_text("ascii"):
            raise KeyboardInterrupt
        return look()

    monkeypatch.setattr("canary.edges.channels.channel_command.time.monotonic", interrupted)
    with pytest.raises(KeyboardInterrupt):
        channel.send(MESSAGE)
    monkeypatch.undo()
    assert is_gone(int((tmp_path / "process").read_text("ascii")))
