"""A watcher in the middle of a look while the site is swapped, as a web server that follows the link shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from canary.core.judging.fetched import Fetched
from canary.core.judging.question import Question
from canary.core.judging.verdict import Verdict
from canary.core.text.strict import parse_hash
from canary.edges.disk.folder import FolderSource
from canary.flows.watch.verify import verify_site
from tests.publisher import Publisher, done, no_openpgp


@dataclass
class Served:
    """The site that `public` leads to at each request.

    Attributes:
        publisher: whose site.
        swapped_at: the request before which the publisher publishes, counted from 0.
        paths: what was asked for.
    """

    publisher: Publisher
    swapped_at: int
    paths: list[str] = field(default_factory=list)

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        if len(self.paths) == self.swapped_at:
            done(self.publisher.publish())
        self.paths.append(path)
        return FolderSource(self.publisher.public).get(path, limit=limit, etag=etag, fresh=fresh)

    def describe(self) -> str:
        return "the server"


def look(publisher: Publisher, swapped_at: int) -> tuple[Verdict, int]:
    served = Served(publisher, swapped_at)
    question = Question(now=publisher.now, pin=parse_hash(publisher.pin))
    return verify_site(served, question, no_openpgp).verdict, len(served.paths)


def test_a_look_that_straddles_the_swap_finds_the_old_release_or_the_new_one(
    published: Publisher, tmp_path: Path
) -> None:
    done(published.on("2026-05-02").canary("draft"))
    for name in ("legal", "security"):
        done(published.sign(name))
    old, requests = look(published.copy_to(tmp_path / "never"), -1)
    new, _ = look(published.copy_to(tmp_path / "before"), 0)
    assert [each.log_size for each in (old, new)] == [2, 3]
    assert requests == 5  # the checkpoint, the entries, canary.txt, and what dates the newest release
    seen = [look(published.copy_to(tmp_path / str(at)), at)[0] for at in range(1, requests)]
    assert all(verdict in (old, new) for verdict in seen)
