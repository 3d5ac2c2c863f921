"""A real publisher on disk, driven through the command line; and one in memory, for the pure rules.

    acme = Publisher(tmp_path).begin()                  # init, keys, roster 1 signed by all and published
    acme.on("2026-02-03").release(*ADD_ALL)             # draft, affirm, sign, publish
    assert acme.verify().code == 0

Every command runs through `canary.cli.main.run`, in this process, with a clock that stands where a test puts it.
Signers have Ed25519 keys, which are quick; those named in `openpgp` have real OpenPGP keys in a throwaway home.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from canary.cli.app import App
from canary.cli.main import run
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster, RosterSigner
from canary.core.log.history import History
from canary.core.signed.entry import parse_text
from canary.core.signed.kinds import Kind, ed25519_vkey
from canary.core.signed.note import Note, SignatureLine
from canary.core.signed.outcome import OpenPGPCheck, Outcome
from canary.core.signed.vkey import VKey
from canary.flows.issue.config import CanaryTable, Config, ScheduleTable, SignersTable
from canary.flows.issue.drafting import Wishes, Wordings, draft_release
from canary.flows.issue.rostering import draft_roster

CANARY = "example.net/canary"
SIGNERS = ("legal", "security", "director")
PASSPHRASE = "correct horse"
STATEMENTS = {
    "keys": "Example Networks has never handed its encryption keys to anyone.",
    "taps": "Nobody but Example Networks has ever installed equipment in its network.",
    "tell": "Example Networks will tell its customers of every demand\nthat it may tell them of.",
}
ADD_ALL = ("--add", "keys", "--add", "taps", "--add", "tell")


def noon(day: str) -> datetime:
    """Returns noon, UTC, on a day like `2026-02-03`."""
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


FOUNDED: Final = noon("2026-01-20")
"""When roster 1 is made."""


@dataclass(frozen=True)
class Ran:
    """What a command did: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything it printed, as one line."""
        return " ".join((self.out + self.err).split())


def command(app: App, *arguments: object) -> Ran:
    """Runs `canary ARGUMENTS…` in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(each) for each in arguments], app=app)
    streams = [stream.detach() for stream in (out, err)]
    printed = [stream.getvalue().decode() for stream in streams if isinstance(stream, io.BytesIO)]
    return Ran(code, printed[0], printed[1])


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Returns everything in a folder: the mode and the bytes of each file, by path; links as what they say."""
    found: dict[str, tuple[int, bytes]] = {}
    waiting = [""]
    while waiting:
        above = waiting.pop()
        for entry in os.scandir(folder / above):
            mode = entry.stat(follow_symlinks=False).st_mode
            content = b""
            if entry.is_symlink():
                content = str(Path(entry.path).readlink()).encode()
            elif stat.S_ISREG(mode):
                with open(entry.path, "rb") as file:  # noqa: PTH123  # a Path for each takes longer than the reading
                    content = file.read()
            elif stat.S_ISDIR(mode):
                waiting.append(f"{above}{entry.name}/")
            found[f"{above}{entry.name}"] = (mode, content)
    return dict(sorted(found.items()))


def files_of(publisher: Publisher) -> int:
    """Returns how many files the published site has."""
    return sum(each.is_file() for each in publisher.public.resolve().rglob("*"))


def text_hash(data: bytes) -> str:
    """Returns `sha256:…` of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass
