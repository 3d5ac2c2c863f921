from __future__ import annotations

import gc
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from canary.core.signed.outcome import OpenPGPCheck, Outcome
from canary.edges.openpgp.gpg import Gpg, private_home
from canary.edges.openpgp.openpgp_certificates import Certificate, armor_certificate, inspect_certificate
from canary.edges.openpgp.openpgp_verifier import GpgVerifier
from canary.errors import GpgError
from tests.gpg_home import NOW, SIGNED, TEXT, bomb, check_of


def program(folder: Path, script: str) -> str:
    path = folder / "gpg"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return str(path)


# --- what gpg says --------------------------------------------------------------------------------------


VALID = "[GNUPG:] VALIDSIG {fingerprint} 2026-02-01 {created} 0 4 0 22 8 00 {fingerprint}\n"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("", Outcome.UNCHECKED),
        ("gpg: Good signature\n", Outcome.UNCHECKED),
        (f"[GNUPG:] GOODSIG 0 a\n{VALID}", Outcome.GOOD),
        (f"[GNUPG:] GOODSIG 0 a\n{VALID}{VALID}", Outcome.BAD),
        (f"[GNUPG:] GOODSIG 0 a\n[GNUPG:] GOODSIG 0 a\n{VALID}", Outcome.BAD),
        (f"[GNUPG:] GOODSIG 0 a\n[GNUPG:] BADSIG 0 a\n{VALID}", Outcome.BAD),
        (f"[GNUPG:] NEWSIG\n[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 0 a\n{VALID}", Outcome.BAD),
        ("[GNUPG:] GOODSIG 0 a\n", Outcome.UNCHECKED),
        (VALID, Outcome.UNCHECKED),
        (f"x[GNUPG:] GOODSIG 0 a\n{VALID}", Outcome.UNCHECKED),
        (f" [GNUPG:] GOODSIG 0 a\n{VALID}", Outcome.UNCHECKED),
        (f"[GNUPG:]GOODSIG 0 a\n{VALID}", Outcome.UNCHECKED),
        ("[GNUPG:] GOODSIG 0 a\n[GNUPG:] VALIDSIG {fingerprint}\n", Outcome.UNCHECKED),
        (f"[GNUPG:] GOODSIG 0 a\n{VALID.replace(' 8 00', ' 10 00')}", Outcome.BAD),
        (f"[GNUPG:] GOODSIG 0 a\n{VALID.replace(' 8 00', ' 8 01')}", Outcome.BAD),
        (f"[GNUPG:] GOODSIG 0 a\n{VALID.replace('{created}', '1')}", Outcome.BAD),
        (f"[GNUPG:] GOODSIG 0 a\n{VALID.replace('{fingerprint}', '0' * 40)}", Outcome.NO_KEY),
        (f"[GNUPG:] EXPKEYSIG 0 a\n{VALID}", Outcome.EXPIRED_KEY),
        (f"[GNUPG:] EXPSIG 0 a\n{VALID}", Outcome.EXPIRED_KEY),
        (f"[GNUPG:] REVKEYSIG 0 a\n{VALID}", Outcome.REVOKED_KEY),
        ("[GNUPG:] ERRSIG 0 22 8 00 1 9 0\n[GNUPG:] NO_PUBKEY 0\n", Outcome.NO_KEY),
        ("[GNUPG:] ERRSIG 0 22 8 00 1 4 0\n", Outcome.UNCHECKED),
        ("[GNUPG:] ERRSIG 0 22 8 00 1 39 0\n", Outcome.BAD),
        ("[GNUPG:] ERRSIG 0 22 8 00 1 125 0\n", Outcome.BAD),
        ("[GNUPG:] ERRSIG 0\n", Outcome.UNCHECKED),
    ],
)
def test_only_status_lines_count(
    said: str, outcome: Outcome, tmp_path: Path, certificate: Certificate, signature: bytes
) -> None:
    status = tmp_path / "status"
    created = int(SIGNED.timestamp())
    status.write_text(said.format(fingerprint=certificate.fingerprint.hex().upper(), created=created), "utf-8")
    path = program(tmp_path, f'case "$*" in *--verify*) exec cat {status} >&2;; *) exec gpg "$@";; esac')
    with GpgVerifier(path) as verifier:
        assert check_of(verifier, certificate, signature).outcome is outcome


# --- a gpg that is not as it should be ------------------------------------------------------------------


