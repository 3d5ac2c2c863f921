from __future__ import annotations

import html
from collections.abc import Callable, Iterator

import pytest

from canary import limits
from canary.core.foreign.edition import Edition, Remark
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import sha256
from canary.edges.openpgp.foreign_gpg import ForeignGpg
from canary.errors import MalformedError
from canary.formats.foreign.openpgp_clearsigned import ClearsignedReader
from canary.formats.foreign.openpgp_detached import DetachedReader
from tests.foreign_keys import armored, clearsigned, pinned, signer
from tests.gpg_home import NOW, SIGNED, TEXT, GpgHome, day

NAME = "canary.txt"


@pytest.fixture(scope="module")
def home() -> Iterator[GpgHome]:
    with GpgHome() as made:
        yield made


@pytest.fixture(scope="module")
def gpg() -> Iterator[ForeignGpg]:
    with ForeignGpg() as made:
        yield made


@pytest.fixture(scope="module")
def signers(gpg: ForeignGpg, home: GpgHome) -> tuple[PinnedSigner, ...]:
    names = ("ann", "bob", "cy")
    return tuple(signer(gpg, home, home.key(f"{each} <{each}@example.org>"), each) for each in names)


@pytest.fixture(scope="module")
def mallory(home: GpgHome) -> str:
    return home.key("mallory <m@example.org>")


@pytest.fixture
def beside(signers: tuple[PinnedSigner, ...]) -> Pinned:
    return pinned(Format.DETACHED, *signers)


@pytest.fixture
def inside(signers: tuple[PinnedSigner, ...]) -> Pinned:
    return pinned(Format.CLEARSIGNED, *signers)


def outcomes(edition: Edition) -> list[tuple[str, str, Outcome]]:
    return [(each.file.removeprefix(NAME), each.signer, each.outcome) for each in edition.signatures]


def kinds(edition: Edition) -> list[Remark]:
    return [remark for remark, _ in edition.remarks]


# --- detached -------------------------------------------------------------------------------------------


def test_names_of_signatures(gpg: ForeignGpg, beside: Pinned) -> None:
    reader = DetachedReader(gpg)
    assert reader.beside("c.txt", None) == ("c.txt.sig", "c.txt.asc")
    assert set(reader.beside("c.txt", beside)) == {
        f"c.txt{ending}{who}" for ending in (".sig", ".asc") for who in ("", ".ann", ".bob", ".cy")
    }


def test_what_is_inside_decides(gpg: ForeignGpg, home: GpgHome, beside: Pinned) -> None:
    ann, bob, cy = (each.key for each in beside.signers)
    files = {
        NAME: TEXT,
        f"{NAME}.sig.ann": armored(home, ann, TEXT),
        f"{NAME}.asc.bob": home.sign(bob, TEXT, at=SIGNED),
        f"{NAME}.sig.cy": clearsigned(home, cy, TEXT),
        f"{NAME}.sig": armored(home, ann, TEXT) + b"\n" + armored(home, bob, TEXT),
        f"{NAME}.asc": home.sign(bob, TEXT, at=SIGNED) + home.sign(cy, TEXT, at=SIGNED),
    }
    edition = DetachedReader(gpg).read(NAME, files, beside)
    assert outcomes(edition) == [
        (".sig.ann", "ann", Outcome.GOOD),
        (".asc.bob", "bob", Outcome.GOOD),
        (".sig.cy", "cy", Outcome.GOOD),
        (".sig", "ann", Outcome.GOOD),
        (".sig", "bob", Outcome.GOOD),
        (".asc", "bob", Outcome.GOOD),
        (".asc", "cy", Outcome.GOOD),
    ]
    assert {each.signed_at for each in edition.signatures} == {SIGNED}
    assert edition.signers() == ("ann", "bob", "cy")
    assert edition.remarks == ()
    assert (edition.name, edition.text, edition.sha256) == (NAME, TEXT.decode(), sha256(TEXT).hex())


