"""The canaries of others, from their bytes to what is read in them, against what is known of them; and one table.

`pytest -s tests/test_foreign_corpus.py` shows the table. It fails on any signature that is told otherwise than stock
gpg tells it (for CanaryTail: than the reference library does; for signify: than Ed25519 alone does).
"""

from __future__ import annotations

import base64
import functools
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from canary.core.foreign.edition import Edition
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner, PinnedStatement
from canary.core.foreign.proposals import propose_sentences
from canary.core.foreign.read import From, Read
from canary.core.foreign.reader import FormatReader
from canary.core.foreign.reading import read_edition
from canary.core.signed.outcome import Outcome
from canary.edges.openpgp.foreign_gpg import ForeignGpg
from canary.formats.foreign.canarytail import CanaryTailReader
from canary.formats.foreign.openpgp_clearsigned import ClearsignedReader
from canary.formats.foreign.openpgp_detached import DetachedReader
from canary.formats.foreign.page import PageReader
from canary.formats.foreign.signify import SignifyReader
from canary.formats.settings.foreign_profile import parse_profile
from tests.foreign_corpus import CORPUS, NOT_HERE, STORJ_PROFILE, profile, rows
from tests.gpg_home import NOW, GpgHome

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=NOT_HERE)

NOT_READ = {
    "kicksecure/history/2019-03-12-12809455/canary.txt": ["next"],  # it promises no time, only an occasion
    "omg/spec.txt": ["issued", "next", "statements"],  # the guidelines themselves: signed, and no canary
    "purism/purism-warrant-canary-20180701.txt": ["next", "statements"],  # it only says where others are
}
"""What no profile reads, by file. Nothing may be added."""

UNSPOKEN = ("storj/",)
"""Where the next edition is expected by an interval alone: no text of theirs speaks of one."""

SHA1 = "2"
NO_PUBLIC_KEY = "9"
STATUS = {"GOODSIG": Outcome.GOOD, "EXPKEYSIG": Outcome.EXPIRED_KEY}

Told = tuple[str, datetime | None, Outcome]
"""One signature: the key it is by, when it says it was made, and its outcome."""


class Seen(msgspec.Struct, frozen=True):
    """One file of the corpus.

    Attributes:
        path: where it lies.
        told: what is found of its signatures.
        known: what is known of them.
        read: what a profile reads in it.
    """

    path: str
    told: Sequence[Told]
    known: Sequence[Told]
    read: Read

    def unread(self) -> list[str]:
        promised = self.read.due_from is From.TEXT or self.path.startswith(UNSPOKEN)
        facts = {
            "issued": self.read.issued or self.read.period,
            "next": self.read.due and promised,
            "statements": self.read.statements,
        }
        return [name for name, fact in facts.items() if not fact]


# --- the groups -----------------------------------------------------------------------------------------


def files(reader: FormatReader, path: Path, keys: Pinned) -> dict[str, bytes]:
    """Returns what a watcher would ask for and find."""
    names = (path.name, *reader.beside(path.name, keys))
    return {name: (path.parent / name).read_bytes() for name in names if (path.parent / name).is_file()}


def pin(format_: Format, *signers: PinnedSigner) -> Pinned:
    return Pinned(format_, "", "", signers, 1, ())


def certificates(gpg: ForeignGpg, *paths: Path) -> dict[str, bytes]:
    return {key: binary for path in paths for key, binary in gpg.certificates_in(path.read_bytes()).items()}


def told(edition: Edition) -> list[Told]:
    return [(each.key, each.signed_at, each.as_of(NOW)) for each in edition.signatures]


def seen(path: Path, reader: FormatReader, keys: Pinned, known: Sequence[Told], name: str) -> Seen:
    edition = reader.read(path.name, files(reader, path, keys), keys)
    return Seen(str(path.relative_to(CORPUS)), told(edition), known, read_edition(edition, profile(name)))


