"""`canary verify` imports what a proof of time needs where there is one, and nowhere else: each costs up to 100 ms."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from canary.core.documents.release import Anchor
from canary.core.text.times import format_time
from tests import ots_proofs as ots
from tests.simulator import EXAMPLE_ANCHOR, EXAMPLE_BLOCK, Publisher

PROVING = ("rfc3161_client", "opentimestamps", "py_arkworks_bls12381")
OURS = (
    "canary.formats.times.rfc3161",
    "canary.formats.times.ots_proof",
    "canary.core.dating.anchor_bitcoin",
    "canary.core.dating.anchor_drand",
)


def imported(folder: Path, anchors: tuple[Anchor, ...], evidence: Mapping[str, bytes]) -> set[str]:
    """Returns which of those modules a process has after it has verified a site."""
    sim = Publisher(start=date(2026, 9, 1))
    sim.roster(), sim.release(anchors=anchors)
    for name, data in evidence.items():
        sim.put_evidence(name, data)
    for path, data in sim.site().files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    at = format_time(sim.releases[-1].issued + timedelta(days=1))
    script = f"""
import sys
from canary.cli.main import run
assert run(["verify", {str(folder)!r}, "--pin", "sha256:{sim.pin}", "--at", {at!r}, "--json"]) == 0
print(*[name for name in {(*PROVING, *OURS)!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("anchors", "needed"),
    [
        ((), set()),
        ((Anchor("headline", '2026-09-01 Example Times "Something"'),), set()),
        ((EXAMPLE_BLOCK,), {"canary.core.dating.anchor_bitcoin"}),
        ((EXAMPLE_ANCHOR,), {"canary.core.dating.anchor_drand", "py_arkworks_bls12381"}),
    ],
    ids=["nothing", "a headline", "a block", "a round"],
)
def test_without_evidence_only_what_its_anchors_need_is_imported(
    anchors: tuple[Anchor, ...], needed: set[str], tmp_path: Path
) -> None:
    # Telling whether an anchor was there before takes the readers of both kinds.
    readers = {"canary.core.dating.anchor_bitcoin", "canary.core.dating.anchor_drand"} if anchors else set()
    assert imported(tmp_path, anchors, {}) == needed | readers


def test_a_token_brings_no_reader_of_proofs_of_another_kind(tmp_path: Path) -> None:
    found = imported(tmp_path, (), {"0.tsr": b"0\x03\x02\x01\x00"})
    assert found == {"rfc3161_client", "canary.formats.times.rfc3161"}


def test_an_opentimestamps_proof_brings_no_reader_of_tokens(tmp_path: Path) -> None:
    found = imported(tmp_path, (), {"0.ots": ots.proof(b"another entry", ots.promise("https://calendar.example"))})
    # Blocks confirm such proofs, so the readers of anchors come along.
    assert found - {"canary.core.dating.anchor_bitcoin", "canary.core.dating.anchor_drand"} == {
        *("opentimestamps", "canary.formats.times.ots_proof")
    }
