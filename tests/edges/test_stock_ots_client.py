"""Proofs go to and fro between this project and the reference client, `ots` (the package opentimestamps-client)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from canary.edges.times.calendars import CalendarClient
from canary.edges.web.web_request import request
from canary.flows.issue.proofs_to_come import ask_for_proofs
from canary.formats.times.ots_proof import Notary, read_proof
from tests import ots_proofs as ots
from tests.calendar_simulator import Calendar, nobody_knows

CLIENT = Path(sys.executable).parent / "ots"
ENTRY = b"an entry with its signatures\n"
SECONDS = 5.0

pytestmark = pytest.mark.skipif(not CLIENT.exists(), reason="the reference client, ots, is not installed")


def stock(folder: Path, *arguments: str) -> str:
    """Runs the reference client and returns all that it said."""
    done = subprocess.run(
        [CLIENT, "--no-cache", *arguments],
        cwd=folder,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_stock_client_reads_and_completes_what_was_begun_here(tmp_path: Path) -> None:
    with Calendar() as one, Calendar() as two:
        calendars = CalendarClient(request, [one.url, two.url], seconds=SECONDS)
        proof = ask_for_proofs(ENTRY, {}, calendars, bytes(16), nobody_knows).files["0.ots"]
        (tmp_path / "entry").write_bytes(ENTRY)
        path = tmp_path / "entry.ots"
        path.write_bytes(proof)
        told = stock(tmp_path, "info", "entry.ots")
        assert f"File sha256 hash: {ots.sha256(ENTRY).hex()}" in told
        assert {line.strip() for line in told.splitlines() if "verify" in line} == {
            f"verify PendingAttestation('{each.url}')" for each in (one, two)
        }

        one.finds_block(900)
        ours = ask_for_proofs(ENTRY, {"0.ots": proof}, calendars, bytes(16), nobody_knows).files["0.ots"]
        told = stock(tmp_path, "--whitelist", one.url, "upgrade", "entry.ots")
        assert "Success! Timestamp complete" in told
        assert path.read_bytes() == ours


def test_what_the_stock_client_began_is_completed_here(tmp_path: Path) -> None:
    (tmp_path / "entry").write_bytes(ENTRY)
    with Calendar() as calendar:
        assert "Submitting to remote calendar" in stock(tmp_path, "stamp", "-c", calendar.url, "-m", "1", "entry")
        begun = (tmp_path / "entry.ots").read_bytes()
        calendar.finds_block(900)
        calendars = CalendarClient(request, [calendar.url], seconds=SECONDS)
        done = ask_for_proofs(ENTRY, {"0.ots": begun}, calendars, bytes(16), nobody_knows).files["0.ots"]
        (tmp_path / "entry.ots").write_bytes(done)
        assert "verify BitcoinBlockHeaderAttestation(900)" in stock(tmp_path, "info", "entry.ots")
        leaves = read_proof(done, ots.sha256(ENTRY))
        assert {each.notary for each in leaves} == {Notary.CALENDAR, Notary.BITCOIN}
        assert {each.message for each in leaves if each.height} == {calendar.blocks[900].merkle_root}
