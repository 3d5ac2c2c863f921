from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from canary.edges.keys.ed25519_keys import KEY_FILE_BYTES, Ed25519FileSigner, create
from canary.edges.keys.signers import Signer
from canary.errors import SigningError
from tests.gpg_home import JAN, TEXT

NAME = "example.net/canary/legal"


def never() -> bytes:
    raise AssertionError("nobody was to be asked")


def signer_of(path: Path, passphrase: bytes | None = None) -> Ed25519FileSigner:
    return Ed25519FileSigner(NAME, path, never if passphrase is None else lambda: passphrase)


@pytest.mark.parametrize("passphrase", [None, b"correct horse", "Zoë's".encode(), b"x" * 1000])
def test_a_new_key_signs(tmp_path: Path, passphrase: bytes | None) -> None:
    path = tmp_path / "keys" / "legal.key"
    public = create(path, passphrase=passphrase)
    assert len(public) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert (b"ENCRYPTED" in path.read_bytes()) == (passphrase is not None)
    signer: Signer = signer_of(path, passphrase)
    assert signer.name == NAME
    signature = signer.sign(TEXT, at=JAN)
    assert len(signature) == 64
    Ed25519PublicKey.from_public_bytes(public).verify(signature, TEXT)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(public).verify(signature, TEXT + b"\n")
    assert signer_of(path, passphrase).public_key == public


def test_openssl_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "legal.key"
    public = create(path, passphrase=b"correct horse")
    done = subprocess.run(
        ["openssl", "pkey", "-in", str(path), "-passin", "pass:correct horse", "-pubout", "-outform", "DER"],
        capture_output=True,
        check=True,
    )
    assert done.stdout.endswith(public)


def test_keys_differ(tmp_path: Path) -> None:
    assert create(tmp_path / "a", passphrase=None) != create(tmp_path / "b", passphrase=None)


def test_nothing_is_opened_or_asked_before_it_is_needed(tmp_path: Path) -> None:
    asked = []

    def ask() -> bytes:
        asked.append(True)
        return b"correct horse"

    signer = Ed25519FileSigner(NAME, tmp_path / "legal.key", ask)
    create(tmp_path / "legal.key", passphrase=b"correct horse")
    assert not asked
    signer.sign(TEXT, at=JAN)
    signer.sign(TEXT, at=JAN)
    assert len(asked) == 1


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "legal.key"
    create(path, passphrase=None)
    before = path.read_bytes()
    with pytest.raises(SigningError, match=r"legal\.key is there already") as caught:
        create(path, passphrase=None)
    assert caught.value.hint
    assert path.read_bytes() == before
    link = tmp_path / "link.key"
    link.symlink_to(tmp_path / "elsewhere.key")
    with pytest.raises(SigningError, match="is there already"):
        create(link, passphrase=None)
    assert not (tmp_path / "elsewhere.key").exists()


def test_a_key_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SigningError, match=r"file cannot be made: File exists"):
        create(tmp_path / "file" / "legal.key", passphrase=None)

    def full(_descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SigningError, match="No space left on device"):
        create(tmp_path / "legal.key", passphrase=None)
    assert not (tmp_path / "legal.key").exists()


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="empty"):
        create(tmp_path / "legal.key", passphrase=b"")
    assert not (tmp_path / "legal.key").exists()


@pytest.mark.parametrize("wrong", [b"wrong secret", b"", b"x" * 100_000])
def test_wrong_passphrase(tmp_path: Path, wrong: bytes) -> None:
    path = tmp_path / "legal.key"
    create(path, passphrase=b"correct horse")
    signer = Ed25519FileSigner(NAME, path, lambda: wrong)
    with pytest.raises(SigningError, match="does not open with this passphrase") as caught:
        signer.sign(TEXT, at=JAN)
    assert "secret" not in f"{caught.value!r}{caught.value.hint}"
    assert caught.value.__suppress_context__  # nothing of the library's own error is shown either


def test_nobody_to_ask(tmp_path: Path) -> None:
    path = tmp_path / "legal.key"
    create(path, passphrase=b"correct horse")
    with pytest.raises(SigningError, match="nobody can be asked for its passphrase"):
        Ed25519FileSigner(NAME, path, None).sign(TEXT, at=JAN)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o777])
def test_a_file_that_others_can_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "legal.key"
    create(path, passphrase=None)
    path.chmod(mode)
    with pytest.raises(SigningError, match="can be read or changed by other users") as caught:
        signer_of(path).sign(TEXT, at=JAN)
    assert caught.value.hint == f"Run: chmod 600 {path}"


def test_files_that_are_no_files(tmp_path: Path) -> None:
    create(tmp_path / "legal.key", passphrase=None)
    (tmp_path / "link").symlink_to(tmp_path / "legal.key")
    (tmp_path / "folder").mkdir(mode=0o700)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, message in (
        ("missing", "there is no key file"),
        ("link", "is a symbolic link"),
        ("folder", "is not a file"),
        ("pipe", "is not a file"),
        ("legal.key/x", "could not be opened: Not a directory"),
    ):
        with pytest.raises(SigningError, match=message):
            signer_of(tmp_path / name).sign(TEXT, at=JAN)


def other_kind() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_part() -> bytes:
    key = Ed25519PrivateKey.generate().public_key()
    return b"-----BEGIN PUBLIC KEY-----\n" + key.public_bytes_raw().hex().encode() + b"\n-----END PUBLIC KEY-----\n"


@pytest.mark.parametrize("content", [b"", b"junk", b"\0" * 100, other_kind(), public_part()])
def test_files_that_are_no_keys(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "legal.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SigningError, match="is not an Ed25519 private key in PEM"):
        assert signer_of(path).public_key


def test_a_file_that_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "legal.key"
    create(path, passphrase=None)
    with path.open("ab") as file:
        file.write(b"\n" * KEY_FILE_BYTES)
    with pytest.raises(SigningError, match="longer than 16384 bytes"):
        signer_of(path).sign(TEXT, at=JAN)


def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "legal.key"
    create(path, passphrase=b"correct horse")
    signer = signer_of(path, b"correct horse")
    signer.sign(TEXT, at=JAN)
    assert "correct" not in repr(signer)
    assert "correct" not in str(vars(signer))
