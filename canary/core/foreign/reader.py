"""The one interface behind which every foreign format stands: from bytes to an edition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from canary.core.foreign.edition import Edition
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner


class Identified(msgspec.Struct, frozen=True):
    """What a file turned out to be, when somebody begins to follow it; nothing is pinned yet.

    Attributes:
        format: the format.
        signers: the keys that were seen: those that the document itself or certificates beside it name. Whoever adds
            the canary compares them with what the publisher says elsewhere.
        threshold: how many the document itself asks for; 1 where it asks for none, 0 for a page.
        text: the text as it would be read, for people and for the profile; for a signed format it is not verified yet.
        panic_key: CanaryTail's panic key; empty for other formats.
    """

    format: Format
    signers: tuple[PinnedSigner, ...]
    threshold: int
    text: str
    panic_key: str = ""


class FormatReader(Protocol):
    """One format."""

    def beside(self, name: str, pinned: Pinned | None) -> tuple[str, ...]:
        """Returns the names of the files that may lie beside an edition called `name`: signatures, certificates.

        Each of them may be missing. With nothing pinned: every ending that is in use.
        """

    def identify(self, name: str, files: Mapping[str, bytes]) -> Identified | None:
        """Returns what a file is, if it is of this format; never raises for any bytes.

        Args:
            name: the edition's own file.
            files: that file and those beside it which are there, by name.
        """

    def read(self, name: str, files: Mapping[str, bytes], pinned: Pinned) -> Edition:
        """Returns an edition, every signature checked against what is pinned.

        Args:
            name: the edition's own file.
            files: that file and those beside it which are there, by name; each within its limit.
            pinned: whose signatures count.

        Raises:
            MalformedError: the bytes are no edition of this format at all: host junk, for the caller to tell from an
                edition that is signed wrongly, which is an edition.
        """
