"""A verdict as bytes: JSON on one line, one spelling, read strictly.

The document is the value of `canary.core.judging.verdict`: codes by their spelling, times and dates as in RFC 3339, in
UTC, with fractions of a second where there are any. Its first field, `version`, is 1. Reading it and writing it again
gives the same bytes; anything else is damaged, and refused whole. A code that is not known here was written by a newer
version.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from canary.core.judging.fetched import shown
from canary.core.judging.findings import Code, Finding
from canary.core.judging.verdict import EditionSubject, Subject, Verdict
from canary.errors import MalformedError

VERSION = 1
_CODES = {code.spelling: code for code in Code}
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Finding(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    message: str
    entry: int | None
    sticky: bool
    remark: bool
    found: _Moment | None


class _Verdict(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    version: int
    judged_at: _Moment
    findings: list[_Finding]
    canary: str | None
    organisation: str | None
    fingerprint: str | None
    pin: str | None
    log_size: int
    subject: Subject | None
    not_before: _Moment | None
    not_after: _Moment | None
    edition: EditionSubject | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Verdict).decode


def render_verdict(verdict: Verdict) -> bytes:
    """Returns a verdict's bytes."""
    return _encode(
        _Verdict(
            VERSION,
            verdict.judged_at,
            [
                _Finding(each.code.spelling, each.message, each.entry, each.sticky, each.remark, each.found)
                for each in verdict.findings
            ],
            verdict.canary,
            verdict.organisation,
            verdict.fingerprint,
            verdict.pin,
            verdict.log_size,
            verdict.subject,
            verdict.not_before,
            verdict.not_after,
            verdict.edition,
        )
    )


def parse_verdict(data: bytes) -> Verdict:
    """Reads a verdict.

    Raises:
        MalformedError: it is damaged, or was written by a newer version.
    """
    try:
        document = _decode(data)
    except (msgspec.DecodeError, ValueError) as error:
        # The message may quote the bytes, which may hold anything.
        raise _damaged(shown(str(error))) from error
    if document.version != VERSION:
        raise _newer(f"version {document.version}")
    verdict = Verdict(
        judged_at=document.judged_at,
        findings=tuple([_finding(each) for each in document.findings]),
        canary=document.canary,
        organisation=document.organisation,
        fingerprint=document.fingerprint,
        pin=document.pin,
        log_size=document.log_size,
        subject=document.subject,
        edition=document.edition,
        not_before=document.not_before,
        not_after=document.not_after,
    )
    # Also catches what a JSON reader is free to overlook: names that stand twice, other spellings of a time.
    if _encode(document) != data:
        raise _damaged("it is not as it was written")
    return verdict


def _finding(document: _Finding) -> Finding:
    code = _CODES.get(document.code)
    if code is None:
        raise _newer(f"the finding {shown(document.code)}")
    return Finding(code, document.message, document.entry, document.sticky, document.remark, document.found)


def _newer(what: str) -> MalformedError:
    return MalformedError(
        f"{what} is not known here", what="verdict", hint="Install the version of warrant-canary that wrote it."
    )


def _damaged(why: str) -> MalformedError:
    return MalformedError(f"it is damaged ({why})", what="verdict")
