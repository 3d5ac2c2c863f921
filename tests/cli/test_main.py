"""What holds for every command: help, usage errors, pipes, and how quickly it starts."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from canary.cli.app import App
from canary.cli.main import _COMMANDS, _HELP, canary
from tests.publisher import Publisher, command

HEAVY = ("cryptography", "requests", "gnupg", "msgspec", "jinja2", "urllib3", "dateutil")


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "canary", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    "arguments", [(), *((name,) for name in _COMMANDS), *(("key", name) for name in ("new", "openpgp", "list"))]
)
def test_every_command_has_help(arguments: tuple[str, ...]) -> None:
    ran = command(App(), *arguments, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: canary {' '.join(arguments)}".rstrip())
    assert ran.err == ""


def test_the_help_lists_every_command_and_each_exists() -> None:
    assert list(_HELP) == list(_COMMANDS)
    out = command(App(), "--help").out
    for name, words in _HELP.items():
        assert name in out
        assert words in " ".join(out.split())


def test_asking_for_help_imports_nothing_heavy() -> None:
    ran = program("--help")
    assert ran.returncode == 0
    script = f"""
import sys
from canary.cli.main import run
assert run(["--help"]) == 0
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("arguments", [("verify",), ("status", "--nonsense"), ("key", "new")])
def test_a_mistyped_command_is_told_without_importing_anything_heavy(arguments: tuple[str, ...]) -> None:
    script = f"""
import sys
from canary.cli.main import run
assert run({list(arguments)!r}) == 3
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def declared() -> Iterator[tuple[str, click.Command]]:
    """Every command that can be typed, with its name."""
    for name in _COMMANDS:
        found = canary.get_command(click.Context(canary), name)
        assert found is not None
        yield from below(name, found)


def below(name: str, found: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command with its name; of a group those in it, however deep."""
    if isinstance(found, click.Group):
        for each in found.commands:
            yield from below(f"{name} {each}", found.commands[each])
    else:
        yield name, found


