"""`canary explain`: the verdict first, then the release's time, for people and for scripts."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from canary.cli import explanations
from canary.cli.app import App
from canary.core.dating.anchor_source import ChainInterface
from canary.formats.times import opentimestamps
from tests.chain_simulator import serve_chain
from tests.explained import HEADLINE, HEIGHT, LOOKED, Scene, scene
from tests.loopback import Loopback
from tests.publisher import Publisher, Ran, command, done, noon, tree

SIGNED = "Signed between 2026-08-31 18:45 and 2026-09-02 12:06 UTC, proved by drand round 31799517"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("explained")) as made:
        yield made


@pytest.fixture
def changing(ready: Scene, tmp_path: Path) -> Scene:
    return ready.copy_to(tmp_path)


def events(ran: Ran) -> list[tuple[str, str]]:
    """Returns the timeline: each event's time, empty where it has none, and its footing."""
    part = ran.out.split("What happened when")[1].split("Ed25519 signatures")[0]
    row = r"^  (?:(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})  )?(proved|claim|schedule|not checked|does not hold)$"
    return re.findall(row, part, re.MULTILINE)


def next_line(ran: Ran) -> str:
    return ran.out.split("\nNext: ")[1].rstrip("\n")


# --- for people -----------------------------------------------------------------------------------------


def test_a_release_is_told_in_order_of_time(ready: Scene) -> None:
    ran = ready.explain("--tsa-root", ready.root)
    assert ran.code == 0
    assert ran.out.startswith("OK: it is valid, complete and fresh.\n")
    assert events(ran) == [
        ("2009-01-03 18:15:05", "claim"),
        ("2026-08-31 18:45:15", "proved"),
        ("2026-09-02 12:00:00", "claim"),
        ("2026-09-02 12:00:00", "claim"),
        ("2026-09-02 12:05:01", "proved"),
        ("2026-09-02 12:06:01", "proved"),
        ("2026-12-01 00:00:00", "schedule"),
        ("2026-12-15 00:00:00", "schedule"),
        ("2026-12-29 00:00:00", "schedule"),
        ("", "not checked"),
        ("", "not checked"),
    ]
    for words in (
        "release 1, entry 2 of its log, for the window of 2026-09-01",
        "drand round 31799517, a random number that nobody could know earlier. It rests on a threshold network",
        "The release was issued then, says its own text.",
        "security signed then, by the OpenPGP signature's own account.",
        "the authority Test TSA signed its hash at 2026-09-02 12:05:00 UTC",
        "under the root 'Test Root', which is on your list of whom to trust.",
        "Ed25519 signatures have no time of their own; of such a kind are those of legal.",
        SIGNED,
        "Not proved: at which moment in between; and, whatever the time, that what it says is true.",
        "ANCHOR-CLAIM (notice)",
    ):
        assert words in ran.said
    assert HEADLINE.removeprefix("headline ") in ran.said
    assert "Ed25519" not in ran.out.replace("Ed25519 signatures have", "", 1)


def test_under_other_roots_a_token_is_only_the_publishers_claim(ready: Scene) -> None:
    ran = ready.explain()
    assert [footing for _, footing in events(ran)].count("proved") == 1
    assert ran.said.count("It was there by then, says") == 2
    assert "so its time is the publisher's claim." in ran.said
    assert "Not signed before 2026-08-31 18:45 UTC" in ran.said
    assert "It cannot be verified without its root: get that from the authority" in ran.said
    assert "ts -verify" not in ran.out


def test_a_block_counts_when_the_watchers_own_source_confirms_it(ready: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opentimestamps, "work_fault", lambda _: None)
    monkeypatch.setattr(opentimestamps, "without_floor", lambda _: None)
    with Loopback({}) as source:
        serve_chain(source, ChainInterface.ESPLORA, [ready.block], tip=HEIGHT)
        ran = ready.explain("--bitcoin-source", f"esplora {source.url}")
    assert ("2026-09-02 14:40:00", "proved") in events(ran)
    assert "its hash is in Bitcoin block 900 and time 2026-09-02 12:40:00 UTC" in ran.said
    assert f"this Bitcoin block holds it, as 127.0.0.1:{source.port} says." in ran.said


