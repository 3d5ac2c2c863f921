"""The vectors of `tests/vectors` are all there, are what the script writes, and leave no finding out."""

from __future__ import annotations

from pathlib import Path

from canary.core.judging.findings import Code, Severity, Status
from scripts.make_vectors import main
from tests.vector_files import FOLDER, everything

MOST_BYTES = 400 * 1024
KINDS = {"note", "checkpoint", "text", "entry", "schedule", "files", "looks"}

NEEDS_AN_AUTHORITY = {
    Code.EVIDENCE_CLAIM,
    Code.EVIDENCE_NOT_CHECKED,
    Code.EVIDENCE_PENDING,
    Code.EVIDENCE_REJECTED,
    Code.SIGNATURE_OUTSIDE,
    Code.TIMES_CONTRADICT,
    Code.PROVED_LATE,
    Code.EVIDENCE_AHEAD,
    Code.CLOCK_BEHIND,
}
"""Findings that no vector shows: a token is made by an authority and judged under roots of the watcher's own choice, a
proof by a calendar and the chain. They are tested with real ones, in tests/formats and tests/core."""

OF_OTHER_FORMATS = {
    Code.PANIC,
    Code.SPLICED,
    Code.EDITED,
    Code.EDITION_GAP,
    Code.OTHER_KEYS,
    Code.OTHER_TEXT,
    Code.NOT_SIGNED,
    Code.FIELDS_NOT_BOUND,
    Code.NO_SEQUENCE,
    Code.NO_SIGNED_TIME,
    Code.WEAK_DIGEST,
    Code.KEY_EXPIRED,
    Code.FORMAT_REMARK,
    Code.NOT_READ,
    Code.SCHEDULE_ASSUMED,
    Code.NO_SCHEDULE,
    Code.STALE_QUOTE,
    Code.QUOTE_CLAIM,
}
"""Findings about canaries of other formats, which the vectors are not about. They are tested in
tests/core/test_foreign_*.py."""


def findings() -> list[tuple[str, str, str]]:
    found = [finding.split(" ") for vector in everything() for finding in vector.fields.all("finding")]
    return [(code, entry, severity) for code, entry, severity in found]


def test_the_script_writes_the_very_same_bytes_again(tmp_path: Path) -> None:
    main(tmp_path)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.vector")}
    kept = {path.relative_to(FOLDER): path.read_bytes() for path in FOLDER.rglob("*.vector")}
    assert made == kept


def test_what_is_no_vector_any_more_is_removed(tmp_path: Path) -> None:
    (tmp_path / "old.vector").write_bytes(b"")
    (tmp_path / "README.md").write_bytes(b"")
    main(tmp_path)
    assert [(tmp_path / name).exists() for name in ("old.vector", "README.md")] == [False, True]


def test_every_code_is_found_by_some_vector() -> None:
    shown = {code for code, _, _ in findings()}
    assert {code.spelling for code in set(Code) - NEEDS_AN_AUTHORITY - OF_OTHER_FORMATS} == shown


def test_every_status_and_severity_is_reached() -> None:
    assert {status for vector in everything() for status in vector.fields.all("status")} == {*Status}
    assert {severity for _, _, severity in findings()} == {*Severity}


def test_every_kind_of_vector_is_described_and_small() -> None:
    vectors = everything()
    assert {vector.kind for vector in vectors} == KINDS
    described = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"**`{kind}`**" not in described] == []
    assert sum(vector.path.stat().st_size for vector in vectors) < MOST_BYTES


def test_only_vectors_and_their_description_lie_there() -> None:
    others = [path for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".vector"]
    assert others == [FOLDER / "README.md"]
