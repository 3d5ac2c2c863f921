"""What `git ls-tree -r -z -l` says of a repository's files (git-ls-tree, "Output Format")."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import msgspec

from canary.core.judging.fetched import segments
from canary.errors import FetchError

_FILE_MODES = {"100644", "100755"}
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Entry(msgspec.Struct, frozen=True):
    """One file.

    Attributes:
        id: its blob's id.
        size: its bytes.
    """

    id: str
    size: int


def read_tree(said: bytes) -> Iterator[tuple[str, Entry]]:
    """Returns the files of a tree by path; what is no plain file, or has an odd name, is left out.

    Args:
        said: what `git ls-tree -r -z -l` put out.
    """
    for line in said.split(b"\0"):
        about, tab, name = line.partition(b"\t")
        words = about.decode("ascii", "replace").split()
        if not tab or len(words) != len(("mode", "kind", "id", "size")) or words[0] not in _FILE_MODES:
            continue
        if not _ID.fullmatch(words[2]) or not words[3].isdecimal():
            continue
        with contextlib.suppress(FetchError, UnicodeDecodeError):
            path = name.decode()
            segments(path)
            yield path, Entry(words[2], int(words[3]))
