"""Hostile input for each format: one clear outcome, with work and memory that its size bounds."""

from __future__ import annotations

import base64
import contextlib
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary import limits
from canary.core.foreign.edition import Remark
from canary.core.foreign.pinned import Format, Pinned
from canary.core.foreign.reader import FormatReader
from canary.core.signed.outcome import Outcome
from canary.edges.openpgp.foreign_gpg import ForeignGpg
from canary.edges.openpgp.gpg import Answer as Said
from canary.edges.openpgp.gpg import Gpg
from canary.errors import MalformedError
from canary.formats.foreign import ed25519
from canary.formats.foreign.canarytail import CanaryTailReader
from canary.formats.foreign.openpgp_checks import Answer, ForeignVerifier, Question
from canary.formats.foreign.openpgp_clearsigned import ClearsignedReader
from canary.formats.foreign.openpgp_detached import DetachedReader
from canary.formats.foreign.page import PageReader
from canary.formats.foreign.signify import SignifyReader
from tests.canarytail_publisher import base64_of, document, encoded, private, public
from tests.foreign_keys import armored, clearsigned, pinned, signer
from tests.gpg_home import SIGNED, TEXT, GpgHome
from tests.signify_signer import SignifySigner
from tests.signify_signer import pinned as pinned_keys

NAME = "canary.txt"
MEGABYTE = 1024 * 1024
MOST_MEMORY = 48 * MEGABYTE
"""Wide: the largest inputs here have two megabytes, and Python's texts and lists of them several times as much."""

LEGAL = SignifySigner.make(1)
BY_LEGAL = pinned_keys(LEGAL.pinned_signer("legal"))
NUMBERS = range(1_000)


def peak(work: Callable[[], object]) -> int:
    """Returns the most memory that some work has at once, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# --- signify and minisign -------------------------------------------------------------------------------

UNREADABLE = [Outcome.UNCHECKED]
SIGNIFY: dict[str, tuple[dict[str, bytes], list[Outcome]]] = {
    "an oversized signature": ({f"{NAME}.sig": LEGAL.detached(TEXT) + b"A" * 2 * MEGABYTE}, UNREADABLE),
    "an oversized comment": (
        {f"{NAME}.sig": b"untrusted comment: " + b"x" * MEGABYTE + LEGAL.detached(TEXT)},
        UNREADABLE,
    ),
    "an oversized trusted comment": ({f"{NAME}.minisig": LEGAL.minisign(TEXT, trusted=b"x" * MEGABYTE)}, [Outcome.BAD]),
    "a line of base64 without an end": ({f"{NAME}.sig": b"untrusted comment: x\n" + b"A" * MEGABYTE}, UNREADABLE),
    # What follows a signature of signify's is the text that it signs.
    "a thousand in one file": ({f"{NAME}.sig": LEGAL.detached(TEXT) * 1_000}, [Outcome.BAD]),
    "a thousand in one file of minisign's": ({f"{NAME}.minisig": LEGAL.minisign(TEXT) * 1_000}, [Outcome.BAD]),
    "a thousand files": (
        {f"{NAME}.sig.{number}": LEGAL.detached(TEXT) for number in NUMBERS},
        [Outcome.GOOD] * limits.SIGNIFY_FILES + UNREADABLE,
    ),
    "one inside another": ({f"{NAME}.sig": LEGAL.embedded(LEGAL.embedded(TEXT))}, [Outcome.BAD]),
}


@pytest.mark.parametrize("case", SIGNIFY)
def test_hostile_signify(case: str) -> None:
    beside, outcomes = SIGNIFY[case]
    files = {NAME: TEXT, **beside}
    edition = SignifyReader().read(NAME, files, BY_LEGAL)
    assert [each.outcome for each in edition.signatures] == outcomes
    assert edition.signers() == (("legal",) if Outcome.GOOD in outcomes else ())
    assert all(each.detail for each in edition.signatures if each.outcome is not Outcome.GOOD)
    assert edition.text == TEXT.decode()
    assert peak(lambda: SignifyReader().read(NAME, files, BY_LEGAL)) < MOST_MEMORY
    assert peak(lambda: SignifyReader().identify(NAME, files)) < MOST_MEMORY


def test_the_text_of_nested_signatures_is_what_the_outermost_signs() -> None:
    inner = SignifySigner.make(2).embedded(b"forged\n")
    edition = SignifyReader().read(NAME, {NAME: LEGAL.embedded(inner)}, BY_LEGAL)
    assert edition.text == inner.decode()
    assert edition.signers() == ("legal",)
    outer = SignifySigner.make(2).embedded(LEGAL.embedded(TEXT))
    edition = SignifyReader().read(NAME, {NAME: outer}, BY_LEGAL)
    assert [each.outcome for each in edition.signatures] == [Outcome.NO_KEY]


def test_a_file_is_checked_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = counted(monkeypatch)
    files = {NAME: TEXT} | {f"{NAME}.minisig.{number}": LEGAL.minisign(TEXT) for number in NUMBERS}
    SignifyReader().read(NAME, files, BY_LEGAL)
    # Each has two signatures: over the text, and over the trusted comment.
    assert len(checks) == 2 * limits.SIGNIFY_FILES


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the checks of Ed25519 signatures: the length of each text that is checked."""
    checks: list[int] = []
    check = ed25519.is_right_by

    def count(key: str, signature: bytes, text: bytes) -> bool:
        checks.append(len(text))
        return check(key, signature, text)

    monkeypatch.setattr(ed25519, "is_right_by", count)
    return checks


