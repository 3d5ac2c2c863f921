"""Secrets, read from where the configuration says: a file, or an environment variable. They stand in no message."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from canary.core.watching.watch_settings import Secret
from canary.edges.disk.files import read_file
from canary.errors import CanaryError, DeliveryError

_BYTES = 65_536
"""Bytes in one secret: a hundred URLs."""


def read_secret(secret: Secret) -> str:
    """Returns a secret, without the line end that an editor or `echo` puts behind it.

    Raises:
        CanaryError: it is not there, cannot be read, or is empty; the message says where, and never what.
    """
    text = _from_file(Path(secret.file)) if secret.file else _from_environment(secret.environment)
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise CanaryError(f"{_place(secret)} is empty", hint="Put the secret there.")
    return text


def read_one_line(secret: Secret) -> str:
    """Returns a secret that is one line of printable characters.

    Raises:
        CanaryError: as for `read_secret`, or it is more than that.
    """
    text = read_secret(secret)
    if not text.isprintable():
        raise CanaryError(
            f"{_place(secret)} holds more than one line of printable characters", hint="Only the secret belongs there."
        )
    return text


def read_lines(secret: Secret) -> tuple[tuple[int, str], ...]:
    """Returns the lines of a secret with their numbers, but for empty ones and those that begin with `#`.

    Raises:
        CanaryError: as for `read_secret`, or there are none.
    """
    lines = enumerate(read_secret(secret).splitlines(), start=1)
    found = tuple((number, line.strip()) for number, line in lines if line.strip() and not line.startswith("#"))
    if not found:
        raise CanaryError(f"{_place(secret)} has no line that counts", hint="Put the secrets there, one a line.")
    return found


def exposed(secret: Secret) -> str:
    """Returns a warning that every user of this machine can read a secret; empty where they cannot.

    It is no error: whoever mounts secrets into a container cannot always choose how.
    """
    try:
        readable = bool(secret.file) and Path(secret.file).stat().st_mode & stat.S_IROTH
    except OSError:
        return ""  # whoever reads it is told why it cannot be read
    return f"Every user of this machine can read {secret.file}. Next: chmod 600 {secret.file}" if readable else ""


@contextlib.contextmanager
def kept_for_later() -> Iterator[None]:
    """Makes what is amiss on this machine a temporary failure of a delivery: once it is mended, nothing is lost."""
    try:
        yield
    except DeliveryError:
        raise
    except CanaryError as error:
        raise DeliveryError(error.what, hint=error.hint, temporary=True) from error


def _from_file(path: Path) -> str:
    try:
        return read_file(path, limit=_BYTES).decode()
    except UnicodeDecodeError:
        # Not "from": the error holds the bytes.
        raise CanaryError(f"{path} is not UTF-8", hint="Write the secret as plain text.") from None


def _from_environment(name: str) -> str:
    text = os.environ.get(name)
    if text is None:
        hint = "Set it where the watcher is started, or name a file instead."
        raise CanaryError(f"The environment variable {name} is not set", hint=hint)
    return text


def _place(secret: Secret) -> str:
    return secret.file or f"The environment variable {secret.environment}"
