"""What verifying foreign OpenPGP canaries costs, against bare `gpg --verify` calls with a prepared home."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.measuring import Row, milliseconds, quickest_calls
from canary.core.foreign.pinned import Format, PinnedSigner
from canary.edges.openpgp.foreign_gpg import ForeignGpg
from canary.formats.foreign.openpgp_detached import DetachedReader
from tests.foreign_keys import armored, pinned, signer
from tests.gpg_home import GpgHome

_QUBES = Path(__file__).parents[2] / "shared" / "data" / "canaries" / "qubes"
_SIGNERS = ("joanna", "marmarek", "simon")
_CANARIES = 25


class _Series(msgspec.Struct, frozen=True):
    """Canaries in a folder, and who signs them."""

    what: str
    folder: Path
    texts: tuple[Path, ...]
    signers: tuple[PinnedSigner, ...]

    def signatures(self, text: Path) -> list[Path]:
        """Returns the signatures that lie beside a text."""
        return sorted(self.folder.glob(f"{text.name}.sig.*"))


def foreign() -> Iterator[Row]:
    """Measures the 25 canaries of Qubes where they are at hand, and 25 of our own make otherwise."""
    with tempfile.TemporaryDirectory() as name, GpgHome() as home, ForeignGpg() as gpg:
        series = _qubes(gpg) if _QUBES.is_dir() else _our_own(Path(name), home, gpg)
        with GpgHome() as prepared:
            for each in series.signers:
                prepared.run("--import", data=each.certificate)
            bare = [
                ["gpg", f"--homedir={prepared.path}", "--no-options", "--batch", "--verify", str(signature), str(text)]
                for text in series.texts
                for signature in series.signatures(text)
            ]
            reader, keys = DetachedReader(gpg), pinned(Format.DETACHED, *series.signers)

            def verify_bare() -> None:
                for command in bare:
                    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)  # noqa: S603  # our own lists

            def verify() -> None:
                for text in series.texts:
                    files = {each.name: each.read_bytes() for each in (text, *series.signatures(text))}
                    if len(reader.read(text.name, files, keys).signatures) != len(files) - 1:
                        raise SystemExit(f"{text}: not every signature was read")

            taken = quickest_calls({"bare": verify_bare, "ours": verify}, rounds=9)
    note = f"{len(bare)} bare `gpg --verify` calls ({milliseconds(taken['bare'])})"
    yield Row(f"verifying {series.what}", taken["ours"] / taken["bare"], 1.5, note)


def _qubes(gpg: ForeignGpg) -> _Series:
    signers = tuple(
        PinnedSigner(path.name.partition("-")[0], key, binary)
        for path in sorted((_QUBES / "keys" / "security-team").rglob("*-secpack-*.asc"))
        for key, binary in gpg.certificates_in(path.read_bytes()).items()
    )
    folder = _QUBES / "canaries"
    texts = tuple(sorted(folder.glob("canary-*.txt")))
    return _Series(f"the {len(texts)} canaries of Qubes", folder, texts, signers)


def _our_own(folder: Path, home: GpgHome, gpg: ForeignGpg) -> _Series:
    keys = {name: home.key(f"{name} <{name}@example.org>", algorithm="rsa4096") for name in _SIGNERS}
    for number in range(1, _CANARIES + 1):
        text = folder / f"canary-{number:03}.txt"
        text.write_text(f"Canary {number}: nobody has asked us for anything.\n" * 80, "utf-8")
        for name, key in keys.items():
            (folder / f"{text.name}.sig.{name}").write_bytes(armored(home, key, text.read_bytes()))
    signers = tuple(signer(gpg, home, key, name) for name, key in keys.items())
    return _Series(f"{_CANARIES} canaries made here", folder, tuple(sorted(folder.glob("*.txt"))), signers)