def test_what_is_wrong_is_named_and_neither_checked_nor_saved(changing: Scene, tmp_path: Path) -> None:
    (changing.evidence / "0.tsr").write_bytes(b"\x1b[2Jgarbage")
    ran = changing.explain("--tsa-root", changing.root, "--save", tmp_path / "saved")
    assert ("", "does not hold") in events(ran)
    assert "The timestamp 0.tsr counts for nothing: it is no RFC 3161 reply in DER, or is broken." in ran.said
    assert not any("0.tsr" in line for line in ran.out.splitlines() if line.startswith("    $ "))
    assert {"1.tsr", "0.ots"} <= {path.name for path in (tmp_path / "saved").iterdir()}
    assert not (tmp_path / "saved" / "0.tsr").exists()


def test_nothing_that_is_printed_moves_a_cursor(changing: Scene) -> None:
    (changing.evidence / "0.ots").write_bytes(b"\x1b[2J")
    ran = changing.explain("--tsa-root", changing.root)
    assert all(character == "\n" or character.isprintable() for character in ran.out)


def test_verify_shows_the_signatures_own_time_as_a_claim(ready: Scene) -> None:
    app = App(clock=lambda: noon(LOOKED))
    site = (ready.publisher.public, "--pin", ready.publisher.pin)
    ran = command(app, "verify", *site)
    assert "  claimed     signed 2026-09-02T12:00:00Z by security (an OpenPGP signature's own time)\n" in ran.out
    document = json.loads(command(app, "verify", *site, "--json").out)
    assert document["release"]["signature_times"] == {"security": "2026-09-02T12:00:00Z"}


# --- the verdict ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "status", "code"), [("2026-09-10", "OK", 0), ("2026-12-20", "OVERDUE", 1), ("2027-01-10", "EXPIRED", 2)]
)
def test_the_exit_code_is_that_of_the_verdict(ready: Scene, day: str, status: str, code: int) -> None:
    ran = ready.explain(at=day)
    assert (ran.out.partition(":")[0], ran.code) == (status, code)
    assert (f"  {status} (" in ran.out) == bool(code)
    app = App(clock=lambda: noon(day))
    assert command(app, "verify", ready.publisher.public, "--pin", ready.publisher.pin).code == code


def test_without_a_pin_it_says_first_that_anybody_could_have_made_it(ready: Scene) -> None:
    ran = ready.explain("--tsa-root", ready.root, "--release", "1", pin=False)
    assert (ran.code, ran.out.partition(":")[0]) == (3, "UNKNOWN")
    before, after = ran.out.split("What happened when")
    assert "No pin was given, so anyone could have made this canary." in before
    assert "proved" in after
    line = next_line(ran).split("then: ")[1]
    words = shlex.split(line)
    assert words[-2:] == ["--pin", ready.publisher.pin]
    assert command(App(clock=lambda: noon(LOOKED)), *words[1:]).code == 0


def test_a_canary_that_is_invalid_says_so_first_with_the_verdicts_words(changing: Scene) -> None:
    front = changing.publisher.public / "canary.txt"
    front.write_bytes(front.read_bytes().replace(b"never handed", b"hardly handed"))
    ran = changing.explain("--tsa-root", changing.root)
    verified = command(
        App(clock=lambda: noon(LOOKED)), "verify", changing.publisher.public, "--pin", changing.publisher.pin
    )
    assert (ran.code, verified.code) == (2, 2)
    assert ran.out.splitlines()[0] == verified.out.splitlines()[0]
    assert ran.out.startswith("INVALID: ")
    before = ran.out.split("What happened when")[0]
    (found,) = re.findall(r"  NOT-IN-LOG \(alarm\)\n(?:    .*\n)+", verified.out)
    assert found in before
    assert "What follows is only of what did hold." in before
    # What the log says still holds, and nothing of the other text is shown.
    assert SIGNED in ran.said
    assert "hardly" not in ran.out
    assert next_line(ran) == "ask the publisher over another channel before relying on this canary"


