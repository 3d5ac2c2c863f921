"""Gpg for canaries of other formats, begun only once there is an OpenPGP signature to check."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

from canary.formats.foreign.openpgp_checks import Answer, Question

if TYPE_CHECKING:
    from canary.edges.openpgp.foreign_gpg import ForeignGpg


class LazyForeignGpg:
    """The port to gpg for canaries of other formats, which costs nothing until the first signature; from any thread.

    Implements `canary.formats.foreign.openpgp_checks.ForeignVerifier`; a context manager.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gpg: ForeignGpg | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(self, certificates: Sequence[bytes], questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Checks signatures by pinned certificates, as the port says."""
        return self._started().check(certificates, questions)

    def certificates_in(self, data: bytes) -> Mapping[str, bytes]:
        """Returns the certificates in a file, as the port says."""
        return self._started().certificates_in(data)

    def close(self) -> None:
        """Removes the private homes."""
        if self._gpg is not None:
            self._gpg.close()

    def _started(self) -> ForeignGpg:
        with self._lock:
            if self._gpg is None:
                # Imported here: a look with Ed25519 signers alone needs none of it.
                from canary.edges.openpgp.foreign_gpg import ForeignGpg  # noqa: PLC0415

                self._gpg = ForeignGpg()
            return self._gpg
