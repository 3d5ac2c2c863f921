"""A published release with every kind of proof beside it, for the tests of what is explained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from canary.cli.app import App
from canary.core.dating.anchor_bitcoin import BitcoinHeader
from canary.core.text.strict import digest, sha256
from tests import ots_proofs as ots
from tests.authority import Authority, make_authority, pem
from tests.gpg_home import GpgHome
from tests.publisher import ADD_ALL, Publisher, Ran, command, noon
from tests.simulator import EXAMPLE_ANCHOR

ISSUED = datetime(2026, 9, 2, 12, tzinfo=UTC)
LOOKED = "2026-09-10"
HEIGHT = 900
GENESIS = (
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3"
    "888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
)
"""The header of the first Bitcoin block; it holds its work, and is older than any table of floors."""

GENESIS_HASH = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
HEADLINE = 'headline 2026-09-01 Example Times "$(rm -rf /); `id` | sh"'


@dataclass(frozen=True)
class Scene:
    """A publisher with release 1, what lies beside it, and who made that.

    Attributes:
        publisher: who published it; security signs with OpenPGP, legal with Ed25519.
        authority: whose certificate an intermediate issued.
        root: the file with its root.
        block: the block that the OpenTimestamps proof names.
    """

    publisher: Publisher
    authority: Authority
    root: Path
    block: BitcoinHeader

    @property
    def entry(self) -> bytes:
        """The whole entry of release 1."""
        return (self.publisher.root / "log" / "0002.txt").read_bytes()

    @property
    def evidence(self) -> Path:
        """The folder of the timestamps beside release 1."""
        return self.publisher.public / "evidence" / digest(self.entry)

    def copy_to(self, folder: Path) -> Scene:
        """Returns a scene whose publisher may change."""
        return Scene(self.publisher.copy_to(folder / "publisher"), self.authority, self.root, self.block)

    def release(self, day: str) -> None:
        """Publishes one more release on a day; the site keeps what lies beside release 1."""
        kept = {path.name: path.read_bytes() for path in self.evidence.iterdir()}
        self.publisher.on(day).release(by=("legal", "security"))
        self.evidence.mkdir(parents=True)
        for name, data in kept.items():
            (self.evidence / name).write_bytes(data)

    def explain(self, *arguments: object, at: str = LOOKED, pin: bool = True) -> Ran:
        """Runs `canary explain` on the built site."""
        pinned = ("--pin", self.publisher.pin) if pin else ()
        return command(App(clock=lambda: noon(at)), "explain", self.publisher.public, *pinned, *arguments)


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Makes the scene; the signer's GnuPG home is gone after it."""
    with GpgHome() as home:
        key = home.key("security <security@example.net>")
        publisher = Publisher(folder / "publisher", openpgp={"security": key}, gpg_home=home.path, start="2026-09-01")
        anchors = folder / "anchors"
        folder.mkdir(exist_ok=True)
        drand = f"{EXAMPLE_ANCHOR.kind} {EXAMPLE_ANCHOR.value}"
        anchors.write_text(f"{drand}\nbitcoin 0 {GENESIS}\n{HEADLINE}\n", "utf-8")
        publisher.begin().on(ISSUED).release(*ADD_ALL, "--anchor", anchors, by=("legal", "security"))
        authority = make_authority(folder / "authority", intermediates=1)
        root = folder / "root.pem"
        root.write_text(pem(authority.root), "ascii")
        made = Scene(publisher, authority, root, BitcoinHeader(HEIGHT, bytes(80)))
        yield _with_evidence(made)


def _with_evidence(bare: Scene) -> Scene:
    """Puts two tokens, one of them by an authority that the root issued itself, and a proof beside release 1."""
    entry, authority = bare.entry, bare.authority
    bare.evidence.mkdir(parents=True)
    direct = authority.but(signer=authority.root.issue("Direct TSA"), between=())
    for number, signer in enumerate((authority, direct), start=5):
        token = signer.stamp(entry, at=ISSUED + timedelta(minutes=number))
        (bare.evidence / f"{number - 5}.tsr").write_bytes(token)
    way = ots.way(sha256(entry), HEIGHT)
    (bare.evidence / "0.ots").write_bytes(ots.proof(entry, ots.forks(way.tree, ots.promise("https://alice.example"))))
    block = ots.header(HEIGHT, way.root, ISSUED + timedelta(minutes=40))
    return Scene(bare.publisher, authority, bare.root, block)
