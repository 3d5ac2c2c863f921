"""`canary spec`: the specification of the formats and of their verification, as one page of Markdown.

The page is put together from the modules that carry it out, so it cannot go stale: a section is a module's docstring,
and the tables are made from the values that the program itself uses. Whoever changes a rule changes its docstring.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import click

from canary import limits
from canary.cli.app import App
from canary.core.dating.difficulty import ENDS, FLOORS
from canary.core.judging.conditions import CONDITIONS
from canary.core.judging.findings import EXIT_CODES, Cause, Code
from canary.core.text.codepoints import ALLOWED
from canary.errors import CanaryError

_INTRODUCTION = """\
A warrant canary is a dated, signed list of statements. It is published as an append-only log of signed texts, which
anybody can verify who knows the hash of its first text, the **pin**. This page says what the texts are and how they are
verified, in full: whoever keeps to it can write a verifier in any language, and test it against the vectors in
`tests/vectors`.

Bytes are written in hexadecimal; `||` joins them. SHA-256 is the only hash. What breaks a grammar is **malformed**, and
is refused whole: no reader repairs anything. Codes in capitals, like MALFORMED, are findings; their tables stand at the
end. A **roster** says who signs and when, a **release** is one signed edition of the statements, both are **entries**
of the **log**, and a **checkpoint** is its signed size and root. Every format here is of version 1.
"""

PARTS: Final[tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = (
    (
        "Spellings",
        (
            ("Numbers, hashes and base64", "canary.core.text.strict"),
            ("Times and dates", "canary.core.text.times"),
            ("Names", "canary.core.text.names"),
        ),
    ),
    (
        "Signed texts",
        (
            ("Signed notes", "canary.core.signed.note"),
            ("Keys", "canary.core.signed.vkey"),
            ("Kinds of key", "canary.core.signed.kinds"),
            ("The profile", "canary.core.signed.profile"),
            ("Entries", "canary.core.signed.entry"),
            ("Header lines", "canary.core.text.fields"),
            ("Rosters", "canary.core.documents.roster"),
            ("The schedule", "canary.core.documents.schedule"),
            ("Releases", "canary.core.documents.release"),
        ),
    ),
    (
        "The log and the site",
        (
            ("The Merkle tree", "canary.core.log.merkle"),
            ("Bundles and tiles", "canary.core.log.tiles"),
            ("Checkpoints", "canary.core.log.checkpoint"),
            ("The site", "canary.core.documents.layout"),
            ("The well-known hint", "canary.core.documents.hint"),
            ("status.json", "canary.flows.site.status"),
        ),
    ),
    (
        "Verification",
        (
            ("The order of verification", "canary.core.judging.judge"),
            ("Looking", "canary.flows.watch.look"),
            ("Looking twice", "canary.flows.watch.verify"),
            ("Reading a log", "canary.core.judging.reading"),
            ("Replaying entries", "canary.core.log.history"),
            ("Counting signatures", "canary.core.signed.tally"),
            ("OpenPGP signatures", "canary.edges.openpgp.openpgp_verifier"),
            ("Forks", "canary.core.log.forks"),
            ("canary.txt", "canary.core.judging.front"),
            ("Statements", "canary.core.documents.statements"),
            ("Changes", "canary.core.judging.changes"),
            ("When a release was signed", "canary.core.dating.timing"),
            ("Anchors", "canary.core.dating.anchors"),
            ("Rounds of drand", "canary.core.dating.anchor_drand"),
            ("Bitcoin block headers", "canary.core.dating.anchor_bitcoin"),
            ("Evidence", "canary.core.dating.evidence"),
            ("Looking for evidence", "canary.core.dating.bounding"),
            ("RFC 3161 timestamps", "canary.formats.times.rfc3161"),
            ("OpenTimestamps proofs", "canary.formats.times.opentimestamps"),
            ("Time", "canary.core.judging.freshness"),
            ("What a watcher keeps", "canary.core.judging.state"),
            ("One file by itself", "canary.flows.watch.single"),
            ("The verdict", "canary.core.judging.verdict"),
            ("The verdict as JSON", "canary.cli.verdicts"),
        ),
    ),
    (
        "Canaries of other formats",
        (
            ("What is pinned", "canary.core.foreign.pinned"),
            ("One look at its series", "canary.flows.watch.foreign_series"),
            ("The files of an edition", "canary.flows.watch.foreign_files"),
            ("The second look", "canary.flows.watch.foreign"),
            ("A repository", "canary.edges.web.git_source"),
            ("The order of judging", "canary.core.foreign.judge"),
            ("Who supports an edition", "canary.core.foreign.support"),
            ("When the next one is due", "canary.core.foreign.promise"),
            ("What became of its statements", "canary.core.foreign.changes"),
            ("Splices", "canary.core.foreign.splices"),
            ("What is kept of it", "canary.core.foreign.state"),
            ("The edition as JSON", "canary.cli.editions"),
        ),
    ),
    (
        "Beyond this version",
        (
            ("Merkle proofs", "canary.core.log.proofs"),
            ("Cosignatures of witnesses", "canary.core.log.cosignature"),
        ),
    ),
)
"""Each part's title, with the titles and modules of its sections."""

