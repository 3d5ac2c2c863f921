"""Splices: old fields put beside new ones, in a format that signs each field by itself.

Nothing in such a document says that its fields were signed together. Whoever holds two signed documents can make a
third of them, and every signature in it is right. What a watcher has seen before tells two kinds of it apart from an
honest document:

- **A value that came back.** A field had a value, then another one, and in a newer document the first one again.
  Ed25519 as most programs do it gives the same signature for the same value, so that an honest publisher who goes
  back to an old value makes the very same field. Both are told alike: the format cannot say which it was. A value
  that came back with a new signature was signed anew, and is no splice.
- **One release, two values.** Two documents with the same date of release differ in another field. A release is signed
  once; so at least one of the two was put together.

Old codes on the very first document with a new date of release cannot be told: nobody has seen the honest one. It is
told as soon as the honest one comes, or the codes change back.

**What must be kept** from look to look is what `remember` returns: for each key and field the values with their
signatures, as SHA-256 hashes, with the releases that each was first and last seen with, and of them the newest
`limits.FIELDS_REMEMBERED`. Rejected documents must not be remembered, and one that was found to be a splice neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from canary import limits


class FieldSignature(msgspec.Struct, frozen=True):
    """One field of one document, with a right signature over it.

    Attributes:
        key: the key, 64 hexadecimal digits.
        field: the field's name.
        value: SHA-256 of the bytes that are signed, 64 hexadecimal digits.
        signature: SHA-256 of the signature's 64 bytes, 64 hexadecimal digits.
        release: the document's date of release (UTC).
    """

    key: str
    field: str
    value: str
    signature: str
    release: datetime


class Seen(msgspec.Struct, frozen=True):
    """One value that a field has had, under one signature.

    Attributes:
        key: the key that signed it, 64 hexadecimal digits.
        field: the field's name.
        value: SHA-256 of the value, 64 hexadecimal digits.
        signature: SHA-256 of the signature, 64 hexadecimal digits.
        first: the earliest release that it was seen with (UTC).
        last: the latest one.
    """

    key: str
    field: str
    value: str
    signature: str
    first: datetime
    last: datetime


class SpliceKind(StrEnum):
    """How a splice shows."""

    CAME_BACK = "a value that had changed meanwhile came back, with its old signature"
    ONE_RELEASE = "the same date of release was seen with another value"


class Splice(msgspec.Struct, frozen=True):
    """One field that does not fit what was seen before.

    Attributes:
        kind: how it shows.
        field: the field's name.
        key: the key that signed it.
        before: the release that the value was last seen with, for one that came back; else the common release.
        meanwhile: the latest release that another value was seen with.
    """

    kind: SpliceKind
    field: str
    key: str
    before: datetime
    meanwhile: datetime


def find_splices(seen: Iterable[Seen], document: Iterable[FieldSignature]) -> tuple[Splice, ...]:
    """Returns the fields of a document that do not fit what was seen before, in the document's order.

    Args:
        seen: what `remember` returned for the documents before.
        document: the document's fields; in one that is older than everything seen nothing came back.
    """
    before = _by_field(seen)
    found = []
    for each in document:
        values = before[each.key, each.field].values()
        others = [one for one in values if one.value != each.value]
        if any(each.release in (one.first, one.last) for one in others):
            found.append(Splice(SpliceKind.ONE_RELEASE, each.field, each.key, each.release, each.release))
        known = before[each.key, each.field].get((each.value, each.signature))
        meanwhile = [one.last for one in others if known is not None and known.last < one.last < each.release]
        if known is not None and meanwhile:
            found.append(Splice(SpliceKind.CAME_BACK, each.field, each.key, known.last, max(meanwhile)))
    return tuple(found)


def remember(seen: Iterable[Seen], document: Iterable[FieldSignature]) -> tuple[Seen, ...]:
    """Returns what is to be kept after a document was accepted, sorted.

    Args:
        seen: what was kept before.
        document: the document's fields.
    """
    kept = _by_field(seen)
    for each in document:
        values = kept[each.key, each.field]
        known = values.get((each.value, each.signature))
        values[each.value, each.signature] = Seen(
            key=each.key,
            field=each.field,
            value=each.value,
            signature=each.signature,
            first=min(known.first, each.release) if known else each.release,
            last=max(known.last, each.release) if known else each.release,
        )
    return tuple(each for place in sorted(kept) for each in _newest(kept[place].values()))


def _by_field(seen: Iterable[Seen]) -> defaultdict[tuple[str, str], dict[tuple[str, str], Seen]]:
    found: defaultdict[tuple[str, str], dict[tuple[str, str], Seen]] = defaultdict(dict)
    for each in seen:
        found[each.key, each.field][each.value, each.signature] = each
    return found


def _newest(values: Iterable[Seen]) -> list[Seen]:
    return sorted(values, key=lambda each: (each.last, each.value, each.signature))[-limits.FIELDS_REMEMBERED :]
