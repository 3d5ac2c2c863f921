"""A repository as a place of files: fetched with the git program, and nothing of it is run or checked out.

- The newest commit of the branch that the repository names (HEAD) comes without its history into a bare repository of
  this watcher's own, beside its memory; the files are read from there (`git cat-file`).
- git starts with no configuration but what is said here: no hooks, no filters, no submodules, no credentials, no
  redirects to another host, and no protocol but the one in the address. It gets its arguments as a list.
- The whole is bounded in time, and in bytes: while git fetches, what it has written is measured, and the system holds
  it to its memory, and to its time where this process is killed (`bounded_program`).
- Links and submodules in the repository are not there; neither is a file that is longer than it may be.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from canary.core.judging.fetched import Fetched, segments, shown
from canary.core.text.strict import digest
from canary.edges.disk.files import PRIVATE_FOLDER_MODE, PRIVATE_MODE
from canary.edges.web import bounded_program
from canary.edges.web.git_tree import Entry, read_tree
from canary.edges.web.process_group import ended_with_us
from canary.errors import CanaryError, FetchError
from canary.limits import GIT_BYTES, GIT_FILES, GIT_LISTING_BYTES, GIT_MEMORY_BYTES, GIT_SAID_BYTES

PREFIX = "git+"
_SCHEMES = {"https", "http", "file"}
_REF = "refs/canary/head"
_NOT_FOUND = re.compile(r"fatal: repository '[^']*' not found")
_MEASURING_SECONDS = 0.05
_SAID_CHARACTERS = 300
_LATER_SECONDS = 5
_SLOW_BYTES, _SLOW_SECONDS = 1_000, 60
_OPTIONS = {
    "core.bigFileThreshold": "4m",
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.protectNTFS": "true",
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": str(_SLOW_BYTES),
    "http.lowSpeedTime": str(_SLOW_SECONDS),
    "maintenance.auto": "false",
    "pack.threads": "1",
    "protocol.allow": "never",
    "submodule.recurse": "false",
}
"""Large blobs, which no canary has, are not held in memory, and no thread takes room of its own there. What next to
nothing comes to any more ends by itself, should nobody be left to end it."""


class GitSource:
    """A `canary.core.judging.fetched.Source` over a repository, for one look; a context manager.

    A file's ETag is its blob's id. A path that is empty or ends in `/` is a folder, and its body has a line `ID NAME`
    for each file in it.

    Args:
        url: the repository, `https://…`, `file://…`, or `http://…`.
        folder: where repositories are kept from one look to the next; None to keep none.
        seconds: what the whole look may take, counted from here.
        allow_http: whether http:// is taken for another host than this machine.
        ca_file: certificates (PEM) to trust instead of certifi's.
        proxy: the proxy that git goes through; None for none.
        program: git's name, looked for on PATH, or its path.

    Raises:
        CanaryError: the address is none that can be used, or git is not there.
    """

    def __init__(
        self,
        url: str,
        *,
        folder: Path | None,
        seconds: float,
        allow_http: bool = False,
        ca_file: Path | None = None,
        proxy: str | None = None,
        program: str = "git",
    ) -> None:
        _check(url, allow_http=allow_http, proxied=proxy is not None)
        found = shutil.which(program)
        if found is None:
            raise CanaryError(f"there is no {program} here to fetch {url} with", hint="Install git.")
        self._url = url
        self._program = found
        self._until = time.monotonic() + seconds
        self._folder = folder
        self._stack = contextlib.ExitStack()
        scheme = urlsplit(url).scheme.lower()
        self._options = {**_OPTIONS, f"protocol.{scheme}.allow": "always", "http.proxy": proxy or ""}
        if scheme == "https":
            # Imported here: for the others nothing is to be trusted.
            import certifi  # noqa: PLC0415

            self._options["http.sslCAInfo"] = str(ca_file or certifi.where())
        self._protocol = scheme

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the repository."""
        self._stack.close()

    def describe(self) -> str:
        """Returns the location in words, for messages."""
        return f"the repository {self._url}"

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        """Returns one file, or the list of a folder; see `canary.core.judging.fetched.Source.get`.

        Raises:
            FetchError: git could not fetch the repository within its bounds, or the file is longer than `limit`.
        """
        del fresh  # git asks the server itself
        try:
            return self._got(path, limit, etag)
        except OSError as error:
            raise FetchError(f"{self.describe()} could not be fetched: {error.strerror or error}") from error

    def _got(self, path: str, limit: int, etag: str | None) -> Fetched:
        if not path or path.endswith("/"):
            return self._listing(path)
        segments(path)
        entry = self._files.get(path)
        if entry is None:
            return Fetched(404, b"", None)
        if etag == entry.id:
            return Fetched(304, b"", entry.id)
        if entry.size > limit:
            raise FetchError(f"{path} in {self.describe()} is larger than the {limit} bytes it may have")
        body = self._read("cat-file", "blob", entry.id, most=limit)
        return Fetched(200, body, entry.id)

    def _listing(self, folder: str) -> Fetched:
        names = (each for each in self._files if each.startswith(folder) and "/" not in each[len(folder) :])
        lines = [f"{self._files[each].id} {each[len(folder) :]}\n" for each in names]
        if not lines:
            return Fetched(404, b"", None)
        body = "".join(lines).encode()
        return Fetched(200, body, f'"{digest(body)}"')

    @cached_property
    def _files(self) -> Mapping[str, Entry]:
        """The files of the newest commit, by path; none where the repository is not there."""
        if not self._fetch():
            return {}
        said = self._read("ls-tree", "-r", "-z", "-l", "--full-tree", _REF, most=GIT_LISTING_BYTES)
        found = dict(read_tree(said))
        if len(found) > GIT_FILES:
            raise FetchError(f"{self.describe()} has more than {GIT_FILES:,} files")
        return found

    @cached_property
    def _home(self) -> Path:
        """The bare repository of this watcher's own, which no other run uses meanwhile."""
        try:
            if self._folder is None:
                return Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="canary-")))
            home = _home_of(self._folder, self._url)
            home.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
            self._hold(home.with_suffix(".lock"))
        except OSError as error:
            raise FetchError(f"{self._folder}, for repositories, cannot be used: {error.strerror}") from error
        return home

    def _hold(self, lock: Path) -> None:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_MODE)
        self._stack.callback(os.close, descriptor)
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= self._until:
                    raise FetchError(f"another run has been at {self.describe()} all this time") from None
                time.sleep(_MEASURING_SECONDS)
            else:
                return

    def _fetch(self) -> bool:
        """Fetches the newest commit; returns whether the repository is there."""
        if _size(self._home) > GIT_BYTES // 2:
            # What earlier looks brought is never needed again.
            _empty(self._home)
        for each in self._home.rglob("*.lock"):
            # Left by a git that was ended.
            each.unlink(missing_ok=True)
        self._git("init", "--quiet", "--bare", "--template=", ".", most=0)
        try:
            self._git(
                *("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"),
                *("--no-auto-maintenance", "--end-of-options", self._url, f"+HEAD:{_REF}"),
                most=0,
            )
        except FetchError as error:
            if _NOT_FOUND.search(error.what):
                return False
            raise
        return True

    def _read(self, *arguments: str, most: int) -> bytes:
        """Reads from the watcher's own repository; one that is damaged is fetched whole by the next look."""
        try:
            return self._git(*arguments, most=most)
        except FetchError:
            _empty(self._home)
            raise

    def _git(self, *arguments: str, most: int) -> bytes:
        """Runs git in the watcher's own repository; returns what it put out.

        Args:
            arguments: the command.
            most: the bytes that it may put out.

        Raises:
            FetchError: it failed, or went beyond its bounds.
        """
        options = [word for name, value in self._options.items() for word in ("-c", f"{name}={value}")]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
            process = subprocess.Popen(  # noqa: S603  # a list, and what is not ours in it stands behind --end-of-options
                [*self._bounded(), self._program, *options, *arguments],
                cwd=self._home,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=said,
                start_new_session=True,
            )
            with ended_with_us(process):
                self._wait(process, {out.fileno(): most, said.fileno(): GIT_SAID_BYTES})
            out.seek(0)
            said.seek(0)
            if process.returncode != 0:
                words = said.read(GIT_SAID_BYTES).decode("utf-8", "replace").strip()
                if str(self._home) in words:
                    # What is broken is this watcher's own: the next look fetches it whole.
                    _empty(self._home)
                raise FetchError(f"git could not fetch {self._url}: {_one_line(words) or process.returncode}")
            return out.read(most)

    def _bounded(self) -> tuple[str, ...]:
        """Returns what comes before a command, so that the system holds it to its bounds."""
        seconds = max(1, math.ceil(self._until - time.monotonic()) + _LATER_SECONDS)
        bounds = (GIT_MEMORY_BYTES, GIT_BYTES + 1, seconds)
        return (sys.executable, "-I", "-S", bounded_program.__file__, *map(str, bounds))

    def _wait(self, process: subprocess.Popen[bytes], bounds: Mapping[int, int]) -> None:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_MEASURING_SECONDS)
            if any(os.fstat(each).st_size > most for each, most in bounds.items()) or _size(self._home) > GIT_BYTES:
                raise FetchError(f"{self.describe()} is larger than it may be")
            if process.returncode is not None:
                return
            if time.monotonic() >= self._until:
                raise FetchError(f"{self.describe()} could not be fetched in time")

    def _environment(self) -> dict[str, str]:
        nothing = os.devnull
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._home),
            "LC_ALL": "C",
            "GIT_ALLOW_PROTOCOL": self._protocol,
            "GIT_ASKPASS": "true",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(self._home.parent),
            "GIT_CONFIG_GLOBAL": nothing,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_DIR": str(self._home),
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_TERMINAL_PROMPT": "0",
        }


