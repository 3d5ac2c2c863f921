"""Finding a canary on its host through the well-known hint (RFC 8615)."""

from __future__ import annotations

from canary.core.documents.hint import parse_hint
from canary.core.documents.layout import CHECKPOINT, HINT
from canary.core.judging.fetched import Fetched, Source
from canary.core.log.checkpoint import parse_signed_checkpoint
from canary.errors import MalformedError
from canary.limits import HINT_BYTES

_OK = 200
_NOT_MODIFIED = 304


class HintedSource:
    """A host's root as a location: where no canary lies there itself, the hint says in which path of it.

    The hint is trusted for nothing else, and never leads to another host.

    Args:
        root: the host's root.
    """

    def __init__(self, root: Source) -> None:
        self._root = root
        self._prefix = ""
        self._asked = False

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        """Fetches one file of the canary, wherever on the host it lies.

        Raises:
            FetchError: nothing authoritative could be fetched.
        """
        answer = self._root.get(self._prefix + path, limit=limit, etag=etag, fresh=fresh)
        if path != CHECKPOINT or self._asked or _is_checkpoint(answer):
            return answer
        self._asked = True
        hint = self._root.get(HINT, limit=HINT_BYTES, fresh=fresh)
        prefix = _path_in(hint)
        if not prefix:
            return answer
        self._prefix = f"{prefix}/"
        return self._root.get(self._prefix + path, limit=limit, etag=etag, fresh=fresh)

    def describe(self) -> str:
        """Returns the location in words, for messages."""
        return self._root.describe() + self._prefix.rstrip("/")


def _is_checkpoint(answer: Fetched) -> bool:
    if answer.status == _NOT_MODIFIED:
        return True
    if answer.status != _OK:
        return False
    try:
        parse_signed_checkpoint(answer.body)
    except MalformedError:
        return False
    return True


def _path_in(answer: Fetched) -> str:
    if answer.status != _OK:
        return ""
    try:
        return parse_hint(answer.body).path
    except MalformedError:
        return ""
