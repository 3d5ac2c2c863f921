"""What lies at a location that somebody is about to follow, if it is no canary of this project's own.

The file is fetched with everything that may lie beside it, and each format is asked in the order of their strength:
detached OpenPGP, clearsigned text, signify, CanaryTail, any text as a page last. The first that fits is taken; where
somebody handed in keys, the first by which one of those keys has signed. A page is never offered where something signed
was found, unless that is what is asked for.

That a file beside it is not there is ordinary. That one could not be fetched is an error: what is found then is not all
that there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from canary.core.foreign.edition import Edition
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner
from canary.core.foreign.reader import FormatReader, Identified
from canary.core.foreign.series import Series, SeriesKind, Template, newest_link
from canary.core.judging.fetched import ElsewhereError, Source, shown
from canary.errors import CanaryError, FetchError, MalformedError
from canary.flows.watch.foreign_files import folder_of, looks_like_html, name_of
from canary.flows.watch.index_links import path_of_link
from canary.formats.foreign.html_links import links_in
from canary.formats.foreign.openpgp_checks import ForeignVerifier
from canary.formats.foreign.signify_files import PublicKey, is_ours, parse_public_key
from canary.limits import FOREIGN_SIGNATURES, FOREIGN_TEXT_BYTES, GIT_LISTING_BYTES, PAGE_BYTES

ORDER = (Format.DETACHED, Format.CLEARSIGNED, Format.SIGNIFY, Format.CANARYTAIL, Format.PAGE)
"""The formats by their strength."""

_OPENPGP = {Format.DETACHED, Format.CLEARSIGNED}
_OK = 200
_GONE = {404, 410, 451}


class Keys(msgspec.Struct, frozen=True):
    """The keys that somebody handed in.

    Attributes:
        files: the files that they came in, by the names that they were given by.
        certificates: OpenPGP certificates by primary fingerprint.
        ed25519: keys of signify or minisign, by key.
    """

    files: Mapping[str, bytes] = {}
    certificates: Mapping[str, bytes] = {}
    ed25519: Mapping[str, PublicKey] = {}


class Found(msgspec.Struct, frozen=True):
    """What lies there.

    Attributes:
        path: where in its source the edition lies.
        files: the edition's file and those beside it, by name.
        asked: what was asked for beside it.
        reader: reads the format.
        identified: what the file is.
    """

    path: str
    files: Mapping[str, bytes]
    asked: tuple[str, ...]
    reader: FormatReader
    identified: Identified

    @property
    def name(self) -> str:
        """What the edition is called."""
        return name_of(self.path)

    @property
    def beside(self) -> tuple[str, ...]:
        """The files beside the edition that are there."""
        return tuple(each for each in self.files if each != self.name)

    def read(self, pinned: Pinned) -> Edition:
        """Returns the edition, every signature checked.

        Raises:
            MalformedError: it is none of the pinned format.
        """
        return self.reader.read(self.name, self.files, pinned)


def keys_in(files: Mapping[str, bytes], gpg: ForeignVerifier) -> Keys:
    """Returns the keys in the files that somebody handed in.

    Args:
        files: the files, by the names that they were given by.
        gpg: reads OpenPGP certificates.

    Raises:
        MalformedError: a file holds no key.
        GpgError: gpg is missing, broke, or took too long.
    """
    certificates: dict[str, bytes] = {}
    ed25519: dict[str, PublicKey] = {}
    for name, data in files.items():
        if is_ours(data):
            try:
                key = parse_public_key(data)
            except MalformedError as error:
                raise error.within(name) from error
            ed25519[key.key] = key
            continue
        try:
            found = gpg.certificates_in(data)
        except MalformedError as error:
            raise error.within(name) from error
        if not found:
            raise MalformedError(
                "it holds neither an OpenPGP certificate nor a public key of signify or minisign",
                what=name,
                hint="gpg --export --armor FINGERPRINT writes a certificate.",
            )
        certificates |= found
    return Keys(files, certificates, ed25519)


def identify(
    source: Source,
    path: str,
    readers: Mapping[Format, FormatReader],
    *,
    keys: Keys,
    names: Sequence[str] = (),
    series: Series | None = None,
) -> Found:
    """Fetches what lies at a location, and says what it is.

    Args:
        source: where it lies.
        path: where in it.
        readers: the formats that may be found: all of them, or those that are asked for.
        keys: the keys that somebody handed in.
        names: the endings of signers' files, `NAME` in `X.sig.NAME`.
        series: how the series goes on, where somebody says it: an index, or a repository, leads to its newest edition.

    Raises:
        FetchError: it is not there, or something could not be fetched.
        CanaryError: it is nothing that can be followed.
    """
    listed: tuple[str, ...] = ()
    if series is not None and series.template is not None and series.kind is SeriesKind.INDEX:
        path = _newest_of_index(source, path, series.template)
    elif series is not None and series.template is not None and series.kind is SeriesKind.GIT:
        path, listed = _newest_in_repository(source, path, series.template, series.folder)
    name = name_of(path)
    body = _fetch(source, path, limit=max(PAGE_BYTES, FOREIGN_TEXT_BYTES))
    if body is None:
        raise FetchError(f"there is nothing at {_place(source, path)}", hint="Check the address.")
    asked = tuple(dict.fromkeys((*_asked(path, readers.values(), names), *listed)))
    files = {name: body, **_beside(source, path, asked)}
    # No file's name holds a slash: whatever these hold, they are taken for no signature.
    handed = {f"/{number}": data for number, data in enumerate(keys.files.values())}
    found = []
    for format_ in ORDER:
        identified = readers[format_].identify(name, files | handed) if format_ in readers else None
        if identified is not None:
            found.append(Found(path, files, asked, readers[format_], identified))
    if not found:
        raise CanaryError(
            f"what lies at {_place(source, path)} is nothing that can be followed: {_is_not(readers)}",
            hint="Check the address, and what else you said about it.",
        )
    return next((each for each in found if _has_signed(each, keys)), found[0])


def _is_not(readers: Mapping[Format, FormatReader]) -> str:
    if Format.PAGE in readers:
        return "it is no text, shows none to a reader, or is too long"
    return f"it is not {' or '.join(readers)}"


def _has_signed(found: Found, keys: Keys) -> bool:
    """Tells whether a key that was handed in has signed it, so that nothing of the order is left to the server."""
    own = keys.certificates if found.identified.format in _OPENPGP else keys.ed25519
    return any(each.key in own for each in found.identified.signers)


# --- fetching -------------------------------------------------------------------------------------------


def _asked(path: str, readers: Iterable[FormatReader], names: Sequence[str]) -> tuple[str, ...]:
    """Returns the names of what may lie beside an edition."""
    if not path.rpartition("/")[2]:
        return ()  # a place without a name of its own
    # Keys play no part in the names of files.
    signers = tuple(PinnedSigner(each, "") for each in names)
    asking = Pinned(Format.DETACHED, "", "", signers, 1, ())
    return tuple(dict.fromkeys(each for reader in readers for each in reader.beside(name_of(path), asking)))


def _beside(source: Source, path: str, asked: Sequence[str]) -> dict[str, bytes]:
    folder = folder_of(path)
    found: dict[str, bytes] = {}
    for each in asked:
        try:
            body = _fetch(source, folder + each, limit=FOREIGN_TEXT_BYTES)
        except ElsewhereError:
            continue  # a host that sends whoever asks for something that is not there elsewhere
        if body is not None and not looks_like_html(body):
            found[each] = body
    return found


def _fetch(source: Source, path: str, *, limit: int) -> bytes | None:
    """Returns a file; None where there is none."""
    answer = source.get(path, limit=limit)
    if answer.status in _GONE:
        return None
    if answer.status != _OK:
        raise FetchError(
            f"{_place(source, path)} could not be looked at (status {answer.status})", hint="Look again later."
        )
    return answer.body


def _newest_of_index(source: Source, path: str, template: Template) -> str:
    """Returns where the newest edition lies that an index links to."""
    page = _fetch(source, path, limit=PAGE_BYTES)
    if page is None:
        raise FetchError(f"there is nothing at {_place(source, path)}", hint="Check the address.")
    paths = (path_of_link(source, path, each) for each in links_in(page))
    link = newest_link(template, [each for each in paths if each is not None])
    if link is None:
        raise CanaryError(
            f"{_place(source, path)} links to nothing like {template.text} on its own host",
            hint="Name the page that links to every edition, or another --profile.",
        )
    return link


def _newest_in_repository(source: Source, path: str, template: Template, folder: str) -> tuple[str, tuple[str, ...]]:
    """Returns where the newest edition of a repository lies, and what lies beside it under names of its own."""
    place = folder_of(path) or (f"{folder}/" if folder else "")
    listing = _fetch(source, place, limit=GIT_LISTING_BYTES)
    names = [line.partition(" ")[2] for line in (listing or b"").decode().split("\n")]
    newest = newest_link(template, names)
    if newest is None:
        raise CanaryError(
            f"{source.describe()} has nothing like {place}{template.text}",
            hint="Check the address of the repository, and the profile's [series].",
        )
    starts = tuple(f"{newest}{ending}." for ending in (".sig", ".asc"))
    signed = [each for each in names if each.startswith(starts) and each.isascii() and each.isprintable()]
    return f"{place}{newest}", tuple(signed[:FOREIGN_SIGNATURES])


def _place(source: Source, path: str) -> str:
    described = source.describe()
    return f"{described}{path}" if described.endswith("/") else f"{shown(path)} in {described}"
