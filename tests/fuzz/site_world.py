"""A site in the hands of a fuzzed host: what each step of a program does to it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from canary.core.documents.layout import CHECKPOINT, FRONT, evidence_folder
from canary.core.documents.roster import RosterSigner
from canary.core.judging.fetched import Fetched
from canary.core.log.checkpoint import Checkpoint
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.log.tiles import bundles_of, encode_bundle
from canary.core.signed.entry import NewerFormatError, parse_entry
from canary.core.signed.kinds import ed25519_vkey
from canary.core.signed.note import Note, SignatureLine
from canary.core.text.names import key_name
from canary.core.text.strict import digest
from canary.core.text.times import parse_time
from canary.errors import FetchError, MalformedError
from canary.limits import ENTRY_BYTES
from tests.fuzz.memory import remembering
from tests.fuzz.site_program import Do, Program, Step
from tests.fuzz.site_scenarios import GPG, LOG_SEEDS, STRANGER, Scenario, scenarios
from tests.simulator import CANARY, MemorySource, private_key, public_key

_MOST_ENTRIES: Final = 8
_EVIDENCE: Final = "evidence/"
_EVIDENCE_NAMES: Final = ("0.tsr", "1.tsr", "0.ots", "1.ots")
_parse = remembering(parse_entry)

_STATUSES: Final = (200, 204, 301, 304, 401, 403, 404, 410, 429, 451, 500, 503)


@dataclass
class HostileSource(MemorySource):
    """A host that answers what a program told it to.

    Attributes:
        lies_about_etags: it gives every file the same ETag and says of every one that it has not changed.
        given: its last answer for each path.
        given_fresh: the paths that were last asked for past every cache.
    """

    lies_about_etags: bool = False
    given: dict[str, Fetched] = field(default_factory=dict)

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        if self.lies_about_etags and etag is not None:
            answer = Fetched(304, b"", etag)
        else:
            answer = super().get(path, limit=limit, etag=etag, fresh=fresh)
            if answer.status == 304 and etag is None:
                # The port never gives this answer to a request without a condition.
                answer = Fetched(502, b"", None)
            if self.lies_about_etags:
                answer = replace(answer, etag='"always"')
        self.given[path] = answer
        return answer


@dataclass
class World:
    """A site while it is tampered with, and whose keys were used for that.

    Attributes:
        scenario: the honest canary.
        entries: the log that SEAL makes files of.
        source: the host.
        log_keys: whether a log key signed something that its owner did not.
        signers: whether a signer did, or the pool was drawn from.
    """

    scenario: Scenario
    entries: list[bytes]
    source: HostileSource
    log_keys: bool = False
    signers: bool = False

    def paths(self) -> list[str]:
        """Returns the files a step can name, in an order that does not change: evidence last."""
        return sorted({*self.source.files, CHECKPOINT, FRONT}, key=lambda path: (_is_evidence(path), path))

    @property
    def evidence_touched(self) -> bool:
        """Whether evidence beside an entry is not as it was published, or is not served."""
        honest = self.scenario.sites[-1]
        answers = {*self.source.answers, *self.source.fresh_answers}
        paths = {path for path in (*self.source.files, *honest) if _is_evidence(path)}
        return any(path in answers or self.source.files.get(path) != honest.get(path) for path in paths)

    def without_evidence(self) -> MemorySource:
        """Returns a host that serves the same and no evidence; asked before this one was."""
        source = copy.deepcopy(self.source)
        for files in (source.files, source.cached or {}):
            for path in [path for path in files if _is_evidence(path)]:
                del files[path]
        return source


def _is_evidence(path: str) -> bool:
    return path.startswith(_EVIDENCE)


def play(program: Program) -> World:
    """Returns the world that a program makes."""
    all_scenarios = scenarios()
    scenario = all_scenarios[program.scenario % len(all_scenarios)]
    files = dict(scenario.sites[-1])
    world = World(scenario, [entry.data for entry in scenario.log], HostileSource(files))
    for step in program.steps:
        _STEPS[step.what](world, step)
    return world


# --- steps on the log -----------------------------------------------------------------------------------


def _entry_from_pool(world: World, step: Step) -> None:
    if world.entries:
        world.entries[step.where % len(world.entries)] = _drawn(world, step.place)


def _append_from_pool(world: World, step: Step) -> None:
    if len(world.entries) < _MOST_ENTRIES:
        world.entries.append(_drawn(world, step.place))


def _drawn(world: World, place: int) -> bytes:
    world.signers = True
    return world.scenario.pool[place % len(world.scenario.pool)]


def _drop_entry(world: World, step: Step) -> None:
    if world.entries:
        del world.entries[step.where % len(world.entries)]


def _change_entry(world: World, step: Step) -> None:
    if world.entries:
        index = step.where % len(world.entries)
        world.entries[index] = _changed(world.entries[index], step)[:ENTRY_BYTES]


def _sign_entry(world: World, step: Step) -> None:
    """Signs a text anew: each bit of the place is one name of the scenario."""
    if world.entries:
        index = step.where % len(world.entries)
        text = world.entries[index].rpartition(b"\n\n")[0] + b"\n"
        world.entries[index] = _signed(world, text, step.place)


def _chain_entry(world: World, step: Step) -> None:
    """Makes an entry the next one after those before it, and signs it anew."""
    if not world.entries:
        return
    index = step.where % len(world.entries)
    try:
        content = _parse(world.entries[index]).content
        previous = _parse(world.entries[index - 1]).text_hash if index else None
    except (MalformedError, NewerFormatError):
        return
    text = replace(content, entry=index + 1, previous=previous).render()
    world.entries[index] = _signed(world, text, step.place)


def _signed(world: World, text: bytes, mask: int) -> bytes:
    world.signers = True
    return _signed_by(world.scenario, text, mask % (1 << len(world.scenario.names)))


@remembering
def _signed_by(scenario: Scenario, text: bytes, mask: int) -> bytes:
    issued = _issued(text)
    lines = []
    for bit, name in enumerate(scenario.names):
        if not mask >> bit & 1:
            continue
        signer = _signer(scenario, name)
        if signer is not None and signer.certificate:
            signature = GPG.sign(signer.key.data[-20:], text, issued)
            lines.append(SignatureLine(signer.key.name, signer.key.key_id, signature))
        else:
            key = ed25519_vkey(key_name(CANARY, name), public_key(name))
            lines.append(SignatureLine(key.name, key.key_id, private_key(name).sign(text)))
    return text + b"\n" + "".join(line.render() + "\n" for line in lines).encode()


def _signer(scenario: Scenario, name: str) -> RosterSigner | None:
    found = (roster.signer(name) for roster in scenario.sim.rosters)
    return next((each for each in found if each is not None), None)


def _issued(text: bytes) -> datetime:
    line = next((line for line in text.split(b"\n") if line.startswith(b"issued: ")), b"")
    try:
        return parse_time(line[8:].decode(errors="replace"))
    except MalformedError:
        return scenarios()[0].moments[0]


def _add_signature_line(world: World, step: Step) -> None:
    """Puts a line by an unknown key behind a text's signatures, as anyone can."""
    if world.entries:
        index = step.where % len(world.entries)
        line = SignatureLine("stranger.example/x", step.place.to_bytes(4, "big"), step.body or b"x").render()
        world.entries[index] = (world.entries[index] + f"{line}\n".encode())[:ENTRY_BYTES]