class Publisher:
    """A publisher.

    Attributes:
        folder: where its workspace, its private keys and its passphrase file lie, side by side.
        now: what the clock says.
        signers: the signers' short names.
        threshold: how many must sign.
        openpgp: the fingerprint of each signer with an OpenPGP key.
        gpg_home: the throwaway home that has those keys.
        start: the first window's opening day.
        every: the cadence.
    """

    folder: Path
    now: datetime = FOUNDED
    signers: tuple[str, ...] = SIGNERS
    threshold: int = 2
    openpgp: Mapping[str, str] = field(default_factory=dict)
    gpg_home: Path | None = None
    start: str = "2026-02-01"
    every: str = "3 months"

    @property
    def root(self) -> Path:
        """The workspace."""
        return self.folder / "workspace"

    @property
    def keys(self) -> Path:
        """The folder of private keys."""
        return self.folder / "private"

    @property
    def private(self) -> Path:
        """The folder of this canary's private keys, in that."""
        return self.keys / "example.net%2Fcanary"

    @property
    def public(self) -> Path:
        """The built site."""
        return self.root / "public"

    def signature_file(self, name: str) -> Path:
        """Returns where a signer's signature of the open draft lies."""
        return self.root / "draft" / f"{name}.sig"

    @property
    def draft_file(self) -> Path:
        """The open draft."""
        return self.root / "draft" / "text.txt"

    @property
    def passphrase_file(self) -> Path:
        """The passphrase of every key."""
        return self.folder / "passphrase"

    @property
    def app(self) -> App:
        """The outside world, as this publisher has it now."""
        now = self.now
        return App(clock=lambda: now, gpg_home=self.gpg_home, past=True)

    @property
    def pin(self) -> str:
        """`sha256:…` of roster 1's text."""
        return text_hash((self.public / "rosters/1/text.txt").read_bytes())

    def on(self, moment: str | datetime) -> Self:
        """Sets the clock: to a moment, or to noon of a day."""
        self.now = noon(moment) if isinstance(moment, str) else moment
        return self

    def copy_to(self, folder: Path) -> Publisher:
        """Returns a publisher with a copy of everything."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return replace(self, folder=folder)

    # --- commands --------------------------------------------------------------------------------------

    def run(self, *arguments: object) -> Ran:
        """Runs a command that needs no workspace."""
        return command(self.app, *arguments)

    def canary(self, *arguments: object) -> Ran:
        """Runs a command in the workspace."""
        return self.run(*arguments, "--workspace", self.root)

    def init(self, *arguments: object) -> Ran:
        """Runs `canary init` with everything that it would ask for."""
        self.settle()
        given = ["--id", CANARY, "--organisation", "Example Networks", "--every", self.every, "--start", self.start]
        for name in self.signers:
            given += ["--signer", name]
        # No test asks the network: those about anchors and timestamps name servers on this machine.
        given += ["--threshold", str(self.threshold), "--no-anchors", "--no-timestamps", "--key-dir", str(self.keys)]
        return self.run("init", self.root, *given, *arguments)

    def settle(self) -> Self:
        """Makes the folder, with the passphrase file."""
        if not self.passphrase_file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.passphrase_file.write_text(f"{PASSPHRASE}\n", "utf-8")
        return self

    def new_key(self, name: str, *arguments: object) -> Ran:
        """Makes the key of a signer: an Ed25519 one, or takes in the OpenPGP one."""
        if name in self.openpgp:
            return self.canary("key", "openpgp", name, self.openpgp[name], *arguments)
        given = arguments or ("--passphrase-file", self.passphrase_file)
        return self.canary("key", "new", name, *given, "--key-dir", self.keys)

    def write_statement(self, name: str, words: str, version: int = 1) -> Path:
        """Writes a statement's file."""
        path = self.root / "statements" / name / f"v{version}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{words}\n", "utf-8")
        return path

    def edit_config(self, *pairs: tuple[str, str]) -> None:
        """Replaces words in `canary.toml`, each of which stands there once."""
        path = self.root / "canary.toml"
        text = path.read_text("utf-8")
        for old, new in pairs:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text, "utf-8")

    def asks(
        self, *, authorities: Sequence[str] = (), calendars: Sequence[str] = (), roots: Sequence[object] = ()
    ) -> Self:
        """Names who is asked for timestamps, in the place of who was."""
        path = self.root / "canary.toml"
        text = path.read_text("utf-8").split("\n[timestamps]")[0]
        table = f"[timestamps]\nauthorities = {list(authorities)}\ncalendars = {list(calendars)}\n"
        table += f"roots = {json.dumps([str(each) for each in roots])}\n"
        path.write_text(f"{text}\n{table}", "utf-8")
        return self

    def sign(self, name: str, *arguments: object) -> Ran:
        """Signs in the form for scripts: with every statement affirmed, and the very text named."""
        data = self.draft_file.read_bytes()
        content = parse_text(data)
        labels = [each.label for each in content.statements] if isinstance(content, Release) else []
        affirmed = [word for label in labels for word in ("--affirm", label)]
        return self.sign_with(name, *affirmed, "--text", text_hash(data), *arguments)

    def sign_with(self, name: str, *arguments: object) -> Ran:
        """Runs `canary sign` with these arguments and no affirmations of its own."""
        given = [] if name in self.openpgp else ["--passphrase-file", self.passphrase_file]
        return self.canary("sign", "--as", name, *arguments, *given, "--key-dir", self.keys)

    def publish(self) -> Ran:
        """Publishes the open draft."""
        return self.canary("publish", "--key-dir", self.keys)

    def verify(self, *arguments: object, at: str | None = None) -> Ran:
        """Verifies the built site under the pin; `at` moves the watcher's clock, not the publisher's."""
        app = self.app if at is None else App(clock=lambda: noon(at))
        return command(app, "verify", self.public, "--pin", self.pin, *arguments)

    # --- whole stories ---------------------------------------------------------------------------------

    def begin(self) -> Self:
        """Begins the canary: `init`, keys, statements, and roster 1, signed by everyone and published."""
        self.prepare()
        return self.rotate(by=self.signers)

    def prepare(self) -> Self:
        """Begins the canary as far as there is something to draft from."""
        done(self.init())
        for name in self.signers:
            done(self.new_key(name))
        for name, words in STATEMENTS.items():
            self.write_statement(name, words)
        return self

    def rotate(self, *, by: Iterable[str]) -> Self:
        """Drafts a roster, has it signed, and publishes it."""
        done(self.canary("roster"))
        return self.signed(*by)

    def release(self, *wishes: object, by: Sequence[str] | None = None) -> Self:
        """Drafts a release, has it signed by as many as must, and publishes it."""
        done(self.canary("draft", *wishes))
        return self.signed(*(self.signers[: self.threshold] if by is None else by))

    def signed(self, *names: str) -> Self:
        """Has the open draft signed, and publishes it."""
        for name in names:
            done(self.sign(name))
        done(self.publish())
        return self


