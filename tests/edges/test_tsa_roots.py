from __future__ import annotations

import runpy
from pathlib import Path

import certifi
import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from canary.cli.new_config import AUTHORITIES
from canary.edges.tsa_roots import SHIPPED, read_roots
from canary.errors import CanaryError, WorkspaceError
from tests.authority import new_root, pem

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_tsa_roots.py"


def test_the_shipped_list_is_what_the_script_makes(tmp_path: Path) -> None:
    script = runpy.run_path(str(SCRIPT))
    made = tmp_path / "tsa_roots.pem"
    script["main"].__globals__["OUTPUT"] = made
    # From the shipped list itself, since a root may leave certifi and stay on the list.
    script["main"](SHIPPED)
    assert made.read_bytes() == SHIPPED.read_bytes()
    assert {root.fingerprint(SHA256()).hex() for root in read_roots()} == set(script["ROOTS"])


def test_a_bundle_without_the_roots_is_refused_by_their_names(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(pem(new_root()), "ascii")
    script = runpy.run_path(str(SCRIPT))
    with pytest.raises(SystemExit, match="does not hold: DigiCert Trusted Root G4"):
        script["main"](bundle)


def test_every_authority_that_is_asked_by_default_has_its_root_on_the_list() -> None:
    listed = SHIPPED.read_text("utf-8")
    for url in AUTHORITIES:
        assert f"authority: {url}" in listed


def test_certifi_can_be_given_as_a_whole() -> None:
    assert len(read_roots([Path(certifi.where())])) > len(read_roots())


def test_own_roots_stand_beside_the_list_or_in_its_place(tmp_path: Path) -> None:
    first, second = new_root("First"), new_root("Second")
    both, one = tmp_path / "both.pem", tmp_path / "one.pem"
    both.write_text(f"a comment\n{pem(first)}{pem(second)}", "ascii")
    one.write_text(pem(first), "ascii")
    assert read_roots([both, one]) == (*read_roots(), first.certificate, second.certificate)
    assert read_roots([one], shipped=False) == (first.certificate,)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no certificates that can be read"),
        (b"\x00\xff" * 100, "holds no certificates that can be read"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificates that can be read"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "roots.pem"
    file.write_bytes(content)
    with pytest.raises(CanaryError, match=words) as caught:
        read_roots([file])
    assert str(file) in caught.value.what
    assert "PEM" in caught.value.hint


def test_an_authoritys_own_certificate_is_no_root(tmp_path: Path) -> None:
    file = tmp_path / "tsa.pem"
    file.write_text(pem(new_root().issue("TSA")), "ascii")
    with pytest.raises(CanaryError, match="no certification authority's"):
        read_roots([file])


def test_a_file_that_is_missing_or_huge_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot be read"):
        read_roots([tmp_path / "none.pem"])
    huge = tmp_path / "huge.pem"
    huge.write_bytes(bytes(2_000_000))
    with pytest.raises(WorkspaceError, match="more than"):
        read_roots([huge])
