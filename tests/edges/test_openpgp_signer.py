from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from canary.core.signed.outcome import Outcome
from canary.edges.keys.signers import Signer
from canary.edges.openpgp.gpg import Gpg, private_home
from canary.edges.openpgp.openpgp_certificates import Certificate, inspect_certificate
from canary.edges.openpgp.openpgp_packets import one_signature
from canary.edges.openpgp.openpgp_signer import GpgSigner
from canary.edges.openpgp.openpgp_verifier import GpgVerifier
from canary.errors import SigningError
from tests.gpg_home import NOW, TEXT, GpgHome, day

NAME = "example.net/canary/legal"
PASSPHRASE = "Zoë's correct horse"


@pytest.fixture(scope="module")
def legal(home: GpgHome) -> str:
    return home.key(passphrase=PASSPHRASE)


@pytest.fixture(scope="module")
def certificate(home: GpgHome, legal: str) -> Certificate:
    return inspect_certificate(home.export(legal), at=NOW)


def signer_of(home: GpgHome, fingerprint: str, passphrase: str = "", *, faked_time: bool = True) -> GpgSigner:
    return GpgSigner(
        NAME, bytes.fromhex(fingerprint), home=home.path, passphrase=lambda: passphrase, faked_time=faked_time
    )


def test_a_signature_that_verifies(home: GpgHome, legal: str, certificate: Certificate, verifier: GpgVerifier) -> None:
    signer: Signer = signer_of(home, legal, PASSPHRASE)
    assert signer.name == NAME
    for text in (TEXT, b"", b"\n", PASSPHRASE.encode(), bytes(range(256)) * 128):
        check = verifier(
            certificate=certificate.binary,
            fingerprint=certificate.fingerprint,
            text=text,
            signature=signer.sign(text, at=day(2026, 2)),
        )
        assert (check.outcome, check.signed_at) == (Outcome.GOOD, day(2026, 2))


def test_the_real_clock(home: GpgHome) -> None:
    key = home.key("now <now@example.org>", at=day(2020, 1))
    before = datetime.now(UTC).replace(microsecond=0)
    signature = signer_of(home, key, faked_time=False).sign(TEXT, at=day(2026, 2))
    with private_home() as name:
        packet = one_signature(Gpg(), home=Path(name), data=signature)
    assert before <= packet.signed_at <= datetime.now(UTC)


def test_the_newest_signing_subkey_signs(home: GpgHome, verifier: GpgVerifier) -> None:
    key = home.key("subs <subs@example.org>", usage="cert")
    home.subkey(key, at=day(2026, 1, 2))
    newest = home.subkey(key, at=day(2026, 1, 3))
    certificate = inspect_certificate(home.export(key), at=NOW)
    signature = signer_of(home, key).sign(TEXT, at=day(2026, 2))
    assert bytes.fromhex(newest) in signature
    check = verifier(certificate=certificate.binary, fingerprint=bytes.fromhex(key), text=TEXT, signature=signature)
    assert check.outcome is Outcome.GOOD


def test_what_the_users_own_options_say_does_not_matter(home: GpgHome, legal: str) -> None:
    options = home.path / "gpg.conf"
    options.write_text("armor\ntextmode\nsig-notation a@example.org=b\ndigest-algo SHA1\n", "utf-8")
    try:
        signature = signer_of(home, legal, PASSPHRASE).sign(TEXT, at=day(2026, 2))
    finally:
        options.unlink()
    assert signature[2:6] == bytes((4, 0, 22, 8))
    assert b"example.org" not in signature