def test_a_log_that_does_not_hold_is_told_as_far_as_it_does(changing: Scene) -> None:
    changing.release("2026-12-02")
    tile = next(path for path in (changing.publisher.public / "tile" / "entries").rglob("*") if path.name == "3")
    tile.write_bytes(tile.read_bytes().replace(b"release: 2", b"release: 3"))
    ran = changing.explain("--release", "2", at="2026-12-10")
    assert (ran.code, ran.out.partition(":")[0]) == (2, "INVALID")
    assert "There is no release 2 here: the log, as far as it holds, has releases 1 to 1." in ran.said
    newest = changing.explain(at="2026-12-10")
    assert "release     1, entry 2" in newest.out
    assert "Timestamps were not looked for, because the canary does not hold." in newest.said


def test_nothing_is_explained_where_nothing_is(tmp_path: Path, rostered: Publisher) -> None:
    app = App(clock=lambda: noon(LOOKED))
    ran = command(app, "explain", tmp_path / "nowhere", "--save", tmp_path / "saved")
    assert (ran.code, "There is no release here that could be explained." in ran.said) == (3, True)
    assert not (tmp_path / "saved").exists()
    ran = command(app, "explain", rostered.public, "--pin", rostered.pin)
    assert (ran.code, "NO-RELEASE" in ran.said) == (3, True)


# --- which release --------------------------------------------------------------------------------------


def test_an_older_release_is_explained_by_its_number(changing: Scene, tmp_path: Path) -> None:
    changing.release("2026-12-02")
    ran = changing.explain("--release", "1", "--tsa-root", changing.root, "--save", tmp_path / "saved", at="2026-12-10")
    assert ran.code == 0
    assert "What is said above is of the newest release, 2; what follows, of an older one." in ran.said
    assert SIGNED in ran.said
    assert (tmp_path / "saved" / "entry.txt").read_bytes() == changing.entry
    newest = changing.explain("--tsa-root", changing.root, at="2026-12-10")
    assert "release     2, entry 3 of its log" in newest.out
    assert "Nothing proves when it was signed." in newest.said


def test_as_of_a_past_moment(changing: Scene) -> None:
    changing.release("2026-12-02")
    ran = changing.explain("--at", "2026-10-01T00:00:00Z", at="2030-01-01")
    assert (ran.code, "release     1, entry 2" in ran.out) == (0, True)
    assert "--at 2026-10-01T00:00:00Z" in next_line(ran)


def test_a_release_that_is_not_there_is_told_and_leaves_with_3(ready: Scene, tmp_path: Path) -> None:
    ran = ready.explain("--release", "7", "--save", tmp_path / "saved")
    assert (ran.code, ran.out.partition(":")[0]) == (3, "OK")
    assert "There is no release 7 here: the log, as far as it holds, has releases 1 to 1." in ran.said
    line = next_line(ran).split("newest: ")[1]
    assert command(App(clock=lambda: noon(LOOKED)), *shlex.split(line)[1:]).code == 0
    assert not (tmp_path / "saved").exists()


@pytest.mark.parametrize("number", ["0", "-1", "first"])
def test_a_number_that_no_release_has_is_a_usage_error(ready: Scene, number: str) -> None:
    assert ready.explain("--release", number).code == 3


# --- what is saved --------------------------------------------------------------------------------------


def test_where_the_files_are_is_said_and_how_to_get_them(ready: Scene, tmp_path: Path) -> None:
    ran = ready.explain("--tsa-root", ready.root)
    assert "The commands take files, which --save FOLDER writes, and are run in that folder." in ran.out
    words = shlex.split(next_line(ran).split(", then")[0])
    assert words[-2:] == ["--save", "FOLDER"]
    folder = tmp_path / "a folder; of mine"
    ran = command(App(clock=lambda: noon(LOOKED)), *words[1:-1], folder)
    assert (ran.code, folder.is_dir()) == (0, True)
    assert f"The commands take the files in {folder}, and are run there." in ran.said
    assert shlex.split(next_line(ran).split(", then")[0]) == ["cd", str(folder)]


def test_a_folder_that_is_not_empty_is_refused_before_anybody_is_asked(ready: Scene, tmp_path: Path) -> None:
    (tmp_path / "entry.txt").write_text("mine", "utf-8")
    before = tree(tmp_path)
    with Loopback({}) as server:
        app = App(clock=lambda: noon(LOOKED))
        ran = command(app, "explain", server.url, "--pin", ready.publisher.pin, "--save", tmp_path)
        assert server.asked == []
    assert (ran.code, f"{tmp_path} is not empty" in ran.said, ran.out) == (3, True, "")
    assert tree(tmp_path) == before


