"""Hostile input for each format but OpenPGP: one clear outcome, with work and memory that its size bounds."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary import limits
from canary.core.foreign.edition import Remark
from canary.core.foreign.pinned import Format, Pinned
from canary.core.foreign.reader import FormatReader
from canary.core.signed.outcome import Outcome
from canary.errors import MalformedError
from canary.formats.foreign import ed25519
from canary.formats.foreign.canarytail import CanaryTailReader
from canary.formats.foreign.openpgp_checks import Answer, Question
from canary.formats.foreign.openpgp_clearsigned import ClearsignedReader
from canary.formats.foreign.openpgp_detached import DetachedReader
from canary.formats.foreign.page import PageReader
from canary.formats.foreign.signify import SignifyReader
from tests.canarytail_publisher import base64_of, document, encoded, private, public
from tests.gpg_home import TEXT
from tests.peak_memory import MEGABYTE, MOST_MEMORY, peak
from tests.signify_signer import SignifySigner
from tests.signify_signer import pinned as pinned_keys

NAME = "canary.txt"
LEGAL = SignifySigner.make(1)
BY_LEGAL = pinned_keys(LEGAL.pinned_signer("legal"))
NUMBERS = range(1_000)


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
        *(
            b"-----BEGIN PGP SIGNED MESSAGE-----\n",
            b"-----BEGIN PGP SIGNATURE-----\n",
            b"-----END PGP SIGNATURE-----\n",
            b"\n",
            b"- ",
            b"<!--",
            b"-->",
        ),
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


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: type(reader).__name__)
@pytest.mark.parametrize("own", [b"", b" \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_what_says_nothing_is_no_edition(reader: FormatReader, own: bytes) -> None:
    with pytest.raises(MalformedError):
        reader.read(NAME, {NAME: own}, Pinned(Format.PAGE, "", "", (), 1, ()))


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
