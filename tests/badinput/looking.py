"""Runs a row of the table through the whole command line, in every form of output, and holds what it must keep."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import msgspec

from canary.cli.app import App
from canary.core.judging.findings import Code
from canary.core.judging.state import State
from canary.edges.disk.files import PRIVATE_MODE, write_file
from canary.formats.state_json import parse_state, render_state
from tests.badinput.row import UNKNOWN, Given, Kept, Told, line_in
from tests.badinput.state import BadState
from tests.publisher import Ran, command, tree

FORMS = {"text": (), "json": ("--json",), "nagios": ("--format", "nagios")}
SECONDS = 20.0
"""How long one look may take on a machine that is busy; an honest one takes hundredths of a second."""

_WEIGHS = {"warning", "alarm", "unknown"}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Writes a site, and returns its folder."""
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def verify(given: Given, form: str, *arguments: object) -> Ran:
    """Runs `canary verify ARGUMENTS…` in a form of output, within its time."""
    before = time.monotonic()
    ran = command(App(clock=lambda: given.now), "verify", *arguments, *FORMS[form])
    assert time.monotonic() - before < SECONDS
    return ran


def check(ran: Ran, form: str, told: Told) -> None:
    """Checks that exactly one finding decides, and that it says what, where, and what to do."""
    assert ran.code == told.ending.exit_code, ran
    assert "Traceback" not in ran.out + ran.err
    if told.code is None:
        _check_failure(ran, form, told)
        return
    assert ran.err == ""
    if form == "json":
        _check_document(json.loads(ran.out), told)
    elif form == "nagios":
        assert ran.out.count("\n") == 1
        assert f" {told.ending.status}: " in ran.out
        assert told.words in ran.out
    else:
        assert ran.out.startswith(f"{told.ending.status}: "), ran
        # A message is a sentence here, and begins with a capital.
        assert told.words[1:] in ran.said
        weighing = [line for line in ran.out.splitlines() if line.endswith(tuple(f"({each})" for each in _WEIGHS))]
        assert [line.split()[0] for line in weighing] == [each.spelling for each in (told.code, *told.also)]
        assert told.code.advice in ran.said


def _check_document(document: dict[str, Any], told: Told) -> None:
    assert told.code is not None
    assert (document["status"], document["exit_code"]) == told.ending
    finding = document["findings"][0]
    assert finding["code"] == told.code.spelling, document["findings"]
    weighing = [each["code"] for each in document["findings"] if each["severity"] in _WEIGHS]
    assert weighing == [each.spelling for each in (told.code, *told.also)]
    assert told.words in finding["message"]
    assert finding["entry"] == told.entry
    assert line_in(finding["message"]) == told.line, finding["message"]
    # How to pin a canary is told at length, at the end.
    assert (finding["advice"] != "") is (told.code is not Code.NO_PIN)
    assert finding["sticky"] is (told.kept in (Kept.PROOF, Kept.BOTH))


def _check_failure(ran: Ran, form: str, told: Told) -> None:
    """Checks how the tool says that it gave up."""
    if form == "text":
        assert ran.out == ""
        first, second = ran.err.splitlines()
        assert first.startswith("canary: ")
        assert second.startswith("What to do: ")
        assert told.words in first
        assert line_in(first) == told.line
    elif form == "json":
        document = json.loads(ran.out)
        assert (document["status"], document["exit_code"]) == told.ending
        assert told.words in document["error"]
        assert document["advice"] != ""
    else:
        assert ran.out.startswith("CANARY UNKNOWN - ")
        assert (ran.out.count("\n"), told.words in ran.out) == (1, True)


# --- the looks ------------------------------------------------------------------------------------------


def look_first(given: Given, told: Told, folder: Path) -> None:
    """Looks with the pin and nothing else."""
    site = write(folder / "site", given.files)
    before = tree(folder)
    for form in FORMS:
        check(verify(given, form, site, "--pin", f"sha256:{given.pin}"), form, told)
    assert tree(folder) == before


def look_again(given: Given, told: Told, folder: Path) -> None:
    """Looks with the state of an earlier look."""
    site = write(folder / "site", given.files)
    state = folder / "state.json"
    (folder / ".state.json.lock").touch(mode=0o600)
    for form in FORMS:
        write_file(state, render_state(given.state), mode=PRIVATE_MODE)
        before = tree(folder)
        check(verify(given, form, site, "--state", state), form, told)
        after = tree(folder)
        check_state(given, told, after[state.name][1])
        assert {**after, state.name: None} == {**before, state.name: None}


def look_with_bad_state(given: Given, row: BadState, folder: Path) -> None:
    """Looks at an honest canary with a state file that is none of it, or not there."""
    site = write(folder / "site", given.files)
    state = folder / "state.json"
    (folder / ".state.json.lock").touch(mode=0o600)
    write_file(state, render_state(given.state), mode=PRIVATE_MODE)
    row.spoil(state)
    before = tree(folder)
    for form in FORMS:
        ran = verify(given, form, site, "--state", state, *row.arguments)
        check(ran, form, Told(row.code, UNKNOWN, row.words))
    assert tree(folder) == before


def look_alone(given: Given, told: Told, folder: Path) -> None:
    """Looks at the entry's file under its roster."""
    write(folder, {"entry.txt": given.entry, "roster.txt": given.roster})
    before = tree(folder)
    named = (folder / "entry.txt", "--roster", folder / "roster.txt", "--pin", f"sha256:{given.pin}")
    for form in FORMS:
        check(verify(given, form, *named), form, told)
    assert tree(folder) == before


def check_state(given: Given, told: Told, data: bytes) -> None:
    """Checks that the state has nothing but what the row says, and the moment of the look."""
    after = parse_state(data)
    expected = msgspec.structs.replace(given.state, high_water=max(given.state.high_water, given.now))
    if told.kept in (Kept.PROOF, Kept.BOTH):
        *others, added = after.sticky
        assert (added.code, added.seen_at, bool(added.proof)) == (told.code, given.now, True)
        assert tuple(others) == expected.sticky
        expected = msgspec.structs.replace(expected, sticky=after.sticky)
    if told.kept in (Kept.LOG, Kept.BOTH):
        assert len(after.entries) > len(expected.entries)
        assert after.entries[: len(expected.entries)] == expected.entries
        expected = _with_log_of(expected, after)
    if told.kept is Kept.SINCE:
        assert after.stale_since is not None
        expected = msgspec.structs.replace(expected, stale_since=after.stale_since)
    assert data == render_state(expected)


def _with_log_of(state: State, after: State) -> State:
    return msgspec.structs.replace(
        state,
        entries=after.entries,
        standing=after.standing,
        checkpoint=after.checkpoint,
        etag=after.etag,
        attachments=after.attachments,
        timing=after.timing,
    )
