"""What is said on a command line about a canary in another format, read and checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from canary.cli.looking import parsed
from canary.core.foreign.fitting import Candidate
from canary.core.judging.fetched import shown
from canary.core.text.strict import is_hex
from canary.edges.foreign_profiles import read_profile, shipped_profiles
from canary.errors import CanaryError, MalformedError
from canary.flows.watch.pinning import Decided
from canary.formats.foreign.canarytail_document import decode_key
from canary.formats.settings.foreign_profile import parse_profile
from canary.library import is_url

_SIGNER_NAME = re.compile(r"[A-Za-z0-9_@+-]{1,64}")
_KEY_DIGITS = (40, 64)


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

    def decided(self) -> Decided:
        """Returns what they say about the signers.

        Raises:
            MalformedError: a signer is misspelt, or stands twice.
        """
        signers = tuple(parsed("--signer", _parse_signer, each) for each in self.signers)
        for place, what in enumerate(("name", "key")):
            if len({each[place] for each in signers}) != len(signers):
                raise MalformedError(f"two signers have the same {what}", what="--signer")
        return Decided(signers, self.threshold, self.required)

    def candidates(self) -> list[Candidate]:
        """Returns the profiles that may fit: the one that was named, or all that ship.

        Raises:
            CanaryError: there is none of that name, or it cannot be read.
        """
        return [candidate_of(each) for each in ([self.profile] if self.profile else shipped_profiles())]

    def words(self) -> list[str]:
        """Returns the options about signers as they are typed."""
        pairs = [("--certificate", self.certificates), ("--signer", self.signers), ("--required", self.required)]
        typed = [word for option, values in pairs for value in values for word in (option, value)]
        return [*(["--page"] if self.page else []), *typed]


def candidate_of(named: str) -> Candidate:
    """Returns a profile, by its name or its path.

    Raises:
        CanaryError: there is none of that name, or it cannot be read.
    """
    data = read_profile(named)
    return Candidate(named, data.decode("utf-8", errors="replace"), parse_profile(data, what=named))


def place_of(location: str) -> str:
    """Returns a location as it is kept: a path from the root, and an address as it is."""
    return location if is_url(location) else str(Path(location).absolute())


def _parse_signer(text: str) -> tuple[str, str]:
    name, equals, key = text.partition("=")
    if not equals or not _SIGNER_NAME.fullmatch(name):
        raise MalformedError(
            f"it is NAME=FINGERPRINT, a name of letters, digits and _ @ + -, not {shown(text)}",
            hint="The name is the one in the endings of signatures, as in canary.txt.sig.NAME; if there is none, any.",
        )
    digits = key.replace(" ", "").replace(":", "").lower()
    if any(is_hex(digits, count) for count in _KEY_DIGITS):
        return name, digits
    if raw := decode_key(key):
        return name, raw.hex()
    raise MalformedError(
        "a key is an OpenPGP fingerprint of 40 hexadecimal digits, or an Ed25519 key of 64 or in base64, not "
        f"{shown(key)}",
        hint="Short key ids can be forged; gpg --fingerprint shows the whole fingerprint.",
    )
