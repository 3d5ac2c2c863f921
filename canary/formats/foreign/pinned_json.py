"""What a watcher pins of a foreign canary as bytes: JSON, one spelling, read strictly.

The document is the value of `canary.core.foreign.pinned.Pinned`, as `canary.formats.foreign.checked_json` writes one.
The **pin** of a foreign canary is the SHA-256 of these bytes: whoever compares it compares everything that is pinned.

Refused is what cannot be pinned: a key or key id that is none, the same key or name twice, a threshold of none or of
more signers than there are (a page has neither signers nor a threshold), and a statement without an id or twice.
"""

from __future__ import annotations

from typing import Final

import msgspec

from canary.core.foreign.pinned import Format, Pinned, PinnedSigner, PinnedStatement
from canary.core.text.strict import digest, is_hex
from canary.errors import MalformedError
from canary.formats.foreign.checked_json import CheckedJson
from canary.limits import FOREIGN_CERTIFICATE_BYTES, FOREIGN_PINNED_BYTES, PROFILE_BYTES

VERSION: Final = 1
_KEY_DIGITS: Final = {
    Format.DETACHED: 40,
    Format.CLEARSIGNED: 40,
    Format.SIGNIFY: 64,
    Format.CANARYTAIL: 64,
}
_KEY_ID_DIGITS = 16


class _Pinned(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    format: Format
    profile: str
    profile_text: str
    threshold: int
    signers: tuple[PinnedSigner, ...]
    statements: tuple[PinnedStatement, ...]
    panic_key: str
    checksum: str


def render_pinned(pinned: Pinned) -> bytes:
    """Returns the bytes of what is pinned."""
    return _JSON.render(pinned)


def parse_pinned(data: bytes) -> Pinned:
    """Reads what is pinned.

    Raises:
        MalformedError: it is damaged, cannot be pinned, or was written by another version.
    """
    return _JSON.parse(data)


def pin_of(pinned: Pinned) -> str:
    """Returns the pin: the SHA-256 of the bytes of what is pinned, 64 hexadecimal digits."""
    return digest(render_pinned(pinned))


def _written(pinned: Pinned) -> _Pinned:
    return _Pinned(
        VERSION,
        pinned.format,
        pinned.profile,
        pinned.profile_text,
        pinned.threshold,
        pinned.signers,
        pinned.statements,
        pinned.panic_key,
        "",
    )


def _read(document: _Pinned) -> Pinned:
    pinned = Pinned(
        format=document.format,
        profile=document.profile,
        profile_text=document.profile_text,
        signers=document.signers,
        threshold=document.threshold,
        statements=document.statements,
        panic_key=document.panic_key,
    )
    _check_signers(pinned)
    ids = [each.id for each in pinned.statements]
    if not all(ids) or len(set(ids)) != len(ids):
        raise MalformedError("a statement has no id, or one that another has")
    if len(pinned.profile_text.encode()) > PROFILE_BYTES:
        raise MalformedError(f"its profile has more than {PROFILE_BYTES:,} bytes")
    return pinned


def _check_signers(pinned: Pinned) -> None:
    digits = _KEY_DIGITS.get(pinned.format)
    if digits is None:
        if pinned.signers or pinned.threshold:
            raise MalformedError("a page has neither signers nor a threshold")
        return
    for each in pinned.signers:
        if not is_hex(each.key, digits) or not (not each.key_id or is_hex(each.key_id, _KEY_ID_DIGITS)):
            raise MalformedError(f"a key of this format has {digits} hexadecimal digits, a key id {_KEY_ID_DIGITS}")
        if len(each.certificate) > FOREIGN_CERTIFICATE_BYTES:
            raise MalformedError(f"a certificate has more than {FOREIGN_CERTIFICATE_BYTES:,} bytes")
    names = [each.name for each in pinned.signers if each.name]
    keys = {each.key for each in pinned.signers}
    if len(keys) != len(pinned.signers) or len(set(names)) != len(names):
        raise MalformedError("two signers have the same key or the same name")
    if not 1 <= pinned.threshold <= len(pinned.signers):
        raise MalformedError("the threshold is none of 1 to the number of signers")


_JSON: Final = CheckedJson(
    msgspec.json.Decoder(_Pinned).decode,
    version=VERSION,
    what="pinned canary",
    most=FOREIGN_PINNED_BYTES,
    hint="Bring it back from a backup, or add the canary anew.",
    written=_written,
    read=_read,
)
