"""The form of a test vector, as `tests/vectors/README.md` describes it: a header, a blank line, blocks of bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from canary.core.judging.findings import EXIT_CODES, Code, Finding, Status
from canary.core.judging.verdict import axes
from canary.core.text.times import format_time

HEADER = "warrant-canary/vector/v1"
_CODES = {code.spelling: code for code in Code}


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector.

    Attributes:
        path: where it lies below `tests/vectors`, without the ending.
        about: what it shows, in one sentence.
        kind: what it is.
        fields: further lines of the header, as names and values.
        blocks: names, bytes, and how many times over these stand; blocks of one name belong together.
    """

    path: str
    about: str
    kind: str
    fields: tuple[tuple[str, str], ...]
    blocks: tuple[tuple[str, bytes, int], ...] = ()

    def render(self) -> bytes:
        """Returns the file's bytes."""
        header = [("about", self.about), ("kind", self.kind), *self.fields]
        lines = "".join(f"{name}: {value}\n" for name, value in header)
        return f"{HEADER}\n{lines}\n".encode() + b"".join(_render_block(*block) for block in self.blocks)


def _render_block(name: str, data: bytes, times: int) -> bytes:
    repeated = f" x{times}" if times > 1 else ""
    return f"{name} {len(data)}{repeated}\n".encode() + data + b"\n"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a look must come to. The findings are written by hand; axes and exit code follow from the tables.

    Attributes:
        status: the one word.
        findings: `CODE entry`, or `CODE` alone of no entry; ` remark` behind it where it weighs nothing.
        release: the newest release that is spoken of, and its entry; None: of none.
        bounds: whether it is told that nothing bounds the time of signing.
    """

    status: Status
    findings: tuple[str, ...]
    release: tuple[int, int] | None
    bounds: bool = True

    def fields(self) -> Iterator[tuple[str, str]]:
        """Returns the lines of the header."""
        told = sorted(self._told(), key=_order)
        yield "status", self.status.value
        yield "exit", str(EXIT_CODES[self.status])
        yield "axes", " ".join(axes(told, of_a_release=self.release is not None).values())
        yield "release", "none" if self.release is None else str(self.release[0])
        for each in told:
            yield "finding", spell(each)

    def _told(self) -> Iterator[Finding]:
        for text in self.findings:
            code, *rest = text.split(" ")
            entry = next((int(word) for word in rest if word.isdigit()), None)
            yield Finding(_CODES[code], "", entry, remark="remark" in rest)
        if self.release is not None and self.bounds:
            # Nothing bounds the time of signing yet, and every release is told so.
            yield Finding(Code.NO_LOWER_BOUND, "", self.release[1])
            yield Finding(Code.NO_UPPER_BOUND, "", self.release[1])


def spell(finding: Finding) -> str:
    """Returns a finding as a vector has it: its code, its entry or a dash, its severity."""
    entry = "-" if finding.entry is None else finding.entry
    return f"{finding.code.spelling} {entry} {finding.severity.value}"


def _order(finding: Finding) -> tuple[str, int, str]:
    return finding.code.spelling, finding.entry or 0, finding.severity.value


def expect(status: str, *findings: str, release: tuple[int, int] | None = None) -> Expected:
    """Returns what a look must come to."""
    return Expected(Status(status), findings, release)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a canary.

    Attributes:
        now: the watcher's clock.
        expected: what it comes to.
        options: what was asked for besides: `as-of`, `first-use`, `acknowledge`, `trust-clock`, `without-openpgp`.
        checkpoint: its bytes; a status; or `unreachable`.
        entries: the entries that are served; None: their bundles are not there (404).
        front: `canary.txt`: its bytes, or a status.
        attachments: bytes or a status, by path.
        pin: SHA-256 of roster 1's text, where it is given from this look on.
    """

    now: datetime
    expected: Expected
    options: tuple[str, ...] = ()
    checkpoint: bytes | int | str = "unreachable"
    entries: Sequence[bytes] | None = None
    front: bytes | int = 404
    attachments: Mapping[str, bytes | int] = field(default_factory=dict)
    pin: str | None = None


@dataclass(slots=True)
class _Pool:
    """The bytes of one vector, each kept once and named by what it is."""

    names: dict[bytes, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def name(self, kind: str, data: bytes) -> str:
        """Returns the name of `data`."""
        if data not in self.names:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.names[data] = f"{kind}-{self.counts[kind]}"
        return self.names[data]

    def blocks(self) -> tuple[tuple[str, bytes, int], ...]:
        """Returns everything that was named."""
        return tuple((name, data, 1) for data, name in self.names.items())


@dataclass(frozen=True, slots=True)
class Case:
    """A watcher: looks that begin from nothing, each with the state that the one before left.

    Attributes:
        name: what it is called in its file.
        about: what it shows, in one sentence.
        pin: SHA-256 of roster 1's text as the watcher knows it; None: it knows none.
        looks: the looks.
    """

    name: str
    about: str
    pin: str | None
    looks: tuple[Look, ...]


def look_vector(path: str, about: str, cases: Iterable[Case]) -> Vector:
    """Returns the vector of some watchers."""
    pool = _Pool()
    fields: list[tuple[str, str]] = []
    for case in cases:
        pin = f"sha256:{case.pin}" if case.pin else "none"
        fields += [("case", case.name), ("about", case.about), ("pin", pin)]
        for look in case.looks:
            fields.append(("look", format_time(look.now)))
            fields += [("option", option) for option in look.options]
            fields += [("pin", f"sha256:{look.pin}")] if look.pin else []
            fields += _served(look, pool)
            fields += look.expected.fields()
    return Vector(path, about, "looks", tuple(fields), pool.blocks())


@dataclass(frozen=True, slots=True)
class SingleFile:
    """An entry's file, judged by itself.

    Attributes:
        name: what it is called.
        about: what it shows, in one sentence.
        entry: the file.
        roster: the roster's file.
        pin: the hash of a roster's text; None without one.
        now: the moment.
        expected: what it comes to.
    """

    name: str
    about: str
    entry: bytes
    roster: bytes
    pin: str | None
    now: datetime
    expected: Expected


def file_vector(path: str, about: str, cases: Iterable[SingleFile]) -> Vector:
    """Returns the vector of some files."""
    pool = _Pool()
    fields: list[tuple[str, str]] = []
    for case in cases:
        pin = f"sha256:{case.pin}" if case.pin else "none"
        fields += [("case", case.name), ("about", case.about), ("pin", pin), ("now", format_time(case.now))]
        fields += [("entry", pool.name("entry", case.entry)), ("roster", pool.name("entry", case.roster))]
        fields += case.expected.fields()
    return Vector(path, about, "files", tuple(fields), pool.blocks())


def _served(look: Look, pool: _Pool) -> Iterator[tuple[str, str]]:
    checkpoint = look.checkpoint
    if not isinstance(checkpoint, bytes):
        yield "checkpoint", str(checkpoint)
        return
    yield "checkpoint", pool.name("checkpoint", checkpoint)
    if look.entries is None:
        return
    yield "entries", " ".join(pool.name("entry", entry) for entry in look.entries)
    yield "canary.txt", _answer(look.front, "entry", pool)
    for path, answer in look.attachments.items():
        yield "attachment", f"{path} {_answer(answer, 'attachment', pool)}"


def _answer(answer: bytes | int, kind: str, pool: _Pool) -> str:
    return str(answer) if isinstance(answer, int) else pool.name(kind, answer)
