"""Where things lie on a canary's site, relative to its base `https://<canary id>/`. Design, section 4."""

from __future__ import annotations

CHECKPOINT = "checkpoint"
FRONT = "canary.txt"
INDEX = "index.html"
STATUS = "status.json"
HINT = ".well-known/warrant-canary"
"""Relative to the host's root, where it has to lie; the built site holds it below its own."""


def release_folder(number: int) -> str:
    """Returns the folder of one release: its page, its text and what belongs to it."""
    return f"releases/{number}"


def attachment_path(release: int, name: str) -> str:
    """Returns where a release's attachment lies."""
    return f"{release_folder(release)}/files/{name}"


def evidence_folder(entry_sha256: str) -> str:
    """Returns where the timestamps over an entry lie."""
    return f"evidence/{entry_sha256}"
