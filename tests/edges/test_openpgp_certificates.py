from __future__ import annotations

import pytest

from canary.edges.openpgp.gpg import Gpg
from canary.edges.openpgp.openpgp_certificates import armor_certificate, export_certificate, inspect_certificate
from canary.errors import GpgError, MalformedError
from tests.gpg_home import NOW, TEXT, GpgHome, day


@pytest.fixture(scope="module")
def gpg() -> Gpg:
    return Gpg()


@pytest.fixture(scope="module")
def legal(home: GpgHome) -> str:
    """The fingerprint of a key whose primary key signs."""
    return home.key()


def test_inspected_certificate(home: GpgHome, gpg: Gpg) -> None:
    key = home.key("Zoë: \\ %20 <zoe@example.org>", expires="3y", at=day(2026, 1))
    home.run("--quick-add-uid", key, "second <s@example.org>", at=day(2026, 1, 2))
    home.subkey(key, algorithm="cv25519", usage="encr", expires="1y")
    home.subkey(key, usage="auth", expires="1y")
    home.subkey(key, expires="2y")
    home.subkey(key, expires="1y")
    whole = home.export(key)
    found = inspect_certificate(whole, at=NOW, gpg=gpg)
    assert found.fingerprint == bytes.fromhex(key)
    assert set(found.user_ids) == {"Zoë: \\ %20 <zoe@example.org>", "second <s@example.org>"}
    assert found.can_sign
    assert found.expires == day(2028, 12, 31)  # the primary key signs too, and lasts longest
    assert not found.revoked
    assert len(found.binary) < len(whole) - 300  # without the subkeys that do not sign
    # Every way in leads to the same bytes.
    again = inspect_certificate(found.binary, at=NOW, gpg=gpg)
    assert again == found
    assert inspect_certificate(home.export(key, "--armor"), at=NOW, gpg=gpg) == found
    assert inspect_certificate(armor_certificate(found.binary, gpg=gpg).encode(), at=NOW, gpg=gpg) == found
    assert inspect_certificate(export_certificate(key, home=home.path), at=NOW, gpg=gpg) == found


def test_expiry_of_a_certificate_that_signs_with_subkeys(home: GpgHome, gpg: Gpg) -> None:
    key = home.key("subs <subs@example.org>", usage="cert", at=day(2026, 1))
    first = inspect_certificate(home.export(key), at=NOW, gpg=gpg)
    assert (first.can_sign, first.expires) == (False, None)
    home.subkey(key, expires="1y", at=day(2026, 1))
    home.subkey(key, expires="2y", at=day(2026, 1))
    assert inspect_certificate(home.export(key), at=NOW, gpg=gpg).expires == day(2028, 1)
    assert inspect_certificate(home.export(key), at=day(2027, 6), gpg=gpg).expires == day(2028, 1)
    late = inspect_certificate(home.export(key), at=day(2029, 1), gpg=gpg)
    assert (late.can_sign, late.expires) == (False, day(2028, 1))
    home.subkey(key, at=day(2026, 1))
    assert inspect_certificate(home.export(key), at=day(2029, 1), gpg=gpg).expires is None


def test_certificates_that_are_refused(home: GpgHome, gpg: Gpg, legal: str) -> None:
    one = home.export(legal)
    other = home.export(home.key("other <other@example.org>"))
    for data, rule in (
        (b"", "neither ASCII armor nor binary"),
        (b"hello\n", "neither ASCII armor nor binary"),
        (home.run("--export-secret-keys", legal), "secret key"),
        (home.run("--armor", "--export-secret-keys", legal), "secret key"),
        (one + other, "2 public keys"),
        (
            home.run("--armor", "--export", legal) + home.run("--armor", "--export", "other@example.org"),
            "2 public",
        ),
        (home.sign(legal, TEXT), "does not begin with a public key"),
        (home.run("--armor", "--detach-sign", data=TEXT), "does not begin with a public key"),
        (one + b"\xcb\x06b\x00\0\0\0\0", "belong to no certificate"),
        (one[:-1], "."),
        (bytes(2 * 1024 * 1024), "longer than 1048576 bytes"),
    ):
        with pytest.raises((MalformedError, GpgError), match=rule):
            inspect_certificate(data, at=NOW, gpg=gpg)


def test_certificate_too_long_for_a_roster(home: GpgHome, gpg: Gpg) -> None:
    key = home.key("long <long@example.org>")
    for number in range(70):
        home.run("--quick-add-uid", key, f"{number:02} {'x' * 100} <long@example.org>", at=day(2026, 1, 2))
    with pytest.raises(GpgError, match="a roster has room for 16384") as caught:
        inspect_certificate(home.export(key), at=NOW, gpg=gpg)
    assert caught.value.hint


def test_export_needs_the_whole_fingerprint(home: GpgHome, legal: str, gpg: Gpg) -> None:
    spaced = " ".join(legal[place : place + 4] for place in range(0, 40, 4)).lower()
    assert export_certificate(spaced, home=home.path, gpg=gpg) == export_certificate(legal, home=home.path, gpg=gpg)
    for short in ("", legal[-16:], legal[:-1], "legal@example.org", f"{legal}!", f"-{legal[1:]}"):
        with pytest.raises(MalformedError, match="40 hexadecimal digits"):
            export_certificate(short, home=home.path, gpg=gpg)
    with pytest.raises(GpgError, match=r"the keyring has no key 0{40}"):
        export_certificate("0" * 40, home=home.path, gpg=gpg)


def test_export_from_ones_own_home(home: GpgHome, legal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", str(home.path))
    assert export_certificate(legal, home=None) == export_certificate(legal, home=home.path)
