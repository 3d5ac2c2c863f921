"""A watcher's state as a file: JSON, one spelling, read strictly.

The document is the value of `canary.core.judging.state`, with bytes in base64 and times as in a text. Its last field,
`checksum`, is the SHA-256 of the document in which that field is empty. Reading it and writing it again gives the
same bytes; anything else is a damaged file, and is refused whole: one letter that a disk changed in a stored entry
would otherwise read as a fork, of which the signers know nothing. One that is whole, or
of another `version`, and has other fields than these is refused as another version's.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from itertools import pairwise

import msgspec

from canary.core.dating.anchors import AnchorOutcome, CheckedAnchor
from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.core.dating.timing import Timing
from canary.core.documents.release import Anchor
from canary.core.judging.fetched import shown
from canary.core.judging.findings import Code
from canary.core.judging.state import State, Sticky
from canary.core.log.admitted import Admitted
from canary.core.log.standing import Standing, Wording
from canary.core.signed.outcome import Outcome
from canary.core.signed.tally import CheckedSignature, Tally
from canary.core.text.strict import decode_base64, digest, encode_base64, hash_field
from canary.core.text.times import format_time, parse_time
from canary.errors import MalformedError

VERSION = 1
_CHECKSUM = b'"checksum": "'
_END = b'"\n}\n'
DAMAGED_HINT = "Bring it back from a backup, or begin anew with another file and the pin."
_CODES = {code.spelling: code for code in Code}


class _Signature(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    name: str
    outcome: Outcome
    detail: str
    signed_at: str | None = None


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    data: str
    threshold: int
    checked: list[_Signature]
    missing: list[str]


class _Wording(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    version: int
    sha256: str
    entry: int


class _Standing(msgspec.Struct, forbid_unknown_fields=True):
    rosters: list[int]
    release: int | None
    wordings: list[_Wording]
    keys: dict[str, str]
    anchors: dict[str, int]
    changes: list[int]
    unchecked: list[int]


class _Anchor(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    value: str
    outcome: AnchorOutcome
    identity: str
    moment: str | None
    bound: str | None
    words: str


class _Evidence(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    sha256: str
    outcome: EvidenceOutcome
    moment: str | None
    bound: str | None
    by: str
    words: str


class _Timing(msgspec.Struct, forbid_unknown_fields=True):
    entry: str
    anchors: list[_Anchor]
    evidence: list[_Evidence]
    etags: dict[str, str]


class _Sticky(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    message: str
    entry: int | None
    seen_at: str
    acknowledged: bool
    proof: list[str]


class _Versioned(msgspec.Struct):
    version: int


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
    timing: _Timing | None
    standing: _Standing
    entries: list[_Entry]
    checksum: str


_decode = msgspec.json.Decoder(_State).decode
_decode_version = msgspec.json.Decoder(_Versioned).decode


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
        timing=None if state.timing is None else _rendered_timing(state.timing),
        standing=_rendered_standing(state.standing),
        entries=[
            _Entry(
                encode_base64(each.data),
                each.tally.threshold,
                [_Signature(one.name, one.outcome, one.detail, _time(one.signed_at)) for one in each.tally.checked],
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
        document = _decode(data)
        state = _state(document)
    except (msgspec.DecodeError, MalformedError, KeyError, ValueError) as error:
        if _is_foreign(data):
            raise _foreign() from error
        # The message may quote the file, which may hold anything.
        raise _damaged(shown(str(error))) from error
    # Also catches what a JSON reader is free to overlook: names that stand twice, other spellings of a number.
    if document.version != VERSION:
        raise _foreign()
    if render_state(state) != data:
        raise _damaged("it is not as it was written")
    return state


def _is_foreign(data: bytes) -> bool:
    """Tells whether another version wrote a state: it says so, or it is whole by its own checksum."""
    with contextlib.suppress(msgspec.DecodeError, ValueError, RecursionError):
        if _decode_version(data).version != VERSION:
            return True
    before, mark, after = data.rpartition(_CHECKSUM)
    stated, end = after[: -len(_END)], after[-len(_END) :]
    return bool(mark) and end == _END and stated == hash_field(digest(before + mark + end)).encode()


def _foreign() -> MalformedError:
    return MalformedError(
        "the state was written by another version of canary",
        what="state file",
        hint="Use the version that wrote it, or begin anew with another file and the pin.",
    )


def _spelled(document: _State) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _state(document: _State) -> State:
    return State(
        canary=document.canary,
        pin=document.pin,
        first_use=document.first_use,
        entries=_entries(document),
        standing=_parsed_standing(document.standing, len(document.entries)),
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
        timing=None if document.timing is None else _parsed_timing(document.timing),
    )


def _entries(document: _State) -> tuple[Admitted, ...]:
    """Returns the entries, each with the roster in force after it; none of them is read for that."""
    rosters = set(document.standing.rosters)
    entries: list[Admitted] = []
    in_force: Admitted | None = None
    for number, each in enumerate(document.entries, start=1):
        is_roster = number in rosters
        if in_force is None and not is_roster:
            raise MalformedError("its first entry is no roster")
        checked = tuple(
            CheckedSignature(one.name, one.outcome, one.detail, _moment(one.signed_at)) for one in each.checked
        )
        tally = Tally(each.threshold, checked, tuple(each.missing))
        entry = Admitted(decode_base64(each.data), tally, None if is_roster else in_force)
        entries.append(entry)
        in_force = entry if is_roster else in_force
    return tuple(entries)


def _rendered_standing(standing: Standing) -> _Standing:
    wordings = [
        _Wording(name, version, each.sha256, each.entry)
        for name, versions in standing.wordings.items()
        for version, each in versions.items()
    ]
    keys = {name: encode_base64(key) for name, key in standing.keys.items()}
    return _Standing(
        standing.rosters, standing.release, wordings, keys, standing.anchors, standing.changes, standing.unchecked
    )


def _parsed_standing(document: _Standing, entries: int) -> Standing:
    _check_standing(document, entries)
    wordings: dict[str, dict[int, Wording]] = {}
    for each in document.wordings:
        wordings.setdefault(each.id, {})[each.version] = Wording(each.sha256, each.entry)
    keys = {name: decode_base64(key) for name, key in document.keys.items()}
    return Standing(
        document.rosters, document.release, wordings, keys, document.anchors, document.changes, document.unchecked
    )


def _rendered_timing(timing: Timing) -> _Timing:
    anchors = [
        _Anchor(
            each.anchor.kind,
            each.anchor.value,
            each.outcome,
            each.identity,
            _time(each.moment),
            _time(each.bound),
            each.words,
        )
        for each in timing.anchors
    ]
    evidence = [
        _Evidence(each.name, each.sha256, each.outcome, _time(each.moment), _time(each.bound), each.by, each.words)
        for each in timing.evidence
    ]
    return _Timing(timing.entry, anchors, evidence, timing.etags)


def _parsed_timing(document: _Timing) -> Timing:
    anchors = [
        CheckedAnchor(
            Anchor(each.kind, each.value),
            each.outcome,
            each.identity,
            _moment(each.moment),
            _moment(each.bound),
            each.words,
        )
        for each in document.anchors
    ]
    evidence = [
        CheckedEvidence(
            each.name, each.sha256, each.outcome, _moment(each.moment), _moment(each.bound), each.by, each.words
        )
        for each in document.evidence
    ]
    return Timing(document.entry, tuple(anchors), tuple(evidence), document.etags)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    """Reads a time with its fractions of a second; another spelling is found when the whole is written again."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise MalformedError("a time has no zone")
    return moment.astimezone(UTC)


def _check_standing(document: _Standing, entries: int) -> None:
    """Checks a summary for what the rules rely on: its numbers are entries, and in order.

    Raises:
        MalformedError: they are not.
    """
    release = [] if document.release is None else [document.release]
    numbers = [
        *document.rosters,
        *document.changes,
        *document.unchecked,
        *release,
        *(each.entry for each in document.wordings),
    ]
    versions = [(each.id, each.version) for each in document.wordings]
    orderly = all(
        earlier < later
        for series in (document.rosters, document.changes, document.unchecked)
        for earlier, later in pairwise(series)
    ) and all(one[0] != other[0] or one[1] < other[1] for one, other in pairwise(versions))
    if not orderly or not all(1 <= number <= entries for number in numbers) or document.release in document.rosters:
        raise MalformedError("its summary is not one of its entries")


def _damaged(why: str) -> MalformedError:
    return MalformedError(
        f"the state is damaged ({why})",
        what="state file",
        hint=DAMAGED_HINT,
    )
