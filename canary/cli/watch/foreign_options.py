"""What is said on a command line about a canary in another format. What it means is in `foreign_decided`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from canary.errors import CanaryError
from canary.library import is_url


class ForeignOptions(NamedTuple):
    """The options as they were given.

    Attributes:
        profile: the name of a profile that ships, or the path of a file; None for the one that fits best.
        certificates: files or https addresses with keys.
        signers: `NAME=KEY` for each.
        threshold: how many must have signed.
        required: names of signers without whom the others do not suffice.
        page: whether it is a page whatever else it could be.
        sentences: sentences to pin.
        all_sentences: whether every sentence that is proposed is pinned.
    """

    profile: str | None = None
    certificates: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()
    threshold: int | None = None
    required: tuple[str, ...] = ()
    page: bool = False
    sentences: tuple[str, ...] = ()
    all_sentences: bool = False

    @property
    def is_given(self) -> bool:
        """Whether any of them says that the canary is in another format."""
        return self != ForeignOptions()

    def check(self) -> None:
        """Checks that the options go together.

        Raises:
            CanaryError: two of them exclude each other.
        """
        if self.sentences and self.all_sentences:
            raise CanaryError("--sentence and --all-sentences exclude each other", hint="Give one of them.")
        if self.page and (self.certificates or self.signers or self.threshold is not None or self.required):
            raise CanaryError(
                "--page takes nothing for signed, and so has no signers",
                hint="Leave --page out, or --certificate, --signer, --threshold and --required.",
            )

    def words(self) -> list[str]:
        """Returns the options about signers as they are typed."""
        pairs = [("--certificate", self.certificates), ("--signer", self.signers), ("--required", self.required)]
        typed = [word for option, values in pairs for value in values for word in (option, value)]
        return [*(["--page"] if self.page else []), *typed]


def place_of(location: str) -> str:
    """Returns a location as it is kept: a path from the root, and an address as it is."""
    return location if is_url(location) else str(Path(location).absolute())
