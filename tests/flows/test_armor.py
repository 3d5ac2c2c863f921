from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.flows.site.armor import Armor, armor, crc24
from tests.gpg_home import GpgHome, day

TEXT = b"If it is not signed, it is not said.\n"


@pytest.fixture(scope="module")
def home() -> Iterator[GpgHome]:
    with GpgHome() as made:
        yield made


def test_a_whole_armor() -> None:
    assert armor(Armor.SIGNATURE, bytes(range(50))) == (
        b"-----BEGIN PGP SIGNATURE-----\n"
        b"\n"
        b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\n"
        b"MDE=\n"
        b"=nLjm\n"  # as gpg --enarmor writes it
        b"-----END PGP SIGNATURE-----\n"
    )


def test_the_checksum_is_the_one_that_catalogues_of_crcs_call_crc_24_openpgp() -> None:
    assert crc24(b"123456789").hex() == "21cf02"


@given(st.sampled_from(Armor), st.binary(min_size=1, max_size=500))
def test_armor_holds_the_data_in_lines_of_64(kind: Armor, data: bytes) -> None:
    first, blank, *body, checksum, last, end = armor(kind, data).decode("ascii").split("\n")
    assert (first, blank, end) == (f"-----BEGIN PGP {kind.value}-----", "", "")
    assert last == f"-----END PGP {kind.value}-----"
    assert base64.b64decode("".join(body), validate=True) == data
    assert checksum == "=" + base64.b64encode(crc24(data)).decode()
    assert {len(line) for line in body[:-1]} <= {64}
    assert 1 <= len(body[-1]) <= 64


# Without the checksum gpg 2.2 reads two lengths of three.
@pytest.mark.parametrize("cut", range(3))
def test_gpg_reads_every_length_without_a_word(home: GpgHome, cut: int) -> None:
    certificate = home.export(home.key(f"{cut} <cut@example.org>"))
    data = certificate[: len(certificate) - cut]
    done = subprocess.run(
        ["gpg", f"--homedir={home.path}", "--no-options", "--dearmor"],
        input=armor(Armor.CERTIFICATE, data),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, data, b"")


@pytest.mark.parametrize("algorithm", ["ed25519", "rsa2048"])
def test_gpg_verifies_what_is_armored(home: GpgHome, tmp_path: Path, algorithm: str) -> None:
    key = home.key(algorithm, algorithm=algorithm)
    certificate, signature = home.export(key), home.sign(key, TEXT, at=day(2026, 2))
    (tmp_path / "text.txt").write_bytes(TEXT)
    (tmp_path / "text.asc").write_bytes(armor(Armor.SIGNATURE, signature))
    (tmp_path / "key.asc").write_bytes(armor(Armor.CERTIFICATE, certificate))
    with GpgHome() as other:
        other.run("--import", str(tmp_path / "key.asc"))
        other.run("--verify", str(tmp_path / "text.asc"), str(tmp_path / "text.txt"))
