"""One way of asking after many canaries, measured in a process of its own.

    python -m benchmarks.contender run|bare|stock|pycurl unchanged|first FOLDER PORT COUNT MEMORY

Every canary has a host of its own, so that each takes a new connection; with the folder `resolver` on Python's path all
of their names lead to this machine. It prints what it took (`Taken`, as JSON).
"""

from __future__ import annotations

import contextlib
import io
import resource
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import requests
from requests.adapters import HTTPAdapter

from benchmarks.canaries import AUTHORITIES, Canary, canaries_of
from canary.cli.main import run
from canary.core.watching.watch_settings import WatchSettings

THREADS = WatchSettings("").threads
_OK, _NOT_MODIFIED, _NOT_FOUND = 200, 304, 404
Request = tuple[str, dict[str, str]]


class Taken(msgspec.Struct):
    """What asking took.

    Attributes:
        seconds: of wall time.
        cpu: of processor time, that of processes it started included.
    """

    seconds: float
    cpu: float


class Job(msgspec.Struct):
    """What is to be asked.

    Attributes:
        is_first: whether as at a first look; otherwise whether the checkpoint has changed.
        folder: where `benchmarks.followed_sites` wrote the sites' files.
        port: where the sites are served.
        canaries: the canaries.
        memory: a watcher's memory of them.
    """

    is_first: bool
    folder: Path
    port: int
    canaries: list[Canary]
    memory: Path

    @property
    def authorities(self) -> str:
        """The path of the authorities that vouch for the sites."""
        return str(self.folder / AUTHORITIES)

    def requests(self, canary: Canary) -> list[Request]:
        """Returns what one canary is asked for: addresses and headers."""
        at = f"https://{canary.host}:{self.port}"
        if self.is_first:
            return [(f"{at}{target}", {}) for target in canary.targets]
        return [(f"{at}{canary.checkpoint}", {"If-None-Match": canary.etag})]

    def check(self, status: int, body: bytes) -> None:
        """Stops where an answer is none of those that are meant to come."""
        if status not in ((_OK, _NOT_FOUND) if self.is_first else (_NOT_MODIFIED,)) or (status == _OK and not body):
            raise SystemExit(f"answered {status}")


def _run(job: Job) -> None:
    config = job.memory.with_suffix(".toml")
    config.write_text(f'[watch]\nmemory = "{job.memory}"\n')
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = run(["watch", "run", "--config", str(config)])
    if code != 0 or f"Looked at {len(job.canaries)} of {len(job.canaries)}" not in printed.getvalue():
        raise SystemExit(f"left with {code}: {printed.getvalue()}")


class _UnchangedContext(ssl.SSLContext):
    """urllib3 sets the protocols for every connection, while OpenSSL reads them for others: some of them fail then."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        pass


class _SharedContext(HTTPAdapter):
    """requests' adapter with one TLS context for all connections, which it never gives other authorities."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=1)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=self._context, **options)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> tuple[Any, Any]:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {name: value for name, value in pool.items() if name not in ("ca_certs", "ca_cert_dir")}

    def cert_verify(self, *_: object) -> None:
        pass


def _bare(job: Job) -> None:
    context = _UnchangedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(job.authorities)
    local = threading.local()

    def ask(canary: Canary) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.trust_env = False
            local.session.mount("https://", _SharedContext(context))
        for url, headers in job.requests(canary):
            answer = local.session.get(url, headers=headers, timeout=30)
            job.check(answer.status_code, answer.content)

    _in_threads(job, ask)


def _stock(job: Job) -> None:
    def ask(canary: Canary) -> None:
        for url, headers in job.requests(canary):
            answer = requests.get(url, headers=headers, timeout=30, verify=job.authorities)
            job.check(answer.status_code, answer.content)

    _in_threads(job, ask)


def _in_threads(job: Job, ask: Callable[[Canary], None]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(ask, job.canaries):
            pass


def _pycurl(job: Job) -> None:
    import pycurl  # noqa: PLC0415  # it need not be there

    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_MAXCONNECTS, 2 * THREADS)
    waiting = iter(job.canaries)
    left: dict[Any, tuple[Iterator[Request], io.BytesIO]] = {}

    def go_on(curl: Any) -> None:
        """Asks for the next file, of the next canary where the last one's are done."""
        request = next(left[curl][0], None) if curl in left else None
        if request is None:
            canary = next(waiting, None)
            if canary is None:
                left.pop(curl, None)
                return
            asked = iter(job.requests(canary))
            left[curl] = asked, io.BytesIO()
            request = next(asked)
        url, headers = request
        body = io.BytesIO()
        left[curl] = left[curl][0], body
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers.items()])
        curl.setopt(pycurl.WRITEDATA, body)
        multi.add_handle(curl)

    handles = []
    for _ in range(THREADS):
        curl = pycurl.Curl()
        curl.setopt(pycurl.CONNECT_TO, ["::127.0.0.1:"])
        curl.setopt(pycurl.CAINFO, job.authorities)
        curl.setopt(pycurl.TIMEOUT, 30)
        handles.append(curl)
        go_on(curl)
    while left:
        multi.perform()
        _, done, failed = multi.info_read()
        if failed:
            raise SystemExit(str(failed[0]))
        for curl in done:
            job.check(curl.getinfo(pycurl.RESPONSE_CODE), left[curl][1].getvalue())
            multi.remove_handle(curl)
            go_on(curl)
        if not done:
            multi.select(1.0)


_CONTENDERS = {"run": _run, "bare": _bare, "stock": _stock, "pycurl": _pycurl}


def main() -> None:
    """Asks in the one way that the command line names, and prints what that took."""
    name, kind, folder, port, count, memory = sys.argv[1:]
    job = Job(kind == "first", Path(folder), int(port), canaries_of(Path(folder))[: int(count)], Path(memory))
    began, cpu = time.perf_counter(), _cpu()
    _CONTENDERS[name](job)
    taken = Taken(time.perf_counter() - began, _cpu() - cpu)
    print(msgspec.json.encode(taken).decode())


def _cpu() -> float:
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


if __name__ == "__main__":
    main()