# --- CanaryTail -----------------------------------------------------------------------------------------

HONEST = encoded(document("author"))


def with_text(old: bytes, new: bytes) -> bytes:
    assert old in HONEST
    return HONEST.replace(old, new, 1)


def many_signers() -> bytes:
    made = document("author")
    (fields,) = made["signatures"].values()
    made["signatures"] |= {base64_of(public(f"key {number}")): fields for number in NUMBERS}
    return encoded(made)


MALFORMED = {
    "a field twice": with_text(b'"domain":', b'"domain": "other.example", "domain":'),
    "a field twice, spelled otherwise": with_text(b'"domain":', b'"doma\\u0069n": "other.example", "domain":'),
    "the signatures twice": with_text(b'"signatures":', b'"signatures": {}, "signatures":'),
    "NaN": with_text(b'"min_signers": 1', b'"min_signers": NaN'),
    "infinity": with_text(b'"min_signers": 1', b'"min_signers": -Infinity'),
    "a fraction": with_text(b'"min_signers": 1', b'"min_signers": 1.0'),
    "an exponent": with_text(b'"min_signers": 1', b'"min_signers": 1e0'),
    "a number of many digits": with_text(b'"min_signers": 1', b'"min_signers": ' + b"1" * 100_000),
    "deep lists": with_text(b'"mirrors": null', b'"mirrors": ' + b"[" * 50_000 + b"]" * 50_000),
    "deep objects": with_text(b'"mirrors": null', b'"mirrors": ' + b'{"a":' * 30_000 + b"1" + b"}" * 30_000),
    "deep and never closed": b'{"canary":' * 20_000,
    "ten thousand codes": with_text(b'"war",', b'"war",' + b'"x",' * 10_000),
    "ten thousand mirrors": with_text(b'"mirrors": null', b'"mirrors": [' + b'"x",' * 9_999 + b'"x"]'),
    "a long domain": with_text(b"example.org", b"x" * 100_000),
    "half of a character": with_text(b"example.org", b"\\ud800"),
    "a thousand signers": many_signers(),
    "too long": HONEST + b" " * limits.CANARYTAIL_BYTES,
    "a byte order mark": b"\xef\xbb\xbf" + HONEST,
    "nothing": b"",
    "an error page": b"<html><body>login</body></html>",
}


def pinned_document() -> Pinned:
    found = CanaryTailReader().identify(NAME, {NAME: HONEST})
    assert found is not None
    return Pinned(found.format, "canarytail", "", found.signers, found.threshold, (), found.panic_key)