def test_one_bad_signature_among_enough_good_ones_is_shown(
    gpg: ForeignGpg, home: GpgHome, beside: Pinned, mallory: str
) -> None:
    ann, bob, cy = (each.key for each in beside.signers)
    files = {
        NAME: TEXT,
        f"{NAME}.sig.ann": armored(home, ann, TEXT),
        f"{NAME}.sig.bob": armored(home, bob, b"edited after bob had signed\n"),
        f"{NAME}.sig.cy": armored(home, cy, TEXT),
        f"{NAME}.sig": armored(home, mallory, TEXT),
        f"{NAME}.asc": b"<html><body>Not Found</body></html>",
    }
    edition = DetachedReader(gpg).read(NAME, files, beside)
    assert outcomes(edition) == [
        (".sig.ann", "ann", Outcome.GOOD),
        (".sig.bob", "bob", Outcome.BAD),
        (".sig.cy", "cy", Outcome.GOOD),
        (".sig", "", Outcome.NO_KEY),
        (".asc", "", Outcome.UNCHECKED),
    ]
    assert edition.signers() == ("ann", "cy")


def test_a_key_that_a_certificate_brings_along_is_not_pinned(
    gpg: ForeignGpg, home: GpgHome, beside: Pinned, mallory: str
) -> None:
    ann = beside.signers[0]
    both = PinnedSigner(ann.name, ann.key, ann.certificate + signer(gpg, home, mallory).certificate)
    files = {NAME: TEXT, f"{NAME}.sig.ann": armored(home, mallory, TEXT)}
    edition = DetachedReader(gpg).read(NAME, files, pinned(Format.DETACHED, both))
    assert outcomes(edition) == [(".sig.ann", "", Outcome.NO_KEY)]


def test_a_signed_copy_must_be_of_the_text(gpg: ForeignGpg, home: GpgHome, beside: Pinned) -> None:
    ann, bob = beside.signers[0].key, beside.signers[1].key
    saved = TEXT.replace(b"\n", b" \r\n") + b"\r\n"
    for text, outcome in ((TEXT, Outcome.GOOD), (saved, Outcome.GOOD), (b"Another text.\n", Outcome.BAD)):
        files = {
            NAME: text,
            f"{NAME}.sig.ann": clearsigned(home, ann, TEXT),
            f"{NAME}.sig.bob": armored(home, bob, text),
        }
        edition = DetachedReader(gpg).read(NAME, files, beside)
        assert outcomes(edition) == [(".sig.ann", "ann", outcome), (".sig.bob", "bob", Outcome.GOOD)]
        assert edition.remarks == (() if outcome is Outcome.GOOD else ((Remark.OTHER_TEXT, f"{NAME}.sig.ann"),))


def test_words_around_a_signature_are_said(gpg: ForeignGpg, home: GpgHome, beside: Pinned) -> None:
    files = {NAME: TEXT, f"{NAME}.asc": b"Check this:\n" + armored(home, beside.signers[0].key, TEXT)}
    edition = DetachedReader(gpg).read(NAME, files, beside)
    assert edition.signers() == ("ann",)
    assert edition.remarks == ((Remark.OUTSIDE_TEXT, f"{NAME}.asc"),)


def test_other_formats_signatures_are_left_alone(gpg: ForeignGpg, beside: Pinned) -> None:
    files = {NAME: TEXT, f"{NAME}.sig": b"untrusted comment: verify with canary.pub\nRWQ6\n"}
    assert DetachedReader(gpg).read(NAME, files, beside).signatures == ()


@pytest.mark.parametrize("text", [b"", b" \n", b"x" * (limits.FOREIGN_TEXT_BYTES + 1)])
def test_what_is_no_text(text: bytes, gpg: ForeignGpg, beside: Pinned) -> None:
    with pytest.raises(MalformedError):
        DetachedReader(gpg).read(NAME, {NAME: text}, beside)


