"""Where the site's files lie that only people and their tools read; the verifier's paths are in core.layout."""

from __future__ import annotations

import msgspec

from canary.core.documents.layout import release_folder
from canary.core.text.names import RESERVED_SIGNER

TEXT = "text.txt"
"""The signed text alone, in the folder of its release or roster: what the detached signatures are over."""

ENTRY = "entry.txt"
"""The whole entry, text and signature lines, in the same folder."""

LOG_KEY = RESERVED_SIGNER
"""What the log's key is called among the signers' keys: no signer can have that name."""


FEED = "feed.atom"
CALENDAR = "calendar.ics"
BADGE = "badge.svg"

RELEASES_PAGE = "releases/index.html"
ROSTERS_PAGE = "rosters/index.html"


class File(msgspec.Struct, frozen=True):
    """A file of the site, to link to: its name for people, and its path."""

    name: str
    path: str


def release_page(number: int) -> str:
    """Returns where a release's page lies."""
    return f"{release_folder(number)}/index.html"


def paper_page(number: int) -> str:
    """Returns where the page of a release lies that is made for paper."""
    return f"{release_folder(number)}/print.html"


def statement_page(name: str) -> str:
    """Returns where a statement's page lies."""
    return f"statements/{name}/index.html"


def roster_folder(number: int) -> str:
    """Returns the folder of one roster: its text, its entry and its signatures."""
    return f"rosters/{number}"


def keys_folder(roster: int | None = None) -> str:
    """Returns the folder of the keys of one roster; of the newest one where none is named."""
    return "keys" if roster is None else f"keys/roster-{roster}"


def vkey_name(signer: str) -> str:
    """Returns what the file of a signer's vkey is called, in a folder of keys."""
    return f"{signer}.vkey"


def armored_name(signer: str) -> str:
    """Returns what a signer's OpenPGP file is called: in a folder of keys the certificate, elsewhere a signature."""
    return f"{signer}.asc"


def in_folder(folder: str, name: str) -> File:
    """Returns a file to link to by its own name."""
    return File(name, f"{folder}/{name}")


def relative(path: str, *, page: str) -> str:
    """Returns a path of the site as a link on `page`, so that a copy of the site works anywhere.

    Not `posixpath.relpath`, which asks the system for the current folder.
    """
    *here, _ = page.split("/")
    there = path.split("/")
    shared = 0
    while shared < len(here) and here[shared] == there[shared] and shared < len(there) - 1:
        shared += 1
    return "../" * (len(here) - shared) + "/".join(there[shared:])
