"""The fuzz targets themselves, without a fuzzer: they hold over their seeds, and they find a product that is broken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from canary.core.dating import anchor_bitcoin, anchor_drand, timing
from canary.core.dating.anchor_bitcoin import BitcoinHeader
from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.core.documents import release, roster
from canary.core.judging import judge, reading, taking
from canary.core.judging.findings import Code, Finding
from canary.core.judging.state import State
from canary.core.log import checkpoint
from canary.core.signed import tally
from canary.core.signed.entry import parse_entry
from canary.core.signed.note import Note, parse_note
from canary.core.text.strict import digest
from canary.errors import CanaryError
from canary.flows.watch import verify
from canary.formats.state_json import parse_state
from canary.formats.times import bitcoin_headers, opentimestamps, ots_proof, rfc3161_cms
from canary.formats.times.ots_proof import Attested, Notary
from canary.formats.times.rfc3161 import Token, TokenChecker
from tests.fuzz import campaign
from tests.fuzz.harness import NAMES, SEEDS, Target, load
from tests.fuzz.site_program import Do, Flag, Program, Step, decode
from tests.fuzz.site_scenarios import scenarios
from tests.fuzz.targets import note, ots, state, tile

SEED_BYTES = 100 * 1024
MUTATIONS = 150


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def target(name: str) -> Target:
    return load(name)


def kept_seeds(name: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((SEEDS / name).iterdir())}


def mutated(target: Target, seeds: list[bytes], number: int) -> Iterator[bytes]:
    """Returns mutated seeds, the same ones on every run."""
    random = Random(number)  # noqa: S311  the same inputs on every run are the point

    def scramble(data: bytes, limit: int) -> bytes:
        changed = bytearray(data[:limit] or b"x")
        changed[random.randrange(len(changed))] = random.randrange(256)
        return bytes(changed)

    for turn in range(number):
        data = target.mutate(seeds[turn % len(seeds)], target.max_bytes, Random(turn), scramble)  # noqa: S311  likewise
        assert len(data) <= target.max_bytes
        yield data


def test_the_seeds_are_the_ones_that_the_script_makes(name: str, target: Target) -> None:
    assert kept_seeds(name) == target.seeds(), "run python -m tests.fuzz.make_seeds"


def test_there_is_a_folder_of_seeds_for_each_target_and_all_are_small() -> None:
    assert sorted(path.name for path in SEEDS.iterdir()) == sorted(NAMES)
    assert sum(path.stat().st_size for path in SEEDS.rglob("*") if path.is_file()) < SEED_BYTES


def test_every_target_holds_over_its_seeds(name: str, target: Target) -> None:
    for data in kept_seeds(name).values():
        assert len(data) <= target.max_bytes
        target.check(data)


def test_every_target_holds_over_changed_seeds(name: str, target: Target) -> None:
    seeds = list(kept_seeds(name).values())
    inputs = list(mutated(target, seeds, MUTATIONS))
    assert inputs == list(mutated(target, seeds, MUTATIONS)), "a finding could not be run again"
    for data in inputs:
        target.check(data)


def test_every_target_takes_any_bytes(target: Target) -> None:
    random = Random(0)  # noqa: S311  as above
    for length in (0, 1, 2, 3, 4, 5, 8, 50, 500):
        target.check(random.randbytes(length))


def test_any_bytes_are_a_program() -> None:
    program = Program(1, Flag.STATE, 2, 3, (Step(Do.SEAL, 4, 0x105), Step(Do.CHANGE_FILE, 1, 2, b"body")))
    assert decode(program.encode()) == program
    assert decode(b"") == Program()
    assert decode(bytes([0, 0, 0, 0, Do.WRITE_FILE, 1, 0, 0, 9]) + b"short").steps == (
        Step(Do.WRITE_FILE, 1, 0, b"short"),
    )


# --- a product that is broken is found ------------------------------------------------------------------


def seed(name: str, file: str) -> bytes:
    return (SEEDS / name / file).read_bytes()


def _trimming(data: bytes) -> Note:
    return parse_note(data.rstrip(b"\n") + b"\n")


def _taking_whatever_is_left_over(data: bytes, width: int) -> tuple[bytes, ...]:
    taken = [b"one\n", b"", b"three" * 20]
    assert width == len(taken)
    assert data
    return tuple(taken)


def _forgiving(data: bytes) -> State:
    return parse_state(data.rstrip() + b"\n")


def _yes(*_: object, **__: object) -> bool:
    return True


def _nothing(*_: object, **__: object) -> list[object]:
    return []


def _with_a_wrong_signature(data: bytes) -> bytes:
    entry = parse_note(data)
    first, *others = entry.signatures
    return replace(entry, signatures=(replace(first, signature=bytes(64)), *others)).render()


def _proved(_: object, name: str, data: bytes, entry: bytes) -> CheckedEvidence:
    moment = parse_entry(entry).content.issued
    return CheckedEvidence(name, digest(data), EvidenceOutcome.PROVED, moment, moment, "anyone", "anything is proof")


def _proved_without_a_look(_: object, name: str, sha256: str, token: Token, __: bytes) -> CheckedEvidence:
    return CheckedEvidence(name, sha256, EvidenceOutcome.PROVED, token.moment, token.latest, "anyone", "a proof")


def _too_early(_: bytes, whole: datetime) -> datetime:
    return whole - timedelta(days=1)


def _leading_to_a_block(*_: bytes) -> tuple[Attested, ...]:
    return (Attested(Notary.BITCOIN, ots.WAYS[900].root, "Bitcoin block 900", 900),)


def _of_one_height(node: Any, _: object) -> Attested:  # noqa: ANN401  the package ships no types
    return Attested(Notary.BITCOIN, bytes(node.msg), "Bitcoin block 900", 900)


def _without_its_header(value: str) -> BitcoinHeader:
    return BitcoinHeader(int(value.split(" ", maxsplit=1)[0]), bytes(80))


_ISSUED_SECOND = scenarios()[0].log[2].data.index(b":00Z\n") + 2
WATCHING = Flag.STATE | Flag.NO_ETAG
BROKEN: list[tuple[str, str, bytes, object, str, Callable[..., object]]] = [
    ("a reader that trims", "note", seed("note", "wrong") + b"\n", note, "parse_note", _trimming),
    (
        "wrong signatures pass",
        "note",
        seed("note", "wrong"),
        note,
        "verify_note",
        lambda *_: {"example.net/legal", "clé"},
    ),
    ("left-over bytes pass", "tile", seed("tile", "left-over"), tile, "parse_bundle", _taking_whatever_is_left_over),
    (
        "leading zeros pass",
        "checkpoint",
        seed("checkpoint", "plain").replace(b"\n2\n", b"\n02\n"),
        checkpoint,
        "parse_number",
        int,
    ),
    (
        "the log key is not asked",
        "checkpoint",
        seed("checkpoint", "wrong-signature"),
        checkpoint,
        "verify_ed25519",
        _yes,
    ),
    ("a reader that trims", "state", seed("state", "small") + b" ", state, "parse_state", _forgiving),
    (
        "the threshold is not held",
        "roster",
        seed("roster", "first").replace(b"threshold: 2", b"threshold: 3"),
        roster,
        "check_roster",
        _nothing,
    ),
    (
        "words are not checked",
        "release",
        seed("release", "announcing").replace(b"One.\n\n", b"One.\n\n\n"),
        release,
        "check_words",
        _nothing,
    ),
    ("any signature counts", "entry", _with_a_wrong_signature(seed("entry", "release")), tally, "verify_ed25519", _yes),
    (
        "any signature counts",
        "site",
        Program(0, WATCHING, 0, 0, (Step(Do.CHANGE_ENTRY, 2, _ISSUED_SECOND, b"1"), Step(Do.SEAL))).encode(),
        tally,
        "verify_ed25519",
        _yes,
    ),
    (
        "the log key is not asked",
        "site",
        Program(0, WATCHING, 0, 0, (Step(Do.ADD_SIGNATURE_LINE, 2, 1), Step(Do.SEAL, 0, 3))).encode(),
        reading,
        "signed_by",
        _yes,
    ),
    (
        "what was withdrawn is not told",
        "site",
        Program(0, WATCHING, 0, 0, (Step(Do.ENTRY_FROM_POOL, 2, 12), Step(Do.SEAL))).encode(),
        judge,
        "changes_since",
        _nothing,
    ),
    ("time does not count", "site", seed("site", "overdue"), judge, "time_findings", _nothing),
    ("what people read is not looked at", "site", seed("site", "changed-front"), reading, "front_findings", _nothing),
    (
        "attachments are not looked at",
        "site",
        Program(0, WATCHING, 0, 0, (Step(Do.DROP_FILE, 4),)).encode(),
        verify,
        "look_at_attachments",
        _nothing,
    ),
    ("an older copy passes", "site", seed("site", "older-copy"), taking.Taking, "_older_copy", _nothing),
    ("any token counts", "site", seed("site", "token-changed"), TokenChecker, "__call__", _proved),
    ("a token out of use counts", "site", seed("site", "token-out-of-use"), TokenChecker, "__call__", _proved),
    (
        "a token weighs on more than time",
        "site",
        seed("site", "token-of-another-entry"),
        timing,
        "_evidence",
        lambda _, evidence: [Finding(Code.MALFORMED, each.words, 3) for each in evidence],
    ),
    ("a time is too early", "token", seed("token", "honest"), rfc3161_cms, "with_fraction", _too_early),
    ("any certificate stamps", "token", seed("token", "expired"), TokenChecker, "_checked", _proved_without_a_look),
    ("any leaf counts", "ots", seed("ots", "a-promise"), opentimestamps, "read_proof", _leading_to_a_block),
    ("a height is misread", "ots", seed("ots", "three-blocks"), ots_proof, "_attested", _of_one_height),
    ("any round counts", "anchor", seed("anchor", "wrong-round"), anchor_drand, "verify_drand", _yes),
    ("any work counts", "anchor", seed("anchor", "a-changed-block"), anchor_bitcoin, "work_fault", lambda _: None),
    ("a header is cut", "headers", seed("headers", "lines"), bitcoin_headers, "parse_bitcoin", _without_its_header),
]


@pytest.mark.parametrize(
    ("name", "data", "where", "function", "broken"),
    [pytest.param(*row[1:], id=f"{row[1]}: {row[0]}") for row in BROKEN],
)
def test_a_broken_product_is_found(  # noqa: PLR0917  a row of the table above
    name: str,
    data: bytes,
    where: object,
    function: str,
    broken: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load(name).check(data)
    monkeypatch.setattr(where, function, broken)
    with pytest.raises((AssertionError, CanaryError)):
        load(name).check(data)


# --- the campaign ---------------------------------------------------------------------------------------


def test_executions_are_counted_from_what_the_fuzzer_wrote() -> None:
    finished = (
        b"#2\tINITED cov: 1\n#65536\tpulse  cov: 9\nstat::number_of_executed_units: 70001\nstat::peak_rss_mb: 50\n"
    )
    assert campaign.executions_in(finished) == 70_001
    assert campaign.executions_in(finished.split(b"stat::")[0]) == 65_536
    assert campaign.executions_in(b"ImportError\n") == 0


@pytest.mark.parametrize(
    ("exit_code", "found", "fine"), [(0, (), True), (77, (Path("crash-1"),), False), (1, (), False)]
)
def test_a_run_is_fine_if_it_ended_well_and_found_nothing(exit_code: int, found: tuple[Path, ...], fine: bool) -> None:  # noqa: FBT001  a row of the table
    ran = campaign.Ran("note", 1_234_567, 60.0, exit_code, found, Path("note.log"))
    assert ran.fine is fine
    assert "1,234,567" in ran.row()
    assert ("nothing found" in ran.row()) is fine


def test_an_unknown_target_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        campaign.main(["nodes"])
    assert left.value.code != 0
    assert "there is no target nodes; there are tile, " in capsys.readouterr().err


def test_a_campaign_runs_and_finds_nothing(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is not installed: it is needed by make fuzz alone")
    command = [sys.executable, "-m", "tests.fuzz.campaign", "--runs", "500", "--logs", str(tmp_path), "note"]
    ran = subprocess.run(command, cwd=campaign.ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    _, row = ran.stdout.splitlines()
    assert row.startswith("note ")
    assert int(row.split()[1].replace(",", "")) >= 500
