"""What holds for every command: help, usage errors, pipes, and how quickly it starts."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from canary.cli.app import App
from canary.cli.main import _COMMANDS, _HELP
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


def test_without_a_command_it_shows_the_help_and_leaves_with_3() -> None:
    ran = command(App())
    assert (ran.code, "Usage: canary" in ran.err) == (3, True)


@pytest.mark.parametrize("name", [name for name in _COMMANDS if name not in ("init", "verify", "key")])
def test_outside_a_workspace_every_command_says_where_to_go(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    extra = {"sign": ["--as", "legal"], "unsign": ["--as", "legal"], "merge": ["some.sig"]}.get(name, [])
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
