"""The demo does what it says, and says so when something differs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from canary.core.dating.anchors import check_anchor
from canary.core.documents.schedule import Cadence, Schedule, Unit
from scripts.demo import first_window, main
from scripts.demo_follow import FOLLOWED, Passed
from scripts.demo_watcher import EXPECTED, Expected
from scripts.public_values import newest_anchors
from tests.site_pages import Page

DEMO = Path(__file__).resolve().parent.parent / "scripts" / "demo.py"
SECONDS = 60
"""The demo promises less than a minute; it takes some four seconds."""


def run_demo(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(DEMO), folder.name],
        cwd=folder.parent,
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=SECONDS,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Returns the folder in which the demo made a workspace, and what it told."""
    folder = tmp_path_factory.mktemp("demo") / "made"
    done = run_demo(folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done.stdout


def test_every_attack_is_told_in_order_with_its_status_and_exit_code(told: tuple[Path, str]) -> None:
    found = re.findall(r"^    => ([A-Z]+), exit code (\d)", told[1], re.MULTILINE)
    attacks = [(each.status, str(each.exit_code)) for case, each in EXPECTED.items() if case != "published"]
    assert found == attacks
    assert [status for status, _ in attacks] == [
        *("OK", "OK", "OK"),
        *("INVALID", "INVALID", "WITHDRAWN", "UNREACHABLE", "INVALID", "INVALID", "INVALID", "INVALID"),
        *("OVERDUE", "EXPIRED", "EXPIRED", "MISSING", "UNREACHABLE"),
    ]


def test_the_stranger_sees_ok_before_anything_is_attacked(told: tuple[Path, str]) -> None:
    assert 0 < told[1].index("    OK: ") < told[1].index("    => ")


def test_an_edit_of_the_site_that_is_followed_is_one_email_and_a_repeated_run_none(told: tuple[Path, str]) -> None:
    following = told[1].partition("\n6. Follow it for ever\n")[2].partition("\n7. Your turn\n")[0]
    runs = re.findall(r"^    \$ canary watch run\n    Looked at 1 of 1 canary; (\d) alerts?\.", following, re.MULTILINE)
    assert runs == ["0", "1", "0"]
    assert re.findall(r"^    Subject: (.*)", following, re.MULTILINE) == ["INVALID: example (Example Networks)"]
    assert [len(each.subjects) for each in FOLLOWED.values()] == [0, 0, 1, 0]
    assert [(each.status, each.exit_code) for each in FOLLOWED.values()] == [("OK", 0)] * 2 + [("INVALID", 2)] * 2


def test_the_newest_release_is_dated_from_both_sides(told: tuple[Path, str]) -> None:
    folder, output = told
    said = " ".join(output.split())
    minute = r"20\d\d-\d\d-\d\d \d\d:\d\d"
    window = rf"Signed between {minute} and {minute} UTC, proved by a Bitcoin block .*?, and by Example Notary\."
    assert re.search(window, said)
    verify = shlex.split(output.splitlines()[-1])
    assert verify[3:5] == ["--tsa-root", f"{folder.name}/authority.pem"]
    done = subprocess.run([*verify, "--json"], cwd=folder.parent, capture_output=True, check=True, encoding="utf-8")
    release = json.loads(done.stdout)["release"]
    anchors = [check_anchor(anchor).bound for anchor in newest_anchors()]
    assert datetime.fromisoformat(release["not_before"]) == max(each for each in anchors if each)
    late = datetime.fromisoformat(release["not_after"]) - datetime.fromisoformat(release["issued"])
    assert timedelta(0) <= late <= timedelta(seconds=SECONDS)


def test_the_page_shows_what_a_watcher_sees_who_does_not_know_the_authority(told: tuple[Path, str]) -> None:
    front = Page((told[0] / "public" / "index.html").read_bytes())
    assert "Not signed before" in front.said("window")
    assert "proved by a drand round and a Bitcoin block in its text." in front.said("window")
    assert "Claimed, and not proved: the timestamp of Example Notary" in front.said("when")


def test_without_openssl_it_says_so_twice_and_shows_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("gpg", "gpgconf"):
        (programs / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(programs))
    assert main([str(tmp_path / "demo")]) == 0
    output = capsys.readouterr().out
    assert output.count("!!! openssl is not installed on this machine") == 2
    assert "--tsa-root" not in output
    shown = re.findall(r"^    => ([A-Z]+), exit code \d(?: \(([A-Z-]+)\))?", output, re.MULTILINE)
    assert shown[0] == ("OK", "STALE-ANCHOR")
    assert len(shown) == len(EXPECTED) - 3
    assert "Not signed before" in Page((tmp_path / "demo" / "public" / "index.html").read_bytes()).said("window")


def test_no_line_is_coloured_or_wider_than_a_terminal(told: tuple[Path, str]) -> None:
    assert "\x1b" not in told[1]
    *lines, command = told[1].splitlines()
    # A path of this machine may be as long as it likes.
    assert [line for line in lines if len(line) > 100 and str(told[0].parent) not in line] == []
    assert command.startswith("  ")


def test_lines_that_canary_broke_are_joined_and_no_others(told: tuple[Path, str]) -> None:
    roster = told[1].partition("$ canary roster\n")[2].partition("$ canary publish")[0]
    assert re.search(r"^ +log key +[0-9a-f]{8};", roster, re.MULTILINE)
    assert re.search(r"^ +schedule .*\n? .*first window on\s+[0-9-]{10}$", roster, re.MULTILINE)


def test_the_last_line_works_as_it_stands_and_finds_an_edit(told: tuple[Path, str]) -> None:
    folder, output = told
    command = shlex.split(output.splitlines()[-1])
    assert command[1:3] == ["verify", f"{folder.name}/public"]
    fine = subprocess.run(command, cwd=folder.parent, capture_output=True, check=False, encoding="utf-8")
    assert (fine.returncode, fine.stdout.split(":")[0]) == (0, "OK")
    front = folder / "public" / "canary.txt"
    original = front.read_bytes()
    front.write_bytes(original.replace(b"never", b"seldom", 1))
    edited = subprocess.run(command, cwd=folder.parent, capture_output=True, check=False, encoding="utf-8")
    front.write_bytes(original)
    assert (edited.returncode, edited.stdout.split(":")[0]) == (2, "INVALID")


def test_the_pin_and_the_workspace_are_there_to_go_on_with(told: tuple[Path, str]) -> None:
    folder, output = told
    assert output.endswith(f" --pin {(folder / 'PIN').read_text('utf-8')}")
    program = shlex.split(output.splitlines()[-1])[0]
    status = [program, "status", "--workspace", str(folder)]
    done = subprocess.run(status, cwd=folder.parent, capture_output=True, check=False, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")


def test_it_leaves_no_private_key_behind(told: tuple[Path, str]) -> None:
    files = [path for path in told[0].rglob("*") if path.is_file()]
    assert (told[0] / "canary.toml") in files
    assert [path for path in files if b"PRIVATE KEY" in path.read_bytes()] == []


def test_it_runs_again_over_what_it_made_and_over_nothing_else(
    tmp_path: Path, told: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("two years of work", "utf-8")
    assert main([str(tmp_path / "precious")]) == 1
    assert "no demo made it" in capsys.readouterr().err
    assert (tmp_path / "precious" / "thesis.txt").exists()
    made = Path(shutil.copytree(told[0], tmp_path / "made", symlinks=True))
    (made / "draft-of-a-letter.txt").write_text("gone after this", "utf-8")
    again = run_demo(made)
    assert (again.returncode, again.stderr) == (0, "")
    assert not (made / "draft-of-a-letter.txt").exists()


@pytest.mark.parametrize(
    ("case", "wrong", "seen"),
    [
        ("published", Expected("DUE", 0), "got OK, exit code 0, finding none"),
        (
            "published",
            Expected("OK", 0, "SIGNED-BETWEEN", (True, False)),
            "got OK, exit code 0, finding SIGNED-BETWEEN, bounds (True, True)",
        ),
        ("anchor repeated", Expected("OK", 0, "BAD-ANCHOR"), "got OK, exit code 0, finding none"),
        ("edited", Expected("INVALID", 1, "ROOT-MISMATCH"), "got INVALID, exit code 2, finding ROOT-MISMATCH"),
        ("host gone", Expected("UNREACHABLE", 1, "MISSING"), "got UNREACHABLE, exit code 1, finding UNREACH"),
    ],
    ids=["status", "bounds", "finding of the times", "exit code", "finding"],
)
def test_it_fails_and_names_the_difference(
    case: str, wrong: Expected, seen: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "demo")], expected={**EXPECTED, case: wrong}) == 1
    told = capsys.readouterr().err
    assert f"{case}: expected {wrong}; {seen}" in told


@pytest.mark.parametrize(
    ("case", "wrong"),
    [("edited", Passed("INVALID", 2)), ("repeated", Passed("OK", 0))],
    ids=["one e-mail too many", "status"],
)
def test_it_fails_where_who_follows_it_is_told_something_else(
    case: str, wrong: Passed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "demo")], followed={**FOLLOWED, case: wrong}) == 1
    assert f"{case}: expected {wrong}; got {FOLLOWED[case]}" in capsys.readouterr().err


def test_it_fails_when_a_look_was_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "demo")], expected={**EXPECTED, "stolen": Expected("INVALID", 2, "FORGED")}) == 1
    assert "never looked at: stolen" in capsys.readouterr().err


def test_on_any_day_the_newest_window_is_open_and_the_next_one_is_months_away() -> None:
    for offset in range(4 * 366):
        today = date(2027, 1, 1) + timedelta(days=offset)
        start = first_window(today)
        schedule = Schedule(start, Cadence(3, Unit.MONTH), timedelta(days=14), timedelta(days=14))
        # The demo may begin just before midnight and end after it.
        for day in (today, today + timedelta(days=1)):
            opened = schedule.newest_opened(day)
            assert opened == schedule.opening(5)
            assert (schedule.window_at(opened).last - day).days >= 3
            assert (schedule.following(opened).opens - day).days >= 70
