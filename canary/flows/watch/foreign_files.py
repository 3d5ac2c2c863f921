"""Fetching one edition of a foreign canary with the files beside it, or finding that it is the one that is kept.

- An edition's own file is asked for first. If it is the one that is kept, the files beside it are asked for with the
  condition that they changed; otherwise without one.
- A file that answers 404, 410 or 451 is **not there**. One beside an edition is not there either if a web page comes in
  its place: a host that answers everything with a page of its own.
- A file that could not be fetched, or answers otherwise, makes the whole edition one that could not be looked at. A
  signature that is missing and one that a server could not bring now are two things.
- If each file is the one that is kept, nothing is read, and no signature is checked again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from canary.core.foreign.judge import ForeignQuestion
from canary.core.foreign.pinned import Format
from canary.core.foreign.reader import FormatReader
from canary.core.foreign.state import ForeignState, KeptFile
from canary.core.judging.fetched import Source
from canary.core.text.strict import digest
from canary.errors import FetchError
from canary.limits import FOREIGN_TEXT_BYTES, GIT_LISTING_BYTES, PAGE_BYTES

_OK = 200
_NOT_MODIFIED = 304
_GONE = {404, 410, 451}
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,1024}<(?:!doctype html|html|head|body|title|script|!--|\?xml)", re.IGNORECASE
)


class File(msgspec.Struct, frozen=True):
    """One file that was asked for.

    Attributes:
        kept: what is to be kept of it.
        body: its bytes; None where it is not there, or was not sent because it is the one that is kept.
    """

    kept: KeptFile
    body: bytes | None

    @property
    def is_there(self) -> bool:
        """Tells whether it is there."""
        return self.kept.sha256 is not None


class Served(msgspec.Struct, frozen=True):
    """One edition as it is served.

    Attributes:
        name: its file's name.
        files: every file that was asked for.
        bodies: the bytes of those that are there, by name; None where all are those that are kept.
    """

    name: str
    files: tuple[KeptFile, ...]
    bodies: Mapping[str, bytes] | None


def name_of(path: str) -> str:
    """Returns what the edition at a path is called: the last part of the path, or `index` where that is empty."""
    return path.rpartition("/")[2] or "index"


def folder_of(path: str) -> str:
    """Returns what stands before a file's name in a path, with the slash; empty for the place itself."""
    return path[: path.rfind("/") + 1]


def usable(question: ForeignQuestion) -> ForeignState | None:
    """Returns the state that is kept under what is pinned now."""
    state = question.state
    return state if state is not None and state.pin == question.pin else None


def _is_name(text: str) -> bool:
    """Tells whether a file can be called so: what a signer is called here may be anything."""
    return text.isascii() and text.isprintable() and not {"/", "\\"} & set(text)


def looks_like_html(data: bytes) -> bool:
    """Tells whether bytes begin as a web page does."""
    return _PAGE.match(data) is not None


