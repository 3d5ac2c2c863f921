from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from canary.core.signed.vkey import parse_vkey
from tests.gpg_home import GpgHome, day
from tests.publisher import PASSPHRASE, Publisher, done, tree


@pytest.fixture(scope="module")
def gpg() -> Iterator[GpgHome]:
    with GpgHome() as home:
        yield home


@pytest.fixture
def started(tmp_path: Path) -> Publisher:
    made = Publisher(tmp_path / "publisher")
    assert made.init().code == 0
    return made


def with_gpg(started: Publisher, gpg: GpgHome, fingerprint: str) -> Publisher:
    started.gpg_home = gpg.path
    started.openpgp = {"security": fingerprint}
    return started


@pytest.mark.parametrize("command", ["new", "log"])
def test_no_public_key_is_written_through_a_link_that_leads_out(started: Publisher, command: str) -> None:
    elsewhere = (started.root / "keys").rename(started.folder / "elsewhere")
    (started.root / "keys").symlink_to(elsewhere)
    before = tree(started.folder)
    ran = started.new_key("legal") if command == "new" else started.canary("key", "log", "--key-dir", started.keys)
    assert (ran.code, "leads out of" in ran.err) == (3, True)
    assert tree(started.folder) == before


# --- key new --------------------------------------------------------------------------------------------


def test_the_private_key_is_encrypted_pkcs8_that_only_its_owner_can_read(started: Publisher) -> None:
    assert started.new_key("legal").code == 0
    pem = started.private / "legal.pem"
    assert pem.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert stat.S_IMODE(pem.stat().st_mode) == 0o600
    key = load_pem_private_key(pem.read_bytes(), PASSPHRASE.encode())
    assert isinstance(key, Ed25519PrivateKey)
    vkey = parse_vkey((started.root / "keys" / "legal.vkey").read_text("utf-8").removesuffix("\n"))
    assert vkey.name == "example.net/canary/legal"
    assert vkey.data == b"\x01" + key.public_key().public_bytes_raw()


def test_no_private_key_ever_lies_in_the_workspace(started: Publisher) -> None:
    started.new_key("legal")
    before = tree(started.root)
    ran = started.canary("key", "new", "security", "--unencrypted", "--key-dir", started.root / "keys")
    assert (ran.code, "lies in the workspace" in ran.err) == (3, True)
    assert tree(started.root) == before
    assert not any(b"PRIVATE" in content for _, content in before.values())


def test_the_key_folder_can_come_from_the_environment(started: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_KEY_DIR", str(started.folder / "token"))
    assert started.canary("key", "new", "legal", "--unencrypted").code == 0
    assert list((started.folder / "token").rglob("legal.pem"))


def test_without_a_passphrase_nothing_is_made_unless_that_is_said(started: Publisher) -> None:
    before = tree(started.folder)
    ran = started.canary("key", "new", "legal", "--key-dir", started.keys)
    assert ran.code == 1
    assert "--passphrase-file" in ran.err
    assert "--unencrypted" in ran.err
    assert tree(started.folder) == before


def test_an_unencrypted_key_comes_with_a_warning(started: Publisher) -> None:
    ran = started.new_key("legal", "--unencrypted")
    assert ran.code == 0
    assert "Warning: it has no passphrase." in ran.said
    pem = started.private / "legal.pem"
    assert load_pem_private_key(pem.read_bytes(), None)
    assert stat.S_IMODE(pem.stat().st_mode) == 0o600


def test_unencrypted_and_a_passphrase_contradict_each_other(started: Publisher) -> None:
    before = tree(started.folder)
    ran = started.new_key("legal", "--unencrypted", "--passphrase-file", started.passphrase_file)
    assert (ran.code, "contradict each other" in ran.err) == (1, True)
    assert tree(started.folder) == before


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "holds no passphrase"), (b"\nsecond line", "holds no passphrase"), (b"x" * 2_000, "more than 1,024 bytes")],
)
def test_a_passphrase_file_without_a_passphrase_is_refused(started: Publisher, content: bytes, told: str) -> None:
    started.passphrase_file.write_bytes(content)
    ran = started.new_key("legal")
    assert (ran.code, told in ran.err) == (3, True)
    assert not (started.private / "legal.pem").exists()


def test_only_the_first_line_of_a_passphrase_file_counts(started: Publisher) -> None:
    started.passphrase_file.write_bytes(f"{PASSPHRASE}\nnotes about it\n".encode())
    assert started.new_key("legal").code == 0
    assert load_pem_private_key((started.private / "legal.pem").read_bytes(), PASSPHRASE.encode())


def test_a_passphrase_file_that_is_not_there_is_named(started: Publisher) -> None:
    ran = started.new_key("legal", "--passphrase-file", started.folder / "nowhere")
    assert (ran.code, "nowhere cannot be read" in ran.err) == (3, True)


def test_a_second_key_for_a_name_is_refused(started: Publisher) -> None:
    started.new_key("legal")
    before = tree(started.folder)
    ran = started.new_key("legal")
    assert ran.code == 1
    assert "legal has a key already" in ran.err
    assert "a new name, like legal-2" in ran.said
    assert tree(started.folder) == before