def test_too_much_is_one_finding_each(gpg: ForeignGpg, home: GpgHome, beside: Pinned) -> None:
    ann, bob, cy = (each.key for each in beside.signers)
    packet = home.sign(ann, TEXT, at=SIGNED)
    files = {
        NAME: TEXT,
        f"{NAME}.sig.ann": packet + bytes(limits.FOREIGN_SIGNATURE_BYTES),
        f"{NAME}.asc.ann": b"x" * (limits.FOREIGN_TEXT_BYTES + 1),
        f"{NAME}.sig.bob": armored(home, bob, TEXT) * 1_000,
        f"{NAME}.sig.cy": armored(home, cy, TEXT),
    }
    edition = DetachedReader(gpg).read(NAME, files, beside)
    assert sorted(outcomes(edition)) == [
        (".asc.ann", "", Outcome.UNCHECKED),
        (".sig.ann", "", Outcome.UNCHECKED),
        (".sig.bob", "", Outcome.UNCHECKED),
        (".sig.cy", "cy", Outcome.GOOD),
    ]
    edition = DetachedReader(gpg).read(NAME, {NAME: TEXT, f"{NAME}.sig": packet * 400}, beside)
    assert len(edition.signatures) == limits.FOREIGN_SIGNATURES + 1
    assert edition.signatures[-1].outcome is Outcome.UNCHECKED
    assert "more than" in edition.signatures[-1].detail
    assert edition.signers() == ("ann",)


def test_weak_digests_count_until_a_moment(gpg: ForeignGpg, home: GpgHome, beside: Pinned) -> None:
    files = {NAME: TEXT, f"{NAME}.sig.ann": armored(home, beside.signers[0].key, TEXT, "--digest-algo=SHA1")}
    edition = DetachedReader(gpg).read(NAME, files, beside)
    assert outcomes(edition) == [(".sig.ann", "ann", Outcome.WEAK_DIGEST)]
    assert edition.signers() == ()
    assert edition.signers(weak_digests_until=SIGNED) == ()
    assert edition.signers(weak_digests_until=day(2026, 2, 2)) == ("ann",)


def test_outcomes_as_of_a_moment(gpg: ForeignGpg, home: GpgHome) -> None:
    key = home.key("brief <b@example.org>", expires="20260301T000000")
    files = {NAME: TEXT, f"{NAME}.sig": armored(home, key, TEXT)}
    edition = DetachedReader(gpg).read(NAME, files, pinned(Format.DETACHED, signer(gpg, home, key)))
    (signed,) = edition.signatures
    assert signed.signer == key.lower()
    assert signed.outcome is Outcome.GOOD
    assert [signed.as_of(at) for at in (day(2026, 1, 1), SIGNED, day(2026, 2, 28), day(2026, 3, 1), NOW)] == [
        Outcome.FUTURE,
        Outcome.GOOD,
        Outcome.GOOD,
        Outcome.EXPIRED_KEY,
        Outcome.EXPIRED_KEY,
    ]


def test_detached_is_identified_with_names_and_certificates(
    gpg: ForeignGpg, home: GpgHome, beside: Pinned, mallory: str
) -> None:
    ann, bob, _ = beside.signers
    files = {
        NAME: TEXT,
        f"{NAME}.sig.ann": armored(home, ann.key, TEXT),
        f"{NAME}.sig.bob": clearsigned(home, bob.key, TEXT),
        f"{NAME}.sig": armored(home, mallory, TEXT),
        "keys.asc": home.run("--armor", "--export", ann.key, bob.key),
    }
    found = DetachedReader(gpg).identify(NAME, files)
    assert found is not None
    assert (found.format, found.threshold, found.text) == (Format.DETACHED, 1, TEXT.decode())
    assert found.signers == (ann, bob, PinnedSigner("", mallory.lower()))
    for other in ({NAME: TEXT}, {NAME: TEXT, f"{NAME}.sig": b"junk"}, {}, {NAME: b""}, {NAME: TEXT, "other.sig": TEXT}):
        assert DetachedReader(gpg).identify(NAME, other) is None


