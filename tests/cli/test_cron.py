from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary.cli.app import App
from canary.cli.crontab_lines import cron_line, cron_line_told_if_bad
from canary.cli.systemd_units import exec_line
from canary.errors import CanaryError
from tests.publisher import Ran, command

AWKWARD = "a dir, 50% & more; $HOME ${HOME} é (1)"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def program(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called canary that prints its arguments, one a line, and exits 1."""
    path = home / AWKWARD / "canary"
    path.parent.mkdir()
    path.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 1\n')
    path.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(path)])
    return path


def cron(*arguments: object) -> Ran:
    return command(App(), "cron", *arguments)


def workspace(home: Path, *options: str) -> Path:
    folder = home / AWKWARD / "acme"
    begun = ("--id", "example.net/canary", "--organisation", "Example", "--every", "3 months", "--start", "2026-11-01")
    done = command(App(), "init", folder, *begun, "--signer", "legal", *options)
    assert done.code == 0, done.err
    return folder


# --- crontab --------------------------------------------------------------------------------------------


def jobs(text: str) -> list[tuple[str, str]]:
    """Returns the times and the command of each line that is no comment."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(" ".join(line.split(" ", 5)[:5]), line.split(" ", 5)[5]) for line in lines]


def as_vixie_cron_reads(text: str) -> str:
    """Returns what the shell gets: up to the first % that no backslash stands before, which itself goes."""
    return re.sub(r"\\([%\\])", r"\1", re.split(r"(?<!\\)%", text)[0])


def as_busybox_cron_reads(text: str) -> str:
    return text


READERS = pytest.mark.parametrize("read", [as_vixie_cron_reads, as_busybox_cron_reads])


def run_by_shell(text: str) -> tuple[int, list[str]]:
    # As cron does it: a short PATH, another folder.
    done = subprocess.run(
        ["/bin/sh", "-c", text], capture_output=True, text=True, check=False, cwd="/", env={"PATH": "/usr/bin:/bin"}
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


@READERS
def test_each_line_runs_this_program_with_whole_paths(
    read: Callable[[str], str], program: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace(home)
    (program.parent / "watch.toml").write_text("")
    monkeypatch.chdir(program.parent)
    done = cron("--config", "watch.toml", "--workspace", "acme")
    assert (done.code, done.err) == (0, "")
    watch, status, timestamp = jobs(done.out)
    assert [watch[0], status[0], timestamp[0]] == ["*/10 * * * *", "0 8 * * *", "30 8 * * *"]
    config = str(program.parent / "watch.toml")
    assert run_by_shell(read(watch[1])) == (1, ["watch", "run", "--config", config, "--quiet"])
    assert run_by_shell(read(status[1])) == (0, ["status", "--workspace", str(folder)])
    assert run_by_shell(read(timestamp[1])) == (1, ["timestamp", "--workspace", str(folder)])


def test_a_reminder_is_not_printed_while_there_is_nothing_to_do(program: Path) -> None:
    line = cron_line_told_if_bad("0 8 * * *", [str(program), "status"])
    _, told = run_by_shell(jobs(line)[0][1])
    program.write_text("#!/bin/sh\necho all is well\n")
    assert (told, run_by_shell(jobs(line)[0][1])) == (["status"], (0, []))


def test_without_a_workspace_there_is_the_watcher_alone(program: Path) -> None:
    assert [when for when, _ in jobs(cron().out)] == ["*/10 * * * *"]
    assert run_by_shell(as_vixie_cron_reads(jobs(cron().out)[0][1])) == (1, ["watch", "run", "--quiet"])
    assert program.exists()


@READERS
def test_who_has_said_how_signers_are_reminded_gets_a_line_for_it(
    read: Callable[[str], str], program: Path, home: Path
) -> None:
    folder = workspace(home)
    assert "remind" not in cron("--workspace", folder).out.replace(str(program), "")
    (folder / "remind.toml").write_text("[command]\nrun = ['/bin/true']\n")
    _, _, remind, timestamp = jobs(cron("--workspace", folder).out)
    assert (remind[0], timestamp[0]) == ("15 8 * * *", "30 8 * * *")
    assert run_by_shell(read(remind[1])) == (1, ["remind", "--quiet", "--workspace", str(folder)])
    found = units(cron("--workspace", folder, "--systemd").out)
    assert "SuccessExitStatus=1 2\n" in found["canary-remind.service"]
    assert "OnCalendar=08:15\n" in found["canary-remind.timer"]


@pytest.mark.usefixtures("program")
def test_a_reminder_that_would_fail_in_the_night_fails_now(home: Path) -> None:
    folder = workspace(home)
    (folder / "remind.toml").write_text("[command]\nrun = ['true']\n")
    done = cron("--workspace", folder)
    assert (done.code, done.out) == (3, "")
    assert "line 2: command.run: the program needs its whole path" in done.err


@pytest.mark.usefixtures("program")
def test_who_asks_nobody_for_timestamps_is_not_told_to_fetch_any(home: Path) -> None:
    folder = workspace(home, "--no-timestamps")
    assert len(jobs(cron("--workspace", folder).out)) == 2
    assert "timestamp" not in cron("--workspace", folder, "--systemd").out


def test_a_program_that_was_started_in_another_way_is_started_in_that_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/canary/__main__.py"])
    assert jobs(cron().out) == [("*/10 * * * *", f"{sys.executable} -m canary watch run --quiet")]


def test_a_relative_program_is_named_by_its_whole_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setattr(sys, "argv", ["bin/canary"])
    assert jobs(cron().out)[0][1] == f"{home}/bin/canary watch run --quiet"


def test_crontab_itself_takes_the_lines(program: Path, home: Path) -> None:
    if shutil.which("crontab") is None:
        pytest.skip("no crontab here, so no cron has read these lines")
    file = home / "lines"
    file.write_text(cron("--workspace", workspace(home)).out)
    # cronie's and newer Debian's check a file without installing it.
    done = subprocess.run(["crontab", "-T", str(file)], capture_output=True, text=True, check=False)
    if "invalid option" in done.stderr:
        pytest.skip("this crontab cannot check a file, so no cron has read these lines")
    assert done.returncode == 0, f"{program}: {done.stderr}"


@settings(deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="\\"), max_size=8),
        min_size=1,
    )
)
def test_every_word_that_is_not_refused_reaches_the_program_as_it_is(words: list[str]) -> None:
    line = cron_line("* * * * *", ["printf", "%s.", *words])
    for read in (as_vixie_cron_reads, as_busybox_cron_reads):
        done = subprocess.run(["/bin/sh", "-c", read(jobs(line)[0][1])], capture_output=True, check=True)
        assert done.stdout.decode() == "".join(f"{word}." for word in words)


