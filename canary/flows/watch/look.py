"""One look at a canary's site: what to fetch, in which order, within which bounds."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from canary.core.fetched import Fetched, Source
from canary.core.layout import CHECKPOINT, FRONT, attachment_path
from canary.core.observation import (
    AttachmentState,
    Gone,
    Incomplete,
    NotACanary,
    Observation,
    Seen,
    SeenAttachment,
    Unchanged,
    Unreachable,
)
from canary.core.strict import digest
from canary.errors import FetchError, MalformedError
from canary.formats.native import attachments_to_check, bundles, entries_in, log_size
from canary.limits import CHECKPOINT_BYTES, ENTRY_BYTES, LOG_BYTES

_OK = 200
_NOT_MODIFIED = 304
_GONE = {404, 410, 451}


class _StoppedError(Exception):
    """A look that ends before everything was fetched."""

    def __init__(self, observation: Observation) -> None:
        super().__init__()
        self.observation = observation


def look(source: Source, *, etag: str | None = None, fresh: bool = False, intact: Collection[str] = ()) -> Observation:
    """Looks at a canary once.

    Args:
        source: where it lies.
        etag: the entity tag of the stored checkpoint: nothing else is fetched while it stands.
        fresh: ask every cache on the way for an uncached copy.
        intact: SHA-256 of attachments that were found intact before; they are not fetched again.
    """
    try:
        return _look(source, etag=etag, fresh=fresh, intact=intact)
    except _StoppedError as stopped:
        return stopped.observation
    except FetchError as error:
        return Unreachable(error.what)


def _look(source: Source, *, etag: str | None, fresh: bool, intact: Collection[str]) -> Observation:
    answer = source.get(CHECKPOINT, limit=CHECKPOINT_BYTES, etag=etag, fresh=fresh)
    if etag is not None and answer.status == _NOT_MODIFIED:
        return Unchanged()
    if answer.status in _GONE:
        return Gone(f"{source.describe()} answers that there is no {CHECKPOINT} ({answer.status})")
    _need_ok(source, answer, CHECKPOINT)
    try:
        size = log_size(answer.body)
    except MalformedError as error:
        return NotACanary(f"what {source.describe()} serves as {CHECKPOINT} is none: {error.what}")
    fetched = _fetch_bundles(source, size, fresh=fresh)
    try:
        entries = entries_in(fetched)
    except MalformedError as error:
        return Seen(answer.body, answer.etag, None, detail=error.what)
    return Seen(
        checkpoint=answer.body,
        etag=answer.etag,
        entries=entries,
        front=_fetch_optional(source, FRONT, ENTRY_BYTES, fresh=fresh),
        attachments=_attachments(source, entries, intact=intact, fresh=fresh),
    )


def _fetch_bundles(source: Source, size: int, *, fresh: bool) -> list[tuple[bytes, int]]:
    fetched: list[tuple[bytes, int]] = []
    left = LOG_BYTES
    for path, width, most in bundles(size):
        answer = source.get(path, limit=min(most, left), fresh=fresh)
        if answer.status in _GONE:
            raise _StoppedError(Incomplete(f"{source.describe()} has a {CHECKPOINT} and no {path}"))
        _need_ok(source, answer, path)
        left -= len(answer.body)
        fetched.append((answer.body, width))
    return fetched


def _fetch_optional(source: Source, path: str, limit: int, *, fresh: bool) -> bytes | None:
    answer = source.get(path, limit=limit, fresh=fresh)
    if answer.status in _GONE:
        return None
    _need_ok(source, answer, path)
    return answer.body


def _attachments(
    source: Source, entries: Sequence[bytes], *, intact: Collection[str], fresh: bool
) -> tuple[SeenAttachment, ...]:
    release, attachments = attachments_to_check(entries)
    seen: list[SeenAttachment] = []
    for each in attachments:
        if each.sha256 in intact:
            continue
        state = AttachmentState.INTACT
        # One byte more than was signed is enough to know that it is another file.
        try:
            body = _fetch_optional(source, attachment_path(release, each.name), each.size + 1, fresh=fresh)
        except FetchError:
            body = None
        if body is None:
            state = AttachmentState.GONE
        elif len(body) != each.size or digest(body) != each.sha256:
            state = AttachmentState.CHANGED
        seen.append(SeenAttachment(each.name, each.sha256, state))
    return tuple(seen)


def _need_ok(source: Source, answer: Fetched, path: str) -> None:
    if answer.status != _OK:
        raise _StoppedError(Unreachable(f"{source.describe()} answered {answer.status} when asked for {path}"))
