"""What a watcher keeps of a foreign canary as bytes: JSON, one spelling, read strictly.

The document is the value of `canary.core.foreign.state.ForeignState`, as `canary.formats.foreign.checked_json` writes
one; codes by their spelling, remarks by their names.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.pinned import PinnedStatement
from canary.core.foreign.promise import ForeignPromise
from canary.core.foreign.splices import FieldSignature, Seen
from canary.core.foreign.state import ForeignState, KeptEdition, KeptFile, KeptQuote
from canary.core.judging.findings import Code
from canary.core.judging.state import Sticky
from canary.core.text.strict import is_hex
from canary.errors import MalformedError
from canary.formats.foreign.checked_json import CheckedJson
from canary.limits import FOREIGN_STATE_BYTES

VERSION: Final = 1
_CODES = {code.spelling: code for code in Code}
_DIGEST_DIGITS = 64


class _Edition(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    sha256: str
    text: str
    signatures: tuple[Signed, ...]
    remarks: tuple[tuple[str, str], ...]
    fields: tuple[FieldSignature, ...]


class _Sticky(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    message: str
    seen_at: datetime
    acknowledged: bool
    proof: tuple[bytes, ...]


class _State(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    pin: str
    first_use: bool
    high_water: datetime
    stale_since: datetime | None
    unproved_since: datetime | None
    newest: _Edition | None
    files: tuple[KeptFile, ...]
    editions: tuple[KeptEdition, ...]
    quotes: tuple[KeptQuote, ...]
    fields: tuple[Seen, ...]
    acknowledged: tuple[PinnedStatement, ...]
    added: tuple[PinnedStatement, ...]
    sticky: tuple[_Sticky, ...]
    promise: ForeignPromise | None
    checksum: str


def render_foreign_state(state: ForeignState) -> bytes:
    """Returns a state's bytes."""
    return _JSON.render(state)


def parse_foreign_state(data: bytes) -> ForeignState:
    """Reads a state.

    Raises:
        MalformedError: it is damaged, or was written by another version.
    """
    return _JSON.parse(data)


def _written(state: ForeignState) -> _State:
    newest = state.newest
    return _State(
        version=VERSION,
        pin=state.pin,
        first_use=state.first_use,
        high_water=state.high_water,
        stale_since=state.stale_since,
        unproved_since=state.unproved_since,
        newest=None
        if newest is None
        else _Edition(
            newest.name,
            newest.sha256,
            newest.text,
            newest.signatures,
            tuple((remark.name, words) for remark, words in newest.remarks),
            newest.fields,
        ),
        files=state.files,
        editions=state.editions,
        quotes=state.quotes,
        fields=state.fields,
        acknowledged=state.acknowledged,
        added=state.added,
        sticky=tuple(
            _Sticky(each.code.spelling, each.message, each.seen_at, each.acknowledged, each.proof)
            for each in state.sticky
        ),
        promise=state.promise,
        checksum="",
    )


def _read(document: _State) -> ForeignState:
    newest = document.newest
    if not is_hex(document.pin, _DIGEST_DIGITS):
        raise MalformedError("its pin is no SHA-256")
    return ForeignState(
        pin=document.pin,
        first_use=document.first_use,
        newest=None
        if newest is None
        else Edition(
            newest.name,
            newest.sha256,
            newest.text,
            newest.signatures,
            tuple((Remark[name], words) for name, words in newest.remarks),
            newest.fields,
        ),
        files=document.files,
        editions=document.editions,
        quotes=document.quotes,
        fields=document.fields,
        acknowledged=document.acknowledged,
        added=document.added,
        high_water=document.high_water,
        stale_since=document.stale_since,
        unproved_since=document.unproved_since,
        sticky=tuple(
            Sticky(_CODES[each.code], each.message, None, each.seen_at, each.proof, each.acknowledged)
            for each in document.sticky
        ),
        promise=document.promise,
    )


_JSON: Final = CheckedJson(
    msgspec.json.Decoder(_State).decode,
    version=VERSION,
    what="stored state",
    most=FOREIGN_STATE_BYTES,
    hint="Bring it back from a backup, or remove the canary and add it anew with the pin.",
    written=_written,
    read=_read,
)
