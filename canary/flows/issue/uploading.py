"""Bringing the built site to where it is served from, so that a crash at any point leaves a whole site there.

The order is that of `canary.core.documents.serving`. What is there already with the same bytes is left alone, and
nothing is deleted: a reader may hold an older checkpoint, and asks for what belongs to it. Running the same again
finishes.

A place is refused that shows another canary, more entries than the log has, or others; and one without a checkpoint
that holds something else where a file of the site belongs, unless the hint there says that an upload of this canary was
begun.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import msgspec

from canary.core.documents.hint import parse_hint
from canary.core.documents.layout import CHECKPOINT, HINT
from canary.core.documents.serving import upload_order
from canary.core.log.checkpoint import Checkpoint, parse_signed_checkpoint
from canary.core.log.merkle import leaf_hash, root_hash
from canary.errors import IntegrityError, MalformedError, WorkspaceError

_FIND_OUT = "Bring log/ up to date from version control. Where it is up to date, somebody else has published there."
_OWN_PLACE = "Name one for this canary alone; what lies there was left as it is."


class Place(Protocol):
    """The port to where a site is served from."""

    def describe(self) -> str:
        """Returns where it is, for messages."""

    def get(self, path: str) -> bytes | None:
        """Returns a small file that is there; None where none is."""

    def holds(self, path: str) -> bool:
        """Tells whether something is called that there."""

    def put(self, path: str, data: bytes) -> bool:
        """Writes a file, durably, unless it is there with these bytes. Returns whether it was written."""

    def settle(self) -> None:
        """Makes durable whatever was put there, by this run or by one that was killed."""


class Uploaded(msgspec.Struct, frozen=True):
    """What an upload came to.

    Attributes:
        written: the files that were written, in order.
        unchanged: how many were there already.
    """

    written: tuple[str, ...]
    unchanged: int


def upload(
    paths: Collection[str], read: Callable[[str], bytes], canary: str, entries: Sequence[bytes], place: Place
) -> Uploaded:
    """Brings a site to a place.

    Args:
        paths: every file of the site.
        read: returns a file's bytes.
        canary: the canary's id.
        entries: its log, which the site shows.
        place: where to.

    Raises:
        IntegrityError: what is there cannot go on with this log: watchers would see a rollback or a fork.
        WorkspaceError: something else is there.
        CanaryError: it cannot be read or written.
    """
    in_order = upload_order(paths)
    _check(place, canary, entries, in_order)
    written: list[str] = []
    for path in in_order:
        if path == CHECKPOINT:
            place.settle()
        if place.put(path, read(path)):
            written.append(path)
    return Uploaded(tuple(written), len(in_order) - len(written))


def _check(place: Place, canary: str, entries: Sequence[bytes], paths: Sequence[str]) -> None:
    found = place.get(CHECKPOINT)
    if found is None:
        _check_unused(place, canary, paths)
        return
    try:
        there = parse_signed_checkpoint(found).checkpoint
    except MalformedError as error:
        what = f"{place.describe()} holds a file 'checkpoint' that is no canary's"
        raise WorkspaceError(what, hint=_OWN_PLACE) from error
    if there.origin != canary:
        raise WorkspaceError(f"{place.describe()} holds another canary, {there.origin[:80]!a}", hint=_OWN_PLACE)
    _check_goes_on(place, there, entries)


def _check_goes_on(place: Place, there: Checkpoint, entries: Sequence[bytes]) -> None:
    if there.size > len(entries):
        raise IntegrityError(
            f"{place.describe()} shows {there.size} entries, and the log here has {len(entries)}", hint=_FIND_OUT
        )
    if root_hash([leaf_hash(entry) for entry in entries[: there.size]]) != there.root:
        raise IntegrityError(f"{place.describe()} shows other entries than the log here", hint=_FIND_OUT)


def _check_unused(place: Place, canary: str, paths: Sequence[str]) -> None:
    hint = place.get(HINT)
    if hint is not None:
        try:
            if parse_hint(hint).canary == canary:
                return
        except MalformedError:
            pass
    for path in paths:
        if place.holds(path):
            raise WorkspaceError(f"{place.describe()} holds something else, {path}", hint=_OWN_PLACE)
