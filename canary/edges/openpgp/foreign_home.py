"""Private homes of gpg for foreign certificates: one for each pinned set, prepared once and used for many checks."""

from __future__ import annotations

import contextlib
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec

from canary import limits
from canary.core.text.strict import sha256
from canary.edges.openpgp.gpg import Answer, Gpg, private_home
from canary.edges.openpgp.openpgp_certificates import LAST_SECOND
from canary.errors import GpgError, MalformedError

LAST_MOMENT = f"--faked-system-time={LAST_SECOND}!"
"""Makes gpg judge as of the last second there is, so that no answer hangs on a clock: what expires has expired."""

_IMPORT = (
    LAST_MOMENT,
    "--import-options=self-sigs-only",  # other people's signatures are dropped before they cost anything
    "--import",
)
_EXPORT = "--export-options=no-export-attributes"
"""Subkeys stay: gpg gives one that has expired no usage, so that a filter by usage drops those that signed long ago."""

_FINGERPRINT = re.compile(r"[0-9A-F]{40}")
_WHAT = "OpenPGP certificates"


class Key(msgspec.Struct, frozen=True):
    """A key in a home.

    Attributes:
        primary: its primary key's fingerprint, 40 hexadecimal digits in lower case.
        expires: from when on it can no longer sign, by the newest self-signatures; None for never.
        algorithm: the number of its public-key algorithm.
    """

    primary: str
    expires: datetime | None
    algorithm: int


class Home:
    """A private home with the certificates of one set.

    Args:
        gpg: the program.
        certificates: the certificates, binary.

    Raises:
        GpgError: there is no room for it, or gpg broke.
    """

    def __init__(self, gpg: Gpg, certificates: Sequence[bytes]) -> None:
        self._gpg = gpg
        self._directory = private_home()
        self.path = Path(self._directory.name)
        self.users = 0
        try:
            if certificates:
                gpg.run(_IMPORT, home=self.path, data=b"".join(certificates))
        except GpgError:
            self.close()
            raise

    @cached_property
    def keys(self) -> dict[str, Key]:
        """The keys by fingerprint and by key id, in lower case; asked for only where a verdict needs more words.

        Raises:
            GpgError: gpg broke.
        """
        return _keys(self._gpg.run([LAST_MOMENT, "--list-keys", "--with-subkey-fingerprints"], home=self.path))

    def close(self) -> None:
        """Removes it."""
        self._directory.cleanup()


class Homes:
    """The homes that are kept: the last ones used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._homes: OrderedDict[bytes, Home] = OrderedDict()

    @contextlib.contextmanager
    def holding(self, gpg: Gpg, certificates: Sequence[bytes]) -> Iterator[Home]:
        """Yields the home of a set; nobody removes it meanwhile.

        Raises:
            GpgError: it could not be prepared.
        """
        name = b"".join(sha256(each) for each in certificates)
        with self._lock:
            if name not in self._homes:
                self._homes[name] = Home(gpg, certificates)
            self._homes.move_to_end(name)
            home = self._homes[name]
            home.users += 1
            self._remove(keep=limits.FOREIGN_HOMES)
        try:
            yield home
        finally:
            with self._lock:
                home.users -= 1

    def close(self) -> None:
        """Removes them."""
        with self._lock:
            self._remove(keep=0)

    def _remove(self, *, keep: int) -> None:
        idle = [name for name, home in self._homes.items() if home.users == 0]
        for name in idle[: max(len(self._homes) - keep, 0)]:
            self._homes.pop(name).close()


def certificates_in(gpg: Gpg, data: bytes) -> dict[str, bytes]:
    """Returns the version 4 certificates in a keyring, as `canary.formats.foreign.openpgp_checks` says.

    Args:
        gpg: the program.
        data: the keyring, binary or armored, with nothing between armored blocks.

    Raises:
        MalformedError: there are too many of them, or one is too long.
        GpgError: gpg broke, or took too long.
    """
    found: dict[str, bytes] = {}
    with private_home() as name:
        home = Path(name)
        answer = gpg.run(_IMPORT, home=home, data=data)
        imported = dict.fromkeys(arguments[-1] for _, arguments in answer.all("IMPORT_OK") if arguments)
        fingerprints = [each for each in imported if _FINGERPRINT.fullmatch(each)]
        if len(fingerprints) > limits.FOREIGN_SIGNATURES:
            raise MalformedError(f"there are more than {limits.FOREIGN_SIGNATURES}", what=_WHAT)
        for fingerprint in fingerprints:
            binary = gpg.run([LAST_MOMENT, _EXPORT, "--export", fingerprint], home=home).output
            if len(binary) > limits.FOREIGN_CERTIFICATE_BYTES:
                raise MalformedError(
                    f"{fingerprint} takes {len(binary)} bytes; at most {limits.FOREIGN_CERTIFICATE_BYTES} are read",
                    what=_WHAT,
                )
            if binary:
                found[fingerprint.lower()] = binary
    return found


def _keys(listing: Answer) -> dict[str, Key]:
    """Reads gpg's colon listing (GnuPG's doc/DETAILS): each `pub` and `sub` record is followed by its `fpr`."""
    found: dict[str, Key] = {}
    primary = ""
    primary_ends: datetime | None = None
    record: list[str] = []
    for line in listing.output.decode(errors="backslashreplace").split("\n"):
        fields = line.split(":") + [""] * 12
        if fields[0] in {"pub", "sub"}:
            record = fields
        elif fields[0] == "fpr" and record:
            fingerprint = fields[9].lower()
            ends = datetime.fromtimestamp(int(record[6]), UTC) if record[6].isdecimal() else None
            if record[0] == "pub":
                primary, primary_ends = fingerprint, ends
            elif primary_ends is not None:
                ends = min(ends or primary_ends, primary_ends)
            algorithm = int(record[3]) if record[3].isdecimal() else 0
            found[fingerprint] = found[fingerprint[-16:]] = Key(primary, ends, algorithm)
            record = []
    return found
