"""What the options about a canary in another format mean: signers, and profiles."""

from __future__ import annotations

import re

from canary.cli.looking import parsed
from canary.cli.watch.foreign_options import ForeignOptions
from canary.core.foreign.fitting import Candidate
from canary.core.judging.fetched import shown
from canary.core.text.strict import is_hex
from canary.edges.disk.foreign_profiles import read_profile, shipped_profiles
from canary.errors import MalformedError
from canary.flows.watch.pinning import Decided
from canary.formats.foreign.canarytail_document import decode_key
from canary.formats.settings.foreign_profile import parse_profile

_SIGNER_NAME = re.compile(r"[A-Za-z0-9_@+-]{1,64}")
_KEY_DIGITS = (40, 64)


def decided_by(options: ForeignOptions) -> Decided:
    """Returns what the options say about the signers.

    Raises:
        MalformedError: a signer is misspelt, or stands twice.
    """
    signers = tuple(parsed("--signer", _parse_signer, each) for each in options.signers)
    for place, what in enumerate(("name", "key")):
        if len({each[place] for each in signers}) != len(signers):
            raise MalformedError(f"two signers have the same {what}", what="--signer")
    return Decided(signers, options.threshold, options.required)


def candidates_of(options: ForeignOptions) -> list[Candidate]:
    """Returns the profiles that may fit: the one that was named, or all that ship.

    Raises:
        CanaryError: there is none of that name, or it cannot be read.
    """
    return [_candidate(each) for each in ([options.profile] if options.profile else shipped_profiles())]


def _candidate(named: str) -> Candidate:
    data = read_profile(named)
    return Candidate(named, data.decode("utf-8", errors="replace"), parse_profile(data, what=named))


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
