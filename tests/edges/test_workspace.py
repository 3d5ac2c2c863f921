from __future__ import annotations

import os
from pathlib import Path

import pytest

from canary.core.signed.note import SignatureLine
from canary.edges.disk.workspace import Workspace
from canary.errors import MalformedError, WorkspaceError
from canary.flows.issue.publishing import Shelf

LINE = SignatureLine("example.net/canary/legal", b"1234", b"signature")


@pytest.fixture(autouse=True)
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk takes most of the time; what is synced, and when, is tested with `files`."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "canary.toml").write_text("# empty\n", "utf-8")
    return Workspace.open(root)


def write(workspace: Workspace, path: str, content: bytes | str) -> Path:
    file = workspace.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def test_a_folder_without_a_config_is_no_workspace(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(WorkspaceError, match=r"holds no canary\.toml") as caught:
            Workspace.open(folder)
        assert "canary init" in caught.value.hint


def test_it_is_the_port_that_publishing_asks_for(workspace: Workspace) -> None:
    shelf: Shelf = workspace
    assert shelf.frozen_entry() is None


# --- one at a time --------------------------------------------------------------------------------------


def test_one_command_at_a_time_changes_it(workspace: Workspace) -> None:
    other = Workspace.open(workspace.root)
    with workspace.locked():
        with pytest.raises(WorkspaceError, match="another canary command is at work"), other.locked():
            pass
        with pytest.raises(WorkspaceError, match="another canary command is at work"), workspace.locked():
            pass
    with other.locked():
        pass


def test_a_command_that_fails_lets_go(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="oops"), workspace.locked():
        raise ValueError("oops")
    with workspace.locked():
        pass


def test_what_the_command_before_did_is_durable_before_another_builds_on_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("draft", "log", "keys", "attachments"):
        (workspace.root / name).mkdir(exist_ok=True)
    synced: set[Path] = set()
    monkeypatch.setattr("canary.edges.disk.workspace.sync_folder", synced.add)
    with workspace.locked():
        names = {path.relative_to(workspace.root).as_posix() for path in synced}
    assert names == {".", "draft", "log", "keys", "attachments"}


# --- statements -----------------------------------------------------------------------------------------


def test_the_wordings_of_each_statement(workspace: Workspace) -> None:
    write(workspace, "statements/keys/v1.txt", "One.\n")
    write(workspace, "statements/keys/v12.txt", "Twelve.\n\nStill twelve.\n")
    write(workspace, "statements/taps/v1.txt", "Nobody.\n")
    write(workspace, "statements/taps/.v1.txt.swp", b"\xff")
    write(workspace, "statements/README", "not a statement")
    (workspace.root / "statements" / "empty").mkdir()
    assert workspace.wordings() == {
        "keys": {1: "One.", 12: "Twelve.\n\nStill twelve."},
        "taps": {1: "Nobody."},
    }


def test_without_statements_there_are_no_wordings(workspace: Workspace) -> None:
    assert workspace.wordings() == {}


@pytest.mark.parametrize("name", ["v1", "V1.txt", "v1.md", "v1.txt.bak", "v00.txt", "v1234567890.txt"])
def test_a_misnamed_file_is_not_overlooked(workspace: Workspace, name: str) -> None:
    write(workspace, f"statements/keys/{name}", "Words.\n")
    with pytest.raises(WorkspaceError, match=r"is not called v1\.txt, v2\.txt …"):
        workspace.wordings()


@pytest.mark.parametrize("name", ["announcements", "Keys", "a b"])
def test_a_folder_that_no_statement_can_be_named_after_is_told(workspace: Workspace, name: str) -> None:
    write(workspace, f"statements/{name}/v1.txt", "Words.\n")
    with pytest.raises(MalformedError, match="a statement's id is"):
        workspace.wordings()


def test_words_that_cannot_be_are_told_with_their_file(workspace: Workspace) -> None:
    write(workspace, "statements/keys/v1.txt", "One.\nTwo.")
    with pytest.raises(MalformedError, match=r"statements/keys/v1\.txt, line 2: the last line does not end"):
        workspace.wordings()


# --- links that lead out --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "read"),
    [
        ("statements", "wordings"),
        ("keys", "public_key_files"),
        ("log", "log"),
        ("draft", "signature_lines"),
    ],
)
def test_a_folder_that_leads_out_is_not_read(workspace: Workspace, tmp_path: Path, link: str, read: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (workspace.root / link).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WorkspaceError, match="leads out of"):
        getattr(workspace, read)()


