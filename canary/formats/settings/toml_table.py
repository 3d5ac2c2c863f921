"""Strict reading of a TOML text: each fault names the file, the line, the key with its whole path, and what it takes.

Every text in it is one line of 1 to 1,024 printable characters. A length of time is a number with its unit: `30s`,
`30m`, `6h`, `7d`. No value is shown of a key that may hold a secret.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from canary.core.judging.fetched import shown
from canary.errors import MalformedError
from canary.formats.settings.toml_lines import deep_line, line_of
from canary.limits import CONFIG_VALUE_CHARACTERS

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Path = tuple[str | int, ...]

_MEND = "Mend it in a text editor; the README describes every key."
_BARE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLACE = re.compile(r"(?P<rule>.*) \(at (?:line (?P<line>[0-9]+), column [0-9]+|end of document)\)", re.DOTALL)
_LENGTH = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_LARGEST_SHOWN = 2**63


class TomlFile:
    """A TOML text.

    Args:
        data: its bytes.
        what: what it is called in messages: its path.
        limit: the most bytes it may have.

    Raises:
        MalformedError: too many bytes, no UTF-8, or no TOML.
    """

    def __init__(self, data: bytes, *, what: str, limit: int) -> None:
        self._what = what
        if len(data) > limit:
            raise MalformedError(f"it has more than {limit:,} bytes", what=what, hint=_MEND)
        try:
            self._text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise MalformedError("this is not UTF-8", line=line, what=what, hint=_MEND) from error
        if (deep := deep_line(self._text)) is not None:
            raise MalformedError("keys lie too deep in keys", line=deep, what=what, hint=_MEND)
        try:
            self._values = tomllib.loads(self._text)
        except RecursionError as error:
            raise MalformedError("brackets lie too deep in brackets", what=what, hint=_MEND) from error
        except ValueError as error:
            raise self._no_toml(str(error)) from error

    def root(self) -> Table:
        """Returns the whole text as a table."""
        return Table(self, (), self._values)

    def fault(self, path: Path, rule: str, *, at: Path | None = None, hint: str = _MEND) -> MalformedError:
        """Returns the error that a key is wrong.

        Args:
            path: the key.
            rule: what is wrong, in words.
            at: the key whose line is told, where it is another.
            hint: what to do.
        """
        line = line_of(self._text, path if at is None else at)
        return MalformedError(f"{spelt(path)}: {rule}", line=line, what=self._what, hint=hint)

    def _no_toml(self, told: str) -> MalformedError:
        place = _PLACE.fullmatch(told)
        if place is None:  # a number without end, which the reader tells in words of its own
            return MalformedError("this is no TOML", what=self._what, hint=_MEND)
        line = int(place["line"]) if place["line"] else self._text.rstrip("\n").count("\n") + 1
        return MalformedError(f"this is no TOML: {place['rule']}", line=line, what=self._what, hint=_MEND)


class Table:
    """One table of a TOML text; each method reads one key, and raises `MalformedError` where it is not as told.

    Args:
        file: the text.
        path: where the table stands.
        values: what it holds.

    Raises:
        MalformedError: it is no table.
    """

    def __init__(self, file: TomlFile, path: Path, values: object) -> None:
        if not isinstance(values, dict):
            raise file.fault(path, f"it is a table, not {shown_value(values)}")
        self._file = file
        self._path = path
        self._values: Mapping[str, object] = values

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def names(self) -> list[str]:
        """Returns the keys that there are."""
        return list(self._values)

    def fault(self, key: str, rule: str, *, hint: str = _MEND) -> MalformedError:
        """Returns the error that a key is wrong; see `TomlFile.fault`."""
        missing = key not in self
        return self._file.fault((*self._path, key), rule, at=self._path if missing else None, hint=hint)

    def only(self, *keys: str) -> Table:
        """Returns this table if it has no other keys than these."""
        for key in self._values:
            if key not in keys:
                rule = f"there is no such key{nearest(key, keys)}"
                raise self.fault(key, rule, hint=f"There are: {', '.join(keys)}.")
        return self

    def table(self, key: str) -> Table:
        """Returns the table under a key; an empty one where there is none."""
        return Table(self._file, (*self._path, key), self._values.get(key, {}))

    def tables(self, key: str, *, most: int) -> list[Table]:
        """Returns the tables of an array of tables; none where there is none."""
        values = self._values.get(key, [])
        if not isinstance(values, list):
            raise self.fault(key, f"it is an array of tables, each begun by [[{key}]], not {shown_value(values)}")
        if len(values) > most:
            raise self.fault(key, f"there are at most {most}")
        return [Table(self._file, (*self._path, key, place), each) for place, each in enumerate(values)]

    # --- single values ---------------------------------------------------------------------------------

    def text(self, key: str, default: str | None = None, *, takes: str = "a text in quotes") -> str:
        """Returns one line of text.

        Args:
            key: the key.
            default: what stands for a key that is missing; None where it must not be.
            takes: what it takes, in words.
        """
        value = self._value(key, default, takes)
        if not isinstance(value, str):
            raise self.fault(key, f"it is {takes}, not {shown_value(value)}")
        if key in self:
            self._check_line(key, value)
        return value

    def parsed(self, key: str, parse: Callable[[str], T], default: T | None = None, *, takes: str) -> T:
        """Returns what a text spells.

        Args:
            key: the key.
            parse: reads the text; raises `MalformedError`, whose rule ends the sentence.
            default: what stands for a key that is missing; None where it must not be.
            takes: what it takes, in words.
        """
        if key not in self and default is not None:
            return default
        return self.named(key, parse, self.text(key, takes=takes))

    def number(self, key: str, default: int | None = None, *, least: int, most: int) -> int:
        """Returns a whole number."""
        takes = f"a whole number from {least} to {most}"
        value = self._value(key, default, takes)
        if type(value) is not int or not least <= value <= most:
            raise self.fault(key, f"it is {takes}, not {shown_value(value)}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Returns whether something is so."""
        value = self._value(key, default, "true or false")
        if not isinstance(value, bool):
            raise self.fault(key, f"it is true or false, not {shown_value(value)}")
        return value

    def choice(self, key: str, choices: type[E], default: E | None = None) -> E:
        """Returns one of several words."""
        takes = f"one of {', '.join(choices)}"
        value = self._value(key, default, takes)
        if not isinstance(value, str) or value not in set(choices):
            near = nearest(value, tuple(choices)) if isinstance(value, str) else ""
            raise self.fault(key, f"it is {takes}, not {shown_value(value)}{near}")
        return choices(value)

    def length(self, key: str, default: timedelta, *, least: timedelta, most: timedelta) -> timedelta:
        """Returns a length of time."""
        takes = f'a length of time from {format_length(least)} to {format_length(most)}, like "30s", "30m", "6h", "7d"'
        value = self._values.get(key)
        if key not in self:
            return default
        matched = _LENGTH.fullmatch(value) if isinstance(value, str) else None
        length = int(matched[1]) * _UNITS[matched[2]] if matched else None
        if length is None or not least <= length <= most:
            raise self.fault(key, f"it is {takes}, not {shown_value(value)}")
        return length

    # --- arrays ----------------------------------------------------------------------------------------

    def words(self, key: str, *, least: int = 0, most: int, takes: str) -> tuple[str, ...]:
        """Returns the texts of an array; none where the key is missing."""
        found: list[str] = []
        for value in self._array(key, least, most, takes):
            if not isinstance(value, str):
                raise self.fault(key, f"it is an array of {takes}; {shown_value(value)} is none")
            self._check_line(key, value)
            found.append(value)
        return tuple(found)

    def texts(self, key: str, parse: Callable[[str], T], *, least: int = 0, most: int, takes: str) -> tuple[T, ...]:
        """Returns what the texts of an array spell, each of which is another; none where the key is missing."""
        found: list[T] = []
        for word in self.words(key, least=least, most=most, takes=takes):
            found.append(self.named(key, parse, word))
            self._check_other(key, found, word)
        return tuple(found)

    def numbers(self, key: str, default: tuple[int, ...], *, least: int, most: int, count: int) -> tuple[int, ...]:
        """Returns the whole numbers of an array, each of which is another."""
        if key not in self:
            return default
        takes = f"whole numbers from {least} to {most}"
        found: list[int] = []
        for value in self._array(key, 0, count, takes):
            if type(value) is not int or not least <= value <= most:
                raise self.fault(key, f"it is an array of {takes}; {shown_value(value)} is none")
            found.append(value)
            self._check_other(key, found, value)
        return tuple(found)

    def _array(self, key: str, least: int, most: int, takes: str) -> list[object]:
        value = self._value(key, None if least else [], f"an array of {takes}")
        if not isinstance(value, list):
            raise self.fault(key, f"it is an array of {takes}, in square brackets, not {shown_value(value)}")
        if not least <= len(value) <= most:
            counted = f"at least {least} and " if least else ""
            raise self.fault(key, f"there are {counted}at most {most} {takes}")
        return value

    def _check_other(self, key: str, found: list[T], value: object) -> None:
        if found[-1] in found[:-1]:
            raise self.fault(key, f"{shown_value(value)} stands there twice")

    # --- what all of them need -------------------------------------------------------------------------

    def _value(self, key: str, default: object, takes: str) -> object:
        if key in self:
            return self._values[key]
        if default is None:
            raise self.fault(key, f"it is missing; it is {takes}")
        return default

    def _check_line(self, key: str, value: str) -> None:
        if not value.isprintable() or not 1 <= len(value) <= CONFIG_VALUE_CHARACTERS:
            rule = f"a text has 1 to {CONFIG_VALUE_CHARACTERS:,} printable characters, and no line break"
            raise self.fault(key, rule)

    def named(self, key: str, parse: Callable[[str], T], value: str) -> T:
        """Returns what a text of a key spells, and names the key where it spells nothing."""
        try:
            return parse(value)
        except MalformedError as error:
            raise self.fault(key, error.rule, hint=error.hint or _MEND) from error


def spelt(path: Path) -> str:
    """Returns a key with its whole path. Places in arrays are counted from 1, as a person would."""
    words = ""
    for step in path:
        if isinstance(step, int):
            words += f"[{step + 1}]"
        else:
            words += ("." if words else "") + (step if _BARE.fullmatch(step) else shown(step))
    return words


def nearest(word: str, words: Collection[str]) -> str:
    """Returns the words that ask whether another was meant; empty where none is near."""
    import difflib  # noqa: PLC0415  # for a fault alone

    near = difflib.get_close_matches(word[:CONFIG_VALUE_CHARACTERS], words, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def format_length(length: timedelta) -> str:
    """Returns how a length of time of whole seconds is spelt, in the largest unit that fits."""
    for unit, one in _UNITS.items():
        if length >= one and length % one == timedelta(0):
            return f"{length // one}{unit}"
    return f"{length // _UNITS['s']}s"


def shown_value(value: object) -> str:
    """Returns a value fit for a message."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value) if abs(value) < _LARGEST_SHOWN else "a number so large"
    if isinstance(value, list):
        return "an array"
    return "a table" if isinstance(value, dict) else "a date or a time"
