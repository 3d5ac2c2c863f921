"""How long a command takes from the shell's point of view, against bare imports of what it cannot do without."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.measuring import Row, milliseconds, quickest_processes
from benchmarks.samples import dated_release, year_of_releases, year_with_openpgp
from tests.gpg_home import TEXT, GpgHome

_IMPORTS = "import click; from cryptography.hazmat.primitives.asymmetric import ed25519"


def starting() -> Iterator[Row]:
    """Measures `--help`, a usage error and `canary verify` of a folder, as whole processes."""
    canary = str(Path(sys.executable).with_name("canary"))
    with tempfile.TemporaryDirectory() as name, GpgHome() as home:
        folder = Path(name)
        site = folder / "ed25519"
        plain = [canary, "verify", str(site), "--pin", year_of_releases(site)]
        other, pin = year_with_openpgp(folder / "openpgp", home)
        openpgp = [canary, "verify", str(other), "--pin", pin]
        stamped, root, pin = dated_release(folder / "dated")
        dated = [canary, "verify", str(stamped), "--pin", pin, "--tsa-root", str(root)]
        for command in (plain, openpgp, dated):
            _expect_ok(command)
        taken = quickest_processes(
            {
                "click": [sys.executable, "-c", "import click"],
                "imports": [sys.executable, "-c", _IMPORTS],
                "help": [canary, "--help"],
                "usage": [canary, "verify"],
                "verify": plain,
                "openpgp": openpgp,
                "dated": dated,
                "gpg": _gpg_verify(folder, home),
            }
        )
    click, imports, gpg = taken["click"], taken["imports"], taken["gpg"]
    yield Row("`canary --help`", taken["help"] / click, 1.5, f"`import click` ({milliseconds(click)})")
    yield Row("a usage error", taken["usage"] / click, 1.5, "the same")
    both = f"importing click and Ed25519 ({milliseconds(imports)})"
    yield Row("`canary verify`, 4 releases, Ed25519", taken["verify"] / imports, 1.7, both)
    yield Row("the same", taken["verify"] / gpg, None, f"`gpg --verify` of one signature ({milliseconds(gpg)})")
    yield Row("`canary verify`, one signer with OpenPGP", taken["openpgp"] / imports, None, both)
    yield Row("the same", taken["openpgp"] / gpg, None, "`gpg --verify` of one signature")
    yield Row("`canary verify`, two anchors and two tokens", taken["dated"] / imports, None, both)


def _gpg_verify(folder: Path, home: GpgHome) -> list[str]:
    """Returns the command by which gpg verifies one detached signature."""
    fingerprint = home.key("bench <bench@example.org>")
    text, signature = folder / "text", folder / "text.sig"
    text.write_bytes(TEXT)
    signature.write_bytes(home.sign(fingerprint, TEXT))
    command = ["gpg", f"--homedir={home.path}", "--no-options", "--verify", str(signature), str(text)]
    _expect_ok(command)
    return command


def _expect_ok(command: Sequence[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)  # noqa: S603  # our own lists
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} left with {done.returncode}: {done.stdout}{done.stderr}")
