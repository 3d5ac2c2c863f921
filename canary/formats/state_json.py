"""A watcher's state as a file: JSON, one spelling, read strictly.

The document is the value of `canary.core.state`, with bytes in base64 and times as in a text. Its last field,
`checksum`, is the SHA-256 of the document in which that field is empty. Reading it and writing it again gives the
same bytes; anything else is a damaged file, and is refused whole: one letter that a disk changed in a stored entry
would otherwise read as a fork, of which the signers know nothing.
"""

from __future__ import annotations

import msgspec

from canary.core.findings import Code
from canary.core.outcome import Outcome
from canary.core.state import State, Sticky, StoredEntry
from canary.core.strict import decode_base64, digest, encode_base64, hash_field
from canary.core.tally import CheckedSignature, Tally
from canary.core.times import format_time, parse_time
from canary.errors import MalformedError

VERSION = 1
DAMAGED_HINT = "Bring it back from a backup, or begin anew with another file and the pin."
_CODES = {code.spelling: code for code in Code}


class _Signature(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    outcome: Outcome
    detail: str


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    data: str
    threshold: int
    checked: list[_Signature]
    missing: list[str]


class _Sticky(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    message: str
    entry: int | None
    seen_at: str
    acknowledged: bool
    proof: list[str]


class _State(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    canary: str
    pin: str
    first_use: bool
    acknowledged: int
    high_water: str
    stale_since: str | None
    etag: str | None
    checkpoint: str
    attachments: list[str]
    sticky: list[_Sticky]
    entries: list[_Entry]
    checksum: str


def render_state(state: State) -> bytes:
    """Returns a state's bytes."""
    document = _State(
        version=VERSION,
        canary=state.canary,
        pin=state.pin,
        first_use=state.first_use,
        acknowledged=state.acknowledged,
        high_water=format_time(state.high_water),
        stale_since=format_time(state.stale_since) if state.stale_since else None,
        etag=state.etag,
        checkpoint=encode_base64(state.checkpoint),
        attachments=list(state.attachments),
        sticky=[
            _Sticky(
                each.code.spelling,
                each.message,
                each.entry,
                format_time(each.seen_at),
                each.acknowledged,
                [encode_base64(proof) for proof in each.proof],
            )
            for each in state.sticky
        ],
        entries=[
            _Entry(
                encode_base64(each.data),
                each.tally.threshold,
                [_Signature(one.name, one.outcome, one.detail) for one in each.tally.checked],
                list(each.tally.missing),
            )
            for each in state.entries
        ],
        checksum="",
    )
    return _spelled(msgspec.structs.replace(document, checksum=hash_field(digest(_spelled(document)))))


def parse_state(data: bytes) -> State:
    """Reads a state.

    Raises:
        MalformedError: it is damaged, or was written by another version.
    """
    try:
        document = msgspec.json.decode(data, type=_State)
        state = _state(document)
    except (msgspec.DecodeError, MalformedError, KeyError, UnicodeDecodeError) as error:
        raise _damaged(str(error)) from error
    # Also catches what a JSON reader is free to overlook: names that stand twice, other spellings of a number.
    if document.version != VERSION or render_state(state) != data:
        raise _damaged(f"it is not of version {VERSION}, or not as it was written")
    return state


def _spelled(document: _State) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _state(document: _State) -> State:
    return State(
        canary=document.canary,
        pin=document.pin,
        first_use=document.first_use,
        entries=tuple(_entry(each) for each in document.entries),
        checkpoint=decode_base64(document.checkpoint),
        etag=document.etag,
        acknowledged=document.acknowledged,
        high_water=parse_time(document.high_water),
        stale_since=None if document.stale_since is None else parse_time(document.stale_since),
        sticky=tuple(
            Sticky(
                _CODES[each.code],
                each.message,
                each.entry,
                parse_time(each.seen_at),
                tuple(decode_base64(proof) for proof in each.proof),
                each.acknowledged,
            )
            for each in document.sticky
        ),
        attachments=tuple(document.attachments),
    )


def _entry(document: _Entry) -> StoredEntry:
    checked = tuple(CheckedSignature(each.name, each.outcome, each.detail) for each in document.checked)
    return StoredEntry(decode_base64(document.data), Tally(document.threshold, checked, tuple(document.missing)))


def _damaged(why: str) -> MalformedError:
    return MalformedError(
        f"the state is damaged ({why})",
        what="state file",
        hint=DAMAGED_HINT,
    )
