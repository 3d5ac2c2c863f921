"""The publisher of the demo: an example organisation that does everything through canary's own command line.

The commands run in this process, because a demo has to make a year of releases in seconds: each is given the
moment that it takes for now. What they do is what `canary` does in a shell.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from canary.cli.app import App
from canary.cli.main import run
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.signed.entry import parse_entry, parse_text
from canary.core.signed.note import Note, SignatureLine
from canary.core.text.strict import digest, hash_field
from canary.edges.disk.workspace import CONFIG, Workspace
from canary.edges.keys.ed25519_keys import Ed25519FileSigner
from canary.edges.keys.private_keys import signer_key_path
from canary.edges.openpgp.gpg import Gpg
from canary.errors import CanaryError

CANARY = "example.net/canary"
ORGANISATION = "Example Networks"
ED25519_SIGNERS = ("legal", "security")
OPENPGP_SIGNER = "director"
SIGNERS = (*ED25519_SIGNERS, OPENPGP_SIGNER)
THRESHOLD = 2
NEWEST_SIGNERS = ("legal", "director")
"""Who signs the release of today."""


class DemoError(CanaryError):
    """Something came out differently from what the demo says."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command came to."""

    exit_code: int
    output: str
    errors: str


def canary(*arguments: str, app: App) -> Answer:
    """Runs one command of `canary` and returns what it printed."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        exit_code = run(arguments, app)
    return Answer(exit_code, output.getvalue(), errors.getvalue())


@dataclass(frozen=True, slots=True)
class Publisher:
    """The people of the example organisation, with their workspace and their keys.

    Attributes:
        workspace: the canary's folder.
        private: a folder elsewhere, with everything that is nobody else's: keys, passphrases, the GnuPG home.
    """

    workspace: Path
    private: Path

    @property
    def keys(self) -> Path:
        """The folder of the private keys."""
        return self.private / "keys"

    @property
    def gpg_home(self) -> Path:
        """The director's GnuPG home. Its path is short: the socket of gpg-agent in it may have 107 characters."""
        return self.private / "gpg"

    def app(self, at: datetime | None) -> App:
        """Returns the outside world as of a moment, or of now."""
        return App(gpg_home=self.gpg_home) if at is None else App(lambda: at, gpg_home=self.gpg_home, past=True)

    def run(self, *arguments: str, at: datetime | None, expected: int = 0) -> str:
        """Runs a command in the workspace and returns what it printed.

        Args:
            arguments: the command line, without --workspace.
            at: the moment to take for now; None for the real one.
            expected: the exit code that it has to leave with.

        Raises:
            DemoError: it left with another exit code.
        """
        answer = canary(*arguments, "--workspace", str(self.workspace), app=self.app(at))
        if answer.exit_code != expected:
            raise DemoError(
                f"'canary {' '.join(arguments)}' left with {answer.exit_code} instead of {expected}: "
                f"{answer.errors.strip() or answer.output.strip()}"
            )
        return answer.output

    def passphrase_file(self, name: str) -> str:
        """Returns the file with a signer's passphrase, which a person would type instead."""
        path = self.private / f"{name}.passphrase"
        if not path.exists():
            path.write_text(f"correct horse battery staple of {name}\n", "utf-8")
            path.chmod(0o600)
        return str(path)

    def make_openpgp_key(self, *, at: datetime) -> str:
        """Makes the director's OpenPGP key in a GnuPG home of its own, and returns its fingerprint.

        Raises:
            DemoError: gpg did not make it.
        """
        self.gpg_home.mkdir(mode=0o700)
        user_id = f"{OPENPGP_SIGNER} <{OPENPGP_SIGNER}@example.net>"
        answer = Gpg().run_in_keyring(
            [
                *(
                    "--batch",
                    "--pinentry-mode=loopback",
                    "--passphrase=",
                    f"--faked-system-time={int(at.timestamp())}!",
                ),
                *("--quick-gen-key", user_id, "ed25519", "sign,cert", "never"),
            ],
            home=self.gpg_home,
        )
        for _, values in answer.all("KEY_CREATED"):
            return values[1]
        raise DemoError(f"gpg made no key: {answer.last_words()}")

    def end_gpg_agent(self) -> None:
        """Ends the agent that gpg started for the director's key."""
        program = shutil.which("gpgconf")
        if program is not None and self.gpg_home.is_dir():
            subprocess.run([program, f"--homedir={self.gpg_home}", "--kill", "all"], check=False, capture_output=True)  # noqa: S603  # a fixed command

    def sign(self, name: str, *, at: datetime | None) -> str:
        """Signs the open draft as a script has to: every statement by name, and the very text by its hash."""
        text = (self.workspace / "draft" / "text.txt").read_bytes()
        content = parse_text(text)
        labels = [each.label for each in content.statements] if isinstance(content, Release) else []
        affirmed = [word for label in labels for word in ("--affirm", label)]
        passphrase = ["--passphrase-file", self.passphrase_file(name)] if name in ED25519_SIGNERS else []
        keys = ["--key-dir", str(self.keys)]
        return self.run("sign", "--as", name, *affirmed, "--text", hash_field(digest(text)), *passphrase, *keys, at=at)

    def publish(self, *, at: datetime | None) -> str:
        """Publishes the signed draft."""
        return self.run("publish", "--key-dir", str(self.keys), at=at)

    @contextlib.contextmanager
    def asking(self, authority: str, root: Path) -> Iterator[None]:
        """Has `canary.toml` name a timestamp authority and the file with its root, for as long as it is there."""
        config = self.workspace / CONFIG
        text = config.read_text("utf-8")
        table = f"[timestamps]\nauthorities = {json.dumps([authority])}\nroots = {json.dumps([str(root.resolve())])}\n"
        config.write_text(f"{text}\n{table}", "utf-8")
        try:
            yield
        finally:
            config.write_text(text, "utf-8")

    def release(self, signers: Sequence[str], *wishes: str, at: datetime | None) -> str:
        """Drafts, signs and publishes a release, and returns what `canary draft` said.

        Args:
            signers: who signs.
            wishes: further options of `canary draft`.
            at: when the draft is made; the signers and the publication come an hour after one another. None to
                do all of it now.
        """
        drafted = self.run("draft", *wishes, at=at)
        for hours, name in enumerate(signers, start=1):
            self.sign(name, at=_later(at, hours))
        self.publish(at=_later(at, len(signers) + 1))
        return drafted

    def entries(self) -> list[bytes]:
        """Returns the published log."""
        return Workspace.open(self.workspace).log()

    def roster(self) -> Roster:
        """Returns roster 1, which stays the only one.

        Raises:
            DemoError: the log does not begin with a roster.
        """
        content = parse_entry(self.entries()[0]).content
        if not isinstance(content, Roster):
            raise DemoError("the log does not begin with a roster")
        return content

    def signed_past_canary(self, release: Release) -> bytes:
        """Returns the entry that two of the signers make of a release without the tool, which refuses to sign it."""
        text, keys = release.render(), {each.name: each.key for each in self.roster().signers}
        lines = [
            SignatureLine(keys[name].name, keys[name].key_id, self._key_of(name).sign(text, at=release.issued))
            for name in ED25519_SIGNERS
        ]
        return Note(text, tuple(lines)).render()

    def _key_of(self, name: str) -> Ed25519FileSigner:
        passphrase = Path(self.passphrase_file(name)).read_bytes().rstrip(b"\n")
        return Ed25519FileSigner(f"{CANARY}/{name}", signer_key_path(self.keys, CANARY, name), lambda: passphrase)

    def newest_release(self) -> Release:
        """Returns the release that was published last.

        Raises:
            DemoError: the newest text is none.
        """
        content = parse_entry((self.workspace / "public" / "canary.txt").read_bytes()).content
        if not isinstance(content, Release):
            raise DemoError("canary.txt is no release")
        return content

    def copy(self, folder: Path) -> Publisher:
        """Returns the same people with a copy of their workspace."""
        shutil.copytree(self.workspace, folder, symlinks=True)
        return replace(self, workspace=folder)


def _later(at: datetime | None, hours: int) -> datetime | None:
    return None if at is None else at + timedelta(hours=hours)