def test_a_file_that_leads_out_is_not_read(workspace: Workspace, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret\n", "utf-8")
    for path in ("statements/keys/v1.txt", "log/0001.txt", "draft/text.txt", "draft/entry.txt", "public/checkpoint"):
        file = workspace.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(secret)
    for read in (
        workspace.wordings,
        workspace.log,
        workspace.draft,
        workspace.frozen_entry,
        lambda: workspace.published("checkpoint"),
    ):
        with pytest.raises(WorkspaceError, match="leads out of"):
            read()


# --- keys -----------------------------------------------------------------------------------------------


def test_the_public_keys_by_name(workspace: Workspace) -> None:
    for name in ("legal.vkey", "security.asc", "log.vkey", "notes.txt", ".legal.vkey.tmp"):
        write(workspace, f"keys/{name}", "x")
    assert {name: path.name for name, path in workspace.public_key_files().items()} == {
        "legal": "legal.vkey",
        "security": "security.asc",
        "log": "log.vkey",
    }


def test_a_name_never_has_two_keys(workspace: Workspace) -> None:
    workspace.write_key_file("legal", ".vkey", "key\n")
    for suffix in (".vkey", ".asc"):
        with pytest.raises(WorkspaceError, match=r"legal\.vkey is there already"):
            workspace.write_key_file("legal", suffix, "other\n")
    assert workspace.write_key_file("legal", ".vkey", "renewed\n", replace=True).read_text("utf-8") == "renewed\n"
    write(workspace, "keys/legal.asc", "x")
    with pytest.raises(WorkspaceError, match=r"legal has both a \.vkey and an \.asc"):
        workspace.public_key_files()


# --- the log --------------------------------------------------------------------------------------------


def test_the_log_is_read_in_the_order_of_its_numbers(workspace: Workspace) -> None:
    for number in range(1, 12):
        write(workspace, f"log/{number:04d}.txt", str(number))
    write(workspace, "log/.hidden", "x")
    assert workspace.log() == [str(number).encode() for number in range(1, 12)]


@pytest.mark.parametrize(
    ("name", "told"),
    [("0003.txt", "0002.txt is missing"), ("2.txt", "is not called"), ("00002.txt", "is not called"), ("x", "is not")],
)
def test_a_gap_or_a_stranger_in_the_log_is_told(workspace: Workspace, name: str, told: str) -> None:
    write(workspace, "log/0001.txt", "x")
    write(workspace, f"log/{name}", "x")
    with pytest.raises(WorkspaceError, match=told):
        workspace.log()


def test_an_entry_is_never_overwritten(workspace: Workspace) -> None:
    write(workspace, "log/0001.txt", "first")
    workspace.write_draft(b"text\n")
    workspace.freeze_entry(b"second")
    with pytest.raises(WorkspaceError, match=r"0001\.txt is there already"):
        workspace.append_frozen_entry(1)
    assert workspace.log() == [b"first"]
    workspace.append_frozen_entry(2)
    assert workspace.log() == [b"first", b"second"]
    assert workspace.frozen_entry() is None


def test_an_entry_that_is_too_large_is_not_read(workspace: Workspace) -> None:
    write(workspace, "log/0001.txt", b"x" * 65_536)
    with pytest.raises(WorkspaceError, match="has more than 65,535 bytes"):
        workspace.log()


# --- the draft ------------------------------------------------------------------------------------------


def test_a_new_draft_takes_the_old_ones_signatures_and_final_bytes_away(workspace: Workspace) -> None:
    assert workspace.draft() is None
    workspace.write_draft(b"old\n")
    workspace.write_signatures({"legal": LINE})
    workspace.freeze_entry(b"old entry")
    assert workspace.signature_lines() == {"legal": LINE}
    workspace.write_draft(b"new\n")
    assert workspace.draft() == b"new\n"
    assert workspace.signature_lines() == {}
    assert workspace.frozen_entry() is None


@pytest.mark.parametrize(("call", "signed"), [("fsync", True), ("replace", False)])
def test_the_old_signatures_go_before_the_new_words_come_and_after_they_are_on_the_disk(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, call: str, *, signed: bool
) -> None:
    workspace.write_draft(b"old\n")
    workspace.write_signatures({"legal": LINE})
    before = {path: path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()}

    def stop(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, stop)
    with pytest.raises(WorkspaceError, match="No space left on device"):
        workspace.write_draft(b"new\n", {"0" * 64: b"report"})
    assert workspace.draft() == b"old\n"
    assert bool(workspace.signature_lines()) is signed
    if signed:
        assert {path: path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()} == before


def test_removing_a_draft_removes_all_of_it(workspace: Workspace) -> None:
    workspace.write_draft(b"text\n")
    workspace.write_signatures({"legal": LINE, "security": LINE})
    workspace.freeze_entry(b"entry")
    workspace.remove_signature("security")
    assert set(workspace.signature_lines()) == {"legal"}
    for _ in range(2):
        workspace.remove_draft()
        assert not list((workspace.root / "draft").iterdir())


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("legal", b"", "draft/legal.sig: a signature line starts"),
        ("legal", b"nonsense\n", "draft/legal.sig: a signature line starts"),
        ("Legal", f"{LINE.render()}\n".encode(), "draft/Legal.sig: a signer's name"),
        ("legal", f"{LINE.render()}\n\n".encode(), "draft/legal.sig: "),
    ],
)
def test_a_signature_file_that_holds_none_is_told(workspace: Workspace, name: str, content: bytes, told: str) -> None:
    write(workspace, f"draft/{name}.sig", content)
    with pytest.raises(MalformedError, match=told) as caught:
        workspace.signature_lines()
    assert "canary unsign" in caught.value.hint


