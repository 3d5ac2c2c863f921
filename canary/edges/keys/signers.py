"""What every kind of private key looks like to the rest of the project: one small interface.

One file for each kind: `ed25519_keys` (a file), `openpgp_signer` (gpg). Kinds to come (ML-DSA, SSH, PKCS#11, a
cloud's key service) fit in here without touching the texts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Signer(Protocol):
    """A person's private key."""

    @property
    def name(self) -> str:
        """The key's name, as it stands in its vkey and on its signature lines."""

    def sign(self, text: bytes, *, at: datetime) -> bytes:
        """Signs a text.

        Args:
            text: the bytes to sign.
            at: the moment of signing (aware), for kinds that state one.

        Returns:
            The raw signature, as it stands in a note's signature line behind the key id.

        Raises:
            SigningError: the key could not be opened or used; says what to do, and never a secret.
        """