@pytest.mark.parametrize("case", MALFORMED)
def test_hostile_canarytail_is_malformed(case: str) -> None:
    files = {NAME: MALFORMED[case]}

    def read() -> None:
        with pytest.raises(MalformedError, match=NAME):
            CanaryTailReader().read(NAME, files, pinned_document())

    assert CanaryTailReader().identify(NAME, files) is None
    assert peak(read) < MOST_MEMORY


def test_an_oversized_signature_of_a_field_is_bad() -> None:
    made = document("author")
    (fields,) = made["signatures"].values()
    fields["domain"] = base64.b64encode(private("author").sign(b"example.org") + bytes(100_000)).decode()
    (signed,) = CanaryTailReader().read(NAME, {NAME: encoded(made)}, pinned_document()).signatures
    assert (signed.outcome, signed.detail) == (Outcome.BAD, "a wrong signature over domain")


def test_signatures_by_others_are_not_even_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    made = document("author")
    (fields,) = made["signatures"].values()
    made["signatures"] |= {base64_of(public(f"key {number}")): fields for number in range(99)}
    keys = pinned_document()
    checks = counted(monkeypatch)
    edition = CanaryTailReader().read(NAME, {NAME: encoded(made)}, keys)
    assert [each.outcome for each in edition.signatures] == [Outcome.GOOD] + [Outcome.NO_KEY] * 99
    # One for each field that the one pinned signer has signed, and one for each that the panic key could have.
    assert len(checks) <= 2 * len(fields)


# --- OpenPGP --------------------------------------------------------------------------------------------


class Counting:
    """Counts what another verifier is asked."""

    def __init__(self, verifier: ForeignVerifier) -> None:
        self.asked: list[Question] = []
        self._verifier = verifier

    def check(self, certificates: Sequence[bytes], questions: Sequence[Question]) -> tuple[Answer, ...]:
        self.asked += questions
        return self._verifier.check(certificates, questions)

    def certificates_in(self, data: bytes) -> Mapping[str, bytes]:
        return self._verifier.certificates_in(data)


@pytest.fixture(scope="module")
def home() -> Iterator[GpgHome]:
    with GpgHome() as made:
        yield made


@pytest.fixture(scope="module")
def gpg() -> Iterator[ForeignGpg]:
    with ForeignGpg() as made:
        yield made


@pytest.fixture(scope="module")
def mallory(home: GpgHome) -> str:
    return home.key("mallory <m@example.org>")


@pytest.fixture(scope="module")
def legal(gpg: ForeignGpg, home: GpgHome) -> Pinned:
    return pinned(Format.DETACHED, signer(gpg, home, home.key(), "legal"))


def test_a_thousand_files_with_signatures_are_not_all_put_to_gpg(gpg: ForeignGpg, home: GpgHome, legal: Pinned) -> None:
    signature = armored(home, legal.signers[0].key, TEXT)
    verifier = Counting(gpg)
    files = {NAME: TEXT} | {f"{NAME}.sig.{number}": signature for number in NUMBERS}
    edition = DetachedReader(verifier).read(NAME, files, legal)
    assert len(verifier.asked) == limits.FOREIGN_SIGNATURES
    assert [each.outcome for each in edition.signatures] == [Outcome.GOOD] * limits.FOREIGN_SIGNATURES + UNREADABLE
    assert edition.signers() == ("legal",)
    assert peak(lambda: DetachedReader(Counting(gpg)).identify(NAME, files)) < MOST_MEMORY