def qubes(gpg: ForeignGpg) -> Iterator[Seen]:
    table = rows("qubes/signatures.tsv")
    folder = CORPUS / "qubes"
    found = certificates(gpg, *sorted((folder / "keys").rglob("*.asc")))
    signers = {row["signer"]: row["primary_fpr"].lower() for row in table}
    keys = pin(Format.DETACHED, *(PinnedSigner(name, key, found[key]) for name, key in signers.items()))
    for path in sorted((folder / "canaries").glob("canary-*.txt")):
        own = {row["signer"]: row for row in table if row["file"] == path.name}
        # In the order in which a watcher asks for the files.
        known = [known_row(own[name], own[name]["primary_fpr"]) for name in signers if name in own]
        yield seen(path, DetachedReader(gpg), keys, known, "qubes")


def known_row(row: Mapping[str, str], key: str) -> Told:
    outcome = Outcome.WEAK_DIGEST if row["hash_algo"] == SHA1 else STATUS[row["status"]]
    return key.lower(), datetime.fromtimestamp(int(row["sig_time"]), UTC), outcome


def by_gpg(gpg: ForeignGpg, group: str, key_file: str, kind: str, name: str) -> Iterator[Seen]:
    found = certificates(gpg, CORPUS / key_file)
    format_ = Format.DETACHED if kind == "detached" else Format.CLEARSIGNED
    keys = pin(format_, *(PinnedSigner("", key, binary) for key, binary in found.items()))
    reader = DetachedReader(gpg) if kind == "detached" else ClearsignedReader(gpg)
    primary = primary_keys(keys)
    for row in rows("gpg-results.tsv"):
        if row["group"] == group and row["kind"] == kind:
            path = CORPUS / row["file"].replace("kicksecure-whonix/", "kicksecure/")
            path = path.with_suffix("") if kind == "detached" else path
            yield seen(path, reader, keys, [known_row(row, primary[row["fpr_or_keyid"]])], name)


def primary_keys(keys: Pinned) -> dict[str, str]:
    """Returns the primary key's fingerprint for each key's, as gpg itself lists them."""
    with GpgHome() as home:
        for each in keys.signers:
            home.run("--import", data=each.certificate)
        return {each: signer.key for signer in keys.signers for each in home.fingerprints(signer.key)}


def kicksecure_by_signify() -> Iterator[Seen]:
    public = base64.b64decode((CORPUS / "kicksecure/keys/derivative.pub").read_bytes().splitlines()[1])
    signer = PinnedSigner("derivative", public[10:].hex(), key_id=public[2:10].hex())
    reader = SignifyReader()
    for path in sorted((CORPUS / "kicksecure" / "history").glob("*/canary.txt")):
        signatures = sorted(path.parent.glob("*.sig"), key=lambda each: len(each.name))
        if signatures:
            known = [(signer.key, None, by_ed25519(public[10:], each, path)) for each in signatures]
            yield seen(path, reader, pin(Format.SIGNIFY, signer), known, "kicksecure")


def by_ed25519(public: bytes, signature: Path, text: Path) -> Outcome:
    """Checks a signature by hand: the second line, and what follows it or the text beside it."""
    _, line, rest = signature.read_bytes().split(b"\n", 2)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(line)[10:], rest or text.read_bytes())
    except InvalidSignature:
        return Outcome.BAD
    return Outcome.GOOD


def purism(gpg: ForeignGpg) -> Iterator[Seen]:
    """Nobody's certificates are at hand: every signature is by a key that is not pinned."""
    nobody = pin(Format.DETACHED)
    for path in sorted((CORPUS / "purism").glob("*.txt")):
        signatures = sorted(path.parent.glob(f"{path.name}.sig.*"))
        data = {each.name: each.read_bytes() for each in (path, *signatures)}
        edition = DetachedReader(gpg).read(path.name, data, nobody)
        known = [each for signature in signatures for each in without_keys(signature)]
        name = str(path.relative_to(CORPUS))
        yield Seen(name, told(edition), known, read_edition(edition, profile("purism")))


