"""Thirty canaries, some of which change, with a mail server and a webhook that fail as they like.

Each canary has a story: what its publisher and its host do, and what a watcher who misses nothing has to see, in
order. The releases of all of them are due from 2025-03-01 to 2025-03-07, late until 2025-03-14, and stale after that.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from canary.core.judging.findings import Status
from tests.loopback import Asked, Loopback, answer, says
from tests.mailbox import Failing, Mailbox
from tests.simulator import Publisher, noon, spoiled

MOMENTS: Final = (
    noon("2025-02-20"),
    noon("2025-02-24"),
    noon("2025-03-01"),
    noon("2025-03-04"),
    noon("2025-03-09"),
    noon("2025-03-11"),
    noon("2025-03-16"),
)
"""When chapters begin: taken into the list; news; the windows open; some publish; the others are late; one of those
publishes after all; the rest go stale."""

_IN_TIME = noon("2025-03-02")
_LATE = noon("2025-03-10")

_OK, _DUE, _OVERDUE, _EXPIRED = Status.OK, Status.DUE, Status.OVERDUE, Status.EXPIRED


@dataclass(frozen=True)
class Story:
    """What happens to some canaries.

    Attributes:
        canaries: how many have this story.
        seen: every status that stands for a while, in order.
        recovers: whether it is told in the end that all is well again.
        acts: what happens when a chapter begins, by its number; it is given the world and the canary's name.
    """

    canaries: int
    seen: tuple[Status, ...]
    recovers: bool = False
    acts: Mapping[int, Callable[[World, str], None]] = field(default_factory=dict)


@dataclass
class World:
    """The canaries and those who are told of them.

    Attributes:
        web: serves every canary, each in a folder of its name; and the webhook.
        mailbox: the mail server.
        chance: decides what fails.
        publishers: who publishes, by the canary's name.
    """

    web: Loopback
    mailbox: Mailbox
    chance: random.Random
    publishers: dict[str, Publisher] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._moody = True
        self._hooked: set[str] = set()
        self._mailed: set[str] = set()
        self._read = 0

    def begin(self, folder: Path) -> Path:
        """Publishes release 1 of every canary; writes the watcher's configuration, and the list to import."""
        self.web.services["/hook"] = self._hook
        lines = []
        for name, _ in all_stories():
            publisher = Publisher(canary=f"example.net/{name}", cadence="1 month", window=7, grace=7)
            publisher.roster()
            publisher.release()
            self.publishers[name] = publisher
            self._upload(name)
            row = {"name": name, "location": f"{self.web.url}/{name}", "pin": f"sha256:{publisher.pin}", "every": "5m"}
            lines.append(json.dumps(row))
        (folder / "list.jsonl").write_text("\n".join(lines), "utf-8")
        config = folder / "watch.toml"
        config.write_text(self._configuration(), "utf-8")
        return config

    def turn(self, chapter: int) -> None:
        """Lets everything happen that happens when a chapter begins."""
        for name, story in all_stories():
            if chapter in story.acts:
                story.acts[chapter](self, name)

    def be_moody(self) -> None:
        """Lets the mail server fail in another way, or not, until all is well."""
        if self._moody:
            self.mailbox.failing = self.chance.choice([None, None, None, *_FOR_NOW])

    def be_well(self) -> None:
        """Ends every failure of those who are told."""
        self.mailbox.failing, self._moody = None, False

    def taken(self) -> Mapping[str, set[str]]:
        """Returns the ids of all alerts that were taken, by channel."""
        mails = self.mailbox.mails
        self._mailed.update(str(each.message["X-Canary-Alert-Id"]) for each in mails[self._read :])
        self._read = len(mails)
        return {"mail": self._mailed, "hook": self._hooked}

    def publish(self, name: str) -> None:
        """Puts what the publisher has signed onto the site."""
        self._upload(name)

    def take_away(self, name: str) -> None:
        """Removes a canary from its host, which says so."""
        assert isinstance(self.web.files, dict)
        for path in [path for path in self.web.files if path.startswith(f"/{name}/")]:
            del self.web.files[path]

    def cut_off(self, name: str) -> None:
        """Lets nobody reach a canary any more."""
        for path in ("checkpoint", "canary.txt"):
            self.web.faults[f"/{name}/{path}"] = says(b"")

    def _upload(self, name: str) -> None:
        assert isinstance(self.web.files, dict)
        self.web.files.update({f"/{name}/{path}": body for path, body in self.publishers[name].site().files.items()})

    def _hook(self, asked: Asked) -> bytes:
        fails = self._moody and self.chance.random() < 0.5
        if not fails or self.chance.random() < 0.5:  # some is taken, and told to be not
            self._hooked.update(each["id"] for each in json.loads(asked.body)["alerts"])
        return answer(500 if fails else 200)

    def _configuration(self) -> str:
        return f"""
            [watch]
            memory = "watch.db"
            per_host = 4
            [patience]
            tries = 2
            [channels.mail]
            kind = "smtp"
            host = "{self.mailbox.host}"
            port = {self.mailbox.port}
            security = "none"
            from = "canary@example.net"
            to = ["security@example.net"]
            html = false
            digest = false
            timeout = "1s"
            [channels.hook]
            kind = "webhook"
            url = "{self.web.url}/hook"
            timeout = "1s"
        """


_FOR_NOW = (Failing.TEMPORARY, Failing.CLOSING, Failing.DROP, Failing.TAKE_AND_DROP, Failing.HANG)


def _released(**wishes: object) -> Callable[[World, str], None]:
    def act(world: World, name: str) -> None:
        world.publishers[name].release(**wishes)  # type: ignore[arg-type]  # the stories name them
        world.publish(name)

    return act


STORIES: Final[Mapping[str, Story]] = {
    "steady": Story(10, (_OK, _DUE, _OK), acts={3: _released(at=_IN_TIME)}),
    "reworded": Story(
        4,
        (_OK, Status.CHANGED),
        acts={1: _released(correction=True, reword={"taps": "Nobody has."}), 3: _released(at=_IN_TIME)},
    ),
    "withdrawn": Story(
        4, (_OK, Status.WITHDRAWN), acts={1: _released(correction=True, without=["taps"]), 3: _released(at=_IN_TIME)}
    ),
    "forged": Story(2, (_OK, Status.INVALID), acts={1: _released(correction=True, tamper=spoiled("legal"))}),
    "silent": Story(3, (_OK, _DUE, _OVERDUE, _EXPIRED)),
    "late": Story(2, (_OK, _DUE, _OVERDUE, _OK), recovers=True, acts={5: _released(at=_LATE)}),
    "ended": Story(1, (_OK, _DUE, Status.RETIRED), acts={3: _released(at=_IN_TIME, final=True)}),
    "gone": Story(2, (_OK, Status.MISSING, _EXPIRED), acts={1: World.take_away}),
    "cut": Story(2, (_OK, Status.UNREACHABLE, _OVERDUE, _EXPIRED), acts={1: World.cut_off}),
}


def all_stories() -> list[tuple[str, Story]]:
    """Returns each canary's name and story."""
    return [(f"{name}-{number}", story) for name, story in STORIES.items() for number in range(1, story.canaries + 1)]
