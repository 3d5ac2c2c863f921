"""Holds the floors of the design, section 10, by walking the imports of every module."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "canary"

FLOORS = ("base", "core", "formats", "edges", "flows", "web", "library", "cli")
"""From the ground up; imports go down only. `base` is `canary.errors` and `canary.limits`."""

PURE = ("base", "core", "formats", "flows")
"""Floors without input and output: what they need of the world is passed in."""

OUTSIDE_WORLD = {
    *("asyncio", "fcntl", "getpass", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random"),
    *("secrets", "select", "selectors", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys"),
    *("tempfile", "threading", "time", "urllib.request", "webbrowser"),
    *("click", "gnupg", "platformdirs", "requests", "rich", "urllib3"),
}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
TIMERS = {"monotonic", "sleep"}
"""What may be used of `time` outside of the command line: it measures, and says nothing of the date."""

GPG_MODULES = re.compile(r"canary\.edges\.openpgp\.\w+")

Rule = Callable[[str, ast.Module], Iterator[str]]


def modules() -> dict[str, ast.Module]:
    """Returns every module of the package, parsed."""
    return {_module_name(path): ast.parse(path.read_text(), str(path)) for path in sorted(PACKAGE.rglob("*.py"))}


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module: str) -> str:
    """Returns the floor that a module of the package stands on."""
    parts = module.split(".")
    if len(parts) == 1 or parts[1] == "library":
        return "library"
    if parts[1] in ("errors", "limits"):
        return "base"
    return "cli" if parts[1] == "__main__" else parts[1]


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Returns the line and the dotted name of everything that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, f"{'.' * node.level}{node.module or ''}.{alias.name}"


def dotted(node: ast.expr) -> str:
    """Returns a name with its attributes, `a.b.c`; empty for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


# --- the rules ------------------------------------------------------------------------------------------


def imports_go_down_only(module: str, tree: ast.Module) -> Iterator[str]:
    own = floor_of(module)
    for line, name in imported(tree):
        if name.startswith("."):
            yield f"{line}: a relative import, {name}"
        elif name.split(".")[0] == "canary":
            other = floor_of(name if name.split(".")[1:2] != ["__version__"] else "canary")
            if other not in FLOORS:
                yield f"{line}: {name} is on no floor"
            elif FLOORS.index(other) > FLOORS.index(own) or (own, other) == ("flows", "edges"):
                yield f"{line}: {own} imports {name}"


def the_pure_floors_do_no_input_or_output(module: str, tree: ast.Module) -> Iterator[str]:
    if floor_of(module) not in PURE:
        return
    for line, name in imported(tree):
        if any(name == each or name.startswith(f"{each}.") for each in OUTSIDE_WORLD):
            yield f"{line}: {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func) in ("open", "input", "print", "exec", "eval", "__import__"):
            yield f"{node.lineno}: {dotted(node.func)}()"


def only_the_command_line_reads_the_wall_clock(module: str, tree: ast.Module) -> Iterator[str]:
    if floor_of(module) == "cli":
        return
    for line, name in imported(tree):
        if name.startswith("time.") and name.removeprefix("time.") not in TIMERS:
            yield f"{line}: {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = dotted(node)
            if ".".join(name.split(".")[-2:]) in CLOCKS or (
                name.startswith("time.") and name.removeprefix("time.") not in TIMERS and _imports_time(tree)
            ):
                yield f"{node.lineno}: {name}"


def _imports_time(tree: ast.Module) -> bool:
    return any(name == "time" for _, name in imported(tree))


def only_one_corner_knows_python_gnupg(module: str, tree: ast.Module) -> Iterator[str]:
    for line, name in imported(tree):
        if name.split(".")[0] == "gnupg" and not GPG_MODULES.fullmatch(module):
            yield f"{line}: {name}"


def nothing_is_asserted(_: str, tree: ast.Module) -> Iterator[str]:
    yield from (f"{node.lineno}: assert" for node in ast.walk(tree) if isinstance(node, ast.Assert))


LAST_WALL = "canary.cli.main"
"""Where a fault of the program itself becomes a message and exit code 3: Python's own 1 would read as a warning."""


def no_error_is_caught_unseen(module: str, tree: ast.Module) -> Iterator[str]:
    if module == LAST_WALL:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            everything = any(kind is None or dotted(kind) in ("Exception", "BaseException") for kind in kinds)
            if everything and not _hands_on(node):
                yield f"{node.lineno}: except {ast.unparse(node.type) if node.type else ''}"


def _hands_on(handler: ast.ExceptHandler) -> bool:
    """Tells whether a handler raises again, or gives the error to whoever waits for a future."""
    return any(
        isinstance(node, ast.Raise)
        or (isinstance(node, ast.Call) and dotted(node.func).endswith(".set_exception") and bool(handler.name))
        for each in handler.body
        for node in ast.walk(each)
    )