def storj(gpg: ForeignGpg) -> Iterator[Seen]:
    """As above; and what nobody pinned has signed has no text, so that what whoever adds it is shown is read."""
    for path in sorted((CORPUS / "storj").glob("*/canary.txt")):
        reader, data = ClearsignedReader(gpg), {path.name: path.read_bytes()}
        edition, shown = reader.read(path.name, data, pin(Format.CLEARSIGNED)), reader.identify(path.name, data)
        assert shown is not None
        known = without_keys(path)
        read = read_edition(Edition(path.name, "", shown.text), parse_profile(STORJ_PROFILE.encode(), what="storj"))
        yield Seen(str(path.relative_to(CORPUS)), told(edition), known, read)


def without_keys(path: Path) -> list[Told]:
    """Returns what stock gpg says of signatures by keys that it does not have (GnuPG's doc/DETAILS, ERRSIG)."""
    with GpgHome() as home:
        command = ["gpg", f"--homedir={home.path}", "--no-options", "--batch", "--status-fd=1", "--verify", str(path)]
        said = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60).stdout
    found: list[Told] = []
    for line in said.splitlines():
        kind, *fields = line.split()[1:]
        if kind == "ERRSIG":
            key_id, _, _, _, time, reason, fingerprint = fields
            assert reason == NO_PUBLIC_KEY
            key = key_id if fingerprint == "-" else fingerprint
            found.append((key.lower(), datetime.fromtimestamp(int(time), UTC), Outcome.NO_KEY))
    return found


def canarytail() -> Iterator[Seen]:
    reader = CanaryTailReader()
    for path in sorted((CORPUS / "canarytail").glob("*.json")):
        if path.name.endswith(".expect.json"):
            continue
        data = {path.name: path.read_bytes()}
        found = reader.identify(path.name, data)
        assert found is not None
        keys = Pinned(found.format, "canarytail", "", found.signers, found.threshold, (), found.panic_key)
        edition = reader.read(path.name, data, keys)
        yield Seen(
            str(path.relative_to(CORPUS)),
            [("enough", None, Outcome.GOOD if is_enough(edition, keys) else Outcome.BAD)],
            [("enough", None, Outcome.GOOD if reference(path)["signature_validation_ok"] else Outcome.BAD)],
            read_edition(edition, profile("canarytail")),
        )


def is_enough(edition: Edition, keys: Pinned) -> bool:
    signers = edition.signers()
    return len(signers) >= keys.threshold and all(each.name in signers for each in keys.signers if each.required)


def reference(path: Path) -> dict[str, object]:
    """Returns the reference library's verdict; for the one without, that of the program which has just made it."""
    expect = path.with_suffix(".expect.json")
    found: dict[str, object] = {"signature_validation_ok": True, "missing_codes": [], "expired_at_2026_11_23": None}
    return json.loads(expect.read_bytes()) if expect.is_file() else found


def page() -> Iterator[Seen]:
    path = CORPUS / "pages" / "cloudflare-transparency-h1-2021.txt"
    edition = PageReader().read(path.name, {path.name: path.read_bytes()}, pin(Format.PAGE))
    proposed = [PinnedStatement(f"s{n}", each.words) for n, each in enumerate(propose_sentences(edition.text), 1)]
    yield Seen(
        str(path.relative_to(CORPUS)), told(edition), [], read_edition(edition, profile("page"), tuple(proposed))
    )


