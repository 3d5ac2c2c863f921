"""Identifying what is no native canary, over a source of bytes: any bytes, and every way in which a host can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.foreign.pinned import Format, Pinned
from canary.core.foreign.reader import FormatReader
from canary.core.foreign.series import Series, SeriesKind, parse_template
from canary.core.judging.fetched import ElsewhereError, Fetched
from canary.errors import CanaryError, FetchError, MalformedError
from canary.flows.watch.identify import Found, Keys, identify, keys_in
from canary.flows.watch.pinning import Decided, proposed_sentences, signing_of
from canary.formats.foreign.openpgp_checks import Answer, Question
from canary.formats.foreign.pinned_json import parse_pinned, render_pinned
from canary.formats.foreign.readers import reader_of
from tests import canarytail_publisher
from tests.gpg_home import NOW
from tests.signify_signer import SignifySigner

TEXT = b"We have never been asked.\n"
SIGNER = SignifySigner.make(7)
TAIL = canarytail_publisher.encoded(canarytail_publisher.document("author", "bob"))


class NoGpg:
    """gpg, where nothing is OpenPGP."""

    def check(self, certificates: Sequence[bytes], questions: Sequence[Question]) -> tuple[Answer, ...]:
        del certificates
        return tuple(Answer(()) for _ in questions)

    def certificates_in(self, data: bytes) -> Mapping[str, bytes]:
        del data
        return {}


class Host:
    """A host: the files on it, and what it answers for others."""

    def __init__(self, files: Mapping[str, bytes], statuses: Mapping[str, int] | None = None) -> None:
        self.files = files
        self.statuses = statuses or {}
        self.asked: list[str] = []

    def describe(self) -> str:
        return "https://example.org/"

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        del etag, fresh
        self.asked.append(path)
        status = self.statuses.get(path, 200 if path in self.files else 404)
        if status == 302:
            raise ElsewhereError(
                f"{path}: redirects elsewhere", path=path, target="https://other.example/", public=True
            )
        if len(self.files.get(path, b"")) > limit:
            raise FetchError("it is too long")
        return Fetched(status, self.files[path] if status == 200 else b"", None)


READERS: dict[Format, FormatReader] = {each: reader_of(each, NoGpg()) for each in Format}


def found(files: Mapping[str, bytes], path: str = "c/canary.txt", **statuses: int) -> Found:
    host = Host(files, {f"{path}.{ending}": status for ending, status in statuses.items()})
    return identify(host, path, READERS, keys=Keys())


def test_the_strongest_format_that_is_there_is_taken() -> None:
    files = {"c/canary.txt": TEXT}
    assert found(files).identified.format is Format.PAGE
    assert found(files | {"c/canary.txt.sig": SIGNER.detached(TEXT)}).identified.format is Format.SIGNIFY
    assert found({"c/canary.txt": TAIL}).identified.format is Format.CANARYTAIL


def test_everything_beside_it_is_asked_for_once_and_nothing_else() -> None:
    host = Host({"c/canary.txt": TEXT})
    identify(host, "c/canary.txt", READERS, keys=Keys(), names=["ada"])
    assert len(host.asked) == len(set(host.asked))
    endings = ("", ".sig.ada", ".asc.ada", ".minisig.ada", ".sig", ".asc", ".minisig", ".embed.sig")
    assert set(host.asked) == {f"c/canary.txt{ending}" for ending in endings}


def test_a_place_without_a_name_has_nothing_beside_it() -> None:
    host = Host({"": TEXT})
    assert identify(host, "", READERS, keys=Keys()).name == "index"
    assert host.asked == [""]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_what_cannot_be_fetched_beside_it_ends_it(status: int) -> None:
    with pytest.raises(FetchError, match=f"status {status}"):
        found({"c/canary.txt": TEXT}, sig=status)


@pytest.mark.parametrize("status", [302, 404, 410, 451])
def test_what_is_not_there_is_ordinary(status: int) -> None:
    assert found({"c/canary.txt": TEXT}, sig=status).identified.format is Format.PAGE


def test_nothing_there_is_said() -> None:
    with pytest.raises(FetchError, match=r"there is nothing at https://example\.org/c/canary\.txt"):
        found({})


@pytest.mark.parametrize(
    ("links", "newest"),
    [
        (["canary-1.txt", "canary-2.txt"], "c/canary-2.txt"),
        (["/old/canary-3.txt", "canary-2.txt"], "old/canary-3.txt"),
        (["https://example.org/x/canary-4.txt", "canary-2.txt"], "x/canary-4.txt"),
        (["https://other.example/canary-9.txt", "//other.example/canary-8.txt", "canary-2.txt"], "c/canary-2.txt"),
        (["canary-9.txt?x=1", "http://[", "canary-2.txt"], "c/canary-2.txt"),
    ],
)
def test_an_index_leads_nowhere_but_to_its_own_host(links: list[str], newest: str) -> None:
    page = "".join(f"<a href='{each}'>x</a>" for each in links).encode()
    host = Host({"c/": b"<!DOCTYPE html>" + page, newest: TEXT})
    series = Series(SeriesKind.INDEX, parse_template("canary-{n}.txt"))
    assert identify(host, "c/", READERS, keys=Keys(), series=series).path == newest


def test_an_index_without_such_a_link_is_said() -> None:
    series = Series(SeriesKind.INDEX, parse_template("canary-{n}.txt"))
    with pytest.raises(CanaryError, match=r"links to nothing like canary-\{n\}\.txt"):
        identify(Host({"c/": b"<html><a href='x.txt'>x</a>"}), "c/", READERS, keys=Keys(), series=series)


def test_keys_are_read_or_their_file_is_named() -> None:
    assert set(keys_in({"key.pub": SIGNER.key_file()}, NoGpg()).ed25519) == {SIGNER.public.hex()}
    for data in (b"", b"hello", SIGNER.key_file()[:-3], SIGNER.detached(TEXT)):
        with pytest.raises(MalformedError, match=r"key\.pub"):
            keys_in({"key.pub": data}, NoGpg())


def _mutated(data: bytes) -> st.SearchStrategy[bytes]:
    pieces = st.tuples(st.integers(0, len(data)), st.integers(0, 40), st.binary(max_size=40))
    return pieces.map(lambda cut: data[: cut[0]] + cut[2] + data[cut[0] + cut[1] :])


_FILES = st.fixed_dictionaries(
    {"canary.txt": st.binary(max_size=200) | _mutated(TAIL) | _mutated(SIGNER.embedded(TEXT)) | st.just(TEXT)},
    optional={
        "canary.txt.sig": st.binary(max_size=200) | _mutated(SIGNER.detached(TEXT)) | st.just(SIGNER.detached(TEXT)),
        "canary.txt.minisig": _mutated(SIGNER.minisign(TEXT)),
    },
)


@given(_FILES)
def test_no_bytes_make_it_raise_anything_but_a_message_and_what_is_pinned_can_be_read_back(
    files: dict[str, bytes],
) -> None:
    keys = keys_in({"key.pub": SIGNER.key_file()}, NoGpg())
    try:
        what = identify(Host(files), "canary.txt", READERS, keys=keys)
        signing = signing_of(what, keys, Decided(), NOW)
    except CanaryError:
        return
    assert isinstance(signing.pinned, Pinned)
    assert parse_pinned(render_pinned(signing.pinned)) == signing.pinned
    assert (signing.pinned.threshold == 0) is (signing.pinned.format is Format.PAGE)
    proposed_sentences(signing.edition.text)
