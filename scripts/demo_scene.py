"""What everything that can happen to a canary is made from: the demo's own people, and copies of their site."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from canary.core.documents.layout import CHECKPOINT, FRONT
from canary.core.log.checkpoint import Checkpoint
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.log.tiles import log_files
from canary.core.signed.note import Note
from canary.core.text.times import midnight
from canary.edges.keys.log_keys import sign_checkpoint
from scripts.demo_publisher import CANARY, DemoError, Publisher
from scripts.demo_watcher import Watcher


@dataclass
class Scene:
    """The honest publisher, and who looks.

    Attributes:
        publisher: the honest publisher; never touched.
        older: the same publisher, before the newest release.
        watcher: who looks.
        state: what the watcher remembers of the honest site; every attack gets a copy.
        folder: where copies go.
    """

    publisher: Publisher
    older: Publisher
    watcher: Watcher
    state: Path
    folder: Path

    def remembered(self, name: str) -> Path:
        """Returns a copy of what the watcher remembers."""
        return Path(shutil.copy(self.state, self.folder / f"{name}.state"))

    def site(self, name: str) -> Path:
        """Returns a copy of the published site."""
        return Path(shutil.copytree(self.publisher.workspace / "public", self.folder / name))

    def rebuild_log(self, site: Path, entries: Sequence[bytes]) -> None:
        """Puts other entries into a site, in order and with a checkpoint, as whoever holds the log key can."""
        leaves = [leaf_hash(entry) for entry in entries]
        text = Checkpoint(CANARY, len(entries), root_hash(leaves)).render()
        lines = sign_checkpoint(text, self.publisher.roster(), None, keys=self.publisher.keys, now=datetime.now(UTC))
        files = log_files(entries, leaves, sizes=[len(entries)])
        files |= {CHECKPOINT: Note(text, tuple(lines)).render(), FRONT: entries[-1]}
        for path, data in files.items():
            (site / path).write_bytes(data)

    def next_morning(self) -> datetime:
        """Returns a moment at which the next release is due.

        Raises:
            DemoError: none is.
        """
        following = self.publisher.newest_release().next
        if following is None:
            raise DemoError("the newest release says that it is the last")
        return midnight(following.opens) + timedelta(days=1, hours=9)
