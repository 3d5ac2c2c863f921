"""How each file of a canary's site is served: its type, how long a cache may keep it, and which comes before which.

- What the log fixes for ever is **immutable**: the tiles and bundles, the texts and entries of releases and rosters,
  and attachments. A cache may keep it for a year.
- Everything else may change with the next entry, and is kept for a minute: longer, and a cache would show an old
  `checkpoint` beside a new `canary.txt`, or the other way round.
- The order of an upload: the hint, which says whose place this is; what is immutable; what people read and the rest;
  `canary.txt`; and `checkpoint` last, so that nobody sees a checkpoint whose entries are not there yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from canary.core.documents.layout import CHECKPOINT, FRONT, HINT

_IMMUTABLE: Final = re.compile(
    r"tile/.+|(?:releases|rosters)/[0-9]+/(?:text|entry)\.txt|releases/[0-9]+/files/.+", re.DOTALL
)
_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "vkey": "text/plain; charset=utf-8",
    "json": "application/json",
    "atom": "application/atom+xml",
    "ics": "text/calendar; charset=utf-8",
    "svg": "image/svg+xml",
    "css": "text/css; charset=utf-8",
    "asc": "application/pgp-signature",
    "tsr": "application/timestamp-reply",
    "pdf": "application/pdf",
}
_PLAIN: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_SHORT: Final = "public, max-age=60"


def is_immutable(path: str) -> bool:
    """Tells whether the log fixes what lies at a path of the site."""
    return _IMMUTABLE.fullmatch(path) is not None


def content_type(path: str) -> str:
    """Returns the media type of a file of the site; of an attachment only where it cannot be run by a browser."""
    name = path.rpartition("/")[2]
    ending = name.rpartition(".")[2] if "." in name else ""
    if "/files/" in path:
        # Strangers' files would otherwise be pages of the canary's own host.
        return _TYPES["pdf"] if ending == "pdf" else _PLAIN if ending == "txt" else _BYTES
    if path in (CHECKPOINT, HINT):
        return _PLAIN
    return _TYPES.get(ending, _BYTES)


def cache_control(path: str) -> str:
    """Returns how long a cache may keep a file of the site (RFC 9111, section 5.2; RFC 8246)."""
    return _FOR_EVER if is_immutable(path) else _SHORT


def upload_order(paths: Iterable[str]) -> list[str]:
    """Returns the paths of a site in the order in which they are uploaded."""
    return sorted(paths, key=lambda path: (_rank(path), path))


def _rank(path: str) -> int:
    if path == HINT:
        return 0
    if is_immutable(path):
        return 1
    return {FRONT: 3, CHECKPOINT: 4}.get(path, 2)
