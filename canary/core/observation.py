"""What one look at a canary brought back: bytes, or the reason why there are none. Nothing here is trusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nothing authoritative came back: network, TLS, 401, 403, 407, 429, 5xx, a redirect to elsewhere."""

    detail: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The host says that one of the canary's own paths is not there: 404, 410 or 451."""

    detail: str


@dataclass(frozen=True, slots=True)
class NotACanary:
    """A body came back where the checkpoint should be, and it is none: an error page, a captive portal."""

    detail: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A checkpoint came back, and the entries it counts are not there: the site is between two uploads."""

    detail: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The checkpoint is the one that is stored (304 Not Modified)."""


class AttachmentState(StrEnum):
    """What lies where a release's attachment should be."""

    INTACT = "intact"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class SeenAttachment:
    """One attachment, looked for."""

    name: str
    sha256: str
    state: AttachmentState


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint that parses, and what lies beside it.

    Attributes:
        checkpoint: the checkpoint's bytes.
        etag: the entity tag that came with it.
        entries: the log's entries, as many as the checkpoint counts; None where the bundles are no bundles.
        detail: why there are no entries.
        front: `canary.txt`; None where it was not there.
        attachments: the newest release's attachments, as far as they were looked for.
    """

    checkpoint: bytes
    etag: str | None
    entries: tuple[bytes, ...] | None
    detail: str = ""
    front: bytes | None = None
    attachments: tuple[SeenAttachment, ...] = ()


Observation: TypeAlias = Unreachable | Gone | NotACanary | Incomplete | Unchanged | Seen
