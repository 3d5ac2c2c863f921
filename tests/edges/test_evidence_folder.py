from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from canary.edges.disk.workspace import CONFIG, Workspace
from canary.edges.times.evidence_folder import EvidenceFolder
from canary.errors import WorkspaceError
from canary.limits import EVIDENCE_BYTES
from tests.publisher import noon, tree

ENTRY = "ab" * 32
URL = "http://tsa.example.net/"
NOON = noon("2026-02-03")


@pytest.fixture
def kept(tmp_path: Path) -> EvidenceFolder:
    return EvidenceFolder(tmp_path)


def test_what_is_kept_comes_back_with_where_it_is_from(kept: EvidenceFolder, tmp_path: Path) -> None:
    assert kept.evidence(ENTRY) == []
    assert kept.evidence_sources(ENTRY) == {}
    kept.keep_evidence(ENTRY, "0.tsr", b"first", URL)
    kept.keep_evidence(ENTRY, "1.tsr", b"second", "http://other.example.net/")
    (tmp_path / "evidence" / ENTRY / "2.tsr").write_bytes(b"by hand")
    (tmp_path / "evidence" / ENTRY / "0.ots").write_bytes(b"another kind")
    (tmp_path / "evidence" / ENTRY / "10.tsr").write_bytes(b"no such name")
    found = [("0.ots", b"another kind"), ("0.tsr", b"first"), ("1.tsr", b"second"), ("2.tsr", b"by hand")]
    assert kept.evidence(ENTRY) == found
    assert kept.evidence_sources(ENTRY) == {"0.tsr": URL, "1.tsr": "http://other.example.net/"}
    assert kept.evidence("cd" * 32) == []


def test_nothing_that_is_kept_is_replaced(kept: EvidenceFolder) -> None:
    kept.keep_evidence(ENTRY, "0.tsr", b"first", URL)
    with pytest.raises(WorkspaceError, match="is there already"):
        kept.keep_evidence(ENTRY, "0.tsr", b"second", URL)
    assert kept.evidence(ENTRY) == [("0.tsr", b"first")]


def test_a_proof_comes_back_with_when_it_was_begun_and_is_replaced_by_a_fuller_one(
    kept: EvidenceFolder, tmp_path: Path
) -> None:
    assert kept.promised(ENTRY) == {}
    kept.begin_proof(ENTRY, "0.ots", b"promised", NOON)
    kept.replace_proof(ENTRY, "0.ots", b"with its block")
    assert kept.evidence(ENTRY) == [("0.ots", b"with its block")]
    assert kept.promised(ENTRY) == {"0.ots": NOON}
    with pytest.raises(WorkspaceError, match="is there already"):
        kept.begin_proof(ENTRY, "0.ots", b"promised", NOON)
    for misspelt in (b"", b"soon\n", b"2026-02-03T12:00:00\n", b"\xff"):
        (tmp_path / "evidence" / ENTRY / "0.ots.promised").write_bytes(misspelt)
        assert kept.promised(ENTRY) == {}


def stopped_at(call: int, work: Callable[[], object]) -> bool:
    """Does some work, and stops at a call that changes the disk; tells whether there were so many calls."""
    calls = itertools.count()

    def stopping(original: Callable[..., object]) -> Callable[..., object]:
        def made(*arguments: object, **options: object) -> object:
            if next(calls) == call:
                raise KeyboardInterrupt
            return original(*arguments, **options)

        return made

    with pytest.MonkeyPatch.context() as patch:
        for name in ("mkdir", "fsync", "replace", "link", "fchmod"):
            patch.setattr(os, name, stopping(getattr(os, name)))
        try:
            work()
        except KeyboardInterrupt:
            return True
    return False


def left_by_each_stop(
    tmp_path: Path, work: Callable[[EvidenceFolder], object], before: Callable[[EvidenceFolder], object] = bool
) -> Iterator[EvidenceFolder]:
    """Stops some work at each of its calls in turn, every time in a folder of its own."""
    for call in itertools.count():
        root = tmp_path / str(call)
        root.mkdir()
        kept = EvidenceFolder(root)
        before(kept)
        if not stopped_at(call, partial(work, kept)):
            assert call > 2
            return
        yield kept