@functools.cache
def corpus() -> dict[str, list[Seen]]:
    """Returns every file that a reader and a profile are there for, by who publishes it and how it is signed."""
    with ForeignGpg() as gpg:
        key = "kicksecure/keys/derivative.asc"
        return {
            "qubes, OpenPGP detached": list(qubes(gpg)),
            "kicksecure, OpenPGP detached": list(by_gpg(gpg, "kicksecure-whonix", key, "detached", "kicksecure")),
            "kicksecure, OpenPGP clearsigned": list(by_gpg(gpg, "kicksecure-whonix", key, "clearsign", "kicksecure")),
            "kicksecure, signify": list(kicksecure_by_signify()),
            "opensats, OpenPGP clearsigned": list(
                by_gpg(gpg, "opensats", "opensats/keys/dergigi.pub.asc", "clearsign", "opensats")
            ),
            "omg, OpenPGP clearsigned": list(by_gpg(gpg, "omg", "omg/pgp.txt", "clearsign", "omg")),
            "purism, OpenPGP detached": list(purism(gpg)),
            "storj, OpenPGP clearsigned": list(storj(gpg)),
            "canarytail": list(canarytail()),
            "page": list(page()),
        }


def table() -> str:
    head = ("format", "files", "signatures as known", "dates read", "next read", "statements read")
    lines: list[tuple[str, ...]] = [head]
    for group, found in corpus().items():
        agreeing = sum(each.told == each.known for each in found for _ in each.known)
        total = sum(len(each.known) for each in found)
        unread = [name for each in found for name in each.unread()]
        counts = [f"{len(found) - unread.count(name)} of {len(found)}" for name in ("issued", "next", "statements")]
        lines.append((group, str(len(found)), f"{agreeing} of {total}", *counts))
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


# --- what must hold -------------------------------------------------------------------------------------


def test_every_signature_is_told_as_it_is_known_and_what_is_not_read_is_listed() -> None:
    print(f"\n{table()}")  # noqa: T201  # for `pytest -s`
    everything = [each for found in corpus().values() for each in found]
    told_otherwise = {each.path: (each.told, each.known) for each in everything if each.told != each.known}
    assert told_otherwise == {}, table()
    unread = {each.path: each.unread() for each in everything if each.unread()}
    assert unread == NOT_READ, table()


def test_no_row_of_what_is_known_is_left_out() -> None:
    known = {group: sum(len(each.known) for each in found) for group, found in corpus().items()}
    assert known["qubes, OpenPGP detached"] == len(rows("qubes/signatures.tsv"))
    assert sum(known[group] for group in known if group.startswith(("kicksecure, O", "opensats", "omg"))) == len(
        rows("gpg-results.tsv")
    )
    assert known["kicksecure, signify"] == len(list((CORPUS / "kicksecure").rglob("*.sig")))
    assert known["purism, OpenPGP detached"] == len(list((CORPUS / "purism").glob("*.sig.*")))
    assert len(corpus()["canarytail"]) == len(list((CORPUS / "canarytail").glob("*.json"))) - len(
        list((CORPUS / "canarytail").glob("*.expect.json"))
    )


def test_canarytail_is_read_as_the_reference_library_does() -> None:
    meanings = dict(profile("canarytail").statements.meanings)
    for each in corpus()["canarytail"]:
        expect = reference(CORPUS / each.path)
        there = {statement.id for statement in each.read.statements}
        assert [code for code in meanings if code not in there] == expect["missing_codes"]
        assert {statement.words for statement in each.read.statements} == {meanings[code] for code in there}
        assert each.read.expires is not None
        if expect["expired_at_2026_11_23"] is not None:
            assert (each.read.expires < datetime(2026, 11, 23, tzinfo=UTC)) is expect["expired_at_2026_11_23"]


def test_text_and_signed_copy_of_kicksecure_are_read_alike() -> None:
    ways = ("kicksecure, OpenPGP detached", "kicksecure, OpenPGP clearsigned", "kicksecure, signify")
    detached, clearsigned, signify = ({Path(each.path).parent: each.read for each in corpus()[way]} for way in ways)
    assert set(clearsigned) == set(signify) <= set(detached)
    for folder, read in signify.items():
        assert read.statements == clearsigned[folder].statements == detached[folder].statements
        assert read.quotes == clearsigned[folder].quotes == detached[folder].quotes
        # signify's signatures have no time of their own: then the text says when it was written.
        assert read.issued_from is From.TEXT
        assert read.issued is not None
        assert (detached[folder].issued or read.issued) - read.issued < timedelta(days=1)
