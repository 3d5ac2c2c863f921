"""A watcher's own Bitcoin block headers, kept in files, so that proofs can be checked without a network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from canary.core.dating.anchor_bitcoin import BitcoinHeader
from canary.edges.disk.files import is_regular, read_file
from canary.errors import MalformedError, WorkspaceError
from canary.formats.times.bitcoin_headers import HeaderSource, parse_headers, source_of
from canary.limits import HEADERS_BYTES


def header_files(path: Path) -> HeaderSource:
    """Returns the source of the headers in a file, or in every file of a folder.

    Args:
        path: a file in one of the forms of `canary.formats.times.bitcoin_headers`, or a folder of them; folders in it,
            links and hidden files are left alone.

    Raises:
        WorkspaceError: something cannot be read, or all of it has more than 16 MiB.
        MalformedError: a file is in neither form, or two files contradict each other.
    """
    try:
        return source_of(_headers(path))
    except MalformedError as error:
        raise error.within(str(path)) from error


def block_times(path: Path) -> Callable[[str], datetime | None]:
    """Returns what knows when a block was mined by the headers in a file or a folder, from its hash.

    Args:
        path: as `header_files` has it.

    Returns:
        A function from a block's hash (64 hexadecimal digits) to its header's own time (UTC); None where no header
        there has that hash.

    Raises:
        WorkspaceError: as `header_files` has it.
        MalformedError: a file is in neither form.
    """
    return {each.hash: each.moment for each in _headers(path)}.get


def _headers(path: Path) -> list[BitcoinHeader]:
    files = _files(path) if path.is_dir() else [path]
    headers: list[BitcoinHeader] = []
    left = HEADERS_BYTES
    for file in files:
        data = read_file(file, limit=left)
        left -= len(data)
        try:
            headers += parse_headers(data)
        except MalformedError as error:
            raise error.within(str(file)) from error
    return headers


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if not each.name.startswith(".") and is_regular(each))
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be read: {error.strerror}") from error