def test_a_thousand_signatures_in_one_block_take_one_call_of_gpg(
    gpg: ForeignGpg, home: GpgHome, legal: Pinned, monkeypatch: pytest.MonkeyPatch
) -> None:
    packet = home.sign(legal.signers[0].key, TEXT, at=SIGNED)
    calls = []
    run = Gpg.run

    def count(self: Gpg, *arguments: object, **options: object) -> Said:
        calls.append(arguments)
        return run(self, *arguments, **options)  # type: ignore[arg-type]  # whatever it is called with

    DetachedReader(gpg).read(NAME, {NAME: TEXT, f"{NAME}.sig": packet}, legal)  # prepares the home
    monkeypatch.setattr(Gpg, "run", count)
    files = {NAME: TEXT, f"{NAME}.sig": packet * (limits.FOREIGN_SIGNATURE_BYTES // len(packet))}
    edition = DetachedReader(gpg).read(NAME, files, legal)
    assert len(calls) == 1
    assert len(edition.signatures) == limits.FOREIGN_SIGNATURES + 1
    assert edition.signers() == ("legal",)


def test_an_oversized_signature_is_never_put_to_gpg(gpg: ForeignGpg, home: GpgHome, legal: Pinned) -> None:
    verifier = Counting(gpg)
    whole = armored(home, legal.signers[0].key, TEXT)
    long = whole.replace(b"\n\n", b"\nComment: " + b"x" * limits.FOREIGN_SIGNATURE_BYTES + b"\n\n", 1)
    for signature in (long, whole + b"\n" * limits.FOREIGN_TEXT_BYTES, b"\x88" + bytes(MEGABYTE)):
        edition = DetachedReader(verifier).read(NAME, {NAME: TEXT, f"{NAME}.asc": signature}, legal)
        assert [each.outcome for each in edition.signatures] == UNREADABLE
        assert "longer than" in edition.signatures[0].detail
    assert verifier.asked == []


def test_a_certificate_with_ten_thousand_identities_beside_an_edition_offers_nothing_and_breaks_nothing(
    gpg: ForeignGpg, home: GpgHome, legal: Pinned
) -> None:
    key = legal.signers[0].key
    name = b"legal <legal@example.org>"
    binary = legal.signers[0].certificate
    identity = binary[binary.index(b"\xb4" + bytes((len(name),)) + name) :]
    many = binary + identity * 10_000
    files = {NAME: TEXT, f"{NAME}.asc": armored(home, key, TEXT), "key.asc": many}
    found = DetachedReader(gpg).identify(NAME, files)
    assert found is not None
    assert [(each.key, each.certificate) for each in found.signers] == [(key, b"")]
    assert peak(lambda: DetachedReader(gpg).identify(NAME, files)) < MOST_MEMORY


BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----\n"
BROKEN = {
    "nested beginnings": BEGIN * 25_000,
    "beginnings in comments": b"<!-- " * 1_000 + (b"<!-- " + BEGIN + b" -->\n") * 20_000,
    "ends alone": b"-----END PGP SIGNATURE-----\n" * 30_000 + BEGIN,
    "blanks before every line": (b" " * 100 + BEGIN) * 7_000,
    "a tag on every line": (b"<p>" * 10 + BEGIN) * 10_000,
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_only_looks_like_blocks_is_never_put_to_gpg(case: str, gpg: ForeignGpg, legal: Pinned) -> None:
    verifier = Counting(gpg)
    data = BROKEN[case]
    assert len(data) <= limits.FOREIGN_TEXT_BYTES
    edition = ClearsignedReader(verifier).read(NAME, {NAME: data}, legal)
    assert (edition.text, edition.signatures, len(edition.remarks)) == ("", (), 1)
    assert edition.remarks[0][0] in (Remark.MORE_BLOCKS, Remark.DAMAGED_BLOCK)
    assert verifier.asked == []
    assert peak(lambda: ClearsignedReader(verifier).read(NAME, {NAME: data}, legal)) < MOST_MEMORY


HIDDEN_BLOCKS = {
    "a comment": b"<!--\n%s\n-->\n",
    "a comment inside a line": b"<p>x</p><!-- %s -->\n",
    "a style": b'<div style="display:none">\n%s\n</div>\n',
    "a style of the page": b"<style>.off{display:none}</style><pre class=off>%s</pre>\n",
    "a template": b"<template>\n%s\n</template>\n",
    "a script": b"<script>/*\n%s\n*/</script>\n",
    "white on white": b'<pre style="color:#fff">\n%s\n</pre>\n',
}


@pytest.mark.parametrize("way", HIDDEN_BLOCKS)
def test_a_forged_block_that_a_page_hides_is_never_taken_for_the_shown_one(
    way: str, gpg: ForeignGpg, home: GpgHome, legal: Pinned, mallory: str
) -> None:
    shown = b"<pre>\n" + clearsigned(home, legal.signers[0].key, TEXT) + b"\n</pre>\n"
    forged = clearsigned(home, mallory, b"We have handed over everything.\n")
    hidden = HIDDEN_BLOCKS[way].replace(b"%s", forged)
    for data in (b"<!doctype html>" + hidden + shown, b"<!doctype html>" + shown + hidden):
        edition = ClearsignedReader(gpg).read(NAME, {NAME: data}, legal)
        assert (edition.text, edition.signatures) == ("", ())
        assert edition.remarks == ((Remark.MORE_BLOCKS, "2"),)
    alone = ClearsignedReader(gpg).read(NAME, {NAME: hidden + b"<p>We have never.</p>"}, legal)
    assert (alone.text, [each.outcome for each in alone.signatures]) == ("", [Outcome.NO_KEY])


# --- pages ----------------------------------------------------------------------------------------------

SAID = b"<!doctype html><p>We have never.</p>"
PAGES = {
    "a style sheet without a brace": b"<style>" + b"x" * 2_000_000,
    "a style sheet of beginnings": b"<style>" + b"a{" * 900_000,
    "styles nested in a drawing": b"<svg>" + b"<style>x" * 250_000,
    "styles nested in a formula": b"<math>" + b"<style>x" * 250_000,
    "an attribute of backslashes": b"<p style='" + b"\\" * 2_000_000 + b"'>",
    "an attribute of comments": b"<p style='" + b"/*" * 1_000_000 + b"'>",
}


@pytest.mark.parametrize("case", PAGES)
def test_a_page_whose_styles_are_hostile_is_read(case: str) -> None:
    edition = PageReader().read("x", {"x": SAID + PAGES[case]}, Pinned(Format.PAGE, "page", "", (), 0, ()))
    assert edition.text.startswith("We have never.")
    assert edition.remarks == ((Remark.NOT_SIGNED, ""),)


# --- any bytes ------------------------------------------------------------------------------------------


class Nothing:
    """Stands for gpg where nothing is signed."""

    def check(self, certificates: Sequence[bytes], questions: Sequence[Question]) -> tuple[Answer, ...]:
        del certificates
        return tuple(Answer(()) for _ in questions)

    def certificates_in(self, data: bytes) -> Mapping[str, bytes]:
        del data
        return {}


READERS: tuple[FormatReader, ...] = (
    DetachedReader(Nothing()),
    ClearsignedReader(Nothing()),
    SignifyReader(),
    CanaryTailReader(),
    PageReader(),
)
PIECES = st.sampled_from(
    [
        *(BEGIN, b"-----BEGIN PGP SIGNATURE-----\n", b"-----END PGP SIGNATURE-----\n", b"\n", b"- ", b"<!--", b"-->"),
        *(b"untrusted comment: x\n", b"trusted comment: x\n", LEGAL.detached(TEXT), LEGAL.minisign(TEXT), TEXT),
        *(
            HONEST,
            b"{",
            b"}",
            b'"',
            b"<p>",
            b"<style>",
            b"&amp;",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"\x88",
            b"\x00",
            b"\r",
        ),
        *(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", b"-----END PGP PUBLIC KEY BLOCK-----\n"),
    ]
)
BYTES = st.lists(PIECES | st.binary(max_size=20), max_size=8).map(b"".join)


@settings(max_examples=200)
@given(st.sampled_from(READERS), BYTES, st.dictionaries(st.sampled_from([".sig", ".asc", ".sig.a", ".minisig"]), BYTES))
def test_any_bytes_are_an_edition_or_malformed_and_nobody_has_signed_them(
    reader: FormatReader, own: bytes, beside: dict[str, bytes]
) -> None:
    files = {NAME: own} | {f"{NAME}{ending}": data for ending, data in beside.items()}
    keys = Pinned(Format.PAGE, "", "", (), 1, ())
    reader.identify(NAME, files)
    with contextlib.suppress(MalformedError):
        edition = reader.read(NAME, files, keys)
        assert edition.signers() == ()
        assert edition.signatures or edition.remarks or edition.text
