"""The publisher's side of the table: malformed bytes that arrive in a workspace, from a merge, a mail or an editor.

For every row and command: one clear message with the file, what is wrong and what to do; the right exit code; no
traceback; an end within its time; and the workspace, the private keys and the site are as they were.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.badinput.desk import ARRIVALS, DRAFT, KEYS, MERGE, MERGED, PUBLISH, ROSTER, SIGN, STATUS, Arrival
from tests.badinput.looking import SECONDS
from tests.publisher import ADD_ALL, STATEMENTS, Publisher, Ran, done, text_hash, tree

AFFIRMED = [word for name in STATEMENTS for word in ("--affirm", f"{name}@v1")]


@pytest.fixture
def signed(drafted: Publisher) -> Publisher:
    """A draft that two have signed."""
    for name in ("legal", "security"):
        done(drafted.sign(name))
    return drafted


def runs(publisher: Publisher, draft: str, signature: Path) -> dict[str, tuple[object, ...]]:
    """Returns the command line of each command."""
    return {
        STATUS: ("status",),
        SIGN: ("sign", "--as", "director", *AFFIRMED, "--text", draft, "--passphrase-file", publisher.passphrase_file),
        PUBLISH: ("publish",),
        MERGE: ("merge", signature),
        ROSTER: ("roster", "--replace"),
        KEYS: ("key", "list"),
        DRAFT: ("draft", "--replace", *ADD_ALL),
    }


def run(publisher: Publisher, *arguments: object) -> Ran:
    """Runs a command in the workspace, within its time, and sees that nothing was changed."""
    keys = ("--key-dir", publisher.keys) if arguments[0] in ("sign", "publish") else ()
    before, started = tree(publisher.folder), time.monotonic()
    ran = publisher.canary(*arguments, *keys)
    assert time.monotonic() - started < SECONDS
    assert tree(publisher.folder) == before
    assert "Traceback" not in ran.out + ran.err
    return ran


def refused(ran: Ran, row: Arrival, code: int) -> None:
    """Checks how a command refuses."""
    assert ran.code == code, ran
    assert ran.out == ""
    what, hint = ran.err.splitlines()
    assert what.startswith("canary: ")
    assert row.words in what
    assert hint.startswith("What to do: ")
    assert row.file in ran.err


@pytest.mark.parametrize("row", ARRIVALS, ids=lambda row: f"{row.file}: {row.name}")
def test_what_arrives_in_a_workspace(signed: Publisher, row: Arrival) -> None:
    draft = text_hash(signed.draft_file.read_bytes())
    signature = signed.folder / "from the mail"
    signature.write_bytes(signed.signature_file("security").read_bytes())
    file = signed.root / row.file
    file.touch()
    row.spoil(file)
    for command, arguments in runs(signed, draft, signature).items():
        if command == STATUS and STATUS in row.codes:
            told_by_status(signed, row)
        elif command in row.codes:
            refused(run(signed, *arguments), row, row.codes[command])


def told_by_status(publisher: Publisher, row: Arrival) -> None:
    """Checks what `canary status` says, in each of its forms: a broken draft hides no deadline."""
    code = row.codes[STATUS]
    forms: tuple[tuple[str, ...], ...] = ((), ("--format", "nagios"), ("--json",))
    text, nagios, document = (run(publisher, "status", *form) for form in forms)
    assert (text.code, nagios.code, document.code) == (code, code, code)
    assert (nagios.out.count("\n"), row.words in nagios.out) == (1, True)
    found = json.loads(document.out)
    if code == 1:
        assert "the open draft is broken: " in text.said
        assert row.words in text.said
        assert text.out.splitlines()[-1].startswith("Next: ")
        assert (row.words in found["message"], found["next"] != "") == (True, True)
    else:
        refused(text, row, code)
        assert (row.words in found["error"], found["advice"] != "") == (True, True)


@pytest.mark.parametrize(("name", "data", "words"), MERGED, ids=[name for name, _, _ in MERGED])
def test_a_file_to_merge_that_holds_no_signatures(signed: Publisher, name: str, data: bytes, words: str) -> None:
    (signed.folder / "some.sig").write_bytes(data)
    row = Arrival("some.sig", name, lambda _: None, words, {})
    refused(run(signed, "merge", signed.folder / "some.sig"), row, 3)