def test_a_signature_file_that_is_not_utf_8_is_told(workspace: Workspace) -> None:
    write(workspace, "draft/legal.sig", b"\xff")
    with pytest.raises(WorkspaceError, match=r"legal\.sig is not UTF-8"):
        workspace.signature_lines()


# --- what is published with it --------------------------------------------------------------------------


def test_attachments_are_kept_by_their_hash(workspace: Workspace) -> None:
    workspace.write_draft(b"text\n", {"0" * 64: b"report"})
    assert workspace.attachment("0" * 64) == b"report"
    with pytest.raises(WorkspaceError, match="cannot be read"):
        workspace.attachment("1" * 64)


def test_evidence_is_read_in_order_and_strangers_are_left_out(workspace: Workspace) -> None:
    for name in ("1.tsr", "0.tsr", "0.ots", "10.tsr", "notes.txt", ".0.tsr"):
        write(workspace, f"evidence/{'a' * 64}/{name}", name)
    assert [name for name, _ in workspace.evidence("a" * 64)] == ["0.ots", "0.tsr", "1.tsr"]
    assert workspace.evidence("b" * 64) == []


def test_the_site_that_is_published_now(workspace: Workspace) -> None:
    assert workspace.published("checkpoint") is None
    with workspace.laid_out_site({"checkpoint": b"one", "tile/0/000": b"x"}) as show:
        show()
    assert workspace.published("checkpoint") == b"one"
    assert workspace.published("nothing") is None
