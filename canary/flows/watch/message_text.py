"""A message as plain text, in lines of at most some 78 characters."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator

from canary.core.text.wording import LEGEND
from canary.flows.watch.message_view import AlertView, Command, DigestView

_COLUMNS = 78
_LABEL = 14


def text_of(view: AlertView | DigestView) -> str:
    """Returns the text."""
    lines = _digest(view) if isinstance(view, DigestView) else _alert(view)
    return "\n".join(lines) + "\n"


def _alert(view: AlertView) -> Iterator[str]:
    yield view.headline
    yield from _wrapped(view.lead)
    if view.facts:
        yield ""
    for name, value in view.facts:
        yield from _wrapped(value, first=f"  {name:<{_LABEL - 2}}", rest=" " * _LABEL)
    if view.findings:
        yield ""
        yield "What was found:"
    for finding in view.findings:
        yield f"  {finding.code}"
        yield from _wrapped(finding.says, first="    ", rest="    ")
        if finding.difference:
            yield f"    {LEGEND}"
            difference = " ".join(each.render() for each in finding.difference)
            yield from _wrapped(difference, first="    ", rest="    ")
    if view.others:
        yield f"  {view.others}"
    if view.not_meant:
        yield ""
        yield from _wrapped(view.not_meant)
    yield from _commands(view.commands)


def _digest(view: DigestView) -> Iterator[str]:
    yield view.headline
    yield ""
    for headline, reason in view.lines:
        yield from _wrapped(headline, first="- ", rest="  ")
        yield from _wrapped(reason, first="    ", rest="    ")
    if view.others:
        yield view.others
    yield from _commands(view.commands)
    for each in view.detailed:
        yield ""
        yield "-" * _COLUMNS
        yield from _alert(each)


def _commands(commands: tuple[Command, ...]) -> Iterator[str]:
    for command in commands:
        yield ""
        yield f"{command.why}:"
        yield f"  {shlex.join(command.words)}"


def _wrapped(text: str, *, first: str = "", rest: str = "") -> Iterator[str]:
    yield from textwrap.wrap(
        text,
        width=_COLUMNS,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