class ForeignFiles:
    """The files of one foreign canary, for one look.

    Args:
        source: where they lie.
        question: what is pinned and stored.
        reader: knows what lies beside an edition.
        fresh: ask every cache on the way for an uncached copy, and take nothing for unchanged that was not sent.
    """

    def __init__(self, source: Source, question: ForeignQuestion, reader: FormatReader, *, fresh: bool) -> None:
        state = usable(question)
        self._source = source
        self._pinned = question.pinned
        self._reader = reader
        self._fresh = fresh
        self._kept = {each.path: each for each in state.files} if state else {}
        accepted = [each.name for each in state.editions] if state else []
        self._accepted = {*accepted, *([state.newest.name] if state and state.newest else [])}
        self._limit = PAGE_BYTES if question.pinned.format is Format.PAGE else FOREIGN_TEXT_BYTES

    def path_of(self, name: str) -> str | None:
        """Returns where the file of a name lay that is kept; None where none of that name was there."""
        return next((each.path for each in self._kept.values() if each.sha256 and name_of(each.path) == name), None)

    def is_accepted(self, name: str) -> bool:
        """Tells whether an edition of a name was accepted before."""
        return name in self._accepted

    def listing(self, folder: str) -> dict[str, str]:
        """Returns the files of a repository's folder: the id of each by its name; none where there is none.

        Raises:
            FetchError: it could not be fetched.
        """
        answer = self._source.get(folder, limit=GIT_LISTING_BYTES, fresh=self._fresh)
        # A web server, where a repository was expected, may answer anything.
        pairs = (line.partition(" ") for line in answer.body.decode("ascii", "replace").split("\n"))
        return {name: id_ for id_, _, name in pairs if _ID.fullmatch(id_) and _is_name(name)}

    def unchanged(self, folder: str, name: str, ids: Mapping[str, str]) -> tuple[KeptFile, ...] | None:
        """Returns what is kept of an edition's files, if a repository still has these and no others; else None."""
        files: list[KeptFile] = []
        for each in (name, *self.beside(name)):
            known, own = self._kept.get(folder + each), ids.get(each)
            if (known.etag if known and known.sha256 else None) != own:
                return None
            files += [known] if known else []
        return tuple(files)

    def beside(self, name: str) -> tuple[str, ...]:
        """Returns the names of what may lie beside an edition."""
        return tuple(each for each in self._reader.beside(name, self._pinned) if _is_name(each))

    def edition(self, path: str) -> Served | None:
        """Fetches an edition; None where it is not there.

        Raises:
            FetchError: it, or something beside it, could not be fetched.
        """
        name, folder = name_of(path), folder_of(path)
        own = self.fetch(path, limit=self._limit)
        if not own.is_there:
            return None
        same = name in self._accepted and self._is_kept(own)
        found = {name: own}
        for each in self.beside(name):
            found[each] = self._beside(folder + each, conditional=same)
        files = tuple(each.kept for each in found.values())
        if same and all(map(self._is_kept, found.values())):
            return Served(name, files, None)
        return self._whole(name, folder, path, found)

    def fetch(self, path: str, *, limit: int, conditional: bool = True) -> File:
        """Fetches one file.

        Args:
            path: where it lies.
            limit: the bytes that it may have.
            conditional: whether it need not be sent where it is the one that is kept.

        Raises:
            FetchError: nothing authoritative came back.
        """
        known = self._kept.get(path)
        etag = known.etag if conditional and not self._fresh and known and known.sha256 else None
        answer = self._source.get(path, limit=limit, etag=etag, fresh=self._fresh)
        if known is not None and etag is not None and answer.status == _NOT_MODIFIED:
            return File(KeptFile(path, known.sha256, answer.etag), None)
        if answer.status in _GONE:
            return File(KeptFile(path, None, None), None)
        if answer.status != _OK:
            raise FetchError(f"{self._source.describe()} answered {answer.status} when asked for {path}")
        return File(KeptFile(path, digest(answer.body), answer.etag), answer.body)

    def _beside(self, path: str, *, conditional: bool) -> File:
        found = self.fetch(path, limit=FOREIGN_TEXT_BYTES, conditional=conditional)
        if found.body is not None and looks_like_html(found.body):
            return File(KeptFile(path, None, None), None)
        return found

    def _whole(self, name: str, folder: str, path: str, found: Mapping[str, File]) -> Served | None:
        """Fetches what was not sent for being unchanged, since something else is not."""
        whole: dict[str, File] = {}
        for each, file in found.items():
            if file.body is not None or not file.is_there:
                whole[each] = file
            elif each == name:
                whole[each] = self.fetch(path, limit=self._limit, conditional=False)
            else:
                whole[each] = self._beside(folder + each, conditional=False)
        if not whole[name].is_there:
            return None
        bodies = {each: file.body for each, file in whole.items() if file.body is not None}
        return Served(name, tuple(file.kept for file in whole.values()), bodies)

    def _is_kept(self, file: File) -> bool:
        known = self._kept.get(file.kept.path)
        return known is not None and known.sha256 == file.kept.sha256
