"""The header lines that rosters, releases and hints share: `name: value`, in one fixed order.

A name, a colon, one space, and the value, which is the whole rest of the line. A line that is not the field that must
stand there makes the text malformed, be it missing, repeated, misplaced or unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self, TypeVar

from canary.core.signed.profile import check_text
from canary.errors import MalformedError

T = TypeVar("T")


class FieldReader:
    """Walks down the lines of a text once, never back.

    Args:
        lines: the lines, without their line ends.
    """

    @classmethod
    def of(cls, text: bytes, header: str, kind: str) -> Self:
        """Returns a reader of a text that keeps the profile, behind its first line.

        Args:
            text: the text.
            header: its first line.
            kind: what it is, with its article.

        Raises:
            MalformedError: it breaks the profile, or begins otherwise.
        """
        reader = cls(check_text(text).split("\n")[:-1])
        if reader.line() != header:
            raise MalformedError(f"{kind} begins with {header}", line=1)
        return reader

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._next = 0

    @property
    def number(self) -> int:
        """The number, counted from 1, of the line that was read last."""
        return self._next

    def at_end(self) -> bool:
        """Tells whether every line was read."""
        return self._next == len(self._lines)

    def line(self) -> str:
        """Reads the next line whole.

        Raises:
            MalformedError: the text is over.
        """
        if self.at_end():
            raise MalformedError("the text ends too early", line=self._next)
        self._next += 1
        return self._lines[self._next - 1]

    def peek(self, ahead: int = 0) -> str:
        """Returns the next line, or one that far beyond it, without reading it; empty past the end."""
        index = self._next + ahead
        return self._lines[index] if index < len(self._lines) else ""

    def value(self, name: str, parse: Callable[[str], T]) -> T:
        """Reads the field that must stand here.

        Raises:
            MalformedError: another line stands here, or `parse` refuses the value.
        """
        line = self.line()
        prefix = f"{name}: "
        if not line.startswith(prefix):
            raise MalformedError(f"here stands {line[:60]!r} instead of the field {name!r}", line=self.number)
        return self._parse(line.removeprefix(prefix), parse)

    def optional(self, name: str, parse: Callable[[str], T]) -> T | None:
        """Reads the field if it stands here.

        Raises:
            MalformedError: `parse` refuses the value.
        """
        return self.value(name, parse) if self.peek().startswith(f"{name}: ") else None

    def repeated(self, name: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """Reads the field as often as it stands here.

        Raises:
            MalformedError: `parse` refuses a value.
        """
        found: list[T] = []
        while self.peek().startswith(f"{name}: "):
            found.append(self.value(name, parse))
        return tuple(found)

    def _parse(self, value: str, parse: Callable[[str], T]) -> T:
        try:
            return parse(value)
        except MalformedError as error:
            raise MalformedError(error.rule, line=self.number) from error
