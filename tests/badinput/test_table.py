"""The table of bad input: each row through the whole command line, in every form of output.

For every row: one finding decides, the exit code is right, and the message says what, where, and what to do; there
is no traceback, the look is over in time, and on disk nothing has changed but what the row says.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from canary.core.documents.layout import FRONT
from tests.badinput import beside, fields, log, notes, rosters, sequence, signatures, state, statements
from tests.badinput.looking import look_again, look_alone, look_first, look_with_bad_state, verify, write
from tests.badinput.row import UNKNOWN, Kept, Row, Told

GROUPS = {
    "notes": notes.ROWS,
    "fields": fields.ROWS,
    "signatures": signatures.ROWS,
    "rosters": rosters.ROWS,
    "sequence": sequence.ROWS,
    "statements": statements.ROWS,
    "log": log.ROWS,
    "beside": beside.ROWS,
    "state": state.ROWS,
}
ROWS = [pytest.param(row, id=f"{group}: {row.name}") for group, rows in GROUPS.items() for row in rows]

ROSTERS = [row for row in fields.SPELLINGS if row.name.startswith("roster: ")]


def having(attribute: str) -> list[object]:
    return [each for each in ROWS if getattr(each.values[0], attribute) is not None]


@pytest.mark.parametrize("row", having("first"))
def test_who_looks_for_the_first_time(row: Row, tmp_path: Path) -> None:
    assert row.first is not None
    look_first(row.build(), row.first, tmp_path)


@pytest.mark.parametrize("row", having("again"))
def test_who_was_there_before(row: Row, tmp_path: Path) -> None:
    assert row.again is not None
    look_again(row.build(), row.again, tmp_path)


@pytest.mark.parametrize("row", [*notes.ROWS, *fields.SPELLINGS], ids=lambda row: row.name)
def test_who_has_only_the_file(row: Row, tmp_path: Path) -> None:
    assert row.first is not None
    look_alone(row.build(), replace(row.first, entry=None, kept=Kept.NOTHING), tmp_path)


@pytest.mark.parametrize(
    "row", [each for each in fields.SPELLINGS if "roster: " in each.name], ids=lambda row: row.name
)
def test_who_takes_a_file_that_is_none_for_the_roster(row: Row, tmp_path: Path) -> None:
    assert row.first is not None
    given = row.build()
    told = Told(None, UNKNOWN, row.first.words, line=row.first.line)
    look_alone(replace(given, entry=given.files[FRONT], roster=given.entry), told, tmp_path)


@pytest.mark.parametrize("row", state.FILES, ids=lambda row: row.name)
def test_a_state_file_that_is_bad(row: state.BadState, tmp_path: Path) -> None:
    look_with_bad_state(state.honest(), row, tmp_path)


@pytest.mark.parametrize("name", log.HARMLESS)
def test_what_no_watcher_asks_for_harms_nobody(name: str, tmp_path: Path) -> None:
    given = log.HARMLESS[name]()
    ran = verify(given, "nagios", write(tmp_path, given.files), "--pin", f"sha256:{given.pin}")
    assert (ran.code, ran.out.startswith("CANARY OK - example.net/canary OK: ")) == (0, True)
