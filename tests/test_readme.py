"""Every command that the README shows is run, in its order, as it stands there.

What the reader has to fill in is put in its place: the host (a server on loopback), the pin, and paths of a server.
Questions are answered as a signer would.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest
from msgspec.structs import replace

from canary.core.watching.watch_settings import Command, Level, Route, Smtp, WatchSettings
from canary.formats.settings.remind_config import parse_remind_config
from canary.formats.settings.watch_config import parse_watch_config
from tests import canarytail_publisher, html_pages
from tests.calendar_simulator import Calendar
from tests.foreign_keys import armored
from tests.gpg_home import GpgHome
from tests.loopback import Loopback
from tests.signify_signer import SignifySigner
from tests.socks_server import SocksProxy, Wanted, socks_url

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent
PASSPHRASE = "a long passphrase for the test"
ANSWERS = {
    r"Passphrase for [^:]*: ": PASSPHRASE,
    r"The same again: ": PASSPHRASE,
    r"Passphrase of [^:]*: ": PASSPHRASE,
    r"Is this still true\? \(yes or no\)": "yes",
    r"\[[0-9]+(?: days)?\]: ": "",
    r"All of them\? \[y/N\]: ": "y",
    r"\[all\]: ": "",
}
NAME = r"Type your name as a signer \((\w+)\)[^:]*: "


def blocks(language: str) -> list[list[str]]:
    return [found.splitlines() for found in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)]


def commands(containing: str) -> list[str]:
    """Returns the commands of the console block that holds `containing`."""
    (block,) = [each for each in blocks("console") if any(containing in line for line in each)]
    assert all(line.startswith("$ ") for line in block), "a console block shows commands only"
    return [line.removeprefix("$ ") for line in block]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme")


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CANARY_", "XDG_"))}
    return {**kept, "HOME": str(home), "PATH": f"{BIN}:{os.environ['PATH']}", "COLUMNS": "100"}


def typed(line: str, folder: Path, home: Path) -> tuple[int, str]:
    """Types a line at a terminal, and answers what it asks."""
    child: pexpect.spawn[str] = pexpect.spawn(
        "bash",
        ["-c", line],
        cwd=str(folder),
        env=environment(home),
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 200),
    )
    patterns: list[type[pexpect.EOF | pexpect.TIMEOUT] | re.Pattern[str] | re.Pattern[bytes] | str | bytes]
    patterns = [*ANSWERS, NAME, pexpect.EOF]
    said = ""
    while True:
        index = child.expect(patterns)
        said += child.before or ""
        if index < len(ANSWERS):
            child.sendline(ANSWERS[str(patterns[index])])
        elif patterns[index] is NAME:
            assert isinstance(child.match, re.Match)
            child.sendline(child.match[1])
        else:
            break
    child.close()
    return child.exitstatus or 0, re.sub(r"\x1b\[[0-9;]*m", "", said)


@pytest.fixture(scope="module")
def workspace(home: Path) -> Path:
    """The README's publisher session, typed."""
    site = home / "www"
    site.mkdir()
    with Loopback({}) as nobody:
        _type_the_publishers_session(home, site, nobody)
    assert {each.target.split("/")[1] for each in nobody.asked} >= {"api.drand.sh", "blockstream.info"}
    return home / "acme"


def _type_the_publishers_session(home: Path, site: Path, nobody: Loopback) -> None:
    folder = home
    for containing in ("canary init", "canary key new", "canary roster", "canary draft", "canary publish --to /srv"):
        for line in commands(containing):
            if line.startswith("cd "):
                folder /= line.removeprefix("cd ")
                continue
            # No test asks anybody outside this machine, and the public timestamp authorities are.
            given = line.replace("canary init", "canary init --no-timestamps").replace("/srv/www/canary", str(site))
            code, said = typed(given, folder, home)
            assert code == 0, f"{line}: {said}"
            if line.startswith("canary init"):
                _ask_nobody_else(folder / "acme" / "canary.toml", nobody)


def _ask_nobody_else(config: Path, nobody: Loopback) -> None:
    """Puts a server of this machine in the place of every public service that anchors are fetched from."""
    settings, table, sources = config.read_text("utf-8").partition("[anchors]")
    config.write_text(settings + table + sources.replace("https://", f"{nobody.url}/"), "utf-8")


@pytest.fixture(scope="module")
def address(workspace: Path) -> Iterator[str]:
    with Loopback(workspace.parent / "www") as server:
        yield server.url


def pin_of(workspace: Path) -> str:
    hint = (workspace / "public" / ".well-known" / "warrant-canary").read_text()
    return str(re.findall("sha256:[0-9a-f]{64}", hint)[0])


