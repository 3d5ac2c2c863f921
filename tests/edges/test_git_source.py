"""A repository as a place of files: what comes of it, and that nothing of it is run."""

from __future__ import annotations

import errno
import gzip
import os
import ssl
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import trustme

from canary.core.judging.fetched import Fetched
from canary.edges.web import git_source
from canary.edges.web.git_source import GitSource, split_location
from canary.errors import CanaryError, FetchError
from tests.git_backend import git_backend
from tests.git_repository import GitRepository
from tests.loopback import Loopback, answer, drip, redirects, says


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    made = GitRepository(tmp_path / "theirs")
    made.commit({"README": b"read me\n", "canaries/one.txt": b"one\n", "canaries/one.txt.sig": b"signed\n"})
    return made


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "memory" / "repositories"


def get(url: str, path: str, kept: Path | None, *, limit: int = 1_000, etag: str | None = None) -> Fetched:
    with GitSource(url, folder=kept, seconds=20) as source:
        return source.get(path, limit=limit, etag=etag)


def listed(url: str, folder: str, kept: Path | None) -> list[str]:
    return [line.split(" ")[1] for line in get(url, folder, kept).body.decode().splitlines()]


@pytest.mark.parametrize("is_kept", [True, False])
def test_files_come_from_the_newest_commit(repository: GitRepository, kept: Path, *, is_kept: bool) -> None:
    place = kept if is_kept else None
    found = get(repository.url, "canaries/one.txt", place)
    assert (found.status, found.body) == (200, b"one\n")
    assert found.etag == repository.run("rev-parse", "HEAD:canaries/one.txt")
    assert get(repository.url, "canaries/one.txt", place, etag=found.etag).status == 304
    repository.commit({"canaries/one.txt": b"another one\n", "README": None})
    again = get(repository.url, "canaries/one.txt", place, etag=found.etag)
    assert (again.status, again.body) == (200, b"another one\n")
    assert get(repository.url, "README", place).status == 404
    assert get(repository.url, "canaries", place).status == 404
    assert kept.exists() is is_kept


def test_files_come_in_packs_from_gits_own_server(repository: GitRepository, tmp_path: Path, kept: Path) -> None:
    repository.commit({f"canaries/{number}.txt": b"%d\n" % number for number in range(200)})
    with git_backend(tmp_path) as (address, asked):
        url = f"{address}/{repository.folder.name}"
        found = get(url, "canaries/one.txt", kept)
        assert (found.status, found.body) == (200, b"one\n")
        assert len(listed(url, "canaries/", kept)) == 202
        repository.commit({"canaries/one.txt": b"another one\n"})
        assert get(url, "canaries/one.txt", kept, etag=found.etag).body == b"another one\n"
    assert f"POST /{repository.folder.name}/git-upload-pack" in asked


def test_a_folder_is_listed_and_nothing_below_it(repository: GitRepository, kept: Path) -> None:
    assert listed(repository.url, "", kept) == ["README"]
    assert listed(repository.url, "canaries/", kept) == ["one.txt", "one.txt.sig"]
    assert get(repository.url, "other/", kept).status == 404


def test_a_repository_of_more_commits_comes_without_them(repository: GitRepository, kept: Path) -> None:
    old = repository.run("rev-parse", "HEAD")
    repository.commit({"README": b"newer\n"})
    get(repository.url, "README", kept)
    (home,) = (each for each in kept.iterdir() if each.is_dir())
    assert not list(home.rglob("*worktree*"))
    objects = [f"{each.parent.name}{each.name}" for each in home.rglob("objects/??/*")]
    assert old not in objects
    assert (home / "shallow").read_text().split() == [repository.run("rev-parse", "HEAD")]


def test_links_and_submodules_are_not_there(repository: GitRepository, tmp_path: Path, kept: Path) -> None:
    (repository.folder / "passwd").symlink_to("/etc/passwd")
    (repository.folder / "up").symlink_to("..")
    other = GitRepository(tmp_path / "other")
    other.commit({"inside": b"x"})
    repository.run("submodule", "add", "--quiet", other.url, "module")
    repository.commit({})
    for path in ("passwd", "up/theirs", "module", "module/inside"):
        assert get(repository.url, path, kept).status == 404
    assert set(listed(repository.url, "", kept)) == {"README", ".gitmodules"}
    with pytest.raises(FetchError, match="no path within"):
        get(repository.url, "../x", kept)


