from __future__ import annotations

import base64
import runpy
import tempfile
import textwrap
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from canary.cli.new_config import AUTHORITIES
from canary.edges.times.tsa_roots import SHIPPED, read_roots
from canary.errors import CanaryError, WorkspaceError
from tests.authority import new_root, pem
from tests.fuzz import token_forge as forge
from tests.fuzz.der import changed, read
from tests.strategies import mutated

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


roots = st.sampled_from((forge.ROOT, forge.CA))
pem_files = st.lists(roots, min_size=1, max_size=3).map(lambda ders: b"# comment\n" + b"".join(map(armored, ders)))


def armored(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


@st.composite
def changed_inside(draw: st.DrawFn) -> bytes:
    """Returns a file whose PEM is right, and whose certificate has a value in it changed."""
    random = draw(st.randoms(use_true_random=False))
    node = changed(read(draw(roots)), random, lambda data, limit: (data * 2)[:limit])
    body = textwrap.fill(base64.b64encode(node.write()).decode(), 64)
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n".encode()


@given(st.binary(max_size=200) | mutated(pem_files) | changed_inside())
def test_no_file_makes_it_raise_anything_but_the_projects_own_errors(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "roots.pem"
        file.write_bytes(content)
        try:
            found = read_roots([file], shipped=False)
        except CanaryError as error:
            assert str(file) in error.what  # noqa: PT017  # either it reads or it says why
        else:
            assert found


def test_an_authoritys_own_certificate_is_no_root(tmp_path: Path) -> None:
    file = tmp_path / "tsa.pem"
    file.write_text(pem(new_root().issue("TSA")), "ascii")
    with pytest.raises(CanaryError, match="no certification authority's"):
        read_roots([file])


def test_a_certificate_between_the_authority_and_its_root_is_no_root(tmp_path: Path) -> None:
    file = tmp_path / "between.pem"
    root = new_root()
    for other in (root.issue("Between", ca=True), root.issue("Test Root", ca=True)):
        file.write_text(pem(root) + pem(other), "ascii")
        with pytest.raises(CanaryError, match="not self-signed") as caught:
            read_roots([file])
        assert "Give the root at the end of its chain" in caught.value.hint


def test_a_file_that_is_missing_or_huge_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot be read"):
        read_roots([tmp_path / "none.pem"])
    huge = tmp_path / "huge.pem"
    huge.write_bytes(bytes(2_000_000))
    with pytest.raises(WorkspaceError, match="more than"):
        read_roots([huge])
