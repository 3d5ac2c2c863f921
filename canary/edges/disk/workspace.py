"""The publisher's folder on disk: `canary.toml`, statements, keys, the log, the draft and the published site.

Nothing is read through a link that leads out of the folder, every read is bounded, and every write is whole or
not there (`canary.edges.disk.files`). Design, section 4, is the source of the layout; `attachments/` is added to it,
because a published attachment has to survive as long as the log.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from canary.core.signed.note import SignatureLine, parse_signature_line
from canary.core.signed.profile import check_text
from canary.core.text.names import check_signer, check_statement_id
from canary.edges.disk.files import (
    is_regular,
    lies_in,
    make_folder,
    remove,
    rename,
    sweep,
    sync_folder,
    write_file,
    write_files,
)
from canary.edges.disk.shared_files import SharedFiles
from canary.edges.publishing.site_folder import BUILDS, PUBLIC, check_place, clear_leftovers, laid_out_site
from canary.edges.times.evidence_folder import EvidenceFolder
from canary.errors import MalformedError, WorkspaceError
from canary.limits import ATTACHMENT_BYTES, CERTIFICATE_BYTES, ENTRY_BYTES, TEXT_BYTES

CONFIG = "canary.toml"
FIRST_FILES = (".gitignore", ".gitattributes", CONFIG)
"""What `canary init` writes into the folder itself, in this order: with the last one the workspace is there."""
_CONFIG_BYTES = 65_536
_SIGNATURE_BYTES = 4_096
_ARMORED_BYTES = 4 * CERTIFICATE_BYTES
_MEND_CONFIG = "Mend it in a text editor, or bring it back from version control."
_ENTRIES_STAY = "Bring it back from version control: a published entry never changes."
_DRAFT_ANEW = "Move it away, and make a new draft with canary draft (or canary roster)."
KEY_ANEW = "Get the file from its signer again, or from version control."
_SHORTER = "Its text must fit into a release, in at most 32,768 bytes of UTF-8."
_VERSION_FILE = re.compile(r"v([1-9][0-9]{0,8})\.txt")
_LOG_FILE = re.compile(r"([0-9]{4,10})\.txt")
_ATTACHMENT_FILE = re.compile(r"[0-9a-f]{64}")


class Workspace:
    """An opened workspace.

    Args:
        root: the folder that holds `canary.toml`.

    Attributes:
        timestamps: the timestamps over its entries.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))
        self.timestamps = EvidenceFolder(self.root)
        self._files = SharedFiles(self.root)

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """Returns the workspace in `folder`.

        Raises:
            WorkspaceError: there is none.
        """
        config = folder / CONFIG
        if os.path.lexists(config) and not config.is_file():
            raise WorkspaceError(f"{config} is no regular file", hint="Bring it back from version control.")
        if not config.is_file():
            raise WorkspaceError(
                f"{folder} holds no {CONFIG}",
                hint="Go to the canary's folder (or name it with --workspace), or begin one with 'canary init'.",
            )
        return cls(folder)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the workspace against other commands that change it, and settles what a killed one left.

        Raises:
            WorkspaceError: another command holds it.
        """
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise WorkspaceError(
                    f"another canary command is at work in {self.root}", hint="Wait for it to end."
                ) from error
            self._settle()
            yield
        finally:
            os.close(descriptor)

    # --- what people write -----------------------------------------------------------------------------

    def config(self) -> str:
        """Returns the text of `canary.toml`."""
        return self._files.read_text(self.root / CONFIG, limit=_CONFIG_BYTES, hint=_MEND_CONFIG)

    def wordings(self) -> dict[str, dict[int, str]]:
        """Returns for each statement id and version its words.

        Raises:
            WorkspaceError: a file in `statements/` is not called `<id>/v<N>.txt`, or cannot be read.
            MalformedError: a name or a text cannot be.
        """
        found: dict[str, dict[int, str]] = {}
        for folder in self._files.listed("statements"):
            if not folder.is_dir():
                continue
            name = check_statement_id(folder.name)
            for file in sorted(folder.iterdir()):
                match = _VERSION_FILE.fullmatch(file.name)
                if file.name.startswith("."):
                    continue
                if not match:
                    raise WorkspaceError(f"{file} is not called v1.txt, v2.txt …", hint="Rename it, or move it away.")
                found.setdefault(name, {})[int(match[1])] = self._words(file)
        return found

    def public_key_files(self) -> dict[str, Path]:
        """Returns the file of each public key in `keys/`, by short name, the log's among them.

        Raises:
            WorkspaceError: a name has both kinds of file.
        """
        found: dict[str, Path] = {}
        for file in self._files.listed("keys"):
            if file.suffix not in (".vkey", ".asc"):
                continue
            if file.stem in found:
                raise WorkspaceError(f"{file.stem} has both a .vkey and an .asc in keys/", hint="Remove one.")
            found[file.stem] = file
        return found

    def read_key_file(self, path: Path) -> str:
        """Returns the text of a public key's file."""
        return self._files.read_text(path, limit=_ARMORED_BYTES, hint=KEY_ANEW)

    def write_key_file(self, name: str, suffix: str, text: str, *, replace: bool = False) -> Path:
        """Writes a public key into `keys/` and returns its file.

        Raises:
            WorkspaceError: there is a key of that name, of either kind, and `replace` is not set.
        """
        known = self.public_key_files().get(name)
        if known is not None and not replace:
            raise WorkspaceError(
                f"{known} is there already",
                hint="A name never carries a second key: give the new key a new name, like legal-2.",
            )
        make_folder(self.root / "keys")
        path = self.root / "keys" / f"{name}{suffix}"
        write_file(path, text.encode(), replace=replace)
        return path

    # --- the log ---------------------------------------------------------------------------------------

    def log(self) -> list[bytes]:
        """Returns the entries, in order.

        Raises:
            WorkspaceError: a file is missing in the row, misnamed, or cannot be read.
        """
        numbers: dict[int, Path] = {}
        for file in self._files.listed("log"):
            match = _LOG_FILE.fullmatch(file.name)
            if not match or file != self._log_file(int(match[1])):
                raise WorkspaceError(f"{file} is not called like an entry, 0001.txt", hint="Move it away.")
            numbers[int(match[1])] = file
        for number in range(1, len(numbers) + 1):
            if number not in numbers:
                raise WorkspaceError(f"{self._log_file(number)} is missing", hint="Bring it back from version control.")
        return [
            self._files.read_lines(numbers[number], limit=ENTRY_BYTES, hint=_ENTRIES_STAY) for number in sorted(numbers)
        ]

    # --- the draft -------------------------------------------------------------------------------------

    def draft(self) -> bytes | None:
        """Returns the open draft's text, or None."""
        self._files.check_folder("draft")
        path = self.root / "draft" / "text.txt"
        return self._files.read_lines(path, limit=TEXT_BYTES, hint=_DRAFT_ANEW) if os.path.lexists(path) else None

    def write_draft(self, text: bytes, attachments: Mapping[str, bytes] | None = None) -> None:
        """Opens a draft, in the place of one that is open. Its signatures go first: they are over other words.

        A run that is stopped in between leaves the draft that was open, with fewer signatures or none.

        Args:
            text: the draft.
            attachments: what is published beside it, by SHA-256; kept for as long as the log.

        Raises:
            WorkspaceError: something could not be written, or a folder leads out of the workspace.
        """
        files = {self.root / "attachments" / sha256: data for sha256, data in (attachments or {}).items()}
        files[self.root / "draft" / "text.txt"] = text
        self._files.check_folder("attachments")
        self._files.check_folder("draft")

        def without_signatures() -> None:
            self._remove_signatures()
            remove(self._frozen)

        for folder in {path.parent for path in files}:
            make_folder(folder)
        write_files(files, first=without_signatures)
        self._sweep()

    def signature_lines(self) -> dict[str, SignatureLine]:
        """Returns the signature line of each signer who has signed the draft, by short name.

        Raises:
            WorkspaceError: a file cannot be read.
            MalformedError: a file in `draft/` is not one signature line.
        """
        found: dict[str, SignatureLine] = {}
        for file in self._files.listed("draft"):
            if file.suffix == ".sig":
                hint = f"Take it away with canary unsign --as {shlex.quote(file.stem)}, and have it signed again."
                text = self._files.read_text(file, limit=_SIGNATURE_BYTES, hint=hint)
                try:
                    found[check_signer(file.stem)] = parse_signature_line(text.removesuffix("\n"))
                except MalformedError as error:
                    name = str(file.relative_to(self.root))
                    raise MalformedError(error.rule, line=error.line, what=name, hint=hint) from error
        return found

    def signature_names(self) -> tuple[str, ...]:
        """Returns whose signatures lie beside the draft, by what their files are called, read or not."""
        return tuple(file.stem for file in self._files.listed("draft") if file.suffix == ".sig")

    def write_signatures(self, lines: Mapping[str, SignatureLine]) -> None:
        """Writes signers' lines beside the draft; final bytes that are not in the log yet are then not final.

        Each line counts by itself, so a run that is stopped between two of them has taken some in, and not the others.
        """
        files = {self.root / "draft" / f"{name}.sig": f"{line.render()}\n".encode() for name, line in lines.items()}
        write_files(files, first=lambda: remove(self._frozen))

    def remove_signature(self, name: str) -> None:
        """Removes a signer's line, whatever its file holds.

        Raises:
            WorkspaceError: it is no file.
        """
        self._check_removable(self.root / "draft" / f"{name}.sig")
        remove(self._frozen)
        remove(self.root / "draft" / f"{name}.sig")

    # --- publishing (canary.flows.issue.publishing.Shelf) ----------------------------------------------

    def frozen_entry(self) -> bytes | None:
        """Returns the final bytes of the entry that is being published, if any."""
        return self._files.read(self._frozen, limit=ENTRY_BYTES) if os.path.lexists(self._frozen) else None

    def freeze_entry(self, data: bytes) -> None:
        """Writes them, synced."""
        write_file(self._frozen, data)

    def drop_frozen_entry(self) -> None:
        """Removes them."""
        remove(self._frozen)

    def append_frozen_entry(self, number: int) -> None:
        """Makes them entry `number` of the log, in one step.

        Raises:
            WorkspaceError: there is an entry of that number.
        """
        target = self._log_file(number)
        make_folder(target.parent)
        if os.path.lexists(target):
            raise WorkspaceError(f"{target} is there already", hint="Nothing was overwritten.")
        rename(self._frozen, target)

    def remove_draft(self) -> None:
        """Removes the draft with its signatures."""
        self._remove_signatures()
        remove(self._frozen)
        remove(self.root / "draft" / "text.txt")
        self._sweep()

    def attachment(self, sha256: str) -> bytes:
        """Returns an attachment's bytes.

        Raises:
            WorkspaceError: it is lost, or cannot be read.
        """
        try:
            return self._files.read(self.root / "attachments" / sha256, limit=ATTACHMENT_BYTES)
        except WorkspaceError as error:
            raise WorkspaceError(
                error.what, hint=f"Bring attachments/{sha256} back from version control; the site is made with it."
            ) from error

    def keep_only_attachments(self, hashes: Collection[str]) -> None:
        """Removes every attachment but those with these SHA-256 hashes; what is not called by a hash is not ours."""
        for file in self._files.listed("attachments"):
            if file.name not in hashes and _ATTACHMENT_FILE.fullmatch(file.name) and is_regular(file):
                remove(file)

    def evidence(self, entry_sha256: str) -> Sequence[tuple[str, bytes]]:
        """Returns the timestamps over an entry, by file name."""
        return self.timestamps.evidence(entry_sha256)

    def published(self, path: str) -> bytes | None:
        """Returns a file of the site that is published now."""
        file = self.root / PUBLIC / path
        return self._files.read(file, limit=ATTACHMENT_BYTES) if file.exists() else None

    def has_site(self) -> bool:
        """Tells whether a site was ever made here, whole or not; a fresh clone has none."""
        return any(os.path.lexists(self.root / name) for name in (PUBLIC, BUILDS))

    def check_site_place(self) -> None:
        """Checks that a site can be put in the place of the published one.

        Raises:
            WorkspaceError: something that canary did not make is in its place.
        """
        check_place(self.root)

    def laid_out_site(self, files: Mapping[str, bytes]) -> contextlib.AbstractContextManager[Callable[[], None]]:
        """Lays a whole site out, and yields what puts it in the place of the published one, in one step."""
        return laid_out_site(self.root, files)

    # --- below -----------------------------------------------------------------------------------------

    @property
    def _frozen(self) -> Path:
        return self.root / "draft" / "entry.txt"

    def _log_file(self, number: int) -> Path:
        return self.root / "log" / f"{number:04d}.txt"

    def _remove_signatures(self) -> None:
        files = [file for file in self._files.listed("draft") if file.suffix == ".sig"]
        for file in files:
            self._check_removable(file)
        for file in files:
            remove(file)

    def _check_removable(self, file: Path) -> None:
        if file.is_dir() and not file.is_symlink():
            raise WorkspaceError(f"{file} is a folder, and no signature", hint="Move it away.")

    def _settle(self) -> None:
        """Clears away what a killed command left half done, and makes durable what it did: this one builds on it."""
        for name in FIRST_FILES:  # by their names: not every file in the folder itself is canary's
            sweep(self.root, name)
        self._sweep()
        clear_leftovers(self.root)
        for folder in (self.root, *self._own_folders()):
            sync_folder(folder)

    def _sweep(self) -> None:
        for folder in self._own_folders():
            sweep(folder)

    def _own_folders(self) -> list[Path]:
        folders = [self.root / name for name in ("draft", "log", "keys", "attachments")]
        own = [each for each in folders if each.is_dir() and lies_in(self.root, each)]
        return [*own, *self.timestamps.folders()]

    def _words(self, path: Path) -> str:
        try:
            return check_text(self._files.read_lines(path, limit=TEXT_BYTES, hint=_SHORTER)).removesuffix("\n")
        except MalformedError as error:
            raise error.within(str(path.relative_to(self.root))) from error
