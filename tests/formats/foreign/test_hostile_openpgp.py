"""Hostile input for the OpenPGP formats: one clear outcome, and gpg is asked no more than the limits say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from canary import limits
from canary.core.foreign.edition import Remark
from canary.core.foreign.pinned import Format, Pinned
from canary.core.signed.outcome import Outcome
from canary.edges.openpgp.foreign_gpg import ForeignGpg
from canary.edges.openpgp.gpg import Answer as Said
from canary.edges.openpgp.gpg import Gpg
from canary.formats.foreign.openpgp_checks import Answer, ForeignVerifier, Question
from canary.formats.foreign.openpgp_clearsigned import ClearsignedReader
from canary.formats.foreign.openpgp_detached import DetachedReader
from tests.foreign_keys import armored, clearsigned, pinned, signer
from tests.gpg_home import SIGNED, TEXT, GpgHome
from tests.peak_memory import MEGABYTE, MOST_MEMORY, peak

NAME = "canary.txt"
NUMBERS = range(1_000)
UNREADABLE = [Outcome.UNCHECKED]


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
