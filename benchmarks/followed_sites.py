"""Many publishers with a site each, and the memories of watchers who follow them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import msgspec
import trustme

from benchmarks.canaries import AUTHORITIES, CANARIES, DOMAIN, RESOLVER, Canary
from benchmarks.https_sites import CERTIFICATE, SITES, etag
from benchmarks.samples import site_of, year_of
from canary.core.documents.layout import CHECKPOINT
from canary.core.judging.findings import Status
from canary.core.judging.question import Question
from canary.core.watching.agenda import Patience
from canary.core.watching.followed import Followed
from canary.core.watching.telling import TellingPolicy
from canary.core.watching.watched import Watched
from canary.edges.memory.watch_store import open_watch_store
from canary.flows.watch.rounds import Looked, Round, run_round
from canary.flows.watch.verify import verify_site
from tests.simulator import CHECKERS, MemorySource, Publisher

_BASE = "/canary"

_LEADS_HERE = f"""
import socket

asked = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **options: asked(
    "127.0.0.1" if str(host).endswith({DOMAIN!r}) else host, *rest, **options
)
"""
"""What Python begins with wherever this lies on its path: the names of the canaries lead to this machine."""

_EVERY = timedelta(hours=6)


class Sites:
    """Publishers with a host, keys and texts of their own each.

    Args:
        folder: where the server's files are written, and those of watchers.
        count: how many canaries.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        authority = trustme.CA()
        server = authority.issue_cert(f"*.{DOMAIN}")
        server.private_key_and_cert_chain_pem.write_to_path(str(folder / CERTIFICATE))
        # Among the usual authorities: reading those is what a client without a shared context does each time.
        (folder / AUTHORITIES).write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        hosts = [f"canary-{number:04}.{DOMAIN}" for number in range(count)]
        self._publishers = {host: year_of(f"{host}{_BASE}") for host in hosts}
        self._sources = {host: site_of(publisher) for host, publisher in self._publishers.items()}
        files = {
            host: {f"{_BASE}/{path}": data for path, data in source.files.items()}
            for host, source in self._sources.items()
        }
        (folder / SITES).write_bytes(msgspec.msgpack.encode(files))
        canaries = [self._canary(host) for host in hosts]
        (folder / CANARIES).write_bytes(msgspec.msgpack.encode(canaries))
        (folder / RESOLVER).mkdir()
        (folder / RESOLVER / "sitecustomize.py").write_text(_LEADS_HERE)

    def _canary(self, host: str) -> Canary:
        publisher, source = self._publishers[host], self._sources[host]
        verify_site(source, Question(now=datetime.now(UTC), pin=publisher.pin), publisher.gpg, {})
        targets = tuple(f"{_BASE}/{each.path}" for each in source.asked)
        return Canary(host, publisher.pin, f"{_BASE}/{CHECKPOINT}", etag(source.files[CHECKPOINT]), targets)

    def remember(self, file: Path, port: int, *, seen: bool) -> None:
        """Writes the memory of a watcher who follows all of them.

        Args:
            file: where.
            port: where the sites are served.
            seen: whether each was looked at, and found with a timestamp: then all there is left to ask is whether the
                checkpoint has changed.
        """
        at = datetime.now(UTC) - 2 * _EVERY
        rows = [self._followed(host, publisher, port, at) for host, publisher in self._publishers.items()]
        with open_watch_store(file) as store:
            store.add_many([Watched(each, at) for each in rows])
            if seen:
                run_round(
                    Round(
                        store=store,
                        looks=self._looks,
                        routing=lambda _: (),
                        policy=TellingPolicy(),
                        patience=Patience(),
                        clock=lambda: at,
                        jitter=lambda: 0.5,
                        holder="benchmark",
                    )
                )

    def _followed(self, host: str, publisher: Publisher, port: int, at: datetime) -> Followed:
        ca_file = str(self._folder / AUTHORITIES)
        return Followed(host, f"https://{host}:{port}{_BASE}", publisher.pin, (), _EVERY, at, ca_file=ca_file)

    def _looks(self, due: Sequence[Watched]) -> Iterator[Looked]:
        for watched in due:
            name = watched.followed.name
            publisher, site = self._publishers[name], self._sources[name]
            publisher.stamp()
            stamped = MemorySource({**site.files, **publisher.beside})
            question = Question(now=watched.next_at, pin=publisher.pin)
            found = verify_site(stamped, question, publisher.gpg, CHECKERS)
            if found.verdict.status is not Status.OK:
                raise SystemExit(f"{name} is {found.verdict.status}")
            yield Looked(watched, watched.next_at, 0.1, found.verdict, found.state, None)
