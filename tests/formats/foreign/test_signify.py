"""signify and minisign: every form, every fault of a file, and the programs themselves where they are installed."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary import limits
from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner
from canary.core.signed.outcome import Outcome
from canary.errors import MalformedError
from canary.formats.foreign.signify import SignifyReader
from canary.formats.foreign.signify_files import parse_public_key, parse_signature
from tests.signify_signer import SignifySigner, pinned

LEGAL = SignifySigner.make(1)
OPS = SignifySigner.make(2)
STRANGER = SignifySigner.make(3)
PINNED = pinned(LEGAL.pinned_signer("legal"), OPS.pinned_signer("ops"))
TEXT = b"We have never handed over a key.\r\nToday is 2026-11-24.\n"
READER = SignifyReader()

Sign = Callable[[SignifySigner, bytes], bytes]
FORMS: dict[str, Sign] = {
    "signify": SignifySigner.detached,
    "signify embedded": SignifySigner.embedded,
    "minisign": SignifySigner.minisign,
    "minisign old": lambda signer, text: signer.minisign(text, old=True),
}


def read(files: dict[str, bytes], own: bytes = TEXT, keys: Pinned = PINNED) -> Edition:
    return READER.read("canary.txt", {"canary.txt": own, **files}, keys)


def only(files: dict[str, bytes], own: bytes = TEXT, keys: Pinned = PINNED) -> Signed:
    (signed,) = read(files, own, keys).signatures
    return signed


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_good_for_the_pinned_signer(form: str) -> None:
    edition = read({"canary.txt.sig": FORMS[form](LEGAL, TEXT)})
    (signed,) = edition.signatures
    assert (signed.signer, signed.key, signed.outcome) == ("legal", LEGAL.public.hex(), Outcome.GOOD)
    assert signed.signed_at is None
    assert edition.signers() == ("legal",)
    assert edition.text == "We have never handed over a key.\nToday is 2026-11-24.\n"
    assert (Remark.NO_TIME, "") in edition.remarks
    assert (Remark.UNTRUSTED_COMMENT, "canary.txt.sig") in edition.remarks


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_bad_over_another_text(form: str) -> None:
    files = {"canary.txt.sig": FORMS[form](LEGAL, TEXT + b"And more.\n")}
    assert only(files).outcome is Outcome.BAD


@pytest.mark.parametrize("form", FORMS)
def test_each_form_by_a_key_that_is_not_pinned_counts_for_nobody(form: str) -> None:
    edition = read({"canary.txt.sig": FORMS[form](STRANGER, TEXT)})
    (signed,) = edition.signatures
    assert (signed.signer, signed.key, signed.outcome) == ("", STRANGER.number.hex(), Outcome.NO_KEY)
    assert edition.signers() == ()


@pytest.mark.parametrize("form", FORMS)
def test_a_key_number_of_somebody_else_is_of_no_use(form: str) -> None:
    forger = SignifySigner(LEGAL.number, STRANGER.key)
    assert only({"canary.txt.sig": FORMS[form](forger, TEXT)}).outcome is Outcome.BAD


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
def test_any_change_of_one_byte_after_the_first_line_is_no_good_signature(form: str, data: st.DataObject) -> None:
    signature = FORMS[form](LEGAL, TEXT)
    place = data.draw(st.integers(signature.index(b"\n"), len(signature) - 1))
    changed = bytearray(signature)
    changed[place] ^= data.draw(st.integers(1, 255))
    assert all(each.outcome is not Outcome.GOOD for each in read({"canary.txt.sig": bytes(changed)}).signatures)


def test_two_signers_and_one_who_signed_in_two_forms_are_two() -> None:
    files = {
        "canary.txt.sig.legal": LEGAL.detached(TEXT),
        "canary.txt.embed.sig": LEGAL.embedded(TEXT),
        "canary.txt.minisig.ops": OPS.minisign(TEXT),
    }
    assert read(files).signers() == ("legal", "ops")


def test_the_name_of_a_file_says_nothing_about_whose_signature_is_in_it() -> None:
    assert read({"canary.txt.sig.ops": LEGAL.detached(TEXT)}).signers() == ("legal",)


def test_one_bad_signature_beside_a_good_one_is_shown() -> None:
    files = {"canary.txt.sig.legal": LEGAL.detached(TEXT), "canary.txt.sig.ops": OPS.detached(b"another")}
    edition = read(files)
    assert edition.signers() == ("legal",)
    assert [each.outcome for each in edition.signatures] == [Outcome.GOOD, Outcome.BAD]


def test_a_file_that_holds_signature_and_text_needs_nothing_beside_it() -> None:
    edition = read({}, own=LEGAL.embedded(TEXT))
    assert edition.signers() == ("legal",)
    assert edition.text.startswith("We have never")


def test_an_embedded_copy_of_another_text_is_bad_and_told() -> None:
    edition = read({"canary.txt.embed.sig": LEGAL.embedded(b"We have never had a key.\n")})
    assert edition.signatures[0].outcome is Outcome.BAD
    assert (Remark.OTHER_TEXT, "canary.txt.embed.sig") in edition.remarks


def test_an_embedded_copy_counts_only_to_the_byte() -> None:
    assert only({"canary.txt.embed.sig": LEGAL.embedded(TEXT.replace(b"\r", b""))}).outcome is Outcome.BAD


def test_the_trusted_comment_is_shown_and_must_be_the_one_that_was_signed() -> None:
    signature = LEGAL.minisign(TEXT, trusted=b"canary of\x1b[31m November")
    signed = only({"canary.txt.minisig": signature})
    assert signed.outcome is Outcome.GOOD
    assert "canary of\\u001b[31m November" in signed.detail
    changed = signature.replace(b"November", b"December")
    assert only({"canary.txt.minisig": changed}).outcome is Outcome.BAD


def test_the_trusted_comment_of_another_signature_does_not_fit() -> None:
    other = LEGAL.minisign(b"another", trusted=b"signed in December").splitlines(keepends=True)
    own = LEGAL.minisign(TEXT).splitlines(keepends=True)
    assert only({"canary.txt.minisig": b"".join(own[:2] + other[2:])}).outcome is Outcome.BAD


def test_a_signature_over_a_hash_does_not_pass_without_its_trusted_comment() -> None:
    cut = b"".join(LEGAL.minisign(TEXT).splitlines(keepends=True)[:2])
    assert only({"canary.txt.minisig": cut}).outcome is Outcome.BAD


def test_a_signature_over_the_hash_is_none_over_the_text() -> None:
    swapped = LEGAL.detached(TEXT).splitlines(keepends=True)[1]
    hashed = LEGAL.minisign(TEXT).splitlines(keepends=True)
    assert swapped.startswith(b"RWQ")
    assert only({"canary.txt.minisig": b"".join([hashed[0], b"RUQ" + swapped[3:], *hashed[2:]])}).outcome is Outcome.BAD


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda file: file.replace(b"\n", b"\r\n"), Outcome.UNCHECKED),
        (lambda file: file[:-1], Outcome.UNCHECKED),
        (lambda file: file.replace(b"=", b""), Outcome.UNCHECKED),
        (lambda file: file[:-3] + b"=\n" + b"\n", Outcome.UNCHECKED),
        (lambda file: file.replace(b"RWQ", b" RWQ"), Outcome.UNCHECKED),
        (lambda file: b"untrusted comment: " + b"x" * 2000 + b"\n" + file.split(b"\n", 1)[1], Outcome.UNCHECKED),
        (lambda file: b"\n" + file, Outcome.UNCHECKED),
        (lambda file: b"<!doctype html><title>404</title>" + file, Outcome.UNCHECKED),
        (lambda _: b"", Outcome.UNCHECKED),
        (lambda file: file + b"\n", Outcome.BAD),
        (lambda file: file + b"trusted comment: x\n", Outcome.BAD),
        (lambda file: file + b"trusted comment: x\n" + file.splitlines()[1] + b"\n", Outcome.BAD),
    ],
)
def test_nothing_is_overlooked_in_a_file(change: Callable[[bytes], bytes], outcome: Outcome) -> None:
    signed = only({"canary.txt.sig": change(LEGAL.detached(TEXT))})
    assert signed.outcome is outcome
    assert signed.detail


def test_something_after_the_trusted_comments_signature_is_bad() -> None:
    assert only({"canary.txt.minisig": LEGAL.minisign(TEXT) + b"\n"}).outcome is Outcome.BAD


def test_openpgp_beside_the_text_is_left_to_its_own_format() -> None:
    files = {"canary.txt.sig": b"-----BEGIN PGP SIGNATURE-----\n", "canary.txt.sig.legal": b"\x89\x01\x1c"}
    assert read(files).signatures == ()


def test_a_pinned_key_that_verifies_anything_has_signed_nothing() -> None:
    neutral = (1).to_bytes(32, "little")
    file = LEGAL.detached(TEXT).splitlines(keepends=True)
    file[1] = base64.b64encode(b"Ed" + LEGAL.number + neutral + bytes(32)) + b"\n"
    keys = pinned(PinnedSigner("", neutral.hex(), key_id=LEGAL.number.hex()))
    assert only({"canary.txt.sig": b"".join(file)}, keys=keys).outcome is Outcome.BAD


@pytest.mark.parametrize("own", [b"", b" \n", b"x" * (limits.FOREIGN_TEXT_BYTES + 1), LEGAL.detached(TEXT)])
def test_what_is_no_edition_is_malformed(own: bytes) -> None:
    with pytest.raises(MalformedError, match=r"canary\.txt"):
        read({}, own=own)


def test_a_thousand_files_are_not_all_looked_at() -> None:
    files = {f"canary.txt.sig.x{n}": LEGAL.detached(TEXT) for n in range(1000)}
    signatures = read(files).signatures
    assert len(signatures) == limits.SIGNIFY_FILES + 1
    assert signatures[-1].outcome is Outcome.UNCHECKED


def test_a_file_of_any_size_that_is_too_large_is_not_read() -> None:
    signed = only({"canary.txt.sig": LEGAL.detached(TEXT) + b"x" * (2 * limits.FOREIGN_TEXT_BYTES)})
    assert signed.outcome is Outcome.UNCHECKED


# --- identifying ----------------------------------------------------------------------------------------


def test_identified_with_the_key_that_lies_beside() -> None:
    files = {"canary.txt": TEXT, "canary.txt.sig": LEGAL.detached(TEXT), "keys/any.pub": LEGAL.key_file()}
    found = READER.identify("canary.txt", files)
    assert found is not None
    assert (found.format, found.signers, found.threshold) == (Format.SIGNIFY, (LEGAL.pinned_signer(),), 1)


def test_identified_without_a_key_by_its_number_alone() -> None:
    found = READER.identify("canary.txt", {"canary.txt": TEXT, "canary.txt.sig": LEGAL.detached(TEXT)})
    assert found is not None
    assert [(each.key, each.key_id) for each in found.signers] == [("", LEGAL.number.hex())]


def test_every_name_that_may_hold_a_signature_is_asked_for() -> None:
    assert READER.beside("x.txt", None) == ("x.txt.sig", "x.txt.minisig", "x.txt.embed.sig")
    assert set(READER.beside("x.txt", PINNED)) > {"x.txt.sig.legal", "x.txt.minisig.ops"}


@given(own=st.binary(max_size=300) | st.just(TEXT) | st.just(LEGAL.embedded(TEXT)), beside=st.binary(max_size=300))
def test_any_bytes_are_read_without_a_fault_and_prove_nothing(own: bytes, beside: bytes) -> None:
    files = {"canary.txt": own, "canary.txt.sig": b"untrusted comment: " + beside, "canary.txt.minisig": beside}
    READER.identify("canary.txt", files)
    try:
        edition = READER.read("canary.txt", files, PINNED)
    except MalformedError:
        return
    assert edition.signers() == (("legal",) if own == LEGAL.embedded(TEXT) else ())


@given(st.binary(max_size=200))
def test_what_parses_as_a_key_is_its_one_spelling(rest: bytes) -> None:
    for file in (rest, b"untrusted comment: x\n" + rest):
        with pytest.raises(MalformedError):
            parse_public_key(file)
    found = parse_public_key(LEGAL.key_file())
    assert (found.key, found.key_id) == (LEGAL.public.hex(), LEGAL.number.hex())


@given(st.binary(min_size=1, max_size=200))
def test_nothing_follows_after_a_key(rest: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_public_key(LEGAL.key_file() + rest)


@given(st.binary(max_size=2000))
def test_what_a_signature_says_stands_in_the_file(text: bytes) -> None:
    found = parse_signature(LEGAL.embedded(text))
    assert found.text == (text or None) or found.fault


# --- the programs themselves ----------------------------------------------------------------------------

SIGNIFY = shutil.which("signify-openbsd")
MINISIGN = shutil.which("minisign")


def run(*arguments: str, at: Path) -> None:
    subprocess.run(arguments, cwd=at, check=True, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)


def verdict(*arguments: str, at: Path) -> bool:
    done = subprocess.run(arguments, cwd=at, check=False, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    return done.returncode == 0


@pytest.mark.skipif(SIGNIFY is None, reason="signify-openbsd is not installed: what it writes was not compared")
@pytest.mark.parametrize("embedded", [False, True])
def test_what_signify_signs_is_read_and_what_is_made_here_signify_verifies(tmp_path: Path, *, embedded: bool) -> None:
    (tmp_path / "x").write_bytes(TEXT)
    run("signify-openbsd", "-G", "-n", "-p", "k.pub", "-s", "k.sec", at=tmp_path)
    option = ["-e"] if embedded else []
    run("signify-openbsd", "-S", *option, "-s", "k.sec", "-m", "x", "-x", "x.sig", at=tmp_path)
    key = parse_public_key((tmp_path / "k.pub").read_bytes())
    theirs = PinnedSigner("", key.key, key_id=key.key_id)
    files = {"canary.txt.sig": (tmp_path / "x.sig").read_bytes()}
    assert only(files, keys=pinned(theirs)).outcome is Outcome.GOOD

    (tmp_path / "ours.pub").write_bytes(LEGAL.key_file())
    (tmp_path / "ours.sig").write_bytes(LEGAL.embedded(TEXT) if embedded else LEGAL.detached(TEXT))
    message = "out" if embedded else "x"
    assert verdict("signify-openbsd", "-V", *option, "-p", "ours.pub", "-m", message, "-x", "ours.sig", at=tmp_path)


@pytest.mark.skipif(MINISIGN is None, reason="minisign is not installed: what it writes was not compared")
@pytest.mark.parametrize("old", [False, True])
def test_what_minisign_signs_is_read_and_what_is_made_here_minisign_verifies(tmp_path: Path, *, old: bool) -> None:
    (tmp_path / "x").write_bytes(TEXT)
    run("minisign", "-G", "-W", "-p", "k.pub", "-s", "k.sec", at=tmp_path)
    option = ["-l"] if old else []
    run("minisign", "-S", *option, "-s", "k.sec", "-m", "x", "-t", "words that are signed", at=tmp_path)
    key = parse_public_key((tmp_path / "k.pub").read_bytes())
    theirs = PinnedSigner("", key.key, key_id=key.key_id)
    signed = only({"canary.txt.minisig": (tmp_path / "x.minisig").read_bytes()}, keys=pinned(theirs))
    assert signed.outcome is Outcome.GOOD
    assert "words that are signed" in signed.detail

    (tmp_path / "ours.pub").write_bytes(LEGAL.key_file())
    for name, made in (("good", LEGAL.minisign(TEXT, old=old)), ("bad", LEGAL.minisign(TEXT + b"x", old=old))):
        (tmp_path / f"{name}.minisig").write_bytes(made)
        found = verdict("minisign", "-V", "-p", "ours.pub", "-m", "x", "-x", f"{name}.minisig", at=tmp_path)
        assert found is (name == "good") is (only({"canary.txt.minisig": made}).outcome is Outcome.GOOD)


# --- other people's canaries ----------------------------------------------------------------------------

KICKSECURE = Path(__file__).parents[4] / "shared" / "data" / "canaries" / "kicksecure"
SIGNED = sorted(KICKSECURE.glob("history/*/*.sig"))


@pytest.mark.skipif(not KICKSECURE.is_dir(), reason=f"other people's canaries are not here: {KICKSECURE}")
def test_every_signify_signature_of_kicksecure_is_good_and_bad_with_one_byte_changed() -> None:
    key = parse_public_key((KICKSECURE / "keys" / "derivative.pub").read_bytes())
    keys = pinned(PinnedSigner("derivative", key.key, key_id=key.key_id))
    assert len(SIGNED) == 18
    for path in SIGNED:
        text = (path.parent / "canary.txt").read_bytes()
        edition = read({path.name: path.read_bytes()}, own=text, keys=keys)
        assert (path, edition.signers()) == (path, ("derivative",))
        place = len(text) // 2
        changed = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        assert only({path.name: path.read_bytes()}, own=changed, keys=keys).outcome is Outcome.BAD
