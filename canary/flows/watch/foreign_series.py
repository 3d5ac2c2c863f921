"""One look at a foreign canary's series: which editions are asked for, and what the answers mean.

- `fixed`: the one edition.
- `template`: the newest edition that is known, and then the next ones, as long as there are any, 32 at most in one look
  (`canary.limits`). Where the next number is not there the one after it is asked for too, so that a gap is found. That
  none is there is ordinary.
- `git`: the list of the folder's files. All editions that were accepted before and whose files are others now, and all
  that are newer, the 32 oldest of them. At the first look the newest, and those before it as far back as there is no
  gap, and each is older than the next, has a text of its own and was signed by enough pinned signers; 64 at most. So a
  later edit of an old text is found.
- `index`: the page, and behind its links the newest edition that is known and all newer ones, the 32 oldest of them.

The newest known edition is not there: the look brought MISSING, unless a newer one is. It cannot be read as the pinned
format, or a web page stands in the place of a text: NOT-A-CANARY. What could not be fetched: UNREACHABLE; where that is
only a newer edition, what came before counts, and the look says that it did not come to an end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from canary.core.foreign.edition import Edition
from canary.core.foreign.judge import ForeignQuestion
from canary.core.foreign.observation import ForeignObservation, SeenEditions
from canary.core.foreign.pinned import Format
from canary.core.foreign.reader import FormatReader
from canary.core.foreign.reading import read_edition
from canary.core.foreign.series import Named, SeriesKind, Template, names_to_try, read_name
from canary.core.foreign.state import KeptFile
from canary.core.foreign.support import support_of
from canary.core.judging.fetched import Source
from canary.core.judging.observation import Gone, NotACanary
from canary.errors import FetchError, MalformedError
from canary.flows.watch.foreign_files import ForeignFiles, folder_of, looks_like_html, name_of, usable
from canary.flows.watch.index_links import path_of_link
from canary.formats.foreign.html_links import links_in
from canary.limits import FOREIGN_FIRST, FOREIGN_STEPS, PAGE_BYTES

_MAY_BE_HTML = {Format.PAGE, Format.CLEARSIGNED}
_HEAD = 1_024


class _NoneError(Exception):
    """What is at a path is no edition.

    Args:
        observation: what that makes of the look, where no other edition is served.
        is_page: whether a web page stands there.
    """

    def __init__(self, observation: Gone | NotACanary, *, is_page: bool = False) -> None:
        super().__init__()
        self.observation = observation
        self.is_page = is_page


class SeriesLook:
    """One look.

    Args:
        source: where the canary lies.
        path: where in it the pinned edition, or the index, lies.
        question: what is pinned and stored.
        reader: reads the pinned format.
        fresh: ask every cache on the way for an uncached copy.
    """

    def __init__(
        self, source: Source, path: str, question: ForeignQuestion, reader: FormatReader, *, fresh: bool
    ) -> None:
        self._source = source
        self._path = path
        self._question = question
        self._reader = reader
        self._files = ForeignFiles(source, question, reader, fresh=fresh)
        state = usable(question)
        self._newest = state.newest if state else None
        self._editions: list[Edition] = []
        self._kept: dict[str, KeptFile] = {}
        self._serves = ""

    def look(self) -> ForeignObservation:
        """Returns what the look brought.

        Raises:
            FetchError: nothing could be fetched that says anything.
        """
        try:
            beyond = self._look()
        except _NoneError as none:
            return none.observation
        return SeenEditions(tuple(self._editions), tuple(self._kept.values()), self._serves, beyond)

    def _look(self) -> str:
        """Looks; returns why the look did not come to an end, empty where it did."""
        series = self._question.profile.series
        template = series.template
        if template is not None and series.kind is SeriesKind.INDEX:
            return self._index(template)
        if template is not None and series.kind is SeriesKind.GIT:
            return self._repository(template, series.folder)
        if template is not None and series.kind is SeriesKind.TEMPLATE:
            known = self._known(template)
            last = read_name(template, known)
            if last is not None:
                return self._template(template, folder_of(self._path) + known, last)
        self._take(self._path)
        return ""

    def _known(self, template: Template) -> str:
        """Returns the name of the newest edition that is known."""
        if self._newest is not None and read_name(template, self._newest.name) is not None:
            return self._newest.name
        return name_of(self._path)

    # --- the kinds of series -------------------------------------------------------------------------------

    def _template(self, template: Template, path: str, last: Named) -> str:
        none = self._try(path)
        try:
            for _ in range(FOREIGN_STEPS):
                following = self._next(template, folder_of(path), last)
                if following is None:
                    break
                last = following
        except FetchError as error:
            if not self._serves:
                raise
            return error.what
        if none is not None and not self._serves:
            raise none
        return ""

    def _next(self, template: Template, folder: str, last: Named) -> Named | None:
        today = self._question.now.date()
        for before in (last, replace(last, number=last.number + 1)):
            for name in names_to_try(template, before, today):
                none = self._try(folder + name)
                if none is None:
                    return read_name(template, name)
                if isinstance(none.observation, NotACanary) and not none.is_page:
                    raise FetchError(none.observation.detail)
        return None

    def _index(self, template: Template) -> str:
        page = self._files.fetch(self._path, limit=PAGE_BYTES, conditional=self._linked() is not None)
        if not page.is_there:
            raise _NoneError(Gone(self._gone(self._path)))
        self._kept[page.kept.path] = page.kept
        known = self._linked()
        if page.body is None and known is not None:
            self._take(known)
            return ""
        none = None
        for path in self._to_take(template, page.body or b""):
            try:
                none = self._try(path)
            except FetchError as error:
                if not self._serves:
                    raise
                return error.what
        if none is not None and not self._serves:
            raise none
        return none.observation.detail if none is not None else ""

    def _repository(self, template: Template, folder: str) -> str:
        place = folder_of(self._path) or (f"{folder}/" if folder else "")
        ids = self._files.listing(place)
        names = {named: name for name in ids if (named := read_name(template, name)) is not None}
        if not names:
            raise _NoneError(Gone(f"{self._source.describe()} has nothing like {place}{template.text}"))
        known = read_name(template, self._newest.name) if self._newest is not None else None
        if known is None:
            self._back(place, [names[each] for each in sorted(names, reverse=True)])
        else:
            newer = sorted(each for each in names if each > known)[:FOREIGN_STEPS]
            accepted = sorted(each for each, name in names.items() if self._files.is_accepted(name))
            for each in (*accepted, *(each for each in newer if each not in accepted)):
                kept = self._files.unchanged(place, names[each], ids)
                if kept is not None:
                    self._kept |= {file.path: file for file in kept}
                elif (none := self._try(place + names[each])) is not None:
                    raise FetchError(none.observation.detail)
        self._serves = names[max(names)]
        return ""

    def _back(self, place: str, names: Sequence[str]) -> None:
        """Takes the newest edition, and those before it as far back as each would be accepted."""
        taken: list[tuple[Edition, Mapping[str, KeptFile]]] = []
        for name in names[:FOREIGN_FIRST]:
            self._kept = {}
            none = self._try(place + name)
            if none is not None and not taken:
                raise none
            if none is not None:
                break
            edition = self._editions.pop()
            if taken and not self._comes_before(edition, [each for each, _ in taken]):
                break
            taken.append((edition, self._kept))
        self._editions = [edition for edition, _ in reversed(taken)]
        self._kept = {path: file for _, files in reversed(taken) for path, file in files.items()}

    def _comes_before(self, edition: Edition, later: Sequence[Edition]) -> bool:
        """Tells whether an edition can be taken in before the later ones, the earliest of which is the last."""
        question = self._question
        if not support_of(edition, question.pinned, question.now).enough:
            return False
        if any(each.text == edition.text for each in later):
            return False
        own, following = (read_edition(each, question.profile) for each in (edition, later[-1]))
        if own.issued is not None and following.issued is not None and own.issued > following.issued:
            return False
        number, next_number = self._number(edition.name), self._number(later[-1].name)
        return number is None or number + 1 == next_number

    def _number(self, name: str) -> int | None:
        template = self._question.profile.series.template
        named = read_name(template, name) if template else None
        return named.number or None if named else None

    def _linked(self) -> str | None:
        """Returns where the newest known edition lay."""
        if self._newest is None:
            return None
        return self._files.path_of(self._newest.name)

    def _to_take(self, template: Template, page: bytes) -> list[str]:
        """Returns where the editions lie that are asked for, the oldest first."""
        paths: dict[Named, str] = {}
        for link in links_in(page):
            path = path_of_link(self._source, self._path, link)
            named = read_name(template, name_of(path)) if path else None
            if path and named is not None:
                paths.setdefault(named, path)
        if not paths:
            raise _NoneError(NotACanary(f"{self._source.describe()}{self._path} links to nothing like {template.text}"))
        known = read_name(template, self._newest.name) if self._newest is not None else None
        if known is None or max(paths) <= known:
            return [paths[max(paths)]]
        newer = sorted(each for each in paths if each > known)[:FOREIGN_STEPS]
        return [paths[each] for each in (*([known] if known in paths else []), *newer)]

    # --- one edition ---------------------------------------------------------------------------------------

    def _try(self, path: str) -> _NoneError | None:
        """Takes an edition in; returns why there is none."""
        try:
            self._take(path)
        except _NoneError as none:
            return none
        return None

    def _take(self, path: str) -> None:
        """Takes an edition in.

        Raises:
            _NoneError: there is none.
            FetchError: it, or something beside it, could not be fetched.
        """
        served = self._files.edition(path)
        if served is None:
            raise _NoneError(Gone(self._gone(path)))
        if served.bodies is not None:
            self._editions.append(self._read(served.name, served.bodies))
        self._kept |= {each.path: each for each in served.files}
        self._serves = served.name

    def _read(self, name: str, bodies: Mapping[str, bytes]) -> Edition:
        is_page = looks_like_html(bodies[name])
        junk = f"what {self._source.describe()} serves as {name} is"
        if is_page and self._is_text():
            raise _NoneError(NotACanary(f"{junk} a web page, and no edition"), is_page=True)
        try:
            return self._reader.read(name, bodies, self._question.pinned)
        except MalformedError as error:
            raise _NoneError(NotACanary(f"{junk} no edition: {error.rule}"), is_page=is_page) from error

    def _is_text(self) -> bool:
        """Tells whether editions are plain texts, so that a web page is something else of the host's."""
        if self._question.pinned.format in _MAY_BE_HTML or self._newest is None:
            return False
        return not looks_like_html(self._newest.text[:_HEAD].encode())

    def _gone(self, path: str) -> str:
        return f"{self._source.describe()} answers that there is no {path or 'page'}"
