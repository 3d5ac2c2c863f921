"""A JSON document with a version and a checksum, in one spelling: how what is pinned and what is kept are written.

The first field is `version`. The last one, `checksum`, is the SHA-256 of the document in which that field is empty.
Times are in UTC, bytes in base64. Reading a document and writing it again gives the same bytes; anything else is
damaged, and refused whole. One that is whole, or of another version, and has other fields is another version's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import msgspec

from canary.core.judging.fetched import shown
from canary.core.text.strict import digest, hash_field
from canary.errors import MalformedError

_CHECKSUM = b'"checksum": "'
_END = b'"\n}\n'
_UTC = timedelta(0)


class Document(Protocol):
    """What every document has, beside its own fields; `checksum` is the last."""

    version: int
    checksum: str


class _Versioned(msgspec.Struct):
    version: int


_decode_version = msgspec.json.Decoder(_Versioned).decode

DocumentT = TypeVar("DocumentT", bound=Document)
ValueT = TypeVar("ValueT")


class CheckedJson(Generic[DocumentT, ValueT]):
    """One kind of document.

    Args:
        decode: reads a document, or raises what msgspec does; its class refuses fields that it does not know.
        version: the version that is read and written here.
        what: what a document is called in messages.
        most: the most bytes that are read.
        hint: what to do about one that is damaged.
        written: returns the document of a value, with an empty checksum.
        read: returns the value of a document; raises MalformedError, KeyError or ValueError where it has none.
    """

    def __init__(
        self,
        decode: Callable[[bytes], DocumentT],
        *,
        version: int,
        what: str,
        most: int,
        hint: str,
        written: Callable[[ValueT], DocumentT],
        read: Callable[[DocumentT], ValueT],
    ) -> None:
        self._decode = decode
        self._version = version
        self._what = what
        self._most = most
        self._hint = hint
        self._written = written
        self._read = read

    def render(self, value: ValueT) -> bytes:
        """Returns a value's bytes."""
        document = self._written(value)
        document.checksum = hash_field(digest(_spelled(document)))
        return _spelled(document)

    def parse(self, data: bytes) -> ValueT:
        """Reads a value.

        Raises:
            MalformedError: the bytes are damaged, too many, or were written by another version.
        """
        if len(data) > self._most:
            raise self._damaged(f"it has more than {self._most:,} bytes")
        document, value = self._read_document(data)
        if document.version != self._version:
            raise self._other_version()
        # Also catches what a JSON reader is free to overlook: names that stand twice, other spellings of a time.
        if self.render(value) != data:
            raise self._damaged("it is not as it was written")
        return value

    def _read_document(self, data: bytes) -> tuple[DocumentT, ValueT]:
        try:
            document = self._decode(data)
            _check_times(document)
            return document, self._read(document)
        except MalformedError as error:
            raise (self._other_version() if self._states_another(data) else self._damaged(error.rule)) from error
        except (msgspec.DecodeError, KeyError, ValueError, RecursionError) as error:
            # Fields and words that are not known here, in a document that is whole.
            if self._states_another(data) or _is_whole(data):
                raise self._other_version() from error
            # The message may quote the bytes, which may hold anything.
            raise self._damaged(shown(str(error))) from error

    def _states_another(self, data: bytes) -> bool:
        with contextlib.suppress(msgspec.DecodeError, ValueError, RecursionError):
            return _decode_version(data).version != self._version
        return False

    def _other_version(self) -> MalformedError:
        return MalformedError(
            f"the {self._what} was written by another version of canary",
            what=self._what,
            hint="Use the version that wrote it.",
        )

    def _damaged(self, why: str) -> MalformedError:
        return MalformedError(f"the {self._what} is damaged ({why})", what=self._what, hint=self._hint)


def _is_whole(data: bytes) -> bool:
    """Tells whether bytes are whole by their own checksum."""
    before, mark, after = data.rpartition(_CHECKSUM)
    stated, end = after[: -len(_END)], after[-len(_END) :]
    return bool(mark) and end == _END and stated == hash_field(digest(before + mark + end)).encode()


def _spelled(document: Document) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _check_times(document: Document) -> None:
    """Refuses times without a zone, or in another than UTC: they would compare with nothing, or have two spellings."""
    waiting = [msgspec.to_builtins(document, builtin_types=(datetime,))]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list | tuple):
            waiting += each
        elif isinstance(each, datetime) and each.utcoffset() != _UTC:
            raise MalformedError("a time is not in UTC")