def test_a_public_half_that_is_gone_is_made_again_from_the_private_key(started: Publisher) -> None:
    started.new_key("legal")
    before = tree(started.folder)
    (started.root / "keys" / "legal.vkey").unlink()
    ran = started.new_key("legal")
    assert (ran.code, "was there already" in ran.out, "it was not changed" in ran.out) == (0, True, True)
    assert tree(started.folder) == before


@pytest.mark.parametrize("given", ["passphrase", "nothing"])
def test_a_private_key_that_is_found_without_a_passphrase_is_warned_of(started: Publisher, given: str) -> None:
    started.new_key("legal", "--unencrypted")
    (started.root / "keys" / "legal.vkey").unlink()
    ran = (
        started.new_key("legal")
        if given == "passphrase"
        else started.canary("key", "new", "legal", "--key-dir", started.keys)
    )
    assert (ran.code, "Warning: it has no passphrase" in ran.out) == (0, True)
    assert "Warning" not in started.new_key("security").out
    (started.root / "keys" / "security.vkey").unlink()
    assert "Warning" not in started.new_key("security").out


def test_a_second_name_that_a_killed_run_left_a_private_key_is_removed(started: Publisher) -> None:
    started.new_key("legal")
    before = tree(started.folder)
    (started.root / "keys" / "legal.vkey").unlink()
    (started.private / ".legal.pem.abcdefgh.part").hardlink_to(started.private / "legal.pem")
    assert started.new_key("legal").code == 0
    assert tree(started.folder) == before


def test_a_private_key_that_does_not_open_is_not_overwritten(started: Publisher) -> None:
    started.new_key("legal")
    (started.root / "keys" / "legal.vkey").unlink()
    started.passphrase_file.write_text("another one\n", "utf-8")
    before = tree(started.folder)
    ran = started.new_key("legal")
    assert (ran.code, "does not open with this passphrase" in ran.err) == (3, True)
    assert tree(started.folder) == before


@pytest.mark.parametrize("name", ["log", "Legal", "../legal", ""])
def test_a_name_that_no_signer_can_have_is_refused(started: Publisher, name: str) -> None:
    before = tree(started.folder)
    ran = started.new_key(name)
    assert (ran.code, "a signer's name" in ran.err) == (3, True)
    assert tree(started.folder) == before


def test_each_key_says_which_comes_next(started: Publisher) -> None:
    assert started.new_key("legal").out.endswith("\nNext: canary key new security\n")
    started.new_key("security")
    assert started.new_key("director").out.endswith("\nNext: canary roster\n")
    assert 'add "board" to [signers] names' in started.new_key("board").out


# --- key openpgp ----------------------------------------------------------------------------------------


def test_an_openpgp_key_is_taken_in_as_its_smallest_certificate(started: Publisher, gpg: GpgHome) -> None:
    key = gpg.key("security <security@example.net>")
    gpg.subkey(key, algorithm="cv25519", usage="encr")
    ran = with_gpg(started, gpg, key).new_key("security")
    assert ran.code == 0
    assert key in ran.out
    assert "security <security@example.net>" in ran.out
    assert "expires      never" in ran.out
    armored = (started.root / "keys" / "security.asc").read_bytes()
    assert armored.startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")
    with GpgHome() as other:
        other.run("--import", data=armored)
        assert other.fingerprints(key) == [key]
    assert ran.out.endswith("Next: canary key new legal\n")


def test_a_short_key_id_is_refused(started: Publisher, gpg: GpgHome) -> None:
    ran = with_gpg(started, gpg, gpg.key("short <s@example.net>")[-16:]).new_key("security")
    assert (ran.code, "40 hexadecimal digits" in ran.err) == (3, True)


def test_a_key_that_is_not_in_the_keyring_is_named(started: Publisher, gpg: GpgHome) -> None:
    ran = with_gpg(started, gpg, "A" * 40).new_key("security")
    assert (ran.code, f"no key {'A' * 40}" in ran.err) == (3, True)


def test_an_expired_key_is_refused(started: Publisher, gpg: GpgHome) -> None:
    key = gpg.key("expired <e@example.net>", expires="20260110T000000")
    ran = with_gpg(started, gpg, key).new_key("security")
    assert (ran.code, "is expired or cannot sign" in ran.err) == (1, True)
    assert not (started.root / "keys" / "security.asc").exists()


def test_a_revoked_key_is_refused(started: Publisher, gpg: GpgHome) -> None:
    key = gpg.key("revoked <r@example.net>")
    gpg.revoke(key)
    ran = with_gpg(started, gpg, key).new_key("security")
    assert (ran.code, "of security is revoked" in ran.err) == (1, True)
    assert not (started.root / "keys" / "security.asc").exists()