def test_nothing_of_a_repository_is_run(
    repository: GitRepository, tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hooks, filters, programs that a user's or a system's configuration names, and what the environment says."""
    ran = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\necho $0 >> {ran}\nexec cat\n")
    script.chmod(0o755)
    repository.commit({".gitattributes": b"*.txt filter=evil diff=evil\n"})
    for hook in ("post-checkout", "post-merge", "reference-transaction", "post-update", "pre-auto-gc"):
        for hooks in (repository.folder / ".git" / "hooks", tmp_path / "hooks"):
            hooks.mkdir(exist_ok=True)
            (hooks / hook).write_text(script.read_text())
            (hooks / hook).chmod(stat.S_IRWXU)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f"[core]\n hooksPath = {tmp_path / 'hooks'}\n fsmonitor = {script}\n sshCommand = {script}\n"
        f'[filter "evil"]\n smudge = {script}\n clean = {script}\n required = true\n[credential]\n helper = {script}\n'
        f'[alias]\n fetch = "!{script}"\n[core]\n gitProxy = {script}\n[uploadpack]\n packObjectsHook = {script}\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    for name in ("GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_EXTERNAL_DIFF"):
        monkeypatch.setenv(name, str(script))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(tmp_path))
    assert get(repository.url, "canaries/one.txt", kept).body == b"one\n"
    assert not ran.exists()


@pytest.mark.parametrize(
    "url",
    [
        "ssh://example.net/x",
        "ext::sh -c true",
        "git://example.net/x",
        "--upload-pack=x",
        "/srv/x",
        "https://user:secret@example.net/x",
        "https://example.net/x?y",
        "http://example.net/x",
        "file:///x\ny",
        "file:x",
        "file::/etc",
        "file://example.net/x",
        "",
    ],
)
def test_an_address_of_another_kind_is_refused(url: str, kept: Path) -> None:
    with pytest.raises(CanaryError) as refused:
        GitSource(url, folder=kept, seconds=1)
    assert "secret" not in str(refused.value)
    assert not kept.exists()


def test_a_host_does_not_lead_to_a_folder_of_this_machine(repository: GitRepository, kept: Path) -> None:
    with Loopback({}) as server, Loopback({}) as other:
        for target in (repository.url, f"{other.url}/x/info/refs?service=git-upload-pack"):
            server.faults["/x/info/refs?service=git-upload-pack"] = redirects(target)
            with pytest.raises(FetchError, match="git could not fetch"):
                get(f"{server.url}/x", "README", kept)
        assert other.asked == []


def test_what_is_not_there_is_not_there_and_what_cannot_be_reached_is_told(kept: Path) -> None:
    with Loopback({}) as server:
        assert get(f"{server.url}/x", "README", kept).status == 404
        assert get(f"{server.url}/x", "canaries/", kept).status == 404
        for status in (401, 403, 500, 503):
            server.faults["/x/info/refs?service=git-upload-pack"] = says(answer(status))
            with pytest.raises(FetchError, match="git could not fetch"):
                get(f"{server.url}/x", "README", kept)
        server.faults["/x/info/refs?service=git-upload-pack"] = drip(answer(200, b"never seen"), every=0.1)
        with (
            GitSource(f"{server.url}/x", folder=kept, seconds=0.5) as source,
            pytest.raises(FetchError, match="could not be fetched in time"),
        ):
            source.get("README", limit=1)


def test_only_certificates_of_the_named_file_are_trusted(kept: Path, tmp_path: Path) -> None:
    authority, other = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    files: dict[str, Path | None] = {"ours": tmp_path / "ours.pem", "other": tmp_path / "other.pem", "none": None}
    authority.cert_pem.write_to_path(str(files["ours"]))
    other.cert_pem.write_to_path(str(files["other"]))
    with Loopback({}, tls=context) as server:
        for name, file in files.items():
            with GitSource(f"{server.url}/x", folder=kept, seconds=20, ca_file=file) as source:
                if name == "ours":
                    assert source.get("README", limit=1).status == 404
                else:
                    with pytest.raises(FetchError, match="certificate"):
                        source.get("README", limit=1)


def test_git_goes_through_the_proxy_and_no_other(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with Loopback({}) as proxy, Loopback({}) as server:
        assert get(f"{server.url}/x", "README", kept).status == 404
        assert server.asked
        url = "http://canaries.example/x"
        with GitSource(url, folder=kept, seconds=20, allow_http=True, proxy=proxy.url) as source:
            assert source.get("README", limit=1).status == 404
        assert proxy.asked[-1].target.startswith(f"{url}/info/refs")


def test_what_is_too_large_is_not_taken(repository: GitRepository, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FetchError, match="larger than the 3 bytes"):
        get(repository.url, "canaries/one.txt", kept, limit=3)
    monkeypatch.setattr(git_source, "GIT_FILES", 2)
    with pytest.raises(FetchError, match="more than 2 files"):
        get(repository.url, "README", kept)
    repository.commit({"large": os.urandom(1_000_000)})
    monkeypatch.setattr(git_source, "GIT_BYTES", 300_000)
    with pytest.raises(FetchError, match="larger than it may be"):
        get(repository.url, "README", kept)


@pytest.mark.skipif(sys.platform != "linux", reason="the system holds no process to a size of memory")
@pytest.mark.parametrize("coding", [b"", b"Content-Encoding: gzip\r\n"])
def test_a_host_cannot_fill_the_memory(coding: bytes, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes before a pack is held in memory by git, decompressed."""
    monkeypatch.setattr(git_source, "GIT_MEMORY_BYTES", 200 * 1024 * 1024)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n%s\r\n" % coding
    body = gzip.compress(bytes(400_000_000), compresslevel=1) if coding else bytes(400_000_000)
    with Loopback({}) as server:
        server.faults["/x/info/refs?service=git-upload-pack"] = says(head + body)
        with pytest.raises(FetchError, match=r"[Oo]ut of memory"):
            get(f"{server.url}/x", "README", kept)


@pytest.mark.skipif(sys.platform != "linux", reason="the system holds no process to a size of memory")
def test_a_large_file_beside_the_canaries_costs_no_memory(
    repository: GitRepository, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository.folder / "large").write_bytes(bytes(300_000_000))
    repository.commit({})
    repository.run("-c", "core.bigFileThreshold=1m", "repack", "-adq")
    monkeypatch.setattr(git_source, "GIT_MEMORY_BYTES", 200 * 1024 * 1024)
    assert get(repository.url, "canaries/one.txt", kept).body == b"one\n"


def test_what_git_started_ends_with_it(repository: GitRepository, kept: Path, tmp_path: Path) -> None:
    program, left = tmp_path / "git-that-leaves", tmp_path / "left"
    program.write_text(f"#!/bin/sh\nsleep 600 >/dev/null 2>&1 &\necho $! > {left}\nexit 1\n")
    program.chmod(0o755)
    with GitSource(repository.url, folder=kept, seconds=20, program=str(program)) as source, pytest.raises(FetchError):
        source.get("README", limit=1)
    assert has_ended(int(left.read_text()))


@pytest.mark.parametrize("is_killed", [False, True])
def test_git_ends_with_whoever_started_it(
    repository: GitRepository, kept: Path, tmp_path: Path, *, is_killed: bool
) -> None:
    """A run that is told to stop leaves its threads where they are; one that is killed can end nothing itself."""
    program, running = tmp_path / "git-that-hangs", tmp_path / "running"
    program.write_text(f"#!/bin/sh\necho $$ > {running}\nexec sleep 600\n")
    program.chmod(0o755)
    script = (
        "import sys, threading\nfrom pathlib import Path\nfrom canary.edges.web import git_source\n"
        "git_source._LATER_SECONDS = 0\n"
        f"url, folder, program = {repository.url!r}, Path({str(kept)!r}), {str(program)!r}\n"
        f"source = git_source.GitSource(url, folder=folder, seconds={1 if is_killed else 500}, program=program)\n"
        "threading.Thread(target=source.get, args=('README',), kwargs={'limit': 1}, daemon=True).start()\n"
        "sys.stdin.read()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(git_source.__file__).parents[3])}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdin=subprocess.PIPE) as watcher:
        while not running.exists() or not running.read_text().endswith("\n"):
            assert watcher.poll() is None
            time.sleep(0.01)
        if is_killed:
            watcher.kill()
    assert has_ended(int(running.read_text()))


def has_ended(process: int) -> bool:
    for _ in range(200):
        try:
            state = Path(f"/proc/{process}/stat").read_text() if sys.platform == "linux" else ""
            os.kill(process, 0)
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state.rpartition(")")[2].split()[:1] == ["Z"]:
            return True
        time.sleep(0.05)
    return False


def test_no_room_on_this_machine_is_a_look_that_failed(
    repository: GitRepository, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GitSource(repository.url, folder=kept, seconds=20) as source:
        assert source.get("README", limit=100).status == 200
        git_source.forget(kept, repository.url)
        with pytest.raises(FetchError, match="could not be fetched: No such file"):
            source.get("canaries/one.txt", limit=100)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(FetchError, match="could not be fetched: No space left"):
        get(repository.url, "README", kept)


def test_what_earlier_looks_brought_does_not_pile_up(
    repository: GitRepository, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_source, "GIT_BYTES", 2_000_000)
    for _ in range(6):
        repository.commit({"large": os.urandom(400_000)})
        assert get(repository.url, "README", kept).status == 200
        assert sum(each.stat().st_size for each in kept.rglob("*") if each.is_file()) < 1_600_000


def test_one_that_was_cut_off_or_damaged_is_fetched_anew(repository: GitRepository, kept: Path) -> None:
    assert get(repository.url, "README", kept).status == 200
    (home,) = (each for each in kept.iterdir() if each.is_dir())
    for name in ("shallow.lock", "refs/canary/head.lock", "config.lock"):
        (home / name).write_text("")
    repository.commit({"README": b"newer\n"})
    assert get(repository.url, "README", kept).body == b"newer\n"
    for each in [*home.rglob("objects/??/*"), *home.rglob("*.pack")]:
        each.chmod(0o600)
        each.write_bytes(b"damaged")
    with pytest.raises(FetchError):
        get(repository.url, "README", kept)
    assert get(repository.url, "README", kept).body == b"newer\n"


def test_two_looks_at_one_repository_wait_for_each_other(repository: GitRepository, kept: Path) -> None:
    with GitSource(repository.url, folder=kept, seconds=20) as first:
        assert first.get("README", limit=100).status == 200
        with (
            GitSource(repository.url, folder=kept, seconds=0.2) as second,
            pytest.raises(FetchError, match="another run has been at"),
        ):
            second.get("README", limit=100)
    assert get(repository.url, "README", kept).status == 200


def test_without_git_it_is_said(repository: GitRepository) -> None:
    with pytest.raises(CanaryError, match="no git-of-another-name here") as missing:
        GitSource(repository.url, folder=None, seconds=1, program="git-of-another-name")
    assert missing.value.hint == "Install git."


def test_a_location_names_a_repository_and_a_path() -> None:
    assert split_location("git+https://example.net/c.git#a/b.txt") == ("https://example.net/c.git", "a/b.txt")
    assert split_location("GIT+HTTPS://example.net/c.git#A") == ("https://example.net/c.git", "A")
    assert split_location("git+file:///srv/c") == ("file:///srv/c", "")


def test_processes_at_one_repository_all_get_its_files(repository: GitRepository, kept: Path) -> None:
    script = (
        "from pathlib import Path\nfrom canary.edges.web.git_source import GitSource\n"
        f"with GitSource({repository.url!r}, folder=Path({str(kept)!r}), seconds=60) as source:\n"
        "    assert source.get('canaries/one.txt', limit=10).body == b'one\\n'\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(git_source.__file__).parents[3])}
    running = [subprocess.Popen([sys.executable, "-c", script], env=environment) for _ in range(4)]
    assert [each.wait() for each in running] == [0, 0, 0, 0]


def test_odd_names_cost_no_other_file(repository: GitRepository, kept: Path) -> None:
    blob = repository.run("rev-parse", "HEAD:README")
    names = ["a", "b\nc", "d\te", "f\x1b[31m", "é", "-x", "g\\h", f"{blob} z"]
    for name in names:
        repository.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
    repository.run("commit", "--quiet", "--message=odd")
    found = get(repository.url, "", kept, limit=10_000).body.decode().splitlines()
    assert {line.partition(" ")[2] for line in found} == {"README", "a", "-x", f"{blob} z"}
    assert get(repository.url, "-x", kept).body == b"read me\n"