def test_a_folder_that_cannot_be_written_is_told(ready: Scene, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    ran = ready.explain("--save", tmp_path / "file" / "below")
    assert (ran.code, "cannot be" in ran.said, ran.out) == (3, True, "")


# --- for scripts ----------------------------------------------------------------------------------------


def test_the_json_document_says_the_same(ready: Scene, tmp_path: Path) -> None:
    ran = ready.explain("--tsa-root", ready.root, "--save", tmp_path / "saved", "--json")
    document = json.loads(ran.out)
    text = ready.explain("--tsa-root", ready.root)
    assert (ran.code, document["exit_code"], document["status"]) == (0, 0, "OK")
    assert document["release"]["not_before"] == "2026-08-31T18:45:15Z"
    assert document["release"]["not_after"] == "2026-09-02T12:05:01Z"
    assert (document["release"]["newest"], document["releases"]) == (True, 1)
    shown = [((each["time"] or "")[:19].replace("T", " "), each["footing"]) for each in document["timeline"]]
    assert shown == events(text)
    assert document["proved"].startswith(SIGNED)
    assert document["no_time_of_their_own"] == ["legal"]
    lines = [each["line"] for check in document["checks"] for each in check["commands"]]
    assert lines == re.findall(r"^    \$ (.*)$", text.out, re.MULTILINE)
    assert document["saved"] == str(tmp_path / "saved")
    assert document["files"] == sorted(path.name for path in (tmp_path / "saved").iterdir())


def test_every_key_of_the_document_is_described(ready: Scene) -> None:
    def keys(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from keys(inner)

    described = set(re.findall(r"`(\w+)`", explanations.__doc__ or ""))
    assert set(keys(json.loads(ready.explain("--tsa-root", ready.root, "--json").out))) <= described


def test_where_nothing_is_known_the_document_has_nulls(tmp_path: Path) -> None:
    ran = command(App(clock=lambda: noon(LOOKED)), "explain", tmp_path / "nowhere", "--json")
    document = json.loads(ran.out)
    assert (ran.code, document["exit_code"]) == (3, 3)
    assert [document[name] for name in ("canary", "pin", "release", "proved", "saved")] == [None] * 5
    assert (document["timeline"], document["checks"], document["releases"]) == ([], [], 0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--pin", "nonsense"), "--pin: a hash"),
        (("--at", "yesterday"), "--at: a time"),
        (("--bitcoin-source", "somewhere"), "--bitcoin-source: a source of blocks"),
        (("--tsa-root", "nowhere.pem"), "nowhere.pem"),
    ],
)
def test_a_failure_is_told_in_the_form_that_was_asked_for(ready: Scene, arguments: tuple[str, ...], told: str) -> None:
    text, as_json = (ready.explain(*arguments, *form, pin=False) for form in ((), ("--json",)))
    assert (text.code, as_json.code, text.out) == (3, 3, "")
    assert told in text.err
    document = json.loads(as_json.out)
    assert set(document) == {"format", "status", "exit_code", "error", "advice"}
    assert told in document["error"]


def test_a_single_file_is_no_site(ready: Scene) -> None:
    app = App(clock=lambda: noon(LOOKED))
    ran = command(app, "explain", ready.publisher.public / "canary.txt")
    assert (ran.code, "is a single file" in ran.said) == (3, True)


def test_a_url_is_looked_at_within_its_time(ready: Scene) -> None:
    files = {f"/{path}": data for path, (_, data) in tree(ready.publisher.public.resolve()).items() if data}
    with Loopback(files) as server:
        app = App(clock=lambda: noon(LOOKED))
        given = ("explain", server.url, "--pin", ready.publisher.pin, "--tsa-root", ready.root)
        assert SIGNED in done(command(app, *given)).said
        server.faults["/checkpoint"] = lambda wire: wire.hang()
        ran = command(app, *given, "--timeout", "0.5")
        assert (ran.code, "did not answer within 0.5 s" in ran.said) == (3, True)
