"""Throwaway GnuPG homes with keys, for tests: real gpg, real keys, any date."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from canary.core.signed.outcome import OpenPGPCheck, OpenPGPVerifier
from canary.edges.openpgp.openpgp_certificates import Certificate

JAN = datetime(2026, 1, 1, tzinfo=UTC)
"""When keys are made, unless a test says otherwise."""

NOW = datetime(2026, 11, 24, tzinfo=UTC)
"""When certificates are looked at, unless a test says otherwise."""

SIGNED = datetime(2026, 2, 1, tzinfo=UTC)
"""When something is signed, unless a test says otherwise."""

TEXT = b"Example Networks has never handed its keys to anyone.\n"
"""What is signed, unless a test says otherwise."""


def day(year: int, month: int, date: int = 1) -> datetime:
    return datetime(year, month, date, tzinfo=UTC)


def check_of(verifier: OpenPGPVerifier, certificate: Certificate, signature: bytes, text: bytes = TEXT) -> OpenPGPCheck:
    """Has a signature checked by the certificate of the key that should have made it."""
    return verifier(certificate=certificate.binary, fingerprint=certificate.fingerprint, text=text, signature=signature)


def compressed(content: bytes) -> bytes:
    """Returns a compressed packet (zlib, length left open), as RFC 4880 has it in section 5.6."""
    return b"\xa3\x02" + zlib.compress(content, 9)


@functools.cache
def bomb() -> bytes:
    """Returns some hundred bytes that unfold into ten million packets."""
    return compressed(compressed(compressed(b"\xca\x03PGP" * 10_000_000)))


class GpgHome:
    """A GnuPG home. Fingerprints go in and out as 40 hexadecimal digits, times as aware datetimes."""

    def __init__(self) -> None:
        # /tmp and not TMPDIR: the path of gpg-agent's socket in it has to stay below 108 characters.
        self.path = Path(tempfile.mkdtemp(prefix="c-", dir="/tmp"))
        self._status = ""
        self.configure_agent()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.forget()
        shutil.rmtree(self.path, ignore_errors=True)  # gpg-agent may be removing its sockets at the same time

    def forget(self) -> None:
        """Ends gpg-agent, which remembers passphrases; the next call starts it anew, with a new gpg-agent.conf."""
        subprocess.run(["gpgconf", f"--homedir={self.path}", "--kill", "gpg-agent"], check=True)

    def configure_agent(self, *lines: str) -> None:
        """Writes gpg-agent.conf: one that remembers nothing, and that does not spend seconds on passphrases."""
        common = ("default-cache-ttl 0", "max-cache-ttl 0", "s2k-count 65536")
        (self.path / "gpg-agent.conf").write_text("\n".join((*common, *lines)) + "\n", "utf-8")

    def run(self, *arguments: str, at: datetime | None = None, data: bytes = b"", passphrase: str = "") -> bytes:
        """Runs gpg, as of `at` if given (by a clock that stands still); returns its standard output."""
        options = ["--batch", "--no-tty", "--quiet", "--pinentry-mode=loopback", f"--passphrase={passphrase}"]
        if at is not None:
            options.append(f"--faked-system-time={int(at.timestamp())}!")
        done = subprocess.run(
            ["gpg", f"--homedir={self.path}", "--no-options", "--status-fd=2", *options, *arguments],
            input=data,
            capture_output=True,
            check=False,
            timeout=60,
        )
        if done.returncode != 0:
            raise AssertionError(f"gpg {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
        self._status = done.stderr.decode(errors="replace")
        return done.stdout

    def key(
        self,
        user_id: str = "legal <legal@example.org>",
        *,
        algorithm: str = "ed25519",
        usage: str = "sign,cert",
        expires: str = "never",
        at: datetime = JAN,
        passphrase: str = "",
    ) -> str:
        """Makes a key; `expires` as gpg takes it (`never`, `1y`, `20270101T000000`)."""
        self.run("--quick-gen-key", user_id, algorithm, usage, expires, at=at, passphrase=passphrase)
        return self._created()

    def subkey(
        self,
        fingerprint: str,
        *,
        algorithm: str = "ed25519",
        usage: str = "sign",
        expires: str = "never",
        at: datetime = JAN,
    ) -> str:
        """Adds a subkey, and returns the subkey's fingerprint."""
        before = set(self.fingerprints(fingerprint))
        self.run("--quick-add-key", fingerprint, algorithm, usage, expires, at=at)
        (added,) = set(self.fingerprints(fingerprint)) - before
        return added

    def fingerprints(self, fingerprint: str) -> list[str]:
        """Returns the fingerprints of a key: the primary one, then the subkeys'."""
        listing = self.run("--with-colons", "--list-keys", fingerprint).decode()
        return [line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr:")]

    def extend(self, fingerprint: str, expires: str, *, subkeys: bool = False, at: datetime) -> None:
        """Gives a key, or all its subkeys, a new expiry."""
        self.run("--quick-set-expire", fingerprint, expires, *(["*"] if subkeys else []), at=at)

    def revoke(self, fingerprint: str) -> None:
        """Revokes a key with the revocation that gpg made along with it."""
        made = (self.path / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text("utf-8")
        self.run("--import", data=made.replace("\n:-----BEGIN", "\n-----BEGIN").encode())

    def revoke_subkey(self, fingerprint: str, *, number: int = 1, at: datetime) -> None:
        """Revokes the subkey with that number, counted from 1."""
        answers = f"key {number}\nrevkey\ny\n0\n\ny\nsave\n".encode()
        # --batch would have gpg refuse to edit; so this one call does without it.
        subprocess.run(
            [
                *("gpg", f"--homedir={self.path}", "--no-options", "--no-tty", "--command-fd=0", "--status-fd=2"),
                *("--pinentry-mode=loopback", "--passphrase=", f"--faked-system-time={int(at.timestamp())}!"),
                *("--edit-key", fingerprint),
            ],
            input=answers,
            capture_output=True,
            check=True,
            timeout=60,
        )

    def sign(
        self, fingerprint: str, text: bytes, *options: str, at: datetime | None = None, passphrase: str = ""
    ) -> bytes:
        """Signs as a native signature: detached and dearmored. A fingerprint with a `!` names that very key."""
        given = (f"--local-user={fingerprint}", "--digest-algo=SHA256", *options)
        return self.run(*given, "--detach-sign", at=at, data=text, passphrase=passphrase)

    def export(self, fingerprint: str, *options: str) -> bytes:
        """Exports a certificate, all of it and binary."""
        return self.run(*options, "--export", fingerprint)

    def dearmor(self, text: bytes) -> bytes:
        return self.run("--dearmor", data=text)

    def _created(self) -> str:
        lines = self._status.split("\n")
        (created,) = [line.split(" ")[3] for line in lines if line.startswith("[GNUPG:] KEY_CREATED ")]
        return created
