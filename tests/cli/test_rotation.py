"""Rotation from end to end with real gpg: an OpenPGP key that expires is renewed, or replaced; history still holds."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from canary.cli.app import App
from canary.core.documents.roster import Roster
from canary.core.signed.entry import parse_entry
from tests.gpg_home import GpgHome, day
from tests.publisher import ADD_ALL, Publisher, Ran, command, done, noon

OPENPGP_AND_ONE = ("security", "legal")


@pytest.fixture(scope="module")
def gpg() -> Iterator[GpgHome]:
    with GpgHome() as home:
        yield home


@pytest.fixture(scope="module")
def two_releases(gpg: GpgHome, tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """Releases of February and May, each signed with an OpenPGP key that expires on 15 May."""
    key = gpg.key("security <security@example.net>", expires="20260515T120000")
    folder = tmp_path_factory.mktemp("rotation") / "publisher"
    publisher = Publisher(folder, openpgp={"security": key}, gpg_home=gpg.path).begin()
    publisher.on("2026-02-03").release(*ADD_ALL, by=OPENPGP_AND_ONE)
    return publisher.on("2026-05-02").release(by=OPENPGP_AND_ONE)


@pytest.fixture
def expiring(two_releases: Publisher, tmp_path: Path) -> Publisher:
    return two_releases.copy_to(tmp_path / "publisher")


def as_of(publisher: Publisher, moment: str, *, at: str = "2036-01-01") -> Ran:
    """Verifies as of a moment, by a clock years later."""
    app = App(clock=lambda: noon(at))
    return command(app, "verify", publisher.public, "--pin", publisher.pin, "--at", f"{moment}T12:00:00Z")


def status_of(ran: Ran) -> str:
    return ran.out.partition(":")[0]


def certificate(publisher: Publisher, entry: int, name: str = "security") -> bytes:
    content = parse_entry((publisher.root / "log" / f"{entry:04d}.txt").read_bytes()).content
    assert isinstance(content, Roster)
    signer = content.signer(name)
    assert signer is not None
    return signer.certificate


def secret_key(publisher: Publisher) -> bytes:
    """Returns the secret key of security, to be carried to another machine."""
    return subprocess.run(
        ["gpg", f"--homedir={publisher.gpg_home}", "--batch", "--export-secret-keys", publisher.openpgp["security"]],
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout


def test_the_entry_carries_the_openpgp_signature_and_watchers_count_it(expiring: Publisher) -> None:
    ran = expiring.verify(at="2026-05-03")
    assert (status_of(ran), ran.code) == ("OK", 0)
    assert "signed by   legal, security (2 of 3; 2 needed)" in ran.out


def test_history_holds_long_after_the_certificate_has_expired(expiring: Publisher) -> None:
    for moment, status in (("2026-02-10", "OK"), ("2026-05-10", "OK"), ("2026-06-01", "OK"), ("2026-08-20", "OVERDUE")):
        assert status_of(as_of(expiring, moment)) == status
    assert status_of(expiring.verify(at="2026-07-01")) == "OK"
    assert status_of(expiring.verify(at="2036-01-01")) == "EXPIRED"


def test_an_expired_key_cannot_sign_and_is_told_so(expiring: Publisher) -> None:
    done(expiring.on("2026-08-03").canary("draft"))
    before = (expiring.root / "draft").iterdir()
    ran = expiring.sign("security")
    assert ran.code == 3
    assert "cannot sign" in ran.said
    assert {each.name for each in before} == {each.name for each in (expiring.root / "draft").iterdir()}
    for name in ("legal", "director"):
        done(expiring.sign(name))
    assert expiring.publish().code == 0


def test_an_expired_key_is_kept_out_of_the_next_roster(expiring: Publisher) -> None:
    expiring.edit_config(("threshold = 2", "threshold = 3"))
    ran = expiring.on("2026-08-03").canary("roster")
    assert (ran.code, "the OpenPGP key of security is expired or cannot sign" in ran.err) == (1, True)


def test_the_same_key_with_a_later_expiry_comes_with_the_next_roster(expiring: Publisher) -> None:
    fingerprint = expiring.openpgp["security"]
    with GpgHome() as gpg:
        gpg.run("--import", data=secret_key(expiring))
        gpg.extend(fingerprint, "20300101T000000", at=day(2026, 5, 5))
        expiring.gpg_home = gpg.path
        expiring.on("2026-05-10")
        assert "Warning" not in done(expiring.new_key("security")).said
        expiring.rotate(by=OPENPGP_AND_ONE)
        assert certificate(expiring, 4) != certificate(expiring, 1)
        expiring.on("2026-08-03").release(by=OPENPGP_AND_ONE)
        expiring.on("2027-02-03").release(by=OPENPGP_AND_ONE)
    # The same signers, the same threshold: nothing that a watcher need be told of.
    assert (status_of(expiring.verify(at="2027-02-04")), expiring.verify(at="2027-02-04").code) == ("OK", 0)
    for moment in ("2026-02-10", "2026-05-12", "2026-08-04", "2027-02-04"):
        ran = as_of(expiring, moment)
        assert (status_of(ran), ran.code) == ("OK", 0), moment
    assert as_of(expiring, "2026-08-04").out.count("legal, security (2 of 3; 2 needed)") == 1
    assert status_of(expiring.verify(at="2036-01-01")) == "EXPIRED"


def test_a_key_that_has_expired_already_is_renewed_too(expiring: Publisher) -> None:
    fingerprint = expiring.openpgp["security"]
    with GpgHome() as gpg:
        gpg.run("--import", data=secret_key(expiring))
        expiring.on("2026-06-20")
        gpg.extend(fingerprint, "20300101T000000", at=expiring.now)
        expiring.gpg_home = gpg.path
        done(expiring.new_key("security"))
        done(expiring.canary("roster"))
        # By its old certificate the key had expired when it signs: the others make the old quorum.
        for name in ("security", "legal"):
            done(expiring.sign(name))
        ran = expiring.publish()
        assert (ran.code, "of the old roster: 1 of 3 signed (legal)" in ran.said) == (1, True)
        done(expiring.sign("director"))
        done(expiring.publish())
        expiring.on("2026-08-03").release(by=OPENPGP_AND_ONE)
    assert status_of(expiring.verify(at="2026-08-04")) == "OK"
    for moment in ("2026-02-10", "2026-06-21", "2026-08-04"):
        assert status_of(as_of(expiring, moment)) == "OK", moment


def test_an_expired_key_is_replaced_under_a_new_name(expiring: Publisher, gpg: GpgHome) -> None:
    expiring.on("2026-06-20")
    expiring.openpgp = {
        **expiring.openpgp,
        "security-2": gpg.key("security two <security@example.net>", at=day(2026, 6)),
    }
    expiring.edit_config(('"security"', '"security-2"'))
    done(expiring.new_key("security-2"))
    said = done(expiring.canary("roster")).said
    assert "the signers changed by roster 2: joined security-2; left security" in said
    for name in ("legal", "director"):
        done(expiring.sign(name))
    ran = expiring.publish()
    assert (ran.code, "of the keys that are new: 0 of 1 signed, 1 needed; missing: security-2" in ran.said) == (1, True)
    done(expiring.sign("security-2"))
    done(expiring.publish())
    expiring.on("2026-08-03").release(by=("security-2", "legal"))
    expiring.on("2026-11-03").release(by=("security-2", "legal"))
    ran = expiring.verify(at="2026-11-04")
    assert (status_of(ran), ran.code) == ("OK", 0)
    assert "signed by   legal, security-2 (2 of 3; 2 needed)" in ran.out
    for moment, status in (
        ("2026-02-10", "OK"),
        ("2026-05-10", "OK"),
        ("2026-08-04", "CHANGED"),
        ("2026-11-04", "OK"),
        ("2027-03-05", "EXPIRED"),
    ):
        ran = as_of(expiring, moment)
        assert status_of(ran) == status, (moment, ran)


def test_a_key_revoked_outside_the_roster_does_not_rewrite_history(expiring: Publisher) -> None:
    fingerprint = expiring.openpgp["security"]
    with GpgHome() as gpg:
        assert expiring.gpg_home is not None
        gpg.run("--import", data=secret_key(expiring))
        made = (expiring.gpg_home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text("utf-8")
        gpg.run("--import", data=made.replace("\n:-----BEGIN", "\n-----BEGIN").encode())
        expiring.gpg_home = gpg.path
        ran = expiring.on("2026-05-10").new_key("security")
        assert (ran.code, "the OpenPGP key of security is revoked" in ran.err) == (1, True)
        done(expiring.publish())
    for moment in ("2026-02-10", "2026-05-10"):
        assert status_of(as_of(expiring, moment)) == "OK"


def test_a_signer_can_be_brought_back(expiring: Publisher) -> None:
    expiring.edit_config(('"security", "director"', '"security"'))
    expiring.on("2026-05-05").rotate(by=("legal", "security"))
    expiring.edit_config(('"security"]', '"security", "director"]'))
    done(expiring.on("2026-05-06").canary("roster"))
    for name in ("legal", "security"):
        done(expiring.sign(name))
    ran = expiring.publish()
    assert (ran.code, "of the keys that are new: 0 of 1 signed" in ran.said) == (1, True)
    done(expiring.sign("director"))
    done(expiring.publish())
    expiring.on("2026-08-03").release(by=("legal", "director"))
    assert status_of(expiring.verify(at="2026-08-04")) == "CHANGED"
    expiring.on("2026-11-03").release(by=("legal", "director"))
    assert status_of(expiring.verify(at="2026-11-04")) == "OK"
    for moment, status in (("2026-02-10", "OK"), ("2026-05-03", "OK"), ("2026-08-04", "CHANGED"), ("2026-11-04", "OK")):
        assert status_of(as_of(expiring, moment)) == status, moment