@pytest.mark.parametrize(("name", "found"), list(declared()), ids=lambda value: value if isinstance(value, str) else "")
def test_what_can_be_typed_is_what_the_work_takes(
    name: str, found: click.Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def noted(module: str, function: str) -> Callable[..., None]:
        asked.append((module, function))
        return lambda *_, **__: None

    assert found.callback is not None
    monkeypatch.setattr(f"{found.callback.__module__}.worker", noted)
    with click.Context(found, obj=App()):
        found.callback(**{parameter.name: None for parameter in found.params})
    ((module, function),) = asked
    taken = inspect.signature(getattr(importlib.import_module(module), function)).parameters
    assert set(taken) - {"app"} == {parameter.name for parameter in found.params}, name


def test_looking_into_a_folder_needs_neither_http_nor_gpg(published: Publisher) -> None:
    script = f"""
import sys
from canary.cli.main import run
run(["verify", {str(published.public)!r}, "--pin", {published.pin!r}])
print([name for name in ("requests", "gnupg", "jinja2") if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == "[]\n"


def test_it_tells_its_version() -> None:
    ran = command(App(), "--version")
    assert (ran.code, ran.out.startswith("canary, version ")) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("--nonsense",),
        ("verify",),
        ("verify", "a", "b"),
        ("verify", "a", "--format", "xml"),
        ("sign",),
        ("merge",),
        ("key", "new"),
        ("key", "nonsense"),
        ("status", "--ahead", "-1"),
        ("status", "--critical", "soon"),
        ("draft", "--correction", "maybe"),
    ],
)
def test_a_usage_error_is_unknown_and_not_critical(arguments: tuple[str, ...]) -> None:
    ran = command(App(), *arguments)
    assert ran.code == 3
    assert "Error: " in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    "arguments", [("verify",), ("verify", "a", "--nonsense"), ("status", "--ahead", "soon"), ("verify", "a", "b")]
)
def test_a_monitor_is_told_of_a_usage_error_too(arguments: tuple[str, ...]) -> None:
    for form in (("--format", "nagios"), ("--format=nagios",)):
        ran = command(App(), *arguments, *form)
        assert (ran.code, ran.out.startswith("CANARY UNKNOWN - "), ran.out.count("\n")) == (3, True, 1)
    document = json.loads(command(App(), *arguments, "--json").out)
    assert (document["status"], document["exit_code"]) == ("UNKNOWN", 3)


@pytest.mark.parametrize("form", ["text", "json", "nagios"])
def test_a_fault_of_the_program_itself_is_unknown_and_no_warning(form: str) -> None:
    script = "import canary.cli.main as program; program.run = lambda: 1 / 0; program.main()"
    ran = subprocess.run(
        [sys.executable, "-c", script, "verify", "a", "--format", form],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 3
    assert "this is a fault of canary itself: ZeroDivisionError" in ran.stderr
    assert ran.stdout.startswith({"text": "", "json": "{", "nagios": "CANARY UNKNOWN - "}[form])


def test_a_terminal_that_cannot_write_a_character_does_not_lose_the_answer() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "canary", "verify", "--help"],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "sha256:\\u2026" in ran.stdout


def test_an_answer_that_cannot_be_written_is_no_answer(published: Publisher) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "canary", "verify", published.public, "--pin", f"sha256:{'0' * 64}"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert (ran.returncode, "No space left on device" in ran.stderr) == (3, True)


def test_every_command_of_the_publisher_ends_with_what_is_next(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path, signers=("legal", "security"), threshold=1)
    said = [
        publisher.init(),
        publisher.new_key("legal"),
        publisher.new_key("security"),
        publisher.canary("key", "list"),
    ]
    said += [publisher.canary("status"), publisher.canary("roster"), publisher.sign("legal")]
    signature = tmp_path / "legal.sig"
    signature.write_bytes((publisher.root / "draft" / "legal.sig").read_bytes())
    said += [publisher.canary("unsign", "--as", "legal"), publisher.canary("merge", signature)]
    said += [publisher.sign("security"), publisher.publish()]
    publisher.write_statement("keys", "Never.")
    said += [publisher.on("2026-02-03").canary("draft", "--add", "keys"), publisher.canary("status")]
    said += [publisher.sign("legal"), publisher.publish(), publisher.canary("status")]
    for ran in said:
        assert ran.code in (0, 1, 3), ran
        assert ran.err == ""
        assert ran.out.splitlines()[-1].startswith("Next: ")
        assert sum(line.startswith("Next: ") for line in ran.out.splitlines()) == 1


def test_without_a_command_it_shows_the_help_and_leaves_with_3() -> None:
    ran = command(App())
    assert (ran.code, "Usage: canary" in ran.err) == (3, True)


@pytest.mark.parametrize(
    "name", [name for name in _COMMANDS if name not in ("init", "verify", "explain", "key", "watch", "spec")]
)
def test_outside_a_workspace_every_command_says_where_to_go(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    words = {"sign": ["--as", "legal"], "unsign": ["--as", "legal"], "merge": ["some.sig"], "print": ["a.html"]}
    extra = words.get(name, [])
    ran = command(App(), name, *extra, "--workspace", tmp_path_factory.mktemp("empty"))
    assert (ran.code, "holds no canary.toml" in ran.err) == (3, True)
    assert "begin one with 'canary init'" in ran.err


def test_the_program_takes_the_wall_clock_and_the_exit_code(published: Publisher) -> None:
    ran = program("verify", str(published.public), "--pin", f"sha256:{'0' * 64}")
    assert ran.returncode == 2
    assert ran.stdout.startswith("INVALID: ")
    ran = program("verify", str(published.public))
    assert ran.returncode == 3


@pytest.mark.parametrize("form", ["text", "json", "nagios"])
def test_a_reader_that_goes_away_is_no_verdict(published: Publisher, form: str) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "wb") as pipe:
        ran = subprocess.run(
            [
                sys.executable,
                "-m",
                "canary",
                "verify",
                published.public,
                "--pin",
                f"sha256:{'0' * 64}",
                "--format",
                form,
            ],
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert ran.returncode == 3
    assert ran.stderr == ""


def test_a_reader_of_the_help_may_use_the_short_option() -> None:
    assert command(App(), "-h").out == command(App(), "--help").out


@pytest.mark.parametrize(("before", "name"), [("SIG_DFL", "default_int_handler"), ("SIG_IGN", "SIG_IGN")])
def test_a_kill_ends_it_as_ctrl_c_does_unless_it_is_ignored(before: str, name: str) -> None:
    script = f"""
import signal
import canary.cli.main as program
both = (signal.SIGHUP, signal.SIGTERM)
for number in both:
    signal.signal(number, signal.{before})
program.run = lambda: 0 if all(signal.getsignal(number) is signal.{name} for number in both) else 1
program.main()
"""
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
