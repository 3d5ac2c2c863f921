"""The very commands that `canary explain` prints are run, in the folder that it saved, with the stock tools."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from canary.core.dating.anchor_drand import CHAIN_HASH
from canary.core.dating.anchor_source import ChainInterface
from canary.core.text.strict import digest, sha256
from canary.formats.times import opentimestamps
from tests import ots_proofs as ots
from tests.authority import make_authority, pem, unsorted
from tests.chain_simulator import SECRET, serve_chain
from tests.explained import GENESIS, GENESIS_HASH, HEIGHT, ISSUED, Scene, scene
from tests.loopback import Loopback
from tests.simulator import EXAMPLE_ANCHOR

OTS = Path(sys.executable).parent / "ots"
ROUND, SIGNATURE = EXAMPLE_ANCHOR.value.split(" ")

needs_ots = pytest.mark.skipif(not OTS.exists(), reason="the reference client, ots, is not installed")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("explained")) as made:
        yield made


@pytest.fixture
def changing(ready: Scene, tmp_path: Path) -> Scene:
    return ready.copy_to(tmp_path)


def saved(shown: Scene, folder: Path, *arguments: object) -> list[str]:
    """Has a release explained and its files saved, and returns the commands that were printed."""
    ran = shown.explain("--save", folder, *arguments)
    assert ran.code == 0, ran
    return re.findall(r"^    \$ (.*)$", ran.out, re.MULTILINE)


def typed(line: str, folder: Path, home: Path) -> tuple[int, str]:
    """Runs a command as it was printed; returns the exit code and all that it said."""
    (home / "gnupg").mkdir(mode=0o700, parents=True, exist_ok=True)
    done = subprocess.run(
        shlex.split(line),
        cwd=folder,
        env={
            "HOME": str(home),
            "GNUPGHOME": str(home / "gnupg"),
            "PATH": f"{OTS.parent}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def beginning(lines: Sequence[str], *words: str) -> list[str]:
    found = [line for line in lines if shlex.split(line)[: len(words)] == list(words)]
    assert found, (words, lines)
    return found


# --- files and signatures -------------------------------------------------------------------------------


def test_the_hashes_are_those_that_are_told(ready: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    lines = saved(ready, folder)
    told = [typed(line, folder, tmp_path) for line in beginning(lines, "sha256sum")]
    text = (ready.publisher.public / "releases/1/text.txt").read_bytes()
    assert told == [(0, f"{digest(text)}  text.txt\n"), (0, f"{digest(ready.entry)}  entry.txt\n")]
    document = json.loads(ready.explain("--json").out)
    (hashing,) = [check["commands"] for check in document["checks"] if check["title"] == "The bytes"]
    assert [command["expect"].split(",")[0] for command in hashing] == [digest(text), digest(ready.entry)]


def test_gpg_checks_the_signature_with_the_certificate_of_the_roster(ready: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    lines = saved(ready, folder)
    (show,) = beginning(lines, "gpg", "--show-keys")
    assert ready.publisher.openpgp["security"] in typed(show, folder, tmp_path)[1]
    (dearmor,) = beginning(lines, "gpg", "--yes")
    assert typed(dearmor, folder, tmp_path)[0] == 0
    (gpgv,) = beginning(lines, "gpgv")
    code, said = typed(gpgv, folder, tmp_path)
    assert (code, "Good signature" in said, "Signature made" in said) == (0, True, True)
    (folder / "text.txt").write_bytes((folder / "text.txt").read_bytes().replace(b"never", b"hardly"))
    code, said = typed(gpgv, folder, tmp_path)
    assert (code != 0, "BAD signature" in said) == (True, True)


def test_gpg_checks_it_with_the_readers_keyring_too(ready: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    lines = saved(ready, folder)
    (take,) = beginning(lines, "gpg", "--import")
    (verify,) = beginning(lines, "gpg", "--verify")
    assert typed(verify, folder, tmp_path)[0] != 0
    assert typed(take, folder, tmp_path)[0] == 0
    code, said = typed(verify, folder, tmp_path)
    assert (code, "Good signature" in said) == (0, True)
    subprocess.run(["gpgconf", f"--homedir={tmp_path / 'gnupg'}", "--kill", "all"], check=False)


# --- RFC 3161 -------------------------------------------------------------------------------------------


def test_openssl_verifies_tokens_of_a_root_and_through_an_intermediate(ready: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    lines = saved(ready, folder, "--tsa-root", ready.root)
    verifying = beginning(lines, "openssl", "ts", "-verify")
    assert len(verifying) == 2
    for line in verifying:
        code, said = typed(line, folder, tmp_path)
        assert (code, "Verification: OK" in said) == (0, True), said
    for line in beginning(lines, "openssl", "ts", "-reply"):
        code, said = typed(line, folder, tmp_path)
        assert (code, "Time stamp: Sep  2 12:0" in said) == (0, True), said


def test_openssl_finds_what_is_wrong(ready: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    line = beginning(saved(ready, folder, "--tsa-root", ready.root), "openssl", "ts", "-verify")[0]
    (folder / "entry.txt").write_bytes(ready.entry + b"\n")
    assert typed(line, folder, tmp_path)[0] != 0


@pytest.mark.parametrize("expired", [True, False])
def test_openssl_verifies_as_of_the_tokens_own_time(changing: Scene, tmp_path: Path, *, expired: bool) -> None:
    # A signer whose certificate ran out soon after: without -attime nobody could check it today.
    ends = datetime(2026, 9, 2, 13, tzinfo=UTC) if expired else datetime(2044, 1, 1, tzinfo=UTC)
    authority = make_authority(tmp_path / "authority", ends=ends)
    (changing.evidence / "1.tsr").unlink()
    (changing.evidence / "0.tsr").write_bytes(authority.stamp(changing.entry, at=ISSUED))
    (tmp_path / "root.pem").write_text(pem(authority.root), "ascii")
    (line,) = beginning(
        saved(changing, tmp_path / "saved", "--tsa-root", tmp_path / "root.pem"), "openssl", "ts", "-verify"
    )
    assert f"-attime {int(ISSUED.timestamp())}" in line
    assert typed(line, tmp_path / "saved", tmp_path)[0] == 0
    assert (typed(line.split(" -attime")[0], tmp_path / "saved", tmp_path)[0] != 0) is expired


def test_openssl_verifies_a_token_whose_certificates_are_out_of_order(changing: Scene, tmp_path: Path) -> None:
    path = changing.evidence / "0.tsr"
    path.write_bytes(unsorted(path.read_bytes()))
    folder = tmp_path / "saved"
    line = beginning(saved(changing, folder, "--tsa-root", changing.root), "openssl", "ts", "-verify")[0]
    assert (folder / "0.tsr").read_bytes() == path.read_bytes()
    assert typed(line, folder, tmp_path)[0] == 0


# --- OpenTimestamps -------------------------------------------------------------------------------------


@needs_ots
def test_the_stock_client_names_the_block_and_asks_nobody(ready: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    lines = saved(ready, folder)
    (info,) = beginning(lines, "ots", "info")
    code, said = typed(info, folder, tmp_path)
    assert (code, f"verify BitcoinBlockHeaderAttestation({HEIGHT})" in said) == (0, True)
    (offline,) = beginning(lines, "ots", "--no-bitcoin")
    code, said = typed(offline, folder, tmp_path)
    root = ready.block.merkle_root[::-1].hex()
    assert (code, f"check that Bitcoin block {HEIGHT} has merkleroot {root}" in said) == (1, True), said
    assert root in " ".join(ready.explain().out.split())
    (folder / "entry.txt").write_bytes(ready.entry + b"\n")
    assert "File does not match original!" in typed(offline, folder, tmp_path)[1]


@needs_ots
def test_the_stock_client_verifies_it_with_a_node(ready: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    (line,) = beginning(saved(ready, folder), "ots", "verify")
    user, _, password = SECRET.partition(":")
    with Loopback({}) as node:
        serve_chain(node, ChainInterface.CORE_RPC, [ready.block], tip=HEIGHT)
        (tmp_path / ".bitcoin").mkdir()
        config = f"rpcuser={user}\nrpcpassword={password}\nrpcconnect=127.0.0.1\nrpcport={node.port}\n"
        (tmp_path / ".bitcoin" / "bitcoin.conf").write_text(config, "ascii")
        code, said = typed(line, folder, tmp_path)
        assert (code, f"Success! Bitcoin block {HEIGHT} attests existence as of 2026-09-02" in said) == (0, True), said
        serve_chain(node, ChainInterface.CORE_RPC, [ots.header(HEIGHT, bytes(32), ISSUED)], tip=HEIGHT)
        assert typed(line, folder, tmp_path)[0] == 1


@needs_ots
def test_a_promise_is_only_shown(changing: Scene, tmp_path: Path) -> None:
    (changing.evidence / "0.ots").write_bytes(ots.proof(changing.entry, ots.promise("https://alice.example")))
    folder = tmp_path / "saved"
    lines = saved(changing, folder)
    (info,) = [line for line in lines if line.startswith("ots ")]
    assert "PendingAttestation('https://alice.example')" in typed(info, folder, tmp_path)[1]


# --- what asks others -----------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_gets_the_round_at_drands_documented_address(ready: Scene, tmp_path: Path) -> None:
    """As in drand's HTTP API: `/{chain-hash}/public/{round}` gives the round as JSON."""
    folder = tmp_path / "saved"
    (line,) = [each for each in saved(ready, folder) if "drand" in each]
    address = f"/{CHAIN_HASH}/public/{ROUND}"
    assert shlex.split(line) == ["curl", "--silent", f"https://api.drand.sh{address}"]
    body = json.dumps({"round": int(ROUND), "randomness": "00", "signature": SIGNATURE}, separators=(",", ":"))
    with Loopback({address: body.encode()}) as relay:
        code, said = typed(line.replace("https://api.drand.sh", relay.url), folder, tmp_path)
    assert code == 0
    document = json.loads(ready.explain("--json").out)
    (expected,) = [each["expect"] for check in document["checks"] for each in check["commands"] if each["line"] == line]
    assert expected.split(", ")[0] in said


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_gets_a_block_at_the_explorers_documented_addresses(ready: Scene, tmp_path: Path) -> None:
    """As in Esplora's API.md: `/block/:hash/header` and `/block-height/:height`."""
    folder = tmp_path / "saved"
    lines = [each for each in saved(ready, folder) if "blockstream.info/api" in each]
    explorer = {f"/block/{GENESIS_HASH}/header": GENESIS.encode(), f"/block-height/{HEIGHT}": ready.block.hash.encode()}
    with Loopback(dict(explorer)) as server:
        said = [typed(line.replace("https://blockstream.info/api", server.url), folder, tmp_path) for line in lines]
    assert said == [(0, GENESIS), (0, ready.block.hash)]