def test_a_key_that_only_encrypts_is_refused(started: Publisher, gpg: GpgHome) -> None:
    key = gpg.key("encrypts <e@example.net>", usage="cert")
    gpg.subkey(key, algorithm="cv25519", usage="encr")
    ran = with_gpg(started, gpg, key).new_key("security")
    assert (ran.code, "is expired or cannot sign" in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("expires", "warned"), [("20260514T120000", True), ("20260515T120000", False)], ids=["too soon", "in time"]
)
def test_it_warns_of_a_key_that_expires_before_two_windows_are_over(
    started: Publisher, gpg: GpgHome, expires: str, *, warned: bool
) -> None:
    key = gpg.key(f"soon {expires} <s@example.net>", expires=expires)
    ran = with_gpg(started, gpg, key).new_key("security")
    assert ran.code == 0
    assert ("Warning: it expires before the next two windows are over" in ran.said) is warned


def test_the_same_key_can_come_again_with_a_later_expiry(started: Publisher, gpg: GpgHome) -> None:
    key = gpg.key("renewed <r@example.net>", expires="20260601T000000")
    with_gpg(started, gpg, key)
    assert "expires      2026-06-01" in started.new_key("security").out
    gpg.extend(key, "20300101T000000", at=day(2026, 1, 2))
    ran = started.new_key("security")
    assert ran.code == 0
    assert "expires      2030-01-01" in ran.out


def test_another_key_for_the_same_name_is_refused_whatever_its_kind(started: Publisher, gpg: GpgHome) -> None:
    first, second = gpg.key("first <f@example.net>"), gpg.key("second <s@example.net>")
    with_gpg(started, gpg, first).new_key("security")
    before = tree(started.folder)
    ran = with_gpg(started, gpg, second).new_key("security")
    assert (ran.code, f"fingerprint {first}" in ran.said) == (1, True)
    started.openpgp = {}
    assert started.new_key("security").code == 1
    assert tree(started.folder) == before
    started.new_key("legal")
    started.openpgp = {"legal": second}
    assert started.new_key("legal").code == 1


# --- key log --------------------------------------------------------------------------------------------


def without_its_name(publisher: Publisher) -> Path:
    """Leaves the newest log key as a run that is killed last leaves it; returns where it should lie."""
    vkey = parse_vkey((publisher.root / "keys" / "log.vkey").read_text("utf-8").removesuffix("\n"))
    path = publisher.private / f"log+{vkey.key_id.hex()}.pem"
    path.rename(publisher.private / "log+new.pem")
    return path


def test_a_log_key_that_a_killed_run_left_without_its_name_signs_all_the_same(rostered: Publisher) -> None:
    done(rostered.canary("key", "log", "--key-dir", rostered.keys))
    path = without_its_name(rostered)
    rostered.rotate(by=rostered.signers)
    assert path.exists()
    assert not (rostered.private / "log+new.pem").exists()


def test_the_next_log_key_does_not_cost_the_one_that_was_left_without_its_name(rostered: Publisher) -> None:
    path = without_its_name(rostered)
    done(rostered.canary("key", "log", "--key-dir", rostered.keys))
    assert path.exists()
    assert len(list(rostered.private.glob("log+*.pem"))) == 2


# --- key list -------------------------------------------------------------------------------------------


def test_the_list_shows_each_key_and_what_is_missing(started: Publisher) -> None:
    started.new_key("legal")
    ran = started.canary("key", "list")
    assert ran.code == 0
    assert re.search(r"^legal: Ed25519, key id [0-9a-f]{8}; not in the published roster$", ran.out, re.MULTILINE)
    assert re.search(r"^log: Ed25519, key id [0-9a-f]{8}; signs checkpoints, has no authority$", ran.out, re.MULTILINE)
    assert ran.out.endswith("Next: make the missing keys: canary key new security\n")


def test_the_list_compares_with_the_published_roster(rostered: Publisher) -> None:
    assert rostered.canary("key", "list").out.count("; in the published roster\n") == 3
    other = Publisher(rostered.folder.with_name("other"))
    other.init()
    other.new_key("legal")
    (rostered.root / "keys" / "legal.vkey").write_bytes((other.root / "keys" / "legal.vkey").read_bytes())
    assert "DIFFERENT from the key of that name in the published roster" in rostered.canary("key", "list").said


def test_the_list_says_when_a_certificate_ends(started: Publisher, gpg: GpgHome) -> None:
    key = gpg.key("listed <l@example.net>", expires="20260601T000000")
    with_gpg(started, gpg, key).new_key("security")
    assert f"security: OpenPGP, fingerprint {key}; not in" in started.canary("key", "list").out
    assert "  expires 2026-06-01\n" in started.canary("key", "list").out
    assert "  expired, or without a key that can sign\n" in started.on("2026-06-02").canary("key", "list").out


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("legal.vkey", "nonsense\n", "keys/legal.vkey"),
        ("security.vkey", None, "is named 'example.net/canary/legal', not 'example.net/canary/security'"),
        ("legal.asc", "x", "has both a .vkey and an .asc"),
    ],
)
def test_a_public_key_that_cannot_be_is_named_with_its_file(
    started: Publisher, file: str, content: str | None, told: str
) -> None:
    started.new_key("legal")
    legal = (started.root / "keys" / "legal.vkey").read_text("utf-8")
    (started.root / "keys" / file).write_text(legal if content is None else content, "utf-8")
    ran = started.canary("key", "list")
    assert (ran.code, told in ran.said) == (3, True)