def test_stopped_anywhere_the_token_is_there_whole_with_its_source_or_not_at_all(tmp_path: Path) -> None:
    seen = set()
    for kept in left_by_each_stop(tmp_path, lambda folder: folder.keep_evidence(ENTRY, "0.tsr", b"whole", URL)):
        seen.add(bool(kept.evidence(ENTRY)))
        if kept.evidence(ENTRY):
            assert kept.evidence(ENTRY) == [("0.tsr", b"whole")]
            assert kept.evidence_sources(ENTRY) == {"0.tsr": URL}
        else:
            kept.keep_evidence(ENTRY, "0.tsr", b"again", URL)
            assert kept.evidence(ENTRY) == [("0.tsr", b"again")]
    assert seen == {False, True}


def test_stopped_anywhere_the_proof_is_there_whole_with_its_time_or_not_at_all(tmp_path: Path) -> None:
    seen = set()
    for kept in left_by_each_stop(tmp_path, lambda folder: folder.begin_proof(ENTRY, "0.ots", b"whole", NOON)):
        seen.add(bool(kept.evidence(ENTRY)))
        if kept.evidence(ENTRY):
            assert kept.evidence(ENTRY) == [("0.ots", b"whole")]
            assert kept.promised(ENTRY) == {"0.ots": NOON}
        else:
            kept.begin_proof(ENTRY, "0.ots", b"again", NOON)
            assert kept.evidence(ENTRY) == [("0.ots", b"again")]
    assert seen == {False, True}


def test_stopped_anywhere_the_proof_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    def replace(folder: EvidenceFolder) -> None:
        folder.replace_proof(ENTRY, "0.ots", b"with its block")

    def promise(folder: EvidenceFolder) -> None:
        folder.begin_proof(ENTRY, "0.ots", b"promised", NOON)

    seen = set()
    for kept in left_by_each_stop(tmp_path, replace, before=promise):
        ((name, data),) = kept.evidence(ENTRY)
        assert name == "0.ots"
        seen.add(data)
        replace(kept)
        assert kept.evidence(ENTRY) == [("0.ots", b"with its block")]
    assert seen == {b"promised", b"with its block"}


def test_no_link_leads_out(kept: EvidenceFolder, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "0.tsr").write_bytes(b"a stranger's")
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / ENTRY).symlink_to(elsewhere)
    for work in (
        lambda: kept.evidence(ENTRY),
        lambda: kept.evidence_sources(ENTRY),
        lambda: kept.keep_evidence(ENTRY, "1.tsr", b"ours", URL),
        lambda: kept.promised(ENTRY),
        lambda: kept.begin_proof(ENTRY, "0.ots", b"ours", NOON),
        lambda: kept.replace_proof(ENTRY, "0.ots", b"ours"),
    ):
        with pytest.raises(WorkspaceError, match="leads out of"):
            work()
    (tmp_path / "evidence" / ENTRY).unlink()
    (tmp_path / "evidence" / ENTRY).mkdir()
    (tmp_path / "evidence" / ENTRY / "0.tsr").symlink_to(elsewhere / "0.tsr")
    with pytest.raises(WorkspaceError, match="leads out of"):
        kept.evidence(ENTRY)
    (tmp_path / "evidence" / ENTRY / "0.ots").symlink_to(elsewhere / "0.tsr")
    with pytest.raises(WorkspaceError, match="leads out of"):
        kept.replace_proof(ENTRY, "0.ots", b"ours")
    assert tree(elsewhere) == {"0.tsr": ((elsewhere / "0.tsr").stat().st_mode, b"a stranger's")}


def test_what_is_too_large_is_not_read(kept: EvidenceFolder, tmp_path: Path) -> None:
    kept.keep_evidence(ENTRY, "0.tsr", bytes(EVIDENCE_BYTES), URL)
    (tmp_path / "evidence" / ENTRY / "1.tsr").write_bytes(bytes(EVIDENCE_BYTES + 1))
    with pytest.raises(WorkspaceError, match=r"1\.tsr has more than 65,536 bytes"):
        kept.evidence(ENTRY)


@pytest.mark.parametrize("name", ["..", "ab", "AB" * 32, f"{ENTRY}/x", ""])
def test_only_a_hash_is_an_entry(kept: EvidenceFolder, name: str) -> None:
    with pytest.raises(WorkspaceError, match="is no entry's hash"):
        kept.evidence(name)


def test_a_half_written_token_is_swept_away_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / CONFIG).touch()
    folder = tmp_path / "evidence" / ENTRY
    folder.mkdir(parents=True)
    left = folder / ".0.tsr.abcdefgh.part"
    mine = folder / ".note"
    for file in (left, mine):
        file.write_bytes(b"half")
    with Workspace.open(tmp_path).locked():
        assert not left.exists()
    assert mine.exists()
