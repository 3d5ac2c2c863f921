"""What one look at a canary brought back: bytes, or the reason why there are none. Nothing here is trusted."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec


class Unreachable(msgspec.Struct, frozen=True):
    """Nothing authoritative came back: network, TLS, 401, 403, 407, 429, 5xx, a redirect to elsewhere."""

    detail: str


class Gone(msgspec.Struct, frozen=True):
    """The host says that one of the canary's own paths is not there: 404, 410 or 451."""

    detail: str


class NotACanary(msgspec.Struct, frozen=True):
    """A body came back where the checkpoint should be, and it is none: an error page, a captive portal."""

    detail: str


class Incomplete(msgspec.Struct, frozen=True):
    """A checkpoint came back, and the entries it counts did not: the site is between two uploads, or junk.

    Attributes:
        checkpoint: the checkpoint's bytes; it parses.
        detail: what is not there.
    """

    checkpoint: bytes
    detail: str


class Unchanged(msgspec.Struct, frozen=True):
    """The checkpoint is the one that is stored (304 Not Modified)."""


class AttachmentState(StrEnum):
    """What lies where a release's attachment should be."""

    INTACT = "intact"
    CHANGED = "changed"
    GONE = "gone"
    UNREADABLE = "unreadable"


class SeenAttachment(msgspec.Struct, frozen=True):
    """One attachment, looked for.

    Attributes:
        name: its name.
        sha256: what it should be.
        state: what it is.
        detail: why it could not be read, where it could not.
    """

    name: str
    sha256: str
    state: AttachmentState
    detail: str = ""


class SoughtEvidence(msgspec.Struct, frozen=True):
    """Evidence to look for.

    Attributes:
        entry: SHA-256 of the entry that it should be over, 64 hexadecimal digits.
        etags: the entity tags of the files that are known already and need not come again, by name.
    """

    entry: str
    etags: dict[str, str]


class SeenEvidence(msgspec.Struct, frozen=True):
    """One file of evidence.

    Attributes:
        name: its name, `0.tsr`.
        data: its bytes; None where it is still the one that is known.
        etag: the entity tag that came with it.
    """

    name: str
    data: bytes | None
    etag: str | None


class Seen(msgspec.Struct, frozen=True):
    """A checkpoint that parses, and what lies beside it.

    Attributes:
        checkpoint: the checkpoint's bytes.
        etag: the entity tag that came with it.
        entries: the log's entries, as many as the checkpoint counts.
        front: `canary.txt`; None where it was not there.
        front_fault: why `canary.txt` could not be read; empty where it could, or was not there.
        unconfirmed: why a second look could not be had; empty where it could, or was not needed.
    """

    checkpoint: bytes
    etag: str | None
    entries: tuple[bytes, ...]
    front: bytes | None = None
    front_fault: str = ""
    unconfirmed: str = ""


Observation: TypeAlias = Unreachable | Gone | NotACanary | Incomplete | Unchanged | Seen