_TABLES = "Tables"
_STATUSES, _FINDINGS, _LIMITS, _CODE_POINTS = "Statuses", "Findings", "Limits", "Code points"
_FLOORS = "Least difficulty of Bitcoin block headers"
_MODULES_OF_TABLES = {
    "canary.limits": _LIMITS,
    "canary.core.text.codepoints": _CODE_POINTS,
    "canary.core.dating.difficulty": _FLOORS,
}
_REFERENCE = re.compile(r"`(canary(?:\.[a-z_0-9]+)+)`")
_RUNS_IN_A_ROW = 6


def spec(app: App) -> None:
    """Does what `canary spec` says."""
    del app
    click.echo(render_spec(), nl=False)


def render_spec() -> str:
    """Returns the page."""
    numbers = _numbers()
    body = "".join(_part(title, sections, numbers) for title, sections in PARTS) + _tables(numbers)
    return "# Warrant canaries: formats and verification\n\n" + _INTRODUCTION + "\n" + _contents(numbers) + body


def module_text(module: str) -> str:
    """Returns the docstring of a module.

    Raises:
        CanaryError: it has none, as where Python runs without docstrings.
    """
    text = importlib.import_module(module).__doc__
    if not text:
        raise CanaryError(
            f"the specification of {module} is not here: this Python runs without docstrings",
            hint="Run it without -OO, and without PYTHONOPTIMIZE=2.",
        )
    return inspect.cleandoc(text)


def _numbers() -> dict[str, int]:
    """Returns the number of every section and every table, by its title."""
    titles = [title for _, sections in PARTS for title, _ in sections]
    return {title: number for number, title in enumerate([*titles, *_table_titles()], start=1)}


def _table_titles() -> Sequence[str]:
    return _STATUSES, _FINDINGS, _LIMITS, _FLOORS, _CODE_POINTS


def _contents(numbers: dict[str, int]) -> str:
    parts = [(title, [title for title, _ in sections]) for title, sections in PARTS]
    lines = ["## Contents\n"]
    for part, titles in [*parts, (_TABLES, list(_table_titles()))]:
        lines.append(f"- {part}")
        lines += [f"  - {numbers[title]}. {title}" for title in titles]
    return "\n".join(lines) + "\n"


def _part(title: str, sections: Iterable[tuple[str, str]], numbers: dict[str, int]) -> str:
    texts = (
        f"\n### {numbers[section]}. {section}\n\n{_linked(module_text(module), numbers)}\n"
        for section, module in sections
    )
    return f"\n## {title}\n" + "".join(texts)


def _linked(text: str, numbers: dict[str, int]) -> str:
    """Returns a text with the names of modules replaced by the numbers of their sections."""
    titles = {module: title for _, sections in PARTS for title, module in sections} | _MODULES_OF_TABLES
    sections = {module: f"section {numbers[title]}" for module, title in titles.items()}
    return _REFERENCE.sub(lambda match: sections.get(match[1], match[0]), text)


def _tables(numbers: dict[str, int]) -> str:
    tables = {
        _STATUSES: _statuses(),
        _FINDINGS: _findings(),
        _LIMITS: _limits(),
        _FLOORS: _floors(),
        _CODE_POINTS: _code_points(),
    }
    texts = (f"\n### {numbers[title]}. {title}\n\n{table}" for title, table in tables.items())
    return f"\n## {_TABLES}\n" + "".join(texts)


def _statuses() -> str:
    """Returns the rows of the table of statuses, the first that applies on top."""
    rows = []
    for cause in Cause:
        codes = ", ".join(code.spelling for code in Code if code.cause is cause)
        rows.append((cause.status.value, str(EXIT_CODES[cause.status]), codes or "nothing else applies"))
    lead = "The first row that applies is the status. *Could not be judged* elsewhere is the second row of UNKNOWN.\n\n"
    return lead + _table(("status", "exit code", "caused by"), rows)


def _findings() -> str:
    rows = [
        (
            code.spelling,
            code.axis.value,
            code.severity.value,
            code.cause.status.value if code.cause is not None else "",
            CONDITIONS[code],
            code.advice,
        )
        for code in Code
    ]
    return _table(("code", "axis", "severity", "status", "found when", "advice"), rows)


def _limits() -> str:
    rows = [(name, value, words) for name, value, words in limit_rows()]
    return _table(("limit", "value", "what it bounds"), rows)


def limit_rows() -> Iterator[tuple[str, str, str]]:
    """Returns the name and the value of every limit, and what is said of it in `canary/limits.py`."""
    body = ast.parse(inspect.getsource(limits)).body
    for node, behind in pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, getattr(limits, node.targets[0].id)
            said = behind.value if isinstance(behind, ast.Expr) else None
            words = said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
            yield name, f"{value:,}" if isinstance(value, int | float) else str(value), " ".join(words.split())


def _floors() -> str:
    rows = ((str(first), str(least)) for first, least in FLOORS)
    lead = f"A header of {ENDS} or later proves nothing: no floor is known yet.\n\n"
    return lead + _table(("from", "least difficulty"), rows)


def _code_points() -> str:
    """Returns the runs of allowed code points."""
    lead = module_text("canary.core.text.codepoints").partition("\n\n")[2]
    runs = [f"{first:04X}-{last:04X}" if first != last else f"{first:04X}" for first, last in ALLOWED]
    rows = (" ".join(runs[start : start + _RUNS_IN_A_ROW]) for start in range(0, len(runs), _RUNS_IN_A_ROW))
    return f"{lead}\n\n" + "".join(f"    {row}\n" for row in rows)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