def test_gpg_that_is_missing(tmp_path: Path, certificate: Certificate, signature: bytes) -> None:
    with GpgVerifier(str(tmp_path / "gpg")) as verifier:
        for _ in range(2):
            check = check_of(verifier, certificate, signature)
            assert check.outcome is Outcome.UNCHECKED
            assert "gpg 2.2 or newer is needed" in check.detail
        assert check_of(verifier, certificate, b"").outcome is Outcome.BAD  # needs no gpg
    with pytest.raises(GpgError, match=r"gpg 2\.2 or newer is needed") as caught:
        Gpg(str(tmp_path / "gpg"))
    assert "called gnupg" in caught.value.hint


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo cfg:version:2.1.18", r"gpg 2\.2 or newer is needed, and .* is 2\.1\.18"),
        ("echo cfg:version:1.4.23", r"is 1\.4\.23"),
        ("echo nothing", "is one that does not tell its version"),
        ("exit 3", "could not be run"),
    ],
)
def test_gpg_that_is_too_old(script: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(GpgError, match=message):
        Gpg(program(tmp_path, script))


def test_gpg_that_hangs(tmp_path: Path, certificate: Certificate, signature: bytes) -> None:
    path = program(tmp_path, 'case "$*" in *--verify*) exec sleep 60;; *) exec gpg "$@";; esac')
    with GpgVerifier(path, seconds=0.5) as verifier:
        started = time.monotonic()
        check = check_of(verifier, certificate, signature)
        assert time.monotonic() - started < 5
    assert check == OpenPGPCheck(Outcome.UNCHECKED, SIGNED, "gpg did not answer within 0.5 seconds")
    with pytest.raises(GpgError, match="did not answer within"), private_home() as name:
        Gpg(path, seconds=0.5).run(["--verify"], home=Path(name))


def test_gpg_without_an_answer_says_nothing_of_a_signature(
    tmp_path: Path, certificate: Certificate, signature: bytes
) -> None:
    path = program(tmp_path, 'case "$*" in *--list-config*) exec gpg "$@";; esac')
    with GpgVerifier(path) as verifier:
        check = check_of(verifier, certificate, signature)
    assert check == OpenPGPCheck(Outcome.UNCHECKED, detail="gpg listed nothing of a signature")


def test_packets_without_end() -> None:
    with private_home() as name, pytest.raises(GpgError, match="answered with more than"):
        Gpg(seconds=60).run(["--list-packets"], home=Path(name), data=bomb())


def test_more_input_than_gpg_reads(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with private_home() as name:
        answer = Gpg().run(["--no-such-option"], home=Path(name), data=bytes(10_000_000))
    assert answer.output == b""
    assert "invalid option" in answer.last_words()

    assert not caplog.records


# --- what is left behind --------------------------------------------------------------------------------


def test_nothing_is_left_behind(
    certificate: Certificate, signature: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GNUPGHOME", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    threads = threading.active_count()
    with GpgVerifier() as verifier:
        assert check_of(verifier, certificate, signature).outcome is Outcome.GOOD
        homes = list((tmp_path / "temporary").iterdir())
        assert len(homes) == 2
        assert all(home.stat().st_mode & 0o777 == 0o700 for home in homes)
        # No agent, no socket, no lock.
        assert {file.name for home in homes for file in home.iterdir()} == {"pubring.kbx", "pubring.kbx~"}
    inspect_certificate(certificate.binary, at=NOW)
    armor_certificate(certificate.binary)
    gc.collect()
    assert list(tmp_path.iterdir()) == [tmp_path / "temporary"]
    assert list((tmp_path / "temporary").iterdir()) == []
    # Threads of work that other tests have begun may end meanwhile.
    assert threading.active_count() <= threads


def test_a_verifier_that_was_closed_starts_anew(certificate: Certificate, signature: bytes) -> None:
    verifier = GpgVerifier()
    verifier.close()
    with verifier:
        assert check_of(verifier, certificate, signature).outcome is Outcome.GOOD


def test_no_room_for_temporary_files(
    certificate: Certificate, signature: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with GpgVerifier() as verifier:
        check = check_of(verifier, certificate, signature)
    assert check.outcome is Outcome.UNCHECKED
    assert "temporary folder" in check.detail


def test_several_threads(certificate: Certificate, signature: bytes) -> None:
    def outcome(number: int) -> Outcome:
        return check_of(verifier, certificate, signature, TEXT if number % 2 else b"").outcome

    with GpgVerifier() as verifier, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(outcome, range(40))) == [Outcome.BAD, Outcome.GOOD] * 20