def no_shell_is_started(_: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            shell = any(each.arg == "shell" and ast.unparse(each.value) != "False" for each in node.keywords)
            if shell or name in ("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"):
                yield f"{node.lineno}: {name}"


def json_is_read_by_decoders_that_are_made_at_import(_: str, tree: ast.Module) -> Iterator[str]:
    """msgspec describes a type when it first reads one, and two threads that do so at once end the process (0.22)."""
    within = {id(node) for each in ast.walk(tree) if isinstance(each, FUNCTIONS) for node in ast.walk(each)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            typed = any(each.arg == "type" for each in node.keywords)
            if (name == "msgspec.json.decode" and typed) or (name == "msgspec.json.Decoder" and id(node) in within):
                yield f"{node.lineno}: {name}"


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

RULES: tuple[Rule, ...] = (
    imports_go_down_only,
    the_pure_floors_do_no_input_or_output,
    only_the_command_line_reads_the_wall_clock,
    only_one_corner_knows_python_gnupg,
    nothing_is_asserted,
    no_error_is_caught_unseen,
    no_shell_is_started,
    json_is_read_by_decoders_that_are_made_at_import,
)


# --- the tests ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_rule(rule: Rule) -> None:
    broken = [f"{module}, line {fault}" for module, tree in modules().items() for fault in rule(module, tree)]
    assert broken == []


def test_every_module_stands_on_a_floor() -> None:
    floors = {floor_of(module) for module in modules()}
    assert {"base", "core", "formats", "edges", "flows", "library", "cli"} <= floors <= set(FLOORS)


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (imports_go_down_only, "canary.core.x", "from canary.formats.native import log_size"),
        (imports_go_down_only, "canary.core.x", "def f():\n    import canary.edges.web.http"),
        (imports_go_down_only, "canary.core.x", "from canary import edges"),
        (imports_go_down_only, "canary.core.x", "from canary import verify"),
        (imports_go_down_only, "canary.errors", "from canary.core import note"),
        (imports_go_down_only, "canary.edges.x", "from canary.flows.watch.look import look"),
        (imports_go_down_only, "canary.edges.x", "from canary.cli import main"),
        (imports_go_down_only, "canary.flows.x", "from canary.edges.web.http import HttpSource"),
        (imports_go_down_only, "canary.library", "from canary.cli.app import app"),
        (imports_go_down_only, "canary.core.x", "from . import note"),
        (the_pure_floors_do_no_input_or_output, "canary.core.x", "import os"),
        (the_pure_floors_do_no_input_or_output, "canary.core.x", "from os import path"),
        (the_pure_floors_do_no_input_or_output, "canary.formats.x", "import urllib.request"),
        (the_pure_floors_do_no_input_or_output, "canary.flows.x", "from pathlib import Path"),
        (the_pure_floors_do_no_input_or_output, "canary.flows.x", "open('x')"),
        (only_the_command_line_reads_the_wall_clock, "canary.edges.x", "datetime.now(tz=UTC)"),
        (only_the_command_line_reads_the_wall_clock, "canary.edges.x", "datetime.datetime.utcnow()"),
        (only_the_command_line_reads_the_wall_clock, "canary.library", "field(default_factory=date.today)"),
        (only_the_command_line_reads_the_wall_clock, "canary.edges.x", "import time\ntime.time()"),
        (only_the_command_line_reads_the_wall_clock, "canary.edges.x", "from time import time_ns"),
        (only_one_corner_knows_python_gnupg, "canary.edges.web.http", "import gnupg"),
        (nothing_is_asserted, "canary.core.x", "assert True"),
        (no_error_is_caught_unseen, "canary.cli.x", "try:\n    pass\nexcept Exception:\n    pass"),
        (no_error_is_caught_unseen, "canary.cli.x", "try:\n    pass\nexcept (OSError, BaseException):\n    pass"),
        (no_error_is_caught_unseen, "canary.cli.x", "try:\n    pass\nexcept:\n    pass"),
        (no_shell_is_started, "canary.edges.x", "run('x', shell=True)"),
        (no_shell_is_started, "canary.edges.x", "os.system('x')"),
        (json_is_read_by_decoders_that_are_made_at_import, "canary.edges.x", "msgspec.json.decode(b'', type=State)"),
        (
            json_is_read_by_decoders_that_are_made_at_import,
            "canary.edges.x",
            "def read():\n    return msgspec.json.Decoder(State)",
        ),
    ],
)
def test_a_module_that_breaks_a_rule_is_found(rule: Rule, module: str, source: str) -> None:
    assert len(list(rule(module, ast.parse(source)))) == 1


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (imports_go_down_only, "canary.core.x", "from canary import limits\nfrom canary.errors import CanaryError"),
        (imports_go_down_only, "canary.core.x", "from canary.core.signed.note import parse_note\nimport hashlib"),
        (imports_go_down_only, "canary.flows.x", "from canary.formats.native import log_size"),
        (imports_go_down_only, "canary.cli.x", "from canary.edges import http\nimport canary.library"),
        (the_pure_floors_do_no_input_or_output, "canary.edges.x", "import os\nopen('x')"),
        (the_pure_floors_do_no_input_or_output, "canary.core.x", "import ostrich\nfrom urllib.parse import urlsplit"),
        (only_the_command_line_reads_the_wall_clock, "canary.cli.x", "datetime.now(tz=UTC)"),
        (only_the_command_line_reads_the_wall_clock, "canary.edges.x", "import time\ntime.monotonic()\nquestion.now"),
        (only_one_corner_knows_python_gnupg, "canary.edges.openpgp.gpg", "import gnupg"),
        (no_error_is_caught_unseen, "canary.cli.x", "try:\n    pass\nexcept (OSError, CanaryError):\n    pass"),
        (no_error_is_caught_unseen, "canary.cli.x", "try:\n    pass\nexcept BaseException:\n    undo()\n    raise"),
        (
            no_error_is_caught_unseen,
            "canary.edges.x",
            "try:\n    pass\nexcept BaseException as error:\n    answer.set_exception(error)",
        ),
        (no_shell_is_started, "canary.edges.x", "run(['x'], shell=False)"),
        (
            json_is_read_by_decoders_that_are_made_at_import,
            "canary.edges.x",
            "decode = msgspec.json.Decoder(State).decode\nmsgspec.json.decode(b'')",
        ),
    ],
)
def test_a_module_that_keeps_a_rule_is_left_alone(rule: Rule, module: str, source: str) -> None:
    assert list(rule(module, ast.parse(source))) == []
