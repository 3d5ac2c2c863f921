"""Ed25519 private keys in files: PKCS#8 in PEM (RFC 8410), encrypted when there is a passphrase.

`openssl pkey -in FILE -pubout` reads the same files.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from canary.edges.disk.files import (
    PRIVATE_FOLDER_MODE,
    PRIVATE_MODE,
    make_folder,
    sweep,
    sync_folder,
    what_to_do,
    write_file,
)
from canary.errors import SigningError, WorkspaceError

KEY_FILE_BYTES = 16_384
"""Bytes read of a key file; an encrypted Ed25519 key takes about 300."""

_NOT_OURS_ALONE = stat.S_IRWXG | stat.S_IRWXO


def create(path: Path, *, passphrase: bytes | None) -> bytes:
    """Makes a new key and writes it to a new file that only its owner can read, whole or not at all.

    Args:
        path: where; its folder is made (mode 0700) when it is not there.
        passphrase: what the file is encrypted with; None to leave it readable to whoever gets hold of it.

    Returns:
        The public key, 32 bytes.

    Raises:
        SigningError: the file is there already, or could not be written, or the passphrase is empty.
    """
    if passphrase is not None and not passphrase:
        raise SigningError("the passphrase is empty", hint="Give one, or say that the key shall have none.")
    key = Ed25519PrivateKey.generate()
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase is not None:
        encryption = BestAvailableEncryption(passphrase)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    try:
        make_folder(path.parent, mode=PRIVATE_FOLDER_MODE)
    except WorkspaceError as error:
        raise SigningError(error.what, hint=error.hint) from error
    if os.path.lexists(path):
        raise _there_already(path)
    try:
        settle(path)
        write_file(path, pem, mode=PRIVATE_MODE, replace=False)
    except WorkspaceError as error:
        if isinstance(error.__cause__, FileExistsError):  # it came in between
            raise _there_already(path) from error
        raise SigningError(error.what, hint=error.hint) from error
    return key.public_key().public_bytes_raw()


def settle(path: Path) -> None:
    """Clears away what a killed `create` has left beside a key's file, and makes the file durable if it is there.

    Raises:
        WorkspaceError: something could not be removed, or the folder cannot be read.
    """
    if path.parent.is_dir():
        sweep(path.parent, path.name)
        sync_folder(path.parent)


class Ed25519FileSigner:
    """Signs with an Ed25519 key in a file, which is opened when it is first needed.

    Args:
        name: the key's name.
        path: the file.
        ask_passphrase: asked for the passphrase when the file is encrypted; None when nobody can be asked.
    """

    def __init__(self, name: str, path: Path, ask_passphrase: Callable[[], bytes] | None) -> None:
        self._name = name
        self._path = path
        self._ask_passphrase = ask_passphrase
        self._key: Ed25519PrivateKey | None = None
        self._encrypted = False

    @property
    def name(self) -> str:
        """The key's name."""
        return self._name

    @property
    def public_key(self) -> bytes:
        """The public key, 32 bytes.

        Raises:
            SigningError: the key could not be opened.
        """
        return self._opened().public_key().public_bytes_raw()

    @property
    def encrypted(self) -> bool:
        """Whether the file is behind a passphrase.

        Raises:
            SigningError: the key could not be opened.
        """
        self._opened()
        return self._encrypted

    def sign(self, text: bytes, *, at: datetime) -> bytes:
        """Signs `text` (RFC 8032).

        Args:
            text: the bytes to sign.
            at: not used: an Ed25519 signature states no time.

        Returns:
            64 bytes.

        Raises:
            SigningError: the key could not be opened.
        """
        del at
        return self._opened().sign(text)

    def _opened(self) -> Ed25519PrivateKey:
        if self._key is None:
            self._key = self._load(_read_private(self._path))
        return self._key

    def _load(self, pem: bytes) -> Ed25519PrivateKey:
        # The causes are left out of these errors (from None): what a library says of a wrong passphrase or of a
        # broken key is no help to a person, and nothing of it should reach a log.
        try:
            key = load_pem_private_key(pem, password=None)
        except TypeError:  # what cryptography raises for an encrypted key without a password
            key = self._decrypt(pem)
            self._encrypted = True
        except (ValueError, UnsupportedAlgorithm):
            raise self._not_a_key() from None
        if not isinstance(key, Ed25519PrivateKey):
            raise self._not_a_key()
        return key

    def _decrypt(self, pem: bytes) -> PrivateKeyTypes:
        if self._ask_passphrase is None:
            raise SigningError(
                f"{self._path} is encrypted, and nobody can be asked for its passphrase",
                hint="Run this in a terminal.",
            )
        try:
            return load_pem_private_key(pem, password=self._ask_passphrase())
        except (TypeError, ValueError):
            raise SigningError(
                f"{self._path} does not open with this passphrase", hint="Try again; nothing was changed."
            ) from None
        except UnsupportedAlgorithm:
            raise self._not_a_key() from None

    def _not_a_key(self) -> SigningError:
        return SigningError(
            f"{self._path} is not an Ed25519 private key in PEM", hint="Name the file that the key was made in."
        )


def _there_already(path: Path) -> SigningError:
    return SigningError(
        f"{path} is there already",
        hint="A key is never overwritten: choose another name, or move the old one away.",
    )


def _read_private(path: Path) -> bytes:
    try:
        # O_NONBLOCK: a pipe in the key's place must not hold the program for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise SigningError(
            f"there is no key file {path}", hint="Check the path; canary never makes one unasked."
        ) from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise SigningError(f"{path} is a symbolic link", hint="Name the key file itself.") from error
        raise SigningError(f"{path} could not be opened: {error.strerror}", hint=what_to_do(error)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SigningError(f"{path} is not a file", hint="Name the key file itself.")
        if status.st_mode & _NOT_OURS_ALONE:
            raise SigningError(f"{path} can be read or changed by other users", hint=f"Run: chmod 600 {path}")
        pem = os.read(descriptor, KEY_FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(pem) > KEY_FILE_BYTES:
        raise SigningError(
            f"{path} is longer than {KEY_FILE_BYTES} bytes: it is no key", hint="Name the key file itself."
        )
    return pem
