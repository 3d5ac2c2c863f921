"""When the newest release was signed: what proves it, and what a watcher is told where that is spoiled.

Its anchors are the newest ones at hand (`scripts.public_values`), since the demo asks no network. Its timestamp comes
from a real authority that the demo starts on this machine, with openssl.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from canary.core.documents.layout import evidence_folder
from canary.core.documents.release import Anchor, Release
from canary.core.signed.entry import parse_text
from canary.core.text.strict import digest
from canary.formats.times.rfc3161 import make_query
from scripts.demo_publisher import DemoError
from scripts.demo_scene import Scene
from scripts.demo_server import answering, serving
from scripts.demo_talk import shout
from scripts.openssl_authority import Authority, new_root, pem
from scripts.public_values import newest_anchors

_REFUSED = 1
"""What `canary draft` leaves with where a rule forbids what was asked for."""


@dataclass(frozen=True, slots=True)
class Notary:
    """A timestamp authority that answers.

    Attributes:
        url: where.
        root: the file with its root, for those who trust it.
        authority: what signs.
    """

    url: str
    root: Path
    authority: Authority

    def stamp(self, entry: bytes) -> bytes:
        """Returns a token over an entry."""
        return self.authority.reply(make_query(entry).body)


@contextlib.contextmanager
def running_notary(folder: Path, root: Path) -> Iterator[Notary | None]:
    """Starts an authority, and says so loudly where that needs openssl and there is none.

    Args:
        folder: where its key goes.
        root: where its root goes.
    """
    if shutil.which("openssl") is None:
        say_what_is_left_out()
        yield None
        return
    authority = Authority.begin(folder, name="Example Notary", root=new_root("Example Notary Root"))
    root.write_text(pem(authority.root), "ascii")
    with answering(authority.reply) as url:
        yield Notary(url, root, authority)


def say_what_is_left_out() -> None:
    """Says that there is no openssl, and what the demo does not show for it."""
    shout(
        """openssl is not installed on this machine, so the demo has no timestamp authority. It does not show that a
        release was signed no later than some moment, nor two ways to cheat with that. Install openssl (Debian: apt
        install openssl) and run it again to see them."""
    )


def write_anchors(path: Path) -> tuple[Anchor, Anchor]:
    """Writes the newest anchors at hand into a file, as `canary draft --anchor` reads it, and returns them."""
    anchors = newest_anchors()
    path.write_text("".join(f"{each.kind} {each.value}\n" for each in anchors), "ascii")
    return anchors


def show_times(scene: Scene, notary: Notary | None, anchor: Anchor) -> None:
    """Shows what spoils the proof of when the newest release was signed.

    Args:
        scene: the people and their site.
        notary: the authority; None where there is none.
        anchor: one that the newest release has.

    Raises:
        DemoError: a watcher was told something else than expected.
    """
    if notary is not None:
        _unknown_authority(scene)
        _over_other_bytes(scene, notary)
    _repeated_anchor(scene, anchor)


def _unknown_authority(scene: Scene) -> None:
    done = """The same site, and a watcher who has not chosen to trust that authority. It may be the organisation's own,
        so its word counts as the organisation's word."""
    with serving(scene.publisher.workspace / "public") as url:
        scene.watcher.look("authority unknown", url, done, trusting=False)


def _over_other_bytes(scene: Scene, notary: Notary) -> None:
    *_, older, newest = scene.publisher.entries()
    site = scene.site("stamped-otherwise")
    (site / evidence_folder(digest(newest)) / "0.tsr").write_bytes(notary.stamp(older))
    done = "The timestamp is replaced by one that is good, and over the release before. It says nothing of this one."
    with serving(site) as url:
        scene.watcher.look("timestamp of another release", url, done)


def _repeated_anchor(scene: Scene, anchor: Anchor) -> None:
    later, day = scene.publisher.copy(scene.folder / "repeated"), scene.next_morning()
    file = scene.folder / "old-anchor.txt"
    file.write_text(f"{anchor.kind} {anchor.value}\n", "ascii")
    later.run("draft", "--anchor", str(file), at=day, expected=_REFUSED)
    later.run("draft", at=day)
    drafted = parse_text((later.workspace / "draft" / "text.txt").read_bytes())
    if not isinstance(drafted, Release):
        raise DemoError("the draft is no release")
    site = scene.site("repeated-site")
    entry = later.signed_past_canary(replace(drafted, anchors=(anchor,)))
    scene.rebuild_log(site, [*later.entries(), entry])
    done = """Three months on, the next release quotes the same block once more: it can have been signed today, in
        advance. canary would neither draft nor sign that; two of the signers did it without."""
    with serving(site) as url:
        scene.watcher.look("anchor repeated", url, done, at=day + timedelta(days=1))
