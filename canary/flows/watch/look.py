"""One look at a canary's site: which files are asked for, and what the answers mean.

Every answer is bounded in bytes, and the whole look in time (`canary.limits`). An answer **fails** if nothing
authoritative came back: network, TLS, the time is up, a body beyond its bound, a redirect to another host or to http,
or any status but those named here.

1. `checkpoint`. 404, 410 or 451: the look brought **MISSING**. A failure: **UNREACHABLE**. A body that is no
   checkpoint, or counts more than 16,384 entries: **NOT-A-CANARY**. If the request was conditional and the answer is
   304: **unchanged**, and nothing else is asked for.
2. The bundles of as many entries as the checkpoint counts, 32 MiB at most together. 404 for one of them: the site is
   between two uploads, **INCONSISTENT**. 410 or 451: MISSING. A failure: UNREACHABLE. A bundle that does not hold just
   its number of entries: INCONSISTENT.
3. `canary.txt`: its bytes; that it is not there (404, 410, 451); or that it could not be read (a failure).
4. Once the log was taken in (`canary.core.judging.judge`, step 4), each attachment of its newest release whose SHA-256
   was not found intact before. 404, 410 or 451: gone. A failure: unreadable. A body of the size and the hash in the
   release: intact. Any other body is changed; but one that, white space aside, begins with `<!doctype html` or `<html`
   in capitals or not, where the attachment's name ends in neither `.html` nor `.htm`, is a host's own page: gone.

So a look brings MISSING, UNREACHABLE, NOT-A-CANARY, INCONSISTENT with a checkpoint, unchanged, or a **log**: a
checkpoint, as many entries, and `canary.txt`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from canary.core.dating.evidence import OTS, TSR, evidence_names
from canary.core.documents.layout import CHECKPOINT, FRONT, attachment_path, evidence_folder
from canary.core.documents.release import Attachment, Release
from canary.core.judging.fetched import Fetched, Source
from canary.core.judging.observation import (
    AttachmentState,
    Gone,
    Incomplete,
    NotACanary,
    Observation,
    Seen,
    SeenAttachment,
    SeenEvidence,
    SoughtEvidence,
    Unchanged,
    Unreachable,
)
from canary.core.text.strict import digest
from canary.errors import FetchError, MalformedError
from canary.formats.native import bundles, entries_in, log_size
from canary.limits import ATTACHMENT_BYTES, CHECKPOINT_BYTES, ENTRY_BYTES, EVIDENCE_BYTES, LOG_BYTES

_OK = 200
_NOT_MODIFIED = 304
_NOT_FOUND = 404
_GONE = {404, 410, 451}
_HTML = (b"<!doctype html", b"<html")


class _StoppedError(Exception):
    """A look that ends before everything was fetched."""

    def __init__(self, observation: Observation) -> None:
        super().__init__()
        self.observation = observation


def look(source: Source, *, etag: str | None = None, fresh: bool = False) -> Observation:
    """Looks at a canary's log once.

    Args:
        source: where it lies.
        etag: the entity tag of the stored checkpoint: nothing else is fetched while it stands.
        fresh: ask every cache on the way for an uncached copy.
    """
    try:
        return _look(source, etag=etag, fresh=fresh)
    except _StoppedError as stopped:
        return stopped.observation
    except FetchError as error:
        return Unreachable(error.what)


def look_at_attachments(
    source: Source, release: Release, *, intact: Collection[str], fresh: bool = False
) -> tuple[SeenAttachment, ...]:
    """Looks at what a verified release says lies beside it.

    Args:
        source: where the canary lies.
        release: the release.
        intact: SHA-256 of attachments that were found intact before; they are not fetched again.
        fresh: ask every cache on the way for an uncached copy.
    """
    wanted = [each for each in release.attachments if each.sha256 not in intact]
    return tuple(_attachment(source, release.number, each, fresh=fresh) for each in wanted)


def look_at_evidence(source: Source, sought: SoughtEvidence, *, fresh: bool = False) -> tuple[SeenEvidence, ...]:
    """Looks at the evidence beside an entry: each kind in the order of its names, until one is not there.

    Nothing here is ever MISSING, and nothing that fails is told: evidence only adds to what a release proves itself.

    Args:
        source: where the canary lies.
        sought: what to look for.
        fresh: ask every cache on the way for an uncached copy.
    """
    return tuple(each for ending in (TSR, OTS) for each in _files_of_evidence(source, sought, ending, fresh=fresh))


def _files_of_evidence(source: Source, sought: SoughtEvidence, ending: str, *, fresh: bool) -> Iterator[SeenEvidence]:
    for name in evidence_names(ending):
        path, etag = f"{evidence_folder(sought.entry)}/{name}", sought.etags.get(name)
        try:
            answer = source.get(path, limit=EVIDENCE_BYTES, etag=etag, fresh=fresh)
        except FetchError:
            return
        if etag is not None and answer.status == _NOT_MODIFIED:
            yield SeenEvidence(name, None, etag)
        elif answer.status == _OK and not answer.body.lstrip().lower().startswith(_HTML):
            yield SeenEvidence(name, answer.body, answer.etag)
        else:
            return


def _look(source: Source, *, etag: str | None, fresh: bool) -> Observation:
    answer = source.get(CHECKPOINT, limit=CHECKPOINT_BYTES, etag=etag, fresh=fresh)
    if etag is not None and answer.status == _NOT_MODIFIED:
        return Unchanged()
    if answer.status in _GONE:
        return Gone(f"{source.describe()} answers that there is no canary: no {CHECKPOINT} ({answer.status})")
    if answer.status != _OK:
        return Unreachable(_refusal(source, answer, CHECKPOINT))
    try:
        size = log_size(answer.body)
    except MalformedError as error:
        return NotACanary(f"what {source.describe()} serves as {CHECKPOINT} is none: {error.what}")
    fetched = _fetch_bundles(source, answer.body, size, fresh=fresh)
    try:
        entries = entries_in(fetched)
    except MalformedError as error:
        return Incomplete(answer.body, f"{source.describe()} serves no entries as {error.what}")
    front, fault = _fetch_front(source, fresh=fresh)
    return Seen(answer.body, answer.etag, entries, front=front, front_fault=fault)


def _fetch_bundles(source: Source, checkpoint: bytes, size: int, *, fresh: bool) -> list[tuple[str, int, bytes]]:
    fetched: list[tuple[str, int, bytes]] = []
    left = LOG_BYTES
    for path, width, most in bundles(size):
        answer = source.get(path, limit=min(most, left), fresh=fresh)
        if answer.status == _NOT_FOUND:
            raise _StoppedError(Incomplete(checkpoint, f"{source.describe()} has a {CHECKPOINT} and no {path}"))
        if answer.status in _GONE:
            raise _StoppedError(Gone(f"{source.describe()} answers that {path} is gone ({answer.status})"))
        if answer.status != _OK:
            raise _StoppedError(Unreachable(_refusal(source, answer, path)))
        left -= len(answer.body)
        fetched.append((path, width, answer.body))
    return fetched


def _fetch_front(source: Source, *, fresh: bool) -> tuple[bytes | None, str]:
    """Returns `canary.txt`, or why it could not be read. The log is judged without it all the same."""
    try:
        answer = source.get(FRONT, limit=ENTRY_BYTES, fresh=fresh)
    except FetchError as error:
        return None, error.what
    if answer.status in _GONE:
        return None, ""
    if answer.status != _OK:
        return None, _refusal(source, answer, FRONT)
    return answer.body, ""


def _attachment(source: Source, release: int, wanted: Attachment, *, fresh: bool) -> SeenAttachment:
    path = attachment_path(release, wanted.name)
    try:
        answer = source.get(path, limit=ATTACHMENT_BYTES, fresh=fresh)
    except FetchError as error:
        return SeenAttachment(wanted.name, wanted.sha256, AttachmentState.UNREADABLE, error.what)
    if answer.status in _GONE:
        return SeenAttachment(wanted.name, wanted.sha256, AttachmentState.GONE)
    if answer.status != _OK:
        refusal = _refusal(source, answer, path)
        return SeenAttachment(wanted.name, wanted.sha256, AttachmentState.UNREADABLE, refusal)
    if len(answer.body) == wanted.size and digest(answer.body) == wanted.sha256:
        return SeenAttachment(wanted.name, wanted.sha256, AttachmentState.INTACT)
    if answer.body.lstrip().lower().startswith(_HTML) and not wanted.name.lower().endswith((".html", ".htm")):
        # A host that answers 200 with a page of its own where nothing lies.
        return SeenAttachment(wanted.name, wanted.sha256, AttachmentState.GONE)
    return SeenAttachment(wanted.name, wanted.sha256, AttachmentState.CHANGED)


def _refusal(source: Source, answer: Fetched, path: str) -> str:
    return f"{source.describe()} answered {answer.status} when asked for {path}"