# --- clearsigned ----------------------------------------------------------------------------------------


def page(block: bytes) -> bytes:
    return b"<!DOCTYPE html><html><body><h1>We never have!</h1><pre>" + block + b"</pre></body></html>\n"


def test_only_verified_output_is_read(gpg: ForeignGpg, home: GpgHome, inside: Pinned) -> None:
    block = clearsigned(home, inside.signers[0].key, b"- never\nHash: a header?  \n")
    reader = ClearsignedReader(gpg)
    for data, remarks in (
        (block, []),
        (b"\xef\xbb\xbf\r\n" + block.replace(b"\n", b"\r\n"), []),
        (b"before\n" + block, [Remark.OUTSIDE_TEXT]),
        (block + b"after\n", [Remark.OUTSIDE_TEXT]),
        (page(block), [Remark.OUTSIDE_TEXT]),
        (block + armored(home, inside.signers[0].key, b"x"), [Remark.OUTSIDE_TEXT]),
    ):
        edition = reader.read(NAME, {NAME: data}, inside)
        assert [line.rstrip() for line in edition.text.split("\n")] == ["- never", "Hash: a header?", ""]
        assert outcomes(edition) == [("", "ann", Outcome.GOOD)]
        assert kinds(edition) == remarks
        assert edition.sha256 == sha256(data).hex()
        found = reader.identify(NAME, {NAME: data})
        assert found is not None
        assert (found.format, found.text) == (Format.CLEARSIGNED, edition.text)
        assert [each.key for each in found.signers] == [inside.signers[0].key]


def test_what_nobody_pinned_has_signed_has_no_text(
    gpg: ForeignGpg, home: GpgHome, inside: Pinned, mallory: str
) -> None:
    block = clearsigned(home, inside.signers[0].key, TEXT)
    for data, outcome in (
        (block.replace(b"never", b"often"), Outcome.BAD),
        (clearsigned(home, mallory, TEXT), Outcome.NO_KEY),
    ):
        edition = ClearsignedReader(gpg).read(NAME, {NAME: data}, inside)
        assert edition.text == ""
        assert [each.outcome for each in edition.signatures] == [outcome]


def test_several_signers_of_one_block(gpg: ForeignGpg, home: GpgHome, inside: Pinned, mallory: str) -> None:
    ann, bob, _ = (each.key for each in inside.signers)
    block = clearsigned(home, ann, TEXT, f"--local-user={bob}", f"--local-user={mallory}")
    edition = ClearsignedReader(gpg).read(NAME, {NAME: block}, inside)
    assert sorted(each.outcome for each in edition.signatures) == [Outcome.GOOD, Outcome.GOOD, Outcome.NO_KEY]
    assert set(edition.signers()) == {"ann", "bob"}
    assert edition.text == TEXT.decode()


@pytest.mark.parametrize(
    "hidden", [b"\n<!-- %s -->", b"\n<!--\n%s\n-->", b'<div style="display:none">%s</div>', b"\n%s\n", b"<p hidden>%s"]
)
def test_a_second_block_however_hidden_and_none_is_read(
    hidden: bytes, gpg: ForeignGpg, home: GpgHome, inside: Pinned, mallory: str
) -> None:
    genuine = clearsigned(home, inside.signers[0].key, TEXT)
    for other in (clearsigned(home, mallory, b"forged"), clearsigned(home, inside.signers[0].key, b"an old one")):
        for first, second in ((genuine, other), (other, genuine)):
            data = page(first) + hidden.replace(b"%s", second)
            edition = ClearsignedReader(gpg).read(NAME, {NAME: data}, inside)
            assert (edition.text, edition.signatures, kinds(edition)) == ("", (), [Remark.MORE_BLOCKS])
            assert ClearsignedReader(gpg).identify(NAME, {NAME: data}) is None