@pytest.mark.parametrize("word", ["a\nb", "a\\b", "a\\%b", "a\x1bb", "a\tb"])
def test_what_crons_read_differently_is_refused(word: str) -> None:
    with pytest.raises(CanaryError, match="cron would read something else"):
        cron_line("* * * * *", ["/bin/a", word])


def test_a_command_that_cron_would_refuse_is_refused() -> None:
    assert len(cron_line("* * * * *", ["/bin/a", "b" * 991])) == 10 + 998
    with pytest.raises(CanaryError, match="too long for cron"):
        cron_line("* * * * *", ["/bin/a", "b" * 992])


# --- systemd --------------------------------------------------------------------------------------------


def units(text: str) -> dict[str, str]:
    """Returns the text of each unit by its name."""
    parts = re.split(r"^# --- (\S+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_units(program: Path, home: Path) -> None:
    folder = workspace(home)
    found = units(cron("--workspace", folder, "--systemd").out)
    names = ("canary-watch", "canary-status", "canary-timestamp")
    assert list(found) == [f"{name}.{end}" for name in names for end in ("service", "timer")]
    assert f'ExecStart="{str(program).replace("%", "%%")}" watch run\n' in found["canary-watch.service"]
    awkward = str(folder).replace("%", "%%").replace("$", "$$")
    assert f' status --workspace "{awkward}"\n' in found["canary-status.service"]
    assert "SuccessExitStatus=1 2\n" in found["canary-watch.service"]
    assert "SuccessExitStatus" not in found["canary-status.service"]
    assert "OnCalendar=*:0/10\nPersistent=true\n" in found["canary-watch.timer"]


def test_systemd_takes_the_units_and_finds_the_program(program: Path, home: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here, so no systemd has read these units")
    folder = home / "units"
    folder.mkdir()
    for name, text in units(cron("--workspace", workspace(home), "--systemd").out).items():
        (folder / name).write_text(text)

    def verify() -> tuple[int, str]:
        files = sorted(str(each) for each in folder.iterdir())
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(home)}
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", *files],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        return done.returncode, done.stderr

    assert verify() == (0, "")
    program.unlink()
    code, told = verify()
    assert code != 0
    assert f"Command {program} is not executable" in told


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["/bin/canary", "watch", "run"], "/bin/canary watch run"),
        (["/a b/canary", "c d"], '"/a b/canary" "c d"'),
        (["/50%/canary", "100%h"], '"/50%%/canary" "100%%h"'),
        (["/$HOME/canary", "$HOME", "${A}"], '"/$HOME/canary" "$$HOME" "$${A}"'),
        (["/bin/canary", 'a"b', "a\\x41", ";", "it's"], '/bin/canary "a\\"b" "a\\\\x41" ";" "it\'s"'),
    ],
)
def test_a_command_as_systemd_reads_it(words: list[str], line: str) -> None:
    assert exec_line(words) == line


@pytest.mark.parametrize(
    "words", [["/it's/canary"], ['/a"b/canary'], ["/a\\b/canary"], ["/bin/canary", "a\nb"], ["/bin/canary", ""]]
)
def test_what_systemd_does_not_take_is_refused(words: list[str]) -> None:
    with pytest.raises(CanaryError, match="cannot stand in a unit"):
        exec_line(words)


# --- what is checked first ------------------------------------------------------------------------------


@pytest.mark.parametrize("systemd", [(), ("--systemd",)])
def test_what_would_fail_in_the_night_fails_now(systemd: tuple[str, ...], home: Path) -> None:
    done = cron("--config", home / "none.toml", *systemd)
    assert (done.code, done.out) == (3, "")
    assert f"{home}/none.toml cannot be read" in done.err
    (home / "bad.toml").write_text("[watch]\nevry = 1\n")
    done = cron("--config", home / "bad.toml", *systemd)
    assert (done.code, done.out) == (3, "")
    assert "line 2: watch.evry: there is no such key; did you mean every?" in done.err
    done = cron("--workspace", home, *systemd)
    assert (done.code, done.out) == (3, "")
    assert "holds no canary.toml" in done.err


def test_a_usual_configuration_that_is_broken_is_told_too(home: Path) -> None:
    (home / ".config/canary").mkdir(parents=True)
    (home / ".config/canary/watch.toml").write_text("[watch")
    assert cron().code == 3
