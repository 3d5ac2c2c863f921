"""What is measured on: canaries made by the test suite's publishers, fresh at the moment of measuring."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from canary.core.documents.layout import CHECKPOINT, FRONT, evidence_folder
from canary.core.log.merkle import leaf_hash
from canary.core.log.tiles import log_files
from canary.core.text.strict import digest
from tests.authority import make_authority, pem, query_for
from tests.gpg_home import GpgHome
from tests.publisher import ADD_ALL
from tests.publisher import Publisher as CommandLine
from tests.simulator import CANARY, EXAMPLE_ANCHOR, EXAMPLE_BLOCK, MemorySource, Publisher

_RELEASES = 4
_CADENCE = timedelta(weeks=13)


def year_of_releases(folder: Path) -> str:
    """Writes the site of a canary with Ed25519 signers and four releases; returns its pin, `sha256:…`."""
    publisher = year_of(CANARY)
    write(publisher.site().files, folder)
    return f"sha256:{publisher.pin}"


def year_of(canary: str) -> Publisher:
    """Returns a publisher with Ed25519 signers and four releases, the newest one of this quarter."""
    publisher = Publisher(start=_first_window(), cadence="13 weeks", canary=canary)
    publisher.roster()
    for _ in range(_RELEASES):
        publisher.release()
    return publisher


def year_with_openpgp(folder: Path, home: GpgHome) -> tuple[Path, str]:
    """Makes the like with an OpenPGP signer, by the real command line and gpg; returns the site and its pin."""
    first = datetime.combine(_first_window(), datetime.min.time(), tzinfo=UTC) + timedelta(hours=12)
    fingerprint = home.key("director <director@example.org>", at=first - timedelta(days=30))
    publisher = CommandLine(
        folder,
        now=first - timedelta(days=1),
        openpgp={"director": fingerprint},
        gpg_home=home.path,
        start=first.date().isoformat(),
        every="13 weeks",
    ).begin()
    for number in range(_RELEASES):
        publisher.on(first + number * _CADENCE).release(*(ADD_ALL if number == 0 else ()), by=("legal", "director"))
    return publisher.public, publisher.pin


def two_tokens(folder: Path, entry: bytes) -> tuple[Path, tuple[bytes, bytes]]:
    """Has a real authority stamp an entry twice; returns a file with its root, and the replies.

    Its key is RSA, and its certificate comes from an intermediate, like those of the public authorities.
    """
    authority = make_authority(folder / "authority", intermediates=1, key="rsa2048")
    root = folder / "root.pem"
    root.write_text(pem(authority.root), "ascii")
    return root, (authority.reply(query_for(entry)), authority.reply(query_for(entry)))


def dated_release(folder: Path) -> tuple[Path, Path, str]:
    """Makes the like of `year_of_releases` whose newest release has two anchors and two tokens.

    Returns:
        The site, the file with the authority's root, and the pin, `sha256:…`.
    """
    publisher = Publisher(start=_first_window(), cadence="13 weeks")
    publisher.roster()
    for number in range(_RELEASES):
        publisher.release(anchors=(EXAMPLE_ANCHOR, EXAMPLE_BLOCK) if number == _RELEASES - 1 else ())
    root, tokens = two_tokens(folder, publisher.entries[-1])
    for number, token in enumerate(tokens):
        publisher.put_evidence(f"{number}.tsr", token)
    site = folder / "site"
    write(publisher.site().files, site)
    return site, root, f"sha256:{publisher.pin}"


def long_log(releases: int) -> Publisher:
    """Returns a publisher with a weekly release for `releases` weeks, each signed by three people."""
    publisher = Publisher(start=date(1971, 1, 4), cadence="1 week", window=3, grace=3)
    publisher.roster()
    for _ in range(releases):
        publisher.release()
    return publisher


def site_of(publisher: Publisher, entries: int | None = None) -> MemorySource:
    """Returns a site with the newest checkpoint and what that one needs, of all or of the first entries."""
    log = publisher.entries[:entries]
    files = log_files(log, [leaf_hash(entry) for entry in log], sizes=[len(log)])
    folder = evidence_folder(digest(log[-1]))
    stamps = {path: data for path, data in publisher.beside.items() if path.startswith(f"{folder}/")}
    return MemorySource({**files, **stamps, CHECKPOINT: publisher.checkpoint(len(log)), FRONT: log[-1]})


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes a site to a folder."""
    for path, data in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _first_window() -> date:
    """Returns the opening day that puts today into the time between two windows."""
    return (datetime.now(UTC) - (_RELEASES - 1) * _CADENCE - timedelta(days=30)).date()
