"""A text cut into lines, sections and paragraphs, each made comparable."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from canary.core.foreign.profile import Section
from canary.core.foreign.words import normalised

BULLET = re.compile(r"[*\u2022-] ")
_NUMBERED = re.compile(r"[0-9]{1,3}\. ")


class Lines(msgspec.Struct, frozen=True):
    """A text.

    Attributes:
        lines: its lines, each with its words made comparable; empty where a line is blank.
        whole: all of its words.
    """

    lines: tuple[str, ...]
    whole: str

    def section(self, section: Section) -> tuple[str, ...] | None:
        """Returns the lines of a section; None where it does not begin."""
        lines = self.lines
        if section.begins:
            begin = next((n for n, each in enumerate(lines) if each.startswith(section.begins)), None)
            if begin is None:
                return None
            lines = lines[begin + 1 :]
        end = next((n for n, each in enumerate(lines) if section.ends and each.startswith(section.ends)), len(lines))
        return lines[:end]


def cut(text: str) -> Lines:
    """Returns a text cut into lines at every line feed, its words made comparable."""
    lines = tuple(normalised(each) for each in text.split("\n"))
    return Lines(lines, " ".join(filter(None, lines)))


def paragraphs(lines: Iterable[str]) -> list[list[str]]:
    """Returns the runs of lines between blank ones."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line:
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return found if found[-1] else found[:-1]


def items(lines: Iterable[str]) -> list[str]:
    """Returns the words of each paragraph; a line that begins with a bullet or a number begins one, without it."""
    return [words for words, _ in marked_items(lines)]


def marked_items(lines: Iterable[str]) -> list[tuple[str, bool]]:
    """Returns what `items` returns, each with whether it began with a bullet or a number."""
    found: list[tuple[list[str], bool]] = [([], False)]
    for line in lines:
        marked = BULLET.match(line) or _NUMBERED.match(line)
        if not line or marked:
            found.append(([], bool(marked)))
        if line:
            found[-1][0].append(line[marked.end() :] if marked else line)
    return [(" ".join(words), marked) for words, marked in found if words]