def done(ran: Ran) -> Ran:
    """Returns what a command printed, once it is known to have done its work."""
    assert ran.code == 0, ran
    return ran


# --- in memory ----------------------------------------------------------------------------------------------


def no_openpgp(*, certificate: bytes, fingerprint: bytes, text: bytes, signature: bytes) -> OpenPGPCheck:
    """The port to OpenPGP, where nobody uses it."""
    del certificate, fingerprint, text, signature
    return OpenPGPCheck(Outcome.UNCHECKED)


def wordings(**statements: str) -> Wordings:
    """Returns statements as they stand in files, each in its first version."""
    return {name: {1: words} for name, words in statements.items()}


class Desk:
    """A publisher in memory, whose texts come from the rules themselves; each key follows from its name."""

    def __init__(self, *signers: str, threshold: int = 2, every: str = "3 months") -> None:
        self.history = History()
        self.config = Config(
            CanaryTable(CANARY, "Example Networks"),
            SignersTable(list(signers or SIGNERS), threshold),
            ScheduleTable(date(2026, 2, 1), every, "14 days", "14 days"),
        )
        self.wordings: Wordings = wordings(**STATEMENTS)

    def begin(self, moment: datetime = FOUNDED) -> Self:
        """Signs roster 1 by everyone in it."""
        return self.sign(self.roster(moment), *self.config.signers.names)

    def roster(self, moment: datetime) -> Roster:
        """Drafts the next roster."""
        keys = {name: signer_of(name) for name in self.config.signers.names}
        return draft_roster(self.history, self.config, keys, vkey_of(CANARY), now=moment)

    def draft(self, moment: datetime, **wishes: object) -> Release:
        """Drafts the next release; the first one takes everything."""
        if self.history.last_release is None:
            wishes.setdefault("add", tuple(self.wordings))
        return draft_release(self.history, self.wordings, Wishes(**wishes), now=moment)  # type: ignore[arg-type]  # tests name them

    def release(self, moment: datetime, **wishes: object) -> Self:
        """Drafts the next release, and has it signed by as many as must."""
        return self.sign(self.draft(moment, **wishes), *self.config.signers.names[: self.config.signers.threshold])

    def sign(self, text: Roster | Release, *names: str) -> Self:
        """Appends a text to the log, with these signatures."""
        data = text.render()
        lines = tuple(line_of(name, data) for name in names)
        self.history.append(Note(data, lines).render(), no_openpgp)
        return self

    def schedule(self, **changes: object) -> None:
        """Changes the schedule that the next roster has."""
        table = {name: getattr(self.config.schedule, name) for name in ("start", "every", "window", "grace")}
        self.config = Config(self.config.canary, self.config.signers, ScheduleTable(**(table | changes)))

    def people(self, *names: str, threshold: int) -> None:
        """Changes the signers that the next roster has."""
        self.config = Config(self.config.canary, SignersTable(list(names), threshold), self.config.schedule)


def private_of(name: str) -> Ed25519PrivateKey:
    """Returns the private half of `vkey_of(name)`."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"test key {name}".encode()).digest())


def vkey_of(name: str) -> VKey:
    """Returns the public key of that whole name."""
    return ed25519_vkey(name, private_of(name).public_key().public_bytes_raw())


def signer_of(name: str) -> RosterSigner:
    """Returns the signer of that short name."""
    return RosterSigner(name, vkey_of(f"{CANARY}/{name}"), Kind.ED25519)


def line_of(name: str, text: bytes) -> SignatureLine:
    """Returns a signer's line over a text."""
    key = signer_of(name).key
    return SignatureLine(key.name, key.key_id, private_of(key.name).sign(text))


def midnight(day: str) -> datetime:
    """Returns the moment at which a day begins, UTC."""
    return noon(day) - timedelta(hours=12)
