"""Which signers were reminded of what, as a file: JSON, read strictly.

    {"version": 1, "canary": "example.net/canary", "window": "2027-02-01/2027-02-14", "told": {"legal": "7 days"}}

`told` names for each signer the newest occasion (`canary.flows.issue.reminding`) of that window that they were told of.
What was told of an earlier window is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from canary.core.documents.schedule import Window
from canary.core.text.times import format_date_range, parse_date_range
from canary.errors import MalformedError

VERSION = 1
DAMAGED_HINT = "Move it away; then a reminder that was sent already may come once more."


class Reminded(msgspec.Struct, frozen=True):
    """What was told of one window.

    Attributes:
        canary: the canary's id.
        window: the window.
        told: for each signer the newest occasion that they were told of, by its name.
    """

    canary: str
    window: Window
    told: Mapping[str, str]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    canary: str
    window: str
    told: dict[str, str]


_DECODER = msgspec.json.Decoder(_File, strict=True)


def parse_reminded(data: bytes) -> Reminded:
    """Reads the file.

    Raises:
        MalformedError: it is damaged, or something else.
    """
    try:
        file = _DECODER.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _malformed("it does not say who was reminded of what") from error
    if file.version != VERSION:
        raise _malformed(f"it is of version {file.version}, and this program knows {VERSION}")
    try:
        return Reminded(file.canary, Window(*parse_date_range(file.window)), file.told)
    except MalformedError as error:
        raise _malformed(error.rule) from error


def render_reminded(reminded: Reminded) -> bytes:
    """Returns the file."""
    days = format_date_range((reminded.window.opens, reminded.window.last))
    file = _File(VERSION, reminded.canary, days, dict(reminded.told))
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def _malformed(rule: str) -> MalformedError:
    return MalformedError(rule, what="the record of reminders", hint=DAMAGED_HINT)
