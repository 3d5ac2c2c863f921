"""What must hold whatever a killed command, or a power cut, has left on the disk."""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import canary
from canary.core.judging.verdict import Verdict
from canary.core.signed.vkey import parse_vkey
from tests.cli.crashes.calls import Call
from tests.cli.crashes.commands import Command
from tests.cli.crashes.disk import Tree, in_a_site, worlds
from tests.cli.crashes.running import run
from tests.publisher import PASSPHRASE, Publisher, Ran, tree

_FINISH = "canary publish, to finish what was interrupted"
_PART = re.compile(r"\.[^/]+\.[a-z0-9_]{8}\.part")
_UNREAD = re.compile(rf"{_PART.pattern}|\.[^/]+\.lock|\.public\.new")
_BUILD = re.compile(r"workspace/\.public/[0-9]+")
_NEXT = re.compile(r"^(?:Next|What to do): (.*)$", re.MULTILINE)
_LOG_KEY = re.compile(r"log\+[0-9a-f]{8}\.pem")
_PRIVATE = "private/"


class Aftermath:
    """The old state and the new one of a command, and what may lie between.

    Args:
        command: the command.
        publisher: where it runs, in the old state; it is left in the new one.
        work: a folder for copies.
        start: the old state.
    """

    def __init__(self, command: Command, publisher: Publisher, work: Path, start: Tree) -> None:
        self._command = command
        self._publisher = publisher
        self._old = start
        self._sites: dict[str, Verdict | None] = {}
        self._learn_site()
        self._told = [self._told_next()]
        kept = publisher.copy_to(work / "kept")
        once = command.run(publisher)
        self._learn_site()
        self._told.append(self._told_next())
        self._new = tree(publisher.folder)
        twice = command.run(publisher)
        assert command.refusal in twice.said, twice
        self._codes = {once.code} if command.refusal else {once.code, twice.code}
        self._ends = [self._comparable(self._new), self._comparable(tree(publisher.folder))]
        shutil.rmtree(publisher.folder)
        kept.folder.rename(publisher.folder)
        self._killed: set[str] = set()
        self._cut: set[str] = set()
        self._looked: set[str] = set()

    def is_new(self, found: Tree) -> bool:
        """Tells whether a killed run left this for the first time."""
        return self._first(_digest(found), self._killed)

    def is_new_cut(self, found: Tree) -> bool:
        """Tells whether a power cut leaves this for the first time, and no killed run did."""
        return _digest(found) not in self._killed and self._first(_digest(_essential(found)), self._cut)

    def _first(self, digest: str, seen: set[str]) -> bool:
        if digest in seen:
            return False
        seen.add(digest)
        return True

    def check(self, start: Tree, calls: list[Call], where: str) -> None:
        """Checks the state that the publisher is in now, and then what running the command again comes to.

        Args:
            start: what was on the disk for certain before it was killed.
            calls: what was done to it since then; not all of it lasts.
            where: where it was killed.

        Raises:
            AssertionError: it is neither the old state nor the new one, or cannot be finished; says where.
        """
        try:
            found = tree(self._publisher.folder)
            self._check_files(found)
            if self._first(_digest(_essential(found)), self._looked):  # nothing else is read by either of these
                self._check_site()
                self._check_status()
            again = run(self._publisher, self._command)
            self._check_end(again.ran)
        except AssertionError as error:
            raise AssertionError(f"{where}: {error}") from error
        self.check_lasting(start, calls + again.calls, where)

    def check_lasting(self, start: Tree, calls: list[Call], where: str) -> None:
        """Checks that nothing of what a finished run did can still be lost.

        Args:
            start: what was on the disk for certain before the calls.
            calls: what was done to it since then.
            where: where an earlier run was killed.

        Raises:
            AssertionError: the power can be cut so that the end is another; says how.
        """
        ends = [_named_only(end) for end in self._ends]
        for world in worlds(start, calls):
            left = _named_only(self._comparable(_essential(world.tree)))
            if left not in ends:
                raise AssertionError(f"{where}; run again; {world.why}: {_difference(left, ends)}")

    def _learn_site(self) -> None:
        self._sites[_digest(self._site())] = self._verdict()

    def _check_site(self) -> None:
        """A watcher sees the old site or the new one, byte for byte, and says of it what was said then."""
        site = self._site()
        assert _digest(site) in self._sites, f"neither the old site nor the new one: {sorted(site)}"
        assert self._verdict() == self._sites[_digest(site)]

    def _verdict(self) -> Verdict | None:
        """Returns the library's verdict, as of the day of the new site, under the pin; None where no site is."""
        publisher = self._publisher
        if not publisher.public.exists():
            return None
        return canary.verify(str(publisher.public), now=publisher.now, pin=publisher.pin)

    def _check_status(self) -> None:
        """`canary status` tells what to do next: what it said before, or then, or to finish."""
        told = self._told_next()
        known = (*self._told, _FINISH)
        assert told in known or re.fullmatch(self._command.between, told), f"status says: {told}"

    def _check_files(self, found: Tree) -> None:
        """Each file is the old one or the new one; what is half done is under no name that anything reads."""
        for path, (mode, data) in found.items():
            if _BUILD.match(path) or path == "workspace/public" or stat.S_ISDIR(mode):
                continue
            if _PART.fullmatch(Path(path).name) or path == "workspace/.public.new":
                assert not path.startswith(_PRIVATE) or stat.S_IMODE(mode) == 0o600, f"{path} has mode {mode:o}"
            elif path == "workspace/draft/entry.txt":
                assert (mode, data) in self._new.values(), "the final bytes are not those of the log"
            elif not (self._command.makes_keys and _is_key(path)):
                assert (mode, data) in (self._old.get(path), self._new.get(path)), f"{path} is neither old nor new"
        for path in set(self._old) & set(self._new) - set(found):
            assert _BUILD.match(path), f"{path} is lost"
        self._check_keys()

    def _check_keys(self) -> None:
        """Each private key is whole and its owner's alone, and no public one is without it."""
        private = set()
        for path in self._publisher.private.glob("*.pem"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
            passphrase = None if path.name.startswith("log+") else PASSPHRASE.encode()
            key = load_pem_private_key(path.read_bytes(), password=passphrase)
            assert isinstance(key, Ed25519PrivateKey)
            private.add(key.public_key().public_bytes_raw())
        for path in (self._publisher.root / "keys").glob("*.vkey"):
            vkey = parse_vkey(path.read_text("utf-8").removesuffix("\n"))
            assert vkey.data[1:] in private, f"the private half of {path.name} is lost"

    def _check_end(self, ran: Ran | None) -> None:
        assert ran is not None
        refused = bool(self._command.refusal) and self._command.refusal in ran.said
        assert refused or ran.code in self._codes, ran
        left = self._comparable(tree(self._publisher.folder))
        if left not in self._ends:
            raise AssertionError(
                f"it does not end like a run that nobody disturbs: {_difference(left, self._ends)}; {ran}"
            )

    def _site(self) -> Tree:
        public = self._publisher.public
        return tree(public.resolve()) if public.exists() else {}

    def _told_next(self) -> str:
        """Returns what `canary status` says to do."""
        ran = self._publisher.canary("status")
        told = _NEXT.search(ran.out + ran.err)
        assert told, ran
        return told[1]

    def _comparable(self, found: Tree) -> Tree:
        """Returns a state without the number of the build, and without what is random in keys."""
        comparable: Tree = {}
        linked = _linked(found)
        for path, (mode, data) in found.items():
            if path == "workspace/public":
                comparable[path] = (mode, re.sub(rb"[0-9]+$", b"N", data))
                continue
            name, number, kept = path, 0, data
            if f"{path}/".startswith(f"{linked}/"):
                name = path.replace(linked, "workspace/.public/N")
            if self._command.makes_keys and _is_key(path):
                name = _LOG_KEY.sub("log+ID.pem", name)
                kept = data.partition(b"\n" if name.endswith(".pem") else b"+")[0]  # what kind of key it is, and whose
                while f"{name} {number}" in comparable:
                    number += 1
            comparable[f"{name} {number}"] = (mode, kept)
        return comparable


def _named_only(comparable: Tree) -> Tree:
    """Returns a state without what nothing ever reads: sites that no link leads to, locks, and files half written."""
    return {
        path: each
        for path, each in comparable.items()
        if not in_a_site(path.split(" ")[0], other_than="workspace/.public/N")
        and not _UNREAD.fullmatch(Path(path.split(" ")[0]).name)
    }


def _difference(left: Tree, ends: list[Tree]) -> str:
    nearest = min((set(end.items()) ^ set(left.items()) for end in ends), key=len)
    return ", ".join(sorted({path for path, _ in nearest}))


def _is_key(path: str) -> bool:
    return path.endswith((".pem", ".vkey"))


def _essential(found: Tree) -> Tree:
    """Returns a state without what lies in a site that no link leads to: it is removed unread, whatever it is."""
    linked = _linked(found)
    return {
        path: each for path, each in found.items() if path.count("/") == 2 or not in_a_site(path, other_than=linked)
    }


def _linked(found: Tree) -> str:
    """Returns the path of the site that is published, if one is."""
    return f"workspace/{found.get('workspace/public', (0, b'.public/none'))[1].decode()}"


def _digest(found: Tree) -> str:
    hashed = hashlib.sha256()
    for path, (mode, data) in sorted(found.items()):
        name = re.sub(r"\.[a-z0-9_]{8}\.part$", ".part", path)
        hashed.update(f"{name}\0{mode}\0{len(data)}\0".encode() + data)
    return hashed.hexdigest()