def test_ones_own_home(home: GpgHome, legal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", str(home.path))
    signer = GpgSigner(NAME, bytes.fromhex(legal), home=None, passphrase=lambda: PASSPHRASE, faked_time=True)
    assert signer.sign(TEXT, at=day(2026, 2))


@pytest.mark.parametrize("wrong", ["wrong secret", "Zoë's correct hors", "wrong " * 10])
def test_wrong_passphrase(home: GpgHome, legal: str, wrong: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SigningError, match=f"the passphrase of the key {legal} is wrong") as caught:
        signer_of(home, legal, wrong).sign(TEXT, at=day(2026, 2))
    assert caught.value.hint
    assert "secret" not in f"{caught.value!r}{caught.value.hint}"
    assert not caplog.records


def test_no_passphrase(home: GpgHome, legal: str) -> None:
    with pytest.raises(SigningError, match=f"no passphrase was given for the key {legal}"):
        signer_of(home, legal, "").sign(TEXT, at=day(2026, 2))


@pytest.mark.parametrize("broken", ["two\nlines", "two\rlines", "a\0b"])
def test_a_passphrase_of_two_lines_is_not_signed_along(home: GpgHome, legal: str, broken: str) -> None:
    with pytest.raises(SigningError, match="the passphrase has a line break in it"):
        signer_of(home, legal, broken).sign(TEXT, at=day(2026, 2))


def test_the_passphrase_reaches_no_log_and_no_argument(
    home: GpgHome, legal: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "gpg"
    path.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/arguments\nexec gpg "$@"\n', "utf-8")
    path.chmod(0o755)
    signer = GpgSigner(
        NAME,
        bytes.fromhex(legal),
        home=home.path,
        passphrase=lambda: PASSPHRASE,
        faked_time=True,
        program=str(path),
    )
    signer.sign(TEXT, at=day(2026, 2))
    assert "--detach-sign" in (tmp_path / "arguments").read_text("utf-8")
    assert "horse" not in (tmp_path / "arguments").read_text("utf-8")
    assert "horse" not in caplog.text
    assert "horse" not in repr(vars(signer))


def test_no_secret_key(home: GpgHome) -> None:
    with pytest.raises(SigningError, match=r"gpg has no secret key for the key (00){20}") as caught:
        signer_of(home, "0" * 40).sign(TEXT, at=day(2026, 2))
    assert "--list-secret-keys" in caught.value.hint


def test_keys_that_cannot_sign(home: GpgHome) -> None:
    expired = home.key("expired <e@example.org>", expires="1y", at=day(2024, 1))
    certifying = home.key("certifying <c@example.org>", usage="cert")
    revoked = home.key("revoked <r@example.org>")
    home.revoke(revoked)
    for key in (expired, certifying, revoked):
        with pytest.raises(SigningError, match=f"the key {key} cannot sign") as caught:
            signer_of(home, key).sign(TEXT, at=day(2026, 2))
        assert caught.value.hint


def test_gpg_is_missing(home: GpgHome, legal: str, tmp_path: Path) -> None:
    signer = GpgSigner(NAME, bytes.fromhex(legal), home=home.path, passphrase=None, program=str(tmp_path / "gpg"))
    with pytest.raises(SigningError, match=r"gpg 2\.2 or newer is needed") as caught:
        signer.sign(TEXT, at=day(2026, 2))
    assert "gnupg" in caught.value.hint


def test_a_signature_that_cannot_be_used(home: GpgHome, legal: str, tmp_path: Path) -> None:
    path = tmp_path / "gpg"
    path.write_text('#!/bin/sh\ncase "$*" in *--detach-sign*) cat;; *) exec gpg "$@";; esac\n', "utf-8")
    path.chmod(0o755)
    signer = GpgSigner(NAME, bytes.fromhex(legal), home=home.path, passphrase=None, program=str(path))
    with pytest.raises(SigningError, match="gpg made a signature that cannot be used"):
        signer.sign(TEXT, at=day(2026, 2))
    path.write_text(path.read_text("utf-8").replace("cat;;", 'exec gpg "$@" --digest-algo=SHA512;;'), "utf-8")
    unlocked = home.key("unlocked <u@example.org>")
    signer = GpgSigner(NAME, bytes.fromhex(unlocked), home=home.path, passphrase=None, program=str(path))
    with pytest.raises(SigningError, match="not over SHA-256"):
        signer.sign(TEXT, at=day(2026, 2))


# --- without a passphrase of ours: gpg-agent asks through pinentry ---------------------------------------

PINENTRY = """#!{python}
import sys
said = open({log!r}, "a")
print("OK ready", flush=True)
for line in sys.stdin:
    said.write(line)
    said.flush()
    if line.startswith("GETPIN"):
        print({answer!r}, flush=True)
    print("OK", flush=True)
    if line.startswith("BYE"):
        break
"""


@pytest.fixture
def asking() -> Iterator[GpgHome]:
    """A home with a key behind a passphrase, whose agent has not been asked for anything yet."""
    with GpgHome() as made:
        made.key(passphrase="horse")
        yield made


def let_pinentry_answer(home: GpgHome, folder: Path, answer: str) -> Path:
    path = folder / "pinentry"
    path.write_text(PINENTRY.format(python=sys.executable, log=str(folder / "said"), answer=answer), "utf-8")
    path.chmod(0o755)
    home.configure_agent(f"pinentry-program {path}")
    home.forget()
    return folder / "said"


def test_pinentry_asks_in_the_terminal(asking: GpgHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = let_pinentry_answer(asking, tmp_path, "D horse")
    (fingerprint,) = asking.fingerprints("legal@example.org")
    signer = GpgSigner(NAME, bytes.fromhex(fingerprint), home=asking.path, passphrase=None)
    monkeypatch.setattr(os, "ttyname", lambda _: "/dev/pts/77")
    assert signer.sign(TEXT, at=day(2026, 2))
    assert "OPTION ttyname=/dev/pts/77\n" in said.read_text("utf-8")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("ERR 83886179 Operation cancelled <Pinentry>", "was cancelled"),
        ("ERR 83886142 Timeout <Pinentry>", "nobody gave the passphrase"),
        ("ERR 83918950 Inappropriate ioctl for device <Pinentry>", "could not ask for the passphrase"),
    ],
)
def test_pinentry_that_brings_nothing(asking: GpgHome, tmp_path: Path, answer: str, message: str) -> None:
    let_pinentry_answer(asking, tmp_path, answer)
    (fingerprint,) = asking.fingerprints("legal@example.org")
    signer = GpgSigner(NAME, bytes.fromhex(fingerprint), home=asking.path, passphrase=None)
    with pytest.raises(SigningError, match=message) as caught:
        signer.sign(TEXT, at=day(2026, 2))
    assert caught.value.hint


def test_pinentry_that_is_missing(asking: GpgHome, tmp_path: Path) -> None:
    let_pinentry_answer(asking, tmp_path, "")
    (tmp_path / "pinentry").unlink()
    (fingerprint,) = asking.fingerprints("legal@example.org")
    signer = GpgSigner(NAME, bytes.fromhex(fingerprint), home=asking.path, passphrase=None)
    with pytest.raises(SigningError, match="could not ask for the passphrase") as caught:
        signer.sign(TEXT, at=day(2026, 2))
    assert "pinentry-curses" in caught.value.hint
