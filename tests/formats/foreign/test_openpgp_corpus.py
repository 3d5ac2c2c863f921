"""Other people's canaries, where they lie: every signature's outcome, signer and time as stock gpg gave them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from canary.core.foreign.edition import Edition, Remark
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner
from canary.core.signed.outcome import Outcome
from canary.edges.openpgp.foreign_gpg import ForeignGpg
from canary.formats.foreign.openpgp_clearsigned import ClearsignedReader
from canary.formats.foreign.openpgp_detached import DetachedReader
from tests.foreign_keys import pinned
from tests.gpg_home import NOW, GpgHome

DATA = Path(__file__).parents[4] / "shared" / "data" / "canaries"
QUBES = DATA / "qubes"
SHA1 = "2"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"other people's canaries are not here: {DATA}")

STATUS = {"GOODSIG": Outcome.GOOD, "EXPKEYSIG": Outcome.EXPIRED_KEY}
KEYS = {
    "kicksecure-whonix": "kicksecure/keys/derivative.asc",
    "omg": "omg/pgp.txt",
    "opensats": "opensats/keys/dergigi.pub.asc",
}


def table(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    names, *rows = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return [dict(zip(names, row, strict=True)) for row in rows]


def beside(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.parent.glob(f"{path.name}*")}


@pytest.fixture(scope="module")
def gpg() -> Iterator[ForeignGpg]:
    with ForeignGpg() as made:
        yield made


# --- Qubes ----------------------------------------------------------------------------------------------

SIGNATURES = table(QUBES / "signatures.tsv")


@pytest.fixture(scope="module")
def qubes(gpg: ForeignGpg) -> Pinned:
    certificates: dict[str, bytes] = {}
    for folder in ("security-team", "core-devs"):
        for path in sorted((QUBES / "keys" / folder).rglob("*.asc")):
            certificates |= gpg.certificates_in(path.read_bytes())
    signers = sorted({(row["signer"], row["primary_fpr"].lower()) for row in SIGNATURES})
    return pinned(Format.DETACHED, *(PinnedSigner(name, key, certificates[key]) for name, key in signers))


@pytest.mark.parametrize("name", sorted({row["file"] for row in SIGNATURES}))
def test_qubes(name: str, gpg: ForeignGpg, qubes: Pinned) -> None:
    path = QUBES / "canaries" / name
    edition = DetachedReader(gpg).read(name, beside(path), qubes)
    rows = [row for row in SIGNATURES if row["file"] == name]
    assert [(each.file, each.signer, each.key, each.signed_at, each.as_of(NOW)) for each in edition.signatures] == [
        (
            f"{name}.sig.{row['signer']}",
            row["signer"],
            row["primary_fpr"].lower(),
            datetime.fromtimestamp(int(row["sig_time"]), UTC),
            Outcome.WEAK_DIGEST if row["hash_algo"] == SHA1 else STATUS[row["status"]],
        )
        for row in rows
    ]
    assert edition.remarks == ()
    assert edition.text == path.read_text("utf-8")
    assert edition.signers(weak_digests_until=datetime(2017, 1, 1, tzinfo=UTC)) == tuple(row["signer"] for row in rows)


# --- Kicksecure, OpenSats, OMG --------------------------------------------------------------------------

RESULTS = table(DATA / "gpg-results.tsv")


@pytest.fixture(scope="module")
def keys(gpg: ForeignGpg) -> dict[str, Pinned]:
    found = {group: gpg.certificates_in((DATA / path).read_bytes()) for group, path in KEYS.items()}
    return {
        group: pinned(Format.DETACHED, *(PinnedSigner("", key, binary) for key, binary in certificates.items()))
        for group, certificates in found.items()
    }


@pytest.fixture(scope="module")
def primary_keys(keys: dict[str, Pinned]) -> dict[str, str]:
    """The primary key's fingerprint for each key's, as gpg itself lists them."""
    found: dict[str, str] = {}
    with GpgHome() as home:
        for each in keys.values():
            for signer in each.signers:
                home.run("--import", data=signer.certificate)
                found |= dict.fromkeys(home.fingerprints(signer.key), signer.key)
    return found


@pytest.mark.parametrize("row", RESULTS, ids=lambda row: row["file"])
def test_stock_gpg_agrees(
    row: dict[str, str], gpg: ForeignGpg, keys: dict[str, Pinned], primary_keys: dict[str, str]
) -> None:
    path = DATA / row["file"].replace("kicksecure-whonix/", "kicksecure/")
    (signed,) = read(path, row["kind"], gpg, keys[row["group"]]).signatures
    assert signed.as_of(NOW) is STATUS[row["status"]]
    assert signed.signed_at == datetime.fromtimestamp(int(row["sig_time"]), UTC)
    assert signed.key == primary_keys[row["fpr_or_keyid"]]


def read(path: Path, kind: str, gpg: ForeignGpg, keys: Pinned) -> Edition:
    if kind == "clearsign":
        edition = ClearsignedReader(gpg).read(path.name, {path.name: path.read_bytes()}, keys)
    else:
        text = path.with_suffix("")
        edition = DetachedReader(gpg).read(text.name, {each.name: each.read_bytes() for each in (text, path)}, keys)
    assert edition.remarks == ()
    assert edition.text.strip()
    return edition


def test_a_text_and_its_signed_copy_say_the_same(gpg: ForeignGpg, keys: dict[str, Pinned]) -> None:
    paths = sorted((DATA / "opensats" / "history").glob("*/canary.txt"))
    assert paths
    for path in paths:
        edition = DetachedReader(gpg).read(path.name, beside(path), keys["opensats"])
        assert edition.remarks == ()
        assert [each.outcome for each in edition.signatures] == [Outcome.GOOD]
        edited = beside(path) | {path.name: path.read_bytes().replace(b"never", b"hardly ever")}
        edition = DetachedReader(gpg).read(path.name, edited, keys["opensats"])
        assert [remark for remark, _ in edition.remarks] == [Remark.OTHER_TEXT]
        assert edition.signers() == ()


# --- without certificates: Purism and Storj -------------------------------------------------------------


def test_purism(gpg: ForeignGpg) -> None:
    signed = {}
    for path in sorted((DATA / "purism").glob("*.txt")):
        edition = DetachedReader(gpg).read(path.name, beside(path), pinned(Format.DETACHED))
        assert {each.outcome for each in edition.signatures} == {Outcome.NO_KEY}
        signed[path.name[-12:-4]] = [(each.file.rpartition(".")[2], each.key[-16:]) for each in edition.signatures]
        assert [each.signed_at for each in edition.signatures if each.signed_at is None] == []
        found = DetachedReader(gpg).identify(path.name, beside(path))
        assert found is not None
        assert [each.name for each in found.signers] == [name for name, _ in signed[path.name[-12:-4]]]
    todd = ("todd", "23cf2e3d254514f7")
    assert signed == {"20160101": [todd], "20180701": [("kyle", "72555577116bfa74b9"[-16:]), todd]}


def test_storj(gpg: ForeignGpg) -> None:
    paths = sorted((DATA / "storj").glob("*/canary.txt"))
    assert paths
    for path in paths:
        files = {path.name: path.read_bytes()}
        edition = ClearsignedReader(gpg).read(path.name, files, pinned(Format.CLEARSIGNED))
        assert [(each.outcome, each.key) for each in edition.signatures] == [(Outcome.NO_KEY, "f42bba38178df7f0")]
        assert (edition.text, [remark for remark, _ in edition.remarks]) == ("", [Remark.OUTSIDE_TEXT])
        found = ClearsignedReader(gpg).identify(path.name, files)
        assert found is not None
        assert found.text.startswith("As of ")
