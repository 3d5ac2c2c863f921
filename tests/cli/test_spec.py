"""The specification that `canary spec` prints: whole, of one piece, and the same as what the program does."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from canary import limits
from canary.cli.app import App
from canary.cli.spec import PARTS, limit_rows, module_text, render_spec
from canary.core.documents.hint import parse_hint
from canary.core.documents.release import parse_release
from canary.core.documents.roster import parse_roster
from canary.core.documents.schedule import Schedule, parse_cadence, parse_days
from canary.core.judging.conditions import CONDITIONS
from canary.core.judging.findings import EXIT_CODES, Cause, Code
from canary.core.log.checkpoint import parse_signed_checkpoint
from canary.core.log.history import replay
from canary.core.log.proofs import parse_log_proof
from canary.core.signed.kinds import SMALL_ORDER_Y
from canary.core.signed.note import parse_note
from canary.core.text.codepoints import ALLOWED
from canary.core.text.times import format_date_range, format_time, parse_date, parse_time
from canary.errors import CanaryError
from canary.flows.site.status import render_status
from canary.flows.site.window import signing_window
from tests.publisher import command
from tests.simulator import Publisher

PAGE = render_spec()
SECTIONS = [(title, module) for _, sections in PARTS for title, module in sections]


def examples() -> Iterator[bytes]:
    """Returns the indented blocks of the sections, blank lines in them and all."""
    for _, module in SECTIONS:
        for found in re.findall(r"(?<=\n\n)(?:^    .*\n(?:\n(?=    ))*)+", module_text(module) + "\n", re.MULTILINE):
            yield re.sub("^    ", "", found, flags=re.MULTILINE).encode()


def numbers() -> list[int]:
    return [int(number) for number in re.findall(r"^### ([0-9]+)\. ", PAGE, re.MULTILINE)]


def rows(title: str) -> list[list[str]]:
    """Returns the cells of the table under a heading, the first two rows left out."""
    text = PAGE.split(f". {title}\n\n")[1].split("\n###")[0]
    lines = [line for line in text.split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


# --- whole ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [module for _, module in SECTIONS])
def test_every_section_is_the_docstring_of_a_module(module: str) -> None:
    first = inspect.cleandoc(importlib.import_module(module).__doc__ or "").split("\n")[0]
    assert len(first) > 20
    assert f"\n\n{first}" in PAGE


def test_sections_are_numbered_in_order_and_stand_in_the_contents() -> None:
    headings = re.findall(r"^### (.*)$", PAGE, re.MULTILINE)
    assert numbers() == list(range(1, len(headings) + 1))
    assert re.findall(r"^  - (.*)$", PAGE, re.MULTILINE) == headings
    assert len(set(SECTIONS)) == len(SECTIONS)


def test_it_refers_to_its_own_sections_and_to_nothing_that_a_reader_does_not_have() -> None:
    assert re.findall(r"`canary\.(?!txt|toml)\S*", PAGE) == []
    assert "esign, section" not in PAGE
    assert {int(number) for number in re.findall(r"(?<!, )section ([0-9]+)(?![0-9.])", PAGE)} <= set(numbers())


def test_no_line_ends_in_a_blank_and_no_table_has_a_broken_row() -> None:
    assert [line for line in PAGE.split("\n") if line.endswith(" ")] == []
    widths = {"Statuses": 3, "Findings": 6, "Limits": 3, "Least difficulty of Bitcoin block headers": 2}
    for title, width in widths.items():
        assert {len(row) for row in rows(title)} == {width}


def test_python_without_docstrings_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("canary.core.signed.note"), "__doc__", None)
    with pytest.raises(CanaryError, match="without docstrings"):
        module_text("canary.core.signed.note")


# --- what the program does ------------------------------------------------------------------------------


def test_every_finding_is_in_the_table_with_its_condition() -> None:
    assert set(CONDITIONS) == set(Code)
    assert [row[:4] for row in rows("Findings")] == [
        [code.spelling, code.axis.value, code.severity.value, code.cause.status.value if code.cause is not None else ""]
        for code in Code
    ]


def test_the_statuses_stand_in_their_order() -> None:
    assert [row[:2] for row in rows("Statuses")] == [
        [each.status.value, str(EXIT_CODES[each.status])] for each in Cause
    ]


def test_every_limit_is_in_the_table_with_its_value_and_its_meaning() -> None:
    told = {name: (value, words) for name, value, words in limit_rows()}
    assert set(told) == {name for name in vars(limits) if name.isupper()}
    assert told["ENTRY_BYTES"][0] == "65,535"
    assert told["FUTURE_TOLERANCE"][0] == "0:10:00"
    assert [name for name, (_, words) in told.items() if not words] == []
    assert [row[:2] for row in rows("Limits")] == [[name, value] for name, (value, _) in told.items()]


def test_the_table_of_code_points_is_the_one_that_is_used() -> None:
    text = PAGE.split(". Code points\n\n")[-1]
    runs = [each.split("-") for each in re.findall(r"\b[0-9A-F]{4,6}(?:-[0-9A-F]{4,6})?\b", text.split("\n\n", 1)[1])]
    assert tuple((int(run[0], 16), int(run[-1], 16)) for run in runs) == ALLOWED


# --- examples -------------------------------------------------------------------------------------------


def _schedule(text: bytes) -> None:
    given, expected = text.decode().rstrip("\n").split("\n")
    facts = dict(part.strip().split(" ", 1) for part in given.split(","))
    days = (parse_days(facts[name]) for name in ("window", "grace"))
    schedule = Schedule(parse_date(facts["start"]), parse_cadence(facts["cadence"]), *days)
    period = schedule.newest_opened(parse_time(facts["issued"]).date())
    assert period
    window = schedule.following(period)
    found = f"period {period}, next {format_date_range((window.opens, window.last))}"
    assert f"{found}, expires {format_time(schedule.expiry(window))}" == expected


def _small_order(text: bytes) -> None:
    points = {int(line, 16) for line in text.split()}
    assert points | {0, 1, 2**255 - 20} == SMALL_ORDER_Y


READERS: dict[bytes, Callable[[bytes], object]] = {
    b"warrant-canary/roster/v1\n": parse_roster,
    b"warrant-canary/release/v1\n": parse_release,
    b"warrant-canary/hint/v1\n": parse_hint,
    b"example.net/canary\n": parse_signed_checkpoint,
    b"c2sp.org/tlog-proof@v1\n": parse_log_proof,
    b"If it is not signed": parse_note,
    b"start 2026": _schedule,
    b"05fc536d": _small_order,
}
"""Who reads an example, by how it begins."""


def test_every_example_is_read_by_the_program_that_it_explains() -> None:
    read = set()
    for example in examples():
        if example.startswith(b"{"):
            continue  # status.json, with words beside it: see the next test
        start = next(start for start in READERS if example.startswith(start))
        READERS[start](example)
        read.add(start)
    assert read == set(READERS)


def test_the_example_of_status_json_names_every_member_that_there_is() -> None:
    sim = Publisher()
    sim.roster(), sim.release(attachments={"report.pdf": b"x"})
    history = replay(sim.entries, sim.gpg)
    (example,) = [each.decode() for each in examples() if each.startswith(b"{")]
    assert history.roster
    assert history.newest
    assert history.last_release
    window = signing_window(history.newest, history.last_release, (), {})
    written = re.findall(r'"(\w+)":', render_status(history, history.roster, window).decode())
    explained = re.findall(r'"(\w+)":', example)
    assert set(written) <= set(explained)
    # The rest is what a signature that does not count is told with.
    assert set(explained) - set(written) == {"outcome"}


# --- the command ----------------------------------------------------------------------------------------


def test_the_command_prints_the_page() -> None:
    ran = command(App(), "spec")
    assert (ran.code, ran.out, ran.err) == (0, PAGE, "")


def test_the_command_imports_nothing_heavy() -> None:
    heavy = {"requests", "urllib3", "jinja2", "platformdirs", "certifi"}
    program = "import sys; from canary.cli.spec import render_spec; render_spec(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert heavy & {name.partition(".")[0] for name in done.stdout.split()} == set()