def split_location(location: str) -> tuple[str, str]:
    """Returns the address of a repository and the path in it, from `git+https://host/repository.git#folder/file`."""
    url, _, path = location[len(PREFIX) :].partition("#")
    # git takes a scheme in capitals for the name of a program.
    scheme, colon, rest = url.partition(":")
    return scheme.lower() + colon + rest, path


def forget(folder: Path, url: str) -> None:
    """Removes what is kept of a repository, if anything is. A look that is under way fails, and the next is whole.

    Args:
        folder: where repositories are kept.
        url: the repository.
    """
    home = _home_of(folder, url)
    shutil.rmtree(home, ignore_errors=True)
    with contextlib.suppress(OSError):
        home.with_suffix(".lock").unlink()


def _home_of(folder: Path, url: str) -> Path:
    return folder / digest(url.encode())[:32]


def _check(url: str, *, allow_http: bool, proxied: bool) -> None:
    scheme = urlsplit(url).scheme.lower()
    if scheme not in _SCHEMES or "?" in url or not url.isprintable():
        raise CanaryError(
            f"{shown(url)} is no address of a repository", hint="It looks like git+https://example.net/canaries.git."
        )
    if scheme == "file":
        if not url.startswith("file:///"):
            raise CanaryError(f"{shown(url)} is no address of a repository", hint="It looks like git+file:///srv/c.")
        return
    # Imported here: a repository on this machine needs no HTTP.
    from canary.edges.web.http_exchange import checked_origin  # noqa: PLC0415

    checked_origin(
        url,
        what="the repository",
        example="https://example.net/canaries.git",
        allow_http=allow_http,
        proxied=proxied,
        hint="Write git+https://, or allow http explicitly (--allow-http).",
    )


def _size(folder: Path) -> int:
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                size += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118  # a path object for each costs more
    return size


def _empty(folder: Path) -> None:
    with os.scandir(folder) as found:
        for each in found:
            if each.is_dir(follow_symlinks=False):
                shutil.rmtree(each.path, ignore_errors=True)
            else:
                Path(each.path).unlink(missing_ok=True)


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    words = next(
        (line for line in reversed(lines) if line.startswith(("fatal:", "error:"))), lines[-1] if lines else ""
    )
    kept = "".join(each if each.isprintable() and each.isascii() else "?" for each in words)
    return kept[:_SAID_CHARACTERS]