def _seal(world: World, step: Step) -> None:
    """Makes a checkpoint, bundles and `canary.txt` of the log."""
    seed = (*LOG_SEEDS, STRANGER)[step.place % 4]
    world.log_keys |= seed != STRANGER
    world.source.files.update(_sealed(tuple(world.entries), step.where, step.place >> 8, seed))


@remembering
def _sealed(entries: tuple[bytes, ...], flags: int, other_size: int, seed: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    place = 0
    for path, width in bundles_of(len(entries)):
        files[path] = encode_bundle(entries[place : place + width])
        place += width
    root = root_hash(leaf_hash(entry) for entry in entries) if not flags & 8 else bytes(32)
    origin = CANARY if not flags & 16 else f"{CANARY}/other"
    size = other_size if flags & 4 else len(entries)
    text = Checkpoint(origin, size, root, ("extended",) if flags & 32 else ()).render()
    key = ed25519_vkey(CANARY, public_key(seed))
    lines = [SignatureLine(key.name, key.key_id, private_key(seed).sign(text))]
    if flags & 2:
        lines.insert(0, replace(lines[0], signature=bytes(64)))
    files[CHECKPOINT] = Note(text, tuple(lines)).render()
    releases = [entry for entry in entries if entry.startswith(b"warrant-canary/release/")]
    if releases and not flags & 1:
        files[FRONT] = releases[-1]
    return files


# --- steps on the files, and on how they are served -----------------------------------------------------


def _write_file(world: World, step: Step) -> None:
    world.source.files[_path(world, step)] = step.body


def _change_file(world: World, step: Step) -> None:
    path = _path(world, step)
    world.source.files[path] = _changed(world.source.files.get(path, b""), step)


def _drop_file(world: World, step: Step) -> None:
    world.source.files.pop(_path(world, step), None)


def _copy_file(world: World, step: Step) -> None:
    paths = world.paths()
    source = paths[step.place % len(paths)]
    world.source.files[_path(world, step)] = world.source.files.get(source, b"")


def _older_files(world: World, step: Step) -> None:
    """Brings back one file, or all of them, as they were at an earlier size of the log."""
    older = world.scenario.sites[step.place % len(world.scenario.sites)]
    if step.where % 2:
        world.source.files.clear()
        world.source.files.update(older)
        return
    path = sorted(older)[(step.where >> 1) % len(older)]
    world.source.files[path] = older[path]


def _answer(world: World, step: Step) -> None:
    answers = world.source.fresh_answers if step.place & 0x100 else world.source.answers
    answers[_path(world, step)] = _STATUSES[step.place % len(_STATUSES)]


def _fail(world: World, step: Step) -> None:
    answers = world.source.fresh_answers if step.place & 0x100 else world.source.answers
    answers[_path(world, step)] = FetchError("the connection broke off")


def _cache(world: World, step: Step) -> None:
    """Lets a cache serve what is there now; behind it the honest site lies again, or an older one."""
    world.source.cached = dict(world.source.files)
    _older_files(world, Step(Do.OLDER_FILES, 1, step.place))


def _lie_about_etags(world: World, step: Step) -> None:
    """Gives one ETag for everything, or for evidence the ETags of what is published."""
    world.source.lies_about_etags = step.where % 2 == 0
    if step.where % 4 == 3:
        honest = world.scenario.sites[-1].items()
        world.source.tags = {path: f'"{digest(data)}"' for path, data in honest if _is_evidence(path)}


def _front_from_pool(world: World, step: Step) -> None:
    world.source.files[FRONT] = _drawn(world, step.place)


def _evidence_from_pool(world: World, step: Step) -> None:
    """Puts a file of evidence beside the newest entry, or beside the one before it."""
    entries = [entry for entry in world.entries if entry.startswith(b"warrant-canary/release/")]
    if entries:
        entry = entries[-1 - (step.where >> 2) % min(2, len(entries))]
        name = _EVIDENCE_NAMES[step.where % len(_EVIDENCE_NAMES)]
        chosen = world.scenario.evidence[step.place % len(world.scenario.evidence)]
        world.source.files[f"{evidence_folder(digest(entry))}/{name}"] = chosen


def _path(world: World, step: Step) -> str:
    paths = world.paths()
    return paths[step.where % len(paths)]


def _changed(data: bytes, step: Step) -> bytes:
    """Puts the step's bytes in the place of as many, or in front of them, or cuts there."""
    place = step.place % (len(data) + 1)
    if not step.body:
        return data[:place]
    return data[:place] + step.body + data[place + (len(step.body) if step.where < 128 else 0) :]


_STEPS: Final[dict[int, Callable[[World, Step], None]]] = {
    Do.ENTRY_FROM_POOL: _entry_from_pool,
    Do.APPEND_FROM_POOL: _append_from_pool,
    Do.DROP_ENTRY: _drop_entry,
    Do.CHANGE_ENTRY: _change_entry,
    Do.SIGN_ENTRY: _sign_entry,
    Do.CHAIN_ENTRY: _chain_entry,
    Do.SEAL: _seal,
    Do.WRITE_FILE: _write_file,
    Do.CHANGE_FILE: _change_file,
    Do.DROP_FILE: _drop_file,
    Do.COPY_FILE: _copy_file,
    Do.OLDER_FILES: _older_files,
    Do.ANSWER: _answer,
    Do.FAIL: _fail,
    Do.CACHE: _cache,
    Do.LIE_ABOUT_ETAGS: _lie_about_etags,
    Do.FRONT_FROM_POOL: _front_from_pool,
    Do.ADD_SIGNATURE_LINE: _add_signature_line,
    Do.EVIDENCE_FROM_POOL: _evidence_from_pool,
}