def test_the_commands_for_a_node_are_as_bitcoin_core_documents_them(ready: Scene, tmp_path: Path) -> None:
    """`getblockheader "blockhash" ( verbose )` and `getblockhash height`, in Bitcoin Core's RPC reference."""
    lines = saved(ready, tmp_path / "saved")
    assert [shlex.split(line)[1:] for line in beginning(lines, "bitcoin-cli")] == [
        ["getblockheader", GENESIS_HASH, "false"],
        ["getblockhash", "0"],
        ["getblockhash", str(HEIGHT)],
    ]


@pytest.mark.skipif(
    shutil.which("bitcoin-cli") is None, reason="bitcoin-cli is not installed: its commands are NOT run"
)
def test_bitcoin_cli_takes_the_commands(ready: Scene, tmp_path: Path) -> None:
    # Without a node it gets no further than to ask for one; a command that it cannot read it would refuse before.
    folder = tmp_path / "saved"
    for line in beginning(saved(ready, folder), "bitcoin-cli"):
        assert "Could not connect to the server" in typed(line, folder, tmp_path)[1]


# --- every one of them ----------------------------------------------------------------------------------


def test_every_file_that_a_command_names_is_saved_and_every_saved_file_is_named(ready: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    lines = saved(ready, folder, "--tsa-root", ready.root)
    words = {word for line in lines for word in shlex.split(line)}
    assert {path.name for path in folder.iterdir()} == {
        *("entry.txt", "text.txt", "0.tsr", "1.tsr", "root-0.pem", "root-1.pem", "0.ots"),
        *("key-security.asc", "signature-security.asc"),
    }
    assert {path.name for path in folder.iterdir()} <= words
    made_by_commands = {"key-security.gpg"}
    named = {word.removeprefix("./") for word in words if re.search(r"\.(txt|tsr|pem|ots|asc|gpg)$", word)}
    assert named - made_by_commands == {path.name for path in folder.iterdir()}


def test_no_command_needs_a_shell(ready: Scene, tmp_path: Path) -> None:
    # The release quotes a headline that a shell would run.
    tools = {"sha256sum", "gpg", "gpgv", "openssl", "ots", "bitcoin-cli", "curl"}
    for line in saved(ready, tmp_path / "saved", "--tsa-root", ready.root):
        assert shlex.split(line)[0] in tools
        assert not set(line) & set("$`;|&<>()\"'\\*?"), line


def test_a_confirmed_block_has_the_same_commands(ready: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opentimestamps, "work_fault", lambda _: None)
    monkeypatch.setattr(opentimestamps, "without_floor", lambda _: None)
    assert ready.block.merkle_root == ots.way(sha256(ready.entry), HEIGHT).root
    with Loopback({}) as source:
        serve_chain(source, ChainInterface.ESPLORA, [ready.block], tip=HEIGHT)
        place = ("--bitcoin-source", f"esplora {source.url}")
        confirmed = saved(ready, tmp_path / "confirmed", *place)
    assert confirmed == saved(ready, tmp_path / "unconfirmed")
