"""Reads the vectors of `tests/vectors`, as the README there describes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "vectors"
HEADER = "warrant-canary/vector/v1"
Field = tuple[str, str]


@dataclass(frozen=True)
class Fields:
    """Lines of a header, in order."""

    lines: tuple[Field, ...]

    def one(self, name: str, default: str | None = None) -> str:
        values = self.all(name)
        if not values and default is not None:
            return default
        assert len(values) == 1, f"{name} stands {len(values)} times"
        return values[0]

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.lines if known == name]

    def has(self, name: str) -> bool:
        return bool(self.all(name))


@dataclass(frozen=True)
class VectorFile:
    path: Path
    fields: Fields
    blocks: dict[str, bytes]

    @property
    def name(self) -> str:
        return str(self.path.relative_to(FOLDER).with_suffix(""))

    @property
    def kind(self) -> str:
        return self.fields.one("kind")

    def parts(self) -> Iterator[Fields]:
        """Returns the lines of each case."""
        yield from (Fields(lines) for lines in _split(self.fields.lines, "case"))

    def cases(self) -> Iterator[Case]:
        """Returns the watchers of a vector of looks."""
        for lines in _split(self.fields.lines, "case"):
            head, *looks = _split(lines, "look", before=True)
            yield Case(Fields(head), tuple(Fields(look) for look in looks))


@dataclass(frozen=True)
class Case:
    fields: Fields
    looks: tuple[Fields, ...]


def _split(lines: tuple[Field, ...], name: str, *, before: bool = False) -> list[tuple[Field, ...]]:
    """Returns lines in parts that begin with one of that name; what stands before the first too, if asked for."""
    starts = [index for index, (known, _) in enumerate(lines) if known == name]
    parts = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    return [lines[: starts[0]], *parts] if before else parts


def read(path: Path) -> VectorFile:
    head, _, body = path.read_bytes().partition(b"\n\n")
    first, *lines = head.decode().split("\n")
    assert first == HEADER
    fields = tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))
    return VectorFile(path, Fields(fields), _blocks(body))


def _blocks(body: bytes) -> dict[str, bytes]:
    blocks: dict[str, bytes] = {}
    while body:
        title, _, body = body.partition(b"\n")
        name, length, *times = title.decode().split(" ")
        data, end, body = body[: int(length)], body[int(length) : int(length) + 1], body[int(length) + 1 :]
        assert end == b"\n"
        blocks[name] = blocks.get(name, b"") + data * int(times[0].removeprefix("x") if times else 1)
    return blocks


def everything(kind: str | None = None) -> Sequence[VectorFile]:
    found = [read(path) for path in sorted(FOLDER.rglob("*.vector"))]
    return [each for each in found if kind in (None, each.kind)]
