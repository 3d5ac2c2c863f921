"""Where things lie on a canary's site, relative to its base `https://<canary id>/`. They are static files.

| path | what it is |
| --- | --- |
| `checkpoint` | the size and the root of the log (`canary.core.log.checkpoint`); uploaded last |
| `tile/…` | the log (`canary.core.log.tiles`) |
| `canary.txt` | the newest release, byte for byte as in the log; not there before the first one |
| `releases/<n>/files/<name>` | the attachments of release n |
| `evidence/<entry sha256>/<0…9>.tsr` or `.ots` | timestamps over an entry (`canary.core.dating.evidence`) |
| `releases/<n>/`, `rosters/<n>/` | its page, `text.txt`, `entry.txt` and detached signatures, for checks by hand |
| `keys/` | vkeys and certificates |
| `index.html`, `status.json` | views of the log, for people and for programs (`canary.flows.site.status`) |
| `statements/<id>/`, `releases/index.html`, `rosters/index.html` | what became of a statement; all of them |
| `feed.atom`, `calendar.ics`, `badge.svg` | the newest entries, the next window, the newest release: views likewise |

A verifier reads the first five rows and nothing else. On the host, and not below the base, lies
`/.well-known/warrant-canary` (`canary.core.documents.hint`).
"""

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