def test_one_block_hidden_alone_speaks_for_itself_only(gpg: ForeignGpg, home: GpgHome, inside: Pinned) -> None:
    data = b"<p>We have handed over everything.</p><!-- " + clearsigned(home, inside.signers[0].key, TEXT) + b" -->"
    edition = ClearsignedReader(gpg).read(NAME, {NAME: data}, inside)
    assert (edition.text, kinds(edition)) == (TEXT.decode(), [Remark.OUTSIDE_TEXT])


def test_nested_armor(gpg: ForeignGpg, home: GpgHome, inside: Pinned, mallory: str) -> None:
    ann = inside.signers[0].key
    escaped = clearsigned(home, ann, clearsigned(home, mallory, TEXT))
    edition = ClearsignedReader(gpg).read(NAME, {NAME: escaped}, inside)
    assert edition.signers() == ("ann",)
    assert edition.text.startswith("-----BEGIN PGP SIGNED MESSAGE-----")
    inner = clearsigned(home, ann, TEXT)
    forged = clearsigned(home, mallory, b"marker\n").replace(b"marker\n", inner)
    edition = ClearsignedReader(gpg).read(NAME, {NAME: forged}, inside)
    assert (edition.text, edition.signatures, kinds(edition)) == ("", (), [Remark.MORE_BLOCKS])
    deep = b"-----BEGIN PGP SIGNED MESSAGE-----\n\n" * 20_000
    edition = ClearsignedReader(gpg).read(NAME, {NAME: deep}, inside)
    assert edition.remarks == ((Remark.MORE_BLOCKS, "20000"),)


@pytest.mark.parametrize(
    ("text", "damage"),
    [
        (b"We've & co.\n\nnever did.\n", lambda block: block.replace(b"\n", b"<br>\n")),
        (b"We've & co.\n\nnever did.\n", lambda block: block.replace(b"\n", b"<br />")),
        (b"We've & co.\n\nnever did.\n", lambda block: block.replace(b"never", b"<b>never</b>")),
        (b"We've never <told> &amp; co.\n", lambda block: html.escape(block.decode()).encode()),
    ],
)
def test_markup_inside_a_block_is_taken_out(
    text: bytes, damage: Callable[[bytes], bytes], gpg: ForeignGpg, home: GpgHome, inside: Pinned
) -> None:
    block = clearsigned(home, inside.signers[0].key, text)
    data = page(damage(block))
    assert block not in data
    edition = ClearsignedReader(gpg).read(NAME, {NAME: data}, inside)
    assert edition.text == text.decode()
    assert edition.signers() == ("ann",)
    assert kinds(edition) == [Remark.MARKUP_REMOVED, Remark.OUTSIDE_TEXT]


def test_a_block_beyond_repair_is_said(gpg: ForeignGpg, home: GpgHome, inside: Pinned) -> None:
    block = clearsigned(home, inside.signers[0].key, TEXT)
    reader = ClearsignedReader(gpg)
    edition = reader.read(NAME, {NAME: page(block.replace(b"never", b"<i>hardly</i> ever"))}, inside)
    assert kinds(edition) == [Remark.DAMAGED_BLOCK, Remark.OUTSIDE_TEXT]
    assert (edition.text, outcomes(edition)) == ("", [("", "ann", Outcome.BAD)])
    for data in (block[:-20], block[:60], page(block.replace(b"-----", "\u2014\u2013".encode()))):
        edition = reader.read(NAME, {NAME: data}, inside)
        assert (edition.text, edition.signatures, kinds(edition)) == ("", (), [Remark.DAMAGED_BLOCK])


@pytest.mark.parametrize("data", [b"", b"<html>login</html>", b"x" * (limits.FOREIGN_TEXT_BYTES + 1)])
def test_host_junk_is_no_edition(data: bytes, gpg: ForeignGpg, inside: Pinned) -> None:
    reader = ClearsignedReader(gpg)
    assert reader.beside(NAME, inside) == ()
    assert reader.identify(NAME, {NAME: data}) is None
    with pytest.raises(MalformedError):
        reader.read(NAME, {NAME: data}, inside)