def test_the_first_session_works_as_it_stands(home: Path) -> None:
    checkout = home / "checkout"
    ignored = shutil.ignore_patterns(".git", ".venv", "build", ".*_cache", "__pycache__", ".hypothesis")
    shutil.copytree(ROOT, checkout, ignore=ignored)
    # The set-up is the machine's own: the environment that runs this test stands for .venv.
    (checkout / ".venv").symlink_to(BIN.parent)
    for line in commands("make demo"):
        given = line.replace("make demo", "make demo READY=")
        done = subprocess.run(
            ["bash", "-c", given], cwd=checkout, env=environment(home), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"


def test_the_publishers_session_publishes_a_release(workspace: Path) -> None:
    assert (workspace / "log" / "0002.txt").read_bytes() == (workspace / "public" / "canary.txt").read_bytes()


def test_the_watchers_session_ends_with_ok(workspace: Path, address: str, home: Path) -> None:
    codes = []
    for line in commands("--pin sha256:PIN --state"):
        given = line.replace("https://example.net/canary/", address).replace("sha256:PIN", pin_of(workspace))
        code, said = typed(given, home, home)
        codes.append((code, said.split(":")[0]))
    unpinned, *pinned = codes
    assert unpinned == (3, "UNKNOWN")
    assert len(pinned) == 2
    assert set(pinned) <= {(0, "OK"), (0, "DUE")}


def test_a_list_is_followed_and_minded(workspace: Path, address: str, home: Path) -> None:
    said = {}
    for line in commands("canary watch mute"):
        given = line.replace("https://example.net/canary/", address).replace("sha256:PIN", pin_of(workspace))
        code, said[line.split()[2]] = typed(given, home, home)
        assert code == 0, said
    assert "acme is in the list now" in said["add"]
    assert "Looked at 0 of 1 canary; 0 alerts." in said["run"]
    assert "The statements of release 1" in said["show"]
    assert "stdout: taken." in said["test-alert"]
    assert "New in the list: 1 canary; refused: 0." in said["import"]


@pytest.fixture(scope="module")
def others(home: Path) -> Iterator[tuple[Loopback, dict[str, str]]]:
    """The canaries in other formats that the README adds, and what the reader has to fill in."""
    text = "Example canary.\n\nExample Networks has never handed its keys to anyone.\n"
    signify, now = SignifySigner.make(7), datetime.now(UTC)
    issued, expiry = (f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (-1, 30))
    with GpgHome() as gpg:
        ada, bob = gpg.key("Ada <ada@example.org>"), gpg.key("Bob <bob@example.org>")
        (home / "team.asc").write_bytes(gpg.export(ada, "--armor") + gpg.export(bob, "--armor"))
        (home / "key.pub").write_bytes(signify.key_file())
        (home / "report.html").write_text(html_pages.page(*html_pages.TEXT.split("\n\n")), encoding="utf-8")
        signed = {key: armored(gpg, key, text.encode(), at=now - timedelta(hours=1)) for key in (ada, bob)}
    files = {
        **dict.fromkeys(("/canary.txt", "/canary-001.txt", "/signed.txt"), text.encode()),
        "/canary.txt.asc": signed[ada],
        "/canary-001.txt.sig.ada": signed[ada],
        "/canary-001.txt.sig.bob": signed[bob],
        "/signed.txt.minisig": signify.minisign(text.encode()),
        "/canary.json": canarytail_publisher.encoded(
            canarytail_publisher.document("author", release=issued, expiry=expiry)
        ),
        "/report.html": (home / "report.html").read_bytes(),
    }
    with Loopback(files) as server:
        yield server, {"https://example.org": server.url, "=ADA": f"={ada}", "=BOB": f"={bob}"}


def test_canaries_in_other_formats_are_followed(others: tuple[Loopback, dict[str, str]], home: Path) -> None:
    server, filled_in = others
    codes, said = [], ""
    for line in commands("--certificate team.asc"):
        given = line
        for words, instead in {
            **filled_in,
            "sha256:PIN": " ".join(re.findall("sha256:[0-9a-f]{64}", said)[:1]),
        }.items():
            given = given.replace(words, instead)
        code, said = typed(given, home, home)
        codes.append((code, re.findall(r"^([A-Z]+): ", said, re.MULTILINE)))
        assert "Traceback" not in said
        if "--name team" in line:
            assert "team is in the list now" in said, said
    assert codes[0] == (3, [])
    assert all(code == 0 and words == ["OK"] for code, words in codes[1:3])
    report = subprocess.run(
        ["canary", "watch", "list", "--json"],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    listed = {each["name"]: each["other_format"] for each in json.loads(report.stdout)["canaries"]}
    assert {name: listed[name] for name in ("team", "both", "signify", "tail", "report")} == {
        "team": "openpgp-detached",
        "both": "openpgp-detached",
        "signify": "signify",
        "tail": "canarytail",
        "report": "page",
    }
    assert {each.target for each in server.asked} >= {"/canary-001.txt.sig.ada", "/report.html"}


def test_behind_tor_the_proxy_is_all_that_is_asked(workspace: Path, home: Path) -> None:
    (line,) = commands("--proxy")
    onion = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"
    names = SocksProxy()
    with Loopback(workspace.parent / "www") as server, Loopback(on_connect=names) as tor:
        names.places[onion] = server.port
        given = line.replace("https://example.net/canary/", f"--allow-http http://{onion}/")
        given = given.replace("socks5h://127.0.0.1:9050", socks_url(tor)).replace("sha256:PIN", pin_of(workspace))
        code, said = typed(given, home, home)
    assert (code, said.split(":")[0]) in {(0, "OK"), (0, "DUE")}
    assert set(names.asked) == {Wanted("name", onion, 80)}


def test_when_a_release_was_signed_is_told_and_its_proofs_are_saved(workspace: Path, address: str, home: Path) -> None:
    for line in commands("canary explain"):
        given = line.replace("https://example.net/canary/", address).replace("sha256:PIN", pin_of(workspace))
        code, said = typed(given, home, home)
        assert code == 0, said
        assert "What happened when" in said
    assert (home / "proofs" / "entry.txt").read_bytes() == (workspace / "log" / "0002.txt").read_bytes()


def test_the_site_is_looked_at_from_outside(workspace: Path, address: str, home: Path) -> None:
    (line,) = commands("canary publish --check")
    code, said = typed(line.replace("https://example.net/canary/", address), workspace, home)
    assert code == 0, said
    assert f"{address}: a watcher sees" in said
    assert f"seen at {address}: " in (workspace / "receipts/0002.txt").read_text("utf-8")


def test_a_bucket_is_written_to(workspace: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("moto.server", reason="moto is not installed here, so nothing was written to a bucket")
    from tests.bucket_server import BucketServer  # noqa: PLC0415  # where there is moto

    (line,) = commands("canary publish --to s3:")
    with BucketServer() as server:
        server.use(monkeypatch)
        code, said = typed(line.replace("our-site", "sites"), workspace, home)
        assert code == 0, said
        assert server.files("canary")["checkpoint"] == (workspace / "public/checkpoint").read_bytes()


@pytest.mark.skipif(shutil.which("rsync") is None, reason="no rsync here, so its lines in the README were not run")
def test_rsync_copies_the_whole_site(workspace: Path, home: Path) -> None:
    target = home / "elsewhere"
    target.mkdir()
    lines = commands("rsync")
    for line in lines:
        assert (target / "checkpoint").exists() is False
        code, said = typed(line.replace("www.example.net:/srv/www/canary/", f"{target}/"), workspace, home)
        assert code == 0, said
    copied, built = ({str(each.relative_to(top)) for each in top.rglob("*")} for top in (target, workspace / "public"))
    assert copied == built


def test_a_repository_that_is_served_takes_the_site(workspace: Path, home: Path) -> None:
    pages, hub = home / "pages", home / "hub.git"
    author = "-c user.name=a -c user.email=a@example.net"
    for line in (f"git init --quiet --bare {hub}", f"git clone --quiet {hub} {pages}", f"mkdir {pages}/canary"):
        assert typed(line, home, home)[0] == 0
    assert typed(f"canary publish --to {pages}/canary", workspace, home)[0] == 0
    for line in commands("git -C"):
        code, said = typed(line.replace("/srv/pages", f"{pages} {author}"), home, home)
        assert code == 0, said
    code, said = typed(f"git -C {hub} ls-tree -r --name-only HEAD", home, home)
    assert (code, "canary/checkpoint" in said.splitlines()) == (0, True)


def test_signers_are_reminded_as_it_is_explained(workspace: Path, home: Path) -> None:
    (block,) = [each for each in blocks("toml") if "[signers]" in each]
    settings = parse_remind_config("\n".join(block).encode(), what="README.md", folder="/srv/acme", home="/home/op")
    assert isinstance(settings.how, Smtp)
    assert settings.addresses.keys() == {"legal", "security", "director"}
    config = workspace / "remind.toml"
    config.write_text("[command]\nrun = ['/bin/cat']\n", "utf-8")
    (line,) = commands("canary remind --test")
    code, said = typed(line, workspace, home)
    config.unlink()
    assert (code, said.split()) == (0, ["legal:", "taken.", "security:", "taken.", "director:", "taken."])


def test_the_cron_lines_print_what_is_said_of_them(workspace: Path, address: str, home: Path) -> None:
    (block,) = blocks("crontab")
    lines = [line for line in block if not line.startswith("#")]
    assert len(lines) == 5
    (workspace / "remind.toml").write_text("[command]\nrun = ['/bin/cat']\n", "utf-8")
    added = f"canary watch add {address} --pin {pin_of(workspace)} --name by-cron"
    assert typed(added, home, home)[0] == 0
    for line in lines:
        command = line.split(maxsplit=5)[5]
        given = command.replace("/srv/acme", str(workspace)).replace("https://example.net/canary/", address)
        given = given.replace("/var/lib/canary", str(home)).replace("sha256:PIN", pin_of(workspace))
        done = subprocess.run(["bash", "-c", given], env=environment(home), capture_output=True, text=True, check=False)
        if "canary timestamp" in line:
            assert "canary.toml names no timestamp authority" in done.stderr
            assert done.returncode == 1
            _check_timestamp(line.split(maxsplit=5)[5], workspace, home)
            continue
        if "watch run --quiet" in line:
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
            continue
        if "canary remind" in line:
            assert (done.returncode in (0, 1, 2), done.stderr) == (True, "")
            continue
        assert re.fullmatch(r"CANARY (OK|WARNING|CRITICAL) - .*\n", done.stdout), done.stdout + done.stderr
        assert done.returncode in (0, 1, 2)


def _check_timestamp(command: str, workspace: Path, home: Path) -> None:
    """Runs the cron job that fetches timestamps with a calendar on this machine, which then goes away."""
    copy = home / "with a calendar"
    shutil.copytree(workspace, copy, symlinks=True)
    given = command.replace("/srv/acme", shlex.quote(str(copy)))

    def run() -> tuple[int, list[str]]:
        done = subprocess.run(["bash", "-c", given], env=environment(home), capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.returncode, done.stdout.splitlines()

    with Calendar() as calendar:
        config = copy / "canary.toml"
        config.write_text(f'{config.read_text("utf-8")}\n[timestamps]\ncalendars = ["{calendar.url}"]\n', "utf-8")
        code, lines = run()
        assert (code, len(lines)) == (0, 1)
        assert "2 entries wait for a Bitcoin block" in lines[0]
    shutil.rmtree(copy / "evidence")
    code, lines = run()
    assert code == 1
    assert [each.split(": ")[0] for each in lines] == [
        "example.net/canary",
        f"No timestamp of {calendar.url.removeprefix('http://')}",
        "Next",
    ]


def test_the_watchers_configuration_is_read_as_it_is_explained() -> None:
    (block,) = [each for each in blocks("toml") if "[watch]" in each]
    settings = parse_watch_config("\n".join(block).encode(), what="README.md", memory="/watch.db", folder="/etc/canary")
    assert [(each.name, type(each.how)) for each in settings.channels] == [("mail", Smtp), ("pager", Command)]
    assert settings.routes == (Route(("mail",)), Route(("pager",), tags=("vital",), least=Level.CRITICAL))
    assert replace(settings, channels=(), routes=(), ping="") == WatchSettings("/watch.db", channels=())


def test_cron_prints_lines_for_this_machine(workspace: Path, home: Path) -> None:
    lines, units = commands("canary cron --workspace")
    (workspace / "remind.toml").write_text("[command]\nrun = ['/bin/cat']\n", "utf-8")
    code, said = typed(lines.replace("/srv/acme", str(workspace)), home, home)
    jobs = r"(?m)^[0-9*].* (watch run|status --workspace|remind --quiet)"
    assert (code, re.findall(jobs, said)) == (0, ["watch run", "status --workspace", "remind --quiet"])
    code, said = typed(units, home, home)
    assert (code, "canary-watch.timer" in said) == (0, True)


def test_the_specification_is_printed(home: Path) -> None:
    for line in commands("canary spec"):
        assert typed(line, home, home) == (0, "")
    assert (home / "canary-spec.md").read_text(encoding="utf-8").startswith("# ")


def test_every_command_is_named_in_the_readme() -> None:
    done = subprocess.run([str(BIN / "canary"), "--help"], capture_output=True, text=True, check=True)
    names = re.findall(r"^  ([a-z]+)  ", done.stdout.split("Commands:")[1], re.MULTILINE)
    assert len(names) >= 10
    assert [name for name in names if f"canary {name}" not in README] == []
