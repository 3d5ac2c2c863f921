"""Canaries in other formats to be added, on the web server of a watcher's desk: signed by real gpg, on 1 February 2026.

place = ForeignPlace(desk, home)
place.detached("/c/canary.txt", marek=key)
ran = place.add("/c/canary.txt", "--certificate", place.certificate(key))
"""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime

from tests.foreign_keys import armored, clearsigned
from tests.gpg_home import GpgHome
from tests.publisher import Ran
from tests.watch_desk import WatchDesk

LOOKED = datetime(2026, 2, 3, 12, tzinfo=UTC)
TEXT = (
    "Example canary.\n\nExample Networks has never handed its keys to anyone.\n"
    "Example Networks has received no gag order.\n"
)
SENTENCES = ["Example Networks has never handed its keys to anyone.", "Example Networks has received no gag order."]


class ForeignPlace:
    """The canaries."""

    def __init__(self, desk: WatchDesk, home: GpgHome) -> None:
        self.desk = desk
        self.home = home
        desk.now = LOOKED

    def put(self, path: str, data: bytes | str) -> None:
        self.desk.files[path] = data.encode() if isinstance(data, str) else data

    def detached(self, path: str, text: str = TEXT, **keys: str) -> None:
        """Puts a text there with a signature by each key, by the signer's name; `plain` has none in its ending."""
        self.put(path, text)
        for name, key in keys.items():
            ending = ".sig" if name == "plain" else f".sig.{name}"
            self.put(f"{path}{ending}", armored(self.home, key, text.encode()))

    def clearsigned(self, path: str, key: str, text: str = TEXT) -> None:
        self.put(path, clearsigned(self.home, key, text.encode()))

    def certificate(self, *keys: str) -> str:
        """Returns the path of a file with certificates."""
        file = self.desk.folder / f"{'-'.join(key[:8] for key in keys)}.asc"
        file.write_bytes(b"".join(self.home.export(key, "--armor") for key in keys))
        return str(file)

    def file(self, name: str, data: bytes) -> str:
        """Returns the path of a file."""
        path = self.desk.folder / name
        path.write_bytes(data)
        return str(path)

    def add(self, path: str, *arguments: object) -> Ran:
        return self.desk.watch("add", f"{self.desk.server.url}{path}", *arguments)

    def names(self) -> list[str]:
        """Returns the list; empty where there is none."""
        return [each["name"] for each in self.desk.json("list").get("canaries", ())]


def printed_line(ran: Ran) -> list[str]:
    """Returns the command line that was printed to be run next, without `canary watch` and the configuration."""
    (line,) = re.findall(r"^  (canary watch add .*)$", ran.out, re.MULTILINE)
    words = shlex.split(line)[2:]
    place = words.index("--config")
    return words[:place] + words[place + 2 :]
